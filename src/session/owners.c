/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose the bytes are that a commit would write; see owners.h. */
#include <stdlib.h>
#include <string.h>

#include "block/changes.h"
#include "report/report.h"
#include "session/owners.h"
#include "session/session-private.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "volume/volume.h"

/* Reading the records of millions of files from a volume that is fetched as it is read takes minutes; not more. */
#define SECONDS 600u

/* ---- clusters ---- */

/* Where the changes lie on the volume; the caller's. */
static struct extent *
places_of(const struct session *s, size_t *ret_count)
{
	const struct changes *c = &s->changes;
	const struct partition *p = s->target.partition;
	struct extent *list = xmalloc((c->record_count + 1) * sizeof *list);
	size_t n = 0;

	for (size_t i = 0; i < c->record_count; i++)
		list[n++] = (struct extent){ c->records[i].offset - p->offset,
					     c->records[i].after_len };
	*ret_count = n;
	return list;
}

/* Damage would be a way past the question. */
static int
refuse_untold(struct error *err, const char *way_out)
{
	CLEANUP_FREE char *why = steal(&err->message);
	enum error_code code = err->code;

	error_clear(err);
	return error_set(
		err, code,
		"nothing was written: whether other files have the clusters that change cannot be told: %s; %s",
		why, way_out);
}

/*
 * Records that are slow to come are a warning: refusing would take the repair from the slow disk, not from the damaged one.  Records that cannot
 * be read are none, because whoever prepared the volume could see to that.
 */
static int
check_clusters(struct session *s, struct error *err)
{
	const struct owners_limit limit = { SECONDS, s->options.progress };
	CLEANUP_FREE struct extent *places = NULL;
	size_t count;

	places = places_of(s, &count);
	if (volume_sole_owners(s->target.volume, places, count, &limit, err) == 0)
		return 0;
	switch (err->code) {
	case ERR_LIMIT:
		report_warn(s->report,
			    "whether other files have the clusters that change cannot be told: %s",
			    err->message);
		error_clear(err);
		return 0;
	case ERR_UNCLEAN:
		return error_prefix(err, "nothing was written");
	case ERR_CORRUPT:
		return refuse_untold(err, "let Windows run chkdsk /f on this volume first");
	case ERR_IO:
		return refuse_untold(
			err,
			"work on a copy of the disk that can be read in full, and let Windows run chkdsk /f on it first");
	default:
		return -1;
	}
}

/* ---- files ---- */

/* A file that is there, by what tells it from others. */
struct known {
	char *path;
	uint64_t device, record;
};

struct known_files {
	struct volume *v;
	struct known *list;
	size_t count;
};

static void
known_files_clear(struct known_files *k)
{
	for (size_t i = 0; i < k->count; i++)
		free(k->list[i].path);
	free(k->list);
}
#define CLEANUP_KNOWN_FILES __attribute__((cleanup(known_files_clear)))

/* One that is not there, or that cannot be looked at, is none that could be written to. */
static void
know(struct known_files *k, char *path)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	struct file_stat st;

	if (volume_stat(k->v, path, &st, &ignored) < 0 || st.type != FILE_REGULAR || !st.record) {
		free(path);
		return;
	}
	ARRAY_GROW(k->list, k->count);
	k->list[k->count++] = (struct known){ path, st.device, st.record };
}

static void
know_folder(struct known_files *k, const char *folder)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	CLEANUP_DIR_LIST struct dir_list list = { 0 };

	if (volume_list(k->v, folder, &list, &ignored) < 0)
		return;
	for (size_t i = 0; i < list.count; i++)
		if (list.list[i].type == FILE_REGULAR)
			know(k, xasprintf("%s/%s", folder, list.list[i].name));
}

static void
know_hive(struct known_files *k, const char *folder, const char *name)
{
	static const char *const behind[] = { "", ".LOG", ".LOG1", ".LOG2" };

	for (size_t i = 0; i < ARRAY_SIZE(behind); i++)
		know(k, xasprintf("%s/%s%s", folder, name, behind[i]));
}

/* The hives of users, in the folders below `folder`. */
static void
know_profiles(struct known_files *k, const char *folder)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	CLEANUP_DIR_LIST struct dir_list list = { 0 };

	if (volume_list(k->v, folder, &list, &ignored) < 0)
		return;
	for (size_t i = 0; i < list.count; i++) {
		CLEANUP_FREE char *home = xasprintf("%s/%s", folder, list.list[i].name);
		CLEANUP_FREE char *classes = xasprintf("%s/AppData/Local/Microsoft/Windows", home);

		if (list.list[i].type != FILE_DIRECTORY)
			continue;
		know_hive(k, home, "NTUSER.DAT");
		know_hive(k, classes, "UsrClass.dat");
	}
}

static void
know_windows(struct known_files *k, const char *root)
{
	CLEANUP_FREE char *config = xasprintf("%s/System32/config", root);
	CLEANUP_FREE char *copies = xasprintf("%s/RegBack", config);
	CLEANUP_FREE char *services = xasprintf("%s/ServiceProfiles", root);

	know_folder(k, config);
	know_folder(k, copies);
	know_profiles(k, services);
	know_profiles(k, "/Users");
	know_profiles(k, "/Documents and Settings");
}

/* The folder of a file, by its inode; 0 when it cannot be looked at. */
static uint64_t
folder_record(struct volume *v, const char *path)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	CLEANUP_FREE char *folder = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	struct file_stat st;

	return volume_stat(v, *folder ? folder : "/", &st, &ignored) < 0 ? 0 : st.record;
}

/* Two spellings of one name: the folder may be named by its 8.3 alias. */
static bool
same_name(struct volume *v, const struct known *a, const struct known *b)
{
	uint64_t folder;

	if (name_equal(a->path, b->path))
		return true;
	if (!name_equal(strrchr(a->path, '/'), strrchr(b->path, '/')))
		return false;
	folder = folder_record(v, a->path);
	return folder && folder == folder_record(v, b->path);
}

int
owners_compare_files(struct volume *v, const char *root, const char *const *paths, size_t count,
		     struct error *err)
{
	CLEANUP_KNOWN_FILES struct known_files k = { .v = v };
	size_t written;

	for (size_t i = 0; i < count; i++)
		know(&k, xstrdup(paths[i]));
	written = k.count;
	if (root)
		know_windows(&k, root);
	for (size_t i = 0; i < written; i++) {
		const struct known *a = &k.list[i];

		for (size_t j = i + 1; j < k.count; j++) {
			const struct known *b = &k.list[j];

			if (a->device == b->device && a->record == b->record && !same_name(v, a, b))
				return error_set(
					err, ERR_REFUSED,
					"'%s' is the same file as '%s', so a change of the one would be a change of the "
					"other; nothing was written",
					a->path, b->path);
		}
	}
	return 0;
}

static int
check_files(struct session *s, struct error *err)
{
	const struct changes *c = &s->changes;
	char **paths = NULL;
	size_t count = 0;
	int got;

	for (size_t i = 0; i < c->record_count; i++) {
		const char *path = c->records[i].path;

		/* those of a file lie together, or nearly so: named twice it does no harm */
		if (count && strcmp(paths[count - 1] + 1, path) == 0)
			continue;
		ARRAY_GROW(paths, count);
		paths[count++] = xasprintf("/%s", path);
	}
	got = owners_compare_files(s->target.volume, s->target.root, (const char *const *)paths,
				   count, err);
	for (size_t i = 0; i < count; i++)
		free(paths[i]);
	free(paths);
	return got;
}

int
owners_check(struct session *s, struct error *err)
{
	if (!s->changes.record_count)
		return 0;
	return s->target.disk ? check_clusters(s, err) : check_files(s, err);
}
