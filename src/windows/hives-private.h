/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hives of an installation, for hives*.c. */
#ifndef RESPREP_WINDOWS_HIVES_PRIVATE_H
#define RESPREP_WINDOWS_HIVES_PRIVATE_H

#include "registry/hive.h"
#include "util/error.h"
#include "windows/windows.h"

struct opened {
	char *name, *path; /* path NULL: this target has none */
	char *log_path;	   /* of a copy: the hive in use, whose logs it must outdo; else NULL */
	enum hive_log_kind log_kind;
	uint64_t record,
		log_record; /* of the file and of its log, once they are to be written; 0: not, or not known */
	char *new_log; /* made while it was written */
	struct hive *hive;
	struct volume_file *file, *logs[2];
	struct error error; /* why it could not be opened: given again at each question */
};

struct windows {
	struct volume *volume;
	char *root; /* NULL: a single file */
	struct opened **hives;
	size_t count;
	bool accept_dirty;
	const struct code_pages *pages; /* borrowed; or NULL */
};

#endif
