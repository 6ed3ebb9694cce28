/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What can still be told of a journal that journal_read() refuses: whom it may be of, and what was to be written where.  Nothing
 * of it is proven, and nothing is ever written by it.
 */
#ifndef RESPREP_BLOCK_JOURNAL_REMAINS_H
#define RESPREP_BLOCK_JOURNAL_REMAINS_H

#include "block/journal.h"

struct journal_remains {
	char *path; /* of the file in its present state; owned */
	enum journal_state state;
	bool whole_header; /* its checksum fits */
	bool known_header; /* it begins as one that this program knows: identity, time and `promised` are what it says */
	bool named;	      /* its name is one that we give */
	uint64_t name_serial; /* named: the NTFS serial number in it; 0 of a folder, or unknown */
	uint64_t time;	      /* FILETIME of the commit */
	char *target_path;    /* owned; or NULL */
	uint64_t promised;    /* records that it had */
	/* The records up to the first that is not there or out of place.  A byte of one of their images may be wrong all the same. */
	struct changes changes;
	bool too_large; /* JOURNAL_REMAINS_MAX: there are records, and none was read */
};

/* Bytes of a file whose records are read: all of them are in memory. */
#define JOURNAL_REMAINS_MAX (UINT64_C(256) << 20)

/* Its name and header only.  An error only when the file cannot be read at all; *ret knows then what its name tells. */
int journal_remains_head(const char *path, struct journal_remains *ret, struct error *err);
/* All that there is.  Errors as before. */
int journal_remains_read(const char *path, struct journal_remains *ret, struct error *err);
void journal_remains_clear(struct journal_remains *r);
#define CLEANUP_JOURNAL_REMAINS __attribute__((cleanup(journal_remains_clear)))

/*
 * Whether it may be of the target `id`: by its header, or where that is damaged by the serial number in its name or in the
 * header.  Of a folder nothing sure can be said, so of every folder; and what tells nothing may be of anything.
 */
bool journal_remains_may_be_of(const struct journal_remains *r, const struct target_identity *id);

#endif
