/* SPDX-License-Identifier: GPL-3.0-or-later */
/* resprep inspect: what it is. */
#include "cli/commands.h"
#include "cli/run.h"
#include "report/writers.h"
#include "session/session.h"
#include "util/error.h"
#include "util/text.h"

static int
inspect(const struct session_options *o, struct report *r, struct error *err)
{
	CLEANUP_SESSION struct session *s = NULL;

	if (session_open(o, r, &s, err) < 0)
		return -1;
	session_warn_of_losses(s);
	return 0;
}

static int
run(int argc, char **argv)
{
	CLEANUP_COMMON struct common c = { 0 };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_TEXT struct text out = TEXT_INIT;
	struct report r = { .command = "inspect" };
	struct session_options o;
	enum severity least = SEVERITY_NOTE;
	const char *target = NULL;
	const struct option_spec specs[] = {
		COMMON_PARTITION(c), COMMON_JSON(c),	COMMON_STATS(c), COMMON_JOURNAL_DIR(c),
		COMMON_PROOF(c),     COMMON_SANDBOX(c), OPTIONS_END,
	};
	int parsed = options_parse(&command_inspect, specs, argc, argv, &target, &err);

	if (parsed > 0)
		return EXIT_DONE;
	if (parsed == 0 && common_options(&c, target, &o, &least, &err) == 0 &&
	    inspect(&o, &r, &err) == 0) {
		report_text_head(&out, &r);
		report_text_agents(&out, &r);
		r.warnings_said = r.warning_count;
		run_print(&c, text_str(&out));
	}
	return run_finish(&c, &r, least, &err, EXIT_DONE);
}

const struct command command_inspect = {
	.name = "inspect",
	.arguments = "TARGET",
	.summary = "say what TARGET is: volume, state, Windows, Setup, agent",
	.text = "Prints the volume and its state, the Windows version, where Setup stands, and the launch agent.\n"
		"Writes nothing.",
	.least = 1,
	.most = 1,
	.run = run,
};
