/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where journals go: never on the target, and by default not where a reboot forgets them. */
#include <stdlib.h>
#include <string.h>

#include "block/hold.h"
#include "block/journal-dir.h"
#include "block/journal-remains.h"
#include "block/journal.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/io.h"
#include "util/text.h"

char *
journal_dir_named(const char *named)
{
	return named ? xstrdup(named) : journal_default_dir();
}

char *
journal_dir_for(const char *named, const struct hold *h, char **ret_warning, struct error *err)
{
	CLEANUP_FREE char *dir = journal_dir_named(named);
	int inside;

	inside = hold_contains(h, dir, err);
	if (inside < 0)
		goto bad;
	if (inside) {
		error_set(
			err, ERR_REFUSED,
			"it lies on the target itself, where the journal would be lost with it; name a folder on "
			"another disk with --journal-dir");
		goto bad;
	}
	if (hold_is_volatile(dir)) {
		if (!named) {
			error_set(
				err, ERR_REFUSED,
				"it lies in memory (tmpfs, or a live medium) and would be lost at a reboot, and with "
				"it the undo; name a lasting folder with --journal-dir (or this one, if you accept "
				"that)");
			goto bad;
		}
		free(*ret_warning);
		*ret_warning = xasprintf(
			"the journal folder '%s' lies in memory: after a reboot of this machine the repair "
			"cannot be undone",
			dir);
	}
	return steal(&dir);
bad:
	error_prefix(err, "cannot keep a journal in '%s'", dir);
	return NULL;
}

/*
 * Whether a journal may be of this target: by the NTFS volume, which is the same seen as a disk, as a partition or mounted, and in a partition that
 * has been made larger; a folder of which that is not known, by its path.
 */
static bool
same_target(const struct journal_entry *e, const struct target_identity *id, const char *path)
{
	CLEANUP_FREE char *real = NULL;

	if (e->identity.kind == TARGET_DEVICE && id->kind == TARGET_DEVICE)
		return e->identity.ntfs_serial == id->ntfs_serial &&
		       (id->ntfs_serial || e->identity.partition_len == id->partition_len);
	if (e->identity.ntfs_serial && id->ntfs_serial)
		return e->identity.ntfs_serial == id->ntfs_serial;
	if (e->identity.kind != id->kind)
		return false;
	real = realpath(path, NULL);
	return e->target_path && strcmp(e->target_path, real ? real : path) == 0;
}

/* The same of a damaged one, as far as it can be told. */
static bool
maybe_target(const struct journal_entry *e, const struct target_identity *id)
{
	CLEANUP_JOURNAL_REMAINS struct journal_remains left = { 0 };
	CLEANUP_ERROR struct error ignored = ERROR_INIT;

	journal_remains_head(e->path, &left, &ignored);
	return journal_remains_may_be_of(&left, id);
}

static struct journal_unfinished
unfinished(const struct journal_entry *e, const struct target_identity *id)
{
	return (struct journal_unfinished){
		.path = xstrdup(e->path),
		.elsewhere = e->identity.kind != id->kind ?
				     xstrdup(e->target_path ? e->target_path : "TARGET") :
				     NULL,
		.is_folder = e->identity.kind == TARGET_DIRECTORY,
	};
}

struct journal_unfinished
journal_dir_unfinished(const char *dir, const struct target_identity *id, const char *path)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	struct journal_entry *list = NULL;
	struct journal_unfinished found = { 0 };
	size_t count = 0;

	/* a folder that cannot be read holds no journal that we could name */
	if (journal_list_unfinished(dir, &list, &count, &ignored) < 0)
		return found;
	/* a sound one first: something can be done about it */
	for (size_t i = 0; i < count && !found.path; i++)
		if (!list[i].problem && same_target(&list[i], id, path))
			found = unfinished(&list[i], id);
	for (size_t i = 0; i < count && !found.path; i++)
		if (list[i].problem && maybe_target(&list[i], id))
			found = (struct journal_unfinished){ .path = xstrdup(list[i].path),
							     .problem = xstrdup(list[i].problem) };
	journal_list_free(list, count);
	return found;
}

struct journal_unfinished
journal_anywhere_unfinished(const char *named, const struct target_identity *id, const char *path)
{
	CLEANUP_FREE char *own = journal_default_dir();
	const char *dirs[] = { named, own, JOURNAL_ROOT_DIR };
	struct journal_unfinished found = { 0 };

	/* a sound one first, as in one folder */
	for (size_t i = 0; i < ARRAY_SIZE(dirs) && (!found.path || found.problem); i++) {
		struct journal_unfinished more = { 0 };

		if (dirs[i])
			more = journal_dir_unfinished(dirs[i], id, path);
		if (more.path && (!found.path || !more.problem)) {
			journal_unfinished_clear(&found);
			found = more;
		} else {
			journal_unfinished_clear(&more);
		}
	}
	return found;
}

char *
journal_unfinished_advice(const struct journal_unfinished *u, const char *target)
{
	CLEANUP_FREE char *path = text_shell(u->path);
	CLEANUP_FREE char *at = text_shell(u->elsewhere ? u->elsewhere : target);

	if (!u->elsewhere)
		return xasprintf("run: resprep recover %s %s", path, at);
	if (u->is_folder)
		return xasprintf(
			"mount the volume again, where it was or elsewhere, and run: resprep recover %s %s",
			path, at);
	return xasprintf("unmount '%s', and run: resprep recover %s %s", target, path, at);
}

void
journal_unfinished_clear(struct journal_unfinished *u)
{
	free(u->elsewhere);
	free(u->path);
	free(u->problem);
	*u = (struct journal_unfinished){ 0 };
}

char *
journal_files_folder(const char *base)
{
	static const char suffix[] = ".journal";
	size_t n = strlen(base), tail = sizeof suffix - 1;

	return xasprintf("%.*s.files", (int)(n > tail ? n - tail : n), base);
}
