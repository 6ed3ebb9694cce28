/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The door to libarchive. */
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <archive.h>
#include <archive_entry.h>

#include "session/bundle.h"
#include "util/alloc.h"
#include "util/error.h"
#include "util/utf16.h"

#define BLOCK (256 << 10) /* bytes that go at once */

struct bundle {
	struct archive *a;
	bundle_write_fn *write;
	void *ctx;
	struct error problem; /* of `write` */
};

static const struct {
	const char *end;
	enum bundle_format format;
} names[] = {
	{ ".zip", BUNDLE_ZIP },
	{ ".tar.gz", BUNDLE_TAR_GZ },
	{ ".tgz", BUNDLE_TAR_GZ },
	{ ".tar.zst", BUNDLE_TAR_ZST },
};

enum bundle_format
bundle_format_of(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (name_ends_with(path, names[i].end))
			return names[i].format;
	return BUNDLE_NONE;
}

bool
bundle_is_other(const char *path)
{
	static const char *const ends[] = {
		".tar",	 ".tar.bz2", ".tar.xz", ".tar.lz4", ".tar.lzma", ".tar.Z", ".tbz2",
		".tbz",	 ".txz",     ".tzst",	".tlz",	    ".7z",	 ".rar",   ".cab",
		".gz",	 ".bz2",     ".xz",	".zst",	    ".lz4",	 ".cpio",  ".iso",
		".zipx", ".ar",	     ".wim",	".lzh"
	};

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (name_ends_with(path, ends[i]))
			return bundle_format_of(path) == BUNDLE_NONE;
	return false;
}

void
bundle_prepare(void)
{
	locale_t l = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);

	/* where there is none, libarchive marks names that are not ASCII less well */
	if (l != (locale_t)0)
		uselocale(l);
}

static la_ssize_t
take(struct archive *a, void *ctx, const void *p, size_t n)
{
	struct bundle *b = ctx;

	if (b->problem.code == ERR_NONE && b->write(b->ctx, p, n, &b->problem) == 0)
		return (la_ssize_t)n;
	archive_set_error(a, EIO, "not written");
	return -1;
}

/* libarchive's word on it, or what the writer said. */
static int
fail(struct bundle *b, struct error *err)
{
	if (b->problem.code != ERR_NONE) {
		error_move(err, &b->problem);
		return -1;
	}
	return error_set(err, ERR_IO, "the archive cannot be made: %s",
			 archive_error_string(b->a) ? archive_error_string(b->a) : "unknown");
}

static int
check(struct bundle *b, int got, struct error *err)
{
	/* warnings are about names that libarchive spells otherwise */
	return got < ARCHIVE_WARN ? fail(b, err) : 0;
}

static int
set_format(struct bundle *b, enum bundle_format format, struct error *err)
{
	int got = format == BUNDLE_ZIP ? archive_write_set_format_zip(b->a) :
					 archive_write_set_format_pax_restricted(b->a);

	if (got >= ARCHIVE_WARN && format == BUNDLE_TAR_GZ)
		got = archive_write_add_filter_gzip(b->a);
	if (got >= ARCHIVE_WARN && format == BUNDLE_TAR_ZST)
		got = archive_write_add_filter_zstd(b->a);
	return check(b, got, err);
}

struct bundle *
bundle_new(enum bundle_format format, bundle_write_fn *write, void *ctx, struct error *err)
{
	struct bundle *b = xzalloc(sizeof *b);

	b->write = write;
	b->ctx = ctx;
	b->a = archive_write_new();
	if (!b->a)
		out_of_memory();
	archive_write_set_bytes_per_block(b->a, BLOCK);
	archive_write_set_bytes_in_last_block(b->a, 1);
	if (set_format(b, format, err) < 0 ||
	    check(b, archive_write_open(b->a, b, NULL, take, NULL), err) < 0) {
		bundle_free(b);
		return NULL;
	}
	return b;
}

int
bundle_file(struct bundle *b, const char *path, uint64_t size, const struct timespec times[2],
	    struct error *err)
{
	struct archive_entry *e = archive_entry_new();
	int got;

	if (!e)
		out_of_memory();
	archive_entry_set_pathname(e, path);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0600);
	archive_entry_set_size(e, (la_int64_t)size);
	if (times[0].tv_nsec != UTIME_OMIT)
		archive_entry_set_atime(e, times[0].tv_sec, times[0].tv_nsec);
	if (times[1].tv_nsec == UTIME_OMIT)
		archive_entry_set_mtime(e, time(NULL), 0);
	else
		archive_entry_set_mtime(e, times[1].tv_sec, times[1].tv_nsec);
	got = archive_write_header(b->a, e);
	archive_entry_free(e);
	return check(b, got, err);
}

int
bundle_data(struct bundle *b, const void *p, size_t n, struct error *err)
{
	const char *at = p;

	while (n) {
		la_ssize_t done = archive_write_data(b->a, at, n);

		if (done <= 0)
			return fail(b, err);
		at += done;
		n -= (size_t)done;
	}
	return 0;
}

int
bundle_finish(struct bundle *b, struct error *err)
{
	if (check(b, archive_write_finish_entry(b->a), err) < 0)
		return -1;
	return check(b, archive_write_close(b->a), err);
}

void
bundle_free(struct bundle *b)
{
	if (!b)
		return;
	/* closing must not write what is half done */
	archive_write_fail(b->a);
	archive_write_free(b->a);
	error_clear(&b->problem);
	free(b);
}

void
bundle_freep(struct bundle **b)
{
	bundle_free(*b);
}
