/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dirty flag around a commit: first, last, and set in between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "block/block.h"
#include "block/changes.h"
#include "block/guard.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"

#define SIZE 65536u

static uint8_t disk[SIZE];

static void
begin(struct changes *c)
{
	for (size_t i = 0; i < SIZE; i++)
		disk[i] = (uint8_t)(i >> 9 & 0xfe);
	c->identity = (struct target_identity){ .kind = TARGET_DEVICE,
						.device_size = SIZE,
						.partition_len = SIZE,
						.sector_size = 512 };
}

/* A sector that changes in `phase` to all `to`. */
static void
add_sector(struct changes *c, uint32_t phase, uint64_t offset, uint8_t from, uint8_t to)
{
	uint8_t before[512], after[512];

	memcpy(before, disk + offset, 512);
	if (from)
		memset(before, from, 512);
	memset(after, to, 512);
	changes_add(c, RECORD_SECTORS, phase, NULL, offset, before, 512, after, 512);
}

/* What the disk holds after each phase; the flag's byte there. */
static void
play(const struct changes *c, uint64_t place, uint8_t *flags, size_t phases, uint8_t *image)
{
	memcpy(image, disk, SIZE);
	for (uint32_t phase = 0; phase < phases; phase++) {
		for (size_t i = 0; i < c->record_count; i++) {
			const struct record *r = &c->records[i];

			if (r->phase != phase)
				continue;
			assert_memory_equal(image + r->offset, r->before, r->before_len);
			memcpy(image + r->offset, r->after, r->after_len);
		}
		flags[phase] = image[place];
	}
}

static void
the_flag_is_set_first_and_cleared_last(void **state)
{
	CLEANUP_CHANGES struct changes c = CHANGES_INIT;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_BLOCK struct block *b = NULL;
	const uint64_t places[] = { 4096 + 100, 8192 + 100 };
	CLEANUP_FREE uint8_t *image = xmalloc(SIZE);
	uint8_t flags[6], expected[SIZE];

	(void)state;
	begin(&c);
	b = block_memory_new(disk, SIZE, 512);
	add_sector(&c, 0, 1024, 0, 7);
	add_sector(&c, 1, 2048, 0, 9);
	memcpy(expected, disk, SIZE);
	memset(expected + 1024, 7, 512);
	memset(expected + 2048, 9, 512);
	assert_int_equal(changes_guard(&c, b, places, 2, 1, &err), 0);
	assert_int_equal(changes_check(&c, &err), 0);
	assert_int_equal(c.record_count, 6);
	play(&c, places[0], flags, 6, image);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(flags[i] & 1, i < 5);
	/* the copy never has it alone, and is never without it alone before it is set or after it is cleared */
	play(&c, places[1], flags, 6, image);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(flags[i] & 1, i >= 1 && i < 4);
	assert_memory_equal(image, expected, SIZE);
}

static void
a_flag_that_the_changes_set_stays(void **state)
{
	CLEANUP_CHANGES struct changes c = CHANGES_INIT;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_BLOCK struct block *b = NULL;
	const uint64_t place = 4096 + 100;
	CLEANUP_FREE uint8_t *image = xmalloc(SIZE);
	uint8_t flags[3];

	(void)state;
	begin(&c);
	b = block_memory_new(disk, SIZE, 512);
	/* the flag's own sector, changed twice: clear, then set */
	add_sector(&c, 0, 4096, 0, 0x10);
	add_sector(&c, 1, 4096, 0x10, 0x31);
	assert_int_equal(changes_guard(&c, b, &place, 1, 1, &err), 0);
	assert_int_equal(changes_check(&c, &err), 0);
	play(&c, place, flags, 3, image);
	assert_int_equal(flags[0] & 1, 1);
	assert_int_equal(flags[1], 0x11);
	assert_int_equal(flags[2], 0x31);
	assert_int_equal(c.record_count, 3);
}

static void
a_flag_that_is_set_already_needs_nothing(void **state)
{
	CLEANUP_CHANGES struct changes c = CHANGES_INIT;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_BLOCK struct block *b = NULL;
	const uint64_t place = 4096 + 100;

	(void)state;
	begin(&c);
	disk[place] |= 1;
	b = block_memory_new(disk, SIZE, 512);
	assert_int_equal(changes_guard(&c, b, &place, 1, 1, &err), 0);
	assert_int_equal(c.record_count, 0);
	add_sector(&c, 0, 1024, 0, 7);
	assert_int_equal(changes_guard(&c, b, &place, 1, 1, &err), 0);
	assert_int_equal(c.record_count, 1);
}

static void
places_beyond_the_device_are_refused(void **state)
{
	CLEANUP_CHANGES struct changes c = CHANGES_INIT;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_BLOCK struct block *b = NULL;
	const uint64_t place = SIZE + 100;

	(void)state;
	begin(&c);
	b = block_memory_new(disk, SIZE, 512);
	add_sector(&c, 0, 1024, 0, 7);
	assert_int_equal(changes_guard(&c, b, &place, 1, 1, &err), -1);
}

/* They are somebody else's, and freed by nobody here. */
static void
borrowed_images_are_left_alone(void **state)
{
	CLEANUP_CHANGES struct changes c = CHANGES_INIT;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_ERROR struct error first = ERROR_INIT;
	CLEANUP_BLOCK struct block *b = NULL;
	const uint64_t place = 4096 + 100;
	uint8_t before[512], after[512] = { 0 };

	(void)state;
	begin(&c);
	b = block_memory_new(disk, SIZE, 512);
	memcpy(before, disk + 4096, 512);
	changes_add_borrowed(&c, RECORD_SECTORS, 0, NULL, 4096, before, 512, after, 512);
	assert_int_equal(changes_guard(&c, b, &place, 1, 1, &err), -1);
	assert_int_equal(err.code, ERR_INTERNAL);
	assert_int_equal(changes_first(&c, NULL, 4096, 512, &first), -1);
	assert_int_equal(c.record_count, 1);
	assert_int_equal(after[100], 0);
}

/* ---- what comes before all else ---- */

static void
a_sector_that_changes_late_is_written_first(void **state)
{
	CLEANUP_CHANGES struct changes c = CHANGES_INIT;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE uint8_t *image = xmalloc(SIZE);
	uint8_t flags[4], before[2048], after[2048];

	(void)state;
	begin(&c);
	add_sector(&c, 0, 1024, 0, 7);
	/* a run of four sectors, of which the second comes first, and then once more */
	memcpy(before, disk + 4096, sizeof before);
	memset(after, 9, sizeof after);
	changes_add(&c, RECORD_SECTORS, 1, NULL, 4096, before, sizeof before, after, sizeof after);
	add_sector(&c, 2, 4608, 9, 11);
	assert_int_equal(changes_first(&c, NULL, 4608, 512, &err), 0);
	assert_int_equal(changes_check(&c, &err), 0);
	assert_int_equal(c.records[0].offset, 4608);
	assert_int_equal(c.records[1].phase, 1);
	play(&c, 4608, flags, 1, image);
	assert_int_equal(flags[0], 11);
	memset(image + 4608, disk[4608], 512);
	assert_memory_equal(image, disk, SIZE);
	play(&c, 4608, flags, 4, image);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(flags[i], 11);
	assert_int_equal(image[1024], 7);
	assert_int_equal(image[4096], 9);
	assert_int_equal(image[4608], 11);
	assert_int_equal(image[5120], 9);
	assert_int_equal(changes_first(&c, NULL, 8192, 512, &err), -1);
	assert_int_equal(err.code, ERR_INTERNAL);
}

static void
of_a_folder_it_is_a_part_of_a_file(void **state)
{
	CLEANUP_CHANGES struct changes c = CHANGES_INIT;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	uint8_t zeros[4096] = { 0 }, ones[4096];

	(void)state;
	c.identity.kind = TARGET_DIRECTORY;
	memset(ones, 1, sizeof ones);
	changes_add(&c, RECORD_FILE, 0, "a.xml", 0, ones, 4096, zeros, 4096);
	changes_add(&c, RECORD_FILE, 0, "hiberfil.sys", 0, ones, 4096, zeros, 4096);
	assert_int_equal(changes_first(&c, "hiberfil.sys", 0, 512, &err), 0);
	assert_int_equal(changes_check(&c, &err), 0);
	assert_int_equal(c.record_count, 3);
	assert_string_equal(c.records[0].path, "hiberfil.sys");
	assert_int_equal(c.records[0].after_len, 512);
	assert_int_equal(c.records[0].before[0], 1);
	assert_int_equal(c.records[0].after[0], 0);
	assert_int_equal(c.records[1].phase, 1);
	assert_int_equal(c.records[1].before[0], 1);
	assert_int_equal(c.records[2].before[511], 0);
	assert_int_equal(c.records[2].before[512], 1);
	assert_int_equal(changes_first(&c, "b.xml", 0, 512, &err), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_flag_is_set_first_and_cleared_last),
		cmocka_unit_test(a_flag_that_the_changes_set_stays),
		cmocka_unit_test(a_flag_that_is_set_already_needs_nothing),
		cmocka_unit_test(places_beyond_the_device_are_refused),
		cmocka_unit_test(borrowed_images_are_left_alone),
		cmocka_unit_test(a_sector_that_changes_late_is_written_first),
		cmocka_unit_test(of_a_folder_it_is_a_part_of_a_file),
	};

	return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
