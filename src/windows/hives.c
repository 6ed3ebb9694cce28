/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The hives of an installation: opened on demand with their transaction logs.
 *
 * System hives lie in System32\config, BCD in \Boot, those of users in their profiles.  A single hive file takes the place of
 * the one that it is.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "registry/hive.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "util/utf16.h"
#include "volume/volume.h"
#include "windows/hives-private.h"

static const char *const fixed_names[HIVE_COUNT] = {
	[HIVE_SYSTEM] = "SYSTEM",   [HIVE_SOFTWARE] = "SOFTWARE",
	[HIVE_SAM] = "SAM",	    [HIVE_SECURITY] = "SECURITY",
	[HIVE_DEFAULT] = "DEFAULT", [HIVE_COMPONENTS] = "COMPONENTS",
	[HIVE_BCD] = "BCD",
};

/* ---- the installation ---- */

enum windows_hive
windows_add_hive(struct windows *w, const char *name, const char *path)
{
	struct opened *o;

	for (size_t i = 0; path && i < w->count; i++)
		if (w->hives[i]->path && name_equal(w->hives[i]->path, path))
			return (enum windows_hive)i;
	o = xzalloc(sizeof *o);
	o->name = xstrdup(name);
	o->path = xstrdup(path);
	ARRAY_GROW(w->hives, w->count);
	w->hives[w->count++] = o;
	return (enum windows_hive)(w->count - 1);
}

struct windows *
windows_open(struct volume *v, const char *root, struct error *err)
{
	struct windows *w = xzalloc(sizeof *w);

	(void)err;
	w->volume = v;
	w->root = xstrdup(root);
	for (int i = 0; i < HIVE_COUNT; i++) {
		CLEANUP_FREE char *path = i == HIVE_BCD ? xstrdup("/Boot/BCD") :
							  xasprintf("%s/System32/config/%s", root,
								    fixed_names[i]);

		windows_add_hive(w, fixed_names[i], path);
	}
	return w;
}

struct windows *
windows_open_backup(struct windows *w)
{
	struct windows *b = xzalloc(sizeof *b);

	b->volume = w->volume;
	b->root = xstrdup(w->root);
	for (int i = 0; i < HIVE_COUNT; i++) {
		CLEANUP_FREE char *path = w->root ? xasprintf("%s/System32/config/RegBack/%s",
							      w->root, fixed_names[i]) :
						    NULL;

		windows_add_hive(b, fixed_names[i], path);
		b->hives[i]->log_path = xstrdup(w->hives[i]->path);
	}
	return b;
}

static void
close_hive(struct opened *o)
{
	hive_close(o->hive);
	volume_file_close(o->file);
	for (size_t i = 0; i < ARRAY_SIZE(o->logs); i++)
		volume_file_close(o->logs[i]);
	error_clear(&o->error);
	free(o->name);
	free(o->path);
	free(o->log_path);
	free(o->new_log);
	free(o);
}

void
windows_close(struct windows *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->count; i++)
		close_hive(w->hives[i]);
	free(w->hives);
	free(w->root);
	free(w);
}

void
windows_closep(struct windows **w)
{
	windows_close(*w);
}

struct volume *
windows_volume(struct windows *w)
{
	return w->volume;
}

const char *
windows_root(const struct windows *w)
{
	return w->root;
}

char *
windows_path(const struct windows *w, const char *below)
{
	return xasprintf("%s/%s", w->root, below);
}

void
windows_set_code_pages(struct windows *w, const struct code_pages *pages)
{
	w->pages = pages;
}

const struct code_pages *
windows_code_pages(const struct windows *w)
{
	return w->pages;
}

void
windows_accept_dirty(struct windows *w)
{
	w->accept_dirty = true;
	/* a single hive file is open by now */
	for (size_t i = 0; i < w->count; i++)
		if (w->hives[i]->hive)
			hive_accept_dirty(w->hives[i]->hive);
}

/* ---- names ---- */

const char *
windows_hive_name(const struct windows *w, enum windows_hive which)
{
	return w->hives[which]->name;
}

const char *
windows_fixed_name(enum windows_hive which)
{
	return fixed_names[which];
}

const char *
windows_hive_path(const struct windows *w, enum windows_hive which)
{
	return w->hives[which]->path;
}

size_t
windows_hive_count(const struct windows *w)
{
	return w->count;
}

struct hive *
windows_opened(const struct windows *w, enum windows_hive which)
{
	return w->hives[which]->hive;
}

char *
windows_reg_prefix(const char *name)
{
	if (name_starts_with(name, "HKU\\"))
		return xasprintf("HKEY_USERS\\%s", name + strlen("HKU\\"));
	if (name_equal(name, "DEFAULT"))
		return xstrdup("HKEY_USERS\\.DEFAULT");
	if (name_equal(name, "BCD"))
		return xstrdup("HKEY_LOCAL_MACHINE\\BCD00000000");
	if (name_equal(name, "NTUSER.DAT"))
		return xstrdup("HKEY_CURRENT_USER");
	if (name_equal(name, "UsrClass.dat"))
		return xstrdup("HKEY_CURRENT_USER\\Software\\Classes");
	return xasprintf("HKEY_LOCAL_MACHINE\\%s", name);
}

/* ---- opening ---- */

static int
read_file(void *ctx, void *buf, size_t len, uint64_t offset, size_t *ret_len, struct error *err)
{
	return volume_file_read(ctx, buf, len, offset, ret_len, err);
}

static uint64_t
file_hole(void *ctx, uint64_t offset)
{
	return volume_file_hole(ctx, offset);
}

/* The log with that suffix, if it is there. */
static int
open_log(struct windows *w, struct opened *o, size_t i, const char *suffix, struct hive_source *ret,
	 struct error *err)
{
	CLEANUP_FREE char *path = xasprintf("%s%s", o->log_path ? o->log_path : o->path, suffix);

	o->logs[i] = volume_file_open(w->volume, path, err);
	if (!o->logs[i]) {
		if (err->code != ERR_NOT_FOUND)
			return error_prefix(err, "the transaction log %s", path);
		error_clear(err);
		return 0;
	}
	*ret = (struct hive_source){ read_file, o->logs[i], volume_file_size(o->logs[i]),
				     file_hole };
	return 0;
}

struct log_finder {
	struct windows *w;
	struct opened *o;
};

/* .LOG1 and .LOG2 since Vista; .LOG before, and beside them without a meaning. */
static int
find_logs(void *ctx, struct hive_source logs[2], bool *ret_single, struct error *err)
{
	const struct log_finder *f = ctx;

	if (open_log(f->w, f->o, 0, ".LOG1", &logs[0], err) < 0 ||
	    open_log(f->w, f->o, 1, ".LOG2", &logs[1], err) < 0)
		return -1;
	if (logs[0].read || logs[1].read)
		return 0;
	*ret_single = true;
	return open_log(f->w, f->o, 0, ".LOG", &logs[0], err);
}

static int
open_hive(struct windows *w, struct opened *o, struct error *err)
{
	struct hive_files files = { .primary.read = read_file, .free_ctx = free };
	struct log_finder *finder;

	if (!o->path)
		return error_set(err, ERR_NOT_FOUND,
				 "this target is a single hive file, which is not %s", o->name);
	o->file = volume_file_open(w->volume, o->path, err);
	if (!o->file)
		return error_prefix(err, "the registry hive %s", o->name);
	finder = xzalloc(sizeof *finder);
	*finder = (struct log_finder){ w, o };
	files.primary.ctx = o->file;
	files.primary.size = volume_file_size(o->file);
	files.find_ctx = finder;
	/* a copy is not to be mended by logs that are not its own */
	files.find_logs = o->log_path ? NULL : find_logs;
	o->hive = hive_open_files(o->name, &files, err);
	if (!o->hive)
		return -1;
	if (o->log_path)
		hive_outdo(o->hive, find_logs);
	if (w->accept_dirty)
		hive_accept_dirty(o->hive);
	return 0;
}

struct hive *
windows_hive(struct windows *w, enum windows_hive which, struct error *err)
{
	struct opened *o = w->hives[which];

	if (!o->hive && o->error.code == ERR_NONE)
		open_hive(w, o, &o->error);
	if (!o->hive)
		error_set(err, o->error.code, "%s", o->error.message);
	return o->hive;
}

char *
windows_dirty_hives(struct windows *w)
{
	struct text list = TEXT_INIT;

	for (size_t i = 0; i < w->count; i++) {
		const struct hive *h = w->hives[i]->hive;

		if (h && !hive_current(h))
			text_addf(&list, "%s%s", list.len ? ", " : "", w->hives[i]->name);
	}
	return list.len ? text_steal(&list) : NULL;
}

char *
windows_replayed_hives(struct windows *w)
{
	struct text list = TEXT_INIT;

	for (size_t i = 0; i < w->count; i++) {
		const struct hive *h = w->hives[i]->hive;
		const struct hive_state *s = h ? hive_state(h) : NULL;

		if (!s || !s->replayed)
			continue;
		text_addf(&list, "%s%s: ", list.len ? "; " : "", w->hives[i]->name);
		if (s->old_log)
			text_addf(&list, "%" PRIu32 " sectors of its log replayed",
				  s->replayed_pages);
		else
			text_addf(&list, "%" PRIu32 " log %s replayed", s->replayed_entries,
				  s->replayed_entries == 1 ? "entry" : "entries");
	}
	return list.len ? text_steal(&list) : NULL;
}

/* ---- a single file ---- */

/* The hive that a file name stands for; HIVE_COUNT when it is none of the system's. */
static enum windows_hive
hive_of_name(const char *name)
{
	for (int i = 0; i < HIVE_COUNT; i++)
		if (name_equal(fixed_names[i], name))
			return (enum windows_hive)i;
	return HIVE_COUNT;
}

static bool
is_users(const char *name)
{
	return name_equal(name, "NTUSER.DAT") || name_equal(name, "UsrClass.dat");
}

struct windows *
windows_open_file(struct volume *v, const char *path, enum windows_hive *ret, struct error *err)
{
	CLEANUP_WINDOWS struct windows *w = xzalloc(sizeof *w);
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	CLEANUP_FREE char *inside = NULL;
	const char *name = base;
	struct hive *h;
	struct opened *o;

	w->volume = v;
	for (int i = 0; i < HIVE_COUNT; i++)
		windows_add_hive(w, fixed_names[i], NULL);
	*ret = windows_add_hive(w, base, path);
	h = windows_hive(w, *ret, err);
	if (!h)
		return NULL;
	inside = hive_file_name(h, err);
	if (!inside)
		return NULL;
	if (hive_of_name(inside) != HIVE_COUNT || is_users(inside))
		name = inside;
	o = w->hives[*ret];
	hive_rename(h, name);
	free(o->name);
	o->name = xstrdup(is_users(name) && name_equal(name, "NTUSER.DAT") ? "NTUSER.DAT" :
			  is_users(name)				   ? "UsrClass.dat" :
			  hive_of_name(name) != HIVE_COUNT ? fixed_names[hive_of_name(name)] :
							     name);
	if (hive_of_name(name) != HIVE_COUNT) {
		/* it takes that one's place */
		struct opened *none = w->hives[hive_of_name(name)];

		w->hives[hive_of_name(name)] = o;
		w->hives[*ret] = none;
		*ret = hive_of_name(name);
	}
	return steal(&w);
}

int
windows_hive_by_name(struct windows *w, const char *name, enum windows_hive *ret, struct error *err)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->hives[i]->path && name_equal(w->hives[i]->name, name)) {
			*ret = (enum windows_hive)i;
			return 0;
		}
	if (name_starts_with(name, "HKU\\") && w->root)
		return windows_user_hive(w, name + strlen("HKU\\"), ret, err);
	return error_set(err, ERR_NOT_FOUND, "this target has no hive '%s'", name);
}
