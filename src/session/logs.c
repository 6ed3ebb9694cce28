/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which logs there are: in the places of a Windows, or in a folder of logs. */
#include <inttypes.h>
#include <string.h>

#include "session/logs.h"
#include "session/session-private.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/interrupt.h"
#include "util/text.h"
#include "util/utf16.h"
#include "volume/volume.h"
#include "windows/windows.h"

#define SNIFF 4096

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

struct listing {
	struct volume *volume;
	const struct logs_wanted *want;
	const struct log_folder *folder; /* in which we are; NULL: a folder of logs */
	struct log_files *files;
	size_t seen; /* names, in a folder of logs */
};

static struct log_file *
add(struct listing *l, const char *path)
{
	const struct log_folder *folder = l->folder;
	struct log_files *ret = l->files;
	struct log_file *f;

	ARRAY_GROW(ret->list, ret->count);
	f = &ret->list[ret->count++];
	*f = (struct log_file){ .path = xstrdup(path) };
	f->group = folder ? folder->group : NULL;
	f->kind = log_kind_of(path);
	if (folder && (folder->kind == LOG_KIND_COUNT || f->kind == LOG_KIND_COUNT) &&
	    (name_find(path, ".log") || name_find(path, ".txt")))
		f->kind = folder->kind;
	f->place = log_place_of(path);
	/* what somebody has sent as "Panther" may be Sysprep's */
	if (!folder && f->place == LOG_PLACE_PANTHER && !name_find(path, "Windows/Panther"))
		f->place = LOG_PLACE_OTHER;
	f->secret = log_secret_of(path, folder ? folder->secret : SECRET_MASKED);
	return f;
}

static void
clear_file(struct log_file *f)
{
	free(f->path);
	free(f->problem);
	free(f->note);
	free(f->copy);
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
		    (path[strlen(above)] == '/' || !path[strlen(above)]))
			return true;
	}
	return false;
}

/* In a folder of logs, what the name does not tell may the first lines tell. */
static void
sniff(struct log_file *f, struct volume_file *in)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	CLEANUP_FREE char *narrow = NULL;
	char text[SNIFF + 1];
	enum utf16_order order;
	size_t n = 0, mark;

	if (volume_file_read(in, text, SNIFF, 0, &n, &ignored) < 0)
		return;
	text[n] = '\0';
	order = utf16_sniff(text, n, &mark);
	if (order == UTF16_BIG)
		utf16_swap(text, n);
	narrow = order == UTF16_NONE ? xstrdup(text + mark) :
				       utf16_to_text(text + mark, n - mark, NULL);
	f->kind = log_kind_sniff(narrow);
	/* what `aws ec2 get-console-output` prints */
	if (f->kind == LOG_KIND_COUNT && strchr(narrow, '{') && strstr(narrow, "\"Output\""))
		f->kind = LOG_KIND_CONSOLE;
}

static int
add_file(struct listing *l, const char *path, struct error *err)
{
	CLEANUP_ERROR struct error problem = ERROR_INIT;
	CLEANUP_VOLUME_FILE struct volume_file *in = NULL;
	struct file_stat st;
	struct log_file *f;

	if (volume_stat(l->volume, path, &st, &problem) < 0)
		return note_problem(add(l, path), &problem, err);
	if (st.type == FILE_DIRECTORY)
		return 0;
	f = add(l, path);
	f->size = st.size;
	f->created = st.created;
	f->modified = st.modified;
	f->changed = st.changed;
	f->accessed = st.accessed;
	f->record = st.record;
	in = volume_file_open(l->volume, path, &problem);
	if (in && !l->folder && f->kind == LOG_KIND_COUNT)
		sniff(f, in);
	/* what somebody has sent beside logs */
	if (!l->folder && f->kind == LOG_KIND_COUNT) {
		clear_file(f);
		l->files->count--;
		return 0;
	}
	/* a log is evidence and copied as it is, in a sent folder too, where only its content tells it from notes and scripts */
	if (!l->folder && (f->secret == SECRET_SNIFFED ||
			   (f->secret == SECRET_MASKED && name_ends_with(path, ".txt"))))
		f->secret = SECRET_NONE;
	return in ? 0 : note_problem(f, &problem, err);
}

static int add_folder(struct listing *l, const char *folder, int depth, struct error *err);

/* One entry of a folder that was listed. */
static int
add_entry(struct listing *l, const char *real, const struct dir_entry *e, int depth,
	  struct error *err)
{
	CLEANUP_FREE char *path = xasprintf("%s/%s", strcmp(real, "/") == 0 ? "" : real, e->name);

	if (e->type == FILE_DIRECTORY)
		return depth > 0 ? add_folder(l, path, depth - 1, err) : 0;
	if (l->folder && l->folder->pattern && !log_name_matches(e->name, l->folder->pattern))
		return 0;
	if (strchr(e->name, '/')) {
		/* no Windows makes it, and a path would mean another file */
		add(l, path)->problem = xstrdup("has a '/' within its name");
		return 0;
	}
	if (!l->folder && ++l->seen > LOGS_FOLDER_FILES)
		return error_set(err, ERR_LIMIT, "more than %d files: this is no folder of logs",
				 LOGS_FOLDER_FILES);
	return add_file(l, path, err);
}

/* A folder that is a junction, or damaged, is listed as one that cannot be read. */
static int
add_folder(struct listing *l, const char *folder, int depth, struct error *err)
{
	CLEANUP_DIR_LIST struct dir_list list = { 0 };
	CLEANUP_ERROR struct error problem = ERROR_INIT;
	CLEANUP_FREE char *real = volume_real_path(l->volume, folder, &problem);

	if (interrupt_check(err) < 0)
		return -1;
	if (!real || volume_list(l->volume, real, &list, &problem) < 0) {
		const char *name = real ? real : folder;

		if (problem.code == ERR_NOT_FOUND || is_below_problem(l->files, name))
			return 0;
		return note_problem(add(l, name), &problem, err);
	}
	for (size_t i = 0; i < list.count; i++)
		if (add_entry(l, real, &list.list[i], depth, err) < 0)
			return -1;
	return 0;
}

int
logs_check_groups(const char *const *groups, struct error *err)
{
	for (const char *const *p = groups; p && *p; p++)
		if (strcmp(*p, "all") != 0 && !log_group_find(*p))
			return error_set(err, ERR_USAGE,
					 "there is no group '%s'; 'resprep logs --help' lists them",
					 *p);
	return 0;
}

static bool
is_group_wanted(const struct logs_wanted *want, const char *name)
{
	const struct log_group *group = log_group_find(name);

	/* whoever names a group as a source wants its files */
	for (const char *const *p = want->groups ? NULL : want->sources; p && *p; p++)
		if (log_group_find(*p) == group)
			return true;
	if (!want->groups)
		return group->by_default;
	for (const char *const *p = want->groups; *p; p++)
		if (strcmp(*p, "all") == 0 || log_group_find(*p) == group)
			return true;
	return false;
}

/* "setupact.log", "UnattendGC", a kind, a group. */
static bool
is_source_wanted(const struct logs_wanted *want, const struct log_file *f)
{
	const char *kind = log_kind_text(f->kind);

	if (!want->sources)
		return true;
	for (const char *const *p = want->sources; *p; p++)
		if (name_find(f->path, *p) || (kind && strcmp(kind, *p) == 0) ||
		    (f->group && log_group_find(*p) &&
		     strcmp(log_group_find(*p)->name, f->group) == 0))
			return true;
	return false;
}

/* A kind, a group, or a part of a path that is there, or would be on another Windows. */
static bool
is_source_known(const char *source, const struct log_files *files)
{
	if (log_group_find(source) || log_kind_of(source) != LOG_KIND_COUNT)
		return true;
	for (int i = 0; i < LOG_KIND_COUNT; i++)
		if (strcmp(log_kind_text((enum log_kind)i), source) == 0)
			return true;
	for (size_t i = 0; i < files->count; i++)
		if (name_find(files->list[i].path, source))
			return true;
	for (size_t i = 0; i < log_folder_count; i++) {
		const struct log_folder *f = &log_folders[i];
		CLEANUP_FREE char *path = xasprintf("%s%s/%s", *f->path == '/' ? "" : "/Windows/",
						    f->path, f->pattern ? f->pattern : "");

		if (name_find(path, source))
			return true;
	}
	return false;
}

static int
check_sources(const struct logs_wanted *want, const struct log_files *files, struct error *err)
{
	for (const char *const *p = want->sources; p && *p; p++) {
		CLEANUP_TEXT struct text known = TEXT_INIT;

		if (is_source_known(*p, files))
			continue;
		for (int i = 0; i < LOG_KIND_COUNT; i++)
			text_addf(&known, "%s%s", i ? ", " : "", log_kind_text((enum log_kind)i));
		text_add(&known, "; the groups ");
		for (size_t i = 0; i < log_group_count; i++)
			text_addf(&known, "%s%s", i ? ", " : "", log_groups[i].name);
		return error_set(
			err, ERR_USAGE,
			"there is no source '%s': there are the kinds %s; and parts of the paths that "
			"'resprep logs' lists",
			*p, text_str(&known));
	}
	return 0;
}

/* Of files that two places name, the first one; and only what is wanted. */
static void
tidy(const struct logs_wanted *want, struct log_files *files)
{
	size_t kept = 0;

	for (size_t i = 0; i < files->count; i++) {
		struct log_file *f = &files->list[i];
		bool again = false;

		for (size_t k = 0; k < kept && files->count < LOGS_FOLDER_FILES / 10 && !again; k++)
			again = strcmp(files->list[k].path, f->path) == 0;
		if (again || !is_source_wanted(want, f))
			clear_file(f);
		else
			files->list[kept++] = *f;
	}
	files->count = kept;
}

static void
add_console(struct listing *l)
{
	const struct logs_wanted *want = l->want;
	struct log_file *f;

	if (!want->console)
		return;
	f = add(l, want->console);
	f->kind = LOG_KIND_CONSOLE;
	f->place = LOG_PLACE_OTHER;
	f->group = NULL;
	f->host_text = want->console_text;
	f->size = want->console_len;
}

int
logs_list(struct session *s, const struct logs_wanted *want, struct log_files *ret,
	  struct error *err)
{
	struct listing l = { .volume = s->target.volume, .want = want, .files = ret };

	*ret = (struct log_files){ 0 };
	if (logs_check_groups(want->groups, err) < 0)
		return -1;
	if (!s->windows && l.volume && add_folder(&l, "/", LOGS_FOLDER_DEPTH, err) < 0)
		return -1;
	for (size_t i = 0; s->windows && i < log_folder_count; i++) {
		const struct log_folder *folder = &log_folders[i];
		CLEANUP_FREE char *path = *folder->path == '/' ? xstrdup(folder->path) :
					  *folder->path ? windows_path(s->windows, folder->path) :
							  xstrdup(windows_root(s->windows));

		if (!is_group_wanted(want, folder->group))
			continue;
		l.folder = folder;
		if (add_folder(&l, path, folder->depth, err) < 0)
			return -1;
	}
	l.folder = NULL;
	if (check_sources(want, ret, err) < 0)
		return -1;
	tidy(want, ret);
	add_console(&l);
	return 0;
}

void
log_files_clear(struct log_files *f)
{
	for (size_t i = 0; i < f->count; i++)
		clear_file(&f->list[i]);
	free(f->list);
	*f = (struct log_files){ 0 };
}
