/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What Windows' servicing has still to do at the next start: Sysprep refuses to run then, or the clones fail in specialize.  Nothing of it is deleted
 * here: half of an update is worse than a whole one.
 */
#include <inttypes.h>

#include "check/checks.h"
#include "check/edit.h"
#include "check/subject.h"
#include "check/sysprep-facts.h"
#include "registry/hive.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"

#define ID	       "sysprep-servicing-pending"
#define KNOWN_RESERVES 17
#define KNOWN_UPDATES  19
#define KNOWN_FINISH   55

static const struct problem problems[] = {
	{ "failed", SEVERITY_WARNING, RISK_NONE,
	  "Work of Windows' servicing is pending, and Sysprep or specialize has failed for it." },
	{ "pending", SEVERITY_NOTE, RISK_NONE, "Work of Windows' servicing is pending." },
	{ "reserves", SEVERITY_WARNING, RISK_CAREFUL,
	  "The reserved storage is in use, and Sysprep has failed for it." },
	{ 0 },
};

static const char doc[] =
	"Looks for what waits for the next start: RebootPending, PackagesPending and SessionsPending of Component Based Servicing,\n"
	"RebootRequired of Windows Update, \\Windows\\WinSxS\\pending.xml, and PendingFileRenameOperations.  It is a note, and a warning when the newest\n"
	"Sysprep failed for it.  There is no repair: start the machine and let it finish, or let DISM revert what is pending.\n"
	"\n"
	"Where Sysprep failed because the reserved storage is in use, and ReserveManager\\ActiveScenario says so, the repair sets that to 0, and\n"
	"DisableDeletes too if it is there.  Careful: a servicing session may really be open.";

static int
pending(struct subject *s, const struct sysprep_pendings *p, struct findings *out,
	struct error *err)
{
	bool updates, finish;
	struct finding *f;

	if (sysprep_failed_by(s, KNOWN_UPDATES, &updates, err) < 0 ||
	    sysprep_failed_by(s, KNOWN_FINISH, &finish, err) < 0)
		return -1;
	if (!p->count)
		return 0;
	f = findings_add(out, ID, updates || finish ? "failed" : "pending",
			 updates || finish ? SEVERITY_WARNING : SEVERITY_NOTE, RISK_NONE, NULL,
			 "Windows has work to do at its next start: %s", p->list[0].what);
	for (size_t i = 0; i < p->count; i++) {
		const struct sysprep_pending *e = &p->list[i];

		if (e->path)
			finding_line(f, e->path, 0, 0, e->what);
		else
			finding_registry(f, e->hive, e->key, e->value, e->data ? e->data : e->what,
					 0);
	}
	finding_cause(f,
		      "Sysprep refuses to run while that waits, or the clones fail in specialize.");
	finding_repair(
		f,
		"start the machine and let it finish; or, from another Windows, DISM /Image:X:\\ /Cleanup-Image /RevertPendingActions");
	if (updates || finish)
		f->explains = xstrdup("sysprep-log-failure");
	return 0;
}

static int
diagnose(struct subject *s, struct findings *out, struct error *err)
{
	CLEANUP_SYSPREP_PENDINGS struct sysprep_pendings p = { 0 };
	CLEANUP_FREE char *data = NULL;
	struct finding *f;
	bool reserves;

	if (sysprep_pending_read(s, &p, err) < 0 || pending(s, &p, out, err) < 0 ||
	    sysprep_failed_by(s, KNOWN_RESERVES, &reserves, err) < 0)
		return -1;
	if (!reserves || !p.active_scenario || p.active_scenario == UINT32_MAX)
		return 0;
	data = xasprintf("%" PRIu32 " (REG_DWORD)", p.active_scenario);
	f = findings_add(out, ID, "reserves", SEVERITY_WARNING, RISK_CAREFUL, "reserves",
			 "the reserved storage is in use, and Sysprep failed for it");
	finding_registry(f, "SOFTWARE", RESERVES_KEY, "ActiveScenario", data, 0);
	finding_cause(f, "An update, or a servicing session that was never ended, holds it.");
	finding_repair(
		f, "set ReserveManager\\ActiveScenario to 0, and DisableDeletes where it is there");
	f->explains = xstrdup("sysprep-log-failure");
	return 0;
}

static int
repair(struct subject *s, const struct finding *f, struct error *err)
{
	struct hive *h = windows_hive(subject_windows(s), HIVE_SOFTWARE, err);
	uint32_t deletes;

	(void)f;
	if (!h || edit_set_u32(s, ID, HIVE_SOFTWARE, RESERVES_KEY, "ActiveScenario", 0, err) < 0)
		return -1;
	if (hive_get_u32(h, RESERVES_KEY, "DisableDeletes", &deletes, err) < 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		error_clear(err);
		return 0;
	}
	return deletes ?
		       edit_set_u32(s, ID, HIVE_SOFTWARE, RESERVES_KEY, "DisableDeletes", 0, err) :
		       0;
}

static const char *const hinders[] = { "pending", NULL };

const struct check check_sysprep_servicing_pending = {
	.id = ID,
	.title = "no work of Windows' servicing is in Sysprep's way",
	.group = "sysprep",
	.also = check_also_image,
	.hinders = hinders,
	.edits = EDITS_SOFTWARE,
	.problems = problems,
	.doc = doc,
	.diagnose = diagnose,
	.repair = repair,
};
