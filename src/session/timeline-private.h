/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What timeline.c puts in order, for timeline*.c. */
#ifndef RESPREP_SESSION_TIMELINE_PRIVATE_H
#define RESPREP_SESSION_TIMELINE_PRIVATE_H

#include "session/timeline.h"

/* Moments of one source, in its own order. */
struct moments {
	struct moment *list;
	size_t count;
};

/* A new one at the end, zeroed; borrowed. */
struct moment *moments_add(struct moments *m);
void moments_clear(struct moments *m);

/* Of the registry and of files, by their times; what cannot be read is left out. */
void timeline_add_state(struct session *s, struct moments *to);

#endif
