/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The target as the operating system knows it: opened, identified, held against others.
 *
 * Reading holds a shared claim, repairing an exclusive one, from the first read to the end:
 * block devices by O_EXCL (Linux: fails with EBUSY while the disk or any of its partitions is
 * mounted or held, and keeps others from mounting it), images by flock().  The descriptor is
 * read-only; hold_open_writable() gives a second one for the commit alone.
 */
#ifndef RESPREP_BLOCK_HOLD_H
#define RESPREP_BLOCK_HOLD_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct error;

enum hold_kind { HOLD_DISK, HOLD_IMAGE, HOLD_DIRECTORY };

struct hold {
	enum hold_kind kind;
	char *path; /* as the user named it (of a hive file: its folder); owned */
	char *file; /* HOLD_DIRECTORY: only this file of it is meant, a registry hive; owned; else NULL */
	int fd; /* read-only: the device, the image, or the directory (O_PATH|O_DIRECTORY not: O_RDONLY) */
	uint64_t size;			   /* bytes; 0 for a directory */
	uint32_t sector_size;		   /* logical, of a device; 512 for an image */
	struct timespec modified, changed; /* of an image, before anything of it was read */
	bool exclusive;
	char *in_use; /* not exclusive only: a sentence about who else uses it; owned; or NULL */
	char *in_doubt; /* not exclusive only: a sentence about why it cannot be told who else uses it; owned; or NULL */
	bool device_read_only; /* the kernel will let nobody write (BLKROGET, read-only mount, immutable file) */
	bool not_permitted; /* an image that this user may not write to */
};

/*
 * Opens `path`.  A regular file that begins as a registry hive does ("regf") is held as its folder, with `file` set: it is changed as
 * a file is, not as a disk.  `exclusive` for repair, undo, recover.  Errors, each a whole sentence with the way out: not there,
 * no permission (ERR_ACCESS), neither device, file nor directory (ERR_UNSUPPORTED), an empty file.  In use: mounted (with the
 * mount point from /proc/self/mountinfo; also through dm, md, loop holders), a loop device backs onto the image
 * writably, another process holds a lock: ERR_BUSY when `exclusive`, else h->in_use says so and it is open.  The same of an image with h->in_doubt where
 * that cannot be told (a chroot without /proc).
 */
int hold_open(struct hold *h, const char *path, bool exclusive, struct error *err);
void hold_close(struct hold *h);
#define CLEANUP_HOLD __attribute__((cleanup(hold_close)))

/*
 * A plain O_RDWR descriptor of the same object (same device and inode, and still not in use by others, or ERR_BUSY), for the commit; the caller's.
 * HOLD_DISK and HOLD_IMAGE only.
 */
int hold_open_writable(const struct hold *h, struct error *err);

/* After the commit's fsync: drops the kernel's cached pages of disk, its partition nodes, or file, so that reading back reads the medium. */
void hold_drop_caches(const struct hold *h, int fd);

/*
 * Whether the folder `path` lies on the target's own disk (through partitions, dm, loop, md), or inside the target
 * directory: a journal there is refused.  It need not be there yet: then where it would be, and each folder in which one of those above
 * it would be made, decide.  1, 0, or -1 with an error.
 */
int hold_contains(const struct hold *h, const char *path, struct error *err);

/*
 * The serial number of the NTFS volume that is mounted at a held folder, read from what it is mounted from; 0 when it is no NTFS volume, or when this
 * process may not, or cannot, look there.
 */
uint64_t hold_folder_serial(const struct hold *h);

/* Whether the folder lies, or would, on storage that a reboot forgets: tmpfs, ramfs, overlay, squashfs (a live medium). */
bool hold_is_volatile(const char *path);

#endif
