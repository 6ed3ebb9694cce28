/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a journal to its target: by the bytes, because device names change from host to host. */
#include <string.h>
#include <unistd.h>

#include "session/disks.h"
#include "session/journal-dir.h"
#include "session/undo.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"

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
