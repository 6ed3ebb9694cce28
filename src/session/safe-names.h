/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Paths on a volume to paths in a folder of this host: every name harmless (util/file-name.h), and no two of them the same, even to a
 * file system that ignores case.
 */
#ifndef RESPREP_SESSION_SAFE_NAMES_H
#define RESPREP_SESSION_SAFE_NAMES_H

struct safe_names;

struct safe_names *safe_names_new(void);
void safe_names_free(struct safe_names *s);
void safe_names_freep(struct safe_names **s);
#define CLEANUP_SAFE_NAMES __attribute__((cleanup(safe_names_freep)))

/* A name in the folder itself that no file of the volume may have. */
void safe_names_reserve(struct safe_names *s, const char *name);

/*
 * The path below the folder ("Windows/Panther/setupact~2.log") for the file `path` of the volume; the caller's.  Files of one folder go to
 * one folder.  Asked again for the same path it gives another one.
 */
char *safe_names_file(struct safe_names *s, const char *path);

#endif
