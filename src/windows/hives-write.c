/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Edited hives written back into the volume, together and in an order; and read again from there. */
#include <string.h>

#include "registry/hive.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/utf16.h"
#include "volume/volume.h"
#include "windows/hives-private.h"

#define BINS \
	4096u /* behind the base block, which tells how a hive was written and not what it holds */

struct destination {
	struct windows *w;
	const char *path;
};

static int
patch(void *ctx, const void *buf, size_t len, uint64_t offset, struct error *err)
{
	const struct destination *d = ctx;

	return volume_patch(d->w->volume, d->path, buf, len, offset, err);
}

static int
read_into(struct windows *w, const char *path, uint8_t *bytes, uint64_t size, struct error *err)
{
	CLEANUP_VOLUME_FILE struct volume_file *f = volume_file_open(w->volume, path, err);
	size_t n = 1;

	if (!f)
		return -1;
	for (uint64_t at = 0; at < size && n; at += n)
		if (volume_file_read(f, bytes + at, (size_t)(size - at), at, &n, err) < 0)
			return -1;
	return 0;
}

/*
 * The file must become longer before pages behind its end can be written; what that takes is zeros.  Those that calloc() gives take no
 * memory, for they are only read.
 */
static int
lengthen(struct windows *w, const char *path, uint64_t size, struct error *err)
{
	struct file_stat st;
	CLEANUP_FREE uint8_t *bytes = NULL;

	if (volume_stat(w->volume, path, &st, err) < 0)
		return -1;
	if (st.size >= size)
		return 0;
	bytes = checked_alloc(size, UINT64_C(2) << 30, path, err);
	if (!bytes || read_into(w, path, bytes, st.size, err) < 0)
		return -1;
	return volume_replace(w->volume, path, bytes, (size_t)size, err);
}

/*
 * The new format came with Windows 8.1 and Server 2012 R2 (build 9600), two logs with Vista (6000): msuhanov's "Windows registry
 * file format specification".
 */
static enum hive_log_kind
log_kind(uint32_t build)
{
	return build == 0   ? HIVE_LOGS_UNKNOWN :
	       build < 6000 ? HIVE_LOGS_SINGLE :
	       build < 9600 ? HIVE_LOGS_OLD :
			      HIVE_LOGS_NEW;
}

static int
refuse_unknown(const struct opened *o, struct error *err)
{
	return error_set(
		err, ERR_UNSUPPORTED,
		"%s: an edit that changes several sectors must go through a transaction log, and it is not known which "
		"format this Windows reads: SOFTWARE does not tell its version, and what logs there are hold nothing; "
		"repair SOFTWARE first",
		o->name);
}

/*
 * What Windows gives a log: it hides it (ReactOS, ntoskrnl/config/cminit.c, CmpOpenHiveFiles()), and those of the system's hives are
 * system files too.  The other log of the hive tells, if there is one.
 */
static uint32_t
log_attributes(struct windows *w, const struct opened *o, const char *path)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	CLEANUP_FREE char *other = xasprintf("%s%s", o->path,
					     name_ends_with(path, ".LOG1") ? ".LOG2" : ".LOG1");
	struct file_stat st;

	return volume_stat(w->volume, other, &st, &ignored) == 0 ?
		       st.attributes :
		       FILE_ATTR_MASK_HIDDEN | FILE_ATTR_MASK_SYSTEM | FILE_ATTR_MASK_ARCHIVE;
}

/* 1 when an empty log is there now, 0 when the hive is to be written without one. */
static int
make_log(struct windows *w, const struct opened *o, const char *path, struct error *err)
{
	CLEANUP_ERROR struct error problem = ERROR_INIT;

	if (volume_create(w->volume, path, o->path, log_attributes(w, o, path), &problem) == 0)
		return 1;
	/* beside a file that is no Windows' own */
	if (!w->root && problem.code == ERR_UNSUPPORTED)
		return 0;
	if (!w->root || problem.code == ERR_INTERRUPTED || problem.code == ERR_IO) {
		error_move(err, &problem);
		return error_prefix(err, "%s: the transaction log %s", o->name, path);
	}
	return error_set(
		err, problem.code,
		"%s: an edit that changes several sectors must go through a transaction log, so that Windows can load the hive "
		"even if the writing is cut off; there is none, and %s cannot be made (%s): name the disk or the "
		"partition instead of a folder, or make an empty file of that name, and try again",
		o->name, path, problem.message);
}

/*
 * Which file it is that will be written to, in *ret; refused when it is one that another hive, or the log of one, is written to.  Two paths may lead to
 * one file: by an 8.3 alias, or on a damaged volume.
 */
static int
claim(struct windows *w, const char *path, uint64_t *ret, struct error *err)
{
	struct file_stat st;

	if (volume_stat(w->volume, path, &st, err) < 0)
		return -1;
	for (size_t i = 0; st.record && i < w->count; i++) {
		const struct opened *o = w->hives[i];

		if (o->record == st.record || o->log_record == st.record)
			return error_set(
				err, ERR_REFUSED,
				"%s is the same file as %s of %s, which is edited too", path,
				o->record == st.record ? "the hive" : "the transaction log",
				o->name);
	}
	*ret = st.record;
	return 0;
}

static int
claim_hives(struct windows *w, struct error *err)
{
	for (size_t i = 0; i < w->count; i++)
		w->hives[i]->record = w->hives[i]->log_record = 0;
	for (size_t i = 0; i < w->count; i++) {
		struct opened *o = w->hives[i];

		if (o->hive && hive_changed(o->hive) && claim(w, o->path, &o->record, err) < 0)
			return -1;
	}
	return 0;
}

/* The edits into the transaction log, where one is needed. */
static int
write_log(struct windows *w, struct opened *o, struct error *err)
{
	CLEANUP_FREE char *path = NULL;
	struct destination d = { w, NULL };
	struct hive_log_way way;
	int made = 0;

	if (hive_log_way(o->hive, &way, err) < 0)
		return -1;
	if (!way.needed || (way.log < 0 && !w->root))
		return 0;
	if (way.log < 0)
		return refuse_unknown(o, err);
	path = xasprintf("%s%s", o->path,
			 o->log_kind == HIVE_LOGS_SINGLE ? ".LOG" :
			 way.log == 0			 ? ".LOG1" :
							   ".LOG2");
	if (way.absent)
		made = make_log(w, o, path, err);
	if (made < 0)
		return -1;
	if (way.absent && !made)
		return hive_go_without_log(o->hive, err);
	d.path = path;
	if (claim(w, path, &o->log_record, err) < 0)
		return -1;
	if (lengthen(w, path, way.size, err) < 0 ||
	    hive_write_back(o->hive, HIVE_WRITE_LOG, patch, &d, err) < 0)
		return error_prefix(err, "the transaction log %s", path);
	if (way.absent)
		o->new_log = steal(&path);
	return 0;
}

/* A hive that has grown: the whole file is given its new content, of which only what differs is written. */
static int
write_grown(struct windows *w, const struct opened *o, struct error *err)
{
	const uint8_t *image = hive_image(o->hive, err);

	return image ? volume_replace(w->volume, o->path, image, (size_t)hive_image_size(o->hive),
				      err) :
		       -1;
}

static int
write_hive(struct windows *w, struct opened *o, enum hive_write_phase phase, struct error *err)
{
	struct destination d = { w, o->path };
	uint64_t size = volume_file_size(o->file);

	if (phase == HIVE_WRITE_LOG)
		return write_log(w, o, err);
	if (phase == HIVE_WRITE_REPLAYED && hive_replayed_size(o->hive) > size &&
	    lengthen(w, o->path, hive_replayed_size(o->hive), err) < 0)
		return -1;
	if (size < hive_replayed_size(o->hive))
		size = hive_replayed_size(o->hive);
	if (phase == HIVE_WRITE_DATA && hive_image_size(o->hive) > size)
		return write_grown(w, o, err);
	return hive_write_back(o->hive, phase, patch, &d, err);
}

static int
write_phase(struct windows *w, enum hive_write_phase phase, struct error *err)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->hives[i]->hive && hive_changed(w->hives[i]->hive) &&
		    write_hive(w, w->hives[i], phase, err) < 0)
			return -1;
	return 0;
}

static int
note_written(const struct opened *o, struct written_hives *ret, struct error *err)
{
	const uint8_t *image = hive_image(o->hive, err);
	struct written_hive *w;

	if (!image)
		return -1;
	ARRAY_GROW(ret->list, ret->count);
	w = &ret->list[ret->count++];
	*w = (struct written_hive){
		xstrdup(o->name), xstrdup(o->path), NULL, hive_image_size(o->hive), { 0 }
	};
	sha256_of(image + BINS, (size_t)(w->size - BINS), w->sha256);
	return 0;
}

int
windows_write_back(struct windows *w, struct written_hives *ret, struct error *err)
{
	enum hive_log_kind kind = log_kind(windows_build(w));
	size_t k = 0;

	*ret = (struct written_hives){ 0 };
	for (size_t i = 0; i < w->count; i++) {
		struct opened *o = w->hives[i];

		if (!o->hive || !hive_changed(o->hive))
			continue;
		o->log_kind = kind;
		hive_set_log_kind(o->hive, kind);
		if (hive_check(o->hive, err) < 0)
			return error_prefix(err,
					    "the edited hive is not sound, nothing is written");
		if (note_written(o, ret, err) < 0)
			return -1;
	}
	if (claim_hives(w, err) < 0)
		return -1;
	for (int phase = 0; phase < HIVE_WRITE_PHASES; phase++) {
		if (write_phase(w, (enum hive_write_phase)phase, err) < 0)
			return -1;
		if (phase != HIVE_WRITE_BASE && volume_barrier(w->volume, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < w->count; i++)
		if (w->hives[i]->hive && hive_changed(w->hives[i]->hive))
			ret->list[k++].new_log = steal(&w->hives[i]->new_log);
	return 0;
}

static int
verify(struct windows *w, const struct written_hive *was, struct error *err)
{
	struct hive *h = windows_hive(w, windows_add_hive(w, was->name, was->path), err);
	const uint8_t *image;
	uint8_t digest[SHA256_SIZE];

	if (!h)
		return -1;
	if (!hive_state(h)->clean)
		return error_set(err, ERR_INTERNAL, "%s: it is dirty", was->name);
	if (hive_check(h, err) < 0)
		return -1;
	image = hive_image(h, err);
	if (!image)
		return -1;
	if (hive_image_size(h) == was->size)
		sha256_of(image + BINS, (size_t)(was->size - BINS), digest);
	if (hive_image_size(h) != was->size || memcmp(digest, was->sha256, sizeof digest) != 0)
		return error_set(err, ERR_INTERNAL, "%s: it does not read back as it was written",
				 was->name);
	return 0;
}

int
windows_verify_written(struct windows *w, const struct written_hives *list, struct error *err)
{
	for (size_t i = 0; i < list->count; i++)
		if (verify(w, &list->list[i], err) < 0)
			return -1;
	return 0;
}

void
written_hives_clear(struct written_hives *l)
{
	for (size_t i = 0; i < l->count; i++) {
		free(l->list[i].name);
		free(l->list[i].path);
		free(l->list[i].new_log);
	}
	free(l->list);
	*l = (struct written_hives){ 0 };
}
