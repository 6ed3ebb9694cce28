/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verbs of `resprep registry`; for cmd-registry.c and registry-*.c. */
#ifndef RESPREP_CLI_REGISTRY_H
#define RESPREP_CLI_REGISTRY_H

#include "cli/run.h"
#include "windows/windows.h"

struct error;
struct js;
struct report;
struct session;

struct registry_run {
	struct common common;
	const char *target, *verb;
	const char *words[3]; /* behind the verb; NULL where there is none */
	const char *type, *out;
	bool allow_sam;
	bool terminal; /* standard output is one: known before anybody is locked in */
	int file;      /* import: open before the target is; -1: none */
	char *text;    /* the same of what is no plain file and cannot be read in pieces; owned */
	size_t text_len;
	struct report *report;
	const char *answer_name; /* the member of the JSON object that holds the answer */
	struct js *answer;	 /* owned */
};

/* A session for reading, or for edits. */
int registry_open(struct registry_run *r, bool edits, struct session **ret, struct error *err);
/* Two for reading, to be compared. */
int registry_open_two(struct registry_run *a, struct registry_run *b, struct session **ret_a,
		      struct session **ret_b, struct error *err);

/* Each returns an exit code, or -1. */
int registry_get(struct registry_run *r, struct error *err);
int registry_export(struct registry_run *r, struct error *err);
int registry_replay(struct registry_run *r, struct error *err);
int registry_diff(struct registry_run *r, struct error *err);
int registry_verify(struct registry_run *r, struct error *err);

/* Lines before the answer: what was replayed, what may be missing; on standard error when the answer is a file. */
void registry_print_notes(const struct registry_run *r, bool to_stderr);
/* Damage that was passed over, as warnings; called when all has been read. */
void registry_note_losses(struct registry_run *r, struct session *s);

/* The hive that a word means: SYSTEM, HKU\\<SID>, or a path; of a single file that one. */
int registry_which(struct session *s, const char *word, enum windows_hive *ret, struct error *err);

/* Writes r->out, a new file, piece by piece; NULL or "-" is standard output. */
int registry_write_out(const struct registry_run *r, struct session *s, const void *p, size_t n,
		       struct error *err);
/* Ends it; after a failure, `got` -1, nothing stays of it.  Returns `got`, or -1. */
int registry_end_out(const struct registry_run *r, struct session *s, int got, struct error *err);

/* A value's name; "" for "@" and "(default)", as people write the default one. */
const char *registry_value_name(const char *word);

#endif
