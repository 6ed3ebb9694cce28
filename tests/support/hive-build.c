/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hives cell by cell; see hive-build.h.  Format: msuhanov's "Windows registry file format specification". */
#include <stdlib.h>
#include <string.h>

#include "tests/support/hive-build.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/utf16.h"

#define BASE	4096u
#define SEGMENT 16344u

uint8_t *
build_at(struct hive_build *b, uint32_t cell)
{
	return b->p + BASE + cell + 4;
}

uint32_t
build_cell(struct hive_build *b, size_t len)
{
	uint32_t at = b->used, size = (uint32_t)(len + 4 + 7) / 8 * 8;

	if (BASE + at + (uint64_t)size > b->size)
		abort(); /* the test asked for too small a bin */
	put_u32(b->p + BASE + at, 0u - size);
	b->used += size;
	return at;
}

/* The name as a hive stores it; whether it is Latin-1. */
static uint8_t *
stored_name(const char *name, uint16_t *len, bool *latin)
{
	size_t bytes;
	uint8_t *wide = utf16_from_text(name, &bytes);

	*latin = true;
	for (size_t i = 0; i < bytes; i += 2)
		*latin = *latin && wide[i + 1] == 0;
	for (size_t i = 0; *latin && i < bytes; i += 2)
		wide[i / 2] = wide[i];
	*len = (uint16_t)(*latin ? bytes / 2 : bytes);
	return wide;
}

uint32_t
build_key(struct hive_build *b, uint32_t parent, const char *name)
{
	uint16_t len;
	bool latin;
	uint8_t *stored = stored_name(name, &len, &latin);
	uint32_t at = build_cell(b, 76u + len);
	uint8_t *nk = build_at(b, at), *sk = build_at(b, b->security);

	memcpy(nk, "nk", 2);
	put_u16(nk + 2, (uint16_t)((latin ? 0x20 : 0) | (parent == BUILD_NOTHING ? 0x0c : 0)));
	put_u64(nk + 4, UINT64_C(130000000000000000));
	put_u32(nk + 16, parent == BUILD_NOTHING ? 0 : parent);
	put_u32(nk + 28, BUILD_NOTHING);
	put_u32(nk + 32, BUILD_NOTHING);
	put_u32(nk + 40, BUILD_NOTHING);
	put_u32(nk + 44, b->security);
	put_u32(nk + 48, BUILD_NOTHING);
	put_u16(nk + 72, len);
	memcpy(nk + 76, stored, len);
	if (parent != BUILD_NOTHING) { /* the parent's largest name, in bytes of UTF-16 */
		uint8_t *largest = build_at(b, parent) + 52;

		if (get_u16(largest) < len * (latin ? 2 : 1))
			put_u16(largest, (uint16_t)(len * (latin ? 2 : 1)));
	}
	put_u32(sk + 12, get_u32(sk + 12) + 1);
	free(stored);
	return at;
}

void
build_begin(struct hive_build *b, uint32_t minor, uint32_t bin_size)
{
	uint8_t *sk;

	*b = (struct hive_build){ .size = BASE + bin_size, .used = 32, .minor = minor };
	b->p = xzalloc(b->size);
	memcpy(b->p, "regf", 4);
	put_u32(b->p + 4, 7);
	put_u32(b->p + 8, 7);
	put_u64(b->p + 12, UINT64_C(130000000000000000));
	put_u32(b->p + 20, 1);
	put_u32(b->p + 24, minor);
	put_u32(b->p + 32, 1);
	put_u32(b->p + 40, bin_size);
	put_u32(b->p + 44, 1);
	memcpy(b->p + BASE, "hbin", 4);
	put_u32(b->p + BASE + 8, bin_size);
	b->security = build_cell(b, 40);
	sk = build_at(b, b->security);
	memcpy(sk, "sk", 2);
	put_u32(sk + 4, b->security);
	put_u32(sk + 8, b->security);
	put_u32(sk + 16, 20);
	sk[20] = 1; /* a descriptor without owner, group and lists */
	put_u16(sk + 22, 0x8000);
	b->root = build_key(b, BUILD_NOTHING, "ROOT");
	put_u32(b->p + 36, b->root);
}

/* What an entry of a leaf holds beside the cell. */
static uint32_t
hint(const uint8_t *nk, char kind)
{
	bool latin = get_u16(nk + 2) & 0x20;
	uint32_t hash = 0, n = get_u16(nk + 72);
	uint8_t first[4] = { 0 };

	for (uint32_t i = 0; i < n; i += latin ? 1 : 2) {
		uint16_t unit = latin ? nk[76 + i] : get_u16(nk + 76 + i);
		uint32_t k = latin ? i : i / 2;

		hash = hash * 37 + utf16_upcase(unit);
		if (k < 4)
			first[k] = unit < 0x100 ? (uint8_t)unit : 0;
	}
	return kind == 'h' ? hash : get_u32(first);
}

uint32_t
build_list(struct hive_build *b, const char *kind, const uint32_t *cells, size_t count)
{
	size_t unit = kind[0] == 'l' && kind[1] != 'i' ? 8 : 4;
	uint32_t at = build_cell(b, 4 + unit * count);
	uint8_t *list = build_at(b, at);

	memcpy(list, kind, 2);
	put_u16(list + 2, (uint16_t)count);
	for (size_t i = 0; i < count; i++) {
		put_u32(list + 4 + unit * i, cells[i]);
		if (unit == 8)
			put_u32(list + 8 + unit * i, hint(build_at(b, cells[i]), kind[1]));
	}
	return at;
}

void
build_set_list(struct hive_build *b, uint32_t key, uint32_t list, size_t count)
{
	put_u32(build_at(b, key) + 20, (uint32_t)count);
	put_u32(build_at(b, key) + 28, list);
}

void
build_subkeys(struct hive_build *b, uint32_t key, const char *kind, const uint32_t *keys,
	      size_t count)
{
	build_set_list(b, key, build_list(b, kind, keys, count), count);
}

static uint32_t
put_data(struct hive_build *b, const uint8_t *data, uint32_t len)
{
	uint32_t count = (len + SEGMENT - 1) / SEGMENT, at, list;

	if (len <= SEGMENT || b->minor < 4) {
		at = build_cell(b, len);
		memcpy(build_at(b, at), data, len);
		return at;
	}
	at = build_cell(b, 8);
	list = build_cell(b, 4 * (size_t)count);
	memcpy(build_at(b, at), "db", 2);
	put_u16(build_at(b, at) + 2, (uint16_t)count);
	put_u32(build_at(b, at) + 4, list);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t n = len - i * SEGMENT < SEGMENT ? len - i * SEGMENT : SEGMENT;
		uint32_t segment = build_cell(b, SEGMENT); /* also the last one */

		memcpy(build_at(b, segment), data + i * SEGMENT, n);
		put_u32(build_at(b, list) + 4 * (size_t)i, segment);
	}
	return at;
}

uint32_t
build_value(struct hive_build *b, const char *name, uint32_t type, const void *data, uint32_t len)
{
	uint16_t name_len;
	bool latin;
	uint8_t *stored = stored_name(name, &name_len, &latin);
	uint32_t at = build_cell(b, 20u + name_len), data_at;
	uint8_t *vk = build_at(b, at);

	memcpy(vk, "vk", 2);
	put_u16(vk + 2, name_len);
	put_u32(vk + 12, type);
	put_u16(vk + 16, latin ? 1 : 0);
	memcpy(vk + 20, stored, name_len);
	if (len <= 4) {
		put_u32(vk + 4, len | 0x80000000u);
		if (len)
			memcpy(vk + 8, data, len);
	} else {
		data_at = put_data(b, data, len);
		put_u32(vk + 4, len);
		put_u32(vk + 8, data_at);
	}
	free(stored);
	return at;
}

void
build_values(struct hive_build *b, uint32_t key, const uint32_t *values, size_t count)
{
	uint32_t list = build_cell(b, 4 * count), name = 0, data = 0;
	uint8_t *nk = build_at(b, key);

	for (size_t i = 0; i < count; i++) {
		const uint8_t *vk = build_at(b, values[i]);
		uint32_t units = get_u16(vk + 2) * (get_u16(vk + 16) & 1 ? 2u : 1u);
		uint32_t len = get_u32(vk + 4) & 0x7fffffffu;

		put_u32(build_at(b, list) + 4 * i, values[i]);
		name = units > name ? units : name;
		data = len > data ? len : data;
	}
	put_u32(nk + 36, (uint32_t)count);
	put_u32(nk + 40, list);
	put_u32(nk + 60, name);
	put_u32(nk + 64, data);
}

void
build_checksum(struct hive_build *b)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < 508; i += 4)
		sum ^= get_u32(b->p + i);
	put_u32(b->p + 508, sum == 0 ? 1 : sum == UINT32_MAX ? UINT32_MAX - 1 : sum);
}

void
build_done(struct hive_build *b)
{
	uint32_t rest = (uint32_t)(b->size - BASE) - b->used;

	if (rest)
		put_u32(b->p + BASE + b->used, rest);
	build_checksum(b);
}
