/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What edits of values and of keys share; for hive-edit*.c. */
#ifndef RESPREP_REGISTRY_HIVE_EDIT_H
#define RESPREP_REGISTRY_HIVE_EDIT_H

#include "registry/hive-private.h"

/* Refuses what must not be edited: a dirty hive, one that an edit broke, one with anything wrong in it. */
int hive_may_edit(struct hive *h, struct error *err);
/* Gives back all values of a key and their list; the key's fields are left to the caller. */
void hive_drop_values(struct hive *h, uint32_t key);

#endif
