/* SPDX-License-Identifier: GPL-3.0-or-later */
/* close_range() around what is kept, and how to do without; see fds.h. */
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/fds.h"

#define FIRST 3u
/* of the last way, where neither the kernel nor /proc helps and the limit says "any" */
#define MOST (1u << 20)

static bool
is_kept(const int *keep, size_t count, int fd)
{
	for (size_t i = 0; i < count; i++)
		if (keep[i] == fd)
			return true;
	return false;
}

/* By the list in /proc, which changes while it is read: so again until nothing was left to close. */
static bool
close_listed(const int *keep, size_t count)
{
	for (bool found = true; found;) {
		DIR *d = opendir("/proc/self/fd");

		found = false;
		if (!d)
			return false;
		for (const struct dirent *e = readdir(d); e; e = readdir(d)) {
			char *end;
			long fd = strtol(e->d_name, &end, 10);

			if (*end || end == e->d_name || fd < (long)FIRST || fd == dirfd(d) ||
			    is_kept(keep, count, (int)fd))
				continue;
			found |= close((int)fd) == 0;
		}
		closedir(d);
	}
	return true;
}

void
fds_close_others_by_one(const int *keep, size_t count)
{
	struct rlimit l = { 0, 0 };
	unsigned most;

	if (close_listed(keep, count))
		return;
	getrlimit(RLIMIT_NOFILE, &l);
	most = l.rlim_max < MOST ? (unsigned)l.rlim_max : MOST;
	for (unsigned fd = FIRST; fd < most; fd++)
		if (!is_kept(keep, count, (int)fd))
			close((int)fd);
}

void
fds_close_others(const int *keep, size_t count)
{
	unsigned from = FIRST;

	/* from one that is kept to the next, in their order */
	for (;;) {
		unsigned next = ~0u;

		for (size_t i = 0; i < count; i++)
			if (keep[i] >= (int)from && (unsigned)keep[i] < next)
				next = (unsigned)keep[i];
		if (next > from &&
		    syscall(SYS_close_range, from, next == ~0u ? ~0u : next - 1, 0) < 0) {
			fds_close_others_by_one(keep, count);
			return;
		}
		if (next == ~0u)
			return;
		from = next + 1;
	}
}

void
fds_fill_standard(void)
{
	/* the lowest number is taken first; for reading only, so that printing fails, as it did on a closed one */
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY | O_NOCTTY) < 0)
			open("/", O_RDONLY | O_DIRECTORY);
}
