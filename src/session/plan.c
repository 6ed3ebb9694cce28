/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The plan of a repair: which findings, made in the overlay, proven there (gate.c).
 */
#include <string.h>

#include "check/check.h"
#include "check/subject.h"
#include "session/gate.h"
#include "session/owners.h"
#include "session/readiness.h"
#include "session/session-private.h"
#include "session/volume-state.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/interrupt.h"
#include "util/text.h"
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
		if (check_in_group(check_find(f->check), *p))
			return true;
	return false;
}

/* With "ID:SUBJECT", other findings of that check are not meant, unless its group was chosen. */
static bool
left_out(const struct session_options *o, const struct finding *f)
{
	return o->only && named(o, f) == NOT_NAMED && !in_chosen_group(o, f);
}

void
session_set_aside(struct session *s, struct findings *f)
{
	size_t kept = 0;

	for (size_t i = 0; i < f->count; i++) {
		if (!left_out(&s->options, &f->list[i])) {
			f->list[kept++] = f->list[i];
			continue;
		}
		ARRAY_GROW(s->aside.list, s->aside.count);
		s->aside.list[s->aside.count++] = f->list[i];
	}
	f->count = kept;
}

/* What there is of the check that `name` begins with. */
static void
add_names(const struct findings *f, const char *name, struct text *out)
{
	size_t n = strcspn(name, ":");

	for (size_t i = 0; i < f->count; i++) {
		CLEANUP_FREE char *there = finding_name(&f->list[i]);

		if (strncmp(f->list[i].check, name, n) == 0 && f->list[i].check[n] == '\0')
			text_addf(out, "%s%s", out->len ? ", " : "", there);
	}
}

static bool
is_there(const struct session_options *o, const struct findings *f, const char *name)
{
	const char *const only[] = { name, NULL };
	struct session_options just = *o;

	just.only = only;
	for (size_t i = 0; i < f->count; i++)
		if (named(&just, &f->list[i]) == FINDING_NAMED)
			return true;
	return false;
}

int
session_check_names(const struct session *s, struct error *err)
{
	const struct findings *f = &s->report->findings;

	/* a check that could not run may have found it */
	for (const char *const *p = s->options.only; p && *p && !s->report->skipped_count; p++) {
		CLEANUP_TEXT struct text there = TEXT_INIT;
		CLEANUP_FREE char *id = xstrndup(*p, strcspn(*p, ":"));

		if (!strchr(*p, ':') || is_there(&s->options, f, *p))
			continue;
		add_names(f, *p, &there);
		add_names(&s->aside, *p, &there);
		return error_set(err, ERR_USAGE,
				 "'%s' has no finding '%s', or has it no more; %s finds here: %s",
				 s->options.target, *p, id,
				 there.len ? text_str(&there) : "nothing");
	}
	return 0;
}

bool
session_chose(const struct session_options *o, const struct finding *f)
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
		n += session_chose(&s->options, &s->report->findings.list[i]);
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
	/* what would be put aside nowhere */
	if (!s->options.edits)
		return error_set(err, ERR_INTERNAL, "this command only reads");
	return volume_state_may_edit(&s->target, &s->options, err);
}

static int
repair_all(struct session *s, struct error *err)
{
	struct findings *f = &s->report->findings;

	for (size_t i = 0; i < f->count; i++) {
		const struct check *c;

		if (!session_chose(&s->options, &f->list[i]))
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

static void
note_new_logs(const struct written_hives *hives, struct change_list *changes)
{
	for (size_t i = 0; i < hives->count; i++)
		if (hives->list[i].new_log)
			change_list_add_volume(
				changes, hives->list[i].new_log,
				xasprintf(
					"%s: made, because %s had no transaction log for its changes",
					hives->list[i].new_log, hives->list[i].name));
}

int
session_seal(struct session *s, const char *command, struct findings *after, struct error *err)
{
	CLEANUP_WRITTEN_HIVES struct written_hives hives = { 0 };

	if (s->report->changes.count &&
	    volume_state_prepare(&s->target, &s->report->changes, err) < 0)
		return -1;
	if (windows_write_back(s->windows, &hives, err) < 0)
		return -1;
	note_new_logs(&hives, &s->report->changes);
	session_close_windows(s);
	if (target_remount(&s->target, err) < 0)
		return error_prefix(err, "the repaired volume does not mount");
	changes_clear(&s->changes);
	if (target_changes(&s->target, &s->changes, err) < 0 || changes_check(&s->changes, err) < 0)
		return -1;
	if (owners_check(s, err) < 0 || gate_volume(s, err) < 0)
		return -1;
	if (session_reopen_windows(s, err) < 0 || gate_contents(s, &hives, err) < 0 ||
	    session_run_checks(s, after, err) < 0)
		return -1;
	free(s->command);
	s->command = xstrdup(command);
	s->report->sectors_planned = changes_sectors(&s->changes);
	return 0;
}

/* What is gone counts as repaired, whether it was chosen or cleared with another's cause. */
static void
settle(struct report *r, struct findings *before, struct findings *after)
{
	size_t kept = 0;

	for (size_t i = 0; i < before->count; i++) {
		struct finding f = before->list[i];
		const struct finding *still = findings_find_same(after, &f);

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
	if (gate_findings(s, &s->report->findings, &after, skipped, err) < 0) {
		change_list_clear(&s->report->changes);
		return -1;
	}
	session_set_aside(s, &after);
	settle(s->report, &s->report->findings, &after);
	readiness_tell(&s->options, s->report);
	return 0;
}
