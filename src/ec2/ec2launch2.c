/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * EC2Launch v2: a service that works through agent-config.yml and then stops.  state/.run-once says that the tasks of frequency "once"
 * have run; state.json is moved to previous-state.json at the end of each run.  AWS: "Configure a Windows instance using EC2Launch v2".
 */
#include <stdlib.h>

#include "ec2/agents-private.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "volume/volume.h"
#include "windows/windows.h"

#define PROGRAM "/Program Files/Amazon/EC2Launch"
#define DATA	"/ProgramData/Amazon/EC2Launch"

/* The service's name as it is; AWS's documents on removing it have the second. */
static const char *const services[] = { "Amazon EC2Launch", "EC2Launch" };

static const char *const programs[] = { "EC2Launch.exe", "service/EC2LaunchService.exe" };

static const char *const settings[] = { "config/agent-config.yml", "state/.run-once",
					"state/state.json", "state/previous-state.json" };

static char *
state_words(const struct agent *a)
{
	return xasprintf(
		"%s%s",
		a->run_once ?
			"the tasks that run once have run (state/.run-once) and will not run again" :
			"the tasks that run once will run at the next start (no state/.run-once)",
		a->state_file ?
			"; the last run did not come to its end (state/state.json is left)" :
			"");
}

void
agent_find_ec2launch2(struct windows *w, struct agent *a)
{
	struct volume *v = windows_volume(w);
	CLEANUP_FREE char *run_once = NULL;
	CLEANUP_FREE char *state = NULL;

	agent_find_service(w, services, ARRAY_SIZE(services), a);
	agent_uninstall_version(w, "Amazon EC2Launch", a);
	if (volume_exists(v, PROGRAM)) {
		a->folder = xstrdup(PROGRAM);
		a->program = agent_first_path(v, PROGRAM, programs, ARRAY_SIZE(programs));
		agent_program_version(w, a);
	}
	if (!volume_exists(v, DATA))
		return;
	a->data = xstrdup(DATA);
	a->answer_file = agent_path(v, DATA, "sysprep/unattend.xml");
	a->log = agent_path(v, DATA, "log/agent.log");
	agent_add_settings(a, v, DATA, settings, ARRAY_SIZE(settings));
	run_once = agent_path(v, DATA, "state/.run-once");
	state = agent_path(v, DATA, "state/state.json");
	a->run_once = run_once;
	a->state_file = state;
	if (a->program || a->service)
		a->state = state_words(a);
}
