/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Setup's state: which pass is open, and what rules the next boot.  Report only: moving Setup on by hand leaves a
 * machine that is not fully specialised.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "check/checks.h"
#include "check/subject.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/utf16.h"

#define ID "setup-unfinished"

static const struct problem problems[] = {
	{ "sealed", SEVERITY_NOTE, RISK_NONE,
	  "The image is sealed and waits for the specialize pass, as it should." },
	{ "not-armed", SEVERITY_WARNING, RISK_NONE,
	  "The image is generalized, but Setup would not run at the next boot." },
	{ "generalize-open", SEVERITY_WARNING, RISK_NONE,
	  "The generalize pass was begun and did not finish." },
	{ "specialize-open", SEVERITY_WARNING, RISK_NONE,
	  "The specialize pass was begun and did not finish." },
	{ "oobe-open", SEVERITY_WARNING, RISK_NONE, "The oobeSystem pass is open." },
	{ "audit", SEVERITY_NOTE, RISK_NONE, "The machine boots to audit mode." },
	{ "unclear", SEVERITY_WARNING, RISK_NONE,
	  "Setup's values are missing or contradict each other." },
	{ "states-differ", SEVERITY_NOTE, RISK_NONE,
	  "ImageState in the registry and in State.ini differ." },
	{ 0 },
};

static const char doc[] =
	"Looks at SetupType, CmdLine and SystemSetupInProgress in SYSTEM\\Setup, at UnattendPasses, ChildCompletion and\n"
	"SysprepStatus below SYSTEM\\Setup\\Status, at ImageState in SOFTWARE and State.ini, and at\n"
	"Sysprep_succeeded.tag, and says where Setup stands.\n"
	"\n"
	"There is no repair: moving Setup on by hand leaves a machine that is not fully specialised.  While a pass is\n"
	"open, the answer file that rules the next boot is \\Windows\\Panther\\unattend.xml; EC2Config's sysprep2008.xml\n"
	"acts only at the next Sysprep.";

/* What rules the next boot; what EC2Config's answer file does not is said behind it. */
static const char cached[] = "What rules the next boot is \\Windows\\Panther\\unattend.xml";
static const char nothing[] = "No answer file rules the next boot";
static const char uncertain[] = "What rules the next boot is not certain";

static void
add_number(struct finding *f, const char *key, const char *name, uint32_t v)
{
	CLEANUP_FREE char *data = v == SETUP_ABSENT ? xstrdup("absent") :
						      xasprintf("%" PRIu32 " (REG_DWORD)", v);

	finding_registry(f, "SYSTEM", key, name, data, 0);
}

static void
add_evidence(struct finding *f, const struct setup_state *s)
{
	add_number(f, "Setup", "SetupType", s->setup_type);
	finding_registry(f, "SYSTEM", "Setup", "CmdLine", s->cmd_line ? s->cmd_line : "absent", 0);
	finding_registry(f, "SOFTWARE", "Microsoft\\Windows\\CurrentVersion\\Setup\\State",
			 "ImageState", s->image_state ? s->image_state : "absent", 0);
	add_number(f, "Setup\\Status\\UnattendPasses", "specialize", s->pass_specialize);
	add_number(f, "Setup\\Status\\UnattendPasses", "oobeSystem", s->pass_oobe);
	add_number(f, "Setup\\Status\\ChildCompletion", "setup.exe", s->child_setup);
}

static const struct {
	enum setup_phase phase;
	const char *problem, *title, *cause, *rules;
} cases[] = {
	{ SETUP_SEALED, "sealed", "the image is sealed and waits for specialize",
	  "Sysprep has generalized it; that is how an image should be.", cached },
	{ SETUP_SEALED_UNARMED, "not-armed",
	  "the image is generalized, but the next boot would skip specialize",
	  "SetupType or CmdLine is not what Sysprep leaves: clones of it would boot unspecialized.",
	  nothing },
	{ SETUP_GENERALIZE_ABORTED, "generalize-open",
	  "the generalize pass was begun and did not finish",
	  "Sysprep stopped half way (GeneralizationState is 3).  Microsoft's advice is to build the image anew.",
	  nothing },
	{ SETUP_SPECIALIZE, "specialize-open", "the specialize pass is open",
	  "It was begun and did not finish; Windows answers with \"The computer restarted unexpectedly\" or goes on.",
	  cached },
	{ SETUP_OOBE, "oobe-open", "the oobeSystem pass is open",
	  "specialize is done; the next boot goes on with oobeSystem.", cached },
	{ SETUP_AUDIT, "audit", "the machine boots to audit mode",
	  "That is on purpose while an image is being made.", cached },
	{ SETUP_UNKNOWN, "unclear", "where Setup stands cannot be told",
	  "The values below are missing or contradict each other.", uncertain },
};

static enum severity
severity_of(const char *code)
{
	for (const struct problem *p = problems; p->code; p++)
		if (name_equal(p->code, code))
			return p->severity;
	return SEVERITY_WARNING;
}

static int
diagnose(struct subject *s, struct findings *out, struct error *err)
{
	const struct setup_state *setup = subject_setup(s, err);
	struct finding *f;

	if (!setup)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (cases[i].phase != setup->phase)
			continue;
		f = findings_add(out, ID, cases[i].problem, severity_of(cases[i].problem),
				 RISK_NONE, NULL, "%s", cases[i].title);
		finding_cause(f,
			      "%s  %s; EC2Config's sysprep2008.xml acts only at the next Sysprep.",
			      cases[i].cause, cases[i].rules);
		add_evidence(f, setup);
	}
	if (setup->image_state && setup->image_state_ini &&
	    !name_equal(setup->image_state, setup->image_state_ini)) {
		f = findings_add(out, ID, "states-differ", SEVERITY_NOTE, RISK_NONE, NULL,
				 "ImageState is %s in the registry and %s in State.ini",
				 setup->image_state, setup->image_state_ini);
		finding_cause(f, "Windows keeps both alike; one was written without the other.");
	}
	return 0;
}

const struct check check_setup_unfinished = {
	.id = ID,
	.title = "Setup has finished, or waits where it should",
	.group = "setup",
	.problems = problems,
	.doc = doc,
	.diagnose = diagnose,
};
