/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Passwords and keys in texts of a volume, made unreadable: answer files, the agents' settings, scripts, and messages in logs that quote
 * them.
 */
#ifndef RESPREP_UTIL_SECRETS_H
#define RESPREP_UTIL_SECRETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECRET_MASK "********"

/*
 * `text` with each secret replaced by SECRET_MASK: what stands in an XML element, or its attributes value= and data=, whose name has "Password" or another of these words in
 * it, or that has it in an attribute key=, name= or id=; behind a JSON, YAML, INI or command-line key that has "password", "passwd", "pwd", "passphrase", "secretkey",
 * "secret_access_key", "accesskey" or "sessiontoken" in it; behind "net user NAME"; of a JSON or YAML object below such a key all values but "type"; the anchor that a YAML
 * alias there means; what ConvertTo-SecureString and SetPassword are given; behind netdom's /pd: and /po:, and the /rp of schtasks; what commands and scripts give to
 * such a name: "/v DefaultPassword /d X", "-Name DefaultPassword -Value X", "setx NAME X", "$pass = 'X'"; the arguments for passwords of net use, cmdkey, psexec and the
 * SSM agent's registration; "scheme://user:X@host".  Everything else stays byte for byte.
 * The caller's; *ret_count secrets, none of which was empty.
 */
char *secrets_mask(const char *text, size_t *ret_count);

/* Whether the element of an answer file of this name, or with a path that ends so, holds a password. */
bool secrets_is_element(const char *s, size_t n);

/* The same for the bytes of a file, in UTF-8, an 8-bit code page, or UTF-16 by its mark or its NULs.  The caller's. */
uint8_t *secrets_mask_file(const uint8_t *p, size_t n, size_t *ret_len, size_t *ret_count);

#endif
