/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The launch agents of EC2 on a volume, from its files and hives: EC2Config (a service, up to Windows Server 2012 R2), EC2Launch v1
 * (PowerShell scripts and a scheduled task, 2016 and 2019) and EC2Launch v2 (a service, from 2012 on, and the only one from 2022 on).
 * AWS: "Launch agents on Amazon EC2 Windows instances".
 */
#ifndef RESPREP_EC2_AGENTS_H
#define RESPREP_EC2_AGENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct windows;

enum agent_kind { AGENT_EC2CONFIG, AGENT_EC2LAUNCH, AGENT_EC2LAUNCH2, AGENT_KINDS };
const char *agent_name(enum agent_kind kind); /* "EC2Config", "EC2Launch v1", "EC2Launch v2" */
const char *agent_word(enum agent_kind kind); /* "ec2config", "ec2launch-v1", "ec2launch-v2" */

#define AGENT_NO_SERVICE UINT32_MAX

struct agent {
	bool installed; /* its program, module or service is there; data alone is what an uninstalled one leaves */
	char *folder; /* of the program: "/Program Files/Amazon/Ec2ConfigService"; NULL: not there */
	char *data;   /* of settings and logs; NULL: not there */
	char *program; /* "<folder>/Ec2Config.exe" when it exists, else NULL; of v1 "<data>/Module/Ec2Launch.psd1" */
	char *version;	    /* NULL unknown */
	char *version_from; /* where that stands: a registry key or a file; NULL unknown */
	char *service; /* name of its key below Services; NULL when there is none, as always with v1 */
	char *service_key; /* "ControlSet001\\Services\\Ec2Config", of the set that the next boot uses; NULL likewise */
	uint32_t start; /* its Start; AGENT_NO_SERVICE when there is no such service or value */
	char *answer_file, *log; /* paths; NULL when they do not exist */
	char *last_run; /* time of the last line of its log: "2014-06-05T10:38:05Z"; NULL unknown */
	char *state; /* sentences on what it has left for its next run; NULL when there is nothing to say */
	char **settings; /* paths of its settings files that exist */
	size_t setting_count;
	/* EC2Launch v1 */
	bool task,
		task_enabled, /* the scheduled task of InitializeInstance.ps1 is there; it runs at the next start */
		task_keeps,  /* and at those behind it */
		task_unsure; /* its file says that it runs, but SOFTWARE's TaskCache does not have it: then task_enabled is false */
	/* EC2Launch v2 */
	bool run_once, state_file; /* state/.run-once, state/state.json are there */
};

struct agents {
	struct agent list[AGENT_KINDS]; /* by enum agent_kind */
	size_t installed;		/* how many of them are */
	char **evidence; /* what else shows that this Windows has run on EC2, one clause each */
	size_t evidence_count;
};

/* What cannot be read counts as not there: an agent is found by any of its traces. */
int agents_read(struct windows *w, struct agents *ret, struct error *err);
void agents_clear(struct agents *a);
#define CLEANUP_AGENTS __attribute__((cleanup(agents_clear)))

/*
 * Whether the agent is one for that Windows, by its build ("9600").  AWS has EC2Config up to Windows Server 2012 R2, EC2Launch v1 on 2016 and
 * 2019 with the versions between them, and v2 from 2012 on.  True when the build is not known.
 */
bool agent_fits(enum agent_kind kind, const char *build);
/* The agent that AWS has on images of that build; AGENT_KINDS when the build is not known. */
enum agent_kind agent_for(const char *build);

#endif
