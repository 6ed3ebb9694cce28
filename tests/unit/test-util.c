/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors, text, UTF-16, times, hashes, JSON: what everything else stands on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/filetime.h"
#include "util/json.h"
#include "util/sha256.h"
#include "util/text.h"
#include "util/utf16.h"

static void
prefix_keeps_the_code(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(error_set(&err, ERR_NOT_FOUND, "no key '%s'", "Select"), -1);
	assert_int_equal(error_prefix(&err, "SYSTEM"), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_string_equal(err.message, "SYSTEM: no key 'Select'");
	for (int c = ERR_NONE; c <= ERR_INTERNAL; c++)
		assert_non_null(error_code_name((enum error_code)c));
}

static void
a_size_from_disk_is_limited(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;

	(void)state;
	assert_null(checked_alloc(UINT64_MAX, 1000, "a value", &err));
	assert_int_equal(err.code, ERR_LIMIT);
}

static void
text_from_a_volume_cannot_act_on_a_terminal(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "plain J\xc3\xbcrgen", "plain J\xc3\xbcrgen" },
		{ "a\x1b[31mb", "a\\x1b[31mb" },
		{ "\xc2\x9b", "\\u{009b}" },		 /* C1: CSI */
		{ "x\xe2\x80\xaeghj", "x\\u{202e}ghj" }, /* right-to-left override */
		{ "\xed\xa0\x80", "\\u{d800}" },	 /* unpaired surrogate */
		{ "\xff\xfe", "\\xff\\xfe" },
		{ "\xc0\xaf", "\\xc0\\xaf" }, /* overlong */
		{ "a\nb", "a\\x0ab" },
		{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
		{ "\xe2\x82", "\\xe2\\x82" }, /* cut short */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_FREE char *out = text_escape(cases[i].in, false);

		assert_string_equal(out, cases[i].out);
	}
}

static void
utf16_goes_there_and_back(void **state)
{
	static const uint8_t odd[] = { 'a',  0,	   0x00, 0xd8, 'b',  0,
				       0x3d, 0xd8, 0x00, 0xde, 0x00, 0xdc };
	size_t bytes;
	CLEANUP_FREE char *text = utf16_to_text(odd, sizeof odd, NULL);
	CLEANUP_FREE uint8_t *back = utf16_from_text(text, &bytes);

	(void)state;
	assert_int_equal(bytes, sizeof odd);
	assert_memory_equal(back, odd, sizeof odd);
	assert_false(text_is_utf8(text, strlen(text)));
}

static void
names_compare_as_windows_does(void **state)
{
	(void)state;
	assert_true(name_equal("Setupact.LOG", "SETUPACT.log"));
	assert_true(name_equal("J\xc3\xbcrgen", "J\xc3\x9cRGEN"));
	assert_true(name_equal("\xce\xb1\xd1\x8f", "\xce\x91\xd0\xaf")); /* Greek, Cyrillic */
	assert_false(name_equal("stra\xc3\x9f"
				"e",
				"STRASSE")); /* one unit is never two */
	assert_int_equal(utf16_upcase(0xff), 0x178);
	assert_true(name_compare("a", "B") < 0);
	/* by units: U+FF21 comes after the surrogates of U+1F600 */
	assert_true(name_compare("\xef\xbc\xa1", "\xf0\x9f\x98\x80") > 0);
	assert_true(name_starts_with("\\DosDevices\\C:", "\\dosdevices\\"));
	assert_true(name_ends_with("S-1-5-21-1.BAK", ".bak"));
	assert_string_equal(name_find("oobe\\WinDeploy.exe", "windeploy"), "WinDeploy.exe");
}

static void
a_reader_never_leaves_its_buffer(void **state)
{
	static const uint8_t bytes[6] = { 1, 0, 0, 0, 2, 0 };
	struct reader r = reader_over(bytes, sizeof bytes);

	(void)state;
	assert_int_equal(reader_u32(&r), 1);
	assert_int_equal(reader_u32(&r), 0);
	assert_true(r.failed);
	assert_int_equal(reader_u16(&r), 0);
}

static void
times_are_those_of_1601(void **state)
{
	CLEANUP_FREE char *text = filetime_text(UINT64_C(116444736000000000));
	CLEANUP_FREE char *never = filetime_text(0);
	CLEANUP_FREE char *far = filetime_text(UINT64_MAX);

	(void)state;
	assert_string_equal(text, "1970-01-01T00:00:00Z");
	assert_string_equal(never, "never");
	assert_non_null(far);
	assert_true(filetime_from_timespec(filetime_to_timespec(UINT64_C(130464960123456700))) ==
		    UINT64_C(130464960123456700));
}

static void
a_day_that_no_calendar_has_is_no_time(void **state)
{
	static const struct {
		struct filetime_parts p;
		bool there;
	} cases[] = {
		{ { 2014, 2, 28, 0, 0, 0 }, true },   { { 2014, 2, 29, 0, 0, 0 }, false },
		{ { 2012, 2, 29, 0, 0, 0 }, true },   { { 2012, 2, 30, 0, 0, 0 }, false },
		{ { 1900, 2, 29, 0, 0, 0 }, false },  { { 2000, 2, 29, 0, 0, 0 }, true },
		{ { 2014, 4, 31, 0, 0, 0 }, false },  { { 2014, 12, 31, 0, 0, 0 }, true },
		{ { 2014, 12, 32, 0, 0, 0 }, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(filetime_from_parts(&cases[i].p) != 0, cases[i].there);
}

static void
a_word_of_a_shell_is_quoted_when_it_must_be(void **state)
{
	static const char *const words[][2] = {
		{ "/dev/nvme1n1p2", "/dev/nvme1n1p2" },
		{ "profile-stale:S-1-5-21", "profile-stale:S-1-5-21" },
		{ "/tmp/my server.img", "'/tmp/my server.img'" },
		{ "it's", "'it'\\''s'" },
		{ "$(x)`y`\\", "'$(x)`y`\\'" },
		{ "", "''" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		CLEANUP_FREE char *word = text_shell(words[i][0]);

		assert_string_equal(word, words[i][1]);
	}
}

static void
sha256_is_that_of_fips_180(void **state)
{
	uint8_t digest[SHA256_SIZE];
	CLEANUP_FREE char *hex = NULL;

	(void)state;
	sha256_of("abc", 3, digest);
	hex = text_hex(digest, sizeof digest);
	assert_string_equal(hex,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void
json_is_always_valid(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_JS struct js *o = js_object();
	CLEANUP_JS struct js *again = NULL;
	CLEANUP_FREE char *text = NULL;

	(void)state;
	js_set_text(o, "odd", "a\xed\xa0\x80\xff\"\n");
	js_set_uint(o, "big", UINT64_MAX);
	text = js_print(o, true);
	again = js_parse(text, strlen(text), &err);
	assert_non_null(again);
	assert_string_equal(js_get_text(again, "odd"), "a\xef\xbf\xbd\xef\xbf\xbd\"\n");
	assert_true(js_get_uint(again, "big") == UINT64_MAX);
	assert_null(js_parse("{\"a\":}", 6, &err));
	assert_int_equal(err.code, ERR_CORRUPT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefix_keeps_the_code),
		cmocka_unit_test(a_size_from_disk_is_limited),
		cmocka_unit_test(text_from_a_volume_cannot_act_on_a_terminal),
		cmocka_unit_test(a_word_of_a_shell_is_quoted_when_it_must_be),
		cmocka_unit_test(utf16_goes_there_and_back),
		cmocka_unit_test(names_compare_as_windows_does),
		cmocka_unit_test(a_reader_never_leaves_its_buffer),
		cmocka_unit_test(times_are_those_of_1601),
		cmocka_unit_test(a_day_that_no_calendar_has_is_no_time),
		cmocka_unit_test(sha256_is_that_of_fips_180),
		cmocka_unit_test(json_is_always_valid),
	};

	return cmocka_run_group_tests_name("util", tests, NULL, NULL);
}
