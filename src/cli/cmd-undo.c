/* SPDX-License-Identifier: GPL-3.0-or-later */
/* resprep undo: take a repair back. */
#include <inttypes.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/edits.h"
#include "report/writers.h"
#include "session/manifest.h"
#include "session/session.h"
#include "session/undo.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/filetime.h"
#include "util/text.h"

static int
may_ask(const struct common *c, struct error *err)
{
	if (c->yes || (isatty(STDIN_FILENO) && !c->json))
		return 0;
	return error_set(
		err, ERR_REFUSED,
		"there is nobody to ask: add --yes to undo without a question ('resprep undo' at a "
		"terminal shows what would be taken back)");
}

#define LIST_MAX \
	(4u      \
	 << 20) /* bytes of a list of changes that is shown: nobody reads more before he answers */

/* What the repair has changed, as its journal tells; the journal's checksum has been compared already. */
static int
print_what(const struct common *c, const struct undo *u, struct error *err)
{
	CLEANUP_MANIFEST struct manifest m = { 0 };
	CLEANUP_FREE char *text = NULL;
	CLEANUP_FREE char *when = filetime_text(u->journal.time);
	CLEANUP_FREE char *path = text_escape(u->journal.path, false);
	CLEANUP_TEXT struct text out = TEXT_INIT;
	struct report shown = { 0 };

	if (u->journal.manifest_len > LIST_MAX) {
		text_addf(
			&out,
			"Journal   %s\nMade      %s\n\nTakes back more changes than are listed here.\n",
			path, when);
		run_print(c, text_str(&out));
		return 0;
	}
	text = journal_manifest(&u->journal, err);
	if (!text)
		return -1;
	if (!*text)
		return 0;
	if (manifest_read(text, &m, err) < 0)
		return -1;
	text_addf(&out, "Journal   %s\nMade      %s", path, when);
	if (m.command) {
		CLEANUP_FREE char *command = text_escape(m.command, false);

		text_addf(&out, ", by resprep %s", command);
	}
	text_add(&out, "\n\nTakes back:\n");
	run_print(c, text_str(&out));
	shown.changes = m.changes; /* borrowed */
	return run_print_changes(c, &shown, false, err);
}

/* 1 when it is to be done, 0 when the user said no. */
static int
agreed(const struct common *c, const struct undo *u, struct error *err)
{
	uint64_t n = changes_sectors(&u->journal.changes);
	bool folder = u->journal.changes.identity.kind == TARGET_DIRECTORY;
	CLEANUP_ERROR struct error problem = ERROR_INIT;
	CLEANUP_FREE char *question = NULL;
	int yes;

	/* bytes can go back without words for them */
	if (!c->json && print_what(c, u, &problem) < 0) {
		CLEANUP_FREE char *safe = text_escape(problem.message, false);

		run_print(c, "What it has changed cannot be listed: ");
		run_print(c, safe);
		run_print(c, "\n");
	}
	question = folder ?
			   xasprintf("Take this back in '%s'?", u->target) :
			   xasprintf("Take this back (%" PRIu64 " sectors) on '%s'?", n, u->target);
	yes = run_ask(c, question, err);
	if (yes == 0)
		run_print(c, "Nothing was changed.\n");
	return yes;
}

static int
undo_bytes(const struct common *c, const char *journal, const char *target, struct report *r,
	   struct error *err)
{
	CLEANUP_UNDO struct undo u = { .hold.fd = -1 };
	struct commit_stats stats = { 0 };
	int yes;

	if (undo_open(&u, journal, target, c->journal_dir, err) < 0)
		return -1;
	r->target = xstrdup(u.target);
	if (may_ask(c, err) < 0 || commit_may_undo(&u.hold, &u.journal, err) < 0)
		return -1;
	yes = agreed(c, &u, err);
	if (yes <= 0)
		return yes < 0 ? -1 : EXIT_PROBLEMS;
	if (commit_undo(&u.hold, &u.journal, &stats, err) < 0)
		return -1;
	r->journal = xstrdup(u.journal.path);
	r->stats.writes = stats.writes;
	r->stats.written_bytes = stats.written_bytes;
	r->stats.sectors_written = stats.sectors;
	run_print(c, "Undone: every byte is as it was before the repair.\n");
	return EXIT_DONE;
}

static int
undo_values(const struct common *c, const char *journal, const char *target, struct report *r,
	    struct error *err)
{
	CLEANUP_UNDO struct undo u = { .hold.fd = -1 };
	CLEANUP_SESSION struct session *s = NULL;
	CLEANUP_TEXT struct text out = TEXT_INIT;
	struct session_options o;
	enum severity least;
	int got;

	if (undo_find(&u, journal, target, c->journal_dir, err) < 0 || may_ask(c, err) < 0 ||
	    common_options(c, u.target, &o, &least, err) < 0)
		return -1;
	edits_options(c, &o);
	o.in_file = journal_fd(&u.journal);
	o.hive_file = true;
	if (session_open(&o, r, &s, err) < 0 || undo_by_value(s, &u.journal, err) < 0)
		return -1;
	report_text_head(&out, r);
	r->warnings_said = r->warning_count;
	text_add(&out, "\nPuts back:\n");
	run_print(c, text_str(&out));
	if (run_print_changes(c, r, false, err) < 0)
		return -1;
	got = run_commit(c, s, err);
	if (got)
		return got < 0 ? -1 : EXIT_PROBLEMS;
	run_print_taken_back(c, r, "Put back, as a new repair.  ");
	return EXIT_DONE;
}

static int
run(int argc, char **argv)
{
	CLEANUP_COMMON struct common c = { 0 };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct report r = { .command = "undo" };
	const char *arguments[2] = { NULL, NULL };
	bool by_value = false;
	int code = 0;
	const struct option_spec specs[] = {
		{ "by-value", OPTION_FLAG, NULL,
		  "after Windows has run: put back what still is as the repair left it",
		  &by_value },
		COMMON_PARTITION(c),
		COMMON_ACCEPT_DIRTY(c),
		COMMON_DISCARD(c),
		COMMON_YES(c),
		COMMON_JOURNAL_DIR(c),
		COMMON_SANDBOX(c),
		COMMON_JSON(c),
		COMMON_STATS(c),
		OPTIONS_END,
	};
	int parsed = options_parse(&command_undo, specs, argc, argv, arguments, &err);

	if (parsed > 0)
		return EXIT_DONE;
	if (parsed == 0)
		code = by_value ? undo_values(&c, arguments[0], arguments[1], &r, &err) :
				  undo_bytes(&c, arguments[0], arguments[1], &r, &err);
	return run_finish(&c, &r, SEVERITY_NOTE, &err, code);
}

const struct command command_undo = {
	.name = "undo",
	.arguments = "JOURNAL [TARGET]",
	.summary = "take a repair back, to the byte",
	.text = "Restores every byte that the repair of JOURNAL changed, or refuses when the volume has been used\n"
		"since.  The target is the one whose bytes match the journal; name it when several do.\n"
		"With --by-value each value, key or file that still is as the repair left it is put back, as a new\n"
		"repair; what has changed since is listed and left.  So is a file that the repair has removed (its\n"
		"content stands beside the journal), and a hive that it has replaced as a whole.\n"
		"Shows what is taken back, and asks.  Exit code 0: done; 4: you said no; 8: refused.",
	.least = 1,
	.most = 2,
	.run = run,
};
