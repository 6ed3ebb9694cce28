/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keeper's output folder: whatever it is asked for, and whatever somebody has put there, nothing else is made or changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "keeper/output.h"
#include "util/alloc.h"
#include "util/beneath.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/interrupt.h"
#include "util/io.h"

static const struct timespec no_times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_nsec = UTIME_OMIT } };

struct place {
	char dir[64];  /* of this test */
	char *out;     /* the output folder in it */
	char *outside; /* a folder beside it that must stay empty */
	struct output o;
};

static int
set_up(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct place *p = xzalloc(sizeof *p);

	*p = (struct place){ .dir = "output-test-XXXXXX", .o = OUTPUT_INIT };
	if (!mkdtemp(p->dir))
		return -1;
	p->out = xasprintf("%s/out", p->dir);
	p->outside = xasprintf("%s/outside", p->dir);
	*state = p;
	return mkdir(p->outside, 0700) < 0 ? -1 : output_begin(&p->o, p->out, &err);
}

static int
tear_down(void **state)
{
	struct place *p = *state;

	output_clear(&p->o);
	if (fork() == 0) {
		execlp("rm", "rm", "-rf", p->dir, (char *)NULL);
		_exit(127);
	}
	wait(NULL);
	free(p->out);
	free(p->outside);
	free(p);
	return 0;
}

static char *
in(const struct place *p, const char *name)
{
	return xasprintf("%s/%s", p->out, name);
}

static bool
is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* What is written must not appear beside the output folder. */
static void
assert_nothing_outside(const struct place *p)
{
	assert_int_equal(rmdir(p->outside), 0); /* empty */
	assert_int_equal(mkdir(p->outside, 0700), 0);
}

static void
refuse(struct place *p, const char *path, enum error_code code)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;

	if (output_file(&p->o, path, &err) == 0)
		fail_msg("'%s' was made", path);
	if (err.code != code)
		fail_msg("'%s': %s, not %s", path, error_code_name(err.code),
			 error_code_name(code));
	assert_int_equal(p->o.file, -1);
}

static void
write_file(struct place *p, const char *path, const char *text)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;

	if (output_file(&p->o, path, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(output_data(&p->o, text, strlen(text), &err), 0);
	assert_int_equal(output_end(&p->o, no_times, true, &err), 0);
}

static void
a_file_is_written_with_its_folders(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct place *p = *state;
	CLEANUP_FREE char *path = in(p, "Windows/Panther/setupact.log");
	CLEANUP_FREE char *folder = in(p, "Windows");
	CLEANUP_FREE char *text = NULL;
	struct stat st;

	write_file(p, "Windows/Panther/setupact.log", "a line\n");
	write_file(p, "Windows/Panther/setuperr.log", "another\n");
	text = io_read_file(path, 100, NULL, &err);
	assert_string_equal(text, "a line\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(folder, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
}

static void
names_that_lead_elsewhere_are_refused(void **state)
{
	static const char *const paths[] = { "..",
					     "../outside/x",
					     "a/../../outside/x",
					     "/etc/x",
					     "//x",
					     "",
					     "a//x",
					     "a/",
					     ".",
					     "a/./x",
					     "a/..",
					     "x\ny",
					     "x\033[2Jy",
					     "x\x7f",
					     "x\xc2\x9b",
					     "a\\b",
					     "c:x",
					     "x:stream",
					     "CON",
					     "nul",
					     "Com1.txt",
					     "a/LPT9.tar.gz",
					     "CONIN$",
					     "conout$",
					     "COM\xc2\xb9",
					     "aux .log",
					     "x.",
					     "x ",
					     "...",
					     "x\xe2\x80\xaegpj.exe",
					     "\xff",
					     "\xed\xa0\x80",
					     "what?",
					     "a*",
					     "<x>",
					     "\"",
					     "a|b" };
	struct place *p = *state;
	char longest[300];

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		refuse(p, paths[i], ERR_REFUSED);
	memset(longest, 'n', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	refuse(p, longest, ERR_REFUSED);
	longest[255] = '\0';
	write_file(p, longest, "x");
	assert_nothing_outside(p);
}

static void
nothing_that_is_there_is_written_over(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct place *p = *state;
	CLEANUP_FREE char *path = in(p, "a.log");
	CLEANUP_FREE char *text = NULL;

	write_file(p, "a.log", "first");
	refuse(p, "a.log", ERR_EXISTS);
	text = io_read_file(path, 100, NULL, &err);
	assert_string_equal(text, "first");
	/* a file is no folder */
	refuse(p, "a.log/b", ERR_NOT_FOUND);
}

static void
no_link_is_followed(void **state)
{
	struct place *p = *state;
	CLEANUP_FREE char *folder = in(p, "Windows");
	CLEANUP_FREE char *file = in(p, "file.log");
	CLEANUP_FREE char *dangling = in(p, "dangling.log");
	CLEANUP_FREE char *absolute = realpath(p->outside, NULL);

	assert_int_equal(symlink("../outside", folder), 0);
	assert_int_equal(symlink("../outside/file.log", file), 0);
	assert_int_equal(symlink(absolute, dangling), 0);
	refuse(p, "Windows/x.log", ERR_IO);
	refuse(p, "Windows/Panther/x.log", ERR_IO);
	refuse(p, "file.log", ERR_EXISTS);
	refuse(p, "dangling.log", ERR_EXISTS);
	refuse(p, "dangling.log/x", ERR_IO);
	assert_nothing_outside(p);
}

static void
the_folder_must_be_new_or_empty_and_no_link(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct place *p = *state;
	struct output other = OUTPUT_INIT;
	CLEANUP_FREE char *link = xasprintf("%s/link", p->dir);

	write_file(p, "a.log", "first");
	assert_int_equal(output_begin(&other, p->out, &err), -1);
	assert_int_equal(err.code, ERR_EXISTS);
	error_clear(&err);
	assert_int_equal(symlink("outside", link), 0);
	/* whatever makes the kernel follow it */
	for (size_t i = 0; i < 5; i++) {
		static const char *const tails[] = { "", "/", "//", "/.", "/./" };
		CLEANUP_FREE char *name = xasprintf("%s%s", link, tails[i]);

		assert_int_equal(output_begin(&other, name, &err), -1);
		assert_int_equal(err.code, ERR_REFUSED);
		error_clear(&err);
	}
	assert_int_equal(output_begin(&other, p->outside, &err), 0);
	output_clear(&other);
}

/* The host says no in the middle: what was begun goes, what is whole stays. */
static void
a_file_that_cannot_be_finished_is_removed(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct place *p = *state;
	CLEANUP_FREE char *whole = in(p, "whole.log");
	CLEANUP_FREE char *part = in(p, "part.log");
	CLEANUP_FREE char *block = xmalloc(1u << 20);
	struct rlimit old, small;
	int got;

	interrupt_install(); /* as main() does: SIGXFSZ is an error of the write */
	memset(block, 'x', 1u << 20);
	write_file(p, "whole.log", "whole");
	assert_int_equal(output_file(&p->o, "part.log", &err), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 64u << 10;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	got = output_data(&p->o, block, 1u << 20, &err);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(got, -1);
	assert_int_equal(err.sys_errno, EFBIG);
	error_clear(&err);
	assert_true(is_there(part));
	assert_int_equal(output_end(&p->o, no_times, false, &err), 0);
	assert_false(is_there(part));
	assert_true(is_there(whole));
	/* a hole at the end that does not fit shows when it is ended */
	assert_int_equal(output_file(&p->o, "part.log", &err), 0);
	assert_int_equal(output_data(&p->o, NULL, 1u << 20, &err), 0);
	setrlimit(RLIMIT_FSIZE, &small);
	got = output_end(&p->o, no_times, true, &err);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(got, -1);
	assert_false(is_there(part));
	error_clear(&err);
	/* a worker that dies leaves no half file */
	assert_int_equal(output_file(&p->o, "part.log", &err), 0);
	output_clear(&p->o);
	assert_false(is_there(part));
}

static void
a_hole_takes_no_room(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct place *p = *state;
	CLEANUP_FREE char *path = in(p, "sparse.log");
	struct stat st;

	assert_int_equal(output_file(&p->o, "sparse.log", &err), 0);
	assert_int_equal(output_data(&p->o, "head", 4, &err), 0);
	assert_int_equal(output_data(&p->o, NULL, UINT64_C(1) << 40, &err), 0);
	assert_int_equal(output_data(&p->o, "tail", 4, &err), 0);
	assert_int_equal(output_data(&p->o, NULL, 4096, &err), 0);
	assert_int_equal(output_data(&p->o, NULL, INT64_MAX, &err), -1);
	error_clear(&err);
	assert_int_equal(output_end(&p->o, no_times, true, &err), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_true((uint64_t)st.st_size == (UINT64_C(1) << 40) + 8 + 4096);
	assert_true(st.st_blocks < 1000);
}

static void
one_file_at_a_time(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct place *p = *state;

	assert_int_equal(output_data(&p->o, "x", 1, &err), -1);
	error_clear(&err);
	assert_int_equal(output_end(&p->o, no_times, true, &err), -1);
	error_clear(&err);
	assert_int_equal(output_file(&p->o, "a", &err), 0);
	assert_int_equal(output_file(&p->o, "b", &err), -1);
	assert_int_equal(err.code, ERR_INTERNAL);
}

/* Begins, fills with `n` bytes (a hole when `hole`), and ends a copy; -1 when it was too much, and then it is gone. */
static int
copy_of(struct place *p, const char *name, uint64_t n, bool hole)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	CLEANUP_FREE char *bytes = xzalloc(n);
	int got;

	assert_int_equal(output_file(&p->o, name, &err), 0);
	got = output_data(&p->o, hole ? NULL : bytes, n, &err);
	assert_int_equal(output_end(&p->o, no_times, got == 0, &ignored), 0);
	if (got < 0)
		assert_int_equal(err.code, ERR_LIMIT);
	return got;
}

static void
no_more_is_taken_than_was_agreed(void **state)
{
	struct place *p = *state;

	p->o.limits = (struct output_limits){ 100, 250, "LIST" };
	assert_int_equal(copy_of(p, "a", 101, false), -1);
	assert_int_equal(copy_of(p, "a", 101, true), -1);
	assert_int_equal(copy_of(p, "a", 100, false), 0);
	assert_int_equal(copy_of(p, "b", 100, true), 0);
	assert_int_equal(copy_of(p, "c", 51, false), -1);
	assert_int_equal(copy_of(p, "c", 50, false), 0);
	assert_int_equal(copy_of(p, "d", 1, false), -1);
	assert_int_equal(copy_of(p, "sub/LIST", 1, false), -1);
	assert_int_equal(copy_of(p, "LIST", 1000, false), 0);
	assert_int_equal(p->o.whole, 4);
}

/* One file, whose bytes come in pieces: new, with a limit for all, and gone when it is not ended. */
static void
a_stream_is_one_new_file(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct place *p = *state;
	CLEANUP_FREE char *path = in(p, "a.zip"), *link = in(p, "link.zip"), *text = NULL;
	struct output o = OUTPUT_INIT;

	o.limits = (struct output_limits){ 1, 10, "LIST" };
	assert_int_equal(output_begin_file(&o, path, &err), 0);
	assert_int_equal(output_data(&o, "12345", 5, &err), 0);
	assert_int_equal(output_begin_file(&o, link, &err), -1); /* one at a time */
	error_clear(&err);
	assert_int_equal(output_file(&o, "b", &err), -1); /* and no folder */
	error_clear(&err);
	assert_int_equal(output_data(&o, "67890", 5, &err), 0);
	/* all copies and their list are in it */
	assert_int_equal(output_data(&o, NULL, OUTPUT_LIST_MAX + 1, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_non_null(strstr(err.message, "the file 'a.zip'"));
	error_clear(&err);
	/* whole or not there, whatever ends this process now */
	assert_false(is_there(path));
	assert_int_equal(output_end(&o, no_times, true, &err), 0);
	text = io_read_file(path, 100, NULL, &err);
	assert_string_equal(text, "1234567890");
	/* nothing is written over, and no link is followed */
	output_clear(&o);
	/* a second one would have no limit */
	assert_int_equal(output_begin_file(&o, link, &err), -1);
	assert_int_equal(err.code, ERR_INTERNAL);
	error_clear(&err);
	o = (struct output)OUTPUT_INIT;
	o.limits = (struct output_limits){ UINT64_MAX, UINT64_MAX, "LIST" };
	assert_int_equal(output_begin_file(&o, path, &err), -1);
	error_clear(&err);
	assert_int_equal(symlink("../outside/x.zip", link), 0);
	assert_int_equal(output_begin_file(&o, link, &err), -1);
	error_clear(&err);
	assert_int_equal(output_begin_file(&o, "no-such-folder/a.zip", &err), -1);
	error_clear(&err);
	assert_int_equal(output_begin_file(&o, "folder/", &err), -1);
	assert_nothing_outside(p);
	/* half a stream does not stay */
	assert_int_equal(unlink(path), 0);
	error_clear(&err);
	assert_int_equal(output_begin_file(&o, path, &err), 0);
	assert_int_equal(output_data(&o, "12345", 5, &err), 0);
	assert_int_equal(output_data(&o, NULL, 2 * OUTPUT_LIST_MAX, &err), 0); /* nor a wrong one */
	output_clear(&o);
	assert_false(is_there(path));
}

/* What has come to be under the name meanwhile stays; and what was made aside goes. */
static void
a_stream_takes_no_name_from_others(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct place *p = *state;
	CLEANUP_FREE char *path = in(p, "a.zip"), *text = NULL;
	struct output o = OUTPUT_INIT;
	CLEANUP_FD int fd = -1;

	assert_int_equal(output_begin_file(&o, path, &err), 0);
	assert_int_equal(output_data(&o, "12345", 5, &err), 0);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_int_equal(write(fd, "other", 5), 5);
	assert_int_equal(output_end(&o, no_times, true, &err), -1);
	assert_int_equal(err.code, ERR_EXISTS);
	error_clear(&err);
	text = io_read_file(path, 100, NULL, &err);
	assert_string_equal(text, "other");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(p->out), 0); /* nothing else is there */
	assert_int_equal(mkdir(p->out, 0700), 0);
	output_clear(&o);
}

/* The kernel's way and ours agree. */
static void
opening_beneath_stays_beneath(void **state)
{
	static const char *const bad[] = { "..",     "../outside", "/etc/passwd", "a/../../outside",
					   "",	     "a//f",	   "link/f",	  "abs/passwd",
					   "a/link", "a/f/",	   "a/../a/f" };
	const struct place *p = *state;
	CLEANUP_FREE char *a = in(p, "a"), *f = in(p, "a/f"), *link = in(p, "link");
	CLEANUP_FREE char *abs = in(p, "abs"), *below = in(p, "a/link");
	CLEANUP_FD int dir = open(p->out, O_RDONLY | O_DIRECTORY);
	CLEANUP_FD int made = -1;

	assert_int_equal(mkdir(a, 0700), 0);
	made = open(f, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(symlink("a", link) | symlink("/etc", abs) | symlink("f", below), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		int e;

		assert_int_equal(beneath_open(dir, bad[i], O_RDONLY, 0), -1);
		e = errno;
		assert_int_equal(beneath_open_by_parts(dir, bad[i], O_RDONLY, 0), -1);
		assert_int_equal(errno, e);
	}
	assert_int_equal(beneath_open_by_parts(dir, "link", O_RDONLY | O_DIRECTORY, 0), -1);
	assert_int_equal(errno, ELOOP);
	for (int by_parts = 0; by_parts < 2; by_parts++) {
		int (*open_it)(int, const char *, int, mode_t) = by_parts ? beneath_open_by_parts :
									    beneath_open;
		int fd = open_it(dir, "a/f", O_RDONLY | O_CLOEXEC, 0);

		assert_true(fd >= 0);
		close(fd);
		fd = open_it(dir, by_parts ? "a/new1" : "a/new2", O_WRONLY | O_CREAT | O_EXCL,
			     0600);
		assert_true(fd >= 0);
		close(fd);
		assert_int_equal(open_it(dir, "a/link", O_WRONLY | O_CREAT, 0600), -1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file_is_written_with_its_folders, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(names_that_lead_elsewhere_are_refused, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(nothing_that_is_there_is_written_over, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(no_link_is_followed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_folder_must_be_new_or_empty_and_no_link, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_file_that_cannot_be_finished_is_removed, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_hole_takes_no_room, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_file_at_a_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_more_is_taken_than_was_agreed, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_stream_is_one_new_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_stream_takes_no_name_from_others, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(opening_beneath_stays_beneath, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
