/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Transaction logs for tests, byte by byte: the new format with its hashes, and the old one.  It shares nothing with
 * src/registry.
 */
#ifndef RESPREP_TESTS_SUPPORT_HIVE_LOG_BUILD_H
#define RESPREP_TESTS_SUPPORT_HIVE_LOG_BUILD_H

#include <stddef.h>
#include <stdint.h>

struct log_build {
	uint8_t *p; /* the caller's */
	size_t size;
};

/* A log that begins with the base block of `hive`, of that type (6: new), with that sequence number twice. */
void log_begin(struct log_build *l, const uint8_t *hive, uint32_t type, uint32_t sequence);

/*
 * An entry with the pages of `pages` (a hive image) that differ from those of `before`, or all when `before` is NULL; the size of the
 * bins is that of `pages`.
 */
void log_add(struct log_build *l, uint32_t sequence, const uint8_t *before, const uint8_t *pages,
	     size_t size);

/* The dirty bitmap and pieces of an old log, for what differs. */
void log_add_dirt(struct log_build *l, const uint8_t *before, const uint8_t *pages, size_t size);

/* After a poke in the base block. */
void log_checksum(struct log_build *l);

/* Both hashes of the entry at `offset` made right again, after a poke in it. */
void log_rehash(struct log_build *l, size_t offset);

#endif
