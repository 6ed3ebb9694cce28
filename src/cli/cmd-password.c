/* SPDX-License-Identifier: GPL-3.0-or-later */
/* resprep password: a new Administrator password, set by the launch agent at the next start. */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/edits.h"
#include "ec2/password.h"
#include "report/writers.h"
#include "session/agent.h"
#include "session/session.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/json.h"
#include "util/text.h"

struct password_run {
	struct common common;
	const char *target;
	bool at_next_boot, force;
	struct report *report;
	struct js *answer; /* owned */
};

static struct js *
plan_json(const struct password_plan *p)
{
	struct js *o = js_object(), *sentences = js_array();

	js_set_text(o, "agent", p->agent);
	js_set_text(o, "state", p->state);
	for (size_t i = 0; i < p->count; i++)
		js_append(sentences, js_text(p->sentences[i]));
	js_set(o, "sentences", sentences);
	js_set_text(o, "refused", p->refused);
	js_set_bool(o, "forceable", p->forceable);
	return o;
}

static void
print_plan(const struct password_run *r, const struct password_plan *p)
{
	CLEANUP_TEXT struct text out = TEXT_INIT;
	CLEANUP_FREE char *safe = NULL;

	text_addf(&out, "%s: %s\n", p->agent, p->state);
	text_add(&out, r->at_next_boot ? "What will happen:\n" : "With --at-next-boot:\n");
	for (size_t i = 0; i < p->count && !p->refused; i++)
		text_addf(&out, "  - %s\n", p->sentences[i]);
	if (p->refused)
		text_addf(&out, "  not possible%s: %s\n", p->forceable ? " without --force" : "",
			  p->refused);
	for (size_t i = 0; i < p->count && p->refused && p->forceable; i++)
		text_addf(&out, "  - %s\n", p->sentences[i]);
	safe = text_escape(text_str(&out), true);
	run_print(&r->common, safe);
}

/* Options of a change that would not be made: whoever gives them means to make it. */
static int
check_only_looks(const struct password_run *r, struct error *err)
{
	const struct common *c = &r->common;
	const char *option = c->yes		    ? "yes" :
			     c->dry_run		    ? "dry-run" :
			     r->force		    ? "force" :
			     c->discard_log	    ? "discard-ntfs-log" :
			     c->discard_hibernation ? "discard-hibernation" :
						      NULL;

	return option ?
		       error_set(
			       err, ERR_USAGE,
			       "--%s is for --at-next-boot, and without that nothing is changed: resprep "
			       "password TARGET --at-next-boot --%s",
			       option, option) :
		       0;
}

static int
do_password(struct password_run *r, struct error *err)
{
	CLEANUP_SESSION struct session *s = NULL;
	CLEANUP_PASSWORD_PLAN struct password_plan p = { 0 };
	struct session_options o;
	enum severity least;

	if (!r->at_next_boot && check_only_looks(r, err) < 0)
		return -1;
	if (common_options(&r->common, r->target, &o, &least, err) < 0)
		return -1;
	if (r->at_next_boot)
		edits_options(&r->common, &o);
	o.no_checks = true;
	if (session_open(&o, r->report, &s, err) < 0 || session_plan_password(s, &p, err) < 0)
		return -1;
	r->answer = plan_json(&p);
	print_plan(r, &p);
	if (!r->at_next_boot)
		return EXIT_DONE;
	if (session_set_password(s, r->force, err) < 0)
		return -1;
	return edits_finish(&r->common, r->report, s, err);
}

static int
run(int argc, char **argv)
{
	struct password_run r = { .target = NULL };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct report report = { .command = "password" };
	int code = 0;
	const struct option_spec specs[] = {
		{ "at-next-boot", OPTION_FLAG, NULL, "have the agent set a new password",
		  &r.at_next_boot },
		{ "force", OPTION_FLAG, NULL, "also on a domain controller", &r.force },
		{ "dry-run", OPTION_FLAG, NULL, "print what would change", &r.common.dry_run },
		COMMON_DISCARD(r.common),
		COMMON_PARTITION(r.common),
		COMMON_YES(r.common),
		COMMON_JOURNAL_DIR(r.common),
		COMMON_SANDBOX(r.common),
		COMMON_JSON(r.common),
		COMMON_STATS(r.common),
		OPTIONS_END,
	};
	int parsed = options_parse(&command_password, specs, argc, argv, &r.target, &err);

	if (parsed > 0)
		return EXIT_DONE;
	r.report = &report;
	if (parsed == 0)
		code = do_password(&r, &err);
	code = run_finish_with(&r.common, &report, SEVERITY_NOTE, &err, code,
			       r.answer ? "password" : NULL, r.answer);
	common_clear(&r.common);
	return code;
}

const struct command command_password = {
	.name = "password",
	.arguments = "TARGET",
	.summary = "have the launch agent set a new Administrator password",
	.text = "Says how the password stands and what the agent can do; with --at-next-boot makes EC2Config or EC2Launch\n"
		"set a new one at the next start, which the console shows encrypted with the launch key pair.",
	.least = 1,
	.most = 1,
	.run = run,
};
