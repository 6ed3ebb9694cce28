/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether Sysprep has sealed the volume: only then does every instance of an image get a SID and a name of its own (Microsoft: "Sysprep
 * (Generalize) a Windows installation"; AWS: "Create an Amazon EC2 AMI using Windows Sysprep", which also says that Sysprep is not for backups).
 */
#include "check/checks.h"
#include "check/subject.h"
#include "util/utf16.h"
#include "volume/volume.h"

#define ID "image-sealed"

static const struct problem problems[] = {
	{ "not-sealed", SEVERITY_WARNING, RISK_NONE, "Sysprep has not generalized this Windows." },
	{ "failed", SEVERITY_ERROR, RISK_NONE, "Sysprep was run, and did not seal this Windows." },
	{ "on-its-way", SEVERITY_ERROR, RISK_NONE, "Setup is in the middle of a pass." },
	{ "not-armed", SEVERITY_ERROR, RISK_NONE,
	  "ImageState says sealed, but the next boot does not start Setup." },
	{ "audit", SEVERITY_WARNING, RISK_NONE, "Instances would boot to audit mode." },
	{ "unknown", SEVERITY_WARNING, RISK_NONE, "Where Sysprep stands cannot be told." },
	{ "tag-missing", SEVERITY_NOTE, RISK_NONE,
	  "This Windows is sealed, but Sysprep_succeeded.tag is not there." },
	{ "hibernated", SEVERITY_ERROR, RISK_NONE, "A hibernated session is on the volume." },
	{ "no-backup", SEVERITY_NOTE, RISK_NONE, "A sealed volume is no backup of its machine." },
	{ 0 },
};

static const char doc[] =
	"An image for new machines is made of a volume that Sysprep has generalized and shut down: SetupType 2, CmdLine oobe\\windeploy.exe,\n"
	"ImageState IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE.  Without that every instance has this machine's SID and name; AutoSysprep=Yes in\n"
	"BundleConfig.xml does not run Sysprep.  Also tells whether a hibernated session is on the volume, which every instance would wake up.\n"
	"\n"
	"A backup is the other way round: an image without Sysprep.  AWS warns against Sysprep for backups, because it takes away what makes the\n"
	"machine this one.  There is no repair: Sysprep runs in Windows.";

/* How Sysprep is started through the agent that is there (AWS: "Use Windows Sysprep with a launch agent"). */
static const char *
way(const struct agents *a)
{
	if (a->list[AGENT_EC2LAUNCH2].installed)
		return "in Windows: \"C:\\Program Files\\Amazon\\EC2Launch\\EC2Launch.exe\" sysprep --shutdown=true";
	if (a->list[AGENT_EC2LAUNCH].installed)
		return "in Windows: InitializeInstance.ps1 -Schedule, then SysprepInstance.ps1, both of EC2Launch";
	if (a->list[AGENT_EC2CONFIG].installed)
		return "in Windows: \"C:\\Program Files\\Amazon\\Ec2ConfigService\\Ec2Config.exe\" -sysprep";
	return "in Windows: install a launch agent, and run Sysprep through it";
}

static void
add_state(struct finding *f, const struct setup_state *setup)
{
	finding_registry(f, "SYSTEM", "Setup", "CmdLine",
			 setup->cmd_line ? setup->cmd_line : "absent", 0);
	finding_registry(f, "SOFTWARE", SETUP_STATE_KEY, "ImageState",
			 setup->image_state ? setup->image_state : "absent", 0);
}

static struct finding *
add(struct findings *out, const char *problem, enum severity severity,
    const struct setup_state *setup, const char *title)
{
	struct finding *f = findings_add(out, ID, problem, severity, RISK_NONE, NULL, "%s", title);

	add_state(f, setup);
	return f;
}

static void
not_sealed(const struct setup_state *setup, const struct agents *agents, struct findings *out)
{
	struct finding *f = add(out, "not-sealed", SEVERITY_WARNING, setup,
				"Sysprep has not generalized this Windows");

	finding_cause(
		f,
		"Every instance of an image of it would have its SID and its name.  That is right for a backup of this machine, for which Sysprep is not "
		"meant, and wrong for an image of which new machines are made.");
	finding_repair(f, "%s", way(agents));
}

static void
sealed(const struct setup_state *setup, struct findings *out)
{
	struct finding *f;

	if (setup->image_state && name_find(setup->image_state, "_TO_AUDIT")) {
		f = add(out, "audit", SEVERITY_WARNING, setup,
			"this Windows is sealed for audit mode");
		finding_cause(
			f,
			"Instances would boot to audit mode and log Administrator on.  Sysprep is to be run with /oobe.");
	}
	if (!setup->succeeded_tag) {
		f = add(out, "tag-missing", SEVERITY_NOTE, setup,
			"this Windows is sealed, but Sysprep_succeeded.tag is not there");
		finding_cause(f, "Sysprep writes it when all has gone well.  Look at its logs.");
	}
	f = add(out, "no-backup", SEVERITY_NOTE, setup,
		"a sealed volume is no backup of its machine");
	finding_cause(
		f,
		"Sysprep has taken away SID, name and event logs.  An instance of the image is a new machine.");
}

static void
judge(const struct sysprep_state *state, const struct setup_state *setup,
      const struct agents *agents, struct findings *out)
{
	struct finding *f;

	switch (state->verdict) {
	case SYSPREP_SEALED:
		sealed(setup, out);
		return;
	case SYSPREP_DEPLOYED:
		not_sealed(setup, agents, out);
		return;
	case SYSPREP_FAILED:
	case SYSPREP_GENERALIZE_ABORTED:
		f = add(out, "failed", SEVERITY_ERROR, setup,
			"Sysprep was run, and did not seal this Windows");
		break;
	case SYSPREP_NOT_ARMED:
		f = add(out, "not-armed", SEVERITY_ERROR, setup,
			"ImageState says that this Windows is sealed, but the next boot does not start Setup");
		break;
	case SYSPREP_SPECIALIZE:
	case SYSPREP_RESTART_LOOP:
	case SYSPREP_OOBE:
		f = add(out, "on-its-way", SEVERITY_ERROR, setup,
			"Setup is in the middle of a pass");
		break;
	case SYSPREP_AUDIT:
		f = add(out, "audit", SEVERITY_WARNING, setup,
			"the machine boots to audit mode, and is not sealed");
		break;
	default:
		f = add(out, "unknown", SEVERITY_WARNING, setup,
			"where Sysprep stands cannot be told");
		break;
	}
	finding_cause(
		f, "%s  'resprep check' without --group says what is wrong and what can be done.",
		setup->detail);
}

static int
diagnose(struct subject *s, struct findings *out, struct error *err)
{
	const struct setup_state *setup = subject_setup(s, err);
	const struct sysprep_state *state = setup ? subject_sysprep(s, err) : NULL;
	const struct agents *agents = state ? subject_agents(s, err) : NULL;
	struct finding *f;

	if (!agents)
		return -1;
	judge(state, setup, agents, out);
	if (volume_state(subject_volume(s))->hibernated) {
		f = findings_add(out, ID, "hibernated", SEVERITY_ERROR, RISK_NONE, NULL,
				 "a hibernated session is on the volume");
		finding_line(f, VOLUME_HIBERNATION, 0, 0, NULL);
		finding_cause(
			f,
			"Every instance would wake up in the middle of what this machine was doing.  Start the machine and shut it down.");
	}
	return 0;
}

const struct check check_image_sealed = {
	.id = ID,
	.title = "Sysprep has sealed this Windows",
	.group = GROUP_IMAGE,
	.asked_only = true,
	.problems = problems,
	.doc = doc,
	.diagnose = diagnose,
};
