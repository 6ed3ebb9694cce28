/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The wrappers around volume_ops, and what all kinds of volumes share. */
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/error.h"
#include "util/utf16.h"
#include "volume/volume-private.h"
#include "volume/volume.h"

#define READ_CHUNK (1u << 20)

int
volume_stat(struct volume *v, const char *path, struct file_stat *ret, struct error *err)
{
	return v->ops->stat(v, path, ret, err);
}

bool
volume_exists(struct volume *v, const char *path)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	struct file_stat st;

	return volume_stat(v, path, &st, &ignored) == 0;
}

static int
by_name(const void *a, const void *b)
{
	const struct dir_entry *x = a, *y = b;
	int order = name_compare(x->name, y->name);

	return order ? order : strcmp(x->name, y->name);
}

int
volume_list(struct volume *v, const char *path, struct dir_list *ret, struct error *err)
{
	*ret = (struct dir_list){ 0 };
	if (v->ops->list(v, path, ret, err) < 0) {
		dir_list_clear(ret);
		return -1;
	}
	if (ret->count)
		qsort(ret->list, ret->count, sizeof *ret->list, by_name);
	return 0;
}

void
dir_list_add(struct dir_list *l, const char *name, enum file_type type)
{
	ARRAY_GROW(l->list, l->count);
	l->list[l->count++] = (struct dir_entry){ xstrdup(name), type };
}

void
dir_list_clear(struct dir_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->list[i].name);
	free(l->list);
	*l = (struct dir_list){ 0 };
}

char *
volume_real_path(struct volume *v, const char *path, struct error *err)
{
	return v->ops->real_path(v, path, err);
}

struct volume_file *
volume_file_open(struct volume *v, const char *path, struct error *err)
{
	return v->ops->open(v, path, err);
}

uint64_t
volume_file_size(const struct volume_file *f)
{
	return f->size;
}

int
volume_file_read(struct volume_file *f, void *buf, size_t len, uint64_t offset, size_t *ret_len,
		 struct error *err)
{
	*ret_len = 0;
	if (offset >= f->size)
		return 0;
	if (len > f->size - offset)
		len = (size_t)(f->size - offset);
	return f->volume->ops->read(f, buf, len, offset, ret_len, err);
}

uint64_t
volume_file_hole(struct volume_file *f, uint64_t offset)
{
	uint64_t n;

	if (offset >= f->size || !f->volume->ops->hole)
		return 0;
	n = f->volume->ops->hole(f, offset);
	return n < f->size - offset ? n : f->size - offset;
}

void
volume_file_close(struct volume_file *f)
{
	if (f)
		f->volume->ops->close_file(f);
}

void
volume_file_closep(struct volume_file **f)
{
	volume_file_close(*f);
}

uint8_t *
volume_read_file(struct volume *v, const char *path, uint64_t limit, size_t *ret_len,
		 struct error *err)
{
	CLEANUP_VOLUME_FILE struct volume_file *f = volume_file_open(v, path, err);
	uint8_t *buf;
	size_t done = 0, n = 1;

	if (!f)
		return NULL;
	buf = f->size > limit ? checked_alloc(f->size, limit, path, err) :
				checked_alloc(f->size + 1, limit + 1, path, err);
	if (!buf)
		return NULL;
	while (done < f->size && n) {
		size_t want = f->size - done < READ_CHUNK ? (size_t)(f->size - done) : READ_CHUNK;

		if (volume_file_read(f, buf + done, want, done, &n, err) < 0) {
			free(buf);
			return NULL;
		}
		done += n;
	}
	buf[done] = '\0';
	*ret_len = done;
	return buf;
}

void
paths_add(struct paths *p, const char *path)
{
	/* from behind: a file is written in many pieces */
	for (size_t i = p->count; i-- > 0;)
		if (strcmp(p->list[i], path) == 0)
			return;
	ARRAY_GROW(p->list, p->count);
	p->list[p->count++] = xstrdup(path);
}

void
paths_clear(struct paths *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->list[i]);
	free(p->list);
	*p = (struct paths){ 0 };
}

const struct paths *
volume_edited(const struct volume *v)
{
	return &v->edited;
}

static int
check_writable(const struct volume *v, const char *path, const void *op, struct error *err)
{
	if (!op || v->state.read_only)
		return error_set(err, ERR_ACCESS,
				 "'%s' cannot be changed: the volume is opened for reading only",
				 path);
	return 0;
}

int
volume_single_name(struct volume *v, const char *path, struct error *err)
{
	return v->ops->single_name ? v->ops->single_name(v, path, err) : 0;
}

int
volume_editable(struct volume *v, const char *path, struct error *err)
{
	return v->ops->editable ? v->ops->editable(v, path, err) : volume_single_name(v, path, err);
}

int
volume_patch(struct volume *v, const char *path, const void *buf, size_t len, uint64_t offset,
	     struct error *err)
{
	if (check_writable(v, path, v->ops->patch ? v : NULL, err) < 0)
		return -1;
	if (!len)
		return 0;
	paths_add(&v->edited, path);
	return v->ops->patch(v, path, buf, len, offset, err);
}

int
volume_replace(struct volume *v, const char *path, const void *buf, size_t len, struct error *err)
{
	if (check_writable(v, path, v->ops->replace ? v : NULL, err) < 0)
		return -1;
	paths_add(&v->edited, path);
	return v->ops->replace(v, path, buf, len, err);
}

int
volume_remove(struct volume *v, const char *path, struct error *err)
{
	if (!v->ops->remove)
		return error_set(
			err, ERR_UNSUPPORTED,
			"'%s' cannot be removed in a mounted folder: unmount it and name the disk or image",
			path);
	if (check_writable(v, path, v, err) < 0)
		return -1;
	paths_add(&v->edited, path);
	return v->ops->remove(v, path, err);
}

int
volume_create(struct volume *v, const char *path, const char *like, uint32_t attributes,
	      struct error *err)
{
	if (!v->ops->create)
		return error_set(err, ERR_UNSUPPORTED, "no file can be made in a mounted folder");
	if (check_writable(v, path, v, err) < 0)
		return -1;
	paths_add(&v->edited, path);
	return v->ops->create(v, path, like, attributes & FILE_ATTR_CREATE_MASK, err);
}

int
volume_barrier(struct volume *v, struct error *err)
{
	return v->ops->barrier ? v->ops->barrier(v, err) : 0;
}

size_t
volume_watch_places(struct volume *v, struct extent *ret, size_t max)
{
	return v->ops->watch_places ? v->ops->watch_places(v, ret, max) : 0;
}

int
volume_watch_files(struct volume *v, const char *const *paths, size_t count, struct extents *ret,
		   struct error *err)
{
	return v->ops->watch_files ? v->ops->watch_files(v, paths, count, ret, err) : 0;
}

void
extents_clear(struct extents *e)
{
	free(e->list);
	*e = (struct extents){ 0 };
}

size_t
volume_flag_places(struct volume *v, uint64_t *ret, size_t max)
{
	return v->ops->flag_places ? v->ops->flag_places(v, ret, max) : 0;
}

int
volume_same_space(struct volume *a, struct volume *b, bool *ret, struct error *err)
{
	if (!a->ops->same_space || a->ops != b->ops)
		return error_set(err, ERR_UNSUPPORTED, "a mounted folder does not show its bitmap");
	return a->ops->same_space(a, b, ret, err);
}

int
volume_sole_owners(struct volume *v, const struct extent *places, size_t count,
		   const struct owners_limit *limit, struct error *err)
{
	return v->ops->sole_owners ? v->ops->sole_owners(v, places, count, limit, err) : 0;
}

bool
volume_hibernated(struct volume *v)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	CLEANUP_VOLUME_FILE struct volume_file *f = volume_file_open(v, VOLUME_HIBERNATION,
								     &ignored);
	uint8_t header[HIBERNATION_HEADER];
	size_t done = 0, n = 1;

	while (f && done < sizeof header && n) {
		if (volume_file_read(f, header + done, sizeof header - done, done, &n, &ignored) <
		    0)
			return false;
		done += n;
	}
	return f && (done < sizeof header || memcmp(header, "hibr", 4) == 0 ||
		     memcmp(header, "HIBR", 4) == 0);
}

int64_t
volume_place(struct volume *v, const char *path)
{
	return v->ops->place ? v->ops->place(v, path) : -1;
}

int
volume_mark_dirty(struct volume *v, struct error *err)
{
	if (!v->ops->mark_dirty)
		return error_set(err, ERR_UNSUPPORTED, "a mounted folder has no dirty flag");
	return v->ops->mark_dirty(v, err);
}

int
volume_discard_log(struct volume *v, struct error *err)
{
	if (!v->ops->discard_log)
		return error_set(err, ERR_UNSUPPORTED, "a mounted folder has no $LogFile");
	return v->ops->discard_log(v, err);
}

const struct volume_state *
volume_state(const struct volume *v)
{
	return &v->state;
}

int
volume_close(struct volume *v, struct error *err)
{
	if (!v)
		return 0;
	paths_clear(&v->edited);
	return v->ops->close(v, err);
}

void
volume_closep(struct volume **v)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;

	volume_close(*v, &ignored);
}

const char *
path_next(const char **path, size_t *len)
{
	const char *p = *path + strspn(*path, "/");

	*len = strcspn(p, "/");
	*path = p + *len;
	return *len ? p : NULL;
}

/* Microsoft, [MS-FSCC] 2.1.2.1 */
static const struct {
	uint32_t tag;
	const char *kind;
	bool link; /* else its content is somewhere else, or in a form that is not read */
} reparse_kinds[] = {
	{ 0xa0000003, "a junction", true },
	{ 0xa000000c, "a symbolic link", true },
	{ 0xa000001d, "a symbolic link of the Linux subsystem", true },
	{ 0x80000014, "a file of an NFS server", true },
	{ 0x8000001b, "a link to an app", true },
	{ 0x80000017, "compressed by Windows (WOF, CompactOS)", false },
	{ 0x80000013, "a deduplicated file", false },
	{ 0x80000007, "a file of Single Instance Storage", false },
	{ 0x80000008, "a file of a mounted WIM image", false },
	{ 0xc0000004, "moved to other storage (HSM)", false },
	{ 0x80000006, "moved to other storage (HSM)", false },
	{ 0x80000018, "a file of a container's layer", false },
	{ 0x9000001a, "kept in a cloud", false },
	{ 0x80000021, "kept in a cloud (OneDrive)", false },
	{ 0x80000023, "a socket", false },
};

int
refuse_reparse(const char *path, uint32_t tag, const char *target, struct error *err)
{
	/* files of the cloud have a number from 0 to f in their tag */
	uint32_t plain = (tag & 0xffff0fffu) == 0x9000001a ? 0x9000001a : tag;

	for (size_t i = 0; i < ARRAY_SIZE(reparse_kinds); i++) {
		const char *kind = reparse_kinds[i].kind;

		if (reparse_kinds[i].tag != plain)
			continue;
		if (!reparse_kinds[i].link)
			return error_set(err, ERR_UNSUPPORTED, "'%s' is %s; it cannot be read here",
					 path, kind);
		return error_set(err, ERR_UNSUPPORTED, "'%s' is %s%s%s; it is not followed", path,
				 kind, target ? " to " : "", target ? target : "");
	}
	return error_set(err, ERR_UNSUPPORTED,
			 "'%s' is a reparse point with tag 0x%08x; it is not followed", path, tag);
}
