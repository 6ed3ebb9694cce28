/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing journals, piece by piece: docs/journal.md has the format.  The payload goes into the file as it comes and is hashed on
 * its way; the header, which has its length and hash, is written last.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "block/journal-private.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/filetime.h"
#include "util/io.h"
#include "util/sha256.h"
#include "util/spool.h"

#define MAGIC	      JOURNAL_MAGIC
#define HEADER	      JOURNAL_HEADER
#define HEADER_HASHED JOURNAL_HEADER_HASHED
#define WATCH_SIZE    JOURNAL_WATCH
#define RECORD_HEAD   JOURNAL_RECORD_HEAD
#define BUFFER	      (256u << 10)

/* The payload on its way to the file: buffered and hashed. */
struct journal_writer {
	int fd; /* the same file as journal.file */
	uint8_t *buf;
	size_t used;
	uint64_t len;
	struct sha256 *sum; /* NULL: all was written */
	int failed;	    /* errno of the first failure */
	char *dir;
	struct journal journal;
};

static void
drain(struct journal_writer *w)
{
	if (!w->failed && w->used && io_write_full(w->fd, w->buf, w->used) < 0)
		w->failed = errno;
	w->used = 0;
}

static void
emit(struct journal_writer *w, const void *p, size_t n)
{
	const uint8_t *from = p;

	sha256_add(w->sum, p, n);
	w->len += n;
	while (n) {
		size_t k = BUFFER - w->used < n ? BUFFER - w->used : n;

		memcpy(w->buf + w->used, from, k);
		w->used += k;
		from += k;
		n -= k;
		if (w->used == BUFFER)
			drain(w);
	}
}

static void
fill_header(uint8_t h[HEADER], const struct journal_writer *w,
	    const uint8_t payload_sum[SHA256_SIZE])
{
	const struct changes *c = &w->journal.changes;
	const struct target_identity *id = &c->identity;

	memset(h, 0, HEADER);
	memcpy(h, MAGIC, 8);
	put_u32(h + 8, JOURNAL_VERSION);
	put_u32(h + 12, HEADER);
	put_u32(h + 16, id->kind);
	put_u32(h + 20, id->sector_size);
	put_u64(h + 24, id->device_size);
	memcpy(h + 32, id->table_id, 16);
	put_u64(h + 48, id->partition_offset);
	put_u64(h + 56, id->partition_len);
	put_u64(h + 64, id->ntfs_serial);
	put_u64(h + 72, w->journal.time);
	put_u64(h + 80, c->record_count);
	put_u64(h + 88, c->watch_count);
	put_u64(h + 96, w->journal.manifest_len);
	put_u64(h + 104, strlen(w->journal.target_path));
	put_u64(h + 112, w->len);
	memcpy(h + 120, payload_sum, SHA256_SIZE);
	sha256_of(h, HEADER_HASHED, h + HEADER_HASHED);
}

/* "DIR/20261124T101530Z-1A2B3C4D5E6F7788.journal", with -2, -3, … when a journal of that second is there. */
static char *
name_journal(const char *dir, const struct target_identity *id, uint64_t time, int try)
{
	struct timespec ts = filetime_to_timespec(time);
	CLEANUP_FREE char *serial =
		id->ntfs_serial ? xasprintf("%016llX", (unsigned long long)id->ntfs_serial) :
				  xstrdup("FOLDER");
	char when[32];
	struct tm tm;

	gmtime_r(&ts.tv_sec, &tm);
	strftime(when, sizeof when, "%Y%m%dT%H%M%SZ", &tm);
	if (try == 1)
		return xasprintf("%s/%s-%s.journal", dir, when, serial);
	return xasprintf("%s/%s-%s-%d.journal", dir, when, serial, try);
}

static bool
name_taken(const char *base)
{
	for (size_t i = 0; i < (size_t)JOURNAL_UNDONE + 1; i++) {
		CLEANUP_FREE char *path = xasprintf("%s%s", base,
						    journal_suffix((enum journal_state)i));

		if (access(path, F_OK) == 0)
			return true;
	}
	return false;
}

/* Opens a new NAME.journal.tmp, and notes its names. */
static int
open_new(const char *dir, const struct target_identity *id, struct journal *j, struct error *err)
{
	for (int try = 1; try < 1000; try++) {
		CLEANUP_FREE char *base = name_journal(dir, id, j->time, try);
		CLEANUP_FREE char *path = xasprintf("%s.tmp", base);
		int fd;

		if (name_taken(base))
			continue;
		fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd >= 0) {
			j->base = steal(&base);
			j->path = steal(&path);
			return fd;
		}
		if (errno != EEXIST)
			return error_sys(
				err, errno,
				"cannot make a journal in '%s' (--journal-dir names another folder)",
				dir);
	}
	return error_set(err, ERR_EXISTS, "too many journals of this second in '%s'", dir);
}

static void
free_writer(struct journal_writer *w)
{
	uint8_t unused[SHA256_SIZE];

	if (w->sum)
		sha256_done(w->sum, unused);
	journal_clear(&w->journal);
	free(w->buf);
	free(w->dir);
	free(w);
}

void
journal_drop(struct journal_writer *w)
{
	if (!w)
		return;
	unlink(w->journal.path);
	free_writer(w);
}

static int
cannot_write(const struct journal_writer *w, int e, struct error *err)
{
	return error_sys(err, e,
			 "cannot write the journal in '%s'; nothing was changed on the target",
			 w->dir);
}

struct journal_writer *
journal_begin(const char *dir, const char *target_path, const struct target_identity *id,
	      struct error *err)
{
	static const uint8_t nothing[HEADER];
	struct journal_writer *w;
	struct journal j = { .state = JOURNAL_TMP, .time = filetime_now() };
	int fd;

	if (io_make_dirs(dir, err) < 0) {
		error_prefix(err, "no folder for journals (--journal-dir names another)");
		return NULL;
	}
	fd = open_new(dir, id, &j, err);
	if (fd < 0)
		return NULL;
	w = xzalloc(sizeof *w);
	w->journal = j;
	w->journal.changes.identity = *id;
	w->journal.target_path = xstrdup(target_path);
	w->journal.file = w->journal.changes.spool = spool_over(fd);
	w->journal.manifest_at = HEADER + strlen(target_path);
	w->fd = fd;
	w->dir = xstrdup(dir);
	w->buf = xmalloc(BUFFER);
	w->sum = sha256_new();
	if (io_write_full(fd, nothing, HEADER) < 0)
		w->failed = errno;
	emit(w, target_path, strlen(target_path));
	return w;
}

static void
emit_watch(struct journal_writer *w, const struct watch *watch)
{
	uint8_t b[WATCH_SIZE] = { 0 };

	put_u64(b, watch->offset);
	put_u32(b + 8, watch->len);
	memcpy(b + 16, watch->sha256, SHA256_SIZE);
	emit(w, b, sizeof b);
	changes_add_watch(&w->journal.changes, watch->offset, watch->len, watch->sha256);
}

static int
emit_record(struct journal_writer *w, const struct changes *c, const struct record *r, uint8_t *buf,
	    struct error *err)
{
	size_t path_len = r->path ? strlen(r->path) : 0;
	uint8_t b[RECORD_HEAD] = { 0 };
	const uint8_t *p;

	put_u32(b, r->kind);
	put_u32(b + 4, r->phase);
	put_u64(b + 8, r->offset);
	put_u32(b + 16, r->before_len);
	put_u32(b + 20, r->after_len);
	put_u32(b + 24, (uint32_t)path_len);
	emit(w, b, sizeof b);
	emit(w, r->path ? r->path : "", path_len);
	changes_add_spooled(&w->journal.changes, r->kind, r->phase, r->path, r->offset,
			    HEADER + w->len, r->before_len, r->after_len);
	p = changes_image(c, r, false, 0, r->before_len, buf, err);
	if (!p)
		return -1;
	emit(w, p, r->before_len);
	p = changes_image(c, r, true, 0, r->after_len, buf, err);
	if (!p)
		return -1;
	emit(w, p, r->after_len);
	return 0;
}

int
journal_add(struct journal_writer *w, const struct changes *c, struct error *err)
{
	const struct changes *had = &w->journal.changes;
	size_t text = c->manifest ? strlen(c->manifest) : 0;
	CLEANUP_FREE uint8_t *buf = c->spool ? changes_buffer() : NULL;

	if ((text && (had->watch_count || had->record_count)) ||
	    (c->watch_count && had->record_count))
		return error_set(err, ERR_INTERNAL, "the parts of a journal are not in order");
	emit(w, c->manifest ? c->manifest : "", text);
	w->journal.manifest_len += text;
	for (size_t i = 0; i < c->watch_count; i++)
		emit_watch(w, &c->watches[i]);
	for (size_t i = 0; i < c->record_count; i++)
		if (emit_record(w, c, &c->records[i], buf, err) < 0)
			return -1;
	if (w->len > JOURNAL_LIMIT - HEADER)
		return error_set(err, ERR_LIMIT, "a journal of more than %llu bytes",
				 (unsigned long long)JOURNAL_LIMIT);
	return w->failed ? cannot_write(w, w->failed, err) : 0;
}

const struct changes *
journal_so_far(struct journal_writer *w, struct error *err)
{
	drain(w);
	if (w->failed) {
		cannot_write(w, w->failed, err);
		return NULL;
	}
	return &w->journal.changes;
}

/* What lies there is what was written: the header to the byte, the payload by the checksum in it. */
static int
verify_file(int fd, const char *path, const uint8_t header[HEADER], struct error *err)
{
	CLEANUP_FREE uint8_t *buf = xmalloc(BUFFER);
	struct sha256 *sum = sha256_new();
	uint8_t digest[SHA256_SIZE], found[HEADER];
	uint64_t at = HEADER;
	ssize_t n;

	while ((n = io_pread_full(fd, buf, BUFFER, at)) > 0) {
		sha256_add(sum, buf, (size_t)n);
		at += (uint64_t)n;
	}
	sha256_done(sum, digest);
	if (n < 0 || io_pread_full(fd, found, HEADER, 0) != (ssize_t)HEADER)
		return error_sys(err, errno, "cannot read '%s' back", path);
	if (memcmp(found, header, HEADER) != 0 || at - HEADER != get_u64(header + 112) ||
	    memcmp(digest, header + 120, SHA256_SIZE) != 0)
		return error_set(err, ERR_IO, "'%s' does not read back as it was written", path);
	return 0;
}

int
journal_end(struct journal_writer *w, struct journal *ret, struct error *err)
{
	const char *path = w->journal.path;
	uint8_t header[HEADER], sum[SHA256_SIZE];

	drain(w);
	sha256_done(steal(&w->sum), sum);
	if (w->failed)
		return cannot_write(w, w->failed, err);
	fill_header(header, w, sum);
	if (io_pwrite_full(w->fd, header, HEADER, 0) < 0 || fsync(w->fd) < 0)
		return cannot_write(w, errno, err);
	/* trusted only as it reads back, from the medium */
	posix_fadvise(w->fd, 0, 0, POSIX_FADV_DONTNEED);
	if (verify_file(w->fd, path, header, err) < 0 || io_sync_folder_of(path, err) < 0)
		return -1;
	*ret = w->journal;
	w->journal = (struct journal){ 0 };
	free_writer(w);
	return 0;
}

int
journal_create(const char *dir, const char *target_path, const struct changes *c,
	       struct journal *ret, struct error *err)
{
	struct journal_writer *w = journal_begin(dir, target_path, &c->identity, err);

	*ret = (struct journal){ 0 };
	if (!w)
		return -1;
	if (journal_add(w, c, err) < 0 || journal_end(w, ret, err) < 0) {
		journal_drop(w);
		return -1;
	}
	return 0;
}
