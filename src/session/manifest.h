/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The changes of a repair as JSON inside its journal: what before.reg, after.reg, the originals and
 * `undo --by-value` are made from.  docs/journal.md describes it.
 */
#ifndef RESPREP_SESSION_MANIFEST_H
#define RESPREP_SESSION_MANIFEST_H

#include "report/report.h"

struct error;
struct journal;

struct manifest {
	char *command; /* "repair", "undo --by-value" */
	char *root;    /* the Windows folder: "/Windows" */
	char *product, *host_name;
	struct change_list changes;
};

/* Takes the text in pieces. */
struct manifest_text {
	int (*write)(void *ctx, const char *text, size_t n, struct error *err);
	void *ctx;
};
/* The text of `m`, whose own list is not looked at, with the changes of `l`. */
int manifest_write(const struct manifest *m, const struct change_list *l,
		   const struct manifest_text *to, struct error *err);

/* ERR_CORRUPT when it is none. */
int manifest_read(const char *text, struct manifest *ret, struct error *err);
void manifest_clear(struct manifest *m);
#define CLEANUP_MANIFEST __attribute__((cleanup(manifest_clear)))

/* Where the files for people go: one after the other, the first piece at 0 and the others behind it. */
struct manifest_sink {
	int (*write)(void *ctx, const char *name, uint64_t at, const void *p, size_t n,
		     struct error *err);
	void *ctx;
};
/* before.reg, after.reg and then the originals of changed files, each under a name of its own. */
int manifest_list_files(const struct change_list *l, const struct manifest_sink *to,
			struct error *err);

/*
 * Writes before.reg, after.reg and the originals of changed files into NAME.files beside the journal,
 * unless they are there.  All comes from the journal itself, so it can be done again at any time.
 */
int manifest_write_files(const struct journal *j, struct error *err);

#endif
