/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Local accounts, from the SAM hive: which of the profiles' owners still exist. */
#ifndef RESPREP_WINDOWS_SAM_H
#define RESPREP_WINDOWS_SAM_H

struct profiles;
struct windows;

/*
 * Fills machine_sid, and in_sam of every profile whose SID is of this machine.  A SAM that cannot be read leaves them
 * unknown.
 */
void sam_mark(struct windows *w, struct profiles *p);

#endif
