/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of a text file, in chunks; memory stays small whatever the file's size. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "logs/line.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/interrupt.h"
#include "util/text.h"
#include "util/utf16.h"

#define CHUNK	   (256u << 10)
#define LINE_LIMIT (64u << 10)
#define SNIFF	   512
#define LOG_LIMIT \
	(UINT64_C(16) << 30) /* far above any log of Setup's: a file of holes has no end */

enum encoding { BYTES, UTF16LE, UTF16BE };

/* Windows-1252 where it differs from Latin-1: 0x80 to 0x9f (Unicode: CP1252.TXT). */
static const uint16_t cp1252[32] = {
	0x20ac, 0x81,	0x201a, 0x192,	0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,	0x2030, 0x160,
	0x2039, 0x152,	0x8d,	0x17d,	0x8f,	0x90,	0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
	0x2013, 0x2014, 0x2dc,	0x2122, 0x161,	0x203a, 0x153,	0x9d,	0x17e,	0x178
};

struct lines {
	enum encoding encoding;
	size_t bom;
	uint8_t *line; /* raw bytes of the line so far, without NULs in BYTES */
	size_t used;
	struct log_line out;
	log_line_fn *fn;
	void *ctx;
};

static enum encoding
sniff(const uint8_t *p, size_t n, size_t *bom)
{
	size_t even = 0, odd = 0;

	*bom = 0;
	if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
		*bom = 3;
		return BYTES;
	}
	if (n >= 2 && (memcmp(p, "\xff\xfe", 2) == 0 || memcmp(p, "\xfe\xff", 2) == 0)) {
		*bom = 2;
		return p[0] == 0xff ? UTF16LE : UTF16BE;
	}
	if (n > SNIFF)
		n = SNIFF;
	for (size_t i = 0; i < n; i++)
		if (p[i] == 0)
			*(i % 2 ? &odd : &even) += 1;
	/* Latin text in UTF-16 has its NULs on one side; a hole has them on both */
	if ((even + odd) * 10 < n * 3 || (even && odd && even * 4 > odd && odd * 4 > even))
		return BYTES;
	return odd > even ? UTF16LE : UTF16BE;
}

static char *
from_1252(const uint8_t *p, size_t n)
{
	CLEANUP_FREE uint8_t *wide = xmalloc(n * 2);

	for (size_t i = 0; i < n; i++)
		put_u16(wide + 2 * i, p[i] >= 0x80 && p[i] < 0xa0 ? cp1252[p[i] - 0x80] : p[i]);
	return utf16_to_text(wide, n * 2, NULL);
}

static char *
from_utf16(uint8_t *p, size_t n, bool big_endian)
{
	size_t kept = 0;

	for (size_t i = 0; i + 1 < n; i += 2) {
		uint16_t c = big_endian ? (uint16_t)(p[i] << 8 | p[i + 1]) : get_u16(p + i);

		if (c) {
			put_u16(p + kept, c);
			kept += 2;
		}
	}
	return utf16_to_text(p, kept, NULL);
}

/* `n` without the beginning of a UTF-8 sequence that the limit has cut. */
static size_t
whole_utf8(const uint8_t *p, size_t n)
{
	size_t tail = 0;

	while (tail < 3 && tail < n && (p[n - 1 - tail] & 0xc0) == 0x80)
		tail++;
	if (tail < n && p[n - 1 - tail] >= 0xc0 &&
	    !text_is_utf8((const char *)p + n - 1 - tail, tail + 1))
		return n - 1 - tail;
	return n;
}

/* The line that has been gathered, handed on. */
static int
finish_line(struct lines *l, struct error *err)
{
	CLEANUP_FREE char *text = NULL;

	if (l->encoding == BYTES) {
		while (l->used && l->line[l->used - 1] == '\r')
			l->used--;
		if (l->used == LINE_LIMIT)
			l->used = whole_utf8(l->line, l->used);
		l->line[l->used] = '\0';
		if (text_is_utf8((const char *)l->line, l->used)) {
			l->out.text = (const char *)l->line;
		} else {
			text = from_1252(l->line, l->used);
			l->out.text = text;
		}
		l->out.len = strlen(l->out.text);
	} else {
		size_t n;

		text = from_utf16(l->line, l->used, l->encoding == UTF16BE);
		for (n = strlen(text); n && text[n - 1] == '\r'; n--)
			text[n - 1] = '\0';
		l->out.text = text;
		l->out.len = n;
	}
	l->out.number++;
	l->used = 0;
	return l->fn(l->ctx, &l->out, err);
}

static void
keep(struct lines *l, const uint8_t *p, size_t n)
{
	if (n > LINE_LIMIT - l->used)
		n = LINE_LIMIT - l->used;
	memcpy(l->line + l->used, p, n);
	l->used += n;
}

/* Bytes without NULs: pieces between them. */
static void
keep_text(struct lines *l, const uint8_t *p, size_t n, uint64_t offset)
{
	const uint8_t *start = p;

	while (n) {
		const uint8_t *nul = memchr(p, 0, n);
		size_t k = nul ? (size_t)(nul - p) : n;

		keep(l, p, k);
		while (k < n && p[k] == 0)
			k++;
		p += k;
		n -= k;
		if (!l->used) /* the line begins behind the hole */
			l->out.offset = offset + (uint64_t)(p - start);
	}
}

/* One chunk of single bytes; `offset` is its place in the file. */
static int
feed_bytes(struct lines *l, const uint8_t *p, size_t n, uint64_t offset, struct error *err)
{
	const uint8_t *start = p;

	while (n) {
		const uint8_t *end = memchr(p, '\n', n);
		size_t k = end ? (size_t)(end - p) : n;
		int got;

		keep_text(l, p, k, offset + (uint64_t)(p - start));
		if (!end)
			break;
		p += k + 1;
		n -= k + 1;
		got = finish_line(l, err);
		if (got)
			return got;
		l->out.offset = offset + (uint64_t)(p - start);
	}
	return 0;
}

/* One chunk of whole UTF-16 units. */
static int
feed_utf16(struct lines *l, const uint8_t *p, size_t n, uint64_t offset, struct error *err)
{
	for (size_t i = 0; i + 1 < n; i += 2) {
		uint16_t c = l->encoding == UTF16BE ? (uint16_t)(p[i] << 8 | p[i + 1]) :
						      get_u16(p + i);
		int got;

		if (c != '\n') {
			/* a hole takes no room of the line, and a line begins behind it */
			if (c)
				keep(l, p + i, 2);
			else if (!l->used)
				l->out.offset = offset + i + 2;
			continue;
		}
		got = finish_line(l, err);
		if (got)
			return got;
		l->out.offset = offset + i + 2;
	}
	return 0;
}

static int
feed(struct lines *l, const uint8_t *p, size_t n, uint64_t offset, struct error *err)
{
	return l->encoding == BYTES ? feed_bytes(l, p, n, offset, err) :
				      feed_utf16(l, p, n, offset, err);
}

/* As much as a chunk holds: a source may give less at a time. */
static int
fill(const struct log_source *source, uint8_t *chunk, uint64_t at, size_t *ret, struct error *err)
{
	size_t n = 1;

	*ret = 0;
	while (*ret < CHUNK && at + *ret < source->size && n) {
		if (source->read(source->ctx, chunk + *ret, CHUNK - *ret, at + *ret, &n, err) < 0)
			return -1;
		*ret += n;
	}
	return 0;
}

/* Steps over what takes no room on the volume, or a hole of terabytes would be read for hours. */
static bool
skip_hole(struct lines *l, const struct log_source *source, uint64_t *at)
{
	uint64_t n = source->hole && *at ? source->hole(source->ctx, *at) : 0;

	n -= n % 2; /* units of UTF-16 stay whole */
	*at += n;
	if (n && !l->used)
		l->out.offset = *at;
	return n != 0;
}

static int
too_large(uint64_t size, struct error *err)
{
	return error_set(err, ERR_LIMIT, "it has %" PRIu64 " bytes, more than any log", size);
}

int
log_lines(const struct log_source *source, log_line_fn *fn, void *ctx, struct error *err)
{
	CLEANUP_FREE uint8_t *chunk = xmalloc(CHUNK);
	CLEANUP_FREE uint8_t *line = xmalloc(LINE_LIMIT + 2);
	struct lines l = { .line = line, .fn = fn, .ctx = ctx };
	uint64_t at = 0, seen = 0;
	int got = 0;

	/* what it says of its size may be damage; with holes only what is read counts */
	if (!source->hole && source->size > LOG_LIMIT)
		return too_large(source->size, err);
	while (at < source->size && got == 0) {
		size_t n = 0, from = 0;

		if (interrupt_check(err) < 0)
			return -1;
		if (skip_hole(&l, source, &at))
			continue;
		if (fill(source, chunk, at, &n, err) < 0)
			return -1;
		if (n == 0)
			break;
		seen += n;
		if (seen > LOG_LIMIT)
			return too_large(source->size, err);
		if (at == 0) {
			l.encoding = sniff(chunk, n, &l.bom);
			l.out.offset = from = l.bom;
		}
		/* units of UTF-16 stay whole, wherever the source cuts */
		if (l.encoding != BYTES && (n - from) % 2 && at + n < source->size)
			n--;
		if (n == 0) /* the source ends before its size, within a unit */
			break;
		got = feed(&l, chunk + from, n - from, at + from, err);
		at += n;
	}
	if (got == 0 && l.used)
		got = finish_line(&l, err);
	return got;
}
