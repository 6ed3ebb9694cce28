/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A log line is history: whether what it tells of still stands is asked of the registry and the files, where they can tell.
 */
#include <stdlib.h>
#include <string.h>

#include "check/subject.h"
#include "check/sysprep-facts.h"
#include "registry/hive.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"

#define SERVICE_DISABLED_CODE 0x422u /* ERROR_SERVICE_DISABLED */

static bool
code_is(uint32_t code, uint32_t win32)
{
	return code == win32 || code == (0x80070000u | win32);
}

/* The log's own code says whether a service was disabled; without it one that is enabled now may have been so then. */
static int
ask_services(struct subject *s, const struct cascade_event *e, unsigned number,
	     enum sysprep_cause *ret, char **ret_why, struct error *err)
{
	for (size_t i = 0; i < sysprep_service_count; i++) {
		CLEANUP_FREE char *key = NULL;
		uint32_t start;

		if (sysprep_services[i].known != number)
			continue;
		if (sysprep_service_start(s, sysprep_services[i].name, &start, &key, err) < 0)
			return -1;
		if (start != SERVICE_DISABLED)
			continue;
		*ret = CAUSE_STANDS;
		*ret_why = xasprintf("the service %s is disabled", sysprep_services[i].name);
		return 0;
	}
	if (code_is(e->code, SERVICE_DISABLED_CODE)) {
		*ret = CAUSE_GONE;
		*ret_why = xstrdup("the service is no longer disabled");
	}
	return 0;
}

/* "DscCore.dll" of "%windir%\\System32\\DscCore.dll": log and registry may each have a path or the name alone. */
static const char *
file_of(const char *path)
{
	const char *last = strrchr(path, '\\');

	return last ? last + 1 : path;
}

/* The provider that the line names, by its DLL. */
static int
ask_provider(struct subject *s, const struct known_hit *h, bool must_miss, enum sysprep_cause *ret,
	     char **ret_why, struct error *err)
{
	CLEANUP_SYSPREP_PROVIDERS struct sysprep_providers p = { 0 };
	const char *dll = known_hit_name(h, "dll");

	if (!dll)
		return 0;
	if (sysprep_providers_read(s, &p, err) < 0)
		return -1;
	for (size_t i = 0; i < p.count; i++) {
		if (!name_equal(file_of(p.list[i].dll), file_of(dll)))
			continue;
		if (must_miss && p.list[i].state == PROVIDER_DLL_THERE) {
			*ret = CAUSE_GONE;
			free(*ret_why);
			*ret_why = xasprintf("%s is there now", dll);
			continue;
		}
		*ret = CAUSE_STANDS;
		free(*ret_why);
		*ret_why = xasprintf("the provider %s is still listed in SysPrepExternal",
				     p.list[i].name);
		return 0;
	}
	if (*ret == CAUSE_UNKNOWN) {
		*ret = CAUSE_GONE;
		*ret_why = xasprintf("no provider %s is listed in SysPrepExternal any more", dll);
	}
	return 0;
}

/* The key in SOFTWARE that a log's path leads to; NULL when it leads elsewhere.  Borrowed from `path`. */
static const char *
software_key(const char *path)
{
	static const char *const roots[] = { "HKEY_LOCAL_MACHINE\\SOFTWARE\\", "HKLM\\SOFTWARE\\",
					     "SOFTWARE\\" };

	for (size_t i = 0; i < ARRAY_SIZE(roots); i++)
		if (name_starts_with(path, roots[i]))
			return path + strlen(roots[i]);
	return NULL;
}

int
sysprep_blocked_of(struct subject *s, const struct cascade_event *e, struct sysprep_blocked *ret,
		   struct error *err)
{
	const struct known_hit *h = cascade_known(e);
	const char *key = h ? known_hit_name(h, "key") : NULL;
	const char *name = h ? known_hit_name(h, "value") : NULL;
	struct hive *hive = windows_hive(subject_windows(s), HIVE_SOFTWARE, err);
	CLEANUP_HIVE_VALUE struct hive_value v = { 0 };
	hive_key at;

	*ret = (struct sysprep_blocked){ 0 };
	if (!hive)
		return -1;
	key = key ? software_key(key) : NULL;
	if (!key || !*key || !name)
		return 0;
	ret->key = xstrdup(key);
	ret->name = xstrdup(name);
	if (hive_find_path(hive, key, &at, err) < 0 || hive_value(hive, at, name, &v, err) < 0 ||
	    hive_key_time(hive, at, &ret->time, err) < 0) {
		if (err->code == ERR_NOT_FOUND) {
			error_clear(err);
			return 0;
		}
		sysprep_blocked_clear(ret);
		return -1;
	}
	ret->there = true;
	ret->data = change_data_text(true, v.type, v.data, v.len);
	return 0;
}

int
sysprep_blocked_read(struct subject *s, struct sysprep_blocked *ret, struct error *err)
{
	const struct cascade_run *run;

	*ret = (struct sysprep_blocked){ 0 };
	if (sysprep_failed_run(s, LOG_PHASE_SYSPREP, &run, err) < 0)
		return -1;
	return run ? sysprep_blocked_of(s, &run->events[run->cause], ret, err) : 0;
}

void
sysprep_blocked_clear(struct sysprep_blocked *b)
{
	free(b->key);
	free(b->name);
	free(b->data);
	*b = (struct sysprep_blocked){ 0 };
}

static int
ask_blocked(struct subject *s, const struct cascade_event *e, enum sysprep_cause *ret,
	    char **ret_why, struct error *err)
{
	CLEANUP_SYSPREP_BLOCKED struct sysprep_blocked b = { 0 };

	if (sysprep_blocked_of(s, e, &b, err) < 0)
		return -1;
	if (!b.key)
		return 0;
	*ret = b.there ? CAUSE_STANDS : CAUSE_GONE;
	*ret_why = xasprintf(b.there ? "the value %s is still there" :
				       "the value %s is not there any more",
			     b.name);
	return 0;
}

static int
ask_pending(struct subject *s, unsigned number, enum sysprep_cause *ret, char **ret_why,
	    struct error *err)
{
	CLEANUP_SYSPREP_PENDINGS struct sysprep_pendings p = { 0 };

	if (sysprep_pending_read(s, &p, err) < 0)
		return -1;
	if (number == 17) {
		if (p.active_scenario == UINT32_MAX)
			return 0;
		*ret = p.active_scenario ? CAUSE_STANDS : CAUSE_GONE;
		*ret_why = xstrdup(p.active_scenario ? "ReserveManager\\ActiveScenario is set" :
						       "ReserveManager\\ActiveScenario is 0 now");
		return 0;
	}
	*ret = p.count ? CAUSE_STANDS : CAUSE_GONE;
	*ret_why = xstrdup(p.count ? p.list[0].what : "nothing waits for a restart any more");
	return 0;
}

static void
ask_state(const struct setup_state *setup, unsigned number, enum sysprep_cause *ret, char **ret_why)
{
	bool stands = number == 10 ? setup->generalization == 3 :
				     setup->pass_oobe == 1 || setup->pass_specialize == 1;

	*ret = stands ? CAUSE_STANDS : CAUSE_GONE;
	*ret_why = xstrdup(number == 10 ? (stands ? "GeneralizationState is 3" :
						    "GeneralizationState is not 3 any more") :
					  (stands ? "UnattendPasses says that the pass is open" :
						    "no pass is open any more"));
}

int
sysprep_cause_read(struct subject *s, const struct cascade_event *e, enum sysprep_cause *ret,
		   char **ret_why, struct error *err)
{
	const struct known_hit *h = cascade_known(e);
	const struct setup_state *setup = subject_setup(s, err);
	unsigned number = h ? h->known->number : 0;

	*ret = CAUSE_UNKNOWN;
	*ret_why = NULL;
	if (!setup)
		return -1;
	switch (number) {
	case 8:
	case 14:
	case 15:
	case 18:
	case 23:
	case 37:
		return ask_services(s, e, number, ret, ret_why, err);
	case 17:
	case 19:
		return ask_pending(s, number, ret, ret_why, err);
	case 29:
	case 30:
		return ask_provider(s, h, number == 30, ret, ret_why, err);
	case 31:
	case 32:
		return ask_blocked(s, e, ret, ret_why, err);
	case 10:
	case 43:
		ask_state(setup, number, ret, ret_why);
		return 0;
	default:
		return 0;
	}
}

/* Whether Setup's state leaves room for a failure of that phase. */
static bool
is_open(const struct sysprep_state *state, enum log_phase phase)
{
	switch (state->verdict) {
	case SYSPREP_SPECIALIZE:
	case SYSPREP_RESTART_LOOP:
		return phase == LOG_PHASE_SPECIALIZE;
	case SYSPREP_OOBE:
		return phase == LOG_PHASE_OOBE;
	case SYSPREP_DEPLOYED:
	case SYSPREP_FAILED:
	case SYSPREP_GENERALIZE_ABORTED:
	/* an image is being made: Sysprep is what ends audit mode */
	case SYSPREP_AUDIT:
	/* with the tag file no failure of it counts */
	case SYSPREP_SEALED:
	case SYSPREP_NOT_ARMED:
		return phase == LOG_PHASE_SYSPREP;
	case SYSPREP_UNKNOWN:
		return true;
	default:
		return false;
	}
}

int
sysprep_failed_run(struct subject *s, enum log_phase phase, const struct cascade_run **ret,
		   struct error *err)
{
	const struct setup_state *setup = subject_setup(s, err);
	const struct sysprep_state *state = setup ? subject_sysprep(s, err) : NULL;
	const struct sysprep_logs *logs = state ? subject_sysprep_logs(s, err) : NULL;
	const struct cascade_run *run;

	*ret = NULL;
	if (!logs)
		return -1;
	run = sysprep_logs_newest(logs, phase);
	if (!run || run->cause < 0 || run->outcome == RUN_SUCCEEDED || !is_open(state, phase) ||
	    sysprep_logs_inherited(logs, run))
		return 0;
	/* every run of Sysprep deletes the tag file when it begins */
	if (phase == LOG_PHASE_SYSPREP && setup->succeeded_tag)
		return 0;
	/* an error that nobody knows, in a log that does not say how it ended, stops nothing for certain */
	if (run->outcome == RUN_OPEN &&
	    (state->verdict == SYSPREP_DEPLOYED || state->verdict == SYSPREP_AUDIT) &&
	    !cascade_known(&run->events[run->cause]))
		return 0;
	*ret = run;
	return 0;
}

int
sysprep_failed_by(struct subject *s, unsigned number, bool *ret, struct error *err)
{
	*ret = false;
	for (int phase = 0; phase < LOG_PHASE_COUNT; phase++) {
		const struct cascade_run *run;
		const struct known_hit *h;

		if (sysprep_failed_run(s, (enum log_phase)phase, &run, err) < 0)
			return -1;
		h = run ? cascade_known(&run->events[run->cause]) : NULL;
		*ret |= h && h->known->number == number;
	}
	return 0;
}
