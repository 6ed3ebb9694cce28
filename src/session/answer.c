/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer files of a target; see answer.h. */
#include <stdlib.h>
#include <string.h>

#include "check/subject.h"
#include "registry/hive.h"
#include "session/answer.h"
#include "session/session-private.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "volume/volume.h"

#define TIME_ZONES "Microsoft\\Windows NT\\CurrentVersion\\Time Zones"

int
answer_list(struct session *s, struct answer_files *ret, struct error *err)
{
	CLEANUP_ERROR struct error unknown = ERROR_INIT;

	/* where Setup stands may be unknown: then every pass may be due */
	return answer_files_read(s->windows, subject_setup(s->subject, &unknown), ret, err);
}

void
answer_open_file_clear(struct answer_open_file *f)
{
	free(f->path);
	free(f->bytes);
	answer_clear(&f->answer);
	*f = (struct answer_open_file){ 0 };
}

static size_t
most_important(const struct answer_files *l)
{
	for (int p = 0; p < PASS_COUNT; p++)
		if (l->passes[p].due == DUE_YES && l->passes[p].uses != SIZE_MAX)
			return l->passes[p].uses;
	for (size_t i = 0; i < l->count; i++)
		if (answer_place_is_agent(l->list[i].place))
			return i;
	return l->count ? 0 : SIZE_MAX;
}

static int
find_file(struct session *s, const struct answer_files *l, const char *name,
	  struct answer_open_file *ret, struct error *err)
{
	CLEANUP_FREE char *path = NULL;

	ret->number = SIZE_MAX;
	ret->place = ANSWER_COPY;
	if (name) {
		path = answer_file_path(s->windows, name, err);
		ret->path = path ? volume_real_path(windows_volume(s->windows), path, err) : NULL;
		if (!ret->path)
			return error_prefix(err, "'%s'", s->options.target);
		for (size_t i = 0; i < l->count; i++)
			if (name_equal(l->list[i].path, ret->path))
				ret->number = i;
	} else {
		ret->number = most_important(l);
		if (ret->number == SIZE_MAX)
			return error_set(err, ERR_NOT_FOUND,
					 "'%s' has no answer file where Windows or an agent looks",
					 s->options.target);
		ret->path = xstrdup(l->list[ret->number].path);
	}
	if (ret->number != SIZE_MAX)
		ret->place = l->list[ret->number].place;
	return 0;
}

int
answer_read_bytes(struct session *s, const struct answer_files *files, const char *name,
		  struct answer_open_file *ret, struct error *err)
{
	*ret = (struct answer_open_file){ 0 };
	if (find_file(s, files, name, ret, err) == 0) {
		ret->bytes = volume_read_file(windows_volume(s->windows), ret->path,
					      ANSWER_SIZE_LIMIT, &ret->len, err);
		if (ret->bytes)
			return 0;
	}
	answer_open_file_clear(ret);
	return -1;
}

int
answer_read(struct session *s, const struct answer_files *files, const char *name,
	    struct answer_open_file *ret, struct error *err)
{
	if (answer_read_bytes(s, files, name, ret, err) < 0)
		return -1;
	if (answer_open(ret->bytes, ret->len, &ret->answer, err) == 0)
		return 0;
	error_prefix(err, "%s", ret->path);
	answer_open_file_clear(ret);
	return -1;
}

char *
answer_architecture(struct session *s)
{
	CLEANUP_ERROR struct error unknown = ERROR_INIT;
	const struct windows_version *v = subject_version(s->subject, &unknown);
	char *name = v ? xstrdup(v->architecture) : NULL;

	for (char *p = name; p && *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return name;
}

/* ---- lint ---- */

static int
file_exists(void *ctx, const char *path)
{
	struct session *s = ctx;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE char *on_volume = answer_volume_path(s->windows, path);
	struct file_stat st;

	if (!on_volume)
		return -1;
	if (volume_stat(windows_volume(s->windows), on_volume, &st, &err) == 0)
		return 1;
	return err.code == ERR_NOT_FOUND ? 0 : -1;
}

static int
time_zone_exists(void *ctx, const char *name)
{
	struct session *s = ctx;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE char *path = xasprintf("%s\\%s", TIME_ZONES, name);
	struct hive *software = windows_hive(s->windows, HIVE_SOFTWARE, &err);
	hive_key key;

	if (!software || hive_find_path(software, TIME_ZONES, &key, &err) < 0 || strchr(name, '\\'))
		return -1;
	if (hive_find_path(software, path, &key, &err) == 0)
		return 1;
	return err.code == ERR_NOT_FOUND ? 0 : -1;
}

void
answer_lint(struct session *s, const struct answer_open_file *f, struct lint_problems *ret)
{
	CLEANUP_ERROR struct error unknown = ERROR_INIT;
	const struct windows_version *v = subject_version(s->subject, &unknown);
	CLEANUP_FREE char *architecture = answer_architecture(s);
	const struct lint_context context = {
		.architecture = architecture,
		.build = v && v->build ? (unsigned)strtoul(v->build, NULL, 10) : 0,
		.template = answer_place_is_agent(f->place),
		.filled = f->place == ANSWER_EC2LAUNCH || f->place == ANSWER_EC2LAUNCH_V2,
		.exists = file_exists,
		.time_zone = time_zone_exists,
		.ctx = s,
	};

	lint_file(f->bytes, f->len, &context, ret);
}
