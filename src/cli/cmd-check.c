/* SPDX-License-Identifier: GPL-3.0-or-later */
/* resprep check: what is wrong, and how we know. */
#include "cli/commands.h"
#include "cli/run.h"
#include "session/session.h"
#include "util/error.h"

static int
check(const struct session_options *o, struct report *r, struct error *err)
{
	CLEANUP_SESSION struct session *s = NULL;

	if (session_open(o, r, &s, err) < 0 || session_diagnose(s, err) < 0)
		return -1;
	if (r->skipped_count)
		return EXIT_REFUSED; /* what could not be looked at is not well */
	return session_problems(s) ? EXIT_PROBLEMS : EXIT_DONE;
}

static int
run(int argc, char **argv)
{
	CLEANUP_COMMON struct common c = { 0 };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct report r = { .command = "check" };
	struct session_options o;
	enum severity least = SEVERITY_NOTE;
	const char *target = NULL;
	int code = 0;
	const struct option_spec specs[] = {
		COMMON_PARTITION(c), COMMON_ONLY(c),	COMMON_GROUP(c), COMMON_SEVERITY(c),
		COMMON_FAIL_ON(c),   COMMON_JSON(c),	COMMON_STATS(c), COMMON_JOURNAL_DIR(c),
		COMMON_PROOF(c),     COMMON_SANDBOX(c), OPTIONS_END,
	};
	int parsed = options_parse(&command_check, specs, argc, argv, &target, &err);

	if (parsed > 0)
		return EXIT_DONE;
	if (parsed == 0 && common_options(&c, target, &o, &least, &err) == 0) {
		code = check(&o, &r, &err);
		if (r.have_installation && err.code != ERR_USAGE)
			run_print_findings(&c, &r, least);
	}
	return run_finish(&c, &r, least, &err, code);
}

const struct command command_check = {
	.name = "check",
	.arguments = "TARGET",
	.summary = "say what is wrong with a Windows installation (the default)",
	.text = "Looks at the Windows on TARGET (a disk, an image, a partition, or a folder where it is mounted)\n"
		"and prints findings with their evidence, cause and repair.  Writes nothing.\n"
		"Exit code 0: no problem; 4: problems found; 8: could not look.",
	.least = 1,
	.most = 1,
	.run = run,
};
