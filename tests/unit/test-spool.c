/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes put aside come back, from memory and from the file, also when the file takes no more. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/spool.h"

#define TOTAL (1u << 20)

static uint8_t
expected(uint64_t at)
{
	return (uint8_t)(at * 7 + (at >> 9));
}

/* Pieces of all sizes, TOTAL bytes in all. */
static void
fill(struct spool *s)
{
	uint8_t piece[9001];
	size_t n = 1;

	for (uint64_t at = 0; at < TOTAL; at += n) {
		n = (n * 31 + 17) % sizeof piece + 1;
		if (n > TOTAL - at)
			n = (size_t)(TOTAL - at);
		for (size_t i = 0; i < n; i++)
			piece[i] = expected(at + i);
		assert_int_equal(spool_add(s, piece, n), at);
		memset(piece, 0, n);
	}
	assert_int_equal(spool_size(s), TOTAL);
}

static void
assert_filled(const struct spool *s)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE uint8_t *all = xmalloc(TOTAL);
	uint8_t piece[4096];

	assert_int_equal(spool_read(s, all, TOTAL, 0, &err), 0);
	for (uint64_t i = 0; i < TOTAL; i++)
		assert_int_equal(all[i], expected(i));
	for (uint64_t at = 1; at + sizeof piece <= TOTAL; at += 100003) {
		assert_int_equal(spool_read(s, piece, sizeof piece, at, &err), 0);
		assert_memory_equal(piece, all + at, sizeof piece);
	}
	assert_int_equal(spool_read(s, piece, 0, TOTAL, &err), 0);
	assert_int_equal(spool_read(s, piece, 1, TOTAL, &err), -1);
}

static void
bytes_come_back_from_memory(void **state)
{
	CLEANUP_SPOOL struct spool *s = spool_new(-1);

	(void)state;
	assert_int_equal(spool_size(s), 0);
	fill(s);
	assert_filled(s);
}

static void
bytes_come_back_from_a_file(void **state)
{
	int fd = spool_file(".");
	CLEANUP_SPOOL struct spool *s = spool_new(fd);
	struct stat st;

	(void)state;
	assert_true(fd >= 0);
	fill(s);
	assert_filled(s);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_nlink, 0);
	/* all but what is being filled is there, and not in memory */
	assert_true(st.st_size >= (off_t)(TOTAL / 4 * 3) && st.st_size < (off_t)TOTAL);
	spool_reset(s);
	fill(s);
	assert_filled(s);
}

static void
a_list_that_is_short_touches_no_file(void **state)
{
	int fd = spool_file(".");
	CLEANUP_SPOOL struct spool *s = spool_new(fd);
	struct stat st;

	(void)state;
	spool_add(s, "some bytes", 10);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 0);
}

static void
what_the_file_does_not_take_stays_in_memory(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	assert_true(child >= 0);
	if (child == 0) {
		CLEANUP_SPOOL struct spool *s = spool_new(spool_file("."));
		const struct rlimit small = { TOTAL / 3, TOTAL / 3 };

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &small);
		fill(s);
		assert_filled(s);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void
only_what_is_in_memory_is_patched(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_SPOOL struct spool *s = spool_new(spool_file("."));
	char back[3];

	(void)state;
	fill(s);
	assert_false(spool_patch(s, "new", 3, 5));
	assert_true(spool_patch(s, "new", 3, TOTAL - 3));
	assert_int_equal(spool_read(s, back, 3, TOTAL - 3, &err), 0);
	assert_memory_equal(back, "new", 3);
	/* not beyond what was added */
	assert_false(spool_patch(s, "new", 3, TOTAL - 2));
}

static void
pages_lie_at_multiples_of_their_size(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_SPOOL struct spool *s = spool_new(-1);
	uint8_t page[SPOOL_PAGE_MAX], back[SPOOL_PAGE_MAX];

	(void)state;
	memset(page, 'p', sizeof page);
	assert_int_equal(spool_add_page(s, page, sizeof page), 1);
	assert_int_equal(spool_page_at(1, sizeof page), 0);
	assert_int_equal(spool_add(s, "odd", 3), sizeof page);
	memset(page, 'q', sizeof page);
	assert_int_equal(spool_add_page(s, page, sizeof page), 3);
	assert_int_equal(spool_page_at(3, sizeof page), 2 * sizeof page);
	assert_int_equal(spool_size(s), 3 * sizeof page);
	assert_int_equal(spool_read(s, back, sizeof back, 2 * sizeof page, &err), 0);
	assert_memory_equal(back, page, sizeof page);
	assert_int_equal(spool_add_page(s, page, 512), 3 * sizeof page / 512 + 1);
}

static void
a_file_that_is_cut_is_an_error(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	int fd = spool_file(".");
	CLEANUP_SPOOL struct spool *s = spool_new(fd);
	uint8_t piece[4096];

	(void)state;
	fill(s);
	assert_int_equal(ftruncate(fd, 1000), 0);
	assert_int_equal(spool_read(s, piece, sizeof piece, 0, &err), -1);
	assert_int_equal(err.code, ERR_IO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_come_back_from_memory),
		cmocka_unit_test(bytes_come_back_from_a_file),
		cmocka_unit_test(a_list_that_is_short_touches_no_file),
		cmocka_unit_test(what_the_file_does_not_take_stays_in_memory),
		cmocka_unit_test(only_what_is_in_memory_is_patched),
		cmocka_unit_test(pages_lie_at_multiples_of_their_size),
		cmocka_unit_test(a_file_that_is_cut_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
