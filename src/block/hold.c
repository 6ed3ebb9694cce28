/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening and holding the target.  host.c knows what the machine says of mounts, holders and loop
 * devices; this file asks it and keeps the descriptor.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <linux/magic.h>

#include "block/hold.h"
#include "block/host.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/io.h"

#ifndef SQUASHFS_MAGIC
#define SQUASHFS_MAGIC 0x73717368
#endif

static int
refuse_mounted(const char *path, dev_t dev, struct error *err)
{
	CLEANUP_FREE char *device = NULL;
	CLEANUP_FREE char *where = host_mounted(dev, &device);

	if (!where)
		return 0;
	if (strncmp(where, "/", 1) == 0)
		return error_set(
			err, ERR_BUSY,
			"'%s' is in use: %s is mounted at '%s'; unmount it (umount '%s'), or name that folder as "
			"the target",
			path, device, where, where);
	return error_set(err, ERR_BUSY, "'%s' is in use: %s is %s", path, device, where);
}

/* The name may have been given to something else between looking at it and opening it. */
static int
check_same(const char *path, const struct stat *seen, int fd, struct error *err)
{
	struct stat now;

	if (fstat(fd, &now) < 0)
		return error_sys(err, errno, "cannot look at '%s'", path);
	if (seen->st_mode != now.st_mode || seen->st_dev != now.st_dev ||
	    seen->st_ino != now.st_ino || seen->st_rdev != now.st_rdev)
		return error_set(err, ERR_BUSY, "'%s' is no longer what was opened; start again",
				 path);
	return 0;
}

/* Somebody else uses it: no hindrance to a reader, who is told. */
static int
busy(struct hold *h, struct error *err)
{
	if (err->code != ERR_BUSY || h->exclusive)
		return -1;
	if (!h->in_use) {
		h->in_use = err->message;
		err->message = NULL;
	}
	error_clear(err);
	return 0;
}

/* Another loop device, or a program, may write to the file behind a loop device. */
static int
refuse_shared(const struct hold *h, const struct stat *st, struct error *err)
{
	CLEANUP_FREE char *why = host_device_shared(st->st_rdev);

	return why ? error_set(err, ERR_BUSY, "'%s' is in use: %s", h->path, why) : 0;
}

static int
hold_disk(struct hold *h, const struct stat *st, struct error *err)
{
	int sector = 512, read_only = 0;

	h->kind = HOLD_DISK;
	if (refuse_mounted(h->path, st->st_rdev, err) < 0 && busy(h, err) < 0)
		return -1;
	if (refuse_shared(h, st, err) < 0 && busy(h, err) < 0)
		return -1;
	h->fd = open(h->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (h->exclusive ? O_EXCL : 0));
	if (h->fd < 0 && errno == EBUSY)
		return error_set(
			err, ERR_BUSY,
			"'%s' is in use: it or one of its partitions is mounted, or held by another program (LVM, "
			"RAID, another resprep)",
			h->path);
	if (h->fd < 0 && (errno == EACCES || errno == EPERM))
		return error_sys(err, errno, "cannot open '%s'%s", h->path,
				 geteuid() == 0 ? "" : "; disks are opened as root (sudo)");
	if (h->fd < 0)
		return error_sys(err, errno, "cannot open '%s'", h->path);
	if (check_same(h->path, st, h->fd, err) < 0)
		return -1;
	if (ioctl(h->fd, BLKGETSIZE64, &h->size) < 0)
		return error_sys(err, errno, "cannot ask '%s' for its size", h->path);
	ioctl(h->fd, BLKSSZGET, &sector);
	ioctl(h->fd, BLKROGET, &read_only);
	h->sector_size = sector == 4096 ? 4096 : 512;
	h->device_read_only = read_only != 0;
	return h->size ? 0 : error_set(err, ERR_UNSUPPORTED, "'%s' has no medium", h->path);
}

/* Another process that has locked a part of the image (qemu does, by OFD locks). */
static int
refuse_locked(struct hold *h, struct error *err)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (flock(h->fd, (h->exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return error_set(err, ERR_BUSY,
				 "'%s' is in use: another program holds a lock on it", h->path);
	/* a read-only descriptor may ask about a write lock, though not set one */
	if (fcntl(h->fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
		return error_set(
			err, ERR_BUSY,
			"'%s' is in use: another program (a virtual machine?) holds a lock on it",
			h->path);
	return 0;
}

/* Network file systems say the same of a lease that their server does not give (fs/nfs/nfs4proc.c, nfs4_add_lease). */
static bool
leases_tell(const struct hold *h)
{
	struct statfs fs;

	return fstatfs(h->fd, &fs) == 0 && fs.f_type != NFS_SUPER_MAGIC &&
	       fs.f_type != CIFS_SUPER_MAGIC && fs.f_type != SMB2_SUPER_MAGIC &&
	       fs.f_type != SMB_SUPER_MAGIC && fs.f_type != CEPH_SUPER_MAGIC &&
	       fs.f_type != AFS_SUPER_MAGIC;
}

/*
 * Somebody may write to the image whom nothing shows, in another namespace for instance: a lease is not granted then (fcntl(2)).  1 when it
 * was, 0 when the file system or the owner of the file does not allow one, or -1.
 */
static int
refuse_written(const struct hold *h, struct error *err)
{
	/* whoever opens it in that moment is held up by the kernel, and we are told by a signal that nobody minds */
	fcntl(h->fd, F_SETSIG, SIGURG);
	if (fcntl(h->fd, F_SETLEASE, F_RDLCK) == 0) {
		fcntl(h->fd, F_SETLEASE, F_UNLCK);
		return 1;
	}
	if (errno != EAGAIN || !leases_tell(h))
		return 0;
	return error_set(
		err, ERR_BUSY,
		"'%s' is in use: another program, which cannot be seen from here, has it open "
		"for writing",
		h->path);
}

/* A loop device, FUSE or another program may write to the image behind our back. */
static int
refuse_attached(const struct hold *h, const struct stat *st, struct error *err)
{
	CLEANUP_FREE char *loop = host_loop_on(st);
	CLEANUP_FREE char *where = host_mounted_image(st, NULL);
	CLEANUP_FREE char *opened = NULL;

	if (loop)
		return error_set(
			err, ERR_BUSY,
			"'%s' is in use: %s is set up on it; detach it first (losetup -d %s)",
			h->path, loop, loop);
	if (where)
		return error_set(
			err, ERR_BUSY,
			"'%s' is in use: it is mounted at '%s'; unmount it (umount '%s'), or name that "
			"folder as the target",
			h->path, where, where);
	opened = host_opened_by(st);
	if (opened)
		return error_set(err, ERR_BUSY, "'%s' is in use: %s it; end that first", h->path,
				 opened);
	return 0;
}

/* Where it cannot be told who else has the image, a reader is warned, and nobody writes. */
static int
refuse_in_doubt(struct hold *h, bool no_writer, struct error *err)
{
	CLEANUP_FREE char *why = host_mount_in_doubt();

	if (!why && !no_writer)
		why = host_loop_in_doubt();
	if (!why)
		return 0;
	if (h->exclusive)
		return error_set(
			err, ERR_BUSY,
			"whether '%s' is mounted or has a loop device on it cannot be told, because %s; to write to it "
			"while it is would destroy it",
			h->path, why);
	h->in_doubt = xasprintf(
		"whether '%s' is mounted or has a loop device on it cannot be told, because %s",
		h->path, why);
	return 0;
}

/* Whether this process may write to the image at all: known before any work. */
static void
ask_for_writing(struct hold *h)
{
	if (faccessat(AT_FDCWD, h->path, W_OK, AT_EACCESS) == 0)
		return;
	if (errno == EACCES)
		h->not_permitted = true;
	else
		h->device_read_only = true;
}

static int
hold_image(struct hold *h, const struct stat *st, struct error *err)
{
	int alone;

	h->kind = HOLD_IMAGE;
	h->size = (uint64_t)st->st_size;
	h->modified = st->st_mtim;
	h->changed = st->st_ctim;
	h->sector_size = 512;
	if (h->size == 0)
		return error_set(err, ERR_UNSUPPORTED, "'%s' is empty", h->path);
	if (refuse_attached(h, st, err) < 0 && busy(h, err) < 0)
		return -1;
	h->fd = open(h->path, O_RDONLY | O_CLOEXEC);
	if (h->fd < 0)
		return error_sys(err, errno, "cannot open '%s'", h->path);
	if (check_same(h->path, st, h->fd, err) < 0)
		return -1;
	ask_for_writing(h);
	if (refuse_locked(h, err) < 0 && busy(h, err) < 0)
		return -1;
	alone = refuse_written(h, err);
	if (alone < 0 && busy(h, err) < 0)
		return -1;
	return refuse_in_doubt(h, alone > 0, err);
}

static int
hold_directory(struct hold *h, struct error *err)
{
	struct statvfs vfs;

	h->kind = HOLD_DIRECTORY;
	h->fd = open(h->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (h->fd < 0)
		return error_sys(err, errno, "cannot open the folder '%s'", h->path);
	if (fstatvfs(h->fd, &vfs) == 0)
		h->device_read_only = (vfs.f_flag & ST_RDONLY) != 0;
	if (h->exclusive && flock(h->fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return error_set(err, ERR_BUSY, "the folder '%s' is in use by another resprep",
				 h->path);
	return 0;
}

static bool
is_hive(const char *path)
{
	CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char mark[4] = "";

	return fd >= 0 && io_pread_full(fd, mark, sizeof mark, 0) == sizeof mark &&
	       memcmp(mark, "regf", 4) == 0;
}

/* One file: its folder, held as any other. */
static int
hold_file(struct hold *h, struct error *err)
{
	CLEANUP_FREE char *real = realpath(h->path, NULL);
	char *slash = real ? strrchr(real, '/') : NULL;

	if (!slash)
		return error_sys(err, errno, "cannot open '%s'", h->path);
	h->file = xstrdup(slash + 1);
	*slash = '\0';
	free(h->path);
	h->path = xstrdup(*real ? real : "/");
	return hold_directory(h, err);
}

int
hold_open(struct hold *h, const char *path, bool exclusive, struct error *err)
{
	struct stat st;
	int got;

	*h = (struct hold){ .path = xstrdup(path), .fd = -1, .exclusive = exclusive };
	if (stat(path, &st) < 0)
		got = error_sys(err, errno, "cannot open '%s'", path);
	else if (S_ISBLK(st.st_mode))
		got = hold_disk(h, &st, err);
	else if (S_ISREG(st.st_mode))
		got = is_hive(path) ? hold_file(h, err) : hold_image(h, &st, err);
	else if (S_ISDIR(st.st_mode))
		got = hold_directory(h, err);
	else
		got = error_set(err, ERR_UNSUPPORTED,
				"'%s' is neither a disk, an image file nor a folder", path);
	if (got < 0)
		hold_close(h);
	return got;
}

void
hold_close(struct hold *h)
{
	if (h->fd >= 0)
		close(h->fd);
	free(h->path);
	free(h->file);
	free(h->in_use);
	free(h->in_doubt);
	*h = (struct hold){ .fd = -1 };
}

/* Much can happen while a question waits for its answer. */
static int
refuse_since(const struct hold *h, const struct stat *st, struct error *err)
{
	switch (h->kind) {
	case HOLD_DISK:
		return refuse_shared(h, st, err);
	case HOLD_IMAGE:
		return refuse_attached(h, st, err) < 0 || refuse_written(h, err) < 0 ? -1 : 0;
	default:
		return 0;
	}
}

int
hold_open_writable(const struct hold *h, struct error *err)
{
	struct stat mine;
	CLEANUP_FD int fd = -1;

	if (fstat(h->fd, &mine) < 0)
		return error_sys(err, errno, "cannot look at '%s'", h->path);
	if (refuse_since(h, &mine, err) < 0)
		return -1;
	fd = open(h->path, O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return error_sys(err, errno, "cannot open '%s' for writing", h->path);
	return check_same(h->path, &mine, fd, err) < 0 ? -1 : steal_fd(&fd);
}

void
hold_drop_caches(const struct hold *h, int fd)
{
	struct stat st;

	if (h->kind == HOLD_DISK) {
		ioctl(fd, BLKFLSBUF, 0);
		if (fstat(fd, &st) == 0)
			host_flush_partitions(st.st_rdev);
	}
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	posix_fadvise(h->fd, 0, 0, POSIX_FADV_DONTNEED);
}

/* Whether `folder` lies in the directory tree of `dirfd`: walks up to the root. */
static int
below_directory(int dirfd, int folder, struct error *err)
{
	CLEANUP_FD int at = fcntl(folder, F_DUPFD_CLOEXEC, 0);
	struct stat top, here, last = { 0 };

	if (at < 0 || fstat(dirfd, &top) < 0)
		return error_sys(err, errno, "cannot look at a folder");
	for (;;) {
		int up;

		if (fstat(at, &here) < 0)
			return error_sys(err, errno, "cannot look at a folder");
		if (here.st_dev == top.st_dev && here.st_ino == top.st_ino)
			return 1;
		if (here.st_dev == last.st_dev && here.st_ino == last.st_ino)
			return 0;
		last = here;
		up = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (up < 0)
			return error_sys(err, errno, "cannot look above a folder");
		close(at);
		at = up;
	}
}

/* Of an open folder. */
static int
contains(const struct hold *h, int fd, struct error *err)
{
	struct stat folder, target;

	if (fstat(fd, &folder) < 0)
		return error_sys(err, errno, "cannot look at a folder");
	if (fstat(h->fd, &target) < 0)
		return error_sys(err, errno, "cannot look at '%s'", h->path);
	switch (h->kind) {
	case HOLD_DIRECTORY: {
		struct stat parent;
		CLEANUP_FREE char *up = xasprintf("%s/..", h->path);

		if (h->file) /* a journal beside it does not harm it */
			return 0;

		/* another folder of the mounted volume is as bad as one inside the target */
		if (stat(up, &parent) == 0 && parent.st_dev != target.st_dev &&
		    folder.st_dev == target.st_dev)
			return 1;
		return below_directory(h->fd, fd, err);
	}
	case HOLD_DISK:
		return host_on_disk(folder.st_dev, target.st_rdev);
	case HOLD_IMAGE:
		return host_on_image(folder.st_dev, &target);
	}
	return 0;
}

static int
contains_made(void *ctx, int dirfd, struct error *err)
{
	return contains(ctx, dirfd, err);
}

int
hold_contains(const struct hold *h, const char *path, struct error *err)
{
	CLEANUP_FD int at = -1;
	int on = io_walk(path, contains_made, (void *)(uintptr_t)h, &at, err);

	if (on == 0)
		on = contains(h, at, err);
	return on < 0 ? error_prefix(err, "'%s'", path) : on;
}

uint64_t
hold_folder_serial(const struct hold *h)
{
	CLEANUP_FREE char *source = NULL;
	CLEANUP_FD int fd = -1;
	struct stat st;
	uint8_t boot[512];

	if (h->kind != HOLD_DIRECTORY || fstat(h->fd, &st) < 0)
		return 0;
	source = host_mount_source(st.st_dev);
	fd = source ? open(source, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
	if (fd < 0 || fstat(fd, &st) < 0 || (!S_ISBLK(st.st_mode) && !S_ISREG(st.st_mode)) ||
	    io_pread_full(fd, boot, sizeof boot, 0) != (ssize_t)sizeof boot ||
	    memcmp(boot + 3, "NTFS    ", 8) != 0)
		return 0;
	return get_u64(boot + 0x48);
}

bool
hold_is_volatile(const char *path)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	CLEANUP_FD int at = -1;
	struct statfs fs;

	if (io_walk(path, NULL, NULL, &at, &ignored) < 0 || fstatfs(at, &fs) < 0)
		return false;
	switch ((unsigned long)fs.f_type) {
	case TMPFS_MAGIC:
	case RAMFS_MAGIC:
	case OVERLAYFS_SUPER_MAGIC:
	case SQUASHFS_MAGIC:
		return true;
	default:
		return false;
	}
}
