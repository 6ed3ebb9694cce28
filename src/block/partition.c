/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Partition tables by libblkid, the only file that knows it; and what lies in each partition, by its
 * first bytes.
 *
 * A bare volume is looked for before any table, because an NTFS boot sector ends in 55 AA like an MBR.
 * An image of a disk with 4096-byte sectors says nothing of that, so its GPT is tried with 512 first.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include <blkid/blkid.h>

#include "block/block.h"
#include "block/partition.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/io.h"
#include "util/text.h"

#define HEAD	    4096u
#define TABLE_BYTES (1u << 20) /* where a GPT and its entries lie, with sectors of any size */
#define LARGEST_DISK \
	(UINT64_C(64) << 40) /* no disk of a cloud is larger; a file must be able to be */

/* BitLocker To Go: its GUID at 424 of a FAT boot sector (libbde: "BitLocker Drive Encryption (BDE) format"). */
static const uint8_t to_go_guid[16] = { 0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a,
					0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0, 0x01 };

static enum partition_type
type_of_head(const uint8_t *head)
{
	if (memcmp(head + 3, "NTFS    ", 8) == 0)
		return PARTITION_NTFS;
	if (memcmp(head + 3, "-FVE-FS-", 8) == 0 ||
	    memcmp(head + 424, to_go_guid, sizeof to_go_guid) == 0)
		return PARTITION_BITLOCKER;
	if (memcmp(head + 3, "ReFS\0\0\0\0", 8) == 0)
		return PARTITION_REFS;
	return PARTITION_OTHER;
}

const char *
partition_type_text(enum partition_type type)
{
	static const char *const names[] = { [PARTITION_OTHER] = "other",
					     [PARTITION_NTFS] = "NTFS",
					     [PARTITION_BITLOCKER] = "BitLocker",
					     [PARTITION_REFS] = "ReFS",
					     [PARTITION_DYNAMIC] = "dynamic disk (LDM)",
					     [PARTITION_STORAGE_SPACES] = "Storage Spaces",
					     [PARTITION_BEYOND_END] = "beyond the end",
					     [PARTITION_UNREADABLE] = "unreadable" };

	return names[type];
}

static struct partition *
add(struct partitions *p)
{
	ARRAY_GROW(p->list, p->count);
	p->list[p->count] = (struct partition){ 0 };
	return &p->list[p->count++];
}

/* Fills type and NTFS serial from the partition's first sector. */
static void
look_at(struct block *disk, struct partition *p)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	uint8_t head[512];

	if (p->offset >= disk->size) {
		p->type = PARTITION_BEYOND_END;
		return;
	}
	p->present = p->len < disk->size - p->offset ? p->len : disk->size - p->offset;
	if (p->present < sizeof head)
		return;
	if (block_read(disk, head, sizeof head, p->offset, &ignored) < 0) {
		p->type = PARTITION_UNREADABLE;
		return;
	}
	p->type = type_of_head(head);
	if (p->type == PARTITION_NTFS)
		p->ntfs_serial = get_u64(head + 0x48);
}

/* Types that the table itself gives away, whatever the content looks like. */
static void
type_by_table(struct partition *p, const char *guid, int mbr_type)
{
	if (p->type == PARTITION_BEYOND_END)
		return;
	if (mbr_type == 0x42 ||
	    (guid && (strcasecmp(guid, "5808c8aa-7e8f-42e0-85d2-e1e90434cfb3") == 0 ||
		      strcasecmp(guid, "af9b60a0-1431-4f62-bc68-3311714a69ad") == 0)))
		p->type = PARTITION_DYNAMIC;
	if (guid && strcasecmp(guid, "e75caf8f-f680-4cee-afa3-b001e56efc2d") == 0)
		p->type = PARTITION_STORAGE_SPACES;
}

/* "6ba7b810-…" to its bytes on disk: the first three groups are little-endian. */
static void
guid_from_text(const char *text, uint8_t guid[16])
{
	static const int order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
	int n = 0;

	for (const char *c = text; *c && n < 16; c++) {
		char pair[3] = { c[0], c[1], '\0' };

		if (*c == '-' || !c[1])
			continue;
		guid[order[n++]] = (uint8_t)strtoul(pair, NULL, 16);
		c++;
	}
}

/* libblkid counts in 512 bytes whatever the sector size is; a hostile count must not wrap into the disk. */
static uint64_t
bytes_of(blkid_loff_t sectors)
{
	return sectors < 0 || sectors > INT64_MAX / 512 ? (uint64_t)INT64_MAX :
							  (uint64_t)sectors * 512;
}

static void
add_from_blkid(struct block *disk, blkid_partition from, bool gpt, struct partitions *ret)
{
	const char *guid = blkid_partition_get_type_string(from);
	const char *uuid = blkid_partition_get_uuid(from);
	struct partition *p;

	/* the extended partition is a container, not a place for a volume */
	if (!gpt && blkid_partition_is_extended(from))
		return;
	p = add(ret);
	p->number = blkid_partition_get_partno(from);
	p->offset = bytes_of(blkid_partition_get_start(from));
	p->len = bytes_of(blkid_partition_get_size(from));
	p->name = xstrdup(blkid_partition_get_name(from));
	if (gpt && uuid)
		guid_from_text(uuid, p->guid);
	look_at(disk, p);
	type_by_table(p, gpt ? guid : NULL, gpt ? 0 : blkid_partition_get_type(from));
}

static void
set_table_id(struct partitions *ret, bool gpt, const char *id)
{
	if (!id)
		return;
	if (gpt)
		guid_from_text(id, ret->table_id);
	else
		put_u32(ret->table_id, (uint32_t)strtoul(id, NULL, 16));
}

/* 1 with a table, 0 without.  `fd` holds the disk, or as much of it as a table needs. */
static int
probe_table(struct block *disk, int fd, uint32_t sector_size, struct partitions *ret)
{
	blkid_probe probe = blkid_new_probe();
	blkid_partlist list;
	blkid_parttable table;
	bool gpt;
	int found = 0;

	if (!probe)
		return 0;
	if (blkid_probe_set_device(probe, fd, 0, 0) == 0) {
		blkid_probe_set_sectorsize(probe, sector_size);
		blkid_probe_enable_partitions(probe, 1);
		blkid_probe_set_partitions_flags(probe, BLKID_PARTS_ENTRY_DETAILS);
		list = blkid_probe_get_partitions(probe);
		table = list ? blkid_partlist_get_table(list) : NULL;
		if (table) {
			found = 1;
			gpt = strcmp(blkid_parttable_get_type(table), "gpt") == 0;
			ret->table = gpt ? "gpt" : "mbr";
			ret->sector_size = sector_size;
			set_table_id(ret, gpt, blkid_parttable_get_id(table));
			for (int i = 0; i < blkid_partlist_numof_partitions(list); i++)
				add_from_blkid(disk, blkid_partlist_get_partition(list, i), gpt,
					       ret);
		}
	}
	blkid_free_probe(probe);
	return found;
}

/* Where the disk ends by its GPT's header (UEFI specification 5.3.2: the other header is in the last sector), or 0. */
static uint64_t
gpt_end(const uint8_t *head, uint32_t sector_size)
{
	uint64_t last;

	if (memcmp(head + sector_size, "EFI PART", 8) != 0)
		return 0;
	last = get_u64(head + sector_size + 32);
	return last < LARGEST_DISK / sector_size ? (last + 1) * sector_size : 0;
}

/*
 * libblkid refuses a GPT that describes a larger disk than there is.  A truncated image is shown to it as a sparse file
 * of the right size with the beginning, where the table is.
 */
static int
read_truncated_table(struct block *disk, uint32_t sector_size, struct partitions *ret)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	CLEANUP_FREE uint8_t *start = xzalloc(TABLE_BYTES);
	size_t n = disk->size < TABLE_BYTES ? (size_t)disk->size : TABLE_BYTES;
	CLEANUP_FD int fd = -1;
	uint64_t end;

	if (block_read(disk, start, n, 0, &ignored) < 0)
		return 0;
	end = gpt_end(start, sector_size);
	if (end <= disk->size)
		return 0;
	fd = memfd_create("table", MFD_CLOEXEC);
	if (fd < 0 || io_pwrite_full(fd, start, n, 0) < 0 || ftruncate(fd, (off_t)end) < 0)
		return 0;
	return probe_table(disk, fd, sector_size, ret);
}

static int
read_table(struct block *disk, int fd, uint32_t sector_size, struct partitions *ret)
{
	if (probe_table(disk, fd, sector_size, ret) && ret->count)
		return 1;
	partitions_clear(ret);
	if (read_truncated_table(disk, sector_size, ret))
		return 1;
	partitions_clear(ret);
	return probe_table(disk, fd, sector_size, ret);
}

/* A disk image in another container, or a file of another kind: how to go on.  NULL when it is none that we know. */
static const char *
other_kind(const uint8_t *head)
{
	if (memcmp(head, "QFI\xfb", 4) == 0)
		return "a qcow2 image: convert it first (qemu-img convert -O raw FILE FILE.raw)";
	if (memcmp(head, "vhdxfile", 8) == 0)
		return "a VHDX image: convert it first (qemu-img convert -O raw FILE FILE.raw)";
	if (memcmp(head, "conectix", 8) == 0)
		return "a VHD image: convert it first (qemu-img convert -f vpc -O raw FILE FILE.raw)";
	if (memcmp(head, "KDMV", 4) == 0 || memcmp(head, "# Disk DescriptorFile", 21) == 0)
		return "a VMDK image: convert it first (qemu-img convert -O raw FILE FILE.raw)";
	if (memcmp(head, "EVF\x09\x0d\x0a\xff", 7) == 0)
		return "an EnCase image: export it as raw first (ewfexport)";
	if (memcmp(head, "\x1f\x8b", 2) == 0)
		return "compressed with gzip: unpack it first (gzip -d)";
	if (memcmp(head,
		   "\xfd"
		   "7zXZ\0",
		   6) == 0)
		return "compressed with xz: unpack it first (xz -d)";
	if (memcmp(head, "\x28\xb5\x2f\xfd", 4) == 0)
		return "compressed with zstd: unpack it first (zstd -d)";
	if (memcmp(head, "BZh", 3) == 0)
		return "compressed with bzip2: unpack it first (bzip2 -d)";
	if (memcmp(head, "PK\x03\x04", 4) == 0)
		return "a ZIP archive: unpack it first (unzip)";
	if (get_u32(head + 0x40) == 0xbeda107f)
		return "a VDI image: convert it first (qemu-img convert -O raw FILE FILE.raw)";
	if (memcmp(head, "MSWIM\0\0\0", 8) == 0)
		return "a Windows image (WIM), not a disk";
	if (memcmp(head, "regf", 4) == 0)
		return "a registry hive, not a disk";
	return NULL;
}

/* A volume of another system, looked for only without a table, because its traces outlive a new one.  NULL when none. */
static const char *
other_volume(const uint8_t *head)
{
	if (get_u16(head + 0x438) == 0xef53)
		return "a Linux file system (ext2, ext3 or ext4)";
	if (memcmp(head, "XFSB", 4) == 0)
		return "a Linux file system (XFS)";
	if (memcmp(head, "LUKS\xba\xbe", 6) == 0)
		return "a volume encrypted with LUKS";
	if (memcmp(head + 512, "LABELONE", 8) == 0)
		return "a physical volume of LVM";
	if (memcmp(head + 3, "EXFAT   ", 8) == 0)
		return "an exFAT volume";
	if (memcmp(head + 0x52, "FAT32   ", 8) == 0 || memcmp(head + 0x36, "FAT16   ", 8) == 0)
		return "a FAT volume";
	return NULL;
}

/* A protective MBR whose GPT is nowhere to be found: the disk is shorter than its table. */
static bool
has_protective_mbr(const uint8_t *head)
{
	if (head[510] != 0x55 || head[511] != 0xaa)
		return false;
	for (int i = 0; i < 4; i++)
		if (head[446 + 16 * i + 4] == 0xee)
			return true;
	return false;
}

static int
no_table(const struct block *disk, const uint8_t *head, struct error *err)
{
	const char *kind = other_kind(head), *volume = other_volume(head);
	CLEANUP_FREE char *size = text_size(disk->size);

	if (kind)
		return error_set(err, ERR_UNSUPPORTED, "this is %s", kind);
	if (volume)
		return error_set(err, ERR_UNSUPPORTED,
				 "this is %s; name the disk or volume that holds Windows", volume);
	if (has_protective_mbr(head) || memcmp(head + 512, "EFI PART", 8) == 0)
		return error_set(
			err, ERR_CORRUPT,
			"the partition table (GPT) does not fit: it describes a larger disk than these %s; the "
			"image is truncated, or its GPT is damaged",
			size);
	return error_set(err, ERR_UNSUPPORTED,
			 "it holds neither a partition table nor an NTFS volume (%s)", size);
}

static int
bare_volume(struct block *disk, const uint8_t *head, struct partitions *ret)
{
	struct partition *p;

	if (type_of_head(head) == PARTITION_OTHER)
		return 0;
	ret->table = "none";
	ret->sector_size = disk->sector_size;
	p = add(ret);
	p->len = disk->size;
	look_at(disk, p);
	return 1;
}

static bool
all_beyond_end(const struct partitions *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->list[i].type != PARTITION_BEYOND_END)
			return false;
	return p->count > 0;
}

int
partitions_read(struct block *disk, int fd, struct partitions *ret, struct error *err)
{
	uint8_t head[HEAD] = { 0 };
	size_t n = disk->size < HEAD ? (size_t)disk->size : HEAD;

	*ret = (struct partitions){ .table = "none", .sector_size = disk->sector_size };
	if (block_read(disk, head, n, 0, err) < 0)
		return -1;
	if (n >= 512 && bare_volume(disk, head, ret))
		return 0;
	if (n < 512 || other_kind(head))
		return no_table(disk, head, err);
	/* libblkid takes a protective MBR alone for a table; a GPT may well be empty */
	if (!read_table(disk, fd, disk->sector_size, ret) ||
	    (ret->count == 0 && strcmp(ret->table, "gpt") != 0 && has_protective_mbr(head))) {
		partitions_clear(ret);
		if (disk->sector_size != 512 || !read_table(disk, fd, 4096, ret) ||
		    (ret->count == 0 && strcmp(ret->table, "gpt") != 0)) {
			partitions_clear(ret);
			return no_table(disk, head, err);
		}
	}
	if (all_beyond_end(ret)) {
		partitions_clear(ret);
		return error_set(err, ERR_CORRUPT,
				 "every partition lies beyond the end of the disk: the image is "
				 "truncated");
	}
	return 0;
}

void
partitions_clear(struct partitions *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->list[i].name);
	free(p->list);
	*p = (struct partitions){ .table = "none", .sector_size = p->sector_size };
}
