/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A disk or image read through requests to the operating system, and host files by util/io. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "block/block.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/io.h"

#define SIZE (3u * 1024 * 1024 + 512) /* ends within a cached chunk */

static uint8_t *model;

static int
make_image(void **state)
{
	int *fd = xmalloc(sizeof *fd);

	*fd = memfd_create("image", MFD_CLOEXEC);
	model = xmalloc(SIZE);
	for (size_t i = 0; i < SIZE; i++)
		model[i] = (uint8_t)(i * 2654435761u >> 13);
	if (*fd < 0 || io_pwrite_full(*fd, model, SIZE, 0) < 0)
		return -1;
	*state = fd;
	return 0;
}

static int
drop_image(void **state)
{
	int *fd = *state;

	close(*fd);
	free(fd);
	free(model);
	return 0;
}

static void
any_range_reads_as_it_is(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_BLOCK struct block *b = block_file_new(*(int *)*state, "image", SIZE, 512, 0);
	CLEANUP_FREE uint8_t *buf = xmalloc(SIZE);
	uint32_t seed = 20261124;

	for (int i = 0; i < 400; i++) {
		uint32_t at, n;

		seed = seed * 1664525 + 1013904223;
		at = (seed >> 4) % SIZE;
		seed = seed * 1664525 + 1013904223;
		n = (seed >> 4) % (i % 10 ? 5000 : 300000);
		n = n > SIZE - at ? SIZE - at : n;
		if (i % 3 == 0)
			at -= at % 16384; /* large aligned reads pass the cache by */
		assert_int_equal(block_read(b, buf, n, at, &err), 0);
		if (n && memcmp(buf, model + at, n) != 0)
			fail_msg("round %d: %u bytes at %u are not those of the image", i, n, at);
	}
	assert_int_equal(block_read(b, buf, SIZE, 0, &err), 0);
	assert_memory_equal(buf, model, SIZE);
	assert_int_equal(b->stats.distinct, 7);
}

static void
neighbours_cost_one_request(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_BLOCK struct block *b = block_file_new(*(int *)*state, "image", SIZE, 512, 0);
	uint8_t buf[512];

	for (uint64_t at = 0; at < 16384; at += 512)
		assert_int_equal(block_read(b, buf, sizeof buf, at, &err), 0);
	assert_int_equal(b->stats.reads, 1);
	assert_int_equal(b->stats.distinct, 1);
}

static void
it_is_never_written(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_BLOCK struct block *b = block_file_new(*(int *)*state, "image", SIZE, 512, 0);

	assert_int_equal(block_write(b, "x", 1, 0, &err), -1);
	assert_int_equal(err.code, ERR_ACCESS);
}

static void
a_truncated_image_says_where_it_ends(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_BLOCK struct block *b = block_file_new(*(int *)*state, "cut.img",
						       2 * (uint64_t)SIZE, 512, 0);
	uint8_t buf[1024];

	assert_int_equal(block_read(b, buf, sizeof buf, SIZE - 512, &err), -1);
	assert_int_equal(err.code, ERR_CORRUPT);
	assert_non_null(strstr(err.message, "'cut.img' ends at 3146240"));
	error_clear(&err);
	/* a chunk that failed is not taken for a good one the next time */
	assert_int_equal(block_read(b, buf, sizeof buf, SIZE - 512, &err), -1);
}

static void
endless_reading_ends(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_BLOCK struct block *b = block_file_new(*(int *)*state, "image", SIZE, 512, 3);
	uint8_t byte;

	for (uint64_t i = 0; i < 3; i++)
		assert_int_equal(block_read(b, &byte, 1, i * 16384, &err), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(block_read(b, &byte, 1, 10 * 16384, &err), -1);
		assert_int_equal(err.code, ERR_LIMIT);
		error_clear(&err);
	}
	assert_int_equal(b->stats.reads, 3);
}

static void
a_failed_read_names_device_and_place(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_BLOCK struct block *b = block_file_new(-1, "/dev/xvdf", SIZE, 512, 0);
	uint8_t byte;

	(void)state;
	assert_int_equal(block_read(b, &byte, 1, 40000, &err), -1);
	assert_int_equal(err.code, ERR_IO);
	assert_int_equal(err.sys_errno, EBADF);
	assert_non_null(strstr(err.message, "'/dev/xvdf'"));
	assert_non_null(strstr(err.message, "at 32768"));
}

static void
the_largest_file_that_may_be_claimed_needs_little_memory(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_BLOCK struct block *b = block_file_new(*(int *)*state, "image", INT64_MAX, 512, 0);
	uint8_t byte;

	assert_int_equal(block_read(b, &byte, 1, 0, &err), 0);
	assert_int_equal(block_read(b, &byte, 1, INT64_MAX - 1, &err), -1);
}

static void
a_host_file_is_read_whole_or_not_at_all(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE char *path = xasprintf("/proc/self/fd/%d", *(int *)*state);
	CLEANUP_FREE char *whole = NULL;
	size_t len;

	whole = io_read_file(path, SIZE, &len, &err);
	assert_non_null(whole);
	assert_int_equal(len, SIZE);
	assert_memory_equal(whole, model, SIZE);
	assert_int_equal(whole[SIZE], 0);
	assert_null(io_read_file(path, SIZE - 1, &len, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	error_clear(&err);
	assert_null(io_read_file("/nonexistent/file", SIZE, &len, &err));
	assert_int_equal(err.code, ERR_NOT_FOUND);
}

static void
a_new_file_is_private_and_never_replaces_one(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	char dir[] = "/tmp/test-file-XXXXXX";
	CLEANUP_FREE char *deep = NULL, *file = NULL, *wrong = NULL;
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(dir));
	deep = xasprintf("%s/a/b", dir);
	file = xasprintf("%s/new", deep);
	wrong = xasprintf("%s/c", file);
	assert_int_equal(io_make_dirs(deep, &err), 0);
	assert_int_equal(io_make_dirs(deep, &err), 0);
	assert_int_equal(stat(deep, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	{
		CLEANUP_FD int fd = open(deep, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		assert_int_equal(io_write_new(fd, "new", "abc", 3, &err), 0);
		assert_int_equal(fstatat(fd, "new", &st, 0), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
		assert_int_equal(st.st_size, 3);
		assert_int_equal(io_write_new(fd, "new", "x", 1, &err), -1);
		assert_int_equal(err.code, ERR_EXISTS);
		error_clear(&err);
		assert_int_equal(io_sync_dir(fd, deep, &err), 0);
	}
	assert_int_equal(io_make_dirs(file, &err), -1);
	assert_int_equal(err.code, ERR_EXISTS);
	error_clear(&err);
	assert_int_equal(io_make_dirs(wrong, &err), -1);
	unlink(file);
	rmdir(deep);
	*strrchr(deep, '/') = '\0';
	rmdir(deep);
	assert_int_equal(rmdir(dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_range_reads_as_it_is),
		cmocka_unit_test(neighbours_cost_one_request),
		cmocka_unit_test(it_is_never_written),
		cmocka_unit_test(a_truncated_image_says_where_it_ends),
		cmocka_unit_test(endless_reading_ends),
		cmocka_unit_test(a_failed_read_names_device_and_place),
		cmocka_unit_test(the_largest_file_that_may_be_claimed_needs_little_memory),
		cmocka_unit_test(a_host_file_is_read_whole_or_not_at_all),
		cmocka_unit_test(a_new_file_is_private_and_never_replaces_one),
	};

	return cmocka_run_group_tests_name("file", tests, make_image, drop_image);
}
