/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passwords of answer files found and taken out, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "answer/scrub.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"

#define FILE_OF(inside)                                                                               \
	"<unattend xmlns=\"urn:schemas-microsoft-com:unattend\">\r\n"                                 \
	"<settings pass=\"oobeSystem\"><component name=\"Microsoft-Windows-Shell-Setup\">\r\n" inside \
	"\r\n</component></settings></unattend>"

static void
scrubs_to(const char *before, const char *after, size_t count)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_ANSWER struct answer a = { 0 };
	CLEANUP_ANSWER_SECRETS struct answer_secrets s = { 0 };
	CLEANUP_FREE uint8_t *out = NULL;
	size_t len;

	assert_int_equal(answer_open(before, strlen(before), &a, &err), 0);
	answer_secrets_find(&a, &s);
	assert_int_equal(s.count, count);
	out = answer_scrub(&a, &s, &len, &err);
	if (!out)
		fail_msg("%s", err.message);
	assert_int_equal(len, strlen(after));
	assert_memory_equal(out, after, len);
}

#define GONE "*SENSITIVE*DATA*DELETED*"

static void
passwords_go_and_all_else_stays(void **state)
{
	(void)state;
	scrubs_to(FILE_OF("<AutoLogon><Username>a</Username><Password><Value>x</Value>"
			  "<PlainText>true</PlainText></Password></AutoLogon>"
			  "<UserAccounts>\r\n <AdministratorPassword>\r\n  <Value>y</Value>\r\n"
			  "  <!-- y --> </AdministratorPassword>\r\n</UserAccounts>"),
		  FILE_OF("<AutoLogon><Username>a</Username><Password>" GONE
			  "</Password></AutoLogon><UserAccounts>\r\n <AdministratorPassword>" GONE
			  "</AdministratorPassword>\r\n</UserAccounts>"),
		  2);
	scrubs_to(FILE_OF("<Identification><Credentials><Password>z</Password><Domain>d</Domain>"
			  "</Credentials><MachinePassword>m</MachinePassword></Identification>"),
		  FILE_OF("<Identification><Credentials><Password>" GONE
			  "</Password><Domain>d</Domain></Credentials><MachinePassword>" GONE
			  "</MachinePassword></Identification>"),
		  2);
	/* a list: each of its members */
	scrubs_to(
		FILE_OF("<UserAccounts><LocalAccounts>"
			"<LocalAccount><Name>a</Name><Password><Value>1</Value></Password></LocalAccount>"
			"<LocalAccount><Name>b</Name><Password><Value>2</Value></Password></LocalAccount>"
			"</LocalAccounts></UserAccounts>"),
		FILE_OF("<UserAccounts><LocalAccounts>"
			"<LocalAccount><Name>a</Name><Password>" GONE "</Password></LocalAccount>"
			"<LocalAccount><Name>b</Name><Password>" GONE "</Password></LocalAccount>"
			"</LocalAccounts></UserAccounts>"),
		2);
}

static void
what_is_no_password_is_none(void **state)
{
	static const char *const files[] = {
		FILE_OF("<ProductKey>AAAAA-BBBBB-CCCCC-DDDDD-EEEEE</ProductKey>"),
		FILE_OF("<AutoLogon><Password><Value></Value></Password></AutoLogon>"),
		FILE_OF("<AutoLogon><Password>" GONE "</Password></AutoLogon>"),
		FILE_OF("<X><Value>password</Value></X><!-- <Password>x</Password> -->"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		scrubs_to(files[i], files[i], 0);
}

static void
commands_that_name_passwords_are_known(void **state)
{
	(void)state;
	assert_true(answer_command_has_password("net user bob Secret /add"));
	assert_true(answer_command_has_password(
		"cmd /c C:\\Windows\\System32\\net.exe USER bob \"a b\""));
	assert_true(answer_command_has_password("net1 user bob Secret"));
	assert_true(answer_command_has_password("net user bob /add Secret"));
	assert_true(answer_command_has_password("cmd /c \"net user bob Secret\""));
	assert_true(answer_command_has_password(
		"powershell ConvertTo-SecureString 'Secret' -AsPlainText -Force"));
	assert_true(answer_command_has_password("powershell x.ps1 -Password Secret"));
	assert_true(answer_command_has_password("netdom join pc /ud:bob /pd:Secret"));
	assert_true(answer_command_has_password("schtasks /create /ru bob /rp Secret"));
	assert_false(answer_command_has_password("net user bob /active:yes"));
	assert_false(answer_command_has_password("net user bob *"));
	assert_false(answer_command_has_password("net user bob"));
	assert_false(answer_command_has_password("user bob Secret"));
	assert_false(answer_command_has_password(""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passwords_go_and_all_else_stays),
		cmocka_unit_test(what_is_no_password_is_none),
		cmocka_unit_test(commands_that_name_passwords_are_known),
	};

	return cmocka_run_group_tests_name("answer-scrub", tests, NULL, NULL);
}
