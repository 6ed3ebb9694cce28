/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A window onto a part of a block device: a partition of a disk. */
#include <inttypes.h>
#include <stdlib.h>

#include "block/block.h"
#include "util/alloc.h"
#include "util/error.h"

struct window {
	struct block base;
	struct block *lower;
	uint64_t offset;
};

static int
window_read(struct block *b, void *buf, size_t len, uint64_t offset, struct error *err)
{
	struct window *w = (struct window *)b;

	return block_read(w->lower, buf, len, w->offset + offset, err);
}

static int
window_write(struct block *b, const void *buf, size_t len, uint64_t offset, struct error *err)
{
	struct window *w = (struct window *)b;

	return block_write(w->lower, buf, len, w->offset + offset, err);
}

static int
window_flush(struct block *b, struct error *err)
{
	return block_flush(((struct window *)b)->lower, err);
}

static void
window_close(struct block *b)
{
	free(b);
}

static const struct block_ops window_ops = {
	.name = "partition",
	.read = window_read,
	.write = window_write,
	.flush = window_flush,
	.close = window_close,
};

struct block *
block_window_new(struct block *lower, uint64_t offset, uint64_t len, struct error *err)
{
	struct window *w;

	if (offset > lower->size || len > lower->size - offset) {
		error_set(err, ERR_CORRUPT,
			  "the partition table says bytes %" PRIu64 " to %" PRIu64
			  ", but the %s ends at %" PRIu64,
			  offset, offset + len, lower->ops->name, lower->size);
		return NULL;
	}
	w = xzalloc(sizeof *w);
	w->base = (struct block){ .ops = &window_ops,
				  .size = len,
				  .sector_size = lower->sector_size,
				  .read_only = lower->read_only };
	w->lower = lower;
	w->offset = offset;
	return &w->base;
}
