/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Partitions of a disk or image, by libblkid (GPT with its backup, MBR with logical partitions,
 * 512- and 4096-byte sectors), and what the first bytes of each say that it is.
 */
#ifndef RESPREP_BLOCK_PARTITION_H
#define RESPREP_BLOCK_PARTITION_H

#include <stddef.h>
#include <stdint.h>

struct block;
struct error;

enum partition_type {
	PARTITION_OTHER,
	PARTITION_NTFS,
	PARTITION_BITLOCKER, /* -FVE-FS- at 3, or BitLocker To Go's GUID at 424 */
	PARTITION_REFS,
	PARTITION_DYNAMIC, /* LDM by GPT type or MBR 0x42 */
	PARTITION_STORAGE_SPACES,
	PARTITION_BEYOND_END, /* begins where the disk has ended: a truncated image */
	PARTITION_UNREADABLE,
};

struct partition {
	int number;	      /* as the table counts; 0 for a bare volume */
	uint64_t offset, len; /* bytes, as the table says */
	uint64_t present;     /* bytes of it that are here: fewer than `len` in a truncated image */
	enum partition_type type;
	char *name;	  /* GPT name, or NULL; owned */
	uint8_t guid[16]; /* GPT partition GUID as stored on disk; zeros with an MBR */
	uint64_t ntfs_serial;
};

struct partitions {
	struct partition *list;
	size_t count;
	const char *table; /* "gpt", "mbr" or "none" (a bare volume) */
	uint8_t table_id[16];
	uint32_t sector_size; /* of the table: an image of a 4Kn disk has 4096 here */
};

/*
 * Reads the table of `disk` (open as `fd` too, because libblkid wants one).  A bare volume is looked for first: an
 * NTFS boot sector looks like an MBR.  ERR_UNSUPPORTED with a sentence about what it is when there is neither a
 * table nor a volume that we know.  The table of a truncated image is read as if the rest were there; ERR_CORRUPT ("the image is
 * truncated: …") when no partition of it begins within the image.
 */
int partitions_read(struct block *disk, int fd, struct partitions *ret, struct error *err);
void partitions_clear(struct partitions *p);
#define CLEANUP_PARTITIONS __attribute__((cleanup(partitions_clear)))

const char *partition_type_text(enum partition_type type); /* "NTFS", "BitLocker", … */

#endif
