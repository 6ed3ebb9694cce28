/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Base64 of RFC 4648, section 4. */
#ifndef RESPREP_UTIL_BASE64_H
#define RESPREP_UTIL_BASE64_H

#include <stddef.h>
#include <stdint.h>

/* With padding, without line ends; the caller's. */
char *base64_encode(const void *p, size_t n);

/* Line ends are passed over, and the padding may be missing.  NULL when it is no Base64; else the caller's, with a NUL behind it. */
uint8_t *base64_decode(const char *text, size_t *ret_len);

#endif
