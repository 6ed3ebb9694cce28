/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A disk, partition or image, for reading only.
 *
 * Every request to the operating system is of whole aligned sectors.  Small reads go through one
 * cached chunk of 16 KiB, because NTFS asks for many neighbours; large ones pass it by.  A budget of
 * requests turns an endless loop over a hostile image into an error.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "block/block.h"
#include "util/alloc.h"
#include "util/error.h"
#include "util/io.h"

#define CHUNK	    (16u << 10)
#define CHUNKS	    64u /* cached, direct-mapped */
#define BLOCK_SHIFT 19	/* 512 KiB: the unit of an EBS snapshot */
#define NO_CHUNK    UINT64_MAX
/* what the bitmap of distinct blocks covers: no EBS volume is larger, but a sparse file may claim to be */
#define SEEN_LIMIT (UINT64_C(64) << 40)

struct file {
	struct block base;
	int fd;
	char *name;
	uint64_t budget; /* requests that are left; unlimited when it began as 0 */
	bool limited;
	uint8_t *seen; /* a bit per 512 KiB block */
	uint8_t *chunks;
	uint64_t at[CHUNKS]; /* chunk number in each slot */
};

static void
count(struct file *f, size_t len, uint64_t offset)
{
	f->base.stats.reads++;
	f->base.stats.read_bytes += len;
	for (uint64_t i = offset >> BLOCK_SHIFT; i <= (offset + len - 1) >> BLOCK_SHIFT; i++)
		if (i < SEEN_LIMIT >> BLOCK_SHIFT && !(f->seen[i / 8] >> (i % 8) & 1)) {
			f->seen[i / 8] |= (uint8_t)(1 << (i % 8));
			f->base.stats.distinct++;
		}
}

/* One request, of whole sectors. */
static int
request(struct file *f, void *buf, size_t len, uint64_t offset, struct error *err)
{
	ssize_t n;

	if (f->limited && f->budget-- == 0) {
		f->budget = 0;
		return error_set(err, ERR_LIMIT,
				 "'%s': too many reads; the volume seems to lead in circles",
				 f->name);
	}
	n = io_pread_full(f->fd, buf, len, offset);
	if (n < 0)
		return error_sys(err, errno, "'%s': cannot read %zu bytes at %" PRIu64, f->name,
				 len, offset);
	if ((size_t)n < len)
		return error_set(err, ERR_CORRUPT,
				 "'%s' ends at %" PRIu64 ", where %zu bytes should be (truncated?)",
				 f->name, offset + (uint64_t)n, len - (size_t)n);
	count(f, len, offset);
	return 0;
}

/* The chunk that holds `offset`, from the cache or the device. */
static const uint8_t *
chunk(struct file *f, uint64_t number, struct error *err)
{
	size_t slot = (size_t)(number % CHUNKS);
	uint8_t *p = f->chunks + slot * CHUNK;
	uint64_t offset = number * CHUNK;
	size_t len = f->base.size - offset < CHUNK ? (size_t)(f->base.size - offset) : CHUNK;

	if (f->at[slot] == number)
		return p;
	f->at[slot] = NO_CHUNK;
	if (request(f, p, len, offset, err) < 0)
		return NULL;
	f->at[slot] = number;
	return p;
}

static int
file_read(struct block *b, void *buf, size_t len, uint64_t offset, struct error *err)
{
	struct file *f = (struct file *)b;
	uint8_t *out = buf;

	while (len) {
		uint64_t number = offset / CHUNK;
		size_t in = (size_t)(offset % CHUNK);
		size_t n = CHUNK - in < len ? CHUNK - in : len;
		const uint8_t *p;

		if (in == 0 && len >= 4 * CHUNK) {
			n = len - len % CHUNK;
			if (request(f, out, n, offset, err) < 0)
				return -1;
		} else {
			p = chunk(f, number, err);
			if (!p)
				return -1;
			memcpy(out, p + in, n);
		}
		out += n;
		offset += n;
		len -= n;
	}
	return 0;
}

static void
file_close(struct block *b)
{
	struct file *f = (struct file *)b;

	free(f->name);
	free(f->seen);
	free(f->chunks);
	free(f);
}

static const struct block_ops file_ops = {
	.name = "device",
	.read = file_read,
	.close = file_close,
};

struct block *
block_file_new(int fd, const char *name, uint64_t size, uint32_t sector_size, uint64_t budget)
{
	struct file *f = xzalloc(sizeof *f);

	f->base = (struct block){
		.ops = &file_ops, .size = size, .sector_size = sector_size, .read_only = true
	};
	f->fd = fd;
	f->name = xstrdup(name);
	f->budget = budget;
	f->limited = budget != 0;
	f->seen =
		xzalloc((size_t)(((size < SEEN_LIMIT ? size : SEEN_LIMIT) >> BLOCK_SHIFT) / 8 + 1));
	f->chunks = xmalloc((size_t)CHUNK * CHUNKS);
	for (size_t i = 0; i < CHUNKS; i++)
		f->at[i] = NO_CHUNK;
	return &f->base;
}
