/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The gate: every bin, every cell, and everything that can be reached from the root, each cell reached
 * once.  Run before hivex sees an image and before one is written.
 *
 * Two bitmaps with a bit per 8 bytes: where allocated cells begin, and which of them were reached.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "registry/hive-private.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"

#define LIST_NESTING 4

/* Of a security cell: links to its neighbours, then references, length, descriptor. */
#define SK_NEXT	  4
#define SK_BEFORE 8
#define SK_FIXED  20

struct check {
	struct hive *h;
	uint8_t *allocated, *reached;
	const uint8_t *last; /* the subkey before, for the order */
	hive_key parent;
	int depth;
};

static int
bad(const struct check *c, uint32_t cell, const char *why, struct error *err)
{
	return error_set(err, ERR_CORRUPT, "%s: the hive is damaged at 0x%" PRIx64 ": %s",
			 c->h->name, (uint64_t)cell + HIVE_BASE, why);
}

static bool
bit(const uint8_t *map, uint32_t cell)
{
	return map[cell / 64] >> (cell / 8 % 8) & 1;
}

/* The cell must be one that was allocated, and nothing else may own it. */
static int
claim(struct check *c, uint32_t cell, struct error *err)
{
	if (cell % 8 || cell >= c->h->image_size - HIVE_BASE || !bit(c->allocated, cell))
		return bad(c, cell, "something points to what is no allocated cell", err);
	if (bit(c->reached, cell))
		return bad(c, cell, "a cell is used twice", err);
	c->reached[cell / 64] |= (uint8_t)(1u << (cell / 8 % 8));
	return 0;
}

/* The cells of one bin must fill it. */
static int
check_bin(struct check *c, uint32_t bin, uint32_t size, struct error *err)
{
	const uint8_t *p = c->h->image + HIVE_BASE;

	for (uint32_t at = bin + 32; at < bin + size;) {
		int64_t cell = (int32_t)get_u32(p + at);
		int64_t len = cell < 0 ? -cell : cell;

		if (len < 8 || len % 8 || len > bin + size - at)
			return bad(c, at, "a cell has an impossible size", err);
		if (cell < 0)
			c->allocated[at / 64] |= (uint8_t)(1u << (at / 8 % 8));
		at += (uint32_t)len;
	}
	return 0;
}

static int
check_bins(struct check *c, struct error *err)
{
	const uint8_t *p = c->h->image + HIVE_BASE;
	uint32_t end = (uint32_t)(c->h->image_size - HIVE_BASE);

	for (uint32_t at = 0; at < end;) {
		uint32_t size = get_u32(p + at + 8);

		if (memcmp(p + at, "hbin", 4) != 0 || get_u32(p + at + 4) != at)
			return bad(c, at, "there is no bin where one should begin", err);
		if (size == 0 || size % HIVE_PAGE || size > end - at)
			return bad(c, at, "a bin has an impossible size", err);
		if (check_bin(c, at, size, err) < 0)
			return -1;
		at += size;
	}
	return 0;
}

static int
check_data(struct check *c, const uint8_t *vk, struct error *err)
{
	uint32_t len = get_u32(vk + VK_DATA_LEN), at = get_u32(vk + VK_DATA), n, list_len;
	const uint8_t *p, *list, *p_segment;

	if (len & VK_INLINE)
		return (len & ~VK_INLINE) > 4 ?
			       bad(c, at, "a value has more than four bytes inline", err) :
			       0;
	if (len == 0)
		return 0;
	if (claim(c, at, err) < 0 || hive_cell(c->h, at, "data", &p, &n, err) < 0)
		return -1;
	if (len <= HIVE_BIG_DATA || c->h->state.minor == 3)
		return n < len ? bad(c, at, "a value's data is shorter than it says", err) : 0;
	if (n < 8 || memcmp(p, "db", 2) != 0)
		return bad(c, at, "big data is not in segments", err);
	if (claim(c, get_u32(p + 4), err) < 0 ||
	    hive_cell(c->h, get_u32(p + 4), "segments", &list, &list_len, err) < 0)
		return -1;
	if (get_u16(p + 2) > list_len / 4 || (uint64_t)get_u16(p + 2) * HIVE_BIG_DATA < len)
		return bad(c, at, "big data has too few segments", err);
	for (uint32_t i = 0; i < get_u16(p + 2); i++) {
		uint32_t segment = get_u32(list + 4 * (size_t)i), want = len;

		if (claim(c, segment, err) < 0 ||
		    hive_cell(c->h, segment, "segment", &p_segment, &n, err) < 0)
			return -1;
		if (want > HIVE_BIG_DATA)
			want = HIVE_BIG_DATA;
		if (n < want)
			return bad(c, segment, "a segment of big data is too short", err);
		len -= want;
	}
	return 0;
}

static int
check_values(struct check *c, hive_key key, const uint8_t *nk, struct error *err)
{
	CLEANUP_FREE uint32_t *cells = NULL;
	size_t count;

	if (hive_value_cells(c->h, key, &cells, &count, err) < 0)
		return -1;
	if (count && claim(c, get_u32(nk + NK_VALUE_LIST), err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const uint8_t *vk;
		uint32_t len;

		if (claim(c, cells[i], err) < 0 || hive_vk(c->h, cells[i], &vk, &len, err) < 0 ||
		    check_data(c, vk, err) < 0)
			return -1;
	}
	return 0;
}

/* The upper-cased unit of a key's name at byte `i` of it. */
static uint16_t
name_unit(const uint8_t *nk, uint32_t i)
{
	bool ascii = get_u16(nk + NK_FLAGS) & NK_FLAG_ASCII;

	return utf16_upcase(ascii ? nk[NK_NAME + i] : get_u16(nk + NK_NAME + i));
}

/* The hash of an "lh" entry: each upper-cased unit added to 37 times the sum so far. */
static uint32_t
lh_hash(const uint8_t *nk)
{
	bool ascii = get_u16(nk + NK_FLAGS) & NK_FLAG_ASCII;
	uint32_t n = get_u16(nk + NK_NAME_LEN), hash = 0;

	for (uint32_t i = 0; i < n; i += ascii ? 1 : 2)
		hash = hash * 37 + name_unit(nk, i);
	return hash;
}

/* Order of two keys by upper-cased units.  Not by their text: a NUL inside a name has a substitute there. */
static int
compare_names(const uint8_t *a, const uint8_t *b)
{
	uint32_t a_step = get_u16(a + NK_FLAGS) & NK_FLAG_ASCII ? 1 : 2;
	uint32_t b_step = get_u16(b + NK_FLAGS) & NK_FLAG_ASCII ? 1 : 2;
	uint32_t a_count = get_u16(a + NK_NAME_LEN) / a_step;
	uint32_t b_count = get_u16(b + NK_NAME_LEN) / b_step;

	for (uint32_t i = 0; i < a_count && i < b_count; i++) {
		uint16_t x = name_unit(a, i * a_step), y = name_unit(b, i * b_step);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return (a_count > b_count) - (a_count < b_count);
}

static int check_key(struct check *c, hive_key key, struct error *err);

/* One entry of a leaf; the names must ascend. */
static int
check_entry(struct check *c, const uint8_t *list, uint32_t entry, const uint8_t *hash,
	    struct error *err)
{
	hive_key parent = c->parent;
	const uint8_t *nk;
	uint32_t len;
	int got;

	if (hive_nk(c->h, entry, &nk, &len, err) < 0)
		return -1;
	if (get_u32(nk + NK_PARENT) != parent)
		return bad(c, entry, "a key names another parent", err);
	if (list[1] == 'h' && get_u32(hash) != lh_hash(nk))
		return bad(c, entry, "a key's hash in its parent's list is wrong", err);
	if (!(get_u16(nk + NK_FLAGS) & NK_FLAG_ASCII) && get_u16(nk + NK_NAME_LEN) % 2)
		return bad(c, entry, "a key's name has half a character", err);
	if (c->last && compare_names(c->last, nk) >= 0)
		return bad(c, entry, "keys are out of order, or one is there twice", err);
	/* below this key another list of names begins */
	c->last = NULL;
	got = check_key(c, entry, err);
	c->last = nk;
	c->parent = parent;
	return got;
}

static int
check_list(struct check *c, uint32_t cell, int nesting, uint32_t *left, struct error *err)
{
	const uint8_t *list;
	uint32_t len, count, unit;

	if (claim(c, cell, err) < 0 ||
	    hive_cell(c->h, cell, "list of subkeys", &list, &len, err) < 0)
		return -1;
	unit = len < 4							? 0 :
	       memcmp(list, "lf", 2) == 0 || memcmp(list, "lh", 2) == 0 ? 8 :
	       memcmp(list, "li", 2) == 0 || memcmp(list, "ri", 2) == 0 ? 4 :
									  0;
	if (!unit || nesting > LIST_NESTING)
		return bad(c, cell, "a list of subkeys is of no known kind", err);
	count = get_u16(list + 2);
	if (count == 0 || count * unit > len - 4)
		return bad(c, cell, "a list of subkeys has an impossible length", err);
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *entry = list + 4 + (size_t)i * unit;

		if (list[0] == 'r') {
			if (check_list(c, get_u32(entry), nesting + 1, left, err) < 0)
				return -1;
			continue;
		}
		if ((*left)-- == 0)
			return bad(c, cell, "a list has more keys than its parent says", err);
		if (check_entry(c, list, get_u32(entry), entry + 4, err) < 0)
			return -1;
	}
	return 0;
}

/* The security cell at `cell`, or NULL when there is none. */
static const uint8_t *
security(const struct check *c, uint32_t cell)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	const uint8_t *sk;
	uint32_t len;

	if (cell % 8 || cell >= c->h->image_size - HIVE_BASE || !bit(c->allocated, cell) ||
	    hive_cell(c->h, cell, "security", &sk, &len, &ignored) < 0)
		return NULL;
	return len >= SK_FIXED && memcmp(sk, "sk", 2) == 0 && get_u32(sk + 16) <= len - SK_FIXED ?
		       sk :
		       NULL;
}

/* Its neighbours in the ring must be such cells and point back: who unlinks it writes into them. */
static int
check_security(const struct check *c, uint32_t cell, struct error *err)
{
	const uint8_t *sk, *next, *before;

	if (cell == HIVE_NOTHING)
		return 0;
	sk = security(c, cell);
	if (!sk)
		return bad(c, cell, "a key's security is no such cell", err);
	next = security(c, get_u32(sk + SK_NEXT));
	before = security(c, get_u32(sk + SK_BEFORE));
	if (!next || !before || get_u32(next + SK_BEFORE) != cell ||
	    get_u32(before + SK_NEXT) != cell)
		return bad(c, cell, "the ring of security cells is broken", err);
	return 0;
}

static int
check_key(struct check *c, hive_key key, struct error *err)
{
	const uint8_t *nk;
	uint32_t len, count;
	int got = 0;

	if (++c->depth > HIVE_DEPTH)
		return bad(c, key, "keys are nested too deep", err);
	if (claim(c, key, err) < 0 || hive_nk(c->h, key, &nk, &len, err) < 0 ||
	    check_values(c, key, nk, err) < 0 ||
	    check_security(c, get_u32(nk + NK_SECURITY), err) < 0)
		return -1;
	if (get_u16(nk + NK_CLASS_LEN) && get_u32(nk + NK_CLASS) != HIVE_NOTHING &&
	    claim(c, get_u32(nk + NK_CLASS), err) < 0)
		return -1;
	count = get_u32(nk + NK_SUBKEYS);
	if (count) {
		c->parent = key;
		got = check_list(c, get_u32(nk + NK_SUBKEY_LIST), 0, &count, err);
		if (got == 0 && count)
			got = bad(c, key, "a key has fewer subkeys than it says", err);
	}
	c->depth--;
	return got;
}

int
hive_check(struct hive *h, struct error *err)
{
	size_t map = (size_t)((h->image_size - HIVE_BASE) / 64 + 1);
	CLEANUP_FREE uint8_t *allocated = xzalloc(map);
	CLEANUP_FREE uint8_t *reached = xzalloc(map);
	struct check c = { .h = h, .allocated = allocated, .reached = reached };
	hive_key root;

	if (hive_need_all(h, err) < 0 || check_bins(&c, err) < 0 || hive_root(h, &root, err) < 0)
		return -1;
	return check_key(&c, root, err);
}
