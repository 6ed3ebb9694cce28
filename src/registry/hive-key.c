/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keys: found by path, listed, described.
 *
 * A key ("nk") names its list of subkeys: "lf" with hints, "lh" with hashes, "li" without either, or an index root "ri"
 * of these.  Each list and each subkey is checked when it is met; one that is damaged is passed over and remembered, so that its
 * neighbours can be read.  A name that is not found beside damage is an error, not an absence.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "registry/hive-list.h"
#include "registry/hive-private.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"

#define LIST_NESTING 4
#define LISTS_MAX    65536u /* of one key: as many as an index root can name */

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

/* ---- lists of subkeys ---- */

/*
 * A walk over the subkeys of a key.  `fn` gets each cell with its entry in the list (8 or 4 bytes) and the list's kind; 1 stops, -1 with ERR_CORRUPT
 * passes over.  Bounded: empty lists cost no key, and nested indexes of them would not end.
 */
struct walk {
	hive_key key;
	int (*fn)(struct hive *h, struct walk *w, uint32_t cell, const uint8_t *entry, char kind,
		  struct error *err);
	uint32_t keys_left, lists_left;
	size_t lost;
	/* for fn */
	struct hive_units name;
	uint32_t hash;
	uint32_t *list;
	size_t count;
};

static int walk_list(struct hive *h, struct walk *w, uint32_t cell, int nesting, struct error *err);

/* Damage at `cell`: counted and passed over, so 0; other errors stay. */
static int
lose(struct hive *h, struct walk *w, uint32_t cell, struct error *err)
{
	if (hive_pass_over(h, w->key, cell, err) < 0)
		return -1;
	w->lost++;
	return 0;
}

static int
walk_entry(struct hive *h, struct walk *w, uint32_t list, const uint8_t *entry, const uint8_t *kind,
	   int nesting, struct error *err)
{
	uint32_t cell = get_u32(entry);
	int got;

	if (kind[0] == 'r' && nesting >= LIST_NESTING)
		return hive_broken(h, "list of subkeys", list, "it is nested too deep", err);
	if (kind[0] == 'r')
		return walk_list(h, w, cell, nesting + 1, err);
	if (w->keys_left-- == 0)
		return error_set(err, ERR_LIMIT, "%s: a key has more subkeys than the hive",
				 h->name);
	got = w->fn(h, w, cell, entry, (char)kind[1], err);
	return got < 0 ? lose(h, w, cell, err) : got;
}

static int
walk_list(struct hive *h, struct walk *w, uint32_t cell, int nesting, struct error *err)
{
	const uint8_t *list;
	uint32_t len, count, unit;

	if (w->lists_left-- == 0)
		return error_set(err, ERR_LIMIT, "%s: a key has too many lists of subkeys",
				 h->name);
	if (hive_cell(h, cell, "list of subkeys", &list, &len, err) < 0)
		return lose(h, w, cell, err);
	unit = len >= 4 ? hive_list_unit(list) : 0;
	if (!unit) {
		hive_broken(h, "list of subkeys", cell, "it is of no known kind", err);
		return lose(h, w, cell, err);
	}
	count = get_u16(list + 2);
	if (count * unit > len - 4) {
		hive_broken(h, "list of subkeys", cell, "it is longer than its cell", err);
		if (lose(h, w, cell, err) < 0)
			return -1;
		count = (len - 4) / unit;
	}
	for (uint32_t i = 0; i < count; i++) {
		/* the mapping does not move while a hive is read */
		int got = walk_entry(h, w, cell, list + 4 + (size_t)i * unit, list, nesting, err);

		if (got)
			return got;
	}
	return 0;
}

static int
walk_subkeys(struct hive *h, struct walk *w, struct error *err)
{
	const uint8_t *nk;
	uint32_t len;

	if (hive_nk(h, w->key, &nk, &len, err) < 0)
		return -1;
	if (get_u32(nk + NK_SUBKEYS) == 0 || get_u32(nk + NK_SUBKEY_LIST) == HIVE_NOTHING)
		return 0;
	w->keys_left = (uint32_t)(h->image_size / NK_NAME);
	w->lists_left = LISTS_MAX;
	return walk_list(h, w, get_u32(nk + NK_SUBKEY_LIST), 0, err);
}

static int
collect(struct hive *h, struct walk *w, uint32_t cell, const uint8_t *entry, char kind,
	struct error *err)
{
	const uint8_t *nk;
	uint32_t len;

	(void)entry;
	(void)kind;
	if (hive_nk(h, cell, &nk, &len, err) < 0)
		return -1;
	if (get_u32(nk + NK_PARENT) != w->key)
		return hive_broken(h, "key", cell, "it names another parent", err);
	ARRAY_GROW(w->list, w->count);
	w->list[w->count++] = cell;
	return 0;
}

static int
compare_cells(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Keeps the first of cells that are listed twice. */
static int
drop_twins(struct hive *h, struct walk *w, struct error *err)
{
	CLEANUP_FREE uint32_t *sorted = xmemdup(w->list, w->count * sizeof *sorted);
	size_t kept = 0;
	bool twins = false;

	qsort(sorted, w->count, sizeof *sorted, compare_cells);
	for (size_t i = 1; i < w->count; i++) {
		if (sorted[i] != sorted[i - 1])
			continue;
		twins = true;
		hive_broken(h, "key", sorted[i], "its parent lists it twice", err);
		if (lose(h, w, sorted[i], err) < 0)
			return -1;
	}
	for (size_t i = 0; twins && i < w->count; i++) {
		uint32_t *at = bsearch(&w->list[i], sorted, w->count, sizeof *sorted,
				       compare_cells);

		if (!at)
			continue; /* its first has been met */
		while (at > sorted && at[-1] == *at)
			at--;
		w->list[kept++] = w->list[i];
		for (uint32_t cell = *at; at < sorted + w->count && *at == cell; at++)
			*at = cell | 1; /* cells are multiples of 8: found no more */
	}
	if (twins)
		w->count = kept;
	return 0;
}

/*
 * Each subkey names its parent and is listed once: whoever walks down from here walks a tree, and so comes to
 * an end.
 */
int
hive_subkeys(struct hive *h, hive_key key, hive_key **ret, size_t *ret_count, struct error *err)
{
	struct walk w = { .key = key, .fn = collect };

	if (walk_subkeys(h, &w, err) < 0 || (w.count && drop_twins(h, &w, err) < 0)) {
		free(w.list);
		return -1;
	}
	*ret = w.list;
	*ret_count = w.count;
	return 0;
}

/* ---- by path ---- */

/* A hash or a hint that differs saves reading the key. */
static bool
may_match(const struct walk *w, const uint8_t *entry, char kind)
{
	return kind != 'h' || get_u32(entry + 4) == w->hash;
}

static int
match(struct hive *h, struct walk *w, uint32_t cell, const uint8_t *entry, char kind,
      struct error *err)
{
	struct hive_units units;
	const uint8_t *nk;
	uint32_t len;

	if (!may_match(w, entry, kind))
		return 0;
	if (hive_nk(h, cell, &nk, &len, err) < 0)
		return -1;
	units = hive_nk_units(nk);
	if (hive_units_compare(&units, &w->name) != 0)
		return 0;
	w->key = cell;
	return 1;
}

int
hive_find_child(struct hive *h, hive_key key, const struct hive_units *name, hive_key *ret,
		struct error *err)
{
	struct walk w = { .key = key, .fn = match, .name = *name, .hash = hive_units_hash(name) };
	int got;

	if (h->verified && !h->broken) { /* lists are sorted, and every cell is what it should be */
		uint32_t child = hive_list_find(h, key, name);

		if (child != HIVE_NOTHING)
			*ret = child;
		return child != HIVE_NOTHING;
	}
	got = walk_subkeys(h, &w, err);
	*ret = w.key;
	if (got == 0 && w.lost)
		return error_set(
			err, ERR_CORRUPT,
			"the list of subkeys is damaged, and what can be read of it has no "
			"such key (%s)",
			h->losses.count ? h->losses.list[h->losses.count - 1].text : "");
	return got;
}

int
hive_find(struct hive *h, hive_key from, const char *path, hive_key *ret, struct error *err)
{
	hive_key at = from;

	for (const char *p = path; *p;) {
		size_t n = strcspn(p, "\\");
		CLEANUP_FREE char *name = xstrndup(p, n);
		CLEANUP_FREE uint8_t *buffer = NULL;
		struct hive_units units = hive_units_from_text(name, &buffer);
		int got = n ? hive_find_child(h, at, &units, &at, err) : 1;

		if (got < 0)
			return error_prefix(err, "%s\\%s", h->name, path);
		if (got == 0)
			return error_set(err, ERR_NOT_FOUND, "%s: there is no key '%s'", h->name,
					 path);
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

/* ---- one key ---- */

char *
hive_key_name(struct hive *h, hive_key key, struct error *err)
{
	struct hive_units units;
	const uint8_t *nk;
	uint32_t len;

	if (hive_nk(h, key, &nk, &len, err) < 0)
		return NULL;
	units = hive_nk_units(nk);
	return hive_units_text(&units);
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
		CLEANUP_FREE char *name = NULL;
		char *longer;
		const uint8_t *nk;
		uint32_t len;

		if (depth >= HIVE_DEPTH)
			hive_broken(h, "key", key, "its parents lead in a circle", err);
		else
			name = hive_key_name(h, key, err);
		if (!name || hive_nk(h, key, &nk, &len, err) < 0) {
			free(path);
			return NULL;
		}
		longer = xasprintf("%s%s%s", name, *path ? "\\" : "", path);
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

char *
hive_key_class(struct hive *h, hive_key key, struct error *err)
{
	const uint8_t *nk, *class;
	uint32_t len, class_len;
	struct hive_units units;

	if (hive_nk(h, key, &nk, &len, err) < 0)
		return NULL;
	class_len = get_u16(nk + NK_CLASS_LEN);
	if (class_len == 0 || get_u32(nk + NK_CLASS) == HIVE_NOTHING)
		return xstrdup("");
	if (hive_cell(h, get_u32(nk + NK_CLASS), "class name", &class, &len, err) < 0)
		return NULL;
	units = (struct hive_units){ class, (class_len < len ? class_len : len) / 2, false };
	return hive_units_text(&units);
}
