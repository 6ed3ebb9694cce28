/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Taking a repair back, and finishing an interrupted one: a journal and the target that its bytes
 * say it belongs to.
 */
#ifndef RESPREP_SESSION_UNDO_H
#define RESPREP_SESSION_UNDO_H

#include <stdbool.h>

#include "block/commit.h"
#include "block/hold.h"
#include "block/journal.h"

struct error;
struct report;

struct undo {
	struct journal journal;
	struct hold hold;
	char *target; /* the path that was found or given */
};

/*
 * Reads the journal `name` (a path, or a name in the journal folder) and holds its target exclusively: `target`, or with NULL the path that the
 * journal remembers, or the one attached disk whose bytes match.  ERR_REFUSED when the bytes do not match, or when the target must be named; ERR_USAGE when `name`
 * is another file than a journal.
 */
int undo_open(struct undo *u, const char *name, const char *target, const char *journal_dir,
	      struct error *err);
void undo_close(struct undo *u);
#define CLEANUP_UNDO __attribute__((cleanup(undo_close)))

/*
 * Before a recovery of what undo_open() has opened: copies of one image have one identity, and a journal that waits is used up by the first target on which it
 * is finished, so that nobody would know any more that the other one is half written.  ERR_REFUSED when the target is not the one under whose name the journal was made,
 * and the bytes do not tell that it is the same nevertheless (another name, a moved image): nothing of the commit has reached it, or it has reached the other one too.
 */
int undo_check_target(struct undo *u, struct error *err);

/* Only the target's path, by the same rules, without holding it (for undo --by-value). */
int undo_find(struct undo *u, const char *name, const char *target, const char *journal_dir,
	      struct error *err);

/*
 * Adds to the error about a damaged journal what can be told of it and of its target (or NULL: the one that it remembers), and what can be
 * done by hand.  undo_open() and undo_find() do.
 */
void undo_explain(const char *path, const char *target, struct error *err);

/* journal_discard() for a name as undo_open() takes it. */
int undo_discard(const char *name, const char *journal_dir, struct error *err);

struct session_options;

/*
 * After Windows has run: puts back each value, key or file of the journal that still holds what we wrote, as a new
 * plan of session `s`; what does not is listed as a warning in the report.  ERR_NOT_FOUND when nothing is left to put back.
 */
struct session;
int undo_by_value(struct session *s, const struct journal *j, struct error *err);

#endif
