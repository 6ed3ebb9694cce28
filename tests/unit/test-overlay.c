/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The copy-on-write layer: nothing below is written, what is read is what was written, changes are what differs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "block/block.h"
#include "block/changes.h"
#include "block/overlay.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/spool.h"

#define SIZE (64u * 1024 + 512) /* ends within a page */

static uint32_t seed;

static uint32_t
next(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

static void
read_past_the_end_is_refused(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_BLOCK struct block *b = block_memory_new("abcd", 4, 512);
	char buf[4];

	(void)state;
	assert_int_equal(block_read(b, buf, 4, 0, &err), 0);
	assert_int_equal(block_read(b, buf, 4, 1, &err), -1);
	assert_int_equal(err.code, ERR_IO);
}

static void
a_window_outside_its_disk_is_refused(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_BLOCK struct block *b = block_memory_new("abcd", 4, 512);

	(void)state;
	assert_null(block_window_new(b, 2, 3, &err));
	assert_int_equal(err.code, ERR_CORRUPT);
}

static void
put_image(uint8_t *image, const struct changes *c, const struct record *r, uint64_t offset,
	  bool after)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE uint8_t *buf = changes_buffer();
	uint32_t len = after ? r->after_len : r->before_len;
	const uint8_t *p = changes_image(c, r, after, 0, len, buf, &err);

	assert_non_null(p);
	memcpy(image + (r->offset - offset), p, len);
}

/* Applies records to an image as a commit would. */
static void
apply(uint8_t *image, const struct changes *c, uint64_t offset)
{
	for (size_t i = 0; i < c->record_count; i++)
		put_image(image, c, &c->records[i], offset, true);
}

static void
revert(uint8_t *image, const struct changes *c, uint64_t offset)
{
	for (size_t i = c->record_count; i-- > 0;)
		put_image(image, c, &c->records[i], offset, false);
}

/* Random writes, reads and barriers against a plain array; the changes lead from the one image to the other and back. */
static void
it_behaves_like_plain_memory(void **state)
{
	(void)state;
	for (uint32_t round = 0; round < 60; round++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		CLEANUP_CHANGES struct changes c = CHANGES_INIT;
		/* what is put aside comes back the same */
		CLEANUP_SPOOL struct spool *spool = round % 2 ? spool_new(spool_file(".")) : NULL;
		uint8_t *first = xmalloc(SIZE), *model, *image;
		struct block *lower, *o;

		seed = round;
		for (size_t i = 0; i < SIZE; i++)
			first[i] = (uint8_t)next(4);
		model = xmemdup(first, SIZE);
		image = xmemdup(first, SIZE);
		lower = block_memory_new(first, SIZE, 512);
		o = overlay_new(lower);
		if (spool)
			overlay_put_aside(o, spool);
		c.spool = spool;
		for (int step = 0; step < 80; step++) {
			uint32_t at = next(SIZE), n = next(3) ? next(700) : next(20000);
			uint8_t buf[20000];

			n = n > SIZE - at ? SIZE - at : n;
			if (next(8) == 0)
				assert_int_equal(overlay_barrier(o, &err), 0);
			for (uint32_t i = 0; i < n; i++)
				buf[i] = (uint8_t)next(4);
			assert_int_equal(block_write(o, buf, n, at, &err), 0);
			memcpy(model + at, buf, n);
			at = next(SIZE);
			n = next(20000) % (SIZE - at + 1);
			assert_int_equal(block_read(o, buf, n, at, &err), 0);
			assert_memory_equal(buf, model + at, n);
		}
		c.identity = (struct target_identity){ .kind = TARGET_DEVICE,
						       .device_size = SIZE + 4096,
						       .sector_size = 512,
						       .partition_offset = 4096,
						       .partition_len = SIZE };
		assert_int_equal(overlay_changes(o, 4096, &c, &err), 0);
		assert_int_equal(changes_check(&c, &err), 0);
		assert_true(lower->stats.writes == 0);
		apply(image, &c, 4096);
		if (memcmp(image, model, SIZE) != 0)
			fail_msg("seed %u: the changes do not lead to the new image", round);
		revert(image, &c, 4096);
		assert_memory_equal(image, first, SIZE);
		block_close(o);
		block_close(lower);
		free(first);
		free(model);
		free(image);
	}
}

static void
the_same_bytes_again_are_no_change(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_CHANGES struct changes c = CHANGES_INIT;
	uint8_t zeros[8192] = { 0 }, one = 1;
	CLEANUP_BLOCK struct block *lower = block_memory_new(zeros, sizeof zeros, 512);
	CLEANUP_BLOCK struct block *o = overlay_new(lower);

	(void)state;
	assert_int_equal(block_write(o, zeros, sizeof zeros, 0, &err), 0);
	assert_int_equal(block_write(o, &one, 1, 5000, &err), 0);
	assert_int_equal(overlay_changes(o, 0, &c, &err), 0);
	assert_int_equal(c.record_count, 1);
	assert_true(c.records[0].offset == 4608 && c.records[0].after_len == 512);
	assert_true(changes_sectors(&c) == 1);
}

static void
a_sector_of_two_phases_has_both_images(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_CHANGES struct changes c = CHANGES_INIT;
	uint8_t zeros[4096] = { 0 };
	CLEANUP_BLOCK struct block *lower = block_memory_new(zeros, sizeof zeros, 512);
	CLEANUP_BLOCK struct block *o = overlay_new(lower);

	(void)state;
	block_write(o, "a", 1, 0, &err);
	overlay_barrier(o, &err);
	block_write(o, "b", 1, 0, &err);
	assert_int_equal(overlay_changes(o, 0, &c, &err), 0);
	assert_int_equal(c.record_count, 2);
	assert_int_equal(c.records[0].phase, 0);
	assert_int_equal(c.records[1].phase, 1);
	assert_int_equal(c.records[0].after[0], 'a');
	assert_int_equal(c.records[1].before[0], 'a');
	assert_int_equal(c.records[1].after[0], 'b');
}

/* What a second overlay shows is what there was, whatever was written since, and it is nobody else's. */
static void
look_back(bool aside)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	uint8_t images[4][SIZE] = { { 0 } }, now[SIZE];
	struct block *lower = block_memory_new(images[0], SIZE, 512);
	struct block *o = overlay_new(lower), *then;
	CLEANUP_SPOOL struct spool *spool = spool_new(-1);

	if (aside)
		overlay_put_aside(o, spool);
	for (uint32_t phase = 0; phase < 3; phase++) {
		assert_int_equal(overlay_phase(o), phase);
		memset(now, (int)phase + 1, 700);
		assert_int_equal(block_write(o, now, 700, 3000 + phase * 600, &err), 0);
		assert_int_equal(overlay_barrier(o, &err), 0);
		assert_int_equal(block_read(o, images[phase + 1], SIZE, 0, &err), 0);
	}
	assert_int_equal(block_write(o, "late", 4, 3000, &err), 0);
	for (uint32_t phase = 0; phase <= 3; phase++) {
		then = overlay_as_of(o, phase, &err);
		assert_non_null(then);
		assert_int_equal(block_read(then, now, SIZE, 0, &err), 0);
		assert_memory_equal(now, images[phase], SIZE);
		assert_int_equal(block_write(then, "other", 5, 3000, &err), 0);
		block_close(then);
	}
	assert_int_equal(block_read(o, now, 4, 3000, &err), 0);
	assert_memory_equal(now, "late", 4);
	block_close(o);
	block_close(lower);
}

static void
an_overlay_as_of_a_phase_shows_that_phase(void **state)
{
	(void)state;
	look_back(false);
	look_back(true);
}

static void
records_out_of_place_are_refused(void **state)
{
	const struct target_identity id = { .kind = TARGET_DEVICE,
					    .device_size = 8192,
					    .sector_size = 512,
					    .partition_offset = 1024,
					    .partition_len = 4096 };
	static const struct {
		uint64_t offset;
		uint32_t len;
	} places[] = { { 0, 512 },
		       { 512, 1024 },
		       { 1025, 512 },
		       { 4608, 1024 },
		       { UINT64_MAX - 511, 512 },
		       { 1024, 100 } };
	uint8_t bytes[1024] = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		CLEANUP_CHANGES struct changes c = CHANGES_INIT;

		c.identity = id;
		changes_add(&c, RECORD_SECTORS, 0, NULL, places[i].offset, bytes, places[i].len,
			    bytes, places[i].len);
		assert_int_equal(changes_check(&c, &err), -1);
	}
}

/* Whoever sends them chooses their order: also those that are no neighbours. */
static void
records_of_a_phase_do_not_overlap(void **state)
{
	static const struct {
		uint32_t phases[3];
		uint64_t offsets[3];
		int got;
	} lists[] = {
		{ { 0, 0, 0 }, { 1024, 2048, 1024 }, -1 },
		{ { 0, 0, 0 }, { 2048, 1024, 1536 }, -1 },
		{ { 0, 0, 0 }, { 3072, 1024, 2048 }, 0 },
		{ { 0, 1, 2 }, { 1024, 1024, 1024 }, 0 },
		{ { 0, 0, 1 }, { 1024, 2048, 1024 }, 0 },
	};
	uint8_t bytes[1024] = { 0 };

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(lists); i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		CLEANUP_CHANGES struct changes c = CHANGES_INIT;
		bool files = i % 2;

		c.identity = (struct target_identity){ .kind = files ? TARGET_DIRECTORY :
								       TARGET_DEVICE,
						       .device_size = 8192,
						       .sector_size = 512,
						       .partition_len = 8192 };
		for (int k = 0; k < 3; k++)
			changes_add(&c, files ? RECORD_FILE : RECORD_SECTORS,
				    lists[i / 2].phases[k], files ? "a" : NULL,
				    lists[i / 2].offsets[k], bytes, 1024, bytes, 1024);
		assert_int_equal(changes_check(&c, &err), lists[i / 2].got);
	}
}

static void
paths_that_lead_out_are_refused(void **state)
{
	static const char *const paths[] = { "../x", "a/../../x", "/etc/passwd", "a//b",
					     "./a",  "",	  "a/" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		CLEANUP_CHANGES struct changes c = CHANGES_INIT;

		c.identity.kind = TARGET_DIRECTORY;
		changes_add(&c, RECORD_FILE, 0, paths[i], 0, "a", 1, "b", 1);
		assert_int_equal(changes_check(&c, &err), -1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_past_the_end_is_refused),
		cmocka_unit_test(a_window_outside_its_disk_is_refused),
		cmocka_unit_test(it_behaves_like_plain_memory),
		cmocka_unit_test(the_same_bytes_again_are_no_change),
		cmocka_unit_test(a_sector_of_two_phases_has_both_images),
		cmocka_unit_test(an_overlay_as_of_a_phase_shows_that_phase),
		cmocka_unit_test(records_out_of_place_are_refused),
		cmocka_unit_test(records_of_a_phase_do_not_overlap),
		cmocka_unit_test(paths_that_lead_out_are_refused),
	};

	return cmocka_run_group_tests_name("overlay", tests, NULL, NULL);
}
