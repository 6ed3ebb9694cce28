/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For block/tool*.c and their tests. */
#ifndef RESPREP_BLOCK_TOOL_PRIVATE_H
#define RESPREP_BLOCK_TOOL_PRIVATE_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "block/tool.h"

#define TOOL_PRELOAD "resprep-overlay.so"

/*
 * Reads what `child` prints into `in`, and waits for its end; killed `milliseconds` after the call, whatever it does with
 * its output until then, or on Ctrl-C (ERR_INTERRUPTED).  Fills timed_out, exit_code and output; `in` is closed, and the child is gone.
 */
int tool_attend(pid_t child, int in, int64_t milliseconds, struct tool_result *r,
		struct error *err);

/*
 * What is loaded before a tool, for the program whose file is `self`; `installed` is the folder of an installed one.  *ret is a sealed copy (the
 * caller's), or -1 where there is none that can be trusted; *ret_found tells whether there is one that cannot.
 */
int tool_preload_open(const char *self, const char *installed, int *ret, bool *ret_found,
		      struct error *err);

/* Whether nobody may write to it but root, the user `self`, and whoever may write to the program. */
bool tool_preload_trusted(const struct stat *what, const struct stat *program, uid_t self);

#endif
