/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state in which a volume was found: what reports say of it, and whether it may be edited. */
#ifndef RESPREP_SESSION_VOLUME_STATE_H
#define RESPREP_SESSION_VOLUME_STATE_H

struct error;
struct report;
struct report_volume;
struct session_options;
struct target;

/* Fills v->states: "clean", or all that hold of "log-unclean", "hibernated", "dirty", "mftmirr-differs", "truncated", "read-only", "in-use", "mounted". */
void volume_state_list(const struct target *t, struct report_volume *v);

/* A warning for each state that makes what is read less than certain, and for shadow copies that an edit would pass by. */
void volume_state_warn(const struct target *t, const struct session_options *o, struct report *r);

/* ERR_UNCLEAN, ERR_ACCESS or ERR_BUSY, with the way out, when nothing on this target may be edited now. */
int volume_state_may_edit(const struct target *t, const struct session_options *o,
			  struct error *err);

/*
 * What a repair of this volume has to write besides the repair, in the overlay and into `changes`: the replay of $LogFile
 * with the dirty flag, the log or the hibernated session that was given up.  Only after volume_state_may_edit().
 */
struct change_list;
int volume_state_prepare(struct target *t, struct change_list *changes, struct error *err);

#endif
