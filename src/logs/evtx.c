/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The frame of an event log (libyal: "Windows XML Event Log (EVTX)"):
 *
 *      "ElfFile\0" … 4096 bytes · chunks of 64 KiB
 *      chunk:  "ElfChnk\0", first and last number, first and last id, …, at 48 where its free space begins; records from 512 on
 *      record: 2a 2a 00 00, SIZE, ID (8 bytes), FILETIME, binary XML, SIZE
 *
 * Chunks are a ring: their first ids say in which order they were written.  What the head of the file says of their count is old as long as the log is open, so
 * the size of the file counts.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "logs/binxml.h"
#include "logs/evtx.h"
#include "logs/grammar.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/filetime.h"
#include "util/interrupt.h"

#define FILE_HEAD   4096
#define CHUNK	    65536
#define CHUNK_HEAD  512
#define RECORD_HEAD 24
#define RECORD_MIN  (RECORD_HEAD + 4)
#define SIZE_LIMIT  (UINT64_C(16) << 30)

struct chunk {
	uint64_t first; /* id of its first record */
	uint64_t offset;
};

struct events {
	const struct log_source *source;
	const struct log_options *o;
	log_fn *fn;
	void *ctx;
	struct log_info *info;
	struct chunk *list;
	size_t count;
	uint8_t *buf; /* a chunk */
};

/* `n` bytes at `offset`; fewer at the end of the file, *ret_len. */
static int
read_at(const struct log_source *s, uint8_t *buf, size_t n, uint64_t offset, size_t *ret_len,
	struct error *err)
{
	size_t got = 1;

	*ret_len = 0;
	while (*ret_len < n && offset + *ret_len < s->size && got) {
		if (s->read(s->ctx, buf + *ret_len, n - *ret_len, offset + *ret_len, &got, err) < 0)
			return -1;
		*ret_len += got;
	}
	return 0;
}

static int
by_first(const void *a, const void *b)
{
	const struct chunk *x = a, *y = b;

	return x->first != y->first  ? (x->first < y->first ? -1 : 1) :
	       x->offset < y->offset ? -1 :
				       x->offset > y->offset;
}

/* The chunks that are in use, in the order in which they were written. */
static int
find_chunks(struct events *e, struct error *err)
{
	const struct log_source *s = e->source;
	uint8_t head[64];
	size_t n;

	for (uint64_t at = FILE_HEAD; at + CHUNK_HEAD <= s->size; at += CHUNK) {
		uint64_t hole = s->hole ? s->hole(s->ctx, at) : 0;

		if (interrupt_check(err) < 0)
			return -1;
		if (hole >= CHUNK) {
			at += (hole / CHUNK - 1) * CHUNK;
			continue;
		}
		if (read_at(s, head, sizeof head, at, &n, err) < 0)
			return -1;
		if (n < sizeof head || memcmp(head, "ElfChnk", 8) != 0) {
			/* chunks that were not used yet are zeros */
			e->info->damaged += n >= 8 && get_u64(head) != 0;
			continue;
		}
		ARRAY_GROW(e->list, e->count);
		e->list[e->count++] = (struct chunk){ get_u64(head + 24), at };
	}
	if (e->count)
		qsort(e->list, e->count, sizeof *e->list, by_first);
	return 0;
}

static enum log_level
level_of(uint32_t level)
{
	switch (level) {
	case 1:
		return LOG_LEVEL_FATAL;
	case 2:
		return LOG_LEVEL_ERROR;
	case 3:
		return LOG_LEVEL_WARNING;
	default: /* 0: always, 4: information, 5: verbose */
		return LOG_LEVEL_INFO;
	}
}

static bool
is_wanted(const struct events *e, enum log_level level, const struct text *message)
{
	const struct log_options *o = e->o;

	return !o || o->least == LOG_LEVEL_NONE || level >= o->least ||
	       (o->find && o->find(o->find_ctx, text_str(message), message->len));
}

/* The record at `at` of the chunk in the buffer. */
static int
take_record(struct events *e, uint64_t chunk, size_t at, uint32_t size, struct error *err)
{
	struct binxml_event event = { 0 };
	const uint8_t *p = e->buf + at;
	struct log_record r = { .kind = LOG_KIND_EVENTS,
				.place = e->source->place,
				.path = e->source->path,
				.section = "" };
	int got = 0;

	if (!binxml_event(e->buf, CHUNK, at + RECORD_HEAD, at + size - 4, &event))
		e->info->damaged++;
	r.level = level_of(event.level);
	if (is_wanted(e, r.level, &event.data)) {
		if (log_stamp_filetime(&r, get_u64(p + 16)))
			r.zone = LOG_ZONE_UTC;
		log_set_component(&r, text_str(&event.provider), event.provider.len);
		r.id = event.id;
		r.line = get_u64(p + 8);
		r.offset = chunk + at;
		r.message = r.text = text_str(&event.data);
		got = e->fn(e->ctx, &r, err);
	}
	binxml_event_clear(&event);
	return got;
}

/* Ends because offsets only grow. */
static int
take_chunk(struct events *e, const struct chunk *c, struct error *err)
{
	size_t n, end;
	int got = 0;

	if (read_at(e->source, e->buf, CHUNK, c->offset, &n, err) < 0)
		return -1;
	memset(e->buf + n, 0, CHUNK - n);
	end = get_u32(e->buf + 48);
	if (end < CHUNK_HEAD || end > CHUNK)
		end = CHUNK;
	for (size_t at = CHUNK_HEAD; at + RECORD_MIN <= end && got == 0;) {
		uint32_t size = get_u32(e->buf + at + 4);

		/* free space, or damage: the rest cannot be found */
		if (get_u32(e->buf + at) != 0x2a2a || size < RECORD_MIN || size > end - at ||
		    get_u32(e->buf + at + size - 4) != size) {
			e->info->damaged += end < CHUNK || get_u32(e->buf + at) != 0;
			break;
		}
		/* a record that is made for it is work for a while */
		if (interrupt_check(err) < 0)
			return -1;
		e->info->lines++;
		got = take_record(e, c->offset, at, size, err);
		at += size;
	}
	return got;
}

int
evtx_read(const struct log_source *source, const struct log_options *o, log_fn *fn, void *ctx,
	  struct log_info *ret, struct error *err)
{
	CLEANUP_FREE uint8_t *buf = xmalloc(CHUNK);
	struct events e = { source, o, fn, ctx, ret, NULL, 0, buf };
	size_t n;
	int got = 0;

	*ret = (struct log_info){ 0 };
	if (source->size > SIZE_LIMIT && !source->hole)
		return error_set(err, ERR_LIMIT, "it has %" PRIu64 " bytes, more than any log",
				 source->size);
	if (read_at(source, buf, 8, 0, &n, err) < 0)
		return -1;
	if (n < 8 || memcmp(buf, "ElfFile", 8) != 0)
		return error_set(err, ERR_CORRUPT, "it does not begin as an event log does");
	got = find_chunks(&e, err);
	for (size_t i = 0; i < e.count && got == 0; i++) {
		got = interrupt_check(err);
		if (got == 0)
			got = take_chunk(&e, &e.list[i], err);
	}
	free(e.list);
	return got < 0 ? -1 : 0;
}
