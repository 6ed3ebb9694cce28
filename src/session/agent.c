/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings of launch agents that a person asks for; see agent.h. */
#include <stdlib.h>
#include <string.h>

#include "check/edit.h"
#include "check/subject.h"
#include "ec2/password.h"
#include "ec2/settings.h"
#include "session/agent.h"
#include "session/session-private.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "volume/volume.h"

#define CHECK "agent"

int
session_agent_settings(struct session *s, struct agent_settings *ret, struct error *err)
{
	const struct agents *agents = subject_agents(s->subject, err);

	*ret = (struct agent_settings){ 0 };
	if (!agents)
		return -1;
	if (!agents->installed)
		return error_set(err, ERR_NOT_FOUND,
				 "'%s' has no launch agent (EC2Config, EC2Launch v1, EC2Launch v2)",
				 s->options.target);
	return agent_settings_read(s->windows, agents, ret, err);
}

/* A file that somebody has marked read-only is meant to stay. */
static int
check_attributes(struct session *s, const char *path, struct error *err)
{
	struct file_stat st;

	if (volume_stat(subject_volume(s->subject), path, &st, err) < 0)
		return -1;
	if (st.attributes & FILE_ATTR_MASK_READONLY)
		return error_set(err, ERR_ACCESS, "'%s' is marked read-only; nothing is changed",
				 path);
	return 0;
}

static int
write_files(struct session *s, const struct agent_settings *settings, struct error *err)
{
	for (size_t i = 0; i < settings->file_count; i++) {
		const struct setting_file *f = &settings->files[i];

		if (!f->words)
			continue;
		if (check_attributes(s, f->path, err) < 0 ||
		    edit_replace_file_noting(s->subject, CHECK, f->path, f->bytes, f->len, f->words,
					     err) < 0)
			return -1;
	}
	return 0;
}

static int
set_all(struct agent_settings *settings, const char *const *assignments, size_t count,
	struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		const char *equals = strchr(assignments[i], '=');
		CLEANUP_FREE char *key = NULL;

		if (!equals || equals == assignments[i])
			return error_set(err, ERR_USAGE, "'%s' is no KEY=VALUE", assignments[i]);
		key = xstrndup(assignments[i], (size_t)(equals - assignments[i]));
		if (agent_settings_set(settings, key, equals + 1, err) < 0)
			return -1;
	}
	return 0;
}

/* The settings as they are now on the overlay are those that were meant. */
static int
prove(struct session *s, const struct agent_settings *meant, struct error *err)
{
	CLEANUP_AGENT_SETTINGS struct agent_settings now = { 0 };

	if (session_agent_settings(s, &now, err) < 0)
		return -1;
	for (size_t i = 0; i < meant->count; i++) {
		const char *a = meant->list[i].value;
		const char *b = i < now.count ? now.list[i].value : NULL;

		if (now.count != meant->count ||
		    strcmp(meant->list[i].name, now.list[i].name) != 0 || !a != !b ||
		    (a && strcmp(a, b) != 0))
			return error_set(
				err, ERR_INTERNAL,
				"%s would not read back as it was set; nothing was written",
				meant->list[i].name);
	}
	return 0;
}

/* What was edited becomes the session's plan, or nothing does; `got` is how the edits went. */
static int
seal(struct session *s, const char *command, int got, struct error *err)
{
	CLEANUP_FINDINGS struct findings none = { 0 };

	if (got == 0 && s->report->changes.count)
		got = session_may_edit(s, err);
	if (got == 0 && s->report->changes.count)
		got = session_seal(s, command, &none, err);
	return got;
}

int
session_set_agent(struct session *s, const char *const *assignments, size_t count,
		  struct error *err)
{
	CLEANUP_AGENT_SETTINGS struct agent_settings settings = { 0 };
	int got = session_agent_settings(s, &settings, err);

	if (got == 0)
		got = set_all(&settings, assignments, count, err);
	if (got == 0)
		got = write_files(s, &settings, err);
	got = seal(s, "agent set", got, err);
	if (got == 0 && s->report->changes.count)
		got = prove(s, &settings, err);
	if (got < 0)
		change_list_clear(&s->report->changes);
	return got;
}

int
session_plan_password(struct session *s, struct password_plan *ret, struct error *err)
{
	CLEANUP_AGENT_SETTINGS struct agent_settings settings = { 0 };

	*ret = (struct password_plan){ 0 };
	return session_agent_settings(s, &settings, err) < 0 ?
		       -1 :
		       password_plan(s->windows, &settings, ret, err);
}

static int
edit_for_password(struct session *s, const struct password_plan *p, struct error *err)
{
	CLEANUP_AGENT_SETTINGS struct agent_settings settings = { 0 };
	CLEANUP_FREE char *assignment = NULL;
	const char *list[1];

	if (p->remove)
		return edit_remove_file(s->subject, CHECK, p->remove, err);
	if (!p->key)
		return 0;
	assignment = xasprintf("%s=%s", p->key, p->value);
	list[0] = assignment;
	if (session_agent_settings(s, &settings, err) < 0 || set_all(&settings, list, 1, err) < 0)
		return -1;
	return write_files(s, &settings, err);
}

/* The same question again: now there is nothing left to do. */
static int
prove_password(struct session *s, struct error *err)
{
	CLEANUP_PASSWORD_PLAN struct password_plan now = { 0 };

	if (session_plan_password(s, &now, err) < 0)
		return -1;
	return now.key || now.remove ?
		       error_set(err, ERR_INTERNAL,
				 "the agent would still not set a password; nothing was written") :
		       0;
}

int
session_set_password(struct session *s, bool force, struct error *err)
{
	CLEANUP_PASSWORD_PLAN struct password_plan p = { 0 };
	int got = session_plan_password(s, &p, err);

	if (got == 0 && p.refused && !(p.forceable && force))
		return error_set(err, ERR_REFUSED, "%s%s", p.refused,
				 p.forceable ? "; to do it all the same, add --force" : "");
	if (got == 0)
		got = edit_for_password(s, &p, err);
	got = seal(s, "password", got, err);
	if (got == 0 && s->report->changes.count)
		got = prove_password(s, err);
	if (got < 0)
		change_list_clear(&s->report->changes);
	return got;
}
