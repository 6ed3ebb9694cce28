/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A struct block behind libntfs-3g's struct ntfs_device_operations.  Nothing here opens or closes
 * anything: the block belongs to the caller.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/stat.h>

#include "block/block.h"
#include "volume/ntfs-private.h"

static struct ntfs_door *
door_of(struct ntfs_device *dev)
{
	return dev->d_private;
}

static int
door_open(struct ntfs_device *dev, int flags)
{
	if (NDevOpen(dev)) {
		errno = EBUSY;
		return -1;
	}
	if ((flags & O_ACCMODE) == O_RDONLY)
		NDevSetReadOnly(dev);
	NDevSetOpen(dev);
	return 0;
}

static int
door_close(struct ntfs_device *dev)
{
	NDevClearOpen(dev);
	return 0;
}

static s64
door_seek(struct ntfs_device *dev, s64 offset, int whence)
{
	struct ntfs_door *d = door_of(dev);
	s64 size = (s64)d->block->size;
	s64 at = whence == SEEK_SET ? offset :
		 whence == SEEK_CUR ? d->position + offset :
				      size + offset;

	if (at < 0 || at > size) {
		errno = EINVAL;
		return -1;
	}
	d->position = at;
	return at;
}

/* Keeps the first error: what comes after it follows from it. */
static s64
failed(struct ntfs_door *d, struct error *err)
{
	errno = err->code == ERR_ACCESS ? EROFS : EIO;
	if (d->error.code == ERR_NONE)
		error_move(&d->error, err);
	return -1;
}

static s64
door_pread(struct ntfs_device *dev, void *buf, s64 count, s64 offset)
{
	struct ntfs_door *d = door_of(dev);
	CLEANUP_ERROR struct error err = ERROR_INIT;
	s64 size = (s64)d->block->size;

	if (count < 0 || offset < 0) {
		errno = EINVAL;
		return -1;
	}
	if (offset >= size)
		return 0;
	if (count > size - offset)
		count = size - offset;
	if (d->reads_left == 0) {
		error_set(&err, ERR_LIMIT, "too many reads; the volume seems to lead in circles");
		return failed(d, &err);
	}
	d->reads_left--;
	if (block_read(d->block, buf, (size_t)count, (uint64_t)offset, &err) < 0)
		return failed(d, &err);
	return count;
}

static s64
door_pwrite(struct ntfs_device *dev, const void *buf, s64 count, s64 offset)
{
	struct ntfs_door *d = door_of(dev);
	CLEANUP_ERROR struct error err = ERROR_INIT;

	if (count < 0 || offset < 0) {
		errno = EINVAL;
		return -1;
	}
	if (NDevReadOnly(dev)) {
		errno = EROFS;
		return -1;
	}
	NDevSetDirty(dev);
	if (block_write(d->block, buf, (size_t)count, (uint64_t)offset, &err) < 0)
		return failed(d, &err);
	return count;
}

static s64
door_read(struct ntfs_device *dev, void *buf, s64 count)
{
	s64 n = door_pread(dev, buf, count, door_of(dev)->position);

	if (n > 0)
		door_of(dev)->position += n;
	return n;
}

static s64
door_write(struct ntfs_device *dev, const void *buf, s64 count)
{
	s64 n = door_pwrite(dev, buf, count, door_of(dev)->position);

	if (n > 0)
		door_of(dev)->position += n;
	return n;
}

static int
door_sync(struct ntfs_device *dev)
{
	NDevClearDirty(dev);
	return 0;
}

static int
door_stat(struct ntfs_device *dev, struct stat *st)
{
	memset(st, 0, sizeof *st);
	st->st_mode = S_IFREG | 0600;
	st->st_size = (off_t)door_of(dev)->block->size;
	st->st_blksize = 4096;
	return 0;
}

static int
door_ioctl(struct ntfs_device *dev, unsigned long request, void *arg)
{
	const struct block *b = door_of(dev)->block;

	switch (request) {
	case BLKGETSIZE64:
		*(uint64_t *)arg = b->size;
		return 0;
	case BLKSSZGET:
		*(int *)arg = (int)b->sector_size;
		return 0;
	case BLKBSZSET:
		return 0;
	default:
		errno = EOPNOTSUPP;
		return -1;
	}
}

struct ntfs_device_operations ntfs_door_operations = {
	.open = door_open,
	.close = door_close,
	.seek = door_seek,
	.read = door_read,
	.write = door_write,
	.pread = door_pread,
	.pwrite = door_pwrite,
	.sync = door_sync,
	.stat = door_stat,
	.ioctl = door_ioctl,
};
