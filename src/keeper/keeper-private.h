/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two sides of the channel, for keeper/ only. */
#ifndef RESPREP_KEEPER_KEEPER_PRIVATE_H
#define RESPREP_KEEPER_KEEPER_PRIVATE_H

#include <sys/types.h>

#include "keeper/keeper.h"
#include "keeper/output.h"

/* The worker's. */
struct keeper {
	int fd;
};

/* The keeper's. */
struct server {
	int fd;
	pid_t worker;
	struct hold *hold;
	const struct hold *second; /* only read; or NULL */
	const struct partitions *partitions;
	struct keeper_options options;
	char *journal;	/* of the commit, "….journal" without its state; owned */
	bool asked;	/* for a commit: there is no second one */
	bool committed; /* the commit point was passed */
	bool finished;	/* and all is written */
	bool wrote_out; /* options.out_file is there */
	struct output output;
	bool told; /* a signal was passed on */
};

/* Answers until the worker is gone. */
void server_run(struct server *s);

#endif
