/* SPDX-License-Identifier: GPL-3.0-or-later */
/* resprep recover: finish, or roll back, an interrupted commit or undo. */
#include "cli/commands.h"
#include "cli/run.h"
#include "session/manifest.h"
#include "session/undo.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"

static const char *
said(bool wrote, enum journal_state before, enum journal_state after)
{
	if (!wrote && before == after)
		return "Nothing to recover: that commit was finished.\n";
	if (after == JOURNAL_APPLIED)
		return "Recovered: the repair is complete.\n";
	return "Recovered: every byte is as it was before the repair.\n";
}

static int
recover(const struct common *c, const char *journal, const char *target, bool roll_back, bool other,
	struct report *r, struct error *err)
{
	CLEANUP_UNDO struct undo u = { .hold.fd = -1 };
	CLEANUP_ERROR struct error problem = ERROR_INIT;
	struct commit_stats stats = { 0 };
	enum journal_state before;
	int discarded = undo_discard(journal, c->journal_dir, err);

	if (discarded > 0)
		run_print(
			c,
			"That journal never reached its commit point: nothing had been written.  It was "
			"removed.\n");
	if (discarded)
		return discarded < 0 ? -1 : EXIT_DONE;
	if (undo_open(&u, journal, target, c->journal_dir, err) < 0)
		return -1;
	r->target = xstrdup(u.target);
	if (!other && undo_check_target(&u, err) < 0)
		return -1;
	before = u.journal.state;
	if (commit_recover(&u.hold, &u.journal, roll_back, &stats, err) < 0)
		return -1;
	r->journal = xstrdup(u.journal.path);
	r->stats.writes = stats.writes;
	r->stats.written_bytes = stats.written_bytes;
	r->stats.sectors_written = stats.sectors;
	if (u.journal.state == JOURNAL_APPLIED && manifest_write_files(&u.journal, &problem) < 0)
		report_warn(r, "the copies beside the journal could not be written: %s",
			    problem.message);
	run_print(c, said(stats.writes > 0, before, u.journal.state));
	return EXIT_DONE;
}

static int
run(int argc, char **argv)
{
	CLEANUP_COMMON struct common c = { 0 };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct report r = { .command = "recover" };
	const char *arguments[2] = { NULL, NULL };
	bool roll_back = false, other = false;
	int code = 0;
	const struct option_spec specs[] = {
		{ "roll-back", OPTION_FLAG, NULL,
		  "restore the old bytes instead of finishing the repair", &roll_back },
		{ "other-target", OPTION_FLAG, NULL,
		  "TARGET is not the one under whose name the journal was made, and is meant all the same",
		  &other },
		COMMON_JOURNAL_DIR(c),
		COMMON_JSON(c),
		COMMON_STATS(c),
		OPTIONS_END,
	};
	int parsed = options_parse(&command_recover, specs, argc, argv, arguments, &err);

	if (parsed > 0)
		return EXIT_DONE;
	if (parsed == 0)
		code = recover(&c, arguments[0], arguments[1], roll_back, other, &r, &err);
	return run_finish(&c, &r, SEVERITY_NOTE, &err, code);
}

const struct command command_recover = {
	.name = "recover",
	.arguments = "JOURNAL [TARGET]",
	.summary = "finish (or roll back) a commit that was interrupted",
	.text = "After a crash or power cut in the middle of a commit: finishes it, or with --roll-back restores the\n"
		"old bytes.  An interrupted undo is finished.  Every byte must be one that the journal knows; else\n"
		"nothing is written.  Copies of one image have one identity: a TARGET which the commit has not reached, or\n"
		"beside which the one that the journal was made for is half written, is refused (--other-target).",
	.least = 1,
	.most = 2,
	.run = run,
};
