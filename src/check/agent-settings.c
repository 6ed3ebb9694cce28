/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The settings files of the launch agents as the agents read them.  Report only: what was meant is not known; `resprep agent TARGET set`
 * sets a value.
 */
#include "check/checks.h"
#include "check/subject.h"
#include "ec2/settings.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"

#define ID "agent-settings"

static const struct problem problems[] = {
	{ "unreadable", SEVERITY_ERROR, RISK_NONE,
	  "A settings file of the launch agent is not well-formed, or cannot be read." },
	{ "rejected", SEVERITY_ERROR, RISK_NONE,
	  "The launch agent gives a settings file up as a whole and uses its defaults." },
	{ "twice", SEVERITY_WARNING, RISK_NONE, "A setting is there twice." },
	{ "bad-value", SEVERITY_WARNING, RISK_NONE,
	  "A setting has a value that the launch agent does not know." },
	{ "incomplete", SEVERITY_WARNING, RISK_NONE, "BundleConfig.xml lacks a property." },
	{ "unknown", SEVERITY_NOTE, RISK_NONE,
	  "A stage, task or input that AWS' documents do not name." },
	{ 0 },
};

static const char doc[] =
	"Reads the settings files of the agents that are installed: EC2Config's Settings\\*.xml, EC2Launch v1's Config\\*.json,\n"
	"EC2Launch v2's agent-config.yml.  A file that is not well-formed is shown with line and column.  EC2Launch v1 gives up a\n"
	"LaunchConfig.json that lacks one of its five required keys, or has one with a value of another type, and sets a\n"
	"random Administrator password.  Values are compared with those that AWS' documents name.\n"
	"\n"
	"There is no repair, because what was meant is not known: 'resprep agent TARGET show' shows all settings, and\n"
	"'resprep agent TARGET set' changes one.";

static const struct {
	const char *code;
	enum severity severity;
	const char *cause;
} kinds[] = {
	[SETTING_UNREADABLE] = { "unreadable", SEVERITY_ERROR,
				 "The agent cannot read it either, and goes on with its defaults or stops." },
	[SETTING_REJECTED] = { "rejected", SEVERITY_ERROR,
			       "None of what stands in the file acts at the next start." },
	[SETTING_TWICE] = { "twice", SEVERITY_WARNING, "Which of the two acts is not known." },
	[SETTING_BAD_VALUE] = { "bad-value", SEVERITY_WARNING,
				"What the agent makes of it is not known." },
	[SETTING_INCOMPLETE] = { "incomplete", SEVERITY_WARNING,
				 "EC2Config asks for it before it runs Sysprep." },
	[SETTING_UNKNOWN] = { "unknown", SEVERITY_NOTE,
			      "It may be of a newer version, or misspelt." },
};

static int
diagnose(struct subject *s, struct findings *out, struct error *err)
{
	CLEANUP_AGENT_SETTINGS struct agent_settings all = { 0 };
	const struct agents *agents = subject_agents(s, err);

	if (!agents || agent_settings_read(subject_windows(s), agents, &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all.problem_count; i++) {
		const struct setting_problem *p = &all.problems[i];
		const struct setting_file *file = &all.files[p->file];
		CLEANUP_FREE char *where = p->column ? xasprintf(", line %d, column %d", p->line,
								 p->column) :
						       xstrdup("");
		struct finding *f = findings_add(out, ID, kinds[p->kind].code,
						 kinds[p->kind].severity, RISK_NONE, p->subject,
						 "%s%s: %s", file->name, where, p->text);

		finding_line(f, file->path, (uint64_t)p->line, 0, NULL);
		finding_cause(f, "%s", kinds[p->kind].cause);
	}
	return 0;
}

const struct check check_agent_settings = {
	.id = ID,
	.title = "The launch agent's settings are such that it takes them",
	.group = "agent",
	.also = check_also_image,
	.problems = problems,
	.doc = doc,
	.diagnose = diagnose,
};
