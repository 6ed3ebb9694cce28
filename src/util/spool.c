/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Blocks of equal size; each lies in the file at its own place once it is full, or stays in memory.  The last one is always
 * in memory, so a short list never touches a disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/io.h"
#include "util/spool.h"

#define BLOCK (128u << 10)

struct spool {
	int fd;
	bool whole;	  /* of spool_over(): all of it lies in the file */
	uint8_t **blocks; /* NULL: in the file; owned */
	size_t count;
	size_t used; /* of the last block */
	uint8_t *spare;
};

int
spool_file(const char *folder)
{
	CLEANUP_FREE char *path = xasprintf("%s/resprep-XXXXXX", folder);
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return fd;
	/* a file system without files that have no name */
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

struct spool *
spool_new(int fd)
{
	struct spool *s = xzalloc(sizeof *s);

	s->fd = fd;
	return s;
}

struct spool *
spool_over(int fd)
{
	struct spool *s = spool_new(fd);

	s->whole = true;
	return s;
}

int
spool_fd(const struct spool *s)
{
	return s->fd;
}

void
spool_reset(struct spool *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->blocks[i]);
	free(s->blocks);
	free(s->spare);
	*s = (struct spool){ .fd = s->fd, .whole = s->whole };
}

void
spool_free(struct spool *s)
{
	if (!s)
		return;
	spool_reset(s);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

void
spool_freep(struct spool **s)
{
	spool_free(*s);
}

/* The last block is full: into the file with it, if there is one. */
static void
put_away(struct spool *s)
{
	uint8_t **last = &s->blocks[s->count - 1];

	if (s->fd < 0 || io_pwrite_full(s->fd, *last, BLOCK, (s->count - 1) * (uint64_t)BLOCK) < 0)
		return;
	s->spare = *last;
	*last = NULL;
}

uint64_t
spool_add(struct spool *s, const void *p, size_t n)
{
	uint64_t at = spool_size(s);
	const uint8_t *from = p;

	while (n) {
		size_t k;

		if (s->count == 0 || s->used == BLOCK) {
			if (s->count)
				put_away(s);
			ARRAY_GROW(s->blocks, s->count);
			s->blocks[s->count] = s->spare ? steal(&s->spare) : xmalloc(BLOCK);
			s->count++;
			s->used = 0;
		}
		k = BLOCK - s->used < n ? BLOCK - s->used : n;
		memcpy(s->blocks[s->count - 1] + s->used, from, k);
		s->used += k;
		from += k;
		n -= k;
	}
	return at;
}

uint64_t
spool_size(const struct spool *s)
{
	return s->count ? (s->count - 1) * (uint64_t)BLOCK + s->used : 0;
}

uint32_t
spool_add_page(struct spool *s, const void *page, size_t size)
{
	static const uint8_t zeros[SPOOL_PAGE_MAX];
	size_t odd = (size_t)(spool_size(s) % size);

	/* others put aside there too */
	if (odd)
		spool_add(s, zeros, size - odd);
	return (uint32_t)(spool_add(s, page, size) / size) + 1;
}

uint64_t
spool_page_at(uint32_t page, size_t size)
{
	return (uint64_t)(page - 1) * size;
}

/* The block that has `at` in memory, or NULL. */
static uint8_t *
in_memory(const struct spool *s, uint64_t at)
{
	return s->whole || at / BLOCK >= s->count ? NULL : s->blocks[at / BLOCK];
}

int
spool_read(const struct spool *s, void *buf, size_t n, uint64_t at, struct error *err)
{
	uint8_t *to = buf;

	if (!s->whole && (at > spool_size(s) || n > spool_size(s) - at))
		return error_set(err, ERR_INTERNAL, "a place in a temporary file that is none");
	while (n) {
		const uint8_t *block = in_memory(s, at);
		size_t k = BLOCK - (size_t)(at % BLOCK);

		/* as far as the next block in memory, in one request */
		while (!block && k < n && !in_memory(s, at + k))
			k += BLOCK;
		k = k < n ? k : n;
		if (block) {
			memcpy(to, block + at % BLOCK, k);
		} else {
			ssize_t got = io_pread_full(s->fd, to, k, at);

			if (got < 0 || (size_t)got != k)
				return error_sys(err, got < 0 ? errno : EIO,
						 "cannot read back what was put aside");
		}
		to += k;
		at += k;
		n -= k;
	}
	return 0;
}

bool
spool_patch(struct spool *s, const void *p, size_t n, uint64_t at)
{
	uint8_t *block = in_memory(s, at);

	if (!block || at % BLOCK + n > BLOCK || at + n > spool_size(s))
		return false;
	memcpy(block + at % BLOCK, p, n);
	return true;
}
