/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A hive handed back: the pages that differ, or all of it, and the base block that makes it count. */
#include <string.h>

#include "registry/hive-log.h"
#include "registry/hive-private.h"
#include "util/bytes.h"
#include "util/error.h"
#include "util/interrupt.h"

static bool
marked(const uint8_t *map, uint64_t page)
{
	return map[page / 8] >> (page % 8) & 1;
}

/* A base block with these sequence numbers, which are equal in a clean one, for a hive of `size` bytes, into `base`. */
static int
make_base(struct hive *h, uint32_t first, uint32_t second, uint64_t size, uint8_t base[HIVE_BASE],
	  struct error *err)
{
	if (hive_need(h, 0, HIVE_BASE, err) < 0)
		return -1;
	memcpy(base, h->image, HIVE_BASE);
	put_u32(base + 4, first);
	put_u32(base + 8, second);
	put_u32(base + 28, 0);
	put_u32(base + 40, (uint32_t)(size - HIVE_BASE));
	put_u32(base + 508, hive_checksum(base));
	return 0;
}

/* The sequence number of the base block before the last one. */
static uint32_t
number_before(const struct hive *h, const struct hive_way *way)
{
	return way->highest + (h->state.replayed || way->log.log >= 0);
}

static int
write_base(struct hive *h, uint32_t sequence, hive_write_fn *fn, void *ctx, struct error *err)
{
	uint8_t base[HIVE_BASE];

	if (make_base(h, sequence, sequence, h->image_size, base, err) < 0)
		return -1;
	return fn(ctx, base, sizeof base, 0, err);
}

static int
write_pages(struct hive *h, uint64_t from, uint64_t to, hive_write_fn *fn, void *ctx,
	    struct error *err)
{
	/* a page that was patched may lie in a chunk that was never read whole */
	if (hive_need(h, from * HIVE_PAGE, (to - from) * HIVE_PAGE, err) < 0)
		return -1;
	return fn(ctx, h->image + from * HIVE_PAGE, (size_t)((to - from) * HIVE_PAGE),
		  from * HIVE_PAGE, err);
}

/* The pages of `map`, from the image. */
static int
write_marked(struct hive *h, const uint8_t *map, uint64_t size, hive_write_fn *fn, void *ctx,
	     struct error *err)
{
	uint64_t end = size / HIVE_PAGE;

	for (uint64_t page = 1; page < end; page++) {
		uint64_t first = page;

		if (!marked(map, page))
			continue;
		while (page < end && marked(map, page))
			page++;
		if (write_pages(h, first, page, fn, ctx, err) < 0)
			return -1;
	}
	return 0;
}

/* Swaps the pages that edits have changed with what the logs had left there. */
static void
swap_kept(struct hive *h)
{
	uint8_t page[HIVE_PAGE];

	for (size_t i = 0; i < h->kept_count; i++) {
		uint8_t *p = h->image + h->kept[i].page * HIVE_PAGE;

		memcpy(page, p, sizeof page);
		memcpy(p, h->kept[i].bytes, sizeof page);
		memcpy(h->kept[i].bytes, page, sizeof page);
	}
}

/* Pages that a log has changed, without the edits. */
static int
write_replayed(struct hive *h, hive_write_fn *fn, void *ctx, struct error *err)
{
	int got;

	swap_kept(h);
	got = write_marked(h, h->replayed, h->replayed_size, fn, ctx, err);
	swap_kept(h);
	return got;
}

/* From here on this is the base block that is found: a file that grows is written with it. */
static int
write_passing_base(struct hive *h, uint32_t first, uint32_t second, bool grown, hive_write_fn *fn,
		   void *ctx, struct error *err)
{
	uint8_t base[HIVE_BASE];
	uint64_t size;

	if (hive_need(h, 0, HIVE_BASE, err) < 0)
		return -1;
	size = grown		 ? h->image_size :
	       h->state.replayed ? h->replayed_size :
				   HIVE_BASE + (uint64_t)get_u32(h->image + 40); /* as found */
	if (make_base(h, first, second, size, base, err) < 0 ||
	    fn(ctx, base, sizeof base, 0, err) < 0)
		return -1;
	memcpy(h->image, base, sizeof base);
	return 0;
}

int
hive_write_back(struct hive *h, enum hive_write_phase phase, hive_write_fn *fn, void *ctx,
		struct error *err)
{
	const struct hive_way *way;
	uint32_t number;

	if (!h->changed)
		return 0;
	if (h->broken)
		return error_set(err, ERR_INTERNAL,
				 "%s: an edit of it failed; it cannot be written", h->name);
	if (phase == HIVE_WRITE_DATA)
		return write_marked(h, h->edited, h->image_size, fn, ctx, err);
	if (phase <= HIVE_WRITE_REPLAYED_BASE && !h->state.replayed)
		return 0;
	/* before anything is written, so that the numbers are those that were found */
	way = hive_find_way(h, err);
	if (!way)
		return -1;
	if (phase == HIVE_WRITE_REPLAYED)
		return write_replayed(h, fn, ctx, err);
	if (phase == HIVE_WRITE_REPLAYED_BASE)
		return write_passing_base(h, way->highest + 1, way->highest + 1, false, fn, ctx,
					  err);
	number = number_before(h, way);
	if (phase == HIVE_WRITE_BASE)
		return write_base(h, number + 1, fn, ctx, err);
	if (phase == HIVE_WRITE_LOG)
		return way->log.log < 0 ? 0 : hive_write_log(h, way, number, fn, ctx, err);
	/* who applies an old log takes the size of the bins from the hive, a new log has its own */
	return way->mark ? write_passing_base(h, number + 1, number,
					      way->log.log >= 0 && way->old_log, fn, ctx, err) :
			   0;
}

void
hive_set_log_kind(struct hive *h, enum hive_log_kind kind)
{
	h->log_kind = kind;
}

int
hive_log_way(struct hive *h, struct hive_log_way *ret, struct error *err)
{
	const struct hive_way *way = hive_find_way(h, err);

	if (!way)
		return -1;
	*ret = way->log;
	return 0;
}

int
hive_go_without_log(struct hive *h, struct error *err)
{
	if (!hive_find_way(h, err))
		return -1;
	h->way->log.log = -1;
	h->way->log.absent = false;
	return hive_may_mark(h, &h->way->mark, err);
}

uint64_t
hive_replayed_size(const struct hive *h)
{
	return h->changed && h->state.replayed ? h->replayed_size : 0;
}

/* What lies behind the bins in the file stays there. */
uint64_t
hive_file_size(const struct hive *h)
{
	uint64_t size = h->files.primary.size;

	return size > h->image_size ? size : h->image_size;
}

static int
write_rest(struct hive *h, hive_write_fn *fn, void *ctx, struct error *err)
{
	const struct hive_source *s = &h->files.primary;
	uint8_t piece[HIVE_PAGE];

	for (uint64_t at = h->image_size; at < s->size;) {
		size_t want = s->size - at < sizeof piece ? (size_t)(s->size - at) : sizeof piece;
		size_t got = 0;

		if (interrupt_check(err) < 0)
			return -1;
		if (s->read(s->ctx, piece, want, at, &got, err) < 0)
			return error_prefix(err, "%s", h->name);
		if (got == 0 || fn(ctx, piece, got, at, err) < 0)
			return got ? -1 : 0;
		at += got;
	}
	return 0;
}

int
hive_write_recovered(struct hive *h, hive_write_fn *fn, void *ctx, struct error *err)
{
	uint32_t sequence = h->state.sequence1;

	if (!hive_current(h))
		return error_set(err, ERR_UNCLEAN,
				 "%s: it is dirty and its transaction logs do not help (%s)",
				 h->name, hive_why_not_current(h));
	/* or the rest of a file with a hole would be written for hours */
	if (h->files.primary.size > HIVE_MAX)
		return error_set(
			err, ERR_LIMIT,
			"%s: its file is larger than a hive can be (2 GiB); what lies behind it is not written",
			h->name);
	if (h->state.replayed) {
		/* an old log does not count on by entries: Windows goes on from the hive's own number */
		sequence = h->state.last_sequence;
		if (h->state.old_log && h->state.checksum_ok &&
		    (int32_t)(h->state.sequence1 - sequence) > 0)
			sequence = h->state.sequence1;
		sequence++;
	}
	if (write_base(h, sequence, fn, ctx, err) < 0 ||
	    write_pages(h, 1, h->image_size / HIVE_PAGE, fn, ctx, err) < 0)
		return -1;
	return write_rest(h, fn, ctx, err);
}

void
hive_outdo(struct hive *h,
	   int (*find)(void *ctx, struct hive_source logs[2], bool *ret_single, struct error *err))
{
	h->files.find_logs = find;
}

int
hive_write_above(struct hive *h, hive_write_fn *fn, void *ctx, struct error *err)
{
	uint32_t highest;

	if (hive_log_highest(h, &highest, err) < 0 || write_base(h, highest + 1, fn, ctx, err) < 0)
		return -1;
	return write_pages(h, 1, h->image_size / HIVE_PAGE, fn, ctx, err);
}
