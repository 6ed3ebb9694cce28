/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An archive of copies, streamed: .zip, .tar.gz, .tar.zst, by libarchive.
 *
 * The process that makes it can open no file: the bytes go where `write` takes them.
 */
#ifndef RESPREP_SESSION_BUNDLE_H
#define RESPREP_SESSION_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct bundle;
struct error;

enum bundle_format { BUNDLE_NONE, BUNDLE_ZIP, BUNDLE_TAR_GZ, BUNDLE_TAR_ZST };

/* By the end of its name; BUNDLE_NONE when that is of no archive that can be made. */
enum bundle_format bundle_format_of(const char *path);

/* Whether its name is that of an archive that cannot be made.  A '/' behind it makes it a folder's. */
bool bundle_is_other(const char *path);

/* Before this process is locked in: names in UTF-8 want a locale, which is loaded from disk.  For the calling thread. */
void bundle_prepare(void);

typedef int bundle_write_fn(void *ctx, const void *p, size_t n, struct error *err);
struct bundle *bundle_new(enum bundle_format format, bundle_write_fn *write, void *ctx,
			  struct error *err);

/* Begins a file of `size` bytes, of which bundle_data() must give exactly as many; `times` as in utimensat(). */
int bundle_file(struct bundle *b, const char *path, uint64_t size, const struct timespec times[2],
		struct error *err);
int bundle_data(struct bundle *b, const void *p, size_t n, struct error *err);
/* All is written. */
int bundle_finish(struct bundle *b, struct error *err);

void bundle_free(
	struct bundle *
		b); /* NULL is fine; without bundle_finish() what was written is no whole archive */
void bundle_freep(struct bundle **b);
#define CLEANUP_BUNDLE __attribute__((cleanup(bundle_freep)))

#endif
