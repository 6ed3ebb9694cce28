/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file with changes kept aside, page by page: what is not changed is read from below when it is asked for.
 * For staged.c.
 */
#ifndef RESPREP_VOLUME_STAGED_FILE_H
#define RESPREP_VOLUME_STAGED_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As records begin and end: nothing is kept that only lies beside a change. */
#define STAGED_PAGE 512u

struct error;
struct spool;
struct volume;
struct volume_file;

/*
 * Two images: as it is now, and as it was when the present phase began.  A page is where it was put aside, counted in pages from 1 on; one that is
 * 0 in both is that of the file below.
 */
struct staged_file {
	char *path;		   /* as stored, from the root; owned */
	struct volume_file *lower; /* owned */
	uint64_t now_len, before_len;
	struct spool *spool; /* not owned */
	uint32_t *now, *before;
	size_t pages; /* places in both arrays */
};

/* `path` is as stored. */
int staged_file_open(struct staged_file *f, struct volume *lower, const char *path,
		     struct spool *spool, struct error *err);
void staged_file_close(struct staged_file *f);

/* Up to `len` bytes at `offset` of one image; fewer only at its end. */
int staged_file_read(const struct staged_file *f, bool now, void *buf, size_t len, uint64_t offset,
		     size_t *ret_len, struct error *err);
int staged_file_patch(struct staged_file *f, const void *buf, size_t len, uint64_t offset,
		      struct error *err);
/* New content of another length, perhaps; pages that are equal are not kept. */
int staged_file_replace(struct staged_file *f, const uint8_t *buf, size_t len, struct error *err);

/* Whether the present phase has touched page `i`. */
bool staged_file_touched(const struct staged_file *f, size_t i);
/* Ends the phase: what is now is what was before the next one. */
void staged_file_settle(struct staged_file *f);

#endif
