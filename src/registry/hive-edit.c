/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Edits of values, on the image of a hive that has passed the strict check; so every cell that is met here is what it
 * should be.  An edit that fails half way leaves the hive unusable, and nothing of it is written.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "registry/hive-edit.h"
#include "registry/hive-space.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"

#define VALUE_NAME_UNITS 16383u
#define OLD_DATA_MAX	 (1u << 20) /* in version 1.3: "1 MB (standard format)" */

static int
refuse_dirty(const struct hive *h, struct error *err)
{
	return error_set(
		err, ERR_UNCLEAN,
		"%s: it was not unloaded cleanly (%s) and its transaction logs do not help (%s): newer "
		"changes may be missing in it; start this Windows once and shut it down, or accept the hive as it "
		"is with --accept-dirty-hive",
		h->name,
		!h->state.checksum_ok ? "the checksum of its base block is wrong" :
					"its two sequence numbers differ",
		hive_why_not_current(h));
}

int
hive_may_edit(struct hive *h, struct error *err)
{
	if (h->broken)
		return error_set(err, ERR_INTERNAL, "%s: an edit of it failed before", h->name);
	if (!hive_current(h) && !h->accepted)
		return refuse_dirty(h, err);
	if (h->verified)
		return 0;
	if (hive_check(h, err) < 0)
		return error_prefix(err, "it is not edited");
	h->verified = true;
	h->leaks_before = h->leaks;
	return 0;
}

void
hive_accept_dirty(struct hive *h)
{
	h->accepted = true;
}

/* ---- data ---- */

static bool
is_big(const struct hive *h, uint32_t len)
{
	return !(len & VK_INLINE) && len > HIVE_BIG_DATA && h->state.minor > 3;
}

/* Gives back what holds a value's data. */
static void
drop_data(struct hive *h, uint32_t vk)
{
	uint32_t len = get_u32(hive_bytes(h, vk) + VK_DATA_LEN);
	uint32_t data = get_u32(hive_bytes(h, vk) + VK_DATA), list;

	if (len & VK_INLINE || len == 0)
		return;
	if (is_big(h, len)) {
		uint32_t count = get_u16(hive_bytes(h, data) + 2);

		list = get_u32(hive_bytes(h, data) + 4);
		for (uint32_t i = 0; i < count; i++)
			hive_space_give(h, get_u32(hive_bytes(h, list) + 4 * (size_t)i));
		hive_space_give(h, list);
	}
	hive_space_give(h, data);
}

/*
 * A "db" record: its list names segments of 16,344 bytes each.  The cell of the last one is as large as the others', though it holds
 * less: Windows makes it so, and its check (CmpCheckValueList) wants it so.
 */
static int
take_segments(struct hive *h, const uint8_t *data, uint32_t len, uint32_t *ret, struct error *err)
{
	uint32_t count = (len + HIVE_BIG_DATA - 1) / HIVE_BIG_DATA, list, segment;

	if (count > UINT16_MAX)
		return error_set(err, ERR_LIMIT, "%s: a value of %u bytes is too large for a hive",
				 h->name, len);
	if (hive_space_take(h, 8, ret, err) < 0 ||
	    hive_space_take(h, 4 * (uint64_t)count, &list, err) < 0)
		return -1;
	hive_put(h, *ret, 0, "db", 2);
	hive_put_16(h, *ret, 2, count);
	hive_put_32(h, *ret, 4, list);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t n = len < HIVE_BIG_DATA ? len : HIVE_BIG_DATA;

		if (hive_space_take(h, HIVE_BIG_DATA, &segment, err) < 0)
			return -1;
		hive_put(h, segment, 0, data, n);
		hive_put_32(h, list, 4 * i, segment);
		data += n;
		len -= n;
	}
	return 0;
}

/* Gives the value at `vk` its type and data, in its place when they fit there. */
static int
set_data(struct hive *h, uint32_t vk, uint32_t type, const uint8_t *data, uint32_t len,
	 struct error *err)
{
	uint32_t old = get_u32(hive_bytes(h, vk) + VK_DATA_LEN);
	uint32_t cell = get_u32(hive_bytes(h, vk) + VK_DATA);
	bool in_cell = !(old & VK_INLINE) && old != 0 && !is_big(h, old);

	if (len <= 4) {
		uint8_t word[4] = { 0 };

		drop_data(h, vk);
		memcpy(word, data, len);
		hive_put(h, vk, VK_DATA, word, sizeof word);
		hive_put_32(h, vk, VK_DATA_LEN, len | VK_INLINE);
	} else if (in_cell && !is_big(h, len) && len <= hive_room(h, cell)) {
		if (memcmp(hive_bytes(h, cell), data, len) != 0)
			hive_put(h, cell, 0, data, len);
		hive_put_32(h, vk, VK_DATA_LEN, len);
	} else {
		drop_data(h, vk); /* first, so that its room can be used */
		hive_put_32(h, vk, VK_DATA_LEN, VK_INLINE);
		if (is_big(h, len) ? take_segments(h, data, len, &cell, err) < 0 :
				     hive_space_take(h, len, &cell, err) < 0)
			return -1;
		if (!is_big(h, len))
			hive_put(h, cell, 0, data, len);
		hive_put_32(h, vk, VK_DATA, cell);
		hive_put_32(h, vk, VK_DATA_LEN, len);
	}
	hive_put_32(h, vk, VK_TYPE, type);
	return 0;
}

/* ---- the list of values ---- */

/* Adds a cell to the key's list of values. */
static int
list_value(struct hive *h, uint32_t key, uint32_t vk, struct error *err)
{
	uint32_t count = get_u32(hive_bytes(h, key) + NK_VALUES);
	uint32_t list = get_u32(hive_bytes(h, key) + NK_VALUE_LIST), larger;

	if (count == 0) {
		if (hive_space_take(h, 4, &list, err) < 0)
			return -1;
		hive_put_32(h, key, NK_VALUE_LIST, list);
	} else if (4 * (uint64_t)(count + 1) > hive_room(h, list)) {
		if (hive_space_take(h, 4 * ((uint64_t)count + 1 + count / 8), &larger, err) < 0)
			return -1;
		hive_put(h, larger, 0, hive_bytes(h, list), 4 * (size_t)count);
		hive_space_give(h, list);
		list = larger;
		hive_put_32(h, key, NK_VALUE_LIST, list);
	}
	hive_put_32(h, list, 4 * count, vk);
	hive_put_32(h, key, NK_VALUES, count + 1);
	return 0;
}

/* A new value without data, listed in its key. */
static int
add_value(struct hive *h, uint32_t key, const struct hive_units *name, uint32_t *ret,
	  struct error *err)
{
	uint32_t bytes = name->count * (name->ascii ? 1 : 2);

	if (name->count > VALUE_NAME_UNITS)
		return error_set(err, ERR_LIMIT,
				 "%s: the name of a value can have at most %u characters, not %u",
				 h->name, VALUE_NAME_UNITS, name->count);
	if (hive_space_take(h, VK_NAME + (uint64_t)bytes, ret, err) < 0)
		return -1;
	hive_put(h, *ret, 0, "vk", 2);
	hive_put_16(h, *ret, VK_NAME_LEN, bytes);
	hive_put_32(h, *ret, VK_DATA_LEN, VK_INLINE);
	hive_put_16(h, *ret, VK_FLAGS, name->ascii && name->count ? VK_FLAG_ASCII : 0);
	hive_put(h, *ret, VK_NAME, name->p, bytes);
	return list_value(h, key, *ret, err);
}

/* The key's largest lengths cover this value. */
static void
cover(struct hive *h, uint32_t key, uint32_t name_bytes, uint32_t len)
{
	if (get_u32(hive_bytes(h, key) + NK_MAX_NAME) < name_bytes)
		hive_put_32(h, key, NK_MAX_NAME, name_bytes);
	if (get_u32(hive_bytes(h, key) + NK_MAX_DATA) < len)
		hive_put_32(h, key, NK_MAX_DATA, len);
}

/* ---- setting ---- */

static int
check_new_data(const struct hive *h, uint32_t len, struct error *err)
{
	uint32_t most = h->state.minor > 3 ? HIVE_DATA_MAX : OLD_DATA_MAX;

	return len > most ? error_set(err, ERR_LIMIT,
				      "%s: a value of %u bytes cannot be written (at most %u)",
				      h->name, len, most) :
			    0;
}

static int
check_old_value(struct hive *h, uint32_t key, uint32_t vk, struct error *err)
{
	if (get_u16(hive_bytes(h, key) + NK_FLAGS) & NK_FLAG_PREDEFINED)
		return error_set(err, ERR_UNSUPPORTED,
				 "%s: the key at 0x%" PRIx64
				 " stands for a predefined one and has no values of its own",
				 h->name, (uint64_t)key + HIVE_BASE);
	if (vk != HIVE_NOTHING && get_u16(hive_bytes(h, vk) + VK_FLAGS) & VK_FLAG_TOMBSTONE)
		return error_set(err, ERR_UNSUPPORTED,
				 "%s: the value at 0x%" PRIx64
				 " is a tombstone of a layered hive and cannot be changed",
				 h->name, (uint64_t)vk + HIVE_BASE);
	return 0;
}

/* The value's cell, HIVE_NOTHING when there is none. */
static int
look_up(struct hive *h, const char *path, const char *name, uint32_t *key, uint32_t *vk,
	struct error *err)
{
	if (hive_may_edit(h, err) < 0 || hive_find_path(h, path, key, err) < 0)
		return -1;
	if (hive_value_cell(h, *key, name, vk, err) < 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		error_clear(err);
		*vk = HIVE_NOTHING;
	}
	return check_old_value(h, *key, *vk, err);
}

int
hive_put_value(struct hive *h, const char *path, const char *name, uint32_t type, const void *data,
	       uint32_t len, uint64_t now, struct error *err)
{
	CLEANUP_FREE uint8_t *buffer = NULL;
	struct hive_units units = hive_units_from_text(name, &buffer);
	uint32_t key, vk;

	if (look_up(h, path, name, &key, &vk, err) < 0 || check_new_data(h, len, err) < 0)
		return -1;
	h->broken = true;
	hive_begin_change(h);
	if ((vk == HIVE_NOTHING && add_value(h, key, &units, &vk, err) < 0) ||
	    set_data(h, vk, type, data ? data : (const uint8_t *)"", len, err) < 0)
		return -1;
	cover(h, key, 2 * units.count, len);
	hive_begin_change(h);
	hive_put_64(h, key, NK_TIME, now);
	h->broken = false;
	return 0;
}

int
hive_put_u32(struct hive *h, const char *path, const char *name, uint32_t v, uint64_t now,
	     struct error *err)
{
	uint8_t data[4];

	put_u32(data, v);
	return hive_put_value(h, path, name, REG_TYPE_DWORD, data, sizeof data, now, err);
}

/* ---- deleting ---- */

static void
drop_value(struct hive *h, uint32_t vk)
{
	drop_data(h, vk);
	hive_space_give(h, vk);
}

void
hive_drop_values(struct hive *h, uint32_t key)
{
	uint32_t count = get_u32(hive_bytes(h, key) + NK_VALUES);
	uint32_t list = get_u32(hive_bytes(h, key) + NK_VALUE_LIST);

	if (count == 0 || get_u16(hive_bytes(h, key) + NK_FLAGS) & NK_FLAG_PREDEFINED)
		return;
	for (uint32_t i = 0; i < count; i++)
		drop_value(h, get_u32(hive_bytes(h, list) + 4 * (size_t)i));
	hive_space_give(h, list);
}

/* Closes the gap in the key's list; the last value takes the list and the largest lengths with it. */
static void
unlist_value(struct hive *h, uint32_t key, uint32_t vk)
{
	uint32_t count = get_u32(hive_bytes(h, key) + NK_VALUES), i = 0;
	uint32_t list = get_u32(hive_bytes(h, key) + NK_VALUE_LIST);

	while (get_u32(hive_bytes(h, list) + 4 * (size_t)i) != vk)
		i++;
	hive_put(h, list, 4 * i, hive_bytes(h, list) + 4 * (size_t)(i + 1),
		 4 * (size_t)(count - i - 1));
	hive_put_32(h, key, NK_VALUES, count - 1);
	if (count > 1)
		return;
	hive_space_give(h, list);
	hive_put_32(h, key, NK_VALUE_LIST, HIVE_NOTHING);
	hive_put_32(h, key, NK_MAX_NAME, 0);
	hive_put_32(h, key, NK_MAX_DATA, 0);
}

int
hive_delete_value(struct hive *h, const char *path, const char *name, uint64_t now,
		  struct error *err)
{
	uint32_t key, vk;

	if (look_up(h, path, name, &key, &vk, err) < 0)
		return -1;
	if (vk == HIVE_NOTHING)
		return error_set(err, ERR_NOT_FOUND, "%s: there is no value '%s'", h->name, name);
	hive_begin_change(h);
	unlist_value(h, key, vk);
	drop_value(h, vk);
	hive_begin_change(h);
	hive_put_64(h, key, NK_TIME, now);
	return 0;
}
