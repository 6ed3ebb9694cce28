/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the checks of an image's readiness share. */
#ifndef RESPREP_CHECK_IMAGE_H
#define RESPREP_CHECK_IMAGE_H

#include <stdbool.h>

struct finding;
struct subject;
struct sysprep_state;

/* Sysprep has done its part: what the agent would have changed before it is what the instances get. */
bool image_is_sealed(const struct sysprep_state *s);

/* A repair that would write to a file which somebody has marked read-only is refused: it is meant to stay. */
void image_keep_read_only(struct subject *s, struct finding *f, const char *path);

#endif
