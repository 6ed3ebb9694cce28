/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the launch agents have run around Sysprep: scripts that shut Remote Desktop before and open it in the specialize pass, and the commands of the
 * answer file that enable Administrator and give the account a password.  AWS: "Use Sysprep with EC2Config", "Using Sysprep with EC2Launch",
 * "EC2Launch v2 and Sysprep".
 */
#ifndef RESPREP_EC2_SCRIPTS_H
#define RESPREP_EC2_SCRIPTS_H

#include <stddef.h>

#include "ec2/agents.h"

struct error;
struct setup_state;
struct windows;

enum script_problem_kind {
	SCRIPT_MISSING,	   /* a file that the answer file or a setting names, or the agent ships */
	SCRIPT_UNREADABLE, /* there, but it cannot be read, or cmd.exe could not */
	SCRIPT_BROKEN,	   /* it does not do what it is for */
	SCRIPT_NOT_NAMED,  /* nothing runs it */
	SCRIPT_DIFFERS,	   /* it does more than what the agent ships */
	SCRIPT_SEALED, /* the answer file that a sealed image's specialize pass will use lacks a command, or there is none */
	SCRIPT_SEALED_UNSURE, /* which file that is cannot be told */
};

/* The subject of what opens Remote Desktop. */
#define SCRIPT_OPENS_RDP "open-remote-desktop"

struct script_problem {
	enum script_problem_kind kind;
	enum agent_kind agent;
	char *subject; /* "BeforeSysprep.cmd", "set-password" */
	char *path; /* of the file that shows it; NULL: there is none, only with SCRIPT_SEALED and SCRIPT_SEALED_UNSURE */
	size_t line;	     /* 0: the file as a whole */
	char *text;	     /* what is wrong; of SCRIPT_DIFFERS the line itself */
	const char *meaning; /* what follows from it; static, or NULL */
};

struct script_problems {
	struct script_problem *list;
	size_t count;
};

/* Of all agents that are installed.  `sealed`: Sysprep has run, so that a template must be filled by now. */
int scripts_examine(struct windows *w, const struct agents *agents, bool sealed,
		    struct script_problems *ret, struct error *err);
/* Of the specialize pass that a sealed image waits for, whatever agent there is; nothing where Setup stands elsewhere.  `agent` says nothing. */
int scripts_examine_sealed(struct windows *w, const struct setup_state *setup,
			   struct script_problems *ret, struct error *err);

/* What the specialize pass of a sealed image does to Remote Desktop; *ret_why (the caller's) says why it does not open it, or may not. */
enum specialize_opens { SPECIALIZE_OPENS, SPECIALIZE_LEAVES_SHUT, SPECIALIZE_UNKNOWN };
int scripts_specialize_opens(struct windows *w, const struct agents *agents,
			     const struct setup_state *setup, enum specialize_opens *ret,
			     char **ret_why, struct error *err);

/* The number behind "/d" of a reg add of fDenyTSConnections, 2 for any above 1; -1 when the command is none. */
int script_denies(const char *command);

void script_problems_clear(struct script_problems *p);
#define CLEANUP_SCRIPT_PROBLEMS __attribute__((cleanup(script_problems_clear)))

#endif
