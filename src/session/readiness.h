/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether an image may be made of the volume: the question that --group image asks, and its answer in words, from what all checks of that
 * group have found.
 */
#ifndef RESPREP_SESSION_READINESS_H
#define RESPREP_SESSION_READINESS_H

#include <stddef.h>

struct check;
struct findings;
struct report;
struct session_options;

/* The findings of `c` from number `first` on: where the question is asked, a note that hinders an image becomes a warning. */
void readiness_weigh(const struct session_options *o, const struct check *c, struct findings *f,
		     size_t first);

/* r->image from r->findings and r->skipped; nothing unless the question is asked. */
void readiness_tell(const struct session_options *o, struct report *r);

#endif
