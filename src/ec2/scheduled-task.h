/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file of a scheduled task below System32\Tasks (Microsoft: "Task Scheduler Schema"). */
#ifndef RESPREP_EC2_SCHEDULED_TASK_H
#define RESPREP_EC2_SCHEDULED_TASK_H

#include <stdbool.h>

struct error;
struct volume;

struct scheduled_task {
	bool enabled; /* Settings/Enabled is not false */
	bool at_boot; /* it has a BootTrigger that is not disabled */
	char *runs;   /* commands and arguments of its actions, one a line; owned */
};

/*
 * Reads the task's file.  Windows goes by SOFTWARE's TaskCache, which this file is the source of, so a task that only one of them knows does
 * not run.  ERR_NOT_FOUND, ERR_CORRUPT.
 */
int scheduled_task_read(struct volume *v, const char *path, struct scheduled_task *ret,
			struct error *err);
void scheduled_task_clear(struct scheduled_task *t);
#define CLEANUP_SCHEDULED_TASK __attribute__((cleanup(scheduled_task_clear)))

#endif
