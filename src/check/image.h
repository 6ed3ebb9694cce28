/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the checks of an image's readiness share. */
#ifndef RESPREP_CHECK_IMAGE_H
#define RESPREP_CHECK_IMAGE_H

#include <stdbool.h>

struct sysprep_state;

/* Sysprep has done its part: what the agent would have changed before it is what the instances get. */
bool image_is_sealed(const struct sysprep_state *s);

#endif
