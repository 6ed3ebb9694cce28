/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which logs there are, and the errors in them. */
#include <string.h>

#include "check/subject.h"
#include "logs/read.h"
#include "session/logs.h"
#include "session/session.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "volume/volume.h"
#include "windows/windows.h"

/* Below the Windows folder; with `suffix` only names that end so. */
static const struct {
	const char *folder, *suffix;
} places[] = {
	{ "Panther/UnattendGC", NULL },
	{ "Panther", ".log" },
	{ "System32/Sysprep/Panther", NULL },
	{ "System32/Sysprep/Panther/IE", NULL },
};

bool
logs_error_is_local(const struct error *err)
{
	switch (err->code) {
	case ERR_IO:
	case ERR_NOT_FOUND:
	case ERR_ACCESS:
	case ERR_CORRUPT:
	case ERR_LIMIT:
	case ERR_UNSUPPORTED:
		return true;
	default:
		return false;
	}
}

static struct log_file *
add(struct log_files *ret, const char *path)
{
	struct log_file *f;

	ARRAY_GROW(ret->list, ret->count);
	f = &ret->list[ret->count++];
	*f = (struct log_file){ .path = xstrdup(path) };
	return f;
}

/* Takes the error for the file's problem, if it is only that. */
static int
note_problem(struct log_file *f, struct error *problem, struct error *err)
{
	if (!logs_error_is_local(problem)) {
		error_move(err, problem);
		return -1;
	}
	f->problem = xstrdup(problem->message);
	error_clear(problem);
	return 0;
}

/* Whether a folder above is listed with a problem, which is this one's too. */
static bool
is_below_problem(const struct log_files *ret, const char *path)
{
	for (size_t i = 0; i < ret->count; i++) {
		const char *above = ret->list[i].path;

		if (ret->list[i].problem && name_starts_with(path, above) &&
		    path[strlen(above)] == '/')
			return true;
	}
	return false;
}

static int
add_file(struct volume *v, const char *path, struct log_files *ret, struct error *err)
{
	CLEANUP_ERROR struct error problem = ERROR_INIT;
	CLEANUP_VOLUME_FILE struct volume_file *in = NULL;
	struct file_stat st;
	struct log_file *f;

	if (volume_stat(v, path, &st, &problem) < 0)
		return note_problem(add(ret, path), &problem, err);
	if (st.type == FILE_DIRECTORY)
		return 0;
	f = add(ret, path);
	f->size = st.size;
	f->created = st.created;
	f->modified = st.modified;
	f->changed = st.changed;
	f->accessed = st.accessed;
	f->record = st.record;
	in = volume_file_open(v, path, &problem);
	return in ? 0 : note_problem(f, &problem, err);
}

/* A folder that is a junction, or damaged, is listed as one that cannot be read. */
static int
add_folder(struct volume *v, const char *folder, const char *suffix, struct log_files *ret,
	   struct error *err)
{
	CLEANUP_DIR_LIST struct dir_list list = { 0 };
	CLEANUP_ERROR struct error problem = ERROR_INIT;
	CLEANUP_FREE char *real = volume_real_path(v, folder, &problem);

	if (!real || volume_list(v, real, &list, &problem) < 0) {
		if (problem.code == ERR_NOT_FOUND || is_below_problem(ret, folder))
			return 0;
		return note_problem(add(ret, real ? real : folder), &problem, err);
	}
	for (size_t i = 0; i < list.count; i++) {
		const struct dir_entry *e = &list.list[i];
		CLEANUP_FREE char *path = NULL;

		if (e->type == FILE_DIRECTORY || (suffix && !name_ends_with(e->name, suffix)))
			continue;
		path = xasprintf("%s/%s", real, e->name);
		if (strchr(e->name, '/')) {
			/* no Windows makes it, and a path would mean another file */
			add(ret, path)->problem = xstrdup("has a '/' within its name");
			continue;
		}
		if (add_file(v, path, ret, err) < 0)
			return -1;
	}
	return 0;
}

int
logs_list(struct session *s, struct log_files *ret, struct error *err)
{
	struct windows *w = session_windows(s);
	struct volume *v = windows_volume(w);
	CLEANUP_ERROR struct error no_agent = ERROR_INIT;
	const struct ec2config *agent;

	*ret = (struct log_files){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		CLEANUP_FREE char *folder = windows_path(w, places[i].folder);

		if (add_folder(v, folder, places[i].suffix, ret, err) < 0)
			return -1;
	}
	agent = subject_ec2config(session_subject(s), &no_agent);
	if (agent && agent->log) {
		CLEANUP_ERROR struct error problem = ERROR_INIT;
		CLEANUP_FREE char *real = volume_real_path(v, agent->log, &problem);

		return real ? add_file(v, real, ret, err) :
			      note_problem(add(ret, agent->log), &problem, err);
	}
	return 0;
}

void
log_files_clear(struct log_files *f)
{
	for (size_t i = 0; i < f->count; i++) {
		free(f->list[i].path);
		free(f->list[i].problem);
		free(f->list[i].copy);
	}
	free(f->list);
	*f = (struct log_files){ 0 };
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

struct errors_only {
	log_fn *fn;
	void *ctx;
};

static int
pass_errors(void *ctx, const struct log_record *r, struct error *err)
{
	const struct errors_only *e = ctx;

	return r->level >= LOG_LEVEL_ERROR ? e->fn(e->ctx, r, err) : 0;
}

int
logs_errors(struct session *s, struct log_file *f, log_fn *fn, void *ctx, struct error *err)
{
	CLEANUP_ERROR struct error problem = ERROR_INIT;
	CLEANUP_VOLUME_FILE struct volume_file *file = NULL;
	struct errors_only only = { fn, ctx };
	struct log_source source;

	/* diagerr.xml, *.etl and the like are pulled, but are no text logs */
	if (f->problem || (!name_ends_with(f->path, ".log") && !name_ends_with(f->path, ".txt")))
		return 0;
	file = volume_file_open(windows_volume(session_windows(s)), f->path, &problem);
	if (!file)
		return note_problem(f, &problem, err);
	source = (struct log_source){ .read = read_file,
				      .ctx = file,
				      .size = volume_file_size(file),
				      .hole = find_hole,
				      .path = f->path };
	return log_records(&source,
			   name_ends_with(f->path, ".txt") ? LOG_KIND_EC2CONFIG : LOG_KIND_PANTHER,
			   NULL, pass_errors, &only, NULL, &problem) < 0 ?
		       note_problem(f, &problem, err) :
		       0;
}
