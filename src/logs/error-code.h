/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Error codes as they stand in logs, in words. */
#ifndef RESPREP_LOGS_ERROR_CODE_H
#define RESPREP_LOGS_ERROR_CODE_H

#include <stdint.h>

/* What the code means, in a few words of ours, or NULL when it is not in the table. */
const char *error_code_text(uint32_t code);

/* Takes the code out of "… failed (0x80070003) …"; 0, or -1 when the message has none in parentheses. */
int error_code_find(const char *message, uint32_t *ret);

#endif
