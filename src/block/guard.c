/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Putting something before a list of changes: a flag that is set first and cleared last, or one of them. */
#include <string.h>

#include "block/block.h"
#include "block/changes.h"
#include "block/guard.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"

#define LARGEST_SECTOR 4096u

static bool
covers(const struct record *r, uint64_t place)
{
	return r->kind == RECORD_SECTORS && place >= r->offset && place - r->offset < r->after_len;
}

/* The sector at `start` as the last record leaves it. */
static int
last_image(const struct changes *c, uint64_t start, uint32_t size, uint8_t *image,
	   struct error *err)
{
	uint8_t buf[LARGEST_SECTOR];

	for (size_t i = 0; i < c->record_count; i++) {
		const struct record *r = &c->records[i];
		const uint8_t *p;

		if (!covers(r, start))
			continue;
		p = changes_image(c, r, true, (uint32_t)(start - r->offset), size, buf, err);
		if (!p)
			return -1;
		memcpy(image, p, size);
	}
	return 0;
}

/* Every image between the first phase and the last has the flag. */
static int
hold(struct changes *c, uint64_t place, uint8_t mask, struct error *err)
{
	for (size_t i = 0; i < c->record_count; i++) {
		struct record *r = &c->records[i];

		if (!covers(r, place))
			continue;
		if (changes_load(c, r, err) < 0)
			return -1;
		r->before[place - r->offset] |= mask;
		r->after[place - r->offset] |= mask;
	}
	return 0;
}

struct flag {
	uint64_t start; /* of its sector */
	size_t in;	/* its byte there */
	uint8_t before[LARGEST_SECTOR], set_first[LARGEST_SECTOR];
	uint8_t set_last[LARGEST_SECTOR], after[LARGEST_SECTOR];
};

static int
read_flag(struct flag *f, const struct changes *c, struct block *target, uint64_t place,
	  uint8_t mask, struct error *err)
{
	uint32_t size = c->identity.sector_size;

	f->start = place - place % size;
	f->in = (size_t)(place % size);
	if (block_read(target, f->before, size, f->start, err) < 0)
		return -1;
	memcpy(f->set_first, f->before, size);
	f->set_first[f->in] |= mask;
	memcpy(f->after, f->before, size);
	if (last_image(c, f->start, size, f->after, err) < 0)
		return -1;
	memcpy(f->set_last, f->after, size);
	f->set_last[f->in] |= mask;
	return 0;
}

/* The records of `c`, `by` phases later; `c` keeps the rest and has none any more. */
static struct changes
shift(struct changes *c, uint32_t by)
{
	struct changes old = { .records = c->records,
			       .record_count = c->record_count,
			       .spool = c->spool };

	for (size_t i = 0; i < old.record_count; i++)
		old.records[i].phase += by;
	c->records = NULL;
	c->record_count = 0;
	return old;
}

int
changes_guard(struct changes *c, struct block *target, const uint64_t *places, size_t count,
	      uint8_t mask, struct error *err)
{
	uint32_t size = c->identity.sector_size, last;
	CLEANUP_CHANGES struct changes old = CHANGES_INIT;
	struct flag flags[GUARD_PLACES];

	if (!c->record_count)
		return 0;
	if (c->borrowed)
		return error_set(err, ERR_INTERNAL, "a guard of bytes that are somebody else's");
	if (count > GUARD_PLACES || size > LARGEST_SECTOR || size < 512)
		return error_set(err, ERR_INTERNAL, "a guard of %zu places, sectors of %u", count,
				 size);
	for (size_t i = 0; i < count; i++)
		if (read_flag(&flags[i], c, target, places[i], mask, err) < 0)
			return -1;
	old = shift(c, (uint32_t)count);
	last = old.records[old.record_count - 1].phase;
	for (size_t i = 0; i < count; i++) {
		const struct flag *f = &flags[i];

		if (memcmp(f->before, f->set_first, size) != 0)
			changes_add(c, RECORD_SECTORS, (uint32_t)i, NULL, f->start, f->before, size,
				    f->set_first, size);
		if (hold(&old, f->start + f->in, mask, err) < 0)
			return -1;
	}
	changes_move_records(c, &old);
	for (size_t i = count; i-- > 0;) {
		const struct flag *f = &flags[i];

		last++;
		if (memcmp(f->set_last, f->after, size) != 0)
			changes_add(c, RECORD_SECTORS, last, NULL, f->start, f->set_last, size,
				    f->after, size);
	}
	return 0;
}

/* Whether the record holds these bytes, before and after. */
static bool
holds(const struct record *r, const char *path, uint64_t offset, uint32_t len)
{
	if (!path != !r->path || (path && strcmp(path, r->path) != 0))
		return false;
	return r->before_len == r->after_len && offset >= r->offset && len <= r->after_len &&
	       offset - r->offset <= r->after_len - len;
}

/* These bytes of one of its images. */
static int
copy_image(const struct changes *c, const struct record *r, bool after, uint64_t offset,
	   uint32_t len, uint8_t *to, struct error *err)
{
	const uint8_t *p = changes_image(c, r, after, (uint32_t)(offset - r->offset), len, to, err);

	if (!p)
		return -1;
	if (p != to)
		memcpy(to, p, len);
	return 0;
}

int
changes_first(struct changes *c, const char *path, uint64_t offset, uint32_t len, struct error *err)
{
	CLEANUP_CHANGES struct changes old = CHANGES_INIT;
	const struct record *first = NULL, *last = NULL;
	CLEANUP_FREE uint8_t *before = NULL;
	CLEANUP_FREE uint8_t *after = NULL;

	for (size_t i = 0; i < c->record_count; i++)
		if (holds(&c->records[i], path, offset, len)) {
			last = &c->records[i];
			first = first ? first : last;
		}
	if (!last || c->borrowed)
		return error_set(err, ERR_INTERNAL, "what is to be written first does not change");
	before = xmalloc(len);
	after = xmalloc(len);
	if (copy_image(c, first, false, offset, len, before, err) < 0 ||
	    copy_image(c, last, true, offset, len, after, err) < 0)
		return -1;
	old = shift(c, 1);
	changes_add(c, path ? RECORD_FILE : RECORD_SECTORS, 0, path, offset, before, len, after,
		    len);
	for (size_t i = 0; i < old.record_count; i++) {
		struct record *r = &old.records[i];

		if (!holds(r, path, offset, len))
			continue;
		if (changes_load(&old, r, err) < 0)
			return -1;
		memcpy(r->before + (offset - r->offset), after, len);
		memcpy(r->after + (offset - r->offset), after, len);
	}
	changes_move_records(c, &old);
	return 0;
}
