/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Registry values and keys changed by hand or from a .reg file: each edit is made in the overlay and recorded, several
 * hives in one transaction.  registry_seal() proves it; session_commit() writes it.
 */
#ifndef RESPREP_SESSION_REGISTRY_H
#define RESPREP_SESSION_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct hive_source;
struct registry_path;
struct session;

struct registry_edit {
	struct session *session;
	bool allow_sam; /* SAM and SECURITY may be changed */
};

/* A path as people write it, in this session's Windows or hive file; see registry_path_parse(). */
int registry_resolve(struct session *s, const char *text, struct registry_path *ret,
		     struct error *err);

/*
 * Sets a value; missing keys are made.  `type` is "REG_DWORD", "dword", …, or NULL for the type that the value has (ERR_USAGE when
 * it has none yet); `text` is read by reg_data_parse().  A value that holds this already is left alone.
 */
int registry_set(struct registry_edit *e, const char *key, const char *name, const char *type,
		 const char *text, struct error *err);
int registry_create(struct registry_edit *e, const char *key, struct error *err);
/* Deletes a value, or with `name` NULL the key and all below.  ERR_NOT_FOUND when it is not there. */
int registry_delete(struct registry_edit *e, const char *key, const char *name, struct error *err);
/* All that a .reg file says, statement by statement; errors name its line.  What is to be deleted and is not there is fine. */
int registry_import(struct registry_edit *e, const struct hive_source *from, struct error *err);

/* Ends the edits: hives checked and written into the overlay, the volume mounted afresh.  `command` is for the journal. */
int registry_seal(struct registry_edit *e, const char *command, struct error *err);

#endif
