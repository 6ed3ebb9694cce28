/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Edits.  What fits its place is overwritten there; a value is deleted by closing the gap in its key's list;
 * everything that needs new cells is hivex's work, in a child (hive-child.c).  The cases that hivex 1.3.23 gets
 * wrong are refused here, by name, before it sees them.
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

static int
may_edit(const struct hive *h, struct error *err)
{
	if (h->broken)
		return error_set(err, ERR_INTERNAL, "%s: an edit of it failed before", h->name);
	if (!h->state.checksum_ok)
		return error_set(err, ERR_UNCLEAN,
				 "%s: its base block has a wrong checksum; it is not edited",
				 h->name);
	if (!h->state.clean)
		return error_set(
			err, ERR_UNCLEAN,
			"%s: it was not unloaded cleanly (sequence numbers %u and %u): newer changes may stand in its "
			"transaction logs, and Windows would replay them over an edit; start this Windows once and "
			"shut it down",
			h->name, h->state.sequence1, h->state.sequence2);
	return 0;
}

static int
touch(struct hive *h, hive_key key, uint64_t now, struct error *err)
{
	const uint8_t *nk;
	uint32_t len;
	uint8_t time[8];

	if (hive_nk(h, key, &nk, &len, err) < 0)
		return -1;
	put_u64(time, now);
	hive_poke(h, (uint64_t)(nk - h->image) + NK_TIME, time, sizeof time);
	return 0;
}

/* Letters that hivex sorts, hashes and compares as Windows does; nothing that would end or split a name. */
static bool
plain_name(const char *name)
{
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e || *c == '\\')
			return false;
	return strlen(name) <= HIVE_NAME_UNITS;
}

/* hivex rewrites all values of a key to set one: each must survive that. */
static int
siblings_survive(struct hive *h, hive_key key, struct error *err)
{
	CLEANUP_FREE uint32_t *cells = NULL;
	size_t count;

	if (hive_value_cells(h, key, &cells, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		CLEANUP_FREE char *name = NULL;
		const uint8_t *vk;
		uint32_t len;

		if (hive_vk(h, cells[i], &vk, &len, err) < 0)
			return -1;
		name = hive_vk_name(vk, len);
		if ((get_u32(vk + VK_DATA_LEN) & ~VK_INLINE) > HIVE_BIG_DATA)
			return error_set(
				err, ERR_UNSUPPORTED,
				"%s: the key also holds a value of more than %u bytes ('%s'), beside which nothing can "
				"be added yet",
				h->name, HIVE_BIG_DATA, name);
		if ((get_u16(vk + VK_FLAGS) & ~(unsigned)VK_FLAG_ASCII) || !plain_name(name))
			return error_set(
				err, ERR_UNSUPPORTED,
				"%s: the key also holds the value '%s', whose name cannot be rewritten yet",
				h->name, name);
	}
	return 0;
}

/* Whether `len` bytes fit where the value's data is now; writes them there if so. */
static int
patch_value(struct hive *h, uint32_t cell, uint32_t type, const void *data, uint32_t len,
	    bool *done, struct error *err)
{
	const uint8_t *vk, *old;
	uint32_t vk_len, old_len, cell_len;
	uint8_t head[12];
	uint64_t at;

	*done = false;
	if (hive_vk(h, cell, &vk, &vk_len, err) < 0)
		return -1;
	at = (uint64_t)(vk - h->image);
	if (get_u16(vk + VK_FLAGS) & ~(unsigned)VK_FLAG_ASCII)
		return error_set(err, ERR_UNSUPPORTED,
				 "%s: the value at 0x%" PRIx64
				 " is of a layered hive and cannot be set yet",
				 h->name, at);
	old_len = get_u32(vk + VK_DATA_LEN);
	memcpy(head, vk + VK_DATA_LEN, sizeof head);
	put_u32(head + 8, type);
	if (len <= 4 && ((old_len & VK_INLINE) || old_len == 0)) {
		memset(head + 4, 0, 4);
		memcpy(head + 4, data, len);
		put_u32(head, len | VK_INLINE);
	} else if (len > 4 && !(old_len & VK_INLINE) && old_len > 4 && len <= HIVE_BIG_DATA &&
		   (old_len <= HIVE_BIG_DATA || h->state.minor == 3)) {
		if (hive_cell(h, get_u32(vk + VK_DATA), "data", &old, &cell_len, err) < 0)
			return -1;
		if (cell_len < len)
			return 0;
		put_u32(head, len);
		if (memcmp(old, data, len) != 0)
			hive_poke(h, (uint64_t)(old - h->image), data, len);
	} else {
		return 0;
	}
	hive_poke(h, at + VK_DATA_LEN, head, sizeof head);
	*done = true;
	return 0;
}

/* A value may have grown within its cell: the key's largest length of data must cover it. */
static int
cover_data(struct hive *h, hive_key key, uint32_t len, struct error *err)
{
	const uint8_t *nk;
	uint32_t nk_len;
	uint8_t number[4];

	if (hive_nk(h, key, &nk, &nk_len, err) < 0)
		return -1;
	if (get_u32(nk + NK_MAX_DATA) >= len)
		return 0;
	put_u32(number, len);
	hive_poke(h, (uint64_t)(nk - h->image) + NK_MAX_DATA, number, sizeof number);
	return 0;
}

static int
set_by_child(struct hive *h, hive_key key, const char *name, uint32_t type, const void *data,
	     uint32_t len, struct error *err)
{
	const struct hive_op op = { HIVE_OP_SET_VALUE, key, name, type, data, len };

	if (len > HIVE_BIG_DATA)
		return error_set(err, ERR_UNSUPPORTED,
				 "%s: a value of %u bytes cannot be written yet (at most %u)",
				 h->name, len, HIVE_BIG_DATA);
	if (!plain_name(name))
		return error_set(err, ERR_UNSUPPORTED,
				 "%s: a value named '%s' cannot be written yet", h->name, name);
	return siblings_survive(h, key, err) < 0 ? -1 : hive_child_run(h, &op, err);
}

int
hive_put_value(struct hive *h, const char *path, const char *name, uint32_t type, const void *data,
	       uint32_t len, uint64_t now, struct error *err)
{
	bool done = false;
	hive_key key;
	uint32_t cell;

	if (!data)
		data = ""; /* no bytes, but an address of them */
	if (may_edit(h, err) < 0 || hive_find_path(h, path, &key, err) < 0)
		return -1;
	if (hive_value_cell(h, key, name, &cell, err) == 0) {
		if (patch_value(h, cell, type, data, len, &done, err) < 0 ||
		    (done && cover_data(h, key, len, err) < 0))
			return -1;
	} else {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		error_clear(err);
	}
	if (!done) {
		if (set_by_child(h, key, name, type, data, len, err) < 0 ||
		    hive_find_path(h, path, &key, err) < 0)
			return -1;
	}
	return touch(h, key, now, err);
}

int
hive_put_u32(struct hive *h, const char *path, const char *name, uint32_t v, uint64_t now,
	     struct error *err)
{
	uint8_t data[4];

	put_u32(data, v);
	return hive_put_value(h, path, name, REG_TYPE_DWORD, data, sizeof data, now, err);
}

/* Makes a cell free: its size becomes positive. */
static int
free_cell(struct hive *h, uint32_t cell, const char *what, struct error *err)
{
	const uint8_t *data;
	uint32_t len;
	uint8_t size[4];

	if (hive_cell(h, cell, what, &data, &len, err) < 0)
		return -1;
	put_u32(size, len + 4);
	hive_poke(h, (uint64_t)cell + HIVE_BASE, size, sizeof size);
	return 0;
}

static int
free_segments(struct hive *h, uint32_t db_cell, struct error *err)
{
	const uint8_t *db, *list;
	uint32_t db_len, list_len, count, list_cell;

	if (hive_cell(h, db_cell, "big data", &db, &db_len, err) < 0)
		return -1;
	if (db_len < 8 || memcmp(db, "db", 2) != 0)
		return error_set(err, ERR_CORRUPT, "%s: big data at 0x%x: it is no big data record",
				 h->name, db_cell + HIVE_BASE);
	count = get_u16(db + 2);
	list_cell = get_u32(db + 4);
	if (hive_cell(h, list_cell, "list of segments", &list, &list_len, err) < 0)
		return -1;
	for (uint32_t i = 0; i < count && i < list_len / 4; i++)
		if (free_cell(h, get_u32(list + 4 * (size_t)i), "segment", err) < 0)
			return -1;
	return free_cell(h, list_cell, "list of segments", err) < 0 ?
		       -1 :
		       free_cell(h, db_cell, "big data", err);
}

static int
free_value(struct hive *h, uint32_t cell, struct error *err)
{
	const uint8_t *vk;
	uint32_t vk_len, len, data;

	if (hive_vk(h, cell, &vk, &vk_len, err) < 0)
		return -1;
	len = get_u32(vk + VK_DATA_LEN);
	data = get_u32(vk + VK_DATA);
	if (!(len & VK_INLINE) && len > 0) {
		int got = len > HIVE_BIG_DATA && h->state.minor > 3 ?
				  free_segments(h, data, err) :
				  free_cell(h, data, "data", err);

		if (got < 0)
			return -1;
	}
	return free_cell(h, cell, "value", err);
}

/* Takes entry `i` out of the key's list of `count` values. */
static int
unlink_value(struct hive *h, hive_key key, size_t i, size_t count, struct error *err)
{
	const uint8_t *nk, *list;
	uint32_t nk_len, list_len, list_cell;
	uint64_t at;
	uint8_t number[4];
	static const uint8_t none[8] = { 0 };

	if (hive_nk(h, key, &nk, &nk_len, err) < 0)
		return -1;
	at = (uint64_t)(nk - h->image);
	list_cell = get_u32(nk + NK_VALUE_LIST);
	put_u32(number, (uint32_t)count - 1);
	hive_poke(h, at + NK_VALUES, number, sizeof number);
	if (count == 1) {
		put_u32(number, HIVE_NOTHING);
		hive_poke(h, at + NK_VALUE_LIST, number, sizeof number);
		hive_poke(h, at + NK_MAX_NAME, none,
			  sizeof none); /* and NK_MAX_DATA, as Windows does */
		return free_cell(h, list_cell, "list of values", err);
	}
	if (hive_cell(h, list_cell, "list of values", &list, &list_len, err) < 0)
		return -1;
	if (i + 1 < count) {
		CLEANUP_FREE uint8_t *rest = xmemdup(list + 4 * (i + 1), 4 * (count - i - 1));

		hive_poke(h, (uint64_t)(list - h->image) + 4 * i, rest, 4 * (count - i - 1));
	}
	return 0;
}

int
hive_delete_value(struct hive *h, const char *path, const char *name, uint64_t now,
		  struct error *err)
{
	CLEANUP_FREE uint32_t *cells = NULL;
	hive_key key;
	uint32_t cell;
	size_t count, i = 0;

	if (may_edit(h, err) < 0 || hive_find_path(h, path, &key, err) < 0 ||
	    hive_value_cell(h, key, name, &cell, err) < 0 || hive_check(h, err) < 0 ||
	    hive_value_cells(h, key, &cells, &count, err) < 0)
		return -1;
	while (i < count && cells[i] != cell)
		i++;
	if (unlink_value(h, key, i, count, err) < 0 || free_value(h, cell, err) < 0 ||
	    touch(h, key, now, err) < 0) {
		h->broken = true;
		return -1;
	}
	return 0;
}

/* hivex deletes wrongly under an "li" list, and leaves an emptied leaf in an index root. */
static int
list_allows_delete(struct hive *h, hive_key parent, struct error *err)
{
	const uint8_t *nk, *list;
	uint32_t len, cell;

	if (hive_nk(h, parent, &nk, &len, err) < 0)
		return -1;
	cell = get_u32(nk + NK_SUBKEY_LIST);
	if (hive_cell(h, cell, "list of subkeys", &list, &len, err) < 0)
		return -1;
	if (len >= 4 && memcmp(list, "li", 2) == 0)
		return error_set(err, ERR_UNSUPPORTED,
				 "%s: a key in a list of kind 'li' cannot be deleted yet", h->name);
	if (len < 4 || memcmp(list, "ri", 2) != 0)
		return 0;
	for (uint32_t i = 0; i < get_u16(list + 2) && 4 + 4 * i + 4 <= len; i++) {
		const uint8_t *leaf;
		uint32_t leaf_len;

		if (hive_cell(h, get_u32(list + 4 + 4 * (size_t)i), "list of subkeys", &leaf,
			      &leaf_len, err) < 0)
			return -1;
		if (leaf_len < 4 || memcmp(leaf, "li", 2) == 0 || get_u16(leaf + 2) < 2)
			return error_set(
				err, ERR_UNSUPPORTED,
				"%s: a key in an index of many lists, one of which it may empty, cannot be deleted yet",
				h->name);
	}
	return 0;
}

/* hivex leaves an empty list with a key whose last subkey went; Windows frees it. */
static int
drop_empty_list(struct hive *h, hive_key key, struct error *err)
{
	const uint8_t *nk, *list;
	uint32_t len, cell;
	uint8_t nothing[4];

	if (hive_nk(h, key, &nk, &len, err) < 0)
		return -1;
	cell = get_u32(nk + NK_SUBKEY_LIST);
	if (get_u32(nk + NK_SUBKEYS) != 0 || cell == HIVE_NOTHING)
		return 0;
	if (hive_cell(h, cell, "list of subkeys", &list, &len, err) < 0)
		return -1;
	put_u32(nothing, HIVE_NOTHING);
	hive_poke(h, (uint64_t)(nk - h->image) + NK_SUBKEY_LIST, nothing, sizeof nothing);
	/* a list that begins as one, and is empty, is nobody else's: the check has seen those that hold keys */
	return len >= 4 && list[0] == 'l' && get_u16(list + 2) == 0 ?
		       free_cell(h, cell, "list of subkeys", err) :
		       0;
}

/* "A\B\C" as "A\B" and "C"; both the caller's. */
static void
split(const char *path, char **parent, char **name)
{
	const char *slash = strrchr(path, '\\');

	*parent = slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup("");
	*name = xstrdup(slash ? slash + 1 : path);
}

int
hive_delete_key(struct hive *h, const char *path, uint64_t now, struct error *err)
{
	CLEANUP_FREE char *parent_path = NULL;
	CLEANUP_FREE char *name = NULL;
	struct hive_op op = { .kind = HIVE_OP_DELETE_KEY };
	hive_key parent;

	split(path, &parent_path, &name);
	if (!*name)
		return error_set(err, ERR_REFUSED, "%s: the root of a hive cannot be deleted",
				 h->name);
	if (may_edit(h, err) < 0 || hive_find_path(h, path, &op.key, err) < 0 ||
	    hive_find_path(h, parent_path, &parent, err) < 0 ||
	    list_allows_delete(h, parent, err) < 0 || hive_child_run(h, &op, err) < 0 ||
	    hive_find_path(h, parent_path, &parent, err) < 0 || drop_empty_list(h, parent, err) < 0)
		return -1;
	return touch(h, parent, now, err);
}

int
hive_create_key(struct hive *h, const char *path, uint64_t now, struct error *err)
{
	CLEANUP_FREE char *parent_path = NULL;
	CLEANUP_FREE char *name = NULL;
	struct hive_op op = { .kind = HIVE_OP_CREATE_KEY };
	hive_key key;

	if (may_edit(h, err) < 0)
		return -1;
	if (hive_find_path(h, path, &key, err) == 0)
		return 0;
	if (err->code != ERR_NOT_FOUND)
		return -1;
	error_clear(err);
	split(path, &parent_path, &name);
	if (!*name) /* a backslash at the end says nothing */
		return hive_create_key(h, parent_path, now, err);
	if (!plain_name(name)) /* before any parent is made */
		return error_set(err, ERR_UNSUPPORTED, "%s: a key named '%s' cannot be made yet",
				 h->name, name);
	if (hive_create_key(h, parent_path, now, err) < 0)
		return -1;
	op.name = name;
	if (hive_find_path(h, parent_path, &op.key, err) < 0 || hive_child_run(h, &op, err) < 0 ||
	    hive_find_path(h, path, &key, err) < 0 || touch(h, key, now, err) < 0 ||
	    hive_find_path(h, parent_path, &key, err) < 0)
		return -1;
	return touch(h, key, now, err);
}
