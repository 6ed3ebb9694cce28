/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The names of a file.  Each hard link is an attribute $FILE_NAME of its record, with the folder and the name; a name that is not of
 * the form 8.3 has its alias beside it, in an attribute of its own of the namespace DOS, in the same folder.  The link count of the record counts the
 * alias too, so it does not tell one from the other ("NTFS documentation" of the Linux-NTFS project, "$FILE_NAME"; libntfs-3g, layout.h).
 *
 * An index entry that is no name of its record leads astray: the volume is damaged, or somebody wants another file to be written to.
 */
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "util/utf16.h"
#include "volume/ntfs-private.h"
#include "volume/volume-private.h"

#include <ntfs-3g/unistr.h>

#define NAMES_MAX 1024 /* hard links of a file on NTFS: Microsoft, CreateHardLink() */
#define SHOWN	  4
#define DEPTH_MAX 64 /* of folders in a message */

struct name {
	MFT_REF folder;
	uint8_t space; /* FILE_NAME_POSIX and so on */
	bool paired;   /* a long name with its alias */
	ntfschar *units;
	uint8_t len;
};

struct names {
	struct name *list;
	size_t count;
};

static void
clear(struct names *n)
{
	for (size_t i = 0; i < n->count; i++)
		free(n->list[i].units);
	free(n->list);
}
#define CLEANUP_NAMES __attribute__((cleanup(clear)))

static void
collect(ntfs_inode *ni, struct names *n)
{
	ntfs_attr_search_ctx *ctx = ntfs_attr_get_search_ctx(ni, NULL);

	while (ctx && n->count < NAMES_MAX &&
	       ntfs_attr_lookup(AT_FILE_NAME, AT_UNNAMED, 0, CASE_SENSITIVE, 0, NULL, 0, ctx) ==
		       0) {
		const ATTR_RECORD *a = ctx->attr;
		const FILE_NAME_ATTR *fn =
			(const void *)((const uint8_t *)a + le16_to_cpu(a->value_offset));
		uint32_t room = le32_to_cpu(a->value_length);
		struct name *new;

		/* the library has seen that the value lies inside its record */
		if (a->non_resident || room < sizeof *fn ||
		    room - sizeof *fn < 2 * (size_t)fn->file_name_length)
			continue;
		ARRAY_GROW(n->list, n->count);
		new = &n->list[n->count++];
		*new = (struct name){ .folder = le64_to_cpu(fn->parent_directory),
				      .space = fn->file_name_type,
				      .units = xmemdup(fn->file_name,
						       2 * (size_t)fn->file_name_length),
				      .len = fn->file_name_length };
	}
	if (ctx)
		ntfs_attr_put_search_ctx(ctx);
}

/* Whether the alias belongs to a long name of the same folder, which no other alias has. */
static bool
pair(struct names *n, const struct name *alias)
{
	for (size_t i = 0; i < n->count; i++) {
		struct name *long_name = &n->list[i];

		if (long_name->space == FILE_NAME_WIN32 && !long_name->paired &&
		    long_name->folder == alias->folder)
			return long_name->paired = true;
	}
	return false;
}

static size_t
count_links(struct names *n)
{
	size_t links = 0;

	for (size_t i = 0; i < n->count; i++)
		links += n->list[i].space != FILE_NAME_DOS || !pair(n, &n->list[i]);
	return links;
}

static bool
is_name(const struct volume_ntfs *v, const struct name *n, MFT_REF folder, const ntfschar *name,
	size_t len)
{
	return n->folder == folder && ntfs_names_are_equal(n->units, n->len, name, len, IGNORE_CASE,
							   v->vol->upcase, v->vol->upcase_len);
}

/* The path of a folder; the caller's. */
static char *
folder_path(struct volume_ntfs *v, MFT_REF at)
{
	char *path = xstrdup("");

	for (int depth = 0; MREF(at) != FILE_root; depth++) {
		CLEANUP_NAMES struct names n = { 0 };
		CLEANUP_FREE char *name = NULL;
		ntfs_inode *ni = depth < DEPTH_MAX ? ntfs_inode_open(v->vol, at) : NULL;
		size_t i = 0;
		char *longer;

		if (ni) {
			collect(ni, &n);
			ntfs_inode_close(ni);
		}
		while (i < n.count && n.list[i].space == FILE_NAME_DOS)
			i++;
		name = i < n.count ?
			       utf16_to_text(n.list[i].units, 2 * (size_t)n.list[i].len, NULL) :
			       xstrdup("...");
		longer = xasprintf("/%s%s", name, path);
		free(path);
		path = longer;
		if (i >= n.count)
			break;
		at = n.list[i].folder;
	}
	return path;
}

char *
ntfs_record_path(struct volume_ntfs *v, uint64_t record)
{
	ntfs_inode *ni;
	char *path;

	ntfs_begin(v);
	ni = ntfs_inode_open(v->vol, record);
	if (!ni)
		return NULL;
	ntfs_inode_close(ni);
	path = record == FILE_root ? xstrdup("/") : folder_path(v, record);
	if (strncmp(path, "/...", 4) != 0)
		return path;
	free(path);
	return NULL;
}

/* " (the others: …)" */
static char *
others(struct volume_ntfs *v, const struct names *n, MFT_REF folder, const ntfschar *name,
       size_t len)
{
	struct text list = TEXT_INIT;
	size_t shown = 0, more = 0;

	for (size_t i = 0; i < n->count; i++) {
		const struct name *o = &n->list[i];
		CLEANUP_FREE char *where = NULL;
		CLEANUP_FREE char *text = NULL;

		if (o->space == FILE_NAME_DOS || is_name(v, o, folder, name, len))
			continue;
		if (shown == SHOWN) {
			more++;
			continue;
		}
		where = folder_path(v, o->folder);
		text = utf16_to_text(o->units, 2 * (size_t)o->len, NULL);
		text_addf(&list, "%s'%s/%s'", shown++ ? ", " : "", where, text);
	}
	if (more)
		text_addf(&list, " and %zu more", more);
	return text_steal(&list);
}

/* The folder of `path`; 0 with an error. */
static MFT_REF
folder_of(struct volume_ntfs *v, const char *path, const char **ret_name, struct error *err)
{
	const char *slash = strrchr(path, '/');
	CLEANUP_FREE char *folder = xstrndup(path, slash ? (size_t)(slash - path) : 0);
	ntfs_inode *ni = ntfs_walk(v, folder, err);
	MFT_REF at;

	*ret_name = slash ? slash + 1 : path;
	if (!ni)
		return 0;
	at = MK_MREF(ni->mft_no, le16_to_cpu(ni->mrec->sequence_number));
	ntfs_inode_close(ni);
	return at;
}

static int
judge(struct volume_ntfs *v, struct names *n, const char *path, struct error *err)
{
	CLEANUP_FREE uint8_t *utf16 = NULL;
	CLEANUP_FREE char *list = NULL;
	const char *name;
	MFT_REF folder = folder_of(v, path, &name, err);
	const ntfschar *units;
	size_t bytes, links = count_links(n);
	bool own = false;

	if (!folder)
		return -1;
	utf16 = utf16_from_text(name, &bytes);
	units = (const ntfschar *)(const void *)utf16;
	for (size_t i = 0; i < n->count; i++)
		own |= is_name(v, &n->list[i], folder, units, bytes / 2);
	if (own && links == 1)
		return 0;
	list = others(v, n, folder, units, bytes / 2);
	if (!own)
		return error_set(
			err, ERR_CORRUPT,
			"'%s' leads to a file of another name (%s): the volume is damaged; let Windows run chkdsk /f",
			path, *list ? list : "none");
	return error_set(
		err, ERR_UNSUPPORTED,
		"'%s' has %zu names (hard links), so a change of it would be a change of %s too; " WAY_OUT_LINKS,
		path, links, list);
}

int
ntfs_single_name(struct volume *base, const char *path, struct error *err)
{
	struct volume_ntfs *v = (struct volume_ntfs *)base;
	CLEANUP_NAMES struct names n = { 0 };
	ntfs_inode *ni;
	bool plain;

	/* names change only by our own hand: a file is written in many pieces */
	if (v->single && strcmp(v->single, path) == 0)
		return 0;
	ni = ntfs_walk(v, path, err);
	if (!ni)
		return -1;
	plain = !(ni->mrec->flags & MFT_RECORD_IS_DIRECTORY || ni->flags & FILE_ATTR_REPARSE_POINT);
	if (plain)
		collect(ni, &n);
	ntfs_inode_close(ni);
	if (!plain)
		return 0;
	if (judge(v, &n, path, err) < 0)
		return -1;
	ntfs_forget_single(v);
	v->single = xstrdup(path);
	return 0;
}

void
ntfs_forget_single(struct volume_ntfs *v)
{
	free(v->single);
	v->single = NULL;
}
