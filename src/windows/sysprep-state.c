/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The decision table of sysprep-state.h. */
#include <stdlib.h>
#include <string.h>

#include "answer/xml.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "util/utf16.h"
#include "volume/volume.h"
#include "windows/sysprep-state.h"
#include "windows/windows.h"

#define ANSWER_LIMIT (16u << 20)

const char *
sysprep_verdict_text(enum sysprep_verdict v)
{
	static const char *const names[] = {
		[SYSPREP_UNKNOWN] = "unknown",
		[SYSPREP_DEPLOYED] = "deployed",
		[SYSPREP_SEALED] = "sealed",
		[SYSPREP_NOT_ARMED] = "sealed-not-armed",
		[SYSPREP_FAILED] = "sysprep-failed",
		[SYSPREP_GENERALIZE_ABORTED] = "generalize-aborted",
		[SYSPREP_SPECIALIZE] = "specialize",
		[SYSPREP_RESTART_LOOP] = "restart-loop",
		[SYSPREP_OOBE] = "oobe",
		[SYSPREP_AUDIT] = "audit",
	};

	return names[v];
}

static bool
off(uint32_t v)
{
	return v == 0 || v == SETUP_ABSENT;
}

/* A run of Sysprep on this machine that failed and has no tag file to show for itself. */
static bool
sysprep_failed(const struct setup_state *s, const struct cascade_run *r)
{
	return r && r->outcome == RUN_FAILED && !s->succeeded_tag;
}

static enum sysprep_verdict
verdict_of(const struct setup_state *s, const struct cascade_run *sysprep)
{
	switch (s->phase) {
	case SETUP_DEPLOYED:
		return sysprep_failed(s, sysprep) ? SYSPREP_FAILED : SYSPREP_DEPLOYED;
	case SETUP_SEALED:
		return SYSPREP_SEALED;
	case SETUP_SEALED_UNARMED:
		return SYSPREP_NOT_ARMED;
	case SETUP_GENERALIZE_ABORTED:
		return SYSPREP_GENERALIZE_ABORTED;
	case SETUP_SPECIALIZE:
		return s->child_setup == 1 && !off(s->in_progress) ? SYSPREP_RESTART_LOOP :
								     SYSPREP_SPECIALIZE;
	case SETUP_OOBE:
		return SYSPREP_OOBE;
	case SETUP_AUDIT:
		return SYSPREP_AUDIT;
	case SETUP_UNKNOWN:
		break;
	}
	return SYSPREP_UNKNOWN;
}

static enum log_phase
phase_of(enum sysprep_verdict v)
{
	switch (v) {
	case SYSPREP_SPECIALIZE:
	case SYSPREP_RESTART_LOOP:
		return LOG_PHASE_SPECIALIZE;
	case SYSPREP_OOBE:
		return LOG_PHASE_OOBE;
	default:
		return LOG_PHASE_SYSPREP;
	}
}

/* ---- answer files ---- */

/* The passes of an answer file, and which of them are done. */
static char *
passes_of(const struct xml *x)
{
	CLEANUP_TEXT struct text t = TEXT_INIT;

	for (size_t i = 1; i < xml_count(x); i++) {
		CLEANUP_FREE char *pass = NULL, *done = NULL;

		if (xml_parent(x, i) != 0 || strcmp(xml_name(x, i), "settings") != 0)
			continue;
		pass = xml_attribute(x, i, "pass");
		done = xml_attribute(x, i, "wasPassProcessed");
		text_addf(&t, "%s%s%s", t.len ? ", " : "", pass ? pass : "?",
			  done && name_equal(done, "true") ? " (done)" : "");
	}
	return text_steal(&t);
}

static int
read_answer(struct windows *w, const char *below, struct sysprep_state *s, struct error *err)
{
	struct volume *v = windows_volume(w);
	CLEANUP_FREE char *path = windows_path(w, below);
	CLEANUP_FREE uint8_t *bytes = NULL;
	CLEANUP_XML struct xml *x = NULL;
	struct sysprep_answer *a;
	size_t len;

	bytes = volume_read_file(v, path, ANSWER_LIMIT, &len, err);
	if (!bytes && err->code == ERR_INTERRUPTED)
		return -1;
	if (!bytes && err->code == ERR_NOT_FOUND) {
		error_clear(err);
		return 0;
	}
	x = bytes ? xml_open(bytes, len, err) : NULL;
	ARRAY_GROW(s->answers, s->answer_count);
	a = &s->answers[s->answer_count++];
	*a = (struct sysprep_answer){ .path = steal(&path) };
	if (!x)
		a->problem = xstrdup(err->message);
	error_clear(err);
	a->passes = x ? passes_of(x) : xstrdup("");
	return 0;
}

int
sysprep_state_read(struct windows *w, const struct setup_state *s, const struct sysprep_logs *l,
		   struct sysprep_state *ret, struct error *err)
{
	/* the cached copy, which rules the passes to come, and where Setup and Sysprep look for one by themselves */
	static const char *const places[] = { "Panther/unattend.xml",
					      "Panther/Unattend/unattend.xml",
					      "System32/Sysprep/unattend.xml",
					      "System32/Sysprep/Panther/unattend.xml",
					      "Panther/unattend-original.xml" };
	const struct cascade_run *sysprep = cascade_newest(l->cascade, LOG_PHASE_SYSPREP);
	CLEANUP_SYSPREP_STATE struct sysprep_state state = { 0 };
	const struct cascade_run *run;

	if (sysprep && sysprep_logs_inherited(l, sysprep))
		sysprep = NULL;
	state.verdict = verdict_of(s, sysprep);
	state.phase = phase_of(state.verdict);
	run = cascade_newest(l->cascade, state.phase);
	state.run = run && !sysprep_logs_inherited(l, run) ? run : NULL;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (read_answer(w, places[i], &state, err) < 0)
			return -1;
	*ret = state;
	state = (struct sysprep_state){ 0 };
	return 0;
}

void
sysprep_state_clear(struct sysprep_state *s)
{
	for (size_t i = 0; i < s->answer_count; i++) {
		free(s->answers[i].path);
		free(s->answers[i].passes);
		free(s->answers[i].problem);
	}
	free(s->answers);
	*s = (struct sysprep_state){ 0 };
}

bool
sysprep_is_complete(const struct setup_state *s, const char **ret_why)
{
	const struct {
		bool holds;
		const char *why;
	} needs[] = {
		{ s->setup_type == 0, "SetupType is not 0" },
		{ s->cmd_line && !*s->cmd_line, "CmdLine is not empty" },
		{ off(s->in_progress), "SystemSetupInProgress is set" },
		{ off(s->oobe_in_progress), "OOBEInProgress is set" },
		{ s->child_setup == 3, "ChildCompletion\\setup.exe is not 3" },
		{ s->pass_specialize != 1, "the specialize pass is open" },
		{ s->pass_oobe != 1, "the oobeSystem pass is open" },
		{ s->pass_generalize != 1, "the generalize pass is open" },
		{ s->pass_audit_system != 1, "the auditSystem pass is open" },
		{ s->pass_audit_user != 1, "the auditUser pass is open" },
		{ off(s->audit_boot), "AuditBoot is set" },
		{ s->generalization != 3, "GeneralizationState is 3: a generalize was begun" },
	};

	*ret_why = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
		if (!needs[i].holds) {
			*ret_why = needs[i].why;
			return false;
		}
	return true;
}

bool
sysprep_states_differ(const struct setup_state *s)
{
	const char *all[] = { s->image_state, s->image_state_ini, s->image_state_servicing };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		for (size_t k = 0; k < i; k++)
			if (all[i] && all[k] && !name_equal(all[i], all[k]))
				return true;
	return false;
}
