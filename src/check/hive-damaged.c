/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The system hives: there, sound, and read with their transaction logs.
 *
 * A damaged hive is repaired only by a copy: that in RegBack, all five when they belong together, else a single one as a last
 * resort.  A dirty hive whose logs do not help is reported; --accept-dirty-hive is for who knows what is lost.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "check/checks.h"
#include "check/edit.h"
#include "check/subject.h"
#include "registry/hive.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/filetime.h"
#include "util/text.h"
#include "util/utf16.h"
#include "windows/hive-backup.h"

#define ID    "hive-damaged"
#define SHOWN 5 /* problems that stand in a finding; `registry verify` has all */

static const struct problem problems[] = {
	{ "damaged", SEVERITY_CRITICAL, RISK_CAREFUL,
	  "A system hive is damaged; Windows may not start with it." },
	{ "missing", SEVERITY_CRITICAL, RISK_NONE, "A system hive is not there." },
	{ "logs-unusable", SEVERITY_ERROR, RISK_NONE,
	  "A system hive is dirty, and its transaction logs cannot be applied." },
	{ 0 },
};

static const char doc[] =
	"Runs the strict check over SYSTEM, SOFTWARE, SAM, SECURITY and DEFAULT, with their transaction logs\n"
	"applied: bins, cells, every reference, order and hashes of keys, data, security.  'resprep registry TARGET verify'\n"
	"lists everything that it finds, for all hives of the installation.\n"
	"\n"
	"The repair is a copy from System32\\config\\RegBack.  Windows made these until Windows 10 version 1803; later ones are\n"
	"empty, which is said.  If all five are sound, of one day and of this machine, all five replace the hives in use\n"
	"(careful: everything since that day is lost from the registry).  A single sound one is offered as a last resort,\n"
	"because hives of different days may not fit together.  Sequence numbers end above every one in the logs, so\n"
	"that Windows cannot apply an old log to the copy.  A dirty hive whose logs cannot be applied has no repair; edits of\n"
	"it are refused unless --accept-dirty-hive is given and the hive is sound as it is.";

/* ---- diagnosing ---- */

static void
add_places(struct finding *f, const char *path, const struct hive_problems *p)
{
	size_t shown = 0;

	for (size_t i = 0; i < p->count && shown < SHOWN; i++) {
		CLEANUP_FREE char *text = NULL;

		if (p->list[i].severity != HIVE_ERROR)
			continue;
		text = xasprintf("offset 0x%" PRIx64 "%s%s: %s", p->list[i].offset,
				 *p->list[i].key ? ", key " : "", p->list[i].key, p->list[i].text);
		finding_line(f, path, 0, 0, text);
		shown++;
	}
	if (p->errors > shown)
		finding_line(f, path, 0, 0, "and more: 'resprep registry TARGET verify' lists all");
}

static const char *
backup_words(enum backup_state s)
{
	return s == BACKUP_ABSENT ? "is not there" :
	       s == BACKUP_EMPTY  ? "is empty (Windows makes none since Windows 10 version 1803)" :
	       s == BACKUP_SOUND  ? "is sound" :
				    "is damaged too";
}

/* Together when they belong together; else this one alone, as a last resort; else nothing. */
static enum risk
offered(const struct hive_backups *b, enum windows_hive which)
{
	if (b->all_sound && b->same_day && b->same_machine)
		return RISK_CAREFUL;
	return b->state[which] == BACKUP_SOUND ? RISK_LAST_RESORT : RISK_NONE;
}

static void
offer(struct finding *f, const struct hive_backups *b, enum windows_hive which)
{
	CLEANUP_FREE char *when = b->written[which] ? filetime_text(b->written[which]) : NULL;

	f->risk = offered(b, which);
	if (f->risk == RISK_CAREFUL)
		finding_repair(
			f,
			"replace SYSTEM, SOFTWARE, SAM, SECURITY and DEFAULT by their copies in RegBack, all of "
			"%s; what the registry has learnt since is lost",
			when);
	else if (f->risk == RISK_LAST_RESORT)
		finding_repair(
			f,
			"replace this hive alone by its copy in RegBack, of %s; hives of different days may "
			"not fit together%s",
			when,
			b->same_machine ? "" : ", and nothing shows that it is of this machine");
	else
		finding_cause(
			f,
			"Windows may not start with it.  Its copy in RegBack %s; restore the hive from a "
			"backup or a snapshot.",
			backup_words(b->state[which]));
}

/* Whatever keeps a hive from being opened is damage, except that it is not there. */
static struct finding *
not_opened(struct findings *out, const char *name, const struct error *problem)
{
	if (problem->code == ERR_NOT_FOUND)
		return findings_add(out, ID, "missing", SEVERITY_CRITICAL, RISK_NONE, name,
				    "the registry hive %s is not there", name);
	return findings_add(out, ID, "damaged", SEVERITY_CRITICAL, RISK_NONE, name,
			    "the registry hive %s cannot be read", name);
}

static struct finding *
look_inside(struct findings *out, struct hive *h, const char *path, struct error *err)
{
	CLEANUP_HIVE_PROBLEMS struct hive_problems p = { 0 };
	const char *name = hive_name(h);
	struct finding *f;

	if (hive_verify(h, &p, err) < 0)
		return NULL;
	if (p.errors) {
		f = findings_add(out, ID, "damaged", SEVERITY_CRITICAL, RISK_NONE, name,
				 "the registry hive %s is damaged (%zu %s)", name, p.errors,
				 p.errors == 1 ? "problem" : "problems");
		finding_cause(
			f,
			"Windows may not start with it, or repair it by throwing away what does not fit.");
		add_places(f, path, &p);
		return f;
	}
	if (!hive_current(h)) {
		f = findings_add(
			out, ID, "logs-unusable", SEVERITY_ERROR, RISK_NONE, name,
			"the registry hive %s is dirty, and its transaction logs cannot be applied",
			name);
		finding_line(f, path, 0, 0, hive_why_not_current(h));
		finding_cause(
			f,
			"The newest changes may be missing in it.  It is sound as it is; edits of it are "
			"refused unless --accept-dirty-hive is given.");
	}
	return NULL;
}

static int
diagnose_hive(struct subject *s, enum windows_hive which, struct findings *out, struct error *err)
{
	CLEANUP_ERROR struct error problem = ERROR_INIT;
	struct windows *w = subject_windows(s);
	struct hive *h = windows_hive(w, which, &problem);
	const char *path = windows_hive_path(w, which);
	CLEANUP_HIVE_BACKUPS struct hive_backups b = { 0 };
	struct finding *f;

	if (!h && (problem.code == ERR_IO || problem.code == ERR_INTERRUPTED)) {
		error_move(err, &problem);
		return -1;
	}
	if (h) {
		f = look_inside(out, h, path, err);
	} else {
		f = not_opened(out, windows_hive_name(w, which), &problem);
		finding_line(f, path, 0, 0, problem.message);
	}
	if (err->code != ERR_NONE)
		return -1;
	if (!f)
		return 0;
	if (hive_backups_read(w, &b, err) < 0)
		return -1;
	if (name_equal(f->problem, "damaged"))
		offer(f, &b, which);
	else
		finding_cause(
			f,
			"Windows does not start without it.  Its copy in RegBack %s; restore the file from a "
			"backup or a snapshot.",
			backup_words(b.state[which]));
	return 0;
}

static int
diagnose(struct subject *s, struct findings *out, struct error *err)
{
	for (int i = 0; i < HIVE_BACKUPS; i++)
		if (diagnose_hive(s, (enum windows_hive)i, out, err) < 0)
			return -1;
	return 0;
}

/* ---- repairing ---- */

/* 1 when the hive was put back, 0 when not. */
static int
restored_already(struct subject *s, const char *path, struct error *err)
{
	CLEANUP_CHANGE_READER struct change_reader r = { 0 };
	const struct change *c;
	int got;

	change_reader_begin(&r, subject_changes(s));
	while ((got = change_next(&r, &c, err)) > 0)
		if (c->kind == CHANGE_HIVE && name_equal(c->path, path))
			return 1;
	return got;
}

static int
repair(struct subject *s, const struct finding *f, struct error *err)
{
	CLEANUP_HIVE_BACKUPS struct hive_backups b = { 0 };
	struct windows *w = subject_windows(s);
	enum windows_hive which = HIVE_SYSTEM;

	if (windows_hive_by_name(w, f->subject, &which, err) < 0 ||
	    hive_backups_read(w, &b, err) < 0)
		return -1;
	for (int i = 0; i < HIVE_BACKUPS; i++) {
		enum windows_hive hive = (enum windows_hive)i;
		int done;

		if (f->risk != RISK_CAREFUL && hive != which)
			continue;
		done = restored_already(s, windows_hive_path(w, hive), err);
		if (done < 0 || (!done && edit_restore_hive(s, ID, &b, hive, err) < 0))
			return -1;
	}
	return 0;
}

const struct check check_hive_damaged = {
	.id = ID,
	.title = "the system hives are sound",
	.group = "registry",
	.also = check_also_image,
	.problems = problems,
	.doc = doc,
	.diagnose = diagnose,
	.repair = repair,
};
