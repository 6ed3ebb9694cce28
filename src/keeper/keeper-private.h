/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two sides of the channel, for keeper/ only. */
#ifndef RESPREP_KEEPER_KEEPER_PRIVATE_H
#define RESPREP_KEEPER_KEEPER_PRIVATE_H

#include <sys/types.h>

#include "keeper/keeper.h"
#include "keeper/output.h"

#define SCRATCH_FILES 2

/* The worker's. */
struct keeper {
	int fd;
	int scratch[SCRATCH_FILES]; /* not handed out yet */
	size_t scratch_count;
	bool begun; /* a commit */
};

/* The keeper's. */
struct server {
	int fd;
	pid_t worker;
	struct hold *hold;
	const struct hold *second; /* only read; or NULL */
	const struct partitions *partitions;
	struct keeper_options options;
	bool asked; /* for a commit, of the target `id`: there is no second one */
	bool begun; /* it goes on */
	struct target_identity id;
	struct journal_writer *writing; /* its journal, from the first piece on; owned */
	char *warning;			/* about its folder, or NULL; owned */
	char *made_dir;			/* that folder, if it was made for this; owned */
	char *journal;			/* of the commit, "….journal" without its state; owned */
	bool committed;			/* the commit point was passed */
	bool finished;			/* and all is written */
	struct output output;		/* the folder, or the file */
	struct tool_pages {
		bool open, used; /* a tool has run on them */
		int fd;
		uint64_t len;
	} pages;   /* for a tool */
	bool told; /* a signal was passed on */
};

/* A temporary file that is on no target; -1 when there can be none. */
int keeper_scratch_file(const struct keeper_options *o, const struct hold *h,
			const struct hold *more);

/* Answers until the worker is gone. */
void server_run(struct server *s);

#endif
