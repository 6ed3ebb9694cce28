/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Partition tables: a disk of any size in a sparse memory file, through the device layer that the program uses.
 *
 * The input: flags (1: checksums of a GPT are made right, 2: sectors of 4096 bytes), the size of the disk in units of 512 bytes, 32
 * bits; then pieces: where (in such units, 32 bits), how long (16 bits), and the bytes.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "block/block.h"
#include "block/partition.h"
#include "fuzz/fuzz.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/io.h"
#include "volume/volume.h"

#define UNIT	512u
#define UNITS	(UINT64_C(1) << 28) /* 128 GiB */
#define ENTRIES (1u << 16)	    /* bytes of entries whose checksum is made right */
#define BUDGET	100000

static uint32_t
crc32(const uint8_t *p, size_t n)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

/* The checksums of the GPT header at `offset` (UEFI specification 5.3.2), if there is one. */
static void
mend_gpt(int fd, uint64_t offset, uint32_t sector)
{
	CLEANUP_FREE uint8_t *entries = NULL;
	uint8_t h[UNIT];
	uint64_t bytes;
	uint32_t size;

	if (io_pread_full(fd, h, sizeof h, offset) != sizeof h || memcmp(h, "EFI PART", 8) != 0)
		return;
	size = get_u32(h + 12);
	bytes = (uint64_t)get_u32(h + 80) * get_u32(h + 84);
	if (bytes <= ENTRIES && get_u64(h + 72) < UNITS) {
		entries = xzalloc((size_t)bytes);
		if (io_pread_full(fd, entries, (size_t)bytes, get_u64(h + 72) * sector) ==
		    (ssize_t)bytes)
			put_u32(h + 88, crc32(entries, (size_t)bytes));
	}
	put_u32(h + 16, 0);
	if (size <= sizeof h)
		put_u32(h + 16, crc32(h, size));
	FUZZ_ASSERT(io_pwrite_full(fd, h, sizeof h, offset) == 0);
}

static uint64_t
fill(int fd, const uint8_t *data, size_t size)
{
	uint64_t units = 1 + get_u32(data + 1) % UNITS;
	struct reader r = reader_over(data + 5, size - 5);

	FUZZ_ASSERT(ftruncate(fd, (off_t)(units * UNIT)) == 0);
	while (r.left >= 6) {
		uint64_t at = reader_u32(&r) % units;
		size_t len = reader_u16(&r);

		if (len > r.left)
			len = r.left;
		if (len > (units - at) * UNIT)
			len = (size_t)((units - at) * UNIT);
		FUZZ_ASSERT(io_pwrite_full(fd, reader_take(&r, len), len, at * UNIT) == 0);
	}
	return units * UNIT;
}

static void
look(struct block *disk, const struct partitions *p)
{
	for (size_t i = 0; i < p->count; i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		const struct partition *one = &p->list[i];
		struct block *window;

		FUZZ_ASSERT(partition_type_text(one->type));
		FUZZ_ASSERT(one->present <= one->len);
		FUZZ_ASSERT(!one->present ||
			    (one->offset < disk->size && one->present <= disk->size - one->offset));
		window = block_window_new(disk, one->offset, one->present, &err);
		FUZZ_ASSERT(!window == (err.code != ERR_NONE));
		FUZZ_ASSERT(window || !one->present);
		if (window && one->type == PARTITION_NTFS)
			volume_ntfs_size(window);
		block_close(window);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_PARTITIONS struct partitions p = { 0 };
	CLEANUP_BLOCK struct block *disk = NULL;
	uint64_t bytes;
	uint32_t sector;
	int fd, got;

	if (size < 5)
		return 0;
	sector = data[0] & 2 ? 4096 : 512;
	fd = fuzz_file(NULL, 0, NULL);
	bytes = fill(fd, data, size);
	if (data[0] & 1) {
		mend_gpt(fd, sector, sector);
		mend_gpt(fd, bytes / sector * sector - sector, sector);
		mend_gpt(fd, 4096, 4096);
	}
	disk = block_file_new(fd, "fuzz", bytes, sector, BUDGET);
	got = partitions_read(disk, fd, &p, &err);
	FUZZ_ASSERT(got == 0 || p.count == 0);
	fuzz_expect(got, &err);
	if (got == 0)
		look(disk, &p);
	return 0;
}
