/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ImageState stands in two values of SOFTWARE and in State.ini, and Windows keeps them alike (Microsoft: "Windows Setup States").  Sysprep and programs
 * that wait for it look at one of them.
 *
 * COMPLETE is written only where Setup has nothing left to do but that; an image that waits for specialize must not lose what it waits with.
 */
#include "check/checks.h"
#include "check/image-state.h"
#include "check/subject.h"
#include "util/utf16.h"

#define ID "sysprep-image-state"

static const struct problem problems[] = {
	{ "not-complete", SEVERITY_WARNING, RISK_CAREFUL,
	  "Setup has finished, and ImageState does not say so everywhere." },
	{ "differ", SEVERITY_NOTE, RISK_NONE, "The places of ImageState disagree." },
	{ "unread", SEVERITY_NOTE, RISK_NONE,
	  "State.ini is there, and what it says is not understood." },
	{ 0 },
};

static const char doc[] =
	"Compares ImageState in SOFTWARE (Setup\\State, and Setup\\ImageServicingData where it is there) with State.ini.\n"
	"\n"
	"The repair writes IMAGE_STATE_COMPLETE to each of those places that exists.  It is careful, and offered only when Setup has finished by\n"
	"everything else: SetupType 0, CmdLine empty, SystemSetupInProgress and OOBEInProgress 0, setup.exe 3, no value below UnattendPasses 1, no audit mode,\n"
	"no generalize begun.  On an image that is sealed, or that is in audit mode, and while a State.ini is there that is not understood, it is refused.";

static bool
any_place(const struct setup_state *s, const char *word)
{
	const char *all[] = { s->image_state, s->image_state_ini, s->image_state_servicing };

	for (size_t i = 0; i < 3; i++)
		if (all[i] && name_find(all[i], word))
			return true;
	return false;
}

static bool
is_complete_everywhere(const struct setup_state *s)
{
	return !sysprep_states_differ(s) && s->image_state &&
	       name_equal(s->image_state, "IMAGE_STATE_COMPLETE");
}

static void
unread(const struct setup_state *setup, struct findings *out)
{
	struct finding *f = findings_add(out, ID, "unread", SEVERITY_NOTE, RISK_NONE, NULL,
					 "what State.ini says of ImageState is not understood");

	finding_line(f, "/Windows/" SETUP_STATE_INI, 0, 0, setup->ini_problem);
	finding_cause(
		f,
		"Programs that wait for Sysprep read it.  While it says who knows what, ImageState is not written anywhere.");
}

static int
diagnose(struct subject *s, struct findings *out, struct error *err)
{
	const struct setup_state *setup = subject_setup(s, err);
	bool differ, done;
	struct finding *f;
	const char *why;

	if (!setup)
		return -1;
	if (setup->ini_problem)
		unread(setup, out);
	differ = sysprep_states_differ(setup);
	done = sysprep_is_complete(setup, &why) && setup->image_state;
	if (is_complete_everywhere(setup) || (!differ && !done))
		return 0;
	/* an image on its way says so itself: setup-unfinished */
	if (!differ && any_place(setup, "_TO_AUDIT"))
		return 0;
	f = findings_add(out, ID, done ? "not-complete" : "differ",
			 done ? SEVERITY_WARNING : SEVERITY_NOTE, done ? RISK_CAREFUL : RISK_NONE,
			 NULL, "%s%s",
			 differ ? "the places of ImageState disagree" :
				  "Setup has finished, but ImageState is ",
			 differ ? "" : setup->image_state);
	image_state_evidence(f, setup);
	if (!done) {
		finding_cause(
			f,
			"One was written without the others.  Setup has not finished (%s), so none of them is written here.",
			why ? why : "ImageState is missing");
		return 0;
	}
	finding_cause(
		f,
		"SetupType, CmdLine, the flags of progress and all passes say that Setup has finished.  Sysprep, and programs that wait for it, "
		"look at ImageState.");
	finding_repair(f, "write IMAGE_STATE_COMPLETE to each of them");
	if (setup->ini_problem)
		finding_refused(f, "State.ini is there, and is not understood");
	else if (any_place(setup, "GENERALIZE_RESEAL"))
		finding_refused(f, "one of them says that this image is sealed");
	else if (any_place(setup, "_TO_AUDIT"))
		finding_refused(f, "one of them says that the machine is in audit mode");
	return 0;
}

static int
repair(struct subject *s, const struct finding *f, struct error *err)
{
	(void)f;
	return image_state_complete(s, ID, err);
}

static const char *const hinders[] = { "differ", NULL };

const struct check check_sysprep_image_state = {
	.id = ID,
	.title = "ImageState says the same everywhere",
	.group = "sysprep",
	.also = check_also_image,
	.hinders = hinders,
	.problems = problems,
	.doc = doc,
	.diagnose = diagnose,
	.repair = repair,
};
