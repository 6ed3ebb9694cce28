/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the session offers to checks: the installation and facts about it, each gathered at the first
 * question and kept until an edit makes it stale (subject_forget()).
 */
#ifndef RESPREP_CHECK_SUBJECT_H
#define RESPREP_CHECK_SUBJECT_H

#include "ec2/agents.h"
#include "report/report.h"
#include "windows/drive-letters.h"
#include "windows/profiles.h"
#include "windows/setup-state.h"
#include "windows/sysprep-logs.h"
#include "windows/sysprep-state.h"
#include "windows/windows.h"

struct error;
struct subject;

/* `w` and `place` (NULL for a directory) must outlive it; changes that repairs make are appended to `changes`. */
struct subject *subject_new(struct windows *w, const struct disk_place *place,
			    struct change_list *changes);
void subject_free(struct subject *s);

struct windows *subject_windows(struct subject *s);
struct volume *subject_volume(struct subject *s);
struct change_list *subject_changes(struct subject *s);

/* Borrowed; NULL with an error.  An error is remembered. */
const struct setup_state *subject_setup(struct subject *s, struct error *err);
const struct sysprep_logs *subject_sysprep_logs(struct subject *s, struct error *err);
const struct sysprep_state *subject_sysprep(struct subject *s, struct error *err);
const struct profiles *subject_profiles(struct subject *s, struct error *err);
const struct agents *subject_agents(struct subject *s, struct error *err);
const struct control_sets *subject_control_sets(struct subject *s, struct error *err);
const struct windows_version *subject_version(struct subject *s, struct error *err);

void subject_forget(struct subject *s);

#endif
