/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether a target is the one of a journal, by its bytes: names of devices change from host to host.
 *
 * A disk may have become larger since: a snapshot is restored to a volume of any size that holds it, and the backup of its GPT is then
 * where the end was, or has been moved.  What the journal writes lies in one partition, so there that one must begin where it did and hold as
 * much; the pieces and the watched places, which are compared before anything is written, tell the rest.  A disk that is smaller has lost something.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "block/block.h"
#include "block/commit.h"
#include "block/hold.h"
#include "block/partition.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/io.h"

/* Requests for a partition table. */
#define IO_BUDGET 100000

/* Disk GUID of the GPT header at `offset`, if one is there. */
static bool
gpt_id_at(int fd, uint64_t offset, uint8_t id[16])
{
	uint8_t b[92];

	if (io_pread_full(fd, b, sizeof b, offset) != (ssize_t)sizeof b ||
	    memcmp(b, "EFI PART", 8) != 0)
		return false;
	memcpy(id, b + 56, 16);
	return true;
}

/* The table's identity by the same rules as block/partition.c, from the bytes alone. */
static bool
table_matches(const struct hold *h, const struct target_identity *id)
{
	static const uint8_t none[16];
	uint8_t found[16] = { 0 };
	uint8_t mbr[512];

	if (memcmp(id->table_id, none, sizeof none) == 0)
		return true; /* a bare volume, or a table without identity */
	if (gpt_id_at(h->fd, id->sector_size, found) ||
	    gpt_id_at(h->fd, h->size - id->sector_size, found) ||
	    gpt_id_at(h->fd, id->device_size - id->sector_size, found))
		return memcmp(found, id->table_id, sizeof found) == 0;
	if (io_pread_full(h->fd, mbr, sizeof mbr, 0) != (ssize_t)sizeof mbr)
		return false;
	memcpy(found, mbr + 440, 4);
	return memcmp(found, id->table_id, sizeof found) == 0;
}

static int
refuse_smaller(const struct hold *h, const struct target_identity *id, struct error *err)
{
	if (h->size == id->partition_len)
		return error_set(err, ERR_REFUSED,
				 "'%s' is not the target of this journal: it has %" PRIu64
				 " bytes, the journal's %" PRIu64
				 " (name the whole disk, not its partition)",
				 h->path, h->size, id->device_size);
	return error_set(
		err, ERR_REFUSED,
		"'%s' is not the target of this journal, or its end is missing: it has %" PRIu64
		" bytes, the journal's %" PRIu64
		"; copy the disk again as a whole, to one that is as large or larger, and name that.  An image of which only empty space behind "
		"the last partition was cut off can be made as long again: truncate -s %" PRIu64,
		h->path, h->size, id->device_size, id->device_size);
}

/* On a disk that is larger than it was: the partition is where it was. */
static int
check_larger(const struct hold *h, const struct target_identity *id, struct error *err)
{
	CLEANUP_BLOCK struct block *disk = block_file_new(h->fd, h->path, h->size, h->sector_size,
							  IO_BUDGET);
	CLEANUP_PARTITIONS struct partitions p = { 0 };

	if (partitions_read(disk, h->fd, &p, err) < 0)
		return error_prefix(err,
				    "'%s' has %" PRIu64 " bytes, the journal's target %" PRIu64,
				    h->path, h->size, id->device_size);
	for (size_t i = 0; i < p.count; i++)
		if (p.list[i].offset == id->partition_offset &&
		    p.list[i].present >= id->partition_len)
			return 0;
	return error_set(err, ERR_REFUSED,
			 "'%s' is not the target of this journal: it has %" PRIu64
			 " bytes, the journal's %" PRIu64 ", and no partition at %" PRIu64
			 " of %" PRIu64 " bytes%s",
			 h->path, h->size, id->device_size, id->partition_offset, id->partition_len,
			 id->partition_offset == 0 ? " (name the partition, not the whole disk)" :
						     "");
}

int
commit_check_identity(struct hold *h, const struct journal *j, struct error *err)
{
	const struct target_identity *id = &j->changes.identity;
	uint8_t serial[8];

	if ((h->kind == HOLD_DIRECTORY) != (id->kind == TARGET_DIRECTORY))
		return error_set(err, ERR_REFUSED,
				 "'%s' is not the target of this journal, which is a %s", h->path,
				 id->kind == TARGET_DIRECTORY ? "folder" : "disk or image");
	if (h->kind == HOLD_DIRECTORY)
		return 0; /* the files' own bytes are compared before anything is written */
	if (h->size < id->device_size)
		return refuse_smaller(h, id, err);
	if (!table_matches(h, id))
		return error_set(err, ERR_REFUSED,
				 "'%s' is not the target of this journal: its partition table has "
				 "another identity",
				 h->path);
	if (h->size > id->device_size && check_larger(h, id, err) < 0)
		return -1;
	if (io_pread_full(h->fd, serial, sizeof serial, id->partition_offset + 0x48) !=
	    (ssize_t)sizeof serial)
		return error_sys(err, errno, "cannot read '%s'", h->path);
	if (get_u64(serial) != id->ntfs_serial)
		return error_set(
			err, ERR_REFUSED,
			"'%s' is not the target of this journal: its NTFS volume has another "
			"serial number",
			h->path);
	return 0;
}
