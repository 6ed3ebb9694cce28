/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A packaged tool has until its deadline, whatever it does with its output. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "block/tool-private.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/interrupt.h"

#define SHORT 300 /* ms */

typedef void tool_fn(int out);

/* Runs `fn` as a tool would run; how long it was attended, in ms. */
static int64_t
attend(tool_fn *fn, int64_t ms, struct tool_result *r, int *ret, struct error *err)
{
	struct timespec from, to;
	int ends[2];
	pid_t child;

	memset(r, 0, sizeof *r);
	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(ends[0]);
		fn(ends[1]);
		_exit(3);
	}
	close(ends[1]);
	clock_gettime(CLOCK_MONOTONIC, &from);
	*ret = tool_attend(child, ends[0], ms, r, err);
	clock_gettime(CLOCK_MONOTONIC, &to);
	assert_int_equal(kill(child, 0), -1); /* gone, and waited for */
	return (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000;
}

static void
speaks(int out)
{
	if (write(out, "all is well\n", 12) != 12)
		_exit(4);
}

static void
stays(int out)
{
	speaks(out);
	for (;;)
		pause();
}

static void
closes_and_stays(int out)
{
	speaks(out);
	close(out);
	for (;;)
		pause();
}

static void
never_stops_talking(int out)
{
	for (;;)
		speaks(out);
}

static void
closes_and_ends_later(int out)
{
	const struct timespec some = { 0, 100 * 1000000 };

	close(out);
	nanosleep(&some, NULL);
}

static void
it_has_until_its_deadline(void **state)
{
	static tool_fn *const slow[] = { stays, closes_and_stays, never_stops_talking };
	CLEANUP_FREE struct tool_result *r = xzalloc(sizeof *r);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(slow); i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		int got;
		int64_t ms = attend(slow[i], SHORT, r, &got, &err);

		assert_int_equal(got, 0);
		assert_true(r->timed_out);
		assert_int_equal(r->exit_code, -1);
		assert_non_null(strstr(r->output, "all is well"));
		if (ms < SHORT - 10 || ms > 20 * SHORT)
			fail_msg("tool %zu was attended for %d ms", i, (int)ms);
	}
}

static void
one_that_ends_by_itself_is_not_waited_for_longer(void **state)
{
	static tool_fn *const fine[] = { speaks, closes_and_ends_later };
	CLEANUP_FREE struct tool_result *r = xzalloc(sizeof *r);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fine); i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		int got;
		int64_t ms = attend(fine[i], 60000, r, &got, &err);

		assert_int_equal(got, 0);
		assert_false(r->timed_out);
		assert_int_equal(r->exit_code, 3);
		assert_true(ms < 30000);
	}
}

/* The last one: a signal that was noted stays noted. */
static void
a_signal_ends_it(void **state)
{
	CLEANUP_FREE struct tool_result *r = xzalloc(sizeof *r);
	CLEANUP_ERROR struct error err = ERROR_INIT;
	int got;

	(void)state;
	interrupt_install();
	raise(SIGTERM);
	assert_true(attend(closes_and_stays, 60000, r, &got, &err) < 30000);
	assert_int_equal(got, -1);
	assert_int_equal(err.code, ERR_INTERRUPTED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_has_until_its_deadline),
		cmocka_unit_test(one_that_ends_by_itself_is_not_waited_for_longer),
		cmocka_unit_test(a_signal_ends_it),
	};

	return cmocka_run_group_tests_name("tool", tests, NULL, NULL);
}
