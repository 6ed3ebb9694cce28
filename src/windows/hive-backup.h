/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * System32\config\RegBack: copies of the five system hives that Windows made about every ten days, until Windows 10 version
 * 1803; since then the files there are empty (Microsoft: "The system registry is no longer backed up to the RegBack
 * folder starting in Windows 10 version 1803").
 */
#ifndef RESPREP_WINDOWS_HIVE_BACKUP_H
#define RESPREP_WINDOWS_HIVE_BACKUP_H

#include "windows/windows.h"

#define HIVE_BACKUPS \
	5 /* SYSTEM, SOFTWARE, SAM, SECURITY, DEFAULT: the first five of enum windows_hive */

enum backup_state { BACKUP_ABSENT, BACKUP_EMPTY, BACKUP_DAMAGED, BACKUP_SOUND };

struct hive_backups {
	struct windows *backup; /* over the same volume; its hives are those of RegBack; owned */
	enum backup_state state[HIVE_BACKUPS];
	char *why[HIVE_BACKUPS];	/* of a damaged one; owned */
	uint64_t written[HIVE_BACKUPS]; /* FILETIME of the base block */
	bool all_sound;			/* the five */
	bool same_day;			/* the five were written within a day */
	bool same_machine;		/* what can be compared with the hives in use is equal */
};

/* Looks at all five; `w` must outlive the result. */
int hive_backups_read(struct windows *w, struct hive_backups *ret, struct error *err);
void hive_backups_clear(struct hive_backups *b);
#define CLEANUP_HIVE_BACKUPS __attribute__((cleanup(hive_backups_clear)))

/*
 * Puts the copy of `which` in the place of the hive in use: data, a barrier, the base block, with sequence numbers above
 * every one in that hive's logs.  The file keeps its record; it becomes longer if it must, never shorter.
 */
int hive_backup_restore(struct windows *w, const struct hive_backups *b, enum windows_hive which,
			struct error *err);

#endif
