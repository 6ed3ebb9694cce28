/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a damaged journal as far as it goes. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "block/journal-private.h"
#include "block/journal-remains.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/io.h"

#define WHEN_LEN 16 /* "20261124T101530Z" */

static bool
is_when(const char *s)
{
	for (size_t i = 0; i < WHEN_LEN; i++)
		if (i == 8	      ? s[i] != 'T' :
		    i == WHEN_LEN - 1 ? s[i] != 'Z' :
					!strchr("0123456789", s[i]) || !s[i])
			return false;
	return true;
}

/* "TIME-SERIAL.journal", "TIME-FOLDER-2.journal.undoing": the number, 0 for a folder. */
static bool
serial_in_name(const char *path, uint64_t *ret)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *from;
	char *end;

	if (strlen(name) <= WHEN_LEN || !is_when(name) || name[WHEN_LEN] != '-')
		return false;
	from = name + WHEN_LEN + 1;
	if (strncmp(from, "FOLDER", 6) == 0) {
		*ret = 0;
		end = (char *)(uintptr_t)from + 6;
	} else {
		*ret = strtoull(from, &end, 16);
		if (end != from + 16)
			return false;
	}
	return *end == '.' || *end == '-';
}

/* Records until `count`, or until the reader fails; that one is not added. */
static void
read_records(struct reader *r, uint64_t count, struct changes *c)
{
	for (uint64_t i = 0; i < count && !r->failed; i++) {
		const uint8_t *b = reader_take(r, JOURNAL_RECORD_HEAD);
		uint32_t path_len = b ? get_u32(b + 24) : 0;
		const char *name = path_len ? reader_take(r, path_len) : NULL;
		CLEANUP_FREE char *path = name ? xstrndup(name, path_len) : NULL;
		const uint8_t *before = b ? reader_take(r, get_u32(b + 16)) : NULL;
		const uint8_t *after = b ? reader_take(r, get_u32(b + 20)) : NULL;

		if (!r->failed)
			changes_add(c, (enum record_kind)get_u32(b), get_u32(b + 4), path,
				    get_u64(b + 8), before, get_u32(b + 16), after,
				    get_u32(b + 20));
	}
}

/* The longest beginning of the list that is well formed; that of a list that is, is too. */
static void
drop_impossible(struct changes *c)
{
	size_t all = c->record_count, good = 0, bad = all + 1;

	while (bad - good > 1) {
		CLEANUP_ERROR struct error ignored = ERROR_INIT;

		c->record_count = good + (bad - good) / 2;
		if (changes_check(c, &ignored) < 0)
			bad = c->record_count;
		else
			good = c->record_count;
	}
	for (size_t i = good; i < all; i++) {
		free(c->records[i].path);
		free(c->records[i].before);
		free(c->records[i].after);
	}
	c->record_count = good;
}

/* `p` is the whole file. */
static void
read_payload(const uint8_t *p, size_t size, struct journal_remains *r)
{
	struct reader in = reader_over(p + JOURNAL_HEADER, size - JOURNAL_HEADER);
	uint64_t path_len = get_u64(p + 104), watches = get_u64(p + 88);
	const char *path = reader_take(&in, path_len);

	if (path && path_len && path[0] == '/')
		r->target_path = xstrndup(path, (size_t)path_len);
	reader_take(&in, get_u64(p + 96));
	if (watches > in.left / JOURNAL_WATCH)
		return;
	reader_take(&in, watches * JOURNAL_WATCH);
	read_records(&in, r->promised, &r->changes);
	drop_impossible(&r->changes);
}

static bool
is_header(const uint8_t p[JOURNAL_HEADER])
{
	return memcmp(p, JOURNAL_MAGIC, 8) == 0 && get_u32(p + 8) == JOURNAL_VERSION &&
	       get_u32(p + 12) == JOURNAL_HEADER;
}

int
journal_remains_head(const char *path, struct journal_remains *ret, struct error *err)
{
	CLEANUP_JOURNAL struct journal j = { 0 };
	CLEANUP_FD int fd = -1;
	uint8_t p[JOURNAL_HEADER];
	ssize_t n;

	*ret = (struct journal_remains){ 0 };
	if (journal_locate(path, &j, err) < 0)
		return -1;
	ret->path = steal(&j.path);
	ret->state = j.state;
	ret->named = serial_in_name(ret->path, &ret->name_serial);
	fd = open(ret->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	n = fd < 0 ? -1 : io_pread_full(fd, p, sizeof p, 0);
	if (n < 0)
		return error_sys(err, errno, "cannot read '%s'", ret->path);
	if (n < (ssize_t)sizeof p || !is_header(p))
		return 0;
	ret->known_header = true;
	ret->whole_header = journal_header_is_whole(p);
	journal_header_identity(p, &ret->changes.identity);
	ret->time = get_u64(p + 72);
	ret->promised = get_u64(p + 80);
	return 0;
}

int
journal_remains_read(const char *path, struct journal_remains *ret, struct error *err)
{
	CLEANUP_FREE char *bytes = NULL;
	size_t size = 0;

	if (journal_remains_head(path, ret, err) < 0)
		return -1;
	if (!ret->known_header)
		return 0;
	bytes = io_read_file(ret->path, JOURNAL_REMAINS_MAX, &size, err);
	if (!bytes && err->code == ERR_LIMIT) {
		error_clear(err);
		ret->too_large = true;
		return 0;
	}
	if (!bytes)
		return -1;
	/* it has been another file by now, if it is shorter or begins otherwise */
	if (size >= JOURNAL_HEADER && is_header((const uint8_t *)bytes))
		read_payload((const uint8_t *)bytes, size, ret);
	return 0;
}

void
journal_remains_clear(struct journal_remains *r)
{
	free(r->path);
	free(r->target_path);
	changes_clear(&r->changes);
	*r = (struct journal_remains){ 0 };
}

bool
journal_remains_may_be_of(const struct journal_remains *r, const struct target_identity *id)
{
	const struct target_identity *its = &r->changes.identity;
	bool folder = id->kind == TARGET_DIRECTORY;

	if (!r->named && !r->known_header)
		return true;
	if (r->known_header && r->whole_header && its->kind == id->kind && !folder)
		return its->ntfs_serial == id->ntfs_serial &&
		       (id->ntfs_serial || its->partition_len == id->partition_len);
	if (r->known_header && r->whole_header)
		return its->ntfs_serial && id->ntfs_serial ? its->ntfs_serial == id->ntfs_serial :
							     its->kind == id->kind;
	/* a folder's may be of any folder of which the volume is not known */
	return (r->named && (r->name_serial == id->ntfs_serial || (folder && !r->name_serial))) ||
	       (r->known_header &&
		(its->ntfs_serial == id->ntfs_serial || (folder && its->kind == TARGET_DIRECTORY)));
}
