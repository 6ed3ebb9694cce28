/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Places that tell whether somebody has used the volume.
 *
 * Windows writes a restart page of $LogFile with every mount.  libntfs-3g does not: of a volume whose log is clean it leaves $LogFile
 * and $Volume as they are.  But whoever gives a file another place, name or folder, or writes to it, changes its MFT record, and whoever
 * makes or removes one changes the bitmap of $MFT.  So an edit in place, which stands on where its file lies and what it is called, has
 * the records of that file and of all folders above it watched, and that bitmap.
 */
#include "util/alloc.h"
#include "util/cleanup.h"
#include "volume/ntfs-private.h"
#include "volume/volume-private.h"

#define PAGE 4096u

#define PLACE_MAX (1u << 20) /* of one place: what is read at once */
#define BITMAP_MAX \
	(16u << 20) /* that is watched: the bits of 128 million records, a $MFT of 128 GiB */

size_t
ntfs_watch_places(struct volume *base, struct extent *ret, size_t max)
{
	struct volume_ntfs *v = (struct volume_ntfs *)base;
	u32 record = v->vol->mft_record_size;
	/*
	 * any mount by Windows writes a restart page of $LogFile; one by ntfs-3g may write $Volume, and a file that is made in the root
	 * (hiberfil.sys) that folder's record
	 */
	const struct {
		s64 place;
		u32 len;
	} places[] = {
		{ ntfs_place_of(v, FILE_LogFile, 0), PAGE },
		{ ntfs_place_of(v, FILE_LogFile, PAGE), PAGE },
		{ ntfs_place_of(v, FILE_MFT, (s64)FILE_Volume * record), record },
		{ ntfs_place_of(v, FILE_MFT, (s64)FILE_root * record), record },
	};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(places) && n < max; i++)
		if (places[i].place >= 0)
			ret[n++] = (struct extent){ (uint64_t)places[i].place, places[i].len };
	return n;
}

/* Makes the last place longer, or adds one; a place that is there already is left out. */
static void
add_place(struct extents *e, uint64_t offset, uint32_t len, bool joined)
{
	struct extent *last = joined && e->count ? &e->list[e->count - 1] : NULL;

	if (last && last->offset + last->len == offset && len <= PLACE_MAX - last->len) {
		last->len += len;
		return;
	}
	for (size_t i = 0; i < e->count; i++)
		if (offset >= e->list[i].offset &&
		    offset + len <= e->list[i].offset + e->list[i].len)
			return;
	ARRAY_GROW(e->list, e->count);
	e->list[e->count++] = (struct extent){ offset, len };
}

/* Where `len` bytes of a system file lie that begin at byte `at`; a hole lies nowhere, nor does what a damaged run puts behind the end. */
static void
add_bytes(struct volume_ntfs *v, ntfs_attr *na, s64 at, s64 len, struct extents *e)
{
	const u8 bits = v->vol->cluster_size_bits;
	bool joined = false;

	/* stops because `at` grows by no more than a cluster, and by one byte at least, to the end */
	for (s64 end = at + len; at < end;) {
		LCN lcn = ntfs_attr_vcn_to_lcn(na, at >> bits);
		s64 in = at & (v->vol->cluster_size - 1), n = v->vol->cluster_size - in;
		bool here = lcn >= 0 && lcn < v->vol->nr_clusters;

		if (n > end - at)
			n = end - at;
		if (here)
			add_place(e, (uint64_t)((lcn << bits) + in), (uint32_t)n, joined);
		joined = here;
		at += n;
	}
}

static void
add_record(struct volume_ntfs *v, uint64_t number, struct extents *e)
{
	const u8 bits = v->vol->mft_record_size_bits;

	if (number < (uint64_t)v->vol->mft_na->initialized_size >> bits)
		add_bytes(v, v->vol->mft_na, (s64)(number << bits), (s64)1 << bits, e);
}

/* All records of an open file or folder. */
static int
add_records(struct volume_ntfs *v, ntfs_inode *ni, const char *path, struct extents *e,
	    struct error *err)
{
	add_record(v, ni->mft_no, e);
	if (!NInoAttrList(ni))
		return 0;
	if (ntfs_inode_attach_all_extents(ni) != 0)
		return ntfs_failed(v, path, "find all records of", err);
	for (int i = 0; i < ni->nr_extents; i++)
		add_record(v, ni->extent_nis[i]->mft_no, e);
	return 0;
}

/* The records of what is at `path`, if anything is. */
static int
add_one(struct volume_ntfs *v, const char *path, struct extents *e, struct error *err)
{
	ntfs_inode *ni = ntfs_walk(v, path, err);
	int got;

	if (!ni && err->code == ERR_NOT_FOUND) {
		error_clear(err);
		return 0; /* removed by the edit, which has changed its records then */
	}
	if (!ni)
		return -1;
	got = add_records(v, ni, path, e, err);
	ntfs_inode_close(ni);
	return got;
}

/* The records of a file and of the folders that lead to it. */
static int
add_path(struct volume_ntfs *v, const char *path, struct extents *e, struct error *err)
{
	const char *p = path;
	size_t len;

	while (path_next(&p, &len)) {
		CLEANUP_FREE char *so_far = xstrndup(path, (size_t)(p - path));

		if (add_one(v, so_far, e, err) < 0)
			return -1;
	}
	return 0;
}

/* Which records of $MFT are in use. */
static void
add_mft_bitmap(struct volume_ntfs *v, struct extents *e)
{
	ntfs_attr *na = v->vol->mftbmp_na;

	if (NAttrNonResident(na))
		add_bytes(v, na, 0,
			  na->initialized_size < BITMAP_MAX ? na->initialized_size : BITMAP_MAX, e);
	else
		add_record(v, FILE_MFT, e);
}

int
ntfs_watch_files(struct volume *base, const char *const *paths, size_t count, struct extents *ret,
		 struct error *err)
{
	struct volume_ntfs *v = (struct volume_ntfs *)base;

	ntfs_begin(v);
	add_mft_bitmap(v, ret);
	for (size_t i = 0; i < count; i++)
		if (add_path(v, paths[i], ret, err) < 0)
			return error_prefix(err, "what is to be watched");
	return 0;
}
