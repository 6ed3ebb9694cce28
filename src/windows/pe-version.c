/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Headers ─▶ section that holds the resources ─▶ type RT_VERSION ─▶ first name ─▶ first language ─▶ VS_FIXEDFILEINFO.
 * Nothing is followed further than those three levels; every offset is read through the file, which knows its end.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "util/alloc.h"
#include "util/bytes.h"
#include "util/error.h"
#include "volume/volume.h"
#include "windows/pe-version.h"

#define RT_VERSION	16
#define RESOURCE_TABLE	2  /* of the data directories */
#define MAX_SECTIONS	96 /* Windows loads no more */
#define MAX_ENTRIES	4096
#define FIXED_SIGNATURE 0xfeef04bdu
#define VERSION_HEAD_MAX \
	128 /* of VS_VERSIONINFO up to the fixed part: lengths, "VS_VERSION_INFO", padding */

struct pe {
	struct volume_file *file;
	uint32_t sections, section_count; /* offset of the table */
	uint32_t resources;		  /* RVA */
};

static int
read_at(const struct pe *pe, uint64_t offset, void *buf, size_t len, struct error *err)
{
	size_t got;

	if (volume_file_read(pe->file, buf, len, offset, &got, err) < 0)
		return -1;
	return got == len ? 0 : error_set(err, ERR_CORRUPT, "the program ends too early");
}

static int
no_program(struct error *err)
{
	return error_set(err, ERR_CORRUPT, "it is no program for Windows");
}

static int
read_headers(struct pe *pe, struct error *err)
{
	uint8_t dos[64], coff[24], optional[112 + 8 * (RESOURCE_TABLE + 1)];
	uint32_t at, directories;
	uint16_t magic, optional_size;

	if (read_at(pe, 0, dos, sizeof dos, err) < 0)
		return -1;
	at = get_u32(dos + 60);
	if (memcmp(dos, "MZ", 2) != 0)
		return no_program(err);
	if (read_at(pe, at, coff, sizeof coff, err) < 0)
		return -1;
	if (memcmp(coff, "PE\0\0", 4) != 0)
		return no_program(err);
	pe->section_count = get_u16(coff + 6);
	optional_size = get_u16(coff + 20);
	if (pe->section_count > MAX_SECTIONS ||
	    read_at(pe, (uint64_t)at + sizeof coff, optional, sizeof optional, err) < 0)
		return err->code == ERR_NONE ? no_program(err) : -1;
	magic = get_u16(optional);
	directories = magic == 0x10b ? 96 : 112; /* PE32, PE32+ */
	if ((magic != 0x10b && magic != 0x20b) ||
	    optional_size < directories + 8 * (RESOURCE_TABLE + 1))
		return no_program(err);
	pe->resources = get_u32(optional + directories + 8 * RESOURCE_TABLE);
	pe->sections = at + (uint32_t)sizeof coff + optional_size;
	return pe->resources ? 0 : error_set(err, ERR_CORRUPT, "the program has no version");
}

/* Where the bytes of an RVA stand in the file. */
static int
file_offset(const struct pe *pe, uint32_t rva, uint64_t *ret, struct error *err)
{
	for (uint32_t i = 0; i < pe->section_count; i++) {
		uint8_t section[40];
		uint32_t start, size;

		if (read_at(pe, (uint64_t)pe->sections + i * sizeof section, section,
			    sizeof section, err) < 0)
			return -1;
		start = get_u32(section + 12);
		size = get_u32(section + 16);
		if (rva < start || rva - start >= size)
			continue;
		*ret = (uint64_t)get_u32(section + 20) + (rva - start);
		return 0;
	}
	return error_set(err, ERR_CORRUPT, "the program's resources lie in no section");
}

/* The entry with this id in the resource directory at `at` (any: the first one): its second number. */
static int
find_entry(const struct pe *pe, uint64_t at, bool any, uint32_t id, uint32_t *ret,
	   struct error *err)
{
	uint8_t head[16], entry[8];
	uint32_t count;

	if (read_at(pe, at, head, sizeof head, err) < 0)
		return -1;
	count = (uint32_t)get_u16(head + 12) + get_u16(head + 14);
	for (uint32_t i = 0; i < count && i < MAX_ENTRIES; i++) {
		if (read_at(pe, at + sizeof head + i * sizeof entry, entry, sizeof entry, err) < 0)
			return -1;
		if (any || get_u32(entry) == id) {
			*ret = get_u32(entry + 4);
			return 0;
		}
	}
	return error_set(err, ERR_CORRUPT, "the program has no version");
}

/* The first version resource: where its bytes stand. */
static int
find_version(const struct pe *pe, uint64_t *ret, struct error *err)
{
	const uint32_t below = 0x80000000u; /* set in an entry that is a directory again */
	uint64_t base;
	uint32_t at = 0;
	uint8_t data[16];

	if (file_offset(pe, pe->resources, &base, err) < 0)
		return -1;
	for (int level = 0; level < 3; level++) {
		if (find_entry(pe, base + at, level > 0, RT_VERSION, &at, err) < 0)
			return -1;
		if (!(at & below) != (level == 2))
			return error_set(err, ERR_CORRUPT, "the program's resources are damaged");
		at &= ~below;
	}
	if (read_at(pe, base + at, data, sizeof data, err) < 0)
		return -1;
	return file_offset(pe, get_u32(data), ret, err);
}

char *
pe_version(struct volume *v, const char *path, struct error *err)
{
	CLEANUP_VOLUME_FILE struct volume_file *f = volume_file_open(v, path, err);
	struct pe pe = { .file = f };
	uint8_t head[VERSION_HEAD_MAX];
	size_t len;
	uint64_t at;

	if (!f || read_headers(&pe, err) < 0 || find_version(&pe, &at, err) < 0 ||
	    volume_file_read(f, head, sizeof head, at, &len, err) < 0)
		return NULL;
	/* the fixed part lies behind the name, at a multiple of four */
	for (size_t i = 0; i + 16 <= len; i += 4) {
		uint32_t high = get_u32(head + i + 8), low = get_u32(head + i + 12);

		if (get_u32(head + i) == FIXED_SIGNATURE)
			return xasprintf("%u.%u.%u.%u", high >> 16, high & 0xffff, low >> 16,
					 low & 0xffff);
	}
	error_set(err, ERR_CORRUPT, "the program has no version");
	return NULL;
}
