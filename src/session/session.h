/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One run over one target: open, diagnose, plan a repair in the overlay, diagnose again there,
 * commit or drop.  A dry run is a run that is dropped.
 *
 *      session_open ─▶ session_diagnose ─▶ session_plan ─▶ session_commit
 *                                                    └───▶ session_close (nothing happened)
 */
#ifndef RESPREP_SESSION_SESSION_H
#define RESPREP_SESSION_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "report/report.h"
#include "windows/windows.h"

struct error;
struct session;

struct session_options {
	const char *target; /* NULL: none, only texts of this host (options.logs) */
	int partition;	    /* 0: find it */
	bool edits; /* will change something, at least in the overlay; without it every edit is refused */
	/* Of a run that edits, the one that will commit: nobody else may have the target, and no earlier commit to it may wait. */
	bool exclusive;
	int in_file;		   /* a file of this host that is open and will be read; 0: none */
	const char *const *only;   /* "ID" or "ID:SUBJECT"; NULL-terminated, or NULL for all */
	const char *const *groups; /* likewise */
	enum risk risk;		   /* repairs up to this one without being named */
	enum severity fail_on;
	const char *journal_dir;  /* NULL: the default */
	bool hive_file;		  /* the target may be a single hive file */
	bool logs;		  /* it may be a folder of logs without a Windows */
	bool discard_log;	  /* give up an unclean $LogFile that cannot be replayed */
	bool discard_hibernation; /* give up a hibernated session */
	bool accept_dirty;	  /* edit dirty hives whose logs do not help, if they are sound */
	void (*progress)(
		const char *what); /* told before something that may take minutes; or NULL */
	bool require_sandbox;	   /* refuse where the kernel cannot lock the reading process in */
	const char *out_file;	   /* the new file that the command may write, or NULL */
	const char *out_folder;	   /* the folder that it may fill, or NULL */
	uint64_t out_max_size;	   /* of one copy in either; LOGS_TOTAL times that of all; 0: any */
	bool no_checks;		   /* this run is about values, not about findings */
	int (*confirm)(const char *question, struct error *err); /* keeper_options.confirm */
	bool proof; /* of a run that only reads: the SHA-256 of the whole target, before and after */
	/* Told the SHA-256 before and after (NULL: not known), by another process than this one. */
	void (*tell_proof)(const char *name, const uint8_t *before, const uint8_t *after);
	void (*proof_progress)(uint64_t done, uint64_t total); /* or NULL */
};

/*
 * Opens the target, starts the process that reads it (keeper/keeper.h: from here on this one) and fills the head of `r`, which must outlive the session.  Also looks for an unfinished
 * journal of this target: ERR_REFUSED naming `recover` when `exclusive`, a warning otherwise.
 * ERR_USAGE for an unknown check or group.
 */
int session_open(const struct session_options *o, struct report *r, struct session **ret,
		 struct error *err);
/* Two targets at once, to be compared: both are opened before anything of either is read. */
int session_open_two(const struct session_options *o, struct report *r, struct session **ret,
		     const struct session_options *o2, struct report *r2, struct session **ret2,
		     struct error *err);
void session_close(struct session *s);
void session_closep(struct session **s);
#define CLEANUP_SESSION __attribute__((cleanup(session_closep)))

/* Warns of damage that reading has had to pass over until now, one line a hive. */
void session_warn_of_losses(struct session *s);

/*
 * Runs the selected checks into r->findings, where --only names findings just those.  A check that cannot run is noted in r->skipped; ERR_USAGE
 * for a finding that --only names and that is not there.
 */
int session_diagnose(struct session *s, struct error *err);

/* Findings of r that a repair would answer now, by --only, --group and --risk. */
size_t session_selected(const struct session *s);

/*
 * Repairs the selected findings in the overlay, diagnoses again there, and holds the gate: a chosen finding that is still
 * there, or something wrong that was not so before, is an error.  Fills r->changes, r->repaired, r->sectors_planned;
 * r->findings becomes what is left.  ERR_UNCLEAN for volumes and hives that must not be edited, ERR_REFUSED for a
 * repair that was named but is refused.
 */
int session_plan(struct session *s, struct error *err);

/* Asks options.confirm and commits the plan; r->journal names the journal.  1 when the user said no.  See keeper_commit(). */
int session_commit(struct session *s, struct error *err);

/* Findings in r that count: at or above fail_on. */
size_t session_problems(const struct session *s);

struct target;
struct target *session_target(struct session *s);
struct windows *session_windows(struct session *s); /* NULL: a folder of logs */
struct subject *session_subject(struct session *s);
/* Into the report: which hives are dirty or replayed, of those opened until now. */
void session_describe_hives(struct session *s);
/* Of a single hive file its number; HIVE_NONE when the target is a whole Windows. */
enum windows_hive session_hive_file(const struct session *s);

/* For texts that are no UTF-8. */
struct code_pages;
struct code_pages *session_code_pages(struct session *s);

/* Writes options.out_file, one piece behind the other: new, 0600.  It lasts only when it is ended, and without `keep` it is removed. */
int session_write_out(struct session *s, const void *p, size_t n, struct error *err);
int session_end_out(struct session *s, bool keep, struct error *err);

/* Whom to ask for what reaches the target or this host. */
struct keeper;
struct keeper *session_keeper(struct session *s);

#endif
