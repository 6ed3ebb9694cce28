/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How far Sysprep and Setup have come, and whether they stand still: registry, State.ini, tag file (setup-state.h), logs (sysprep-logs.h) and the
 * copies of the answer file, together.
 *
 *      verdict                 SetupType CmdLine    ImageState             and
 *      deployed                0         empty      COMPLETE               no pass open, neither flag of progress, GeneralizationState 7 or absent
 *      sealed                  2         windeploy  GENERALIZE_RESEAL_TO_… OOBEInProgress; to be captured only with the tag file
 *      sealed, not armed       0 or empty           GENERALIZE_RESEAL_TO_…
 *      Sysprep failed          0         empty      COMPLETE               its newest run failed, no tag file
 *      generalize aborted      0                    COMPLETE, UNDEPLOYABLE GeneralizationState 3, no tag file
 *      specialize              1, 2                 UNDEPLOYABLE           SystemSetupInProgress, and specialize 1 or setup.exe 1
 *      restart loop            1, 2                 UNDEPLOYABLE           setup.exe 1 and SystemSetupInProgress
 *      oobeSystem              1, 2                 SPECIALIZE_RESEAL…     setup.exe 3 and OOBEInProgress
 *      audit                                        …_TO_AUDIT             or AuditBoot 1
 *      unknown                 whatever fits none of these
 *
 * Microsoft: "Windows Setup States", "Windows Setup Automation Overview"; the numbers of GeneralizationState, ChildCompletion and
 * UnattendPasses are documented nowhere and never decide alone.
 */
#ifndef RESPREP_WINDOWS_SYSPREP_STATE_H
#define RESPREP_WINDOWS_SYSPREP_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "windows/setup-state.h"
#include "windows/sysprep-logs.h"

enum sysprep_verdict {
	SYSPREP_UNKNOWN,
	SYSPREP_DEPLOYED,
	SYSPREP_SEALED,
	SYSPREP_NOT_ARMED,
	SYSPREP_FAILED, /* before it changed anything: what was to be an image is none */
	SYSPREP_GENERALIZE_ABORTED,
	SYSPREP_SPECIALIZE,
	SYSPREP_RESTART_LOOP,
	SYSPREP_OOBE,
	SYSPREP_AUDIT,
};
const char *sysprep_verdict_text(enum sysprep_verdict v); /* "deployed", "sysprep-failed", … */

struct sysprep_state {
	enum sysprep_verdict verdict;
	enum log_phase phase; /* whose logs tell of it */
	const struct cascade_run *
		run; /* the run that tells of it, if it is of this installation; NULL; borrowed from the logs */
};

/* `s` and `l` must outlive it. */
void sysprep_state_read(const struct setup_state *s, const struct sysprep_logs *l,
			struct sysprep_state *ret);

/*
 * Whether Setup has nothing left to do but to say so: SetupType 0, CmdLine empty, nothing in progress, setup.exe 3, no pass open.  Only then may
 * ImageState become COMPLETE.  `*ret_why` (static; NULL when it holds) names what does not hold.
 */
bool sysprep_is_complete(const struct setup_state *s, const char **ret_why);

/* Whether the places of ImageState that exist disagree. */
bool sysprep_states_differ(const struct setup_state *s);

#endif
