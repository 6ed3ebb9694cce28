/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text of a file and its bytes (encoded.h).  The encoding is told by the byte-order mark, or by which of the first two bytes is
 * NUL; else it is UTF-8, or, where the caller allows it, a code page.  An edit is written in the file's own encoding, or refused when that has no such character.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "answer/encoded.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "util/utf16.h"

static bool
is_wide(const struct encoded *e)
{
	return e->encoding == ENCODING_UTF16LE || e->encoding == ENCODING_UTF16BE;
}

/* The unit of UTF-16 at byte `at`. */
static unsigned
unit_at(const struct encoded *e, size_t at)
{
	unsigned a = e->bytes[at], b = e->bytes[at + 1];

	return e->encoding == ENCODING_UTF16BE ? a << 8 | b : b << 8 | a;
}

/* ---- reading ---- */

static void
find_encoding(struct encoded *e)
{
	const uint8_t *p = e->bytes;

	e->encoding = ENCODING_UTF8;
	if (e->len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
		e->mark = 3;
	} else if (e->len >= 2 && ((p[0] == 0xff && p[1] == 0xfe) || (p[0] && !p[1]))) {
		e->encoding = ENCODING_UTF16LE;
		e->mark = p[0] == 0xff ? 2 : 0;
	} else if (e->len >= 2 && ((p[0] == 0xfe && p[1] == 0xff) || (!p[0] && p[1]))) {
		e->encoding = ENCODING_UTF16BE;
		e->mark = p[0] == 0xfe ? 2 : 0;
	}
}

static void
add_character(struct text *out, uint32_t c)
{
	char s[4];

	if (c < 0x80) {
		s[0] = (char)c;
		text_add_n(out, s, 1);
	} else if (c < 0x800) {
		s[0] = (char)(0xc0 | c >> 6);
		s[1] = (char)(0x80 | (c & 0x3f));
		text_add_n(out, s, 2);
	} else if (c < 0x10000) {
		s[0] = (char)(0xe0 | c >> 12);
		s[1] = (char)(0x80 | (c >> 6 & 0x3f));
		s[2] = (char)(0x80 | (c & 0x3f));
		text_add_n(out, s, 3);
	} else {
		s[0] = (char)(0xf0 | c >> 18);
		s[1] = (char)(0x80 | (c >> 12 & 0x3f));
		s[2] = (char)(0x80 | (c >> 6 & 0x3f));
		s[3] = (char)(0x80 | (c & 0x3f));
		text_add_n(out, s, 4);
	}
}

/* False where the units are no UTF-16; what came before is in `out`. */
static bool
decode_wide(const struct encoded *e, struct text *out)
{
	for (size_t i = e->mark; i + 2 <= e->len; i += 2) {
		uint32_t c = unit_at(e, i);

		if (c >= 0xdc00 && c < 0xe000)
			return false;
		if (c >= 0xd800 && c < 0xdc00) {
			uint32_t low = i + 4 <= e->len ? unit_at(e, i + 2) : 0;

			if (low < 0xdc00 || low >= 0xe000)
				return false;
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			i += 2;
		}
		if (!c)
			return false;
		add_character(out, c);
	}
	return (e->len - e->mark) % 2 == 0;
}

static bool
decode_narrow(const struct encoded *e, struct text *out)
{
	size_t i = e->mark;

	while (i < e->len) {
		size_t n;
		int32_t c = text_decode((const char *)e->bytes + i, e->len - i, &n);

		/* text_decode() lets surrogates and a long NUL through */
		if (c <= 0 || (c >= 0xd800 && c < 0xe000))
			return false;
		text_add_n(out, (const char *)e->bytes + i, n);
		i += n;
	}
	return true;
}

static bool
decode_ansi(const struct encoded *e, struct text *out)
{
	for (size_t i = e->mark; i < e->len; i++) {
		if (!e->bytes[i])
			return false;
		add_character(out, e->bytes[i] < 0x80 ? e->bytes[i] : 0xfffd);
	}
	return true;
}

static bool
decode(struct encoded *e, enum code_page page, struct text *out)
{
	if (is_wide(e))
		return decode_wide(e, out);
	if ((page != CODE_PAGE_SURELY || e->mark) && decode_narrow(e, out))
		return true;
	if (page == CODE_PAGE_NEVER || e->mark)
		return false;
	e->encoding = ENCODING_ANSI;
	text_clear(out);
	return decode_ansi(e, out);
}

int
encoded_open(struct encoded *e, const void *p, size_t n, enum code_page page, struct error *err)
{
	struct text out = TEXT_INIT;
	bool right;

	*e = (struct encoded){ .bytes = xmemdup(p, n), .len = n };
	find_encoding(e);
	right = decode(e, page, &out);
	e->text_len = out.len;
	e->text = text_steal(&out);
	if (right)
		return 0;
	return encoded_error(e, e->text_len, err, "this is no %s text",
			     is_wide(e) ? "UTF-16" : "UTF-8");
}

void
encoded_clear(struct encoded *e)
{
	free(e->bytes);
	free(e->text);
	*e = (struct encoded){ 0 };
}

/* ---- places ---- */

size_t
encoded_offset(const struct encoded *e, size_t at)
{
	size_t offset = e->mark;

	if (e->encoding == ENCODING_UTF8)
		return e->mark + at;
	for (size_t i = 0; i < at && i < e->text_len; i++) {
		unsigned char c = (unsigned char)e->text[i];

		if ((c & 0xc0) == 0x80)
			continue;
		offset += e->encoding == ENCODING_ANSI ? 1 : c >= 0xf0 ? 4 : 2;
	}
	return offset;
}

void
encoded_position(const struct encoded *e, size_t at, int *ret_line, int *ret_column)
{
	*ret_line = 1;
	*ret_column = 1;
	for (size_t i = 0; i < at && i < e->text_len; i++) {
		unsigned char c = (unsigned char)e->text[i];

		if (c == '\n' || (c == '\r' && e->text[i + 1] != '\n')) {
			++*ret_line;
			*ret_column = 1;
		} else if ((c & 0xc0) != 0x80) {
			++*ret_column;
		}
	}
}

int
encoded_error(const struct encoded *e, size_t at, struct error *err, const char *fmt, ...)
{
	CLEANUP_FREE char *what = NULL;
	int line, column;
	va_list ap;

	va_start(ap, fmt);
	what = xvasprintf(fmt, ap);
	va_end(ap);
	encoded_position(e, at, &line, &column);
	return error_set(err, ERR_CORRUPT, "line %d, column %d: %s", line, column, what);
}

/* Behind `before` and a number, which goes to *ret; NULL when that is not what stands there. */
static const char *
number_behind(const char *text, const char *before, int *ret)
{
	size_t n = strlen(before), digits;

	if (!text || strncmp(text, before, n) != 0)
		return NULL;
	digits = strspn(text + n, "0123456789");
	if (!digits || digits > 8)
		return NULL;
	*ret = (int)strtoul(text + n, NULL, 10);
	return text + n + digits;
}

const char *
encoded_place_of(const char *message, int *ret_line, int *ret_column)
{
	const char *rest = number_behind(message, "line ", ret_line);

	rest = number_behind(rest, ", column ", ret_column);
	if (rest && strncmp(rest, ": ", 2) == 0)
		return rest + 2;
	*ret_line = *ret_column = 0;
	return message;
}

/* ---- replacing ---- */

static int
add_encoded(const struct encoded *e, const char *with, struct text *out, struct error *err)
{
	CLEANUP_FREE uint8_t *wide = NULL;
	size_t n;

	if (e->encoding == ENCODING_ANSI)
		for (const char *p = with; *p; p++)
			if ((unsigned char)*p >= 0x80)
				return error_set(
					err, ERR_UNSUPPORTED,
					"the file is in a code page that it does not name; only ASCII can be written into it");
	if (!is_wide(e)) {
		text_add(out, with);
		return 0;
	}
	wide = utf16_from_text(with, &n);
	for (size_t i = 0; e->encoding == ENCODING_UTF16BE && i + 2 <= n; i += 2) {
		uint8_t first = wide[i];

		wide[i] = wide[i + 1];
		wide[i + 1] = first;
	}
	text_add_n(out, (const char *)wide, n);
	return 0;
}

uint8_t *
encoded_replace(const struct encoded *e, size_t start, size_t end, const char *with,
		size_t *ret_len, struct error *err)
{
	CLEANUP_TEXT struct text out = TEXT_INIT;
	size_t from = encoded_offset(e, start), to = encoded_offset(e, end);

	if (start > end || end > e->text_len || !text_is_utf8(with, strlen(with))) {
		error_set(err, ERR_INTERNAL,
			  "a place in a file does not exist, or its text is none");
		return NULL;
	}
	text_add_n(&out, (const char *)e->bytes, from);
	if (add_encoded(e, with, &out, err) < 0)
		return NULL;
	text_add_n(&out, (const char *)e->bytes + to, e->len - to);
	*ret_len = out.len;
	return (uint8_t *)text_steal(&out);
}
