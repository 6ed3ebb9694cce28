/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names from a hostile volume as they may stand on this host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "session/safe-names.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/file-name.h"
#include "util/text.h"

static void
names_are_made_harmless(void **state)
{
	static const char *const pairs[][2] = {
		{ "setupact.log", "setupact.log" },
		{ "Übersicht (neu).txt", "Übersicht (neu).txt" },
		{ ".hidden", ".hidden" },
		{ "", "_" },
		{ ".", "_" },
		{ "..", "__" },
		{ "...", "___" },
		{ "trailing.", "trailing_" },
		{ "trailing. .", "trailing___" },
		{ "a/b\\c", "a_b_c" },
		{ "../../etc/passwd", ".._.._etc_passwd" },
		{ "x:stream", "x_stream" },
		{ "a*?\"<>|b", "a______b" },
		{ "bell\a\033[2J\x7f", "bell__[2J_" },
		{ "c1\xc2\x9b", "c1_" },
		{ "bidi\xe2\x80\xaegpj.exe", "bidi_gpj.exe" },
		{ "isolate\xe2\x81\xa6", "isolate_" },
		{ "zero\xe2\x80\x8bwidth", "zero_width" },
		{ "soft\xc2\xadhyphen", "soft_hyphen" },
		{ "surrogate\xed\xa0\x80.log", "surrogate_.log" },
		{ "nul\xc0\x80", "nul_" },
		{ "no\xff\xfeutf8", "no__utf8" },
		{ "CON", "_CON" },
		{ "con.log", "_con.log" },
		{ "Nul .txt", "_Nul .txt" },
		{ "AUX...", "_AUX___" },
		{ "prn", "_prn" },
		{ "COM0", "_COM0" },
		{ "LPT1.log", "_LPT1.log" },
		{ "com\xc2\xb9.log", "_com\xc2\xb9.log" },
		{ "CONIN$", "_CONIN$" },
		{ "conout$.x", "_conout$.x" },
		{ "COM10", "COM10" },
		{ "console", "console" },
		{ "COM", "COM" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		const char *from = pairs[i][0];
		CLEANUP_FREE char *plain = file_name_plain(from, strlen(from));
		bool same = strcmp(from, pairs[i][1]) == 0;

		assert_string_equal(plain, pairs[i][1]);
		assert_int_equal(file_name_is_plain(from, strlen(from)), same);
		assert_true(file_name_is_plain(plain, strlen(plain)));
	}
}

static void
long_names_keep_their_extension(void **state)
{
	CLEANUP_TEXT struct text name = TEXT_INIT;
	CLEANUP_FREE char *plain = NULL, *second = NULL;

	(void)state;
	/* 251 units on NTFS, 749 bytes here */
	for (int i = 0; i < 249; i++)
		text_add(&name, "\xe2\x82\xac");
	text_add(&name, ".log");
	plain = file_name_plain(name.ptr, name.len);
	assert_true(strlen(plain) <= FILE_NAME_MOST && strlen(plain) > FILE_NAME_MOST - 3);
	assert_string_equal(plain + strlen(plain) - 4, ".log");
	assert_true(text_is_utf8(plain, strlen(plain)));
	assert_true(file_name_is_plain(plain, strlen(plain)));
	second = file_name_numbered(plain, 1000);
	assert_true(strlen(second) <= FILE_NAME_MOST);
	assert_string_equal(second + strlen(second) - 9, "~1000.log");
	assert_true(text_is_utf8(second, strlen(second)));
}

/* Any name at all: harmless, and its own harmless form. */
static void
random_names_become_harmless(void **state)
{
	uint32_t seed = 20261125;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char name[600];
		size_t n;
		char *plain;

		seed = seed * 1664525 + 1013904223;
		n = (seed >> 8) % (round % 10 ? 12 : sizeof name);
		for (size_t i = 0; i < n; i++) {
			seed = seed * 1664525 + 1013904223;
			name[i] = (char)(round % 3 ?
						 "CONLPT1.. ~\\/:\xe2\x80\xae"[(seed >> 16) % 17] :
						 (int)(seed >> 16 & 0xff));
		}
		plain = file_name_plain(name, n);
		assert_true(*plain && strlen(plain) <= FILE_NAME_MOST);
		assert_true(file_name_is_plain(plain, strlen(plain)));
		assert_null(strpbrk(plain, "/\\:\033"));
		free(plain);
	}
}

static void
expect(struct safe_names *s, const char *path, const char *file)
{
	CLEANUP_FREE char *got = safe_names_file(s, path);

	assert_string_equal(got, file);
}

static void
each_file_gets_a_name_of_its_own(void **state)
{
	CLEANUP_SAFE_NAMES struct safe_names *s = safe_names_new();

	(void)state;
	safe_names_reserve(s, "MANIFEST.json");
	expect(s, "/Windows/Panther/setupact.log", "Windows/Panther/setupact.log");
	expect(s, "/Windows/Panther/SETUPACT.LOG", "Windows/Panther/SETUPACT~2.LOG");
	expect(s, "/Windows/Panther/Setupact.log", "Windows/Panther/Setupact~3.log");
	expect(s, "/Windows/Panther/setupact~2.log", "Windows/Panther/setupact~2~2.log");
	/* equal only after they were made harmless */
	expect(s, "/Windows/Panther/a\x01", "Windows/Panther/a_");
	expect(s, "/Windows/Panther/a\x02", "Windows/Panther/a_~2");
	expect(s, "/Windows/Panther/a_", "Windows/Panther/a_~3");
	/* two folders that differ by case; a folder and a file */
	expect(s, "/Windows/panther/x.log", "Windows/panther~2/x.log");
	expect(s, "/Windows/panther/y.log", "Windows/panther~2/y.log");
	expect(s, "/Windows/Panther/y.log", "Windows/Panther/y.log");
	expect(s, "/Windows", "Windows~2");
	/* letters that are no ASCII too */
	expect(s, "/Windows/É.log", "Windows/É.log");
	expect(s, "/Windows/é.log", "Windows/é~2.log");
	expect(s, "/manifest.JSON", "manifest~2.JSON");
	/* the same again, because the host had it */
	expect(s, "/Windows/Panther/y.log", "Windows/Panther/y~2.log");
	expect(s, "//Windows//..//../etc/passwd", "Windows/__/__/etc/passwd");
	expect(s, "/", "_");
}

static void
many_names_that_become_one_are_told_apart(void **state)
{
	CLEANUP_SAFE_NAMES struct safe_names *s = safe_names_new();
	char path[32];

	(void)state;
	for (unsigned i = 0; i < 50000; i++) {
		CLEANUP_FREE char *file = NULL;
		CLEANUP_FREE char *want = i ? xasprintf("d/_____~%u", i + 1) : xstrdup("d/_____");

		snprintf(path, sizeof path, "/d/%c%c%c%c%c", 1 + i % 31, 1 + i / 31 % 31,
			 1 + i / 961 % 31, 1 + i / 29791 % 31, 7);
		file = safe_names_file(s, path);
		assert_string_equal(file, want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_made_harmless),
		cmocka_unit_test(long_names_keep_their_extension),
		cmocka_unit_test(random_names_become_harmless),
		cmocka_unit_test(each_file_gets_a_name_of_its_own),
		cmocka_unit_test(many_names_that_become_one_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
