/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening what the user named.  Which partition holds the Windows is decided by looking for
 * *\System32\config\SYSTEM in the root of every NTFS volume, never by labels or table types.
 */
#include <endian.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "block/block.h"
#include "block/guard.h"
#include "block/overlay.h"
#include "report/report.h"
#include "session/target.h"
#include "session/volume-state.h"
#include "session/volume-tools.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/spool.h"
#include "util/sha256.h"
#include "util/text.h"
#include "util/utf16.h"
#include "volume/volume.h"
#include "windows/windows.h"

/* Requests to the device in one run: far above what a scan of a large volume needs. */
#define IO_BUDGET 20000000

#define WATCH_PLACES 8

/* Bytes of a file that are written before all others: what a disk writes whole. */
#define FIRST_OF_FILE 512u

static void
set_identity(struct target *t)
{
	struct target_identity *id = &t->identity;

	*id = (struct target_identity){ .kind = t->disk ? TARGET_DEVICE : TARGET_DIRECTORY };
	if (!t->disk) {
		id->ntfs_serial = hold_folder_serial(&t->hold);
		return;
	}
	id->device_size = t->hold.size;
	id->sector_size = t->partitions.sector_size;
	memcpy(id->table_id, t->partitions.table_id, sizeof id->table_id);
	if (t->partition) {
		id->partition_offset = t->partition->offset;
		id->partition_len = t->partition->len;
		id->ntfs_serial = t->partition->ntfs_serial;
	}
}

static void
set_place(struct target *t)
{
	const struct partition *p = t->partition;
	uint32_t signature;

	t->have_place = false;
	t->place = (struct disk_place){ 0 };
	if (!p || p->number == 0)
		return; /* a bare volume does not know where on its disk it lay */
	if (strcmp(t->partitions.table, "gpt") == 0) {
		memcpy(t->place.partition_guid, p->guid, sizeof t->place.partition_guid);
	} else {
		memcpy(&signature, t->partitions.table_id, 4);
		t->place.mbr_signature = le32toh(signature);
		t->place.offset = p->offset;
	}
	t->have_place = true;
}

int
target_open(struct target *t, const char *path, bool exclusive, struct error *err)
{
	*t = (struct target){ .hold.fd = -1 };
	if (hold_open(&t->hold, path, exclusive, err) < 0)
		return -1;
	if (t->hold.kind == HOLD_DIRECTORY) {
		set_identity(t);
		return 0;
	}
	t->disk = block_file_new(t->hold.fd, path, t->hold.size, t->hold.sector_size, IO_BUDGET);
	if (partitions_read(t->disk, t->hold.fd, &t->partitions, err) < 0) {
		target_close(t);
		return error_prefix(err, "'%s'", path);
	}
	return 0;
}

static int
mount_directory(struct target *t, struct error *err)
{
	if (!t->lower) {
		t->lower = volume_directory_open(t->hold.fd, t->hold.path, err);
		if (!t->lower)
			return -1;
	}
	if (!t->volume)
		t->volume = volume_staged_open(t->lower, t->spool);
	return 0;
}

static int
mount_block(struct target *t, struct error *err)
{
	t->volume = volume_ntfs_open(t->overlay, err);
	if (!t->volume)
		return -1;
	/* the overlay makes up for both, so a second mount does not see them */
	t->mirror_differs |= t->volume->state.mirror_differs;
	t->volume->state.mirror_differs = t->mirror_differs;
	t->volume->state.truncated = t->whole != NULL;
	return 0;
}

/* The partition as it should be, as far as it is here. */
static int
stack(struct target *t, struct error *err)
{
	const struct partition *p = t->partition;
	uint64_t size = p->len, says;

	t->window = block_window_new(t->disk, p->offset, p->present, err);
	if (!t->window)
		return -1;
	t->window->sector_size =
		t->partitions.sector_size; /* an image of a 4Kn disk keeps its sectors */
	says = volume_ntfs_size(t->window);
	if (says > size)
		size = says;
	if (size > t->window->size)
		t->whole = block_extended_new(t->window, size);
	t->overlay = overlay_new(t->whole ? t->whole : t->window);
	if (t->spool)
		overlay_put_aside(t->overlay, t->spool);
	if (t->whole)
		overlay_fill_missing(t->overlay);
	return 0;
}

int
target_mount(struct target *t, size_t i, struct error *err)
{
	bool hibernated;

	if (!t->disk)
		return mount_directory(t, err);
	t->partition = &t->partitions.list[i];
	if (stack(t, err) < 0)
		return -1;
	set_identity(t);
	set_place(t);
	if (mount_block(t, err) < 0)
		return -1;
	/* whoever boots from it looks before the log is replayed */
	hibernated = volume_state(t->volume)->hibernated;
	t->hibernation = volume_place(t->volume, VOLUME_HIBERNATION);
	if (volume_state(t->volume)->log_unclean && !t->whole && !t->as_found &&
	    volume_tools_replay(t, err) < 0)
		return -1;
	t->volume->state.hibernated |= hibernated;
	return 0;
}

static void
drop_stack(struct target *t)
{
	block_close(t->overlay);
	block_close(t->whole);
	block_close(t->window);
	t->overlay = t->whole = t->window = NULL;
	t->mirror_differs = false;
	t->metadata_written = t->have_first = false;
	paths_clear(&t->edited);
	free(t->replay.problem);
	t->replay = (struct log_replay){ 0 };
	t->partition = NULL;
	free(t->root);
	t->root = NULL;
}

/* They are needed when the changes are collected, and the volume is mounted afresh before. */
static void
note_edited(struct target *t, const struct volume *v)
{
	const struct paths *edited = volume_edited(v);

	for (size_t i = 0; i < edited->count; i++)
		paths_add(&t->edited, edited->list[i]);
}

int
target_unmount(struct target *t, struct error *err)
{
	struct volume *v = t->volume;

	t->volume = NULL;
	if (!v)
		return 0;
	t->metadata_written |= v->state.metadata_written;
	note_edited(t, v);
	return volume_close(v, err);
}

int
target_remount(struct target *t, struct error *err)
{
	if (!t->disk)
		return 0; /* staged changes live in the volume; nothing is cached above them */
	if (target_unmount(t, err) < 0 || mount_block(t, err) < 0)
		return -1;
	t->volume->state.log_unclean |= t->replay.outcome == LOG_REPLAYED;
	return 0;
}

/* One line for the list of partitions in an error. */
static void
add_partition_line(struct text *list, const struct partition *p, const char *found)
{
	CLEANUP_FREE char *size = text_size(p->len);
	CLEANUP_FREE char *safe = found ? text_escape(found, false) : NULL;

	text_addf(list, "%s  partition %d: %s, %s%s%s", list->len ? "\n" : "", p->number,
		  partition_type_text(p->type), size, safe ? ", " : "", safe ? safe : "");
}

/* What a user of each kind of unusable partition has to do first. */
static const char *
way_out(enum partition_type type)
{
	switch (type) {
	case PARTITION_BITLOCKER:
		return "encrypted with BitLocker: unlock it first (dislocker, or cryptsetup bitlkOpen) and name "
		       "the unlocked volume";
	case PARTITION_REFS:
		return "ReFS, which holds no Windows installation that resprep can read";
	case PARTITION_DYNAMIC:
		return "part of a dynamic disk (LDM): map it with ldmtool and name the mapped volume";
	case PARTITION_STORAGE_SPACES:
		return "part of Storage Spaces, which resprep does not read";
	case PARTITION_BEYOND_END:
		return "lies beyond the end: the image or device is truncated; copy it again";
	case PARTITION_UNREADABLE:
		return "its first sector cannot be read";
	default:
		return NULL;
	}
}

/* The Windows folders on the mounted volume; takes the first as root. */
static int
look(struct target *t, size_t *ret_count, struct error *err)
{
	char **roots = NULL;

	if (windows_find(t->volume, &roots, ret_count, err) < 0)
		return -1;
	for (size_t i = 0; i < *ret_count; i++) {
		/* a copy of a Windows folder beside the real one must not be taken for it */
		if (t->root && !name_equal(roots[i], "/Windows"))
			continue;
		free(t->root);
		t->root = xstrdup(roots[i]);
	}
	t->root_count = *ret_count;
	windows_roots_free(roots, *ret_count);
	return 0;
}

static int
find_in_directory(struct target *t, struct error *err)
{
	size_t count;

	if (mount_directory(t, err) < 0)
		return -1;
	if (t->hold.file)
		return 0; /* a single hive */
	if (look(t, &count, err) < 0)
		return -1;
	if (count == 0 && !t->any_folder)
		return error_set(
			err, ERR_NOT_FOUND,
			"no Windows in the folder '%s': it has no folder with System32/config/SYSTEM; "
			"name the folder where the Windows volume is mounted",
			t->hold.path);
	return 0;
}

/* Looks at one partition: 1 with a Windows, mounted; 0 without, nothing mounted; -1 with an error, nothing mounted. */
static int
try_partition(struct target *t, size_t i, struct error *err)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	size_t count = 0;

	if (target_mount(t, i, err) < 0 || look(t, &count, err) < 0) {
		target_unmount(t, &ignored);
		drop_stack(t);
		return -1;
	}
	if (count)
		return 1;
	target_unmount(t, &ignored);
	drop_stack(t);
	return 0;
}

static int
none_found(struct target *t, int number, struct text *list, struct error *first, struct error *err)
{
	const struct partitions *p = &t->partitions;

	/* a single volume that could not be read: its own sentence is the answer */
	if (first->code != ERR_NONE && (p->count == 1 || number)) {
		error_move(err, first);
		return error_prefix(err, "%s", t->hold.path);
	}
	if (p->count == 1 && way_out(p->list[0].type))
		return error_set(err, ERR_UNSUPPORTED, "'%s' is %s", t->hold.path,
				 way_out(p->list[0].type));
	error_set(
		err, first->code == ERR_NONE ? ERR_NOT_FOUND : first->code,
		"no Windows found on '%s': no NTFS volume has a folder with System32\\config\\SYSTEM",
		t->hold.path);
	err->lines = list->len ? text_steal(list) : NULL;
	return -1;
}

static int
several_found(const struct target *t, struct text *list, struct error *err)
{
	error_set(err, ERR_REFUSED, "several Windows on '%s': choose one with --partition N",
		  t->hold.path);
	err->lines = text_steal(list);
	return -1;
}

static int
check_number(const struct target *t, int number, struct error *err)
{
	for (size_t i = 0; i < t->partitions.count; i++)
		if (t->partitions.list[i].number == number)
			return 0;
	return error_set(err, ERR_USAGE, "'%s' has no partition %d", t->hold.path, number);
}

int
target_find_windows(struct target *t, int number, struct error *err)
{
	CLEANUP_ERROR struct error first = ERROR_INIT;
	CLEANUP_TEXT struct text list = TEXT_INIT;
	size_t found = 0, at = 0;

	if (!t->disk)
		return find_in_directory(t, err);
	if (number && check_number(t, number, err) < 0)
		return -1;
	for (size_t i = 0; i < t->partitions.count; i++) {
		const struct partition *p = &t->partitions.list[i];
		CLEANUP_ERROR struct error problem = ERROR_INIT;
		int got;

		if (number && p->number != number)
			continue;
		if (p->type != PARTITION_NTFS) {
			add_partition_line(&list, p, way_out(p->type));
			continue;
		}
		got = try_partition(t, i, &problem);
		if (got > 0) {
			found++;
			at = i;
			add_partition_line(&list, p, "a Windows");
			if (target_unmount(t, err) < 0)
				return -1;
			drop_stack(t);
			continue;
		}
		add_partition_line(&list, p, got < 0 ? problem.message : "no Windows");
		if (got < 0 && first.code == ERR_NONE)
			error_move(&first, &problem);
	}
	if (found == 0)
		return none_found(t, number, &list, &first, err);
	if (found > 1)
		return several_found(t, &list, err);
	return try_partition(t, at, err) > 0 ? 0 : -1;
}

/* SHA-256 of what the overlay shows at each of the places. */
static int
add_watches_at(struct target *t, const struct extent *places, size_t count, struct changes *c,
	       struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		CLEANUP_FREE uint8_t *bytes = xmalloc(places[i].len);
		uint8_t digest[SHA256_SIZE];

		if (block_read(t->overlay, bytes, places[i].len, places[i].offset, err) < 0)
			return -1;
		sha256_of(bytes, places[i].len, digest);
		changes_add_watch(c, t->partition->offset + places[i].offset, places[i].len,
				  digest);
	}
	return 0;
}

/* The places that a mount by Windows changes, and those that any other use of the edited files does. */
static int
add_watches(struct target *t, struct changes *c, struct error *err)
{
	CLEANUP_EXTENTS struct extents more = { 0 };
	struct extent places[WATCH_PLACES];
	size_t count = volume_watch_places(t->volume, places, WATCH_PLACES);

	note_edited(t, t->volume);
	if (volume_watch_files(t->volume, (const char *const *)t->edited.list, t->edited.count,
			       &more, err) < 0)
		return -1;
	if (add_watches_at(t, places, count, c, err) < 0)
		return -1;
	return add_watches_at(t, more.list, more.count, c, err);
}

/* Where metadata changes, the volume is marked for chkdsk as long as it is half written. */
static int
guard(struct target *t, struct changes *c, struct error *err)
{
	uint64_t places[GUARD_PLACES];
	size_t count = volume_flag_places(t->volume, places, GUARD_PLACES);

	for (size_t i = 0; i < count; i++)
		places[i] += t->partition->offset;
	return changes_guard(c, t->disk, places, count, VOLUME_DIRTY_MASK, err);
}

/* All of them, whatever comes first. */
static int
collect(struct target *t, struct changes *ret, struct error *err)
{
	if (!t->disk)
		return volume_staged_changes(t->volume, ret, err);
	if (add_watches(t, ret, err) < 0)
		return -1;
	if (overlay_changes(t->overlay, t->partition->offset, ret, err) < 0)
		return -1;
	return t->metadata_written || volume_state(t->volume)->metadata_written ?
		       guard(t, ret, err) :
		       0;
}

int
target_changes(struct target *t, struct changes *ret, struct error *err)
{
	ret->identity = t->identity;
	ret->spool = t->spool;
	if (collect(t, ret, err) < 0)
		return -1;
	if (!t->have_first)
		return 0;
	return changes_first(ret, t->first_path, t->first,
			     t->disk ? t->partitions.sector_size : FIRST_OF_FILE, err);
}

void
target_describe(const struct target *t, struct report *r)
{
	struct report_volume *v = &r->volume;
	const struct partition *p = t->partition;

	if (!t->volume)
		return;
	r->have_volume = true;
	v->label = xstrdup(volume_state(t->volume)->label);
	volume_state_list(t, v);
	if (!t->disk) {
		v->kind = t->hold.file ? "hive" : "directory";
		v->description = xstrdup(t->hold.file ? "a registry hive" : "a mounted folder");
		return;
	}
	v->kind = t->hold.kind == HOLD_DISK ? "disk" : "image";
	v->partition = p->number;
	v->offset = p->offset;
	v->size = p->len;
	v->serial = xasprintf("%016" PRIX64, p->ntfs_serial);
	{
		CLEANUP_FREE char *size = text_size(p->len);

		v->description =
			p->number ?
				xasprintf("%s %s, partition %d, NTFS, %s, serial %s",
					  strcmp(t->partitions.table, "gpt") == 0 ? "GPT" : "MBR",
					  v->kind, p->number, size, v->serial) :
				xasprintf("bare NTFS volume, %s, serial %s", size, v->serial);
	}
}

void
target_stats(const struct target *t, struct report *r)
{
	if (!t->disk)
		return;
	r->stats.reads = t->disk->stats.reads;
	r->stats.read_bytes = t->disk->stats.read_bytes;
	r->stats.distinct_blocks = t->disk->stats.distinct;
	r->stats.writes += t->disk->stats.writes;
}

void
target_close(struct target *t)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;

	target_unmount(t, &ignored);
	error_clear(&ignored);
	if (t->lower)
		volume_close(t->lower, &ignored);
	t->lower = NULL;
	free(t->first_path);
	t->first_path = NULL;
	drop_stack(t);
	block_close(t->disk);
	t->disk = NULL;
	partitions_clear(&t->partitions);
	hold_close(&t->hold);
	spool_free(t->spool);
	t->spool = NULL;
}
