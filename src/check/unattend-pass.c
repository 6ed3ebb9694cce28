/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A pass of Setup that was begun and did not finish: UnattendPasses\\PASS is 1.  At its next start Setup says "Current pass status
 * for [oobeSystem] is [0x1]" and "Pass has failed status; system is in an invalid state." and stops before it has read
 * the answer file (seen in setupact.log of such machines), so that mending the file alone does not help.
 */
#include <inttypes.h>
#include <string.h>

#include "answer/known.h"
#include "check/checks.h"
#include "check/edit.h"
#include "check/subject.h"
#include "registry/hive.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"

#define ID    "unattend-pass"
#define KEY   "Setup\\Status\\UnattendPasses"
#define BEGUN 1

static const struct problem problems[] = {
	{ "begun", SEVERITY_WARNING, RISK_CAREFUL,
	  "A pass of Setup was begun and did not finish, and Setup will not read the answer file for it again." },
	{ 0 },
};

static const char doc[] =
	"Looks at the passes below SYSTEM\\Setup\\Status\\UnattendPasses while Setup is not finished: 1 is one that was begun and did\n"
	"not end.  Setup then stops before it reads the answer file, so that an answer file that was mended does not help.\n"
	"\n"
	"The repair sets the pass to 0 (careful, never without being chosen: --only unattend-pass).  It does not by itself restart\n"
	"the pass: whether Setup runs again is decided by SetupType and CmdLine.  Mend what made the pass fail first.  Microsoft's\n"
	"advice is a new deployment.";

static int
diagnose(struct subject *s, struct findings *out, struct error *err)
{
	const struct setup_state *setup = subject_setup(s, err);
	struct hive *system = setup ? windows_hive(subject_windows(s), HIVE_SYSTEM, err) : NULL;

	if (!system)
		return -1;
	if (setup->phase == SETUP_DEPLOYED)
		return 0;
	for (int p = PASS_GENERALIZE; p < PASS_COUNT; p++) {
		const char *name = pass_name((enum pass)p);
		struct finding *f;
		uint32_t value;

		if (hive_get_u32(system, KEY, name, &value, err) < 0) {
			/* of another type: as good as absent */
			if (err->code != ERR_NOT_FOUND && err->code != ERR_CORRUPT)
				return -1;
			error_clear(err);
			continue;
		}
		if (value != BEGUN)
			continue;
		f = findings_add(out, ID, "begun", SEVERITY_WARNING, RISK_CAREFUL, name,
				 "the pass %s was begun and did not finish", name);
		/* only for who asks for it: without the cause mended it is of no use */
		f->alternative = true;
		finding_registry(f, "SYSTEM", KEY, name, "1 (REG_DWORD)", 0);
		finding_cause(
			f,
			"Setup stops there before it reads the answer file.  First mend what made the pass fail "
			"(resprep logs, resprep answer TARGET lint).");
		finding_repair(
			f,
			"set it to 0, so that Setup reads the answer file again; that does not by itself "
			"restart the pass");
	}
	return 0;
}

static int
repair(struct subject *s, const struct finding *f, struct error *err)
{
	enum pass p;

	if (!f->subject || !pass_parse(f->subject, &p))
		return error_set(err, ERR_INTERNAL, "the finding names no pass");
	return edit_set_u32(s, ID, HIVE_SYSTEM, KEY, pass_name(p), 0, err);
}

const struct check check_unattend_pass = {
	.id = ID,
	.title = "No pass of Setup was begun and left",
	.group = "setup",
	.also = check_also_image,
	.edits = EDITS_SYSTEM,
	.problems = problems,
	.doc = doc,
	.diagnose = diagnose,
	.repair = repair,
};
