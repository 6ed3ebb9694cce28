/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The end of a command that edits: show what changes, ask, commit. */
#ifndef RESPREP_CLI_EDITS_H
#define RESPREP_CLI_EDITS_H

#include "cli/run.h"

struct error;
struct report;
struct session;

/*
 * ERR_REFUSED when there is nobody to ask, and neither --yes nor --dry-run.  To be asked last, behind all that is wrong with what was asked for.
 */
int edits_may_ask(const struct common *c, struct error *err);

/* The session will edit; unless it is a dry run it holds its target exclusively, and may commit. */
void edits_options(const struct common *c, struct session_options *o);

/* Of a session whose edits are sealed: shows them, asks (edits_may_ask), commits.  An exit code, or -1. */
int edits_finish(const struct common *c, struct report *r, struct session *s, struct error *err);

#endif
