/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For the files of settings. */
#ifndef RESPREP_EC2_SETTINGS_PRIVATE_H
#define RESPREP_EC2_SETTINGS_PRIVATE_H

#include "ec2/settings.h"

extern const struct setting_kind setting_kinds[];
extern const size_t setting_kind_count;
extern const struct task_kind task_kinds[];
extern const size_t task_kind_count;

#define SETTING_ON_OFF "Enabled|Disabled"
#define SETTING_YES_NO "Yes|No"

/* Whether the agent takes both for the same name. */
bool settings_same_name(enum agent_kind agent, const char *one, const char *other);

/* The kind of `agent` with exactly that name, "#" for a number; NULL. */
const struct setting_kind *setting_kind_find(enum agent_kind agent, const char *name);

/* A new setting at the end; `name` and `value` are taken. */
struct setting *settings_add(struct agent_settings *s, const struct setting_kind *kind, size_t file,
			     char *name, char *value);
void settings_problem(struct agent_settings *s, enum setting_problem_kind kind, size_t file,
		      int line, int column, const char *subject, const char *fmt, ...)
	__attribute__((format(printf, 7, 8)));

/* Each lists the settings of a file that was parsed. */
void settings_list_xml(struct agent_settings *s, size_t file);
void settings_list_json(struct agent_settings *s, size_t file);
void settings_list_tasks(struct agent_settings *s, size_t file);
void settings_list_state(struct agent_settings *s, size_t file);

/* The setting with that full name, if it is there and has a value; NULL. */
const struct setting *settings_get(const struct agent_settings *s, enum agent_kind agent,
				   const char *name);

/*
 * What of the task s->list[task] runs once: its name; or, where only some items of its list of inputs do, theirs
 * ("postReady.executeScript.1").  *ret_all: nothing of it runs at every start.  Freed with free_sentences().
 */
void task_runs_once(const struct agent_settings *s, size_t task, char ***ret, size_t *ret_count,
		    bool *ret_all);

#endif
