/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A truncated image with the size that it should have, so that what is left of it can be read.
 *
 * What is missing is an error to whoever asks for it, never zeros: a file with a hole that nobody
 * sees is worse than no file.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "block/block.h"
#include "util/alloc.h"
#include "util/error.h"

struct extended {
	struct block base;
	struct block *lower;
};

static int
extended_read(struct block *b, void *buf, size_t len, uint64_t offset, struct error *err)
{
	struct block *lower = ((struct extended *)b)->lower;

	if (offset > lower->size || len > lower->size - offset)
		return error_set(err, ERR_CORRUPT,
				 "bytes %" PRIu64 " to %" PRIu64
				 " of the volume are not there: it is truncated after %" PRIu64,
				 offset, offset + len, lower->size);
	return block_read(lower, buf, len, offset, err);
}

static void
extended_close(struct block *b)
{
	free(b);
}

static const struct block_ops extended_ops = {
	.name = "truncated",
	.read = extended_read,
	.close = extended_close,
};

struct block *
block_extended_new(struct block *lower, uint64_t size)
{
	struct extended *e = xzalloc(sizeof *e);

	e->base = (struct block){ .ops = &extended_ops,
				  .size = size,
				  .sector_size = lower->sector_size,
				  .read_only = true };
	e->lower = lower;
	return &e->base;
}
