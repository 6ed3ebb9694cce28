/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Loop devices, and who has a file open.
 *
 * The kernel itself tells the backing file of a loop device by device and inode (LOOP_GET_STATUS64, loop(4)); the path in /sys leads nowhere when
 * the file lies in another mount namespace, so it serves only where the device may not be opened.  Without /sys, /proc/partitions has the loop devices that
 * are set up.  Who has a file open is in /proc/PID/fd (proc(5)), as far as this process may look there.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <linux/major.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "block/host-private.h"
#include "block/host.h"
#include "util/alloc.h"
#include "util/cleanup.h"

#define FUSE_MINOR 229 /* of /dev/fuse (Linux: Documentation/admin-guide/devices.txt) */

/* The number in a file of a loop device's folder, or 0. */
static uint64_t
number_of(const char *folder, const char *name)
{
	CLEANUP_FREE char *path = xasprintf("%s/%s", folder, name);
	CLEANUP_FREE char *text = host_read_text(path);

	return text ? strtoull(text, NULL, 10) : 0;
}

/* By /sys; false when the device is not set up. */
static bool
read_folder(struct host_loop *l, const char *name)
{
	CLEANUP_FREE char *folder = xasprintf("/sys/block/%s", name);
	CLEANUP_FREE char *path = xasprintf("%s/loop/backing_file", folder);
	CLEANUP_FREE char *file = host_read_text(path);
	struct stat st;

	if (!file)
		return false;
	file[strcspn(file, "\n")] = '\0';
	l->dev = host_number_in(folder);
	l->read_only = number_of(folder, "ro") != 0;
	l->offset = number_of(folder, "loop/offset");
	l->limit = number_of(folder, "loop/sizelimit");
	l->known = stat(file, &st) == 0;
	l->file_dev = l->known ? st.st_dev : 0;
	l->file_ino = l->known ? st.st_ino : 0;
	return true;
}

/* By the kernel: 1, or 0 when the device is not set up, or -1 when it cannot be asked. */
static int
ask(struct host_loop *l)
{
	CLEANUP_FD int fd = open(l->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct loop_info64 info;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISBLK(st.st_mode) || major(st.st_rdev) != LOOP_MAJOR)
		return -1;
	if (ioctl(fd, LOOP_GET_STATUS64, &info) < 0)
		return errno == ENXIO ? 0 : -1;
	l->dev = st.st_rdev;
	l->file_dev = (dev_t)info.lo_device;
	l->file_ino = (ino_t)info.lo_inode;
	l->read_only = (info.lo_flags & LO_FLAGS_READ_ONLY) != 0;
	l->offset = info.lo_offset;
	l->limit = info.lo_sizelimit;
	l->known = true;
	return 1;
}

static void
add(struct host_loops *all, const char *name, bool have_sys)
{
	struct host_loop l = { .name = xasprintf("/dev/%s", name) };
	int got = ask(&l);

	if (got < 0)
		got = have_sys ? read_folder(&l, name) : -1;
	if (got < 0)
		all->incomplete = true;
	if (got <= 0) {
		free(l.name);
		return;
	}
	ARRAY_GROW(all->list, all->count);
	all->list[all->count++] = l;
}

/* "loop3", and no partition of it. */
static bool
is_loop(const char *name)
{
	return strncmp(name, "loop", 4) == 0 && name[4] &&
	       strspn(name + 4, "0123456789") == strlen(name + 4);
}

void
host_loops_read(struct host_loops *ret)
{
	DIR *dir = opendir("/sys/block");
	CLEANUP_FREE char *table = dir ? NULL : host_read_text("/proc/partitions");
	char *save = NULL;

	*ret = (struct host_loops){ .incomplete = !dir && !table };
	for (const struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir))
		if (is_loop(e->d_name))
			add(ret, e->d_name, true);
	if (dir)
		closedir(dir);
	/* "   7        0     102400 loop0" */
	for (char *line = table ? strtok_r(table, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		const char *name = strrchr(line, ' ');

		if (name && is_loop(name + 1))
			add(ret, name + 1, false);
	}
}

void
host_loops_free(struct host_loops *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->list[i].name);
	free(l->list);
	*l = (struct host_loops){ 0 };
}

bool
host_loop_backs_on(const struct host_loop *l, dev_t dev, ino_t ino)
{
	return l->known && l->file_dev == dev && l->file_ino == ino;
}

/* A writable one can be written at any time; what is mounted read-only keeps what it has read. */
static bool
matters(const struct host_loop *l)
{
	CLEANUP_FREE char *device = NULL;
	CLEANUP_FREE char *where = NULL;
	CLEANUP_FD int fd = -1;

	if (!l->read_only)
		return true;
	where = host_mounted(l->dev, &device);
	if (where)
		return true;
	/* mounted where this process cannot see it */
	fd = open(l->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_EXCL);
	return fd < 0 && errno == EBUSY;
}

char *
host_loop_on(const struct stat *image)
{
	struct host_loops all;
	char *found = NULL;

	host_loops_read(&all);
	for (size_t i = 0; i < all.count && !found; i++)
		if (host_loop_backs_on(&all.list[i], image->st_dev, image->st_ino) &&
		    matters(&all.list[i]))
			found = xstrdup(all.list[i].name);
	host_loops_free(&all);
	return found;
}

char *
host_loop_in_doubt(void)
{
	struct host_loops all;
	char *found = NULL;

	host_loops_read(&all);
	if (all.incomplete)
		found = access("/sys/block", F_OK) < 0 ?
				xstrdup("/sys is not mounted here (mount -t sysfs sysfs /sys)") :
				xstrdup("not every loop device can be asked (run it as root)");
	for (size_t i = 0; i < all.count && !found; i++)
		if (!all.list[i].known && !all.list[i].read_only)
			found = xasprintf("the file behind %s cannot be told (run it as root)",
					  all.list[i].name);
	host_loops_free(&all);
	return found;
}

static bool
overlap(const struct host_loop *a, const struct host_loop *b)
{
	uint64_t a_end = a->limit ? a->offset + a->limit : UINT64_MAX;
	uint64_t b_end = b->limit ? b->offset + b->limit : UINT64_MAX;

	return a->offset < b_end && b->offset < a_end;
}

char *
host_loop_shared(const struct host_loops *all, const struct host_loop *own)
{
	struct stat file = { .st_dev = own->file_dev, .st_ino = own->file_ino };
	CLEANUP_FREE char *where = NULL;

	if (!own->known)
		return NULL;
	for (size_t i = 0; i < all->count; i++) {
		const struct host_loop *l = &all->list[i];

		if (l->dev != own->dev && host_loop_backs_on(l, own->file_dev, own->file_ino) &&
		    overlap(l, own) && matters(l))
			return xasprintf(
				"%s is set up on the same file as %s; detach it first (losetup -d %s)",
				l->name, own->name, l->name);
	}
	where = host_mounted_image(&file, NULL);
	if (where)
		return xasprintf("the file behind %s is mounted at '%s'; unmount it (umount '%s')",
				 own->name, where, where);
	where = host_opened_by(&file);
	return where ? xasprintf("%s the file behind %s", where, own->name) : NULL;
}

/* ---- who has a file open ---- */

/* The flags of an open file, in octal, in a line of fdinfo. */
static bool
may_write(long pid, const char *fd)
{
	CLEANUP_FREE char *path = xasprintf("/proc/%ld/fdinfo/%s", pid, fd);
	CLEANUP_FREE char *text = host_read_text(path);
	const char *flags = text ? strstr(text, "flags:") : NULL;

	return flags && (strtoul(flags + 6, NULL, 8) & O_ACCMODE) != O_RDONLY;
}

/* Whether the process has the file open for writing, or serves it by FUSE. */
static bool
uses(long pid, const struct stat *file)
{
	char folder[64];
	DIR *dir;
	bool reads = false, writes = false, serves = false;

	/* processes come and go: what is looked at and left takes no memory of ours */
	snprintf(folder, sizeof folder, "/proc/%ld/fd", pid);
	dir = opendir(folder);

	for (const struct dirent *e = dir ? readdir(dir) : NULL; e && !writes; e = readdir(dir)) {
		struct statx st;

		/* what is cached is enough: a server that hangs must not hang us */
		if (e->d_name[0] == '.' || statx(dirfd(dir), e->d_name, AT_STATX_DONT_SYNC,
						 STATX_TYPE | STATX_INO, &st) < 0)
			continue;
		serves |= S_ISCHR(st.stx_mode) && st.stx_rdev_major == MISC_MAJOR &&
			  st.stx_rdev_minor == FUSE_MINOR;
		if (!S_ISREG(st.stx_mode) || st.stx_ino != file->st_ino ||
		    makedev(st.stx_dev_major, st.stx_dev_minor) != file->st_dev)
			continue;
		reads = true;
		writes = may_write(pid, e->d_name);
	}
	if (dir)
		closedir(dir);
	return writes || (reads && serves);
}

char *
host_opened_by(const struct stat *file)
{
	DIR *dir = opendir("/proc");
	char *found = NULL;

	for (const struct dirent *e = dir ? readdir(dir) : NULL; e && !found; e = readdir(dir)) {
		long pid = isdigit((unsigned char)e->d_name[0]) ? strtol(e->d_name, NULL, 10) : 0;
		CLEANUP_FREE char *path = NULL;
		CLEANUP_FREE char *name = NULL;

		if (pid <= 0 || pid == getpid() || !uses(pid, file))
			continue;
		path = xasprintf("/proc/%ld/comm", pid);
		name = host_read_text(path);
		if (name)
			name[strcspn(name, "\n")] = '\0';
		found = xasprintf("process %ld (%s) has open", pid, name ? name : "?");
	}
	if (dir)
		closedir(dir);
	return found;
}
