/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Error codes as people and logs write them: 0x80070003, 80070003, -2147024893, 0x-2147417850, [gle=0x00000003],
 * hr = 0x80070003, dwRet = 31, 0xC1900101 - 0x4001C.
 *
 * Nothing here allocates.
 */
#ifndef RESPREP_LOGS_CODE_TEXT_H
#define RESPREP_LOGS_CODE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct code_word {
	uint32_t values
		[2]; /* what it can be: one, or of bare digits the hexadecimal and the decimal reading */
	bool decimal[2];
	size_t count;
	bool has_extend; /* a pair of Setup's: result and extend code */
	uint32_t extend;
};

/* Whether the whole of `text` is one code, or a pair, with or without brackets and a name before it ("hr = "). */
bool code_parse(const char *text, struct code_word *ret);

struct code_found {
	uint32_t value;
	bool has_extend;
	uint32_t extend;
	size_t start, len; /* bytes of the line */
};
typedef void code_found_fn(void *ctx, const struct code_found *f);

/*
 * Calls `fn` for each error code in a line of a log, from left to right.  A number counts when it is known and looks like nothing else
 * (0x80070003, c0000225, -2147024893), or when the words before it call it a code (error, failed, gle, hr, dwRet, …);
 * zero, ids of messages ([0x0f0082]), times, versions and GUIDs do not.  Of "dwRet= 31", which is decimal or hexadecimal, both readings are found.
 */
void code_scan(const char *line, size_t len, code_found_fn *fn, void *ctx);

#endif
