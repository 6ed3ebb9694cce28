/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which journals there are in a folder, and which folder that is by default. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "block/journal-private.h"
#include "block/journal.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"

char *
journal_default_dir(void)
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	if (geteuid() == 0)
		return xstrdup("/var/lib/resprep");
	if (state && state[0] == '/')
		return xasprintf("%s/resprep", state);
	return xasprintf("%s/.local/state/resprep", home && *home ? home : "");
}

static int
is_journal(const struct dirent *e)
{
	const char *found = strstr(e->d_name, ".journal");

	if (!found)
		return 0;
	found += strlen(".journal");
	return !*found || strcmp(found, ".tmp") == 0 || strcmp(found, ".applied") == 0 ||
	       strcmp(found, ".undoing") == 0 || strcmp(found, ".undone") == 0;
}

/* The name is the state: what neither is pending nor being undone needs no look inside. */
static int
is_unfinished(const struct dirent *e)
{
	const char *found = is_journal(e) ? strstr(e->d_name, ".journal") : NULL;

	return found && (strcmp(found, ".journal") == 0 || strcmp(found, ".journal.undoing") == 0);
}

static void
fill(struct journal_entry *e, const char *path)
{
	CLEANUP_JOURNAL struct journal j = { 0 };
	CLEANUP_ERROR struct error problem = ERROR_INIT;

	*e = (struct journal_entry){ .path = xstrdup(path) };
	if (journal_read(path, &j, &problem) < 0) {
		CLEANUP_ERROR struct error ignored = ERROR_INIT;

		e->problem = xstrdup(problem.message);
		journal_locate(path, &j, &ignored);
		e->state = j.state;
		return;
	}
	e->state = j.state;
	e->identity = j.changes.identity;
	e->target_path = xstrdup(j.target_path);
	e->time = j.time;
	e->records = j.changes.record_count;
	e->sectors = changes_sectors(&j.changes);
}

static int
list(const char *dir, int (*which)(const struct dirent *e), struct journal_entry **ret,
     size_t *ret_count, struct error *err)
{
	struct dirent **names = NULL;
	int n = scandir(dir, &names, which, alphasort);

	*ret = NULL;
	*ret_count = 0;
	if (n < 0 && errno == ENOENT)
		return 0;
	if (n < 0)
		return error_sys(err, errno, "cannot list the journals in '%s'", dir);
	*ret = xcalloc((size_t)n, sizeof **ret);
	for (int i = 0; i < n; i++) {
		CLEANUP_FREE char *path = xasprintf("%s/%s", dir, names[i]->d_name);

		/* names begin with the time, so their order is that of time */
		fill(&(*ret)[(*ret_count)++], path);
		free(names[i]);
	}
	free(names);
	return 0;
}

int
journal_list(const char *dir, struct journal_entry **ret, size_t *ret_count, struct error *err)
{
	return list(dir, is_journal, ret, ret_count, err);
}

int
journal_list_unfinished(const char *dir, struct journal_entry **ret, size_t *ret_count,
			struct error *err)
{
	return list(dir, is_unfinished, ret, ret_count, err);
}

void
journal_list_free(struct journal_entry *entries, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(entries[i].path);
		free(entries[i].target_path);
		free(entries[i].problem);
	}
	free(entries);
}
