/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which logs there are, and the errors in them. */
#include <string.h>

#include "check/subject.h"
#include "logs/setuplog.h"
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

static int
add_file(struct volume *v, const char *path, struct log_files *ret, struct error *err)
{
	CLEANUP_FREE char *real = volume_real_path(v, path, err);
	struct file_stat st;
	struct log_file *f;

	if (!real || volume_stat(v, real, &st, err) < 0)
		return -1;
	if (st.type != FILE_REGULAR)
		return 0;
	ARRAY_GROW(ret->list, ret->count);
	f = &ret->list[ret->count++];
	*f = (struct log_file){ .path = steal(&real),
				.size = st.size,
				.created = st.created,
				.modified = st.modified,
				.changed = st.changed,
				.accessed = st.accessed,
				.record = st.record };
	return 0;
}

static int
add_folder(struct volume *v, const char *folder, const char *suffix, struct log_files *ret,
	   struct error *err)
{
	CLEANUP_DIR_LIST struct dir_list list = { 0 };

	if (volume_list(v, folder, &list, err) < 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		error_clear(err);
		return 0;
	}
	for (size_t i = 0; i < list.count; i++) {
		const struct dir_entry *e = &list.list[i];
		CLEANUP_FREE char *path = NULL;

		if (e->type != FILE_REGULAR || (suffix && !name_ends_with(e->name, suffix)))
			continue;
		path = xasprintf("%s/%s", folder, e->name);
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
	if (agent && agent->log && add_file(v, agent->log, ret, err) < 0)
		return -1;
	return 0;
}

void
log_files_clear(struct log_files *f)
{
	for (size_t i = 0; i < f->count; i++)
		free(f->list[i].path);
	free(f->list);
	*f = (struct log_files){ 0 };
}

static int
read_file(void *ctx, void *buf, size_t len, uint64_t offset, size_t *ret_len, struct error *err)
{
	return volume_file_read(ctx, buf, len, offset, ret_len, err);
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
logs_errors(struct session *s, const struct log_file *f, log_fn *fn, void *ctx, struct error *err)
{
	CLEANUP_VOLUME_FILE struct volume_file *file = NULL;
	struct errors_only only = { fn, ctx };
	struct log_source source;

	/* diagerr.xml, *.etl and the like are pulled, but are no text logs */
	if (!name_ends_with(f->path, ".log") && !name_ends_with(f->path, ".txt"))
		return 0;
	file = volume_file_open(windows_volume(session_windows(s)), f->path, err);
	if (!file)
		return -1;
	source = (struct log_source){ read_file, file, volume_file_size(file) };
	return setuplog_read(&source, pass_errors, &only, err);
}
