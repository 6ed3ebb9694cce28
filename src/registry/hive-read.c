/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keys, lists and values, each checked when it is used.
 *
 * A cell begins with its size, negative when allocated.  A key ("nk") names its list of subkeys ("lf",
 * "lh", "li", or an index root "ri" of these) and its list of values; a value ("vk") has up to four bytes of
 * data inline, more in a cell, and above 16,344 bytes (minor version 4 and later) in segments ("db").
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "registry/hive-private.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "util/utf16.h"

#define LIST_NESTING 4
#define LISTS_MAX    65536u /* of one key: as many as an index root can name */

static int
broken(const struct hive *h, const char *what, uint32_t cell, const char *why, struct error *err)
{
	return error_set(err, ERR_CORRUPT, "%s: %s at 0x%" PRIx64 ": %s", h->name, what,
			 (uint64_t)cell + HIVE_BASE, why);
}

int
hive_cell(struct hive *h, uint32_t cell, const char *what, const uint8_t **ret, uint32_t *ret_len,
	  struct error *err)
{
	uint64_t offset = (uint64_t)cell + HIVE_BASE;
	int32_t size;

	if (cell % 8 || offset + 8 > h->image_size)
		return broken(h, what, cell, "it lies outside the hive", err);
	if (hive_need(h, offset, 4, err) < 0)
		return -1;
	size = (int32_t)get_u32(h->image + offset);
	if (size >= 0)
		return broken(h, what, cell, "its cell is free", err);
	if (size == INT32_MIN || -size < 8 || (uint64_t)-size > h->image_size - offset)
		return broken(h, what, cell, "its cell has an impossible size", err);
	if (hive_need(h, offset, (uint64_t)-size, err) < 0)
		return -1;
	*ret = h->image + offset + 4;
	*ret_len = (uint32_t)-size - 4;
	return 0;
}

int
hive_nk(struct hive *h, uint32_t cell, const uint8_t **ret, uint32_t *ret_len, struct error *err)
{
	if (hive_cell(h, cell, "key", ret, ret_len, err) < 0)
		return -1;
	if (*ret_len < NK_NAME || memcmp(*ret, "nk", 2) != 0)
		return broken(h, "key", cell, "it is no key", err);
	if (get_u16(*ret + NK_NAME_LEN) > *ret_len - NK_NAME)
		return broken(h, "key", cell, "its name is longer than its cell", err);
	if (get_u16(*ret + NK_NAME_LEN) > 2 * HIVE_NAME_UNITS)
		return broken(h, "key", cell, "its name is longer than Windows allows", err);
	return 0;
}

int
hive_vk(struct hive *h, uint32_t cell, const uint8_t **ret, uint32_t *ret_len, struct error *err)
{
	if (hive_cell(h, cell, "value", ret, ret_len, err) < 0)
		return -1;
	if (*ret_len < VK_NAME || memcmp(*ret, "vk", 2) != 0)
		return broken(h, "value", cell, "it is no value", err);
	if (get_u16(*ret + VK_NAME_LEN) > *ret_len - VK_NAME)
		return broken(h, "value", cell, "its name is longer than its cell", err);
	return 0;
}

char *
hive_name_text(const uint8_t *p, size_t len, bool ascii)
{
	CLEANUP_FREE uint8_t *wide = NULL;

	/* a NUL inside would end our text: such names keep it as U+2400, which no real name has */
	wide = xmalloc(len * 2 + 2);
	if (ascii) {
		for (size_t i = 0; i < len; i++)
			put_u16(wide + 2 * i, p[i] ? p[i] : 0x2400);
		return utf16_to_text(wide, len * 2, NULL);
	}
	for (size_t i = 0; i + 1 < len; i += 2)
		put_u16(wide + i, get_u16(p + i) ? get_u16(p + i) : 0x2400);
	return utf16_to_text(wide, len & ~(size_t)1, NULL);
}

static char *
nk_name(const uint8_t *nk)
{
	return hive_name_text(nk + NK_NAME, get_u16(nk + NK_NAME_LEN),
			      get_u16(nk + NK_FLAGS) & NK_FLAG_ASCII);
}

char *
hive_vk_name(const uint8_t *vk, uint32_t len)
{
	(void)len;
	return hive_name_text(vk + VK_NAME, get_u16(vk + VK_NAME_LEN),
			      get_u16(vk + VK_FLAGS) & VK_FLAG_ASCII);
}

int
hive_root(struct hive *h, hive_key *ret, struct error *err)
{
	const uint8_t *nk;
	uint32_t len;

	if (hive_need(h, 0, HIVE_BASE, err) < 0)
		return -1;
	*ret = get_u32(h->image + 36);
	return hive_nk(h, *ret, &nk, &len, err);
}

/* ---- subkeys ---- */

typedef int subkey_fn(struct hive *h, uint32_t cell, void *ctx, struct error *err); /* 1: stop */

/* What a walk may still visit: empty lists cost no key, and nested indexes of them would not end. */
struct budget {
	uint32_t keys, lists;
};

/* Calls `fn` for each key of the list at `cell`, within the budget. */
static int
walk_list(struct hive *h, uint32_t cell, int nesting, struct budget *left, subkey_fn *fn, void *ctx,
	  struct error *err)
{
	const uint8_t *list;
	uint32_t len, count, unit;

	if (left->lists-- == 0)
		return broken(h, "list of subkeys", cell, "its key has too many lists", err);
	if (hive_cell(h, cell, "list of subkeys", &list, &len, err) < 0)
		return -1;
	if (len < 4)
		return broken(h, "list of subkeys", cell, "it is too short", err);
	unit = memcmp(list, "lf", 2) == 0 || memcmp(list, "lh", 2) == 0 ? 8 :
	       memcmp(list, "li", 2) == 0 || memcmp(list, "ri", 2) == 0 ? 4 :
									  0;
	count = get_u16(list + 2);
	if (!unit)
		return broken(h, "list of subkeys", cell, "it is of no known kind", err);
	if (count * unit > len - 4)
		return broken(h, "list of subkeys", cell, "it is longer than its cell", err);
	for (uint32_t i = 0; i < count; i++) {
		/* looked up anew each time: fn may have loaded more, but the mapping does not move */
		uint32_t entry = get_u32(list + 4 + (size_t)i * unit);
		int got;

		if (list[0] == 'r') {
			if (nesting >= LIST_NESTING)
				return broken(h, "list of subkeys", cell, "it is nested too deep",
					      err);
			got = walk_list(h, entry, nesting + 1, left, fn, ctx, err);
		} else {
			if (left->keys-- == 0)
				return broken(h, "list of subkeys", cell,
					      "it has more keys than its parent says", err);
			got = fn(h, entry, ctx, err);
		}
		if (got)
			return got;
	}
	return 0;
}

static int
walk_subkeys(struct hive *h, hive_key key, subkey_fn *fn, void *ctx, struct error *err)
{
	const uint8_t *nk;
	struct budget left = { .lists = LISTS_MAX };
	uint32_t len;

	if (hive_nk(h, key, &nk, &len, err) < 0)
		return -1;
	left.keys = get_u32(nk + NK_SUBKEYS);
	if (left.keys == 0 || get_u32(nk + NK_SUBKEY_LIST) == HIVE_NOTHING)
		return 0;
	return walk_list(h, get_u32(nk + NK_SUBKEY_LIST), 0, &left, fn, ctx, err);
}

struct cells {
	hive_key parent;
	uint32_t *list;
	size_t count;
};

static int
collect_cell(struct hive *h, uint32_t cell, void *ctx, struct error *err)
{
	struct cells *c = ctx;
	const uint8_t *nk;
	uint32_t len;

	if (hive_nk(h, cell, &nk, &len, err) < 0)
		return -1;
	if (get_u32(nk + NK_PARENT) != c->parent)
		return broken(h, "key", cell, "it names another parent", err);
	ARRAY_GROW(c->list, c->count);
	c->list[c->count++] = cell;
	return 0;
}

static int
compare_cells(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int
no_cell_twice(const struct hive *h, const struct cells *c, struct error *err)
{
	CLEANUP_FREE uint32_t *sorted = xmemdup(c->list, c->count * sizeof *sorted);

	qsort(sorted, c->count, sizeof *sorted, compare_cells);
	for (size_t i = 1; i < c->count; i++)
		if (sorted[i] == sorted[i - 1])
			return broken(h, "key", sorted[i], "its parent lists it twice", err);
	return 0;
}

/*
 * Each subkey names its parent and is listed once: whoever walks down from here walks a tree, and so comes to
 * an end.
 */
int
hive_subkeys(struct hive *h, hive_key key, hive_key **ret, size_t *ret_count, struct error *err)
{
	struct cells c = { .parent = key };

	if (walk_subkeys(h, key, collect_cell, &c, err) < 0 ||
	    (c.count && no_cell_twice(h, &c, err) < 0)) {
		free(c.list);
		return -1;
	}
	*ret = c.list;
	*ret_count = c.count;
	return 0;
}

struct wanted {
	const char *name;
	hive_key found;
};

static int
match_cell(struct hive *h, uint32_t cell, void *ctx, struct error *err)
{
	struct wanted *w = ctx;
	CLEANUP_FREE char *name = NULL;
	const uint8_t *nk;
	uint32_t len;

	if (hive_nk(h, cell, &nk, &len, err) < 0)
		return -1;
	name = nk_name(nk);
	if (!name_equal(name, w->name))
		return 0;
	w->found = cell;
	return 1;
}

int
hive_find(struct hive *h, hive_key from, const char *path, hive_key *ret, struct error *err)
{
	hive_key at = from;

	for (const char *p = path; *p;) {
		size_t n = strcspn(p, "\\");
		CLEANUP_FREE char *name = xstrndup(p, n);
		struct wanted w = { name, 0 };
		int got = n ? walk_subkeys(h, at, match_cell, &w, err) : 0;

		if (got < 0)
			return error_prefix(err, "%s\\%s", h->name, path);
		if (n && got == 0)
			return error_set(err, ERR_NOT_FOUND, "%s: there is no key '%s'", h->name,
					 path);
		if (n)
			at = w.found;
		p += n + (p[n] == '\\');
	}
	*ret = at;
	return 0;
}

int
hive_find_path(struct hive *h, const char *path, hive_key *ret, struct error *err)
{
	hive_key root;

	return hive_root(h, &root, err) < 0 ? -1 : hive_find(h, root, path, ret, err);
}

char *
hive_key_name(struct hive *h, hive_key key, struct error *err)
{
	const uint8_t *nk;
	uint32_t len;

	return hive_nk(h, key, &nk, &len, err) < 0 ? NULL : nk_name(nk);
}

char *
hive_key_path(struct hive *h, hive_key key, struct error *err)
{
	char *path = xstrdup("");
	hive_key root;

	if (hive_root(h, &root, err) < 0) {
		free(path);
		return NULL;
	}
	for (int depth = 0; key != root; depth++) {
		const uint8_t *nk;
		uint32_t len;
		char *longer;

		if (depth >= HIVE_DEPTH)
			broken(h, "key", key, "its parents lead in a circle", err);
		if (depth >= HIVE_DEPTH || hive_nk(h, key, &nk, &len, err) < 0) {
			free(path);
			return NULL;
		}
		{
			CLEANUP_FREE char *name = nk_name(nk);

			longer = xasprintf("%s%s%s", name, *path ? "\\" : "", path);
		}
		free(path);
		path = longer;
		key = get_u32(nk + NK_PARENT);
	}
	return path;
}

int
hive_key_time(struct hive *h, hive_key key, uint64_t *ret, struct error *err)
{
	const uint8_t *nk;
	uint32_t len;

	if (hive_nk(h, key, &nk, &len, err) < 0)
		return -1;
	*ret = get_u64(nk + NK_TIME);
	return 0;
}

/* ---- values ---- */

int
hive_value_cells(struct hive *h, hive_key key, uint32_t **ret, size_t *ret_count, struct error *err)
{
	const uint8_t *nk, *list;
	uint32_t len, count;

	*ret = NULL;
	*ret_count = 0;
	if (hive_nk(h, key, &nk, &len, err) < 0)
		return -1;
	count = get_u32(nk + NK_VALUES);
	if (count == 0)
		return 0; /* NT 4 leaves an old list pointer behind */
	if (hive_cell(h, get_u32(nk + NK_VALUE_LIST), "list of values", &list, &len, err) < 0)
		return -1;
	if (count > len / 4)
		return broken(h, "list of values", get_u32(nk + NK_VALUE_LIST),
			      "it is shorter than its key says", err);
	*ret = xcalloc(count, sizeof **ret);
	for (uint32_t i = 0; i < count; i++)
		(*ret)[i] = get_u32(list + 4 * (size_t)i);
	*ret_count = count;
	return 0;
}

/* Data in segments: "db", their number, their list; each is a cell with up to 16,344 bytes. */
static int
read_segments(struct hive *h, uint32_t cell, uint32_t len, uint8_t *out, struct error *err)
{
	const uint8_t *db, *list, *segment;
	uint32_t db_len, list_len, n, count, done = 0;

	if (hive_cell(h, cell, "big data", &db, &db_len, err) < 0)
		return -1;
	if (db_len < 8 || memcmp(db, "db", 2) != 0)
		return broken(h, "big data", cell, "it is no big data record", err);
	count = get_u16(db + 2);
	if (hive_cell(h, get_u32(db + 4), "list of segments", &list, &list_len, err) < 0)
		return -1;
	if (count > list_len / 4)
		return broken(h, "list of segments", get_u32(db + 4),
			      "it is shorter than its record says", err);
	for (uint32_t i = 0; i < count && done < len; i++) {
		uint32_t at = get_u32(list + 4 * (size_t)i);

		if (hive_cell(h, at, "segment", &segment, &n, err) < 0)
			return -1;
		if (n > HIVE_BIG_DATA)
			n = HIVE_BIG_DATA;
		if (n > len - done)
			n = len - done;
		memcpy(out + done, segment, n);
		done += n;
	}
	if (done < len)
		return broken(h, "big data", cell, "its segments are shorter than the value", err);
	return 0;
}

static int
read_data(struct hive *h, uint32_t cell, const uint8_t *vk, struct hive_value *v, struct error *err)
{
	uint32_t len = get_u32(vk + VK_DATA_LEN), n;
	uint32_t at = get_u32(vk + VK_DATA);
	const uint8_t *data;

	if (len & VK_INLINE) {
		len &= ~VK_INLINE;
		if (len > 4)
			return broken(h, "value", cell, "it has more than four bytes inline", err);
		v->data = len ? xmemdup(vk + VK_DATA, len) : NULL;
		v->len = len;
		return 0;
	}
	if (len == 0)
		return 0;
	v->data = checked_alloc(len, HIVE_DATA_MAX, "a registry value", err);
	if (!v->data)
		return -1;
	v->len = len;
	if (len > HIVE_BIG_DATA && h->state.minor > 3)
		return read_segments(h, at, len, v->data, err);
	if (hive_cell(h, at, "data", &data, &n, err) < 0)
		return -1;
	if (n < len)
		return broken(h, "data", at, "it is shorter than its value says", err);
	memcpy(v->data, data, len);
	return 0;
}

static int
read_value(struct hive *h, uint32_t cell, struct hive_value *ret, struct error *err)
{
	struct hive_value v = { 0 };
	const uint8_t *vk;
	uint32_t len;

	if (hive_vk(h, cell, &vk, &len, err) < 0)
		return -1;
	v.name = hive_vk_name(vk, len);
	v.type = get_u32(vk + VK_TYPE);
	if (read_data(h, cell, vk, &v, err) < 0) {
		hive_value_clear(&v);
		return -1;
	}
	*ret = v;
	return 0;
}

int
hive_value_cell(struct hive *h, hive_key key, const char *name, uint32_t *ret, struct error *err)
{
	CLEANUP_FREE uint32_t *cells = NULL;
	size_t count;

	if (hive_value_cells(h, key, &cells, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		CLEANUP_FREE char *found = NULL;
		const uint8_t *vk;
		uint32_t len;

		if (hive_vk(h, cells[i], &vk, &len, err) < 0)
			return -1;
		found = hive_vk_name(vk, len);
		if (name_equal(found, name)) {
			*ret = cells[i];
			return 0;
		}
	}
	return error_set(err, ERR_NOT_FOUND, "%s: there is no value '%s'", h->name, name);
}

int
hive_value(struct hive *h, hive_key key, const char *name, struct hive_value *ret,
	   struct error *err)
{
	uint32_t cell;

	if (hive_value_cell(h, key, name, &cell, err) < 0)
		return -1;
	return read_value(h, cell, ret, err);
}

int
hive_values(struct hive *h, hive_key key, struct hive_value **ret, size_t *ret_count,
	    struct error *err)
{
	CLEANUP_FREE uint32_t *cells = NULL;
	uint64_t total = 0;
	size_t count;

	if (hive_value_cells(h, key, &cells, &count, err) < 0)
		return -1;
	*ret = xcalloc(count, sizeof **ret);
	*ret_count = 0;
	for (size_t i = 0; i < count; i++) {
		int got = read_value(h, cells[i], &(*ret)[i], err);

		/* values that share their data could ask for more memory than there is */
		if (got == 0) {
			++*ret_count;
			total += (*ret)[i].len;
		}
		if (got == 0 && total > h->image_size)
			got = broken(h, "key", key, "its values hold more than the hive", err);
		if (got < 0) {
			hive_values_free(*ret, *ret_count);
			*ret = NULL;
			*ret_count = 0;
			return -1;
		}
	}
	return 0;
}

void
hive_value_clear(struct hive_value *v)
{
	free(v->name);
	free(v->data);
	*v = (struct hive_value){ 0 };
}

void
hive_values_free(struct hive_value *v, size_t count)
{
	for (size_t i = 0; i < count; i++)
		hive_value_clear(&v[i]);
	free(v);
}
