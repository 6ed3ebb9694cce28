/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The state of an NTFS volume: dirty flag, hibernation, $LogFile; and, when the library will not
 * mount, the reason in words.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "block/block.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/text.h"
#include "volume/ntfs-private.h"

#include <ntfs-3g/logfile.h>

#define BOOT_SECTOR    512u
#define SYSTEM_RECORDS 4 /* that $MFTMirr holds */

static void
read_log_state(struct volume_ntfs *v)
{
	struct volume_state *s = &v->base.state;
	ntfs_inode *ni = ntfs_inode_open(v->vol, FILE_LogFile);
	ntfs_attr *na = ni ? ntfs_attr_open(ni, AT_DATA, AT_UNNAMED, 0) : NULL;
	RESTART_PAGE_HEADER *page = NULL;

	s->log_major = s->log_minor = -1;
	if (na) {
		if (!ntfs_check_logfile(na, &page)) {
			s->log_unclean =
				true; /* no valid restart page: what it held cannot be known */
		} else {
			s->log_unclean = !ntfs_is_logfile_clean(na, page);
			if (page) {
				s->log_major = (int16_t)le16_to_cpu(page->major_ver);
				s->log_minor = (int16_t)le16_to_cpu(page->minor_ver);
			}
		}
		free(page);
		ntfs_attr_close(na);
	} else {
		s->log_unclean = true;
	}
	if (ni)
		ntfs_inode_close(ni);
}

void
ntfs_state_read(struct volume_ntfs *v)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	struct volume_state *s = &v->base.state;
	uint8_t boot[BOOT_SECTOR];

	s->dirty = (v->vol->flags & VOLUME_IS_DIRTY) != 0;
	/* by hiberfil.sys: "hibr", "HIBR", or a file shorter than a header */
	s->hibernated = ntfs_volume_check_hiberfile(v->vol, 0) < 0 && errno == EPERM;
	s->ntfs_major = v->vol->major_ver;
	s->ntfs_minor = v->vol->minor_ver;
	s->cluster_size = v->vol->cluster_size;
	snprintf(s->label, sizeof s->label, "%s", v->vol->vol_name ? v->vol->vol_name : "");
	if (block_read(v->door.block, boot, sizeof boot, 0, &ignored) == 0)
		s->serial = get_u64(boot + 0x48);
	read_log_state(v);
}

/* Bytes of a cluster, by the boot sector (Microsoft: "NTFS boot sector": above 0x80 a power of two). */
static uint64_t
cluster_size(const uint8_t *boot)
{
	uint64_t sector = get_u16(boot + 11);
	uint8_t per = boot[13];

	if (per <= 0x80)
		return sector * per;
	return 256 - per <= 31 ? sector << (256 - per) : 0;
}

static uint64_t
record_size(const uint8_t *boot, uint64_t cluster)
{
	int8_t per = (int8_t)boot[0x40];

	return per > 0 ? cluster * (uint64_t)per : per > -20 ? UINT64_C(1) << -per : 0;
}

/* Whether the first records of $MFT and $MFTMirr differ, beyond what fixups may. */
static bool
mirror_differs(struct block *b, const uint8_t *boot)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	uint64_t cluster = cluster_size(boot), size = record_size(boot, cluster);
	uint64_t mft = get_u64(boot + 0x30), mirror = get_u64(boot + 0x38);
	CLEANUP_FREE uint8_t *one = NULL;
	CLEANUP_FREE uint8_t *two = NULL;

	if (size < 512 || size > 65536 || cluster == 0 || mft > b->size / cluster ||
	    mirror > b->size / cluster)
		return false;
	one = xmalloc((size_t)size * SYSTEM_RECORDS);
	two = xmalloc((size_t)size * SYSTEM_RECORDS);
	if (block_read(b, one, (size_t)size * SYSTEM_RECORDS, mft * cluster, &ignored) < 0 ||
	    block_read(b, two, (size_t)size * SYSTEM_RECORDS, mirror * cluster, &ignored) < 0)
		return false;
	return memcmp(one, two, (size_t)size * SYSTEM_RECORDS) != 0;
}

int
ntfs_mount_failed(struct volume_ntfs *v, int sys_errno, struct error *err)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	struct block *b = v->door.block;
	uint8_t boot[BOOT_SECTOR];
	uint64_t sector, says;

	if (block_read(b, boot, sizeof boot, 0, &ignored) < 0 ||
	    memcmp(boot + 3, "NTFS    ", 8) != 0)
		return error_set(err, ERR_UNSUPPORTED, "it is no NTFS volume");
	sector = get_u16(boot + 11);
	says = sector && get_u64(boot + 0x28) < UINT64_MAX / sector ?
		       get_u64(boot + 0x28) * sector :
		       0;
	if (says > b->size) {
		CLEANUP_FREE char *want = text_size(says);
		CLEANUP_FREE char *have = text_size(b->size);

		return error_set(
			err, ERR_CORRUPT,
			"the volume is truncated: it has %s, and only %s of them are here; copy "
			"it again",
			want, have);
	}
	if (mirror_differs(b, boot))
		return error_set(
			err, ERR_UNCLEAN,
			"$MFTMirr differs from $MFT: the volume is damaged or was being written; "
			"let Windows run chkdsk /f on it first");
	if (v->door.error.code != ERR_NONE) {
		error_move(err, &v->door.error);
		return error_prefix(err, "the NTFS volume cannot be opened");
	}
	return error_set(
		err, ERR_CORRUPT,
		"the NTFS volume cannot be opened: it is damaged (%s); let Windows run chkdsk "
		"/f on it first",
		strerror(sys_errno));
}
