/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A block device in memory, for tests and fuzzers. */
#include <stdlib.h>
#include <string.h>

#include "block/block.h"
#include "util/alloc.h"

struct memory {
	struct block base;
	uint8_t *data;
};

static int
memory_read(struct block *b, void *buf, size_t len, uint64_t offset, struct error *err)
{
	struct memory *m = (struct memory *)b;

	(void)err;
	b->stats.reads++;
	b->stats.read_bytes += len;
	memcpy(buf, m->data + offset, len);
	return 0;
}

static int
memory_write(struct block *b, const void *buf, size_t len, uint64_t offset, struct error *err)
{
	struct memory *m = (struct memory *)b;

	(void)err;
	memcpy(m->data + offset, buf, len);
	return 0;
}

static void
memory_close(struct block *b)
{
	struct memory *m = (struct memory *)b;

	free(m->data);
	free(m);
}

static const struct block_ops memory_ops = {
	.name = "memory",
	.read = memory_read,
	.write = memory_write,
	.close = memory_close,
};

struct block *
block_memory_new(const void *data, size_t len, uint32_t sector_size)
{
	struct memory *m = xzalloc(sizeof *m);

	m->base = (struct block){ .ops = &memory_ops, .size = len, .sector_size = sector_size };
	m->data = xmemdup(data, len);
	return &m->base;
}
