/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Registry paths as people write them: "HKLM\SYSTEM\CurrentControlSet\Services", "HKEY_USERS\S-1-5-21-…\Software",
 * "Computer\HKEY_LOCAL_MACHINE\SOFTWARE", "HKLM:\SAM", to a hive and a key in it.
 */
#ifndef RESPREP_WINDOWS_REGISTRY_PATH_H
#define RESPREP_WINDOWS_REGISTRY_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "windows/windows.h"

#define REGISTRY_PATH_KEYS 2 /* Select\Default and \Current may name two control sets */

struct registry_path {
	enum windows_hive hive;
	char *keys[REGISTRY_PATH_KEYS]; /* from the root of the hive; owned */
	size_t count; /* 2 only for a path through CurrentControlSet; the first is the one that the next boot uses */
	char *named; /* in a single hive file: the hive that the path named ("HKLM\\X"), or NULL; owned */
	bool whole_set; /* CurrentControlSet itself, with nothing behind it */
};

/*
 * ERR_USAGE when the path is none that an offline hive could hold, with the reason (HKLM\HARDWARE, HKCU …); ERR_NOT_FOUND when the hive is
 * not there.  In a single hive file `file` (HIVE_NONE: a whole Windows) a path may also begin at its root, or with a name under which
 * somebody has loaded it (HKLM\OFFLINE); ERR_USAGE when it names one of Windows' own hives that this file is not.
 */
int registry_path_parse(struct windows *w, enum windows_hive file, const char *text,
			struct registry_path *ret, struct error *err);
void registry_path_clear(struct registry_path *p);
#define CLEANUP_REGISTRY_PATH __attribute__((cleanup(registry_path_clear)))

#endif
