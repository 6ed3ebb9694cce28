/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Registry.pol: "PReg", version 1, then entries "[key;value;type;size;data]": brackets and semicolons are UTF-16 units,
 * key and value end with a NUL, type and size are 32-bit numbers, data has `size` bytes.
 */
#include <string.h>

#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/utf16.h"
#include "windows/registry-pol.h"

/* Takes the unit `c`. */
static bool
take_unit(struct reader *r, char c)
{
	return reader_u16(r) == (uint16_t)c && !r->failed;
}

/* Text up to its NUL; NULL when it does not end. */
static char *
take_text(struct reader *r)
{
	const uint8_t *start = r->p;
	size_t bytes = 0;

	while (!r->failed && reader_u16(r) != 0)
		bytes += 2;
	return r->failed ? NULL : utf16_to_text(start, bytes, NULL);
}

bool
registry_pol_sets(const uint8_t *p, size_t len, const char *key, const char *value)
{
	struct reader r = reader_over(p, len);
	const uint8_t *head = reader_take(&r, 8);
	bool sets = false;

	if (!head || memcmp(head, "PReg", 4) != 0)
		return false;
	while (take_unit(&r, '[')) {
		CLEANUP_FREE char *k = take_text(&r);
		CLEANUP_FREE char *v = take_unit(&r, ';') ? take_text(&r) : NULL;
		const uint8_t *data;
		uint32_t type, size;

		if (!k || !v || !take_unit(&r, ';'))
			break;
		type = reader_u32(&r);
		if (!take_unit(&r, ';'))
			break;
		size = reader_u32(&r);
		if (!take_unit(&r, ';'))
			break;
		data = reader_take(&r, size);
		if (!data || !take_unit(&r, ']'))
			break;
		/* entries are applied in order: the last one wins */
		if (name_equal(k, key) && name_equal(v, value))
			sets = !(type == 4 && size == 4 && get_u32(data) == 0);
	}
	return sets;
}
