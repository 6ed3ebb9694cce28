/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Security cells: shared by keys, counted by reference, and linked into one ring.
 *
 * "sk", then at 4 and 8 the next and the one before, at 12 the references, at 16 the length of the descriptor, at 20
 * the descriptor.  Whoever deletes a key writes into the neighbours of a cell that it frees: a ring that leads
 * elsewhere is how a hive makes a program write where it should not.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "registry/hive-check.h"
#include "util/alloc.h"
#include "util/bytes.h"

static struct security_use *
place(const struct hive_check *c, uint32_t cell)
{
	size_t i = (cell / 8 * UINT32_C(2654435761)) & (c->security_size - 1);

	while (c->security[i].uses && c->security[i].cell != cell)
		i = (i + 1) & (c->security_size - 1);
	return &c->security[i];
}

static void
make_room(struct hive_check *c)
{
	struct security_use *old = c->security;
	size_t size = c->security_size;

	if (2 * (c->security_count + 1) <= size)
		return;
	c->security_size = size ? 2 * size : 64;
	c->security = xcalloc(c->security_size, sizeof *c->security);
	for (size_t i = 0; i < size; i++)
		if (old[i].uses)
			*place(c, old[i].cell) = old[i];
	free(old);
}

/*
 * A self-relative descriptor (MS-DTYP 2.4.6): 0 revision, 2 control, then offsets of owner, group, system list, list, each
 * 0 or behind the header.  Windows loads no hive, or resets its security, where one is none (RtlValidSecurityDescriptor).
 */
#define SELF_RELATIVE  0x8000
#define DESCRIPTOR_LEN 20u

/* An identifier in the first `len` bytes: revision, number of parts, 6 bytes of authority, parts of 4. */
static bool
is_sid(const uint8_t *p, uint32_t len)
{
	return len >= 8 && p[0] == 1 && p[1] <= 15 && 8 + 4u * p[1] <= len;
}

/* The kinds whose identifier follows the mask at once; of the others only the length is looked at. */
static bool
has_plain_sid(uint8_t kind)
{
	return kind <= 3 || kind == 9 || kind == 10 || kind == 0x11;
}

/* A list of entries: 0 revision, 2 its size, 4 their number; each 0 kind, 2 its size, 4 mask, 8 identifier. */
static bool
is_acl(const uint8_t *p, uint32_t len)
{
	uint32_t size = len >= 8 ? get_u16(p + 2) : 0, at = 8;

	if (size < 8 || size > len || size % 4 || p[0] < 2 || p[0] > 4)
		return false;
	for (uint32_t i = get_u16(p + 4); i; i--) {
		uint32_t ace = size - at >= 8 ? get_u16(p + at + 2) : 0;

		if (ace < 8 || ace > size - at || ace % 4 ||
		    (has_plain_sid(p[at]) && !is_sid(p + at + 8, ace - 8)))
			return false;
		at += ace;
	}
	return true;
}

static bool
is_descriptor(const uint8_t *p, uint32_t len)
{
	if (len < DESCRIPTOR_LEN || p[0] != 1 || !(get_u16(p + 2) & SELF_RELATIVE))
		return false;
	for (uint32_t i = 0; i < 4; i++) {
		uint32_t at = get_u32(p + 4 + 4 * (size_t)i);

		if (at == 0)
			continue;
		if (at < DESCRIPTOR_LEN || at >= len || at % 4 ||
		    !(i < 2 ? is_sid(p + at, len - at) : is_acl(p + at, len - at)))
			return false;
	}
	return true;
}

/* Whether the cell is a sound security cell; says so if not. */
static bool
is_security(struct hive_check *c, uint32_t from, uint32_t cell, const char *what)
{
	const char *why;
	uint32_t len;
	const uint8_t *sk = hive_check_cell(c, cell, &len, &why);

	if (!sk) {
		hive_check_bad(c, from, "its %s (0x%" PRIx64 ") %s", what,
			       (uint64_t)cell + HIVE_BASE, why);
		return false;
	}
	if (len < SK_DESCRIPTOR || memcmp(sk, "sk", 2) != 0 ||
	    get_u32(sk + SK_LEN) > len - SK_DESCRIPTOR) {
		hive_check_bad(c, from, "its %s (0x%" PRIx64 ") is none, or cut short", what,
			       (uint64_t)cell + HIVE_BASE);
		return false;
	}
	return true;
}

static void
check_descriptor(struct hive_check *c, uint32_t cell)
{
	const uint8_t *sk = c->h->image + HIVE_BASE + cell + 4;

	if (!is_descriptor(sk + SK_DESCRIPTOR, get_u32(sk + SK_LEN)))
		hive_check_bad(c, cell, "a security cell's descriptor is no sound one");
}

void
hive_check_security(struct hive_check *c, uint32_t key, uint32_t cell)
{
	struct security_use *u;

	make_room(c);
	u = place(c, cell);
	if (u->uses++)
		return;
	c->security_count++;
	u->cell = cell;
	u->sound = is_security(c, key, cell, "security cell");
	if (!u->sound)
		return;
	if (hive_check_reached(c, cell)) {
		hive_check_bad(c, key, "its security cell is something else's too");
		u->sound = false;
		return;
	}
	hive_check_reach(c, cell);
	check_descriptor(c, cell);
}

/* One step of the ring: the next cell must be one, and point back. */
static bool
step(struct hive_check *c, uint32_t *cell)
{
	const uint8_t *p = c->h->image + HIVE_BASE + 4;
	uint32_t next = get_u32(p + *cell + SK_NEXT);

	if (!is_security(c, *cell, next, "next security cell"))
		return false;
	if (get_u32(p + next + SK_BEFORE) != *cell) {
		hive_check_bad(
			c, *cell,
			"the ring of security cells is broken: the next does not point back");
		return false;
	}
	*cell = next;
	return true;
}

static void
check_counts(struct hive_check *c, bool whole)
{
	for (size_t i = 0; i < c->security_size; i++) {
		const struct security_use *u = &c->security[i];
		const uint8_t *sk = c->h->image + HIVE_BASE + u->cell + 4;

		if (!u->uses || !u->sound)
			continue;
		/* too many only means that it is never freed; Windows' own repair of a hive leaves that behind */
		if (get_u32(sk + SK_REFERENCES) != u->uses)
			(get_u32(sk + SK_REFERENCES) > u->uses ? hive_check_warn : hive_check_bad)(
				c, u->cell, "a security cell counts %u references, %u keys name it",
				get_u32(sk + SK_REFERENCES), u->uses);
		if (whole && !u->seen)
			hive_check_bad(c, u->cell,
				       "a security cell is not in the ring of the others");
	}
}

void
hive_check_ring(struct hive_check *c)
{
	uint32_t first = HIVE_NOTHING, cell;
	uint64_t steps = 0, most = c->h->image_size / 8;
	bool whole = true;

	for (size_t i = 0; i < c->security_size && first == HIVE_NOTHING; i++)
		if (c->security[i].uses && c->security[i].sound)
			first = c->security[i].cell;
	if (first == HIVE_NOTHING)
		return;
	cell = first;
	do {
		struct security_use *u = place(c, cell);

		if (u->uses) {
			u->seen = true;
		} else if (!hive_check_reached(c, cell)) {
			hive_check_reach(c, cell);
			check_descriptor(c, cell);
			hive_check_warn(c, cell,
					"a security cell is in the ring and no key names it");
		}
		whole = step(c, &cell) && ++steps < most;
	} while (whole && cell != first);
	check_counts(c, whole);
}

void
hive_check_forget(struct hive_check *c)
{
	free(c->security);
}
