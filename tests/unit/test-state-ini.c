/* SPDX-License-Identifier: GPL-3.0-or-later */
/* State.ini in every form in which Windows reads it, and its value replaced. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "windows/state-ini.h"

/* An ASCII text as UTF-16LE with its mark. */
static uint8_t *
wide(const char *text, size_t *ret_len)
{
	size_t n = strlen(text);
	uint8_t *p = xcalloc(n + 1, 2);

	p[0] = 0xff;
	p[1] = 0xfe;
	for (size_t i = 0; i < n; i++)
		p[2 * i + 2] = (uint8_t)text[i];
	*ret_len = 2 * n + 2;
	return p;
}

static void
every_form_is_read_and_keeps_its_bytes(void **state)
{
	static const struct {
		const char *before, *value, *after;
	} cases[] = {
		{ "[State]\r\nImageState=\"", "IMAGE_STATE_UNDEPLOYABLE", "\"\r\n" },
		{ "[State]\r\nImageState=", "IMAGE_STATE_UNDEPLOYABLE", "\r\n" },
		{ "[State]\r\nImageState = ", "IMAGE_STATE_UNDEPLOYABLE", " \r\n" },
		{ "[State]\n\timagestate\t=\t'", "x", "'" },
		{ "; a note\r\n[Other]\r\nImageState=1\r\n [state] \r\nOther=2\r\nImageState=",
		  "IMAGE_STATE_UNDEPLOYABLE", "\r\nImageState=3\r\n[More]\r\nImageState=4\r\n" },
		{ "[State]\r\nImageState=", "", "" },
		{ "[State]\r\nImageState=", "\"half", "\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases) * 2; i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		CLEANUP_STATE_INI struct state_ini ini = { 0 };
		const char *before = cases[i / 2].before, *after = cases[i / 2].after;
		CLEANUP_FREE char *was = xasprintf("%s%s%s", before, cases[i / 2].value, after);
		CLEANUP_FREE char *wanted = xasprintf("%s%s%s", before, "NEW", after);
		CLEANUP_FREE uint8_t *wide_was = NULL, *wide_wanted = NULL, *new = NULL;
		CLEANUP_FREE char *value = NULL;
		size_t len = strlen(was), wanted_len = strlen(wanted), new_len;

		if (i & 1) {
			wide_was = wide(was, &len);
			wide_wanted = wide(wanted, &wanted_len);
		}
		if (state_ini_open(&ini, wide_was ? (char *)wide_was : was, len, &err) < 0)
			fail_msg("%zu: %s", i, err.message);
		value = state_ini_value(&ini);
		assert_string_equal(value, cases[i / 2].value);
		new = state_ini_replace(&ini, "NEW", &new_len, &err);
		assert_non_null(new);
		assert_int_equal(new_len, wanted_len);
		assert_memory_equal(new, wide_wanted ? (char *)wide_wanted : wanted, new_len);
	}
}

static void
what_is_not_understood_is_said(void **state)
{
	static const char *const texts[] = { "",
					     "\xff\xfe",
					     "[State]",
					     "ImageState=IMAGE_STATE_COMPLETE\r\n",
					     "[Other]\r\nImageState=1\r\n",
					     "[State]\r\nImageState\r\n",
					     "[State]\r\nImageStateX=1\r\nXImageState=1\r\n",
					     "[State]\r\n;ImageState=1\r\n",
					     "[State" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		CLEANUP_STATE_INI struct state_ini ini = { 0 };

		if (state_ini_open(&ini, texts[i], strlen(texts[i]), &err) == 0)
			fail_msg("%zu is taken", i);
		assert_int_equal(err.code, ERR_CORRUPT);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_is_read_and_keeps_its_bytes),
		cmocka_unit_test(what_is_not_understood_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
