/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of marks (of events: Microsoft, "Event ID 41", "User Profile Service events").  Microsoft: "Sysprep process overview", "How configuration passes work"; the texts are those of the logs themselves, as
 * quoted in issue threads and in awsdocs ("Use the EC2Launch v2 logs", "Troubleshoot Sysprep").
 */
#include <stdbool.h>
#include <string.h>

#include "logs/mark.h"
#include "util/alloc.h"

static const struct log_mark marks[] = {
	{ LOG_KIND_PANTHER, "Beginning of a new sysprep run", LOG_STAGE_SYSPREP },
	{ LOG_KIND_PANTHER, "Found supported command line option 'GENERALIZE'",
	  LOG_STAGE_GENERALIZE },
	{ LOG_KIND_PANTHER, "Found supported command line option '", LOG_STAGE_NONE },
	{ LOG_KIND_PANTHER, "WinMain:File operations pending", LOG_STAGE_NONE },
	{ LOG_KIND_PANTHER, "Shutting down SysPrep log", LOG_STAGE_NONE },
	{ LOG_KIND_PANTHER, "specified in action file for phase 2", LOG_STAGE_SPECIALIZE },
	{ LOG_KIND_PANTHER, "WinDeploy.exe launched with command-line", LOG_STAGE_SPECIALIZE },
	{ LOG_KIND_PANTHER, "launching setup.exe", LOG_STAGE_NONE },
	{ LOG_KIND_PANTHER, "Found no unattend file", LOG_STAGE_NONE },
	{ LOG_KIND_PANTHER, "ComputerName set to", LOG_STAGE_NONE },
	{ LOG_KIND_PANTHER, "TimeZone set to", LOG_STAGE_NONE },
	{ LOG_KIND_PANTHER, "CopyProfileDirectory from", LOG_STAGE_NONE },
	{ LOG_KIND_PANTHER, "CopyProfile succeeded", LOG_STAGE_NONE },
	{ LOG_KIND_PANTHER, "returning exit code", LOG_STAGE_NONE },
	{ LOG_KIND_PANTHER, "Process exited with exit code", LOG_STAGE_NONE },
	{ LOG_KIND_PANTHER, "Running oobeSystem pass", LOG_STAGE_OOBE },
	{ LOG_KIND_PANTHER, "Current pass status for [", LOG_STAGE_NONE },
	{ LOG_KIND_PANTHER, "Exiting mandatory tasks", LOG_STAGE_NONE },
	{ LOG_KIND_PANTHER, "will not run SetupComplete.cmd", LOG_STAGE_NONE },
	{ LOG_KIND_SETUPAPI, "[Sysprep Specialize", LOG_STAGE_SPECIALIZE },
	{ LOG_KIND_SETUPAPI, "[Sysprep Respecialize", LOG_STAGE_SPECIALIZE },
	{ LOG_KIND_SETUPAPI, "[Boot Session:", LOG_STAGE_NONE },
	{ LOG_KIND_NETSETUP, "NetpDoDomainJoin: status:", LOG_STAGE_NONE },
	{ LOG_KIND_EC2CONFIG, "Ec2ConfigService starting", LOG_STAGE_AGENT },
	{ LOG_KIND_EC2CONFIG, "EC2 Agent: Ec2Config service", LOG_STAGE_AGENT },
	{ LOG_KIND_EC2CONFIG, "SysprepUtils: Setting bundle", LOG_STAGE_NONE },
	{ LOG_KIND_EC2CONFIG, "Sysprep Start", LOG_STAGE_NONE },
	{ LOG_KIND_EC2CONFIG, "Sysprep End", LOG_STAGE_NONE },
	{ LOG_KIND_EC2CONFIG, "Windows is being configured", LOG_STAGE_NONE },
	{ LOG_KIND_EC2CONFIG, "Windows sysprep configuration complete", LOG_STAGE_NONE },
	{ LOG_KIND_EC2CONFIG, "Windows is Ready to use", LOG_STAGE_READY },
	{ LOG_KIND_EC2CONFIG, "Ec2ConfigService stopping", LOG_STAGE_NONE },
	{ LOG_KIND_EC2LAUNCH, "Initializing instance is started", LOG_STAGE_AGENT },
	{ LOG_KIND_EC2LAUNCH, "Windows is being configured", LOG_STAGE_NONE },
	{ LOG_KIND_EC2LAUNCH, "Windows sysprep configuration complete", LOG_STAGE_NONE },
	{ LOG_KIND_EC2LAUNCH, "Windows is Ready to use", LOG_STAGE_READY },
	{ LOG_KIND_EC2LAUNCH, "Userdata execution begins", LOG_STAGE_NONE },
	{ LOG_KIND_EC2LAUNCH, "Userdata execution done", LOG_STAGE_NONE },
	{ LOG_KIND_EC2LAUNCH_V2, "EC2Launch Service starting", LOG_STAGE_AGENT },
	{ LOG_KIND_EC2LAUNCH_V2, "Sysprep command:", LOG_STAGE_NONE },
	{ LOG_KIND_EC2LAUNCH_V2, "Stage: ", LOG_STAGE_NONE },
	{ LOG_KIND_EC2LAUNCH_V2, "Windows is being configured", LOG_STAGE_NONE },
	{ LOG_KIND_EC2LAUNCH_V2, "Windows sysprep configuration complete", LOG_STAGE_NONE },
	{ LOG_KIND_EC2LAUNCH_V2, "Windows is Ready to use", LOG_STAGE_READY },
	{ LOG_KIND_EC2LAUNCH_V2, "EC2Launch stopped", LOG_STAGE_NONE },
	{ LOG_KIND_CONSOLE, "Windows is being configured", LOG_STAGE_NONE },
	{ LOG_KIND_CONSOLE, "Windows sysprep configuration complete", LOG_STAGE_NONE },
	{ LOG_KIND_CONSOLE, "Windows is Ready to use", LOG_STAGE_READY },
	{ LOG_KIND_SSM, "Starting Core Agent", LOG_STAGE_NONE },
	{ LOG_KIND_EVENTS, "Microsoft-Windows-Kernel-General", LOG_STAGE_NONE, 12,
	  "Windows starts" },
	{ LOG_KIND_EVENTS, "Microsoft-Windows-Kernel-General", LOG_STAGE_NONE, 13,
	  "Windows shuts down" },
	{ LOG_KIND_EVENTS, "Microsoft-Windows-Kernel-Power", LOG_STAGE_NONE, 41,
	  "Windows starts without having shut down" },
	{ LOG_KIND_EVENTS, "EventLog", LOG_STAGE_NONE, 6008, "the last shutdown was unexpected" },
	{ LOG_KIND_EVENTS, "User32", LOG_STAGE_NONE, 1074,
	  "a program restarts or shuts down Windows" },
	{ LOG_KIND_EVENTS, "Microsoft-Windows-User Profiles Service", LOG_STAGE_NONE, 1511,
	  "a temporary profile is used, because the user's own was not found" },
	{ LOG_KIND_EVENTS, "Microsoft-Windows-User Profiles Service", LOG_STAGE_NONE, 1515,
	  "a profile was set aside, because it could not be loaded" },
	{ LOG_KIND_EVENTS, "Service Control Manager", LOG_STAGE_NONE, 7045,
	  "a service was installed" },
};

_Static_assert(ARRAY_SIZE(marks) <= LOG_MARKS_MAX, "more marks than a finder has room for");

const char *
log_stage_text(enum log_stage stage)
{
	static const char *const names[LOG_STAGE_COUNT] = {
		"",	"Sysprep",	"generalize",	   "specialize",
		"OOBE", "agent starts", "Windows is Ready"
	};

	return names[stage];
}

const struct log_mark *
log_mark_of(const struct log_record *r)
{
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		const struct log_mark *m = &marks[i];
		bool event = m->kind == LOG_KIND_EVENTS;

		if (m->kind == r->kind && (!event || m->id == r->id) &&
		    (event ? strcmp(m->text, r->component) == 0 :
			     strstr(r->message, m->text) != NULL))
			return m;
	}
	return NULL;
}

const char *
log_mark_find(void *ctx, const char *p, size_t n)
{
	struct log_mark_finder *f = ctx;
	const char *end = p + n, *first = NULL;
	/* the buffer is filled again: within a block each call is behind the one before */
	bool fresh = p <= f->last || end != f->end || !f->last;

	f->last = p;
	f->end = end;
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (marks[i].kind != f->kind)
			continue;
		/* each mark is looked for once in a block, however many others there are */
		if (fresh || (f->next[i] && f->next[i] < p))
			f->next[i] = memmem(p, n, marks[i].text, strlen(marks[i].text));
		if (f->next[i] && (!first || f->next[i] < first))
			first = f->next[i];
	}
	return first;
}
