/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * volume-driver IMAGE PATH OFFSET TEXT JOURNALS: writes TEXT into a file of the first NTFS volume, through
 * overlay, journal and commit, and prints the journal's path.  For volumes that hold no Windows, which the
 * program itself has no business to change.  On a volume whose $LogFile is unclean the replay is written with it, and
 * the volume marked dirty.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "block/commit.h"
#include "session/target.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "volume/volume.h"

static int
drive(char **argv, struct journal *j, struct error *err)
{
	CLEANUP_TARGET struct target t = { .hold.fd = -1 };
	CLEANUP_CHANGES struct changes c = CHANGES_INIT;
	struct commit_stats stats = { 0 };
	bool committed;
	size_t i = 0;

	if (target_open(&t, argv[1], true, err) < 0)
		return -1;
	while (i < t.partitions.count && t.partitions.list[i].type != PARTITION_NTFS)
		i++;
	if (i == t.partitions.count)
		return error_set(err, ERR_NOT_FOUND, "no NTFS volume");
	if (target_mount(&t, i, err) < 0)
		return -1;
	if (t.replay.outcome != LOG_NOT_TRIED)
		fprintf(stderr, "$LogFile: %u actions%s%s\n", t.replay.actions,
			t.replay.problem ? ", " : "", t.replay.problem ? t.replay.problem : "");
	if ((t.replay.outcome == LOG_REPLAYED && volume_mark_dirty(t.volume, err) < 0) ||
	    volume_patch(t.volume, argv[2], argv[4], strlen(argv[4]), strtoull(argv[3], NULL, 0),
			 err) < 0 ||
	    target_remount(&t, err) < 0 || target_changes(&t, &c, err) < 0)
		return -1;
	fprintf(stderr, "%zu records, %llu sectors\n", c.record_count,
		(unsigned long long)changes_sectors(&c));
	return commit_run(&t.hold, &c, argv[5], j, &committed, &stats, err);
}

int
main(int argc, char **argv)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_JOURNAL struct journal j = { 0 };

	if (argc != 6) {
		fprintf(stderr, "usage: volume-driver IMAGE PATH OFFSET TEXT JOURNALS\n");
		return 2;
	}
	if (drive(argv, &j, &err) < 0) {
		fprintf(stderr, "volume-driver: %s\n", err.message);
		return 1;
	}
	puts(j.path);
	return 0;
}
