/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing and reading journals.  docs/journal.md has the format; every number is little-endian and
 * goes through put_ and get_ functions.  journal-list.c finds them, journal-remains.c looks at what is left of a damaged one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "block/journal-private.h"
#include "block/journal.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/filetime.h"
#include "util/io.h"
#include "util/sha256.h"

#define MAGIC	      JOURNAL_MAGIC
#define HEADER	      JOURNAL_HEADER
#define HEADER_HASHED JOURNAL_HEADER_HASHED
#define WATCH_SIZE    JOURNAL_WATCH
#define RECORD_HEAD   JOURNAL_RECORD_HEAD
#define BUFFER	      (1u << 20)

static const char *const suffixes[] = { [JOURNAL_TMP] = ".tmp",
					[JOURNAL_PENDING] = "",
					[JOURNAL_APPLIED] = ".applied",
					[JOURNAL_UNDOING] = ".undoing",
					[JOURNAL_UNDONE] = ".undone" };

const char *
journal_state_text(enum journal_state state)
{
	static const char *const names[] = { "unfinished", "pending", "applied", "undoing",
					     "undone" };

	return names[state];
}

/* ---- writing ---- */

/* The payload on its way to the file: buffered and hashed. */
struct writer {
	int fd;
	uint8_t *buf;
	size_t used;
	uint64_t len;
	struct sha256 *sum;
	int failed; /* errno of the first failure */
};

static void
drain(struct writer *w)
{
	if (!w->failed && w->used && io_write_full(w->fd, w->buf, w->used) < 0)
		w->failed = errno;
	w->used = 0;
}

static void
emit(struct writer *w, const void *p, size_t n)
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
emit_payload(struct writer *w, const char *target_path, const struct changes *c)
{
	emit(w, target_path, strlen(target_path));
	emit(w, c->manifest ? c->manifest : "", c->manifest ? strlen(c->manifest) : 0);
	for (size_t i = 0; i < c->watch_count; i++) {
		uint8_t b[WATCH_SIZE] = { 0 };

		put_u64(b, c->watches[i].offset);
		put_u32(b + 8, c->watches[i].len);
		memcpy(b + 16, c->watches[i].sha256, SHA256_SIZE);
		emit(w, b, sizeof b);
	}
	for (size_t i = 0; i < c->record_count; i++) {
		const struct record *r = &c->records[i];
		uint8_t b[RECORD_HEAD] = { 0 };

		put_u32(b, r->kind);
		put_u32(b + 4, r->phase);
		put_u64(b + 8, r->offset);
		put_u32(b + 16, r->before_len);
		put_u32(b + 20, r->after_len);
		put_u32(b + 24, r->path ? (uint32_t)strlen(r->path) : 0);
		emit(w, b, sizeof b);
		emit(w, r->path ? r->path : "", r->path ? strlen(r->path) : 0);
		emit(w, r->before, r->before_len);
		emit(w, r->after, r->after_len);
	}
}

static void
fill_header(uint8_t h[HEADER], const struct changes *c, uint64_t time, size_t target_len,
	    uint64_t payload_len, const uint8_t payload_sum[SHA256_SIZE])
{
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
	put_u64(h + 72, time);
	put_u64(h + 80, c->record_count);
	put_u64(h + 88, c->watch_count);
	put_u64(h + 96, c->manifest ? strlen(c->manifest) : 0);
	put_u64(h + 104, target_len);
	put_u64(h + 112, payload_len);
	memcpy(h + 120, payload_sum, SHA256_SIZE);
	sha256_of(h, HEADER_HASHED, h + HEADER_HASHED);
}

/* Header, payload, fsync: the whole file.  `header` is the one that was written. */
static int
write_file(int fd, const char *target_path, const struct changes *c, uint64_t time,
	   uint8_t header[HEADER])
{
	static const uint8_t nothing[HEADER];
	CLEANUP_FREE uint8_t *buf = xmalloc(BUFFER);
	struct writer w = { .fd = fd, .buf = buf };
	uint8_t sum[SHA256_SIZE];

	if (io_write_full(fd, nothing, HEADER) < 0)
		return -1;
	w.sum = sha256_new();
	emit_payload(&w, target_path, c);
	drain(&w);
	sha256_done(w.sum, sum);
	if (w.failed) {
		errno = w.failed;
		return -1;
	}
	fill_header(header, c, time, strlen(target_path), w.len, sum);
	return io_pwrite_full(fd, header, HEADER, 0) < 0 || fsync(fd) < 0 ? -1 : 0;
}

/* "DIR/20261124T101530Z-1A2B3C4D5E6F7788.journal", with -2, -3, … when a journal of that second is there. */
static char *
name_journal(const char *dir, const struct changes *c, uint64_t time, int try)
{
	struct timespec ts = filetime_to_timespec(time);
	CLEANUP_FREE char *serial = c->identity.ntfs_serial ?
					    xasprintf("%016llX",
						      (unsigned long long)c->identity.ntfs_serial) :
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
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		CLEANUP_FREE char *path = xasprintf("%s%s", base, suffixes[i]);

		if (access(path, F_OK) == 0)
			return true;
	}
	return false;
}

/* Opens a new NAME.journal.tmp; its base in `*ret_base`. */
static int
open_new(const char *dir, const struct changes *c, uint64_t time, char **ret_base,
	 struct error *err)
{
	for (int try = 1; try < 1000; try++) {
		CLEANUP_FREE char *base = name_journal(dir, c, time, try);
		CLEANUP_FREE char *path = xasprintf("%s.tmp", base);
		int fd;

		if (name_taken(base))
			continue;
		fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd >= 0) {
			*ret_base = steal(&base);
			return fd;
		}
		if (errno != EEXIST)
			return error_sys(err, errno, "cannot make a journal in '%s'", dir);
	}
	return error_set(err, ERR_EXISTS, "too many journals of this second in '%s'", dir);
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
journal_create(const char *dir, const char *target_path, const struct changes *c,
	       struct journal *ret, struct error *err)
{
	uint64_t time = filetime_now();
	CLEANUP_FREE char *base = NULL;
	CLEANUP_FREE char *path = NULL;
	CLEANUP_FD int fd = -1;
	uint8_t header[HEADER];

	*ret = (struct journal){ 0 };
	if (io_make_dirs(dir, err) < 0)
		return -1;
	fd = open_new(dir, c, time, &base, err);
	if (fd < 0)
		return -1;
	path = xasprintf("%s.tmp", base);
	if (write_file(fd, target_path, c, time, header) < 0) {
		error_sys(err, errno,
			  "cannot write the journal in '%s'; nothing was changed on the target",
			  dir);
		unlink(path);
		return -1;
	}
	/* trusted only as it reads back, from the medium */
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	if (verify_file(fd, path, header, err) < 0 || io_sync_folder_of(path, err) < 0) {
		unlink(path);
		return -1;
	}
	*ret = (struct journal){ .path = steal(&path),
				 .base = steal(&base),
				 .state = JOURNAL_TMP,
				 .time = time,
				 .target_path = xstrdup(target_path) };
	return 0;
}

/* ---- reading ---- */

static int
damaged(struct error *err, const char *path, const char *what)
{
	return error_set(err, ERR_CORRUPT, "'%s' is no sound journal: %s", path, what);
}

bool
journal_header_is_whole(const uint8_t h[HEADER])
{
	uint8_t sum[SHA256_SIZE];

	sha256_of(h, HEADER_HASHED, sum);
	return memcmp(sum, h + HEADER_HASHED, SHA256_SIZE) == 0;
}

void
journal_header_identity(const uint8_t h[HEADER], struct target_identity *id)
{
	id->kind = get_u32(h + 16) == TARGET_DIRECTORY ? TARGET_DIRECTORY : TARGET_DEVICE;
	id->sector_size = get_u32(h + 20);
	id->device_size = get_u64(h + 24);
	memcpy(id->table_id, h + 32, 16);
	id->partition_offset = get_u64(h + 48);
	id->partition_len = get_u64(h + 56);
	id->ntfs_serial = get_u64(h + 64);
}

static int
read_header(const uint8_t *h, size_t size, struct journal *j, const char *path, struct error *err)
{
	uint8_t sum[SHA256_SIZE];

	if (size < HEADER || memcmp(h, MAGIC, 8) != 0)
		return damaged(err, path, "it does not begin as one");
	if (!journal_header_is_whole(h))
		return damaged(err, path, "its header's checksum is wrong");
	if (get_u32(h + 8) != JOURNAL_VERSION || get_u32(h + 12) != HEADER)
		return error_set(err, ERR_UNSUPPORTED,
				 "'%s' is a journal of version %u; this resprep knows %d", path,
				 get_u32(h + 8), JOURNAL_VERSION);
	if (get_u64(h + 112) != size - HEADER)
		return damaged(err, path, "its length is wrong");
	sha256_of(h + HEADER, size - HEADER, sum);
	if (memcmp(sum, h + 120, SHA256_SIZE) != 0)
		return damaged(err, path, "its content's checksum is wrong");
	journal_header_identity(h, &j->changes.identity);
	j->time = get_u64(h + 72);
	return 0;
}

static char *
take_text(struct reader *r, uint64_t len)
{
	const char *p = reader_take(r, len);

	return p ? xstrndup(p, (size_t)len) : NULL;
}

static void
read_watches(struct reader *r, uint64_t count, struct changes *c)
{
	for (uint64_t i = 0; i < count && !r->failed; i++) {
		const uint8_t *b = reader_take(r, WATCH_SIZE);

		if (b)
			changes_add_watch(c, get_u64(b), get_u32(b + 8), b + 16);
	}
}

void
journal_read_records(struct reader *r, uint64_t count, struct changes *c)
{
	for (uint64_t i = 0; i < count && !r->failed; i++) {
		const uint8_t *b = reader_take(r, RECORD_HEAD);
		uint32_t path_len = b ? get_u32(b + 24) : 0;
		CLEANUP_FREE char *path = b && path_len ? take_text(r, path_len) : NULL;
		const uint8_t *before = b ? reader_take(r, get_u32(b + 16)) : NULL;
		const uint8_t *after = b ? reader_take(r, get_u32(b + 20)) : NULL;

		if (!r->failed)
			changes_add(c, (enum record_kind)get_u32(b), get_u32(b + 4), path,
				    get_u64(b + 8), before, get_u32(b + 16), after,
				    get_u32(b + 20));
	}
}

static int
parse(const uint8_t *p, size_t size, struct journal *j, const char *path, struct error *err)
{
	struct reader r;
	uint64_t manifest_len;

	if (read_header(p, size, j, path, err) < 0)
		return -1;
	r = reader_over(p + HEADER, size - HEADER);
	j->target_path = take_text(&r, get_u64(p + 104));
	manifest_len = get_u64(p + 96);
	j->changes.manifest = manifest_len ? take_text(&r, manifest_len) : NULL;
	read_watches(&r, get_u64(p + 88), &j->changes);
	journal_read_records(&r, get_u64(p + 80), &j->changes);
	if (r.failed || r.left)
		return damaged(err, path, "its lengths do not fit together");
	/* the checksums only say that it is what somebody wrote: where it writes is checked again */
	if (changes_check(&j->changes, err) < 0)
		return error_prefix(err, "'%s'", path);
	return 0;
}

/* The state that a path's suffix names, and the path without it; the caller's. */
static char *
split_state(const char *path, enum journal_state *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		size_t n = strlen(path), k = strlen(suffixes[i]);

		if (k && n > k && strcmp(path + n - k, suffixes[i]) == 0) {
			*ret = (enum journal_state)i;
			return xstrndup(path, n - k);
		}
	}
	*ret = JOURNAL_PENDING;
	return xstrdup(path);
}

int
journal_locate(const char *path, struct journal *j, struct error *err)
{
	j->base = split_state(path, &j->state);
	if (access(path, F_OK) == 0) {
		j->path = xstrdup(path);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		char *other = xasprintf("%s%s", j->base, suffixes[i]);

		if (access(other, F_OK) == 0) {
			j->path = other;
			j->state = (enum journal_state)i;
			return 0;
		}
		free(other);
	}
	return error_set(err, ERR_NOT_FOUND, "there is no journal '%s'", path);
}

int
journal_read(const char *path, struct journal *ret, struct error *err)
{
	CLEANUP_JOURNAL struct journal j = { 0 };
	CLEANUP_FREE char *bytes = NULL;
	struct stat st;
	size_t size;

	if (journal_locate(path, &j, err) < 0)
		return -1;
	if (stat(j.path, &st) < 0)
		return error_sys(err, errno, "cannot read '%s'", j.path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERR_CORRUPT, "'%s' is no file", j.path);
	bytes = io_read_file(j.path, JOURNAL_LIMIT, &size, err);
	if (!bytes || parse((const uint8_t *)bytes, size, &j, j.path, err) < 0)
		return -1;
	*ret = j;
	j = (struct journal){ 0 };
	return 0;
}

int
journal_discard(const char *path, struct error *err)
{
	CLEANUP_JOURNAL struct journal j = { 0 };
	CLEANUP_ERROR struct error absent = ERROR_INIT;

	if (journal_locate(path, &j, &absent) < 0 || j.state != JOURNAL_TMP)
		return 0;
	if (unlink(j.path) < 0)
		return error_sys(err, errno, "cannot remove '%s'", j.path);
	return io_sync_folder_of(j.path, err) < 0 ? -1 : 1;
}

int
journal_set_state(struct journal *j, enum journal_state state, struct error *err)
{
	char *path = xasprintf("%s%s", j->base, suffixes[state]);

	if (rename(j->path, path) < 0) {
		error_sys(err, errno, "cannot rename the journal '%s'", j->path);
		free(path);
		return -1;
	}
	free(j->path);
	j->path = path;
	j->state = state;
	return io_sync_folder_of(path, err);
}

void
journal_clear(struct journal *j)
{
	free(j->path);
	free(j->base);
	free(j->target_path);
	changes_clear(&j->changes);
	*j = (struct journal){ 0 };
}
