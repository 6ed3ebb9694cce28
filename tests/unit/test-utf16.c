/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The upper-case table against the one that a formatted volume carries; conversions of every unit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ntfs-3g/types.h>
#include <ntfs-3g/volume.h>
#include <ntfs-3g/unistr.h>

#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/utf16.h"

#define UNITS 65536u

/* libntfs-3g writes this table to new volumes; it is the one that Windows has written since Vista. */
static void
upper_case_is_that_of_a_new_volume(void **state)
{
	CLEANUP_FREE ntfschar *table = xcalloc(UNITS, sizeof *table);
	unsigned different = 0;

	(void)state;
	ntfs_upcase_table_build(table, UNITS * sizeof *table);
	for (uint32_t c = 0; c < UNITS; c++) {
		uint16_t theirs = get_u16(&table[c]), ours = utf16_upcase((uint16_t)c);

		if (theirs == ours)
			continue;
		different++;
		print_error("U+%04X: ours U+%04X, the volume's U+%04X\n", c, ours, theirs);
	}
	assert_int_equal(different, 0);
}

static void
every_unit_has_a_spelling(void **state)
{
	(void)state;
	for (uint32_t c = 1; c < UNITS; c++) {
		uint8_t unit[2];
		size_t bytes;

		put_u16(unit, (uint16_t)c);
		{
			CLEANUP_FREE char *text = utf16_to_text(unit, 2, NULL);
			CLEANUP_FREE uint8_t *back = utf16_from_text(text, &bytes);

			assert_int_equal(bytes, 2);
			assert_memory_equal(back, unit, 2);
		}
	}
}

static void
text_ends_at_nul_unless_its_length_is_asked_for(void **state)
{
	static const uint8_t in[] = { 'a', 0, 0, 0, 'b', 0, 'c' };
	size_t len;
	CLEANUP_FREE char *whole = utf16_to_text(in, sizeof in, &len);
	CLEANUP_FREE char *first = utf16_to_text(in, sizeof in, NULL);
	CLEANUP_FREE char *none = utf16_to_text(in, 0, NULL);

	(void)state;
	assert_int_equal(len, 3);
	assert_memory_equal(whole, "a\0b", 4);
	assert_string_equal(first, "a");
	assert_string_equal(none, "");
}

static void
bytes_that_are_no_text_become_replacements(void **state)
{
	static const struct {
		const char *in;
		size_t units;
	} cases[] = {
		{ "\xff", 1 },
		{ "\xc0\x81", 2 },
		{ "\xe2\x82", 2 },
		{ "\xf4\x90\x80\x80", 4 },
		{ "\xf8\x88\x80\x80", 4 },
		{ "\x80", 1 },
		{ "\xe0\x80\x80", 3 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t bytes;
		CLEANUP_FREE uint8_t *out = utf16_from_text(cases[i].in, &bytes);

		assert_int_equal(bytes, cases[i].units * 2);
		for (size_t u = 0; u < cases[i].units; u++)
			assert_int_equal(get_u16(out + 2 * u), 0xfffd);
	}
}

static void
names_are_searched_without_regard_to_case(void **state)
{
	const char *path = "C:\\Users\\J\xc3\xbcrgen";

	(void)state;
	assert_true(name_find(path, "J\xc3\x9cR") == path + 9);
	assert_null(name_find(path, "jurgen"));
	assert_true(name_find("aab", "AB") != NULL && name_find("", "") != NULL);
	assert_null(name_find("", "a"));
	/* a surrogate pair, and a letter that begins with no ASCII */
	assert_non_null(name_find("xx\xf0\x90\x90\xa8y", "\xf0\x90\x90\xa8Y"));
	assert_true(name_find(path, "") == path);
	assert_true(name_ends_with(path, ""));
	assert_false(name_ends_with("n", "rgen"));
	assert_false(name_starts_with("C:", path));
	assert_int_equal(name_compare("", ""), 0);
	assert_true(name_compare("", "a") < 0);
	assert_true(name_compare("ab", "A") > 0);
}

static void
order_is_told_by_mark_or_nuls(void **state)
{
	static const struct {
		const char *p;
		size_t n, mark;
		enum utf16_order order;
	} cases[] = {
		{ "", 0, 0, UTF16_NONE },
		{ "a", 1, 0, UTF16_NONE },
		{ "\xef\xbb\xbf"
		  "a",
		  4, 3, UTF16_NONE },
		{ "\xff\xfe", 2, 2, UTF16_LITTLE },
		{ "\xfe\xff\0a", 4, 2, UTF16_BIG },
		{ "a\0b\0c\0", 6, 0, UTF16_LITTLE },
		{ "\0a\0b\0c", 6, 0, UTF16_BIG },
		{ "ab\0\0\0\0", 6, 0, UTF16_NONE },
		{ "\0\0\0\0", 4, 0, UTF16_NONE },
	};
	char text[] = "abcde";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t mark = 99;

		assert_int_equal(utf16_sniff(cases[i].p, cases[i].n, &mark), cases[i].order);
		assert_int_equal(mark, cases[i].mark);
	}
	utf16_swap(text, 5);
	assert_string_equal(text, "badce");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(upper_case_is_that_of_a_new_volume),
		cmocka_unit_test(every_unit_has_a_spelling),
		cmocka_unit_test(text_ends_at_nul_unless_its_length_is_asked_for),
		cmocka_unit_test(bytes_that_are_no_text_become_replacements),
		cmocka_unit_test(names_are_searched_without_regard_to_case),
		cmocka_unit_test(order_is_told_by_mark_or_nuls),
	};

	return cmocka_run_group_tests_name("utf16", tests, NULL, NULL);
}
