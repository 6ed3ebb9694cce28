/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings files opened, settings found by name and set; see settings.h. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "answer/encoded.h"
#include "answer/tree.h"
#include "answer/xml-value.h"
#include "answer/xml.h"
#include "ec2/settings-private.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "util/utf16.h"
#include "volume/volume.h"
#include "windows/windows.h"

#define FILE_LIMIT   (1u << 20)
#define MAX_ELEMENTS 2048u /* far above every settings file; look-ups are quadratic in it */

/* ---- building ---- */

struct setting *
settings_add(struct agent_settings *s, const struct setting_kind *kind, size_t file, char *name,
	     char *value)
{
	ARRAY_GROW(s->list, s->count);
	s->list[s->count] = (struct setting){ .kind = kind,
					      .agent = s->files[file].agent,
					      .name = name,
					      .value = value,
					      .file = file };
	return &s->list[s->count++];
}

void
settings_problem(struct agent_settings *s, enum setting_problem_kind kind, size_t file, int line,
		 int column, const char *subject, const char *fmt, ...)
{
	struct setting_problem *p;
	va_list ap;

	ARRAY_GROW(s->problems, s->problem_count);
	p = &s->problems[s->problem_count++];
	*p = (struct setting_problem){ .kind = kind,
				       .file = file,
				       .line = line,
				       .column = column,
				       .subject = xstrdup(subject) };
	va_start(ap, fmt);
	p->text = xvasprintf(fmt, ap);
	va_end(ap);
}

static bool
is_xml(const struct setting_file *f)
{
	return name_ends_with(f->name, ".xml");
}

static void
close_file(struct setting_file *f)
{
	xml_close(f->xml);
	tree_close(f->tree);
	f->xml = NULL;
	f->tree = NULL;
}

static void
unreadable(struct agent_settings *s, size_t file, const struct error *err)
{
	int line, column;
	const char *what = encoded_place_of(err->message, &line, &column);

	settings_problem(s, SETTING_UNREADABLE, file, line, column, s->files[file].name, "%s",
			 what);
}

/* Parses what is in memory and lists the settings. */
static void
list_file(struct agent_settings *s, size_t file)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct setting_file *f = &s->files[file];

	close_file(f);
	if (is_xml(f))
		f->xml = xml_open(f->bytes, f->len, &err);
	else if (name_ends_with(f->name, ".yml"))
		f->tree = tree_open_yaml(f->bytes, f->len, &err);
	else
		f->tree = tree_open_json(f->bytes, f->len, &err);
	if (f->xml && xml_refuse_doctype(f->xml, &err) == 0 && xml_count(f->xml) > MAX_ELEMENTS)
		error_set(&err, ERR_LIMIT, "the file has more elements than any settings file");
	f->malformed = err.code == ERR_CORRUPT;
	if (err.code != ERR_NONE) {
		unreadable(s, file, &err);
		close_file(f);
	} else if (f->xml) {
		settings_list_xml(s, file);
	} else if (f->agent == AGENT_EC2LAUNCH2) {
		if (name_ends_with(f->name, ".yml"))
			settings_list_tasks(s, file);
		else
			settings_list_state(s, file);
	} else {
		settings_list_json(s, file);
	}
}

/* A value that is not one of the known ones; JSON's required keys have said so already. */
static void
judge_values(struct agent_settings *s)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct setting *n = &s->list[i];
		CLEANUP_FREE char *shown = NULL;

		if (!n->kind || !n->value || n->kind->required || setting_is_valid(n))
			continue;
		shown = setting_shown(n, false);
		settings_problem(s, SETTING_BAD_VALUE, n->file, n->line, n->column, n->name,
				 "%s is '%s', not %s", n->name, shown,
				 n->kind->type == SETTING_NUMBER ? "a number" :
				 n->kind->type == SETTING_LETTER ? "a drive letter" :
								   n->kind->values);
	}
}

/* The three properties that EC2Config asks for before Sysprep; a script in circulation writes plug-ins there instead. */
static void
judge_bundle(struct agent_settings *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->list[i].kind && !s->list[i].value &&
		    name_starts_with(s->list[i].name, "BundleConfig.") &&
		    s->list[i].kind->type == SETTING_CHOICE)
			settings_problem(s, SETTING_INCOMPLETE, s->list[i].file, 0, 0,
					 s->list[i].name, "BundleConfig.xml has no property %s",
					 s->list[i].name + strlen("BundleConfig."));
}

static void
relist(struct agent_settings *s)
{
	for (size_t i = 0; i < s->count; i++) {
		free(s->list[i].name);
		free(s->list[i].value);
	}
	s->count = 0;
	for (size_t i = 0; i < s->problem_count; i++) {
		free(s->problems[i].subject);
		free(s->problems[i].text);
	}
	s->problem_count = 0;
	for (size_t i = 0; i < s->file_count; i++)
		if (s->files[i].bytes)
			list_file(s, i);
		else if (!s->files[i].missing)
			settings_problem(s, SETTING_UNREADABLE, i, 0, 0, s->files[i].name, "%s",
					 s->files[i].unread);
	judge_values(s);
	judge_bundle(s);
}

static int
add_file(struct windows *w, const struct agent *a, enum agent_kind kind, const char *name,
	 struct agent_settings *s, struct error *err)
{
	CLEANUP_FREE char *path = xasprintf("%s/%s", a->data, name);
	struct setting_file *f;

	ARRAY_GROW(s->files, s->file_count);
	f = &s->files[s->file_count++];
	*f = (struct setting_file){ .agent = kind, .name = name };
	f->path = volume_real_path(windows_volume(w), path, err);
	if (f->path)
		f->bytes = volume_read_file(windows_volume(w), f->path, FILE_LIMIT, &f->len, err);
	else
		f->path = xstrdup(path);
	if (f->bytes)
		return 0;
	if (err->code == ERR_INTERRUPTED)
		return -1;
	f->missing = err->code == ERR_NOT_FOUND;
	f->unread = xstrdup(err->message);
	error_clear(err);
	return 0;
}

int
agent_settings_read(struct windows *w, const struct agents *agents, struct agent_settings *ret,
		    struct error *err)
{
	*ret = (struct agent_settings){ .agents = agents };
	for (size_t i = 0; i < setting_kind_count; i++) {
		const struct setting_kind *k = &setting_kinds[i];
		const struct agent *a = &agents->list[k->agent];

		/* rows of a file stand together */
		if (!a->installed || !a->data || (i && setting_kinds[i - 1].file == k->file) ||
		    (i && strcmp(setting_kinds[i - 1].file, k->file) == 0))
			continue;
		if (add_file(w, a, k->agent, k->file, ret, err) < 0) {
			agent_settings_clear(ret);
			return -1;
		}
	}
	relist(ret);
	return 0;
}

void
agent_settings_clear(struct agent_settings *s)
{
	for (size_t i = 0; i < s->file_count; i++) {
		close_file(&s->files[i]);
		free(s->files[i].path);
		free(s->files[i].bytes);
		free(s->files[i].unread);
		free(s->files[i].words);
	}
	free(s->files);
	for (size_t i = 0; i < s->count; i++) {
		free(s->list[i].name);
		free(s->list[i].value);
	}
	free(s->list);
	for (size_t i = 0; i < s->problem_count; i++) {
		free(s->problems[i].subject);
		free(s->problems[i].text);
	}
	free(s->problems);
	*s = (struct agent_settings){ 0 };
}

/* ---- finding ---- */

/* EC2Launch v2 takes names as they are documented; EC2Config's files and documents differ in case, and PowerShell does not regard it. */
bool
settings_same_name(enum agent_kind agent, const char *one, const char *other)
{
	return agent == AGENT_EC2LAUNCH2 ? strcmp(one, other) == 0 : name_equal(one, other);
}

const struct setting *
settings_get(const struct agent_settings *s, enum agent_kind agent, const char *name)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->list[i].agent == agent && s->list[i].value && !s->list[i].is_task &&
		    settings_same_name(agent, s->list[i].name, name))
			return &s->list[i];
	return NULL;
}

/* 2: the whole name (also with its agent before it); 1: its end. */
static int
how_named(const struct setting *n, const char *key)
{
	CLEANUP_FREE char *full = xasprintf("%s:%s", agent_word(n->agent), n->name);
	CLEANUP_FREE char *end = xasprintf(".%s", key);

	if (name_equal(key, n->name) || name_equal(key, full))
		return 2;
	return name_ends_with(n->name, end);
}

static void
name_all(const struct agent_settings *s, const char *key, int how, struct text *out)
{
	for (size_t i = 0; i < s->count; i++)
		if (!s->list[i].is_task && (!key || how_named(&s->list[i], key) == how))
			text_addf(out, "\n  %s:%s", agent_word(s->list[i].agent), s->list[i].name);
}

/* "Sysprep.2.Switches", "setAdminAccount.#.name": without numbers. */
static char *
without_numbers(const char *name)
{
	struct text out = TEXT_INIT;

	for (const char *p = name; *p; p += strcspn(p, "."), p += *p == '.') {
		size_t n = strcspn(p, ".");

		if (n && strspn(p, "#0123456789") < n)
			text_addf(&out, ".%.*s", (int)n, p);
	}
	return text_steal(&out);
}

/* Whether the table has a setting of that file which `key` could name. */
static bool
file_may_hold(const struct setting_file *f, const char *key)
{
	const char *colon = strchr(key, ':');
	CLEANUP_FREE char *wanted = without_numbers(colon ? colon + 1 : key);

	for (size_t i = 0; i < setting_kind_count; i++) {
		const struct setting_kind *k = &setting_kinds[i];
		CLEANUP_FREE char *name = NULL;

		if (k->agent != f->agent || strcmp(k->file, f->name) != 0)
			continue;
		name = without_numbers(k->name);
		if (*wanted && (name_ends_with(name, wanted) || name_ends_with(wanted, name)))
			return true;
	}
	return false;
}

/* The file that cannot be read, or is given up, and in which the setting would be. */
static const struct setting_problem *
hidden_by(const struct agent_settings *s, const char *key, bool any)
{
	for (size_t i = 0; i < s->problem_count; i++) {
		const struct setting_problem *p = &s->problems[i];

		if ((p->kind == SETTING_UNREADABLE || (any && p->kind == SETTING_REJECTED)) &&
		    (any || file_may_hold(&s->files[p->file], key)))
			return p;
	}
	return NULL;
}

struct setting *
agent_settings_find(struct agent_settings *s, const char *key, struct error *err)
{
	CLEANUP_TEXT struct text names = TEXT_INIT;
	const struct setting_problem *hidden;
	struct setting *found = NULL;
	size_t count[3] = { 0 };
	int how;

	for (size_t i = 0; i < s->count; i++)
		count[s->list[i].is_task ? 0 : how_named(&s->list[i], key)]++;
	how = count[2] ? 2 : 1;
	hidden = count[2] ? NULL : hidden_by(s, key, false);
	if (!hidden && !count[1] && !count[2])
		hidden = hidden_by(s, key, true);
	if (hidden) {
		CLEANUP_FREE char *what = setting_problem_text(s, hidden);

		error_set(err, ERR_CORRUPT, "%s; so '%s' cannot be told, and nothing is changed",
			  what, key);
		return NULL;
	}
	for (size_t i = 0; i < s->count; i++)
		if (!s->list[i].is_task && how_named(&s->list[i], key) == how)
			found = &s->list[i];
	if (count[how] == 1)
		return found;
	name_all(s, count[how] ? key : NULL, how, &names);
	error_set(err, ERR_USAGE,
		  count[how] ? "'%s' could be any of:%s" : "there is no setting '%s'; there are:%s",
		  key, names.len ? text_str(&names) : " none");
	return NULL;
}

/* ---- values ---- */

/* The known value that `text` spells, whatever its case; NULL when it is none. */
static char *
choose(const char *values, const char *text)
{
	for (const char *p = values; p; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL) {
		CLEANUP_FREE char *one = xstrndup(p, strcspn(p, "|"));

		if (name_equal(one, text))
			return steal(&one);
	}
	return NULL;
}

static char *
letter(const char *text, bool colon)
{
	bool is = ((*text >= 'A' && *text <= 'Z') || (*text >= 'a' && *text <= 'z')) &&
		  (!text[1] || (text[1] == ':' && !text[2]));

	return is ? xasprintf("%c%s", *text & ~0x20, colon ? ":" : "") : NULL;
}

/* The value as the agent wants it; NULL when it is none. */
static char *
canonical(const struct setting_kind *k, const char *text)
{
	switch (k->type) {
	case SETTING_CHOICE:
	case SETTING_BOOL:
		return choose(k->values, text);
	case SETTING_NUMBER:
		return *text && strlen(text) < 10 && !text[strspn(text, "0123456789")] ?
			       xstrdup(text) :
			       NULL;
	case SETTING_LETTER:
		return letter(text, k->values);
	default:
		return xstrdup(text);
	}
}

/*
 * Whether the agent takes the words of a choice only as they are spelled: EC2Config's State and Yes or No (AWS' documents and scripts have no other), and
 * those of EC2Launch v2.  .NET reads true in any case, and PowerShell compares without regard to it.
 */
static bool
is_spelled(const struct setting_kind *k)
{
	return k->type == SETTING_BOOL ||
	       (k->type == SETTING_CHOICE &&
		(k->agent == AGENT_EC2LAUNCH2 || strcmp(k->values, SETTING_ON_OFF) == 0 ||
		 strcmp(k->values, SETTING_YES_NO) == 0));
}

bool
setting_is_valid(const struct setting *s)
{
	CLEANUP_FREE char *value = NULL;

	if (!s->kind || !s->value)
		return true;
	value = canonical(s->kind, s->value);
	if (!value || (is_spelled(s->kind) && strcmp(value, s->value) != 0))
		return false;
	/* of JSON and YAML a bool in quotes is none */
	return !(s->kind->type == SETTING_BOOL && s->quoted);
}

bool
setting_is(const struct setting *s, const char *value)
{
	return s && s->value && !s->twice && setting_is_valid(s) && name_equal(s->value, value);
}

/* ---- setting ---- */

static int
refuse_problem(const struct agent_settings *s, const struct setting_problem *p, struct error *err)
{
	CLEANUP_FREE char *what = setting_problem_text(s, p);

	return error_set(err, ERR_CORRUPT, "%s; nothing is changed", what);
}

static int
may_set(const struct agent_settings *s, const struct setting *n, struct error *err)
{
	const struct setting_file *f = &s->files[n->file];

	for (size_t i = 0; i < s->problem_count; i++) {
		const struct setting_problem *p = &s->problems[i];

		if (p->file == n->file &&
		    (p->kind == SETTING_UNREADABLE ||
		     (p->kind == SETTING_TWICE && name_equal(p->subject, n->name))))
			return refuse_problem(s, p, err);
	}
	if (!n->kind)
		return error_set(
			err, ERR_REFUSED,
			"%s, line %d, column %d: %s is not in AWS' documents; edit it by hand",
			f->path, n->line, n->column, n->name);
	if (n->kind->type == SETTING_FIXED)
		return error_set(err, ERR_REFUSED, "%s is kept by the agent itself", n->name);
	if (!n->value)
		return error_set(err, ERR_REFUSED,
				 "%s has no %s; only settings that are there are changed", f->path,
				 n->name);
	return 0;
}

static uint8_t *
replace(const struct setting_file *f, const struct setting *n, const char *value, size_t *ret_len,
	struct error *err)
{
	bool word = n->kind->type == SETTING_BOOL ||
		    (n->kind->type == SETTING_NUMBER && !n->quoted);

	return f->xml ? xml_set_value(f->xml, n->place, value, ret_len, err) :
			tree_replace(f->tree, n->place, word ? TREE_WORD : TREE_TEXT, value,
				     ret_len, err);
}

/* Adds "NAME: OLD -> NEW" to what was done in the file. */
static void
add_words(struct setting_file *f, const struct setting *n, char *value)
{
	const struct setting new = {
		.kind = n->kind, .name = n->name, .value = value, .secret = n->secret
	};
	CLEANUP_FREE char *from = setting_shown(n, false);
	CLEANUP_FREE char *to = setting_shown(&new, false);
	char *words = xasprintf("%s%s%s: %s -> %s", f->words ? f->words : "", f->words ? "; " : "",
				n->name, *from ? from : "(empty)", *to ? to : "(empty)");

	free(f->words);
	f->words = words;
}

int
agent_settings_set(struct agent_settings *s, const char *key, const char *value, struct error *err)
{
	struct setting *n = agent_settings_find(s, key, err);
	struct setting_file *f;
	CLEANUP_FREE char *wanted = NULL;
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t len;

	if (!n || may_set(s, n, err) < 0)
		return -1;
	f = &s->files[n->file];
	wanted = canonical(n->kind, value);
	if (!wanted)
		return error_set(err, ERR_USAGE, "%s takes %s, not '%s'", n->name,
				 n->kind->type == SETTING_NUMBER ? "a number" :
				 n->kind->type == SETTING_LETTER ? "a drive letter" :
								   n->kind->values,
				 value);
	if (strcmp(n->value, wanted) == 0 && setting_is_valid(n))
		return 0;
	bytes = replace(f, n, wanted, &len, err);
	if (!bytes)
		return error_prefix(err, "%s, %s", f->path, n->name);
	add_words(f, n, wanted);
	free(f->bytes);
	f->bytes = steal(&bytes);
	f->len = len;
	relist(s);
	return 0;
}
