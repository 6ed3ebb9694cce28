/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For block/tool.c and its test. */
#ifndef RESPREP_BLOCK_TOOL_PRIVATE_H
#define RESPREP_BLOCK_TOOL_PRIVATE_H

#include <sys/types.h>

#include "block/tool.h"

/*
 * Reads what `child` prints into `in`, and waits for its end; killed `milliseconds` after the call, whatever it does with
 * its output until then, or on Ctrl-C (ERR_INTERRUPTED).  Fills timed_out, exit_code and output; `in` is closed, and the child is gone.
 */
int tool_attend(pid_t child, int in, int64_t milliseconds, struct tool_result *r,
		struct error *err);

#endif
