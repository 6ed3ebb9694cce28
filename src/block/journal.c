/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading journals, and their names; journal-write.c writes them.  docs/journal.md has the format; every number is little-endian and
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
#include "util/spool.h"

#define MAGIC	      JOURNAL_MAGIC
#define HEADER	      JOURNAL_HEADER
#define HEADER_HASHED JOURNAL_HEADER_HASHED
#define WATCH_SIZE    JOURNAL_WATCH
#define RECORD_HEAD   JOURNAL_RECORD_HEAD
#define BUFFER	      (256u << 10)
#define NAME_END      ".journal"

static const char *const suffixes[] = { [JOURNAL_TMP] = ".tmp",
					[JOURNAL_PENDING] = "",
					[JOURNAL_APPLIED] = ".applied",
					[JOURNAL_UNDOING] = ".undoing",
					[JOURNAL_UNDONE] = ".undone" };

const char *
journal_suffix(enum journal_state state)
{
	return suffixes[state];
}

const char *
journal_state_text(enum journal_state state)
{
	static const char *const names[] = { "unfinished", "pending", "applied", "undoing",
					     "undone" };

	return names[state];
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

/* The whole payload through SHA-256. */
static int
payload_sum(int fd, uint64_t size, uint8_t sum[SHA256_SIZE], const char *path, struct error *err)
{
	CLEANUP_FREE uint8_t *buf = xmalloc(BUFFER);
	struct sha256 *s = sha256_new();
	ssize_t n = 0;

	for (uint64_t at = HEADER; at < size; at += (uint64_t)n) {
		n = io_pread_full(fd, buf, size - at < BUFFER ? (size_t)(size - at) : BUFFER, at);
		if (n <= 0)
			break;
		sha256_add(s, buf, (size_t)n);
	}
	sha256_done(s, sum);
	return n < 0 ? error_sys(err, errno, "cannot read '%s'", path) : 0;
}

static int
read_header(int fd, const uint8_t *h, uint64_t size, struct journal *j, const char *path,
	    struct error *err)
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
	if (payload_sum(fd, size, sum, path, err) < 0)
		return -1;
	if (memcmp(sum, h + 120, SHA256_SIZE) != 0)
		return damaged(err, path, "its content's checksum is wrong");
	journal_header_identity(h, &j->changes.identity);
	j->time = get_u64(h + 72);
	return 0;
}

/* The payload, from its beginning to its end. */
struct payload {
	int fd;
	uint64_t at, end;
	bool failed;
};

static bool
skip(struct payload *r, uint64_t n)
{
	r->failed |= n > r->end - r->at;
	if (!r->failed)
		r->at += n;
	return !r->failed;
}

static bool
take(struct payload *r, void *buf, size_t n)
{
	uint64_t at = r->at;

	if (!skip(r, n))
		return false;
	r->failed = io_pread_full(r->fd, buf, n, at) != (ssize_t)n;
	return !r->failed;
}

/* The caller's; NULL when it is not there.  It was measured before room is made for it. */
static char *
take_text(struct payload *r, uint64_t len)
{
	CLEANUP_FREE char *text = NULL;

	if (r->failed || len > r->end - r->at) {
		r->failed = true;
		return NULL;
	}
	text = xmalloc((size_t)len + 1);
	text[len] = '\0';
	return take(r, text, (size_t)len) ? steal(&text) : NULL;
}

static void
read_watches(struct payload *r, uint64_t count, struct changes *c)
{
	for (uint64_t i = 0; i < count && !r->failed; i++) {
		uint8_t b[WATCH_SIZE];

		if (take(r, b, sizeof b))
			changes_add_watch(c, get_u64(b), get_u32(b + 8), b + 16);
	}
}

static void
read_records(struct payload *r, uint64_t count, struct changes *c)
{
	for (uint64_t i = 0; i < count && !r->failed; i++) {
		uint8_t b[RECORD_HEAD];
		CLEANUP_FREE char *path = NULL;
		uint64_t images;

		if (!take(r, b, sizeof b))
			return;
		path = get_u32(b + 24) ? take_text(r, get_u32(b + 24)) : NULL;
		images = r->at;
		if (!r->failed && skip(r, get_u32(b + 16)) && skip(r, get_u32(b + 20)))
			changes_add_spooled(c, (enum record_kind)get_u32(b), get_u32(b + 4), path,
					    get_u64(b + 8), images, get_u32(b + 16),
					    get_u32(b + 20));
	}
}

static int
parse(int fd, uint64_t size, struct journal *j, const char *path, struct error *err)
{
	struct payload r = { .fd = fd, .at = HEADER, .end = size };
	uint8_t h[HEADER] = { 0 };

	if (io_pread_full(fd, h, HEADER, 0) < 0)
		return error_sys(err, errno, "cannot read '%s'", path);
	if (read_header(fd, h, size, j, path, err) < 0)
		return -1;
	j->target_path = take_text(&r, get_u64(h + 104));
	j->manifest_at = r.at;
	j->manifest_len = get_u64(h + 96);
	skip(&r, j->manifest_len);
	read_watches(&r, get_u64(h + 88), &j->changes);
	read_records(&r, get_u64(h + 80), &j->changes);
	if (r.failed || r.at != r.end)
		return damaged(err, path, "its lengths do not fit together");
	/* the checksums only say that it is what somebody wrote: where it writes is checked again */
	if (changes_check(&j->changes, err) < 0)
		return error_prefix(err, "'%s'", path);
	return 0;
}

int
journal_fd(const struct journal *j)
{
	return j->file ? spool_fd(j->file) : -1;
}

char *
journal_manifest(const struct journal *j, struct error *err)
{
	CLEANUP_FREE char *text = xmalloc((size_t)j->manifest_len + 1);

	text[j->manifest_len] = '\0';
	if (j->manifest_len &&
	    spool_read(j->file, text, (size_t)j->manifest_len, j->manifest_at, err) < 0)
		return NULL;
	return steal(&text);
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

/* "….journal" with the suffix of a state. */
static bool
is_named(const char *path)
{
	enum journal_state state;
	CLEANUP_FREE char *base = split_state(path, &state);
	size_t n = strlen(base), k = strlen(NAME_END);

	return n > k && strcmp(base + n - k, NAME_END) == 0;
}

bool
journal_may_be(const char *path)
{
	uint8_t h[HEADER] = { 0 };
	int fd;

	if (is_named(path))
		return true;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return true;
	if (io_pread_full(fd, h, sizeof h, 0) < 0)
		memset(h, 0, sizeof h);
	close(fd);
	return memcmp(h, MAGIC, 8) == 0 ||
	       (get_u32(h + 8) == JOURNAL_VERSION && get_u32(h + 12) == HEADER) ||
	       journal_header_is_whole(h);
}

int
journal_read(const char *path, struct journal *ret, struct error *err)
{
	CLEANUP_JOURNAL struct journal j = { 0 };
	struct stat st;
	int fd;

	if (journal_locate(path, &j, err) < 0)
		return -1;
	fd = open(j.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0)
		j.file = j.changes.spool = spool_over(fd);
	if (fd < 0 && (errno == EACCES || errno == EPERM))
		return error_sys(
			err, errno,
			"cannot read '%s', which is for the user who made it and for root (sudo)",
			j.path);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_sys(err, errno, "cannot read '%s'", j.path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERR_CORRUPT, "'%s' is no file", j.path);
	if ((uint64_t)st.st_size > JOURNAL_LIMIT)
		return error_set(err, ERR_LIMIT, "'%s' is larger than the %llu bytes that are read",
				 j.path, (unsigned long long)JOURNAL_LIMIT);
	if (parse(fd, (uint64_t)st.st_size, &j, j.path, err) < 0)
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

	if (journal_locate(path, &j, &absent) < 0 || j.state != JOURNAL_TMP || !is_named(j.path))
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
	spool_free(j->file);
	*j = (struct journal){ 0 };
}
