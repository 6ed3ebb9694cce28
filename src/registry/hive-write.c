/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A hive handed back: the pages that differ, or all of it, and the base block that makes it count. */
#include <string.h>

#include "registry/hive-log.h"
#include "registry/hive-private.h"
#include "util/bytes.h"
#include "util/error.h"

static bool
marked(const struct hive *h, uint64_t page)
{
	return h->dirty[page / 8] >> (page % 8) & 1;
}

/* A clean base block with that sequence number. */
static int
write_base(struct hive *h, uint32_t sequence, hive_write_fn *fn, void *ctx, struct error *err)
{
	uint8_t base[HIVE_BASE];

	if (hive_need(h, 0, HIVE_BASE, err) < 0)
		return -1;
	memcpy(base, h->image, HIVE_BASE);
	put_u32(base + 4, sequence);
	put_u32(base + 8, sequence);
	put_u32(base + 28, 0);
	put_u32(base + 40, (uint32_t)(h->image_size - HIVE_BASE));
	put_u32(base + 508, hive_checksum(base));
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

static int
write_data(struct hive *h, hive_write_fn *fn, void *ctx, struct error *err)
{
	uint64_t end = h->image_size / HIVE_PAGE;

	for (uint64_t page = 1; page < end; page++) {
		uint64_t first = page;

		if (!marked(h, page))
			continue;
		while (page < end && marked(h, page))
			page++;
		if (write_pages(h, first, page, fn, ctx, err) < 0)
			return -1;
	}
	return 0;
}

int
hive_write_back(struct hive *h, enum hive_write_phase phase, hive_write_fn *fn, void *ctx,
		struct error *err)
{
	uint32_t highest;

	if (!h->changed)
		return 0;
	if (h->broken)
		return error_set(err, ERR_INTERNAL,
				 "%s: an edit of it failed; it cannot be written", h->name);
	if (phase == HIVE_WRITE_DATA)
		return write_data(h, fn, ctx, err);
	if (hive_log_highest(h, &highest, err) < 0)
		return -1;
	return write_base(h, highest + 1, fn, ctx, err);
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
