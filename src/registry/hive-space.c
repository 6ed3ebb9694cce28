/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The free cells of a hive: a bitmap of where they begin, and for each class of sizes a stack of places.
 *
 * A stack may name a place that is no longer free, or has another size now: the bitmap and the cell itself decide, and
 * such an entry is dropped when it is met.  Classes are exact up to 504 bytes and powers of two above.
 */
#include <stdlib.h>
#include <string.h>

#include "registry/hive-space.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/error.h"

#define EXACT	   64u /* classes with one size each: 8 times their number */
#define CLASSES	   (EXACT + 32u)
#define LOOK_BACK  (32u << 10) /* for a free cell before one that is given back */
#define BIN_HEADER 32u

struct stack {
	uint32_t *list;
	size_t count;
};

struct hive_space {
	uint8_t *starts; /* a bit per 8 bytes */
	size_t bytes;
	struct stack classes[CLASSES];
};

static uint32_t
class_of(uint32_t size)
{
	return size / 8 < EXACT ? size / 8 : EXACT + 31 - (uint32_t)__builtin_clz(size);
}

static bool
is_start(const struct hive_space *s, uint32_t at)
{
	return at / 64 < s->bytes && s->starts[at / 64] >> (at / 8 % 8) & 1;
}

static void
set_start(struct hive_space *s, uint32_t at, bool on)
{
	uint8_t bit = (uint8_t)(1u << (at / 8 % 8));

	if (at / 64 >= s->bytes) {
		size_t bytes = 2 * ((size_t)at / 64 + 1);

		s->starts = xrealloc(s->starts, bytes, 1);
		memset(s->starts + s->bytes, 0, bytes - s->bytes);
		s->bytes = bytes;
	}
	if (on)
		s->starts[at / 64] |= bit;
	else
		s->starts[at / 64] &= (uint8_t)~bit;
}

static uint32_t
size_at(const struct hive *h, uint32_t at)
{
	return get_u32(h->image + HIVE_BASE + at);
}

static void
set_size(struct hive *h, uint32_t at, uint32_t size)
{
	uint8_t number[4];

	put_u32(number, size);
	hive_poke(h, HIVE_BASE + (uint64_t)at, number, sizeof number);
}

static void
remember(struct hive_space *s, uint32_t at, uint32_t size)
{
	struct stack *k = &s->classes[class_of(size)];

	set_start(s, at, true);
	ARRAY_GROW(k->list, k->count);
	k->list[k->count++] = at;
}

/* Every bin and cell has been checked. */
static struct hive_space *
space_of(struct hive *h)
{
	uint32_t end = (uint32_t)(h->image_size - HIVE_BASE), bin, at;

	if (h->space)
		return h->space;
	h->space = xzalloc(sizeof *h->space);
	h->space->bytes = end / 64 + 1;
	h->space->starts = xzalloc(h->space->bytes);
	for (bin = 0; bin < end; bin += get_u32(h->image + HIVE_BASE + bin + 8)) {
		uint32_t bin_end = bin + get_u32(h->image + HIVE_BASE + bin + 8);

		for (at = bin + BIN_HEADER; at < bin_end;) {
			int32_t size = (int32_t)size_at(h, at);

			if (size > 0)
				remember(h->space, at, (uint32_t)size);
			at += (uint32_t)(size > 0 ? size : -size);
		}
	}
	return h->space;
}

void
hive_space_free(struct hive_space *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < CLASSES; i++)
		free(s->classes[i].list);
	free(s->starts);
	free(s);
}

/* The best place of a class for `size` bytes, taken off its stack; UINT32_MAX when there is none. */
static uint32_t
best_of(const struct hive *h, struct hive_space *s, uint32_t class, uint32_t size)
{
	struct stack *k = &s->classes[class];
	uint32_t best = UINT32_MAX, best_size = UINT32_MAX;
	size_t best_at = 0;

	for (size_t i = k->count; i-- > 0;) {
		uint32_t at = k->list[i];

		if (!is_start(s, at) || class_of(size_at(h, at)) != class) {
			k->list[i] = k->list[--k->count];
			if (best_at == k->count)
				best_at = i;
			continue;
		}
		if (size_at(h, at) < size || size_at(h, at) >= best_size)
			continue;
		best = at;
		best_size = size_at(h, at);
		best_at = i;
		if (class < EXACT || best_size == size)
			break;
	}
	if (best != UINT32_MAX)
		k->list[best_at] = k->list[--k->count];
	return best;
}

/* A new bin at the end with room for a cell of `size` bytes; its one free cell. */
static int
add_bin(struct hive *h, struct hive_space *s, uint32_t size, uint32_t *ret, struct error *err)
{
	uint32_t bin = (uint32_t)(h->image_size - HIVE_BASE);
	uint32_t len = (size + BIN_HEADER + HIVE_PAGE - 1) / HIVE_PAGE * HIVE_PAGE;
	uint8_t header[BIN_HEADER + 4] = "hbin";

	if (hive_grow(h, len, err) < 0)
		return -1;
	put_u32(header + 4, bin);
	put_u32(header + 8, len);
	put_u32(header + BIN_HEADER, len - BIN_HEADER);
	hive_poke(h, HIVE_BASE + (uint64_t)bin, header, sizeof header);
	set_start(s, bin + BIN_HEADER, true);
	*ret = bin + BIN_HEADER;
	return 0;
}

int
hive_space_take(struct hive *h, uint64_t len, uint32_t *ret, struct error *err)
{
	struct hive_space *s = space_of(h);
	uint32_t at = UINT32_MAX, size, all;

	if (len > HIVE_MAX - HIVE_PAGE)
		return error_set(err, ERR_NO_SPACE, "%s: a hive can have at most 2 GiB", h->name);
	size = (uint32_t)(len + 4 + 7) / 8 * 8;
	for (uint32_t c = class_of(size); at == UINT32_MAX && c < CLASSES; c++)
		at = best_of(h, s, c, size);
	if (at == UINT32_MAX && add_bin(h, s, size, &at, err) < 0)
		return -1;
	all = size_at(h, at);
	set_start(s, at, false);
	if (all > size) {
		set_size(h, at + size, all - size);
		remember(s, at + size, all - size);
	}
	set_size(h, at, (uint32_t) - (int32_t)size);
	hive_poke(h, HIVE_BASE + (uint64_t)at + 4, NULL, size - 4);
	*ret = at;
	return 0;
}

/* A free cell that ends where `at` begins, or UINT32_MAX.  Only cells of one bin can touch: between bins is a header. */
static uint32_t
free_before(const struct hive *h, const struct hive_space *s, uint32_t at)
{
	uint32_t lowest = at > LOOK_BACK ? at - LOOK_BACK : 0;

	for (uint32_t q = at - 8; q > lowest && q < at; q -= 8)
		if (is_start(s, q))
			return q + size_at(h, q) == at ? q : UINT32_MAX;
	return UINT32_MAX;
}

void
hive_space_give(struct hive *h, uint32_t cell)
{
	struct hive_space *s = space_of(h);
	uint32_t size = (uint32_t) - (int32_t)size_at(h, cell), next = cell + size;
	uint32_t before = free_before(h, s, cell);

	if (HIVE_BASE + (uint64_t)next < h->image_size && is_start(s, next)) {
		set_start(s, next, false);
		size += size_at(h, next);
	}
	if (before != UINT32_MAX) {
		size += size_at(h, before);
		cell = before;
	}
	set_size(h, cell, size);
	remember(s, cell, size);
}

uint32_t
hive_room(struct hive *h, uint32_t cell)
{
	return (uint32_t) - (int32_t)size_at(h, cell) - 4;
}

void
hive_put(struct hive *h, uint32_t cell, uint32_t at, const void *p, size_t len)
{
	if (len)
		hive_poke(h, HIVE_BASE + (uint64_t)cell + 4 + at, p, len);
}

void
hive_put_16(struct hive *h, uint32_t cell, uint32_t at, uint32_t v)
{
	uint8_t b[2];

	put_u16(b, (uint16_t)v);
	hive_put(h, cell, at, b, sizeof b);
}

void
hive_put_32(struct hive *h, uint32_t cell, uint32_t at, uint32_t v)
{
	uint8_t b[4];

	put_u32(b, v);
	hive_put(h, cell, at, b, sizeof b);
}

void
hive_put_64(struct hive *h, uint32_t cell, uint32_t at, uint64_t v)
{
	uint8_t b[8];

	put_u64(b, v);
	hive_put(h, cell, at, b, sizeof b);
}
