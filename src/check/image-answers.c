/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Passwords in answer files.  Where the files are, what is a password, and whether a pass still needs it, is ec2/answer-files.h's and
 * answer/scrub.h's matter; this is what an image has to do with it.
 */
#include "answer/answer.h"
#include "answer/scrub.h"
#include "answer/unseen.h"
#include "check/edit.h"
#include "check/image-answers.h"
#include "check/image.h"
#include "check/subject.h"
#include "ec2/answer-files.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/secrets.h"
#include "util/utf16.h"
#include "volume/volume.h"

static int
open_file(struct subject *s, const char *path, struct answer *ret, struct error *err)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t len;

	bytes = volume_read_file(subject_volume(s), path, ANSWER_SIZE_LIMIT, &len, err);
	return bytes ? answer_open(bytes, len, ret, err) : -1;
}

static void
unreadable(const char *check, const char *path, const char *why, struct findings *out)
{
	struct finding *f = findings_add(out, check, "answer-unreadable", SEVERITY_WARNING,
					 RISK_NONE, path,
					 "whether %s holds passwords cannot be told", path);

	finding_line(f, path, 0, 0, why);
	finding_cause(f, "Look at it, and mend or delete it before an image is made.");
}

/* The pass that has not run and needs a password of file `i`; NULL: none. */
static const char *
needed_by(const struct answer_files *files, size_t i, const struct answer *a,
	  const struct answer_secrets *secrets)
{
	for (size_t k = 0; k < secrets->count; k++) {
		const struct answer_component *c = &a->components[secrets->list[k].component];

		if (c->pass_known && answer_file_needed(files, i, c->pass))
			return c->pass_text;
	}
	return NULL;
}

static void
passwords(struct subject *s, const char *check, const struct answer_files *files, size_t i,
	  const struct answer *a, const struct answer_secrets *secrets, struct findings *out)
{
	const struct answer_file *file = &files->list[i];
	const char *pass = needed_by(files, i, a, secrets);
	struct finding *f = findings_add(out, check, "answer-password", SEVERITY_WARNING,
					 RISK_CAREFUL, file->path, "%s holds %zu password%s",
					 file->path, secrets->count,
					 secrets->count == 1 ? "" : "s");

	for (size_t k = 0; k < secrets->count; k++)
		finding_line(f, file->path, (uint64_t)secrets->list[k].line, 0,
			     secrets->list[k].name);
	finding_cause(
		f,
		"Every instance of an image would have the file: it is %s.  PlainText false hides nothing.",
		answer_place_text(file->place));
	finding_repair(f, "write " ANSWER_DELETED " in their place");
	if (pass && answer_place_is_agent(file->place))
		finding_refused(
			f,
			"the agent gives this file to the next Sysprep, whose pass %s needs them",
			pass);
	else if (pass)
		finding_refused(f, "the pass %s has not run and needs them", pass);
	image_keep_read_only(s, f, file->path);
	edit_refuse_unwritable(s, f, file->path);
}

/* Nothing takes these out: what else the comment says is somebody's. */
static void
unseen(const char *check, const char *path, const struct answer *a, struct findings *out)
{
	CLEANUP_ANSWER_UNSEEN struct answer_unseen all = { 0 };
	struct finding *f;

	answer_unseen_find(a, &all);
	if (!all.count)
		return;
	f = findings_add(out, check, "answer-unseen", SEVERITY_WARNING, RISK_NONE, path,
			 "%s holds a password where Windows does not look for one", path);
	for (size_t i = 0; i < all.count; i++)
		finding_line(f, path, (uint64_t)all.list[i].line, 0, all.list[i].what);
	finding_cause(
		f,
		"Windows takes nothing from there, and never erases it; everybody who reads the file does.  Take it out by hand.");
}

/* Windows Server 2003: [GuiUnattended] AdminPassword and its like. */
static int
sysprep_inf(struct subject *s, const char *check, const char *path, struct findings *out,
	    struct error *err)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	CLEANUP_FREE uint8_t *masked = NULL;
	struct finding *f;
	size_t len, count;

	bytes = volume_read_file(subject_volume(s), path, ANSWER_SIZE_LIMIT, &len, err);
	if (!bytes) {
		if (err->code == ERR_INTERRUPTED)
			return -1;
		if (err->code != ERR_NOT_FOUND)
			unreadable(check, path, err->message, out);
		error_clear(err);
		return 0;
	}
	masked = secrets_mask_file(bytes, len, &len, &count);
	if (!count)
		return 0;
	f = findings_add(out, check, "answer-password", SEVERITY_WARNING, RISK_NONE, path,
			 "%s holds %zu password%s", path, count, count == 1 ? "" : "s");
	finding_line(f, path, 0, 0, "AdminPassword and its like");
	finding_cause(
		f,
		"Mini-Setup of Windows Server 2003 reads it, and later versions do not.  Every instance of an image would have the file: delete it when it has done its work.");
	return 0;
}

static int
sysprep_infs(struct subject *s, const char *check, struct findings *out, struct error *err)
{
	static const char *const places[] = {
		"/sysprep/sysprep.inf",
		"/sysprep.inf",
		"/Program Files/Amazon/Ec2ConfigService/sysprep.inf",
		"/Program Files/Amazon/Ec2ConfigSetup/sysprep.inf",
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (sysprep_inf(s, check, places[i], out, err) < 0)
			return -1;
	return 0;
}

static int
look(struct subject *s, const char *check, const struct answer_files *files, size_t i,
     struct findings *out, struct error *err)
{
	const struct answer_file *file = &files->list[i];
	CLEANUP_ANSWER struct answer a = { 0 };
	CLEANUP_ANSWER_SECRETS struct answer_secrets secrets = { 0 };
	struct finding *f;

	if (file->problem) {
		unreadable(check, file->path, file->problem, out);
		return 0;
	}
	if (open_file(s, file->path, &a, err) < 0) {
		if (err->code == ERR_INTERRUPTED)
			return -1;
		unreadable(check, file->path, err->message, out);
		error_clear(err);
		return 0;
	}
	answer_secrets_find(&a, &secrets);
	if (secrets.count)
		passwords(s, check, files, i, &a, &secrets, out);
	unseen(check, file->path, &a, out);
	if (!answer_secret_commands(&a))
		return 0;
	f = findings_add(out, check, "answer-command", SEVERITY_WARNING, RISK_NONE, file->path,
			 "a command in %s names a password", file->path);
	finding_line(f, file->path, 0, 0, NULL);
	finding_cause(f, "Nothing takes it out, because the command would be another one then.");
	return 0;
}

static int
list_files(struct subject *s, struct answer_files *ret, struct error *err)
{
	const struct setup_state *setup = subject_setup(s, err);

	return setup ? answer_files_read(subject_windows(s), setup, ret, err) : -1;
}

int
image_answers_diagnose(struct subject *s, const char *check, struct findings *out,
		       struct error *err)
{
	CLEANUP_ANSWER_FILES struct answer_files files = { 0 };

	if (list_files(s, &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.count; i++)
		if (look(s, check, &files, i, out, err) < 0)
			return -1;
	return sysprep_infs(s, check, out, err);
}

int
image_answers_scrub(struct subject *s, const char *check, const char *path, struct error *err)
{
	CLEANUP_ANSWER struct answer a = { 0 };
	CLEANUP_ANSWER_SECRETS struct answer_secrets secrets = { 0 };
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t len;

	if (open_file(s, path, &a, err) < 0)
		return error_prefix(err, "%s", path);
	answer_secrets_find(&a, &secrets);
	bytes = answer_scrub(&a, &secrets, &len, err);
	if (!bytes)
		return error_prefix(err, "%s", path);
	return edit_replace_file_noting(s, check, path, bytes, len, "passwords -> " ANSWER_DELETED,
					err);
}
