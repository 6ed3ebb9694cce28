/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Passwords in an answer file, found and taken out.  What Windows itself leaves in a copy that it has used is left here, too: <Password>*SENSITIVE*DATA*DELETED*</Password>
 * in place of <Password><Value>…</Value><PlainText>…</PlainText></Password>.
 */
#ifndef RESPREP_ANSWER_SCRUB_H
#define RESPREP_ANSWER_SCRUB_H

#include <stddef.h>
#include <stdint.h>

#include "answer/answer.h"

struct error;

struct answer_secret {
	size_t element;	  /* <Password>, <AdministratorPassword>, … */
	size_t component; /* its number */
	char *name;	  /* "oobeSystem/…/UserAccounts/AdministratorPassword" */
	int line, column;
};
struct answer_secrets {
	struct answer_secret *list; /* in the order of the file */
	size_t count;
};
void answer_secrets_clear(struct answer_secrets *s);
#define CLEANUP_ANSWER_SECRETS __attribute__((cleanup(answer_secrets_clear)))

/* Those that are not empty and not gone. */
void answer_secrets_find(const struct answer *a, struct answer_secrets *ret);

/* Commands that name a password ("net user NAME PASSWORD"), which nothing takes out: how many. */
size_t answer_secret_commands(const struct answer *a);

/* Whether a command line, or another text, does so: by secrets_mask() of util/secrets.h. */
bool answer_command_has_password(const char *command);

/* The file without these passwords, every other byte as it was; the result is read again, and has none of them.  The caller's. */
uint8_t *answer_scrub(const struct answer *a, const struct answer_secrets *s, size_t *ret_len,
		      struct error *err);

#endif
