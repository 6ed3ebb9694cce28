/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ctrl-C and SIGTERM.  The handler only notes the signal; work that may stop asks here between steps.
 * After the commit point nobody asks, so a commit is always finished.
 */
#ifndef RESPREP_UTIL_INTERRUPT_H
#define RESPREP_UTIL_INTERRUPT_H

#include <stdbool.h>

struct error;

void interrupt_install(
	void); /* SIGINT, SIGTERM, SIGHUP: noted; SIGPIPE, SIGXFSZ: ignored, the write fails */
bool interrupt_pending(void);

/* -1 with ERR_INTERRUPTED when a signal was noted. */
int interrupt_check(struct error *err);

#endif
