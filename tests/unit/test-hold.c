/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Holding images and folders against others, as far as it can be tested without root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "block/hold.h"
#include "block/host.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/io.h"

/* A folder with an image in it. */
struct place {
	char *dir, *image;
};

static int
make_place(void **state)
{
	struct place *p = xzalloc(sizeof *p);
	CLEANUP_FD int fd = -1;

	p->dir = xstrdup("/tmp/test-hold-XXXXXX");
	if (!mkdtemp(p->dir))
		return -1;
	p->image = xasprintf("%s/disk.img", p->dir);
	fd = open(p->image, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	*state = p;
	return fd < 0 ? -1 : ftruncate(fd, 1 << 20);
}

static int
drop_place(void **state)
{
	struct place *p = *state;

	unlink(p->image);
	rmdir(p->dir);
	free(p->image);
	free(p->dir);
	free(p);
	return 0;
}

static void
an_image_is_held_and_written_by_a_second_descriptor(void **state)
{
	const struct place *p = *state;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_HOLD struct hold h = { .fd = -1 };
	CLEANUP_FD int fd = -1;

	assert_int_equal(hold_open(&h, p->image, true, &err), 0);
	assert_int_equal(h.kind, HOLD_IMAGE);
	assert_true(h.size == 1 << 20);
	assert_int_equal(h.sector_size, 512);
	assert_false(h.device_read_only);
	assert_int_equal(fcntl(h.fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	fd = hold_open_writable(&h, &err);
	assert_true(fd >= 0);
	assert_int_equal(io_pwrite_full(fd, "x", 1, 0), 0);
	hold_drop_caches(&h, fd);
}

static void
readers_share_and_a_repair_is_alone(void **state)
{
	static const struct {
		bool first, second;
		int result;
		bool in_use;
	} cases[] = { { false, false, 0, false },
		      { false, true, -1, false },
		      { true, false, 0, true }, /* a reader is told, and reads */
		      { true, true, -1, false } };
	const struct place *p = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		CLEANUP_HOLD struct hold a = { .fd = -1 };
		CLEANUP_HOLD struct hold b = { .fd = -1 };

		assert_int_equal(hold_open(&a, p->image, cases[i].first, &err), 0);
		assert_int_equal(hold_open(&b, p->image, cases[i].second, &err), cases[i].result);
		assert_int_equal(err.code, cases[i].result ? ERR_BUSY : ERR_NONE);
		assert_int_equal(b.in_use != NULL, cases[i].in_use);
	}
}

static void
an_image_of_a_running_machine_is_busy(void **state)
{
	const struct place *p = *state;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_HOLD struct hold h = { .fd = -1 };
	CLEANUP_FD int fd = open(p->image, O_RDWR | O_CLOEXEC);
	/* qemu takes read locks on single bytes from 100 on, for each permission */
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 101, .l_len = 1 };

	assert_int_equal(fcntl(fd, F_OFD_SETLK, &lock), 0);
	assert_int_equal(hold_open(&h, p->image, false, &err), 0);
	assert_non_null(strstr(h.in_use, "lock"));
	hold_close(&h);
	assert_int_equal(hold_open(&h, p->image, true, &err), -1);
	assert_int_equal(err.code, ERR_BUSY);
}

/* A child that has the image open for writing, until its input ends. */
static pid_t
start_writer(const char *image, int *ret_stop)
{
	int stop[2], ready[2];
	char c;
	pid_t pid;

	assert_int_equal(pipe(stop), 0);
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		int fd = open(image, O_RDWR | O_CLOEXEC);

		close(stop[1]);
		if (write(ready[1], fd < 0 ? "n" : "y", 1) != 1)
			_exit(1);
		_exit(read(stop[0], &c, 1) != 0);
	}
	assert_true(pid > 0);
	close(stop[0]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(c, 'y');
	close(ready[0]);
	*ret_stop = stop[1];
	return pid;
}

static void
an_image_that_another_program_writes_is_busy(void **state)
{
	const struct place *p = *state;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_HOLD struct hold h = { .fd = -1 };
	CLEANUP_FREE char *number = NULL;
	int stop, status;
	pid_t pid = start_writer(p->image, &stop);

	number = xasprintf("process %d ", (int)pid);
	assert_int_equal(hold_open(&h, p->image, true, &err), -1);
	assert_int_equal(err.code, ERR_BUSY);
	assert_non_null(strstr(err.message, number));
	error_clear(&err);
	assert_int_equal(hold_open(&h, p->image, false, &err), 0);
	assert_non_null(strstr(h.in_use, number));
	hold_close(&h);
	close(stop);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(hold_open(&h, p->image, true, &err), 0);
}

/* This process is not looked for in /proc, and stands for one that cannot be found there. */
static void
a_writer_that_cannot_be_seen_is_noticed(void **state)
{
	const struct place *p = *state;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_HOLD struct hold h = { .fd = -1 };
	CLEANUP_FD int probe = open(p->image, O_RDONLY | O_CLOEXEC);
	CLEANUP_FD int fd = -1;

	if (fcntl(probe, F_SETLEASE, F_RDLCK) < 0)
		return; /* no leases on this file system */
	fcntl(probe, F_SETLEASE, F_UNLCK);
	fd = open(p->image, O_RDWR | O_CLOEXEC);
	assert_int_equal(hold_open(&h, p->image, true, &err), -1);
	assert_int_equal(err.code, ERR_BUSY);
	assert_non_null(strstr(err.message, "cannot be seen"));
}

/* Somebody mounts the image while the user is asked. */
static void
a_writer_that_came_since_is_noticed(void **state)
{
	const struct place *p = *state;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_HOLD struct hold h = { .fd = -1 };
	CLEANUP_FD int probe = open(p->image, O_RDONLY | O_CLOEXEC);
	CLEANUP_FD int fd = -1;

	if (fcntl(probe, F_SETLEASE, F_RDLCK) < 0)
		return; /* no leases on this file system */
	fcntl(probe, F_SETLEASE, F_UNLCK);
	assert_int_equal(hold_open(&h, p->image, true, &err), 0);
	fd = open(p->image, O_RDWR | O_CLOEXEC);
	assert_int_equal(hold_open_writable(&h, &err), -1);
	assert_int_equal(err.code, ERR_BUSY);
}

static void
an_image_that_was_replaced_is_not_written(void **state)
{
	const struct place *p = *state;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_HOLD struct hold h = { .fd = -1 };
	CLEANUP_FREE char *other = xasprintf("%s/other", p->dir);
	CLEANUP_FD int fd = open(other, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 1 << 20), 0);
	assert_int_equal(hold_open(&h, p->image, true, &err), 0);
	assert_int_equal(rename(other, p->image), 0);
	assert_int_equal(hold_open_writable(&h, &err), -1);
	assert_int_equal(err.code, ERR_BUSY);
}

static void
what_cannot_be_a_target_is_refused(void **state)
{
	const struct place *p = *state;
	CLEANUP_FREE char *absent = xasprintf("%s/absent", p->dir);
	CLEANUP_FREE char *empty = xasprintf("%s/empty", p->dir);
	const struct {
		const char *path;
		enum error_code code;
	} cases[] = {
		{ absent, ERR_NOT_FOUND },
		{ empty, ERR_UNSUPPORTED },
		{ "/dev/null", ERR_UNSUPPORTED },
	};
	int fd = open(empty, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		struct hold h;

		assert_int_equal(hold_open(&h, cases[i].path, false, &err), -1);
		assert_int_equal(err.code, cases[i].code);
		assert_non_null(strstr(err.message, cases[i].path));
		assert_int_equal(h.fd, -1);
		hold_close(&h); /* closing what never opened is fine */
	}
	unlink(empty);
}

static void
a_journal_may_not_lie_inside_the_target_folder(void **state)
{
	const struct place *p = *state;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE char *target = xasprintf("%s/target", p->dir);
	CLEANUP_FREE char *inside = xasprintf("%s/a", target);
	CLEANUP_FREE char *round = xasprintf("%s/../target/a", target);
	CLEANUP_FREE char *beside = xasprintf("%s/target2", p->dir);
	CLEANUP_FREE char *link = xasprintf("%s/link", p->dir);
	CLEANUP_FREE char *nowhere = xasprintf("%s/nowhere", p->dir);
	static const struct {
		const char *path;
		int want;
	} cases[] = { { "absent", 0 },
		      { "absent/deep/er", 0 },
		      { "absent/../target", 1 },
		      { "absent/deep/../../target/a", 1 },
		      { "absent/../target2", 0 },
		      { "target/absent", 1 },
		      { "target/absent/../../target2", 1 },
		      { "target2/absent/../../target/", 1 },
		      { "target/../target2/new", 0 },
		      { "link/absent", 1 },
		      { "link/..", 1 },
		      { "link/../..", 0 },
		      { "nowhere", -1 },
		      { "nowhere/x", -1 } };
	CLEANUP_HOLD struct hold h = { .fd = -1 };

	assert_int_equal(mkdir(target, 0700), 0);
	assert_int_equal(mkdir(inside, 0700), 0);
	assert_int_equal(mkdir(beside, 0700), 0);
	assert_int_equal(symlink("target/a", link), 0);
	assert_int_equal(symlink("there/is/none", nowhere), 0);
	assert_int_equal(hold_open(&h, target, true, &err), 0);
	assert_int_equal(h.kind, HOLD_DIRECTORY);
	assert_int_equal(hold_contains(&h, target, &err), 1);
	assert_int_equal(hold_contains(&h, inside, &err), 1);
	assert_int_equal(hold_contains(&h, round, &err), 1);
	assert_int_equal(hold_contains(&h, link, &err), 1);
	assert_int_equal(hold_contains(&h, beside, &err), 0);
	assert_int_equal(hold_contains(&h, p->dir, &err), 0);
	/* what is not there yet is where it will be, and so is each folder that is made on the way */
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_FREE char *path = xasprintf("%s/%s", p->dir, cases[i].path);

		if (hold_contains(&h, path, &err) != cases[i].want)
			fail_msg("%s: not %d", cases[i].path, cases[i].want);
		error_clear(&err);
	}
	unlink(link);
	unlink(nowhere);
	rmdir(inside);
	rmdir(target);
	rmdir(beside);
}

static void
a_journal_may_lie_beside_the_image(void **state)
{
	const struct place *p = *state;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_HOLD struct hold h = { .fd = -1 };

	assert_int_equal(hold_open(&h, p->image, false, &err), 0);
	assert_int_equal(hold_contains(&h, p->dir, &err), 0);
}

static void
mount_points_are_unescaped(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "/mnt/c", "/mnt/c" },
		{ "/mnt/my\\040disk", "/mnt/my disk" },
		{ "\\134\\011", "\\\t" },
		{ "a\\04", "a\\04" },
		{ "a\\", "a\\" },
		{ "\\777", "\\777" },
		{ "\\303\\274", "\xc3\xbc" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_FREE char *s = xstrdup(cases[i].in);

		host_unescape(s);
		assert_string_equal(s, cases[i].out);
	}
}

static void
a_mounted_device_is_found(void **state)
{
	CLEANUP_FREE char *device = NULL, *where = NULL, *none = NULL, *no_device = NULL;
	struct stat st;

	(void)state;
	assert_int_equal(stat("/proc/self", &st), 0);
	where = host_mounted(st.st_dev, &device);
	assert_non_null(where);
	assert_int_equal(where[0], '/');
	assert_non_null(device);
	none = host_mounted((dev_t)0xfff00fff, &no_device);
	assert_null(none);
	assert_null(no_device);
}

int
main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, make_place, drop_place)
	const struct CMUnitTest tests[] = {
		EACH(an_image_is_held_and_written_by_a_second_descriptor),
		EACH(readers_share_and_a_repair_is_alone),
		EACH(an_image_of_a_running_machine_is_busy),
		EACH(an_image_that_another_program_writes_is_busy),
		EACH(a_writer_that_cannot_be_seen_is_noticed),
		EACH(a_writer_that_came_since_is_noticed),
		EACH(an_image_that_was_replaced_is_not_written),
		EACH(what_cannot_be_a_target_is_refused),
		EACH(a_journal_may_not_lie_inside_the_target_folder),
		EACH(a_journal_may_lie_beside_the_image),
		cmocka_unit_test(mount_points_are_unescaped),
		cmocka_unit_test(a_mounted_device_is_found),
	};

	return cmocka_run_group_tests_name("hold", tests, NULL, NULL);
}
