/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CopyProfile as three checks see it: what the log of the last specialize says of it, whether a stale profile
 * stands that would fail it again, and what the answer file of the next Sysprep says.
 */
#ifndef RESPREP_CHECK_COPYPROFILE_H
#define RESPREP_CHECK_COPYPROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "answer/unattend.h"

struct error;
struct subject;

struct copyprofile_line {
	char *path, *text; /* NULL: there is none */
	uint64_t line, offset;
};

/* The newest run in UnattendGC\setupact.log and setuperr.log. */
struct copyprofile_log {
	bool failed;				   /* a failure that no success follows */
	bool succeeded;				   /* a success that no failure follows */
	uint32_t code;				   /* of the failure; 0 unknown */
	struct copyprofile_line find_latest, copy; /* the two lines of the failure */
};
int copyprofile_log_read(struct subject *s, struct copyprofile_log *ret, struct error *err);
void copyprofile_log_clear(struct copyprofile_log *l);
#define CLEANUP_COPYPROFILE_LOG __attribute__((cleanup(copyprofile_log_clear)))

/* Users' entries in ProfileList whose directory is gone (as profile-stale finds them); SIDs borrowed from the subject's profiles. */
int copyprofile_stale(struct subject *s, const char ***ret, size_t *ret_count,
		      struct error *err); /* the array is the caller's */

bool copyprofile_is_missing(uint32_t code); /* that of a path or a file that is not there */
/*
 * Whether a failure in the log is one that stands: a stale entry explains its code, and an answer file still asks for CopyProfile, or may.
 * `*ret_stale`, of `*ret_count`, is as of copyprofile_stale().
 */
int copyprofile_stands(struct subject *s, const struct copyprofile_log *l, bool *ret,
		       const char ***ret_stale, size_t *ret_count, struct error *err);

/* CopyProfile in the specialize pass of one answer file.  A file that cannot be parsed: `problem` set. */
struct copyprofile_answer {
	char *path;
	bool cached; /* Setup's own copy, which the next boot uses; else an agent's, for the next Sysprep */
	char *problem;
	struct xml *xml;
	struct unattend_settings
		settings; /* those that are true, in passes that are not marked as processed */
};
/* Of every agent's answer file; and of Panther\unattend.xml while specialize is still to run. */
struct copyprofile_answers {
	struct copyprofile_answer *list;
	size_t count;
};
int copyprofile_answers_read(struct subject *s, struct copyprofile_answers *ret, struct error *err);
void copyprofile_answers_clear(struct copyprofile_answers *a);
#define CLEANUP_COPYPROFILE_ANSWERS __attribute__((cleanup(copyprofile_answers_clear)))

#endif
