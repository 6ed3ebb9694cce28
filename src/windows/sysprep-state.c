/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The decision table of sysprep-state.h. */
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "windows/sysprep-state.h"
#include "windows/windows.h"

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

void
sysprep_state_read(const struct setup_state *s, const struct sysprep_logs *l,
		   struct sysprep_state *ret)
{
	const struct cascade_run *sysprep = sysprep_logs_newest(l, LOG_PHASE_SYSPREP);
	struct sysprep_state state = { 0 };
	const struct cascade_run *run;

	if (sysprep && sysprep_logs_inherited(l, sysprep))
		sysprep = NULL;
	state.verdict = verdict_of(s, sysprep);
	state.phase = phase_of(state.verdict);
	run = sysprep_logs_newest(l, state.phase);
	state.run = run && !sysprep_logs_inherited(l, run) ? run : NULL;
	*ret = state;
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
		{ !s->passes_begun, "a pass below UnattendPasses is open" },
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
