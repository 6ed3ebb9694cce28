/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the user named, opened: the hold on it, the block stack or the directory, the partition that
 * holds a Windows, and the volume mounted over an overlay.
 *
 *      hold ─▶ disk ─▶ window (─▶ whole) ─▶ overlay ─▶ volume (ntfs)
 *      hold ─▶ directory ─▶ staged
 */
#ifndef RESPREP_SESSION_TARGET_H
#define RESPREP_SESSION_TARGET_H

#include <stdbool.h>

#include "block/changes.h"
#include "block/hold.h"
#include "block/partition.h"
#include "volume/volume.h"
#include "windows/drive-letters.h"

struct block;
struct error;
struct keeper;
struct report;
struct spool;
struct volume;

/* What became of an unclean $LogFile: replayed in the overlay, or why not. */
struct log_replay {
	enum { LOG_NOT_TRIED, LOG_REPLAYED, LOG_FAILED } outcome;
	unsigned actions; /* that were redone or undone */
	char *problem;	  /* LOG_FAILED: a clause; owned */
	uint32_t phases;  /* of the overlay that it takes */
};

struct target {
	struct keeper *keeper; /* runs the packaged tools; NULL: this process does; not owned */
	bool any_folder;       /* a directory need not hold a Windows: then there is no root */
	bool as_found; /* an unclean $LogFile is not replayed: enough to know whether there is a Windows */
	struct hold hold;
	struct block *disk; /* NULL for a directory */
	struct partitions partitions;
	const struct partition *partition; /* the chosen one; NULL for a directory, or none chosen */
	struct block *window, *overlay;
	struct spool *spool; /* where changes are put aside; owned; NULL: nothing will be changed */
	struct block *whole; /* between them when the image is truncated; else NULL */
	struct log_replay replay;
	bool metadata_written; /* by mounts before this one */
	struct paths edited;   /* files, by all mounts */
	int64_t hibernation; /* where hiberfil.sys lies as found, from the start of the volume; -1 nowhere */
	bool have_first; /* these bytes are written before all others: on the disk, or in a file of a directory */
	uint64_t first;
	char *first_path;     /* relative, as the host spells it; NULL on a disk; owned */
	bool mirror_differs;  /* as found when first mounted: the overlay makes up for it */
	struct volume *lower; /* a directory's own volume, below the staged one */
	struct volume *volume;
	char *root;		 /* "/Windows" */
	size_t root_count;	 /* folders of that kind in the root */
	struct disk_place place; /* of the chosen partition */
	bool have_place;
	struct target_identity identity;
};

/*
 * Opens and holds `path`, reads the partition table, no volume yet.  `exclusive` for whatever will
 * write.  Errors are those of hold_open() and partitions_read().
 */
int target_open(struct target *t, const char *path, bool exclusive, struct error *err);

/*
 * Finds the Windows (on partition `number`, or on any with 0) and mounts its volume.  Several are an
 * error that lists them with what to type; none is one that says what each partition is.
 */
int target_find_windows(struct target *t, int number, struct error *err);

/* Mounts partition `i` of the table; target_unmount() ends it. */
int target_mount(struct target *t, size_t i, struct error *err);

/* Unmounts, and mounts again over the same overlay (or a directory: the same staged changes). */
int target_remount(struct target *t, struct error *err);
int target_unmount(struct target *t, struct error *err);

/* Collects what the overlay or the staged volume changed, with identity and watches. */
int target_changes(struct target *t, struct changes *ret, struct error *err);

/* Fills the report's volume, and its statistics. */
void target_describe(const struct target *t, struct report *r);
void target_stats(const struct target *t, struct report *r);

void target_close(struct target *t);
#define CLEANUP_TARGET __attribute__((cleanup(target_close)))

#endif
