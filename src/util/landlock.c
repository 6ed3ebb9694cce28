/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Landlock by its three system calls; the C library of Debian 12 has no wrappers for them. */
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/landlock.h"

#define READ_FILE LANDLOCK_ACCESS_FS_READ_FILE
#define READ_DIR  LANDLOCK_ACCESS_FS_READ_DIR
#define RUN	  LANDLOCK_ACCESS_FS_EXECUTE

/* Every right of the first version of the interface, which is on every kernel that has Landlock. */
#define ALL_RIGHTS ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

static int
new_ruleset(void)
{
	struct landlock_ruleset_attr a = { .handled_access_fs = ALL_RIGHTS };
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
			       LANDLOCK_CREATE_RULESET_VERSION);

	if (version < 1)
		return -1;
	/* what later versions added: REFER (2), TRUNCATE (3), IOCTL_DEV (5) */
	if (version >= 2)
		a.handled_access_fs |= UINT64_C(1) << 13;
	if (version >= 3)
		a.handled_access_fs |= UINT64_C(1) << 14;
	if (version >= 5)
		a.handled_access_fs |= UINT64_C(1) << 15;
	return (int)syscall(SYS_landlock_create_ruleset, &a, sizeof a, 0);
}

static void
allow(int ruleset, int fd, uint64_t rights)
{
	struct landlock_path_beneath_attr a = { .parent_fd = fd };
	struct stat st;

	if (fstat(fd, &st) < 0)
		return;
	/* a rule for a file must not name rights of folders */
	a.allowed_access = S_ISDIR(st.st_mode) ? rights : rights & ~(uint64_t)READ_DIR;
	syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &a, 0);
}

static bool
enforce(int ruleset)
{
	return syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
}

bool
landlock_restrict(const char *const *readable, bool run)
{
	CLEANUP_FD int ruleset = new_ruleset();

	if (ruleset < 0)
		return false;
	for (; *readable; readable++) {
		CLEANUP_FD int fd = open(*readable, O_PATH | O_CLOEXEC);

		if (fd >= 0)
			allow(ruleset, fd, READ_FILE | READ_DIR | (run ? RUN : 0));
	}
	return enforce(ruleset);
}

bool
landlock_restrict_to(const int *fds, size_t count)
{
	CLEANUP_FD int ruleset = new_ruleset();

	if (ruleset < 0)
		return false;
	for (size_t i = 0; i < count; i++)
		allow(ruleset, fds[i], READ_FILE | READ_DIR);
	return enforce(ruleset);
}
