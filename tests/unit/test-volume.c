/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Volumes: NTFS made by mkntfs, read and edited through an overlay; and a directory with changes staged over it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "block/block.h"
#include "block/changes.h"
#include "block/overlay.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/spool.h"
#include "util/io.h"
#include "volume/volume.h"

#define SIZE (8u << 20)

#define PLAIN	   64	/* the record of /plain, the first behind those that mkntfs keeps */
#define PLAIN_SIZE 2560 /* too many bytes for it */

static void
run_tool(const char *const *arguments)
{
	int status, null;
	pid_t pid = fork();

	if (pid == 0) {
		null = open("/dev/null", O_RDWR);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		execvp(arguments[0], (char *const *)(uintptr_t)arguments);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* The bytes of a fresh NTFS volume with a file /plain; made once by mkntfs and ntfscp. */
static uint8_t *
fresh_volume(void)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	char name[] = "volume-test-XXXXXX";
	CLEANUP_FD int fd = mkstemp(name);
	size_t len;
	char *bytes;
	char content[] = "plain-test-XXXXXX";
	CLEANUP_FD int plain = mkstemp(content);
	const char *const make[] = { "mkntfs", "-F", "-Q", "-q", "-s", "512", "-p",
				     "0",      "-H", "0",  "-S", "0",  name,  NULL };
	const char *const copy[] = { "ntfscp", "-f", name, content, "/plain", NULL };

	assert_true(fd >= 0 && plain >= 0);
	assert_int_equal(ftruncate(fd, SIZE), 0);
	for (int i = 0; i < PLAIN_SIZE; i++)
		assert_int_equal(write(plain, "x", 1), 1);
	run_tool(make);
	run_tool(copy);
	unlink(content);
	bytes = io_read_file(name, SIZE, &len, &err);
	assert_non_null(bytes);
	assert_int_equal(len, SIZE);
	unlink(name);
	return (uint8_t *)bytes;
}

static int
set_up(void **state)
{
	*state = fresh_volume();
	return 0;
}

static int
tear_down(void **state)
{
	free(*state);
	return 0;
}

static void
looking_does_not_write(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_DIR_LIST struct dir_list list = { 0 };
	struct block *lower = block_memory_new(*state, SIZE, 512);
	struct block *o = overlay_new(lower);
	struct volume *v = volume_ntfs_open(o, &err);
	CLEANUP_CHANGES struct changes c = CHANGES_INIT;
	struct file_stat st;

	assert_non_null(v);
	assert_false(volume_state(v)->log_unclean || volume_state(v)->dirty ||
		     volume_state(v)->hibernated);
	assert_int_equal(volume_list(v, "/", &list, &err), 0);
	assert_int_equal(volume_stat(v, "/nothing/here", &st, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	error_clear(&err);
	assert_int_equal(volume_close(v, &err), 0);
	assert_int_equal(overlay_changes(o, 0, &c, &err), 0);
	assert_int_equal(c.record_count, 0);
	assert_true(lower->stats.writes == 0);
	block_close(o);
	block_close(lower);
}

/* The data attribute of the system file with that record, in a volume's bytes. */
static uint8_t *
data_attribute(uint8_t *volume, unsigned record)
{
	uint32_t cluster = 512u * volume[13];
	uint8_t *r = volume + get_u64(volume + 0x30) * cluster + (size_t)record * 1024;

	for (uint8_t *a = r + get_u16(r + 20); a < r + 1024; a += get_u32(a + 4))
		if (get_u32(a) == 0x80)
			return a;
	fail_msg("record %u has no data", record);
	return NULL;
}

/* It would be read as zeros for as long as anybody waits. */
static void
a_file_larger_than_its_volume_is_damaged(void **state)
{
	static const uint64_t sizes[] = { SIZE + 4096, UINT64_C(1) << 56, UINT64_MAX - 4095 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		CLEANUP_FREE uint8_t *bytes = xmemdup(*state, SIZE);
		CLEANUP_ERROR struct error err = ERROR_INIT;
		CLEANUP_BLOCK struct block *lower = NULL;
		uint8_t *a = data_attribute(bytes, 7);
		struct volume *v;

		assert_int_equal(a[8], 1); /* in clusters */
		put_u64(a + 48, sizes[i]);
		lower = block_memory_new(bytes, SIZE, 512);
		lower->read_only = true;
		v = volume_ntfs_open(lower, &err);
		assert_non_null(v);
		assert_null(volume_file_open(v, "/$Boot", &err));
		assert_int_equal(err.code, ERR_CORRUPT);
		error_clear(&err);
		assert_int_equal(volume_close(v, &err), 0);
	}
}

static void
a_volume_without_an_end_is_named(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_BLOCK struct block *lower = block_memory_new(*state, SIZE / 2, 512);

	assert_null(volume_ntfs_open(lower, &err));
	assert_int_equal(err.code, ERR_CORRUPT);
	assert_non_null(strstr(err.message, "truncated"));
}

/* The place of record 3 in $MFTMirr. */
static size_t
mirror_of(const uint8_t *image)
{
	uint64_t mirror = image[0x38] | (uint64_t)image[0x39] << 8 | (uint64_t)image[0x3a] << 16;

	return (size_t)(mirror * (image[11] | image[12] << 8) * image[13]) + 3 * 1024;
}

static void
a_truncated_volume_is_read_as_far_as_it_goes(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_BLOCK struct block *lower = NULL;
	CLEANUP_BLOCK struct block *whole = NULL;
	CLEANUP_BLOCK struct block *o = NULL;
	struct volume *v;

	/* ends before the mirror, which is in the middle of such a volume: it is made up for */
	lower = block_memory_new(*state, mirror_of(*state) - 3 * 1024, 512);
	whole = block_extended_new(lower, SIZE);
	o = overlay_new(whole);
	overlay_fill_missing(o);
	v = volume_ntfs_open(o, &err);
	assert_non_null(v);
	assert_true(volume_exists(v, "/"));
	assert_int_equal(volume_close(v, &err), 0);
}

static void
a_differing_mirror_is_made_up_for(void **state)
{
	CLEANUP_FREE uint8_t *odd = xmemdup(*state, SIZE);
	size_t at = mirror_of(odd);

	/* a byte of the mirror; of $MFT's own record, which the mirror then replaces; of both */
	for (int broken = 0; broken < 2; broken++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		CLEANUP_BLOCK struct block *lower = NULL;
		CLEANUP_BLOCK struct block *o = NULL;
		struct volume *v;
		uint64_t mft = odd[0x30] | (uint64_t)odd[0x31] << 8 | (uint64_t)odd[0x32] << 16;
		size_t first = (size_t)(mft * (odd[11] | odd[12] << 8) * odd[13]) + 3 * 1024;

		memcpy(odd, *state, SIZE);
		odd[broken ? first : at + 40] ^= 1;
		lower = block_memory_new(odd, SIZE, 512);
		assert_int_equal(broken, memcmp(odd + first, "FILE", 4) != 0);
		o = overlay_new(lower);
		v = volume_ntfs_open(o, &err);
		assert_non_null(v);
		assert_true(volume_state(v)->mirror_differs);
		assert_true(lower->stats.writes == 0);
		assert_int_equal(volume_close(v, &err), 0);
		/* without an overlay there is nothing to make it up in */
		lower->read_only = true;
		assert_null(volume_ntfs_open(lower, &err));
	}
}

static void
read_only_volumes_refuse_edits(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_BLOCK struct block *lower = block_memory_new(*state, SIZE, 512);
	struct volume *v;

	lower->read_only = true;
	v = volume_ntfs_open(lower, &err);
	assert_non_null(v);
	assert_int_equal(volume_patch(v, "/plain", "y", 1, 0, &err), -1);
	assert_int_equal(err.code, ERR_ACCESS);
	error_clear(&err);
	assert_int_equal(volume_close(v, &err), 0);
}

static void
a_patch_is_one_sector(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct block *lower = block_memory_new(*state, SIZE, 512);
	struct block *o = overlay_new(lower);
	struct volume *v = volume_ntfs_open(o, &err);
	CLEANUP_CHANGES struct changes c = CHANGES_INIT;
	size_t len;
	CLEANUP_FREE uint8_t *now = NULL;

	assert_non_null(v);
	assert_int_equal(volume_patch(v, "/PLAIN", "abcd", 4, 1000, &err), 0);
	assert_int_equal(volume_barrier(v, &err), 0);
	assert_int_equal(volume_patch(v, "/plain", "X", 1, 1000, &err), 0);
	now = volume_read_file(v, "/plain", 1 << 20, &len, &err);
	assert_memory_equal(now + 1000, "Xbcd", 4);
	assert_int_equal(volume_patch(v, "/plain", "x", 1, len, &err), -1);
	error_clear(&err);
	assert_int_equal(volume_close(v, &err), 0);
	assert_int_equal(overlay_changes(o, 0, &c, &err), 0);
	assert_true(changes_sectors(&c) == 1);
	assert_int_equal(c.record_count, 2);
	assert_int_equal(c.records[1].phase, 1);
	block_close(o);
	block_close(lower);
}

static void
refused(struct volume *v, const char *path, const char *like, enum error_code code)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;

	assert_int_equal(volume_create(v, path, like, 0, &err), -1);
	assert_int_equal(err.code, code);
}

/* What it comes to otherwise is in tests/functional/test-lost-journal.sh: no file of an empty volume has its security in $Secure. */
static void
a_file_without_security_is_not_made(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct block *lower = block_memory_new(*state, SIZE, 512);
	struct block *o = overlay_new(lower);
	struct volume *v = volume_ntfs_open(o, &err);
	CLEANUP_CHANGES struct changes c = CHANGES_INIT;

	assert_non_null(v);
	refused(v, "/$AttrDef", "/$Boot", ERR_EXISTS);
	refused(v, "/$attrDEF", "/$Boot", ERR_EXISTS);
	refused(v, "/new", "/none", ERR_NOT_FOUND);
	refused(v, "/con", "/$AttrDef", ERR_UNSUPPORTED);
	refused(v, "/new", "/$AttrDef", ERR_UNSUPPORTED);
	assert_false(volume_state(v)->metadata_written);
	assert_int_equal(volume_close(v, &err), 0);
	assert_int_equal(overlay_changes(o, 0, &c, &err), 0);
	assert_int_equal(c.record_count, 0);
	block_close(o);
	block_close(lower);
}

/* The root's entry of $AttrDef, which then leads to $Bitmap. */
static void
lead_astray(uint8_t *volume)
{
	/* reference, ten fields of an index entry and a $FILE_NAME, and the name behind its length and namespace */
	static const uint8_t name[] = { 8, 3,	'$', 0,	  'A', 0,   't', 0,   't',
					0, 'r', 0,   'D', 0,   'e', 0,	 'f', 0 };
	int found = 0;

	for (size_t at = 80; at + sizeof name <= SIZE; at++) {
		uint8_t *reference = volume + at - 80;

		if (memcmp(volume + at, name, sizeof name) != 0 || get_u32(reference) != 4 ||
		    reference[6] != 4)
			continue;
		reference[0] = reference[6] = 6;
		found++;
	}
	assert_int_equal(found, 1);
}

static void
a_name_that_leads_to_another_file_is_not_written_to(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE uint8_t *odd = xmemdup(*state, SIZE);
	struct block *lower, *o;
	struct file_stat a, b;
	struct volume *v;

	lead_astray(odd);
	lower = block_memory_new(odd, SIZE, 512);
	o = overlay_new(lower);
	v = volume_ntfs_open(o, &err);
	assert_non_null(v);
	assert_int_equal(volume_stat(v, "/$AttrDef", &a, &err), 0);
	assert_int_equal(volume_stat(v, "/$Bitmap", &b, &err), 0);
	assert_true(a.record == b.record);
	assert_int_equal(volume_patch(v, "/plain", "y", 1, 200, &err), 0);
	assert_int_equal(volume_patch(v, "/$AttrDef", "x", 1, 0, &err), -1);
	assert_int_equal(err.code, ERR_CORRUPT);
	assert_non_null(strstr(err.message, "'/$Bitmap'"));
	error_clear(&err);
	assert_int_equal(volume_replace(v, "/$AttrDef", "x", 1, &err), -1);
	assert_int_equal(err.code, ERR_CORRUPT);
	error_clear(&err);
	assert_int_equal(volume_remove(v, "/$AttrDef", &err), -1);
	assert_int_equal(err.code, ERR_CORRUPT);
	error_clear(&err);
	assert_int_equal(volume_close(v, &err), 0);
	block_close(o);
	block_close(lower);
}

/* Where the first cluster of an attribute is; its run list has another one then. */
static uint32_t
move_runs(uint8_t *attribute, uint32_t count, uint32_t to)
{
	uint8_t *runs = attribute + get_u16(attribute + 32);
	uint32_t lcn = 0;

	for (unsigned i = 0; i < *runs >> 4; i++)
		lcn |= (uint32_t)runs[1 + (*runs & 15) + i] << 8 * i;
	if (to) {
		memcpy(runs, "\x22", 1);
		put_u16(runs + 1, (uint16_t)count);
		put_u16(runs + 3, (uint16_t)to);
		runs[5] = 0;
	}
	return lcn;
}

/* A bit in either bitmap tells; bytes that are no bitmap do not. */
static void
what_is_in_use_is_compared(void **state)
{
	/* $AttrDef and $Bitmap */
	static const struct {
		unsigned record;
		bool same;
	} changes[] = { { 4, true }, { 6, false } };
	CLEANUP_FREE uint8_t *bytes = xmemdup(*state, SIZE);
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct block *lower = block_memory_new(*state, SIZE, 512);
	struct block *before = overlay_new(lower);
	struct volume *a = volume_ntfs_open(before, &err);

	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		struct block *after = overlay_new(lower);
		struct volume *b = volume_ntfs_open(after, &err);
		uint64_t at = move_runs(data_attribute(bytes, changes[i].record), 0, 0);
		uint8_t byte = 0xff;
		bool same = false;

		assert_int_equal(volume_same_space(b, a, &same, &err), 0);
		assert_true(same);
		/* byte 200 of $Bitmap is of clusters that are free */
		assert_int_equal(block_write(after, &byte, 1, at * 512 * bytes[13] + 200, &err), 0);
		assert_int_equal(volume_same_space(b, a, &same, &err), 0);
		assert_int_equal(same, changes[i].same);
		assert_int_equal(volume_close(b, &err), 0);
		block_close(after);
	}
	assert_int_equal(volume_close(a, &err), 0);
	block_close(before);
	block_close(lower);
}

static void
expect_owners(const uint8_t *bytes, struct extent place, unsigned seconds, enum error_code code,
	      const char *says)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct block *b = block_memory_new(bytes, SIZE, 512);
	struct volume *v = volume_ntfs_open(b, &err);
	const struct owners_limit limit = { seconds, NULL };
	int got;

	assert_non_null(v);
	got = volume_sole_owners(v, &place, 1, &limit, &err);
	assert_int_equal(err.code, code);
	assert_int_equal(got, code == ERR_NONE ? 0 : -1);
	if (got < 0 && !strstr(err.message, says))
		fail_msg("it says: %s", err.message);
	error_clear(&err);
	assert_int_equal(volume_close(v, &err), 0);
	block_close(b);
}

static void
a_cluster_of_two_files_is_found(void **state)
{
	CLEANUP_FREE uint8_t *bytes = xmemdup(*state, SIZE);
	uint32_t cluster = 512u * bytes[13];
	uint32_t bitmap = move_runs(data_attribute(bytes, 6), 0, 0);
	uint32_t plain = move_runs(data_attribute(bytes, PLAIN), 0, 0);
	struct extent both = { (uint64_t)bitmap * cluster + 700, 10 };
	struct extent own = { (uint64_t)plain * cluster, cluster };

	expect_owners(bytes, both, 60, ERR_NONE, "");
	/* the place after the last cluster, and no time */
	expect_owners(bytes, (struct extent){ SIZE, 512 }, 60, ERR_INTERNAL, "behind the last");
	expect_owners(bytes, both, 0, ERR_LIMIT, "within 0 seconds");
	/* /plain is laid over $Bitmap */
	move_runs(data_attribute(bytes, PLAIN), 1, bitmap);
	expect_owners(bytes, both, 60, ERR_UNCLEAN,
		      "belongs to both '/$Bitmap' (MFT record 6) and '/plain' (MFT record 64)");
	/* a cluster that nobody has any more is nobody's but the writer's */
	expect_owners(bytes, own, 60, ERR_NONE, "");
	/* runs that lead nowhere are none */
	move_runs(data_attribute(bytes, PLAIN), 0xffff, bitmap);
	expect_owners(bytes, both, 60, ERR_NONE, "");
	memcpy(data_attribute(bytes, PLAIN) + get_u16(data_attribute(bytes, PLAIN) + 32), "\x99",
	       1);
	expect_owners(bytes, both, 60, ERR_NONE, "");
}

static void
the_file_system_s_own_files_are_not_written_to(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct block *lower = block_memory_new(*state, SIZE, 512);
	struct block *o = overlay_new(lower);
	struct volume *v = volume_ntfs_open(o, &err);

	assert_non_null(v);
	assert_int_equal(volume_patch(v, "/$Bitmap", "x", 1, 0, &err), -1);
	assert_int_equal(err.code, ERR_UNSUPPORTED);
	assert_non_null(strstr(err.message, "one of the file system's own files"));
	error_clear(&err);
	assert_int_equal(volume_close(v, &err), 0);
	block_close(o);
	block_close(lower);
}

/* Damaged metadata: an error or an answer.  Fixed seed. */
static void
mutated_volumes_do_not_crash(void **state)
{
	uint32_t seed = 7;
	int opened = 0;

	for (int round = 0; round < 300; round++) {
		CLEANUP_ERROR struct error err = ERROR_INIT, ignored = ERROR_INIT;
		CLEANUP_FREE uint8_t *odd = xmemdup(*state, SIZE);
		struct block *lower, *o;
		struct volume *v;

		for (int k = 0; k < 1 + round % 5; k++) {
			seed = seed * 1664525 + 1013904223;
			/* the boot sector, and the first records of $MFT (4 clusters in) */
			odd[(round % 10 ? 16384 : 0) + (seed >> 4) % (round % 10 ? 32768 : 512)] =
				(uint8_t)(seed >> 24);
		}
		lower = block_memory_new(odd, SIZE, 512);
		o = overlay_new(lower);
		v = volume_ntfs_open(o, &err);
		if (v) {
			struct dir_list list = { 0 };
			static const char *const paths[] = { "/plain",
							     "/Windows/System32/config/SYSTEM" };
			CLEANUP_EXTENTS struct extents watched = { 0 };
			struct extent places[4];

			opened++;
			volume_list(v, "/", &list, &ignored);
			dir_list_clear(&list);
			error_clear(&ignored);
			volume_exists(v, "/Windows/System32/config/SYSTEM");
			volume_watch_places(v, places, 4);
			volume_watch_files(v, paths, ARRAY_SIZE(paths), &watched, &ignored);
			for (size_t i = 0; i < watched.count; i++)
				assert_true(watched.list[i].offset + watched.list[i].len <= SIZE);
			volume_close(v, &ignored);
		} else {
			assert_non_null(err.message);
		}
		block_close(o);
		block_close(lower);
	}
	assert_true(opened > 10);
}

/* The place of byte `at` of $MFT in a fresh volume, where it lies in one piece. */
static uint64_t
mft_place(const uint8_t *volume, uint64_t at)
{
	return get_u64(volume + 0x30) * 512u * volume[13] + at;
}

static bool
is_watched(const struct extents *e, uint64_t place, uint32_t len)
{
	for (size_t i = 0; i < e->count; i++)
		if (place >= e->list[i].offset && place + len <= e->list[i].offset + e->list[i].len)
			return true;
	return false;
}

/* Whoever renames the file, or makes another of its name, changes a record that is watched. */
static void
the_records_of_edited_files_are_watched(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_EXTENTS struct extents e = { 0 };
	static const char *const gone[] = { "/nothing", "/nothing/at/all" };
	struct block *lower = block_memory_new(*state, SIZE, 512);
	struct block *o = overlay_new(lower);
	struct volume *v = volume_ntfs_open(o, &err);
	const struct paths *edited;
	uint64_t writes;

	assert_non_null(v);
	assert_int_equal(volume_edited(v)->count, 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(volume_patch(v, "/plain", "y", 1, (uint64_t)i, &err), 0);
	edited = volume_edited(v);
	assert_int_equal(edited->count, 1);
	assert_string_equal(edited->list[0], "/plain");
	writes = o->stats.writes;
	assert_int_equal(volume_watch_files(v, (const char *const *)edited->list, edited->count, &e,
					    &err),
			 0);
	assert_true(is_watched(&e, mft_place(*state, PLAIN * 1024), 1024));
	/* $MFT:$BITMAP or, where that is resident, the record that holds it */
	assert_int_equal(e.count, 2);
	extents_clear(&e);
	/* what was removed has no record, and a volume nothing but its bitmap */
	assert_int_equal(volume_watch_files(v, gone, 2, &e, &err), 0);
	assert_int_equal(e.count, 1);
	assert_true(o->stats.writes == writes);
	assert_int_equal(volume_close(v, &err), 0);
	block_close(o);
	block_close(lower);
}

/* ---- a directory ---- */

static char dir_name[64];

static void
put_file(const char *name, const char *text)
{
	CLEANUP_FREE char *path = xasprintf("%s/%s", dir_name, name);
	CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(io_write_full(fd, text, strlen(text)), 0);
}

static int
make_dir(void **state)
{
	CLEANUP_FREE char *sub = NULL;
	CLEANUP_FREE char *link = NULL;

	(void)state;
	snprintf(dir_name, sizeof dir_name, "directory-test-XXXXXX");
	assert_non_null(mkdtemp(dir_name));
	sub = xasprintf("%s/Windows", dir_name);
	link = xasprintf("%s/Users", dir_name);
	assert_int_equal(mkdir(sub, 0700), 0);
	assert_int_equal(symlink("/etc", link), 0);
	put_file("Windows/File.TXT", "The quick brown fox");
	return 0;
}

static int
remove_dir(void **state)
{
	static const char *const names[] = { "Windows/File.TXT", "Users", "Windows" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP_FREE char *path = xasprintf("%s/%s", dir_name, names[i]);

		remove(path);
	}
	return remove(dir_name);
}

/* Places of its pages are kept in memory. */
static void
a_file_of_terabytes_is_not_staged(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE char *path = xasprintf("%s/Windows/Huge", dir_name);
	CLEANUP_FD int dir = open(dir_name, O_RDONLY | O_DIRECTORY);
	CLEANUP_VOLUME struct volume *lower = volume_directory_open(dir, dir_name, &err);
	CLEANUP_VOLUME struct volume *v = volume_staged_open(lower, NULL);
	CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT, 0600);

	(void)state;
	assert_int_equal(ftruncate(fd, INT64_C(8) << 40), 0);
	assert_int_equal(volume_patch(v, "/Windows/Huge", "x", 1, 0, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	unlink(path);
}

static void
links_are_not_followed_and_case_does_not_matter(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FD int fd = open(dir_name, O_RDONLY | O_DIRECTORY);
	CLEANUP_VOLUME struct volume *v = volume_directory_open(fd, dir_name, &err);
	CLEANUP_FREE char *real = volume_real_path(v, "/wINDOWS/file.txt", &err);
	struct file_stat st;

	(void)state;
	assert_string_equal(real, "/Windows/File.TXT");
	assert_int_equal(volume_stat(v, "/Users", &st, &err), 0);
	assert_int_equal(st.type, FILE_REPARSE);
	assert_int_equal(volume_stat(v, "/Users/passwd", &st, &err), -1);
	assert_int_equal(err.code, ERR_UNSUPPORTED);
	error_clear(&err);
	assert_int_equal(volume_stat(v, "/../etc/passwd", &st, &err), -1);
	error_clear(&err);
	assert_int_equal(volume_patch(v, "/Windows/File.TXT", "x", 1, 0, &err), -1);
	assert_int_equal(err.code, ERR_ACCESS);
}

/* Applies RECORD_FILE records to text. */
static void
apply(char *text, size_t *len, const struct changes *c)
{
	for (size_t i = 0; i < c->record_count; i++) {
		const struct record *r = &c->records[i];

		assert_string_equal(r->path, "Windows/File.TXT");
		assert_memory_equal(text + r->offset, r->before, r->before_len);
		memcpy(text + r->offset, r->after, r->after_len);
		if (r->before_len != r->after_len)
			*len = r->offset + r->after_len;
	}
}

static void
staged_changes_lead_to_the_new_file(void **state)
{
	static const char *const versions[] = { "The quick red-- fox", "The quick brown fox jumps",
						"short", "" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		CLEANUP_CHANGES struct changes c = CHANGES_INIT;
		CLEANUP_FD int fd = open(dir_name, O_RDONLY | O_DIRECTORY);
		CLEANUP_VOLUME struct volume *lower = volume_directory_open(fd, dir_name, &err);
		CLEANUP_VOLUME struct volume *v = volume_staged_open(lower, NULL);
		char text[64] = "The quick brown fox";
		size_t len = strlen(text), n;
		CLEANUP_FREE uint8_t *now = NULL;

		assert_int_equal(volume_patch(v, "/windows/file.txt", "th", 2, 0, &err), 0);
		assert_int_equal(volume_barrier(v, &err), 0);
		assert_int_equal(volume_replace(v, "/windows/file.txt", versions[i],
						strlen(versions[i]), &err),
				 0);
		now = volume_read_file(v, "/Windows/File.TXT", 100, &n, &err);
		assert_int_equal(n, strlen(versions[i]));
		assert_memory_equal(now, versions[i], n);
		c.identity.kind = TARGET_DIRECTORY;
		assert_int_equal(volume_staged_changes(v, &c, &err), 0);
		assert_int_equal(changes_check(&c, &err), 0);
		assert_int_equal(c.records[0].phase, 0);
		assert_int_equal(c.records[c.record_count - 1].phase, 1);
		apply(text, &len, &c);
		assert_int_equal(len, strlen(versions[i]));
		assert_memory_equal(text, versions[i], len);
	}
}

#define LONG 100000u

static uint32_t seed;

static uint32_t
next(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* The changes lead from one image of "/Windows/Long" to the other; a folder's files have no size of their own in a list. */
static void
apply_long(uint8_t *image, const struct changes *c)
{
	CLEANUP_FREE uint8_t *buf = changes_buffer();

	for (size_t i = 0; i < c->record_count; i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		const struct record *r = &c->records[i];
		const uint8_t *p = changes_image(c, r, false, 0, r->before_len, buf, &err);

		assert_non_null(p);
		assert_memory_equal(image + r->offset, p, r->before_len);
		p = changes_image(c, r, true, 0, r->after_len, buf, &err);
		assert_non_null(p);
		memcpy(image + r->offset, p, r->after_len);
	}
}

/* Random patches, reads and barriers against a plain array, with what is changed in memory, or put aside in a file. */
static void
staged_files_behave_like_plain_memory(void **state)
{
	CLEANUP_FREE char *path = xasprintf("%s/Windows/Long", dir_name);

	(void)state;
	for (uint32_t round = 0; round < 20; round++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		CLEANUP_SPOOL struct spool *spool = round % 2 ? spool_new(spool_file(".")) : NULL;
		CLEANUP_CHANGES struct changes c = { .spool = spool };
		CLEANUP_FD int fd = open(dir_name, O_RDONLY | O_DIRECTORY);
		CLEANUP_VOLUME struct volume *lower = volume_directory_open(fd, dir_name, &err);
		CLEANUP_VOLUME struct volume *v = volume_staged_open(lower, spool);
		CLEANUP_FREE uint8_t *model = xmalloc(LONG);
		CLEANUP_FREE uint8_t *image = NULL;
		FILE *f = fopen(path, "wb");

		seed = round;
		for (size_t i = 0; i < LONG; i++)
			model[i] = (uint8_t)next(3);
		assert_non_null(f);
		assert_int_equal(fwrite(model, 1, LONG, f), LONG);
		fclose(f);
		image = xmemdup(model, LONG);
		for (int step = 0; step < 60; step++) {
			uint32_t at = next(LONG), n = next(next(3) ? 900 : 30000);
			CLEANUP_FREE uint8_t *now = NULL;
			size_t len;

			n = n > LONG - at ? LONG - at : n;
			for (uint32_t i = 0; i < n; i++)
				model[at + i] = (uint8_t)next(3);
			assert_int_equal(volume_patch(v, "/Windows/Long", model + at, n, at, &err),
					 0);
			if (next(8) == 0)
				assert_int_equal(volume_barrier(v, &err), 0);
			now = volume_read_file(v, "/Windows/Long", LONG, &len, &err);
			assert_int_equal(len, LONG);
			assert_memory_equal(now, model, LONG);
		}
		c.identity.kind = TARGET_DIRECTORY;
		assert_int_equal(volume_staged_changes(v, &c, &err), 0);
		assert_int_equal(changes_check(&c, &err), 0);
		apply_long(image, &c);
		if (memcmp(image, model, LONG) != 0)
			fail_msg("seed %u: the changes do not lead to the new file", round);
	}
	unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(looking_does_not_write),
		cmocka_unit_test(a_file_larger_than_its_volume_is_damaged),
		cmocka_unit_test(a_volume_without_an_end_is_named),
		cmocka_unit_test(a_truncated_volume_is_read_as_far_as_it_goes),
		cmocka_unit_test(a_differing_mirror_is_made_up_for),
		cmocka_unit_test(read_only_volumes_refuse_edits),
		cmocka_unit_test(a_patch_is_one_sector),
		cmocka_unit_test(a_file_without_security_is_not_made),
		cmocka_unit_test(a_name_that_leads_to_another_file_is_not_written_to),
		cmocka_unit_test(what_is_in_use_is_compared),
		cmocka_unit_test(the_records_of_edited_files_are_watched),
		cmocka_unit_test(a_cluster_of_two_files_is_found),
		cmocka_unit_test(the_file_system_s_own_files_are_not_written_to),
		cmocka_unit_test(mutated_volumes_do_not_crash),
		cmocka_unit_test_setup_teardown(links_are_not_followed_and_case_does_not_matter,
						make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(a_file_of_terabytes_is_not_staged, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(staged_changes_lead_to_the_new_file, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(staged_files_behave_like_plain_memory, make_dir,
						remove_dir),
	};

	return cmocka_run_group_tests_name("volume", tests, set_up, tear_down);
}
