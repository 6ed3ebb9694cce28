/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Error codes as they are written, alone and in lines of logs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "logs/code-list.h"
#include "logs/code-text.h"
#include "logs/record.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"

/* The readings of a text, "80070003/2" for two; a decimal one with a "d". */
static char *
readings(const char *text)
{
	CLEANUP_FREE char *copy = xstrdup(text); /* so that a tool sees a read outside of it */
	struct code_word w;
	struct text t = TEXT_INIT;

	if (!code_parse(copy, &w))
		return xstrdup("no");
	for (size_t i = 0; i < w.count; i++)
		text_addf(&t, "%s%x%s", i ? " " : "", w.values[i], w.decimal[i] ? "d" : "");
	if (w.has_extend)
		text_addf(&t, " - %x", w.extend);
	return text_steal(&t);
}

static void
every_spelling_of_a_code_is_read(void **state)
{
	static const struct {
		const char *text, *readings;
	} spelled[] = {
		{ "0x80070003", "80070003" },
		{ "0X80070003", "80070003" },
		{ "80070003", "80070003 4c5c573d" },
		{ "c0000225", "c0000225" },
		{ "C1900101", "c1900101" },
		{ "31", "31 1fd" },
		{ "5", "5" },
		{ "0", "0" },
		{ "2147954429", "80072efdd" },
		{ "4294967295", "ffffffffd" },
		{ "-1073425657", "c004d307d" },
		{ "-1", "ffffffffd" },
		{ "-2147483648", "80000000d" },
		{ "0x-2147417850", "80010106d" },
		{ "[gle=0x00000003]", "3" },
		{ " [gle=0x00000003]", "3" },
		{ "(0x80070003)", "80070003" },
		{ "hr = 0x80070003", "80070003" },
		{ "hr: 0x80073713.", "80073713" },
		{ "dwRet = 31", "1fd" },
		{ "dwRet = -1073425657", "c004d307d" },
		{ "dwRet = 0x3cf2", "3cf2" },
		{ "dwRet= 1f", "1f" },
		{ "dwRet= 31", "31 1fd" },
		{ "dwRet=31", "31 1fd" },
		{ "=\tdwRet = 31", "1fd" },
		{ "=\tdwRet 31", "1fd" },
		{ "error code 5", "5d" },
		{ "hr = 80070005", "80070005" },
		{ "failed with error 80070490", "80070490" },
		{ "error 87654321", "5397fb1d" },
		{ "0xC1900101 - 0x4001C", "c1900101 - 4001c" },
		{ "0xC1900101-0x20017", "c1900101 - 20017" },
		{ "0x80070070 - 0x60000", "80070070 - 60000" },
		{ "C1900101 - 0x4001C", "c1900101 - 4001c" },
		{ "0x-2147417850 - 0x4001C", "80010106d - 4001c" },
		{ "hr = 0xC1900101 - 0x4001C", "c1900101 - 4001c" },
		{ "", "no" },
		{ " ", "no" },
		{ "-", "no" },
		{ "0x", "no" },
		{ "0x-", "no" },
		{ "0x123456789", "no" },
		{ "0xg", "no" },
		{ "123456789", "75bcd15d" },
		{ "4294967296", "no" },
		{ "-2147483649", "no" },
		{ "-0", "no" },
		{ "--5", "no" },
		{ "12345678901", "no" },
		{ "setupact.log", "no" },
		{ "beef.log", "no" },
		{ "name = 0x5", "no" },
		{ "0xC1900101 - 0x4001C0", "no" },
		{ "0x80070003 and more", "no" },
		{ "0xC1900101 - 0x4001C and more", "no" },
		{ "5 6", "no" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(spelled); i++) {
		CLEANUP_FREE char *got = readings(spelled[i].text);

		if (strcmp(got, spelled[i].readings) != 0)
			fail_msg("'%s': %s, not %s", spelled[i].text, got, spelled[i].readings);
	}
}

static void
note_code(void *ctx, const struct code_found *f)
{
	struct text *t = ctx;

	text_addf(t, "%s%x", t->len ? " " : "", f->value);
	if (f->has_extend)
		text_addf(t, "-%x", f->extend);
}

static void
codes_in_lines_are_found_and_nothing_else(void **state)
{
	static const struct {
		const char *line, *codes;
	} lines[] = {
		{ "2014-06-05 10:40:55, Error                        [Shell Unattend] CopyProfile failed (0x80070003) [gle=0x00000003]",
		  "80070003 3" },
		{ "Error [0x0f0082] SYSPRP LaunchDll:Failure occurred while executing 'C:\\Windows\\System32\\slc.dll,SLReArmWindows', returned error code -1073425657",
		  "c004d307" },
		{ "[0x0f0073] SYSPRP RunExternalDlls:Not running DLLs; either the machine is in an invalid state or we couldn't update the recorded state, dwRet = 31",
		  "1f" },
		{ "couldn't update the recorded state, dwRet= 1f", "1f" },
		{ "couldn't update the recorded state, dwRet= 31", "1f 31" },
		{ "ActionPlatform::LaunchModule: Failure occurred while executing 'SysprepGeneralize' from C:\\Windows\\System32\\AppxSysprep.dll; dwRet = 0x3cf2",
		  "3cf2" },
		{ "SYSPRP Failed to remove apps for the current user: 0x80073cf2.", "80073cf2" },
		{ "[oobeldr.exe] Failed to complete RunSMIPass for oobeSystem.  Error: [0x8030000C]",
		  "8030000c" },
		{ "[DJOIN.EXE] Unattended Join: DsGetDcName failed: 0x54b, last error is 0x0, will retry in 10 seconds...",
		  "54b" },
		{ "[DJOIN.EXE] Unattended Join: NetJoinDomain failed error code is [1355]", "54b" },
		{ "Unable to join; gdwError = 0x54b", "54b" },
		{ "InstantiateCBSUnattendPass: Package manager returned with failing exit code 14099",
		  "3713" },
		{ "CSI    00000001 (F) 80220005 [Error,Facility=FACILITY_STATE_MANAGEMENT,Code=5] #121# from CWcmScalarInstanceCore::PutCurrentValue",
		  "80220005" },
		{ "BCD: BiCreateMergedBootEntry failed c0000225", "c0000225" },
		{ "SYSPRP Error 0x-2147417850", "80010106" },
		{ "MOUPG  Result 0xC1900101 - 0x4001C", "c1900101-4001c" },
		{ "Result 0xC1900101, 0x30018", "c1900101-30018" },
		{ "result = 0xC1900101, extend code = 0x20017", "c1900101 20017" },
		{ "hr = 0x80070005, 0x30018", "80070005" },
		{ "spbcd.dll,Sysprep_Generalize_Bcd', returned error code 2[gle=0x00000012]",
		  "2 12" },
		{ "<<<  [Exit status: FAILURE(0xe0000203)]", "e0000203" },
		{ "Setup.exe failed, returning exit code [0x1f]", "1f" },
		{ "IBS    The provided unattend file is not valid; hrResult = 0x80220005",
		  "80220005" },
		{ "STOP c000021a", "c000021a" },
		{ "error 1603: fatal, error 1618:busy", "643 652" },
		{ "0x80070070 - 0x60000, 0x80070070 - 0x5", "80070070-60000 80070070" },
		{ "hr = 0x87654321", "87654321" },
		/* no codes */
		{ "2014-06-05 10:40:55, Info       [0x0f004d] SYSPRP The time is now 2014-06-05 10:40:55",
		  "" },
		{ "Process exited with exit code [0x0]", "" },
		{ "Current pass status for [oobeSystem] is [0x1]", "" },
		{ "Found generalization state [0x4], setup.exe completion flag [False]", "" },
		{ "DISM Provider Store: PID=1234 TID=5678 Connecting", "" },
		{ "{80070005-0000-0000-c000-000000000046} 31bf3856ad364e35", "" },
		{ "Package_80070005~31bf3856ad364e35~amd64~~6.1.1.4", "" },
		{ "at 0x80001234 flags 0x10000, 0x7ff6abcd12345678", "" },
		{ "Error 2014-06-05 version 10.0.10240.16384", "" },
		{ "error 0 error 1 exit code 1 failed 0x1 dwRet = 0x0 [gle=0x00000000]", "" },
		{ "0x 0x- -  0xx 0x0x80070005x", "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		CLEANUP_TEXT struct text got = TEXT_INIT;

		code_scan(lines[i].line, strlen(lines[i].line), note_code, &got);
		if (strcmp(text_str(&got), lines[i].codes) != 0)
			fail_msg("'%s':\n%s, not %s", lines[i].line, text_str(&got),
				 lines[i].codes);
	}
}

static void
note_place(void *ctx, const struct code_found *f)
{
	*(struct code_found *)ctx = *f;
}

static void
a_code_says_where_it_stands(void **state)
{
	const char *line = "hr = 0xC1900101 - 0x4001C.";
	struct code_found f = { 0 };

	(void)state;
	code_scan(line, strlen(line), note_place, &f);
	assert_int_equal(f.start, 5);
	assert_int_equal(f.len, strlen("0xC1900101 - 0x4001C"));
	code_scan("error -2147024893", 17, note_place, &f);
	assert_int_equal(f.value, 0x80070003);
	assert_int_equal(f.start, 6);
	assert_int_equal(f.len, 11);
}

static int
read_text(void *ctx, void *buf, size_t len, uint64_t offset, size_t *ret_len, struct error *err)
{
	const char *text = ctx;
	size_t left = strlen(text) - (size_t)offset;

	(void)err;
	*ret_len = len < left ? len : left;
	memcpy(buf, text + offset, *ret_len);
	return 0;
}

static void
list_of(char *text, struct code_list *ret)
{
	const struct log_source source = { .read = read_text, .ctx = text, .size = strlen(text) };
	CLEANUP_ERROR struct error err = ERROR_INIT;

	assert_int_equal(code_list_read(&source, ret, &err), 0);
}

static void
a_text_has_each_code_once_with_its_lines(void **state)
{
	CLEANUP_CODE_LIST struct code_list l = { 0 };
	char text[] = "nothing\n"
		      "hr = 0x80070005, again hr = 0x80070005\n"
		      "0xC1900101 - 0x20017\n"
		      "0xC1900101 - 0x30018, 0xC1900101\n"
		      "0x80070005";

	(void)state;
	list_of(text, &l);
	assert_int_equal(l.lines, 5);
	assert_int_equal(l.count, 4);
	assert_int_equal(l.list[0].value, 0x80070005);
	assert_int_equal(l.list[0].count, 3);
	assert_int_equal(l.list[0].line_count, 2);
	assert_int_equal(l.list[0].lines[0], 2);
	assert_int_equal(l.list[0].lines[1], 5);
	assert_int_equal(l.list[1].extend, 0x20017);
	assert_int_equal(l.list[2].extend, 0x30018);
	assert_false(l.list[3].has_extend);
	assert_int_equal(l.list[3].value, 0xc1900101);
	assert_int_equal(l.left_out, 0);
}

static void
a_list_of_codes_has_an_end(void **state)
{
	CLEANUP_CODE_LIST struct code_list l = { 0 };
	CLEANUP_TEXT struct text t = TEXT_INIT;

	(void)state;
	for (uint32_t i = 0; i < 3 * CODE_LIST_MOST; i++)
		text_addf(&t, "hr = 0x8765%04x\n", i % (CODE_LIST_MOST + 7));
	list_of(t.ptr, &l);
	assert_int_equal(l.count, CODE_LIST_MOST);
	assert_int_equal(l.list[CODE_LIST_MOST - 1].value, 0x87650000 + CODE_LIST_MOST - 1);
	assert_int_equal(l.list[0].count, 3);
	assert_int_equal(l.left_out, 7 + 7);
	assert_int_equal(l.lines, 3 * CODE_LIST_MOST);
}

/* Many lines with one code: the list of lines has an end, the count has not. */
static void
lines_of_a_code_have_an_end(void **state)
{
	CLEANUP_CODE_LIST struct code_list l = { 0 };
	CLEANUP_TEXT struct text t = TEXT_INIT;

	(void)state;
	for (int i = 0; i < 100; i++)
		text_add(&t, "error 5\n");
	list_of(t.ptr, &l);
	assert_int_equal(l.list[0].count, 100);
	assert_int_equal(l.list[0].line_count, CODE_LIST_LINES);
	assert_int_equal(l.list[0].lines[CODE_LIST_LINES - 1], CODE_LIST_LINES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_spelling_of_a_code_is_read),
		cmocka_unit_test(codes_in_lines_are_found_and_nothing_else),
		cmocka_unit_test(a_code_says_where_it_stands),
		cmocka_unit_test(a_text_has_each_code_once_with_its_lines),
		cmocka_unit_test(a_list_of_codes_has_an_end),
		cmocka_unit_test(lines_of_a_code_have_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
