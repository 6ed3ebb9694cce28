/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What must hold before a commit; see gate.h. */
#include <string.h>

#include "answer/xml.h"
#include "block/block.h"
#include "session/gate.h"
#include "session/session-private.h"
#include "session/volume-tools.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "volume/volume.h"
#include "windows/windows.h"

#define FILE_LIMIT (64u << 20)

/*
 * An account that tells nothing, of the repaired volume or of what it was, excuses nothing: clusters that somebody has and that count as free may
 * have been taken.  So only a repair that takes none and gives none back goes on, with a warning.
 */
static int
go_on_unaccounted(struct session *s, struct block *before, const char *problem, struct error *err)
{
	bool changed;

	if (volume_tools_space_changed(&s->target, before, &changed, err) < 0)
		return error_prefix(err, "the clusters of the repaired volume");
	if (changed)
		return error_set(
			err, ERR_REFUSED,
			"the repair takes clusters of the volume, or gives some back, and whether another file "
			"has them cannot be told (%s); nothing was written",
			problem);
	report_warn(s->report, "%s: the clusters of the repaired volume were not accounted for",
		    problem);
	return 0;
}

/* The clusters did not add up before either. */
static int
go_on_amiss(struct session *s, struct block *before, const char *problem, struct error *err)
{
	bool changed;

	if (volume_tools_space_changed(&s->target, before, &changed, err) < 0)
		return error_prefix(err, "the clusters of the repaired volume");
	if (changed)
		return error_set(
			err, ERR_UNCLEAN,
			"the volume's clusters do not add up (%s): some may count as free that a file has, and the repair "
			"takes clusters, or gives some back, so it could destroy that file; let Windows run chkdsk /f on "
			"this volume first; nothing was written",
			problem);
	report_warn(
		s->report,
		"the volume's clusters did not add up before the repair, and do not now (%s): let "
		"Windows run chkdsk",
		problem);
	return 0;
}

/*
 * Every cluster is accounted for on the repaired volume.  Where that was not so before, a repair goes on that leaves all clusters to those who have
 * them.  "Before" is the volume as it was edited: replayed.
 */
static int
check_account(struct session *s, struct error *err)
{
	struct target *t = &s->target;
	CLEANUP_FREE char *problem = NULL;
	CLEANUP_FREE char *problem_before = NULL;
	CLEANUP_BLOCK struct block *before = NULL;
	enum account now, then;

	if (s->options.progress)
		s->options.progress("taking account of every cluster of the repaired volume");
	if (volume_tools_account(t, t->overlay, &now, &problem, err) < 0)
		return -1;
	if (now == ACCOUNT_SOUND)
		return 0;
	before = volume_tools_before(t, err);
	if (!before)
		return -1;
	if (now == ACCOUNT_UNKNOWN)
		return go_on_unaccounted(s, before, problem, err);
	if (volume_tools_account(t, before, &then, &problem_before, err) < 0)
		return -1;
	if (then == ACCOUNT_AMISS)
		return go_on_amiss(s, before, problem, err);
	return error_set(err, ERR_INTERNAL,
			 "the repaired volume would not be sound: %s%s%s; nothing was written",
			 problem,
			 problem_before ? "; of what it was before nothing is known: " : "",
			 problem_before ? problem_before : "");
}

/* What must hold of the volume itself before a commit. */
int
gate_volume(struct session *s, struct error *err)
{
	if (!s->report->changes.count)
		return 0;
	if (volume_hibernated(s->target.volume))
		return error_set(
			err, ERR_UNCLEAN,
			"the hibernated session could not be discarded; nothing was written");
	return s->target.metadata_written ? check_account(s, err) : 0;
}

/* Whether a later change of the list gives the same file other content: 1, 0, -1. */
static int
is_replaced(const struct change_reader *at, const char *path, struct error *err)
{
	CLEANUP_CHANGE_READER struct change_reader r = { 0 };
	const struct change *c;
	int got;

	change_reader_fork(&r, at);
	while ((got = change_next(&r, &c, err)) > 0)
		if (c->kind == CHANGE_FILE && name_equal(c->path, path))
			return 1;
	return got;
}

/* A file that was removed is not there. */
static int
check_gone(struct session *s, const struct change *c, struct error *err)
{
	struct file_stat st;

	if (volume_stat(s->target.volume, c->path, &st, err) == 0)
		return error_set(err, ERR_INTERNAL, "%s is still there", c->path);
	if (err->code != ERR_NOT_FOUND)
		return -1;
	error_clear(err);
	return 0;
}

static int
check_file(struct session *s, const struct change *c, struct error *err)
{
	size_t len;
	CLEANUP_FREE uint8_t *now = volume_read_file(s->target.volume, c->path, FILE_LIMIT, &len,
						     err);
	CLEANUP_XML struct xml *x = NULL;

	if (!now)
		return error_prefix(err, "the repaired file cannot be read");
	if (len != c->len_after || memcmp(now, c->after, len) != 0)
		return error_set(err, ERR_INTERNAL, "%s does not read back as it was written",
				 c->path);
	if (!name_ends_with(c->path, ".xml"))
		return 0;
	x = xml_open(now, len, err);
	return x ? 0 : error_prefix(err, "%s would be no XML any more", c->path);
}

int
gate_contents(struct session *s, const struct written_hives *hives, struct error *err)
{
	CLEANUP_CHANGE_READER struct change_reader r = { 0 };
	const struct change *c;
	int got;

	if (windows_verify_written(session_windows(s), hives, err) < 0)
		return error_prefix(err, "nothing was written, because of the repaired volume");
	change_reader_begin(&r, &s->report->changes);
	while ((got = change_next(&r, &c, err)) > 0) {
		int replaced = c->kind == CHANGE_FILE ? is_replaced(&r, c->path, err) : 1;

		if (replaced < 0 ||
		    (!replaced && (c->has ? check_file(s, c, err) : check_gone(s, c, err)) < 0))
			return -1;
	}
	return got;
}

int
gate_findings(struct session *s, const struct findings *before, const struct findings *after,
	      size_t skipped_before, struct error *err)
{
	for (size_t i = 0; i < before->count; i++) {
		const struct finding *f = &before->list[i];
		const struct finding *still = findings_find_same(after, f);

		if (session_chose(&s->options, f) && still && still->severity > SEVERITY_NOTE)
			return error_set(
				err, ERR_INTERNAL,
				"the repair of %s did not take: '%s' is still there; nothing was written",
				f->check, f->title);
	}
	for (size_t i = 0; i < after->count; i++) {
		const struct finding *old = findings_find_same(before, &after->list[i]);

		if (!old)
			old = findings_find_same(&s->aside, &after->list[i]);
		if (after->list[i].severity > (old ? old->severity : SEVERITY_NOTE))
			return error_set(
				err, ERR_INTERNAL,
				"the repair would cause a new problem, %s: %s; nothing was written",
				after->list[i].check, after->list[i].title);
	}
	if (s->report->skipped_count > skipped_before)
		return error_set(err, ERR_INTERNAL,
				 "after the repair a check could not run: %s; nothing was written",
				 s->report->skipped[s->report->skipped_count - 1]);
	return 0;
}
