/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Output of a serial console as the EC2 API gives it. */
#ifndef RESPREP_SESSION_LOGS_CONSOLE_H
#define RESPREP_SESSION_LOGS_CONSOLE_H

#include <stddef.h>
#include <stdint.h>

#define CONSOLE_LIMIT (1u << 20) /* bytes; the API gives 64 KiB at most */

/*
 * The text in what `aws ec2 get-console-output` prints: the member Output of its JSON, which is Base64 where a raw answer was saved.  NULL when it is no such
 * JSON: then it is the text itself.  The caller's.
 */
char *logs_console_text(const uint8_t *p, size_t n);

#endif
