/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Comparing a target with a journal.
 *
 * Records of equal length are cut into pieces of 512 bytes, sorted by place and phase, and each place's
 * images compared with what is there.  A record that changes the size of a file is one piece: as before,
 * as after, or, when the commit was interrupted in it, byte for byte one of the two, or not there yet.
 */
#include <stdlib.h>
#include <string.h>

#include "block/changes.h"
#include "block/commit-target.h"
#include "block/tally.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"

#define PIECE 512u

struct piece {
	const char *path; /* NULL on a device */
	uint64_t place;	  /* bytes */
	uint32_t len;
	size_t record; /* its order is that of the phases */
};

static int
by_place(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;
	int path = x->path && y->path ? strcmp(x->path, y->path) : 0;

	if (path)
		return path;
	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	return x->record < y->record ? -1 : x->record > y->record;
}

static struct piece *
cut(const struct changes *c, size_t *ret_count)
{
	struct piece *list;
	size_t n = 0;

	for (size_t i = 0; i < c->record_count; i++)
		n += c->records[i].after_len / PIECE + 2;
	list = xcalloc(n, sizeof *list);
	n = 0;
	for (size_t i = 0; i < c->record_count; i++) {
		const struct record *r = &c->records[i];
		uint64_t end = r->offset + r->after_len;

		if (r->before_len != r->after_len)
			continue;
		/* cut at multiples of the piece, so that the pieces of different phases meet */
		for (uint64_t at = r->offset; at < end;) {
			uint64_t next = at - at % PIECE + PIECE < end ? at - at % PIECE + PIECE :
									end;

			list[n++] = (struct piece){ r->path, at, (uint32_t)(next - at), i };
			at = next;
		}
	}
	qsort(list, n, sizeof *list, by_place);
	*ret_count = n;
	return list;
}

/* Who counts, and who else is told. */
struct count {
	struct commit_target *target;
	const struct changes *changes;
	struct tally *tally;
	tally_fn *fn;
	void *ctx;
};

static void
note(const struct count *n, const struct tally_place *p)
{
	struct tally *t = n->tally;

	t->total++;
	t->first += p->first;
	t->last += p->last;
	if (p->other && t->other++ == 0) {
		t->other_at = p->offset;
		t->other_path = p->path;
	}
	if (!p->last && !t->unlike) {
		t->unlike = true;
		t->unlike_at = p->offset;
		t->unlike_path = p->path;
	}
	if (n->fn)
		n->fn(n->ctx, p);
}

/* Whether one image of a piece is what is there: 1, 0, or -1. */
static int
is_image(const struct changes *c, const struct piece *p, bool after, const uint8_t *now,
	 size_t have, struct error *err)
{
	const struct record *r = &c->records[p->record];
	uint8_t buf[PIECE];
	const uint8_t *image;

	if (have < p->len)
		return 0;
	image = changes_image(c, r, after, (uint32_t)(p->place - r->offset), p->len, buf, err);
	return image ? memcmp(now, image, p->len) == 0 : -1;
}

/*
 * The pieces of one place: `first` to `last` of the list.  Pieces of a file may differ in length between
 * phases; then each is judged by itself.
 */
static int
judge(const struct piece *first, const struct piece *last, const uint8_t *now, size_t have,
      const struct count *n, struct error *err)
{
	const struct changes *c = n->changes;
	struct tally_place at = { first->path, first->place, last->len, false, false, false };
	int is_last = is_image(c, last, true, now, have, err);
	int is_first = is_last < 0 ? -1 : is_image(c, first, false, now, have, err);
	int valid = is_first < 0 ? -1 : is_last || is_first;

	for (const struct piece *p = first; p <= last && valid == 0; p++) {
		valid = is_image(c, p, true, now, have, err);
		if (valid == 0)
			valid = is_image(c, p, false, now, have, err);
	}
	if (valid < 0)
		return -1;
	at.last = is_last;
	at.first = is_first;
	at.other = !valid;
	note(n, &at);
	return 0;
}

static int
judge_pieces(const struct count *n, struct error *err)
{
	size_t count;
	CLEANUP_FREE struct piece *list = cut(n->changes, &count);
	CLEANUP_FREE uint8_t *now = xmalloc(PIECE);

	for (size_t i = 0, end; i < count; i = end) {
		size_t have;

		for (end = i + 1; end < count; end++)
			if (list[end].place != list[i].place ||
			    (list[i].path && strcmp(list[end].path, list[i].path) != 0))
				break;
		if (commit_target_read(n->target, list[i].path, now, PIECE, list[i].place, &have,
				       err) < 0 ||
		    judge(&list[i], &list[end - 1], now, have, n, err) < 0)
			return -1;
	}
	return 0;
}

/*
 * Whether each byte that is there is one of the record's two.  What only one side has may also be zero: after a power cut
 * a file can have its new size, but not yet its bytes, and then it reads as zeros.
 */
static bool
mixed(const struct record *r, const uint8_t *before, const uint8_t *after, const uint8_t *now,
      size_t have)
{
	uint32_t shortest = r->before_len < r->after_len ? r->before_len : r->after_len;

	for (size_t i = 0; i < have; i++) {
		bool is_before = i < r->before_len && now[i] == before[i];
		bool is_after = i < r->after_len && now[i] == after[i];

		if (!is_before && !is_after && (i < shortest || now[i]))
			return false;
	}
	return true;
}

/* Whether another record, before or behind `r` in the file, only makes the same file longer. */
static bool
grows_too(const struct changes *c, const struct record *r, bool behind)
{
	for (size_t i = 0; i < c->record_count; i++) {
		const struct record *o = &c->records[i];

		if (o != r && o->before_len == 0 && o->after_len && strcmp(o->path, r->path) == 0 &&
		    (behind ? o->offset > r->offset : o->offset < r->offset))
			return true;
	}
	return false;
}

/*
 * A record that changes the size of its file.  A file that grows by more than one record can be shorter than where this
 * one begins, and longer than where it ends.
 */
static int
judge_tail(const struct count *n, const struct record *r, struct error *err)
{
	const struct changes *c = n->changes;
	struct tally_place at = { r->path, r->offset, r->after_len, false, false, false };
	uint32_t longest = r->before_len > r->after_len ? r->before_len : r->after_len;
	uint32_t shortest = r->before_len < r->after_len ? r->before_len : r->after_len;
	CLEANUP_FREE uint8_t *now = xmalloc((size_t)longest + 1);
	CLEANUP_FREE uint8_t *buf = xmalloc((size_t)r->before_len + r->after_len + 1);
	const uint8_t *before = changes_image(c, r, false, 0, r->before_len, buf, err);
	const uint8_t *after = before ? changes_image(c, r, true, 0, r->after_len,
						      buf + r->before_len, err) :
					NULL;
	bool more = r->before_len == 0 && grows_too(c, r, true);
	uint64_t size;
	size_t have;

	if (!after || commit_target_size(n->target, r->path, &size, err) < 0 ||
	    commit_target_read(n->target, r->path, now, longest, r->offset, &have, err) < 0)
		return -1;
	if (size == r->offset + r->after_len && memcmp(now, after, r->after_len) == 0)
		at.last = true;
	else if (size == r->offset + r->before_len && memcmp(now, before, r->before_len) == 0)
		at.first = true;
	else if (r->before_len == 0 && size < r->offset && grows_too(c, r, false))
		at.first = true;
	else if (more && size > r->offset + r->after_len && memcmp(now, after, r->after_len) == 0)
		at.last = true;
	else
		at.other = size < r->offset + shortest || (size > r->offset + longest && !more) ||
			   !mixed(r, before, after, now, have);
	note(n, &at);
	return 0;
}

int
tally_each(struct commit_target *t, const struct changes *c, struct tally *ret, tally_fn *fn,
	   void *ctx, struct error *err)
{
	const struct count n = { t, c, ret, fn, ctx };

	*ret = (struct tally){ 0 };
	if (judge_pieces(&n, err) < 0)
		return -1;
	for (size_t i = 0; i < c->record_count; i++)
		if (c->records[i].before_len != c->records[i].after_len &&
		    judge_tail(&n, &c->records[i], err) < 0)
			return -1;
	return 0;
}

int
tally_take(struct commit_target *t, const struct changes *c, struct tally *ret, struct error *err)
{
	return tally_each(t, c, ret, NULL, NULL, err);
}
