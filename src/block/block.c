/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The wrappers: bounds and the read-only flag are checked here, once for all implementations. */
#include <inttypes.h>

#include "block/block.h"
#include "util/error.h"

static int
check_range(const struct block *b, const char *what, size_t len, uint64_t offset, struct error *err)
{
	if (offset > b->size || len > b->size - offset)
		return error_set(err, ERR_IO,
				 "%s of %zu bytes at %" PRIu64 " past the end of the %s (%" PRIu64
				 " bytes)",
				 what, len, offset, b->ops->name, b->size);
	return 0;
}

int
block_read(struct block *b, void *buf, size_t len, uint64_t offset, struct error *err)
{
	if (check_range(b, "read", len, offset, err) < 0)
		return -1;
	return len ? b->ops->read(b, buf, len, offset, err) : 0;
}

int
block_write(struct block *b, const void *buf, size_t len, uint64_t offset, struct error *err)
{
	if (b->read_only || !b->ops->write)
		return error_set(err, ERR_ACCESS, "the %s is opened for reading only",
				 b->ops->name);
	if (check_range(b, "write", len, offset, err) < 0)
		return -1;
	b->stats.writes++;
	b->stats.written_bytes += len;
	return len ? b->ops->write(b, buf, len, offset, err) : 0;
}

int
block_flush(struct block *b, struct error *err)
{
	return b->ops->flush ? b->ops->flush(b, err) : 0;
}

void
block_close(struct block *b)
{
	if (b)
		b->ops->close(b);
}

void
block_closep(struct block **b)
{
	block_close(*b);
}
