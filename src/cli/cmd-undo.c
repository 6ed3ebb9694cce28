/* SPDX-License-Identifier: GPL-3.0-or-later */
/* resprep undo: take a repair back. */
#include <stdio.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/edits.h"
#include "report/writers.h"
#include "session/session.h"
#include "session/undo.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"

static int
may_ask(const struct common *c, struct error *err)
{
	if (c->yes || (isatty(STDIN_FILENO) && !c->json))
		return 0;
	return error_set(err, ERR_REFUSED,
			 "there is nobody to ask: add --yes to undo without a question");
}

static int
undo_bytes(const struct common *c, const char *journal, const char *target, struct report *r,
	   struct error *err)
{
	CLEANUP_UNDO struct undo u = { .hold.fd = -1 };
	struct commit_stats stats = { 0 };
	CLEANUP_FREE char *question = NULL;
	int yes;

	if (undo_open(&u, journal, target, c->journal_dir, err) < 0)
		return -1;
	r->target = xstrdup(u.target);
	question = xasprintf("Undo this repair of %s?", u.target);
	yes = run_ask(c, question, err);
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

	if (undo_find(&u, journal, target, c->journal_dir, err) < 0 ||
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
	run_print(c, "Put back, as a new repair with a journal of its own.\n");
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
	if (parsed == 0 && may_ask(&c, &err) == 0)
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
		"content stands beside the journal), and a hive that it has replaced as a whole.",
	.least = 1,
	.most = 2,
	.run = run,
};
