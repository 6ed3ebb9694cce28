/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The plan of a repair: which findings, made in the overlay, proven there.
 *
 * The gate: after the edits the volume is mounted afresh and the same checks run again.  A finding
 * whose repair was chosen must be gone, and nothing may be wrong that was not so before; else there
 * is no commit.
 */
#include <string.h>

#include "check/check.h"
#include "check/subject.h"
#include "session/manifest.h"
#include "session/session-private.h"
#include "session/volume-state.h"
#include "session/volume-tools.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/interrupt.h"
#include "util/utf16.h"
#include "volume/volume.h"
#include "windows/windows.h"

/* How --only names a finding: not, by its check, or by check and subject. */
enum naming { NOT_NAMED, CHECK_NAMED, FINDING_NAMED };

static enum naming
named(const struct session_options *o, const struct finding *f)
{
	enum naming best = NOT_NAMED;

	for (const char *const *p = o->only; p && *p; p++) {
		size_t n = strlen(f->check);

		if (strncmp(*p, f->check, n) != 0)
			continue;
		if ((*p)[n] == '\0' && best == NOT_NAMED)
			best = CHECK_NAMED;
		if ((*p)[n] == ':' && f->subject && name_equal(*p + n + 1, f->subject))
			best = FINDING_NAMED;
	}
	return best;
}

static bool
in_chosen_group(const struct session_options *o, const struct finding *f)
{
	for (const char *const *p = o->groups; p && *p; p++)
		if (strcmp(*p, check_find(f->check)->group) == 0)
			return true;
	return false;
}

/* With "ID:SUBJECT", other findings of that check are not meant, unless its group was chosen. */
static bool
left_out(const struct session_options *o, const struct finding *f)
{
	return o->only && named(o, f) == NOT_NAMED && !in_chosen_group(o, f);
}

static bool
chosen(const struct session_options *o, const struct finding *f)
{
	enum naming how = named(o, f);

	if (f->risk == RISK_NONE || f->refused || left_out(o, f))
		return false;
	if (f->by_name)
		return how == FINDING_NAMED;
	if (f->alternative)
		return how != NOT_NAMED;
	if (f->risk == RISK_LAST_RESORT)
		return o->risk == RISK_LAST_RESORT;
	return f->risk <= o->risk || how != NOT_NAMED;
}

size_t
session_selected(const struct session *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->report->findings.count; i++)
		n += chosen(&s->options, &s->report->findings.list[i]);
	return n;
}

/* A repair that was asked for by name and is refused on purpose: the answer is the reason. */
static int
refuse_named(const struct session *s, struct error *err)
{
	for (size_t i = 0; i < s->report->findings.count; i++) {
		const struct finding *f = &s->report->findings.list[i];

		if (f->refused && named(&s->options, f) != NOT_NAMED)
			return error_set(err, ERR_REFUSED, "%s: %s", f->check, f->refused);
	}
	return 0;
}

int
session_may_edit(struct session *s, struct error *err)
{
	return volume_state_may_edit(&s->target, &s->options, err);
}

static int
repair_all(struct session *s, struct error *err)
{
	struct findings *f = &s->report->findings;

	for (size_t i = 0; i < f->count; i++) {
		const struct check *c;

		if (!chosen(&s->options, &f->list[i]))
			continue;
		if (interrupt_check(err) < 0)
			return -1;
		c = check_find(f->list[i].check);
		if (!c->repair)
			return error_set(err, ERR_INTERNAL, "%s: has no repair", c->id);
		if (c->repair(s->subject, &f->list[i], err) < 0)
			return error_prefix(err, "%s", c->id);
	}
	return 0;
}

static char *
make_manifest(struct session *s, const char *command)
{
	const struct report_installation *i = &s->report->installation;
	/* all borrowed: nothing is cleared */
	struct manifest m = { .command = xstrdup(command),
			      .root = i->root,
			      .product = i->product,
			      .host_name = i->host_name,
			      .changes = s->report->changes };
	char *text = manifest_write(&m);

	free(m.command);
	return text;
}

/* Every cluster is accounted for on the repaired volume, unless that was not so before. */
static int
check_account(struct session *s, struct error *err)
{
	struct target *t = &s->target;
	CLEANUP_FREE char *problem = NULL;
	CLEANUP_FREE char *before = NULL;
	int done;

	if (s->options.progress)
		s->options.progress("taking account of every cluster of the repaired volume");
	done = volume_tools_account(t, true, &problem, err);
	if (done < 0)
		return -1;
	if (!done)
		report_warn(
			s->report,
			"ntfsresize is not installed here: the clusters of the repaired volume were "
			"not accounted for");
	if (!problem)
		return 0;
	if (volume_tools_account(t, false, &before, err) < 0)
		return -1;
	if (before) {
		report_warn(
			s->report,
			"the volume's clusters did not add up before the repair, and do not now (%s): let "
			"Windows run chkdsk",
			problem);
		return 0;
	}
	return error_set(err, ERR_INTERNAL,
			 "the repaired volume would not be sound: %s; nothing was written",
			 problem);
}

/* What must hold of the volume itself before a commit. */
static int
check_volume(struct session *s, struct error *err)
{
	const struct volume_state *v = volume_state(s->target.volume);

	if (!s->target.disk || !s->report->changes.count)
		return 0;
	if (v->hibernated)
		return error_set(
			err, ERR_UNCLEAN,
			"the hibernated session could not be discarded; nothing was written");
	return s->target.metadata_written ? check_account(s, err) : 0;
}

int
session_seal(struct session *s, const char *command, struct findings *after, struct error *err)
{
	if (s->report->changes.count &&
	    volume_state_prepare(&s->target, &s->report->changes, err) < 0)
		return -1;
	if (windows_write_back(s->windows, err) < 0)
		return -1;
	session_close_windows(s);
	if (target_remount(&s->target, err) < 0)
		return error_prefix(err, "the repaired volume does not mount");
	if (check_volume(s, err) < 0)
		return -1;
	if (session_reopen_windows(s, err) < 0 || session_run_checks(s, after, err) < 0)
		return -1;
	changes_clear(&s->changes);
	if (target_changes(&s->target, &s->changes, err) < 0)
		return -1;
	s->changes.manifest = make_manifest(s, command);
	s->report->sectors_planned = changes_sectors(&s->changes);
	return changes_check(&s->changes, err);
}

static const struct finding *
find_same(const struct findings *list, const struct finding *f)
{
	for (size_t i = 0; i < list->count; i++)
		if (finding_same(&list->list[i], f))
			return &list->list[i];
	return NULL;
}

static int
gate(struct session *s, const struct findings *before, const struct findings *after,
     size_t skipped_before, struct error *err)
{
	for (size_t i = 0; i < before->count; i++) {
		const struct finding *f = &before->list[i];
		const struct finding *still = find_same(after, f);

		if (chosen(&s->options, f) && still && still->severity > SEVERITY_NOTE)
			return error_set(
				err, ERR_INTERNAL,
				"the repair of %s did not take: '%s' is still there; nothing was written",
				f->check, f->title);
	}
	for (size_t i = 0; i < after->count; i++) {
		const struct finding *old = find_same(before, &after->list[i]);

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

/* What is gone counts as repaired, whether it was chosen or cleared with another's cause. */
static void
settle(struct report *r, struct findings *before, struct findings *after)
{
	size_t kept = 0;

	for (size_t i = 0; i < before->count; i++) {
		struct finding f = before->list[i];
		const struct finding *still = find_same(after, &f);

		if (f.severity > SEVERITY_NOTE && (!still || still->severity == SEVERITY_NOTE)) {
			ARRAY_GROW(r->repaired.list, r->repaired.count);
			r->repaired.list[r->repaired.count++] = f;
		} else {
			before->list[kept++] = f;
		}
	}
	before->count = kept;
	findings_clear(before);
	*before = *after;
	*after = (struct findings){ 0 };
}

/* The checks that could not run before cannot run afterwards either: said once. */
static void
drop_repeated_skips(struct report *r, size_t before)
{
	size_t kept = before;

	for (size_t i = before; i < r->skipped_count; i++) {
		bool known = false;

		for (size_t k = 0; k < before; k++)
			known |= strcmp(r->skipped[i], r->skipped[k]) == 0;
		if (known)
			free(r->skipped[i]);
		else
			r->skipped[kept++] = r->skipped[i];
	}
	r->skipped_count = kept;
}

int
session_plan(struct session *s, struct error *err)
{
	CLEANUP_FINDINGS struct findings after = { 0 };
	size_t skipped = s->report->skipped_count;

	if (refuse_named(s, err) < 0 || session_may_edit(s, err) < 0)
		return -1;
	if (repair_all(s, err) < 0 || session_seal(s, "repair", &after, err) < 0) {
		/* what was tried is no change: nothing of it will be written */
		change_list_clear(&s->report->changes);
		return -1;
	}
	drop_repeated_skips(s->report, skipped);
	if (gate(s, &s->report->findings, &after, skipped, err) < 0) {
		change_list_clear(&s->report->changes);
		return -1;
	}
	settle(s->report, &s->report->findings, &after);
	return 0;
}
