/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a volume's state means: for reading, what may be stale; for editing, whether and how.
 *
 * States combine: a server that was hibernated has an unclean log too.  Reading goes on in every state; a
 * repair goes on where it can be made safe (a replayed log, a dirty flag) and is refused with the way out
 * where it cannot.
 */
#include <stdlib.h>
#include <string.h>

#include "report/report.h"
#include "session/session.h"
#include "session/target.h"
#include "session/volume-state.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "util/utf16.h"
#include "volume/volume.h"

/* Each shadow copy has one or two files of this name behind a GUID of its own (libvshadow: "Volume Shadow Snapshot (VSS) format"). */
#define SHADOW_FOLDER "/System Volume Information"
#define SHADOW_NAME   "}{3808876b-c176-4e48-b7ae-04046e6cc752}"

static void
add(struct report_volume *v, const char *state)
{
	ARRAY_GROW(v->states, v->state_count);
	v->states[v->state_count++] = xstrdup(state);
}

void
volume_state_list(const struct target *t, struct report_volume *v)
{
	const struct volume_state *s = volume_state(t->volume);

	if (s->log_unclean)
		add(v, "log-unclean");
	if (s->hibernated)
		add(v, "hibernated");
	if (s->dirty)
		add(v, "dirty");
	if (s->mirror_differs)
		add(v, "mftmirr-differs");
	if (s->truncated)
		add(v, "truncated");
	if (v->state_count == 0 && t->disk)
		add(v, "clean");
	if (t->hold.device_read_only)
		add(v, "read-only");
	if (t->hold.in_use)
		add(v, "in-use");
	if (s->mounted)
		add(v, "mounted");
}

static size_t
shadow_copies(struct volume *v)
{
	CLEANUP_DIR_LIST struct dir_list list = { 0 };
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	size_t n = 0;

	if (volume_list(v, SHADOW_FOLDER, &list, &ignored) < 0)
		return 0;
	for (size_t i = 0; i < list.count; i++)
		n += name_ends_with(list.list[i].name, SHADOW_NAME);
	return n;
}

/* What to do about each state, as check tells it and as a refused repair does. */
#define WAY_OUT_LOG                                                                                                    \
	"start the server once and shut it down fully, or attach the volume to a Windows machine once, which replays " \
	"it; or give the log up with --discard-ntfs-log (changes that stand only in it are lost)"
#define WAY_OUT_HIBERNATION                                                                          \
	"start it, shut it down fully (shutdown /s /f), and try again; or give the session up with " \
	"--discard-hibernation (what its programs had not saved is lost)"
#define WAY_OUT_MIRROR	  "let Windows run chkdsk /f on this volume first"
#define WAY_OUT_TRUNCATED "copy it again, whole"

static void
warn_of_log(const struct target *t, const struct session_options *o, struct report *r)
{
	const struct log_replay *l = &t->replay;

	if (l->outcome == LOG_REPLAYED)
		report_warn(
			r,
			"the volume was not dismounted cleanly: $LogFile was replayed in memory (%u "
			"actions), and this is the replayed view; a repair writes the replay too and marks the "
			"volume for chkdsk, which can take long at the next boot (to avoid that: start the server and "
			"shut it down fully first)",
			l->actions);
	else if (o->discard_log)
		report_warn(
			r,
			"the volume was not dismounted cleanly, and its $LogFile is discarded: changes "
			"that Windows had not yet written to their places are lost (%s); the volume is marked for chkdsk",
			l->problem ? l->problem : "not replayed");
	else
		report_warn(
			r,
			"the volume was not dismounted cleanly, and its $LogFile could not be replayed (%s): "
			"this view may be stale, and repairs are refused: " WAY_OUT_LOG,
			l->problem ? l->problem : "not tried");
}

void
volume_state_warn(const struct target *t, const struct session_options *o, struct report *r)
{
	const struct volume_state *v = volume_state(t->volume);
	size_t copies = shadow_copies(t->volume);

	if (t->hold.in_use)
		report_warn(r, "%s; what is read may change meanwhile; repairs are refused",
			    t->hold.in_use);
	if (t->hold.in_doubt)
		report_warn(r, "%s; what is read may change meanwhile; repairs are refused",
			    t->hold.in_doubt);
	if (v->truncated)
		report_warn(
			r,
			"the image is truncated: only what lies before its end can be read, so "
			"whatever is said to be missing may be there on the whole disk; repairs are refused: " WAY_OUT_TRUNCATED);
	if (v->mirror_differs)
		report_warn(
			r,
			"$MFTMirr differs from $MFT: the volume is damaged or was being written, and this "
			"view may be stale; repairs are refused: " WAY_OUT_MIRROR);
	if (v->hibernated && o->discard_hibernation)
		report_warn(
			r,
			"Windows is hibernated, and its session is discarded: what its programs had open "
			"and not saved is lost");
	else if (v->hibernated)
		report_warn(
			r,
			"Windows is hibernated (or was shut down with fast start-up): this view may be "
			"stale; repairs are refused: " WAY_OUT_HIBERNATION);
	if (v->log_unclean)
		warn_of_log(t, o, r);
	if (v->dirty)
		report_warn(
			r,
			"the volume's dirty flag is set: Windows will run chkdsk at the next boot, which can "
			"take long; this view may be stale");
	if (copies)
		report_warn(
			r,
			"the volume has shadow copies (%zu %s of them): what is written offline bypasses them, so a "
			"repair may damage the older versions that they hold",
			copies, copies == 1 ? "file" : "files");
}

static int
refuse_log(const struct log_replay *l, struct error *err)
{
	return error_set(
		err, ERR_UNCLEAN,
		"the volume was not dismounted cleanly, and its $LogFile could not be replayed (%s); Windows would "
		"replay it over a repair: " WAY_OUT_LOG,
		l->problem ? l->problem : "not tried");
}

static int
check_unclean(const struct target *t, const struct session_options *o, struct error *err)
{
	const struct volume_state *v = volume_state(t->volume);

	if (v->truncated)
		return error_set(
			err, ERR_UNCLEAN,
			"the image is truncated: it is read, but not repaired; " WAY_OUT_TRUNCATED);
	if (v->mirror_differs)
		return error_set(err, ERR_UNCLEAN, "$MFTMirr differs from $MFT; " WAY_OUT_MIRROR);
	if (v->hibernated && !o->discard_hibernation)
		return error_set(
			err, ERR_UNCLEAN,
			"Windows is hibernated on this volume (or was shut down with fast start-up), and its "
			"memory image would overwrite a repair; " WAY_OUT_HIBERNATION);
	if (v->log_unclean && t->replay.outcome != LOG_REPLAYED && !o->discard_log)
		return refuse_log(&t->replay, err);
	return 0;
}

int
volume_state_may_edit(const struct target *t, const struct session_options *o, struct error *err)
{
	const struct volume_state *v = volume_state(t->volume);

	if (t->hold.in_use)
		return error_set(err, ERR_BUSY, "%s", t->hold.in_use);
	if (t->hold.in_doubt)
		return error_set(err, ERR_BUSY, "%s", t->hold.in_doubt);
	if (check_unclean(t, o, err) < 0)
		return error_prefix(err, "'%s'", o->target);
	if (t->hold.device_read_only || v->read_only)
		return error_set(
			err, ERR_ACCESS,
			"'%s' cannot be written; it is read-only: take the write protection away (mount -o remount,rw; "
			"blockdev --setrw), or repair a copy",
			o->target);
	if (t->hold.not_permitted)
		return error_set(
			err, ERR_ACCESS,
			"'%s' cannot be written: this user has no permission to; run resprep as its owner or as root "
			"(sudo)",
			o->target);
	return 0;
}

/*
 * What tells a session is in the first sector of its file.  That is written before all else, the dirty flag too: a volume on which
 * anything has changed must never be one on which Windows wakes up.
 */
static int
give_up_first(struct target *t, struct error *err)
{
	int64_t place = volume_place(t->volume, VOLUME_HIBERNATION);
	char *path;

	if (t->disk) {
		if (place < 0 || place != t->hibernation)
			return error_set(
				err, ERR_UNCLEAN,
				"hiberfil.sys lies elsewhere once $LogFile is replayed, or nowhere by itself; let "
				"Windows start and shut down fully");
		t->first = t->partition->offset + (uint64_t)place;
	} else {
		path = volume_real_path(t->volume, VOLUME_HIBERNATION, err);
		if (!path)
			return -1;
		free(t->first_path);
		t->first_path = xstrdup(path + strspn(path, "/"));
		t->first = 0;
		free(path);
	}
	t->have_first = true;
	return 0;
}

/* Its header is overwritten, so that Windows starts afresh; the rest of the file is left to Windows. */
static int
discard_hibernation(struct target *t, struct change_list *changes, struct error *err)
{
	struct file_stat st;
	uint8_t zeros[HIBERNATION_HEADER] = { 0 };

	if (volume_stat(t->volume, VOLUME_HIBERNATION, &st, err) < 0)
		return -1;
	if (st.size < sizeof zeros)
		return error_set(
			err, ERR_UNCLEAN,
			"the hibernated session cannot be discarded: hiberfil.sys is shorter than its header; start "
			"Windows and shut it down fully");
	if (give_up_first(t, err) < 0 ||
	    volume_patch(t->volume, VOLUME_HIBERNATION, zeros, sizeof zeros, 0, err) < 0)
		return error_prefix(err, "the hibernated session cannot be discarded");
	change_list_add_volume(
		changes, VOLUME_HIBERNATION,
		xasprintf("%s: the hibernated session is discarded (%zu bytes of its header zeroed)",
			  VOLUME_HIBERNATION, sizeof zeros));
	return 0;
}

int
volume_state_prepare(struct target *t, struct change_list *changes, struct error *err)
{
	const struct volume_state *v = volume_state(t->volume);
	bool replayed = t->replay.outcome == LOG_REPLAYED;

	if (v->hibernated && discard_hibernation(t, changes, err) < 0)
		return -1;
	if (!t->disk || !v->log_unclean)
		return 0;
	if (!replayed && volume_discard_log(t->volume, err) < 0)
		return -1;
	/* what the replay wrote is metadata, by another program's hand */
	t->metadata_written = true;
	change_list_add_volume(
		changes, "$LogFile",
		replayed ? xasprintf("$LogFile: %u actions replayed, and the log closed",
				     t->replay.actions) :
			   xstrdup("$LogFile: emptied; what stood only in it is lost"));
	if (!v->dirty) {
		if (volume_mark_dirty(t->volume, err) < 0)
			return -1;
		change_list_add_volume(
			changes, "$Volume",
			xstrdup("$Volume: dirty flag set, for chkdsk at the next boot"));
	}
	return 0;
}
