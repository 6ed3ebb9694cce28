/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cells, each checked when it is used, and what reading has passed over.
 *
 * A cell begins with its size, negative when allocated.  What lies in it begins with two letters: a key "nk", a
 * value "vk", security "sk", big data "db", lists of subkeys "lf", "lh", "li", "ri"; lists of values and data have none.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "registry/hive-private.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"

int
hive_broken(const struct hive *h, const char *what, uint32_t cell, const char *why,
	    struct error *err)
{
	return error_set(err, ERR_CORRUPT, "%s: %s at 0x%" PRIx64 ": %s", h->name, what,
			 (uint64_t)cell + HIVE_BASE, why);
}

int
hive_pass_over(struct hive *h, uint32_t key, uint32_t cell, struct error *err)
{
	CLEANUP_ERROR struct error lost = ERROR_INIT, ignored = ERROR_INIT;
	uint64_t offset = (uint64_t)cell + HIVE_BASE;
	char *path;

	if (err->code != ERR_CORRUPT)
		return -1;
	error_move(&lost, err);
	for (size_t i = 0; i < h->losses.count; i++)
		if (h->losses.list[i].offset == offset &&
		    strcmp(h->losses.list[i].text, lost.message) == 0)
			return 0;
	path = hive_key_path(h, key, &ignored);
	hive_problem_add(&h->losses, HIVE_ERROR, offset, path ? path : xstrdup(""),
			 xstrdup(lost.message));
	return 0;
}

int
hive_cell(struct hive *h, uint32_t cell, const char *what, const uint8_t **ret, uint32_t *ret_len,
	  struct error *err)
{
	uint64_t offset = (uint64_t)cell + HIVE_BASE;
	int32_t size;

	if (cell % 8 || offset + 8 > h->image_size)
		return hive_broken(h, what, cell, "it lies outside the hive", err);
	if (hive_need(h, offset, 4, err) < 0)
		return -1;
	size = (int32_t)get_u32(h->image + offset);
	if (size >= 0)
		return hive_broken(h, what, cell, "its cell is free", err);
	if (size == INT32_MIN || -size < 8 || (uint64_t)-size > h->image_size - offset)
		return hive_broken(h, what, cell, "its cell has an impossible size", err);
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
		return hive_broken(h, "key", cell, "it is no key", err);
	if (get_u16(*ret + NK_NAME_LEN) > *ret_len - NK_NAME)
		return hive_broken(h, "key", cell, "its name is longer than its cell", err);
	if (get_u16(*ret + NK_NAME_LEN) > 2 * HIVE_NAME_UNITS)
		return hive_broken(h, "key", cell, "its name is longer than Windows allows", err);
	return 0;
}

int
hive_vk(struct hive *h, uint32_t cell, const uint8_t **ret, uint32_t *ret_len, struct error *err)
{
	if (hive_cell(h, cell, "value", ret, ret_len, err) < 0)
		return -1;
	if (*ret_len < VK_NAME || memcmp(*ret, "vk", 2) != 0)
		return hive_broken(h, "value", cell, "it is no value", err);
	if (get_u16(*ret + VK_NAME_LEN) > *ret_len - VK_NAME)
		return hive_broken(h, "value", cell, "its name is longer than its cell", err);
	return 0;
}

uint32_t
hive_list_unit(const uint8_t *list)
{
	return memcmp(list, "lf", 2) == 0 || memcmp(list, "lh", 2) == 0 ? 8 :
	       memcmp(list, "li", 2) == 0 || memcmp(list, "ri", 2) == 0 ? 4 :
									  0;
}
