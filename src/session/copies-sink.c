/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder is filled by the keeper file by file; an archive is one file of it, into which libarchive's bytes go. */
#include <stdlib.h>
#include <sys/stat.h>

#include "keeper/keeper.h"
#include "session/bundle.h"
#include "session/copies-sink.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/interrupt.h"

#define ZEROS (64u << 10)

/* ---- a folder ---- */

static int
folder_begin(struct copies_sink *s, const char *path, uint64_t size, const struct timespec times[2],
	     struct error *err)
{
	(void)size;
	(void)times;
	return keeper_folder_file(s->keeper, path, err);
}

static int
folder_data(struct copies_sink *s, const void *p, size_t n, struct error *err)
{
	return keeper_folder_data(s->keeper, p, n, err);
}

static int
folder_hole(struct copies_sink *s, uint64_t n, struct error *err)
{
	return keeper_folder_hole(s->keeper, n, err);
}

static int
folder_end(struct copies_sink *s, const struct timespec times[2], bool keep, struct error *err)
{
	return keeper_folder_end(s->keeper, times, keep, err);
}

static int
folder_finish(struct copies_sink *s, struct error *err)
{
	(void)s;
	(void)err;
	return 0;
}

static void
plain_free(struct copies_sink *s)
{
	free(s);
}

static const struct copies_sink_ops folder_ops = {
	.begin = folder_begin,
	.data = folder_data,
	.hole = folder_hole,
	.end = folder_end,
	.finish = folder_finish,
	.free = plain_free,
};

/* ---- an archive ---- */

struct archive_sink {
	struct copies_sink sink;
	struct bundle *bundle;
};

static struct archive_sink *
archive_of(struct copies_sink *s)
{
	return (struct archive_sink *)s; /* its first member */
}

static int
write_bytes(void *ctx, const void *p, size_t n, struct error *err)
{
	return keeper_folder_data(ctx, p, n, err);
}

static int
archive_begin(struct copies_sink *s, const char *path, uint64_t size,
	      const struct timespec times[2], struct error *err)
{
	return bundle_file(archive_of(s)->bundle, path, size, times, err);
}

static int
archive_data(struct copies_sink *s, const void *p, size_t n, struct error *err)
{
	return bundle_data(archive_of(s)->bundle, p, n, err);
}

static int
archive_hole(struct copies_sink *s, uint64_t n, struct error *err)
{
	CLEANUP_FREE uint8_t *zeros = xzalloc(ZEROS);

	for (size_t part; n; n -= part) {
		part = n < ZEROS ? (size_t)n : ZEROS;
		if (interrupt_check(err) < 0 || archive_data(s, zeros, part, err) < 0)
			return -1;
	}
	return 0;
}

static int
archive_end(struct copies_sink *s, const struct timespec times[2], bool keep, struct error *err)
{
	(void)s;
	(void)times;
	return keep ? 0 : error_set(err, ERR_INTERNAL, "a file of an archive cannot be taken back");
}

static int
archive_finish(struct copies_sink *s, struct error *err)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_nsec = UTIME_OMIT } };

	if (bundle_finish(archive_of(s)->bundle, err) < 0)
		return -1;
	return keeper_folder_end(s->keeper, times, true, err);
}

static void
archive_free(struct copies_sink *s)
{
	bundle_free(archive_of(s)->bundle);
	free(s);
}

static const struct copies_sink_ops archive_ops = {
	.whole_only = true,
	.begin = archive_begin,
	.data = archive_data,
	.hole = archive_hole,
	.end = archive_end,
	.finish = archive_finish,
	.free = archive_free,
};

/* ---- nowhere ---- */

static int
none_begin(struct copies_sink *s, const char *path, uint64_t size, const struct timespec times[2],
	   struct error *err)
{
	(void)s;
	(void)path;
	(void)size;
	(void)times;
	(void)err;
	return 0;
}

static int
none_data(struct copies_sink *s, const void *p, size_t n, struct error *err)
{
	(void)s;
	(void)p;
	(void)n;
	(void)err;
	return 0;
}

static int
none_hole(struct copies_sink *s, uint64_t n, struct error *err)
{
	return none_data(s, NULL, (size_t)n, err);
}

static int
none_end(struct copies_sink *s, const struct timespec times[2], bool keep, struct error *err)
{
	(void)keep;
	return none_begin(s, NULL, 0, times, err);
}

static const struct copies_sink_ops none_ops = {
	.begin = none_begin,
	.data = none_data,
	.hole = none_hole,
	.end = none_end,
	.finish = folder_finish,
	.free = plain_free,
};

struct copies_sink *
copies_sink_none(void)
{
	struct copies_sink *s = xzalloc(sizeof *s);

	s->ops = &none_ops;
	return s;
}

struct copies_sink *
copies_sink_new(struct keeper *k, const char *path, struct error *err)
{
	enum bundle_format format = bundle_format_of(path);
	CLEANUP_COPIES_SINK struct copies_sink *s = NULL;

	if (format == BUNDLE_NONE) {
		s = xzalloc(sizeof *s);
		s->ops = &folder_ops;
		s->keeper = k;
		return keeper_folder_begin(k, err) < 0 ? NULL : steal(&s);
	}
	s = xzalloc(sizeof(struct archive_sink));
	s->ops = &archive_ops;
	s->keeper = k;
	if (keeper_file_begin(k, err) < 0)
		return NULL;
	archive_of(s)->bundle = bundle_new(format, write_bytes, k, err);
	return archive_of(s)->bundle ? steal(&s) : NULL;
}

void
copies_sink_free(struct copies_sink *s)
{
	if (s)
		s->ops->free(s);
}

void
copies_sink_freep(struct copies_sink **s)
{
	copies_sink_free(*s);
}
