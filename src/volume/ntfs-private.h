/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parts of the NTFS volume, for ntfs*.c only: libntfs-3g's headers define many short names and
 * belong nowhere else.
 */
#ifndef RESPREP_VOLUME_NTFS_PRIVATE_H
#define RESPREP_VOLUME_NTFS_PRIVATE_H

#include <stdarg.h>

#include <ntfs-3g/types.h>

#include <ntfs-3g/attrib.h>
#include <ntfs-3g/device.h>
#include <ntfs-3g/inode.h>
#include <ntfs-3g/volume.h>

#include "util/error.h"
#include "volume/volume.h"

struct block;

/*
 * A struct block as libntfs-3g's device; keeps the first error of the block layer, which libntfs-3g would forget.  The library follows
 * an index down without counting, so one that leads back to itself would be followed for ever: each operation has a
 * number of reads, whether the device or a cache answers them, and then an error.
 */
struct ntfs_door {
	struct block *block;
	s64 position;
	uint32_t reads_left;
	struct error error;
};
#define NTFS_READS \
	(1u        \
	 << 20) /* of one operation: a folder of many millions of names, 1 MiB of a file in splinters */
#define NTFS_LOOKUP_READS 4096u /* of one name in one folder: a few, one a level */
extern struct ntfs_device_operations ntfs_door_operations;

struct volume_ntfs {
	struct volume base;
	struct ntfs_door door;
	ntfs_volume *vol;
	char *single;  /* the path that was last found to be a file's only name; owned */
	bool poisoned; /* a write failed half way: unmounting must write nothing more */
};

/*
 * Fills `err` from errno of a failed libntfs-3g call, or from the block layer's own error if it had one.
 * "PATH: cannot WHAT: …"
 */
int ntfs_failed(struct volume_ntfs *v, const char *path, const char *what, struct error *err);

/* An operation begins: see struct ntfs_door. */
static inline void
ntfs_begin(struct volume_ntfs *v)
{
	v->door.reads_left = NTFS_READS;
}

/* The inode of a path; names as Windows compares them; a reparse point on the way is refused.  ntfs_inode_close() it. */
ntfs_inode *ntfs_walk(struct volume_ntfs *v, const char *path, struct error *err);

/* What a reparse point points to, for messages; NULL when it cannot be told.  The caller's. */
char *ntfs_reparse_target(ntfs_inode *ni);
uint32_t ntfs_reparse_tag_of(ntfs_inode *ni);

/* Fills v->base.state from the mounted volume. */
void ntfs_state_read(struct volume_ntfs *v);

/*
 * Whether $MFTMirr differs from $MFT.  Then, if `b` can be written (it is an overlay), each record that differs is replaced by
 * the sound one, so that the volume mounts.
 */
bool ntfs_mirror_supply(struct block *b);

/* Puts the last bytes of each sector of a record back ("update sequence"); false when it is no whole record. */
bool ntfs_unprotect(uint8_t *record, size_t size);

/* Why libntfs-3g refused to mount. */
int ntfs_mount_failed(struct volume_ntfs *v, int sys_errno, struct error *err);

/* ntfs-file.c */
struct volume_file *ntfs_file_open(struct volume *base, const char *path, struct error *err);
int ntfs_file_read(struct volume_file *f, void *buf, size_t len, uint64_t offset, size_t *ret_len,
		   struct error *err);
uint64_t ntfs_file_hole(struct volume_file *f, uint64_t offset);
void ntfs_file_close(struct volume_file *f);
int ntfs_editable(struct volume *base, const char *path, struct error *err);
int ntfs_patch(struct volume *base, const char *path, const void *buf, size_t len, uint64_t offset,
	       struct error *err);
int ntfs_replace(struct volume *base, const char *path, const void *buf, size_t len,
		 struct error *err);
int ntfs_remove(struct volume *base, const char *path, struct error *err);
int ntfs_create_like(struct volume *base, const char *path, const char *like, uint32_t attributes,
		     struct error *err);
int64_t ntfs_place(struct volume *base, const char *path);
/* The place of byte `at` of a system file's data on the device, or -1. */
s64 ntfs_place_of(struct volume_ntfs *v, MFT_REF mref, s64 at);

/* ntfs-watch.c */
size_t ntfs_watch_places(struct volume *base, struct extent *ret, size_t max);
int ntfs_watch_files(struct volume *base, const char *const *paths, size_t count,
		     struct extents *ret, struct error *err);

/* ntfs-names.c */
int ntfs_single_name(struct volume *base, const char *path, struct error *err);
/* Names are about to change. */
void ntfs_forget_single(struct volume_ntfs *v);

/* The path of a file, by the number of its record; NULL when it has no name.  The caller's. */
char *ntfs_record_path(struct volume_ntfs *v, uint64_t record);

/* ntfs-owners.c */
int ntfs_sole_owners(struct volume *base, const struct extent *places, size_t count,
		     const struct owners_limit *limit, struct error *err);

/* ntfs-space.c */
int ntfs_same_space(struct volume *a, struct volume *b, bool *ret, struct error *err);

/* ntfs-flag.c */
size_t ntfs_flag_places(struct volume *base, uint64_t *ret, size_t max);
int ntfs_mark_dirty(struct volume *base, struct error *err);
int ntfs_discard_log(struct volume *base, struct error *err);

#endif
