/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the program that gives a clone its new SID at the first boot (setupcl.exe) left in SYSTEM\Setup\SetupCl.  The values are those of every healthy
 * machine; that others mean a failure is plausible and not documented, so it is told as not certain.
 */
#include <inttypes.h>

#include "check/checks.h"
#include "check/subject.h"
#include "util/alloc.h"
#include "util/cleanup.h"

#define ID "sysprep-sid-change"

static const struct problem problems[] = {
	{ "failed", SEVERITY_WARNING, RISK_NONE,
	  "The change of the machine's SID does not say that it succeeded (not certain)." },
	{ 0 },
};

static const char doc[] =
	"Looks at ExecutionSuccessful and NTSTATUS in SYSTEM\\Setup\\SetupCl, which setupcl.exe leaves at the first boot of a clone: 1 and 0 on\n"
	"every healthy machine.  What other values mean is not documented, so this is told and not acted on.  An image that is sealed has not\n"
	"come to that yet.";

static int
diagnose(struct subject *s, struct findings *out, struct error *err)
{
	const struct setup_state *setup = subject_setup(s, err);
	CLEANUP_FREE char *done = NULL, *status = NULL;
	struct finding *f;

	if (!setup)
		return -1;
	if (setup->phase == SETUP_SEALED || setup->sid_change_done == SETUP_ABSENT ||
	    (setup->sid_change_done == 1 &&
	     (setup->sid_change_status == 0 || setup->sid_change_status == SETUP_ABSENT)))
		return 0;
	done = xasprintf("%" PRIu32 " (REG_DWORD)", setup->sid_change_done);
	status = setup->sid_change_status == SETUP_ABSENT ?
			 xstrdup("absent") :
			 xasprintf("0x%08" PRIx32 " (REG_DWORD)", setup->sid_change_status);
	f = findings_add(
		out, ID, "failed", SEVERITY_WARNING, RISK_NONE, NULL,
		"the change of the machine's SID does not say that it succeeded (not certain)");
	finding_registry(f, "SYSTEM", "Setup\\SetupCl", "ExecutionSuccessful", done, 0);
	finding_registry(f, "SYSTEM", "Setup\\SetupCl", "NTSTATUS", status, 0);
	finding_cause(
		f,
		"setupcl.exe gives a clone its own SID at the first boot.  If it failed, the machine has that of its image, or a part of it.  Make it "
		"anew from the image.");
	return 0;
}

const struct check check_sysprep_sid_change = {
	.id = ID,
	.title = "the machine was given a SID of its own",
	.group = "sysprep",
	.also = check_also_image,
	.problems = problems,
	.doc = doc,
	.diagnose = diagnose,
};
