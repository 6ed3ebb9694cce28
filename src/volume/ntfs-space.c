/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is in use on a volume, as the volume itself keeps account of it: a bit a cluster in the data of $Bitmap, and a bit an MFT
 * record in the attribute $BITMAP of $MFT ("NTFS documentation" of the Linux-NTFS project, "$Bitmap", "$MFT").
 *
 * Two volumes are compared, one of which was the other once: what differs was taken, or given back.
 */
#include <errno.h>
#include <string.h>

#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/interrupt.h"
#include "volume/ntfs-private.h"

#define PIECE (64u << 10)

/* One bitmap of a volume, open. */
struct bitmap {
	struct volume_ntfs *v;
	const char *name;
	ntfs_inode *ni;
	ntfs_attr *na;
};

static int
open_bitmap(struct bitmap *b, struct volume_ntfs *v, MFT_REF mref, ATTR_TYPES type,
	    const char *name, struct error *err)
{
	*b = (struct bitmap){ .v = v, .name = name };
	ntfs_begin(v);
	b->ni = ntfs_inode_open(v->vol, mref);
	b->na = b->ni ? ntfs_attr_open(b->ni, type, AT_UNNAMED, 0) : NULL;
	return b->na ? 0 : ntfs_failed(v, name, "open", err);
}

static void
close_bitmap(struct bitmap *b)
{
	if (b->na)
		ntfs_attr_close(b->na);
	if (b->ni)
		ntfs_inode_close(b->ni);
}

/* Bits behind the end are those of nothing: zeros. */
static int
read_piece(struct bitmap *b, uint8_t *buf, s64 at, struct error *err)
{
	s64 left = b->na->data_size - at, want = left < (s64)PIECE ? left : (s64)PIECE;
	s64 got;

	memset(buf, 0, PIECE);
	if (want <= 0)
		return 0;
	ntfs_begin(b->v);
	errno = 0;
	got = ntfs_attr_pread(b->na, at, want, buf);
	if (got == want)
		return 0;
	/* the library leaves errno as it is when it reads less */
	if (got >= 0 || errno == 0)
		errno = EIO;
	return ntfs_failed(b->v, b->name, "read", err);
}

/* Each has at most a bit a cluster of its volume, which the library has checked against the device. */
static int
compare(struct bitmap *a, struct bitmap *b, bool *ret, struct error *err)
{
	CLEANUP_FREE uint8_t *x = xmalloc(PIECE);
	CLEANUP_FREE uint8_t *y = xmalloc(PIECE);
	s64 end = a->na->data_size > b->na->data_size ? a->na->data_size : b->na->data_size;

	for (s64 at = 0; at < end && *ret; at += PIECE) {
		if (interrupt_check(err) < 0 || read_piece(a, x, at, err) < 0 ||
		    read_piece(b, y, at, err) < 0)
			return -1;
		*ret = memcmp(x, y, PIECE) == 0;
	}
	return 0;
}

int
ntfs_same_space(struct volume *a, struct volume *b, bool *ret, struct error *err)
{
	static const struct {
		MFT_REF mref;
		ATTR_TYPES type;
		const char *name;
	} bitmaps[] = { { FILE_Bitmap, AT_DATA, "$Bitmap" }, { FILE_MFT, AT_BITMAP, "$MFT" } };
	int got = 0;

	*ret = true;
	for (size_t i = 0; i < ARRAY_SIZE(bitmaps) && got == 0 && *ret; i++) {
		struct bitmap x, y = { 0 };

		got = open_bitmap(&x, (struct volume_ntfs *)a, bitmaps[i].mref, bitmaps[i].type,
				  bitmaps[i].name, err);
		if (got == 0)
			got = open_bitmap(&y, (struct volume_ntfs *)b, bitmaps[i].mref,
					  bitmaps[i].type, bitmaps[i].name, err);
		if (got == 0)
			got = compare(&x, &y, ret, err);
		close_bitmap(&x);
		close_bitmap(&y);
	}
	return got;
}
