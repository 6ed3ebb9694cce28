/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two processes: a worker that misbehaves is stopped, and the keeper does nothing that was not agreed. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "block/hold.h"
#include "block/journal.h"
#include "block/partition.h"
#include "keeper/keeper-private.h"
#include "keeper/request.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/fds.h"
#include "util/io.h"
#include "util/sandbox.h"

#define SIZE	 65536u
#define PART	 4096u
#define PART_LEN 32768u

/* What a worker exits with when it could do what it must not. */
#define DID_IT	  99
#define WORKER_OK 7

static char dir[] = "keeper-test-XXXXXX";
static char *image, *journals, *outside;

static void
write_image(void)
{
	uint8_t bytes[SIZE];
	FILE *f = fopen(image, "wb");

	for (size_t i = 0; i < SIZE; i++)
		bytes[i] = (uint8_t)(i * 5);
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, SIZE, f), SIZE);
	fclose(f);
}

static void
assert_untouched(void)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	size_t len;
	CLEANUP_FREE char *now = io_read_file(image, SIZE, &len, &err);

	assert_non_null(now);
	assert_int_equal(len, SIZE);
	for (size_t i = 0; i < SIZE; i++)
		assert_int_equal((uint8_t)now[i], (uint8_t)(i * 5));
	assert_int_not_equal(access(outside, F_OK), 0);
	assert_int_not_equal(access(journals, F_OK), 0);
}

static int
set_up(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	image = xasprintf("%s/image", dir);
	journals = xasprintf("%s/journals", dir);
	outside = xasprintf("%s/outside", dir);
	write_image();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(image);
	rmdir(dir);
	free(image);
	free(journals);
	free(outside);
	return 0;
}

typedef void worker_fn(struct keeper *k, const struct hold *h);

struct ended {
	int code; /* of the process that was keeper; -1: the keeper came back with an error */
	char message[512];
};

/* Runs `fn` as a worker, in a child of the test, whose keeper's end comes back. */
static struct ended
run(const struct keeper_options *o, worker_fn *fn)
{
	struct ended e = { 0 };
	int ends[2], status;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct error err = ERROR_INIT;
		struct hold h = { .fd = -1 };
		struct partition one = { .number = 1,
					 .type = PARTITION_NTFS,
					 .offset = PART,
					 .len = PART_LEN,
					 .present = PART_LEN };
		struct partitions p = { .sector_size = 512, .list = &one, .count = 1 };
		struct keeper *k = NULL;
		const char *missing = NULL;

		close(ends[0]);
		if (hold_open(&h, image, true, &err) < 0 ||
		    keeper_start(&h, &p, NULL, o, &k, &missing, &err) < 0) {
			io_write_full(ends[1], err.message, strlen(err.message));
			_exit(200);
		}
		fn(k, &h);
		_exit(WORKER_OK);
	}
	close(ends[1]);
	for (size_t at = 0; at < sizeof e.message - 1;) {
		ssize_t n = read(ends[0], e.message + at, sizeof e.message - 1 - at);

		if (n <= 0)
			break;
		at += (size_t)n;
	}
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	e.code = WEXITSTATUS(status) == 200 ? -1 : WEXITSTATUS(status);
	return e;
}

/* ---- a worker that misbehaves ---- */

static void
opens_to_write(struct keeper *k, const struct hold *h)
{
	(void)k;
	(void)h;
	_exit(open(outside, O_WRONLY | O_CREAT, 0600) >= 0 ? DID_IT : WORKER_OK);
}

static void
makes_a_socket(struct keeper *k, const struct hold *h)
{
	(void)k;
	(void)h;
	_exit(socket(AF_INET, SOCK_STREAM, 0) >= 0 ? DID_IT : WORKER_OK);
}

static void
starts_a_program(struct keeper *k, const struct hold *h)
{
	char name[] = "true";
	char *arguments[] = { name, NULL };
	char *environment[] = { NULL };

	(void)k;
	(void)h;
	execve("/bin/true", arguments, environment);
	_exit(DID_IT);
}

/* A descriptor that this process was started with, as a shell leaves them behind. */
#define LEFT_OPEN 77

static void
uses_what_was_left_open(struct keeper *k, const struct hold *h)
{
	char byte;

	(void)k;
	/* and what it needs is there */
	if (pread(h->fd, &byte, 1, 0) != 1)
		_exit(1);
	_exit(pread(LEFT_OPEN, &byte, 1, 0) == 1 || errno != EBADF ? DID_IT : WORKER_OK);
}

static void
what_was_left_open_is_closed(void **state)
{
	const struct keeper_options o = { .may_commit = true, .journal_dir = journals };
	int fd = open("/etc/passwd", O_RDONLY);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(dup2(fd, LEFT_OPEN), LEFT_OPEN);
	assert_int_equal(run(&o, uses_what_was_left_open).code, WORKER_OK);
	close(LEFT_OPEN);
	close(fd);
}

/* By both ways, whatever is kept. */
static void
all_others_are_closed(void **state)
{
	static void (*const ways[])(const int *, size_t) = { fds_close_others,
							     fds_close_others_by_one };

	(void)state;
	for (size_t way = 0; way < ARRAY_SIZE(ways); way++)
		for (unsigned kept = 0; kept < 8; kept++) {
			pid_t child = fork();
			int status;

			assert_true(child >= 0);
			if (child == 0) {
				int keep[] = { kept & 4 ? 60 : -1, kept & 1 ? 40 : 2,
					       kept & 2 ? 41 : -1 };
				int bad = 0;

				for (int fd = 40; fd <= 61; fd++)
					dup2(STDIN_FILENO, fd);
				ways[way](keep, ARRAY_SIZE(keep));
				for (int fd = 3; fd < 100; fd++) {
					bool want = (fd == 40 && kept & 1) ||
						    (fd == 41 && kept & 2) ||
						    (fd == 60 && kept & 4);

					bad += (fcntl(fd, F_GETFD) >= 0) != want;
				}
				_exit(bad);
			}
			assert_int_equal(waitpid(child, &status, 0), child);
			assert_int_equal(status, 0);
		}
}

/* What is opened after a start without standard descriptors is not what is printed to. */
static void
closed_standard_descriptors_are_filled(void **state)
{
	(void)state;
	for (int closed = 0; closed < 8; closed++) {
		pid_t child = fork();
		int status;

		assert_true(child >= 0);
		if (child == 0) {
			for (int fd = 0; fd < 3; fd++)
				if (closed & 1 << fd)
					close(fd);
			fds_fill_standard();
			for (int fd = 1; fd < 3; fd++)
				if (closed & 1 << fd && write(fd, "x", 1) >= 0)
					_exit(1);
			_exit(open("/dev/null", O_RDWR) < 3 || read(0, &status, 0) < 0 ? 2 : 0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
}

static void
forks(struct keeper *k, const struct hold *h)
{
	(void)k;
	(void)h;
	fork();
	_exit(DID_IT);
}

static void
writes_to_the_target(struct keeper *k, const struct hold *h)
{
	(void)k;
	pwrite(h->fd, "x", 1, 0);
	_exit(DID_IT);
}

static void
writes_to_its_scratch(struct keeper *k, const struct hold *h)
{
	int fd = keeper_scratch(k), other = keeper_scratch(k);
	char back[4];

	if (fd < 0 || other < 0 || keeper_scratch(k) >= 0 || pwrite(fd, "here", 4, 0) != 4 ||
	    pread(fd, back, 4, 0) != 4 || memcmp(back, "here", 4) != 0)
		_exit(1);
	pwrite(h->fd, "x", 1, 0);
	_exit(DID_IT);
}

static void
has_no_scratch(struct keeper *k, const struct hold *h)
{
	(void)h;
	_exit(keeper_scratch(k) >= 0 ? DID_IT : WORKER_OK);
}

static void
maps_the_target(struct keeper *k, const struct hold *h)
{
	(void)k;
	mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, h->fd, 0);
	_exit(DID_IT);
}

static void
removes_the_target(struct keeper *k, const struct hold *h)
{
	(void)k;
	(void)h;
	unlink(image);
	_exit(DID_IT);
}

static void
kills_its_parent(struct keeper *k, const struct hold *h)
{
	(void)k;
	(void)h;
	kill(getppid(), SIGKILL);
	_exit(DID_IT);
}

static bool
instrumented(void)
{
	/* the lock does not fit a build with a sanitizer; the plain build tests it */
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(sandbox_enter(NULL, 0, NULL, 0) == sandbox_instrumented);
	assert_int_equal(waitpid(child, &status, 0), child);
	return WEXITSTATUS(status) == 1;
}

static void
a_worker_that_misbehaves_is_stopped(void **state)
{
	static worker_fn *const bad[] = { opens_to_write,	makes_a_socket,
					  starts_a_program,	forks,
					  writes_to_the_target, maps_the_target,
					  removes_the_target,	kills_its_parent };
	const struct keeper_options o = { .may_commit = true, .journal_dir = journals };

	(void)state;
	if (instrumented())
		return;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct ended e = run(&o, bad[i]);

		if (e.code != -1)
			fail_msg("misbehaviour %zu: exit %d", i, e.code);
		assert_non_null(strstr(e.message, "tried something that it may not do"));
		assert_non_null(strstr(e.message, "nothing was written"));
		assert_untouched();
	}
}

static void
only_who_edits_has_scratch_and_writes_nothing_else(void **state)
{
	const struct keeper_options o = { .edits = true, .journal_dir = journals };
	const struct keeper_options reads = { .journal_dir = journals };
	struct ended e;

	(void)state;
	assert_int_equal(run(&reads, has_no_scratch).code, WORKER_OK);
	if (instrumented())
		return;
	e = run(&o, writes_to_its_scratch);
	assert_int_equal(e.code, -1);
	assert_non_null(strstr(e.message, "tried something that it may not do"));
	assert_untouched();
}

static void
opens_to_read(struct keeper *k, const struct hold *h)
{
	(void)k;
	(void)h;
	_exit(open("/etc/passwd", O_RDONLY) >= 0 ? DID_IT : errno == EACCES ? WORKER_OK : 98);
}

static void
nothing_of_the_host_can_be_read(void **state)
{
	const struct keeper_options o = { 0 };

	(void)state;
	if (!instrumented())
		assert_int_equal(run(&o, opens_to_read).code, WORKER_OK);
}

/* Of a folder target files are read; none is emptied or written, whatever Landlock can do. */
static void
files_of_a_folder_are_only_read(void **state)
{
	struct open_how how = { .flags = O_RDONLY | O_TRUNC };
	pid_t child;
	int status;

	(void)state;
	if (instrumented())
		return;
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		int folder = open(dir, O_RDONLY | O_DIRECTORY);

		sandbox_enter(&folder, 1, NULL, 0);
		if (openat(folder, "image", O_RDONLY) < 0)
			_exit(1);
		if (syscall(SYS_openat2, folder, "image", &how, sizeof how) >= 0)
			_exit(DID_IT);
		how.flags = O_WRONLY;
		if (syscall(SYS_openat2, folder, "image", &how, sizeof how) >= 0)
			_exit(DID_IT);
		_exit(errno == ENOSYS ? WORKER_OK : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), WORKER_OK);
	assert_untouched();
}

static void
crashes(struct keeper *k, const struct hold *h)
{
	(void)k;
	(void)h;
	signal(SIGSEGV, SIG_DFL);
	kill(getpid(), SIGSEGV);
	raise(SIGSEGV);
}

static void
a_crash_of_the_parser_is_reported(void **state)
{
	const struct keeper_options o = { .may_commit = true, .journal_dir = journals };
	struct ended e;

	(void)state;
	if (instrumented())
		return;
	e = run(&o, crashes);
	assert_int_equal(e.code, -1);
	assert_non_null(strstr(e.message, "nothing was written"));
	assert_untouched();
}

static void
crashes_behind_its_file(struct keeper *k, const struct hold *h)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_nsec = UTIME_OMIT } };
	CLEANUP_ERROR struct error err = ERROR_INIT;

	if (keeper_file_begin(k, &err) < 0 || keeper_folder_data(k, "all", 3, &err) < 0 ||
	    keeper_folder_end(k, times, true, &err) < 0)
		_exit(1);
	crashes(k, h);
}

static void
what_is_whole_is_said_to_be(void **state)
{
	const struct keeper_options o = { .out_file = outside, .journal_dir = journals };
	struct ended e;

	(void)state;
	if (instrumented())
		return;
	e = run(&o, crashes_behind_its_file);
	assert_int_equal(e.code, -1);
	assert_non_null(strstr(e.message, "nothing was written to the target, and the file"));
	assert_non_null(strstr(e.message, "is complete"));
	assert_int_equal(unlink(outside), 0);
	assert_untouched();
}

static void
reads(struct keeper *k, const struct hold *h)
{
	uint8_t b[16];

	(void)k;
	if (io_pread_full(h->fd, b, sizeof b, 512) != sizeof b)
		_exit(1);
}

/* The keeper is killed while its worker takes its time to follow: the image is free at once. */
static void
the_claim_is_the_keepers(void **state)
{
	const struct keeper_options o = { .may_commit = true, .journal_dir = journals };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_HOLD struct hold h = { .fd = -1 };
	const size_t much = 256u << 20;
	int ends[2], status;
	char byte = 0;
	pid_t keeper;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	keeper = fork();
	assert_true(keeper >= 0);
	if (keeper == 0) {
		struct partitions p = { .sector_size = 512 };
		struct keeper *k = NULL;
		const char *missing = NULL;
		uint8_t *memory;

		close(ends[0]);
		/* of what is open, a worker keeps the standard three */
		dup2(ends[1], STDIN_FILENO);
		close(ends[1]);
		if (hold_open(&h, image, true, &err) < 0 ||
		    keeper_start(&h, &p, NULL, &o, &k, &missing, &err) < 0)
			_exit(1);
		/* a process gives back its memory before it closes its files */
		memory = xmalloc(much);
		memset(memory, 1, much);
		send(STDIN_FILENO, &byte, 1, 0);
		recv(k->fd, &byte, 1, 0);
		_exit(memory[much / 2]);
	}
	close(ends[1]);
	assert_int_equal(recv(ends[0], &byte, 1, 0), 1);
	kill(keeper, SIGKILL);
	assert_int_equal(waitpid(keeper, &status, 0), keeper);
	if (hold_open(&h, image, true, &err) < 0)
		fail_msg("%s", err.message);
	close(ends[0]);
}

static void
the_exit_code_is_the_workers(void **state)
{
	const struct keeper_options o = { 0 };

	(void)state;
	assert_int_equal(run(&o, reads).code, WORKER_OK);
}

/* ---- a worker that asks for too much ---- */

/* Changes of `len` bytes at `offset`, of a partition that is said to be at `part`. */
static void
try_commit(struct keeper *k, const struct hold *h, uint64_t part, uint64_t part_len,
	   uint64_t offset)
{
	CLEANUP_KEEPER_COMMIT struct keeper_commit r = { 0 };
	CLEANUP_CHANGES struct changes c = CHANGES_INIT;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	uint8_t before[512] = { 0 }, after[512];
	int got;

	io_pread_full(h->fd, before, sizeof before, offset);
	memset(after, 'x', sizeof after);
	c.identity = (struct target_identity){ .kind = TARGET_DEVICE,
					       .device_size = SIZE,
					       .sector_size = 512,
					       .partition_offset = part,
					       .partition_len = part_len };
	c.manifest = xstrdup("{}");
	changes_add(&c, RECORD_SECTORS, 0, NULL, offset, before, 512, after, 512);
	got = keeper_commit(k, &c, &r, &err);
	_exit(got == 0 || r.committed ? DID_IT : WORKER_OK);
}

static void
commits_outside(struct keeper *k, const struct hold *h)
{
	try_commit(k, h, PART, PART_LEN, 0);
}

static void
commits_to_a_partition_that_is_none(struct keeper *k, const struct hold *h)
{
	try_commit(k, h, 0, SIZE, 0);
}

static void
commits_inside(struct keeper *k, const struct hold *h)
{
	try_commit(k, h, PART, PART_LEN, PART);
}

/* A manifest, and then nothing. */
static void
begins_a_commit(struct keeper *k, const struct hold *h)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct target_identity id = { .kind = TARGET_DEVICE,
				      .device_size = SIZE,
				      .sector_size = 512,
				      .partition_offset = PART,
				      .partition_len = PART_LEN };

	io_pread_full(h->fd, &id.ntfs_serial, sizeof id.ntfs_serial, PART + 0x48);
	if (keeper_commit_manifest(k, "{}", 2, &err) == 0)
		_exit(DID_IT);
	error_clear(&err);
	if (keeper_commit_begin(k, &id, &err) < 0 || keeper_commit_manifest(k, "{}", 2, &err) < 0)
		_exit(1);
}

static void
a_commit_that_is_not_ended_leaves_nothing(void **state)
{
	const struct keeper_options o = { .may_commit = true, .journal_dir = journals };

	(void)state;
	assert_int_equal(run(&o, begins_a_commit).code, WORKER_OK);
	assert_untouched();
}

static void
changes_outside_the_partition_are_refused(void **state)
{
	const struct keeper_options o = { .may_commit = true, .journal_dir = journals };

	(void)state;
	assert_int_equal(run(&o, commits_outside).code, WORKER_OK);
	assert_untouched();
	assert_int_equal(run(&o, commits_to_a_partition_that_is_none).code, WORKER_OK);
	assert_untouched();
}

static void
a_command_that_only_reads_cannot_commit(void **state)
{
	const struct keeper_options o = { .journal_dir = journals };

	(void)state;
	assert_int_equal(run(&o, commits_inside).code, WORKER_OK);
	assert_untouched();
}

static void
writes_files(struct keeper *k, const struct hold *h)
{
	CLEANUP_ERROR struct error e1 = ERROR_INIT, e2 = ERROR_INIT, e3 = ERROR_INIT;

	(void)h;
	if (keeper_file_begin(k, &e1) == 0 || keeper_folder_begin(k, &e2) == 0 ||
	    keeper_write_beside(k, "../outside", 0, "x", 1, &e3) == 0)
		_exit(DID_IT);
}

/* A change of nothing, which leaves the image as it is. */
static int
commit_as(struct keeper *k, const struct hold *h, uint64_t wrong, struct keeper_commit *r)
{
	CLEANUP_CHANGES struct changes c = CHANGES_INIT;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	uint8_t bytes[512];
	uint64_t serial;

	io_pread_full(h->fd, bytes, sizeof bytes, PART);
	io_pread_full(h->fd, &serial, sizeof serial, PART + 0x48);
	c.identity = (struct target_identity){ .kind = TARGET_DEVICE,
					       .device_size = SIZE,
					       .sector_size = 512,
					       .partition_offset = PART,
					       .partition_len = PART_LEN,
					       .ntfs_serial = serial ^ wrong };
	c.manifest = xstrdup("{}");
	changes_add(&c, RECORD_SECTORS, 0, NULL, PART, bytes, 512, bytes, 512);
	return keeper_commit(k, &c, r, &err);
}

static int
commit_once(struct keeper *k, const struct hold *h, struct keeper_commit *r)
{
	return commit_as(k, h, 0, r);
}

/* As another volume: the journal would be of no use. */
static void
lies_about_the_volume(struct keeper *k, const struct hold *h)
{
	CLEANUP_KEEPER_COMMIT struct keeper_commit r = { 0 };

	_exit(commit_as(k, h, 1, &r) == 0 || r.committed ? DID_IT : WORKER_OK);
}

/* Commits without a word about an earlier one. */
static void
does_not_ask(struct keeper *k, const struct hold *h)
{
	CLEANUP_KEEPER_COMMIT struct keeper_commit r = { 0 };

	_exit(commit_once(k, h, &r) == 0 || r.committed ? DID_IT : WORKER_OK);
}

static void
commits_twice(struct keeper *k, const struct hold *h)
{
	CLEANUP_KEEPER_COMMIT struct keeper_commit first = { 0 };
	CLEANUP_KEEPER_COMMIT struct keeper_commit second = { 0 };

	if (commit_once(k, h, &first) != 0 || first.declined || !first.committed)
		_exit(1);
	_exit(commit_once(k, h, &second) == 0 || second.committed ? DID_IT : WORKER_OK);
}

static void
asks_until_it_may(struct keeper *k, const struct hold *h)
{
	for (int i = 0; i < 3; i++) {
		CLEANUP_KEEPER_COMMIT struct keeper_commit r = { 0 };
		int got = commit_once(k, h, &r);

		if (r.committed || r.journal || (i == 0 && (got != 0 || !r.declined)) ||
		    (i > 0 && got == 0))
			_exit(DID_IT);
	}
}

static void
remove_journals(size_t want)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct journal_entry *list = NULL;
	size_t count = 0;

	assert_int_equal(journal_list(journals, &list, &count, &err), 0);
	assert_int_equal(count, want);
	for (size_t i = 0; i < count; i++)
		unlink(list[i].path);
	journal_list_free(list, count);
	rmdir(journals);
}

static void
what_the_journal_says_is_true(void **state)
{
	const struct keeper_options o = { .may_commit = true, .journal_dir = journals };

	(void)state;
	assert_int_equal(run(&o, lies_about_the_volume).code, WORKER_OK);
	assert_untouched();
}

static void
an_earlier_commit_is_seen_by_the_keeper(void **state)
{
	const struct keeper_options o = { .may_commit = true, .journal_dir = journals };
	CLEANUP_FREE char *waiting = xasprintf("%s/x.journal", journals);

	(void)state;
	assert_int_equal(mkdir(journals, 0700), 0);
	close(open(waiting, O_WRONLY | O_CREAT, 0600));
	assert_int_equal(run(&o, does_not_ask).code, WORKER_OK);
	remove_journals(1);
	assert_untouched();
}

static void
a_worker_commits_once(void **state)
{
	const struct keeper_options o = { .may_commit = true, .journal_dir = journals };

	(void)state;
	assert_int_equal(run(&o, commits_twice).code, WORKER_OK);
	remove_journals(1);
	assert_untouched();
}

/* It says what the keeper knows, and is asked once. */
static int
says_no(const char *question, struct error *err)
{
	(void)err;
	if (!strstr(question, "1 sectors") || !strstr(question, image) ||
	    access(outside, F_OK) == 0)
		_exit(98);
	close(open(outside, O_WRONLY | O_CREAT, 0600));
	return 0;
}

static void
what_the_user_declines_is_not_written(void **state)
{
	const struct keeper_options o = { .may_commit = true,
					  .journal_dir = journals,
					  .confirm = says_no };

	(void)state;
	assert_int_equal(run(&o, asks_until_it_may).code, WORKER_OK);
	assert_int_equal(unlink(outside), 0);
	assert_untouched();
}

/* Says yes, but while the question waited another program has written to the image, where nothing is to change, and hidden the time. */
static int
waits_too_long(const char *question, struct error *err)
{
	CLEANUP_FD int fd = open(image, O_RDWR | O_CLOEXEC);
	const struct timespec a_while = { .tv_nsec = 50000000 };
	struct stat st;
	uint8_t byte;

	(void)question;
	(void)err;
	if (fd < 0 || fstat(fd, &st) < 0 || nanosleep(&a_while, NULL) < 0 ||
	    pread(fd, &byte, 1, 0) != 1 || pwrite(fd, &byte, 1, 0) != 1 ||
	    futimens(fd, (struct timespec[2]){ st.st_atim, st.st_mtim }) < 0)
		_exit(98);
	return 1;
}

static void
commits_too_late(struct keeper *k, const struct hold *h)
{
	CLEANUP_KEEPER_COMMIT struct keeper_commit r = { 0 };

	_exit(commit_once(k, h, &r) == 0 || r.committed || r.journal ? DID_IT : WORKER_OK);
}

static void
an_image_that_changed_behind_the_question_is_not_written(void **state)
{
	const struct keeper_options o = { .may_commit = true,
					  .journal_dir = journals,
					  .confirm = waits_too_long };

	(void)state;
	assert_int_equal(run(&o, commits_too_late).code, WORKER_OK);
	assert_untouched();
}

/* A worker that is asked for a proof and says nothing, or that all is well. */
static void
proves_nothing(struct keeper *k, const struct hold *h)
{
	(void)k;
	(void)h;
}

static void
asks_for_the_wrong_proof(struct keeper *k, const struct hold *h)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_ERROR struct error other = ERROR_INIT;
	uint8_t digest[SHA256_SIZE];

	(void)h;
	if (keeper_proof(k, true, digest, &err) == 0 || keeper_proof(k, false, digest, &other) < 0)
		_exit(DID_IT);
}

static void
is_told(const char *name, const uint8_t *before, const uint8_t *after)
{
	if (strcmp(name, "the image") != 0 || !after)
		_exit(98);
	/* equal or not, both are those that this process knows */
	if (memcmp(before, after, SHA256_SIZE) != 0 && before[0] != 0xee)
		_exit(97);
}

static void
the_proof_is_the_keepers(void **state)
{
	struct keeper_options o = { .journal_dir = journals,
				    .proof = true,
				    .proofs = { { .name = "the image" } },
				    .tell_proof = is_told };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	size_t len;
	CLEANUP_FREE char *now = io_read_file(image, SIZE, &len, &err);

	(void)state;
	assert_non_null(now);
	sha256_of(now, len, o.proofs[0].before);
	assert_int_equal(run(&o, proves_nothing).code, WORKER_OK);
	assert_int_equal(run(&o, asks_for_the_wrong_proof).code, WORKER_OK);
	memset(o.proofs[0].before, 0xee, SHA256_SIZE);
	assert_int_equal(run(&o, proves_nothing).code, 8);
	assert_int_equal(run(&o, asks_for_the_wrong_proof).code, 8);
	assert_untouched();
}

static void
only_the_agreed_output_is_written(void **state)
{
	const struct keeper_options o = { .may_commit = true, .journal_dir = journals };

	(void)state;
	assert_int_equal(run(&o, writes_files).code, WORKER_OK);
	assert_untouched();
}

/* Every message that is cut short or has a byte changed, and some that are noise. */
static void
sends_noise(struct keeper *k, const struct hold *h)
{
	CLEANUP_CHANGES struct changes c = CHANGES_INIT;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct message q = { 0 };
	uint32_t noise = 1;

	(void)h;
	c.identity = (struct target_identity){ .kind = TARGET_DEVICE, .device_size = SIZE };
	changes_add(&c, RECORD_SECTORS, 0, NULL, PART, "abc", 3, "abc", 3);
	changes_add(&c, RECORD_FILE, 0, "../../x", 0, "abc", 3, "abcd", 4);
	message_put_u64(&q, ASK_COMMIT);
	request_put_changes(&q, &c, 0, c.record_count, &err);
	for (uint64_t what = ASK_UNFINISHED; what <= ASK_TOOL_RESULT; what++)
		for (size_t len = 8; len < q.len; len++) {
			struct message a = { 0 };
			struct message part = { .data = q.data, .len = len };

			/* this one runs a program each time */
			if (what == ASK_TOOL && len % 16)
				continue;
			memcpy(q.data, &what, sizeof what);
			noise = noise * 1664525 + 1013904223;
			q.data[8 + noise % (len - 7)] ^= (uint8_t)(noise >> 24);
			if (!channel_send(k->fd, &part) || !channel_receive(k->fd, &a, NULL, NULL))
				_exit(1);
			message_clear(&a);
		}
	message_clear(&q);
}

static void
noise_does_nothing(void **state)
{
	const struct keeper_options o = { .may_commit = true, .journal_dir = journals };

	(void)state;
	assert_int_equal(run(&o, sends_noise).code, WORKER_OK);
	assert_untouched();
}

static void
asks_what_nobody_asks(struct keeper *k, const struct hold *h)
{
	struct message q = { 0 }, a = { 0 };

	(void)h;
	message_put_u64(&q, 4711);
	_exit(channel_send(k->fd, &q) && channel_receive(k->fd, &a, NULL, NULL) ? DID_IT : 3);
}

static void
an_unknown_question_ends_the_talk(void **state)
{
	const struct keeper_options o = { .may_commit = true, .journal_dir = journals };

	(void)state;
	assert_int_equal(run(&o, asks_what_nobody_asks).code, 3);
	assert_untouched();
}

/* ---- pages for a tool ---- */

static bool
pages_are_taken(struct keeper *k, bool first, const char *pages)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_MESSAGE struct message q = { 0 };
	CLEANUP_MESSAGE struct message a = { 0 };

	message_put_u64(&q, ASK_TOOL_PAGES);
	message_put_u64(&q, first);
	message_put_bytes(&q, pages, strlen(pages));
	if (!channel_send(k->fd, &q) || !channel_receive(k->fd, &a, NULL, NULL))
		_exit(1);
	return message_get_error(&a, &err) == 0;
}

/* A question that cannot be answered is enough for pages to have been a tool's: then they can be had back. */
static bool
a_tool_finds(struct keeper *k, const char *pages)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_MESSAGE struct message q = { 0 };
	CLEANUP_MESSAGE struct message a = { 0 };
	CLEANUP_MESSAGE struct message q2 = { 0 };
	CLEANUP_MESSAGE struct message a2 = { 0 };
	const uint8_t *p;
	size_t n;

	message_put_u64(&q, ASK_TOOL);
	message_put_u64(&q, TOOL_COUNT);
	message_put_bytes(&q, "", 0);
	message_put_u64(&q2, ASK_TOOL_RESULT);
	message_put_u64(&q2, 0);
	if (!channel_send(k->fd, &q) || !channel_receive(k->fd, &a, NULL, NULL) ||
	    !channel_send(k->fd, &q2) || !channel_receive(k->fd, &a2, NULL, NULL))
		_exit(1);
	if (message_get_error(&a2, &err) < 0)
		return false;
	p = message_get_bytes(&a2, &n);
	return n == strlen(pages) && memcmp(p, pages, n) == 0;
}

static void
gives_up_and_begins_again(struct keeper *k, const struct hold *h)
{
	(void)h;
	if (!pages_are_taken(k, true, "one that fails") || !pages_are_taken(k, false, "its second"))
		_exit(2);
	if (!pages_are_taken(k, true, "the next") || !pages_are_taken(k, false, " and its end"))
		_exit(3);
	_exit(a_tool_finds(k, "the next and its end") ? WORKER_OK : 4);
}

static void
goes_on_with_what_is_gone(struct keeper *k, const struct hold *h)
{
	(void)h;
	if (pages_are_taken(k, false, "of no job"))
		_exit(2);
	if (!pages_are_taken(k, true, "a job") || !a_tool_finds(k, "a job"))
		_exit(3);
	if (pages_are_taken(k, false, "behind it"))
		_exit(4);
	_exit(a_tool_finds(k, "a job") ? 5 : WORKER_OK);
}

static void
a_tool_finds_the_pages_of_its_job_only(void **state)
{
	const struct keeper_options o = { .may_commit = true, .journal_dir = journals };

	(void)state;
	assert_int_equal(run(&o, gives_up_and_begins_again).code, WORKER_OK);
	assert_int_equal(run(&o, goes_on_with_what_is_gone).code, WORKER_OK);
	assert_untouched();
}

/* ---- a look ---- */

static void
says_hello(void *ctx, struct message *answer)
{
	message_put_text(answer, ctx);
}

static void
misbehaves(void *ctx, struct message *answer)
{
	(void)ctx;
	(void)answer;
	unlink(image);
}

static void
a_look_brings_its_answer(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_MESSAGE struct message m = { 0 };
	CLEANUP_FREE char *text = NULL;
	CLEANUP_FREE char *missing = NULL;
	char hello[] = "hello";

	(void)state;
	assert_int_equal(keeper_look(-1, says_hello, hello, false, &m, &missing, &err), 0);
	text = message_get_text(&m);
	assert_string_equal(text, "hello");
	if (instrumented())
		return;
	assert_int_equal(keeper_look(-1, misbehaves, NULL, true, &m, &missing, &err), -1);
	assert_non_null(strstr(err.message, "tried something"));
	assert_untouched();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_worker_that_misbehaves_is_stopped),
		cmocka_unit_test(only_who_edits_has_scratch_and_writes_nothing_else),
		cmocka_unit_test(nothing_of_the_host_can_be_read),
		cmocka_unit_test(what_was_left_open_is_closed),
		cmocka_unit_test(all_others_are_closed),
		cmocka_unit_test(closed_standard_descriptors_are_filled),
		cmocka_unit_test(files_of_a_folder_are_only_read),
		cmocka_unit_test(a_crash_of_the_parser_is_reported),
		cmocka_unit_test(what_is_whole_is_said_to_be),
		cmocka_unit_test(the_exit_code_is_the_workers),
		cmocka_unit_test(the_claim_is_the_keepers),
		cmocka_unit_test(changes_outside_the_partition_are_refused),
		cmocka_unit_test(a_commit_that_is_not_ended_leaves_nothing),
		cmocka_unit_test(a_command_that_only_reads_cannot_commit),
		cmocka_unit_test(what_the_journal_says_is_true),
		cmocka_unit_test(an_earlier_commit_is_seen_by_the_keeper),
		cmocka_unit_test(a_worker_commits_once),
		cmocka_unit_test(what_the_user_declines_is_not_written),
		cmocka_unit_test(an_image_that_changed_behind_the_question_is_not_written),
		cmocka_unit_test(the_proof_is_the_keepers),
		cmocka_unit_test(only_the_agreed_output_is_written),
		cmocka_unit_test(noise_does_nothing),
		cmocka_unit_test(an_unknown_question_ends_the_talk),
		cmocka_unit_test(a_tool_finds_the_pages_of_its_job_only),
		cmocka_unit_test(a_look_brings_its_answer),
	};

	return cmocka_run_group_tests_name("keeper", tests, set_up, tear_down);
}
