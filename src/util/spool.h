/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bytes put aside for later, one after the other: a little in memory, the rest in a file that has no name, so that a list which
 * may be larger than all that it is about costs no memory.
 *
 * Where there is no such file, or its disk is full, they stay in memory: putting aside never fails.
 */
#ifndef RESPREP_UTIL_SPOOL_H
#define RESPREP_UTIL_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct spool;

/* A new file without a name in `folder`, for reading and writing; -1 when there can be none. */
int spool_file(const char *folder);

/* Puts aside in the empty file `fd`, which is its own from now on; -1: in memory. */
struct spool *spool_new(int fd);
/* The content of a file, to be read by its offsets; nothing is added.  `fd` is its own from now on. */
struct spool *spool_over(int fd);
int spool_fd(const struct spool *s); /* -1: none */
void spool_free(struct spool *s);
void spool_freep(struct spool **s);
#define CLEANUP_SPOOL __attribute__((cleanup(spool_freep)))

/* Adds `n` bytes behind all others; where they begin. */
uint64_t spool_add(struct spool *s, const void *p, size_t n);
uint64_t spool_size(const struct spool *s); /* what was added */
/* `n` bytes from `at` on, which were added. */
int spool_read(const struct spool *s, void *buf, size_t n, uint64_t at, struct error *err);
/* Overwrites bytes that were added, where that costs nothing: false when they lie in the file by now, and nothing is done. */
bool spool_patch(struct spool *s, const void *p, size_t n, uint64_t at);
/*
 * A page of `size` bytes, at most SPOOL_PAGE_MAX, behind all others and at a multiple of its size: a number that takes less room than its place, from
 * 1 on, so that 0 is none.  And that place.
 */
#define SPOOL_PAGE_MAX 4096u
uint32_t spool_add_page(struct spool *s, const void *page, size_t size);
uint64_t spool_page_at(uint32_t page, size_t size);
/* Forgets all. */
void spool_reset(struct spool *s);

#endif
