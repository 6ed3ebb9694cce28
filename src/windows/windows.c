/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding an installation, and its system hives: opened on demand, written back together. */
#include <stdlib.h>
#include <string.h>

#include "registry/hive.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "volume/volume.h"
#include "windows/windows.h"

static const struct {
	const char *name, *prefix;
} hive_names[HIVE_COUNT] = {
	[HIVE_SYSTEM] = { "SYSTEM", "HKEY_LOCAL_MACHINE\\SYSTEM" },
	[HIVE_SOFTWARE] = { "SOFTWARE", "HKEY_LOCAL_MACHINE\\SOFTWARE" },
	[HIVE_SAM] = { "SAM", "HKEY_LOCAL_MACHINE\\SAM" },
};

struct opened {
	struct hive *hive;
	struct volume_file *file;
	struct error error; /* why it could not be opened: given again at each question */
};

struct windows {
	struct volume *volume;
	char *root;
	struct opened hives[HIVE_COUNT];
};

int
windows_find(struct volume *v, char ***ret, size_t *ret_count, struct error *err)
{
	CLEANUP_DIR_LIST struct dir_list list = { 0 };

	*ret = NULL;
	*ret_count = 0;
	if (volume_list(v, "/", &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++) {
		CLEANUP_FREE char *hive = xasprintf("/%s/System32/config/SYSTEM",
						    list.list[i].name);

		if (list.list[i].type != FILE_DIRECTORY || !volume_exists(v, hive))
			continue;
		ARRAY_GROW(*ret, *ret_count);
		(*ret)[(*ret_count)++] = xasprintf("/%s", list.list[i].name);
	}
	return 0;
}

void
windows_roots_free(char **roots, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(roots[i]);
	free(roots);
}

struct windows *
windows_open(struct volume *v, const char *root, struct error *err)
{
	struct windows *w = xzalloc(sizeof *w);

	(void)err;
	w->volume = v;
	w->root = xstrdup(root);
	return w;
}

void
windows_close(struct windows *w)
{
	if (!w)
		return;
	for (int i = 0; i < HIVE_COUNT; i++) {
		hive_close(w->hives[i].hive);
		volume_file_close(w->hives[i].file);
		error_clear(&w->hives[i].error);
	}
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

const char *
windows_hive_name(enum windows_hive which)
{
	return hive_names[which].name;
}

const char *
windows_hive_reg_prefix(enum windows_hive which)
{
	return hive_names[which].prefix;
}

char *
windows_hive_path(const struct windows *w, enum windows_hive which)
{
	return xasprintf("%s/System32/config/%s", w->root, hive_names[which].name);
}

static int
read_file(void *ctx, void *buf, size_t len, uint64_t offset, size_t *ret_len, struct error *err)
{
	return volume_file_read(ctx, buf, len, offset, ret_len, err);
}

static int
open_hive(struct windows *w, enum windows_hive which, struct error *err)
{
	CLEANUP_FREE char *path = windows_hive_path(w, which);
	struct opened *o = &w->hives[which];
	struct hive_source source = { .read = read_file };

	o->file = volume_file_open(w->volume, path, err);
	if (!o->file)
		return error_prefix(err, "the registry hive %s", hive_names[which].name);
	source.ctx = o->file;
	source.size = volume_file_size(o->file);
	o->hive = hive_open(hive_names[which].name, &source, err);
	return o->hive ? 0 : -1;
}

struct hive *
windows_hive(struct windows *w, enum windows_hive which, struct error *err)
{
	struct opened *o = &w->hives[which];

	if (!o->hive && o->error.code == ERR_NONE)
		open_hive(w, which, &o->error);
	if (!o->hive)
		error_set(err, o->error.code, "%s", o->error.message);
	return o->hive;
}

char *
windows_dirty_hives(struct windows *w)
{
	struct text list = TEXT_INIT;

	for (int i = 0; i < HIVE_COUNT; i++) {
		const struct hive *h = w->hives[i].hive;

		if (h && !hive_state(h)->clean)
			text_addf(&list, "%s%s", list.len ? ", " : "", hive_names[i].name);
	}
	return list.len ? text_steal(&list) : NULL;
}

/* ---- writing back ---- */

struct destination {
	struct windows *w;
	char *path;
};

static int
patch(void *ctx, const void *buf, size_t len, uint64_t offset, struct error *err)
{
	const struct destination *d = ctx;

	return volume_patch(d->w->volume, d->path, buf, len, offset, err);
}

static int
gather(void *ctx, const void *buf, size_t len, uint64_t offset, struct error *err)
{
	(void)err;
	memcpy((uint8_t *)ctx + offset, buf, len);
	return 0;
}

/* A hive that has grown: the whole file is given its new content, of which only what differs is written. */
static int
write_grown(struct windows *w, enum windows_hive which, const char *path, struct error *err)
{
	struct hive *h = w->hives[which].hive;
	uint64_t size = hive_image_size(h), old = volume_file_size(w->hives[which].file);
	CLEANUP_FREE uint8_t *bytes = checked_alloc(size, UINT64_C(2) << 30, path, err);
	size_t done = 0, n = 1;

	if (!bytes)
		return -1;
	while (done < old && n) {
		if (volume_file_read(w->hives[which].file, bytes + done, (size_t)(old - done), done,
				     &n, err) < 0)
			return -1;
		done += n;
	}
	if (hive_write_back(h, HIVE_WRITE_DATA, gather, bytes, err) < 0)
		return -1;
	return volume_replace(w->volume, path, bytes, (size_t)size, err);
}

static int
write_phase(struct windows *w, enum hive_write_phase phase, struct error *err)
{
	for (int i = 0; i < HIVE_COUNT; i++) {
		struct hive *h = w->hives[i].hive;
		CLEANUP_FREE char *path = windows_hive_path(w, (enum windows_hive)i);
		struct destination d = { w, path };
		int got;

		if (!h || !hive_changed(h))
			continue;
		if (phase == HIVE_WRITE_DATA &&
		    hive_image_size(h) > volume_file_size(w->hives[i].file))
			got = write_grown(w, (enum windows_hive)i, path, err);
		else
			got = hive_write_back(h, phase, patch, &d, err);
		if (got < 0)
			return -1;
	}
	return 0;
}

int
windows_write_back(struct windows *w, struct error *err)
{
	for (int i = 0; i < HIVE_COUNT; i++)
		if (w->hives[i].hive && hive_changed(w->hives[i].hive) &&
		    hive_check(w->hives[i].hive, err) < 0)
			return error_prefix(err,
					    "the edited hive is not sound, nothing is written");
	if (write_phase(w, HIVE_WRITE_DATA, err) < 0 || volume_barrier(w->volume, err) < 0)
		return -1;
	return write_phase(w, HIVE_WRITE_BASE, err);
}
