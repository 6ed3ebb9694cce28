/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Edits on their way through a transaction log: an entry with every page that was edited, in the log's own format
 * (registry/log-file.c), before the first of them is written to the primary file.
 *
 * Which format that is follows from the version of this Windows, or, where it is not known, from what its logs hold.  msuhanov's
 * "Windows registry file format specification": the new format came with Windows 8.1.
 */
#include <stdlib.h>
#include <string.h>

#include "registry/hive-log.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"

#define SECTORS (HIVE_PAGE / LOG_SECTOR)

static bool
edited(const struct hive *h, uint64_t page)
{
	return h->edited[page / 8] >> (page % 8) & 1;
}

/* The base block is no part of an entry. */
static void
count_edited(const struct hive *h, struct hive_way *w)
{
	uint64_t end = h->image_size / HIVE_PAGE;

	for (uint64_t page = 1; page < end; page++) {
		w->pages += edited(h, page);
		w->runs += edited(h, page) && (page == 1 || !edited(h, page - 1));
	}
}

static uint64_t
round_up(uint64_t n)
{
	return (n + LOG_SECTOR - 1) / LOG_SECTOR * LOG_SECTOR;
}

/* Where the pages begin. */
static uint64_t
pages_at(const struct hive *h, const struct hive_way *w)
{
	return w->old_log ? round_up(LOG_SECTOR + 4 + (h->image_size - HIVE_BASE) / HIVE_PAGE) :
			    LOG_SECTOR + LOG_ENTRY_HEAD + 8 * (uint64_t)w->runs;
}

static uint64_t
size_with(const struct hive *h, const struct hive_way *w)
{
	return round_up(pages_at(h, w) + (uint64_t)w->pages * HIVE_PAGE);
}

/* What the logs hold tells, when the version of this Windows does not: a new one is not what an old Windows leaves. */
static int
kind_in_use(struct hive *h, enum hive_log_kind *ret, struct error *err)
{
	*ret = h->log_kind;
	for (int i = 0; i < 2 && h->log_kind == HIVE_LOGS_UNKNOWN && !h->files.single_log; i++) {
		struct hive_log l = { 0 };

		if (log_open(h, &h->files.logs[i], &l, err) < 0)
			return -1;
		if (log_is_new(&l))
			*ret = HIVE_LOGS_NEW;
		else if (log_is_old(&l) && *ret == HIVE_LOGS_UNKNOWN)
			*ret = HIVE_LOGS_OLD;
	}
	return 0;
}

/* The number of the log: of new ones one that has room already, so that no file must grow. */
static int
pick(const struct hive *h, const struct hive_way *w)
{
	int best = -1;

	/* Windows 7 looks at .LOG1 alone, or first; and another one of that time could be taken for ours */
	if (w->old_log)
		return 0;
	for (int i = 0; i < 2 && !h->files.single_log; i++)
		if (h->files.logs[i].read && (best < 0 || (h->files.logs[best].size < w->log.size &&
							   h->files.logs[i].size >= w->log.size)))
			best = i;
	return best < 0 ? 0 : best;
}

/* A log file that holds nothing, or nothing of use, is as good as any: its whole content is written. */
static int
choose_log(struct hive *h, struct hive_way *w, struct error *err)
{
	bool single = h->files.single_log;
	struct hive_log l = { 0 };
	enum hive_log_kind kind;

	if (kind_in_use(h, &kind, err) < 0)
		return -1;
	/* who knows .LOG only does not keep .LOG1, and the other way round */
	if (kind == HIVE_LOGS_UNKNOWN || (kind == HIVE_LOGS_SINGLE && !single))
		return 0;
	w->old_log = kind != HIVE_LOGS_NEW;
	w->log.size = size_with(h, w);
	w->log.log = pick(h, w);
	w->log.absent = !h->files.logs[w->log.log].read || (kind != HIVE_LOGS_SINGLE && single);
	w->log_type = w->old_log ? LOG_TYPE_OLD : LOG_TYPE_NEW;
	if (w->log.absent)
		return 0;
	if (log_open(h, &h->files.logs[w->log.log], &l, err) < 0)
		return -1;
	if (w->old_log && log_is_old(&l))
		w->log_type = get_u32(l.base + 28);
	return 0;
}

int
hive_may_mark(struct hive *h, bool *ret, struct error *err)
{
	*ret = true;
	for (size_t i = 0; i < ARRAY_SIZE(h->files.logs); i++) {
		struct hive_log l = { 0 };

		if (log_open(h, &h->files.logs[i], &l, err) < 0)
			return -1;
		*ret &= !l.usable;
	}
	return 0;
}

const struct hive_way *
hive_find_way(struct hive *h, struct error *err)
{
	CLEANUP_FREE struct hive_way *w = NULL;

	if (h->way)
		return h->way;
	w = xzalloc(sizeof *w);
	w->log.log = -1;
	count_edited(h, w);
	w->log.needed = h->scattered && w->pages;
	if (hive_log_highest(h, &w->highest, err) < 0)
		return NULL;
	if (w->log.needed && choose_log(h, w, err) < 0)
		return NULL;
	w->mark = w->log.log >= 0;
	if (w->log.needed && !w->mark && hive_may_mark(h, &w->mark, err) < 0)
		return NULL;
	h->way = steal(&w);
	return h->way;
}

/* ---- writing ---- */

/* Calls `fn` with each run of edited pages: from, to. */
static int
each_run(struct hive *h,
	 int (*fn)(struct hive *h, uint64_t from, uint64_t to, void *ctx, struct error *err),
	 void *ctx, struct error *err)
{
	uint64_t end = h->image_size / HIVE_PAGE;

	for (uint64_t page = 1; page < end; page++) {
		uint64_t first = page;

		if (!edited(h, page))
			continue;
		while (page < end && edited(h, page))
			page++;
		/* a page that was patched may lie in a chunk that was never read whole */
		if (hive_need(h, first * HIVE_PAGE, (page - first) * HIVE_PAGE, err) < 0 ||
		    fn(h, first, page, ctx, err) < 0)
			return -1;
	}
	return 0;
}

struct writer {
	hive_write_fn *fn;
	void *ctx;
	uint64_t at;
	struct log_hash hash;
};

static int
hash_run(struct hive *h, uint64_t from, uint64_t to, void *ctx, struct error *err)
{
	struct writer *w = ctx;

	(void)err;
	log_hash_add(&w->hash, h->image + from * HIVE_PAGE, (size_t)((to - from) * HIVE_PAGE));
	return 0;
}

static int
write_run(struct hive *h, uint64_t from, uint64_t to, void *ctx, struct error *err)
{
	struct writer *w = ctx;
	size_t len = (size_t)((to - from) * HIVE_PAGE);

	if (w->fn(w->ctx, h->image + from * HIVE_PAGE, len, w->at, err) < 0)
		return -1;
	w->at += len;
	return 0;
}

/* The copy of the base block with which a log begins; of an old log its size of the bins is what counts. */
static void
log_base(const struct hive *h, const struct hive_way *way, uint32_t sequence, uint8_t *p)
{
	memcpy(p, h->image, LOG_SECTOR);
	put_u32(p + 4, sequence);
	put_u32(p + 8, sequence);
	put_u32(p + 28, way->log_type);
	if (way->old_log)
		put_u32(p + 40, (uint32_t)(h->image_size - HIVE_BASE));
	put_u32(p + 508, hive_checksum(p));
}

static int
add_run(struct hive *h, uint64_t from, uint64_t to, void *ctx, struct error *err)
{
	uint8_t **ref = ctx;

	(void)h;
	(void)err;
	put_u32(*ref, (uint32_t)(from * HIVE_PAGE - HIVE_BASE));
	put_u32(*ref + 4, (uint32_t)((to - from) * HIVE_PAGE));
	*ref += 8;
	return 0;
}

/*
 * Of one entry: its head, and a pair of offset and size for each run of pages.  Windows takes an entry for none ("Log files are
 * not applicable", says its chkreg) when two pairs are neighbours.
 */
static int
new_head(struct hive *h, const struct hive_way *way, uint32_t sequence, uint8_t *entry,
	 struct error *err)
{
	struct writer w = { .hash = log_hash_new() };
	uint64_t size = way->log.size - LOG_SECTOR, tail;
	uint8_t zeros[LOG_SECTOR] = { 0 };
	uint8_t *ref = entry + LOG_ENTRY_HEAD;

	memcpy(entry, "HvLE", 4);
	put_u32(entry + 4, (uint32_t)size);
	/* bit 0 of the base block's flags means something only behind "rmtm", and an entry sets it anew */
	put_u32(entry + 8,
		memcmp(h->image + 164, "rmtm", 4) == 0 ? get_u32(h->image + 144) & 1 : 0);
	put_u32(entry + 12, sequence);
	put_u32(entry + 16, (uint32_t)(h->image_size - HIVE_BASE));
	put_u32(entry + 20, way->runs);
	if (each_run(h, add_run, &ref, err) < 0)
		return -1;
	log_hash_add(&w.hash, entry + LOG_ENTRY_HEAD, 8 * (size_t)way->runs);
	if (each_run(h, hash_run, &w, err) < 0)
		return -1;
	tail = size - LOG_ENTRY_HEAD - 8 * (uint64_t)way->runs - (uint64_t)way->pages * HIVE_PAGE;
	log_hash_add(&w.hash, zeros, (size_t)tail);
	put_u64(entry + 24, log_hash_end(&w.hash));
	w.hash = log_hash_new();
	log_hash_add(&w.hash, entry, 32);
	put_u64(entry + 32, log_hash_end(&w.hash));
	return 0;
}

/* "DIRT" and the bitmap of sectors; of a page that was edited all of them. */
static void
old_head(const struct hive *h, uint8_t *head)
{
	uint64_t end = h->image_size / HIVE_PAGE;

	memcpy(head, "DIRT", 4);
	for (uint64_t page = 1; page < end; page++)
		head[4 + page - 1] = edited(h, page) ? (1u << SECTORS) - 1 : 0;
}

int
hive_write_log(struct hive *h, const struct hive_way *way, uint32_t sequence, hive_write_fn *fn,
	       void *ctx, struct error *err)
{
	uint64_t head_size = pages_at(h, way);
	struct writer w = { .fn = fn, .ctx = ctx, .at = head_size };
	CLEANUP_FREE uint8_t *head = xzalloc((size_t)head_size);
	const uint8_t zeros[LOG_SECTOR] = { 0 };

	if (hive_need(h, 0, HIVE_BASE, err) < 0)
		return -1;
	log_base(h, way, sequence, head);
	if (way->old_log)
		old_head(h, head + LOG_SECTOR);
	else if (new_head(h, way, sequence, head + LOG_SECTOR, err) < 0)
		return -1;
	if (fn(ctx, head, (size_t)head_size, 0, err) < 0 || each_run(h, write_run, &w, err) < 0)
		return -1;
	return w.at < way->log.size ? fn(ctx, zeros, (size_t)(way->log.size - w.at), w.at, err) : 0;
}
