/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Partition tables made by hand (UEFI specification 2.10, chapter 5): sound, damaged, hostile, and what is no disk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "block/block.h"
#include "block/partition.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/io.h"

#define SIZE (8u << 20)

static const uint8_t basic_data[16] = { 0xa2, 0xa0, 0xd0, 0xeb, 0xe5, 0xb9, 0x33, 0x44,
					0x87, 0xc0, 0x68, 0xb6, 0xb7, 0x26, 0x99, 0xc7 };
static const uint8_t ldm_data[16] = { 0xa0, 0x60, 0x9b, 0xaf, 0x31, 0x14, 0x62, 0x4f,
				      0xbc, 0x68, 0x33, 0x11, 0x71, 0x4a, 0x69, 0xad };
static const uint8_t spaces[16] = { 0x8f, 0xaf, 0x5c, 0xe7, 0x80, 0xf6, 0xee, 0x4c,
				    0xaf, 0xa3, 0xb0, 0x01, 0xe5, 0x6e, 0xfc, 0x2d };

/* A disk under construction. */
struct made {
	uint8_t *p;
	uint32_t sector;
	uint64_t claimed; /* bytes that the table believes in */
};

static uint32_t
crc32(const uint8_t *p, size_t n)
{
	uint32_t c = 0xffffffff;

	while (n--) {
		c ^= *p++;
		for (int i = 0; i < 8; i++)
			c = c >> 1 ^ (c & 1 ? 0xedb88320 : 0);
	}
	return ~c;
}

static void
ntfs_at(uint8_t *p, uint64_t serial)
{
	memcpy(p, "\xeb\x52\x90NTFS    ", 11);
	put_u64(p + 0x48, serial);
	p[510] = 0x55;
	p[511] = 0xaa;
}

static void
entry(uint8_t *entries, int slot, const uint8_t type[16], uint64_t first, uint64_t last)
{
	uint8_t *e = entries + 128 * slot;

	memcpy(e, type, 16);
	for (int i = 0; i < 16; i++)
		e[16 + i] = (uint8_t)(0x10 * (slot + 1) + i);
	put_u64(e + 32, first);
	put_u64(e + 40, last);
	put_u16(e + 56, 'W');
}

static void
header(const struct made *m, const uint8_t *entries, uint64_t at, uint64_t other,
       uint64_t entries_at)
{
	uint64_t sectors = m->claimed / m->sector, array = 16384 / m->sector;
	uint8_t *h = m->p + at * m->sector;

	if ((at + 1) * m->sector > SIZE)
		return;
	memcpy(m->p + entries_at * m->sector, entries, 16384);
	memcpy(h, "EFI PART\0\0\1\0", 12);
	put_u32(h + 12, 92);
	put_u64(h + 24, at);
	put_u64(h + 32, other);
	put_u64(h + 40, 2 + array);
	put_u64(h + 48, sectors - array - 2);
	for (int i = 0; i < 16; i++)
		h[56 + i] = (uint8_t)(0xa0 + i);
	put_u64(h + 72, entries_at);
	put_u32(h + 80, 128);
	put_u32(h + 84, 128);
	put_u32(h + 88, crc32(entries, 16384));
	put_u32(h + 16, 0);
	put_u32(h + 16, crc32(h, 92));
}

static void
protective_mbr(uint8_t *p)
{
	p[446 + 2] = 2;
	p[446 + 4] = 0xee;
	put_u32(p + 446 + 8, 1);
	put_u32(p + 446 + 12, 0xffffffff);
	p[510] = 0x55;
	p[511] = 0xaa;
}

static void
gpt(const struct made *m, const uint8_t *entries)
{
	uint64_t last = m->claimed / m->sector - 1, array = 16384 / m->sector;

	protective_mbr(m->p);
	header(m, entries, 1, last, 2);
	header(m, entries, last, 1, last - array);
}

static void
mbr_entry(uint8_t *table, int slot, uint8_t type, uint32_t first, uint32_t count)
{
	uint8_t *e = table + 446 + 16 * slot;

	e[4] = type;
	put_u32(e + 8, first);
	put_u32(e + 12, count);
	table[510] = 0x55;
	table[511] = 0xaa;
}

static int
read_it(const uint8_t *p, size_t n, struct partitions *ret, struct error *err)
{
	CLEANUP_FD int fd = memfd_create("disk", MFD_CLOEXEC);
	CLEANUP_BLOCK struct block *b = block_file_new(fd, "disk", n, 512, 0);

	assert_int_equal(io_pwrite_full(fd, p, n, 0), 0);
	return partitions_read(b, fd, ret, err);
}

static void
a_gpt_is_read_with_its_types(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_PARTITIONS struct partitions got = { 0 };
	CLEANUP_FREE uint8_t *p = xzalloc(SIZE);
	CLEANUP_FREE uint8_t *entries = xzalloc(16384);
	const struct made m = { p, 512, SIZE };

	(void)state;
	entry(entries, 0, basic_data, 2048, 4095);
	entry(entries, 2, ldm_data, 4096, 5119);
	entry(entries, 3, spaces, 5120, 6143);
	entry(entries, 4, basic_data, 6144, 7167);
	gpt(&m, entries);
	ntfs_at(p + 2048 * 512, 0x1122334455667788);
	memcpy(p + 6144 * 512 + 3, "-FVE-FS-", 8);
	assert_int_equal(read_it(p, SIZE, &got, &err), 0);
	assert_string_equal(got.table, "gpt");
	assert_int_equal(got.sector_size, 512);
	for (int i = 0; i < 16; i++)
		assert_int_equal(got.table_id[i], 0xa0 + i); /* as on the disk */
	assert_int_equal(got.count, 4);
	assert_int_equal(got.list[0].number, 1);
	assert_true(got.list[0].offset == 2048 * 512 && got.list[0].len == 2048 * 512);
	assert_int_equal(got.list[0].type, PARTITION_NTFS);
	assert_true(got.list[0].ntfs_serial == 0x1122334455667788);
	for (int i = 0; i < 16; i++)
		assert_int_equal(got.list[0].guid[i], 0x10 + i);
	assert_string_equal(got.list[0].name, "W");
	assert_int_equal(got.list[1].number, 3);
	assert_int_equal(got.list[1].type, PARTITION_DYNAMIC);
	assert_int_equal(got.list[2].type, PARTITION_STORAGE_SPACES);
	assert_int_equal(got.list[3].type, PARTITION_BITLOCKER);
}

static void
the_backup_gpt_serves_when_the_first_is_destroyed(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_PARTITIONS struct partitions got = { 0 };
	CLEANUP_FREE uint8_t *p = xzalloc(SIZE);
	CLEANUP_FREE uint8_t *entries = xzalloc(16384);
	const struct made m = { p, 512, SIZE };

	(void)state;
	entry(entries, 0, basic_data, 2048, 4095);
	gpt(&m, entries);
	memset(p + 512, 0, 512);
	assert_int_equal(read_it(p, SIZE, &got, &err), 0);
	assert_int_equal(got.count, 1);
	assert_true(got.list[0].offset == 2048 * 512);
}

static void
an_image_of_a_disk_with_large_sectors_is_read(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_PARTITIONS struct partitions got = { 0 };
	CLEANUP_FREE uint8_t *p = xzalloc(SIZE);
	CLEANUP_FREE uint8_t *entries = xzalloc(16384);
	const struct made m = { p, 4096, SIZE };

	(void)state;
	entry(entries, 0, basic_data, 256, 511);
	gpt(&m, entries);
	ntfs_at(p + 256 * 4096, 5);
	assert_int_equal(read_it(p, SIZE, &got, &err), 0);
	assert_int_equal(got.sector_size, 4096);
	assert_int_equal(got.count, 1);
	assert_true(got.list[0].offset == 256 * 4096 && got.list[0].len == 256 * 4096);
	assert_int_equal(got.list[0].type, PARTITION_NTFS);
}

static void
an_empty_gpt_is_no_damage(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_PARTITIONS struct partitions got = { 0 };
	CLEANUP_FREE uint8_t *p = xzalloc(SIZE);
	CLEANUP_FREE uint8_t *entries = xzalloc(16384);
	const struct made m = { p, 512, SIZE };

	(void)state;
	gpt(&m, entries);
	assert_int_equal(read_it(p, SIZE, &got, &err), 0);
	assert_string_equal(got.table, "gpt");
	assert_int_equal(got.count, 0);
}

static void
a_gpt_larger_than_its_disk_is_truncated(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_PARTITIONS struct partitions got = { 0 };
	CLEANUP_FREE uint8_t *p = xzalloc(SIZE);
	CLEANUP_FREE uint8_t *entries = xzalloc(16384);
	const struct made m = { p, 512, 4 * (uint64_t)SIZE };

	(void)state;
	entry(entries, 0, basic_data, 2048, 4095);
	entry(entries, 1, basic_data, 4096, 2 * SIZE / 512);
	entry(entries, 2, basic_data, 3 * SIZE / 512, 3 * SIZE / 512 + 100);
	gpt(&m, entries);
	ntfs_at(p + 4096 * 512, 9);
	assert_int_equal(read_it(p, SIZE, &got, &err), 0);
	assert_int_equal(got.count, 3);
	assert_true(got.list[0].present == got.list[0].len);
	assert_int_equal(got.list[1].type, PARTITION_NTFS);
	assert_true(got.list[1].ntfs_serial == 9);
	assert_true(got.list[1].present == SIZE - 4096 * 512);
	assert_true(got.list[1].len == 2 * (uint64_t)SIZE - 4095 * 512);
	assert_int_equal(got.list[2].type, PARTITION_BEYOND_END);
	assert_true(got.list[2].present == 0);
}

static void
an_mbr_is_read_with_its_logical_partitions(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_PARTITIONS struct partitions got = { 0 };
	CLEANUP_FREE uint8_t *p = xzalloc(SIZE);

	(void)state;
	put_u32(p + 440, 0xdeadbeef);
	mbr_entry(p, 0, 0x07, 2048, 2048);
	mbr_entry(p, 1, 0x05, 4096, 8192);
	mbr_entry(p, 2, 0x42, 12288, 1024);
	mbr_entry(p, 3, 0x07, 0x70000000, 0x60000000); /* beyond the end */
	mbr_entry(p + 4096 * 512, 0, 0x07, 64, 1024);
	ntfs_at(p + 2048 * 512, 7);
	ntfs_at(p + 4160 * 512, 8);
	assert_int_equal(read_it(p, SIZE, &got, &err), 0);
	assert_string_equal(got.table, "mbr");
	assert_true(get_u32(got.table_id) == 0xdeadbeef && get_u32(got.table_id + 4) == 0);
	assert_int_equal(got.count, 4);
	for (size_t i = 0; i < got.count; i++)
		switch (got.list[i].number) {
		case 1:
			assert_true(got.list[i].ntfs_serial == 7);
			break;
		case 3:
			assert_int_equal(got.list[i].type, PARTITION_DYNAMIC);
			break;
		case 4:
			assert_int_equal(got.list[i].type, PARTITION_BEYOND_END);
			assert_true(got.list[i].offset == UINT64_C(0x70000000) * 512);
			break;
		case 5:
			assert_true(got.list[i].offset == 4160 * 512);
			assert_true(got.list[i].ntfs_serial == 8);
			break;
		default:
			fail_msg("partition %d is not in the table", got.list[i].number);
		}
}

static void
a_disk_whose_partitions_all_lie_beyond_it_is_truncated(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_PARTITIONS struct partitions got = { 0 };
	CLEANUP_FREE uint8_t *p = xzalloc(SIZE);

	(void)state;
	mbr_entry(p, 0, 0x07, SIZE / 512, 0x10000000);
	assert_int_equal(read_it(p, SIZE, &got, &err), -1);
	assert_int_equal(err.code, ERR_CORRUPT);
}

static void
an_extended_partition_that_contains_itself_ends(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_PARTITIONS struct partitions got = { 0 };
	CLEANUP_FREE uint8_t *p = xzalloc(SIZE);

	(void)state;
	mbr_entry(p, 0, 0x05, 4096, 8192);
	mbr_entry(p + 4096 * 512, 0, 0x07, 64, 1024);
	mbr_entry(p + 4096 * 512, 1, 0x05, 0, 8192);
	assert_int_equal(read_it(p, SIZE, &got, &err), 0);
	assert_true(got.count < 200);
}

static void
a_bare_volume_comes_before_any_table(void **state)
{
	static const struct {
		const char *mark;
		size_t at, len;
		enum partition_type type;
	} cases[] = {
		{ "NTFS    ", 3, 8, PARTITION_NTFS },
		{ "-FVE-FS-", 3, 8, PARTITION_BITLOCKER },
		{ "ReFS\0\0\0\0", 3, 8, PARTITION_REFS },
		{ "\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01", 424, 16,
		  PARTITION_BITLOCKER },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		CLEANUP_PARTITIONS struct partitions got = { 0 };
		CLEANUP_FREE uint8_t *p = xzalloc(SIZE);

		mbr_entry(p, 0, 0x07, 2048, 1024); /* boot code that looks like a table */
		memcpy(p + cases[i].at, cases[i].mark, cases[i].len);
		assert_int_equal(read_it(p, SIZE, &got, &err), 0);
		assert_string_equal(got.table, "none");
		assert_int_equal(got.count, 1);
		assert_int_equal(got.list[0].number, 0);
		assert_int_equal(got.list[0].type, cases[i].type);
		assert_true(got.list[0].offset == 0 && got.list[0].len == SIZE);
	}
}

static void
what_is_no_disk_is_named(void **state)
{
	static const struct {
		const char *magic;
		size_t at, len;
		const char *word;
	} cases[] = {
		{ "QFI\xfb", 0, 4, "qemu-img convert" },
		{ "vhdxfile", 0, 8, "VHDX" },
		{ "conectix", 0, 8, "VHD" },
		{ "KDMV", 0, 4, "VMDK" },
		{ "\x7f\x10\xda\xbe", 0x40, 4, "VDI" },
		{ "\x1f\x8b\x08", 0, 3, "gzip -d" },
		{ "\xfd"
		  "7zXZ\0",
		  0, 6, "xz -d" },
		{ "PK\x03\x04", 0, 4, "unzip" },
		{ "regf", 0, 4, "hive" },
		{ "\x53\xef", 0x438, 2, "ext4" },
		{ "LUKS\xba\xbe", 0, 6, "LUKS" },
		{ "", 0, 0, "neither a partition table nor an NTFS volume" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		CLEANUP_PARTITIONS struct partitions got = { 0 };
		CLEANUP_FREE uint8_t *p = xzalloc(SIZE);

		memcpy(p + cases[i].at, cases[i].magic, cases[i].len);
		assert_int_equal(read_it(p, SIZE, &got, &err), -1);
		assert_int_equal(err.code, ERR_UNSUPPORTED);
		if (!strstr(err.message, cases[i].word))
			fail_msg("'%s' does not speak of '%s'", err.message, cases[i].word);
	}
}

static void
tiny_files_are_no_disks(void **state)
{
	static const size_t sizes[] = { 1, 511, 512, 513, 1024, 4095 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		CLEANUP_PARTITIONS struct partitions got = { 0 };
		CLEANUP_FREE uint8_t *p = xzalloc(sizes[i]);

		assert_int_equal(read_it(p, sizes[i], &got, &err), -1);
		assert_int_equal(err.code, ERR_UNSUPPORTED);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gpt_is_read_with_its_types),
		cmocka_unit_test(the_backup_gpt_serves_when_the_first_is_destroyed),
		cmocka_unit_test(an_image_of_a_disk_with_large_sectors_is_read),
		cmocka_unit_test(an_empty_gpt_is_no_damage),
		cmocka_unit_test(a_gpt_larger_than_its_disk_is_truncated),
		cmocka_unit_test(an_mbr_is_read_with_its_logical_partitions),
		cmocka_unit_test(a_disk_whose_partitions_all_lie_beyond_it_is_truncated),
		cmocka_unit_test(an_extended_partition_that_contains_itself_ends),
		cmocka_unit_test(a_bare_volume_comes_before_any_table),
		cmocka_unit_test(what_is_no_disk_is_named),
		cmocka_unit_test(tiny_files_are_no_disks),
	};

	return cmocka_run_group_tests_name("partition", tests, NULL, NULL);
}
