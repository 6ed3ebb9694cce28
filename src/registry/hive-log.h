/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The transaction logs of a hive (SYSTEM.LOG1 and .LOG2, or .LOG): which of them apply to a dirty primary file,
 * and their pages laid over it, as Windows does when it loads the hive.  Nothing is written anywhere.
 *
 * Format and rules: msuhanov's "Windows registry file format specification", parts "Format of transaction log files" and
 * "Dirty hive recovery".
 */
#ifndef RESPREP_REGISTRY_HIVE_LOG_H
#define RESPREP_REGISTRY_HIVE_LOG_H

#include "registry/log-file.h"

struct hive_replay_plan {
	struct hive_log logs[2];
	const struct hive_log *chain[2]; /* to apply, in order */
	size_t chain_count;
	bool old_format; /* DIRT, not HvLE */
	bool new_base;	 /* the primary's base block is no good: base[] is from a log */
	uint8_t base[512];
	uint32_t bins_size;
};

/*
 * Chooses what to apply to a dirty primary with this base block (`base_ok`: it makes sense and its checksum is right).  0 with an empty chain:
 * nothing can be applied, and h->state.why says why.  -1: a log could not be read.
 */
int hive_log_plan(struct hive *h, const uint8_t *base, bool base_ok, struct hive_replay_plan *plan,
		  struct error *err);
/* Lays the chain over h->image, whose size is that of the plan, and fills h->state. */
int hive_log_apply(struct hive *h, const struct hive_replay_plan *plan, struct error *err);
/*
 * The highest sequence number in the hive and both logs, in whatever state they are, so that one above it is out
 * of reach of every entry.
 */
int hive_log_highest(struct hive *h, uint32_t *ret, struct error *err);

#endif
