/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A copy-on-write layer over any block device.
 *
 * Pages of 4 KiB in a hash table; a page is read from below when it is first written in part, and put aside
 * (util/spool.h): there may be as many as a hive has.  A dirty bit tells which of its eight 512-byte sectors were
 * written in the present phase.  A barrier freezes what the phase has changed into `frozen`, so that a later write to
 * the same sector does not disturb it; pages stay and keep serving reads.
 */
#include <stdlib.h>
#include <string.h>

#include "block/block.h"
#include "block/changes.h"
#include "block/overlay.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/spool.h"

#define PAGE	4096u
#define SECTOR	512u
#define RUN_MAX (256u << 10) /* of one record: there are two buffers of it */

struct page {
	struct page *next; /* in the bucket */
	uint64_t number;
	uint8_t dirty; /* a bit per 512-byte sector, written in this phase */
	/* where it was put aside, in pages from 1 on */
	uint32_t now;	 /* as it is now */
	uint32_t before; /* as it was when the phase began; 0: as it is below */
};

struct overlay {
	struct block base;
	struct block *lower;
	struct page **buckets;
	size_t bucket_count; /* a power of two */
	size_t page_count;
	uint32_t phase;
	bool fill;	       /* what cannot be read below begins as zeros */
	struct changes frozen; /* records of the phases before, in order; offsets in this device */
	struct spool *spool; /* for pages, and for the images of records if it is somebody else's */
	struct spool *own;   /* the same when nobody has given one */
};

static struct overlay *
overlay_of(struct block *b)
{
	return (struct overlay *)b;
}

static size_t
bucket_of(const struct overlay *o, uint64_t number)
{
	return (size_t)((number * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (o->bucket_count - 1);
}

static struct page *
find(const struct overlay *o, uint64_t number)
{
	struct page *p = o->buckets[bucket_of(o, number)];

	while (p && p->number != number)
		p = p->next;
	return p;
}

static void
grow(struct overlay *o)
{
	struct page **old = o->buckets;
	size_t n = o->bucket_count;

	o->bucket_count *= 2;
	o->buckets = xcalloc(o->bucket_count, sizeof *o->buckets);
	for (size_t i = 0; i < n; i++)
		for (struct page *p = old[i], *next; p; p = next) {
			size_t at = bucket_of(o, p->number);

			next = p->next;
			p->next = o->buckets[at];
			o->buckets[at] = p;
		}
	free(old);
}

/* Bytes of page `number` that exist: fewer on the last page of an odd device. */
static size_t
page_len(const struct overlay *o, uint64_t number)
{
	uint64_t left = o->base.size - number * PAGE;

	return left < PAGE ? (size_t)left : PAGE;
}

/* Page `number` as it is below. */
static int
read_page(const struct overlay *o, uint64_t number, uint8_t *data, struct error *err)
{
	size_t len = page_len(o, number);

	if (block_read(o->lower, data, len, number * PAGE, err) == 0)
		return 0;
	if (!o->fill)
		return -1;
	error_clear(err);
	for (size_t at = 0; at < len; at += SECTOR) {
		size_t n = len - at < SECTOR ? len - at : SECTOR;

		if (block_read(o->lower, data + at, n, number * PAGE + at, err) < 0)
			memset(data + at, 0, n);
		error_clear(err);
	}
	return 0;
}

static int
read_aside(const struct overlay *o, uint32_t page, uint8_t *data, struct error *err)
{
	return spool_read(o->spool, data, PAGE, spool_page_at(page, PAGE), err);
}

static struct page *
add(struct overlay *o, uint64_t number, const uint8_t *data)
{
	struct page *p = xzalloc(sizeof *p);
	size_t at;

	if (o->page_count >= o->bucket_count)
		grow(o);
	at = bucket_of(o, number);
	p->number = number;
	p->now = spool_add_page(o->spool, data, PAGE);
	p->next = o->buckets[at];
	o->buckets[at] = p;
	o->page_count++;
	return p;
}

static int
overlay_read(struct block *b, void *buf, size_t len, uint64_t offset, struct error *err)
{
	struct overlay *o = overlay_of(b);
	uint8_t *out = buf;

	while (len) {
		uint64_t number = offset / PAGE;
		size_t in = (size_t)(offset % PAGE);
		size_t n = PAGE - in < len ? PAGE - in : len;
		const struct page *p = o->page_count ? find(o, number) : NULL;

		if (p) {
			if (spool_read(o->spool, out, n, spool_page_at(p->now, PAGE) + in, err) < 0)
				return -1;
		} else {
			/* as far as the next page of ours, in one request */
			while (n < len && !(o->page_count && find(o, (offset + n) / PAGE)))
				n += len - n < PAGE ? len - n : PAGE;
			if (block_read(o->lower, out, n, offset, err) < 0)
				return -1;
		}
		out += n;
		offset += n;
		len -= n;
	}
	return 0;
}

/* Writes inside one page.  What it was when the phase began stays where it is. */
static int
write_page(struct overlay *o, uint64_t number, const uint8_t *from, size_t n, size_t in,
	   struct error *err)
{
	struct page *p = find(o, number);
	uint8_t data[PAGE] = { 0 };

	if (!p || p->now == p->before ||
	    !spool_patch(o->spool, from, n, spool_page_at(p->now, PAGE) + in)) {
		if (p ? read_aside(o, p->now, data, err) < 0 : read_page(o, number, data, err) < 0)
			return -1;
		memcpy(data + in, from, n);
		if (p)
			p->now = spool_add_page(o->spool, data, PAGE);
		else
			p = add(o, number, data);
	}
	for (size_t s = in / SECTOR; s <= (in + n - 1) / SECTOR; s++)
		p->dirty |= (uint8_t)(1u << s);
	return 0;
}

static int
overlay_write(struct block *b, const void *buf, size_t len, uint64_t offset, struct error *err)
{
	struct overlay *o = overlay_of(b);
	const uint8_t *from = buf;

	while (len) {
		size_t in = (size_t)(offset % PAGE);
		size_t n = PAGE - in < len ? PAGE - in : len;

		if (write_page(o, offset / PAGE, from, n, in, err) < 0)
			return -1;
		from += n;
		offset += n;
		len -= n;
	}
	return 0;
}

static void
forget(struct overlay *o)
{
	for (size_t i = 0; i < o->bucket_count; i++) {
		for (struct page *p = o->buckets[i], *next; p; p = next) {
			next = p->next;
			free(p);
		}
		o->buckets[i] = NULL;
	}
	o->page_count = 0;
	o->phase = 0;
	changes_clear(&o->frozen);
	o->frozen.spool = o->own ? NULL : o->spool;
	if (o->own)
		spool_reset(o->own);
}

static void
overlay_close(struct block *b)
{
	struct overlay *o = overlay_of(b);

	forget(o);
	spool_free(o->own);
	free(o->buckets);
	free(o);
}

static const struct block_ops overlay_ops = {
	.name = "overlay",
	.read = overlay_read,
	.write = overlay_write,
	.close = overlay_close,
};

struct block *
overlay_new(struct block *lower)
{
	struct overlay *o = xzalloc(sizeof *o);

	o->base = (struct block){ .ops = &overlay_ops,
				  .size = lower->size,
				  .sector_size = lower->sector_size };
	o->lower = lower;
	o->bucket_count = 1024;
	o->buckets = xcalloc(o->bucket_count, sizeof *o->buckets);
	o->spool = o->own = spool_new(-1);
	return &o->base;
}

void
overlay_put_aside(struct block *overlay, struct spool *spool)
{
	struct overlay *o = overlay_of(overlay);

	spool_free(o->own);
	o->own = NULL;
	o->spool = o->frozen.spool = spool;
}

int
overlay_each_page(struct block *overlay,
		  int (*fn)(void *ctx, uint64_t page, const uint8_t *data, struct error *err),
		  void *ctx, struct error *err)
{
	const struct overlay *o = overlay_of(overlay);
	uint8_t data[PAGE];

	for (size_t i = 0; i < o->bucket_count; i++)
		for (const struct page *p = o->buckets[i]; p; p = p->next)
			if (read_aside(o, p->now, data, err) < 0 ||
			    fn(ctx, p->number, data, err) < 0)
				return -1;
	return 0;
}

uint32_t
overlay_phase(const struct block *overlay)
{
	return ((const struct overlay *)overlay)->phase;
}

/* The images after of all phases before `phase`, in their order. */
static int
lay_over(struct block *to, const struct changes *from, uint32_t phase, struct error *err)
{
	CLEANUP_FREE uint8_t *buf = changes_buffer();

	for (size_t i = 0; i < from->record_count && from->records[i].phase < phase; i++) {
		const struct record *r = &from->records[i];
		const uint8_t *after = changes_image(from, r, true, 0, r->after_len, buf, err);

		if (!after || block_write(to, after, r->after_len, r->offset, err) < 0)
			return -1;
	}
	return 0;
}

struct block *
overlay_as_of(struct block *overlay, uint32_t phase, struct error *err)
{
	struct overlay *o = overlay_of(overlay);
	struct block *then = overlay_new(o->lower);

	if (!o->own)
		overlay_put_aside(then, o->spool);
	if (lay_over(then, &o->frozen, phase, err) == 0)
		return then;
	block_close(then);
	return NULL;
}

void
overlay_fill_missing(struct block *overlay)
{
	overlay_of(overlay)->fill = true;
}

void
overlay_reset(struct block *overlay)
{
	forget(overlay_of(overlay));
}

static int
by_number(const void *a, const void *b)
{
	const struct page *const *x = a, *const *y = b;

	return (*x)->number < (*y)->number ? -1 : (*x)->number > (*y)->number;
}

/* All pages that were written in this phase, in order of their place; the caller frees the array. */
static struct page **
dirty_pages(const struct overlay *o, size_t *ret_count)
{
	struct page **list = xcalloc(o->page_count + 1, sizeof *list);
	size_t n = 0;

	for (size_t i = 0; i < o->bucket_count; i++)
		for (struct page *p = o->buckets[i]; p; p = p->next)
			if (p->dirty)
				list[n++] = p;
	qsort(list, n, sizeof *list, by_number);
	*ret_count = n;
	return list;
}

/* A run of changed sectors that grows until a gap. */
struct run {
	uint64_t start;
	size_t len;
	uint8_t *before, *after; /* RUN_MAX bytes each */
};

static void
flush_run(struct run *r, uint64_t offset, uint32_t phase, struct changes *out)
{
	if (r->len)
		changes_add(out, RECORD_SECTORS, phase, NULL, offset + r->start, r->before,
			    (uint32_t)r->len, r->after, (uint32_t)r->len);
	r->len = 0;
}

/* The changed sectors of one page into the run; whole sectors of the device's size. */
static int
add_page(const struct overlay *o, const struct page *p, struct run *r, uint64_t offset,
	 struct changes *out, struct error *err)
{
	size_t unit = o->base.sector_size == PAGE ? PAGE : SECTOR;
	size_t len = page_len(o, p->number);
	uint8_t before[PAGE] = { 0 }, now[PAGE];

	if (read_aside(o, p->now, now, err) < 0 ||
	    (p->before ? read_aside(o, p->before, before, err) < 0 :
			 read_page(o, p->number, before, err) < 0))
		return -1;

	for (size_t in = 0; in < len; in += unit) {
		size_t n = len - in < unit ? len - in : unit;
		uint64_t at = p->number * PAGE + in;

		if (memcmp(before + in, now + in, n) == 0)
			continue;
		if (r->len && (r->start + r->len != at || r->len + n > RUN_MAX))
			flush_run(r, offset, o->phase, out);
		if (!r->len)
			r->start = at;
		memcpy(r->before + r->len, before + in, n);
		memcpy(r->after + r->len, now + in, n);
		r->len += n;
	}
	return 0;
}

/* What this phase has changed, appended to `out`. */
static int
collect(const struct overlay *o, uint64_t offset, struct changes *out, struct error *err)
{
	CLEANUP_FREE uint8_t *before = xmalloc(RUN_MAX);
	CLEANUP_FREE uint8_t *after = xmalloc(RUN_MAX);
	struct run run = { 0, 0, before, after };
	size_t count;
	CLEANUP_FREE struct page **list = dirty_pages(o, &count);

	for (size_t i = 0; i < count; i++)
		if (add_page(o, list[i], &run, offset, out, err) < 0)
			return -1;
	flush_run(&run, offset, o->phase, out);
	return 0;
}

int
overlay_barrier(struct block *overlay, struct error *err)
{
	struct overlay *o = overlay_of(overlay);
	size_t had = o->frozen.record_count;

	if (collect(o, 0, &o->frozen, err) < 0)
		return -1;
	for (size_t i = 0; i < o->bucket_count; i++)
		for (struct page *p = o->buckets[i]; p; p = p->next)
			if (p->dirty) {
				p->before = p->now;
				p->dirty = 0;
			}
	if (o->frozen.record_count > had)
		o->phase++;
	return 0;
}

int
overlay_changes(struct block *overlay, uint64_t offset, struct changes *out, struct error *err)
{
	const struct overlay *o = overlay_of(overlay);

	for (size_t i = 0; i < o->frozen.record_count; i++) {
		const struct record *r = &o->frozen.records[i];

		if (o->frozen.spool)
			changes_add_spooled(out, r->kind, r->phase, NULL, offset + r->offset, r->at,
					    r->before_len, r->after_len);
		else
			changes_add(out, r->kind, r->phase, NULL, offset + r->offset, r->before,
				    r->before_len, r->after, r->after_len);
	}
	return collect(o, offset, out, err);
}
