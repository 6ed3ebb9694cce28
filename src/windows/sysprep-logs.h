/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the logs of Sysprep and of Setup's passes tell of this installation: \Windows\System32\Sysprep\Panther, \Windows\Panther and
 * \Windows\Panther\UnattendGC, as runs (logs/cascade.h).
 */
#ifndef RESPREP_WINDOWS_SYSPREP_LOGS_H
#define RESPREP_WINDOWS_SYSPREP_LOGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "logs/cascade.h"
#include "windows/time-zone.h"

struct error;
struct windows;

struct sysprep_logs {
	struct known *known;
	struct cascade *cascade; /* judged */
	uint64_t installed;	 /* FILETIME of InstallDate; 0 unknown */
	struct time_zone zone; /* as it is set now: the logs may have been written in another one */
	bool have_zone;
	char **unread; /* "/Windows/Panther/setupact.log: it is a folder": logs that could not be read; owned */
	size_t unread_count;
};

/* A log that is not there is none; one that cannot be read is told in `unread`. */
int sysprep_logs_read(struct windows *w, struct sysprep_logs *ret, struct error *err);
void sysprep_logs_clear(struct sysprep_logs *l);
#define CLEANUP_SYSPREP_LOGS __attribute__((cleanup(sysprep_logs_clear)))

/*
 * Whether the run is older than this installation (InstallDate): it is of the machine from which the image was made.  Its zone is taken to have been
 * what it is now.
 */
bool sysprep_logs_inherited(const struct sysprep_logs *l, const struct cascade_run *r);

/* The newest run of the phase (cascade_newest); of one that was inherited, what follows from it on this machine, if anything.  NULL: none. */
const struct cascade_run *sysprep_logs_newest(const struct sysprep_logs *l, enum log_phase phase);

#endif
