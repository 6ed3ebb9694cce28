/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The error codes of a file on this host, which may be a log from anywhere: a locked process reads it. */
#ifndef RESPREP_SESSION_EXPLAIN_H
#define RESPREP_SESSION_EXPLAIN_H

#include <stdbool.h>

#include "logs/code-list.h"

struct error;

/* Opens a file to be read, a plain one or a pipe; "-" is standard input.  The caller's; -1 with an error that does not name it, ERR_UNSUPPORTED for a folder and the like. */
int explain_open(const char *path, struct error *err);

/*
 * The codes in it.  *ret_missing is a clause about what of the sandbox this kernel lacks, for the caller to free, or NULL; with
 * `require_sandbox` that is ERR_UNSUPPORTED.
 */
int explain_file(int fd, bool require_sandbox, struct code_list *ret, char **ret_missing,
		 struct error *err);

#endif
