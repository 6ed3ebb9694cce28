/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names of keys and values: stored as Latin-1 when every unit fits a byte ("compressed"), else as UTF-16.
 *
 * As text they are WTF-8, with a NUL inside a name as C0 80, so that every name has a spelling that leads back to it.  Order, hash and hint
 * are made from upper-cased UTF-16 units, as in Windows' CmpHashUnicodeComponent() and its sorted indexes.
 */
#include <stdlib.h>
#include <string.h>

#include "registry/hive-private.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/text.h"
#include "util/utf16.h"

struct hive_units
hive_nk_units(const uint8_t *nk)
{
	bool ascii = get_u16(nk + NK_FLAGS) & NK_FLAG_ASCII;

	return (struct hive_units){ nk + NK_NAME, get_u16(nk + NK_NAME_LEN) / (ascii ? 1u : 2u),
				    ascii };
}

struct hive_units
hive_vk_units(const uint8_t *vk)
{
	bool ascii = get_u16(vk + VK_FLAGS) & VK_FLAG_ASCII;

	return (struct hive_units){ vk + VK_NAME, get_u16(vk + VK_NAME_LEN) / (ascii ? 1u : 2u),
				    ascii };
}

uint16_t
hive_unit(const struct hive_units *u, uint32_t i)
{
	return u->ascii ? u->p[i] : get_u16(u->p + 2 * (size_t)i);
}

int
hive_units_compare(const struct hive_units *a, const struct hive_units *b)
{
	for (uint32_t i = 0; i < a->count && i < b->count; i++) {
		uint16_t x = utf16_upcase(hive_unit(a, i)), y = utf16_upcase(hive_unit(b, i));

		if (x != y)
			return x < y ? -1 : 1;
	}
	return (a->count > b->count) - (a->count < b->count);
}

uint32_t
hive_units_hash(const struct hive_units *u)
{
	uint32_t hash = 0;

	for (uint32_t i = 0; i < u->count; i++)
		hash = hash * 37 + utf16_upcase(hive_unit(u, i));
	return hash;
}

/* The first four units as bytes; nothing at all when one of them does not fit a byte. */
void
hive_units_hint(const struct hive_units *u, uint8_t out[4])
{
	memset(out, 0, 4);
	for (uint32_t i = 0; i < 4 && i < u->count; i++)
		if (hive_unit(u, i) > 0xff)
			return;
	for (uint32_t i = 0; i < 4 && i < u->count; i++)
		out[i] = (uint8_t)hive_unit(u, i);
}

char *
hive_units_text(const struct hive_units *u)
{
	CLEANUP_FREE uint8_t *wide = xmalloc(2 * (size_t)u->count + 2);
	CLEANUP_FREE char *raw = NULL;
	struct text out = TEXT_INIT;
	size_t len;

	for (uint32_t i = 0; i < u->count; i++)
		put_u16(wide + 2 * (size_t)i, hive_unit(u, i));
	raw = utf16_to_text(wide, 2 * (size_t)u->count, &len);
	if (!memchr(raw, '\0', len))
		return steal(&raw);
	for (size_t i = 0; i < len; i++)
		if (raw[i])
			text_add_n(&out, raw + i, 1);
		else
			text_add(&out, "\xc0\x80");
	return text_steal(&out);
}

struct hive_units
hive_units_from_text(const char *name, uint8_t **ret_buffer)
{
	uint8_t *wide;
	size_t bytes;
	bool narrow = true;

	wide = utf16_from_text(name, &bytes);
	*ret_buffer = wide;
	for (size_t i = 0; i < bytes; i += 2)
		narrow = narrow && get_u16(wide + i) <= 0xff;
	for (size_t i = 0; narrow && i < bytes; i += 2)
		wide[i / 2] = wide[i];
	return (struct hive_units){ wide, (uint32_t)(bytes / 2), narrow };
}
