/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the single agents share. */
#ifndef RESPREP_EC2_AGENTS_PRIVATE_H
#define RESPREP_EC2_AGENTS_PRIVATE_H

#include "ec2/agents.h"

struct volume;

/* Each fills an agent that is all zero, but for `start`. */
void agent_find_ec2config(struct windows *w, struct agent *a);
void agent_find_ec2launch(struct windows *w, struct agent *a);
void agent_find_ec2launch2(struct windows *w, struct agent *a);

void agent_clear(struct agent *a);

/* "FOLDER/NAME" with its names as stored, when it exists, else NULL; the caller's. */
char *agent_path(struct volume *v, const char *folder, const char *name);
/* The first of the names that exists. */
char *agent_first_path(struct volume *v, const char *folder, const char *const *names,
		       size_t count);
/* Notes the settings files below `folder` that exist. */
void agent_add_settings(struct agent *a, struct volume *v, const char *folder,
			const char *const *names, size_t count);
/* DisplayVersion of the program that calls itself so below Uninstall; sets version and version_from. */
void agent_uninstall_version(struct windows *w, const char *display_name, struct agent *a);
/* The file version of a->program, unless the version is known. */
void agent_program_version(struct windows *w, struct agent *a);
/* The first of the services that exists, with its Start, in the control set that the next boot uses. */
void agent_find_service(struct windows *w, const char *const *names, size_t count, struct agent *a);
/* a->last_run from the end of a->log. */
void agent_last_run(struct volume *v, struct agent *a);

#endif
