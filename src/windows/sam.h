/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Local accounts, from the SAM hive: which of the profiles' owners still exist. */
#ifndef RESPREP_WINDOWS_SAM_H
#define RESPREP_WINDOWS_SAM_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct profiles;
struct windows;

/*
 * Fills machine_sid, and in_sam of every profile whose SID is of this machine.  A SAM that cannot be read leaves them
 * unknown.
 */
void sam_mark(struct windows *w, struct profiles *p);

/*
 * The RID of the local account with that name, whatever its case.  ERR_NOT_FOUND: SAM has no such account; ERR_CORRUPT: its list of names is not there, or
 * damaged.
 */
int sam_account_rid(struct windows *w, const char *name, uint32_t *ret, struct error *err);

/* Whether the local account with that RID (500: the built-in Administrator, whatever its name) is disabled.  ERR_NOT_FOUND: there is none. */
int sam_account_disabled(struct windows *w, uint32_t rid, bool *ret, struct error *err);

#endif
