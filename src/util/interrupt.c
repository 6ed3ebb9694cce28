/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one piece of state that a signal handler needs. */
#include <signal.h>
#include <string.h>

#include "util/error.h"
#include "util/interrupt.h"

static volatile sig_atomic_t noted;

static void
note(int signal_number)
{
	noted = signal_number;
}

void
interrupt_install(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = note };

	/* no SA_RESTART: a read that waits for an answer ends */
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
		sigaction(signals[i], &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
	/* a limit for the size of files is an error of write(), not the end in the middle of a commit */
	sigaction(SIGXFSZ, &action, NULL);
}

bool
interrupt_pending(void)
{
	return noted != 0;
}

int
interrupt_check(struct error *err)
{
	return noted ? error_set(err, ERR_INTERRUPTED, "interrupted; nothing was written") : 0;
}
