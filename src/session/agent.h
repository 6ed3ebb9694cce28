/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings of the launch agents changed by name, several files in one transaction. */
#ifndef RESPREP_SESSION_AGENT_H
#define RESPREP_SESSION_AGENT_H

#include <stdbool.h>
#include <stddef.h>

struct agent_settings;
struct error;
struct session;

/* The settings of the agents that are installed on the session's Windows.  ERR_NOT_FOUND when none is. */
int session_agent_settings(struct session *s, struct agent_settings *ret, struct error *err);

/*
 * Does each "KEY=VALUE", all or none, in the overlay, and proves it: the volume is mounted afresh, and the settings that are read there must be the
 * new ones.  session_commit() writes it.  ERR_USAGE: an unknown key or value, with those that there are.
 */
int session_set_agent(struct session *s, const char *const *assignments, size_t count,
		      struct error *err);

struct password_plan;

/* What would make the agent set a new Administrator password; see ec2/password.h. */
int session_plan_password(struct session *s, struct password_plan *ret, struct error *err);
/* Does it, in the overlay, and proves it.  ERR_REFUSED with the plan's reason; with `force` not for one that it overcomes. */
int session_set_password(struct session *s, bool force, struct error *err);

#endif
