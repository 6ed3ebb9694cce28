/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a file is by its path or its first lines, and which lines mark the way of Sysprep. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "logs/mark.h"
#include "session/logs-places.h"
#include "util/alloc.h"

static void
kinds_and_places_by_path(void **state)
{
	static const struct {
		const char *path;
		enum log_kind kind;
		enum log_place place;
	} cases[] = {
		{ "/Windows/Panther/UnattendGC/setupact.log", LOG_KIND_PANTHER,
		  LOG_PLACE_UNATTENDGC },
		{ "/WINDOWS/PANTHER/UNATTENDGC/SETUPERR.LOG", LOG_KIND_PANTHER,
		  LOG_PLACE_UNATTENDGC },
		{ "/Windows/Panther/setupact.log", LOG_KIND_PANTHER, LOG_PLACE_PANTHER },
		{ "/Windows/Panther/cbs.log", LOG_KIND_CBS, LOG_PLACE_PANTHER },
		{ "/Windows/Panther/unattend.xml", LOG_KIND_COUNT, LOG_PLACE_PANTHER },
		{ "/Windows/System32/Sysprep/Panther/setupact.log", LOG_KIND_PANTHER,
		  LOG_PLACE_SYSPREP },
		{ "/Windows/System32/Sysprep/Panther/IE/setupact.log", LOG_KIND_PANTHER,
		  LOG_PLACE_SYSPREP_IE },
		{ "/$WINDOWS.~BT/Sources/Panther/setupact.log", LOG_KIND_PANTHER,
		  LOG_PLACE_UPGRADE },
		{ "/$WINDOWS.~BT/Sources/Rollback/setupact.log", LOG_KIND_PANTHER,
		  LOG_PLACE_ROLLBACK },
		{ "/Windows.old/Windows/Panther/setupact.log", LOG_KIND_PANTHER,
		  LOG_PLACE_UPGRADE },
		{ "/Windows/INF/setupapi.dev.log", LOG_KIND_SETUPAPI, LOG_PLACE_OTHER },
		{ "/Windows/Logs/CBS/CbsPersist_20140605.log", LOG_KIND_CBS, LOG_PLACE_OTHER },
		{ "/Windows/Logs/CBS/CbsPersist_20140605.cab", LOG_KIND_COUNT, LOG_PLACE_OTHER },
		{ "/Windows/Logs/DISM/dism.log", LOG_KIND_DISM, LOG_PLACE_OTHER },
		{ "/Windows/debug/NetSetup.LOG", LOG_KIND_NETSETUP, LOG_PLACE_OTHER },
		{ "/x/Ec2ConfigLog.txt.1", LOG_KIND_EC2CONFIG, LOG_PLACE_OTHER },
		{ "/ProgramData/Amazon/EC2-Windows/Launch/Log/Ec2Launch.log", LOG_KIND_EC2LAUNCH,
		  LOG_PLACE_OTHER },
		{ "/ProgramData/Amazon/EC2Launch/log/agent.log", LOG_KIND_EC2LAUNCH_V2,
		  LOG_PLACE_OTHER },
		{ "/elsewhere/agent.log", LOG_KIND_COUNT, LOG_PLACE_OTHER },
		{ "/ProgramData/Amazon/SSM/Logs/amazon-ssm-agent.log", LOG_KIND_SSM,
		  LOG_PLACE_OTHER },
		{ "/sent/UnattendGC_setupact.log", LOG_KIND_PANTHER, LOG_PLACE_UNATTENDGC },
		{ "/Windows/System32/winevt/Logs/System.evtx", LOG_KIND_EVENTS, LOG_PLACE_OTHER },
		{ "setupact.log", LOG_KIND_PANTHER, LOG_PLACE_OTHER },
		{ "", LOG_KIND_COUNT, LOG_PLACE_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(log_kind_of(cases[i].path), cases[i].kind);
		assert_int_equal(log_place_of(cases[i].path), cases[i].place);
	}
}

static void
kinds_by_first_lines(void **state)
{
	static const struct {
		const char *text;
		enum log_kind kind;
	} cases[] = {
		{ "[Device Install Log]\r\n     OS Version = 10", LOG_KIND_SETUPAPI },
		{ "\r\n\r\n2014-06-05 10:40:55, Info                  SYSPRP x", LOG_KIND_PANTHER },
		{ "2014-06-05 10:40:55, Info                  CBS    x", LOG_KIND_CBS },
		{ "2014-06-05 10:40:55, Info                  DISM   x", LOG_KIND_DISM },
		{ "what a script says\n2017-11-29T22:58:50.176Z: x", LOG_KIND_EC2CONFIG },
		{ "2020/02/17 11:33:25Z: x", LOG_KIND_CONSOLE },
		{ "2022-02-24 08:08:58 Info: x", LOG_KIND_EC2LAUNCH_V2 },
		{ "2022-02-24 08:08:58 INFO x", LOG_KIND_SSM },
		{ "03/21/2013 11:12:31:478 x", LOG_KIND_NETSETUP },
		{ "no log at all\n2022-02-24 08:08:58 x", LOG_KIND_COUNT },
		{ "", LOG_KIND_COUNT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(log_kind_sniff(cases[i].text), cases[i].kind);
	for (int k = 0; k < LOG_KIND_COUNT; k++)
		assert_non_null(log_kind_text((enum log_kind)k));
	assert_null(log_kind_text(LOG_KIND_COUNT));
}

static void
marks_of_a_kind(void **state)
{
	struct log_record r = { .kind = LOG_KIND_PANTHER };

	(void)state;
	r.message = "===          Beginning of a new sysprep run          ===";
	assert_int_equal(log_mark_of(&r)->stage, LOG_STAGE_SYSPREP);
	r.message = "Message: Windows is Ready to use";
	assert_null(log_mark_of(&r));
	r.kind = LOG_KIND_EC2CONFIG;
	assert_int_equal(log_mark_of(&r)->stage, LOG_STAGE_READY);
	for (int s = 1; s < LOG_STAGE_COUNT; s++)
		assert_true(strlen(log_stage_text((enum log_stage)s)) > 0);
}

/* The finder gives every mark of a block in order, and begins anew with the next one, though that may lie at the same place. */
static void
marks_are_found_in_blocks(void **state)
{
	static const char text[] = "a Windows is Ready to use\n"
				   "Windows is being configured\n"
				   "nothing\n"
				   "Windows is Ready to use\n";
	struct log_mark_finder f = { .kind = LOG_KIND_EC2CONFIG };
	char block[sizeof text];

	(void)state;
	memcpy(block, text, sizeof text);
	for (int round = 0; round < 3; round++) {
		const char *first = log_mark_find(&f, block, strlen(text));
		const char *second = strchr(block, '\n') + 1, *last;

		assert_ptr_equal(first, block + 2);
		assert_ptr_equal(log_mark_find(&f, second, strlen(second)), second);
		last = strchr(second, '\n') + 1;
		assert_ptr_equal(log_mark_find(&f, last, strlen(last)), strstr(last, "Windows"));
		last = block + strlen(text);
		assert_null(log_mark_find(&f, last, 0));
	}
	/* another block at the same place, asked once each time */
	memset(block, 'x', strlen(text));
	assert_null(log_mark_find(&f, block, strlen(text)));
	memcpy(block, text, sizeof text);
	assert_ptr_equal(log_mark_find(&f, block, strlen(text)), block + 2);
	f = (struct log_mark_finder){ .kind = LOG_KIND_NETSETUP };
	assert_null(log_mark_find(&f, block, strlen(text)));
}

static void
patterns_and_groups(void **state)
{
	(void)state;
	assert_true(log_name_matches("SetupAPI.dev.LOG", "setupapi*.log"));
	assert_false(log_name_matches("setupapi", "setupapi*.log"));
	assert_true(log_name_matches("State.ini", "state.INI"));
	assert_false(log_name_matches("State.ini.bak", "State.ini"));
	assert_true(log_name_matches("Amazon EC2Launch.evtx", "*EC2*"));
	assert_false(log_name_matches("a", "ab*b"));
	assert_true(log_name_matches("agent.log.0", "*.log*"));
	assert_ptr_equal(log_group_find("driver-setup"), log_group_find("drivers"));
	assert_null(log_group_find("nothing"));
	for (size_t i = 0; i < log_folder_count; i++)
		assert_non_null(log_group_find(log_folders[i].group));
	assert_int_equal(log_secret_of("/x/UserScript.ps1", SECRET_MASKED), SECRET_WHOLE);
	assert_int_equal(log_secret_of("/x/unattend.xml", SECRET_MASKED), SECRET_MASKED);
	assert_int_equal(log_secret_of("/x/setupact.log", SECRET_MASKED), SECRET_NONE);
	assert_int_equal(log_secret_of("/x/SAM", SECRET_WHOLE), SECRET_WHOLE);
	assert_int_equal(log_secret_of("/x.y/3b0b1c4e", SECRET_MASKED), SECRET_SNIFFED);
	assert_int_equal(log_secret_of("/x.y/3b0b1c4e", SECRET_NONE), SECRET_NONE);
	assert_int_equal(log_secret_of("/x/agent-config.yml.bak", SECRET_MASKED), SECRET_MASKED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_and_places_by_path),
		cmocka_unit_test(kinds_by_first_lines),
		cmocka_unit_test(marks_of_a_kind),
		cmocka_unit_test(marks_are_found_in_blocks),
		cmocka_unit_test(patterns_and_groups),
	};

	return cmocka_run_group_tests_name("log-kind", tests, NULL, NULL);
}
