/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The scripts and commands that the launch agent has run around Sysprep.  Report only: they are the user's to change, and AWS gives no
 * permission to ship its own.
 */
#include <string.h>

#include "check/checks.h"
#include "check/subject.h"
#include "ec2/scripts.h"
#include "util/error.h"

#define ID "agent-scripts"

static const struct problem problems[] = {
	{ "missing", SEVERITY_WARNING, RISK_NONE,
	  "A script around Sysprep is missing, or a setting names one that is not there." },
	{ "unreadable", SEVERITY_WARNING, RISK_NONE,
	  "A script around Sysprep, or the agent's answer file, cannot be read." },
	{ "broken", SEVERITY_WARNING, RISK_NONE,
	  "A script around Sysprep does not do what it is for." },
	{ "not-run", SEVERITY_WARNING, RISK_NONE,
	  "The agent's answer file does not run a command that the new machine needs." },
	{ "sealed-not-run", SEVERITY_WARNING, RISK_NONE,
	  "The answer file that the specialize pass of this sealed image uses lacks a command that the new machine needs, or there is none." },
	{ "sealed-unsure", SEVERITY_WARNING, RISK_NONE,
	  "Which answer file the specialize pass of this sealed image uses cannot be told." },
	{ "differs", SEVERITY_NOTE, RISK_NONE,
	  "A script around Sysprep does more than what the agent ships." },
	{ "before-2015", SEVERITY_NOTE, RISK_NONE,
	  "SetupComplete.cmd does not call PostSysprep.cmd, as in images of before April 2015." },
	{ 0 },
};

static const char doc[] =
	"Looks at what the installed agent has run around Sysprep: BeforeSysprep.cmd shuts Remote Desktop (fDenyTSConnections 1),\n"
	"because Administrator's password is blank for a moment; SysprepSpecializePhase.cmd (EC2Launch v1: SysprepSpecialize.cmd)\n"
	"opens it again; SetupComplete.cmd calls PostSysprep.cmd; ScramblePassword.exe or Randomize-LocalAdminPassword.ps1 sets\n"
	"a password; and at the commands of the agent's answer file that run them in the specialize pass.  Without 'net user\n"
	"Administrator /ACTIVE:YES' Administrator stays disabled on the new machine, without the second command the password stays\n"
	"blank, without the third Remote Desktop stays shut.  In a sealed image the same is asked of the answer file that Windows will use for\n"
	"specialize, which need not be the agent's.\n"
	"\n"
	"Commands beyond those that the agent ships are shown as differences.  There is no repair: copy the agent's own file from a\n"
	"working instance, or install the agent again.";

static const struct {
	const char *code;
	enum severity severity;
} kinds[] = {
	[SCRIPT_MISSING] = { "missing", SEVERITY_WARNING },
	[SCRIPT_UNREADABLE] = { "unreadable", SEVERITY_WARNING },
	[SCRIPT_BROKEN] = { "broken", SEVERITY_WARNING },
	[SCRIPT_NOT_NAMED] = { "not-run", SEVERITY_WARNING },
	[SCRIPT_DIFFERS] = { "differs", SEVERITY_NOTE },
	[SCRIPT_SEALED] = { "sealed-not-run", SEVERITY_WARNING },
	[SCRIPT_SEALED_UNSURE] = { "sealed-unsure", SEVERITY_WARNING },
};

/* One finding a script for all lines that differ. */
static struct finding *
differing(struct findings *out, const struct script_problem *p)
{
	for (size_t i = 0; i < out->count; i++) {
		struct finding *f = &out->list[i];

		if (strcmp(f->check, ID) == 0 && strcmp(f->problem, "differs") == 0 &&
		    strcmp(f->subject, p->subject) == 0)
			return f;
	}
	return findings_add(out, ID, "differs", SEVERITY_NOTE, RISK_NONE, p->subject,
			    "%s runs more than what %s ships", p->subject, agent_name(p->agent));
}

static void
add(struct findings *out, const struct script_problem *p)
{
	/* what old images are like is no fault */
	bool old = p->kind != SCRIPT_UNREADABLE && strcmp(p->subject, "SetupComplete.cmd") == 0 &&
		   p->kind != SCRIPT_DIFFERS;
	struct finding *f;

	if (p->kind == SCRIPT_DIFFERS) {
		f = differing(out, p);
		finding_line(f, p->path, p->line, 0, p->text);
		return;
	}
	f = findings_add(out, ID, old ? "before-2015" : kinds[p->kind].code,
			 old ? SEVERITY_NOTE : kinds[p->kind].severity, RISK_NONE, p->subject,
			 "%s: %s", agent_name(p->agent), p->text);
	finding_line(f, p->path, p->line, 0, NULL);
	if (p->meaning)
		finding_cause(f, "%s", p->meaning);
}

static void
add_sealed(struct findings *out, const struct script_problem *p)
{
	struct finding *f = findings_add(out, ID, kinds[p->kind].code, kinds[p->kind].severity,
					 RISK_NONE, p->subject, "%s", p->text);

	if (p->path)
		finding_line(f, p->path, 0, 0, NULL);
	else
		finding_registry(f, "SYSTEM", "Setup", "UnattendFile", NULL, 0);
	finding_cause(f, "%s", p->meaning);
}

/* Nobody misses an agent's commands where no agent is. */
static int
diagnose_sealed(struct subject *s, const struct agents *agents, const struct setup_state *setup,
		struct findings *out, struct error *err)
{
	CLEANUP_SCRIPT_PROBLEMS struct script_problems all = { 0 };

	if (!agents->installed)
		return 0;
	if (scripts_examine_sealed(subject_windows(s), setup, &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all.count; i++)
		add_sealed(out, &all.list[i]);
	return 0;
}

static int
diagnose(struct subject *s, struct findings *out, struct error *err)
{
	CLEANUP_SCRIPT_PROBLEMS struct script_problems all = { 0 };
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	const struct agents *agents = subject_agents(s, err);
	const struct setup_state *setup = subject_setup(s, &ignored);

	if (!agents || scripts_examine(subject_windows(s), agents,
				       setup && setup->phase == SETUP_SEALED, &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all.count; i++)
		add(out, &all.list[i]);
	return diagnose_sealed(s, agents, setup, out, err);
}

const struct check check_agent_scripts = {
	.id = ID,
	.title = "What the launch agent runs around Sysprep is there and does its work",
	.group = "agent",
	.also = check_also_image,
	.problems = problems,
	.doc = doc,
	.diagnose = diagnose,
};
