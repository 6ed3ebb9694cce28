/* SPDX-License-Identifier: GPL-3.0-or-later */
/* resprep repair: plan, show, ask, commit. */
#include <inttypes.h>

#include "cli/commands.h"
#include "cli/edits.h"
#include "report/writers.h"
#include "session/session.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"

static int
print_plan(const struct common *c, const struct report *r, struct error *err)
{
	CLEANUP_TEXT struct text out = TEXT_INIT;

	run_print(c, c->dry_run ? "\nWould change:\n" : "\nChanges:\n");
	if (run_print_changes(c, r, false, err) < 0)
		return -1;
	if (r->sectors_planned)
		text_addf(&out, "  %" PRIu64 " sectors of 512 bytes in all\n", r->sectors_planned);
	text_add(&out,
		 "The repaired volume was mounted and checked in memory: the repair takes.\n");
	run_print(c, text_str(&out));
	return 0;
}

static void
print_done(const struct common *c, const struct report *r)
{
	CLEANUP_TEXT struct text out = TEXT_INIT;

	run_print_taken_back(c, r, "\nRepaired.  ");
	text_add(&out,
		 "\nNext steps:\n"
		 "  1. Detach the volume from this machine.\n"
		 "  2. Attach it to its instance as the root device (on EC2: /dev/sda1).\n"
		 "  3. Start the instance.\n"
		 "  4. Run Sysprep again through the launch agent, if an image was to be made.\n");
	run_print(c, text_str(&out));
	if (r->findings.count) {
		CLEANUP_TEXT struct text left = TEXT_INIT;

		text_add(&left, "\nLeft:\n");
		report_text_findings(&left, r, SEVERITY_NOTE);
		run_print(c, text_str(&left));
	}
}

static void
add_count(struct text *out, size_t n, const char *one, const char *more)
{
	if (n)
		text_addf(out, "  %zu %s\n", n, n == 1 ? one : more);
}

/* Nothing was chosen; what was found stands above, and is not well for that. */
static void
print_nothing_chosen(const struct common *c, const struct report *r)
{
	CLEANUP_TEXT struct text left = TEXT_INIT;
	size_t refused = 0, none = 0, consent = 0;

	for (size_t i = 0; i < r->findings.count; i++) {
		const struct finding *f = &r->findings.list[i];

		if (f->severity == SEVERITY_NOTE)
			continue;
		refused += f->refused != NULL;
		none += !f->refused && f->risk == RISK_NONE;
		consent += !f->refused && f->risk != RISK_NONE;
	}
	add_count(
		&left, consent,
		"has a repair that is not made unless it is named: the command stands with it",
		"have repairs that are not made unless they are named: the commands stand with them");
	add_count(&left, refused, "is not repaired here, for the reason that stands with it",
		  "are not repaired here, for the reasons that stand with them");
	add_count(
		&left, none,
		"is for a person: resprep has no repair for it; its cause, and what helps, stand with it",
		"are for a person: resprep has no repair for them; their causes, and what helps, stand with them");
	run_print(c, left.len ? "\nNothing was changed, and of the problems above\n" :
				"\nNothing to repair.\n");
	run_print(c, text_str(&left));
}

static int
left_over(const struct session *s, int done)
{
	return session_problems(s) ? EXIT_PROBLEMS : done;
}

static int
repair(const struct common *c, const struct session_options *o, struct report *r,
       enum severity least, struct error *err)
{
	CLEANUP_SESSION struct session *s = NULL;
	int got;

	if (session_open(o, r, &s, err) < 0 || session_diagnose(s, err) < 0)
		return -1;
	run_print_findings(c, r, least);
	if (r->skipped_count)
		return error_set(err, ERR_REFUSED,
				 "a check could not run, so nothing is repaired: %s",
				 r->skipped[0]);
	if (session_selected(s) && edits_may_ask(c, err) < 0)
		return -1;
	if (session_plan(s, err) < 0)
		return -1;
	if (r->changes.count == 0) {
		print_nothing_chosen(c, r);
		return left_over(s, EXIT_DONE);
	}
	if (print_plan(c, r, err) < 0)
		return -1;
	if (c->dry_run)
		return EXIT_PROBLEMS;
	got = run_commit(c, s, err);
	if (got)
		return got < 0 ? -1 : EXIT_PROBLEMS;
	print_done(c, r);
	return left_over(s, EXIT_REPAIRED);
}

static int
run(int argc, char **argv)
{
	CLEANUP_COMMON struct common c = { 0 };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct report r = { .command = "repair" };
	struct session_options o;
	enum severity least = SEVERITY_NOTE;
	const char *target = NULL;
	int code = 0;
	const struct option_spec specs[] = {
		COMMON_PARTITION(c),
		COMMON_ACCEPT_DIRTY(c),
		COMMON_DISCARD(c),
		COMMON_ONLY(c),
		COMMON_GROUP(c),
		{ "risk", OPTION_TEXT, "LEVEL",
		  "repair up to: safe (default), careful, last-resort", &c.risk },
		{ "dry-run", OPTION_FLAG, NULL, "print what would change: values, files, sectors",
		  &c.dry_run },
		COMMON_YES(c),
		COMMON_JOURNAL_DIR(c),
		COMMON_SEVERITY(c),
		COMMON_FAIL_ON(c),
		COMMON_SANDBOX(c),
		COMMON_JSON(c),
		COMMON_STATS(c),
		OPTIONS_END,
	};
	int parsed = options_parse(&command_repair, specs, argc, argv, &target, &err);

	if (parsed > 0)
		return EXIT_DONE;
	if (parsed == 0 && common_options(&c, target, &o, &least, &err) == 0) {
		edits_options(&c, &o);
		code = repair(&c, &o, &r, least, &err);
	}
	return run_finish(&c, &r, least, &err, code);
}

const struct command command_repair = {
	.name = "repair",
	.arguments = "TARGET",
	.summary = "repair what check finds, in one transaction that can be undone",
	.text = "Repairs the findings whose repair is safe (or those named with --only, or wider with --risk).\n"
		"The repair is made in memory and checked there; then it is shown, a question asked, and written\n"
		"through a journal on this machine, with which 'resprep undo' takes it back to the byte.\n"
		"Exit code 1: all repaired; 4: problems left, or you said no; 0: nothing to repair; 8: refused.",
	.least = 1,
	.most = 1,
	.run = run,
};
