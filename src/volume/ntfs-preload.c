/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Makes the packaged NTFS tools (ntfsrecover, ntfsresize -i) work on our overlay: loaded into them with
 * LD_PRELOAD, never into resprep.
 *
 * libntfs-3g takes its device operations from the symbol ntfs_device_unix_io_ops, and an object
 * that is loaded first may give another one.  Reads come from the target's read-only descriptor,
 * with the overlay's pages over it; writes go to those pages alone (block/tool-delta.h).  The tool
 * never learns the path of the device.  Once it has "opened" it, a filter lets it do no more than read these
 * two descriptors, write one of them and its messages, and end.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <seccomp.h>

#include <ntfs-3g/types.h>

#include <ntfs-3g/device.h>

#include "block/tool-delta.h"

#define BUCKETS 65536u

struct slot {
	struct slot *next;
	uint64_t page, record;
};

/* One tool, one device: the library hands no place of ours through its first call. */
struct delta {
	struct tool_head head;
	struct slot *buckets[BUCKETS];
	s64 position;
};

static struct delta *
delta_of(struct ntfs_device *dev)
{
	return dev->d_private;
}

static uint64_t
place_of(uint64_t record)
{
	return (record + 1) * TOOL_RECORD;
}

static struct slot *
find(const struct delta *d, uint64_t page)
{
	struct slot *s = d->buckets[page % BUCKETS];

	while (s && s->page != page)
		s = s->next;
	return s;
}

static struct slot *
remember(struct delta *d, uint64_t page, uint64_t record)
{
	struct slot *s = malloc(sizeof *s);

	if (!s)
		return NULL;
	*s = (struct slot){ d->buckets[page % BUCKETS], page, record };
	d->buckets[page % BUCKETS] = s;
	return s;
}

static int
load(struct delta *d)
{
	if (pread(TOOL_FD_DELTA, &d->head, sizeof d->head, 0) != sizeof d->head ||
	    memcmp(d->head.magic, TOOL_MAGIC, sizeof d->head.magic) != 0)
		return -1;
	/* whoever made it may have been taken over: every place is to be one that can be reckoned with */
	if (d->head.size > INT64_MAX || d->head.offset > INT64_MAX - d->head.size ||
	    d->head.present > d->head.size || d->head.count > TOOL_MAX_PAGES)
		return -1;
	for (uint64_t i = 0; i < d->head.count; i++) {
		uint64_t page;

		if (pread(TOOL_FD_DELTA, &page, sizeof page, (off_t)place_of(i)) != sizeof page ||
		    !remember(d, page, i))
			return -1;
	}
	d->head.opened = 1;
	return pwrite(TOOL_FD_DELTA, &d->head, sizeof d->head, 0) == sizeof d->head ? 0 : -1;
}

/* From here on: no files, no network, no programs; see the head of this file. */
static int
lock_in(void)
{
	static const int free_calls[] = {
		SCMP_SYS(brk),		 SCMP_SYS(munmap),	 SCMP_SYS(mremap),
		SCMP_SYS(madvise),	 SCMP_SYS(exit),	 SCMP_SYS(exit_group),
		SCMP_SYS(close),	 SCMP_SYS(fstat),	 SCMP_SYS(newfstatat),
		SCMP_SYS(lseek),	 SCMP_SYS(futex),	 SCMP_SYS(getpid),
		SCMP_SYS(getrandom),	 SCMP_SYS(time),	 SCMP_SYS(gettimeofday),
		SCMP_SYS(clock_gettime), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask),
		SCMP_SYS(rt_sigaction),
	};
	static const int denied[] = { SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(readlink),
				      SCMP_SYS(access) };
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int bad = f ? 0 : -1;

	for (size_t i = 0; !bad && i < sizeof free_calls / sizeof *free_calls; i++)
		bad = seccomp_rule_add(f, SCMP_ACT_ALLOW, free_calls[i], 0);
	for (size_t i = 0; !bad && i < sizeof denied / sizeof *denied; i++)
		bad = seccomp_rule_add(f, SCMP_ACT_ERRNO(EACCES), denied[i], 0);
	if (!bad)
		bad = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 0) ||
		      seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
				       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) ||
		      seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(pread64), 1,
				       SCMP_A0(SCMP_CMP_EQ, TOOL_FD_BASE)) ||
		      seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(pread64), 1,
				       SCMP_A0(SCMP_CMP_EQ, TOOL_FD_DELTA)) ||
		      seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(pwrite64), 1,
				       SCMP_A0(SCMP_CMP_EQ, TOOL_FD_DELTA)) ||
		      seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(write), 1,
				       SCMP_A0(SCMP_CMP_LE, STDERR_FILENO));
	if (!bad)
		bad = seccomp_load(f);
	seccomp_release(f);
	return bad ? -1 : 0;
}

static int
delta_open(struct ntfs_device *dev, int flags)
{
	struct delta *d = calloc(1, sizeof *d);

	dev->d_private = d;
	if (!d || load(d) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || lock_in() < 0) {
		errno = EIO;
		return -1;
	}
	if ((flags & O_ACCMODE) == O_RDONLY)
		NDevSetReadOnly(dev);
	NDevSetOpen(dev);
	return 0;
}

static int
delta_close(struct ntfs_device *dev)
{
	NDevClearOpen(dev);
	return 0;
}

/* `n` bytes from `in` of a page, which end inside it. */
static int
read_page(const struct delta *d, uint64_t page, size_t in, size_t n, char *out)
{
	const struct slot *s = find(d, page);
	uint64_t at = page * TOOL_PAGE + in;
	size_t there = n;

	if (s)
		return pread(TOOL_FD_DELTA, out, n,
			     (off_t)(place_of(s->record) + TOOL_DATA + in)) == (ssize_t)n ?
			       0 :
			       -1;
	if (at >= d->head.present)
		there = 0;
	else if (n > d->head.present - at)
		there = (size_t)(d->head.present - at);
	memset(out + there, 0, n - there);
	return !there || pread(TOOL_FD_BASE, out, there, (off_t)(d->head.offset + at)) ==
				       (ssize_t)there ?
		       0 :
		       -1;
}

static s64
delta_pread(struct ntfs_device *dev, void *buf, s64 count, s64 offset)
{
	struct delta *d = delta_of(dev);
	s64 done = 0;

	if (offset < 0 || count < 0) {
		errno = EINVAL;
		return -1;
	}
	if ((uint64_t)offset >= d->head.size)
		return 0;
	if ((uint64_t)count > d->head.size - (uint64_t)offset)
		count = (s64)(d->head.size - (uint64_t)offset);
	while (done < count) {
		size_t in = (size_t)((offset + done) % TOOL_PAGE);
		size_t n = TOOL_PAGE - in;

		if ((s64)n > count - done)
			n = (size_t)(count - done);
		if (read_page(d, (uint64_t)(offset + done) / TOOL_PAGE, in, n, (char *)buf + done) <
		    0) {
			errno = EIO;
			return -1;
		}
		done += (s64)n;
	}
	return done;
}

/* The page as a record of its own, filled with what it holds now. */
static struct slot *
copy_up(struct delta *d, uint64_t page)
{
	char record[TOOL_RECORD] = { 0 };
	uint64_t at = d->head.count;

	if (at >= TOOL_MAX_PAGES || read_page(d, page, 0, TOOL_PAGE, record + TOOL_DATA) < 0)
		return NULL;
	memcpy(record, &page, sizeof page);
	if (pwrite(TOOL_FD_DELTA, record, sizeof record, (off_t)place_of(at)) != sizeof record)
		return NULL;
	d->head.count++;
	if (pwrite(TOOL_FD_DELTA, &d->head, sizeof d->head, 0) != sizeof d->head)
		return NULL;
	return remember(d, page, at);
}

static s64
delta_pwrite(struct ntfs_device *dev, const void *buf, s64 count, s64 offset)
{
	struct delta *d = delta_of(dev);
	s64 done = 0;

	if (NDevReadOnly(dev)) {
		errno = EROFS;
		return -1;
	}
	if (offset < 0 || count < 0 || (uint64_t)offset > d->head.size ||
	    (uint64_t)count > d->head.size - (uint64_t)offset) {
		errno = ENOSPC;
		return -1;
	}
	while (done < count) {
		uint64_t page = (uint64_t)(offset + done) / TOOL_PAGE;
		size_t in = (size_t)((offset + done) % TOOL_PAGE);
		size_t n = TOOL_PAGE - in;
		struct slot *s = find(d, page);

		if ((s64)n > count - done)
			n = (size_t)(count - done);
		if (!s)
			s = copy_up(d, page);
		if (!s || pwrite(TOOL_FD_DELTA, (const char *)buf + done, n,
				 (off_t)(place_of(s->record) + TOOL_DATA + in)) != (ssize_t)n) {
			errno = EIO;
			return -1;
		}
		done += (s64)n;
	}
	NDevSetDirty(dev);
	return done;
}

static s64
delta_seek(struct ntfs_device *dev, s64 offset, int whence)
{
	struct delta *d = delta_of(dev);
	s64 from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? d->position : (s64)d->head.size;
	s64 at;

	if (__builtin_add_overflow(from, offset, &at) || at < 0) {
		errno = EINVAL;
		return -1;
	}
	d->position = at;
	return at;
}

static s64
delta_read(struct ntfs_device *dev, void *buf, s64 count)
{
	s64 n = delta_pread(dev, buf, count, delta_of(dev)->position);

	if (n > 0)
		delta_of(dev)->position += n;
	return n;
}

static s64
delta_write(struct ntfs_device *dev, const void *buf, s64 count)
{
	s64 n = delta_pwrite(dev, buf, count, delta_of(dev)->position);

	if (n > 0)
		delta_of(dev)->position += n;
	return n;
}

static int
delta_sync(struct ntfs_device *dev)
{
	NDevClearDirty(dev);
	return 0;
}

static int
delta_stat(struct ntfs_device *dev, struct stat *st)
{
	memset(st, 0, sizeof *st);
	st->st_mode = S_IFREG | 0600;
	st->st_size = (off_t)delta_of(dev)->head.size;
	st->st_blksize = TOOL_PAGE;
	return 0;
}

static int
delta_ioctl(struct ntfs_device *dev, unsigned long request, void *arg)
{
	switch (request) {
	case BLKGETSIZE64:
		*(uint64_t *)arg = delta_of(dev)->head.size;
		return 0;
	case BLKSSZGET:
		*(int *)arg = 512;
		return 0;
	case BLKBSZSET:
		return 0;
	default:
		errno = EOPNOTSUPP;
		return -1;
	}
}

/*
 * ntfsresize asks whether its argument is mounted; that is the memory file with the boot sector, whose path leads nowhere,
 * and so it would give up.  Whether the target is in use is known since resprep has opened it.
 */
int
ntfs_check_if_mounted(const char *file, unsigned long *mnt_flags)
{
	(void)file;
	*mnt_flags = 0;
	return 0;
}

struct ntfs_device_operations ntfs_device_unix_io_ops = {
	.open = delta_open,
	.close = delta_close,
	.seek = delta_seek,
	.read = delta_read,
	.write = delta_write,
	.pread = delta_pread,
	.pwrite = delta_pwrite,
	.sync = delta_sync,
	.stat = delta_stat,
	.ioctl = delta_ioctl,
};
