/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every allocation of a commit, of its undo and recovery, and of a hive's replay, edit and writing fails once: the program says so and
 * ends, or the caller gets an error; the target is untouched, or `recover` ends it.  The linker puts the functions below
 * in the place of libc's for our own code (tests/Makemodule.am).
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "block/commit.h"
#include "block/hold.h"
#include "block/journal.h"
#include "registry/hive.h"
#include "tests/support/hive-build.h"
#include "tests/support/hive-log-build.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/io.h"

/* ---- allocations that fail ---- */

static unsigned long left; /* until the one that fails; 0: none does */
static unsigned long asked;

static bool
fails(void)
{
	asked++;
	return left && --left == 0;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
int __real_vasprintf(char **ret, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
void *__real_mmap(void *at, size_t len, int how, int flags, int fd, off_t offset);
void *__real_mremap(void *at, size_t len, size_t new_len, int flags);

void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);
int __wrap_vasprintf(char **ret, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
void *__wrap_mmap(void *at, size_t len, int how, int flags, int fd, off_t offset);
void *__wrap_mremap(void *at, size_t len, size_t new_len, int flags);

void *
__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return fails() ? NULL : __real_reallocarray(p, n, size);
}

char *
__wrap_strdup(const char *s)
{
	return fails() ? NULL : __real_strdup(s);
}

char *
__wrap_strndup(const char *s, size_t n)
{
	return fails() ? NULL : __real_strndup(s, n);
}

int
__wrap_vasprintf(char **ret, const char *fmt, va_list ap)
{
	return fails() ? -1 : __real_vasprintf(ret, fmt, ap);
}

void *
__wrap_mmap(void *at, size_t len, int how, int flags, int fd, off_t offset)
{
	return fails() ? MAP_FAILED : __real_mmap(at, len, how, flags, fd, offset);
}

void *
__wrap_mremap(void *at, size_t len, size_t new_len, int flags)
{
	return fails() ? MAP_FAILED : __real_mremap(at, len, new_len, flags);
}

/* ---- one run in a child ---- */

#define DONE	  0
#define REFUSED	  1
#define NO_MEMORY 8 /* out_of_memory() */

/* Runs `fn` with its n-th allocation failing (0: none); its exit code.  A signal fails the test. */
static int
run(int (*fn)(void *ctx), void *ctx, unsigned long n)
{
	pid_t child;
	int status;

	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		int nowhere = open("/dev/null", O_WRONLY);

		dup2(nowhere, STDERR_FILENO);
		left = n;
		_exit(fn(ctx));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFEXITED(status))
		fail_msg("allocation %lu: ended by signal %d", n, WTERMSIG(status));
	return WEXITSTATUS(status);
}

/* How many allocations `fn` makes when none fails. */
static unsigned long
count(int (*fn)(void *ctx), void *ctx)
{
	unsigned long *shared = __real_mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
					    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned long n;
	pid_t child;
	int status;

	fflush(NULL);
	child = fork();
	if (child == 0) {
		asked = 0;
		status = fn(ctx);
		*shared = asked;
		_exit(status);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), DONE);
	n = *shared;
	munmap(shared, sizeof *shared);
	return n;
}

/* Every one, or with RESPREP_CRASH_STEP every N-th. */
static unsigned long
step(void)
{
	const char *text = getenv("RESPREP_CRASH_STEP");
	unsigned long n = text ? strtoul(text, NULL, 10) : 1;

	return n ? n : 1;
}

/* ---- the commit ---- */

#define SIZE 65536u
#define PART 4096u

struct target {
	char dir[64];
	char *image, *journals;
	uint8_t old[SIZE], new[SIZE];
	struct changes changes;
};

static void
write_image(const struct target *t, const uint8_t *bytes)
{
	FILE *f = fopen(t->image, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, SIZE, f), SIZE);
	fclose(f);
}

static bool
image_is(const struct target *t, const uint8_t *wanted)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	size_t len;
	CLEANUP_FREE char *now = io_read_file(t->image, SIZE, &len, &err);

	return now && len == SIZE && memcmp(now, wanted, SIZE) == 0;
}

/* The only journal, or NULL; the caller's. */
static char *
journal_of(const struct target *t, enum journal_state *ret)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct journal_entry *list = NULL;
	size_t n = 0;
	char *path = NULL;

	if (journal_list(t->journals, &list, &n, &err) < 0)
		return NULL;
	assert_true(n <= 1);
	if (n) {
		path = xstrdup(list[0].path);
		*ret = list[0].state;
	}
	journal_list_free(list, n);
	return path;
}

static void
forget_journal(const struct target *t)
{
	enum journal_state state;
	CLEANUP_FREE char *path = journal_of(t, &state);

	if (path)
		unlink(path);
}

static int
set_up(void **state)
{
	struct target *t = xzalloc(sizeof *t);

	snprintf(t->dir, sizeof t->dir, "memory-test-XXXXXX");
	if (!mkdtemp(t->dir))
		return -1;
	t->image = xasprintf("%s/image", t->dir);
	t->journals = xasprintf("%s/journals", t->dir);
	for (size_t i = 0; i < SIZE; i++)
		t->old[i] = (uint8_t)(i * 7);
	memcpy(t->new, t->old, SIZE);
	t->changes.identity = (struct target_identity){ .kind = TARGET_DEVICE,
							.device_size = SIZE,
							.sector_size = 512,
							.partition_offset = PART,
							.partition_len = SIZE - PART };
	memcpy(&t->changes.identity.ntfs_serial, t->old + PART + 0x48, 8);
	for (uint32_t phase = 0; phase < 3; phase++)
		for (uint64_t at = 8192 + 4096 * phase; at < 20480 + 4096 * phase; at += 8192) {
			memset(t->new + at, 'a' + (int)phase, 1024);
			changes_add(&t->changes, RECORD_SECTORS, phase, NULL, at, t->old + at, 1024,
				    t->new + at, 1024);
		}
	t->changes.manifest = xstrdup("{}");
	*state = t;
	return 0;
}

static int
tear_down(void **state)
{
	struct target *t = *state;

	forget_journal(t);
	rmdir(t->journals);
	unlink(t->image);
	rmdir(t->dir);
	changes_clear(&t->changes);
	free(t->image);
	free(t->journals);
	free(t);
	return 0;
}

static int
commit(void *ctx)
{
	const struct target *t = ctx;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_HOLD struct hold h = { .fd = -1 };
	CLEANUP_JOURNAL struct journal j = { 0 };
	struct commit_stats stats = { 0 };
	bool committed;

	if (io_make_dirs(t->journals, &err) < 0 || hold_open(&h, t->image, true, &err) < 0 ||
	    commit_run(&h, &t->changes, t->journals, &j, &committed, &stats, &err) < 0)
		return REFUSED;
	return DONE;
}

struct going {
	const struct target *target;
	const char *journal;
	bool undo;
};

static int
go_on(void *ctx)
{
	const struct going *g = ctx;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_HOLD struct hold h = { .fd = -1 };
	CLEANUP_JOURNAL struct journal j = { 0 };
	struct commit_stats stats = { 0 };

	if (journal_read(g->journal, &j, &err) < 0 ||
	    hold_open(&h, g->target->image, true, &err) < 0 ||
	    commit_check_identity(&h, &j, &err) < 0 ||
	    (g->undo ? commit_undo(&h, &j, &stats, &err) :
		       commit_recover(&h, &j, false, &stats, &err)) < 0)
		return REFUSED;
	return DONE;
}

/* As a user would: whatever journal waits is finished. */
static void
settle(const struct target *t, unsigned long n)
{
	enum journal_state state;
	CLEANUP_FREE char *path = journal_of(t, &state);
	struct going g = { t, path, false };

	if (path && (state == JOURNAL_PENDING || state == JOURNAL_UNDOING) &&
	    run(go_on, &g, 0) != DONE)
		fail_msg("allocation %lu: recovery fails", n);
}

static void
a_commit_without_memory_is_old_or_recovered(void **state)
{
	struct target *t = *state;
	unsigned long total, old = 0, new = 0;

	/* the folder for journals is made by the first one only */
	write_image(t, t->old);
	assert_int_equal(run(commit, t, 0), DONE);
	forget_journal(t);
	write_image(t, t->old);
	total = count(commit, t);
	assert_true(image_is(t, t->new));
	forget_journal(t);
	for (unsigned long n = 1; n <= total; n += step()) {
		int code;

		write_image(t, t->old);
		code = run(commit, t, n);
		if (code != REFUSED && code != NO_MEMORY)
			fail_msg("allocation %lu of %lu: exit %d", n, total, code);
		settle(t, n);
		if (image_is(t, t->old))
			old++;
		else if (image_is(t, t->new))
			new ++;
		else
			fail_msg("allocation %lu: mixed", n);
		forget_journal(t);
	}
	print_message("commit: %lu allocations: %lu old, %lu new, 0 mixed\n", total, old, new);
}

static void
undo_and_recovery_without_memory_end(void **state)
{
	struct target *t = *state;

	for (int undo = 0; undo < 2; undo++) {
		CLEANUP_FREE char *base = NULL;
		CLEANUP_FREE char *path = NULL;
		enum journal_state s;
		struct going g = { .target = t, .undo = undo };
		unsigned long total;

		write_image(t, t->old);
		assert_int_equal(run(commit, t, 0), DONE);
		path = journal_of(t, &s);
		base = xstrndup(path, strlen(path) - strlen(".applied"));
		g.journal = undo ? path : base;
		if (!undo) { /* half written, and the journal pending */
			assert_int_equal(rename(path, base), 0);
			write_image(t, t->old);
		}
		total = count(go_on, &g);
		assert_true(image_is(t, undo ? t->old : t->new));
		for (unsigned long n = 1; n <= total; n += step()) {
			CLEANUP_FREE char *now = journal_of(t, &s);
			int code;

			assert_int_equal(rename(now, g.journal), 0);
			write_image(t, undo ? t->new : t->old);
			code = run(go_on, &g, n);
			if (code != REFUSED && code != NO_MEMORY)
				fail_msg("allocation %lu of %lu: exit %d", n, total, code);
			settle(t, n);
			if (!image_is(t, t->old) && !image_is(t, t->new))
				fail_msg("allocation %lu: mixed", n);
		}
		print_message("%s: %lu allocations, 0 mixed\n", undo ? "undo" : "recover", total);
		forget_journal(t);
	}
}

/* ---- hives ---- */

struct bytes {
	const uint8_t *p;
	size_t size;
};

struct dirty {
	struct bytes primary, log;
};

static int
read_bytes(void *ctx, void *buf, size_t len, uint64_t offset, size_t *ret_len, struct error *err)
{
	const struct bytes *b = ctx;

	(void)err;
	*ret_len = 0;
	if (offset >= b->size)
		return 0;
	*ret_len = len < b->size - offset ? len : (size_t)(b->size - offset);
	memcpy(buf, b->p + offset, *ret_len);
	return 0;
}

static int
forget(void *ctx, const void *buf, size_t len, uint64_t offset, struct error *err)
{
	(void)ctx;
	(void)buf;
	(void)len;
	(void)offset;
	(void)err;
	return 0;
}

/* Replay, a look at everything, edits of several kinds, the check, and all phases of writing. */
static int
use_hive(void *ctx)
{
	struct dirty *d = ctx;
	struct hive_files files = { .primary = { read_bytes, &d->primary, d->primary.size },
				    .logs = { { read_bytes, &d->log, d->log.size } } };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_HIVE struct hive *h = hive_open_files("TEST", &files, &err);
	CLEANUP_HIVE_PROBLEMS struct hive_problems problems = { 0 };
	uint8_t large[20000] = { 1 };

	if (!h || hive_verify(h, &problems, &err) < 0 ||
	    hive_create_key(h, "Key\\New\\Deep", 1, &err) < 0 ||
	    hive_put_value(h, "Key\\New", "v", REG_TYPE_BINARY, large, sizeof large, 1, &err) < 0 ||
	    hive_delete_value(h, "", "step", 1, &err) < 0 ||
	    hive_delete_key(h, "Key\\New\\Deep", 1, &err) < 0 || hive_check(h, &err) < 0)
		return REFUSED;
	for (int phase = 0; phase < HIVE_WRITE_PHASES; phase++)
		if (hive_write_back(h, (enum hive_write_phase)phase, forget, NULL, &err) < 0)
			return REFUSED;
	return DONE;
}

static void
a_hive_without_memory_is_an_error(void **state)
{
	struct hive_build b;
	struct log_build l;
	struct dirty d;
	unsigned long total;
	uint32_t value, key;

	(void)state;
	build_begin(&b, 5, 8192);
	value = build_value(&b, "step", REG_TYPE_DWORD, "\1\0\0", 4);
	build_values(&b, b.root, &value, 1);
	key = build_key(&b, b.root, "Key");
	build_subkeys(&b, b.root, "lh", &key, 1);
	build_done(&b);
	put_u32(b.p + 4, 11);
	put_u32(b.p + 8, 10);
	build_checksum(&b);
	log_begin(&l, b.p, 6, 10);
	log_add(&l, 10, NULL, b.p, b.size);
	d = (struct dirty){ { b.p, b.size }, { l.p, l.size } };
	total = count(use_hive, &d);
	for (unsigned long n = 1; n <= total; n += step()) {
		int code = run(use_hive, &d, n);

		if (code != REFUSED && code != NO_MEMORY)
			fail_msg("allocation %lu of %lu: exit %d", n, total, code);
	}
	print_message("hive: %lu allocations\n", total);
	free(b.p);
	free(l.p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_commit_without_memory_is_old_or_recovered, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(undo_and_recovery_without_memory_end, set_up,
						tear_down),
		cmocka_unit_test(a_hive_without_memory_is_an_error),
	};

	return cmocka_run_group_tests_name("no-memory", tests, NULL, NULL);
}
