/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is known of CopyProfile: logs, profiles, answer file. */
#include <stdlib.h>
#include <string.h>

#include "answer/answer.h"
#include "check/copyprofile.h"
#include "check/subject.h"
#include "logs/cascade.h"
#include "logs/read.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "volume/volume.h"

/* setuperr.log has the errors of setupact.log again: the shorter is read first, the fuller decides. */
static const char *const logs[] = { "Panther/UnattendGC/setuperr.log",
				    "Panther/UnattendGC/setupact.log" };

#define FILE_NOT_FOUND 0x80070002u
#define PATH_NOT_FOUND 0x80070003u

struct reading {
	const char *path;
	struct copyprofile_log *log;
};

static void
set_line(struct copyprofile_line *l, const char *path, const struct log_record *r)
{
	free(l->path);
	free(l->text);
	*l = (struct copyprofile_line){ xstrdup(path), xstrdup(r->text), r->line, r->offset };
}

/* The order in the file wins: a later success makes a failure history, and the other way round. */
static int
take(void *ctx, const struct log_record *r, struct error *err)
{
	struct reading *reading = ctx;
	struct copyprofile_log *l = reading->log;
	const char *find;

	(void)err;
	if (strstr(r->message, "CopyProfile succeeded")) {
		l->failed = false;
		l->succeeded = true;
		return 0;
	}
	find = strstr(r->message, "_FindLatestProfile failed");
	if (!find && !strstr(r->message, "CopyProfile failed"))
		return 0;
	/* the lines of a run that a success ended do not belong to this failure */
	if (l->succeeded)
		copyprofile_log_clear(l);
	if (find)
		set_line(&l->find_latest, reading->path, r);
	else
		set_line(&l->copy, reading->path, r);
	l->failed = true;
	l->succeeded = false;
	if (!cascade_code(r->message, &l->code))
		l->code = 0;
	return 0;
}

static int
read_file(void *ctx, void *buf, size_t len, uint64_t offset, size_t *ret_len, struct error *err)
{
	return volume_file_read(ctx, buf, len, offset, ret_len, err);
}

static uint64_t
find_hole(void *ctx, uint64_t offset)
{
	return volume_file_hole(ctx, offset);
}

/* 1 read, 0 not there. */
static int
read_log(struct subject *s, const char *name, struct copyprofile_log *l, struct error *err)
{
	struct volume *v = subject_volume(s);
	CLEANUP_FREE char *path = windows_path(subject_windows(s), name);
	CLEANUP_FREE char *real = NULL;
	CLEANUP_VOLUME_FILE struct volume_file *f = volume_file_open(v, path, err);
	const struct log_options options = { .pages = windows_code_pages(subject_windows(s)),
					     .ansi = windows_ansi_page(subject_windows(s)) };
	struct reading reading;
	struct log_source source;

	if (!f) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		error_clear(err);
		return 0;
	}
	real = volume_real_path(v, path, err);
	if (!real)
		return -1;
	reading = (struct reading){ real, l };
	source = (struct log_source){ .read = read_file,
				      .ctx = f,
				      .size = volume_file_size(f),
				      .hole = find_hole,
				      .path = real,
				      .place = LOG_PLACE_UNATTENDGC };
	return log_records(&source, LOG_KIND_PANTHER, &options, take, &reading, NULL, err) < 0 ?
		       error_prefix(err, "%s", real) :
		       1;
}

int
copyprofile_log_read(struct subject *s, struct copyprofile_log *ret, struct error *err)
{
	struct copyprofile_log both[2] = { { 0 }, { 0 } };
	int got = 0;

	for (int i = 0; i < 2 && got >= 0; i++)
		got = read_log(s, logs[i], &both[i], err);
	if (got >= 0) {
		/* setupact.log tells successes too, so it decides where it speaks of CopyProfile at all */
		int which = both[1].failed || both[1].succeeded;

		*ret = both[which];
		both[which] = (struct copyprofile_log){ 0 };
	}
	copyprofile_log_clear(&both[0]);
	copyprofile_log_clear(&both[1]);
	return got < 0 ? -1 : 0;
}

void
copyprofile_log_clear(struct copyprofile_log *l)
{
	free(l->find_latest.path);
	free(l->find_latest.text);
	free(l->copy.path);
	free(l->copy.text);
	*l = (struct copyprofile_log){ 0 };
}

int
copyprofile_stale(struct subject *s, const char ***ret, size_t *ret_count, struct error *err)
{
	const struct profiles *all = subject_profiles(s, err);

	*ret = NULL;
	*ret_count = 0;
	if (!all)
		return -1;
	for (size_t i = 0; i < all->count; i++) {
		const struct profile *p = &all->list[i];

		if (p->kind != PROFILE_USER || p->dir != PROFILE_DIR_GONE || p->has_bak ||
		    all->mostly_stale)
			continue;
		ARRAY_GROW(*ret, *ret_count);
		(*ret)[(*ret_count)++] = p->sid;
	}
	return 0;
}

/* Whether the <settings> around a setting's component is marked. */
static bool
is_processed(const struct xml *x, size_t element)
{
	CLEANUP_FREE char *mark = xml_attribute(x, xml_parent(x, xml_parent(x, element)),
						"wasPassProcessed");

	return mark && unattend_bool(mark) == 1;
}

/* Keeps the settings that say true and are still to be read. */
static void
keep_true(const struct xml *x, struct unattend_settings *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->count; i++) {
		if (unattend_bool(s->list[i].place.text) == 1 &&
		    !is_processed(x, s->list[i].element)) {
			s->list[kept++] = s->list[i];
			continue;
		}
		free(s->list[i].architecture);
		xml_place_clear(&s->list[i].place);
	}
	s->count = kept;
}

static int
read_answer(struct subject *s, const char *path, bool cached, struct copyprofile_answers *all,
	    struct error *err)
{
	CLEANUP_ERROR struct error problem = ERROR_INIT;
	CLEANUP_FREE uint8_t *bytes = NULL;
	struct copyprofile_answer *ret;
	size_t len;

	ARRAY_GROW(all->list, all->count);
	ret = &all->list[all->count++];
	*ret = (struct copyprofile_answer){ .cached = cached };
	ret->path = volume_real_path(subject_volume(s), path, err);
	bytes = ret->path ? volume_read_file(subject_volume(s), ret->path, ANSWER_SIZE_LIMIT, &len,
					     err) :
			    NULL;
	if (!bytes)
		return -1;
	ret->xml = xml_open(bytes, len, &problem);
	if (!ret->xml || unattend_find(ret->xml, "specialize", "Microsoft-Windows-Shell-Setup",
				       "CopyProfile", &ret->settings, &problem) < 0)
		ret->problem = xstrdup(problem.message);
	else
		keep_true(ret->xml, &ret->settings);
	return 0;
}

/* Whether specialize is still to run, with Setup's own copy. */
static bool
cached_counts(struct subject *s)
{
	CLEANUP_ERROR struct error unknown = ERROR_INIT;
	const struct setup_state *setup = subject_setup(s, &unknown);

	return setup && (setup->phase == SETUP_SEALED || setup->phase == SETUP_SPECIALIZE);
}

int
copyprofile_answers_read(struct subject *s, struct copyprofile_answers *ret, struct error *err)
{
	const struct agents *agents = subject_agents(s, err);
	CLEANUP_FREE char *cached = windows_path(subject_windows(s), "Panther/unattend.xml");

	*ret = (struct copyprofile_answers){ 0 };
	if (!agents)
		return -1;
	for (size_t i = 0; i < AGENT_KINDS; i++)
		if (agents->list[i].answer_file &&
		    read_answer(s, agents->list[i].answer_file, false, ret, err) < 0)
			goto failed;
	if (!cached_counts(s) || !volume_exists(subject_volume(s), cached) ||
	    read_answer(s, cached, true, ret, err) == 0)
		return 0;
failed:
	copyprofile_answers_clear(ret);
	return -1;
}

void
copyprofile_answers_clear(struct copyprofile_answers *a)
{
	for (size_t i = 0; i < a->count; i++) {
		free(a->list[i].path);
		free(a->list[i].problem);
		xml_close(a->list[i].xml);
		unattend_settings_clear(&a->list[i].settings);
	}
	free(a->list);
	*a = (struct copyprofile_answers){ 0 };
}

bool
copyprofile_is_missing(uint32_t code)
{
	return code == PATH_NOT_FOUND || code == FILE_NOT_FOUND;
}

/* Or may: a file that is not there, or cannot be read, tells nothing. */
static bool
asks_for_it(const struct copyprofile_answers *a)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->list[i].problem || a->list[i].settings.count)
			return true;
	return a->count == 0;
}

int
copyprofile_stands(struct subject *s, const struct copyprofile_log *l, bool *ret,
		   const char ***ret_stale, size_t *ret_count, struct error *err)
{
	CLEANUP_COPYPROFILE_ANSWERS struct copyprofile_answers answers = { 0 };

	if (copyprofile_stale(s, ret_stale, ret_count, err) < 0 ||
	    copyprofile_answers_read(s, &answers, err) < 0)
		return -1;
	*ret = l->failed && *ret_count && copyprofile_is_missing(l->code) && asks_for_it(&answers);
	return 0;
}
