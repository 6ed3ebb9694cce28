/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs of Setup's logs: what failed first, what only followed, what is history. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "logs/cascade.h"
#include "logs/read.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"

struct memory {
	const char *p;
	size_t len;
};

static int
read_memory(void *ctx, void *buf, size_t len, uint64_t offset, size_t *ret_len, struct error *err)
{
	const struct memory *m = ctx;

	(void)err;
	*ret_len = len < m->len - offset ? len : m->len - (size_t)offset;
	memcpy(buf, m->p + offset, *ret_len);
	return 0;
}

struct logs {
	struct known *known;
	struct cascade *cascade;
};

static void
begin(struct logs *l)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;

	l->known = known_new(&err);
	if (!l->known)
		fail_msg("%s", err.message);
	l->cascade = cascade_new(l->known);
}

static void
end(struct logs *l)
{
	cascade_free(l->cascade);
	known_free(l->known);
}

/* As the program reads them: only errors, and what the finder marks. */
static void
read_on(struct logs *l, enum log_place place, const char *path, const char *text)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct memory m = { text, strlen(text) };
	struct log_source source = {
		.read = read_memory, .ctx = &m, .size = m.len, .path = path, .place = place
	};
	struct log_options o = { .least = LOG_LEVEL_ERROR,
				 .find = cascade_find,
				 .find_ctx = l->cascade };

	assert_int_equal(log_records(&source, LOG_KIND_PANTHER, &o, cascade_take, l->cascade, NULL,
				     &err),
			 0);
}

static void
feed(struct logs *l, enum log_place place, const char *path, const char *text)
{
	cascade_source(l->cascade);
	read_on(l, place, path, text);
}

/* The other log of a pair. */
static void
feed_second(struct logs *l, enum log_place place, const char *path, const char *text)
{
	assert_true(cascade_got(l->cascade));
	cascade_second(l->cascade);
	read_on(l, place, path, text);
}

static const char *
cause_id(const struct cascade_run *r)
{
	const struct known_hit *h;

	if (!r || r->cause < 0)
		return NULL;
	h = cascade_known(&r->events[r->cause]);
	return h ? h->known->id : "";
}

#define T(time) "2024-03-05 " time ", "
#define BEGINS(time) \
	T(time)      \
	"Info                  SYSPRP ===          Beginning of a new sysprep run          ===\r\n"
#define ENDS(time) T(time) "Info       [0x0f0052] SYSPRP Shutting down SysPrep log\r\n"

static const char appx[] = BEGINS("10:00:00")
	T("10:00:01") "Error                 SYSPRP setupdigetclassdevs failed with error 0\r\n" T("10:00:02") "Error                 SYSPRP Package Contoso.Reader_2.4.0.0_x64__8wekyb3d8bbwe was installed for a user, but not provisioned for all users. This package will not function properly in the sysprep image.\r\n" T("10:00:02") "Error                 SYSPRP Failed to remove apps for the current user: 0x80073cf2.\r\n" T("10:00:02") "Error                 SYSPRP Exit code of RemoveAllApps thread was 0x3cf2.\r\n" T("10:00:02") "Error                 SYSPRP ActionPlatform::LaunchModule: Failure occurred while executing 'SysprepGeneralizeValidate' from C:\\Windows\\System32\\AppxSysprep.dll; dwRet = 0x3cf2\r\n" T(
		"10:00:02") "Error                 SYSPRP SysprepSession::Validate: Error in validating actions from C:\\Windows\\System32\\Sysprep\\ActionFiles\\Generalize.xml; dwRet = 0x3cf2\r\n" T("10:00:02") "Error                 SYSPRP RunPlatformActions:Failed while validating SysprepSession actions; dwRet = 0x3cf2\r\n" T("10:00:02") "Error      [0x0f0070] SYSPRP RunDlls:An error occurred while running registry sysprep DLLs, halting sysprep execution. dwRet = 0x3cf2\r\n" T("10:00:02") "Error      [0x0f00d8] SYSPRP WinMain:Hit failure while pre-validate sysprep generalize internal providers; hr = 0x80073cf2\r\n" ENDS("10:00:03");

#define ACTS(time) \
	T(time)    \
	"Info                  SYSPRP RunDlls:Running platform actions specified in action file for phase 3\r\n"

static const char sound[] = BEGINS("11:00:00") ACTS("11:00:00")
	T("11:00:01") "Error                 SYSPRP MRTGeneralize:98 - ERROR: Failed ConnectServer\r\n" ENDS(
		"11:05:00");

static void
the_first_failure_is_the_cause(void **state)
{
	struct logs l;
	const struct cascade_run *r;

	(void)state;
	begin(&l);
	feed(&l, LOG_PLACE_SYSPREP, "setupact.log", appx);
	cascade_judge(l.cascade);
	r = cascade_newest(l.cascade, LOG_PHASE_SYSPREP);
	assert_non_null(r);
	assert_int_equal(r->outcome, RUN_FAILED);
	assert_true(r->validating);
	assert_string_equal(cause_id(r), "appx-user");
	assert_int_equal(r->cause, 1);
	assert_int_equal(r->count, 9);
	assert_string_equal(r->time, "2024-03-05 10:00:00");
	assert_int_equal(r->events[1].line, 3);
	assert_int_equal(r->events[8].code, 0x80073cf2);
	for (size_t i = 5; i < r->count; i++)
		assert_true(cascade_follows(r->events[i].message));
	assert_false(cascade_follows(r->events[1].message));
	assert_false(cascade_follows(r->events[4].message));
	assert_null(cascade_newest(l.cascade, LOG_PHASE_OOBE));
	end(&l);
}

static void
a_later_success_makes_it_history(void **state)
{
	CLEANUP_FREE char *text = xasprintf("%s%s", appx, sound);
	struct logs l;

	(void)state;
	begin(&l);
	feed(&l, LOG_PLACE_SYSPREP, "setupact.log", text);
	cascade_judge(l.cascade);
	assert_int_equal(cascade_newest(l.cascade, LOG_PHASE_SYSPREP)->outcome, RUN_SUCCEEDED);
	assert_string_equal(cause_id(cascade_history(l.cascade, LOG_PHASE_SYSPREP)), "appx-user");
	assert_int_equal(cascade_count(l.cascade, LOG_PHASE_SYSPREP), 2);
	end(&l);
}

static void
a_failure_after_a_success_counts(void **state)
{
	CLEANUP_FREE char *text = xasprintf("%s%s", sound, appx);
	struct logs l;

	(void)state;
	begin(&l);
	feed(&l, LOG_PLACE_SYSPREP, "setupact.log", text);
	cascade_judge(l.cascade);
	assert_string_equal(cause_id(cascade_newest(l.cascade, LOG_PHASE_SYSPREP)), "appx-user");
	assert_null(cascade_history(l.cascade, LOG_PHASE_SYSPREP));
	end(&l);
}

/* Noise of good runs is no cause, not even where there is no other error. */
static void
benign_lines_are_never_blamed(void **state)
{
	struct logs l;
	const struct cascade_run *r;

	(void)state;
	begin(&l);
	feed(&l, LOG_PLACE_SYSPREP, "setupact.log", sound);
	cascade_judge(l.cascade);
	r = cascade_newest(l.cascade, LOG_PHASE_SYSPREP);
	assert_int_equal(r->count, 1);
	assert_int_equal(r->cause, -1);
	end(&l);
}

static void
an_unknown_provider_is_the_cause_of_what_follows(void **state)
{
	static const char text[] = BEGINS("10:00:00")
		T("10:00:01") "Error                 SYSPRP Something that nobody has seen before\r\n" T("10:00:02") "Error                 SYSPRP ActionPlatform::LaunchModule: Failure occurred while executing 'Sysprep_Generalize_Foo' from C:\\Windows\\System32\\spfoo.dll; dwRet = 0x57\r\n" T("10:00:02") "Error                 SYSPRP SysprepSession::ExecuteInternal: Error in executing action for Contoso-Foo; dwRet = 0x57\r\n" T(
			"10:00:03") "Error                 SYSPRP Sysprep_Clean_Opk:Failed to remove Uninstall\r\n" T("10:00:03") "Error      [0x0f00a8] SYSPRP WinMain:Hit failure while processing sysprep generalize internal providers; hr = 0x80070057\r\n" ENDS("10:00:04");
	struct logs l;
	const struct cascade_run *r;

	(void)state;
	begin(&l);
	feed(&l, LOG_PLACE_SYSPREP, "setupact.log", text);
	cascade_judge(l.cascade);
	r = cascade_newest(l.cascade, LOG_PHASE_SYSPREP);
	assert_string_equal(cause_id(r), "");
	assert_int_equal(r->cause, 1);
	assert_int_equal(r->events[1].code, 0x57);
	assert_false(r->validating);
	end(&l);
}

static void
a_run_that_says_nothing_leaves_the_one_before(void **state)
{
	CLEANUP_FREE char *text = xasprintf("%s%s", appx, BEGINS("12:00:00"));
	struct logs l;

	(void)state;
	begin(&l);
	feed(&l, LOG_PLACE_SYSPREP, "setupact.log", text);
	cascade_judge(l.cascade);
	assert_string_equal(cause_id(cascade_newest(l.cascade, LOG_PHASE_SYSPREP)), "appx-user");
	end(&l);
}

/* The user opens Sysprep's window and closes it: no success, and what failed before still stands. */
static void
a_cancelled_run_is_no_success(void **state)
{
	static const char cancelled[] = BEGINS("12:00:00")
		T("12:00:01") "Error                 SYSPRP Something that nobody has seen before\r\n" T(
			"12:00:09") "Error      [0x0f00a5] SYSPRP WinMain:The sysprep dialog box returned FALSE\r\n" ENDS("12:00:09");
	CLEANUP_FREE char *text = xasprintf("%s%s", appx, cancelled);
	struct logs l;

	(void)state;
	begin(&l);
	feed(&l, LOG_PLACE_SYSPREP, "setupact.log", text);
	cascade_judge(l.cascade);
	assert_string_equal(cause_id(cascade_newest(l.cascade, LOG_PHASE_SYSPREP)), "appx-user");
	assert_null(cascade_history(l.cascade, LOG_PHASE_SYSPREP));
	end(&l);
	begin(&l);
	feed(&l, LOG_PLACE_SYSPREP, "setupact.log", cancelled);
	cascade_judge(l.cascade);
	assert_int_equal(cascade_newest(l.cascade, LOG_PHASE_SYSPREP)->outcome, RUN_OPEN);
	assert_int_equal(cascade_newest(l.cascade, LOG_PHASE_SYSPREP)->cause, -1);
	end(&l);
}

static void
a_run_that_did_nothing_is_no_success(void **state)
{
	static const char nothing[] = BEGINS("12:00:00") ENDS("12:00:01");
	static const char *const acts[] = {
		"RunDlls:Running platform actions specified in action file for phase 3",
		"LaunchDll:Found 'C:\\Windows\\System32\\msdtcprx.dll,SysPrepDtcCleanup'; executing it",
		"ActionPlatform::LaunchModule: Executing method 'Sysprep_Clean_Opk' from opk.dll",
		"ActionPlatform::LaunchModule: Successfully executed 'Sysprep_Clean_Opk'",
	};
	CLEANUP_FREE char *text = xasprintf("%s%s", appx, nothing);
	struct logs l;

	(void)state;
	begin(&l);
	feed(&l, LOG_PLACE_SYSPREP, "setupact.log", nothing);
	cascade_judge(l.cascade);
	assert_int_equal(cascade_newest(l.cascade, LOG_PHASE_SYSPREP)->outcome, RUN_OPEN);
	end(&l);
	begin(&l);
	feed(&l, LOG_PLACE_SYSPREP, "setupact.log", text);
	cascade_judge(l.cascade);
	assert_string_equal(cause_id(cascade_newest(l.cascade, LOG_PHASE_SYSPREP)), "appx-user");
	assert_null(cascade_history(l.cascade, LOG_PHASE_SYSPREP));
	end(&l);
	for (size_t i = 0; i < ARRAY_SIZE(acts); i++) {
		CLEANUP_FREE char *acting =
			xasprintf("%s" T("12:00:00") "Info                  SYSPRP %s\r\n%s",
				  BEGINS("12:00:00"), acts[i], ENDS("12:00:01"));

		begin(&l);
		feed(&l, LOG_PLACE_SYSPREP, "setupact.log", acting);
		cascade_judge(l.cascade);
		assert_int_equal(cascade_newest(l.cascade, LOG_PHASE_SYSPREP)->outcome,
				 RUN_SUCCEEDED);
		end(&l);
	}
}

#define SHELL	   "Error                        "
#define SHELL_INFO "Info                         "

static const char specialize[] = T("09:00:00") SHELL_INFO
	"[windeploy.exe] WinDeploy.exe launched with command-line []...\r\n" T("09:00:01")
		SHELL_INFO
	"[windeploy.exe] Launching [C:\\Windows\\system32\\oobe\\setup.exe]...\r\n" T("09:00:20")
		SHELL "[windeploy.exe] Setup.exe failed, returning exit code [0x1f]\r\n";

/* The provider's failure stands in the one log, how it ended in the other. */
static void
two_logs_of_specialize_are_one_story(void **state)
{
	static const char panther[] =
		T("08:00:00") "Error                 SYSPRP ActionPlatform::LaunchModule: Failure occurred while executing 'Sysprep_Specialize_Pnp' from C:\\Windows\\System32\\sppnp.dll; dwRet = 0x5\r\n" T(
			"09:00:20") "Error                 SYSPRP ActionPlatform::LaunchModule: Failure occurred while executing 'CryptoSysPrep_Specialize' from C:\\Windows\\system32\\capisp.dll; dwRet = 0x32\r\n" T("09:00:20") "Error                 SYSPRP RunPlatformActions:Failed while executing SysprepSession actions; dwRet = 0x32\r\n";
	struct logs l;
	const struct cascade_run *r;

	(void)state;
	for (int order = 0; order < 2; order++) {
		begin(&l);
		feed(&l, order ? LOG_PLACE_PANTHER : LOG_PLACE_UNATTENDGC, order ? "p" : "u",
		     order ? panther : specialize);
		feed(&l, order ? LOG_PLACE_UNATTENDGC : LOG_PLACE_PANTHER, order ? "u" : "p",
		     order ? specialize : panther);
		cascade_judge(l.cascade);
		r = cascade_newest(l.cascade, LOG_PHASE_SPECIALIZE);
		assert_int_equal(r->outcome, RUN_FAILED);
		/* what was logged an hour before belongs to no run that is known */
		assert_string_equal(cause_id(r), "capi-specialize");
		assert_int_equal(r->count, 3);
		assert_non_null(strstr(r->events[0].message, "CryptoSysPrep_Specialize"));
		assert_non_null(strstr(r->events[2].message, "Setup.exe failed"));
		end(&l);
	}
}

static void
panther_belongs_to_the_run_of_its_time(void **state)
{
	static const char panther[] =
		T("09:00:20") "Error                 SYSPRP ActionPlatform::LaunchModule: Failure occurred while executing 'Sysprep_Specialize_Pnp' from C:\\Windows\\System32\\sppnp.dll; dwRet = 0x5\r\n" T(
			"13:00:20") "Error                 SYSPRP ActionPlatform::LaunchModule: Failure occurred while executing 'CryptoSysPrep_Specialize' from C:\\Windows\\system32\\capisp.dll; dwRet = 0x32\r\n";
	CLEANUP_FREE char *both =
		xasprintf("%s" T("13:00:00") SHELL_INFO
			  "[windeploy.exe] WinDeploy.exe launched with command-line []...\r\n",
			  specialize);
	struct logs l;

	(void)state;
	begin(&l);
	feed(&l, LOG_PLACE_UNATTENDGC, "u", both);
	feed(&l, LOG_PLACE_PANTHER, "p", panther);
	cascade_judge(l.cascade);
	assert_string_equal(cause_id(cascade_newest(l.cascade, LOG_PHASE_SPECIALIZE)),
			    "capi-specialize");
	end(&l);
}

static void
oobe_begins_when_specialize_is_done(void **state)
{
	static const char text[] = T("09:00:00") SHELL_INFO
		"[windeploy.exe] WinDeploy.exe launched with command-line []...\r\n" T("09:10:00")
			SHELL_INFO
		"[oobeldr.exe] Running oobeSystem pass with discovered unattend file [C:\\Windows\\panther\\unattend.xml]...\r\n" T(
			"09:10:01") SHELL_INFO
		"[oobeldr.exe] Current pass status for [oobeSystem] is [0x1]\r\n" T("09:10:01")
			SHELL
		"[oobeldr.exe] Pass has failed status; system is in an invalid state.\r\n";
	struct logs l;

	(void)state;
	begin(&l);
	feed(&l, LOG_PLACE_UNATTENDGC, "u", text);
	cascade_judge(l.cascade);
	assert_int_equal(cascade_newest(l.cascade, LOG_PHASE_SPECIALIZE)->outcome, RUN_SUCCEEDED);
	assert_int_equal(cascade_newest(l.cascade, LOG_PHASE_OOBE)->outcome, RUN_FAILED);
	assert_string_equal(cause_id(cascade_newest(l.cascade, LOG_PHASE_OOBE)), "pass-failed");
	end(&l);
}

/* As published logs have it: what passes a failure on is no cause. */
static void
what_is_passed_on_is_no_cause(void **state)
{
	static const char text[] = T("09:00:00") SHELL_INFO
		"[windeploy.exe] WinDeploy.exe launched with command-line []...\r\n" T("09:10:00")
			SHELL_INFO
		"[oobeldr.exe] OOBELdr.exe launched with command-line [/system]...\r\n" T(
			"09:10:00") SHELL
		"[Shell Unattend] Something that nobody has seen before (0x8007000d)\r\n" T(
			"09:10:01") SHELL
		"[oobeldr.exe] [Action Queue] : Unattend action failed with exit code 4\r\n" T(
			"09:10:01") SHELL
		"[oobeldr.exe] Execution of unattend GCs failed; hr = 0x0; pResults->hrResult = 0x8030000b\r\n" T(
			"09:10:03") SHELL
		"[windeploy.exe] Command [%windir%\\system32\\oobe\\oobeldr.exe /system] failed with exit code [0x8030000b]\r\n";
	struct logs l;
	const struct cascade_run *r;

	(void)state;
	begin(&l);
	feed(&l, LOG_PLACE_UNATTENDGC, "u", text);
	cascade_judge(l.cascade);
	r = cascade_newest(l.cascade, LOG_PHASE_OOBE);
	assert_int_equal(r->outcome, RUN_FAILED);
	assert_int_equal(r->count, 4);
	assert_int_equal(r->cause, 0);
	for (size_t i = 0; i < r->count; i++)
		assert_int_equal(cascade_follows(r->events[i].message), i != 0);
	end(&l);
}

#define SHELL_WARNING "Warning                      "
#define WINDEPLOY     \
	T("09:00:00") \
	SHELL_INFO "[windeploy.exe] WinDeploy.exe launched with command-line []...\r\n"
#define TIME_ZONE     \
	T("09:00:01") \
	SHELL_WARNING "[Shell Unattend] TimeZone: Unknown time zone 'Nowhere'\r\n"
#define JOIN_RETRY    \
	T("09:00:02") \
	SHELL_WARNING \
	"[DJOIN.EXE] Unattended Join: DsGetDcName failed: 0x54b, last error is 0x0, will retry in 10 seconds...\r\n"
#define JOIN_FAILED   \
	T("09:00:09") \
	SHELL "[DJOIN.EXE] Unattended Join: NetJoinDomain failed error code is [1355]\r\n"
#define COPY_FAILED                                                                             \
	T("09:00:10")                                                                           \
	SHELL "[Shell Unattend] _FindLatestProfile failed (0x80070003) [gle=0x00000003]\r\n" T( \
		"09:00:10") SHELL                                                               \
		"[Shell Unattend] CopyProfile failed (0x80070003) [gle=0x00000003]\r\n"
#define SETUP_FAILED  \
	T("09:00:20") \
	SHELL "[windeploy.exe] Setup.exe failed, returning exit code [0x1f]\r\n"

/* Windows goes on after a warning, and a retry may succeed. */
static void
an_error_goes_before_a_warning(void **state)
{
	static const struct {
		const char *text, *cause;
	} cases[] = {
		{ WINDEPLOY TIME_ZONE COPY_FAILED SETUP_FAILED, "copyprofile-path" },
		{ WINDEPLOY JOIN_RETRY COPY_FAILED SETUP_FAILED, "copyprofile-path" },
		{ WINDEPLOY JOIN_RETRY SETUP_FAILED COPY_FAILED, "copyprofile-path" },
		{ WINDEPLOY JOIN_RETRY JOIN_FAILED COPY_FAILED SETUP_FAILED, "join-dns" },
		{ WINDEPLOY TIME_ZONE JOIN_RETRY JOIN_FAILED SETUP_FAILED, "join-dns" },
		{ WINDEPLOY TIME_ZONE SETUP_FAILED, "timezone" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct logs l;

		begin(&l);
		feed(&l, LOG_PLACE_UNATTENDGC, "u", cases[i].text);
		cascade_judge(l.cascade);
		assert_string_equal(cause_id(cascade_newest(l.cascade, LOG_PHASE_SPECIALIZE)),
				    cases[i].cause);
		end(&l);
	}
}

#define WINDEPLOY_2   \
	T("10:00:00") \
	SHELL_INFO "[windeploy.exe] WinDeploy.exe launched with command-line []...\r\n"
#define SETUP_FAILED_2 \
	T("10:00:20")  \
	SHELL "[windeploy.exe] Setup.exe failed, returning exit code [0x1f]\r\n"
#define BAD_NAME      \
	T("09:00:05") \
	SHELL "[Shell Unattend] ComputerName: the name is invalid (0x8007007b)\r\n"
#define OOBE(time) \
	T(time) SHELL_INFO "[oobeldr.exe] OOBELDR.EXE launched with command-line []...\r\n"
#define BAD_PASSWORD  \
	T("09:10:02") \
	SHELL         \
	"[Shell Unattend] UserAccounts: Password for 'Administrator' could not be set (0x800708c5)\r\n"
#define PASS_FAILED                                                                                \
	T("10:10:01")                                                                              \
	SHELL_INFO "[oobeldr.exe] Current pass status for [oobeSystem] is [0x1]\r\n" T("10:10:01") \
		SHELL "[oobeldr.exe] Pass has failed status; system is in an invalid state.\r\n"
#define SUCCEEDED T("09:30:00") SHELL_INFO "[windeploy.exe] Process exited with exit code [0x0]\r\n"

/* The second boot only says that the first one failed. */
static void
what_a_later_boot_says_does_not_hide_the_cause(void **state)
{
	static const struct {
		const char *text;
		enum log_phase phase;
		const char *cause;
		bool follower;
	} cases[] = {
		{ WINDEPLOY BAD_NAME SETUP_FAILED WINDEPLOY_2 SETUP_FAILED_2, LOG_PHASE_SPECIALIZE,
		  "computername", true },
		{ WINDEPLOY OOBE("09:10:00") BAD_PASSWORD WINDEPLOY_2 OOBE("10:10:00") PASS_FAILED,
		  LOG_PHASE_OOBE, "password", true },
		/* nothing before it, or nothing that stands */
		{ WINDEPLOY_2 SETUP_FAILED_2, LOG_PHASE_SPECIALIZE, "", false },
		{ WINDEPLOY OOBE("09:10:00") PASS_FAILED, LOG_PHASE_OOBE, "pass-failed", false },
		{ WINDEPLOY BAD_NAME WINDEPLOY SUCCEEDED WINDEPLOY_2 SETUP_FAILED_2,
		  LOG_PHASE_SPECIALIZE, "", false },
		/* a failure of its own */
		{ WINDEPLOY BAD_NAME SETUP_FAILED WINDEPLOY_2 SETUP_FAILED_2 WINDEPLOY_2 COPY_FAILED,
		  LOG_PHASE_SPECIALIZE, "copyprofile-path", false },
		{ WINDEPLOY BAD_NAME SETUP_FAILED WINDEPLOY_2 SETUP_FAILED_2 WINDEPLOY_2
			  SETUP_FAILED_2,
		  LOG_PHASE_SPECIALIZE, "computername", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct logs l;

		begin(&l);
		feed(&l, LOG_PLACE_UNATTENDGC, "u", cases[i].text);
		cascade_judge(l.cascade);
		if (strcmp(cause_id(cascade_newest(l.cascade, cases[i].phase)), cases[i].cause) !=
		    0)
			fail_msg("%zu: %s", i, cause_id(cascade_newest(l.cascade, cases[i].phase)));
		assert_int_equal(cascade_follower(l.cascade, cases[i].phase) != NULL,
				 cases[i].follower);
		end(&l);
	}
}

static void
a_pair_of_lines_tells_one_thing(void **state)
{
	static const char text[] = OOBE("09:00:00") T("09:00:01") SHELL
		"[oobeldr.exe] SMI data results dump: Source = Name: Microsoft-Windows-Shell-Setup, Language: neutral, ProcessorArchitecture: amd64, PublicKeyToken: 31bf3856ad364e35, VersionScope: nonSxS, /settings/OOBE/HideOEMRegistrationScreens\r\n" T(
			"09:00:01") SHELL
		"[oobeldr.exe] SMI data results dump: Description = Setting is not defined in this component\r\n" T(
			"09:00:02") SHELL
		"[oobeldr.exe] Failed to complete RunSMIPass for oobeSystem.  Error: [0x8030000C]\r\n";
	static const char *const names[][2] = {
		{ "component", "Microsoft-Windows-Shell-Setup" },
		{ "setting", "/settings/OOBE/HideOEMRegistrationScreens" },
		{ "reason", "Setting is not defined in this component" },
	};
	const struct cascade_run *r;
	const struct known_hit *h;
	struct logs l;

	(void)state;
	begin(&l);
	feed(&l, LOG_PLACE_UNATTENDGC, "u", text);
	cascade_judge(l.cascade);
	r = cascade_newest(l.cascade, LOG_PHASE_OOBE);
	assert_string_equal(cause_id(r), "unattend-undefined");
	assert_int_equal(r->cause, 0);
	assert_int_equal(r->count, 3);
	h = cascade_known(&r->events[0]);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_string_equal(known_hit_name(h, names[i][0]), names[i][1]);
	end(&l);
}

#define COPY_DENIED   \
	T("09:00:10") \
	SHELL "[Shell Unattend] CopyProfile failed (0x80070005) [gle=0x00000005]\r\n"

#define IGNORED       \
	T("09:00:03") \
	SHELL         \
	"[Shell Unattend] DisplaySettings: Resolution value is invalid for this adapter, ignored\r\n"
#define COMMAND       \
	T("09:00:04") \
	SHELL "[RunSynchronous] Command 1 [c:\\setup.exe] failed with exit code 0x643\r\n"

static void
what_windows_ignores_is_the_cause_of_nothing(void **state)
{
	static const struct {
		const char *text, *cause;
	} cases[] = {
		{ WINDEPLOY IGNORED COMMAND SETUP_FAILED, "Command 1" },
		{ WINDEPLOY IGNORED SETUP_FAILED, "Setup.exe failed" },
		{ WINDEPLOY IGNORED, "DisplaySettings" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct cascade_run *r;
		struct logs l;

		begin(&l);
		feed(&l, LOG_PLACE_UNATTENDGC, "u", cases[i].text);
		cascade_judge(l.cascade);
		r = cascade_newest(l.cascade, LOG_PHASE_SPECIALIZE);
		assert_non_null(strstr(r->events[r->cause].message, cases[i].cause));
		assert_null(cascade_known(&r->events[r->cause]));
		end(&l);
	}
}

#define USERS_PACKAGE \
	T("10:00:02") \
	"Error                 SYSPRP Package Contoso.Reader_2.4.0.0_x64__8wekyb3d8bbwe was installed for a user, but not provisioned for all users. This package will not function properly in the sysprep image.\r\n"
#define HIT_FAILURE   \
	T("10:00:02") \
	"Error      [0x0f00d8] SYSPRP WinMain:Hit failure while pre-validate sysprep generalize internal providers; hr = 0x80073cf2\r\n"
#define RUN_2 BEGINS("11:00:00") ACTS("11:00:00") ENDS("11:05:00")

/* A crash has taken the lines out of the one log; the other still has them. */
static void
what_only_the_second_log_has_is_put_among_the_runs(void **state)
{
	static const struct {
		const char *first, *second, *cause;
		enum run_outcome outcome;
		size_t count, runs;
	} cases[] = {
		{ BEGINS("10:00:00"), USERS_PACKAGE HIT_FAILURE, "appx-user", RUN_FAILED, 2, 1 },
		{ BEGINS("10:00:00") USERS_PACKAGE, USERS_PACKAGE HIT_FAILURE, "appx-user",
		  RUN_FAILED, 2, 1 },
		{ BEGINS("10:00:00") HIT_FAILURE, USERS_PACKAGE HIT_FAILURE, "appx-user",
		  RUN_FAILED, 2, 1 },
		/* nothing new, though the clock was put back between two runs */
		{ RUN_2 BEGINS("10:00:00") USERS_PACKAGE HIT_FAILURE, USERS_PACKAGE HIT_FAILURE,
		  "appx-user", RUN_FAILED, 2, 2 },
		/* of the run before the newest one, and of one before all */
		{ BEGINS("10:00:00") RUN_2, USERS_PACKAGE HIT_FAILURE, NULL, RUN_SUCCEEDED, 0, 2 },
		{ RUN_2, USERS_PACKAGE HIT_FAILURE, NULL, RUN_SUCCEEDED, 0, 2 },
		/* behind a run that ended well */
		{ BEGINS("09:00:00") ACTS("09:00:00") ENDS("09:05:00"), USERS_PACKAGE, "appx-user",
		  RUN_OPEN, 1, 2 },
		{ BEGINS("10:00:00") ACTS("10:00:00") ENDS("10:00:05"), USERS_PACKAGE HIT_FAILURE,
		  "appx-user", RUN_FAILED, 2, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct cascade_run *r;
		struct logs l;

		begin(&l);
		feed(&l, LOG_PLACE_SYSPREP, "setupact.log", cases[i].first);
		feed_second(&l, LOG_PLACE_SYSPREP, "setuperr.log", cases[i].second);
		cascade_judge(l.cascade);
		r = cascade_newest(l.cascade, LOG_PHASE_SYSPREP);
		if (cases[i].cause)
			assert_string_equal(cause_id(r), cases[i].cause);
		else
			assert_null(cause_id(r));
		if (r->outcome != cases[i].outcome || r->count != cases[i].count ||
		    cascade_count(l.cascade, LOG_PHASE_SYSPREP) != cases[i].runs)
			fail_msg("%zu: %d, %zu, %zu", i, r->outcome, r->count,
				 cascade_count(l.cascade, LOG_PHASE_SYSPREP));
		end(&l);
	}
}

static void
what_only_the_second_log_has_of_oobe_is_of_oobe(void **state)
{
	const struct cascade_run *r;
	struct logs l;

	(void)state;
	begin(&l);
	feed(&l, LOG_PLACE_UNATTENDGC, "a", WINDEPLOY);
	feed_second(&l, LOG_PLACE_UNATTENDGC, "e", PASS_FAILED);
	cascade_judge(l.cascade);
	r = cascade_newest(l.cascade, LOG_PHASE_OOBE);
	assert_string_equal(cause_id(r), "pass-failed");
	assert_int_equal(r->outcome, RUN_FAILED);
	assert_int_equal(cascade_newest(l.cascade, LOG_PHASE_SPECIALIZE)->outcome, RUN_SUCCEEDED);
	end(&l);
}

/* So many that they cannot all be remembered: then the second log says nothing. */
static void
a_flood_of_errors_is_not_told_twice(void **state)
{
	CLEANUP_TEXT struct text t = TEXT_INIT;
	const struct cascade_run *r;
	struct logs l;

	(void)state;
	text_add(&t, BEGINS("10:00:00"));
	for (int i = 0; i < 40000; i++)
		text_addf(&t,
			  T("10:00:01") "Error                 SYSPRP Failed to do thing %d\r\n",
			  i);
	begin(&l);
	feed(&l, LOG_PLACE_SYSPREP, "setupact.log", text_str(&t));
	feed_second(&l, LOG_PLACE_SYSPREP, "setuperr.log", text_str(&t));
	cascade_judge(l.cascade);
	r = cascade_newest(l.cascade, LOG_PHASE_SYSPREP);
	assert_int_equal(r->count, 128);
	assert_int_equal(r->more, 40000 - 128);
	end(&l);
}

/* Two days after specialize had ended well, the clone of an image began it again. */
static void
panther_behind_a_success_is_a_new_run(void **state)
{
	static const char panther[] =
		"2024-03-07 09:00:00, Error      [0x060432] IBS    The provided unattend file is not valid; hrResult = 0x80220005\r\n"
		"2024-03-07 09:00:01, Error                 CSI    00000001 (F) Value is invalid\r\n";
	const struct cascade_run *r;
	struct logs l;

	(void)state;
	begin(&l);
	feed(&l, LOG_PLACE_UNATTENDGC, "u", WINDEPLOY SUCCEEDED);
	feed(&l, LOG_PLACE_PANTHER, "p", panther);
	feed_second(&l, LOG_PLACE_PANTHER, "e", panther);
	cascade_judge(l.cascade);
	r = cascade_newest(l.cascade, LOG_PHASE_SPECIALIZE);
	assert_string_equal(cause_id(r), "unattend-ibs");
	assert_string_equal(r->time, "2024-03-07 09:00:00");
	assert_int_equal(r->count, 2);
	assert_int_equal(cascade_count(l.cascade, LOG_PHASE_SPECIALIZE), 2);
	end(&l);
	/* of the run itself, as its clock says */
	begin(&l);
	feed(&l, LOG_PLACE_UNATTENDGC, "u", WINDEPLOY SUCCEEDED);
	feed(&l, LOG_PLACE_PANTHER, "p", SUCCEEDED BAD_NAME);
	cascade_judge(l.cascade);
	r = cascade_newest(l.cascade, LOG_PHASE_SPECIALIZE);
	assert_int_equal(r->outcome, RUN_SUCCEEDED);
	assert_int_equal(cascade_count(l.cascade, LOG_PHASE_SPECIALIZE), 1);
	end(&l);
}

/* Nobody knows whether CopyProfile's other failures stop specialize. */
static void
a_certain_failure_behind_an_uncertain_one_is_kept(void **state)
{
	static const char panther[] = T(
		"09:00:12") "Error                 SYSPRP ActionPlatform::LaunchModule: Failure occurred while executing 'CryptoSysPrep_Specialize' from C:\\Windows\\system32\\capisp.dll; dwRet = 0x32\r\n";
	static const struct {
		const char *text;
		long certain;
	} cases[] = {
		{ WINDEPLOY COPY_DENIED SETUP_FAILED, 1 },
		{ WINDEPLOY COPY_FAILED SETUP_FAILED, 2 },
		{ WINDEPLOY BAD_NAME SETUP_FAILED, -1 },
	};
	const struct cascade_run *r;
	struct logs l;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases) * 2; i++) {
		begin(&l);
		feed(&l, LOG_PLACE_UNATTENDGC, "u", cases[i / 2].text);
		if (i & 1)
			feed(&l, LOG_PLACE_PANTHER, "p", panther);
		cascade_judge(l.cascade);
		r = cascade_newest(l.cascade, LOG_PHASE_SPECIALIZE);
		assert_int_equal(r->cause, 0);
		assert_int_equal(r->certain, i & 1 ? cases[i / 2].certain : -1);
		end(&l);
	}
}

#define STEP          \
	T("10:00:05") \
	"Info                  SYSPRP ActionPlatform::LaunchModule: Executing method 'Sysprep_Generalize_Pnp_Drivers' from C:\\Windows\\System32\\sppnp.dll\r\n"

static void
a_step_that_does_not_come_back_is_the_cause(void **state)
{
	static const char stops[] = BEGINS("10:00:00") STEP;
	static const char goes_on[] = BEGINS("10:00:00") STEP T(
		"10:00:09") "Info                  SYSPRP ActionPlatform::LaunchModule: Successfully executed 'Sysprep_Generalize_Pnp_Drivers' from C:\\Windows\\System32\\sppnp.dll\r\n";
	static const char ended[] = BEGINS("10:00:00") STEP ENDS("10:00:09");
	struct logs l;

	(void)state;
	begin(&l);
	feed(&l, LOG_PLACE_SYSPREP, "setupact.log", stops);
	cascade_judge(l.cascade);
	assert_string_equal(cause_id(cascade_newest(l.cascade, LOG_PHASE_SYSPREP)), "pnp-hang");
	assert_true(cascade_newest(l.cascade, LOG_PHASE_SYSPREP)->stopped);
	end(&l);
	begin(&l);
	feed(&l, LOG_PLACE_SYSPREP, "setupact.log", goes_on);
	cascade_judge(l.cascade);
	assert_null(cause_id(cascade_newest(l.cascade, LOG_PHASE_SYSPREP)));
	end(&l);
	begin(&l);
	feed(&l, LOG_PLACE_SYSPREP, "setupact.log", ended);
	cascade_judge(l.cascade);
	assert_null(cause_id(cascade_newest(l.cascade, LOG_PHASE_SYSPREP)));
	end(&l);
}

static void
codes_are_read_in_every_spelling(void **state)
{
	static const struct {
		const char *message;
		uint32_t code;
	} cases[] = {
		{ "x; dwRet = 0x3cf2", 0x3cf2 },
		{ "x, dwRet = 31", 31 },
		{ "x, dwRet= 1f", 0x1f },
		{ "x; hr = 0x8007001f[gle=0x00000005]", 0x8007001f },
		{ "'slc.dll,SLReArmWindows', returned error code -1073425657", 0xc004d307 },
		{ "returned error code 2[gle=0x00000012]", 2 },
		{ "CopyProfile failed (0x80070003) [gle=0x00000003]", 0x80070003 },
		{ "DsGetDcName failed: 0x54b, last error is 0x0", 0x54b },
		{ "NetJoinDomain failed error code is [1355]", 1355 },
		{ "Setup.exe failed, returning exit code [0x1f]", 0x1f },
		{ "nothing at all [gle=0x00000057]", 0x57 },
		{ "x, dwRet = 1F", 0x1f },
		{ "hr = 80070005", 0x80070005 },
		{ "failed with error 80070490", 0x80070490 },
		{ "failed with error 80070490 [gle=0x00000005]", 0x80070490 },
		{ "Error 0x-2147417850", 0x80010106 },
		{ "error code 0x-2147417850", 0x80010106 },
		{ "returned [0X80070005]", 0x80070005 },
		{ "Error: [0X80070005]", 0x80070005 },
		{ "Failed to remove apps for the current user: 0x80073cf2.", 0x80073cf2 },
		{ "error code 12345678", 12345678 },
		{ "dwRet = failure", 0 },
		{ "dwRet = ax", 0 },
		{ "dwRet = 0x", 0 },
		{ "(0x) (0x1 (0x1ffffffff) failed (0x80070005)", 0x80070005 },
		{ "no code", 0 },
		{ "dwRet = 0x0", 0 },
		{ "dwRet =", 0 },
		{ "hr =\0hr = 0x5", 0 }, /* what lies behind the end is not looked at */
		{ "(0x", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t code = 0;
		bool got = cascade_code(cases[i].message, &code);

		if (!cases[i].code)
			code = got ? code : 0;
		if (code != cases[i].code)
			fail_msg("0x%x: %s", (unsigned)code, cases[i].message);
	}
}

/* A line longer than what is kept of it is cut between characters. */
static void
long_lines_are_cut_between_characters(void **state)
{
	(void)state;
	for (size_t pad = 900; pad < 1040; pad++) {
		CLEANUP_TEXT struct text t = TEXT_INIT;
		const struct cascade_event *e;
		struct logs l;

		text_add(&t, T("10:00:01") "Error                 SYSPRP ");
		for (size_t i = 0; i < pad; i++)
			text_add(&t, "x");
		for (int i = 0; i < 60; i++)
			text_add(&t, "\xe2\x82\xac\xc3\xa9");
		begin(&l);
		feed(&l, LOG_PLACE_SYSPREP, "setupact.log", text_str(&t));
		cascade_judge(l.cascade);
		e = &cascade_newest(l.cascade, LOG_PHASE_SYSPREP)->events[0];
		assert_true(strlen(e->text) > 1024 - 3 && strlen(e->text) <= 1024);
		assert_true(text_is_utf8(e->text, strlen(e->text)));
		assert_true(text_is_utf8(e->message, strlen(e->message)));
		end(&l);
	}
}

/* Thousands of runs and errors: the newest count, and memory is that of a few. */
static void
long_logs_keep_the_newest(void **state)
{
	CLEANUP_TEXT struct text t = TEXT_INIT;
	struct logs l;
	const struct cascade_run *r;

	(void)state;
	for (int run = 0; run < 500; run++) {
		text_add(&t, BEGINS("10:00:00"));
		for (int i = 0; i < (run == 499 ? 1000 : 10); i++)
			text_addf(
				&t,
				T("10:00:01") "Error                 SYSPRP Failed to do thing %d of run %d\r\n",
				i, run);
	}
	begin(&l);
	feed(&l, LOG_PLACE_SYSPREP, "setupact.log", text_str(&t));
	feed(&l, LOG_PLACE_PANTHER, "panther", text_str(&t));
	cascade_judge(l.cascade);
	r = cascade_newest(l.cascade, LOG_PHASE_SYSPREP);
	assert_int_equal(r->count, 128);
	assert_int_equal(r->more, 1000 - 128);
	assert_string_equal(r->events[r->cause].message, "Failed to do thing 0 of run 499");
	end(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_failure_is_the_cause),
		cmocka_unit_test(a_later_success_makes_it_history),
		cmocka_unit_test(a_failure_after_a_success_counts),
		cmocka_unit_test(benign_lines_are_never_blamed),
		cmocka_unit_test(an_unknown_provider_is_the_cause_of_what_follows),
		cmocka_unit_test(a_run_that_says_nothing_leaves_the_one_before),
		cmocka_unit_test(a_cancelled_run_is_no_success),
		cmocka_unit_test(a_run_that_did_nothing_is_no_success),
		cmocka_unit_test(two_logs_of_specialize_are_one_story),
		cmocka_unit_test(panther_belongs_to_the_run_of_its_time),
		cmocka_unit_test(oobe_begins_when_specialize_is_done),
		cmocka_unit_test(what_is_passed_on_is_no_cause),
		cmocka_unit_test(an_error_goes_before_a_warning),
		cmocka_unit_test(what_a_later_boot_says_does_not_hide_the_cause),
		cmocka_unit_test(a_pair_of_lines_tells_one_thing),
		cmocka_unit_test(what_windows_ignores_is_the_cause_of_nothing),
		cmocka_unit_test(what_only_the_second_log_has_is_put_among_the_runs),
		cmocka_unit_test(what_only_the_second_log_has_of_oobe_is_of_oobe),
		cmocka_unit_test(a_flood_of_errors_is_not_told_twice),
		cmocka_unit_test(panther_behind_a_success_is_a_new_run),
		cmocka_unit_test(a_certain_failure_behind_an_uncertain_one_is_kept),
		cmocka_unit_test(a_step_that_does_not_come_back_is_the_cause),
		cmocka_unit_test(codes_are_read_in_every_spelling),
		cmocka_unit_test(long_lines_are_cut_between_characters),
		cmocka_unit_test(long_logs_keep_the_newest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
