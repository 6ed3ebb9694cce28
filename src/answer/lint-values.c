/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The part of lint about single settings: whether the table knows them in this pass and Windows, whether Windows takes their values, passwords
 * that can be read, and the files that commands name and that are not on this volume.
 */
#include <stdlib.h>
#include <string.h>

#include "answer/hidden.h"
#include "answer/lint-private.h"
#include "answer/scrub.h"
#include "answer/unattend.h"
#include "answer/xml.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"

static const struct answer_component *
component_of(struct lint *l, const struct answer_setting *s)
{
	return &l->answer->components[s->component];
}

/* ---- against the table ---- */

static void
lint_pass_of(struct lint *l, const struct answer_setting *s)
{
	const struct answer_component *c = component_of(l, s);
	unsigned passes = known_passes(c->known, s->known);
	CLEANUP_FREE char *text = known_passes_text(passes);

	/* of the component's own passes it is told once, with the component */
	if (c->pass_known && !(passes & 1u << c->pass) && c->known->passes & 1u << c->pass)
		lint_setting(l, s, LINT_WARNING, "pass", "Windows takes it in %s, not in %s", text,
			     pass_name(c->pass));
}

static void
lint_version_of(struct lint *l, const struct answer_setting *s)
{
	unsigned build = l->context->build;

	if (!build)
		return;
	if (s->known->since && build < s->known->since)
		lint_setting(l, s, LINT_WARNING, "version",
			     "Windows has it from build %u on, and this is build %u",
			     s->known->since, build);
	else if (s->known->until && build > s->known->until)
		lint_setting(l, s, LINT_WARNING, "version",
			     "Windows has it up to build %u, and this is build %u", s->known->until,
			     build);
}

/* A file that an agent fills in before Sysprep may have gaps. */
static bool
is_gap(struct lint *l, const struct answer_setting *s)
{
	return !*s->value && l->context->filled &&
	       (s->known->type == KNOWN_LOCALE || s->known->type == KNOWN_COMMAND);
}

static void
lint_value(struct lint *l, const struct answer_setting *s)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;

	if (strcmp(s->value, ANSWER_DELETED) == 0)
		return;
	if (is_gap(l, s)) {
		lint_setting(l, s, LINT_NOTE, "empty",
			     "empty; the agent fills it in before Sysprep");
		return;
	}
	if (s->known->type == KNOWN_TIME_ZONE && *s->value && l->context->time_zone &&
	    l->context->time_zone(l->context->ctx, s->value) == 0)
		lint_setting(
			l, s, LINT_ERROR, "value",
			"this Windows knows no time zone '%.80s'; it wants the name of a key below "
			"Time Zones, which is English",
			s->value);
	if (known_check(s->known, s->value, &err) == 0)
		return;
	if (s->secret) {
		CLEANUP_FREE char *wanted = known_values_text(s->known);

		/* the message would show it */
		lint_setting(l, s, LINT_ERROR, "value", "it is not what Windows takes: %s", wanted);
		return;
	}
	lint_setting(l, s, LINT_ERROR, "value", "%s", err.message);
}

/* ---- passwords ---- */

#define NEIGHBOURS 8

/* The value of a setting beside this one: "…/Password/PlainText" of "…/Password/Value"; they stand close together. */
static const char *
beside(struct lint *l, const struct answer_setting *s, const char *name)
{
	const char *end = strrchr(s->path, '/');
	size_t n = end ? (size_t)(end - s->path) + 1 : 0;

	for (int step = -NEIGHBOURS; step <= NEIGHBOURS; step++) {
		size_t at = (size_t)(s - l->answer->settings);
		const struct answer_setting *t;

		if ((step < 0 && at < (size_t)-step) ||
		    (step > 0 && l->answer->setting_count - at <= (size_t)step))
			continue;
		t = s + step;
		if (t->component == s->component && strncmp(t->path, s->path, n) == 0 &&
		    strcmp(t->path + n, name) == 0)
			return t->value;
	}
	return NULL;
}

/* Whether the password is encoded, whatever is said of it beside it. */
static bool
lint_encoding(struct lint *l, const struct answer_setting *s)
{
	const struct xml *x = l->answer->xml;
	const char *plain = beside(l, s, "PlainText");
	const char *element = xml_name(x, xml_parent(x, s->element));
	bool hidden = plain && hidden_is(s->value, element);

	if (plain && unattend_bool(plain) == 0 && !hidden)
		lint_setting(
			l, s, LINT_ERROR, "value",
			"PlainText is false, and the value is not what that wants, Base64 of UTF-16 that "
			"ends in '%s': Windows would make another password of it",
			element);
	else if (plain && unattend_bool(plain) == 1 && hidden)
		lint_setting(
			l, s, LINT_ERROR, "value",
			"the password is encoded, and PlainText is true: Windows would take the "
			"encoded text for the password");
	return hidden;
}

static void
lint_password(struct lint *l, const struct answer_setting *s)
{
	const struct answer_component *c = component_of(l, s);
	struct lint_problem *p;

	if (strcmp(s->value, ANSWER_DELETED) == 0) {
		if (!c->processed)
			lint_setting(
				l, s, LINT_ERROR, "deleted",
				"the password was removed by Windows, and the pass is not marked as "
				"processed: Windows would take the mark for the password");
		return;
	}
	if (!*s->value)
		return;
	if (lint_encoding(l, s))
		lint_setting(
			l, s, LINT_WARNING, "hidden-password",
			"the password is only encoded (Base64), and can be read by everybody who "
			"reads the file");
	else
		lint_setting(l, s, LINT_WARNING, "clear-password",
			     "the password stands there in clear text");
	/* that the pass is over makes it no better */
	p = l->out->count ? &l->out->list[l->out->count - 1] : NULL;
	if (p && strstr(p->code, "password"))
		p->severity = LINT_WARNING;
}

void
lint_values(struct lint *l)
{
	for (size_t i = 0; i < l->answer->setting_count; i++) {
		const struct answer_setting *s = &l->answer->settings[i];
		const struct answer_component *c = component_of(l, s);

		if (answer_is_password(s->plain))
			lint_password(l, s);
		if (s->known && s->known->type != KNOWN_LIST) {
			lint_pass_of(l, s);
			lint_version_of(l, s);
			lint_value(l, s);
		} else if (c->known && !s->known && strcmp(s->value, ANSWER_DELETED) != 0 &&
			   !known_part(c->known, s->plain)) {
			const char *up = strrchr(s->plain, '/');
			CLEANUP_FREE char *parent =
				up ? xstrndup(s->plain, (size_t)(up - s->plain)) : xstrdup("");
			const struct known_setting *list = known_setting(c->known, parent);

			/* the members of a list of plain values have any name */
			if (!list || list->type != KNOWN_LIST)
				lint_setting(l, s, LINT_NOTE, "unknown", "it is not known here");
		}
	}
}

/* ---- files that commands name ---- */

#define WORD_LIMIT 512

/* The next word of a command line, without its quotes; false at the end. */
static bool
next_word(const char **p, char *word)
{
	size_t n = 0;
	bool quoted = false;

	*p += strspn(*p, " \t");
	if (!**p)
		return false;
	for (; **p && (quoted || !strchr(" \t", **p)); ++*p) {
		if (**p == '"')
			quoted = !quoted;
		else if (n + 1 < WORD_LIMIT)
			word[n++] = **p;
	}
	word[n] = '\0';
	return true;
}

/* "C:\…\x.cmd", "%SystemRoot%\x.exe": a file that should be there. */
static bool
names_a_file(const char *word)
{
	static const char *const ends[] = { ".exe", ".cmd", ".bat", ".ps1", ".vbs", ".js",
					    ".wsf", ".msi", ".reg", ".xml", ".com", ".inf" };

	if (!(word[0] && word[1] == ':' && (word[2] == '\\' || word[2] == '/')) &&
	    !name_starts_with(word, "%SystemRoot%\\") && !name_starts_with(word, "%WinDir%\\") &&
	    !name_starts_with(word, "%SystemDrive%\\"))
		return false;
	/* another variable within it, or a wildcard: nobody knows */
	if (strpbrk(word + 1, "*?|<>") || (word[0] != '%' && strchr(word, '%')))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (name_ends_with(word, ends[i]))
			return true;
	return false;
}

static void
lint_file_of(struct lint *l, const struct answer_setting *s, const char *path)
{
	if (l->context->exists && l->context->exists(l->context->ctx, path) == 0)
		lint_setting(l, s, LINT_WARNING, "path", "'%s' is not on this volume", path);
}

void
lint_commands(struct lint *l)
{
	for (size_t i = 0; i < l->answer->setting_count; i++) {
		const struct answer_setting *s = &l->answer->settings[i];
		const struct answer_component *c = component_of(l, s);
		char word[WORD_LIMIT];
		const char *p = s->value;

		if (!s->known || (c->pass_known && c->pass == PASS_WINDOWS_PE))
			continue;
		if (s->known->type == KNOWN_PATH && strlen(s->value) < WORD_LIMIT && s->value[0] &&
		    s->value[1] == ':')
			lint_file_of(l, s, s->value);
		if (s->known->type != KNOWN_COMMAND)
			continue;
		if (answer_command_has_password(s->value))
			lint_setting(l, s, LINT_WARNING, "clear-password",
				     "the command names a password in clear text");
		while (next_word(&p, word))
			if (names_a_file(word))
				lint_file_of(l, s, word);
	}
}
