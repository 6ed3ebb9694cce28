/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Journal and commit: verified before every use, refused when the target is not as expected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "block/commit.h"
#include "block/hold.h"
#include "block/journal-dir.h"
#include "block/journal.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/io.h"
#include "util/sha256.h"

#define SIZE 65536u
#define PART 4096u

struct fixture {
	char dir[64];
	char *image, *journals;
	uint8_t old[SIZE], new[SIZE];
	struct changes changes;
};

static int
write_file(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "wb");
	int got = f && fwrite(p, 1, n, f) == n ? 0 : -1;

	if (f)
		fclose(f);
	return got;
}

static bool
image_is(const struct fixture *f, const uint8_t *wanted)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	size_t len;
	CLEANUP_FREE char *now = io_read_file(f->image, SIZE, &len, &err);

	return now && len == SIZE && memcmp(now, wanted, SIZE) == 0;
}

static int
set_up(void **state)
{
	struct fixture *f = xzalloc(sizeof *f);
	uint8_t digest[SHA256_SIZE];

	snprintf(f->dir, sizeof f->dir, "commit-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->image = xasprintf("%s/image", f->dir);
	f->journals = xasprintf("%s/journals", f->dir);
	for (size_t i = 0; i < SIZE; i++)
		f->old[i] = (uint8_t)(i * 7);
	memcpy(f->old + PART + 3, "NTFS    ", 8);
	memcpy(f->new, f->old, SIZE);
	memset(f->new + 8192, 'x', 1024);
	memset(f->new + 20480, 'y', 512);
	f->changes.identity = (struct target_identity){ .kind = TARGET_DEVICE,
							.device_size = SIZE,
							.sector_size = 512,
							.partition_offset = PART,
							.partition_len = SIZE - PART };
	memcpy(&f->changes.identity.ntfs_serial, f->old + PART + 0x48, 8);
	changes_add(&f->changes, RECORD_SECTORS, 0, NULL, 8192, f->old + 8192, 1024, f->new + 8192,
		    1024);
	changes_add(&f->changes, RECORD_SECTORS, 1, NULL, 20480, f->old + 20480, 512,
		    f->new + 20480, 512);
	sha256_of(f->old + 30000, 100, digest);
	changes_add_watch(&f->changes, 30000, 100, digest);
	f->changes.manifest = xstrdup("{}");
	*state = f;
	return write_file(f->image, f->old, SIZE);
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;
	struct journal_entry *list = NULL;
	size_t count = 0;
	CLEANUP_ERROR struct error err = ERROR_INIT;

	journal_list(f->journals, &list, &count, &err);
	for (size_t i = 0; i < count; i++)
		unlink(list[i].path);
	journal_list_free(list, count);
	rmdir(f->journals);
	unlink(f->image);
	rmdir(f->dir);
	changes_clear(&f->changes);
	free(f->image);
	free(f->journals);
	free(f);
	return 0;
}

static void
commit(const struct fixture *f, struct journal *j)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_HOLD struct hold h = { .fd = -1 };
	struct commit_stats stats = { 0 };
	CLEANUP_FREE char *path = NULL;
	bool committed;

	assert_int_equal(hold_open(&h, f->image, true, &err), 0);
	if (commit_run(&h, &f->changes, f->journals, j, &committed, &stats, &err) < 0)
		fail_msg("%s", err.message);
	assert_true(committed);
	assert_int_equal(j->state, JOURNAL_APPLIED);
	assert_true(stats.sectors == 3);
	path = xstrdup(j->path);
	journal_clear(j);
	assert_int_equal(journal_read(path, j, &err), 0);
}

static int
undo(const struct fixture *f, struct journal *j, struct error *err)
{
	CLEANUP_HOLD struct hold h = { .fd = -1 };
	struct commit_stats stats = { 0 };

	assert_int_equal(hold_open(&h, f->image, true, err), 0);
	return commit_undo(&h, j, &stats, err);
}

static void
a_commit_is_undone_to_the_byte(void **state)
{
	const struct fixture *f = *state;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_JOURNAL struct journal j = { 0 };
	struct stat st;

	commit(f, &j);
	assert_true(image_is(f, f->new));
	assert_int_equal(stat(j.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(undo(f, &j, &err), 0);
	assert_int_equal(j.state, JOURNAL_UNDONE);
	assert_true(image_is(f, f->old));
	assert_int_equal(undo(f, &j, &err), -1);
	assert_int_equal(err.code, ERR_REFUSED);
}

static void
a_target_that_changed_meanwhile_is_not_written(void **state)
{
	struct fixture *f = *state;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_HOLD struct hold h = { .fd = -1 };
	CLEANUP_JOURNAL struct journal j = { 0 };
	struct commit_stats stats = { 0 };
	bool committed = true;

	/* in what is to change, and in what any use of the volume changes */
	for (size_t i = 0; i < 2; i++) {
		size_t at = i ? 30050 : 8200;

		f->old[at] ^= 1;
		assert_int_equal(write_file(f->image, f->old, SIZE), 0);
		assert_int_equal(hold_open(&h, f->image, true, &err), 0);
		assert_int_equal(
			commit_run(&h, &f->changes, f->journals, &j, &committed, &stats, &err), -1);
		assert_false(committed);
		assert_int_equal(err.code, ERR_BUSY);
		assert_non_null(strstr(err.message, i ? "was used" : "pieces"));
		assert_true(image_is(f, f->old));
		assert_int_not_equal(access(f->journals, F_OK), 0);
		hold_close(&h);
		error_clear(&err);
		f->old[at] ^= 1;
	}
}

static void
undo_refuses_what_somebody_else_wrote(void **state)
{
	struct fixture *f = *state;
	static const size_t places[] = { 8192, 20490, 30050 }; /* two records and a watch */

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		CLEANUP_JOURNAL struct journal j = { 0 };

		assert_int_equal(write_file(f->image, f->old, SIZE), 0);
		commit(f, &j);
		f->new[places[i]] ^= 1;
		assert_int_equal(write_file(f->image, f->new, SIZE), 0);
		assert_int_equal(undo(f, &j, &err), -1);
		assert_int_equal(err.code, ERR_REFUSED);
		assert_non_null(strstr(err.message, "--by-value"));
		assert_true(image_is(f, f->new));
		f->new[places[i]] ^= 1;
	}
}

/* A piece that is as it was before is one of the journal's, but not what the journal left. */
static void
undo_names_the_first_piece_that_is_not_applied(void **state)
{
	struct fixture *f = *state;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_JOURNAL struct journal j = { 0 };

	commit(f, &j);
	memcpy(f->new + 8704, f->old + 8704, 512);
	assert_int_equal(write_file(f->image, f->new, SIZE), 0);
	assert_int_equal(undo(f, &j, &err), -1);
	assert_int_equal(err.code, ERR_REFUSED);
	assert_non_null(strstr(err.message, "1 of 3 pieces"));
	assert_non_null(strstr(err.message, "the first at 8704)"));
	assert_true(image_is(f, f->new));
}

static void
recovery_needs_every_piece_to_be_known(void **state)
{
	struct fixture *f = *state;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_JOURNAL struct journal j = { 0 };
	CLEANUP_HOLD struct hold h = { .fd = -1 };
	struct commit_stats stats = { 0 };

	commit(f, &j);
	assert_int_equal(journal_set_state(&j, JOURNAL_PENDING, &err), 0);
	/* half: the first record new, the second old, is what a kill leaves */
	memcpy(f->new + 20480, f->old + 20480, 512);
	assert_int_equal(write_file(f->image, f->new, SIZE), 0);
	assert_int_equal(hold_open(&h, f->image, true, &err), 0);
	f->new[20480] ^= 1;
	assert_int_equal(write_file(f->image, f->new, SIZE), 0);
	assert_int_equal(commit_recover(&h, &j, true, &stats, &err), -1);
	assert_int_equal(err.code, ERR_REFUSED);
	assert_true(image_is(f, f->new));
	f->new[20480] ^= 1;
	assert_int_equal(write_file(f->image, f->new, SIZE), 0);
	error_clear(&err);
	assert_int_equal(commit_recover(&h, &j, true, &stats, &err), 0);
	assert_true(image_is(f, f->old));
	assert_int_equal(j.state, JOURNAL_UNDONE);
}

/* Both directions: once anybody has used the volume, what is not written yet must not be written any more. */
static void
recovery_refuses_a_volume_that_was_used_since(void **state)
{
	struct fixture *f = *state;
	CLEANUP_JOURNAL struct journal j = { 0 };
	CLEANUP_ERROR struct error first = ERROR_INIT;
	CLEANUP_HOLD struct hold h = { .fd = -1 };
	struct commit_stats stats = { 0 };
	uint8_t used[SIZE];

	commit(f, &j);
	assert_int_equal(hold_open(&h, f->image, true, &first), 0);
	for (int back = 0; back < 2; back++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;

		assert_int_equal(journal_set_state(&j, JOURNAL_PENDING, &err), 0);
		memcpy(used, f->new, SIZE);
		memcpy(used + 20480, f->old + 20480, 512);
		used[30050] ^= 1;
		assert_int_equal(write_file(f->image, used, SIZE), 0);
		assert_int_equal(commit_recover(&h, &j, back, &stats, &err), -1);
		assert_int_equal(err.code, ERR_REFUSED);
		assert_non_null(strstr(err.message, "mounted since"));
		assert_int_equal(j.state, JOURNAL_PENDING);
		assert_true(image_is(f, used));
	}
	/* nothing had been written: back is no write, and forward is told of it */
	memcpy(used, f->old, SIZE);
	used[30050] ^= 1;
	assert_int_equal(write_file(f->image, used, SIZE), 0);
	assert_int_equal(commit_recover(&h, &j, false, &stats, &first), -1);
	assert_non_null(strstr(first.message, "--roll-back"));
	error_clear(&first);
	assert_int_equal(commit_recover(&h, &j, true, &stats, &first), 0);
	assert_int_equal(j.state, JOURNAL_UNDONE);
	assert_true(image_is(f, used));
	/* all had been written: the same forward */
	assert_int_equal(journal_set_state(&j, JOURNAL_PENDING, &first), 0);
	memcpy(used, f->new, SIZE);
	used[30050] ^= 1;
	assert_int_equal(write_file(f->image, used, SIZE), 0);
	assert_int_equal(commit_recover(&h, &j, false, &stats, &first), 0);
	assert_int_equal(j.state, JOURNAL_APPLIED);
	assert_int_equal(stats.writes, 0);
	assert_true(image_is(f, used));
}

/* A replay changes the places that are watched: recovered from each half, and refused when the rest of them differs. */
static void
a_watch_may_lie_on_what_the_commit_changes(void **state)
{
	struct fixture *f = *state;
	CLEANUP_JOURNAL struct journal j = { 0 };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_HOLD struct hold h = { .fd = -1 };
	struct commit_stats stats = { 0 };
	uint8_t digest[SHA256_SIZE];
	uint8_t half[SIZE];

	sha256_of(f->new + 8000, 1024, digest);
	changes_add_watch(&f->changes, 8000, 1024, digest);
	sha256_of(f->new + 20480, 4096, digest);
	changes_add_watch(&f->changes, 20480, 4096, digest);
	commit(f, &j);
	assert_int_equal(hold_open(&h, f->image, true, &err), 0);
	for (int i = 0; i < 8; i++) {
		const bool back = i & 1;

		assert_int_equal(journal_set_state(&j, JOURNAL_PENDING, &err), 0);
		memcpy(half, f->old, SIZE);
		if (i & 2)
			memcpy(half + 8192, f->new + 8192, 512);
		if (i & 4)
			memcpy(half + 20480, f->new + 20480, 512);
		assert_int_equal(write_file(f->image, half, SIZE), 0);
		assert_int_equal(commit_recover(&h, &j, back, &stats, &err), 0);
		assert_true(image_is(f, back ? f->old : f->new));
	}
	assert_int_equal(journal_set_state(&j, JOURNAL_PENDING, &err), 0);
	half[20480 + 600] ^= 1;
	assert_int_equal(write_file(f->image, half, SIZE), 0);
	assert_int_equal(commit_recover(&h, &j, false, &stats, &err), -1);
	assert_int_equal(err.code, ERR_REFUSED);
	assert_true(image_is(f, half));
}

/* Finished on a copy: the journal says so, the bytes of the original do not. */
static void
a_finished_journal_is_not_believed_of_a_half_written_target(void **state)
{
	struct fixture *f = *state;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_JOURNAL struct journal j = { 0 };
	CLEANUP_HOLD struct hold h = { .fd = -1 };
	struct commit_stats stats = { 0 };
	uint8_t half[SIZE];

	commit(f, &j);
	memcpy(half, f->new, SIZE);
	memcpy(half + 20480, f->old + 20480, 512);
	assert_int_equal(hold_open(&h, f->image, true, &err), 0);
	/* all there: nothing to do */
	assert_int_equal(commit_recover(&h, &j, false, &stats, &err), 0);
	assert_int_equal(stats.writes, 0);
	assert_int_equal(commit_recover(&h, &j, true, &stats, &err), -1);
	assert_int_equal(err.code, ERR_REFUSED);
	error_clear(&err);
	/* half: forward */
	assert_int_equal(write_file(f->image, half, SIZE), 0);
	assert_int_equal(commit_recover(&h, &j, false, &stats, &err), 0);
	assert_true(stats.writes > 0);
	assert_int_equal(j.state, JOURNAL_APPLIED);
	assert_true(image_is(f, f->new));
	/* half: back */
	assert_int_equal(write_file(f->image, half, SIZE), 0);
	assert_int_equal(commit_recover(&h, &j, true, &stats, &err), 0);
	assert_int_equal(j.state, JOURNAL_UNDONE);
	assert_true(image_is(f, f->old));
	/* an undone journal, and half: back again */
	assert_int_equal(write_file(f->image, half, SIZE), 0);
	assert_int_equal(commit_recover(&h, &j, false, &stats, &err), 0);
	assert_true(image_is(f, f->old));
	/* a stranger's byte */
	half[8200] ^= 1;
	assert_int_equal(write_file(f->image, half, SIZE), 0);
	assert_int_equal(commit_recover(&h, &j, false, &stats, &err), -1);
	assert_int_equal(err.code, ERR_REFUSED);
	assert_true(image_is(f, half));
}

static void
another_volume_is_not_the_target(void **state)
{
	struct fixture *f = *state;
	CLEANUP_JOURNAL struct journal j = { 0 };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_HOLD struct hold h = { .fd = -1 };

	commit(f, &j);
	f->new[PART + 0x48] ^= 1;
	assert_int_equal(write_file(f->image, f->new, SIZE), 0);
	assert_int_equal(hold_open(&h, f->image, true, &err), 0);
	assert_int_equal(commit_check_identity(&h, &j, &err), -1);
	assert_int_equal(err.code, ERR_REFUSED);
}

/* A commit to the volume as a disk is found when it is mounted, and one to it mounted when it is a disk, or mounted elsewhere. */
static void
an_interrupted_commit_is_found_under_every_name_of_the_volume(void **state)
{
	struct fixture *f = *state;
	const uint64_t serial = f->changes.identity.ntfs_serial;
	const struct {
		enum target_kind made_as, named_as;
		uint64_t made_serial, serial;
		const char *path;
		bool found, elsewhere;
	} cases[] = {
		{ TARGET_DEVICE, TARGET_DIRECTORY, serial, serial, "/mnt/a", true, true },
		{ TARGET_DEVICE, TARGET_DIRECTORY, serial, serial + 1, "/mnt/a", false, false },
		{ TARGET_DEVICE, TARGET_DIRECTORY, serial, 0, "/mnt/a", false, false },
		{ TARGET_DIRECTORY, TARGET_DEVICE, serial, serial, "/dev/a", true, true },
		{ TARGET_DIRECTORY, TARGET_DEVICE, 0, serial, "/dev/a", false, false },
		{ TARGET_DIRECTORY, TARGET_DIRECTORY, serial, serial, "/mnt/b", true, false },
		{ TARGET_DIRECTORY, TARGET_DIRECTORY, serial, serial + 1, "/made/for", false,
		  false },
		{ TARGET_DIRECTORY, TARGET_DIRECTORY, 0, 0, "/made/for", true, false },
		{ TARGET_DIRECTORY, TARGET_DIRECTORY, 0, serial, "/made/for", true, false },
		{ TARGET_DIRECTORY, TARGET_DIRECTORY, 0, 0, "/mnt/b", false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		CLEANUP_JOURNAL struct journal j = { 0 };
		CLEANUP_JOURNAL_UNFINISHED struct journal_unfinished u = { 0 };
		CLEANUP_FREE char *advice = NULL;
		CLEANUP_CHANGES struct changes c = CHANGES_INIT;
		struct target_identity id = f->changes.identity;

		c.identity = id;
		if (cases[i].made_as == TARGET_DIRECTORY)
			c.identity = (struct target_identity){ .kind = TARGET_DIRECTORY };
		c.identity.ntfs_serial = cases[i].made_serial;
		changes_add(&c, cases[i].made_as == TARGET_DIRECTORY ? RECORD_FILE : RECORD_SECTORS,
			    0, cases[i].made_as == TARGET_DIRECTORY ? "file" : NULL, 8192,
			    f->old + 8192, 512, f->new + 8192, 512);
		assert_int_equal(journal_create(f->journals, "/made/for", &c, &j, &err), 0);
		assert_int_equal(journal_set_state(&j, JOURNAL_PENDING, &err), 0);
		id.kind = cases[i].named_as;
		id.ntfs_serial = cases[i].serial;
		u = journal_dir_unfinished(f->journals, &id, cases[i].path);
		if ((u.path != NULL) != cases[i].found ||
		    (u.elsewhere != NULL) != cases[i].elsewhere)
			fail_msg("case %zu: %s, %s", i, u.path, u.elsewhere);
		advice = u.path ? journal_unfinished_advice(&u, cases[i].path) : NULL;
		if (advice)
			assert_non_null(
				strstr(advice, cases[i].elsewhere ? " /made/for" : cases[i].path));
		unlink(j.path);
	}
}

/* Every bit of a journal matters, and so does every length. */
static void
a_damaged_journal_is_never_used(void **state)
{
	const struct fixture *f = *state;
	CLEANUP_JOURNAL struct journal j = { 0 };
	CLEANUP_ERROR struct error first = ERROR_INIT;
	CLEANUP_FREE char *bytes = NULL;
	size_t len;

	commit(f, &j);
	bytes = io_read_file(j.path, 1 << 20, &len, &first);
	assert_non_null(bytes);
	for (size_t i = 0; i < len; i += i < 700 ? 1 : 37) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		CLEANUP_JOURNAL struct journal again = { 0 };

		bytes[i] ^= (char)(1 << (i % 8));
		assert_int_equal(write_file(j.path, bytes, len), 0);
		if (journal_read(j.path, &again, &err) == 0)
			fail_msg("a bit of byte %zu was not noticed", i);
		bytes[i] ^= (char)(1 << (i % 8));
	}
	for (size_t n = 0; n < len; n += 61) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		CLEANUP_JOURNAL struct journal again = { 0 };

		assert_int_equal(write_file(j.path, bytes, n), 0);
		assert_int_equal(journal_read(j.path, &again, &err), -1);
	}
	assert_int_equal(write_file(j.path, bytes, len), 0);
	{
		CLEANUP_JOURNAL struct journal again = { 0 };
		CLEANUP_FREE char *manifest = NULL;

		assert_int_equal(journal_read(j.path, &again, &first), 0);
		assert_int_equal(again.changes.record_count, 2);
		manifest = journal_manifest(&again, &first);
		assert_string_equal(manifest, "{}");
	}
}

static void
two_of_one_second_have_two_names(void **state)
{
	const struct fixture *f = *state;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct journal_entry *list;
	size_t count;

	for (int i = 0; i < 3; i++) {
		CLEANUP_JOURNAL struct journal j = { 0 };

		commit(f, &j);
		assert_int_equal(undo(f, &j, &err), 0);
	}
	assert_int_equal(journal_list(f->journals, &list, &count, &err), 0);
	assert_int_equal(count, 3);
	for (size_t i = 0; i < count; i++) {
		assert_null(list[i].problem);
		assert_int_equal(list[i].state, JOURNAL_UNDONE);
		assert_true(list[i].sectors == 3);
	}
	journal_list_free(list, count);
}

/* Looking for one is not to read all the others: they can be large, and many. */
static void
only_what_needs_recovery_is_read_to_find_it(void **state)
{
	const struct fixture *f = *state;
	CLEANUP_JOURNAL struct journal j = { 0 };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct journal_entry *list;
	size_t count;

	commit(f, &j);
	assert_int_equal(journal_list_unfinished(f->journals, &list, &count, &err), 0);
	assert_int_equal(count, 0);
	journal_list_free(list, count);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(journal_set_state(&j, i ? JOURNAL_UNDOING : JOURNAL_PENDING, &err),
				 0);
		assert_int_equal(journal_list_unfinished(f->journals, &list, &count, &err), 0);
		assert_int_equal(count, 1);
		assert_int_equal(list[0].state, j.state);
		journal_list_free(list, count);
	}
}

/* What was written in pieces, in the order of a list, is the journal of that list; a piece out of order is refused. */
static void
a_journal_in_pieces_is_the_same(void **state)
{
	struct fixture *f = *state;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_JOURNAL struct journal whole = { 0 };
	CLEANUP_JOURNAL struct journal pieces = { 0 };
	struct changes one = { .manifest = xstrdup("{") }, two = { .manifest = xstrdup("}") };
	struct changes watch = { .watches = f->changes.watches, .watch_count = 1 };
	struct journal_writer *w;
	CLEANUP_FREE char *a = NULL;
	CLEANUP_FREE char *b = NULL;
	size_t a_len, b_len;

	assert_int_equal(journal_create(f->journals, f->image, &f->changes, &whole, &err), 0);
	w = journal_begin(f->journals, f->image, &f->changes.identity, &err);
	assert_non_null(w);
	assert_int_equal(journal_add(w, &one, &err), 0);
	assert_int_equal(journal_add(w, &two, &err), 0);
	assert_int_equal(journal_add(w, &watch, &err), 0);
	for (size_t i = 0; i < f->changes.record_count; i++) {
		const struct changes record = { .records = &f->changes.records[i],
						.record_count = 1 };

		assert_int_equal(journal_add(w, &record, &err), 0);
	}
	assert_int_equal(journal_so_far(w, &err)->record_count, 2);
	assert_int_equal(journal_end(w, &pieces, &err), 0);
	a = io_read_file(whole.path, SIZE, &a_len, &err);
	b = io_read_file(pieces.path, SIZE, &b_len, &err);
	assert_int_equal(a_len, b_len);
	assert_memory_equal(a + 512, b + 512, a_len - 512);
	w = journal_begin(f->journals, f->image, &f->changes.identity, &err);
	assert_int_equal(journal_add(w, &watch, &err), 0);
	assert_int_equal(journal_add(w, &one, &err), -1);
	assert_int_equal(err.code, ERR_INTERNAL);
	journal_drop(w);
	changes_clear(&one);
	changes_clear(&two);
}

static void
a_journal_that_is_dropped_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct journal_writer *w = journal_begin(f->journals, f->image, &f->changes.identity, &err);

	assert_non_null(w);
	assert_int_equal(journal_add(w, &f->changes, &err), 0);
	journal_drop(w);
	assert_int_equal(rmdir(f->journals), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_commit_is_undone_to_the_byte, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_target_that_changed_meanwhile_is_not_written,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(undo_refuses_what_somebody_else_wrote, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(undo_names_the_first_piece_that_is_not_applied,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(recovery_needs_every_piece_to_be_known, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(recovery_refuses_a_volume_that_was_used_since,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_watch_may_lie_on_what_the_commit_changes, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			a_finished_journal_is_not_believed_of_a_half_written_target, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			an_interrupted_commit_is_found_under_every_name_of_the_volume, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(another_volume_is_not_the_target, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_damaged_journal_is_never_used, set_up, tear_down),
		cmocka_unit_test_setup_teardown(only_what_needs_recovery_is_read_to_find_it, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(two_of_one_second_have_two_names, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_journal_in_pieces_is_the_same, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_journal_that_is_dropped_leaves_nothing, set_up,
						tear_down),
	};

	return cmocka_run_group_tests_name("commit", tests, NULL, NULL);
}
