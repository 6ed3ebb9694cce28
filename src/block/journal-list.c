/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which journals there are in a folder, and which folder that is by default. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "block/journal-private.h"
#include "block/journal.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/filetime.h"

char *
journal_default_dir(void)
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	if (geteuid() == 0)
		return xstrdup(JOURNAL_ROOT_DIR);
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

/* TIME-SERIAL-2 as 2; 1 without a number. */
static unsigned long
number_of(const char *path)
{
	const char *dot = strstr(path, ".journal"), *name = strrchr(path, '/');
	const char *p = dot;

	name = name ? name + 1 : path;
	while (p && p > name && p[-1] >= '0' && p[-1] <= '9')
		p--;
	/* the first hyphen is the one before the serial number */
	return p && p < dot && p > name && p[-1] == '-' && p - 1 > strchr(name, '-') ?
		       strtoul(p, NULL, 10) :
		       1;
}

/* The second that the name begins with, as FILETIME; 0 when it is none. */
static uint64_t
second_of(const char *path)
{
	const char *name = strrchr(path, '/');
	struct tm t = { 0 };
	struct timespec when = { 0 };

	if (!strptime(name ? name + 1 : path, "%Y%m%dT%H%M%SZ", &t))
		return 0;
	when.tv_sec = timegm(&t);
	return when.tv_sec < 0 ? 0 : filetime_from_timespec(when);
}

/* By the time of the commit, which has fractions of the second that the name has; of a damaged one by that second. */
static int
by_time(const void *a, const void *b)
{
	const struct journal_entry *x = a, *y = b;
	uint64_t tx = x->problem ? second_of(x->path) : x->time;
	uint64_t ty = y->problem ? second_of(y->path) : y->time;
	unsigned long nx = number_of(x->path), ny = number_of(y->path);

	if (tx != ty)
		return tx < ty ? -1 : 1;
	if (nx != ny)
		return nx < ny ? -1 : 1;
	return strcmp(x->path, y->path);
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

		fill(&(*ret)[(*ret_count)++], path);
		free(names[i]);
	}
	free(names);
	if (*ret_count)
		qsort(*ret, *ret_count, sizeof **ret, by_time);
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
