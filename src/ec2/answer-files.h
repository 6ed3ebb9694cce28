/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The answer files on a volume: those that Windows looks for, in its order, those that an EC2 agent gives to Sysprep, and
 * copies that are left.  And which of them each pass would use.
 *
 * Microsoft: "Windows Setup Automation Overview", "Implicit Answer File Search Order".  The drives between the cached
 * copy and System32\Sysprep in that order are removable ones, and not on this volume.
 */
#ifndef RESPREP_EC2_ANSWER_FILES_H
#define RESPREP_EC2_ANSWER_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "answer/known.h"

struct error;
struct setup_state;
struct windows;

enum answer_place {
	ANSWER_NAMED,		 /* by SYSTEM\Setup\UnattendFile */
	ANSWER_PANTHER_UNATTEND, /* Panther\Unattend */
	ANSWER_CACHED,		 /* Panther: Setup's own copy, annotated by it */
	ANSWER_SYSPREP,		 /* System32\Sysprep */
	ANSWER_ROOT,		 /* the root of the system drive */
	ANSWER_EC2CONFIG,	 /* from here on Windows does not look by itself */
	ANSWER_EC2LAUNCH,	 /* EC2Launch v1 */
	ANSWER_EC2LAUNCH_V2,
	ANSWER_COPY, /* left behind by Setup, or of an older Windows */
};
/* "Panther: Setup's own copy", … */
const char *answer_place_text(enum answer_place p);
/* "named", "cached", …: for JSON. */
const char *answer_place_name(enum answer_place p);
/* An agent's own file, given to Sysprep with /unattend:. */
bool answer_place_is_agent(enum answer_place p);

struct answer_file {
	char *path; /* as stored on the volume */
	enum answer_place place;
	int rank;      /* in Windows' order, from 1; 0: Windows does not look there */
	char *problem; /* why it cannot be read or parsed; NULL when it can */
	/* bits of enum pass: has settings for; of these marked as processed, each <settings> of the pass */
	unsigned passes, processed;
	uint64_t size, modified;
};

enum answer_due { DUE_NO, DUE_YES, DUE_UNKNOWN };

struct answer_pass {
	uint32_t state;	     /* SYSTEM\Setup\Status\UnattendPasses; UINT32_MAX absent */
	enum answer_due due; /* whether the next boots run it */
	size_t uses;	     /* the file that Windows finds for it, or SIZE_MAX */
	size_t agents;	     /* the file that the agent would give to Sysprep for it, or SIZE_MAX */
};

struct answer_files {
	struct answer_file *list;
	size_t count;
	struct answer_pass passes[PASS_COUNT];
	char *elsewhere; /* UnattendFile names a file that is not on this volume, or is not there; or NULL */
	bool unsure; /* that file may be there when Windows looks: then it comes before all others, and `uses` of the passes is not certain */
};

int answer_files_read(struct windows *w, const struct setup_state *setup, struct answer_files *ret,
		      struct error *err);
void answer_files_clear(struct answer_files *f);
#define CLEANUP_ANSWER_FILES __attribute__((cleanup(answer_files_clear)))

/* "not run", "begun and not finished", …: what a value below UnattendPasses means. */
const char *answer_pass_state_text(uint32_t state);

/* A path as people write it ("C:\Windows\Panther\unattend.xml", "/Windows/Panther/unattend.xml") on the volume; NULL with ERR_USAGE; the caller's. */
char *answer_file_path(struct windows *w, const char *text, struct error *err);

/* A Windows path as one on the volume; NULL when it does not lie there; the caller's. */
char *answer_volume_path(struct windows *w, const char *text);

/*
 * Whether a pass that has not run needs the passwords in this file: it is due, or may be, and would use this file; or the file is an agent's, which the
 * next Sysprep uses.
 */
bool answer_file_needed(const struct answer_files *f, size_t i, enum pass p);

#endif
