/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transaction logs, built; see hive-log-build.h. */
#include <stdlib.h>
#include <string.h>

#include "tests/support/hive-log-build.h"
#include "util/alloc.h"
#include "util/bytes.h"

#define PAGE   4096u
#define SECTOR 512u

/* Room for `len` more bytes, zeroed, up to the next sector; where they begin. */
static size_t
extend(struct log_build *l, size_t len)
{
	size_t at = l->size, more = (len + SECTOR - 1) / SECTOR * SECTOR;

	l->p = xrealloc(l->p, at + more, 1);
	memset(l->p + at, 0, more);
	l->size = at + more;
	return at;
}

void
log_checksum(struct log_build *l)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < 508; i += 4)
		sum ^= get_u32(l->p + i);
	put_u32(l->p + 508, sum == 0 ? 1 : sum == UINT32_MAX ? UINT32_MAX - 1 : sum);
}

void
log_begin(struct log_build *l, const uint8_t *hive, uint32_t type, uint32_t sequence)
{
	*l = (struct log_build){ 0 };
	extend(l, SECTOR);
	memcpy(l->p, hive, SECTOR);
	put_u32(l->p + 4, sequence);
	put_u32(l->p + 8, sequence);
	put_u32(l->p + 28, type);
	log_checksum(l);
}

/* Marvin32 as the specification writes it down, over `len` bytes (a multiple of four). */
static uint64_t
marvin(const uint8_t *p, size_t len)
{
	uint64_t a = 0x7a4e55c5, b = 0x82ef4d88;
	const uint64_t mask = UINT32_MAX;

	for (size_t i = 0; i < len + 8; i += 4) {
		uint64_t word = i < len ? get_u32(p + i) : i == len ? 0x80 : 0;

		a = (a + word) & mask;
		b ^= a;
		a = (((a << 20 | a >> 12) & mask) + b) & mask;
		b = ((b << 9 | b >> 23) & mask) ^ a;
		a = (((a << 27 | a >> 5) & mask) + b) & mask;
		b = (b << 19 | b >> 13) & mask;
	}
	return b << 32 | a;
}

void
log_rehash(struct log_build *l, size_t offset)
{
	uint8_t *e = l->p + offset;

	put_u64(e + 24, marvin(e + 40, get_u32(e + 4) - 40));
	put_u64(e + 32, marvin(e, 32));
}

void
log_add(struct log_build *l, uint32_t sequence, const uint8_t *before, const uint8_t *pages,
	size_t size)
{
	uint32_t refs = 0;
	size_t at, data;

	for (size_t i = PAGE; i < size; i += PAGE)
		refs += !before || memcmp(before + i, pages + i, PAGE) != 0;
	at = extend(l, 40 + 8 * (size_t)refs + (size_t)refs * PAGE);
	memcpy(l->p + at, "HvLE", 4);
	put_u32(l->p + at + 4, (uint32_t)(l->size - at));
	put_u32(l->p + at + 12, sequence);
	put_u32(l->p + at + 16, (uint32_t)(size - PAGE));
	put_u32(l->p + at + 20, refs);
	data = at + 40 + 8 * (size_t)refs;
	refs = 0;
	for (size_t i = PAGE; i < size; i += PAGE) {
		if (before && memcmp(before + i, pages + i, PAGE) == 0)
			continue;
		put_u32(l->p + at + 40 + 8 * (size_t)refs, (uint32_t)(i - PAGE));
		put_u32(l->p + at + 44 + 8 * (size_t)refs, PAGE);
		memcpy(l->p + data, pages + i, PAGE);
		data += PAGE;
		refs++;
	}
	log_rehash(l, at);
}

void
log_add_dirt(struct log_build *l, const uint8_t *before, const uint8_t *pages, size_t size)
{
	size_t bits = (size - PAGE) / SECTOR, at = extend(l, 4 + bits / 8);

	memcpy(l->p + at, "DIRT", 4);
	for (size_t i = 0; i < bits; i++) {
		size_t place = PAGE + i * SECTOR, to;

		if (memcmp(before + place, pages + place, SECTOR) == 0)
			continue;
		l->p[at + 4 + i / 8] |= (uint8_t)(1u << (i % 8));
		to = extend(l, SECTOR);
		memcpy(l->p + to, pages + place, SECTOR);
	}
}
