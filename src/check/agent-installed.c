/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One launch agent, and one for this Windows.  Two run against each other at each start (AWS' own document AWSEC2-RunSysprep refuses then:
 * "More than one agent detected; only one should be installed."); without one nobody sets a password, runs user data or adds routes.  Report
 * only: agents are installed and removed by their installers.
 */
#include "check/checks.h"
#include "check/subject.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"

#define ID "agent-installed"

static const struct problem problems[] = {
	{ "several", SEVERITY_WARNING, RISK_NONE, "More than one launch agent is installed." },
	{ "unfit", SEVERITY_WARNING, RISK_NONE,
	  "A launch agent is installed that is not for this Windows." },
	{ "missing", SEVERITY_WARNING, RISK_NONE,
	  "There is no launch agent, although this Windows has run on EC2." },
	{ 0 },
};

static const char doc[] =
	"Looks for EC2Config, EC2Launch v1 and EC2Launch v2 by their programs, services and entries in the list of installed\n"
	"programs.  EC2Config is for Windows up to Server 2012 R2, EC2Launch v1 for 2016 to 2019, v2 for 2012 and later.\n"
	"\n"
	"Two agents at once set passwords, names and routes against each other.  That there is none is only said where other\n"
	"things show that this Windows has run on EC2: AWS' key MachineImage, its NVMe, network or PV drivers, its activation\n"
	"server.  There is no repair: agents are installed and removed by their installers, in a running Windows.";

static void
add_traces(struct finding *f, const struct agent *a, enum agent_kind kind)
{
	CLEANUP_FREE char *words = xasprintf("%s%s%s", agent_name(kind), a->version ? " " : "",
					     a->version ? a->version : "");

	if (a->program)
		finding_line(f, a->program, 0, 0, words);
	else if (a->service)
		finding_registry(f, "SYSTEM", a->service_key, NULL, NULL, 0);
}

static void
find_several(const struct agents *all, struct findings *out)
{
	CLEANUP_TEXT struct text names = TEXT_INIT;
	struct finding *f;

	for (int i = 0; i < AGENT_KINDS; i++)
		if (all->list[i].installed)
			text_addf(&names, "%s%s", names.len ? " and " : "",
				  agent_name((enum agent_kind)i));
	f = findings_add(out, ID, "several", SEVERITY_WARNING, RISK_NONE, NULL,
			 "more than one launch agent is installed: %s", text_str(&names));
	for (int i = 0; i < AGENT_KINDS; i++)
		if (all->list[i].installed)
			add_traces(f, &all->list[i], (enum agent_kind)i);
	finding_cause(
		f,
		"Each of them sets password, name and routes at a start, and AWS' tools refuse Sysprep.  Uninstall all "
		"but one in the running Windows.");
}

static void
find_unfit(const struct agent *a, enum agent_kind kind, const struct windows_version *v,
	   struct findings *out)
{
	struct finding *f = findings_add(out, ID, "unfit", SEVERITY_WARNING, RISK_NONE,
					 agent_word(kind), "%s is not for %s (build %s)",
					 agent_name(kind), v->product ? v->product : "this Windows",
					 v->build);

	add_traces(f, a, kind);
	finding_cause(f, "AWS has %s on this Windows.  Install that, and remove this one.",
		      agent_name(agent_for(v->build)));
}

static void
find_missing(const struct agents *all, const struct windows_version *v, struct findings *out)
{
	enum agent_kind wanted = agent_for(v->build);
	struct finding *f = findings_add(out, ID, "missing", SEVERITY_WARNING, RISK_NONE, NULL,
					 "there is no launch agent");

	for (size_t i = 0; i < all->evidence_count; i++)
		finding_line(f, NULL, 0, 0, all->evidence[i]);
	finding_cause(
		f,
		"This Windows has run on EC2.  Without an agent nobody sets Administrator's password, runs user data or "
		"keeps the routes to the metadata service.%s%s%s",
		wanted < AGENT_KINDS ? "  AWS has " : "",
		wanted < AGENT_KINDS ? agent_name(wanted) : "",
		wanted < AGENT_KINDS ? " on it." : "");
}

static int
diagnose(struct subject *s, struct findings *out, struct error *err)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	const struct agents *all = subject_agents(s, err);
	const struct windows_version *v;

	if (!all)
		return -1;
	v = subject_version(s, &ignored);
	if (all->installed > 1)
		find_several(all, out);
	for (int i = 0; v && i < AGENT_KINDS; i++)
		if (all->list[i].installed && !agent_fits((enum agent_kind)i, v->build))
			find_unfit(&all->list[i], (enum agent_kind)i, v, out);
	/* what uninstall entries and drivers say needs SOFTWARE */
	if (v && !all->installed && all->evidence_count)
		find_missing(all, v, out);
	return 0;
}

const struct check check_agent_installed = {
	.id = ID,
	.title = "One launch agent is installed, and it is for this Windows",
	.group = "agent",
	.also = check_also_image,
	.problems = problems,
	.doc = doc,
	.diagnose = diagnose,
};
