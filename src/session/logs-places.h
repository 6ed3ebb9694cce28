/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the files lie that explain a failed Sysprep or a lost machine, in groups that can be asked for. */
#ifndef RESPREP_SESSION_LOGS_PLACES_H
#define RESPREP_SESSION_LOGS_PLACES_H

#include <stdbool.h>
#include <stddef.h>

#include "logs/kind.h"

struct log_group {
	const char *name;
	const char *alias; /* as EC2Rescue calls it, or NULL */
	const char *what;  /* for the manual and the help */
	bool by_default;   /* without --group: what is read, and is not large */
};
extern const struct log_group log_groups[];
extern const size_t log_group_count;

/* By name or alias; NULL when there is none. */
const struct log_group *log_group_find(const char *name);

enum secret_kind {
	SECRET_NONE,
	SECRET_MASKED,	/* text that can hold passwords: they are masked */
	SECRET_SNIFFED, /* the same if it is a text, which its name does not tell; else left out */
	SECRET_WHOLE,	/* is one as a whole: user data, SAM */
};

struct log_folder {
	const char *group;
	const char *path; /* below the Windows folder; with '/' first: below the root of the volume */
	const char *pattern; /* of names, one '*' for anything; NULL: all files */
	int depth;	     /* folders below that are looked into too */
	enum log_kind
		kind; /* of what is no other by its name; LOG_KIND_COUNT: not read, only copied */
	enum secret_kind secret;
};
extern const struct log_folder log_folders[];
extern const size_t log_folder_count;

/* Whether a name matches, without regard to case. */
bool log_name_matches(const char *name, const char *pattern);

/* What a file may give away, by its path. */
enum secret_kind log_secret_of(const char *path, enum secret_kind by_folder);

#endif
