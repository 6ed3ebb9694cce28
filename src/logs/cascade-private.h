/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For cascade*.c only. */
#ifndef RESPREP_LOGS_CASCADE_PRIVATE_H
#define RESPREP_LOGS_CASCADE_PRIVATE_H

#include "logs/cascade.h"

/* Fills in the codes of the run's events, its cause, and whether it was only validating, or stopped. */
void cascade_judge_run(struct cascade_run *r);

#endif
