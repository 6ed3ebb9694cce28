/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A new Administrator password, set by the launch agent at the next start.  AWS: "Reset a lost or expired Windows administrator password" for
 * EC2Config and EC2Launch v2; for v1 AWS has EC2Rescue only.
 */
#ifndef RESPREP_EC2_PASSWORD_H
#define RESPREP_EC2_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

struct agent_settings;
struct error;
struct windows;

struct password_plan {
	const char *agent; /* "EC2Config"; static */
	/* at most one of these; neither: it is so already */
	const char *key, *value; /* a setting to be set; static */
	char *remove;		 /* a file to be removed */
	char **sentences;	 /* what will happen, what else will run again, what must hold */
	size_t count;
	char *state;	/* how the password stands now, as the agent's dialog would show it */
	char *refused;	/* why the agent cannot set one at the next start; NULL when it can */
	bool forceable; /* --force overcomes it: the machine is a domain controller */
};

/* What has to be done, and why it may not; nothing is changed.  ERR_NOT_FOUND: there is no agent; ERR_REFUSED: there are several. */
int password_plan(struct windows *w, const struct agent_settings *s, struct password_plan *ret,
		  struct error *err);
void password_plan_clear(struct password_plan *p);
#define CLEANUP_PASSWORD_PLAN __attribute__((cleanup(password_plan_clear)))

#endif
