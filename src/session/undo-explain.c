/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A damaged journal: nothing is written by it, so a person has to decide.  What that person needs to know, and may do. */
#include <inttypes.h>
#include <string.h>

#include "block/commit-target.h"
#include "block/journal-remains.h"
#include "block/tally.h"
#include "session/undo.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/filetime.h"
#include "util/text.h"

#define RANGES 40 /* that are listed */

/* Places one behind the other that are in the same state. */
struct range {
	const char *path;
	uint64_t from, to;
	const char *state; /* NULL: none yet */
};

struct listing {
	struct text *out;
	struct range now;
	size_t count;
};

static void
end_range(struct listing *l)
{
	const struct range *r = &l->now;
	CLEANUP_FREE char *path = r->path ? text_escape(r->path, false) : NULL;

	if (r->state && l->count++ < RANGES)
		text_addf(l->out, "    %s%sbytes %" PRIu64 " to %" PRIu64 ": %s\n",
			  path ? path : "", path ? ", " : "", r->from, r->to - 1, r->state);
	l->now.state = NULL;
}

static void
add_place(void *ctx, const struct tally_place *p)
{
	struct listing *l = ctx;
	const char *state = p->other		? "neither of the two" :
			    p->first && p->last ? "the same before and after" :
			    p->first		? "as before" :
			    p->last		? "as after" :
						  "between before and after";

	if (l->now.state && strcmp(l->now.state, state) == 0 && l->now.to == p->offset &&
	    (!p->path || strcmp(p->path, l->now.path) == 0)) {
		l->now.to += p->len;
		return;
	}
	end_range(l);
	l->now = (struct range){ p->path, p->offset, p->offset + p->len, state };
}

static const char *
state_words(enum journal_state state)
{
	switch (state) {
	case JOURNAL_TMP:
		return "it never reached its commit point: nothing was written under it";
	case JOURNAL_PENDING:
		return "the commit point was passed: some of the change, all of it, or nothing may be written";
	case JOURNAL_APPLIED:
		return "the whole change was written and read back";
	case JOURNAL_UNDOING:
		return "an undo or a roll-back was begun: some of it, all of it, or nothing may be written";
	case JOURNAL_UNDONE:
		return "the change was taken back to the last byte";
	}
	return "";
}

static void
add_known(struct text *out, const struct journal_remains *r)
{
	const struct target_identity *id = &r->changes.identity;
	CLEANUP_FREE char *named = r->target_path ? text_escape(r->target_path, false) : NULL;
	CLEANUP_FREE char *when = filetime_text(r->time);

	text_addf(out, "  By its name, %s.\n", state_words(r->state));
	if (!r->known_header && r->named && r->name_serial)
		text_addf(out,
			  "  It is of the NTFS volume with the serial number %016" PRIX64
			  ", says its name.\n",
			  r->name_serial);
	if (!r->known_header) {
		text_add(out, "  Its header is lost: where it was to write cannot be told.\n");
		return;
	}
	if (!r->whole_header)
		text_add(out, "  Its header is damaged; what follows may be wrong.\n");
	if (id->kind == TARGET_DEVICE)
		text_addf(out,
			  "  It was made at %s for a disk or image of %" PRIu64
			  " bytes, a partition at %" PRIu64 " of %" PRIu64
			  " bytes, NTFS serial number %016" PRIX64 "%s%s.\n",
			  when, id->device_size, id->partition_offset, id->partition_len,
			  id->ntfs_serial, named ? ", then named " : "", named ? named : "");
	else
		text_addf(out, "  It was made at %s for a folder%s%s.\n", when, named ? ", " : "",
			  named ? named : "");
	if (r->too_large)
		text_addf(out,
			  "  It has more than %" PRIu64
			  " bytes; its records are not read, and nothing is compared.\n",
			  JOURNAL_REMAINS_MAX);
	else
		text_addf(out,
			  "  Of its %" PRIu64
			  " records %zu can be read, and a byte of those may be wrong.\n",
			  r->promised, r->changes.record_count);
}

/* Holds the target for reading and compares: 1 with a tally; 0 when that cannot be done, which `out` says. */
static int
compare(struct text *out, const struct journal_remains *r, const char *target, struct tally *ret)
{
	CLEANUP_ERROR struct error problem = ERROR_INIT;
	CLEANUP_HOLD struct hold h = { .fd = -1 };
	CLEANUP_COMMIT_TARGET struct commit_target *t = NULL;
	CLEANUP_TEXT struct text places = TEXT_INIT;
	struct listing l = { &places, { 0 }, 0 };
	struct journal like = { .changes = { .identity = r->changes.identity } };
	const char *path = target ? target : r->target_path;
	CLEANUP_FREE char *shown = NULL;

	if (!r->changes.record_count)
		return 0;
	if (!path) {
		text_add(out, "  Name the target behind the journal, and it is compared.\n");
		return 0;
	}
	shown = text_escape(path, false);
	if (hold_open(&h, path, false, &problem) < 0 ||
	    /* where its own header is damaged, the user has said that it is this one */
	    ((r->whole_header || !target) && commit_check_identity(&h, &like, &problem) < 0) ||
	    !(t = commit_target_open(&h, &r->changes, false, &problem)) ||
	    tally_each(t, &r->changes, ret, add_place, &l, &problem) < 0) {
		CLEANUP_FREE char *why = text_escape(problem.message, false);

		text_addf(out, "  It could not be compared with '%s': %s.%s\n", shown, why,
			  target ? "" : "  Name the target behind the journal.");
		return 0;
	}
	end_range(&l);
	text_addf(out, "  '%s' now, compared with what can be read of it:\n%s", shown,
		  text_str(&places));
	if (l.count > RANGES)
		text_addf(out, "    and %zu places more\n", l.count - RANGES);
	return 1;
}

/* What the comparison means. */
static void
add_verdict(struct text *out, const struct journal_remains *r, const struct tally *t)
{
	const char *part = r->changes.record_count < r->promised ? ", as far as it can be read" :
								   "";

	if (t->first == t->total)
		text_addf(out,
			  "  So nothing of the change is on the target%s: it looks as before it.\n",
			  part);
	else if (t->last == t->total)
		text_addf(out, "  So all of the change is on the target%s.\n", part);
	else if (t->other)
		text_add(
			out,
			"  A place that is neither is one where the journal is damaged, or where somebody else "
			"has written since.\n");
	else
		text_add(out, "  So the target is half old, half new.\n");
}

static void
add_ways(struct text *out, const struct journal_remains *r, const char *target)
{
	CLEANUP_FREE char *quoted = target ? text_shell(target) : NULL;

	if (r->state == JOURNAL_TMP)
		return;
	if (r->state == JOURNAL_APPLIED || r->state == JOURNAL_UNDONE) {
		text_add(
			out,
			"What can be done:\n"
			"  - Nothing has to be: that commit was finished, only its undo is lost.\n"
			"  - A copy of the journal from a backup of this machine undoes it, or a snapshot of the volume from "
			"before it.\n");
		return;
	}
	text_addf(
		out,
		"What can be done:\n"
		"  - First: do not start Windows from this target and do not mount it.  Take an image or a snapshot of it, "
		"and of this journal.\n"
		"  - Best: a sound copy of the journal, from a backup of this machine, put in the place of this one; then "
		"'resprep recover'.\n"
		"  - Or: a snapshot of the volume from before the repair, and the repair again.\n"
		"  - Else: move this journal (and keep it) to another folder, so that resprep goes on without it; see what "
		"'resprep check%s%s' says, and repair what it finds.  What was written when is chosen so that hives of a half "
		"written change load as old or new, and a volume whose file system was half changed is marked for "
		"chkdsk: let chkdsk run before the server is used.\n",
		quoted ? " " : "", quoted ? quoted : "");
}

void
undo_explain(const char *path, const char *target, struct error *err)
{
	CLEANUP_JOURNAL_REMAINS struct journal_remains r = { 0 };
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	CLEANUP_TEXT struct text out = TEXT_INIT;
	CLEANUP_FREE char *message = NULL;
	struct tally tally = { 0 };

	if (journal_remains_read(path, &r, &ignored) < 0)
		return;
	text_add(&out, "What can be told:\n");
	add_known(&out, &r);
	if (compare(&out, &r, target, &tally))
		add_verdict(&out, &r, &tally);
	add_ways(&out, &r, target);
	/* one newline less: whoever prints them makes one */
	out.ptr[--out.len] = '\0';
	message = steal(&err->message);
	err->message = xasprintf("%s; nothing was written", message);
	free(err->lines);
	err->lines = text_steal(&out);
}
