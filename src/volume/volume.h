/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A Windows volume as files: NTFS in process on a block device, or a directory where somebody has
 * mounted it.  Above this line nobody knows which.
 *
 * Paths are "/Windows/System32/config/SYSTEM": from the root, "/" between, names compared as Windows
 * does (without regard to case, by the volume's own $UpCase), text in WTF-8.  Reparse points are never
 * followed: a path through one is ERR_UNSUPPORTED and says what it is and where it points.
 *
 * Files that exist are edited in place, so record, ACL, streams and short name stay.  The one thing that is ever created is a
 * transaction log that a hive lacks.
 */
#ifndef RESPREP_VOLUME_VOLUME_H
#define RESPREP_VOLUME_VOLUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct block;
struct changes;
struct error;
struct spool;

struct volume;

enum file_type { FILE_REGULAR, FILE_DIRECTORY, FILE_REPARSE, FILE_SPECIAL };

/* FILE_ATTRIBUTE_* as in [MS-FSCC] 2.6; 0 where the host does not tell. */
#define FILE_ATTR_MASK_READONLY	  0x1u
#define FILE_ATTR_MASK_COMPRESSED 0x800u
#define FILE_ATTR_MASK_ENCRYPTED  0x4000u
#define FILE_ATTR_MASK_HIDDEN	  0x2u
#define FILE_ATTR_MASK_SYSTEM	  0x4u
#define FILE_ATTR_MASK_ARCHIVE	  0x20u
#define FILE_ATTR_CREATE_MASK	  0x26u /* those that a new file can be given */

struct file_stat {
	enum file_type type; /* FILE_REPARSE: junction, symbolic link, WOF, … whatever lies beneath */
	uint64_t size;
	uint32_t attributes;
	uint32_t reparse_tag; /* 0 unless FILE_REPARSE */
	uint64_t record; /* MFT record number and sequence (record | sequence << 48), or inode */
	uint64_t device; /* on which the inode is; 0 on NTFS */
	/* FILETIMEs; 0 where the host does not know */
	uint64_t created, modified, changed, accessed;
};

struct dir_entry {
	char *name; /* as stored */
	enum file_type
		type; /* cheap: reparse points may show as what they are only in volume_stat() */
};
struct dir_list {
	struct dir_entry *list; /* sorted by name_compare; DOS aliases, "." and ".." left out */
	size_t count;
};
void dir_list_clear(struct dir_list *l);

/* Paths on a volume, each once. */
struct paths {
	char **list;
	size_t count;
};
void paths_add(struct paths *p, const char *path);
void paths_clear(struct paths *p);
#define CLEANUP_DIR_LIST __attribute__((cleanup(dir_list_clear)))

/* What the volume itself says of its state; several may hold. */
struct volume_state {
	bool log_unclean; /* $LogFile has an open restart area: the newest metadata may stand only there */
	bool hibernated;	  /* hiberfil.sys holds a session, or fast start-up */
	bool dirty;		  /* the dirty flag: chkdsk is due at the next boot */
	bool mirror_differs;	  /* $MFTMirr and $MFT disagree */
	bool metadata_written;	  /* since it was opened: more than data of files in place */
	bool truncated;		  /* its end is missing; filled in by whoever made up for that */
	bool read_only;		  /* the target cannot be written by us */
	bool mounted;		  /* a directory target: by definition */
	int log_major, log_minor; /* LFS version of $LogFile's restart page, -1 unknown or empty */
	uint64_t serial;
	char label[128 * 3 + 1];
	int ntfs_major, ntfs_minor;
	uint32_t cluster_size;
};

/*
 * Mounts the NTFS volume on `block` (an overlay when it is to be edited); `block` must outlive the volume.  The library never refuses for a
 * dirty state (we decide), never writes while mounting, except that a $MFTMirr that differs is made up for in an overlay, without which the
 * library would not mount.  ERR_CORRUPT with what does not fit.
 */
struct volume *volume_ntfs_open(struct block *block, struct error *err);

/* Bytes that the volume has by its boot sector, without the last sector of the partition, a copy of the first; 0 when it is no NTFS. */
uint64_t volume_ntfs_size(struct block *block);

/* A directory where the volume is mounted, open as `dirfd` (kept by the caller).  Every look-up stays beneath it. */
struct volume *volume_directory_open(int dirfd, const char *path, struct error *err);

/*
 * Changes kept aside over a directory volume until they are collected: the counterpart of block/overlay.
 * `lower` must outlive it; it is only read.  Changes are put aside in `spool`, which must outlive the lists of them too; NULL: in memory.
 */
struct volume *volume_staged_open(struct volume *lower, struct spool *spool);

/* What is written from now on must reach the target after what was written so far (see overlay_barrier). NTFS volumes pass it to their overlay. */
int volume_barrier(struct volume *v, struct error *err);

/*
 * Staged volumes: appends RECORD_FILE records, phase by phase, of the byte ranges that differ.  Those of the phases before the last barrier
 * are handed over: they are not there a second time.
 */
int volume_staged_changes(struct volume *v, struct changes *out, struct error *err);

/* Unmounts (NTFS: everything written has reached the block device); frees `v` whatever happens. NULL is fine. */
int volume_close(struct volume *v, struct error *err);
void volume_closep(struct volume **v); /* the net of the error path: result ignored */
#define CLEANUP_VOLUME __attribute__((cleanup(volume_closep)))

/* State as found when opened; borrowed. */
const struct volume_state *volume_state(const struct volume *v);

/* ERR_NOT_FOUND when the last name or a parent is not there; ERR_UNSUPPORTED when a parent is a reparse point. */
int volume_stat(struct volume *v, const char *path, struct file_stat *ret, struct error *err);
bool volume_exists(struct volume *v,
		   const char *path); /* a file or folder could be found; errors count as no */
int volume_list(struct volume *v, const char *path, struct dir_list *ret, struct error *err);

/* The path with every name as stored on disk ("/Windows/Panther/UnattendGC/setupact.log"); the caller's. */
char *volume_real_path(struct volume *v, const char *path, struct error *err);

/*
 * An open file.  Regular files only: ERR_UNSUPPORTED names EFS, WOF (CompactOS), deduplicated, offline and other reparse points
 * instead of reading zeros.
 */
struct volume_file;
struct volume_file *volume_file_open(struct volume *v, const char *path, struct error *err);
uint64_t volume_file_size(const struct volume_file *f);
/* Up to `len` bytes at `offset`; fewer only at the end of the file (count in *ret_len). */
int volume_file_read(struct volume_file *f, void *buf, size_t len, uint64_t offset, size_t *ret_len,
		     struct error *err);
/*
 * How many bytes from `offset` on are a hole: zeros that the volume stores nowhere.  0 where there is data, and where it is not known;
 * parts of a hole may be missed, data never is.
 */
uint64_t volume_file_hole(struct volume_file *f, uint64_t offset);
void volume_file_close(struct volume_file *f);
void volume_file_closep(struct volume_file **f);
#define CLEANUP_VOLUME_FILE __attribute__((cleanup(volume_file_closep)))

/* A whole file of at most `limit` bytes, with a NUL behind it; the caller's.  ERR_LIMIT when it is larger. */
uint8_t *volume_read_file(struct volume *v, const char *path, uint64_t limit, size_t *ret_len,
			  struct error *err);

/*
 * That `path`, a plain file, has no other name: what is written to it is written to nothing else.  Its 8.3 alias is not another name.  volume_patch(),
 * volume_replace() and volume_remove() ask for themselves.  ERR_UNSUPPORTED with the others, as far as they can be told (hard links); ERR_CORRUPT when the
 * file does not have this one, which stands in the folder only.
 */
int volume_single_name(struct volume *v, const char *path, struct error *err);

/* That volume_patch() and volume_replace() would take `path`, by what it is and how it is stored; the error says what must be done first. */
int volume_editable(struct volume *v, const char *path, struct error *err);

/*
 * Overwrites `len` bytes at `offset`, which lie inside the file; size and times stay (one sector for a small patch).
 * Compressed, encrypted files and reparse points are refused.
 */
int volume_patch(struct volume *v, const char *path, const void *buf, size_t len, uint64_t offset,
		 struct error *err);

/*
 * Gives an existing file new content: pages that are equal are not written; it grows or shrinks at the end; modification and change times
 * are set to now when the size changes.
 */
int volume_replace(struct volume *v, const char *path, const void *buf, size_t len,
		   struct error *err);

/*
 * An empty file at `path`, which must not be there, with the security of the file `like` and with `attributes` (of FILE_ATTR_CREATE_MASK).
 * ERR_UNSUPPORTED on a directory, and where `like` has its security in a way that cannot be shared.
 */
int volume_create(struct volume *v, const char *path, const char *like, uint32_t attributes,
		  struct error *err);

/*
 * Removes a plain file with its data and streams, and its 8.3 name.  ERR_UNSUPPORTED: a folder, a reparse point, a file with further hard links, and
 * any file of a directory volume.
 */
int volume_remove(struct volume *v, const char *path, struct error *err);

/*
 * Places on the block device (from the start of the volume) that a mount by Windows changes: $LogFile's restart pages, and the records of
 * $Volume and of the root.  At most `max`; returns the count, 0 for directories.  For the undo's fingerprint.
 */
struct extent {
	uint64_t offset;
	uint32_t len;
};
size_t volume_watch_places(struct volume *v, struct extent *ret, size_t max);

/*
 * Appends the places that a use of these files, or of the volume for other files, changes, though no log tells of it (ntfs-3g): the MFT records of each file that is
 * there and of the folders above it, and the bitmap of $MFT.  Some may be in the list twice.  Nothing on a directory.
 */
struct extents {
	struct extent *list; /* owned */
	size_t count;
};
int volume_watch_files(struct volume *v, const char *const *paths, size_t count,
		       struct extents *ret, struct error *err);
void extents_clear(struct extents *e);
#define CLEANUP_EXTENTS __attribute__((cleanup(extents_clear)))

/* The files that were changed, made or removed since the volume was opened, each once, as they were named; borrowed. */
const struct paths *volume_edited(const struct volume *v);

/*
 * Whether two volumes have the same clusters and the same MFT records in use, by their own bitmaps: *ret.  `a` is usually `b` after an edit.
 * ERR_UNSUPPORTED on a directory.
 */
int volume_same_space(struct volume *a, struct volume *b, bool *ret, struct error *err);

/*
 * That each cluster in which one of the `places` lies belongs to one file only, and there in one place, by the records of all files: reads the whole of
 * $MFT.  ERR_UNCLEAN names both files; another error says why it cannot be told.  0 on a directory, which tells nothing of clusters.
 */
struct owners_limit {
	unsigned seconds; /* ERR_LIMIT after them */
	void (*progress)(
		const char *what); /* told once, when it takes more than a moment; or NULL */
};
int volume_sole_owners(struct volume *v, const struct extent *places, size_t count,
		       const struct owners_limit *limit, struct error *err);

#define VOLUME_DIRTY_MASK 0x01

/*
 * The bytes on the block device (from the start of the volume) whose bit VOLUME_DIRTY_MASK is the dirty flag: in $Volume's record, and in its
 * copy in $MFTMirr.  At most `max`; returns the count, 0 for directories.
 */
size_t volume_flag_places(struct volume *v, uint64_t *ret, size_t max);

/*
 * Whether a session is hibernated, by hiberfil.sys as it is now: it begins with "hibr" or "HIBR", or is shorter than its header, the first
 * page (libntfs-3g, ntfs_volume_check_hiberfile).
 */
#define VOLUME_HIBERNATION "/hiberfil.sys"
#define HIBERNATION_HEADER 4096u
bool volume_hibernated(struct volume *v);

/* Where the first byte of the file lies on the block device (from the start of the volume); -1 on a directory, and where it lies nowhere by itself. */
int64_t volume_place(struct volume *v, const char *path);

/* Sets the dirty flag: Windows runs chkdsk at its next boot.  ERR_UNSUPPORTED on a directory. */
int volume_mark_dirty(struct volume *v, struct error *err);

/* Empties $LogFile, as ntfsfix does: what stands only there is lost.  ERR_UNSUPPORTED on a directory. */
int volume_discard_log(struct volume *v, struct error *err);

/* ---- for implementations ---- */
struct volume_ops {
	const char *name; /* "ntfs", "directory", "staged" */
	int (*stat)(struct volume *, const char *, struct file_stat *, struct error *);
	int (*list)(struct volume *, const char *, struct dir_list *, struct error *);
	char *(*real_path)(struct volume *, const char *, struct error *);
	struct volume_file *(*open)(struct volume *, const char *, struct error *);
	int (*read)(struct volume_file *, void *, size_t, uint64_t, size_t *, struct error *);
	uint64_t (*hole)(struct volume_file *, uint64_t); /* NULL: not known */
	void (*close_file)(struct volume_file *);
	int (*patch)(struct volume *, const char *, const void *, size_t, uint64_t,
		     struct error *); /* NULL: read-only */
	int (*replace)(struct volume *, const char *, const void *, size_t, struct error *);
	int (*remove)(struct volume *, const char *, struct error *); /* NULL: it cannot */
	int (*create)(struct volume *, const char *, const char *, uint32_t, struct error *);
	int (*barrier)(struct volume *, struct error *);
	size_t (*watch_places)(struct volume *, struct extent *, size_t);
	int (*watch_files)(struct volume *, const char *const *, size_t, struct extents *,
			   struct error *); /* NULL: nothing is watched */
	size_t (*flag_places)(struct volume *, uint64_t *, size_t);
	int (*single_name)(struct volume *, const char *, struct error *);
	int (*editable)(struct volume *, const char *,
			struct error *); /* NULL: whatever has one name */
	int (*same_space)(struct volume *, struct volume *, bool *, struct error *);
	int (*sole_owners)(struct volume *, const struct extent *, size_t,
			   const struct owners_limit *, struct error *); /* NULL: not known */
	int64_t (*place)(struct volume *, const char *);
	int (*mark_dirty)(struct volume *, struct error *);
	int (*discard_log)(struct volume *, struct error *);
	int (*close)(struct volume *, struct error *);
};
struct volume {
	const struct volume_ops *ops;
	struct volume_state state;
	struct paths edited;
};
struct volume_file {
	struct volume *volume;
	uint64_t size;
};

#endif
