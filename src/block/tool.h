/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packaged NTFS tools on our overlay: ntfsrecover replays $LogFile there, ntfsresize -i takes account of
 * every cluster.  The tool gets the target as a read-only descriptor, never its path, and an object that is
 * loaded before it (volume/ntfs-preload.c) sends its writes to a file of pages.
 *
 *      tool_delta_new() ─▶ tool_run() ─▶ tool_delta_apply()
 *      pages of the overlay    the program      what it wrote, into the overlay
 *
 * Making and applying happen where the volume is parsed; running needs neither.
 */
#ifndef RESPREP_BLOCK_TOOL_H
#define RESPREP_BLOCK_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct block;
struct error;

/*
 * A memory file with the pages that `overlay` has changed, for a volume of `present` bytes at `offset` of the
 * target; the caller closes it.
 */
int tool_delta_new(struct block *overlay, uint64_t offset, uint64_t present, struct error *err);

/* Whether the tool said that it worked on the file. */
bool tool_delta_opened(int delta);

/*
 * Writes the pages that the tool left into the overlay: with `late` only those that touch one of the `count` places, else only
 * the others.  ERR_CORRUPT for a file that is not what a tool leaves.
 */
struct tool_place {
	uint64_t offset;
	uint32_t len;
};
int tool_delta_apply(int delta, struct block *overlay, const struct tool_place *places,
		     size_t count, bool late, struct error *err);

struct tool_result {
	bool found; /* the program and the object that goes before it are there */
	bool timed_out;
	int exit_code;	    /* -1: killed */
	char output[16384]; /* the end of what it printed, NUL-terminated */
};

enum tool { TOOL_RECOVER, TOOL_RECOVER_2, TOOL_ACCOUNT, TOOL_COUNT };

/*
 * Runs a tool on base and delta; `boot` is a memory file with the first bytes of the volume.  It may read and run what the
 * system's folders hold and nothing else, has a limit of memory and time, and is killed when this process ends.  ERR_INTERRUPTED on Ctrl-C; else 0, with what
 * became of it in *ret.
 */
int tool_run(enum tool tool, int base, int delta, int boot, struct tool_result *ret,
	     struct error *err);

/* A memory file with the first `len` bytes of the overlay, for tool_run(). */
int tool_boot_new(struct block *overlay, size_t len, struct error *err);

#endif
