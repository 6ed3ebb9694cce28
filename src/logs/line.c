/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of a text file, in chunks; memory stays small whatever the file's size. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "logs/line.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/code-page.h"
#include "util/error.h"
#include "util/interrupt.h"
#include "util/text.h"
#include "util/utf16.h"

#define CHUNK	   (256u << 10)
#define LINE_LIMIT (64u << 10)
#define LOG_LIMIT \
	(UINT64_C(16) << 30) /* far above any log of Setup's: a file of holes has no end */

struct lines {
	const struct log_lines_options *o;
	struct log_info *info;
	enum utf16_order order;
	uint8_t *line; /* raw bytes of a line that the buffer does not hold in one piece, without NULs */
	size_t used;
	bool gathering; /* `line` is one, though it may have nothing yet but NULs */
	struct log_line out;
};

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

static int
hand_on(struct lines *l, const char *text, size_t len, bool marked, struct error *err)
{
	int got;

	l->out.text = text;
	l->out.len = len;
	l->out.marked = marked;
	l->out.number++;
	l->info->lines++;
	got = l->o->fn(l->o->ctx, &l->out, err);
	l->out.hole = 0;
	return got;
}

/* The line that has been gathered, handed on. */
static int
finish_line(struct lines *l, struct error *err)
{
	CLEANUP_FREE char *text = NULL;
	const char *p = (const char *)l->line;
	size_t n = l->used;
	int got;

	if (l->order != UTF16_NONE) {
		p = text = from_utf16(l->line, l->used, l->order == UTF16_BIG);
		n = strlen(text);
		while (n && text[n - 1] == '\r')
			text[--n] = '\0';
	} else {
		while (n && l->line[n - 1] == '\r')
			n--;
		if (n == LINE_LIMIT)
			n = whole_utf8(l->line, n);
		l->line[n] = '\0';
	}
	l->used = 0;
	l->gathering = false;
	got = hand_on(l, p, n, l->o->find && l->o->find(l->o->find_ctx, p, n), err);
	if (l->o->leaving)
		l->o->leaving(l->o->ctx);
	return got;
}

static void
keep(struct lines *l, const uint8_t *p, size_t n)
{
	if (n > LINE_LIMIT - l->used) {
		n = LINE_LIMIT - l->used;
		l->info->cut = true;
	}
	memcpy(l->line + l->used, p, n);
	l->used += n;
}

static void
note_hole(struct lines *l, uint64_t offset, uint64_t n)
{
	if (!l->info->hole)
		l->info->hole_offset = offset;
	l->info->hole += n;
	l->out.hole += n;
}

/* Bytes without NULs: pieces between them. */
static void
keep_text(struct lines *l, const uint8_t *p, size_t n, uint64_t offset)
{
	const uint8_t *start = p;

	l->gathering = true;
	while (n) {
		const uint8_t *nul = memchr(p, 0, n);
		size_t k = nul ? (size_t)(nul - p) : n, zeros = k;

		keep(l, p, k);
		while (k < n && p[k] == 0)
			k++;
		if (k > zeros)
			note_hole(l, offset + (uint64_t)(p - start) + zeros, k - zeros);
		p += k;
		n -= k;
		if (!l->used) /* the line begins behind the hole */
			l->out.offset = offset + (uint64_t)(p - start);
	}
}

/* Where something next is in a chunk: asked only once it is passed. */
struct next {
	const uint8_t *at; /* NULL: nowhere */
	bool known;
};

static bool
is_within(struct next *next, const uint8_t *p, const uint8_t *line_end)
{
	return next->at && next->at >= p && next->at < line_end;
}

static void
look_for_nul(struct next *next, const uint8_t *p, const uint8_t *end)
{
	if (next->known && (!next->at || next->at >= p))
		return;
	next->at = memchr(p, 0, (size_t)(end - p));
	next->known = true;
}

static void
look_for_mark(const struct lines *l, struct next *next, const uint8_t *p, const uint8_t *end)
{
	if (!l->o->find || (next->known && (!next->at || next->at >= p)))
		return;
	next->at = (const uint8_t *)l->o->find(l->o->find_ctx, (const char *)p, (size_t)(end - p));
	next->known = true;
}

/* One chunk of single bytes; `offset` is its place in the file. */
static int
feed_bytes(struct lines *l, const uint8_t *p, size_t n, uint64_t offset, struct error *err)
{
	const uint8_t *start = p, *end = p + n;
	struct next nul = { 0 }, mark = { 0 };
	int got = 0;

	while (p < end && got == 0) {
		const uint8_t *stop = memchr(p, '\n', (size_t)(end - p));
		const uint8_t *line_end = stop ? stop : end;
		size_t len = (size_t)(line_end - p);

		look_for_nul(&nul, p, end);
		if (!stop || l->gathering || is_within(&nul, p, line_end) || len > LINE_LIMIT) {
			keep_text(l, p, len, offset + (uint64_t)(p - start));
			got = stop ? finish_line(l, err) : 0;
		} else {
			look_for_mark(l, &mark, p, end);
			while (len && p[len - 1] == '\r')
				len--;
			got = hand_on(l, (const char *)p, len, is_within(&mark, p, line_end), err);
		}
		if (stop)
			l->out.offset = offset + (uint64_t)(stop + 1 - start);
		p = stop ? stop + 1 : end;
	}
	if (l->o->leaving)
		l->o->leaving(l->o->ctx);
	return got;
}

/* One chunk of whole UTF-16 units. */
static int
feed_utf16(struct lines *l, const uint8_t *p, size_t n, uint64_t offset, struct error *err)
{
	for (size_t i = 0; i + 1 < n; i += 2) {
		uint16_t c = l->order == UTF16_BIG ? (uint16_t)(p[i] << 8 | p[i + 1]) :
						     get_u16(p + i);
		int got;

		if (c != '\n') {
			/* a hole takes no room of the line, and a line begins behind it */
			l->gathering = true;
			if (c)
				keep(l, p + i, 2);
			else
				note_hole(l, offset + i, 2);
			if (!l->used)
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
	return l->order == UTF16_NONE ? feed_bytes(l, p, n, offset, err) :
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
	if (n)
		note_hole(l, *at, n);
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

/* What it is by its first bytes; how many of them are no text. */
static size_t
begin(struct lines *l, const uint8_t *p, size_t n)
{
	size_t bom;

	l->order = utf16_sniff(p, n, &bom);
	l->out.wide = l->order != UTF16_NONE;
	l->out.offset = bom;
	return bom;
}

static int
read_lines(struct lines *l, const struct log_source *source, uint8_t *chunk, struct error *err)
{
	uint64_t at = 0, seen = 0;
	int got = 0;

	while (at < source->size && got == 0) {
		size_t n = 0, from = 0;

		if (interrupt_check(err) < 0)
			return -1;
		if (skip_hole(l, source, &at))
			continue;
		if (fill(source, chunk, at, &n, err) < 0)
			return -1;
		if (n == 0)
			break;
		seen += n;
		if (seen > LOG_LIMIT)
			return too_large(source->size, err);
		if (at == 0)
			from = begin(l, chunk, n);
		/* units of UTF-16 stay whole, wherever the source cuts */
		if (l->order != UTF16_NONE && (n - from) % 2 && at + n < source->size)
			n--;
		if (n == 0) /* the source ends before its size, within a unit */
			break;
		got = feed(l, chunk + from, n - from, at + from, err);
		at += n;
	}
	return got == 0 && l->used ? finish_line(l, err) : got;
}

int
log_lines(const struct log_source *source, const struct log_lines_options *o, struct log_info *ret,
	  struct error *err)
{
	CLEANUP_FREE uint8_t *chunk = xmalloc(CHUNK + 1);
	CLEANUP_FREE uint8_t *line = xmalloc(LINE_LIMIT + 2);
	struct lines l = { .o = o, .info = ret, .line = line };

	*ret = (struct log_info){ 0 };
	/* what it says of its size may be damage; with holes only what is read counts */
	if (!source->hole && source->size > LOG_LIMIT)
		return too_large(source->size, err);
	return read_lines(&l, source, chunk, err);
}

void
log_line_text(const struct log_line *line, const struct code_pages *pages, unsigned ansi,
	      struct text *to)
{
	if (line->wide || text_is_utf8(line->text, line->len)) {
		text_add_n(to, line->text, line->len);
	} else {
		CLEANUP_FREE char *text = code_pages_text(pages, ansi, line->text, line->len);

		text_add(to, text);
	}
}
