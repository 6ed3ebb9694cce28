/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What Linux says of block devices: mounts, swap, partitions, holders (LVM, RAID, loop), from /proc and
 * /sys.  Everything here only reads.
 */
#ifndef RESPREP_BLOCK_HOST_H
#define RESPREP_BLOCK_HOST_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/*
 * Where the device, one of its partitions, or something built upon them is in use: a mount point
 * ("/mnt/c"), or "used as swap"; NULL when not.  `*ret_device` names the device in use ("/dev/xvdf1"); both are
 * the caller's.
 */
char *host_mounted(dev_t dev, char **ret_device);

/* "/dev/loop3" when a loop device backs onto the file writably, or read-only and is mounted; or NULL; the caller's. */
char *host_loop_on(const struct stat *image);

/*
 * What else uses the bytes of a loop device, or of what is built on one: another loop device on the same part of its file, a mount
 * of that file, a process that has it open.  A clause with the way out, the caller's; or NULL.
 */
char *host_device_shared(dev_t dev);

/*
 * "process 123 (qemu) has open", when another process has the file open for writing, or serves it by FUSE, whatever the mount namespace; NULL when
 * none does that this process may look at (root: all of its PID namespace).  The caller's.
 */
char *host_opened_by(const struct stat *file);

/* Whether a file system on device `folder` lies on the disk (or a partition of the disk of) `disk`. */
bool host_on_disk(dev_t folder, dev_t disk);

/*
 * Where the image file itself is mounted (by FUSE, as ntfs-3g does), or NULL; the caller's.  `ret_dev`, when given, is
 * the mount's device number.
 */
char *host_mounted_image(const struct stat *image, dev_t *ret_dev);

/* Whether a file system on device `folder` lies inside the image file, through a loop device. */
bool host_on_image(dev_t folder, const struct stat *image);

/*
 * Why it cannot be told here whether an image is mounted: a clause with the way out, the caller's; NULL when it can.  A chroot without
 * /proc is such a place.
 */
char *host_mount_in_doubt(void);

/* The same of a loop device on it, that can be written to. */
char *host_loop_in_doubt(void);

/* Where the file system `dev` is mounted from, a path ("/dev/xvdf1", "/images/c.img"), or NULL; the caller's. */
char *host_mount_source(dev_t dev);

/* Drops the kernel's cached pages of every partition node of the disk. */
void host_flush_partitions(dev_t disk);

/* The mount point field of /proc/self/mountinfo with its octal escapes undone, in place. */
void host_unescape(char *s);

#endif
