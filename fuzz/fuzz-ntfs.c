/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A session over a damaged NTFS volume: mounted over an overlay, its state, folders and files read, a Windows found, every check run
 * and repaired from, files edited, all of it mounted again, and the changes collected.
 *
 * The volume is an image that $FUZZ_NTFS_IMAGE names, made from text; it is mapped and never copied.  An input is a
 * list of patches over its metadata: flags (1: repairs, 2: files edited, 4: $LogFile emptied and the dirty flag
 * set, 8: mounted for reading only), then for each patch the number of a sector among those that a sound session reads for their
 * structure (16 bits), where in it (16 bits), how long (8 bits), and the bytes.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "block/block.h"
#include "block/changes.h"
#include "block/overlay.h"
#include "check/check.h"
#include "check/subject.h"
#include "fuzz/fuzz.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "volume/volume.h"
#include "windows/windows.h"

#define SECTOR	   512u
#define SMALL_READ 8192u /* of records and index blocks, not of data */
#define PATCHES	   64u
#define LOOKED_AT  150u /* files and folders in one walk */
#define FILE_BYTES (64u << 10)
#define DEPTH	   12

static const uint8_t *image;
static size_t image_size;
static uint8_t *noted;	   /* a byte per sector, while the sound session runs */
static uint32_t *metadata; /* the sectors in question */
static size_t metadata_count;

struct patch {
	uint64_t offset;
	size_t len;
	const uint8_t *bytes;
};

/* The image below, with the patches on top; nothing is ever written to it. */
struct patched {
	struct block base;
	struct patch patches[PATCHES];
	size_t count;
};

static int
patched_read(struct block *b, void *buf, size_t len, uint64_t offset, struct error *err)
{
	const struct patched *p = (const struct patched *)b;

	(void)err;
	memcpy(buf, image + offset, len);
	if (noted && len <= SMALL_READ)
		memset(noted + offset / SECTOR, 1,
		       (offset + len - 1) / SECTOR - offset / SECTOR + 1);
	for (size_t i = 0; i < p->count; i++) {
		uint64_t from = p->patches[i].offset, to = from + p->patches[i].len;

		if (from < offset)
			from = offset;
		if (to > offset + len)
			to = offset + len;
		if (from < to)
			memcpy((uint8_t *)buf + (from - offset),
			       p->patches[i].bytes + (from - p->patches[i].offset),
			       (size_t)(to - from));
	}
	return 0;
}

static void
patched_close(struct block *b)
{
	(void)b;
}

static const struct block_ops patched_ops = {
	.name = "image",
	.read = patched_read,
	.close = patched_close,
};

static void
read_some(struct volume *v, const char *path)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_VOLUME_FILE struct volume_file *f = volume_file_open(v, path, &err);
	static uint8_t buf[FILE_BYTES];
	size_t n = 0;

	FUZZ_ASSERT(!f == (err.code != ERR_NONE));
	if (!f)
		return;
	fuzz_expect(volume_file_read(f, buf, sizeof buf, 0, &n, &err), &err);
	FUZZ_ASSERT(n <= sizeof buf);
	if (volume_file_size(f) > sizeof buf)
		fuzz_expect(volume_file_read(f, buf, 512, volume_file_size(f) - 512, &n, &err),
			    &err);
}

static void
walk(struct volume *v, const char *path, int depth, unsigned *left)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_DIR_LIST struct dir_list list = { 0 };

	fuzz_expect(volume_list(v, path, &list, &err), &err);
	for (size_t i = 0; i < list.count && *left; i++, --*left) {
		CLEANUP_ERROR struct error one = ERROR_INIT;
		CLEANUP_FREE char *child = xasprintf("%s%s%s", path, path[1] ? "/" : "",
						     list.list[i].name);
		CLEANUP_FREE char *real = NULL;
		struct file_stat st = { 0 };
		int got = volume_stat(v, child, &st, &one);

		fuzz_expect(got, &one);
		if (*left % 16 == 0) {
			real = volume_real_path(v, child, &one);
			fuzz_expect(real ? 0 : -1, &one);
		}
		if (got == 0 && st.type == FILE_DIRECTORY && depth < DEPTH)
			walk(v, child, depth + 1, left);
		else if (got == 0)
			read_some(v, child);
	}
}

static void
diagnose_and_repair(struct subject *s, bool repair)
{
	for (size_t i = 0; i < check_table_size; i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		CLEANUP_FINDINGS struct findings f = { 0 };
		int got = check_table[i]->diagnose(s, &f, &err);

		fuzz_expect(got, &err);
		for (size_t k = 0; got == 0 && repair && k < f.count; k++) {
			if (f.list[k].risk == RISK_NONE || f.list[k].refused ||
			    !check_table[i]->repair)
				continue;
			fuzz_expect(check_table[i]->repair(s, &f.list[k], &err), &err);
			subject_forget(s);
		}
	}
}

static void
windows_session(struct volume *v, bool repair)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	char **roots = NULL;
	size_t count = 0;
	int got = windows_find(v, &roots, &count, &err);

	fuzz_expect(got, &err);
	if (got == 0 && count) {
		struct disk_place place = { .mbr_signature = 0x12345678, .offset = 1 << 20 };
		CLEANUP_WINDOWS struct windows *w = windows_open(v, roots[0], &err);
		CLEANUP_WRITTEN_HIVES struct written_hives written = { 0 };
		struct change_list changes = { 0 };
		struct subject *s;

		FUZZ_ASSERT(w);
		s = subject_new(w, &place, &changes);
		subject_version(s, &err);
		error_clear(&err);
		diagnose_and_repair(s, repair);
		if (repair)
			fuzz_expect(windows_write_back(w, &written, &err), &err);
		subject_free(s);
		change_list_clear(&changes);
	}
	windows_roots_free(roots, count);
}

static void
edit_files(struct volume *v)
{
	static const char *const paths[] = { "/Windows/System32/config/SOFTWARE",
					     "/Windows/Panther/setupact.log",
					     "/Windows/Setup/State/State.ini",
					     "/fuzz/resident.txt",
					     "/fuzz/compressed.txt",
					     "/fuzz/sparse.bin" };
	static const uint8_t bytes[20000] = "resprep";

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;

		fuzz_expect(volume_patch(v, paths[i], bytes, 8, 16, &err), &err);
		if (i)
			fuzz_expect(volume_replace(v, paths[i], bytes, i % 2 ? 9000 : 20000, &err),
				    &err);
		fuzz_expect(volume_replace(v, paths[i], bytes, 300, &err), &err);
	}
}

/* Whose the clusters are that would change. */
static void
find_owners(struct volume *v, const struct changes *c)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE struct extent *places = xmalloc((c->record_count + 1) * sizeof *places);
	const struct owners_limit limit = { 60, NULL };

	for (size_t i = 0; i < c->record_count; i++)
		places[i] = (struct extent){ c->records[i].offset, c->records[i].after_len };
	fuzz_expect(volume_sole_owners(v, places, c->record_count, &limit, &err), &err);
}

/* What would be committed is well formed and inside the volume. */
static void
collect(struct block *overlay, struct volume *v)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_CHANGES struct changes c = CHANGES_INIT;
	uint64_t places[4];
	struct extent watches[8];
	size_t n = volume_watch_places(v, watches, ARRAY_SIZE(watches));

	c.identity = (struct target_identity){ .kind = TARGET_DEVICE,
					       .device_size = overlay->size,
					       .sector_size = SECTOR,
					       .partition_len = overlay->size };
	FUZZ_ASSERT(n <= ARRAY_SIZE(watches));
	FUZZ_ASSERT(volume_flag_places(v, places, ARRAY_SIZE(places)) <= ARRAY_SIZE(places));
	FUZZ_ASSERT(overlay_changes(overlay, 0, &c, &err) == 0);
	if (changes_check(&c, &err) < 0)
		fuzz_broken(__FILE__, __LINE__, "changes are in their place", err.message);
	find_owners(v, &c);
}

static void
session(struct block *overlay, unsigned flags)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct volume *v = volume_ntfs_open(overlay, &err);
	unsigned left = LOOKED_AT;

	fuzz_expect(v ? 0 : -1, &err);
	if (!v)
		return;
	FUZZ_ASSERT(volume_state(v)->read_only == ((flags & 8) != 0));
	walk(v, "/", 0, &left);
	if (flags & 4) {
		fuzz_expect(volume_discard_log(v, &err), &err);
		fuzz_expect(volume_mark_dirty(v, &err), &err);
	}
	windows_session(v, flags & 1);
	if (flags & 2) {
		fuzz_expect(volume_barrier(v, &err), &err);
		edit_files(v);
	}
	fuzz_expect(volume_close(v, &err), &err);
	if (!(flags & 7))
		return;
	v = volume_ntfs_open(overlay, &err);
	fuzz_expect(v ? 0 : -1, &err);
	if (!v)
		return;
	windows_session(v, false);
	collect(overlay, v);
	fuzz_expect(volume_close(v, &err), &err);
}

static void
run(const struct patched *p, unsigned flags)
{
	struct block *overlay = overlay_new((struct block *)(uintptr_t)&p->base);

	overlay->read_only = flags & 8;
	session(overlay, flags);
	block_close(overlay);
}

static struct patched
whole(void)
{
	return (struct patched){ .base = { .ops = &patched_ops,
					   .size = image_size,
					   .sector_size = SECTOR,
					   .read_only = true } };
}

static void
open_image(void)
{
	const char *path = getenv("FUZZ_NTFS_IMAGE");
	CLEANUP_FD int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	struct stat st;
	void *p;

	if (fd < 0 || fstat(fd, &st) < 0) {
		fprintf(stderr,
			"FUZZ_NTFS_IMAGE must name the image that fuzz/corpus.py has made\n");
		exit(2);
	}
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	FUZZ_ASSERT(p != MAP_FAILED);
	image = p;
	image_size = (size_t)st.st_size;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct patched p;

	(void)argc;
	(void)argv;
	open_image();
	p = whole();
	noted = xzalloc(image_size / SECTOR + 1);
	run(&p, 7);
	metadata = xcalloc(image_size / SECTOR + 1, sizeof *metadata);
	for (size_t i = 0; i < image_size / SECTOR; i++)
		if (noted[i])
			metadata[metadata_count++] = (uint32_t)i;
	free(noted);
	noted = NULL;
	FUZZ_ASSERT(metadata_count > 100);
	if (getenv("FUZZ_VERBOSE"))
		fprintf(stderr, "%zu sectors of metadata\n", metadata_count);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct patched p = whole();
	struct reader r;
	unsigned flags;

	if (size < 1)
		return 0;
	flags = data[0];
	r = reader_over(data + 1, size - 1);
	while (r.left > 5 && p.count < PATCHES) {
		uint64_t sector = metadata[reader_u16(&r) % metadata_count];
		size_t at = reader_u16(&r) % SECTOR, len = *(const uint8_t *)reader_take(&r, 1);
		struct patch *one = &p.patches[p.count++];

		if (len > SECTOR - at)
			len = SECTOR - at;
		if (len > r.left)
			len = r.left;
		*one = (struct patch){ sector * SECTOR + at, len, reader_take(&r, len) };
	}
	run(&p, flags);
	return 0;
}
