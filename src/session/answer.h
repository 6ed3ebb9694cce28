/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The answer files of a target: listed, read, and changed in the overlay, each edit recorded.  answer_seal() proves the
 * edits; session_commit() writes them.
 */
#ifndef RESPREP_SESSION_ANSWER_H
#define RESPREP_SESSION_ANSWER_H

#include <stdbool.h>

#include "answer/answer.h"
#include "answer/lint.h"
#include "ec2/answer-files.h"

struct error;
struct session;

/* All of them; see answer_files_read(). */
int answer_list(struct session *s, struct answer_files *ret, struct error *err);

/* One file, open. */
struct answer_open_file {
	char *path;		 /* as stored */
	enum answer_place place; /* ANSWER_COPY when it is none of the list */
	size_t number;		 /* in the list, or SIZE_MAX */
	uint8_t *bytes;
	size_t len;
	struct answer answer; /* empty in one that could not be parsed */
};
void answer_open_file_clear(struct answer_open_file *f);
#define CLEANUP_ANSWER_FILE __attribute__((cleanup(answer_open_file_clear)))

/*
 * Reads `name`, as people write paths, or with NULL the file that matters most: what the next boot uses, else what the agent gives to
 * Sysprep, else the first that Windows finds, else the first of the list.  ERR_NOT_FOUND when there is none.  Errors of parsing name file, line and column.
 */
int answer_read(struct session *s, const struct answer_files *files, const char *name,
		struct answer_open_file *ret, struct error *err);
/* The same without parsing: for lint, which says what is wrong. */
int answer_read_bytes(struct session *s, const struct answer_files *files, const char *name,
		      struct answer_open_file *ret, struct error *err);

/* Of the installation, as answer files write it: "amd64", …; NULL unknown; the caller's. */
char *answer_architecture(struct session *s);

/* What is wrong in a file that answer_read_bytes() has read, as a file of this installation. */
void answer_lint(struct session *s, const struct answer_open_file *f, struct lint_problems *ret);

/* ---- edits ---- */

/* A file that was changed, and what was. */
struct answer_edited {
	struct answer_open_file file; /* as it is now; `answer` is empty */
	bool set;		      /* a setting of it was */
	bool told_locale;	      /* what the agent does with its locales */
	char *words;		      /* "specialize/…/CopyProfile: true -> false; …" */
};

struct answer_edit {
	struct session *session;
	const char *file; /* --file, or NULL: the file that the pass of each setting uses */
	bool unchecked; /* also what the table of settings does not know, and what lint calls an error */
	bool force; /* also files that are marked read-only, and passwords that a pass still needs */
	struct answer_files files;
	struct answer_edited *edited;
	size_t count;
};
void answer_edit_clear(struct answer_edit *e);
#define CLEANUP_ANSWER_EDIT __attribute__((cleanup(answer_edit_clear)))

/* The list of files; first of all. */
int answer_edit_begin(struct answer_edit *e, struct error *err);

/*
 * Sets "PASS/COMPONENT/SETTING=VALUE"; see answer_set().  Without a file named: what the pass uses when it is due, else the agent's file, else the only one that Windows
 * finds; ERR_USAGE when that does not decide.  Warnings that belong to the file go to the report.
 */
int answer_edit_set(struct answer_edit *e, const char *text, struct error *err);

/*
 * Takes the passwords out of the file `name`, or with NULL out of all of the list.  ERR_REFUSED, and nothing is changed, when a pass that has not run still needs one of them
 * (answer_file_needed()), unless forced.
 */
int answer_edit_scrub(struct answer_edit *e, const char *name, struct error *err);

/*
 * Writes the changed files into the overlay and proves them there.  ERR_REFUSED when what was set makes errors for lint that
 * were none before, unless unchecked.  `command` is for the journal.
 */
int answer_seal(struct answer_edit *e, const char *command, struct error *err);

#endif
