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

#define BOOT_SECTOR 512u

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
	/*
	 * by hiberfil.sys: "hibr", "HIBR", or a file shorter than a header; the library looks for the name in lower case only, Windows
	 * in any
	 */
	s->hibernated = (ntfs_volume_check_hiberfile(v->vol, 0) < 0 && errno == EPERM) ||
			volume_hibernated(&v->base);
	s->ntfs_major = v->vol->major_ver;
	s->ntfs_minor = v->vol->minor_ver;
	s->cluster_size = v->vol->cluster_size;
	snprintf(s->label, sizeof s->label, "%s", v->vol->vol_name ? v->vol->vol_name : "");
	if (block_read(v->door.block, boot, sizeof boot, 0, &ignored) == 0)
		s->serial = get_u64(boot + 0x48);
	read_log_state(v);
}

int
ntfs_mount_failed(struct volume_ntfs *v, int sys_errno, struct error *err)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	struct block *b = v->door.block;
	uint8_t boot[BOOT_SECTOR];

	if (block_read(b, boot, sizeof boot, 0, &ignored) < 0 ||
	    memcmp(boot + 3, "NTFS    ", 8) != 0)
		return error_set(err, ERR_UNSUPPORTED, "it is no NTFS volume");
	if (volume_ntfs_size(b) > b->size) {
		CLEANUP_FREE char *want = text_size(volume_ntfs_size(b));
		CLEANUP_FREE char *have = text_size(b->size);

		return error_set(err, ERR_CORRUPT,
				 "the volume is truncated: it has %s, and only %s of them are here",
				 want, have);
	}
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
