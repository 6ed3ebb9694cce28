/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Checks: a table.  Each asks one question of an installation and answers with findings; most can
 * also repair.  A check is one file, one line in list.h, one fixture case, one manual paragraph.
 *
 * `diagnose` only reads.  `repair` gets one finding that `diagnose` made in this run and changes only
 * what it names, through check/edit.h, which records every change.  Asking, printing, verifying and
 * committing are the session's.  A check never sees the device.
 */
#ifndef RESPREP_CHECK_CHECK_H
#define RESPREP_CHECK_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "report/report.h"

struct error;
struct subject;

/* Everything that a check can find.  Codes, once released, keep their meaning. */
struct problem {
	const char *code;	/* "denied-by-value" */
	enum severity severity; /* the usual one; a finding may be milder, with its reason */
	enum risk risk;
	const char *text; /* one sentence for list-checks and the manual */
};

#define EDITS_SYSTEM   1u
#define EDITS_SOFTWARE 2u

struct check {
	const char *id;	   /* "rdp-connections-denied": also file, fixture and manual name */
	const char *title; /* one line, no full stop */
	const char *group; /* "rdp", "profile", "sysprep", "setup"; of its own, and shown first */
	const char *const *also; /* further groups that choose it; ends with NULL; or NULL */
	const char *const *
		hinders; /* codes of notes that keep a volume from being an image: warnings when GROUP_IMAGE is chosen */
	bool asked_only; /* not run without --only or --group: what it finds is no fault of a machine in use */
	unsigned edits; /* EDITS_…: hives that each of its repairs changes; where one cannot be written to, the repair is refused */
	const struct problem *problems; /* ends with .code NULL */
	const char *doc; /* POD paragraphs: what is looked at, why, what the repair changes */
	int (*diagnose)(struct subject *s, struct findings *f, struct error *err);
	int (*repair)(struct subject *s, const struct finding *f,
		      struct error *err); /* NULL: report only */
};

extern const struct check *const check_table[];
extern const size_t check_table_size;

const struct check *check_find(const char *id); /* NULL when unknown */

/* The group of all that bears on whether an image may be made of the volume; checks of other groups belong to it too. */
#define GROUP_IMAGE "image"
extern const char *const check_also_image[]; /* for .also */

bool check_in_group(const struct check *c, const char *group);
/* Whether some check is in that group. */
bool check_group_exists(const char *group);
/* Whether the check names that problem among those that hinder an image. */
bool check_hinders(const struct check *c, const char *problem);

#endif
