/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files on NTFS: reading, and editing in place.
 *
 * An open file is an MFT reference, not an inode of libntfs-3g: each operation opens by the reference
 * and closes, so two handles of one file never disturb each other.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/utf16.h"
#include "volume/ntfs-private.h"
#include "volume/volume-private.h"

#include <ntfs-3g/dir.h>
#include <ntfs-3g/unistr.h>

#define PAGE 4096u

/* FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS */
#define RECALL_ON_DATA const_cpu_to_le32(0x00400000)

struct ntfs_file {
	struct volume_file base;
	MFT_REF mref;
	char *path; /* for messages */
};

static struct volume_ntfs *
ntfs_of(struct volume *base)
{
	return (struct volume_ntfs *)base;
}

/* Plain content only; what would be read as zeros or as cipher text is refused by name. */
static int
check_plain(ntfs_inode *ni, const char *path, struct error *err)
{
	if (ni->flags & FILE_ATTR_REPARSE_POINT) {
		CLEANUP_FREE char *target = ntfs_reparse_target(ni);

		return refuse_reparse(path, ntfs_reparse_tag_of(ni), target, err);
	}
	if (ni->mrec->flags & MFT_RECORD_IS_DIRECTORY)
		return error_set(err, ERR_UNSUPPORTED, "'%s' is a folder", path);
	if (ni->flags & FILE_ATTR_ENCRYPTED)
		return error_set(err, ERR_UNSUPPORTED,
				 "'%s' is encrypted (EFS); it cannot be read offline", path);
	return 0;
}

/* The file system's own files ($MFT, $Bitmap, …) are no content, whatever name they go by. */
static int
check_own(const ntfs_inode *ni, const char *path, struct error *err)
{
	if (ni->mft_no >= FILE_first_user)
		return 0;
	return error_set(err, ERR_UNSUPPORTED, "'%s' is one of the file system's own files", path);
}

/* What only the attribute tells of how the content is stored. */
static int
check_stored(ntfs_inode *ni, const char *path, struct error *err)
{
	ntfs_attr *na = ntfs_attr_open(ni, AT_DATA, AT_UNNAMED, 0);
	bool sparse, encrypted;

	if (!na) /* a file without content; or damage, which reading will meet */
		return 0;
	sparse = NAttrSparse(na);
	encrypted = NAttrEncrypted(na);
	ntfs_attr_close(na);
	if (encrypted)
		return error_set(err, ERR_UNSUPPORTED,
				 "'%s' is encrypted (EFS); it cannot be read offline", path);
	if (sparse &&
	    ni->flags & (FILE_ATTR_OFFLINE | FILE_ATTRIBUTE_RECALL_ON_OPEN | RECALL_ON_DATA))
		return error_set(
			err, ERR_UNSUPPORTED,
			"'%s' is offline: its content is on other storage, and only a stub is here",
			path);
	return 0;
}

/* A damaged size would be read as zeros for years; only holes and compression let a file be larger than its volume. */
static int
check_size(struct volume_ntfs *v, ntfs_inode *ni, const char *path, struct error *err)
{
	s64 room = ni->flags & (FILE_ATTR_SPARSE_FILE | FILE_ATTR_COMPRESSED) ?
			   INT64_MAX :
			   v->vol->nr_clusters << v->vol->cluster_size_bits;

	if (ni->data_size < 0 || ni->data_size > room)
		return error_set(err, ERR_CORRUPT,
				 "'%s' is damaged: its size is given as %" PRIu64
				 " bytes, more than the volume has",
				 path, (uint64_t)ni->data_size);
	return 0;
}

struct volume_file *
ntfs_file_open(struct volume *base, const char *path, struct error *err)
{
	struct volume_ntfs *v = ntfs_of(base);
	ntfs_inode *ni = ntfs_walk(v, path, err);
	struct ntfs_file *f;

	if (!ni)
		return NULL;
	if (check_plain(ni, path, err) < 0 || check_stored(ni, path, err) < 0) {
		ntfs_inode_close(ni);
		return NULL;
	}
	if (check_size(v, ni, path, err) < 0) {
		ntfs_inode_close(ni);
		return NULL;
	}
	f = xzalloc(sizeof *f);
	f->base = (struct volume_file){ base, (uint64_t)ni->data_size };
	f->mref = MK_MREF(ni->mft_no, le16_to_cpu(ni->mrec->sequence_number));
	f->path = xstrdup(path);
	ntfs_inode_close(ni);
	return &f->base;
}

void
ntfs_file_close(struct volume_file *file)
{
	struct ntfs_file *f = (struct ntfs_file *)file;

	free(f->path);
	free(f);
}

/* Closes what is not NULL, keeping errno; -1 when the inode could not be written back. */
static int
close_both(ntfs_attr *na, ntfs_inode *ni)
{
	int keep = errno, got = 0;

	if (na)
		ntfs_attr_close(na);
	if (ni && ntfs_inode_close(ni) != 0)
		got = -1;
	else
		errno = keep;
	return got;
}

int
ntfs_file_read(struct volume_file *file, void *buf, size_t len, uint64_t offset, size_t *ret_len,
	       struct error *err)
{
	struct ntfs_file *f = (struct ntfs_file *)file;
	struct volume_ntfs *v = ntfs_of(file->volume);
	ntfs_inode *ni;
	ntfs_attr *na;
	s64 n;

	ntfs_begin(v);
	ni = ntfs_inode_open(v->vol, f->mref);
	na = ni ? ntfs_attr_open(ni, AT_DATA, AT_UNNAMED, 0) : NULL;
	n = na ? ntfs_attr_pread(na, (s64)offset, (s64)len, buf) : -1;
	close_both(na, ni);
	if (n < 0)
		return ntfs_failed(v, f->path, "read", err);
	if (n == 0) {
		errno = EIO;
		return ntfs_failed(v, f->path, "read", err);
	}
	*ret_len = (size_t)n;
	return 0;
}

/* The end of the clusters from `at` on that the volume does not have. */
static uint64_t
hole_end(ntfs_attr *na, uint64_t at)
{
	const u8 bits = na->ni->vol->cluster_size_bits;

	/* stops because `at` grows to the end of the file */
	while (at < (uint64_t)na->data_size) {
		const runlist_element *rl = ntfs_attr_find_vcn(na, (VCN)(at >> bits));
		uint64_t end;

		if (!rl || rl->lcn != LCN_HOLE || rl->length <= 0)
			break;
		end = (uint64_t)rl->vcn + (uint64_t)rl->length;
		if (end > (uint64_t)INT64_MAX >> bits || end << bits <= at)
			break;
		at = end << bits;
	}
	return at;
}

/* Of a compressed file only whole units: the rest of a unit with some clusters in it is no hole. */
static uint64_t
hole_at(ntfs_attr *na, uint64_t offset)
{
	uint64_t unit = NAttrCompressed(na) ? na->compression_block_size :
					      na->ni->vol->cluster_size;
	uint64_t end;

	/* what was never written is zeros, whatever its clusters hold */
	if (offset >= (uint64_t)na->initialized_size)
		return (uint64_t)na->data_size - offset;
	if (!unit || offset % unit)
		return 0;
	end = hole_end(na, offset);
	if (end < (uint64_t)na->data_size)
		end -= end % unit;
	return end > offset ? end - offset : 0;
}

uint64_t
ntfs_file_hole(struct volume_file *file, uint64_t offset)
{
	struct ntfs_file *f = (struct ntfs_file *)file;
	struct volume_ntfs *v = ntfs_of(file->volume);
	ntfs_inode *ni = ntfs_inode_open(v->vol, f->mref);
	ntfs_attr *na = ni ? ntfs_attr_open(ni, AT_DATA, AT_UNNAMED, 0) : NULL;
	uint64_t n = 0;

	if (na && NAttrNonResident(na) && offset < (uint64_t)na->data_size)
		n = hole_at(na, offset);
	close_both(na, ni);
	/* whoever reads there meets it again */
	error_clear(&v->door.error);
	return n;
}

/* The unnamed data of a plain file, for writing. */
static int
open_for_edit(struct volume_ntfs *v, const char *path, ntfs_inode **ret_ni, ntfs_attr **ret_na,
	      struct error *err)
{
	ntfs_inode *ni;
	ntfs_attr *na;

	if (ntfs_single_name(&v->base, path, err) < 0)
		return -1;
	ni = ntfs_walk(v, path, err);
	if (!ni)
		return -1;
	if (check_plain(ni, path, err) < 0 || check_own(ni, path, err) < 0) {
		ntfs_inode_close(ni);
		return -1;
	}
	na = ntfs_attr_open(ni, AT_DATA, AT_UNNAMED, 0);
	if (!na) {
		close_both(NULL, ni);
		return ntfs_failed(v, path, "open", err);
	}
	if (NAttrCompressed(na) || NAttrEncrypted(na)) {
		close_both(na, ni);
		return error_set(
			err, ERR_UNSUPPORTED,
			"'%s' is compressed (NTFS compression); it is not edited in place: attach the volume "
			"to a Windows machine and run compact /u on the file there first",
			path);
	}
	*ret_ni = ni;
	*ret_na = na;
	return 0;
}

int
ntfs_editable(struct volume *base, const char *path, struct error *err)
{
	ntfs_inode *ni;
	ntfs_attr *na;

	if (open_for_edit(ntfs_of(base), path, &ni, &na, err) < 0)
		return -1;
	close_both(na, ni);
	return 0;
}

/* Whatever is more than bytes in clusters that the file has, and that hold its data already, changes metadata. */
static void
note_metadata(struct volume_ntfs *v, ntfs_attr *na, uint64_t offset, size_t len)
{
	if (!NAttrNonResident(na) || NAttrSparse(na) ||
	    offset + len > (uint64_t)na->initialized_size)
		v->base.state.metadata_written = true;
}

static int
write_all(ntfs_attr *na, const uint8_t *p, size_t len, uint64_t offset)
{
	while (len) {
		s64 n = ntfs_attr_pwrite(na, (s64)offset, (s64)len, p);

		if (n <= 0) {
			if (n == 0)
				errno = EIO;
			return -1;
		}
		p += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

int
ntfs_patch(struct volume *base, const char *path, const void *buf, size_t len, uint64_t offset,
	   struct error *err)
{
	struct volume_ntfs *v = ntfs_of(base);
	ntfs_inode *ni;
	ntfs_attr *na;
	int got;

	if (open_for_edit(v, path, &ni, &na, err) < 0)
		return -1;
	if (offset > (uint64_t)na->data_size || len > (uint64_t)na->data_size - offset) {
		close_both(na, ni);
		return error_set(err, ERR_INTERNAL,
				 "'%s': a patch of %zu bytes reaches beyond its end", path, len);
	}
	note_metadata(v, na, offset, len);
	got = write_all(na, buf, len, offset);
	if (close_both(na, ni) < 0 || got < 0) {
		v->poisoned = true;
		return ntfs_failed(v, path, "write", err);
	}
	return 0;
}

/* Writes the pages that differ from what is there. */
static int
write_differing(ntfs_attr *na, const uint8_t *p, size_t len)
{
	uint64_t old = (uint64_t)na->data_size;

	for (size_t at = 0; at < len;) {
		size_t n = len - at < PAGE ? len - at : PAGE;
		uint8_t now[PAGE];

		if (at + n <= old && ntfs_attr_pread(na, (s64)at, (s64)n, now) == (s64)n &&
		    memcmp(now, p + at, n) == 0) {
			at += n;
			continue;
		}
		if (at + n > old)
			n = len -
			    at; /* all that is new in one go, so that it is allocated together */
		if (write_all(na, p + at, n, at) < 0)
			return -1;
		at += n;
	}
	return 0;
}

int
ntfs_replace(struct volume *base, const char *path, const void *buf, size_t len, struct error *err)
{
	struct volume_ntfs *v = ntfs_of(base);
	bool resized;
	ntfs_inode *ni;
	ntfs_attr *na;
	int got = 0;

	if (open_for_edit(v, path, &ni, &na, err) < 0)
		return -1;
	resized = (uint64_t)na->data_size != len;
	note_metadata(v, na, 0, len);
	if ((uint64_t)na->data_size > len)
		got = ntfs_attr_truncate(na, (s64)len);
	if (got == 0)
		got = write_differing(na, buf, len);
	v->base.state.metadata_written |= resized;
	if (got == 0 && resized)
		ntfs_inode_update_times(ni, NTFS_UPDATE_MCTIME);
	if (close_both(na, ni) < 0 || got != 0) {
		v->poisoned = true;
		return ntfs_failed(v, path, "write", err);
	}
	return 0;
}

/* The folder of `path`, open, and the name in it. */
static ntfs_inode *
open_folder(struct volume_ntfs *v, const char *path, const char **ret_name, struct error *err)
{
	const char *slash = strrchr(path, '/');
	CLEANUP_FREE char *folder = xstrndup(path, (size_t)(slash - path));
	ntfs_inode *dir = ntfs_walk(v, folder, err);

	*ret_name = slash + 1;
	if (!dir)
		return NULL;
	if (dir->mrec->flags & MFT_RECORD_IS_DIRECTORY && !(dir->flags & FILE_ATTR_REPARSE_POINT))
		return dir;
	ntfs_inode_close(dir);
	error_set(err, ERR_UNSUPPORTED, "'%s' is no plain folder", folder);
	return NULL;
}

/* In which way `like` is secured: its number in $Secure; 0 with an error. */
static le32
security_of(struct volume_ntfs *v, const char *like, struct error *err)
{
	ntfs_inode *ni = ntfs_walk(v, like, err);
	le32 security = 0;

	if (!ni)
		return 0;
	/* a file of an old volume has its own, and the library would give everybody full control */
	if (test_nino_flag(ni, v3_Extensions))
		security = ni->security_id;
	ntfs_inode_close(ni);
	if (!security)
		error_set(err, ERR_UNSUPPORTED, "'%s' has its security in an old way", like);
	return security;
}

int
ntfs_create_like(struct volume *base, const char *path, const char *like, uint32_t attributes,
		 struct error *err)
{
	struct volume_ntfs *v = ntfs_of(base);
	CLEANUP_FREE uint8_t *utf16 = NULL;
	struct file_stat st;
	const char *name;
	ntfs_inode *dir, *ni;
	size_t bytes;
	le32 security;
	int got;

	if (volume_stat(base, path, &st, err) == 0)
		return error_set(err, ERR_EXISTS, "'%s' is there already", path);
	if (err->code != ERR_NOT_FOUND)
		return -1;
	error_clear(err);
	security = security_of(v, like, err);
	dir = security ? open_folder(v, path, &name, err) : NULL;
	if (!dir)
		return -1;
	utf16 = utf16_from_text(name, &bytes);
	if (bytes == 0 || bytes / 2 > NTFS_MAX_NAME_LEN ||
	    ntfs_forbidden_names(v->vol, (ntfschar *)(void *)utf16, (int)(bytes / 2), TRUE)) {
		ntfs_inode_close(dir);
		return error_set(err, ERR_UNSUPPORTED, "'%s' is no name for a file", name);
	}
	base->state.metadata_written = true;
	ntfs_forget_single(v);
	ni = ntfs_create(dir, security, (ntfschar *)(void *)utf16, (u8)(bytes / 2), S_IFREG);
	if (ni) {
		/* what the folder passes on (not indexed, …) stays */
		ni->flags |= cpu_to_le32(attributes);
		NInoFileNameSetDirty(ni);
		ntfs_inode_mark_dirty(ni);
	}
	/* the folder before the file: the library takes the folder's record again to close the file */
	got = close_both(NULL, dir);
	if (ni && ntfs_inode_close(ni) != 0)
		got = -1;
	if (!ni || got < 0) {
		v->poisoned = true;
		return ntfs_failed(v, path, "make", err);
	}
	return 0;
}

int
ntfs_remove(struct volume *base, const char *path, struct error *err)
{
	struct volume_ntfs *v = ntfs_of(base);
	CLEANUP_FREE char *real = volume_real_path(base, path, err);
	CLEANUP_FREE uint8_t *utf16 = NULL;
	const char *name;
	ntfs_inode *dir, *ni;
	size_t bytes;

	if (!real || ntfs_single_name(base, real, err) < 0)
		return -1;
	ntfs_forget_single(v);
	ni = ntfs_walk(v, real, err);
	if (!ni)
		return -1;
	if (check_plain(ni, real, err) < 0 || check_own(ni, real, err) < 0) {
		ntfs_inode_close(ni);
		return -1;
	}
	dir = open_folder(v, real, &name, err);
	if (!dir) {
		ntfs_inode_close(ni);
		return -1;
	}
	utf16 = utf16_from_text(name, &bytes);
	base->state.metadata_written = true;
	/* closes both, whatever happens */
	if (ntfs_delete(v->vol, NULL, ni, dir, (const ntfschar *)(const void *)utf16,
			(u8)(bytes / 2)) != 0) {
		v->poisoned = true;
		return ntfs_failed(v, path, "remove", err);
	}
	return 0;
}

s64
ntfs_place_of(struct volume_ntfs *v, MFT_REF mref, s64 at)
{
	s64 place = -1;
	ntfs_inode *ni;
	ntfs_attr *na;

	ntfs_begin(v);
	ni = ntfs_inode_open(v->vol, mref);
	na = ni ? ntfs_attr_open(ni, AT_DATA, AT_UNNAMED, 0) : NULL;
	if (na && NAttrNonResident(na)) {
		LCN lcn = ntfs_attr_vcn_to_lcn(na, at >> v->vol->cluster_size_bits);

		if (lcn >= 0)
			place = (lcn << v->vol->cluster_size_bits) +
				(at & (v->vol->cluster_size - 1));
	}
	close_both(na, ni);
	return place;
}

int64_t
ntfs_place(struct volume *base, const char *path)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	struct volume_ntfs *v = ntfs_of(base);
	ntfs_inode *ni = ntfs_walk(v, path, &ignored);
	MFT_REF mref;

	if (!ni)
		return -1;
	mref = MK_MREF(ni->mft_no, le16_to_cpu(ni->mrec->sequence_number));
	ntfs_inode_close(ni);
	return ntfs_place_of(v, mref, 0);
}
