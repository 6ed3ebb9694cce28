/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Edits of repairs: each makes the change in the overlay and records it, before and after, in the
 * subject's list of changes.  Paths are from the root of the hive.
 */
#ifndef RESPREP_CHECK_EDIT_H
#define RESPREP_CHECK_EDIT_H

#include <stddef.h>
#include <stdint.h>

#include "windows/windows.h"

struct error;
struct finding;
struct subject;

/* `check` is the id of the check that repairs. */
int edit_set_u32(struct subject *s, const char *check, enum windows_hive hive, const char *key,
		 const char *name, uint32_t v, struct error *err);
int edit_set_value(struct subject *s, const char *check, enum windows_hive hive, const char *key,
		   const char *name, uint32_t type, const void *data, uint32_t len,
		   struct error *err);
int edit_delete_value(struct subject *s, const char *check, enum windows_hive hive, const char *key,
		      const char *name, struct error *err);
/* The same, and the value's bytes become zeros first: they do not stay in the hive's free space. */
int edit_wipe_value(struct subject *s, const char *check, enum windows_hive hive, const char *key,
		    const char *name, struct error *err);
/* The key and all below; each is recorded. */
int edit_delete_key(struct subject *s, const char *check, enum windows_hive hive, const char *key,
		    struct error *err);
int edit_create_key(struct subject *s, const char *check, enum windows_hive hive, const char *key,
		    struct error *err);
/* The hive in use becomes its copy in RegBack. */
struct hive_backups;
int edit_restore_hive(struct subject *s, const char *check, const struct hive_backups *b,
		      enum windows_hive hive, struct error *err);
/* Existing file on the volume gets new content. */
int edit_replace_file(struct subject *s, const char *check, const char *path, const void *p,
		      size_t len, struct error *err);
/* The same, with what is changed in words instead of the sizes. */
int edit_replace_file_noting(struct subject *s, const char *check, const char *path, const void *p,
			     size_t len, const char *words, struct error *err);

/* A plain file goes. */
int edit_remove_file(struct subject *s, const char *check, const char *path, struct error *err);

/* The repair of a finding is refused, with the way out, when it would change `path` and that cannot be edited in place (compressed, hard links). */
void edit_refuse_unwritable(struct subject *s, struct finding *f, const char *path);
/* The same of hives, EDITS_… of check/check.h. */
void edit_refuse_unwritable_hives(struct subject *s, struct finding *f, unsigned edits);

#endif
