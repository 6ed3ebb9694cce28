/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file of a scheduled task below System32\Tasks (Microsoft: "Task Scheduler Schema"). */
#ifndef RESPREP_EC2_SCHEDULED_TASK_H
#define RESPREP_EC2_SCHEDULED_TASK_H

#include <stdbool.h>

struct error;
struct volume;

/*
 * Whether the task would run: Settings/Enabled is not false.  Windows goes by SOFTWARE's TaskCache, which this file is the source of, so a
 * task that only one of them knows does not run.  ERR_NOT_FOUND, ERR_CORRUPT.
 */
int scheduled_task_read(struct volume *v, const char *path, bool *ret_enabled, struct error *err);

#endif
