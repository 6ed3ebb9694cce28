/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A session's insides, for session/ only. */
#ifndef RESPREP_SESSION_SESSION_PRIVATE_H
#define RESPREP_SESSION_SESSION_PRIVATE_H

#include "block/changes.h"
#include "session/session.h"
#include "session/target.h"

struct subject;
struct windows;

struct session {
	struct session_options options;
	struct report *report; /* the caller's */
	struct target target;
	uint8_t before[SHA256_SIZE]; /* options.proof: of the target */
	struct keeper *keeper;	     /* whoever owns the target */
	struct code_pages *code_pages;
	bool out_begun; /* options.out_file */
	bool second;	/* of two sessions that have one keeper, which is the first one's */
	struct windows *windows;
	struct subject *subject;
	struct findings
		aside; /* of checks of which --only names another finding: not shown, not counted */
	enum windows_hive hive_file; /* HIVE_NONE: the target is a whole Windows */
	struct changes changes;	     /* of the plan */
	char *command;		     /* that has made it, for the journal; owned */
};

/* Nothing of the volume is open any more afterwards. */
void session_close_windows(struct session *s);

/* Fills in the head of the report: the Windows, its agents, how its system hives were found (describe.c). */
void session_describe_windows(struct session *s);

/* Fresh windows and subject over the target's volume. */
int session_reopen_windows(struct session *s, struct error *err);

/* The selected checks into `into`; what cannot run goes to report->skipped. */
int session_run_checks(struct session *s, struct findings *into, struct error *err);

/* Whether the finding is one that this run repairs. */
bool session_chose(const struct session_options *o, const struct finding *f);

/* Puts the findings of which --only names others into s->aside. */
void session_set_aside(struct session *s, struct findings *f);

/* ERR_USAGE for an ID:NAME of --only that no check has found, with the names that there are. */
int session_check_names(const struct session *s, struct error *err);

/* ERR_UNCLEAN or ERR_ACCESS when nothing on this target may be edited now. */
int session_may_edit(struct session *s, struct error *err);

/*
 * Writes edited hives back, mounts afresh, diagnoses into `after`, collects the changes, which are those of `command`.
 */
int session_seal(struct session *s, const char *command, struct findings *after, struct error *err);

#endif
