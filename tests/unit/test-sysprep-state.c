/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far Sysprep and Setup have come: each row of the decision table, from registry, files and logs together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "registry/hive.h"
#include "tests/support/fake-volume.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "windows/sysprep-state.h"
#include "windows/windows.h"

#define CONFIG	    "/Windows/System32/config/"
#define TAG	    "/Windows/System32/Sysprep/Sysprep_succeeded.tag"
#define ABSENT	    UINT32_MAX
#define STATE(text) "IMAGE_STATE_" text

struct machine {
	uint32_t setup_type;
	const char *cmd_line;
	uint32_t in_progress, oobe_in_progress, generalization, child_setup, specialize, oobe,
		audit;
	const char *state, *ini, *servicing;
	bool tag;
	const char *sysprep_log, *unattendgc_log;
	uint32_t installed;
};

static const struct machine deployed = { .setup_type = 0,
					 .cmd_line = "",
					 .generalization = 7,
					 .child_setup = 3,
					 .specialize = 9,
					 .oobe = 9,
					 .state = STATE("COMPLETE"),
					 .ini = STATE("COMPLETE") };

struct world {
	struct volume *v;
	struct windows *w;
	struct setup_state setup;
	struct sysprep_logs logs;
	struct sysprep_state state;
};

static size_t
put(struct fake_value *v, size_t n, const char *key, const char *name, uint32_t number)
{
	if (number == ABSENT)
		return n;
	v[n] = (struct fake_value){ key, name, REG_TYPE_DWORD, NULL, number, 0 };
	return n + 1;
}

static void
build(struct world *t, const struct machine *m)
{
	struct fake_value system[16], software[8];
	CLEANUP_FREE char *ini = xasprintf("[State]\r\nImageState=\"%s\"\r\n",
					   m->ini ? m->ini : "");
	size_t n = 0, len;
	CLEANUP_FREE uint8_t *bytes = NULL, *more = NULL;

	t->v = fake_volume_new();
	n = put(system, n, "Select", "Current", 1);
	n = put(system, n, "Select", "Default", 1);
	n = put(system, n, "ControlSet001\\Control\\TimeZoneInformation", "Bias", (uint32_t)-60);
	n = put(system, n, "Setup", "SetupType", m->setup_type);
	n = put(system, n, "Setup", "SystemSetupInProgress", m->in_progress);
	n = put(system, n, "Setup", "OOBEInProgress", m->oobe_in_progress);
	n = put(system, n, "Setup\\Status", "AuditBoot", m->audit);
	n = put(system, n, "Setup\\Status\\SysprepStatus", "GeneralizationState",
		m->generalization);
	n = put(system, n, "Setup\\Status\\ChildCompletion", "setup.exe", m->child_setup);
	n = put(system, n, "Setup\\Status\\UnattendPasses", "specialize", m->specialize);
	n = put(system, n, "Setup\\Status\\UnattendPasses", "oobeSystem", m->oobe);
	if (m->cmd_line)
		system[n++] = (struct fake_value){ "Setup",	"CmdLine", REG_TYPE_SZ,
						   m->cmd_line, 0,	   0 };
	bytes = fake_hive(system, n, &len);
	fake_volume_file(t->v, CONFIG "SYSTEM", bytes, len);
	n = put(software, 0, "Microsoft\\Windows NT\\CurrentVersion", "InstallDate", m->installed);
	software[n++] =
		(struct fake_value){ SETUP_STATE_KEY, "ImageState", REG_TYPE_SZ, m->state, 0, 0 };
	if (m->servicing)
		software[n++] = (struct fake_value){
			SETUP_SERVICING_KEY, "ImageState", REG_TYPE_SZ, m->servicing, 0, 0
		};
	more = fake_hive(software, n, &len);
	fake_volume_file(t->v, CONFIG "SOFTWARE", more, len);
	if (m->ini)
		fake_volume_text(t->v, "/Windows/" SETUP_STATE_INI, ini);
	if (m->tag)
		fake_volume_text(t->v, TAG, "");
	if (m->sysprep_log)
		fake_volume_text(t->v, "/Windows/System32/Sysprep/Panther/setupact.log",
				 m->sysprep_log);
	if (m->unattendgc_log)
		fake_volume_text(t->v, "/Windows/Panther/UnattendGC/setupact.log",
				 m->unattendgc_log);
	t->w = windows_open(t->v, "/Windows", NULL);
}

static void
judge(struct world *t)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;

	if (setup_state_read(t->w, &t->setup, &err) < 0 ||
	    sysprep_logs_read(t->w, &t->logs, &err) < 0)
		fail_msg("%s", err.message);
	sysprep_state_read(&t->setup, &t->logs, &t->state);
}

static void
tear_down(struct world *t)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;

	sysprep_logs_clear(&t->logs);
	setup_state_clear(&t->setup);
	windows_close(t->w);
	volume_close(t->v, &err);
	*t = (struct world){ 0 };
}

static enum sysprep_verdict
verdict(const struct machine *m)
{
	struct world t = { 0 };
	enum sysprep_verdict v;

	build(&t, m);
	judge(&t);
	v = t.state.verdict;
	tear_down(&t);
	return v;
}

#define RUN \
	"2024-03-05 10:00:00, Info                  SYSPRP ===          Beginning of a new sysprep run          ===\r\n"
#define ACTION \
	"2024-03-05 10:00:02, Info                  SYSPRP RunDlls:Running platform actions specified in action file for phase 3\r\n"
#define FAIL \
	"2024-03-05 10:00:02, Error      [0x0f00d8] SYSPRP WinMain:Hit failure while pre-validate sysprep generalize internal providers; hr = 0x80073cf2\r\n"
#define END "2024-03-05 10:00:03, Info       [0x0f0052] SYSPRP Shutting down SysPrep log\r\n"

static void
each_row_of_the_table_is_told(void **state)
{
	const struct machine base = deployed;
	struct machine m;

	(void)state;
	assert_int_equal(verdict(&base), SYSPREP_DEPLOYED);
	/* never through Sysprep: those keys are not there */
	m = base;
	m.generalization = m.child_setup = m.specialize = m.oobe = m.audit = ABSENT;
	assert_int_equal(verdict(&m), SYSPREP_DEPLOYED);

	m = base;
	m.setup_type = 2;
	m.cmd_line = "oobe\\windeploy.exe";
	m.in_progress = m.oobe_in_progress = 1;
	m.generalization = 4;
	m.child_setup = m.specialize = m.oobe = 0;
	m.state = m.ini = STATE("GENERALIZE_RESEAL_TO_OOBE");
	m.tag = true;
	assert_int_equal(verdict(&m), SYSPREP_SEALED);
	m.setup_type = 0;
	assert_int_equal(verdict(&m), SYSPREP_NOT_ARMED);
	m.setup_type = 2;
	m.cmd_line = "";
	assert_int_equal(verdict(&m), SYSPREP_NOT_ARMED);

	m = base;
	m.sysprep_log = RUN FAIL END;
	assert_int_equal(verdict(&m), SYSPREP_FAILED);
	m.sysprep_log = RUN FAIL END RUN ACTION END;
	assert_int_equal(verdict(&m), SYSPREP_DEPLOYED);
	/* one that did nothing does not clear it */
	m.sysprep_log = RUN FAIL END RUN END;
	assert_int_equal(verdict(&m), SYSPREP_FAILED);
	/* a tag file is newer than a failure: every run deletes it first */
	m.sysprep_log = RUN FAIL END;
	m.tag = true;
	assert_int_equal(verdict(&m), SYSPREP_DEPLOYED);

	m = base;
	m.generalization = 3;
	assert_int_equal(verdict(&m), SYSPREP_GENERALIZE_ABORTED);
	m.state = m.ini = STATE("UNDEPLOYABLE");
	assert_int_equal(verdict(&m), SYSPREP_GENERALIZE_ABORTED);

	m = base;
	m.setup_type = 2;
	m.cmd_line = "oobe\\windeploy.exe";
	m.in_progress = m.oobe_in_progress = 1;
	m.child_setup = 0;
	m.specialize = 1;
	m.state = m.ini = STATE("UNDEPLOYABLE");
	assert_int_equal(verdict(&m), SYSPREP_SPECIALIZE);
	m.child_setup = 1;
	assert_int_equal(verdict(&m), SYSPREP_RESTART_LOOP);
	m.child_setup = 3;
	m.specialize = 9;
	m.oobe = 1;
	m.state = m.ini = STATE("SPECIALIZE_RESEAL_TO_OOBE");
	assert_int_equal(verdict(&m), SYSPREP_OOBE);

	m = base;
	m.audit = 1;
	m.state = m.ini = STATE("SPECIALIZE_RESEAL_TO_AUDIT");
	assert_int_equal(verdict(&m), SYSPREP_AUDIT);

	m = base;
	m.state = m.ini = STATE("UNDEPLOYABLE");
	assert_int_equal(verdict(&m), SYSPREP_UNKNOWN);
}

/* The clock is an hour before UTC: 10:00:02 is 09:00:02Z. */
static void
what_the_builder_of_the_image_left_is_not_of_this_machine(void **state)
{
	struct machine m = deployed;
	struct world t = { 0 };

	(void)state;
	m.sysprep_log = RUN FAIL END;
	m.installed = 1709629202; /* 2024-03-05 09:00:02Z */
	assert_int_equal(verdict(&m), SYSPREP_FAILED);
	m.installed++;
	assert_int_equal(verdict(&m), SYSPREP_DEPLOYED);
	build(&t, &m);
	judge(&t);
	assert_null(t.state.run);
	tear_down(&t);
}

static void
the_run_of_the_open_pass_is_named(void **state)
{
	struct machine m = deployed;
	struct world t = { 0 };

	(void)state;
	m.setup_type = 2;
	m.cmd_line = "oobe\\windeploy.exe";
	m.in_progress = 1;
	m.specialize = 1;
	m.child_setup = 1;
	m.state = m.ini = STATE("UNDEPLOYABLE");
	m.sysprep_log = RUN FAIL END;
	m.unattendgc_log =
		"2024-03-06 10:00:00, Info                         [windeploy.exe] WinDeploy.exe launched with command-line []...\r\n"
		"2024-03-06 10:00:05, Error                        [Shell Unattend] CopyProfile failed (0x80070003) [gle=0x00000003]\r\n";
	build(&t, &m);
	judge(&t);
	assert_non_null(t.state.run);
	assert_int_equal(t.state.run->phase, LOG_PHASE_SPECIALIZE);
	assert_string_equal(t.state.run->events[t.state.run->cause].path,
			    "/Windows/Panther/UnattendGC/setupact.log");
	tear_down(&t);
}

/* setuperr.log is read where setupact.log says nothing, and a log that cannot be read does not hide the others. */
static void
what_cannot_be_read_is_said(void **state)
{
	struct machine m = deployed;
	struct world t = { 0 };

	(void)state;
	build(&t, &m);
	fake_volume_folder(t.v, "/Windows/Panther/UnattendGC/setupact.log");
	fake_volume_text(t.v, "/Windows/System32/Sysprep/Panther/setuperr.log", FAIL);
	judge(&t);
	assert_int_equal(t.state.verdict, SYSPREP_FAILED);
	assert_int_equal(t.logs.unread_count, 1);
	assert_non_null(strstr(t.logs.unread[0], "/Windows/Panther/UnattendGC/setupact.log: "));
	tear_down(&t);
}

/* The logs are read all the same; only the clock is not known. */
static void
no_hive_can_be_read(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct machine m = deployed;
	struct world t = { 0 };

	(void)state;
	m.sysprep_log = RUN FAIL END;
	build(&t, &m);
	fake_volume_text(t.v, CONFIG "SYSTEM", "");
	fake_volume_text(t.v, CONFIG "SOFTWARE", "");
	assert_int_equal(sysprep_logs_read(t.w, &t.logs, &err), 0);
	assert_true(t.logs.installed == 0 && !t.logs.have_zone);
	tear_down(&t);
}

static char empty[] = "", program[] = "cmd.exe", complete[] = STATE("COMPLETE"),
	    small[] = "image_state_complete", undeployable[] = STATE("UNDEPLOYABLE");

static void
complete_is_for_a_machine_with_nothing_left_to_do(void **state)
{
	const char *why;
	struct setup_state s = {
		.setup_type = 0, .cmd_line = empty, .child_setup = 3, .pass_specialize = 9
	};
	uint32_t *const numbers[] = { &s.setup_type,	    &s.in_progress,	&s.oobe_in_progress,
				      &s.pass_specialize,   &s.pass_oobe,	&s.pass_generalize,
				      &s.pass_audit_system, &s.pass_audit_user, &s.audit_boot };

	(void)state;
	assert_true(sysprep_is_complete(&s, &why));
	assert_null(why);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		uint32_t was = *numbers[i];

		*numbers[i] = 1;
		assert_false(sysprep_is_complete(&s, &why));
		assert_non_null(why);
		*numbers[i] = was;
	}
	s.passes_begun = program;
	assert_false(sysprep_is_complete(&s, &why));
	s.passes_begun = NULL;
	s.generalization = 3;
	assert_false(sysprep_is_complete(&s, &why));
	s.generalization = 7;
	s.child_setup = SETUP_ABSENT;
	assert_false(sysprep_is_complete(&s, &why));
	s.child_setup = 3;
	s.cmd_line = NULL;
	assert_false(sysprep_is_complete(&s, &why));
	s.cmd_line = program;
	assert_false(sysprep_is_complete(&s, &why));
}

static void
places_of_the_state_are_compared(void **state)
{
	struct setup_state s = { .image_state = complete };

	(void)state;
	assert_false(sysprep_states_differ(&s));
	s.image_state_servicing = small;
	assert_false(sysprep_states_differ(&s));
	s.image_state_ini = undeployable;
	assert_true(sysprep_states_differ(&s));
	s.image_state = NULL;
	assert_true(sysprep_states_differ(&s));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_of_the_table_is_told),
		cmocka_unit_test(what_the_builder_of_the_image_left_is_not_of_this_machine),
		cmocka_unit_test(the_run_of_the_open_pass_is_named),
		cmocka_unit_test(what_cannot_be_read_is_said),
		cmocka_unit_test(no_hive_can_be_read),
		cmocka_unit_test(complete_is_for_a_machine_with_nothing_left_to_do),
		cmocka_unit_test(places_of_the_state_are_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
