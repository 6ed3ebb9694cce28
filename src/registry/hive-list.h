/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lists of subkeys, in a hive that has passed the strict check: sorted leaves, and an index root over them when one is
 * full.
 */
#ifndef RESPREP_REGISTRY_HIVE_LIST_H
#define RESPREP_REGISTRY_HIVE_LIST_H

#include "registry/hive-private.h"

/* The subkey of that name, by halving: its cell, or HIVE_NOTHING. */
uint32_t hive_list_find(struct hive *h, uint32_t key, const struct hive_units *name);
/* Lists the key at `child`, whose name no other subkey of `key` has; counts and lengths in `key` follow. */
int hive_list_insert(struct hive *h, uint32_t key, uint32_t child, struct error *err);
/* Takes it off.  A leaf that is empty then is given back, and so is an index root. */
void hive_list_remove(struct hive *h, uint32_t key, uint32_t child);

#endif
