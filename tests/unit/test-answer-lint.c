/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lint of answer files: each thing that is wrong is told with its place and word, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "answer/lint.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/text.h"

#define SHELL	   "Microsoft-Windows-Shell-Setup"
#define DEPLOYMENT "Microsoft-Windows-Deployment"
#define IDENTITY   " publicKeyToken=\"31bf3856ad364e35\" language=\"neutral\" versionScope=\"nonSxS\""
#define WCM	   " xmlns:wcm=\"http://schemas.microsoft.com/WMIConfig/2002/State\""
#define COMPONENT(name) \
	"<component name=\"" name "\" processorArchitecture=\"amd64\"" IDENTITY WCM ">\n"
#define HEAD "<unattend xmlns=\"urn:schemas-microsoft-com:unattend\">\n"
#define PASS(pass, component, inside)                                     \
	HEAD "<settings pass=\"" pass "\">\n" COMPONENT(component) inside \
		"\n</component>\n</settings>\n</unattend>"

static int
exists(void *ctx, const char *path)
{
	(void)ctx;
	return strstr(path, "D:") ? -1 : strstr(path, "gone") ? 0 : 1;
}

static int
time_zone(void *ctx, const char *name)
{
	(void)ctx;
	return strcmp(name, "UTC") == 0;
}

static const struct lint_context server = {
	.architecture = "amd64", .build = 9600, .exists = exists, .time_zone = time_zone
};

static const char *const severities[] = { "note", "warning", "error" };

/* "error value 4; note unknown 5", in the order of the problems. */
static char *
lint_as(const char *file, const struct lint_context *c)
{
	CLEANUP_LINT_PROBLEMS struct lint_problems l = { 0 };
	struct text out = TEXT_INIT;

	lint_file(file, strlen(file), c, &l);
	for (size_t i = 0; i < l.count; i++) {
		const struct lint_problem *p = &l.list[i];

		assert_true(*p->text);
		assert_true(p->line == 0 || p->column > 0);
		text_addf(&out, "%s%s %s %d", i ? "; " : "", severities[p->severity], p->code,
			  p->line);
	}
	return text_steal(&out);
}

static void
tells(const char *file, const char *wanted)
{
	CLEANUP_FREE char *got = lint_as(file, &server);

	if (strcmp(got, wanted) != 0)
		fail_msg("\"%s\", not \"%s\", of\n%s", got, wanted, file);
}

static void
a_sound_file_has_no_problems(void **state)
{
	(void)state;
	tells(PASS("specialize", SHELL,
		   "<ComputerName>*</ComputerName>\n<CopyProfile>true</CopyProfile>"
		   "<TimeZone>UTC</TimeZone>"),
	      "");
	tells(PASS("specialize", DEPLOYMENT,
		   "<RunSynchronous><RunSynchronousCommand wcm:action=\"add\"><Order>1</Order>"
		   "<Path>\"C:\\there.exe\" /x D:\\gone.cmd C:\\gone \"%X%\\gone.exe\"</Path>"
		   "</RunSynchronousCommand></RunSynchronous>"),
	      "");
}

static void
what_is_not_well_formed_has_its_place(void **state)
{
	(void)state;
	tells("<unattend>\n <a>\n</unattend>", "error not-well-formed 3");
	tells("", "error not-well-formed 1");
	tells("<!DOCTYPE unattend [<!ENTITY a SYSTEM 'x'>]>\n<unattend>&a;</unattend>",
	      "error doctype 1");
	/* not by a line of the entity's text */
	tells("<?xml version=\"1.0\"?>\n<!-- x -->\n <!DOCTYPE a [<!ENTITY a \"&b;\"><!ENTITY b \"&a;\">]>\n"
	      "<unattend>&a;</unattend>",
	      "error doctype 3");
	tells("<?xml version='1.0' encoding='utf-16'?><unattend/>", "error not-well-formed 1");
	tells("\n<unattend xmlns='urn:schemas-microsoft-com:unattend'>\n<x:y/></unattend>",
	      "error namespace 2; note unknown 3");
	tells("<a/>", "error root 1");
	tells("<unattend/>", "error namespace 1");
}

static void
passes_and_components_are_known(void **state)
{
	(void)state;
	tells(PASS("specialise", SHELL, "<CopyProfile>true</CopyProfile>"), "error pass 2");
	tells(HEAD "<settings>\n</settings></unattend>", "error pass 2");
	tells(HEAD "<settings pass='specialize'/>\n<settings pass='specialize'/></unattend>",
	      "warning twice 3");
	tells(HEAD "<settings pass='specialize'><other/></settings></unattend>",
	      "warning unknown 2");
	tells(PASS("specialize", "No-Such-Component", "<A>1</A>"), "note unknown 3");
	tells(PASS("oobeSystem", "Microsoft-Windows-PnpSysprep",
		   "<PersistAllDeviceInstalls>true</PersistAllDeviceInstalls>"),
	      "warning pass 3");
	tells(HEAD "<settings pass='specialize'>\n<component name='" SHELL
		   "' processorArchitecture='amd64'/></settings></unattend>",
	      "warning identity 3; warning identity 3; warning identity 3");
	tells(HEAD "<settings pass='specialize'>\n" COMPONENT(SHELL) "</component>\n" COMPONENT(
		      SHELL) "</component></settings></unattend>",
	      "error twice 5");
	tells(HEAD "<settings pass='specialize'><component/></settings></unattend>",
	      "error identity 2");
}

#define FOR(architecture)                                                               \
	"<component name='" SHELL "' processorArchitecture='" architecture "'" IDENTITY \
	"><CopyProfile>true</CopyProfile></component>\n"

static void
components_for_other_machines_are_told(void **state)
{
	(void)state;
	tells(HEAD "<settings pass='specialize'>\n" FOR("x86") "</settings></unattend>",
	      "warning architecture 3");
	tells(HEAD "<settings pass='specialize'>\n" FOR("x86")
		      FOR("amd64") "</settings></unattend>",
	      "note architecture 3");
	tells(HEAD "<settings pass='specialize'>\n" FOR("mips") "</settings></unattend>",
	      "error architecture 3");
}

static void
settings_have_their_pass_value_and_version(void **state)
{
	(void)state;
	tells(PASS("oobeSystem", SHELL, "<CopyProfile>true</CopyProfile>"), "warning pass 4");
	tells(PASS("specialize", SHELL, "<CopyProfile>yes</CopyProfile>"), "error value 4");
	tells(PASS("specialize", SHELL, "<CopyProfile/>"), "error value 4");
	tells(PASS("specialize", SHELL, "<NoSuch>yes</NoSuch>"), "note unknown 4");
	tells(PASS("specialize", SHELL, "<ComputerName>a b</ComputerName>"), "error value 4");
	tells(PASS("specialize", SHELL, "<ProductKey>AAAAA-BBBBB</ProductKey>"), "error value 4");
	tells(PASS("specialize", SHELL, "<TimeZone>Mitteleuropäische Zeit</TimeZone>"),
	      "error value 4");
	tells(PASS("specialize", SHELL, "<ShowWindowsLive>true</ShowWindowsLive>"),
	      "warning version 4");
	tells(PASS("oobeSystem", SHELL, "<OOBE><OEMAppId>x</OEMAppId></OOBE>"),
	      "warning version 4");
	tells(PASS("specialize", SHELL,
		   "<CopyProfile>true</CopyProfile>\n<TimeZone>UTC</TimeZone>\n"
		   "<CopyProfile>true</CopyProfile>"),
	      "error twice 6");
	tells(PASS("specialize", SHELL, "<x:CopyProfile xmlns:x='urn:y'>true</x:CopyProfile>"),
	      "warning namespace 4");
}

#define COMMAND(inside) \
	"<RunSynchronousCommand wcm:action=\"add\">" inside "</RunSynchronousCommand>\n"
#define COMMANDS(inside) \
	PASS("specialize", DEPLOYMENT, "<RunSynchronous>\n" inside "</RunSynchronous>")

static void
commands_have_an_order_and_files_that_are_there(void **state)
{
	(void)state;
	tells(COMMANDS(COMMAND("<Order>1</Order><Path>a</Path>")
			       COMMAND("<Order>1</Order><Path>b</Path>")),
	      "error order 6");
	tells(COMMANDS(COMMAND("<Path>a</Path>")), "error order 5");
	tells(COMMANDS(COMMAND("<Order>1</Order>")), "error command 5");
	tells(COMMANDS(COMMAND("<Order>3</Order><Path>a</Path>")), "note order 4");
	tells(COMMANDS(COMMAND("<Order>0</Order><Path>a</Path>")), "error value 5");
	tells(COMMANDS("<RunSynchronousCommand><Order>1</Order><Path>a</Path>"
		       "</RunSynchronousCommand>"),
	      "warning action 5");
	tells(COMMANDS(COMMAND("<Order>1</Order><Path>cmd /c \"C:\\a b\\gone.cmd\" x</Path>")),
	      "warning path 5");
	tells(COMMANDS(COMMAND("<Order>1</Order><Path>%SystemRoot%\\gone.exe</Path>")),
	      "warning path 5");
	tells(COMMANDS(COMMAND("<Order>1</Order><Path>net user bob Secret1 /add</Path>")),
	      "warning clear-password 5");
	tells(COMMANDS(COMMAND("<Order>1</Order><Path>net user bob /active:yes</Path>")), "");
	tells(COMMANDS(COMMAND("<Order>1</Order><Path>net user bob * /add</Path>")), "");
}

#define PASSWORD(value, plain)                                                  \
	"<UserAccounts><AdministratorPassword>\n<Value>" value "</Value>" plain \
	"</AdministratorPassword></UserAccounts>"

/* "S", as Windows System Image Manager writes it */
#define HIDDEN "UwBBAGQAbQBpAG4AaQBzAHQAcgBhAHQAbwByAFAAYQBzAHMAdwBvAHIAZAA="

static void
passwords_are_told_and_not_shown(void **state)
{
	CLEANUP_LINT_PROBLEMS struct lint_problems l = { 0 };
	static const char clear[] = PASS("oobeSystem", SHELL, PASSWORD("Secret1", ""));

	(void)state;
	tells(clear, "warning clear-password 5");
	tells(PASS("oobeSystem", SHELL, PASSWORD("Secret1", "<PlainText>true</PlainText>")),
	      "warning clear-password 5");
	tells(PASS("oobeSystem", SHELL, PASSWORD(HIDDEN, "<PlainText>false</PlainText>")),
	      "warning hidden-password 5");
	/* what Windows would make another password of */
	tells(PASS("oobeSystem", SHELL, PASSWORD("Secret1", "<PlainText>false</PlainText>")),
	      "error value 5; warning clear-password 5");
	tells(PASS("oobeSystem", SHELL, PASSWORD("UwA=", "<PlainText>0</PlainText>")),
	      "error value 5; warning clear-password 5");
	tells(PASS("oobeSystem", SHELL, PASSWORD(HIDDEN, "<PlainText>true</PlainText>")),
	      "error value 5; warning hidden-password 5");
	tells(PASS("oobeSystem", SHELL, PASSWORD("", "")), "");
	tells(PASS("oobeSystem", SHELL, PASSWORD("*SENSITIVE*DATA*DELETED*", "")),
	      "error deleted 5");
	tells(PASS("oobeSystem\" wasPassProcessed=\"true", SHELL,
		   "<UserAccounts><AdministratorPassword>*SENSITIVE*DATA*DELETED*"
		   "</AdministratorPassword></UserAccounts>"),
	      "note processed 2");
	/* history does not make a password better, and all else a note */
	tells(PASS("oobeSystem\" wasPassProcessed=\"true", SHELL,
		   PASSWORD("Secret1", "") "<TimeZone>x</TimeZone>"),
	      "note processed 2; warning clear-password 5; note value 5");
	lint_file(clear, sizeof clear - 1, &server, &l);
	for (size_t i = 0; i < l.count; i++)
		assert_null(strstr(l.list[i].text, "Secret1"));
}

/* Too long a command, and of those that name a password the value is not in the message. */
static void
a_secret_of_a_wrong_form_is_not_shown(void **state)
{
	CLEANUP_TEXT struct text t = TEXT_INIT;
	CLEANUP_LINT_PROBLEMS struct lint_problems l = { 0 };
	size_t values = 0;

	(void)state;
	text_add(&t,
		 HEAD "<settings pass=\"specialize\">\n" COMPONENT(
			 DEPLOYMENT) "<RunSynchronous><RunSynchronousCommand wcm:action=\"add\">"
				     "<Order>1</Order><Path>net user bob Geheim1 /add");
	for (int i = 0; i < 300; i++)
		text_add(&t, " /x:y");
	text_add(&t, "</Path></RunSynchronousCommand></RunSynchronous></component></settings>"
		     "</unattend>");
	lint_file(text_str(&t), t.len, &server, &l);
	for (size_t i = 0; i < l.count; i++) {
		values += strcmp(l.list[i].code, "value") == 0;
		assert_null(strstr(l.list[i].text, "Geheim1"));
	}
	assert_int_equal(values, 1);
}

static void
an_agents_file_is_a_template(void **state)
{
	struct lint_context template = server;
	CLEANUP_FREE char *processed = NULL;
	CLEANUP_FREE char *gaps = NULL;

	(void)state;
	template.template = template.filled = true;
	processed = lint_as(PASS("specialize\" wasPassProcessed=\"true", SHELL, ""), &template);
	assert_string_equal(processed, "warning processed 2");
	gaps = lint_as(COMMANDS(COMMAND("<Order>1</Order><Path></Path>")), &template);
	assert_string_equal(gaps, "note empty 5");
}

static void
absurd_files_end_in_time(void **state)
{
	static const struct lint_context nothing = { .architecture = "arm64" };
	static const char *const parts[] = {
		"<component name='" SHELL "' processorArchitecture='amd64'/>",
		"<component name='" SHELL "'><APassword>x</APassword></component>",
		"<component name='" DEPLOYMENT "' processorArchitecture='arm64'><RunSynchronous>"
		"<RunSynchronousCommand/></RunSynchronous></component>",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		CLEANUP_TEXT struct text t = TEXT_INIT;
		CLEANUP_LINT_PROBLEMS struct lint_problems l = { 0 };

		text_add(&t, HEAD "<settings pass='specialize'>");
		for (int k = 0; k < 5000; k++)
			text_add(&t, parts[i]);
		text_add(&t, "</settings></unattend>");
		lint_file(text_str(&t), t.len, &nothing, &l);
		assert_int_equal(l.count, 1000);
		assert_true(l.more > 0);
	}
	{
		CLEANUP_TEXT struct text t = TEXT_INIT;
		CLEANUP_LINT_PROBLEMS struct lint_problems l = { 0 };

		text_add(&t, HEAD "<settings pass='specialize'>" COMPONENT(SHELL));
		for (int k = 0; k < 10000; k++)
			text_add(&t, "<APassword>x</APassword>");
		text_add(&t, "</component></settings></unattend>");
		lint_file(text_str(&t), t.len, &nothing, &l);
		assert_true(l.more > 0);
	}
}

static void
a_password_that_windows_does_not_see_is_told(void **state)
{
	(void)state;
	tells(PASS("oobeSystem", SHELL,
		   "<TimeZone>UTC</TimeZone>\n<!-- <AdministratorPassword><Value>Old1</Value>"
		   "</AdministratorPassword> -->\n<!-- net user bob Old2 -->\n"
		   "<!-- Password: set by the agent; <b/> -->"),
	      "warning clear-password 5; warning clear-password 6");
	tells(PASS("oobeSystem", SHELL,
		   "<administratorpassword><value>x</value></administratorpassword>"),
	      "note unknown 4; warning clear-password 4");
	/* gone, empty, no password */
	tells(PASS("oobeSystem", SHELL,
		   "<TimeZone>UTC</TimeZone><!-- <Password></Password> "
		   "<Password>*SENSITIVE*DATA*DELETED*</Password> -->"),
	      "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_password_that_windows_does_not_see_is_told),
		cmocka_unit_test(a_sound_file_has_no_problems),
		cmocka_unit_test(what_is_not_well_formed_has_its_place),
		cmocka_unit_test(passes_and_components_are_known),
		cmocka_unit_test(components_for_other_machines_are_told),
		cmocka_unit_test(settings_have_their_pass_value_and_version),
		cmocka_unit_test(commands_have_an_order_and_files_that_are_there),
		cmocka_unit_test(passwords_are_told_and_not_shown),
		cmocka_unit_test(a_secret_of_a_wrong_form_is_not_shown),
		cmocka_unit_test(an_agents_file_is_a_template),
		cmocka_unit_test(absurd_files_end_in_time),
	};

	return cmocka_run_group_tests_name("answer-lint", tests, NULL, NULL);
}
