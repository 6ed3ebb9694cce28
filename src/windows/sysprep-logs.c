/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Setup's own logs, read for their runs; see sysprep-logs.h. */
#include <stdlib.h>

#include "logs/read.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "volume/volume.h"
#include "windows/sysprep-logs.h"
#include "windows/windows.h"

static int
read_file(void *ctx, void *buf, size_t len, uint64_t offset, size_t *ret_len, struct error *err)
{
	return volume_file_read(ctx, buf, len, offset, ret_len, err);
}

static uint64_t
find_hole(void *ctx, uint64_t offset)
{
	return volume_file_hole(ctx, offset);
}

static int
read_log(struct windows *w, const char *path, enum log_place place, struct cascade *c,
	 struct error *err)
{
	struct volume *v = windows_volume(w);
	CLEANUP_VOLUME_FILE struct volume_file *f = volume_file_open(v, path, err);
	CLEANUP_FREE char *real = f ? volume_real_path(v, path, err) : NULL;
	struct log_options o = { .least = LOG_LEVEL_ERROR,
				 .find = cascade_find,
				 .find_ctx = c,
				 .pages = windows_code_pages(w),
				 .ansi = windows_ansi_page(w) };
	struct log_source source = {
		.read = read_file, .ctx = f, .hole = find_hole, .place = place
	};

	if (!real)
		return -1;
	source.size = volume_file_size(f);
	source.path = real;
	return log_records(&source, LOG_KIND_PANTHER, &o, cascade_take, c, NULL, err);
}

/* One of a pair.  What cannot be read is said, and the rest goes on; only an interrupt ends it. */
static int
take_log(struct windows *w, const char *folder, const char *name, enum log_place place,
	 struct sysprep_logs *l, struct error *err)
{
	CLEANUP_FREE char *below = xasprintf("%s/%s", folder, name);
	CLEANUP_FREE char *path = windows_path(w, below);

	if (read_log(w, path, place, l->cascade, err) == 0)
		return 0;
	if (err->code == ERR_INTERRUPTED)
		return -1;
	if (err->code != ERR_NOT_FOUND) {
		ARRAY_GROW(l->unread, l->unread_count);
		l->unread[l->unread_count++] = xasprintf("%s: %s", path, err->message);
	}
	error_clear(err);
	return 0;
}

static void
read_clock(struct windows *w, struct sysprep_logs *l)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	CLEANUP_WINDOWS_VERSION struct windows_version version = { 0 };

	if (windows_version(w, &version, &ignored) == 0)
		l->installed = version.installed;
	error_clear(&ignored);
	l->have_zone = time_zone_read(w, &l->zone, &ignored) == 0;
}

int
sysprep_logs_read(struct windows *w, struct sysprep_logs *ret, struct error *err)
{
	static const struct {
		const char *folder;
		enum log_place place;
	} places[] = {
		{ "System32/Sysprep/Panther", LOG_PLACE_SYSPREP },
		{ "Panther/UnattendGC", LOG_PLACE_UNATTENDGC },
		{ "Panther", LOG_PLACE_PANTHER },
	};
	CLEANUP_SYSPREP_LOGS struct sysprep_logs l = { 0 };

	l.known = known_new(err);
	if (!l.known)
		return -1;
	l.cascade = cascade_new(l.known);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		cascade_source(l.cascade);
		if (take_log(w, places[i].folder, "setupact.log", places[i].place, &l, err) < 0)
			return -1;
		/* the errors of the other again, for when it has lost them or is not there */
		if (cascade_got(l.cascade))
			cascade_second(l.cascade);
		if (take_log(w, places[i].folder, "setuperr.log", places[i].place, &l, err) < 0)
			return -1;
	}
	cascade_judge(l.cascade);
	read_clock(w, &l);
	*ret = l;
	l = (struct sysprep_logs){ 0 };
	return 0;
}

void
sysprep_logs_clear(struct sysprep_logs *l)
{
	time_zone_clear(&l->zone);
	cascade_free(l->cascade);
	known_free(l->known);
	for (size_t i = 0; i < l->unread_count; i++)
		free(l->unread[i]);
	free(l->unread);
	*l = (struct sysprep_logs){ 0 };
}

bool
sysprep_logs_inherited(const struct sysprep_logs *l, const struct cascade_run *r)
{
	const struct cascade_event *e = r->cause >= 0 ? &r->events[r->cause] : NULL;
	uint64_t stamp = e && e->stamp ? e->stamp : r->stamp;

	if (!stamp || !l->installed)
		return false;
	return (l->have_zone ? time_zone_to_utc(&l->zone, stamp) : stamp) < l->installed;
}

const struct cascade_run *
sysprep_logs_newest(const struct sysprep_logs *l, enum log_phase phase)
{
	const struct cascade_run *r = cascade_newest(l->cascade, phase);
	const struct cascade_run *follower = cascade_follower(l->cascade, phase);

	return r && follower && sysprep_logs_inherited(l, r) ? follower : r;
}
