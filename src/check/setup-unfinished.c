/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Setup's state: which pass is open, and what rules the next boot.  Moving Setup on by hand leaves a machine that is not
 * fully specialised: the repairs are a last resort, to rescue data, and not supported by Microsoft.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "check/checks.h"
#include "check/image-state.h"
#include "check/subject.h"
#include "ec2/answer-files.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "util/utf16.h"
#include "windows/sam.h"

#define ID "setup-unfinished"

static const struct problem problems[] = {
	{ "sealed", SEVERITY_NOTE, RISK_NONE,
	  "The image is sealed and waits for the specialize pass, as it should." },
	{ "tag-missing", SEVERITY_WARNING, RISK_NONE,
	  "The image waits for the specialize pass, but Sysprep did not say that it succeeded." },
	{ "not-armed", SEVERITY_WARNING, RISK_NONE,
	  "The image is generalized, but Setup would not run at the next boot." },
	{ "generalize-open", SEVERITY_WARNING, RISK_LAST_RESORT,
	  "The generalize pass was begun and did not finish." },
	{ "specialize-open", SEVERITY_WARNING, RISK_LAST_RESORT,
	  "The specialize pass was begun and did not finish." },
	{ "oobe-open", SEVERITY_WARNING, RISK_LAST_RESORT, "The oobeSystem pass is open." },
	{ "sysprep-failed", SEVERITY_WARNING, RISK_NONE,
	  "The last Sysprep failed; what was to be an image is not generalized." },
	{ "upgrade-failed", SEVERITY_NOTE, RISK_NONE,
	  "There are traces of an upgrade that was taken back." },
	{ "audit", SEVERITY_NOTE, RISK_NONE, "The machine boots to audit mode." },
	{ "unclear", SEVERITY_WARNING, RISK_NONE,
	  "Setup's values are missing or contradict each other." },
	{ 0 },
};

static const char doc[] =
	"Looks at SetupType, CmdLine, SystemSetupInProgress and OOBEInProgress in SYSTEM\\Setup, at UnattendPasses, ChildCompletion and\n"
	"SysprepStatus below SYSTEM\\Setup\\Status, at ImageState in SOFTWARE and State.ini, at\n"
	"Sysprep_succeeded.tag, at the copies of the answer file, and at the logs of the newest runs, and says where Setup stands.  Without\n"
	"another trace only the log of the newest Sysprep tells that it failed before it changed anything.\n"
	"\n"
	"Microsoft's way out of an open pass is a new machine from a sound image, and out of a generalize that did not finish a new image.  The\n"
	"repairs are a last resort, not supported, to rescue data (--risk last-resort): for specialize and oobeSystem SetupType, CmdLine,\n"
	"SystemSetupInProgress, OOBEInProgress, SetupPhase, setup.exe, open passes, GeneralizationState, CleanupState and ImageState are written as on a\n"
	"machine that has finished, but SID, name and drivers stay those of the image; for generalize GeneralizationState becomes 7 and\n"
	"CleanupState 2, so that Sysprep begins again.  While a pass is open, the answer file that rules the next boot is the first with settings\n"
	"for it where Windows looks, as a rule \\Windows\\Panther\\unattend.xml; the agent's own acts only at the next Sysprep.";

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
	add_number(f, "Setup", "SystemSetupInProgress", s->in_progress);
	add_number(f, "Setup", "OOBEInProgress", s->oobe_in_progress);
	finding_registry(f, "SOFTWARE", "Microsoft\\Windows\\CurrentVersion\\Setup\\State",
			 "ImageState", s->image_state ? s->image_state : "absent", 0);
	add_number(f, "Setup\\Status\\UnattendPasses", "specialize", s->pass_specialize);
	add_number(f, "Setup\\Status\\UnattendPasses", "oobeSystem", s->pass_oobe);
	add_number(f, "Setup\\Status\\ChildCompletion", "setup.exe", s->child_setup);
	add_number(f, "Setup\\Status\\SysprepStatus", "GeneralizationState", s->generalization);
	if (s->succeeded_tag || s->phase == SETUP_SEALED)
		finding_line(f, NULL, 0, 0,
			     s->succeeded_tag ? "Sysprep_succeeded.tag is there" :
						"Sysprep_succeeded.tag is not there");
}

/* "generalize (done), specialize" */
static char *
passes_of(const struct answer_file *file)
{
	struct text out = TEXT_INIT;

	for (unsigned p = 0; p < PASS_COUNT; p++)
		if (file->passes & 1u << p)
			text_addf(&out, "%s%s%s", out.len ? ", " : "", pass_name((enum pass)p),
				  file->processed & 1u << p ? " (done)" : "");
	return out.len ? text_steal(&out) : xstrdup("none");
}

/* What rules the next boot: the file of the first pass that is due; the caller's. */
static char *
ruling(const struct answer_files *l, enum setup_phase phase)
{
	static const char none[] = "No answer file rules the next boot";

	/* which passes are due is not known, but the next boot runs none */
	if (phase == SETUP_SEALED_UNARMED)
		return xstrdup(none);
	if (l->unsure)
		return xasprintf("What rules the next boot is not certain: %s", l->elsewhere);
	for (int p = 0; p < PASS_COUNT; p++) {
		const struct answer_pass *pass = &l->passes[p];

		if (pass->due == DUE_UNKNOWN)
			return xstrdup("What rules the next boot is not certain");
		if (pass->due == DUE_YES && pass->uses != SIZE_MAX)
			return xasprintf("What rules the next boot is %s",
					 l->list[pass->uses].path);
		if (pass->due == DUE_YES)
			return xasprintf("No answer file has unprocessed settings for the pass %s",
					 pass_name((enum pass)p));
	}
	return xstrdup(none);
}

/* Which answer files Windows may have used, and what they say of the passes. */
static void
add_answers(struct finding *f, const struct answer_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		const struct answer_file *file = &files->list[i];
		CLEANUP_FREE char *passes = passes_of(file);
		CLEANUP_FREE char *words = file->problem ?
						   xasprintf("cannot be read: %s", file->problem) :
						   xasprintf("has the passes %s", passes);

		if (!answer_place_is_agent(file->place))
			finding_line(f, file->path, 0, 0, words);
	}
}

/* Where the run of the open pass begins to go wrong. */
static void
add_run(struct finding *f, const struct sysprep_state *state)
{
	const struct cascade_event *e;

	if (!state->run || state->run->cause < 0)
		return;
	e = &state->run->events[state->run->cause];
	finding_line(f, e->path, e->line, e->offset, e->text);
}

struct situation {
	enum setup_phase phase;
	const char *problem, *title, *cause;
};
static const struct situation cases[] = {
	{ SETUP_SEALED, "sealed", "the image is sealed and waits for specialize",
	  "Sysprep has generalized it; that is how an image should be." },
	{ SETUP_SEALED_UNARMED, "not-armed",
	  "the image is generalized, but the next boot would skip specialize",
	  "SetupType or CmdLine is not what Sysprep leaves: clones of it would boot unspecialized." },
	{ SETUP_GENERALIZE_ABORTED, "generalize-open",
	  "the generalize pass was begun and did not finish",
	  "Sysprep stopped half way (GeneralizationState is 3).  Microsoft's advice is to build the image anew." },
	{ SETUP_SPECIALIZE, "specialize-open", "the specialize pass is open",
	  "It was begun and did not finish; Windows answers with \"The computer restarted unexpectedly\" or goes on." },
	{ SETUP_OOBE, "oobe-open", "the oobeSystem pass is open",
	  "specialize is done; the next boot goes on with oobeSystem." },
	{ SETUP_AUDIT, "audit", "the machine boots to audit mode",
	  "That is on purpose while an image is being made." },
	{ SETUP_UNKNOWN, "unclear", "where Setup stands cannot be told",
	  "The values below are missing or contradict each other." },
};

static const struct situation untagged = {
	SETUP_SEALED, "tag-missing",
	"the image waits for specialize, but Sysprep_succeeded.tag is not there",
	"Sysprep deletes that file when it begins and writes it when all has gone well, so a good image has it.  Only a Windows that was "
	"applied from Microsoft's own image, without Sysprep, has none.  Look at Sysprep's logs before an image is made of this volume."
};

static const struct situation *
situation_of(const struct setup_state *setup)
{
	if (setup->phase == SETUP_SEALED && !setup->succeeded_tag)
		return &untagged;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (cases[i].phase == setup->phase)
			return &cases[i];
	return NULL;
}

static enum severity
severity_of(const char *code)
{
	for (const struct problem *p = problems; p->code; p++)
		if (name_equal(p->code, code))
			return p->severity;
	return SEVERITY_WARNING;
}

static void
sysprep_failed(const struct setup_state *setup, const struct sysprep_state *state,
	       struct findings *out)
{
	/* with an error in its log that is the finding: sysprep-log-failure */
	bool told = state->run && state->run->cause >= 0;
	struct finding *f = findings_add(out, ID, "sysprep-failed",
					 told ? SEVERITY_NOTE : SEVERITY_WARNING, RISK_NONE, NULL,
					 "the last Sysprep failed, and this is no image");

	add_evidence(f, setup);
	add_run(f, state);
	finding_cause(
		f,
		"%s, so Windows is deployed as before: clones of it would boot with its SID and name.  Remove the cause, run Sysprep again, and take the "
		"image only when Sysprep_succeeded.tag is there.",
		state->run && state->run->validating ?
			"It stopped in its validation, before it changed anything" :
			"It stopped, and changed nothing that shows");
}

/* The last resort of those that have one. */
static void
add_repair(struct finding *f, const struct setup_state *setup)
{
	switch (setup->phase) {
	case SETUP_GENERALIZE_ABORTED:
		f->risk = RISK_LAST_RESORT;
		finding_repair(
			f,
			"unsupported: set GeneralizationState to 7 and CleanupState to 2, so that Sysprep begins again");
		break;
	case SETUP_SPECIALIZE:
	case SETUP_OOBE:
		f->risk = RISK_LAST_RESORT;
		finding_repair(
			f,
			"unsupported, to rescue data: leave Setup as if it had finished; the machine is not specialised then");
		if (setup->ini_problem)
			finding_refused(f, "State.ini is there, and is not understood");
		break;
	default:
		break;
	}
}

/* The account that Setup's pages run under: on Windows 11 24H2 and Server 2025 a better sign than ImageState that they are still to come. */
static void
add_helper(struct subject *s, struct finding *f, const struct setup_state *setup)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	uint32_t rid;

	if ((setup->oobe_in_progress == 0 || setup->oobe_in_progress == SETUP_ABSENT) ||
	    sam_account_rid(subject_windows(s), "defaultuser0", &rid, &ignored) < 0)
		return;
	finding_registry(f, "SAM", "SAM\\Domains\\Account\\Users\\Names\\defaultuser0", NULL, NULL,
			 0);
	finding_line(f, NULL, 0, 0,
		     "OOBE's own account is there: its pages have not been gone through");
}

static void
tell(struct subject *s, const struct situation *it, const struct setup_state *setup,
     const struct sysprep_state *state, const struct answer_files *files, struct findings *out)
{
	bool loop = state->verdict == SYSPREP_RESTART_LOOP;
	CLEANUP_FREE char *rules = ruling(files, setup->phase);
	struct finding *f = findings_add(out, ID, it->problem, severity_of(it->problem), RISK_NONE,
					 NULL, "%s", it->title);

	finding_cause(
		f, "%s%s%s%s  %s; the launch agent's own acts only at the next Sysprep.",
		setup->doubt ? setup->doubt : it->cause, setup->doubt ? ".  " : "",
		setup->doubt ? it->cause : "",
		loop ? "  setup.exe is 1: it was running when Windows went down, and every boot ends there." :
		       "",
		rules);
	add_evidence(f, setup);
	add_helper(s, f, setup);
	/* of an image that is as it should be the log says nothing */
	if (it->phase != SETUP_SEALED || it == &untagged)
		add_run(f, state);
	add_answers(f, files);
	add_repair(f, setup);
}

static int
diagnose(struct subject *s, struct findings *out, struct error *err)
{
	const struct setup_state *setup = subject_setup(s, err);
	const struct sysprep_state *state = setup ? subject_sysprep(s, err) : NULL;
	const struct situation *it;
	CLEANUP_ANSWER_FILES struct answer_files files = { 0 };
	struct finding *f;

	if (!state || answer_files_read(subject_windows(s), setup, &files, err) < 0)
		return -1;
	it = situation_of(setup);
	if (it)
		tell(s, it, setup, state, &files, out);
	if (state->verdict == SYSPREP_FAILED)
		sysprep_failed(setup, state, out);
	if (setup->failed_upgrade) {
		f = findings_add(out, ID, "upgrade-failed", SEVERITY_NOTE, RISK_NONE, NULL,
				 "an upgrade of Windows was taken back");
		finding_registry(f, "SYSTEM", "Setup\\FailedInstallations", NULL, NULL, 0);
		finding_cause(
			f,
			"FailedInstallations has entries, or $WINDOWS.~BT has a folder Rollback: its logs tell why.");
	}
	return 0;
}

static int
repair(struct subject *s, const struct finding *f, struct error *err)
{
	return name_equal(f->problem, "generalize-open") ? setup_retry_generalize(s, ID, err) :
							   setup_leave(s, ID, err);
}

const struct check check_setup_unfinished = {
	.id = ID,
	.title = "Setup has finished, or waits where it should",
	.group = "setup",
	.also = check_also_image,
	.problems = problems,
	.doc = doc,
	.diagnose = diagnose,
	.repair = repair,
};
