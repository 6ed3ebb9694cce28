/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Changes kept aside over a directory: what block/overlay is to a disk.
 *
 * Of a file that is edited the pages that change are put aside (staged-file.c).  A barrier turns the difference into
 * records and starts the next phase.
 */
#include <stdlib.h>
#include <string.h>

#include "block/changes.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/spool.h"
#include "util/utf16.h"
#include "volume/staged-file.h"
#include "volume/volume-private.h"

/*
 * Records begin and end at multiples of this (or at the end of the file), so that those of several phases are of the
 * same pieces, which can be compared one by one (block/tally.c).
 */
#define GRID 512u

struct staged {
	struct volume base;
	struct volume *lower;
	struct staged_file *files;
	size_t count;
	uint32_t phase;
	struct changes frozen;
	struct spool *spool; /* for pages, and the images of records */
	struct spool *own;   /* the same when nobody has given one; then records stay in memory */
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

/* The file with its changes, begun at its first edit. */
static struct staged_file *
stage(struct staged *s, const char *path, struct error *err)
{
	CLEANUP_FREE char *real = volume_real_path(s->lower, path, err);
	struct staged_file *f, fresh;

	if (!real)
		return NULL;
	f = find(s, real);
	if (f)
		return f;
	if (volume_single_name(s->lower, real, err) < 0 ||
	    staged_file_open(&fresh, s->lower, real, s->spool, err) < 0)
		return NULL;
	ARRAY_GROW(s->files, s->count);
	s->files[s->count] = fresh;
	return &s->files[s->count++];
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
	return staged_file_read(f, true, buf, len, offset, ret_len, err);
}

static uint64_t
staged_hole(struct volume_file *file, uint64_t offset)
{
	struct staged_handle *h = (struct staged_handle *)file;

	/* what is staged may lie in a hole */
	return find(staged_of(file->volume), h->path) ? 0 : volume_file_hole(h->lower, offset);
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
staged_single_name(struct volume *base, const char *path, struct error *err)
{
	return volume_single_name(staged_of(base)->lower, path, err);
}

static int
staged_patch(struct volume *base, const char *path, const void *buf, size_t len, uint64_t offset,
	     struct error *err)
{
	struct staged_file *f = stage(staged_of(base), path, err);

	return f ? staged_file_patch(f, buf, len, offset, err) : -1;
}

static int
staged_replace(struct volume *base, const char *path, const void *buf, size_t len,
	       struct error *err)
{
	struct staged_file *f = stage(staged_of(base), path, err);

	return f ? staged_file_replace(f, buf, len, err) : -1;
}

/* A stretch of both images. */
struct stretch {
	uint64_t at;
	size_t len;
	uint8_t *before, *now; /* RECORD_MAX bytes each */
};

static void
add_record(const struct staged *s, const struct staged_file *f, uint64_t at, const uint8_t *before,
	   size_t before_len, const uint8_t *now, size_t now_len, struct changes *out)
{
	changes_add(out, RECORD_FILE, s->phase, f->path + strspn(f->path, "/"), at, before,
		    (uint32_t)before_len, now, (uint32_t)now_len);
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool
equal_piece(const struct stretch *t, size_t at)
{
	return memcmp(t->before + at, t->now + at, least(GRID, t->len - at)) == 0;
}

/* Ranges that differ in a stretch that both images have. */
static void
add_differences(const struct staged *s, const struct staged_file *f, const struct stretch *t,
		struct changes *out)
{
	for (size_t at = 0, end; at < t->len; at = end + GRID) {
		for (end = at; end < t->len && !equal_piece(t, end); end += GRID)
			;
		if (end > at)
			add_record(s, f, t->at + at, t->before + at, least(end, t->len) - at,
				   t->now + at, least(end, t->len) - at, out);
	}
}

/* Both images of `len` bytes; the file is as long in both. */
static int
read_stretch(const struct staged_file *f, struct stretch *t, struct error *err)
{
	size_t n = 0, m = 0;

	if (staged_file_read(f, false, t->before, t->len, t->at, &n, err) < 0 ||
	    staged_file_read(f, true, t->now, t->len, t->at, &m, err) < 0)
		return -1;
	return n == t->len && m == t->len ?
		       0 :
		       error_set(err, ERR_IO, "'%s' became shorter while it was read", f->path);
}

/* The first `shortest` bytes, which both images have: what was touched, in stretches. */
static int
add_equal_part(const struct staged *s, const struct staged_file *f, uint64_t shortest,
	       struct stretch *t, struct changes *out, struct error *err)
{
	for (size_t i = 0; (uint64_t)i * STAGED_PAGE < shortest;) {
		uint64_t end;

		t->at = (uint64_t)i * STAGED_PAGE;
		while (staged_file_touched(f, i) && (uint64_t)i * STAGED_PAGE < shortest &&
		       (uint64_t)(i + 1) * STAGED_PAGE - t->at <= RECORD_MAX)
			i++;
		end = (uint64_t)i * STAGED_PAGE < shortest ? (uint64_t)i * STAGED_PAGE : shortest;
		t->len = (size_t)(end - t->at);
		if (t->len == 0) {
			i++;
			continue;
		}
		if (read_stretch(f, t, err) < 0)
			return -1;
		add_differences(s, f, t, out);
	}
	return 0;
}

/*
 * What only one image has, behind `shortest`.  Growth beyond one record is cut into records of phases of their own:
 * each begins where the file ends when it is applied.
 */
static int
add_tail(struct staged *s, const struct staged_file *f, uint64_t shortest, struct stretch *t,
	 struct changes *out, struct error *err)
{
	uint64_t at = shortest;
	size_t n;

	if (f->before_len - shortest > RECORD_MAX)
		return error_set(err, ERR_UNSUPPORTED, "'%s' would shrink by more than %u bytes",
				 f->path, RECORD_MAX);
	if (f->before_len > shortest) {
		if (staged_file_read(f, false, t->before, RECORD_MAX, at, &n, err) < 0)
			return -1;
		add_record(s, f, at, t->before, n, t->now, 0, out);
	}
	while (at < f->now_len) {
		if (staged_file_read(f, true, t->now, RECORD_MAX, at, &n, err) < 0)
			return -1;
		if (at > shortest)
			s->phase++;
		add_record(s, f, at, t->before, 0, t->now, n, out);
		at += n;
	}
	return 0;
}

/*
 * What this phase has changed in one file.  When its size changes, the bytes that both images have are records
 * of equal length, and the last record, which reaches the end of both, has only what one of them has.
 */
static int
add_file(struct staged *s, const struct staged_file *f, struct changes *out, struct error *err)
{
	CLEANUP_FREE uint8_t *before = xmalloc(RECORD_MAX);
	CLEANUP_FREE uint8_t *now = xmalloc(RECORD_MAX);
	struct stretch t = { .before = before, .now = now };
	uint64_t shortest = f->before_len < f->now_len ? f->before_len : f->now_len;

	if (add_equal_part(s, f, shortest, &t, out, err) < 0)
		return -1;
	return add_tail(s, f, shortest, &t, out, err);
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
	for (size_t i = 0; i < s->count; i++)
		staged_file_settle(&s->files[i]);
	return 0;
}

int
volume_staged_changes(struct volume *v, struct changes *out, struct error *err)
{
	struct staged *s = staged_of(v);
	uint32_t phase = s->phase;
	int got;

	changes_move_records(out, &s->frozen);
	got = collect(s, out, err);
	s->phase = phase;
	return got;
}

static int
staged_close(struct volume *base, struct error *err)
{
	struct staged *s = staged_of(base);

	(void)err;
	for (size_t i = 0; i < s->count; i++)
		staged_file_close(&s->files[i]);
	free(s->files);
	changes_clear(&s->frozen);
	spool_free(s->own);
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
	.hole = staged_hole,
	.close_file = staged_close_file,
	.single_name = staged_single_name,
	.patch = staged_patch,
	.replace = staged_replace,
	.barrier = staged_barrier,
	.close = staged_close,
};

struct volume *
volume_staged_open(struct volume *lower, struct spool *spool)
{
	struct staged *s = xzalloc(sizeof *s);

	s->own = spool ? NULL : spool_new(-1);
	s->spool = spool ? spool : s->own;
	s->frozen.spool = spool;
	s->base.ops = &staged_ops;
	s->base.state = *volume_state(lower);
	s->lower = lower;
	return &s->base;
}
