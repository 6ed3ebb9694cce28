/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * $MFTMirr, the copy of the first records of $MFT.
 *
 * libntfs-3g mounts no volume where the two differ, not even for reading.  A reader needs only one that is
 * sound: what is missing or differs is supplied in the overlay, from $MFT where its record is sound, from
 * the mirror where only that is.  Such a volume is read, and never repaired.
 *
 * Records are compared as the library compares them: with the last bytes of each sector put back ("update
 * sequence", "NTFS documentation" of the Linux-NTFS project, "Fixup"), as far as they are used.
 */
#include <string.h>

#include "block/block.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "volume/ntfs-private.h"

#define BOOT_SECTOR  512u
#define STRIDE	     512u /* of the update sequence, whatever the sector size is */
#define MOST_RECORDS 16u  /* the library compares no more, however large the mirror is */

struct geometry {
	uint64_t sector, cluster, record; /* bytes */
	uint64_t mft, mirror;		  /* bytes from the start */
	uint64_t size;			  /* bytes that the boot sector claims */
	uint32_t records;		  /* in the mirror */
};

/* Microsoft, "NTFS boot sector": counts above 0x80 are powers of two, negative ones of bytes. */
static int
read_geometry(struct block *b, struct geometry *g)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	uint8_t boot[BOOT_SECTOR];
	int8_t record;
	uint8_t per;

	if (b->size < sizeof boot || block_read(b, boot, sizeof boot, 0, &ignored) < 0 ||
	    memcmp(boot + 3, "NTFS    ", 8) != 0)
		return -1;
	per = boot[13];
	record = (int8_t)boot[0x40];
	g->sector = get_u16(boot + 11);
	g->cluster = per <= 0x80 ? g->sector * per : 256 - per <= 31 ? g->sector << (256 - per) : 0;
	g->record = record > 0	  ? g->cluster * (uint64_t)record :
		    record >= -16 ? UINT64_C(1) << -record :
				    0;
	if (g->sector < 256 || g->sector > 4096 || g->cluster == 0 || g->record < STRIDE ||
	    g->record > 65536 || get_u64(boot + 0x28) > INT64_MAX / g->sector)
		return -1;
	g->size = get_u64(boot + 0x28) * g->sector;
	if (get_u64(boot + 0x30) > g->size / g->cluster ||
	    get_u64(boot + 0x38) > g->size / g->cluster)
		return -1;
	g->mft = get_u64(boot + 0x30) * g->cluster;
	g->mirror = get_u64(boot + 0x38) * g->cluster;
	g->records = g->cluster <= 4 * g->record ? 4 : (uint32_t)(g->cluster / g->record);
	if (g->records > MOST_RECORDS)
		g->records = MOST_RECORDS;
	return 0;
}

uint64_t
volume_ntfs_size(struct block *b)
{
	struct geometry g;

	return read_geometry(b, &g) == 0 ? g.size : 0;
}

bool
ntfs_unprotect(uint8_t *r, size_t size)
{
	size_t at = get_u16(r + 4), count = get_u16(r + 6);

	if (memcmp(r, "FILE", 4) != 0 || count != size / STRIDE + 1 || at < 0x28 ||
	    at > STRIDE - 2 - 2 * count || get_u32(r + 0x18) < 0x30 || get_u32(r + 0x18) > size)
		return false;
	for (size_t i = 1; i < count; i++) {
		uint8_t *end = r + i * STRIDE - 2;

		if (memcmp(end, r + at, 2) != 0)
			return false;
		memcpy(end, r + at + 2 * i, 2);
	}
	return true;
}

/* One record of each, as on disk: 0 alike (or neither sound), 1 when $MFT's is to be taken, 2 when the mirror's is. */
static int
compare(const uint8_t *first, const uint8_t *second, size_t size)
{
	CLEANUP_FREE uint8_t *one = xmemdup(first, size);
	CLEANUP_FREE uint8_t *two = xmemdup(second, size);
	bool one_sound = ntfs_unprotect(one, size), two_sound = ntfs_unprotect(two, size);

	if (!one_sound)
		return two_sound ? 2 : 0;
	return two_sound && memcmp(one, two, get_u32(one + 0x18)) == 0 ? 0 : 1;
}

bool
ntfs_mirror_supply(struct block *b)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	CLEANUP_FREE uint8_t *both = NULL;
	uint8_t *one, *two;
	bool differs = false;
	struct geometry g;

	if (read_geometry(b, &g) < 0)
		return false;
	both = xzalloc((size_t)g.record * 2);
	one = both;
	two = both + g.record;
	for (uint32_t i = 0; i < g.records; i++) {
		uint64_t at = g.mft + i * g.record, mirror = g.mirror + i * g.record;
		bool have_one = block_read(b, one, (size_t)g.record, at, &ignored) == 0;
		bool have_two;
		int take;

		error_clear(&ignored);
		have_two = block_read(b, two, (size_t)g.record, mirror, &ignored) == 0;
		error_clear(&ignored);
		if (!have_one && !have_two)
			continue;
		take = !have_two ? 1 : !have_one ? 2 : compare(one, two, (size_t)g.record);
		differs |= take != 0 && have_one && have_two;
		if (take && b->ops->write && !b->read_only)
			block_write(b, take == 1 ? one : two, (size_t)g.record,
				    take == 1 ? mirror : at, &ignored);
		error_clear(&ignored);
	}
	return differs;
}
