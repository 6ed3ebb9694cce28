/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Edits of keys, on the image of a hive that has passed the strict check.  A new key shares its parent's security, as an
 * inherited one would; deleting the last key with a security cell takes that out of its ring.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "registry/hive-edit.h"
#include "registry/hive-list.h"
#include "registry/hive-space.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"

/* ---- security ---- */

static void
count_security(struct hive *h, uint32_t sk, int by)
{
	uint32_t count, next, before;

	if (sk == HIVE_NOTHING)
		return;
	count = get_u32(hive_bytes(h, sk) + SK_REFERENCES) + (uint32_t)by;
	hive_put_32(h, sk, SK_REFERENCES, count);
	if (count)
		return;
	next = get_u32(hive_bytes(h, sk) + SK_NEXT);
	before = get_u32(hive_bytes(h, sk) + SK_BEFORE);
	hive_put_32(h, before, SK_NEXT, next);
	hive_put_32(h, next, SK_BEFORE, before);
	hive_space_give(h, sk);
}

/* ---- making ---- */

static int
make_key(struct hive *h, uint32_t parent, const struct hive_units *name, uint64_t now,
	 uint32_t *ret, struct error *err)
{
	uint32_t bytes = name->count * (name->ascii ? 1 : 2), security;

	if (hive_space_take(h, NK_NAME + (uint64_t)bytes, ret, err) < 0)
		return -1;
	security = get_u32(hive_bytes(h, parent) + NK_SECURITY);
	hive_put(h, *ret, 0, "nk", 2);
	hive_put_16(h, *ret, NK_FLAGS, name->ascii ? NK_FLAG_ASCII : 0);
	hive_put_64(h, *ret, NK_TIME, now);
	hive_put_32(h, *ret, NK_PARENT, parent);
	hive_put_32(h, *ret, NK_SUBKEY_LIST, HIVE_NOTHING);
	hive_put_32(h, *ret, NK_VOLATILE_LIST, HIVE_NOTHING);
	hive_put_32(h, *ret, NK_VALUE_LIST, HIVE_NOTHING);
	hive_put_32(h, *ret, NK_SECURITY, security);
	hive_put_32(h, *ret, NK_CLASS, HIVE_NOTHING);
	hive_put_16(h, *ret, NK_NAME_LEN, bytes);
	hive_put(h, *ret, NK_NAME, name->p, bytes);
	count_security(h, security, 1);
	if (hive_list_insert(h, parent, *ret, err) < 0)
		return -1;
	hive_put_64(h, parent, NK_TIME, now);
	return 0;
}

/* Names that can be made, before any of them is. */
static int
check_names(const struct hive *h, const char *path, struct error *err)
{
	int depth = 1; /* the root */

	for (const char *p = path; *p;) {
		size_t n = strcspn(p, "\\");
		CLEANUP_FREE char *name = xstrndup(p, n);
		CLEANUP_FREE uint8_t *buffer = NULL;
		struct hive_units units = hive_units_from_text(name, &buffer);

		if (units.count > HIVE_NAME_UNITS)
			return error_set(err, ERR_LIMIT,
					 "%s: the name of a key can have at most %u characters, "
					 "not %u: '%s'",
					 h->name, HIVE_NAME_UNITS, units.count, name);
		if (n && hive_unit(&units, 0) == 0)
			return error_set(err, ERR_UNSUPPORTED,
					 "%s: the name of a key cannot begin with a NUL", h->name);
		depth += n > 0;
		p += n + (p[n] == '\\');
	}
	return depth > HIVE_DEPTH ? error_set(err, ERR_LIMIT,
					      "%s: keys can lie at most %d below each other: '%s'",
					      h->name, HIVE_DEPTH, path) :
				    0;
}

int
hive_create_key(struct hive *h, const char *path, uint64_t now, struct error *err)
{
	hive_key at;

	if (hive_may_edit(h, err) < 0 || check_names(h, path, err) < 0 ||
	    hive_root(h, &at, err) < 0)
		return -1;
	for (const char *p = path; *p;) {
		size_t n = strcspn(p, "\\");
		CLEANUP_FREE char *name = xstrndup(p, n);
		CLEANUP_FREE uint8_t *buffer = NULL;
		struct hive_units units = hive_units_from_text(name, &buffer);
		int got = n ? hive_find_child(h, at, &units, &at, err) : 1;

		if (got < 0)
			return -1;
		if (got == 0) {
			h->broken = true;
			hive_begin_change(h);
			if (make_key(h, at, &units, now, &at, err) < 0)
				return -1;
			h->broken = false;
		}
		p += n + (p[n] == '\\');
	}
	return 0;
}

/* ---- deleting ---- */

static void
drop_lists(struct hive *h, uint32_t list)
{
	uint32_t count = get_u16(hive_bytes(h, list) + 2);

	if (hive_bytes(h, list)[0] == 'r')
		for (uint32_t i = 0; i < count; i++)
			hive_space_give(h, get_u32(hive_bytes(h, list) + 4 + 4 * (size_t)i));
	hive_space_give(h, list);
}

/* A key and all below it; no deeper than the check allows. */
static int
drop_key(struct hive *h, uint32_t key, struct error *err)
{
	CLEANUP_FREE hive_key *children = NULL;
	size_t count = 0;

	if (hive_subkeys(h, key, &children, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (drop_key(h, children[i], err) < 0)
			return -1;
	if (count)
		drop_lists(h, get_u32(hive_bytes(h, key) + NK_SUBKEY_LIST));
	hive_drop_values(h, key);
	if (get_u16(hive_bytes(h, key) + NK_CLASS_LEN))
		hive_space_give(h, get_u32(hive_bytes(h, key) + NK_CLASS));
	count_security(h, get_u32(hive_bytes(h, key) + NK_SECURITY), -1);
	hive_space_give(h, key);
	return 0;
}

int
hive_delete_key(struct hive *h, const char *path, uint64_t now, struct error *err)
{
	hive_key key, root, parent;

	if (hive_may_edit(h, err) < 0 || hive_find_path(h, path, &key, err) < 0 ||
	    hive_root(h, &root, err) < 0)
		return -1;
	if (key == root)
		return error_set(err, ERR_REFUSED, "%s: the root of a hive cannot be deleted",
				 h->name);
	parent = get_u32(hive_bytes(h, key) + NK_PARENT);
	h->broken = true;
	hive_begin_change(h);
	hive_list_remove(h, parent, key);
	if (drop_key(h, key, err) < 0)
		return -1;
	hive_put_64(h, parent, NK_TIME, now);
	h->broken = false;
	return 0;
}
