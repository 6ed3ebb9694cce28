/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passwords in the answer files of a volume, by their elements; the passwords themselves are never handed out. */
#ifndef RESPREP_CHECK_IMAGE_ANSWERS_H
#define RESPREP_CHECK_IMAGE_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct subject;
struct xml;

struct answer_secret {
	size_t element;
	int line;
	char *name; /* of the element, or of that whose Value it is: "AdministratorPassword"; owned */
	char *pass; /* of its settings; NULL: in none; owned */
	bool done;  /* that pass is marked as processed */
};
struct answer_secrets {
	char *path;    /* as stored */
	char *problem; /* why it cannot be read; NULL when it was */
	bool unused;   /* a copy that no pass reads */
	struct xml *xml;
	struct answer_secret *list;
	size_t count;
};

/* Those of the files in which something is found, or that cannot be read; the caller's, freed with answer_secrets_free(). */
int answer_secrets_read(struct subject *s, struct answer_secrets **ret, size_t *ret_count,
			struct error *err);
void answer_secrets_free(struct answer_secrets *list, size_t count);

/* Why the passwords may not go: a pass that needs them has not run; NULL: they may.  The caller's. */
char *answer_secrets_needed(const struct answer_secrets *a);

#endif
