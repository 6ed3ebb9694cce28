/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A block device: a disk, an image, a window onto a partition of it, memory, or a copy-on-write
 * layer over any of these.
 *
 *      volume/ntfs  ──▶  overlay  ──▶  window (partition)  ──▶  file (disk or image)
 *
 * Implementations fill a `struct block_ops` and embed `struct block` first.  Callers use the
 * wrappers, which check bounds and the read-only flag once for all.
 */
#ifndef RESPREP_BLOCK_BLOCK_H
#define RESPREP_BLOCK_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct block;

struct block_ops {
	const char *name; /* "device", "image", "memory", "partition", "overlay" */
	/* All `len` bytes at `offset`, which lie inside the device. */
	int (*read)(struct block *b, void *buf, size_t len, uint64_t offset, struct error *err);
	int (*write)(struct block *b, const void *buf, size_t len, uint64_t offset,
		     struct error *err); /* NULL: never writable */
	int (*flush)(struct block *b, struct error *err);
	void (*close)(struct block *b);
};

/* What a device was asked to do; `block_file` counts real requests to the operating system. */
struct block_stats {
	uint64_t reads, read_bytes;
	uint64_t distinct; /* distinct 512 KiB blocks read: what reading an EBS snapshot would cost */
	uint64_t writes, written_bytes;
};

struct block {
	const struct block_ops *ops;
	uint64_t size;	      /* bytes */
	uint32_t sector_size; /* logical: 512 or 4096 */
	bool read_only;
	struct block_stats stats;
};

int block_read(struct block *b, void *buf, size_t len, uint64_t offset, struct error *err);
int block_write(struct block *b, const void *buf, size_t len, uint64_t offset, struct error *err);
int block_flush(struct block *b, struct error *err);
void block_close(struct block *b); /* NULL is fine; a layer does not close the one below */
void block_closep(struct block **b);
#define CLEANUP_BLOCK __attribute__((cleanup(block_closep)))

/*
 * file.c: a disk, partition or image open as `fd` (kept open by the caller, who owns it) of `size`
 * bytes.  Reads are whole sectors of `sector_size`, whatever was asked; never written.
 * `budget` requests are allowed (0: no limit), then ERR_LIMIT: an endless loop over a hostile image
 * ends.  `name` is for messages.
 */
struct block *block_file_new(int fd, const char *name, uint64_t size, uint32_t sector_size,
			     uint64_t budget);

/* memory.c: a writable copy of `len` bytes (tests, fuzzers). */
struct block *block_memory_new(const void *data, size_t len, uint32_t sector_size);

/* window.c: `len` bytes of `lower` from `offset`; ERR_CORRUPT when they are not inside it. */
struct block *block_window_new(struct block *lower, uint64_t offset, uint64_t len,
			       struct error *err);

/* extend.c: `lower`, with the size that it should have; what is missing is ERR_CORRUPT.  Never writable. */
struct block *block_extended_new(struct block *lower, uint64_t size);

#endif
