/* SPDX-License-Identifier: GPL-3.0-or-later */
/* resprep agent: the settings of the launch agents, read and changed by name. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/edits.h"
#include "ec2/settings.h"
#include "report/writers.h"
#include "session/agent.h"
#include "session/session.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/json.h"
#include "util/text.h"

#define MOST_WORDS 64 /* settings of one command line */

struct agent_run {
	struct common common;
	const char *arguments[2 + MOST_WORDS + 1];
	bool secrets;
	struct report *report;
	struct js *answer; /* owned */
};

/* ---- show ---- */

static struct js *
values_json(const char *values)
{
	struct js *list = js_array();

	for (const char *p = values; p && *p; p += strcspn(p, "|"), p += *p == '|') {
		CLEANUP_FREE char *one = xstrndup(p, strcspn(p, "|"));

		js_append(list, js_text(one));
	}
	return list;
}

static struct js *
setting_json(const struct agent_run *r, const struct agent_settings *s, const struct setting *n)
{
	struct js *o = js_object();
	CLEANUP_FREE char *value = setting_shown(n, r->secrets);
	bool chosen = n->kind && (n->kind->type == SETTING_CHOICE || n->kind->type == SETTING_BOOL);

	js_set_text(o, "name", n->name);
	js_set_text(o, "value", value);
	js_set_bool(o, "task", n->is_task);
	js_set_text(o, "path", s->files[n->file].path);
	js_set_uint(o, "line", (uint64_t)n->line);
	js_set_uint(o, "column", (uint64_t)n->column);
	js_set(o, "values", values_json(chosen ? n->kind->values : NULL));
	js_set_text(o, "meaning", n->kind ? n->kind->meaning : NULL);
	js_set_text(o, "source", n->kind ? n->kind->source : NULL);
	js_set_bool(o, "valid", setting_is_valid(n));
	return o;
}

static struct js *
problems_json(const struct agent_settings *s, enum agent_kind agent)
{
	struct js *list = js_array();

	for (size_t i = 0; i < s->problem_count; i++) {
		const struct setting_problem *p = &s->problems[i];
		struct js *o;

		if (s->files[p->file].agent != agent)
			continue;
		o = js_object();
		js_set_text(o, "path", s->files[p->file].path);
		js_set_uint(o, "line", (uint64_t)p->line);
		js_set_uint(o, "column", (uint64_t)p->column);
		js_set_text(o, "text", p->text);
		js_append(list, o);
	}
	return list;
}

static struct js *
agent_json(const struct agent_run *r, const struct agent_settings *s, enum agent_kind agent)
{
	struct js *o = js_object(), *settings = js_array(), *next = js_array();
	char **list;
	size_t count;

	js_set_text(o, "agent", agent_word(agent));
	js_set_text(o, "state", s->agents->list[agent].state);
	for (size_t i = 0; i < s->count; i++)
		if (s->list[i].agent == agent)
			js_append(settings, setting_json(r, s, &s->list[i]));
	js_set(o, "settings", settings);
	agent_next_start(s, agent, &list, &count);
	for (size_t i = 0; i < count; i++)
		js_append(next, js_text(list[i]));
	free_sentences(list, count);
	js_set(o, "next_start", next);
	js_set(o, "problems", problems_json(s, agent));
	return o;
}

static void
print_setting(const struct agent_run *r, const struct setting *n)
{
	CLEANUP_FREE char *name = text_escape(n->name, false);
	CLEANUP_FREE char *shown = setting_shown(n, r->secrets);
	CLEANUP_FREE char *value = text_escape(shown ? shown : "(not in the file)", false);

	printf("  %-48s %s%s%s%s\n", name, n->is_task ? "task, " : "", value,
	       setting_is_valid(n) ? "" : "   <- not a value that the agent knows",
	       n->twice ? "   <- there twice" : "");
}

static void
print_file(const struct agent_run *r, const struct agent_settings *s, size_t file)
{
	const struct setting_file *f = &s->files[file];
	CLEANUP_FREE char *path = text_escape(f->path, false);

	printf("\n%s%s\n", path, f->missing ? " is not there" : "");
	for (size_t i = 0; i < s->count; i++)
		if (s->list[i].file == file)
			print_setting(r, &s->list[i]);
	for (size_t i = 0; i < s->problem_count; i++) {
		const struct setting_problem *p = &s->problems[i];
		CLEANUP_FREE char *text = text_escape(p->text, false);

		if (p->file != file)
			continue;
		printf("  problem");
		if (p->line)
			printf(", line %d", p->line);
		if (p->column)
			printf(", column %d", p->column);
		printf(": %s\n", text);
	}
}

static void
print_agent(const struct agent_run *r, const struct agent_settings *s, enum agent_kind agent)
{
	const struct agent *a = &s->agents->list[agent];
	CLEANUP_FREE char *version = text_escape(a->version ? a->version : "", false);
	char **list;
	size_t count;

	printf("%s%s%s\n", agent_name(agent), *version ? " " : "", version);
	if (a->service)
		printf("  service %s, Start %" PRIu32 "\n", a->service, a->start);
	if (a->state)
		printf("  %s\n", a->state);
	for (size_t i = 0; i < s->file_count; i++)
		if (s->files[i].agent == agent)
			print_file(r, s, i);
	printf("\nAt the next start it would, by what stands here:\n");
	agent_next_start(s, agent, &list, &count);
	for (size_t i = 0; i < count; i++) {
		CLEANUP_FREE char *safe = text_escape(list[i], false);

		printf("  - %s\n", safe);
	}
	free_sentences(list, count);
}

/* The single settings that were asked for: with one only its value. */
static int
show_some(struct agent_run *r, struct agent_settings *s, struct error *err)
{
	const char *const *keys = r->arguments + 2;

	for (size_t i = 0; keys[i]; i++) {
		const struct setting *n = agent_settings_find(s, keys[i], err);
		CLEANUP_FREE char *shown = NULL;
		CLEANUP_FREE char *safe = NULL;

		if (!n)
			return -1;
		js_append(r->answer, setting_json(r, s, n));
		if (r->common.json)
			continue;
		shown = setting_shown(n, r->secrets);
		safe = shown ? text_escape(shown, true) : NULL;
		if (keys[1])
			print_setting(r, n);
		else if (safe)
			puts(safe);
		else
			return error_set(err, ERR_NOT_FOUND, "%s has no %s", s->files[n->file].path,
					 n->name);
	}
	return EXIT_DONE;
}

static int
show(struct agent_run *r, struct error *err)
{
	CLEANUP_SESSION struct session *session = NULL;
	CLEANUP_AGENT_SETTINGS struct agent_settings s = { 0 };
	struct session_options o;
	enum severity least;

	if (common_options(&r->common, r->arguments[0], &o, &least, err) < 0)
		return -1;
	o.no_checks = true;
	if (session_open(&o, r->report, &session, err) < 0 ||
	    session_agent_settings(session, &s, err) < 0)
		return -1;
	r->answer = js_array();
	if (r->arguments[2])
		return show_some(r, &s, err);
	for (int i = 0; i < AGENT_KINDS; i++) {
		if (!s.agents->list[i].installed)
			continue;
		js_append(r->answer, agent_json(r, &s, (enum agent_kind)i));
		if (!r->common.json)
			print_agent(r, &s, (enum agent_kind)i);
	}
	return EXIT_DONE;
}

/* ---- set ---- */

static int
set(struct agent_run *r, struct error *err)
{
	CLEANUP_SESSION struct session *s = NULL;
	struct session_options o;
	enum severity least;
	size_t count = 0;

	if (!r->arguments[2])
		return error_set(err, ERR_USAGE, "usage: resprep agent TARGET set KEY=VALUE …");
	if (r->common.proof)
		return error_set(err, ERR_USAGE,
				 "--read-only-proof is for what only reads, not for 'set'");
	if (common_options(&r->common, r->arguments[0], &o, &least, err) < 0)
		return -1;
	edits_options(&r->common, &o);
	o.no_checks = true;
	while (r->arguments[2 + count])
		count++;
	if (session_open(&o, r->report, &s, err) < 0 ||
	    session_set_agent(s, r->arguments + 2, count, err) < 0)
		return -1;
	return edits_finish(&r->common, r->report, s, err);
}

static int
run(int argc, char **argv)
{
	struct agent_run r = { .answer = NULL };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct report report = { .command = "agent" };
	bool shows, some;
	int code = 0;
	const struct option_spec specs[] = {
		{ "dry-run", OPTION_FLAG, NULL, "print what would change", &r.common.dry_run },
		{ "with-secrets", OPTION_FLAG, NULL, "show passwords that stand in clear text",
		  &r.secrets },
		COMMON_DISCARD(r.common),
		COMMON_PARTITION(r.common),
		COMMON_YES(r.common),
		COMMON_JOURNAL_DIR(r.common),
		COMMON_SANDBOX(r.common),
		COMMON_PROOF(r.common),
		COMMON_JSON(r.common),
		COMMON_STATS(r.common),
		OPTIONS_END,
	};
	int parsed = options_parse(&command_agent, specs, argc, argv, r.arguments, &err);

	if (parsed > 0)
		return EXIT_DONE;
	r.report = &report;
	shows = parsed == 0 && strcmp(r.arguments[1], "show") == 0;
	some = shows && r.arguments[2];
	if (shows)
		code = show(&r, &err);
	else if (parsed == 0 && strcmp(r.arguments[1], "set") == 0)
		code = set(&r, &err);
	else if (parsed == 0)
		error_set(&err, ERR_USAGE, "agent has no verb '%s' (show, set)", r.arguments[1]);
	code = run_finish_with(&r.common, &report, SEVERITY_NOTE, &err, code,
			       r.answer ? some ? "agent_settings" : "agents" : NULL, r.answer);
	common_clear(&r.common);
	return code;
}

const struct command command_agent = {
	.name = "agent",
	.arguments = "TARGET VERB [KEY[=VALUE] …]",
	.summary = "show and change the settings of EC2Config and EC2Launch",
	.text = "Verbs:\n"
		"  show [KEY …]        all settings and what the agent would do at the next start\n"
		"  set KEY=VALUE …     change settings, several files in one transaction\n"
		"A KEY is a name that 'show' prints, or its end: Ec2SetPassword, Switches, adminPasswordType,\n"
		"preReady.setAdminAccount.password.type.  Case does not matter.",
	.least = 2,
	.most = 2 + MOST_WORDS,
	.run = run,
};
