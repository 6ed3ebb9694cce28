/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of changes that goes from the parsing to the committing side. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "block/changes.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/spool.h"

/* Takes the images. */
static void
append(struct changes *c, const struct record *r)
{
	ARRAY_GROW(c->records, c->record_count);
	c->records[c->record_count] = *r;
	c->records[c->record_count++].path = xstrdup(r->path);
}

void
changes_add_spooled(struct changes *c, enum record_kind kind, uint32_t phase, const char *path,
		    uint64_t offset, uint64_t at, uint32_t before_len, uint32_t after_len)
{
	append(c, &(struct record){ .kind = kind,
				    .phase = phase,
				    .path = (char *)(uintptr_t)path,
				    .offset = offset,
				    .before_len = before_len,
				    .after_len = after_len,
				    .at = at });
}

void
changes_add(struct changes *c, enum record_kind kind, uint32_t phase, const char *path,
	    uint64_t offset, const void *before, uint32_t before_len, const void *after,
	    uint32_t after_len)
{
	uint64_t at = 0;
	struct record *r;

	if (c->spool) {
		at = spool_add(c->spool, before, before_len);
		spool_add(c->spool, after, after_len);
	}
	changes_add_spooled(c, kind, phase, path, offset, at, before_len, after_len);
	r = &c->records[c->record_count - 1];
	if (!c->spool) {
		r->before = xmemdup(before, before_len);
		r->after = xmemdup(after, after_len);
	}
}

void
changes_add_borrowed(struct changes *c, enum record_kind kind, uint32_t phase, const char *path,
		     uint64_t offset, const void *before, uint32_t before_len, const void *after,
		     uint32_t after_len)
{
	c->borrowed = true;
	append(c, &(struct record){ .kind = kind,
				    .phase = phase,
				    .path = (char *)(uintptr_t)path,
				    .offset = offset,
				    .before_len = before_len,
				    .after_len = after_len,
				    .before = (uint8_t *)(uintptr_t)before,
				    .after = (uint8_t *)(uintptr_t)after });
}

void
changes_move_records(struct changes *c, struct changes *from)
{
	if (from->spool)
		c->spool = from->spool;
	for (size_t i = 0; i < from->record_count; i++) {
		ARRAY_GROW(c->records, c->record_count);
		c->records[c->record_count++] = from->records[i];
	}
	from->record_count = 0;
}

uint8_t *
changes_buffer(void)
{
	return xmalloc(RECORD_MAX);
}

const uint8_t *
changes_image(const struct changes *c, const struct record *r, bool after, uint32_t in,
	      uint32_t len, void *buf, struct error *err)
{
	const uint8_t *image = after ? r->after : r->before;

	if (r->before || r->after)
		return image + in;
	if (spool_read(c->spool, buf, len, r->at + (after ? r->before_len : 0) + in, err) < 0)
		return NULL;
	return buf;
}

int
changes_load(const struct changes *c, struct record *r, struct error *err)
{
	CLEANUP_FREE uint8_t *before = NULL;
	CLEANUP_FREE uint8_t *after = NULL;

	if (r->before || r->after)
		return 0;
	before = xmalloc(r->before_len);
	after = xmalloc(r->after_len);
	if (spool_read(c->spool, before, r->before_len, r->at, err) < 0 ||
	    spool_read(c->spool, after, r->after_len, r->at + r->before_len, err) < 0)
		return -1;
	r->before = steal(&before);
	r->after = steal(&after);
	return 0;
}

void
changes_add_watch(struct changes *c, uint64_t offset, uint32_t len,
		  const uint8_t sha256[SHA256_SIZE])
{
	struct watch *w;

	ARRAY_GROW(c->watches, c->watch_count);
	w = &c->watches[c->watch_count++];
	w->offset = offset;
	w->len = len;
	memcpy(w->sha256, sha256, SHA256_SIZE);
}

static int
by_place(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

uint64_t
changes_sectors(const struct changes *c)
{
	CLEANUP_FREE uint64_t *places = NULL;
	size_t n = 0, distinct = 0;

	for (size_t i = 0; i < c->record_count; i++)
		if (c->records[i].kind == RECORD_SECTORS)
			n += (c->records[i].after_len + 511) / 512;
	places = xcalloc(n, sizeof *places);
	n = 0;
	for (size_t i = 0; i < c->record_count; i++)
		for (uint32_t k = 0;
		     c->records[i].kind == RECORD_SECTORS && k < c->records[i].after_len; k += 512)
			places[n++] = (c->records[i].offset + k) / 512;
	qsort(places, n, sizeof *places, by_place);
	for (size_t i = 0; i < n; i++)
		distinct += i == 0 || places[i] != places[i - 1];
	return distinct;
}

/* Relative, no empty or special parts: cannot lead out of the directory. */
static bool
path_is_safe(const char *path)
{
	if (!path || !*path)
		return false;
	while (*path) {
		size_t n = strcspn(path, "/");

		if (n == 0 || (n == 1 && path[0] == '.') ||
		    (n == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		path += n;
		if (*path == '/' && !*++path)
			return false;
	}
	return true;
}

static int
check_sectors(const struct changes *c, const struct record *r, struct error *err)
{
	const struct target_identity *id = &c->identity;
	uint64_t unit = id->sector_size;

	if (r->before_len != r->after_len)
		return error_set(err, ERR_INTERNAL, "a record of sectors changes its length");
	/* the last sector of an odd image may be short */
	if (r->offset % unit ||
	    (r->after_len % unit && r->offset + r->after_len != id->device_size))
		return error_set(err, ERR_INTERNAL, "a record at %" PRIu64 " is no whole sectors",
				 r->offset);
	if (r->offset < id->partition_offset || r->after_len > id->partition_len ||
	    r->offset - id->partition_offset > id->partition_len - r->after_len)
		return error_set(err, ERR_INTERNAL,
				 "a record at %" PRIu64 " lies outside the partition", r->offset);
	return 0;
}

static int
check_record(const struct changes *c, const struct record *r, struct error *err)
{
	if (r->before_len > RECORD_MAX || r->after_len > RECORD_MAX ||
	    (r->before_len == 0 && r->after_len == 0))
		return error_set(err, ERR_INTERNAL,
				 "a record at %" PRIu64 " has an impossible length", r->offset);
	switch (r->kind) {
	case RECORD_SECTORS:
		if (c->identity.kind != TARGET_DEVICE || r->path)
			return error_set(err, ERR_INTERNAL, "a record of sectors for a folder");
		return check_sectors(c, r, err);
	case RECORD_FILE:
		if (c->identity.kind != TARGET_DIRECTORY || !path_is_safe(r->path))
			return error_set(err, ERR_INTERNAL,
					 "a record of a file with an impossible path");
		if (r->offset > INT64_MAX - RECORD_MAX)
			return error_set(err, ERR_INTERNAL,
					 "a record of '%s' with an impossible place", r->path);
		return 0;
	}
	return error_set(err, ERR_INTERNAL, "a record of an unknown kind");
}

static bool
overlap(const struct record *a, const struct record *b)
{
	uint32_t an = a->after_len > a->before_len ? a->after_len : a->before_len;
	uint32_t bn = b->after_len > b->before_len ? b->after_len : b->before_len;

	if (a->kind != b->kind || a->phase != b->phase ||
	    (a->path && strcmp(a->path, b->path) != 0))
		return false;
	return a->offset < b->offset + bn && b->offset < a->offset + an;
}

/* By phase, file and place. */
static int
by_order(const void *a, const void *b)
{
	const struct record *x = *(const struct record *const *)a,
			    *y = *(const struct record *const *)b;
	int order = x->phase < y->phase ? -1 : x->phase > y->phase;

	if (!order && x->path && y->path)
		order = strcmp(x->path, y->path);
	return order ? order : by_place(&x->offset, &y->offset);
}

/* All records are well formed, so that of those in order two that overlap have neighbours that do. */
static int
check_overlap(const struct changes *c, struct error *err)
{
	CLEANUP_FREE const struct record **sorted = xcalloc(c->record_count, sizeof *sorted);

	for (size_t i = 0; i < c->record_count; i++)
		sorted[i] = &c->records[i];
	qsort(sorted, c->record_count, sizeof *sorted, by_order);
	for (size_t i = 1; i < c->record_count; i++)
		if (overlap(sorted[i - 1], sorted[i]))
			return error_set(err, ERR_INTERNAL,
					 "two records of one phase overlap at %" PRIu64,
					 sorted[i]->offset);
	return 0;
}

int
changes_check(const struct changes *c, struct error *err)
{
	const struct target_identity *id = &c->identity;

	if (id->kind == TARGET_DEVICE &&
	    ((id->sector_size != 512 && id->sector_size != 4096) ||
	     id->partition_offset > id->device_size ||
	     id->partition_len > id->device_size - id->partition_offset))
		return error_set(err, ERR_INTERNAL, "the target's sizes do not fit together");
	for (size_t i = 0; i < c->record_count; i++) {
		const struct record *r = &c->records[i];

		if (check_record(c, r, err) < 0)
			return -1;
		if (i && r->phase < c->records[i - 1].phase)
			return error_set(err, ERR_INTERNAL,
					 "the phases of the records are not in order");
	}
	if (check_overlap(c, err) < 0)
		return -1;
	for (size_t i = 0; i < c->watch_count; i++)
		if (c->watches[i].offset > id->device_size ||
		    c->watches[i].len > id->device_size - c->watches[i].offset ||
		    c->watches[i].len > RECORD_MAX)
			return error_set(err, ERR_INTERNAL,
					 "a watched place lies outside the target");
	return 0;
}

void
changes_clear(struct changes *c)
{
	for (size_t i = 0; i < c->record_count; i++) {
		free(c->records[i].path);
		if (c->borrowed)
			continue;
		free(c->records[i].before);
		free(c->records[i].after);
	}
	free(c->records);
	free(c->watches);
	free(c->manifest);
	*c = (struct changes)CHANGES_INIT;
}
