/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The text of a settings file, whatever its encoding, and the way back from a place in the text to the bytes of the file: an edit
 * replaces the bytes of one place, and every other byte stays.
 */
#ifndef RESPREP_ANSWER_ENCODED_H
#define RESPREP_ANSWER_ENCODED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

enum encoding {
	ENCODING_UTF8,
	ENCODING_ANSI, /* of some code page: bytes above 0x7f are U+FFFD in the text */
	ENCODING_UTF16LE,
	ENCODING_UTF16BE,
};

struct encoded {
	uint8_t *bytes; /* the file; owned */
	size_t len;
	enum encoding encoding;
	size_t mark; /* bytes of the byte-order mark; 0 without */
	char *text;  /* UTF-8 without the mark, NUL behind it; owned */
	size_t text_len;
};

/* Whether a file without a mark is of a code page: when it is no UTF-8, as PowerShell's Get-Content would read it; or known to be. */
enum code_page { CODE_PAGE_NEVER, CODE_PAGE_MAYBE, CODE_PAGE_SURELY };

/*
 * Copies and decodes.  By its byte-order mark; without one UTF-16 by where the zero bytes are, else UTF-8.
 * ERR_CORRUPT with line and column: bytes that are none of the encoding, a NUL.
 */
int encoded_open(struct encoded *e, const void *p, size_t n, enum code_page page,
		 struct error *err);
void encoded_clear(struct encoded *e);
#define CLEANUP_ENCODED __attribute__((cleanup(encoded_clear)))

/* The byte of the file at which the character at `at` of the text begins. */
size_t encoded_offset(const struct encoded *e, size_t at);
/* Line and column from 1, in characters, of a place in the text; lines end with LF, CR LF or CR. */
void encoded_position(const struct encoded *e, size_t at, int *ret_line, int *ret_column);
/* "line 3, column 7", and with `err` filled so. */
int encoded_error(const struct encoded *e, size_t at, struct error *err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Of a message that begins so ("line 3, column 7: …", also of xml_open()): the place, and the rest; 0 and all of it otherwise. */
const char *encoded_place_of(const char *message, int *ret_line, int *ret_column);

/*
 * The file with the text from `start` to `end` replaced by `with` (UTF-8) in its encoding.  ERR_UNSUPPORTED: a file of a code page takes
 * ASCII only.  The caller's.
 */
uint8_t *encoded_replace(const struct encoded *e, size_t start, size_t end, const char *with,
			 size_t *ret_len, struct error *err);

#endif
