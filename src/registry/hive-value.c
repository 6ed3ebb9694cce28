/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Values: a key names its list of values; a value ("vk") has up to four bytes of data inline, more in a cell, and
 * above 16,344 bytes (minor version 4 and later) in segments ("db").  A value that cannot be read is passed over and
 * remembered, so that its neighbours can be.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "registry/hive-private.h"
#include "registry/hive-space.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"

int
hive_value_cells(struct hive *h, hive_key key, uint32_t **ret, size_t *ret_count, bool *lost,
		 struct error *err)
{
	const uint8_t *nk, *list;
	uint32_t len, count, cell;

	*ret = NULL;
	*ret_count = 0;
	*lost = false;
	if (hive_nk(h, key, &nk, &len, err) < 0)
		return -1;
	count = get_u32(nk + NK_VALUES);
	cell = get_u32(nk + NK_VALUE_LIST);
	if (count == 0 || get_u16(nk + NK_FLAGS) & NK_FLAG_PREDEFINED)
		return 0; /* NT 4 leaves an old list pointer behind; a predefined key's number is a handle */
	if (hive_cell(h, cell, "list of values", &list, &len, err) < 0) {
		*lost = true;
		return hive_pass_over(h, key, cell, err);
	}
	if (count > len / 4) {
		hive_broken(h, "list of values", cell, "it is shorter than its key says", err);
		if (hive_pass_over(h, key, cell, err) < 0)
			return -1;
		*lost = true;
		count = len / 4;
	}
	*ret = xcalloc(count ? count : 1, sizeof **ret);
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
		return hive_broken(h, "big data", cell, "it is no big data record", err);
	count = get_u16(db + 2);
	if (hive_cell(h, get_u32(db + 4), "list of segments", &list, &list_len, err) < 0)
		return -1;
	if (count > list_len / 4)
		return hive_broken(h, "list of segments", get_u32(db + 4),
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
		return hive_broken(h, "big data", cell, "its segments are shorter than the value",
				   err);
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
			return hive_broken(h, "value", cell, "it has more than four bytes inline",
					   err);
		v->data = len ? xmemdup(vk + VK_DATA, len) : NULL;
		v->len = len;
		return 0;
	}
	if (len == 0)
		return 0;
	if (len > h->image_size)
		return hive_broken(h, "value", cell, "its data would be larger than the hive", err);
	v->data = checked_alloc(len, h->image_size, "a registry value", err);
	if (!v->data)
		return -1;
	v->len = len;
	if (len > HIVE_BIG_DATA && h->state.minor > 3)
		return read_segments(h, at, len, v->data, err);
	if (hive_cell(h, at, "data", &data, &n, err) < 0)
		return -1;
	if (n < len)
		return hive_broken(h, "data", at, "it is shorter than its value says", err);
	memcpy(v->data, data, len);
	return 0;
}

static int
read_value(struct hive *h, uint32_t cell, struct hive_value *ret, struct error *err)
{
	struct hive_value v = { 0 };
	struct hive_units units;
	const uint8_t *vk;
	uint32_t len;

	if (hive_vk(h, cell, &vk, &len, err) < 0)
		return -1;
	units = hive_vk_units(vk);
	v.name = hive_units_text(&units);
	v.tombstone = get_u16(vk + VK_FLAGS) & VK_FLAG_TOMBSTONE;
	v.type = get_u32(vk + VK_TYPE);
	if (read_data(h, cell, vk, &v, err) < 0) {
		hive_value_clear(&v);
		return -1;
	}
	*ret = v;
	return 0;
}

/* The cell of the value `name` among `cells`: 1, or 0. */
static int
find_value(struct hive *h, hive_key key, const char *name, const uint32_t *cells, size_t count,
	   uint32_t *ret, bool *lost, struct error *err)
{
	CLEANUP_FREE uint8_t *buffer = NULL;
	struct hive_units wanted = hive_units_from_text(name, &buffer);

	for (size_t i = 0; i < count; i++) {
		struct hive_units units;
		const uint8_t *vk;
		uint32_t len;

		if (hive_vk(h, cells[i], &vk, &len, err) < 0) {
			if (hive_pass_over(h, key, cells[i], err) < 0)
				return -1;
			*lost = true;
			continue;
		}
		units = hive_vk_units(vk);
		if (hive_units_compare(&units, &wanted) == 0) {
			*ret = cells[i];
			return 1;
		}
	}
	return 0;
}

/* The same in a hive that has passed the strict check: every cell is what it should be. */
static uint32_t
find_verified(struct hive *h, hive_key key, const struct hive_units *wanted)
{
	const uint8_t *nk = hive_bytes(h, key), *list;
	uint32_t count = get_u32(nk + NK_VALUES);

	if (count == 0 || get_u16(nk + NK_FLAGS) & NK_FLAG_PREDEFINED)
		return HIVE_NOTHING;
	list = hive_bytes(h, get_u32(nk + NK_VALUE_LIST));
	for (uint32_t i = 0; i < count; i++) {
		uint32_t cell = get_u32(list + 4 * (size_t)i);
		struct hive_units units = hive_vk_units(hive_bytes(h, cell));

		if (units.count == wanted->count && hive_units_compare(&units, wanted) == 0)
			return cell;
	}
	return HIVE_NOTHING;
}

int
hive_value_cell(struct hive *h, hive_key key, const char *name, uint32_t *ret, struct error *err)
{
	CLEANUP_FREE uint32_t *cells = NULL;
	size_t count;
	bool lost = false;
	int got;

	if (h->verified && !h->broken) {
		CLEANUP_FREE uint8_t *buffer = NULL;
		struct hive_units wanted = hive_units_from_text(name, &buffer);

		*ret = find_verified(h, key, &wanted);
		return *ret != HIVE_NOTHING ?
			       0 :
			       error_set(err, ERR_NOT_FOUND, "%s: there is no value '%s'", h->name,
					 name);
	}
	if (hive_value_cells(h, key, &cells, &count, &lost, err) < 0)
		return -1;
	got = find_value(h, key, name, cells, count, ret, &lost, err);
	if (got)
		return got < 0 ? -1 : 0;
	if (lost)
		return error_set(
			err, ERR_CORRUPT,
			"%s: the values of a key are damaged, and what can be read of them "
			"has no '%s' (%s)",
			h->name, name,
			h->losses.count ? h->losses.list[h->losses.count - 1].text : "");
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
	bool lost;

	if (hive_value_cells(h, key, &cells, &count, &lost, err) < 0)
		return -1;
	*ret = xcalloc(count ? count : 1, sizeof **ret);
	*ret_count = 0;
	for (size_t i = 0; i < count; i++) {
		int got = read_value(h, cells[i], &(*ret)[*ret_count], err);

		if (got == 0)
			total += (*ret)[(*ret_count)++].len;
		/* values that share their data could ask for more memory than there is: the rest is lost */
		if (got == 0 && total > h->image_size) {
			hive_broken(h, "list of values", key,
				    "its values hold more than the hive, and share their data",
				    err);
			return hive_pass_over(h, key, cells[i], err);
		}
		if (got < 0 && hive_pass_over(h, key, cells[i], err) < 0) {
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
