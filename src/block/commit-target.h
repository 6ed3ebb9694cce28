/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The target as the committing side sees it: places that can be read, written and flushed.  A device is
 * one file; a directory is many, each opened beneath it without following links.
 */
#ifndef RESPREP_BLOCK_COMMIT_TARGET_H
#define RESPREP_BLOCK_COMMIT_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct changes;
struct commit_stats;
struct error;
struct hold;
struct record;

struct commit_target;

/* Opens all that `c` names, for reading, or also for writing.  ERR_ACCESS and others before anything is changed. */
struct commit_target *commit_target_open(const struct hold *h, const struct changes *c,
					 bool writable, struct error *err);
void commit_target_close(struct commit_target *t);
void commit_target_closep(struct commit_target **t);
#define CLEANUP_COMMIT_TARGET __attribute__((cleanup(commit_target_closep)))

/*
 * ERR_BUSY when an image was changed since it was held, or a file since it was opened here, by their times and sizes: by anybody, in whatever
 * place.  A disk has no such times.
 */
int commit_target_unchanged(const struct commit_target *t, struct error *err);

/* Up to `len` bytes at `offset` of the device (`path` NULL) or file; fewer at its end (count in *ret_len). */
int commit_target_read(struct commit_target *t, const char *path, void *buf, size_t len,
		       uint64_t offset, size_t *ret_len, struct error *err);
int commit_target_size(struct commit_target *t, const char *path, uint64_t *ret, struct error *err);

/* Writes one side of a record, whose image is `p`; a file ends behind it when the record changes its size. */
int commit_target_write(struct commit_target *t, const struct record *r, bool after,
			const uint8_t *p, struct commit_stats *stats, struct error *err);

/* Everything written has reached the medium. */
int commit_target_flush(struct commit_target *t, struct error *err);

/* What is read from now on comes from the medium. */
void commit_target_drop_caches(struct commit_target *t);

#endif
