/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where Setup and Sysprep stand, from SYSTEM\Setup, SYSTEM\Setup\Status, SOFTWARE's ImageState, State.ini and the tag file.
 * Microsoft: "Windows Setup States".
 */
#ifndef RESPREP_WINDOWS_SETUP_STATE_H
#define RESPREP_WINDOWS_SETUP_STATE_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct windows;

enum setup_phase {
	SETUP_UNKNOWN,	/* values are missing or contradict each other: see `detail` */
	SETUP_DEPLOYED, /* T=0, CmdLine "", nothing in progress, ImageState COMPLETE */
	SETUP_SEALED, /* waiting for specialize: T=2, oobe\windeploy.exe, OOBEInProgress, GENERALIZE_RESEAL_TO_*; proven by the tag only */
	SETUP_SEALED_UNARMED,	  /* GENERALIZE_RESEAL_* but SetupType 0 or no CmdLine */
	SETUP_GENERALIZE_ABORTED, /* T=0, GeneralizationState 3, no tag */
	SETUP_SPECIALIZE,	  /* T not 0, stuck or interrupted in specialize */
	SETUP_OOBE,		  /* T not 0, stuck in oobeSystem */
	SETUP_AUDIT,
};

#define SETUP_ABSENT UINT32_MAX

struct setup_state {
	enum setup_phase phase;
	uint32_t setup_type, in_progress, oobe_in_progress,
		setup_phase;   /* SETUP_ABSENT when the value is not there */
	char *cmd_line;	       /* NULL when absent */
	char *image_state;     /* SOFTWARE; NULL when absent */
	char *image_state_ini; /* State.ini; NULL when absent, or not understood */
	char *ini_problem;     /* State.ini is there, and why it is not understood; else NULL */
	char *image_state_servicing; /* SOFTWARE, ImageServicingData (newer builds); NULL when absent */
	uint32_t generalization, cleanup, child_setup,
		child_oobeldr; /* Status\SysprepStatus, Status\ChildCompletion */
	uint32_t pass_specialize, pass_oobe, pass_generalize; /* Status\UnattendPasses */
	uint32_t pass_audit_system, pass_audit_user;
	char *passes_begun; /* "windowsPE, specialize": those that are 1, by whatever name; NULL: none */
	uint32_t audit_boot;
	uint32_t sid_change_done, sid_change_status; /* SetupCl: ExecutionSuccessful, NTSTATUS */
	bool failed_upgrade; /* FailedInstallations has entries, or $Windows.~BT a folder Rollback */
	bool succeeded_tag;  /* System32\Sysprep\Sysprep_succeeded.tag */
	const char *
		doubt; /* static: what contradicts what, or is missing, in SETUP_UNKNOWN; else NULL */
	char *detail; /* one sentence: which pass is open and what rules this boot; owned, never NULL */
};
#define SETUP_STATE_KEY	      "Microsoft\\Windows\\CurrentVersion\\Setup\\State"
#define SETUP_SERVICING_KEY   "Microsoft\\Windows\\CurrentVersion\\Setup\\ImageServicingData"
#define SETUP_STATE_INI	      "Setup/State/State.ini" /* below the Windows folder */
#define SETUP_STATE_INI_LIMIT (64u << 10)

int setup_state_read(struct windows *w, struct setup_state *ret, struct error *err);
void setup_state_clear(struct setup_state *s);
#define CLEANUP_SETUP_STATE __attribute__((cleanup(setup_state_clear)))
const char *
setup_phase_text(enum setup_phase phase); /* "deployed", "sealed, waiting for specialize", … */

#endif
