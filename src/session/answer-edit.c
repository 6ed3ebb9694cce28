/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answer files changed: which file is meant, what is said about it, the edits kept together a file. */
#include <stdlib.h>
#include <string.h>

#include "answer/scrub.h"
#include "answer/set.h"
#include "answer/spec.h"
#include "check/edit.h"
#include "check/subject.h"
#include "session/answer.h"
#include "session/session-private.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "util/utf16.h"
#include "volume/volume.h"

#define CHECK "answer"

void
answer_edit_clear(struct answer_edit *e)
{
	for (size_t i = 0; i < e->count; i++) {
		answer_open_file_clear(&e->edited[i].file);
		free(e->edited[i].words);
	}
	free(e->edited);
	answer_files_clear(&e->files);
	*e = (struct answer_edit){ 0 };
}

int
answer_edit_begin(struct answer_edit *e, struct error *err)
{
	return answer_list(e->session, &e->files, err);
}

/* ---- which file ---- */

/* The only file of the list for which `is` holds. */
static size_t
only_one(const struct answer_files *l, bool agents, size_t *count)
{
	size_t found = SIZE_MAX;

	*count = 0;
	for (size_t i = 0; i < l->count; i++) {
		if (agents ? !answer_place_is_agent(l->list[i].place) : !l->list[i].rank)
			continue;
		found = i;
		++*count;
	}
	return found;
}

static int
choose_file(const struct answer_edit *e, enum pass p, const char **ret, struct error *err)
{
	const struct answer_files *l = &e->files;
	CLEANUP_TEXT struct text all = TEXT_INIT;
	size_t agents, ranked, found;

	*ret = e->file;
	if (e->file)
		return 0;
	found = l->passes[p].due == DUE_YES ? l->passes[p].uses : SIZE_MAX;
	if (found == SIZE_MAX) {
		size_t agent = only_one(l, true, &agents), one = only_one(l, false, &ranked);

		if (agents == 1 && l->passes[p].due != DUE_YES)
			found = agent;
		else if (ranked == 1 && (agents == 0 || l->passes[p].due == DUE_YES))
			found = one;
	}
	if (found != SIZE_MAX) {
		*ret = l->list[found].path;
		return 0;
	}
	for (size_t i = 0; i < l->count; i++)
		text_addf(&all, "%s%s", i ? ", " : "", l->list[i].path);
	return l->count ? error_set(err, ERR_USAGE, "which file is meant? name it with --file: %s",
				    text_str(&all)) :
			  error_set(err, ERR_NOT_FOUND,
				    "'%s' has no answer file where Windows or an agent looks; name "
				    "one with --file",
				    e->session->options.target);
}

/* Said once a file. */
static void
warn_of_place(struct answer_edit *e, const struct answer_open_file *f)
{
	struct report *r = e->session->report;

	if (f->place == ANSWER_CACHED)
		report_warn(
			r,
			"%s is Setup's own copy: it acts only in passes that have not run, and the next Sysprep "
			"or Setup with an answer file replaces it; Microsoft advises against changing it",
			f->path);
	else if (f->place == ANSWER_COPY)
		report_warn(r, "neither Windows nor an agent looks for %s by itself", f->path);
	else if (f->number != SIZE_MAX && answer_place_is_agent(f->place))
		report_warn(r, "%s acts at the next Sysprep, not at the next boot", f->path);
}

static int
check_attributes(struct answer_edit *e, const char *path, struct error *err)
{
	struct file_stat st;

	if (volume_stat(subject_volume(e->session->subject), path, &st, err) < 0)
		return -1;
	if (st.attributes & FILE_ATTR_MASK_READONLY && !e->force)
		return error_set(err, ERR_REFUSED,
				 "%s is marked read-only; --force changes it all the same", path);
	return 0;
}

/* The file, as it is after the edits until now. */
static struct answer_edited *
open_edited(struct answer_edit *e, const char *name, struct error *err)
{
	struct answer_open_file f;

	if (answer_read(e->session, &e->files, name, &f, err) < 0)
		return NULL;
	for (size_t i = 0; i < e->count; i++)
		if (name_equal(e->edited[i].file.path, f.path)) {
			answer_open_file_clear(&f);
			return &e->edited[i];
		}
	answer_clear(&f.answer);
	ARRAY_GROW(e->edited, e->count);
	e->edited[e->count] = (struct answer_edited){ .file = f };
	warn_of_place(e, &f);
	return &e->edited[e->count++];
}

/* ---- set ---- */

static void
take_bytes(struct answer_edited *f, uint8_t *bytes, size_t len)
{
	free(f->file.bytes);
	f->file.bytes = bytes;
	f->file.len = len;
}

static void
add_words(struct answer_edited *f, char *words)
{
	char *all = f->words ? xasprintf("%s; %s", f->words, words) : xstrdup(words);

	free(f->words);
	free(words);
	f->words = all;
}

static void
warn_of_pass(struct answer_edit *e, const struct answer_edited *f, enum pass p, bool processed)
{
	struct report *r = e->session->report;

	if (processed)
		report_warn(
			r,
			"%s: pass %s is marked as processed there, so that Windows does not read "
			"it again",
			f->file.path, pass_name(p));
	if (e->files.passes[p].state == 1 && e->files.passes[p].due != DUE_NO)
		report_warn(
			r,
			"pass %s was begun and did not finish: Setup stops there before it reads "
			"the file, until UnattendPasses\\%s is 0 (check unattend-pass)",
			pass_name(p), pass_name(p));
}

/*
 * What the agent writes itself.  AWS: "Create an Amazon EC2 AMI using Windows Sysprep" (v2 writes the locale of HKU\.DEFAULT into its file); v1's
 * SysprepInstance.ps1 fills in the locales of the file that it ships, which are empty.  Once a file.
 */
static void
warn_of_locale(struct answer_edit *e, struct answer_edited *f, const struct answer_spec *spec)
{
	static const char *const locales[] = { "InputLocale", "SystemLocale", "UILanguage",
					       "UserLocale" };
	bool any = false;

	for (size_t i = 0; i < ARRAY_SIZE(locales); i++)
		any |= strcmp(spec->plain, locales[i]) == 0;
	if (!any || spec->pass != PASS_OOBE_SYSTEM || f->told_locale ||
	    !name_equal(spec->component, "Microsoft-Windows-International-Core"))
		return;
	if (f->file.place == ANSWER_EC2LAUNCH_V2)
		report_warn(
			e->session->report,
			"%s: EC2Launch v2 writes the locale of HKU\\.DEFAULT (Control "
			"Panel\\International, LocaleName) into it before Sysprep, over what is set "
			"here",
			f->file.path);
	else if (f->file.place == ANSWER_EC2LAUNCH)
		report_warn(
			e->session->report,
			"%s: EC2Launch v1 fills in the locale of Windows before Sysprep; whether "
			"it leaves what is set here is not known",
			f->file.path);
	f->told_locale = true;
}

static void
tell(struct answer_edited *f, const struct answer_spec *spec, const struct answer_set_result *done)
{
	bool secret = done->secret;

	if (done->first)
		add_words(f, xasprintf("%.*s: made, %s",
				       (int)(strrchr(done->first, '=') - done->first), done->first,
				       strrchr(done->first, '=') + 1));
	if (done->made || done->made_for)
		add_words(f, xasprintf("%s%s%s%s: made, %s", spec->text, done->made ? "" : " (",
				       done->made ? "" : done->made_for, done->made ? "" : ")",
				       secret ? "(hidden)" : spec->value));
	if (done->made || (done->made_for && !done->replaced))
		return;
	add_words(f, xasprintf("%s: %s -> %s", spec->text, secret ? "(hidden)" : done->before,
			       secret ? "(hidden)" : spec->value));
}

int
answer_edit_set(struct answer_edit *e, const char *text, struct error *err)
{
	CLEANUP_ANSWER_SPEC struct answer_spec spec = { 0 };
	CLEANUP_ANSWER_SET_RESULT struct answer_set_result done = { 0 };
	CLEANUP_FREE char *architecture = answer_architecture(e->session);
	const struct answer_set_options o = { e->unchecked, architecture };
	struct answer_edited *f;
	const char *name;
	uint8_t *bytes;
	size_t len;

	if (answer_spec_parse(text, &spec, err) < 0 || choose_file(e, spec.pass, &name, err) < 0)
		return -1;
	f = open_edited(e, name, err);
	if (!f)
		return -1;
	bytes = answer_set(f->file.bytes, f->file.len, &spec, &o, &done, &len, err);
	if (!bytes)
		return error_prefix(err, "%s", f->file.path);
	take_bytes(f, bytes, len);
	warn_of_pass(e, f, spec.pass, done.processed);
	warn_of_locale(e, f, &spec);
	f->set = true;
	if (done.changed)
		tell(f, &spec, &done);
	return 0;
}

/* Names with the numbers of lists left out: those change when a member is made. */
static bool
same_name(const char *a, const char *b)
{
	for (; a && b; a++, b++) {
		while (*a == '[')
			a += strcspn(a, "]") + (strchr(a, ']') != NULL);
		while (*b == '[')
			b += strcspn(b, "]") + (strchr(b, ']') != NULL);
		if (*a != *b || !*a)
			return *a == *b;
	}
	return a == b;
}

/* How many errors are like that one, wherever they stand. */
static size_t
count_like(const struct lint_problems *l, const struct lint_problem *p)
{
	size_t n = 0;

	for (size_t i = 0; i < l->count; i++) {
		const struct lint_problem *q = &l->list[i];

		/* of what stands twice the text names a line */
		n += q->severity == LINT_ERROR && strcmp(q->code, p->code) == 0 &&
		     same_name(q->name, p->name) &&
		     (strcmp(q->text, p->text) == 0 || strcmp(p->code, "twice") == 0);
	}
	return n;
}

/* Lint of the file as it is on the volume, and as it was edited: errors that were not there before are refused. */
static int
check_lint(struct answer_edit *e, const struct answer_edited *f, struct error *err)
{
	CLEANUP_ANSWER_FILE struct answer_open_file old = { 0 };
	CLEANUP_LINT_PROBLEMS struct lint_problems before = { 0 }, after = { 0 };

	if (answer_read_bytes(e->session, &e->files, f->file.path, &old, err) < 0)
		return -1;
	answer_lint(e->session, &old, &before);
	answer_lint(e->session, &f->file, &after);
	for (size_t i = 0; i < after.count; i++) {
		const struct lint_problem *p = &after.list[i];

		if (p->severity == LINT_ERROR && count_like(&after, p) > count_like(&before, p))
			return error_set(
				err, ERR_REFUSED,
				"%s would have in line %d, column %d: %s%s%s; nothing was changed "
				"(--unchecked writes it all the same)",
				f->file.path, p->line, p->column, p->name ? p->name : "",
				p->name ? ": " : "", p->text);
	}
	return 0;
}

/* ---- scrub ---- */

static int
check_needed(const struct answer_edit *e, const struct answer_open_file *f, const struct answer *a,
	     const struct answer_secrets *secrets, struct error *err)
{
	for (size_t i = 0; i < secrets->count && !e->force && f->number != SIZE_MAX; i++) {
		const struct answer_secret *s = &secrets->list[i];
		const struct answer_component *c = &a->components[s->component];

		if (c->pass_known && answer_file_needed(&e->files, f->number, c->pass))
			return error_set(
				err, ERR_REFUSED,
				"line %d, column %d: the pass %s has not run with this file, and needs %s; nothing "
				"was changed (--file names another file, --force removes it all the same)",
				s->line, s->column, pass_name(c->pass), s->name);
	}
	return 0;
}

static int
scrub_file(struct answer_edit *e, const char *name, struct error *err)
{
	struct answer_edited *f = open_edited(e, name, err);
	CLEANUP_ANSWER struct answer a = { 0 };
	CLEANUP_ANSWER_SECRETS struct answer_secrets secrets = { 0 };
	uint8_t *bytes;
	size_t len, commands;

	if (!f)
		return -1;
	if (answer_open(f->file.bytes, f->file.len, &a, err) < 0)
		return error_prefix(err, "%s", f->file.path);
	answer_secrets_find(&a, &secrets);
	commands = answer_secret_commands(&a);
	if (commands)
		report_warn(e->session->report,
			    "%s: %zu command%s a password in clear text, which stays", f->file.path,
			    commands, commands == 1 ? " names" : "s name");
	if (!secrets.count)
		return 0;
	if (check_needed(e, &f->file, &a, &secrets, err) < 0)
		return error_prefix(err, "%s", f->file.path);
	bytes = answer_scrub(&a, &secrets, &len, err);
	if (!bytes)
		return error_prefix(err, "%s", f->file.path);
	take_bytes(f, bytes, len);
	for (size_t i = 0; i < secrets.count; i++)
		add_words(f, xasprintf("%s: removed", secrets.list[i].name));
	return 0;
}

/* Whether the file holds a password: 1 or 0; one that cannot be read is told, and left. */
static int
holds_secrets(struct answer_edit *e, const struct answer_file *file, struct error *err)
{
	CLEANUP_ANSWER_FILE struct answer_open_file f = { 0 };
	CLEANUP_ANSWER_SECRETS struct answer_secrets secrets = { 0 };

	if (answer_read(e->session, &e->files, file->path, &f, err) < 0) {
		if (err->code == ERR_INTERRUPTED)
			return -1;
		report_warn(e->session->report, "%s was passed over, and may hold passwords: %s",
			    file->path, err->message);
		error_clear(err);
		return 0;
	}
	answer_secrets_find(&f.answer, &secrets);
	return secrets.count || answer_secret_commands(&f.answer);
}

int
answer_edit_scrub(struct answer_edit *e, const char *name, struct error *err)
{
	bool any = false;

	if (name && scrub_file(e, name, err) < 0)
		return -1;
	for (size_t i = 0; i < e->files.count && !name; i++) {
		int holds = holds_secrets(e, &e->files.list[i], err);

		if (holds < 0 || (holds && scrub_file(e, e->files.list[i].path, err) < 0))
			return -1;
	}
	for (size_t i = 0; i < e->count; i++)
		any |= e->edited[i].words != NULL;
	if (any)
		report_warn(
			e->session->report,
			"the journal keeps the files as they were, with their passwords, until it is "
			"deleted; so may sectors of the volume that are not in use");
	return 0;
}

/* ---- into the overlay ---- */

/* What the volume holds now that it was mounted afresh. */
static int
check_written(struct answer_edit *e, const struct answer_edited *f, struct error *err)
{
	size_t len;
	CLEANUP_FREE uint8_t *bytes = volume_read_file(subject_volume(e->session->subject),
						       f->file.path, ANSWER_SIZE_LIMIT, &len, err);

	if (!bytes)
		return -1;
	if (len != f->file.len || memcmp(bytes, f->file.bytes, len) != 0)
		return error_set(err, ERR_INTERNAL, "%s does not hold what was written to it",
				 f->file.path);
	return 0;
}

int
answer_seal(struct answer_edit *e, const char *command, struct error *err)
{
	CLEANUP_FINDINGS struct findings none = { 0 };
	struct session *s = e->session;
	size_t edited = 0;
	int got = 0;

	for (size_t i = 0; i < e->count; i++)
		edited += e->edited[i].words != NULL;
	if (!edited)
		return 0;
	for (size_t i = 0; i < e->count && got == 0; i++)
		if (e->edited[i].set && e->edited[i].words && !e->unchecked)
			got = check_lint(e, &e->edited[i], err);
	if (got == 0)
		got = session_may_edit(s, err);
	for (size_t i = 0; i < e->count && got == 0; i++)
		if (e->edited[i].words)
			got = check_attributes(e, e->edited[i].file.path, err);
	for (size_t i = 0; i < e->count && got == 0; i++)
		if (e->edited[i].words)
			got = edit_replace_file_noting(s->subject, CHECK, e->edited[i].file.path,
						       e->edited[i].file.bytes,
						       e->edited[i].file.len, e->edited[i].words,
						       err);
	if (got == 0)
		got = session_seal(s, command, &none, err);
	for (size_t i = 0; i < e->count && got == 0; i++)
		if (e->edited[i].words)
			got = check_written(e, &e->edited[i], err);
	if (got < 0)
		change_list_clear(&s->report->changes);
	return got;
}
