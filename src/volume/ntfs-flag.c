/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What changes the state of the volume itself: the dirty flag, and giving up $LogFile.  The flag stands in
 * $VOLUME_INFORMATION of record 3, $Volume, whose copy is in $MFTMirr ("NTFS documentation" of the Linux-NTFS
 * project, "$Volume").
 */
#include <errno.h>
#include <string.h>

#include "util/alloc.h"
#include "volume/ntfs-private.h"

#include <ntfs-3g/logfile.h>

#define FLAGS_IN_VALUE 10u /* behind 8 reserved bytes and the version */
#define STRIDE	       512u

/* The flags' place in $Volume's record, or 0. */
static size_t
flags_in_record(struct volume_ntfs *v)
{
	ntfs_attr_search_ctx *ctx;
	ntfs_inode *ni;
	size_t at = 0;

	ntfs_begin(v);
	ni = ntfs_inode_open(v->vol, FILE_Volume);
	ctx = ni ? ntfs_attr_get_search_ctx(ni, NULL) : NULL;
	if (ctx &&
	    ntfs_attr_lookup(AT_VOLUME_INFORMATION, AT_UNNAMED, 0, CASE_SENSITIVE, 0, NULL, 0,
			     ctx) == 0 &&
	    !ctx->attr->non_resident)
		at = (size_t)((const uint8_t *)ctx->attr - (const uint8_t *)ctx->mrec) +
		     le16_to_cpu(ctx->attr->value_offset) + FLAGS_IN_VALUE;
	if (ctx)
		ntfs_attr_put_search_ctx(ctx);
	if (ni)
		ntfs_inode_close(ni);
	/* the last two bytes of a sector hold the update sequence, not the record's bytes */
	return at < v->vol->mft_record_size && at % STRIDE < STRIDE - 2 ? at : 0;
}

size_t
ntfs_flag_places(struct volume *base, uint64_t *ret, size_t max)
{
	struct volume_ntfs *v = (struct volume_ntfs *)base;
	s64 at = (s64)flags_in_record(v), record = (s64)FILE_Volume * v->vol->mft_record_size;
	const s64 places[] = { ntfs_place_of(v, FILE_MFT, record + at),
			       ntfs_place_of(v, FILE_MFTMirr, record + at) };
	size_t n = 0;

	for (size_t i = 0; at && i < ARRAY_SIZE(places) && n < max; i++)
		if (places[i] >= 0)
			ret[n++] = (uint64_t)places[i];
	return n;
}

int
ntfs_mark_dirty(struct volume *base, struct error *err)
{
	struct volume_ntfs *v = (struct volume_ntfs *)base;

	ntfs_begin(v);
	base->state.metadata_written = true;
	if (ntfs_volume_write_flags(v->vol, v->vol->flags | VOLUME_IS_DIRTY) != 0)
		return ntfs_failed(v, "$Volume", "mark", err);
	return 0;
}

int
ntfs_discard_log(struct volume *base, struct error *err)
{
	struct volume_ntfs *v = (struct volume_ntfs *)base;
	ntfs_inode *ni;
	ntfs_attr *na;
	int got, keep;

	ntfs_begin(v);
	ni = ntfs_inode_open(v->vol, FILE_LogFile);
	na = ni ? ntfs_attr_open(ni, AT_DATA, AT_UNNAMED, 0) : NULL;
	base->state.metadata_written = true;
	/* the library takes a log that it has emptied once for empty */
	NVolClearLogFileEmpty(v->vol);
	got = na ? ntfs_empty_logfile(na) : -1;
	keep = errno;
	if (na)
		ntfs_attr_close(na);
	if (ni)
		ntfs_inode_close(ni);
	errno = keep;
	return got < 0 ? ntfs_failed(v, "$LogFile", "empty", err) : 0;
}
