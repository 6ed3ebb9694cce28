/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The logs that explain a failed Sysprep: which there are, what errors stand in them, and copies of them
 * with a manifest.
 */
#ifndef RESPREP_SESSION_LOGS_H
#define RESPREP_SESSION_LOGS_H

#include <stddef.h>
#include <stdint.h>

#include "logs/setuplog.h"

struct error;
struct js;
struct session;

struct log_file {
	char *path;					     /* on the volume, as stored */
	uint64_t size, created, modified, changed, accessed; /* bytes, FILETIMEs */
	uint64_t record;				     /* MFT record and sequence, or inode */
};
struct log_files {
	struct log_file *list;
	size_t count;
};

/* \Windows\Panther\Unattendgc\*, \Windows\Panther\*.log, \Windows\System32\Sysprep\Panther\*, Ec2ConfigLog.txt; folders that are missing are passed over. */
int logs_list(struct session *s, struct log_files *ret, struct error *err);
void log_files_clear(struct log_files *f);
#define CLEANUP_LOG_FILES __attribute__((cleanup(log_files_clear)))

/* Calls `fn` for each record of level error or above in the file. */
int logs_errors(struct session *s, const struct log_file *f, log_fn *fn, void *ctx,
		struct error *err);

/*
 * Copies all of `files` into options.out_folder (made 0700; must be new or empty), with paths and modification times kept, files 0600, and a
 * MANIFEST.json: command, target, and for each file its path, size, four times, MFT record and SHA-256.  Names from the volume cannot leave the folder.  On an
 * error what was copied stays; without MANIFEST.json it is not complete.
 */
int logs_extract(struct session *s, const struct log_files *files, struct error *err);

#endif
