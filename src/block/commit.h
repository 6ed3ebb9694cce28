/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing to the target: the only code that does.  Device or directory, the steps are the same.
 * The invariants stand at the head of commit.c.
 */
#ifndef RESPREP_BLOCK_COMMIT_H
#define RESPREP_BLOCK_COMMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "block/journal.h"

struct commit_target;
struct hold;
struct error;

struct commit_stats {
	uint64_t writes, written_bytes, sectors;
};

/*
 * Journals `c` in `dir` and applies it to the target held by `h` (exclusively): before-images are re-read from the target
 * and must equal the plan's, as must watched places; journal written, synced, verified; renamed = commit point; after-images written phase by
 * phase with a flush between; caches dropped, everything read back and compared; journal renamed to applied.
 * Interrupts are honoured up to the commit point (nothing written, no journal left, ERR_INTERRUPTED), not after.
 * `*ret` is the journal.  `*committed` tells whether the commit point was passed: with -1 and committed, `recover` is needed
 * and the message says so.
 */
int commit_run(struct hold *h, const struct changes *c, const char *dir, struct journal *ret,
	       bool *committed, struct commit_stats *stats, struct error *err);

/*
 * The same with a journal that was written piece by piece, and is gone from `w` whatever happens.  Before its end it is compared with the
 * target, as above, and this with `seen`, which was opened before anybody was asked: ERR_BUSY when it is no longer so.
 */
int commit_journal(struct hold *h, struct journal_writer *w, const struct commit_target *seen,
		   struct journal *ret, bool *committed, struct commit_stats *stats,
		   struct error *err);
/* The path of the target as a journal notes it; the caller's. */
char *commit_target_path(const struct hold *h);

/* How the target compares with a journal. */
struct commit_compare {
	uint64_t before, after,
		other; /* sectors (or 512-byte pieces of files) in each state; equal images count as after */
	bool watches_match; /* nobody has used the volume since */
	bool untouched; /* nothing of what the journal's state says is under way (its commit, or its undo) has reached this target */
};
int commit_compare(struct hold *h, const struct journal *j, struct commit_compare *ret,
		   struct error *err);

/*
 * ERR_REFUSED unless the target is the journal's: kind, sizes, table id, partition, NTFS serial, read from its bytes.  It may have become larger (a snapshot
 * restored to a larger volume) when the partition is where it was and as long or longer.
 */
int commit_check_identity(struct hold *h, const struct journal *j, struct error *err);

/* What commit_undo() refuses, before anybody is asked; writes nothing. */
int commit_may_undo(struct hold *h, const struct journal *j, struct error *err);

/* Undoes an applied journal to the byte.  ERR_REFUSED when a byte or a watch is not as we left it. */
int commit_undo(struct hold *h, struct journal *j, struct commit_stats *stats, struct error *err);

/*
 * Finishes what was interrupted: a pending journal forward (or back, with `roll_back`), an undoing one back.  Every sector must be
 * one of its journal images, and every watch as it was but for them; else ERR_REFUSED with what can be done by hand.  A .tmp is removed: nothing was written.  Of a journal that is finished the target's bytes
 * are looked at all the same: it may have been finished on a copy.
 */
int commit_recover(struct hold *h, struct journal *j, bool roll_back, struct commit_stats *stats,
		   struct error *err);

#endif
