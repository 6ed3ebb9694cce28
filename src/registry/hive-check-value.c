/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values in the strict check: their list, names, data in place, in a cell or in segments, and the largest of them. */
#include <stdlib.h>
#include <string.h>

#include "registry/hive-check.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"

static void
check_segments(struct hive_check *c, uint32_t cell, const uint8_t *db, uint32_t left)
{
	uint32_t len, count = get_u16(db + 2);
	const uint8_t *list;

	if (memcmp(db, "db", 2) != 0) {
		hive_check_bad(c, cell, "data of %u bytes is not in segments ('db')", left);
		return;
	}
	if (count != (left + HIVE_BIG_DATA - 1) / HIVE_BIG_DATA) {
		hive_check_bad(c, cell, "data of %u bytes has %u segments", left, count);
		return;
	}
	list = hive_check_claim(c, cell, get_u32(db + 4), "list of segments", 4 * count, &len);
	/* each segment's cell has room for 16,344 bytes, whatever the last one holds */
	for (uint32_t i = 0; list && i < count; i++)
		hive_check_claim(c, cell, get_u32(list + 4 * (size_t)i), "segment", HIVE_BIG_DATA,
				 &len);
}

static void
check_data(struct hive_check *c, uint32_t cell, const uint8_t *vk)
{
	uint32_t len = get_u32(vk + VK_DATA_LEN), at = get_u32(vk + VK_DATA), cell_len;
	bool big = len > HIVE_BIG_DATA && c->h->state.minor > 3;
	const uint8_t *data;

	if (len & VK_INLINE) {
		if ((len & ~VK_INLINE) > 4)
			hive_check_bad(c, cell, "a value says that %u bytes of data are inline",
				       len & ~VK_INLINE);
		return;
	}
	if (len == 0) { /* also a tombstone of a layered hive */
		hive_check_unused(c, cell, at, "data");
		return;
	}
	data = hive_check_claim(c, cell, at, "data", big ? 8 : 0, &cell_len);
	if (!data)
		return;
	if (big)
		check_segments(c, at, data, len);
	else if (cell_len < len)
		hive_check_bad(c, at, "a value has %u bytes of data in a cell of %u", len,
			       cell_len);
}

/* One value: its cell, name and data; the largest lengths grow with it. */
static bool
check_value(struct hive_check *c, uint32_t list, uint32_t cell, uint32_t *max_name,
	    uint32_t *max_data)
{
	uint32_t len, name_len, data_len;
	const uint8_t *vk = hive_check_claim(c, list, cell, "value", VK_NAME, &len);
	bool ascii;

	if (!vk)
		return false;
	if (memcmp(vk, "vk", 2) != 0) {
		hive_check_bad(c, cell, "a value does not begin with 'vk'");
		return false;
	}
	name_len = get_u16(vk + VK_NAME_LEN);
	ascii = get_u16(vk + VK_FLAGS) & VK_FLAG_ASCII;
	if (name_len > len - VK_NAME || (!ascii && name_len % 2)) {
		hive_check_bad(c, cell, "a value's name has an impossible length (%u)", name_len);
		return false;
	}
	check_data(c, cell, vk);
	name_len *= ascii ? 2 : 1;
	data_len = get_u32(vk + VK_DATA_LEN) & ~VK_INLINE;
	*max_name = name_len > *max_name ? name_len : *max_name;
	*max_data = data_len > *max_data ? data_len : *max_data;
	return true;
}

struct named {
	uint32_t hash, cell;
};

/* By hash, which is quick to tell apart, then by name: equal names are neighbours, other names of the same hash between them or not. */
static int
compare_names(const void *a, const void *b, void *ctx)
{
	const struct named *x = a, *y = b;
	const uint8_t *p = ctx;
	struct hive_units u, v;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	u = hive_vk_units(p + x->cell);
	v = hive_vk_units(p + y->cell);
	return hive_units_compare(&u, &v);
}

/* Two values whose names differ only in case are one to Windows. */
static void
check_twins(struct hive_check *c, struct named *list, size_t count)
{
	uint8_t *p = c->h->image + HIVE_BASE + 4;

	qsort_r(list, count, sizeof *list, compare_names, p);
	for (size_t i = 1; i < count; i++)
		if (compare_names(&list[i - 1], &list[i], p) == 0)
			hive_check_bad(c, list[i].cell, "two values have the same name");
}

void
hive_check_values(struct hive_check *c, uint32_t key, const uint8_t *nk)
{
	uint32_t count = get_u32(nk + NK_VALUES), at = get_u32(nk + NK_VALUE_LIST), len;
	uint32_t max_name = 0, max_data = 0;
	CLEANUP_FREE struct named *names = NULL;
	const uint8_t *list;
	size_t n = 0;

	if (get_u16(nk + NK_FLAGS) & NK_FLAG_PREDEFINED)
		return; /* the number is a handle */
	if (count == 0) {
		hive_check_unused(c, key, at, "values");
		return;
	}
	list = hive_check_claim(c, key, at, "list of values", 0, &len);
	if (!list)
		return;
	if (count > len / 4) {
		hive_check_bad(c, at, "a list of values holds %u, its key says %u", len / 4, count);
		count = len / 4;
	}
	names = xcalloc(count ? count : 1, sizeof *names);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t cell = get_u32(list + 4 * (size_t)i);
		struct hive_units units;

		if (!check_value(c, at, cell, &max_name, &max_data))
			continue;
		units = hive_vk_units(c->h->image + HIVE_BASE + 4 + cell);
		names[n++] = (struct named){ hive_units_hash(&units), cell };
	}
	check_twins(c, names, n);
	if (get_u32(nk + NK_MAX_NAME) < max_name)
		hive_check_warn(c, key, "its largest name of a value is %u bytes, not %u", max_name,
				get_u32(nk + NK_MAX_NAME));
	if (get_u32(nk + NK_MAX_DATA) < max_data)
		hive_check_warn(c, key, "its largest data of a value is %u bytes, not %u", max_data,
				get_u32(nk + NK_MAX_DATA));
}
