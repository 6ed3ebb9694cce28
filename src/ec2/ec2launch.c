/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * EC2Launch v1: PowerShell scripts without a service.  What runs them at a start is a scheduled task, which InitializeInstance.ps1
 * registers with -Schedule and disables after it has run.  AWS: "Configure a Windows instance using EC2Launch".
 */
#include <stdlib.h>
#include <string.h>

#include "ec2/agents-private.h"
#include "ec2/scheduled-task.h"
#include "registry/hive.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "volume/volume.h"
#include "windows/windows.h"

#define ROOT	     "/ProgramData/Amazon/EC2-Windows/Launch"
#define NAME	     "Amazon Ec2 Launch - Instance Initialization"
#define TASK	     "System32/Tasks/" NAME
#define CACHE	     "Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache"
#define MODULE_LIMIT (1u << 20)

static const char *const settings[] = { "Config/LaunchConfig.json",
					"Config/DriveLetterMappingConfig.json",
					"Config/EventLogConfig.json" };

/* AWS's documents call the folder Logs in one place. */
static const char *const logs[] = { "Log/Ec2Launch.log", "Logs/Ec2Launch.log" };

/* ModuleVersion = '1.3.2003498' of a PowerShell data file; NULL when it says none.  A line that is a comment does not count. */
static char *
module_version(const char *text)
{
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *p = line + strspn(line, " \t");
		char quote;

		if (strncasecmp(p, "ModuleVersion", 13) != 0)
			continue;
		p += 13 + strspn(p + 13, " \t");
		if (*p++ != '=')
			continue;
		p += strspn(p, " \t");
		quote = *p++;
		if ((quote == '\'' || quote == '"') && strspn(p, "0123456789."))
			return xstrndup(p, strspn(p, "0123456789."));
		p--;
	}
	return NULL;
}

static void
read_version(struct volume *v, struct agent *a)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t len;

	bytes = volume_read_file(v, a->program, MODULE_LIMIT, &len, &ignored);
	a->version = bytes ? module_version((const char *)bytes) : NULL;
	if (a->version)
		a->version_from = xstrdup(a->program);
}

/*
 * Windows starts what TaskCache has: a key of the task's path below Tree, whose Id names a key below Tasks.  (Microsoft: "Tarrask malware uses
 * scheduled tasks for defense evasion".)  Why it does not have this one, or NULL; the caller's.
 */
static char *
not_cached(struct windows *w)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct hive *h = windows_hive(w, HIVE_SOFTWARE, &err);
	CLEANUP_FREE char *id = h ? hive_get_text(h, CACHE "\\Tree\\" NAME, "Id", &err) : NULL;
	CLEANUP_FREE char *key = id ? xasprintf(CACHE "\\Tasks\\%s", id) : NULL;
	hive_key found;

	if (key && *id && hive_find_path(h, key, &found, &err) == 0)
		return NULL;
	return err.code == ERR_NOT_FOUND || (id && !*id) ?
		       xstrdup("SOFTWARE's TaskCache has no such task") :
		       xasprintf("SOFTWARE's TaskCache cannot be read: %s", err.message);
}

/*
 * "InitializeInstance.ps1 -Schedule" registers the task with a trigger at startup; the script disables it again when it has run, unless it is
 * given -KeepSchedule.
 */
static void
read_task(struct windows *w, struct agent *a)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE char *path = windows_path(w, TASK);
	CLEANUP_SCHEDULED_TASK struct scheduled_task t = { 0 };
	CLEANUP_FREE char *uncached = NULL;
	const char *why = NULL;

	a->task = scheduled_task_read(windows_volume(w), path, &t, &err) == 0;
	if (!a->task) {
		a->state = xstrdup(
			err.code == ERR_NOT_FOUND ?
				"InitializeInstance.ps1 is not scheduled: there is no task of it" :
				"whether InitializeInstance.ps1 is scheduled cannot be told: its task cannot be read");
		return;
	}
	if (!t.enabled)
		why = "is disabled, as it is after each run";
	else if (!t.at_boot)
		why = "has no trigger at startup (BootTrigger) that is enabled";
	else if (!name_find(t.runs, "InitializeInstance.ps1"))
		why = "runs something else";
	uncached = why ? NULL : not_cached(w);
	a->task_unsure = uncached;
	a->task_enabled = !why && !uncached;
	a->task_keeps = name_find(t.runs, "-KeepSchedule") || name_find(t.runs, "-SchedulePerBoot");
	a->state =
		why ? xasprintf("InitializeInstance.ps1 is not scheduled: its task %s", why) :
		uncached ?
		      xasprintf(
			      "whether InitializeInstance.ps1 is scheduled is not certain: the file of its task says so, but %s",
			      uncached) :
		      xasprintf("InitializeInstance.ps1 is scheduled for %s",
				a->task_keeps ? "every start (-KeepSchedule)" : "the next start");
}

void
agent_find_ec2launch(struct windows *w, struct agent *a)
{
	struct volume *v = windows_volume(w);

	if (!volume_exists(v, ROOT))
		return;
	a->data = xstrdup(ROOT);
	a->program = agent_path(v, ROOT, "Module/Ec2Launch.psd1");
	if (a->program) {
		a->folder = xstrdup(ROOT);
		read_version(v, a);
	}
	a->answer_file = agent_path(v, ROOT, "Sysprep/Unattend.xml");
	a->log = agent_first_path(v, ROOT, logs, ARRAY_SIZE(logs));
	agent_add_settings(a, v, ROOT, settings, ARRAY_SIZE(settings));
	read_task(w, a);
}
