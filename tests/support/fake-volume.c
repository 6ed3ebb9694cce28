/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A volume in memory: a list of names. */
#include <stdlib.h>
#include <string.h>

#include "tests/support/fake-volume.h"
#include "util/alloc.h"
#include "util/utf16.h"

struct entry {
	char *path;
	enum file_type type;
	enum error_code error; /* ERR_NONE: it can be read */
	uint8_t *bytes;
	size_t len;
};

struct fake {
	struct volume base;
	struct entry *list;
	size_t count;
};

struct fake_file {
	struct volume_file base;
	char *path;
};

static struct fake *
fake_of(struct volume *v)
{
	return (struct fake *)v;
}

static struct entry *
find(struct fake *f, const char *path, size_t len)
{
	for (size_t i = 0; i < f->count; i++) {
		char *start = xstrndup(path, len);
		bool same = name_equal(f->list[i].path, start);

		free(start);
		if (same)
			return &f->list[i];
	}
	return NULL;
}

static struct entry *
add(struct fake *f, const char *path, size_t len, enum file_type type)
{
	struct entry *e = find(f, path, len);

	if (!e) {
		ARRAY_GROW(f->list, f->count);
		e = &f->list[f->count++];
		*e = (struct entry){ .path = xstrndup(path, len) };
	}
	e->type = type;
	return e;
}

/* With its parents. */
static struct entry *
add_path(struct volume *v, const char *path, enum file_type type)
{
	for (const char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/'))
		if (!find(fake_of(v), path, (size_t)(p - path)))
			add(fake_of(v), path, (size_t)(p - path), FILE_DIRECTORY);
	return add(fake_of(v), path, strlen(path), type);
}

/* The entry, when each name before it is a folder that can be read. */
static struct entry *
walk(struct volume *v, const char *path, struct error *err)
{
	struct entry *e = NULL;
	const char *p = path;

	do {
		p += strcspn(p + 1, "/") + 1;
		e = find(fake_of(v), path, (size_t)(p - path));
		if (!e) {
			error_set(err, ERR_NOT_FOUND, "there is no '%s'", path);
			return NULL;
		}
		if (e->error) {
			error_set(err, e->error, "cannot read '%s'", e->path);
			return NULL;
		}
		if (e->type == FILE_REPARSE && *p) {
			error_set(err, ERR_UNSUPPORTED, "'%s' is a junction", e->path);
			return NULL;
		}
	} while (*p);
	return e;
}

static int
fake_stat(struct volume *v, const char *path, struct file_stat *ret, struct error *err)
{
	const struct entry *e = walk(v, path, err);

	if (!e)
		return -1;
	*ret = (struct file_stat){ .type = e->type, .size = e->len };
	return 0;
}

static int
fake_list(struct volume *v, const char *path, struct dir_list *ret, struct error *err)
{
	struct fake *f = fake_of(v);
	size_t n = strcmp(path, "/") == 0 ? 0 : strlen(path);

	(void)err;
	*ret = (struct dir_list){ 0 };
	for (size_t i = 0; i < f->count; i++) {
		const char *name = f->list[i].path + n + 1;

		if (strncmp(f->list[i].path, path, n) != 0 || f->list[i].path[n] != '/' ||
		    strchr(name, '/'))
			continue;
		ARRAY_GROW(ret->list, ret->count);
		ret->list[ret->count++] = (struct dir_entry){ xstrdup(name), f->list[i].type };
	}
	return 0;
}

static char *
fake_real_path(struct volume *v, const char *path, struct error *err)
{
	const struct entry *e = walk(v, path, err);

	return e ? xstrdup(e->path) : NULL;
}

static struct volume_file *
fake_open(struct volume *v, const char *path, struct error *err)
{
	const struct entry *e = walk(v, path, err);
	struct fake_file *file;

	if (!e)
		return NULL;
	if (e->type != FILE_REGULAR) {
		error_set(err, ERR_UNSUPPORTED, "'%s' is no file", path);
		return NULL;
	}
	file = xzalloc(sizeof *file);
	file->base = (struct volume_file){ v, e->len };
	file->path = xstrdup(path);
	return &file->base;
}

static int
fake_read(struct volume_file *base, void *buf, size_t len, uint64_t offset, size_t *ret_len,
	  struct error *err)
{
	const struct entry *e = walk(base->volume, ((struct fake_file *)base)->path, err);

	if (!e)
		return -1;
	*ret_len = offset >= e->len ? 0 : len < e->len - offset ? len : (size_t)(e->len - offset);
	if (*ret_len)
		memcpy(buf, e->bytes + offset, *ret_len);
	return 0;
}

static void
fake_close_file(struct volume_file *base)
{
	free(((struct fake_file *)base)->path);
	free(base);
}

static int
fake_patch(struct volume *v, const char *path, const void *buf, size_t len, uint64_t offset,
	   struct error *err)
{
	const struct entry *e = walk(v, path, err);

	if (!e)
		return -1;
	if (offset > e->len || len > e->len - offset)
		return error_set(err, ERR_INTERNAL, "a patch beyond the end of '%s'", path);
	memcpy(e->bytes + offset, buf, len);
	return 0;
}

static int
fake_replace(struct volume *v, const char *path, const void *buf, size_t len, struct error *err)
{
	struct entry *e = walk(v, path, err);

	if (!e)
		return -1;
	free(e->bytes);
	e->bytes = xmemdup(buf, len);
	e->len = len;
	return 0;
}

static int
fake_barrier(struct volume *v, struct error *err)
{
	(void)v;
	(void)err;
	return 0;
}

static int
fake_close(struct volume *v, struct error *err)
{
	struct fake *f = fake_of(v);

	(void)err;
	for (size_t i = 0; i < f->count; i++) {
		free(f->list[i].path);
		free(f->list[i].bytes);
	}
	free(f->list);
	free(f);
	return 0;
}

static const struct volume_ops ops = {
	.name = "fake",
	.stat = fake_stat,
	.list = fake_list,
	.real_path = fake_real_path,
	.open = fake_open,
	.read = fake_read,
	.close_file = fake_close_file,
	.patch = fake_patch,
	.replace = fake_replace,
	.barrier = fake_barrier,
	.close = fake_close,
};

struct volume *
fake_volume_new(void)
{
	struct fake *f = xzalloc(sizeof *f);

	f->base.ops = &ops;
	return &f->base;
}

void
fake_volume_folder(struct volume *v, const char *path)
{
	add_path(v, path, FILE_DIRECTORY);
}

void
fake_volume_file(struct volume *v, const char *path, const void *p, size_t len)
{
	struct entry *e = add_path(v, path, FILE_REGULAR);

	free(e->bytes);
	e->bytes = xmemdup(p, len);
	e->len = len;
}

void
fake_volume_text(struct volume *v, const char *path, const char *text)
{
	fake_volume_file(v, path, text, strlen(text));
}

void
fake_volume_junction(struct volume *v, const char *path)
{
	add_path(v, path, FILE_REPARSE);
}

void
fake_volume_error(struct volume *v, const char *path, enum error_code code)
{
	struct entry *e = find(fake_of(v), path, strlen(path));

	if (!e)
		e = add_path(v, path, FILE_REGULAR);
	e->error = code;
}

const uint8_t *
fake_volume_bytes(struct volume *v, const char *path, size_t *ret_len)
{
	const struct entry *e = find(fake_of(v), path, strlen(path));

	*ret_len = e ? e->len : 0;
	return e ? e->bytes : NULL;
}
