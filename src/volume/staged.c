/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Changes kept aside over a directory: what block/overlay is to a disk.
 *
 * A file that is edited is read whole into memory, once, with its image as it was when the present phase
 * began; reads of it then come from there.  A barrier turns the difference into records and starts the
 * next phase.
 */
#include <stdlib.h>
#include <string.h>

#include "block/changes.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "volume/volume-private.h"

/* The largest hives that are known are below 1 GiB. */
#define FILE_LIMIT (UINT64_C(1) << 30)

/* Equal bytes between two differing ranges that are not worth a record of their own. */
#define GAP 64u

struct staged_file {
	char *path; /* as stored, from the root */
	uint8_t *now, *before;
	size_t now_len, before_len;
};

struct staged {
	struct volume base;
	struct volume *lower;
	struct staged_file *files;
	size_t count;
	uint32_t phase;
	struct changes frozen;
};

struct staged_handle {
	struct volume_file base;
	struct volume_file *lower; /* NULL when the file is staged */
	char *path;
};

static struct staged *
staged_of(struct volume *base)
{
	return (struct staged *)base;
}

static struct staged_file *
find(struct staged *s, const char *path)
{
	for (size_t i = 0; i < s->count; i++)
		if (name_equal(s->files[i].path, path))
			return &s->files[i];
	return NULL;
}

/* The staged copy of a file, made at its first edit. */
static struct staged_file *
stage(struct staged *s, const char *path, struct error *err)
{
	CLEANUP_FREE char *real = volume_real_path(s->lower, path, err);
	struct staged_file *f;
	uint8_t *bytes;
	size_t len;

	if (!real)
		return NULL;
	f = find(s, real);
	if (f)
		return f;
	bytes = volume_read_file(s->lower, real, FILE_LIMIT, &len, err);
	if (!bytes)
		return NULL;
	ARRAY_GROW(s->files, s->count);
	f = &s->files[s->count++];
	*f = (struct staged_file){ steal(&real), bytes, xmemdup(bytes, len), len, len };
	return f;
}

static int
staged_stat(struct volume *base, const char *path, struct file_stat *ret, struct error *err)
{
	struct staged *s = staged_of(base);
	const struct staged_file *f;

	if (volume_stat(s->lower, path, ret, err) < 0)
		return -1;
	f = find(s, path);
	if (f)
		ret->size = f->now_len;
	return 0;
}

static int
staged_list(struct volume *base, const char *path, struct dir_list *ret, struct error *err)
{
	return volume_list(staged_of(base)->lower, path, ret, err);
}

static char *
staged_real_path(struct volume *base, const char *path, struct error *err)
{
	return volume_real_path(staged_of(base)->lower, path, err);
}

static struct volume_file *
staged_open(struct volume *base, const char *path, struct error *err)
{
	struct staged *s = staged_of(base);
	struct volume_file *lower = volume_file_open(s->lower, path, err);
	struct staged_handle *h;
	struct staged_file *f;

	if (!lower)
		return NULL;
	h = xzalloc(sizeof *h);
	f = find(s, path);
	h->base = (struct volume_file){ base, f ? f->now_len : volume_file_size(lower) };
	h->lower = lower;
	h->path = xstrdup(path);
	return &h->base;
}

static int
staged_read(struct volume_file *file, void *buf, size_t len, uint64_t offset, size_t *ret_len,
	    struct error *err)
{
	struct staged_handle *h = (struct staged_handle *)file;
	const struct staged_file *f = find(staged_of(file->volume), h->path);

	/* also when it was staged after it was opened */
	if (!f)
		return volume_file_read(h->lower, buf, len, offset, ret_len, err);
	if (offset >= f->now_len)
		return 0;
	if (len > f->now_len - offset)
		len = f->now_len - (size_t)offset;
	memcpy(buf, f->now + offset, len);
	*ret_len = len;
	return 0;
}

static void
staged_close_file(struct volume_file *file)
{
	struct staged_handle *h = (struct staged_handle *)file;

	volume_file_close(h->lower);
	free(h->path);
	free(h);
}

static int
staged_patch(struct volume *base, const char *path, const void *buf, size_t len, uint64_t offset,
	     struct error *err)
{
	struct staged_file *f = stage(staged_of(base), path, err);

	if (!f)
		return -1;
	if (offset > f->now_len || len > f->now_len - offset)
		return error_set(err, ERR_INTERNAL,
				 "'%s': a patch of %zu bytes reaches beyond its end", path, len);
	memcpy(f->now + offset, buf, len);
	return 0;
}

static int
staged_replace(struct volume *base, const char *path, const void *buf, size_t len,
	       struct error *err)
{
	struct staged_file *f = stage(staged_of(base), path, err);

	if (!f)
		return -1;
	free(f->now);
	f->now = xmemdup(buf, len);
	f->now_len = len;
	return 0;
}

static void
add_record(const struct staged *s, const struct staged_file *f, size_t at, size_t before_len,
	   size_t after_len, struct changes *out)
{
	changes_add(out, RECORD_FILE, s->phase, f->path + strspn(f->path, "/"), at, f->before + at,
		    (uint32_t)before_len, f->now + at, (uint32_t)after_len);
}

/* Ranges that differ in the first `len` bytes of both images. */
static void
add_equal_part(const struct staged *s, const struct staged_file *f, size_t len, struct changes *out)
{
	for (size_t at = 0; at < len;) {
		size_t end, same;

		if (f->before[at] == f->now[at]) {
			at++;
			continue;
		}
		for (end = at + 1, same = 0; end < len && same < GAP && end - at < RECORD_MAX;
		     end++)
			same = f->before[end] == f->now[end] ? same + 1 : 0;
		add_record(s, f, at, end - same - at, end - same - at, out);
		at = end;
	}
}

/*
 * What this phase has changed in one file.  When its size changes, the bytes that both images have are records
 * of equal length, and the last record, which reaches the end of both, has only what one of them has.  Growth beyond
 * one record is cut into records of phases of their own: each begins where the file ends when it is applied.
 */
static int
add_file(struct staged *s, const struct staged_file *f, struct changes *out, struct error *err)
{
	size_t shortest = f->before_len < f->now_len ? f->before_len : f->now_len;
	size_t at = shortest;

	if (f->before_len - shortest > RECORD_MAX)
		return error_set(err, ERR_UNSUPPORTED, "'%s' would shrink by more than %u bytes",
				 f->path, RECORD_MAX);
	add_equal_part(s, f, shortest, out);
	if (f->before_len > shortest)
		add_record(s, f, shortest, f->before_len - shortest, 0, out);
	while (at < f->now_len) {
		size_t len = f->now_len - at < RECORD_MAX ? f->now_len - at : RECORD_MAX;

		if (at > shortest)
			s->phase++;
		add_record(s, f, at, 0, len, out);
		at += len;
	}
	return 0;
}

static int
collect(struct staged *s, struct changes *out, struct error *err)
{
	for (size_t i = 0; i < s->count; i++)
		if (add_file(s, &s->files[i], out, err) < 0)
			return -1;
	return 0;
}

static int
staged_barrier(struct volume *base, struct error *err)
{
	struct staged *s = staged_of(base);
	size_t had = s->frozen.record_count;

	if (collect(s, &s->frozen, err) < 0)
		return -1;
	if (s->frozen.record_count == had)
		return 0;
	s->phase++;
	for (size_t i = 0; i < s->count; i++) {
		struct staged_file *f = &s->files[i];

		free(f->before);
		f->before = xmemdup(f->now, f->now_len);
		f->before_len = f->now_len;
	}
	return 0;
}

int
volume_staged_changes(struct volume *v, struct changes *out, struct error *err)
{
	struct staged *s = staged_of(v);
	uint32_t phase = s->phase;
	int got;

	for (size_t i = 0; i < s->frozen.record_count; i++) {
		const struct record *r = &s->frozen.records[i];

		changes_add(out, r->kind, r->phase, r->path, r->offset, r->before, r->before_len,
			    r->after, r->after_len);
	}
	got = collect(s, out, err);
	s->phase = phase; /* it may be asked again */
	return got;
}

static int
staged_close(struct volume *base, struct error *err)
{
	struct staged *s = staged_of(base);

	(void)err;
	for (size_t i = 0; i < s->count; i++) {
		free(s->files[i].path);
		free(s->files[i].now);
		free(s->files[i].before);
	}
	free(s->files);
	changes_clear(&s->frozen);
	free(s);
	return 0;
}

static const struct volume_ops staged_ops = {
	.name = "staged",
	.stat = staged_stat,
	.list = staged_list,
	.real_path = staged_real_path,
	.open = staged_open,
	.read = staged_read,
	.close_file = staged_close_file,
	.patch = staged_patch,
	.replace = staged_replace,
	.barrier = staged_barrier,
	.close = staged_close,
};

struct volume *
volume_staged_open(struct volume *lower)
{
	struct staged *s = xzalloc(sizeof *s);

	s->base.ops = &staged_ops;
	s->base.state = *volume_state(lower);
	s->lower = lower;
	return &s->base;
}
