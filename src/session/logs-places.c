/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of places.  Microsoft: "Windows Setup log files and event logs", "Deployment troubleshooting and log files"; awsdocs: the agents' pages, and the
 * list of what EC2Rescue collects, all of which is here under its names, with what it lacks: EC2Launch v2, UnattendGC, servicing, the
 * domain join.
 */
#include <string.h>

#include "session/logs-places.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/utf16.h"

const struct log_group log_groups[] = {
	{ "sysprep", NULL, "Sysprep, specialize and OOBE: Panther, UnattendGC, answer files",
	  true },
	{ "setup", NULL,
	  "upgrades and resets: $WINDOWS.~BT, Windows.old, NewOS, MoSetup, SetupDiag", true },
	{ "drivers", "driver-setup", "setupapi's logs, DPInst, AWS PV drivers", true },
	{ "servicing", NULL, "CBS, DISM, DPX, pending.xml, poqexec.log", true },
	{ "domain", NULL, "NetSetup.log, dcpromo.log, netlogon.log, userenv.log", true },
	{ "ec2config", NULL, "EC2Config's logs and settings", true },
	{ "ec2launch", NULL, "EC2Launch v1's logs and settings", true },
	{ "ec2launch-v2", NULL, "EC2Launch v2's logs, settings and state", true },
	{ "ssm", "ssm-agent", "the SSM agent's logs, patch baseline, instance data", true },
	{ "events", "eventlog",
	  "the event logs that matter for Setup, profiles, Remote Desktop, agents", true },
	{ "windows-update", NULL, "Windows Update's logs", true },
	{ "registry", NULL,
	  "SYSTEM, SOFTWARE, DEFAULT, COMPONENTS with their logs; with --with-secrets also SAM and SECURITY",
	  false },
	{ "boot", "boot-config", "the boot configuration, if it is on this volume", false },
	{ "memory-dump", NULL, "MEMORY.DMP and small dumps", false },
	{ "wer", NULL, "Windows Error Reporting's archive and queue", false },
	{ "egpu", NULL, "Elastic Graphics", false },
	{ "cloudendure", NULL, "CloudEndure and the AWS Replication Agent", false },
	{ "ecs", NULL, "the ECS agent", false },
};
const size_t log_group_count = ARRAY_SIZE(log_groups);

#define COPY LOG_KIND_COUNT
#define PAN  LOG_KIND_PANTHER
#define AGENT_FOLDER(folder)                                                       \
	{ "ec2config", folder "/Logs", NULL, 0, LOG_KIND_EC2CONFIG, SECRET_NONE }, \
		{ "ec2config", folder "/Settings", NULL, 0, COPY, SECRET_MASKED }, \
		{ "ec2config", folder, "sysprep*.xml", 0, COPY, SECRET_MASKED },   \
	{                                                                          \
		"ec2config", folder "/Scripts", NULL, 0, COPY, SECRET_MASKED       \
	}

const struct log_folder log_folders[] = {
	{ "sysprep", "Panther/UnattendGC", NULL, 0, PAN, SECRET_MASKED },
	{ "sysprep", "Panther", NULL, 0, PAN, SECRET_MASKED },
	{ "sysprep", "Panther/Unattend", NULL, 0, PAN, SECRET_MASKED },
	{ "sysprep", "System32/Sysprep/Panther", NULL, 0, PAN, SECRET_MASKED },
	{ "sysprep", "System32/Sysprep/Panther/IE", NULL, 0, PAN, SECRET_NONE },
	{ "sysprep", "System32/Sysprep", "*.xml", 0, COPY, SECRET_MASKED },
	{ "sysprep", "System32/Sysprep", "*.tag", 0, COPY, SECRET_NONE },
	{ "sysprep", "Setup/State", "State.ini", 0, COPY, SECRET_NONE },
	{ "sysprep", "Setup/Scripts", NULL, 0, COPY, SECRET_MASKED },

	{ "setup", "Panther/NewOS", NULL, 2, PAN, SECRET_MASKED },
	{ "setup", "/$WINDOWS.~BT/Sources/Panther", NULL, 1, PAN, SECRET_MASKED },
	{ "setup", "/$WINDOWS.~BT/Sources/Rollback", NULL, 2, PAN, SECRET_MASKED },
	{ "setup", "/Windows.old/Windows/Panther", NULL, 1, PAN, SECRET_MASKED },
	{ "setup", "/Windows.old/Windows/System32/Sysprep/Panther", NULL, 1, PAN, SECRET_MASKED },
	{ "setup", "/Windows.old/Windows/INF", "setupapi*.log", 0, LOG_KIND_SETUPAPI, SECRET_NONE },
	{ "setup", "Logs/MoSetup", NULL, 0, PAN, SECRET_NONE },
	{ "setup", "Logs/SetupDiag", NULL, 0, COPY, SECRET_NONE },
	{ "setup", "Logs/PBR", NULL, 3, PAN, SECRET_MASKED },
	{ "setup", "/$SysReset/Logs", NULL, 1, PAN, SECRET_MASKED },

	{ "drivers", "INF", "setupapi*.log", 0, LOG_KIND_SETUPAPI, SECRET_NONE },
	{ "drivers", "", "DPINST.LOG", 0, COPY, SECRET_NONE },
	{ "drivers", "/Program Files/Amazon/Xentools", "*.log", 0, COPY, SECRET_NONE },

	{ "servicing", "Logs/CBS", NULL, 0, LOG_KIND_CBS, SECRET_NONE },
	{ "servicing", "Logs/DISM", NULL, 0, LOG_KIND_DISM, SECRET_NONE },
	{ "servicing", "Logs/DPX", NULL, 0, PAN, SECRET_NONE },
	{ "servicing", "WinSxS", "pending.xml*", 0, COPY, SECRET_NONE },
	{ "servicing", "WinSxS", "poqexec.log", 0, COPY, SECRET_NONE },
	{ "servicing", "WinSxS", "reboot.xml", 0, COPY, SECRET_NONE },

	{ "domain", "debug", "NetSetup*.log", 0, LOG_KIND_NETSETUP, SECRET_NONE },
	{ "domain", "debug", "dcpromo*.log", 0, COPY, SECRET_NONE },
	{ "domain", "debug", "netlogon*", 0, COPY, SECRET_NONE },
	{ "domain", "debug/UserMode", "userenv*", 0, COPY, SECRET_NONE },

	AGENT_FOLDER("/Program Files/Amazon/Ec2ConfigService"),
	AGENT_FOLDER("/Program Files/Amazon/Ec2ConfigSetup"),
	{ "ec2config", "/ProgramData/Amazon/Ec2Config/Logs", NULL, 0, LOG_KIND_EC2CONFIG,
	  SECRET_NONE },

	{ "ec2launch", "/ProgramData/Amazon/EC2-Windows/Launch/Log", NULL, 0, LOG_KIND_EC2LAUNCH,
	  SECRET_NONE },
	{ "ec2launch", "/ProgramData/Amazon/EC2-Windows/Launch/Config", NULL, 0, COPY,
	  SECRET_MASKED },
	{ "ec2launch", "/ProgramData/Amazon/EC2-Windows/Launch/Sysprep", NULL, 0, COPY,
	  SECRET_MASKED },

	{ "ec2launch-v2", "/ProgramData/Amazon/EC2Launch/log", NULL, 0, LOG_KIND_EC2LAUNCH_V2,
	  SECRET_NONE },
	{ "ec2launch-v2", "/ProgramData/Amazon/EC2Launch/config", NULL, 0, COPY, SECRET_MASKED },
	{ "ec2launch-v2", "/ProgramData/Amazon/EC2Launch/state", NULL, 0, COPY, SECRET_MASKED },
	{ "ec2launch-v2", "/ProgramData/Amazon/EC2Launch/sysprep", NULL, 0, COPY, SECRET_MASKED },

	{ "ssm", "/ProgramData/Amazon/SSM/Logs", NULL, 1, LOG_KIND_SSM, SECRET_NONE },
	{ "ssm", "/ProgramData/Amazon/SSM/InstanceData", NULL, 4, COPY, SECRET_MASKED },
	{ "ssm", "/ProgramData/Amazon/PatchBaselineOperations/Logs", NULL, 1, COPY, SECRET_NONE },

	{ "events", "System32/winevt/Logs", "System.evtx", 0, LOG_KIND_EVENTS, SECRET_NONE },
	{ "events", "System32/winevt/Logs", "Application.evtx", 0, LOG_KIND_EVENTS, SECRET_NONE },
	{ "events", "System32/winevt/Logs", "Setup.evtx", 0, LOG_KIND_EVENTS, SECRET_NONE },
	{ "events", "System32/winevt/Logs", "Microsoft-Windows-User Profile Service*", 0,
	  LOG_KIND_EVENTS, SECRET_NONE },
	{ "events", "System32/winevt/Logs", "Microsoft-Windows-TerminalServices-*", 0,
	  LOG_KIND_EVENTS, SECRET_NONE },
	{ "events", "System32/winevt/Logs", "Microsoft-Windows-AppXDeployment*", 0, LOG_KIND_EVENTS,
	  SECRET_NONE },
	{ "events", "System32/winevt/Logs", "*EC2*", 0, LOG_KIND_EVENTS, SECRET_NONE },
	{ "events", "System32/config", "*.evt", 0, COPY, SECRET_NONE },

	{ "windows-update", "", "WindowsUpdate.log", 0, COPY, SECRET_NONE },
	{ "windows-update", "SoftwareDistribution", "ReportingEvents.log", 0, COPY, SECRET_NONE },
	{ "windows-update", "Logs/WindowsUpdate", NULL, 0, COPY, SECRET_NONE },

	{ "registry", "System32/config", "SYSTEM*", 0, COPY, SECRET_NONE },
	{ "registry", "System32/config", "SOFTWARE*", 0, COPY, SECRET_NONE },
	{ "registry", "System32/config", "DEFAULT*", 0, COPY, SECRET_NONE },
	{ "registry", "System32/config", "COMPONENTS*", 0, COPY, SECRET_NONE },
	{ "registry", "System32/config", "SAM*", 0, COPY, SECRET_WHOLE },
	{ "registry", "System32/config", "SECURITY*", 0, COPY, SECRET_WHOLE },

	{ "boot", "/Boot", "BCD*", 0, COPY, SECRET_NONE },
	{ "boot", "/EFI/Microsoft/Boot", "BCD*", 0, COPY, SECRET_NONE },

	{ "memory-dump", "", "MEMORY.DMP", 0, COPY, SECRET_NONE },
	{ "memory-dump", "Minidump", NULL, 0, COPY, SECRET_NONE },

	{ "wer", "/ProgramData/Microsoft/Windows/WER/ReportArchive", NULL, 1, COPY, SECRET_NONE },
	{ "wer", "/ProgramData/Microsoft/Windows/WER/ReportQueue", NULL, 1, COPY, SECRET_NONE },

	{ "egpu", "/ProgramData/Amazon/EC2ElasticGPUs", NULL, 2, COPY, SECRET_NONE },
	{ "egpu", "/Program Files/Amazon/EC2ElasticGPUs", "*.log", 2, COPY, SECRET_NONE },

	{ "cloudendure", "/Program Files (x86)/CloudEndure", "*.log*", 1, COPY, SECRET_NONE },
	{ "cloudendure", "/Program Files (x86)/AWS Replication Agent", "*.log*", 1, COPY,
	  SECRET_NONE },

	{ "ecs", "/ProgramData/Amazon/ECS/log", NULL, 0, COPY, SECRET_NONE },
};
const size_t log_folder_count = ARRAY_SIZE(log_folders);

const struct log_group *
log_group_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(log_groups); i++)
		if (strcmp(log_groups[i].name, name) == 0 ||
		    (log_groups[i].alias && strcmp(log_groups[i].alias, name) == 0))
			return &log_groups[i];
	return NULL;
}

bool
log_name_matches(const char *name, const char *pattern)
{
	const char *star = strchr(pattern, '*'), *second = star ? strchr(star + 1, '*') : NULL;
	CLEANUP_FREE char *before = NULL;

	if (!star)
		return name_equal(name, pattern);
	/* "*EC2*" */
	if (second && star == pattern && !second[1]) {
		CLEANUP_FREE char *within = xstrndup(star + 1, (size_t)(second - star - 1));

		return name_find(name, within) != NULL;
	}
	before = xstrndup(pattern, (size_t)(star - pattern));
	if (second) { /* "x*y*" */
		CLEANUP_FREE char *within = xstrndup(star + 1, (size_t)(second - star - 1));

		return name_starts_with(name, before) && name_find(name, within);
	}
	return strlen(name) >= strlen(pattern) - 1 && name_starts_with(name, before) &&
	       name_ends_with(name, star + 1);
}

enum secret_kind
log_secret_of(const char *path, enum secret_kind by_folder)
{
	static const char *const texts[] = { ".xml", ".json", ".yml", ".yaml", ".cmd", ".bat",
					     ".ps1", ".vbs",  ".ini", ".txt",  ".inf", ".config" };
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	if (by_folder == SECRET_WHOLE || name_starts_with(name, "UserScript"))
		return SECRET_WHOLE;
	if (by_folder == SECRET_NONE)
		return SECRET_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (name_ends_with(name, texts[i]))
			return SECRET_MASKED;
	/* state.json.bak, unattend.xml.old, unattend-original */
	if (name_find(name, "unattend") || name_find(name, ".xml") || name_find(name, ".json") ||
	    name_find(name, ".yml"))
		return SECRET_MASKED;
	/* the SSM agent's documents have no extension */
	return strchr(name, '.') ? SECRET_NONE : SECRET_SNIFFED;
}
