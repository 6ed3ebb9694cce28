/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * NTFS through libntfs-3g, in process, on a block device of ours.
 *
 * It is mounted with NTFS_MNT_FORENSIC: the library then neither refuses for a dirty state nor writes
 * while mounting; what the state means is decided above.  One thread a volume; never two ntfs_inode of
 * one record at a time, so every operation opens what it needs and closes it again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "block/block.h"
#include "block/overlay.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/text.h"
#include "util/utf16.h"
#include "volume/ntfs-private.h"
#include "volume/volume-private.h"

#include <ntfs-3g/dir.h>
#include <ntfs-3g/logging.h>
#include <ntfs-3g/unistr.h>

#define NAME_UNITS 255

/* libntfs-3g's own messages are notes for us: its errno becomes a sentence where we know the path. */
static int log_note(const char *function, const char *file, int line, u32 level, void *data,
		    const char *format, va_list args) __attribute__((format(printf, 6, 0)));

static int
log_note(const char *function, const char *file, int line, u32 level, void *data,
	 const char *format, va_list args)
{
	int keep = errno;
	CLEANUP_FREE char *message = xvasprintf(format, args);

	(void)file;
	(void)level;
	(void)data;
	log_debug("volume", "%s, line %d: %s", function, line, message);
	errno = keep;
	return 0;
}

int
ntfs_failed(struct volume_ntfs *v, const char *path, const char *what, struct error *err)
{
	int e = errno;

	if (v->door.error.code != ERR_NONE) {
		error_move(err, &v->door.error);
		return error_prefix(err, "cannot %s '%s'", what, path);
	}
	switch (e) {
	case EIO:
	case EINVAL:
	case ERANGE:
		return error_set(err, ERR_CORRUPT,
				 "cannot %s '%s': the volume is damaged there (%s)", what, path,
				 strerror(e));
	case EOPNOTSUPP:
		return error_set(err, ERR_UNSUPPORTED,
				 "cannot %s '%s': it is stored in a way that is not supported",
				 what, path);
	default:
		return error_sys(err, e, "cannot %s '%s'", what, path);
	}
}

/*
 * Looks a name up as Windows does: exactly first, then ignoring case by the volume's $UpCase.  The flag is cleared
 * only around the look-up, because ntfs_set_ignore_case() would also make listings lower-case.
 */
static u64
lookup(struct volume_ntfs *v, ntfs_inode *dir, const ntfschar *name, int len)
{
	u64 mref;

	v->door.reads_left = NTFS_LOOKUP_READS;
	mref = ntfs_inode_lookup_by_name(dir, name, len);
	if (mref == (u64)-1 && errno == ENOENT && NVolCaseSensitive(dir->vol)) {
		NVolClearCaseSensitive(dir->vol);
		mref = ntfs_inode_lookup_by_name(dir, name, len);
		NVolSetCaseSensitive(dir->vol);
	}
	ntfs_begin(v);
	return mref;
}

/* The name at `at` of a junction's or link's data (Microsoft, [MS-FSCC] 2.1.2.4 and .5): its place from `base`, and its length, in bytes. */
static char *
reparse_name(const uint8_t *data, uint64_t size, uint64_t at, uint64_t base)
{
	uint64_t from = base + get_u16(data + at), len = get_u16(data + at + 2);

	return len && from <= size && len <= size - from ? utf16_to_text(data + from, len, NULL) :
							   NULL;
}

char *
ntfs_reparse_target(ntfs_inode *ni)
{
	s64 size = 0;
	uint8_t *data = ntfs_attr_readall(ni, AT_REPARSE_POINT, NULL, 0, &size);
	uint32_t tag = data && size >= 20 ? get_u32(data) : 0;
	bool link = tag == 0xa000000c;
	char *name = NULL;

	if (link || tag == 0xa0000003) {
		/* the one for people, else the one that the system uses */
		name = reparse_name(data, (uint64_t)size, 12, link ? 20 : 16);
		if (!name)
			name = reparse_name(data, (uint64_t)size, 8, link ? 20 : 16);
	}
	free(data);
	return name;
}

uint32_t
ntfs_reparse_tag_of(ntfs_inode *ni)
{
	s64 size = 0;
	uint8_t *data = ntfs_attr_readall(ni, AT_REPARSE_POINT, NULL, 0, &size);
	uint32_t tag = data && size >= 8 ? get_u32(data) : 0;

	free(data);
	return tag;
}

/* The child `name` of `*dir`, which is closed in any case; `so_far` is the path up to it, for messages. */
static ntfs_inode *
step(struct volume_ntfs *v, ntfs_inode *dir, const char *name, size_t len, const char *so_far,
     struct error *err)
{
	CLEANUP_FREE char *text = xstrndup(name, len);
	size_t bytes;
	CLEANUP_FREE uint8_t *utf16 = utf16_from_text(text, &bytes);
	ntfs_inode *child;
	u64 mref;
	int e;

	if (dir->flags & FILE_ATTR_REPARSE_POINT) {
		CLEANUP_FREE char *target = ntfs_reparse_target(dir);

		refuse_reparse(so_far, ntfs_reparse_tag_of(dir), target, err);
		ntfs_inode_close(dir);
		return NULL;
	}
	if (!(dir->mrec->flags & MFT_RECORD_IS_DIRECTORY) || bytes / 2 > NAME_UNITS) {
		ntfs_inode_close(dir);
		errno = ENOENT;
		ntfs_failed(v, so_far, "find a file below", err);
		return NULL;
	}
	mref = lookup(v, dir, (const ntfschar *)(const void *)utf16, (int)(bytes / 2));
	e = errno;
	ntfs_inode_close(dir);
	errno = e;
	if (mref == (u64)-1)
		return NULL;
	/* with its sequence number, so that a stale index entry does not lead to another file */
	child = ntfs_inode_open(v->vol, mref);
	/* the name is there: a record that is not in use is damage, never absence */
	if (!child && errno == ENOENT)
		errno = EIO;
	return child;
}

ntfs_inode *
ntfs_walk(struct volume_ntfs *v, const char *path, struct error *err)
{
	const char *p = path;
	ntfs_inode *ni;
	size_t len;

	ntfs_begin(v);
	ni = ntfs_inode_open(v->vol, FILE_root);
	for (const char *name = path_next(&p, &len); ni && name; name = path_next(&p, &len)) {
		CLEANUP_FREE char *so_far =
			xstrndup(path, (size_t)(name - path > 1 ? name - path - 1 : 1));

		ni = step(v, ni, name, len, so_far, err);
	}
	if (!ni && err->code == ERR_NONE)
		ntfs_failed(v, path, "open", err);
	return ni;
}

static struct volume_ntfs *
ntfs_of(struct volume *base)
{
	return (struct volume_ntfs *)base;
}

static enum file_type
type_of(const ntfs_inode *ni)
{
	if (ni->flags & FILE_ATTR_REPARSE_POINT)
		return FILE_REPARSE;
	return ni->mrec->flags & MFT_RECORD_IS_DIRECTORY ? FILE_DIRECTORY : FILE_REGULAR;
}

static int
ntfs_stat(struct volume *base, const char *path, struct file_stat *ret, struct error *err)
{
	ntfs_inode *ni = ntfs_walk(ntfs_of(base), path, err);

	if (!ni)
		return -1;
	*ret = (struct file_stat){
		.type = type_of(ni),
		.size = ni->mrec->flags & MFT_RECORD_IS_DIRECTORY ? 0 : (uint64_t)ni->data_size,
		.attributes = le32_to_cpu(ni->flags),
		.reparse_tag = ni->flags & FILE_ATTR_REPARSE_POINT ? ntfs_reparse_tag_of(ni) : 0,
		.record = ni->mft_no | (uint64_t)le16_to_cpu(ni->mrec->sequence_number) << 48,
		.created = (uint64_t)sle64_to_cpu(ni->creation_time),
		.modified = (uint64_t)sle64_to_cpu(ni->last_data_change_time),
		.changed = (uint64_t)sle64_to_cpu(ni->last_mft_change_time),
		.accessed = (uint64_t)sle64_to_cpu(ni->last_access_time),
	};
	ntfs_inode_close(ni);
	return 0;
}

static int
add_entry(void *ctx, const ntfschar *name, const int len, const int name_type, const s64 pos,
	  const MFT_REF mref, const unsigned type)
{
	struct dir_list *l = ctx;
	CLEANUP_FREE char *text = utf16_to_text(name, (size_t)len * 2, NULL);

	(void)pos;
	/* 8.3 aliases of a name that is listed too, the folder itself, and the file system's own files */
	if (name_type == FILE_NAME_DOS || strcmp(text, ".") == 0 || strcmp(text, "..") == 0 ||
	    MREF(mref) < FILE_first_user)
		return 0;
	dir_list_add(l, text,
		     type == NTFS_DT_DIR ? FILE_DIRECTORY :
		     type == NTFS_DT_REG ? FILE_REGULAR :
					   FILE_REPARSE);
	return 0;
}

static int
ntfs_list(struct volume *base, const char *path, struct dir_list *ret, struct error *err)
{
	struct volume_ntfs *v = ntfs_of(base);
	ntfs_inode *ni = ntfs_walk(v, path, err);
	s64 pos = 0;
	int got, e;

	if (!ni)
		return -1;
	if (type_of(ni) == FILE_REPARSE) {
		CLEANUP_FREE char *target = ntfs_reparse_target(ni);

		refuse_reparse(path, ntfs_reparse_tag_of(ni), target, err);
		ntfs_inode_close(ni);
		return -1;
	}
	got = ntfs_readdir(ni, &pos, ret, add_entry);
	e = errno;
	ntfs_inode_close(ni);
	errno = e;
	return got < 0 ? ntfs_failed(v, path, "list", err) : 0;
}

/* The name under which `len` bytes of `name` stand in the folder; the caller's. */
static char *
stored_name(struct volume *base, const char *folder, const char *name, size_t len,
	    struct error *err)
{
	CLEANUP_DIR_LIST struct dir_list list = { 0 };
	CLEANUP_FREE char *wanted = xstrndup(name, len);

	if (ntfs_list(base, folder, &list, err) < 0)
		return NULL;
	for (size_t i = 0; i < list.count; i++)
		if (strcmp(list.list[i].name, wanted) == 0)
			return xstrdup(wanted);
	for (size_t i = 0; i < list.count; i++)
		if (name_equal(list.list[i].name, wanted))
			return xstrdup(list.list[i].name);
	return xstrdup(
		wanted); /* an 8.3 alias: it opens, and has no other listed name that we could tell */
}

static char *
ntfs_real_path(struct volume *base, const char *path, struct error *err)
{
	struct text real = TEXT_INIT;
	const char *p = path;
	struct file_stat st;
	size_t len;

	if (ntfs_stat(base, path, &st, err) < 0)
		return NULL;
	for (const char *name = path_next(&p, &len); name; name = path_next(&p, &len)) {
		CLEANUP_FREE char *stored =
			stored_name(base, *text_str(&real) ? text_str(&real) : "/", name, len, err);

		if (!stored) {
			text_clear(&real);
			return NULL;
		}
		text_addf(&real, "/%s", stored);
	}
	if (!real.len)
		text_add(&real, "/");
	return text_steal(&real);
}

static int
ntfs_barrier(struct volume *base, struct error *err)
{
	struct block *b = ntfs_of(base)->door.block;

	/* on anything but an overlay writes go straight through: nothing to keep apart */
	return strcmp(b->ops->name, "overlay") == 0 ? overlay_barrier(b, err) : 0;
}

static void
free_volume(struct volume_ntfs *v)
{
	error_clear(&v->door.error);
	ntfs_forget_single(v);
	free(v);
}

static int
ntfs_close(struct volume *base, struct error *err)
{
	struct volume_ntfs *v = ntfs_of(base);
	int got = 0;

	ntfs_begin(v);
	if (v->poisoned)
		NVolSetReadOnly(
			v->vol); /* what could not be finished must not be half written at the end */
	if (ntfs_umount(v->vol, v->poisoned ? TRUE : FALSE) != 0 && !v->poisoned)
		got = ntfs_failed(v, "/", "unmount", err);
	free_volume(v);
	return got;
}

static const struct volume_ops ntfs_ops = {
	.name = "ntfs",
	.stat = ntfs_stat,
	.list = ntfs_list,
	.real_path = ntfs_real_path,
	.open = ntfs_file_open,
	.read = ntfs_file_read,
	.hole = ntfs_file_hole,
	.close_file = ntfs_file_close,
	.patch = ntfs_patch,
	.replace = ntfs_replace,
	.create = ntfs_create_like,
	.remove = ntfs_remove,
	.barrier = ntfs_barrier,
	.watch_places = ntfs_watch_places,
	.watch_files = ntfs_watch_files,
	.place = ntfs_place,
	.flag_places = ntfs_flag_places,
	.same_space = ntfs_same_space,
	.sole_owners = ntfs_sole_owners,
	.single_name = ntfs_single_name,
	.editable = ntfs_editable,
	.mark_dirty = ntfs_mark_dirty,
	.discard_log = ntfs_discard_log,
	.close = ntfs_close,
};

struct volume *
volume_ntfs_open(struct block *block, struct error *err)
{
	struct volume_ntfs *v = xzalloc(sizeof *v);
	bool read_only = block->read_only || !block->ops->write;
	bool mirror_differs = ntfs_mirror_supply(block);
	struct ntfs_device *dev;

	ntfs_log_set_handler(log_note);
	ntfs_set_char_encoding("utf8");
	v->base.ops = &ntfs_ops;
	v->door.block = block;
	ntfs_begin(v);
	dev = ntfs_device_alloc("volume", 0, &ntfs_door_operations, &v->door);
	if (!dev) {
		error_sys(err, errno, "cannot mount");
		free_volume(v);
		return NULL;
	}
	v->vol = ntfs_device_mount(dev, read_only ? NTFS_MNT_RDONLY | NTFS_MNT_FORENSIC :
						    NTFS_MNT_FORENSIC);
	if (!v->vol) {
		int e = errno;

		ntfs_device_free(dev);
		ntfs_mount_failed(v, e, err);
		free_volume(v);
		return NULL;
	}
	ntfs_state_read(v);
	v->base.state.read_only = read_only;
	v->base.state.mirror_differs = mirror_differs;
	return &v->base;
}
