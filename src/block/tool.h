/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packaged NTFS tools on our overlay: ntfsrecover replays $LogFile there, ntfsresize -i takes account of
 * every cluster.  The tool gets the target as a read-only descriptor, never its path, and an object that is
 * loaded before it (volume/ntfs-preload.c) sends its writes to a file of pages.
 *
 *      tool_job_new() ─▶ tool_run() ─▶ tool_job_apply()
 *      pages of the overlay    the program      what it wrote, into the overlay
 *
 * Making and applying happen where the volume is parsed; running where the target and the system are.
 */
#ifndef RESPREP_BLOCK_TOOL_H
#define RESPREP_BLOCK_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct block;
struct error;

enum tool { TOOL_RECOVER, TOOL_RECOVER_2, TOOL_ACCOUNT, TOOL_COUNT };

struct tool_job {
	uint8_t *pages; /* what block/tool-delta.h describes; owned */
	size_t len;
	uint8_t *boot; /* the first bytes of the volume, for tools that look at their argument as a file; owned */
	size_t boot_len;
};
void tool_job_clear(struct tool_job *j);
#define CLEANUP_TOOL_JOB __attribute__((cleanup(tool_job_clear)))

/* The pages that `overlay` has changed, for a volume of `present` bytes at `offset` of the target. */
int tool_job_new(struct block *overlay, uint64_t offset, uint64_t present, struct tool_job *ret,
		 struct error *err);

/* The same in pieces, and the first bytes of the volume (the caller's): for whoever has the overlay, and not the program. */
int tool_job_each(struct block *overlay, uint64_t offset, uint64_t present,
		  int (*fn)(void *ctx, const void *p, size_t n, struct error *err), void *ctx,
		  struct error *err);
uint8_t *tool_job_boot(struct block *overlay, size_t *ret_len, struct error *err);

struct tool_result {
	bool found;	   /* all that it needs is there */
	char missing[128]; /* else a clause about what is not */
	bool opened;	   /* it worked on the pages */
	bool timed_out;
	int exit_code;	    /* -1: killed */
	char output[16384]; /* the end of what it printed, NUL-terminated */
};

/*
 * Runs a tool on `base` and the job's pages, which are then as it left them.  It may read and run what the system's folders hold and nothing
 * else, has a limit of memory and time, and is killed when this process ends.  ERR_INTERRUPTED on Ctrl-C; else 0, with what became of
 * it in *ret.
 */
int tool_run(enum tool tool, int base, struct tool_job *job, struct tool_result *ret,
	     struct error *err);

/* The same on pages that lie in the file `delta`, and are there as the tool left them. */
int tool_run_on(enum tool tool, int base, int delta, const void *boot, size_t boot_len,
		struct tool_result *ret, struct error *err);

/*
 * Writes the pages that the tool left into the overlay: with `late` only those that touch one of the `count` places, else only
 * the others.  ERR_CORRUPT for bytes that are not what a tool leaves.
 */
struct tool_place {
	uint64_t offset;
	uint32_t len;
};
int tool_job_apply(const struct tool_job *job, struct block *overlay,
		   const struct tool_place *places, size_t count, bool late, struct error *err);

#endif
