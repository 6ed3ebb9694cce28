/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file in which an overlay's pages go to a packaged NTFS tool and come back.
 *
 * A head and then records, one a page, in the order in which they were made; all of TOOL_RECORD bytes:
 *
 *      head    magic[8], count u64, size u64, offset u64, present u64, opened u64
 *      record  page u64, padding to 512, the page's 4096 bytes
 *
 * Numbers are the host's: both sides run on it.  The tool's side changes pages in their place and appends new ones.
 */
#ifndef RESPREP_BLOCK_TOOL_DELTA_H
#define RESPREP_BLOCK_TOOL_DELTA_H

#include <stdint.h>

#define TOOL_PAGE      4096u
#define TOOL_RECORD    4608u
#define TOOL_DATA      512u    /* where the page begins in its record */
#define TOOL_MAX_PAGES 262144u /* 1 GiB: no replay of a log of 64 MiB comes near */
/* bytes of the whole file, and the bound of anything else that a tool might think of writing */
#define TOOL_FILE_MAX ((uint64_t)(TOOL_MAX_PAGES + 1) * TOOL_RECORD)
#define TOOL_MAGIC    "RSPDLT01"

/* What the tool finds open. */
#define TOOL_FD_BASE  3 /* the target, read-only */
#define TOOL_FD_DELTA 4
#define TOOL_FD_BOOT \
	5 /* the volume's first bytes, for tools that look at their argument as a file */
#define TOOL_FD_PRELOAD 6 /* resprep-overlay.so itself */

struct tool_head {
	char magic[8];
	uint64_t count;	  /* records */
	uint64_t size;	  /* bytes of the volume */
	uint64_t offset;  /* of the volume on the base */
	uint64_t present; /* bytes of it that the base has */
	uint64_t opened;  /* set by the tool's side when it works on this file */
};

#endif
