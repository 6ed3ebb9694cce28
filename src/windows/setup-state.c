/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where Setup and Sysprep stand.  SetupType, CmdLine, OOBEInProgress, ImageState and the tag file decide; GeneralizationState
 * alone never says that a pass is open, because its values are not documented (Microsoft documents ImageState in "Windows Setup
 * States"): every machine that has finished has 7 there, or nothing.  What fits no row of the table in sysprep-state.h is told
 * as such.
 */
#include <stdlib.h>
#include <string.h>

#include "registry/hive.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "util/utf16.h"
#include "volume/volume.h"
#include "windows/setup-state.h"
#include "windows/state-ini.h"
#include "windows/windows.h"

static int
number(struct hive *h, const char *path, const char *name, uint32_t *ret, struct error *err)
{
	*ret = SETUP_ABSENT;
	if (hive_get_u32(h, path, name, ret, err) == 0)
		return 0;
	/* of another type: as good as absent, and never a reason to stop looking */
	if (err->code != ERR_NOT_FOUND && err->code != ERR_CORRUPT)
		return -1;
	error_clear(err);
	return 0;
}

static int
text(struct hive *h, const char *path, const char *name, char **ret, struct error *err)
{
	*ret = hive_get_text(h, path, name, err);
	if (*ret)
		return 0;
	if (err->code != ERR_NOT_FOUND && err->code != ERR_CORRUPT)
		return -1;
	error_clear(err);
	return 0;
}

static int
read_numbers(struct hive *h, struct setup_state *s, struct error *err)
{
	const struct {
		const char *key, *name;
		uint32_t *to;
	} values[] = {
		{ "Setup", "SetupType", &s->setup_type },
		{ "Setup", "SystemSetupInProgress", &s->in_progress },
		{ "Setup", "OOBEInProgress", &s->oobe_in_progress },
		{ "Setup", "SetupPhase", &s->setup_phase },
		{ "Setup\\Status", "AuditBoot", &s->audit_boot },
		{ "Setup\\Status\\SysprepStatus", "GeneralizationState", &s->generalization },
		{ "Setup\\Status\\SysprepStatus", "CleanupState", &s->cleanup },
		{ "Setup\\Status\\ChildCompletion", "setup.exe", &s->child_setup },
		{ "Setup\\Status\\ChildCompletion", "oobeldr.exe", &s->child_oobeldr },
		{ "Setup\\Status\\UnattendPasses", "specialize", &s->pass_specialize },
		{ "Setup\\Status\\UnattendPasses", "oobeSystem", &s->pass_oobe },
		{ "Setup\\Status\\UnattendPasses", "generalize", &s->pass_generalize },
		{ "Setup\\Status\\UnattendPasses", "auditSystem", &s->pass_audit_system },
		{ "Setup\\Status\\UnattendPasses", "auditUser", &s->pass_audit_user },
		{ "Setup\\SetupCl", "ExecutionSuccessful", &s->sid_change_done },
		{ "Setup\\SetupCl", "NTSTATUS", &s->sid_change_status },
	};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		if (number(h, values[i].key, values[i].name, values[i].to, err) < 0)
			return -1;
	return text(h, "Setup", "CmdLine", &s->cmd_line, err);
}

/* Values below UnattendPasses that are 1: those of passes, known or not. */
static int
read_passes(struct hive *h, struct setup_state *s, struct error *err)
{
	CLEANUP_TEXT struct text names = TEXT_INIT;
	struct hive_value *values = NULL;
	size_t count = 0;
	hive_key key;

	if (hive_find_path(h, "Setup\\Status\\UnattendPasses", &key, err) < 0 ||
	    hive_values(h, key, &values, &count, err) < 0) {
		if (err->code != ERR_NOT_FOUND && err->code != ERR_CORRUPT)
			return -1;
		error_clear(err);
		return 0;
	}
	for (size_t i = 0; i < count; i++)
		/* Setup's own, and no pass */
		if (values[i].type == REG_TYPE_DWORD && values[i].len == 4 &&
		    get_u32(values[i].data) == 1 &&
		    !name_equal(values[i].name, "ActionQueueCookie"))
			text_addf(&names, "%s%s", names.len ? ", " : "", values[i].name);
	hive_values_free(values, count);
	s->passes_begun = names.len ? text_steal(&names) : NULL;
	return 0;
}

/* That it is not there is fine; what is there and cannot be read or understood is told. */
static int
read_ini(struct windows *w, struct setup_state *s, struct error *err)
{
	CLEANUP_ERROR struct error problem = ERROR_INIT;
	CLEANUP_STATE_INI struct state_ini ini = { 0 };
	CLEANUP_FREE char *path = windows_path(w, SETUP_STATE_INI);
	size_t len;
	CLEANUP_FREE uint8_t *bytes = volume_read_file(windows_volume(w), path,
						       SETUP_STATE_INI_LIMIT, &len, &problem);

	if (bytes && state_ini_open(&ini, bytes, len, &problem) == 0) {
		s->image_state_ini = state_ini_value(&ini);
		return 0;
	}
	if (problem.code == ERR_INTERRUPTED)
		return error_set(err, problem.code, "%s", problem.message);
	if (problem.code != ERR_NOT_FOUND)
		s->ini_problem = xstrdup(problem.message);
	return 0;
}

/* Traces of an upgrade that was taken back. */
static void
read_upgrade(struct windows *w, struct hive *system, struct setup_state *s)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	struct hive_value *values = NULL;
	size_t count = 0;
	hive_key key;

	if (hive_find_path(system, "Setup\\FailedInstallations", &key, &ignored) == 0 &&
	    hive_values(system, key, &values, &count, &ignored) == 0)
		hive_values_free(values, count);
	s->failed_upgrade = count ||
			    volume_exists(windows_volume(w), "/$WINDOWS.~BT/Sources/Rollback");
}

static bool
is(uint32_t value, uint32_t wanted)
{
	return value == wanted;
}

/* Absent counts as zero. */
static bool
off(uint32_t value)
{
	return value == 0 || value == SETUP_ABSENT;
}

static bool
state_is(const struct setup_state *s, const char *prefix)
{
	return s->image_state && name_starts_with(s->image_state, prefix);
}

/* A program that Sysprep and Setup have put there; a password tool puts its own. */
static bool
is_armed(const struct setup_state *s)
{
	return s->cmd_line && name_find(s->cmd_line, "windeploy.exe");
}

static bool
is_audit(const struct setup_state *s)
{
	return is(s->audit_boot, 1) || state_is(s, "IMAGE_STATE_SPECIALIZE_RESEAL_TO_AUDIT");
}

static bool
specialize_begun(const struct setup_state *s)
{
	return is(s->pass_specialize, 1) || is(s->child_setup, 1);
}

/* Why a machine whose SetupType is 0 is not one that has finished; NULL: it is one. */
static const char *
idle_doubt(const struct setup_state *s)
{
	const struct {
		bool holds;
		const char *doubt;
	} needs[] = {
		{ state_is(s, "IMAGE_STATE_COMPLETE"),
		  "SetupType is 0, but ImageState is not IMAGE_STATE_COMPLETE" },
		{ !s->cmd_line || !*s->cmd_line, "SetupType is 0, but CmdLine is not empty" },
		{ off(s->in_progress), "SetupType is 0, but SystemSetupInProgress is set" },
		{ off(s->oobe_in_progress), "SetupType is 0, but OOBEInProgress is set" },
		{ !is(s->child_setup, 1),
		  "setup.exe is 1, but SetupType is 0, so that nothing goes on with it" },
		{ !is(s->pass_specialize, 1),
		  "the specialize pass was begun, but SetupType is 0, so that nothing goes on with it" },
		{ !is(s->pass_oobe, 1),
		  "the oobeSystem pass was begun, but SetupType is 0, so that nothing goes on with it" },
		{ is(s->generalization, 7) || is(s->generalization, SETUP_ABSENT),
		  "Setup has finished, but GeneralizationState is not 7" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
		if (!needs[i].holds)
			return needs[i].doubt;
	return NULL;
}

/* SetupType 0: nothing of Setup runs at the next boot. */
static enum setup_phase
judge_idle(struct setup_state *s)
{
	if (state_is(s, "IMAGE_STATE_GENERALIZE_RESEAL"))
		return SETUP_SEALED_UNARMED;
	if (is_audit(s))
		return SETUP_AUDIT;
	if (is(s->generalization, 3) && !s->succeeded_tag &&
	    (state_is(s, "IMAGE_STATE_COMPLETE") || state_is(s, "IMAGE_STATE_UNDEPLOYABLE")))
		return SETUP_GENERALIZE_ABORTED;
	s->doubt = idle_doubt(s);
	return s->doubt ? SETUP_UNKNOWN : SETUP_DEPLOYED;
}

static enum setup_phase
doubtful(struct setup_state *s, bool holds, enum setup_phase phase, const char *doubt)
{
	if (holds)
		return phase;
	s->doubt = doubt;
	return SETUP_UNKNOWN;
}

/* SetupType is not 0: CmdLine is run at the next boot, and goes on with what is open. */
static enum setup_phase
judge_running(struct setup_state *s)
{
	bool resealed = state_is(s, "IMAGE_STATE_GENERALIZE_RESEAL");
	bool undeployable = state_is(s, "IMAGE_STATE_UNDEPLOYABLE");
	bool oobe = !off(s->oobe_in_progress) && is(s->child_setup, 3);

	/* ImageState is of no weight in the loop of "The computer restarted unexpectedly" */
	if (specialize_begun(s))
		return doubtful(
			s,
			!off(s->in_progress) && (is(s->child_setup, 1) || resealed || undeployable),
			SETUP_SPECIALIZE,
			"specialize was begun, but SystemSetupInProgress or ImageState does not say so");
	/* of Windows 11 24H2 ImageState is COMPLETE before oobeSystem is done */
	if (is(s->pass_oobe, 1) || state_is(s, "IMAGE_STATE_SPECIALIZE_RESEAL_TO_OOBE"))
		return doubtful(
			s, oobe && !resealed, SETUP_OOBE,
			"oobeSystem is open, but OOBEInProgress, setup.exe or ImageState does not say so");
	if (resealed && !is_armed(s))
		return SETUP_SEALED_UNARMED;
	if (resealed)
		return doubtful(
			s, is(s->setup_type, 2) && !off(s->oobe_in_progress), SETUP_SEALED,
			"ImageState says that the image is sealed, but SetupType is not 2 or OOBEInProgress is 0");
	if (is_audit(s))
		return SETUP_AUDIT;
	return doubtful(
		s, oobe && undeployable, SETUP_OOBE,
		state_is(s, "IMAGE_STATE_COMPLETE") && off(s->in_progress) ?
			"SetupType is not 0, but everything else says that Setup has finished" :
			"SetupType is not 0, but neither specialize nor oobeSystem was begun");
}

static enum setup_phase
judge(struct setup_state *s)
{
	if (is(s->setup_type, SETUP_ABSENT) || !s->image_state) {
		s->doubt = s->image_state ? "SetupType is missing" : "ImageState is missing";
		return SETUP_UNKNOWN;
	}
	return off(s->setup_type) ? judge_idle(s) : judge_running(s);
}

const char *
setup_phase_text(enum setup_phase phase)
{
	static const char *const names[] = { [SETUP_UNKNOWN] = "unknown",
					     [SETUP_DEPLOYED] = "deployed",
					     [SETUP_SEALED] = "sealed",
					     [SETUP_SEALED_UNARMED] = "sealed-not-armed",
					     [SETUP_GENERALIZE_ABORTED] = "generalize-aborted",
					     [SETUP_SPECIALIZE] = "specialize",
					     [SETUP_OOBE] = "oobe",
					     [SETUP_AUDIT] = "audit" };

	return names[phase];
}

static char *
sentence(const struct setup_state *s)
{
	switch (s->phase) {
	case SETUP_DEPLOYED:
		return xstrdup("deployed: Setup is finished, the next boot is a normal one");
	case SETUP_SEALED:
		return xasprintf(
			"sealed: Sysprep has generalized this image%s; the next boot runs the specialize pass",
			s->succeeded_tag ? "" : " and left no Sysprep_succeeded.tag");
	case SETUP_SEALED_UNARMED:
		return xstrdup(
			"Sysprep has generalized this image, but Setup is not armed: the next boot would skip specialize");
	case SETUP_GENERALIZE_ABORTED:
		return xstrdup(
			"the generalize pass was begun and did not finish; the next boot is a normal one");
	case SETUP_SPECIALIZE:
		return xstrdup(
			"the specialize pass is open: it was begun and did not finish, and the next boot goes on with it");
	case SETUP_OOBE:
		return xstrdup(
			"the oobeSystem pass is open: specialize is done, and the next boot goes on with oobeSystem");
	case SETUP_AUDIT:
		return xstrdup("audit mode: the next boot logs on as Administrator in audit mode");
	case SETUP_UNKNOWN:
		break;
	}
	return xasprintf(
		"Setup's values are missing or contradict each other (%s): what the next boot does is not certain",
		s->doubt);
}

int
setup_state_read(struct windows *w, struct setup_state *ret, struct error *err)
{
	CLEANUP_SETUP_STATE struct setup_state s = { 0 };
	CLEANUP_FREE char *tag = windows_path(w, "System32/Sysprep/Sysprep_succeeded.tag");
	struct hive *system = windows_hive(w, HIVE_SYSTEM, err);
	struct hive *software = system ? windows_hive(w, HIVE_SOFTWARE, err) : NULL;

	if (!software || read_numbers(system, &s, err) < 0 || read_passes(system, &s, err) < 0 ||
	    text(software, SETUP_STATE_KEY, "ImageState", &s.image_state, err) < 0 ||
	    text(software, SETUP_SERVICING_KEY, "ImageState", &s.image_state_servicing, err) < 0)
		return -1;
	s.succeeded_tag = volume_exists(windows_volume(w), tag);
	if (read_ini(w, &s, err) < 0)
		return -1;
	read_upgrade(w, system, &s);
	s.phase = judge(&s);
	s.detail = sentence(&s);
	*ret = s;
	s = (struct setup_state){ 0 };
	return 0;
}

void
setup_state_clear(struct setup_state *s)
{
	free(s->cmd_line);
	free(s->image_state);
	free(s->image_state_ini);
	free(s->ini_problem);
	free(s->passes_begun);
	free(s->image_state_servicing);
	free(s->detail);
	*s = (struct setup_state){ 0 };
}
