/* SPDX-License-Identifier: GPL-3.0-or-later */
/* resprep list-checks: the table of checks, for people, scripts and the manual. */
#include <stdio.h>

#include "check/check.h"
#include "cli/commands.h"
#include "cli/run.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/json.h"

static void
print_groups(const struct check *c)
{
	fputs(c->group, stdout);
	for (const char *const *p = c->also; p && *p; p++)
		printf(", %s", *p);
}

static void
print_text(const struct check *c)
{
	printf("%s (group ", c->id);
	print_groups(c);
	printf("): %s\n", c->title);
	for (const struct problem *p = c->problems; p->code; p++)
		printf("    %-20s %-8s risk %-11s %s\n", p->code, severity_text(p->severity),
		       risk_text(p->risk), p->text);
}

static void
print_pod(const struct check *c)
{
	printf("=head2 %s\n\n%s.  Group: ", c->id, c->title);
	print_groups(c);
	printf(".%s\n\n%s\n\n=over 4\n\n", c->asked_only ? "  Only when asked for." : "", c->doc);
	for (const struct problem *p = c->problems; p->code; p++)
		printf("=item %s (%s, risk of the repair: %s)\n\n%s\n\n", p->code,
		       severity_text(p->severity), risk_text(p->risk), p->text);
	printf("=back\n\n");
}

static void
print_id(const struct check *c)
{
	puts(c->id);
}

static struct js *
problem_json(const struct problem *p)
{
	struct js *o = js_object();

	js_set_text(o, "code", p->code);
	js_set_text(o, "severity", severity_text(p->severity));
	js_set_text(o, "risk", risk_text(p->risk));
	js_set_text(o, "text", p->text);
	return o;
}

static struct js *
table_json(void)
{
	struct js *checks = js_array();

	for (size_t i = 0; i < check_table_size; i++) {
		struct js *c = js_object(), *problems = js_array(), *groups = js_array();

		js_set_text(c, "id", check_table[i]->id);
		js_set_text(c, "group", check_table[i]->group);
		js_append(groups, js_text(check_table[i]->group));
		for (const char *const *p = check_table[i]->also; p && *p; p++)
			js_append(groups, js_text(*p));
		js_set(c, "groups", groups);
		js_set_bool(c, "asked_only", check_table[i]->asked_only);
		js_set_text(c, "title", check_table[i]->title);
		for (const struct problem *p = check_table[i]->problems; p->code; p++)
			js_append(problems, problem_json(p));
		js_set(c, "problems", problems);
		js_append(checks, c);
	}
	return checks;
}

static int
run(int argc, char **argv)
{
	CLEANUP_COMMON struct common c = { 0 };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct report r = { .command = "list-checks" };
	bool pod = false, ids = false;
	const struct option_spec specs[] = {
		COMMON_JSON(c),
		{ "ids", OPTION_FLAG, NULL, "only their ids, one a line", &ids },
		{ "pod", OPTION_FLAG, NULL, "as the part of the manual about checks", &pod },
		OPTIONS_END,
	};
	int parsed = options_parse(&command_list_checks, specs, argc, argv, NULL, &err);

	if (parsed > 0)
		return EXIT_DONE;
	if (parsed < 0)
		return run_finish(&c, &r, SEVERITY_NOTE, &err, 0);
	if (c.json)
		return run_finish_list(&r, "checks", table_json());
	for (size_t i = 0; i < check_table_size; i++)
		(ids ? print_id : pod ? print_pod : print_text)(check_table[i]);
	return EXIT_DONE;
}

const struct command command_list_checks = {
	.name = "list-checks",
	.arguments = "",
	.summary = "list the checks and what each can find",
	.text = "Lists every check with its group, its problems, their severity and the risk of their repair.",
	.least = 0,
	.most = 0,
	.run = run,
};
