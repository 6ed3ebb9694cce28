/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an agent would do at the next start of Windows, in words.  EC2Config: the plug-ins that are Enabled.  EC2Launch v1: what
 * LaunchConfig.json asks for, if its task is scheduled.  v2: its stages in their order; tasks of frequency "once" only without state/.run-once.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ec2/settings-private.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/utf16.h"

struct sentences {
	char **list;
	size_t count;
};

static void say(struct sentences *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void
say(struct sentences *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	ARRAY_GROW(s->list, s->count);
	s->list[s->count++] = xvasprintf(fmt, ap);
	va_end(ap);
}

static bool
is(const struct agent_settings *s, enum agent_kind agent, const char *name, const char *value)
{
	return setting_is(settings_get(s, agent, name), value);
}

/* Whether nothing can be told because the file cannot be read; then says so. */
static bool
is_unreadable(const struct agent_settings *s, enum agent_kind agent, const char *file,
	      struct sentences *out)
{
	const struct setting_problem *p = agent_file_unreadable(s, agent, file);
	CLEANUP_FREE char *what = p ? setting_problem_text(s, p) : NULL;

	if (p)
		say(out, "what it does cannot be told: %s", what);
	return p;
}

static bool
is_missing(const struct agent_settings *s, enum agent_kind agent, const char *file)
{
	const struct setting_file *f = agent_file(s, agent, file);

	return !f || f->missing;
}

/* What is on, by its table. */
static void
say_enabled(const struct agent_settings *s, enum agent_kind agent, struct sentences *out)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct setting *n = &s->list[i];

		if (n->agent == agent && n->kind && n->kind->does &&
		    (setting_is(n, "Enabled") || setting_is(n, "true")))
			say(out, "%s (%s)", n->kind->does, n->name);
	}
}

static bool
starts(const struct agent *a, struct sentences *out)
{
	if (!a->service)
		say(out, "nothing: it has no service");
	else if (a->start == 4)
		say(out, "nothing: its service %s is disabled", a->service);
	else if (a->start == 3)
		say(out, "nothing by itself: its service %s starts only when somebody starts it",
		    a->service);
	return a->service && a->start != 3 && a->start != 4;
}

static void
next_ec2config(const struct agent_settings *s, struct sentences *out)
{
	static const char file[] = "Settings/Config.xml";
	const struct setting *n = settings_get(s, AGENT_EC2CONFIG, "Config.Ec2SetPassword");

	if (!starts(&s->agents->list[AGENT_EC2CONFIG], out) ||
	    is_unreadable(s, AGENT_EC2CONFIG, file, out))
		return;
	if (is_missing(s, AGENT_EC2CONFIG, file)) {
		say(out, "what it does cannot be told: Config.xml is missing");
		return;
	}
	for (size_t i = 0; i < s->count; i++) {
		const struct setting *one = &s->list[i];

		if (one->agent != AGENT_EC2CONFIG || !name_starts_with(one->name, "Config."))
			continue;
		if (one->twice)
			say(out, "cannot be told: %s is there twice", one->name);
		else if (!setting_is_valid(one))
			say(out, "cannot be told: %s is '%s', not %s", one->name, one->value,
			    one->kind->values);
	}
	if (!n || setting_is(n, "Disabled"))
		say(out, "leaves Administrator's password as it is (Config.Ec2SetPassword)");
	say_enabled(s, AGENT_EC2CONFIG, out);
}

static void
next_ec2launch(const struct agent_settings *s, struct sentences *out)
{
	static const char type[] = "LaunchConfig.adminPasswordType";
	static const char file[] = "Config/LaunchConfig.json";
	const struct agent *a = &s->agents->list[AGENT_EC2LAUNCH];

	const struct setting_problem *bad = agent_file_given_up(s, AGENT_EC2LAUNCH, file);

	if (a->task_unsure) {
		say(out, "what it does is not certain: %s", a->state);
		return;
	}
	if (!a->task || !a->task_enabled) {
		say(out, "nothing: %s; none of its settings acts until it is scheduled", a->state);
		return;
	}
	if (bad || is_missing(s, AGENT_EC2LAUNCH, file)) {
		CLEANUP_FREE char *what = bad ? setting_problem_text(s, bad) :
						xstrdup("it is missing");

		say(out,
		    "uses its defaults instead of LaunchConfig.json, and sets a new random password for Administrator (%s)",
		    what);
		return;
	}
	if (is_unreadable(s, AGENT_EC2LAUNCH, file, out))
		return;
	if (is(s, AGENT_EC2LAUNCH, type, "DoNothing"))
		say(out, "leaves Administrator's password as it is (%s)", type);
	else
		say(out,
		    "sets %s for Administrator, and prints it to the console encrypted with the launch key pair (%s)",
		    is(s, AGENT_EC2LAUNCH, type, "Random") ?
			    "a new random password" :
			    "the password of adminPassword, or a random one if that is empty or too weak",
		    type);
	say_enabled(s, AGENT_EC2LAUNCH, out);
	if (!a->task_keeps)
		say(out, "disables its task again");
}

/* One more clause for the task whose inputs decide most. */
static const char *
password_clause(const struct agent_settings *s, const char *task)
{
	char *name = xasprintf("%s.password.type", task);
	const struct setting *n = settings_get(s, AGENT_EC2LAUNCH2, name);
	const char *type = n ? n->value : "";

	free(name);
	return strcmp(type, "random") == 0 ? ": a random one, encrypted with the launch key pair" :
	       strcmp(type, "static") == 0 ? ": the one in its data" :
	       strcmp(type, "doNothing") == 0 ? ": not, by its type doNothing" :
						"";
}

/* "2" of "postReady.executeScript.2.frequency", or "": of inputs that are no list, or a list of one. */
static size_t
item_number_len(const char *name, size_t task_len)
{
	size_t n = name[task_len] == '.' ? strspn(name + task_len + 1, "0123456789") : 0;

	return n && name[task_len + 1 + n] == '.' ? n : 0;
}

static bool
is_once(const struct setting *input)
{
	return input->kind && input->value && name_ends_with(input->kind->name, ".frequency") &&
	       strcmp(input->value, "once") == 0;
}

void
task_runs_once(const struct agent_settings *s, size_t task, char ***ret, size_t *ret_count,
	       bool *ret_all)
{
	const struct setting *t = &s->list[task];
	const char *before = NULL;
	struct sentences once = { 0 };
	size_t len = strlen(t->name), items = 0;

	/* a task's inputs stand behind it */
	for (size_t i = task + 1; i < s->count && !s->list[i].is_task && s->list[i].file == t->file;
	     i++) {
		const struct setting *n = &s->list[i];
		size_t digits = item_number_len(n->name, len);
		size_t own = digits ? len + 1 + digits : len;

		if (!before || strncmp(before, n->name, own + 1) != 0)
			items++;
		before = n->name;
		if (is_once(n))
			say(&once, "%.*s", (int)own, n->name);
	}
	*ret_all = strcmp(t->value, "once") == 0 ||
		   (strcmp(t->value, "own") == 0 && items && once.count >= items);
	if (*ret_all || strcmp(t->value, "own") != 0) {
		free_sentences(once.list, once.count);
		once = (struct sentences){ 0 };
	}
	if (*ret_all)
		say(&once, "%s", t->name);
	*ret = once.list;
	*ret_count = once.count;
}

/* "sets the administrator account's password", or that of the account that it names; the caller's. */
static char *
what_it_does(const struct agent_settings *s, const struct setting *task,
	     const struct task_kind *kind)
{
	CLEANUP_FREE char *name = xasprintf("%s.name", task->name);
	const struct setting *n = settings_get(s, AGENT_EC2LAUNCH2, name);

	if (strcmp(kind->name, "setAdminAccount") != 0 || !n || !*n->value || n->null)
		return xstrdup(kind->does);
	return xasprintf("sets the password of the account %s", n->value);
}

/* What of a task runs, and what does not because it has run. */
static void
say_task(const struct agent_settings *s, size_t task, const struct task_kind *kind, bool has_run,
	 struct sentences *out)
{
	const struct setting *n = &s->list[task];
	CLEANUP_FREE char *does = what_it_does(s, n, kind);
	char **once;
	size_t count;
	bool all;

	task_runs_once(s, task, &once, &count, &all);
	if (!has_run || !all)
		say(out, "%s%s (%s)", does,
		    strcmp(kind->name, "setAdminAccount") == 0 ? password_clause(s, n->name) : "",
		    n->name);
	for (size_t i = 0; has_run && i < count; i++)
		say(out, "skips what runs once and has run (%s)", once[i]);
	free_sentences(once, count);
}

static void
next_ec2launch2(const struct agent_settings *s, struct sentences *out)
{
	static const char file[] = "config/agent-config.yml";
	const struct agent *a = &s->agents->list[AGENT_EC2LAUNCH2];
	const struct setting_problem *bad = agent_file_given_up(s, AGENT_EC2LAUNCH2, file);

	if (!starts(a, out) || is_unreadable(s, AGENT_EC2LAUNCH2, file, out))
		return;
	if (bad || is_missing(s, AGENT_EC2LAUNCH2, file)) {
		say(out, "no task of agent-config.yml: %s", bad ? bad->text : "it is missing");
		return;
	}
	for (size_t i = 0; i < s->count; i++) {
		const struct setting *n = &s->list[i];
		const struct task_kind *kind = NULL;
		char *word;

		if (!n->is_task || n->agent != AGENT_EC2LAUNCH2)
			continue;
		word = xstrdup(strchr(n->name, '.') ? strchr(n->name, '.') + 1 : n->name);
		word[strcspn(word, ".")] = '\0';
		kind = task_kind_find(word);
		free(word);
		if (!kind)
			say(out, "runs a task that is not known here (%s)", n->name);
		else
			say_task(s, i, kind, a->run_once, out);
	}
	if (!a->run_once)
		say(out, "notes in state/.run-once that the tasks that run once have run");
}

void
agent_next_start(const struct agent_settings *s, enum agent_kind agent, char ***ret,
		 size_t *ret_count)
{
	struct sentences out = { 0 };

	if (agent == AGENT_EC2CONFIG)
		next_ec2config(s, &out);
	else if (agent == AGENT_EC2LAUNCH)
		next_ec2launch(s, &out);
	else
		next_ec2launch2(s, &out);
	*ret = out.list;
	*ret_count = out.count;
}

void
free_sentences(char **list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(list[i]);
	free(list);
}
