/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lists of subkeys.  A leaf is "li" (cells), "lf" (cells and hints) or "lh" (cells and hashes), sorted by upper-cased
 * names; an index root "ri" names leaves, whose keys ascend from one to the next.
 *
 * A leaf keeps its kind; a new one is of the kind that Windows would make for the hive's version.  Windows splits a
 * leaf when it no longer fits a block of 4096 bytes with four bytes an entry (CmpMaxIndexPerHblock).
 */
#include <string.h>

#include "registry/hive-list.h"
#include "registry/hive-space.h"
#include "util/bytes.h"
#include "util/error.h"

#define LEAF_MAX 1012u
#define ROOT_MAX 65535u
#define HEAD	 4u

/* Where a key is, or would be. */
struct place {
	uint32_t root;	     /* the index root, or HIVE_NOTHING */
	uint32_t root_index; /* of the leaf in it */
	uint32_t leaf;
	uint32_t index; /* in the leaf */
};

static uint32_t
count_of(struct hive *h, uint32_t list)
{
	return get_u16(hive_bytes(h, list) + 2);
}

static uint32_t
unit_of(struct hive *h, uint32_t list)
{
	return hive_list_unit(hive_bytes(h, list));
}

static uint32_t
entry(struct hive *h, uint32_t list, uint32_t i)
{
	return get_u32(hive_bytes(h, list) + HEAD + (size_t)i * unit_of(h, list));
}

/* The first entry of a leaf whose name is not below `name`. */
static uint32_t
search(struct hive *h, uint32_t leaf, const struct hive_units *name)
{
	uint32_t low = 0, high = count_of(h, leaf);

	while (low < high) {
		uint32_t mid = (low + high) / 2;
		struct hive_units units = hive_nk_units(hive_bytes(h, entry(h, leaf, mid)));

		if (hive_units_compare(&units, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct place
find_name(struct hive *h, uint32_t list, const struct hive_units *name)
{
	struct place p = { .root = HIVE_NOTHING, .leaf = list };

	if (hive_bytes(h, list)[0] == 'r') {
		uint32_t count = count_of(h, list);

		p.root = list;
		for (p.root_index = 0; p.root_index < count; p.root_index++) {
			p.leaf = entry(h, list, p.root_index);
			p.index = search(h, p.leaf, name);
			if (p.index < count_of(h, p.leaf))
				return p;
		}
		p.root_index = count - 1; /* behind the last of all */
		return p;
	}
	p.index = search(h, list, name);
	return p;
}

static struct place
find(struct hive *h, uint32_t list, uint32_t child)
{
	struct hive_units name = hive_nk_units(hive_bytes(h, child));

	return find_name(h, list, &name);
}

uint32_t
hive_list_find(struct hive *h, uint32_t key, const struct hive_units *name)
{
	uint32_t list = get_u32(hive_bytes(h, key) + NK_SUBKEY_LIST), child;
	struct hive_units units;
	struct place p;

	if (get_u32(hive_bytes(h, key) + NK_SUBKEYS) == 0)
		return HIVE_NOTHING;
	p = find_name(h, list, name);
	if (p.index >= count_of(h, p.leaf))
		return HIVE_NOTHING;
	child = entry(h, p.leaf, p.index);
	units = hive_nk_units(hive_bytes(h, child));
	return hive_units_compare(&units, name) == 0 ? child : HIVE_NOTHING;
}

/* ---- entries ---- */

/* Opens (`by` 1) or closes (`by` -1) a gap of one entry at `i`; the list has the room. */
static void
shift(struct hive *h, uint32_t list, uint32_t i, int by)
{
	uint32_t unit = unit_of(h, list), count = count_of(h, list);
	uint32_t from = by > 0 ? i : i + 1;

	hive_put(h, list, HEAD + (uint32_t)((int)from + by) * unit,
		 hive_bytes(h, list) + HEAD + (size_t)from * unit, (size_t)(count - from) * unit);
	hive_put_16(h, list, 2, (uint32_t)((int)count + by));
}

static void
write_entry(struct hive *h, uint32_t leaf, uint32_t i, uint32_t child)
{
	struct hive_units name = hive_nk_units(hive_bytes(h, child));
	uint32_t at = HEAD + i * unit_of(h, leaf);
	uint8_t hint[4];

	hive_put_32(h, leaf, at, child);
	if (hive_bytes(h, leaf)[1] == 'h')
		hive_put_32(h, leaf, at + 4, hive_units_hash(&name));
	if (hive_bytes(h, leaf)[1] == 'f') {
		hive_units_hint(&name, hint);
		hive_put(h, leaf, at + 4, hint, sizeof hint);
	}
}

/* A list of the same kind with room for `room` entries, holding those from `first` to `last`. */
static int
copy_list(struct hive *h, uint32_t list, uint32_t room, uint32_t first, uint32_t last,
	  uint32_t *ret, struct error *err)
{
	uint32_t unit = unit_of(h, list);

	if (hive_space_take(h, HEAD + (uint64_t)room * unit, ret, err) < 0)
		return -1;
	hive_put(h, *ret, 0, hive_bytes(h, list), 2);
	hive_put_16(h, *ret, 2, last - first);
	hive_put(h, *ret, HEAD, hive_bytes(h, list) + HEAD + (size_t)first * unit,
		 (size_t)(last - first) * unit);
	return 0;
}

/* Room for one more entry: the list, or a larger one in its place (which its owner must then name). */
static int
make_room(struct hive *h, uint32_t *list, struct error *err)
{
	uint32_t count = count_of(h, *list), larger;

	if (HEAD + (uint64_t)(count + 1) * unit_of(h, *list) <= hive_room(h, *list))
		return 0;
	/* a few more, so that a list that grows is not copied each time */
	if (copy_list(h, *list, count + 1 + count / 8, 0, count, &larger, err) < 0)
		return -1;
	hive_space_give(h, *list);
	*list = larger;
	return 0;
}

/* ---- inserting ---- */

static int
new_leaf(struct hive *h, uint32_t *ret, struct error *err)
{
	const char *kind = h->state.minor >= 5 ? "lh" : "lf";

	if (hive_space_take(h, HEAD + 8, ret, err) < 0)
		return -1;
	hive_put(h, *ret, 0, kind, 2);
	return 0;
}

/* Puts `leaf` behind the one at p->root_index; makes the index root when there is none. */
static int
add_leaf(struct hive *h, uint32_t key, struct place *p, uint32_t leaf, struct error *err)
{
	uint32_t root = p->root;

	if (root == HIVE_NOTHING) {
		if (hive_space_take(h, HEAD + 2 * 4, &root, err) < 0)
			return -1;
		hive_put(h, root, 0, "ri", 2);
		hive_put_16(h, root, 2, 1);
		hive_put_32(h, root, HEAD, p->leaf);
		p->root_index = 0;
	} else if (count_of(h, root) >= ROOT_MAX) {
		return error_set(err, ERR_LIMIT, "%s: a key has as many subkeys as it can have",
				 h->name);
	} else if (make_room(h, &root, err) < 0) {
		return -1;
	}
	shift(h, root, p->root_index + 1, 1);
	hive_put_32(h, root, HEAD + 4 * (p->root_index + 1), leaf);
	hive_put_32(h, key, NK_SUBKEY_LIST, root);
	p->root = root;
	return 0;
}

/* Moves the upper half of a full leaf into a new one; `p` is then the place in the right half. */
static int
split(struct hive *h, uint32_t key, struct place *p, struct error *err)
{
	uint32_t count = count_of(h, p->leaf), half = count / 2, upper;

	if (copy_list(h, p->leaf, count - half + 1, half, count, &upper, err) < 0 ||
	    add_leaf(h, key, p, upper, err) < 0)
		return -1;
	hive_put_16(h, p->leaf, 2, half);
	if (p->index > half) {
		p->leaf = upper;
		p->index -= half;
		p->root_index++;
	}
	return 0;
}

static void
count_child(struct hive *h, uint32_t key, uint32_t child, uint32_t count)
{
	uint32_t len = 2 * hive_nk_units(hive_bytes(h, child)).count;

	hive_put_32(h, key, NK_SUBKEYS, count);
	if (get_u16(hive_bytes(h, key) + NK_MAX_SUBKEY_NAME) < len)
		hive_put_16(h, key, NK_MAX_SUBKEY_NAME, len);
}

int
hive_list_insert(struct hive *h, uint32_t key, uint32_t child, struct error *err)
{
	uint32_t count = get_u32(hive_bytes(h, key) + NK_SUBKEYS);
	uint32_t list = get_u32(hive_bytes(h, key) + NK_SUBKEY_LIST), leaf;
	struct place p;

	if (count == 0) { /* whatever an old pointer says */
		if (new_leaf(h, &list, err) < 0)
			return -1;
		hive_put_32(h, key, NK_SUBKEY_LIST, list);
	}
	p = find(h, list, child);
	if (count_of(h, p.leaf) >= LEAF_MAX && split(h, key, &p, err) < 0)
		return -1;
	leaf = p.leaf;
	if (make_room(h, &leaf, err) < 0)
		return -1;
	if (leaf != p.leaf && p.root == HIVE_NOTHING)
		hive_put_32(h, key, NK_SUBKEY_LIST, leaf);
	else if (leaf != p.leaf)
		hive_put_32(h, p.root, HEAD + 4 * p.root_index, leaf);
	shift(h, leaf, p.index, 1);
	write_entry(h, leaf, p.index, child);
	count_child(h, key, child, count + 1);
	return 0;
}

/* ---- removing ---- */

void
hive_list_remove(struct hive *h, uint32_t key, uint32_t child)
{
	uint32_t count = get_u32(hive_bytes(h, key) + NK_SUBKEYS);
	struct place p = find(h, get_u32(hive_bytes(h, key) + NK_SUBKEY_LIST), child);

	shift(h, p.leaf, p.index, -1);
	hive_put_32(h, key, NK_SUBKEYS, count - 1);
	if (count_of(h, p.leaf) == 0) {
		hive_space_give(h, p.leaf);
		if (p.root != HIVE_NOTHING)
			shift(h, p.root, p.root_index, -1);
		if (p.root != HIVE_NOTHING && count_of(h, p.root) == 0)
			hive_space_give(h, p.root);
	}
	if (count == 1) {
		hive_put_32(h, key, NK_SUBKEY_LIST, HIVE_NOTHING);
		hive_put_16(h, key, NK_MAX_SUBKEY_NAME, 0);
		hive_put_32(h, key, NK_MAX_CLASS, 0);
	}
}
