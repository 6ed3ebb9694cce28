/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Regular expressions: names, bytes that are no text, and an end for those that would take for ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/error.h"
#include "util/pattern.h"

static struct pattern *
compiled(const char *regex)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct pattern *p = pattern_new(regex, &err);

	if (!p)
		fail_msg("%s", err.message);
	return p;
}

static void
names_say_what_they_took(void **state)
{
	static const char text[] = "x CODE = 0x5; rest";
	struct pattern *p = compiled("code = (?<code>0x\\w+)(?: at (?<where>\\w+))?");
	size_t len;

	(void)state;
	assert_int_equal(pattern_group_count(p), 2);
	assert_true(pattern_match(p, text, strlen(text)));
	for (size_t i = 0; i < 2; i++) {
		const char *at = pattern_group(p, i, &len);

		if (strcmp(pattern_group_name(p, i), "where") == 0) {
			assert_null(at);
			continue;
		}
		assert_ptr_equal(at, text + 9);
		assert_int_equal(len, 3);
	}
	/* nothing of the last match is left */
	assert_false(pattern_match(p, "code = 5", 8));
	assert_null(pattern_group(p, 0, &len));
	assert_null(pattern_group(p, 1, &len));
	pattern_free(p);
}

static void
bytes_that_are_no_text_are_searched(void **state)
{
	struct pattern *p = compiled("b.c");

	(void)state;
	assert_true(pattern_match(p,
				  "\xff\xfe\0b\xed\xa0\x80 B\xc3"
				  "c",
				  11));
	assert_false(pattern_match(p, "b\nc", 3));
	assert_false(pattern_match(p, "", 0));
	pattern_free(p);
}

static void
what_is_no_expression_is_refused(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;

	(void)state;
	assert_null(pattern_new("a(b", &err));
	assert_int_equal(err.code, ERR_USAGE);
	assert_non_null(strstr(err.message, "at character 4 of 'a(b'"));
}

static void
a_match_without_end_is_none(void **state)
{
	struct pattern *p = compiled("^(a+)+$");
	char text[64];

	(void)state;
	memset(text, 'a', sizeof text);
	text[sizeof text - 1] = '!';
	assert_false(pattern_match(p, text, sizeof text));
	assert_true(pattern_match(p, text, sizeof text - 1));
	pattern_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_say_what_they_took),
		cmocka_unit_test(bytes_that_are_no_text_are_searched),
		cmocka_unit_test(what_is_no_expression_is_refused),
		cmocka_unit_test(a_match_without_end_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
