/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a journal to its target: by the bytes, because device names change from host to host. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "session/disks.h"
#include "session/journal-dir.h"
#include "session/undo.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"

static int
read_or_explain(struct undo *u, const char *path, const char *target, struct error *err)
{
	if (journal_read(path, &u->journal, err) == 0)
		return 0;
	if (err->code != ERR_NOT_FOUND && !journal_may_be(path)) {
		error_clear(err);
		return error_set(
			err, ERR_USAGE,
			"'%s' is no journal of resprep; the journal comes first, then the target; 'resprep journals' lists "
			"journals",
			path);
	}
	if (err->code == ERR_CORRUPT || err->code == ERR_INTERNAL)
		undo_explain(path, target, err);
	return -1;
}

static int
read_journal(struct undo *u, const char *name, const char *target, const char *journal_dir,
	     struct error *err)
{
	CLEANUP_FREE char *dir = NULL;
	CLEANUP_FREE char *path = NULL;

	if (read_or_explain(u, name, target, err) == 0)
		return 0;
	if (err->code != ERR_NOT_FOUND || strchr(name, '/'))
		return -1;
	/* a bare name is looked for in the journal folder too */
	error_clear(err);
	dir = journal_dir_named(journal_dir);
	path = xasprintf("%s/%s", dir, name);
	return read_or_explain(u, path, target, err);
}

int
undo_discard(const char *name, const char *journal_dir, struct error *err)
{
	CLEANUP_FREE char *dir = journal_dir_named(journal_dir);
	CLEANUP_FREE char *path = xasprintf("%s/%s", dir, name);
	int got = journal_discard(name, err);

	return got || strchr(name, '/') ? got : journal_discard(path, err);
}

/* Whether the target at `path` is the journal's; leaves it held in u->hold then. */
static bool
matches(struct undo *u, const char *path, struct error *err)
{
	if (hold_open(&u->hold, path, true, err) < 0)
		return false;
	if (commit_check_identity(&u->hold, &u->journal, err) == 0)
		return true;
	hold_close(&u->hold);
	u->hold.fd = -1;
	return false;
}

static int
search_disks(struct undo *u, struct error *err)
{
	CLEANUP_DISKS struct disks disks = { 0 };
	CLEANUP_FREE char *found = NULL;

	if (disks_list(&disks, err) < 0)
		return -1;
	for (size_t i = 0; i < disks.count; i++) {
		CLEANUP_ERROR struct error ignored = ERROR_INIT;

		if (!matches(u, disks.list[i].path, &ignored))
			continue;
		hold_close(&u->hold);
		u->hold.fd = -1;
		if (found)
			return error_set(
				err, ERR_REFUSED,
				"several attached disks match this journal (%s and %s): name the target",
				found, disks.list[i].path);
		found = xstrdup(disks.list[i].path);
	}
	if (!found)
		return error_set(
			err, ERR_REFUSED,
			"no attached disk matches this journal (it was made for '%s'): name the target",
			u->journal.target_path);
	u->target = steal(&found);
	return matches(u, u->target, err) ? 0 : -1;
}

int
undo_open(struct undo *u, const char *name, const char *target, const char *journal_dir,
	  struct error *err)
{
	CLEANUP_ERROR struct error hint = ERROR_INIT;

	*u = (struct undo){ .hold.fd = -1 };
	if (read_journal(u, name, target, journal_dir, err) < 0)
		return -1;
	if (target) {
		u->target = xstrdup(target);
		return matches(u, target, err) ? 0 : -1;
	}
	if (matches(u, u->journal.target_path, &hint)) {
		u->target = xstrdup(u->journal.target_path);
		return 0;
	}
	/* it is there and is the one, but busy or not writable for us: that is the answer */
	if (hint.code == ERR_BUSY || hint.code == ERR_ACCESS) {
		error_move(err, &hint);
		return -1;
	}
	return search_disks(u, err);
}

static bool
same_object(int a, int b)
{
	struct stat x, y;

	if (fstat(a, &x) < 0 || fstat(b, &y) < 0 || (x.st_mode & S_IFMT) != (y.st_mode & S_IFMT))
		return false;
	return S_ISBLK(x.st_mode) ? x.st_rdev == y.st_rdev :
				    x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* What is there under the name for which the journal was made. */
enum named {
	NAMED_GONE,	 /* nothing, or something that the journal does not fit */
	NAMED_SAME,	 /* the target itself */
	NAMED_UNTOUCHED, /* another with the same identity, which the commit has not reached */
	NAMED_TOUCHED	 /* and one that it has */
};

static enum named
look_at_named(const struct undo *u)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	CLEANUP_HOLD struct hold h = { .fd = -1 };
	struct commit_compare c;

	if (hold_open(&h, u->journal.target_path, false, &ignored) < 0)
		return NAMED_GONE;
	if (same_object(h.fd, u->hold.fd))
		return NAMED_SAME;
	if (commit_check_identity(&h, &u->journal, &ignored) < 0 ||
	    commit_compare(&h, &u->journal, &c, &ignored) < 0 || c.other)
		return NAMED_GONE;
	return c.untouched ? NAMED_UNTOUCHED : NAMED_TOUCHED;
}

int
undo_check_target(struct undo *u, struct error *err)
{
	const struct journal *j = &u->journal;
	CLEANUP_FREE char *journal = text_shell(j->path);
	CLEANUP_FREE char *named = text_shell(j->target_path);
	CLEANUP_FREE char *target = text_shell(u->target);
	const char *what = j->state == JOURNAL_UNDOING ? "undo" : "commit";
	struct commit_compare c;
	enum named there;

	if (j->state != JOURNAL_PENDING && j->state != JOURNAL_UNDOING)
		return 0;
	there = look_at_named(u);
	if (there == NAMED_SAME)
		return 0;
	if (commit_compare(&u->hold, j, &c, err) < 0)
		return -1;
	/* what is neither before nor after is explained by the recovery itself */
	if (c.other || (!c.untouched && there != NAMED_TOUCHED))
		return 0;
	if (there == NAMED_TOUCHED)
		return error_set(
			err, ERR_REFUSED,
			"this journal was made for '%s', which is there, has the same identity as '%s' (a copy of one image has), and is the one that "
			"this %s has reached: first resprep recover %s %s.  To recover the copy too, give it a copy of the journal in another folder, "
			"and say --other-target",
			j->target_path, u->target, what, journal, named);
	return error_set(
		err, ERR_REFUSED,
		"this journal was made for '%s', and nothing of its %s has reached '%s', which may be another copy of the same image: recovered "
		"here, the journal would be used up, and nobody would know any more that the other is half written.  If '%s' is the target "
		"under another name: resprep recover %s %s --other-target",
		j->target_path, what, u->target, u->target, journal, target);
}

int
undo_find(struct undo *u, const char *name, const char *target, const char *journal_dir,
	  struct error *err)
{
	*u = (struct undo){ .hold.fd = -1 };
	if (read_journal(u, name, target, journal_dir, err) < 0)
		return -1;
	u->target = xstrdup(target ? target : u->journal.target_path);
	return 0;
}

void
undo_close(struct undo *u)
{
	journal_clear(&u->journal);
	hold_close(&u->hold);
	u->hold.fd = -1;
	free(u->target);
	u->target = NULL;
}
