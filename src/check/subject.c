/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Facts about the installation, each gathered once. */
#include <stdlib.h>

#include "check/subject.h"
#include "util/alloc.h"
#include "util/error.h"

enum fact {
	FACT_SETUP,
	FACT_SYSPREP_LOGS,
	FACT_SYSPREP,
	FACT_PROFILES,
	FACT_AGENTS,
	FACT_CONTROL_SETS,
	FACT_VERSION,
	FACT_COUNT
};

struct subject {
	struct windows *windows;
	const struct disk_place *place;
	struct change_list *changes;
	bool known[FACT_COUNT];
	struct error errors[FACT_COUNT];
	struct setup_state setup;
	struct sysprep_logs sysprep_logs;
	struct sysprep_state sysprep;
	struct profiles profiles;
	struct agents agents;
	struct control_sets control_sets;
	struct windows_version version;
};

struct subject *
subject_new(struct windows *w, const struct disk_place *place, struct change_list *changes)
{
	struct subject *s = xzalloc(sizeof *s);

	s->windows = w;
	s->place = place;
	s->changes = changes;
	return s;
}

void
subject_forget(struct subject *s)
{
	setup_state_clear(&s->setup);
	profiles_clear(&s->profiles);
	agents_clear(&s->agents);
	control_sets_clear(&s->control_sets);
	windows_version_clear(&s->version);
	for (int i = 0; i < FACT_COUNT; i++) {
		/* no repair edits a log, and one may be large */
		if (i == FACT_SYSPREP_LOGS)
			continue;
		s->known[i] = false;
		error_clear(&s->errors[i]);
	}
}

void
subject_free(struct subject *s)
{
	if (!s)
		return;
	subject_forget(s);
	sysprep_logs_clear(&s->sysprep_logs);
	error_clear(&s->errors[FACT_SYSPREP_LOGS]);
	free(s);
}

struct windows *
subject_windows(struct subject *s)
{
	return s->windows;
}

struct volume *
subject_volume(struct subject *s)
{
	return windows_volume(s->windows);
}

struct change_list *
subject_changes(struct subject *s)
{
	return s->changes;
}

/* Of what is known otherwise. */
static int
judge_sysprep(struct subject *s, struct error *err)
{
	const struct setup_state *setup = subject_setup(s, err);
	const struct sysprep_logs *logs = setup ? subject_sysprep_logs(s, err) : NULL;

	if (!logs)
		return -1;
	sysprep_state_read(setup, logs, &s->sysprep);
	return 0;
}

/* Gathers a fact at the first question; false, with its error, when it cannot be had. */
static bool
know(struct subject *s, enum fact fact, struct error *err)
{
	struct error *e = &s->errors[fact];

	if (!s->known[fact]) {
		s->known[fact] = true;
		switch (fact) {
		case FACT_SETUP:
			setup_state_read(s->windows, &s->setup, e);
			break;
		case FACT_SYSPREP_LOGS:
			sysprep_logs_read(s->windows, &s->sysprep_logs, e);
			break;
		case FACT_SYSPREP:
			judge_sysprep(s, e);
			break;
		case FACT_PROFILES:
			profiles_read(s->windows, s->place, &s->profiles, e);
			break;
		case FACT_AGENTS:
			agents_read(s->windows, &s->agents, e);
			break;
		case FACT_CONTROL_SETS:
			windows_control_sets(s->windows, &s->control_sets, e);
			break;
		default:
			windows_version(s->windows, &s->version, e);
			break;
		}
	}
	if (e->code == ERR_NONE)
		return true;
	error_set(err, e->code, "%s", e->message);
	return false;
}

const struct setup_state *
subject_setup(struct subject *s, struct error *err)
{
	return know(s, FACT_SETUP, err) ? &s->setup : NULL;
}

const struct sysprep_logs *
subject_sysprep_logs(struct subject *s, struct error *err)
{
	return know(s, FACT_SYSPREP_LOGS, err) ? &s->sysprep_logs : NULL;
}

const struct sysprep_state *
subject_sysprep(struct subject *s, struct error *err)
{
	return know(s, FACT_SYSPREP, err) ? &s->sysprep : NULL;
}

const struct profiles *
subject_profiles(struct subject *s, struct error *err)
{
	return know(s, FACT_PROFILES, err) ? &s->profiles : NULL;
}

const struct agents *
subject_agents(struct subject *s, struct error *err)
{
	return know(s, FACT_AGENTS, err) ? &s->agents : NULL;
}

const struct control_sets *
subject_control_sets(struct subject *s, struct error *err)
{
	return know(s, FACT_CONTROL_SETS, err) ? &s->control_sets : NULL;
}

const struct windows_version *
subject_version(struct subject *s, struct error *err)
{
	return know(s, FACT_VERSION, err) ? &s->version : NULL;
}
