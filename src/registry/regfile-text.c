/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Read in pieces that end with a line, because nothing that is cut between two lines is cut inside a character.  A line without an
 * end is read whole.
 */
#include <stdlib.h>
#include <string.h>

#include "registry/regfile-text.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "util/utf16.h"

#define PIECE (64u << 10)

/* The units that Windows-1252 has at 80 to 9F; the rest is Latin-1 (Unicode's CP1252.TXT). */
static const uint16_t ansi_units[32] = {
	0x20ac, 0x81,	0x201a, 0x192,	0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,	0x2030, 0x160,
	0x2039, 0x152,	0x8d,	0x17d,	0x8f,	0x90,	0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
	0x2013, 0x2014, 0x2dc,	0x2122, 0x161,	0x203a, 0x153,	0x9d,	0x17e,	0x178,
};

uint8_t *
reg_text_widen(const uint8_t *p, size_t n)
{
	uint8_t *wide = xmalloc(2 * n + 2);

	for (size_t i = 0; i < n; i++)
		put_u16(wide + 2 * i, p[i] >= 0x80 && p[i] < 0xa0 ? ansi_units[p[i] - 0x80] : p[i]);
	return wide;
}

/* Whether the header, which is ASCII in every code page, is the old one. */
static bool
is_ansi(const uint8_t *p, size_t n)
{
	static const char old[] = "REGEDIT4";

	for (; n && strchr(" \t\r\n", *p); p++)
		n--;
	return n >= strlen(old) && strncasecmp((const char *)p, old, strlen(old)) == 0;
}

/* ---- pieces ---- */

/* More of the file into `raw`. */
static int
fill(struct reg_text *t, struct error *err)
{
	size_t got = 0;

	if (t->room - t->have < PIECE) {
		t->room = t->room < PIECE ? 2 * PIECE : 2 * t->room;
		t->raw = xrealloc(t->raw, t->room, 1);
	}
	if (t->from.read(t->from.ctx, t->raw + t->have, PIECE, t->at, &got, err) < 0)
		return -1;
	t->have += got;
	t->at += got;
	t->end = got == 0;
	return 0;
}

/* How much of `raw` are whole lines; before `from` no line ends.  0: none does. */
static size_t
whole_lines(const struct reg_text *t, size_t from)
{
	size_t unit = t->encoding == REG_UTF16 || t->encoding == REG_UTF16_SWAPPED ? 2 : 1;
	size_t low = t->encoding == REG_UTF16_SWAPPED;

	from -= from % unit;
	for (size_t n = t->have - t->have % unit; n > from; n -= unit) {
		const uint8_t *p = t->raw + n - unit;

		if (p[low] == '\n' && (unit == 1 || p[1 - low] == 0))
			return n;
	}
	return 0;
}

/* Reads on until there are whole lines, or all is there; *ret is how much of `raw` that is. */
static int
read_lines(struct reg_text *t, size_t *ret, struct error *err)
{
	for (;;) {
		size_t from = t->have;

		if (!t->end && fill(t, err) < 0)
			return -1;
		*ret = t->end ? t->have : whole_lines(t, from);
		if (t->end || *ret)
			return 0;
	}
}

static void
drop(struct reg_text *t, size_t n)
{
	t->have -= n;
	memmove(t->raw, t->raw + n, t->have);
}

/* From the beginning again, behind a mark of `skip` bytes. */
static void
rewind_to(struct reg_text *t, uint64_t skip)
{
	t->at = skip;
	t->have = 0;
	t->end = false;
}

/* Whether all of it is WTF-8: 1, 0, -1. */
static int
is_utf8(struct reg_text *t, struct error *err)
{
	size_t n;

	do {
		if (read_lines(t, &n, err) < 0)
			return -1;
		if (n && !text_is_wtf8((const char *)t->raw, n))
			return 0;
		drop(t, n);
	} while (!t->end);
	return 1;
}

static int
tell_encoding(struct reg_text *t, struct error *err)
{
	uint8_t *p;
	bool ansi, mark;
	int utf8;

	while (!t->end && t->have < PIECE)
		if (fill(t, err) < 0)
			return -1;
	p = t->raw;
	t->encoding = REG_UTF16;
	if (t->have >= 2 && p[0] == 0xfe && p[1] == 0xff)
		t->encoding = REG_UTF16_SWAPPED;
	if (t->have >= 2 && ((p[0] == 0xfe && p[1] == 0xff) || (p[0] == 0xff && p[1] == 0xfe))) {
		drop(t, 2);
		return 0;
	}
	if (t->have >= 2 && p[0] && !p[1]) /* little-endian that lost its mark */
		return 0;
	t->encoding = REG_UTF8;
	mark = t->have >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0;
	ansi = is_ansi(p, t->have);
	rewind_to(t, 0);
	utf8 = is_utf8(t, err);
	if (utf8 < 0)
		return -1;
	/* read as the code page every letter beyond ASCII would become two others */
	if (!utf8 && !ansi)
		return error_set(
			err, ERR_CORRUPT,
			"it is neither UTF-16 nor UTF-8; only a REGEDIT4 file is in the ANSI code page");
	rewind_to(t, utf8 && mark ? 3 : 0);
	if (!utf8)
		t->encoding = REG_ANSI;
	return 0;
}

int
reg_text_open(struct reg_text *t, const struct hive_source *from, struct error *err)
{
	*t = (struct reg_text){ .from = *from };
	return tell_encoding(t, err);
}

void
reg_text_clear(struct reg_text *t)
{
	free(t->raw);
	*t = (struct reg_text){ 0 };
}

/* The first `n` bytes of `raw`; the caller's. */
static char *
decode(struct reg_text *t, size_t n, size_t *ret_len)
{
	CLEANUP_FREE uint8_t *wide = NULL;

	switch (t->encoding) {
	case REG_UTF8:
		*ret_len = n;
		return xmemdup(t->raw, n);
	case REG_ANSI:
		wide = reg_text_widen(t->raw, n);
		return utf16_to_text(wide, 2 * n, ret_len);
	case REG_UTF16_SWAPPED:
		for (size_t i = 0; i + 1 < n; i += 2) {
			uint8_t first = t->raw[i];

			t->raw[i] = t->raw[i + 1];
			t->raw[i + 1] = first;
		}
		break;
	case REG_UTF16:
		break;
	}
	return utf16_to_text(t->raw, n, ret_len);
}

int
reg_text_more(struct reg_text *t, struct text *out, struct error *err)
{
	CLEANUP_FREE char *text = NULL;
	size_t n, len;

	if (t->end && !t->have)
		return 0;
	if (read_lines(t, &n, err) < 0)
		return -1;
	if (!n)
		return 0;
	text = decode(t, n, &len);
	drop(t, n);
	if (memchr(text, '\0', len))
		return error_set(err, ERR_CORRUPT, "it holds a NUL: it is no text");
	text_add_n(out, text, len);
	return 1;
}
