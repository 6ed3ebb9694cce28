/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The answer files of a target: listed, read, and changed in the overlay, each edit recorded.  answer_seal() proves the
 * edits; session_commit() writes them.
 */
#ifndef RESPREP_SESSION_ANSWER_H
#define RESPREP_SESSION_ANSWER_H

#include <stdbool.h>

#include "answer/answer.h"
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

#endif
