/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing to the target: the only code that does.
 *
 * What always holds:
 *
 *  1. A byte of the target is overwritten only when its image before and after stand in a journal that
 *     was fsynced, read back, verified, and renamed to its final name, the folder fsynced.  That rename is the
 *     commit point.
 *  2. Before it the target is untouched: any failure or interrupt removes the journal and nothing has
 *     happened.  After it nobody asks for interrupts; the work is finished, or the journal stays for `recover`.
 *  3. Between two phases there is a flush, so on the medium a later phase never exists without an earlier
 *     one being complete.
 *  4. At any instant each 512-byte piece of the target is one of its images in the journal.  So
 *     recovery may write all images of one side again, whatever was written already: it is idempotent.
 *  5. A journal becomes .applied (or .undone) only after a flush, with the kernel's caches dropped and every
 *     piece read back and found right.
 *  6. What a plan was made on is there still: every piece is its image before, every watched place as the changes will leave it, and an
 *     image file, or each file of a folder, has the times and the size that it had; else nothing happens.  A disk, which has no times, is
 *     kept from being mounted by O_EXCL (hold.h).
 *  7. Undo and recovery first compare: a piece that is none of its images was written by somebody else, as was a watched place
 *     that is not as the changes leave it; then nothing is written at all.  Any mount by Windows changes one, and any other program that
 *     gives an edited file another place, name or content does (volume/ntfs-watch.c): its sectors alone would not tell whose they are by now.
 *
 *      .tmp ──rename──▶ .journal ──write, flush, compare──▶ .applied
 *                          │                                    │ undo
 *                          └──recover --roll-back──┐            ▼
 *                                                  ├─────── .undoing ──write, flush, compare──▶ .undone
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "block/commit-target.h"
#include "block/commit.h"
#include "block/hold.h"
#include "block/tally.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/interrupt.h"
#include "util/io.h"
#include "util/sha256.h"
#include "util/text.h"

/* Writes one side of every record, phase by phase; back to front for the side before. */
static int
write_side(struct commit_target *t, const struct changes *c, bool after, struct commit_stats *stats,
	   struct error *err)
{
	CLEANUP_FREE uint8_t *buf = changes_buffer();

	for (size_t i = 0; i < c->record_count; i++) {
		const struct record *r = &c->records[after ? i : c->record_count - 1 - i];
		const struct record *last = i == 0 ? r : after ? r - 1 : r + 1;
		const uint8_t *p;

		if (r->phase != last->phase && commit_target_flush(t, err) < 0)
			return -1;
		p = changes_image(c, r, after, 0, after ? r->after_len : r->before_len, buf, err);
		if (!p || commit_target_write(t, r, after, p, stats, err) < 0)
			return -1;
	}
	return commit_target_flush(t, err);
}

/* Everything read back from the medium is the side that was written. */
static int
verify_side(struct commit_target *t, const struct changes *c, bool after, struct error *err)
{
	struct tally tally;

	commit_target_drop_caches(t);
	if (tally_take(t, c, &tally, err) < 0)
		return -1;
	if ((after ? tally.last : tally.first) != tally.total)
		return error_set(err, ERR_IO,
				 "what was written does not read back: %" PRIu64 " of %" PRIu64
				 " pieces differ; the "
				 "device may be failing",
				 tally.total - (after ? tally.last : tally.first), tally.total);
	return 0;
}

/* What has to be done before a recovery can come further than this. */
static char *
first_of_all(const struct error *err, const struct hold *h)
{
	if (err->sys_errno == ENOSPC || err->sys_errno == EDQUOT)
		return xasprintf(
			"make room on the disk that holds '%s' (the file is sparse, and its blocks were not all "
			"there yet), then ",
			h->path);
	if (err->sys_errno == EFBIG)
		return xstrdup(
			"raise the limit for the size of files (ulimit -f unlimited), then ");
	return xstrdup("");
}

/* A sentence for the case that the commit point is behind us and something failed. */
static int
needs_recover(const struct journal *j, const struct hold *h, struct error *err)
{
	CLEANUP_FREE char *cause = err->message;
	CLEANUP_FREE char *first = first_of_all(err, h);
	CLEANUP_FREE char *journal = text_shell(j->path);
	CLEANUP_FREE char *target = text_shell(h->path);

	err->message = xasprintf(
		"%s; the change is half written: %srun 'resprep recover %s %s' (or add --roll-back to "
		"restore the old state), and do not start Windows from it before",
		cause, first, journal, target);
	return -1;
}

/* What the changes themselves make of `len` bytes from `offset` on, laid over `buf`. */
static int
lay_changes_over(const struct changes *c, uint8_t *buf, uint64_t offset, uint32_t len,
		 struct error *err)
{
	CLEANUP_FREE uint8_t *room = changes_buffer();

	for (size_t i = 0; i < c->record_count; i++) {
		const struct record *r = &c->records[i];
		uint64_t from = r->offset > offset ? r->offset : offset;
		uint64_t to = r->offset + r->after_len < offset + len ? r->offset + r->after_len :
									offset + len;
		const uint8_t *image;

		if (r->kind != RECORD_SECTORS || from >= to)
			continue;
		image = changes_image(c, r, true, (uint32_t)(from - r->offset),
				      (uint32_t)(to - from), room, err);
		if (!image)
			return -1;
		memcpy(buf + (from - offset), image, to - from);
	}
	return 0;
}

/*
 * Whether nobody has used the volume.  A watched place may be one that the commit itself changes (a replay closes $LogFile, the guard
 * sets the dirty flag): there the tally has judged what is on the medium, so here the bytes as the commit leaves them stand for it.
 */
static int
watches_match(struct commit_target *t, const struct changes *c, bool *ret, struct error *err)
{
	*ret = true;
	for (size_t i = 0; i < c->watch_count; i++) {
		const struct watch *w = &c->watches[i];
		CLEANUP_FREE uint8_t *now = xmalloc(w->len);
		uint8_t digest[SHA256_SIZE];
		size_t have;

		if (commit_target_read(t, NULL, now, w->len, w->offset, &have, err) < 0)
			return -1;
		if (have == w->len && lay_changes_over(c, now, w->offset, w->len, err) < 0)
			return -1;
		sha256_of(now, have, digest);
		if (memcmp(digest, w->sha256, SHA256_SIZE) != 0)
			*ret = false;
	}
	return 0;
}

/* The target must hold what the plan was made on. */
static int
check_before(struct commit_target *t, const struct changes *c, struct error *err)
{
	struct tally tally;
	bool unused;

	if (tally_take(t, c, &tally, err) < 0 || watches_match(t, c, &unused, err) < 0)
		return -1;
	if (tally.first != tally.total)
		return error_set(err, ERR_BUSY,
				 "the target changed while the repair was prepared (%" PRIu64
				 " of %" PRIu64 " pieces); nothing was written; start again",
				 tally.total - tally.first, tally.total);
	if (!unused)
		return error_set(
			err, ERR_BUSY,
			"the volume was used by Windows or another program while the repair was prepared; nothing was "
			"written; start again");
	return 0;
}

/* From the journal on: the commit point, and what must follow it. */
static int
carry_out(struct hold *h, struct commit_target *t, const struct changes *c, struct journal *j,
	  bool *committed, struct commit_stats *stats, struct error *err)
{
	if (interrupt_check(err) < 0 || journal_set_state(j, JOURNAL_PENDING, err) < 0) {
		/* also when only the folder's fsync failed: the name may or may not last, so take it away */
		unlink(j->path);
		return -1;
	}
	*committed = true;
	if (write_side(t, c, true, stats, err) < 0 || verify_side(t, c, true, err) < 0 ||
	    journal_set_state(j, JOURNAL_APPLIED, err) < 0)
		return needs_recover(j, h, err);
	return 0;
}

char *
commit_target_path(const struct hold *h)
{
	char *path = realpath(h->path, NULL); /* the hint must serve from another folder too */

	return path ? path : xstrdup(h->path);
}

int
commit_run(struct hold *h, const struct changes *c, const char *dir, struct journal *ret,
	   bool *committed, struct commit_stats *stats, struct error *err)
{
	CLEANUP_COMMIT_TARGET struct commit_target *t = NULL;
	CLEANUP_FREE char *path = commit_target_path(h);

	*committed = false;
	*ret = (struct journal){ 0 };
	if (changes_check(c, err) < 0)
		return -1;
	t = commit_target_open(h, c, true, err);
	if (!t || check_before(t, c, err) < 0 || journal_create(dir, path, c, ret, err) < 0)
		return -1;
	/* from the file: what is written is what stands there */
	return carry_out(h, t, &ret->changes, ret, committed, stats, err);
}

int
commit_journal(struct hold *h, struct journal_writer *w, const struct commit_target *seen,
	       struct journal *ret, bool *committed, struct commit_stats *stats, struct error *err)
{
	CLEANUP_COMMIT_TARGET struct commit_target *t = NULL;
	const struct changes *c = journal_so_far(w, err);

	*committed = false;
	*ret = (struct journal){ 0 };
	if (c && changes_check(c, err) == 0)
		t = commit_target_open(h, c, true, err);
	if (!t || check_before(t, c, err) < 0 || journal_end(w, ret, err) < 0) {
		journal_drop(w);
		return -1;
	}
	/* as late as can be: to write the journal took its time too */
	if (commit_target_unchanged(seen, err) < 0) {
		unlink(ret->path);
		return -1;
	}
	return carry_out(h, t, &ret->changes, ret, committed, stats, err);
}

int
commit_compare(struct hold *h, const struct journal *j, struct commit_compare *ret,
	       struct error *err)
{
	CLEANUP_COMMIT_TARGET struct commit_target *t = commit_target_open(h, &j->changes, false,
									   err);
	struct tally tally;

	if (!t || tally_take(t, &j->changes, &tally, err) < 0)
		return -1;
	*ret = (struct commit_compare){
		.before = tally.total - tally.last - tally.other,
		.after = tally.last,
		.other = tally.other,
		.untouched = (j->state == JOURNAL_UNDOING ? tally.last : tally.first) == tally.total
	};
	return watches_match(t, &j->changes, &ret->watches_match, err);
}

/* ---- undo and recover ---- */

static int
refuse_other(const struct hold *h, const struct tally *t, const char *hint, struct error *err)
{
	return error_set(err, ERR_REFUSED,
			 "%" PRIu64 " of %" PRIu64
			 " pieces of '%s' are not as the journal left them (the first at %" PRIu64
			 "%s%s): something else has written there since; nothing was written; %s",
			 t->other, t->total, h->path, t->other_at, t->other_path ? " of " : "",
			 t->other_path ? t->other_path : "", hint);
}

/* Whether all is as the commit has left it; *ret is the target, open for writing. */
static int
check_undo(struct hold *h, const struct journal *j, struct commit_target **ret, struct error *err)
{
	static const char hint[] =
		"use 'resprep undo --by-value' to put back what is still as the repair left it";
	CLEANUP_COMMIT_TARGET struct commit_target *t = NULL;
	CLEANUP_FREE char *journal = text_shell(j->path);
	CLEANUP_FREE char *target = text_shell(h->path);
	struct tally tally;
	bool unused;

	if (j->state == JOURNAL_PENDING || j->state == JOURNAL_UNDOING)
		return error_set(
			err, ERR_REFUSED,
			"the journal '%s' was interrupted: run 'resprep recover %s %s' first",
			j->path, journal, target);
	if (j->state == JOURNAL_TMP)
		return error_set(
			err, ERR_REFUSED,
			"the journal '%s' is of a repair that never happened: there is nothing to undo",
			j->path);
	t = commit_target_open(h, &j->changes, true, err);
	if (!t || tally_take(t, &j->changes, &tally, err) < 0 ||
	    watches_match(t, &j->changes, &unused, err) < 0)
		return -1;
	/* undone once, it may still be applied on another copy of the volume: the bytes tell */
	if (j->state == JOURNAL_UNDONE && tally.first == tally.total)
		return error_set(err, ERR_REFUSED,
				 "the journal '%s' is undone already: there is nothing to undo",
				 j->path);
	if (tally.last != tally.total) {
		tally.other = tally.total - tally.last;
		tally.other_at = tally.unlike_at;
		tally.other_path = tally.unlike_path;
		return refuse_other(h, &tally, hint, err);
	}
	if (!unused)
		return error_set(
			err, ERR_REFUSED,
			"the volume on '%s' has been mounted since the repair (by Windows, or "
			"another program); nothing was written; %s",
			h->path, hint);
	*ret = steal(&t);
	return 0;
}

int
commit_may_undo(struct hold *h, const struct journal *j, struct error *err)
{
	CLEANUP_COMMIT_TARGET struct commit_target *t = NULL;

	return check_undo(h, j, &t, err);
}

int
commit_undo(struct hold *h, struct journal *j, struct commit_stats *stats, struct error *err)
{
	CLEANUP_COMMIT_TARGET struct commit_target *t = NULL;

	if (check_undo(h, j, &t, err) < 0)
		return -1;
	if (interrupt_check(err) < 0 || journal_set_state(j, JOURNAL_UNDOING, err) < 0)
		return -1;
	if (write_side(t, &j->changes, false, stats, err) < 0 ||
	    verify_side(t, &j->changes, false, err) < 0 ||
	    journal_set_state(j, JOURNAL_UNDONE, err) < 0)
		return needs_recover(j, h, err);
	return 0;
}

/*
 * Another system has had the volume since: metadata that the commit has not written may be newer than what the journal knows, or
 * lie in the memory of a hibernated Windows.  Neither side of the journal fits it any more.
 */
static int
refuse_used(const struct hold *h, const struct journal *j, const struct tally *t, struct error *err)
{
	CLEANUP_FREE char *journal = text_shell(j->path);
	CLEANUP_FREE char *target = text_shell(h->path);
	CLEANUP_FREE char *by_hand =
		t->first == t->total ?
			xasprintf(
				"nothing of that commit has reached it: 'resprep recover %s %s --roll-back' closes "
				"the journal without a write, and the repair can then be made anew",
				journal, target) :
			xasprintf(
				"the safe way on is a snapshot of the volume from before.  Without one: move the journal, which holds "
				"every byte before and after, to another folder (mv %s ...), let Windows check the volume (chkdsk "
				"/f), and see with 'resprep check %s' what is still to be repaired",
				journal, target);

	return error_set(
		err, ERR_REFUSED,
		"the volume on '%s' has been mounted since that commit was interrupted (by Windows, or another program); "
		"to write either the new or the old bytes now could destroy it, so nothing was written; %s",
		h->path, by_hand);
}

static int
finish(struct hold *h, struct journal *j, bool after, struct commit_stats *stats, struct error *err)
{
	CLEANUP_COMMIT_TARGET struct commit_target *t = commit_target_open(h, &j->changes, true,
									   err);
	struct tally tally;
	bool unused;

	if (!t || tally_take(t, &j->changes, &tally, err) < 0 ||
	    watches_match(t, &j->changes, &unused, err) < 0)
		return -1;
	if (tally.other)
		return refuse_other(
			h, &tally,
			"keep the journal: it holds every byte before and after, and restoring a snapshot "
			"of the volume is the safe way on",
			err);
	/* what is there already is nobody's harm: only the journal's name is to be put right */
	if (!unused && (after ? tally.last : tally.first) != tally.total)
		return refuse_used(h, j, &tally, err);
	/* a roll-back that is interrupted is an undo that is interrupted */
	if (!after && j->state != JOURNAL_UNDOING && journal_set_state(j, JOURNAL_UNDOING, err) < 0)
		return -1;
	if ((unused && write_side(t, &j->changes, after, stats, err) < 0) ||
	    verify_side(t, &j->changes, after, err) < 0 ||
	    journal_set_state(j, after ? JOURNAL_APPLIED : JOURNAL_UNDONE, err) < 0)
		return needs_recover(j, h, err);
	return 0;
}

/*
 * A journal that says that all is done, of this target or of a copy of it on which it was finished: the bytes tell.  What is half
 * written here is finished too.
 */
static int
recover_finished(struct hold *h, struct journal *j, bool roll_back, struct commit_stats *stats,
		 struct error *err)
{
	CLEANUP_COMMIT_TARGET struct commit_target *t = commit_target_open(h, &j->changes, false,
									   err);
	bool applied = j->state == JOURNAL_APPLIED;
	struct tally tally;

	if (!t || tally_take(t, &j->changes, &tally, err) < 0)
		return -1;
	if (tally.other)
		return refuse_other(
			h, &tally,
			"that commit was finished; if this target has been in use since, nothing is to be recovered",
			err);
	if (tally.last == tally.total && (applied ? roll_back : tally.first != tally.total)) {
		CLEANUP_FREE char *journal = text_shell(j->path);

		return error_set(err, ERR_REFUSED,
				 "that commit was finished: use 'resprep undo %s'", journal);
	}
	if ((applied ? tally.last : tally.first) == tally.total)
		return 0;
	if (tally.first == tally.total)
		return error_set(
			err, ERR_REFUSED,
			"'%s' is as it was before that commit, which was finished elsewhere or "
			"undone: there is nothing to recover",
			h->path);
	return finish(h, j, applied && !roll_back, stats, err);
}

int
commit_recover(struct hold *h, struct journal *j, bool roll_back, struct commit_stats *stats,
	       struct error *err)
{
	switch (j->state) {
	case JOURNAL_TMP:
		if (unlink(j->path) < 0)
			return error_sys(err, errno, "cannot remove '%s'", j->path);
		return 0;
	case JOURNAL_PENDING:
		return finish(h, j, !roll_back, stats, err);
	case JOURNAL_UNDOING:
		return finish(h, j, false, stats, err);
	case JOURNAL_APPLIED:
	case JOURNAL_UNDONE:
		return recover_finished(h, j, roll_back, stats, err);
	}
	return 0;
}
