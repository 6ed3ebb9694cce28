/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The gate before a commit.  After the edits the volume is mounted afresh, and then:
 *
 *  1. it is whole: where NTFS metadata was written, every cluster is accounted for; where that was not so before, nothing was taken or given back;
 *  2. what was written is there: each edited hive and file is read again, compared, and checked;
 *  3. what was to be repaired is: the same checks run again, a finding whose repair was chosen is gone, and nothing is wrong that
 *     was not so before.
 *
 * Anything amiss: no commit.
 */
#ifndef RESPREP_SESSION_GATE_H
#define RESPREP_SESSION_GATE_H

#include <stddef.h>

struct error;
struct findings;
struct session;
struct written_hives;

int gate_volume(struct session *s, struct error *err);
int gate_contents(struct session *s, const struct written_hives *hives, struct error *err);
/* `skipped_before`: how many checks could not run before the edits. */
int gate_findings(struct session *s, const struct findings *before, const struct findings *after,
		  size_t skipped_before, struct error *err);

#endif
