/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings and what is wrong with them, as they are shown to people. */
#include <string.h>

#include "ec2/settings-private.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/secrets.h"
#include "util/text.h"
#include "util/utf16.h"

/* Whether a part of the name says that a password is there: of "a.password.data", not of "a.password.type". */
static bool
has_secret_name(const char *name)
{
	const char *last = strrchr(name, '.');

	if (last && name_equal(last, ".type"))
		return false;
	for (const char *p = name; *p; p += strcspn(p, "."), p += *p == '.') {
		CLEANUP_FREE char *line = xasprintf("%.*s: x", (int)strcspn(p, "."), p);
		CLEANUP_FREE char *masked = NULL;
		size_t count;

		masked = secrets_mask(line, &count);
		if (count)
			return true;
	}
	return false;
}

/* "adminPasswordType", "setAdminAccount.password.type": what it has instead of one of its values may be the password itself. */
static bool
is_beside_secret(const struct setting *n)
{
	return n->kind->type == SETTING_CHOICE && strchr(n->name, '.') &&
	       (name_ends_with(n->name, ".password.type") ||
		name_ends_with(n->name, ".adminPasswordType"));
}

char *
setting_shown(const struct setting *n, bool secrets)
{
	bool known = n->kind && n->kind->type != SETTING_FIXED;
	size_t count;

	if (!n->value || !*n->value || n->null || secrets)
		return n->value ? xstrdup(n->value) : NULL;
	if (n->secret)
		return xstrdup(SECRET_MASK);
	if (known ? n->kind->secret || (is_beside_secret(n) && !setting_is_valid(n)) :
		    has_secret_name(n->name))
		return xstrdup(SECRET_MASK);
	return secrets_mask(n->value, &count);
}

char *
setting_problem_text(const struct agent_settings *s, const struct setting_problem *p)
{
	const char *path = s->files[p->file].path;

	/* what volume/ says names the file already */
	if (!p->line && strstr(p->text, path))
		return xstrdup(p->text);
	if (!p->line)
		return xasprintf("%s: %s", path, p->text);
	if (!p->column)
		return xasprintf("%s, line %d: %s", path, p->line, p->text);
	return xasprintf("%s, line %d, column %d: %s", path, p->line, p->column, p->text);
}

static const struct setting_problem *
problem_of(const struct agent_settings *s, enum setting_problem_kind kind, enum agent_kind agent,
	   const char *file)
{
	for (size_t i = 0; i < s->problem_count; i++) {
		const struct setting_problem *p = &s->problems[i];
		const struct setting_file *f = &s->files[p->file];

		if (p->kind == kind && f->agent == agent && strcmp(f->name, file) == 0)
			return p;
	}
	return NULL;
}

const struct setting_problem *
agent_file_unreadable(const struct agent_settings *s, enum agent_kind agent, const char *file)
{
	return problem_of(s, SETTING_UNREADABLE, agent, file);
}

const struct setting_file *
agent_file(const struct agent_settings *s, enum agent_kind agent, const char *file)
{
	for (size_t i = 0; i < s->file_count; i++)
		if (s->files[i].agent == agent && strcmp(s->files[i].name, file) == 0)
			return &s->files[i];
	return NULL;
}

const struct setting_problem *
agent_file_given_up(const struct agent_settings *s, enum agent_kind agent, const char *file)
{
	const struct setting_file *f = agent_file(s, agent, file);

	/* AWS' Get-LaunchConfig.ps1 takes its defaults when it cannot convert the file */
	return agent == AGENT_EC2LAUNCH && f && f->malformed ?
		       agent_file_unreadable(s, agent, file) :
		       problem_of(s, SETTING_REJECTED, agent, file);
}

const struct setting *
agent_password_type(const struct agent_settings *s, bool *ret_several)
{
	static const char task[] = "preReady.setAdminAccount";

	*ret_several = false;
	for (size_t i = 0; i < s->count; i++) {
		const struct setting *n = &s->list[i];

		/* of several each has a number */
		if (n->is_task && n->agent == AGENT_EC2LAUNCH2 &&
		    strncmp(n->name, task, strlen(task)) == 0 && n->name[strlen(task)] == '.')
			*ret_several = true;
	}
	return settings_get(s, AGENT_EC2LAUNCH2, "preReady.setAdminAccount.password.type");
}
