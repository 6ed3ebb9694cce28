/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The journal's format, for block/journal*.c only; docs/journal.md explains it. */
#ifndef RESPREP_BLOCK_JOURNAL_PRIVATE_H
#define RESPREP_BLOCK_JOURNAL_PRIVATE_H

#include "block/journal.h"

#define JOURNAL_MAGIC	      "RESPREPJ"
#define JOURNAL_VERSION	      1
#define JOURNAL_HEADER	      512u
#define JOURNAL_HEADER_HASHED 480u
#define JOURNAL_WATCH	      48u
#define JOURNAL_RECORD_HEAD   32u
#define JOURNAL_LIMIT	      (UINT64_C(8) << 30)

const char *journal_suffix(enum journal_state state); /* ".tmp", "", ".applied", … */

/* Finds the file in whichever state it is now: path, base and state of `j`. */
int journal_locate(const char *path, struct journal *j, struct error *err);

/* Whether the checksum of a header fits. */
bool journal_header_is_whole(const uint8_t h[JOURNAL_HEADER]);
/* What it says of the target. */
void journal_header_identity(const uint8_t h[JOURNAL_HEADER], struct target_identity *id);

#endif
