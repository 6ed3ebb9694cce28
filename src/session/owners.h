/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whose the bytes are that a commit would write.  A damaged volume, or one that somebody has prepared, can have the same bytes in two files: what is
 * written to the one is then written to the other as well.
 *
 * On a disk the clusters tell, of all files (volume_sole_owners()).  In a folder there are none, and the count of links is what the file system says; so
 * what is written is compared with the other files that are written, and with the hives and logs of the Windows, by device and inode.
 */
#ifndef RESPREP_SESSION_OWNERS_H
#define RESPREP_SESSION_OWNERS_H

#include <stddef.h>

struct error;
struct session;
struct volume;

/* Refuses the session's changes when some of them would change two files, or when damage hides whether they do; warns when it would take too long. */
int owners_check(struct session *s, struct error *err);

/*
 * The same of files by their inodes: ERR_REFUSED when one of `paths` is another of them, or a hive of the Windows in `root` (NULL: there is
 * none), under another name.
 */
int owners_compare_files(struct volume *v, const char *root, const char *const *paths, size_t count,
			 struct error *err);

#endif
