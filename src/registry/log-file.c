/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A transaction log, read piece by piece.  It begins with a copy of the hive's base block, cut to 512 bytes.
 *
 * New format (type 6, Windows 8.1 and later): entries from offset 512, back to back, each a multiple of 512: 0 "HvLE", 4 size,
 * 8 flags, 12 sequence number, 16 size of the bins, 20 number of pages n, 24 hash of what follows offset 40, 32 hash
 * of the first 32 bytes, 40 n pairs of offset (from the first bin) and size, then the pages.  The hash is Marvin32.
 *
 * Old format (types 1 and 2): 512 "DIRT", a bitmap with a bit for each 512 bytes of the bins, then from the
 * next 512 bytes these pieces in order.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registry/log-file.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/interrupt.h"

#define SECTOR	   LOG_SECTOR
#define ENTRY_HEAD LOG_ENTRY_HEAD
#define PIECE	   (64u << 10)
#define REFS_MAX   (1u << 20) /* pages in one entry: 4 GiB, more than a hive can have */

bool
log_later(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

/* ---- reading ---- */

/* Exactly `len` bytes: 1, or 0 when the log ends before. */
int
log_read(const struct hive *h, const struct hive_source *s, void *buf, size_t len, uint64_t offset,
	 struct error *err)
{
	size_t got = 0;

	if (offset > s->size || len > s->size - offset)
		return 0;
	if (s->read(s->ctx, buf, len, offset, &got, err) < 0)
		return error_prefix(err, "%s: a transaction log", h->name);
	return got == len;
}

bool
log_too_large(const struct hive_source *s)
{
	return s->read && s->size > LOG_MAX;
}

/* ---- Marvin32 ---- */

static uint32_t
rotate(uint32_t v, int by)
{
	return v << by | v >> (32 - by);
}

static void
mix(struct log_hash *m, uint32_t v)
{
	m->lo += v;
	m->hi ^= m->lo;
	m->lo = rotate(m->lo, 20) + m->hi;
	m->hi = rotate(m->hi, 9) ^ m->lo;
	m->lo = rotate(m->lo, 27) + m->hi;
	m->hi = rotate(m->hi, 19);
}

struct log_hash
log_hash_new(void)
{
	return (struct log_hash){ 0x7a4e55c5, 0x82ef4d88 };
}

void
log_hash_add(struct log_hash *m, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i += 4)
		mix(m, get_u32(p + i));
}

uint64_t
log_hash_end(struct log_hash *m)
{
	mix(m, 0x80);
	mix(m, 0);
	return (uint64_t)m->hi << 32 | m->lo;
}

/* ---- entries ---- */

/* The head of an entry, its own hash right: 1, else 0. */
int
log_entry(const struct hive *h, const struct hive_source *s, uint64_t offset, struct log_entry *e,
	  struct error *err)
{
	struct log_hash m = log_hash_new();
	uint8_t head[ENTRY_HEAD];
	int got = log_read(h, s, head, sizeof head, offset, err);

	if (got <= 0 || memcmp(head, "HvLE", 4) != 0)
		return got < 0 ? -1 : 0;
	e->size = get_u32(head + 4);
	e->flags = get_u32(head + 8);
	e->sequence = get_u32(head + 12);
	e->bins_size = get_u32(head + 16);
	e->refs = get_u32(head + 20);
	e->hash1 = get_u64(head + 24);
	log_hash_add(&m, head, 32);
	return e->size >= SECTOR && e->size % SECTOR == 0 && e->size <= s->size - offset &&
	       e->bins_size >= HIVE_PAGE && e->bins_size % HIVE_PAGE == 0 && e->refs > 0 &&
	       e->refs <= REFS_MAX && ENTRY_HEAD + 8 * (uint64_t)e->refs <= e->size &&
	       log_hash_end(&m) == get_u64(head + 32);
}

/* Whether the hash of everything behind the head is right. */
int
log_entry_is_whole(const struct hive *h, const struct hive_source *s, uint64_t offset,
		   const struct log_entry *e, struct error *err)
{
	CLEANUP_FREE uint8_t *piece = xmalloc(PIECE);
	struct log_hash m = log_hash_new();

	for (uint64_t at = ENTRY_HEAD; at < e->size;) {
		size_t len = e->size - at < PIECE ? (size_t)(e->size - at) : PIECE;
		int got = interrupt_check(err);

		if (got == 0)
			got = log_read(h, s, piece, len, offset + at, err);
		if (got <= 0)
			return got;
		log_hash_add(&m, piece, len);
		at += len;
	}
	return log_hash_end(&m) == e->hash1;
}

/* The pairs of offset and size, checked; the caller's.  NULL without an error when they make no sense. */
uint8_t *
log_refs(const struct hive *h, const struct hive_source *s, uint64_t offset,
	 const struct log_entry *e, struct error *err)
{
	CLEANUP_FREE uint8_t *refs = xmalloc(8 * (size_t)e->refs);
	uint64_t sum = ENTRY_HEAD + 8 * (uint64_t)e->refs;
	int got = log_read(h, s, refs, 8 * (size_t)e->refs, offset + ENTRY_HEAD, err);

	if (got <= 0)
		return NULL;
	for (uint32_t i = 0; i < e->refs; i++) {
		uint32_t at = get_u32(refs + 8 * (size_t)i),
			 len = get_u32(refs + 8 * (size_t)i + 4);

		if (at % HIVE_PAGE || len == 0 || len % HIVE_PAGE ||
		    (uint64_t)at + len > e->bins_size)
			return NULL;
		sum += len;
	}
	return sum <= e->size ? steal(&refs) : NULL;
}

void
log_useless(struct hive_log *l, const char *why)
{
	l->usable = false;
	snprintf(l->why, sizeof l->why, "%s", why);
}

int
log_open(const struct hive *h, const struct hive_source *source, struct hive_log *l,
	 struct error *err)
{
	int got;

	l->source = source;
	if (!source->read || source->size == 0) {
		log_useless(l, source->read ? "is empty" : "is absent");
		return 0;
	}
	if (log_too_large(source)) {
		log_useless(l, "is larger than any that Windows writes");
		return 0;
	}
	got = log_read(h, source, l->base, sizeof l->base, 0, err);
	if (got < 0)
		return -1;
	if (got == 0 || memcmp(l->base, "regf", 4) != 0) {
		log_useless(l, "is no transaction log");
		return 0;
	}
	l->sequence = get_u32(l->base + 4);
	if (hive_checksum(l->base) != get_u32(l->base + 508))
		log_useless(l, "has a base block with a wrong checksum");
	else if (l->sequence != get_u32(l->base + 8))
		log_useless(l, "has two different sequence numbers");
	else if (get_u32(l->base + 40) < HIVE_PAGE || get_u32(l->base + 40) % HIVE_PAGE ||
		 get_u32(l->base + 40) > HIVE_MAX - HIVE_BASE)
		log_useless(l, "has an impossible size of bins");
	else
		l->usable = true;
	return 0;
}

bool
log_is_new(const struct hive_log *l)
{
	return l->usable && get_u32(l->base + 28) == LOG_TYPE_NEW;
}

bool
log_is_old(const struct hive_log *l)
{
	uint32_t type = get_u32(l->base + 28);

	return l->usable && (type == LOG_TYPE_OLD || type == LOG_TYPE_OLD_2);
}

/* Follows the entries from the first one as long as each is whole and the next in order. */
int
log_follow(const struct hive *h, struct hive_log *l, struct error *err)
{
	uint64_t offset = SECTOR;

	l->entries = 0;
	for (;;) {
		CLEANUP_FREE uint8_t *refs = NULL;
		struct log_entry e;
		int got = log_entry(h, l->source, offset, &e, err);

		if (got > 0 && e.sequence != l->sequence + l->entries)
			got = 0;
		if (got > 0)
			got = log_entry_is_whole(h, l->source, offset, &e, err);
		if (got > 0) {
			refs = log_refs(h, l->source, offset, &e, err);
			got = refs ? 1 : err->code != ERR_NONE ? -1 : 0;
		}
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		l->entries++;
		offset += e.size;
	}
	l->end = offset;
	if (l->entries == 0)
		log_useless(l, "has no whole entry");
	return 0;
}

/* ---- the old format ---- */

/* The bitmap, with all its pieces inside the log: 1, else 0.  `d->bitmap` is the caller's. */
int
log_dirt(const struct hive *h, const struct hive_log *l, struct log_dirt *d, struct error *err)
{
	uint32_t bins = get_u32(l->base + 40);
	size_t bytes = bins / HIVE_PAGE;
	uint8_t mark[4];
	int got = log_read(h, l->source, mark, sizeof mark, SECTOR, err);

	if (got <= 0 || memcmp(mark, "DIRT", 4) != 0)
		return got < 0 ? -1 : 0;
	d->bitmap = xmalloc(bytes);
	got = log_read(h, l->source, d->bitmap, bytes, SECTOR + 4, err);
	if (got <= 0)
		return got;
	d->bits = bytes * 8;
	d->data = (SECTOR + 4 + bytes + SECTOR - 1) / SECTOR * SECTOR;
	d->count = 0;
	for (size_t i = 0; i < bytes; i++)
		d->count += (uint32_t)__builtin_popcount(d->bitmap[i]);
	return d->data + (uint64_t)d->count * SECTOR <= l->source->size;
}
