/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of Windows' error codes, which the build makes of logs/codes/ (a text a source, one line a code).
 *
 * Sorted by value; a value has as many entries as it has names.  Strings are offsets into error_pool, 0: none.
 */
#ifndef RESPREP_LOGS_ERROR_TABLE_H
#define RESPREP_LOGS_ERROR_TABLE_H

#include <stddef.h>
#include <stdint.h>

enum error_family {
	ERROR_WIN32,	/* GetLastError(): 0 to 65535, and SetupAPI's 0xE000xxxx */
	ERROR_HRESULT,	/* COM and most of what logs show: 0x80070003 */
	ERROR_NTSTATUS, /* the kernel's: 0xC0000034 */
	ERROR_STOP,	/* bug checks: 0x7B */
};

struct error_entry {
	uint32_t value;
	uint32_t name, text, note, source;
	uint8_t family; /* enum error_family */
	uint8_t uncertain;
};

extern const struct error_entry error_table[];
extern const size_t error_table_count;
extern const char error_pool[];

#endif
