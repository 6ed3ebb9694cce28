/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A damaged journal is still known as one of its target, and of no other; and what is left of it is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "block/journal-dir.h"
#include "block/journal-remains.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/io.h"

#define SIZE	65536u
#define RECORDS 3u

static char dir[] = "remains-test-XXXXXX";
static struct target_identity mine, others;
static char *bytes, *path;
static size_t size;

static void
write_bytes(const char *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	fclose(f);
}

static int
set_up(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_CHANGES struct changes c = CHANGES_INIT;
	CLEANUP_JOURNAL struct journal j = { 0 };
	uint8_t old[512] = "old", new[512] = "new";

	(void)state;
	mine = (struct target_identity){ .kind = TARGET_DEVICE,
					 .device_size = SIZE,
					 .sector_size = 512,
					 .partition_offset = 4096,
					 .partition_len = SIZE - 4096,
					 .ntfs_serial = 0x1122334455667788 };
	others = mine;
	others.ntfs_serial++;
	c.identity = mine;
	c.manifest = xstrdup("{}");
	for (uint32_t i = 0; i < RECORDS; i++)
		changes_add(&c, RECORD_SECTORS, i, NULL, 8192 + i * 4096, old, 512, new, 512);
	changes_add_watch(&c, 4096, 512, (const uint8_t[SHA256_SIZE]){ 0 });
	if (!mkdtemp(dir) || journal_create(dir, "/the/target", &c, &j, &err) < 0 ||
	    journal_set_state(&j, JOURNAL_PENDING, &err) < 0)
		return -1;
	path = xstrdup(j.path);
	bytes = io_read_file(path, 1u << 20, &size, &err);
	return bytes ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(path);
	rmdir(dir);
	free(path);
	free(bytes);
	return 0;
}

static bool
waits_for(const struct target_identity *id)
{
	CLEANUP_JOURNAL_UNFINISHED struct journal_unfinished u =
		journal_dir_unfinished(dir, id, "/the/target");

	return u.path && u.problem;
}

static void
a_wrong_byte_changes_no_owner(void **state)
{
	(void)state;
	for (size_t at = 0; at < size; at += at < 520 ? 1 : 37) {
		CLEANUP_FREE char *wrong = xmemdup(bytes, size);

		wrong[at] = (char)(wrong[at] ^ 0x10);
		write_bytes(wrong, size);
		if (!waits_for(&mine))
			fail_msg("byte %zu: not known as its target's", at);
		if (waits_for(&others))
			fail_msg("byte %zu: taken for another's", at);
	}
}

static void
what_is_cut_off_is_missing_and_the_rest_is_there(void **state)
{
	size_t last = 0;

	(void)state;
	for (size_t n = 0; n < size; n++) {
		CLEANUP_JOURNAL_REMAINS struct journal_remains r = { 0 };
		CLEANUP_ERROR struct error err = ERROR_INIT;

		write_bytes(bytes, n);
		assert_int_equal(journal_remains_read(path, &r, &err), 0);
		assert_int_equal(r.state, JOURNAL_PENDING);
		assert_true(journal_remains_may_be_of(&r, &mine));
		assert_false(journal_remains_may_be_of(&r, &others));
		assert_true(r.changes.record_count >= last);
		last = r.changes.record_count;
		for (size_t i = 0; i < last; i++) {
			assert_int_equal(r.changes.records[i].offset, 8192 + i * 4096);
			assert_string_equal((const char *)r.changes.records[i].before, "old");
		}
		if (n >= 512) {
			assert_true(r.whole_header);
			assert_int_equal(r.promised, RECORDS);
		}
	}
	assert_int_equal(last, RECORDS - 1);
}

/* A record that leads out of the partition, and all behind it, are not believed. */
static void
a_record_out_of_place_ends_the_list(void **state)
{
	CLEANUP_JOURNAL_REMAINS struct journal_remains r = { 0 };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE char *wrong = xmemdup(bytes, size);
	/* from the end: the third record, and the second before it */
	size_t second = size - 2 * (32 + 1024);

	(void)state;
	wrong[second + 15] = 0x7f;
	write_bytes(wrong, size);
	assert_int_equal(journal_remains_read(path, &r, &err), 0);
	assert_int_equal(r.changes.record_count, 1);
	assert_string_equal(r.target_path, "/the/target");
}

/* Whom it may be of says its header; what is too large to be in memory is not read beyond that. */
static void
of_a_large_one_only_the_header_is_read(void **state)
{
	CLEANUP_JOURNAL_REMAINS struct journal_remains r = { 0 };
	CLEANUP_JOURNAL_REMAINS struct journal_remains head = { 0 };
	CLEANUP_ERROR struct error err = ERROR_INIT;

	(void)state;
	write_bytes(bytes, size);
	assert_int_equal(truncate(path, (off_t)JOURNAL_REMAINS_MAX + 1), 0);
	assert_int_equal(journal_remains_read(path, &r, &err), 0);
	assert_true(r.too_large && r.whole_header && r.named);
	assert_int_equal(r.changes.record_count, 0);
	assert_int_equal(r.promised, RECORDS);
	assert_true(journal_remains_may_be_of(&r, &mine));
	assert_false(journal_remains_may_be_of(&r, &others));
	write_bytes(bytes, size);
	assert_int_equal(journal_remains_head(path, &head, &err), 0);
	assert_true(head.whole_header && !head.too_large);
	assert_int_equal(head.state, JOURNAL_PENDING);
	assert_int_equal(head.changes.record_count, 0);
	assert_true(journal_remains_may_be_of(&head, &mine));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wrong_byte_changes_no_owner),
		cmocka_unit_test(what_is_cut_off_is_missing_and_the_rest_is_there),
		cmocka_unit_test(a_record_out_of_place_ends_the_list),
		cmocka_unit_test(of_a_large_one_only_the_header_is_read),
	};

	return cmocka_run_group_tests_name("journal-remains", tests, set_up, tear_down);
}
