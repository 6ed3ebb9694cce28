/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answer files: the right element is found, and an edit changes its value and no other byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "answer/unattend.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "util/utf16.h"

#define COMPONENT "Microsoft-Windows-Shell-Setup"

/* An answer file around `inside`, which stands in the specialize pass of Shell-Setup. */
static char *
file_around(const char *start, const char *inside)
{
	return xasprintf(
		"%s<unattend xmlns=\"urn:schemas-microsoft-com:unattend\">\r\n"
		"<settings pass=\"oobeSystem\"><component name=\"" COMPONENT "\">"
		"<CopyProfile>true</CopyProfile></component></settings>"
		"<settings pass=\"specialize\">\r\n\t<component name=\"Other\"><CopyProfile>true</CopyProfile></component>"
		"<!-- <component name=\"" COMPONENT
		"\"><CopyProfile>true</CopyProfile></component> -->"
		"<component processorArchitecture=\"amd64\" a=\"x>y\" name=\"" COMPONENT
		"\">%s</component>"
		"</settings></unattend>",
		start, inside);
}

/* Edits and compares with the same file around `wanted`. */
static void
edits_to(const void *before, size_t before_len, const void *wanted, size_t wanted_len)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_UNATTEND_SETTINGS struct unattend_settings s = { 0 };
	CLEANUP_XML struct xml *x = xml_open(before, before_len, &err);
	CLEANUP_FREE uint8_t *after = NULL;
	size_t len;

	if (!x)
		fail_msg("%s", err.message);
	assert_int_equal(unattend_find(x, "specialize", COMPONENT, "CopyProfile", &s, &err), 0);
	assert_int_equal(s.count, 1);
	assert_string_equal(s.list[0].architecture, "amd64");
	assert_int_equal(unattend_bool(s.list[0].place.text), 1);
	after = unattend_replace(x, &s, "false", &len, &err);
	if (!after)
		fail_msg("%s", err.message);
	assert_int_equal(len, wanted_len);
	assert_memory_equal(after, wanted, len);
}

static const char *const starts[] = {
	"", "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n",
	"\xef\xbb\xbf<?xml version=\"1.0\"?><!-- <CopyProfile>a</CopyProfile> -->\n"
};

static const struct {
	const char *before, *after;
} bodies[] = {
	{ "<CopyProfile>true</CopyProfile>", "<CopyProfile>false</CopyProfile>" },
	{ "<CopyProfile>\r\n\t True \n</CopyProfile>",
	  "<CopyProfile>\r\n\t false \n</CopyProfile>" },
	{ "<!--<CopyProfile>true</CopyProfile>--><CopyProfile>true</CopyProfile >",
	  "<!--<CopyProfile>true</CopyProfile>--><CopyProfile>false</CopyProfile >" },
	{ "<CopyProfile><![CDATA[true]]></CopyProfile>",
	  "<CopyProfile><![CDATA[false]]></CopyProfile>" },
	{ "<CopyProfile><!-- was false --> tr<!-- -->ue</CopyProfile>",
	  "<CopyProfile><!-- was false --> false<!-- --></CopyProfile>" },
	{ "<CopyProfile>tr&#117;e</CopyProfile>", "<CopyProfile>false</CopyProfile>" },
	{ "<a b='<'\"></a>", NULL }, /* not well-formed */
	{ "<x>&lt;CopyProfile&gt;</x><CopyProfile  >1</CopyProfile>",
	  "<x>&lt;CopyProfile&gt;</x><CopyProfile  >false</CopyProfile>" },
};

static void
only_the_bytes_of_the_value_change(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		for (size_t k = 0; k < ARRAY_SIZE(bodies); k++) {
			CLEANUP_FREE char *before = file_around(starts[i], bodies[k].before);
			CLEANUP_FREE char *after = bodies[k].after ?
							   file_around(starts[i], bodies[k].after) :
							   NULL;
			CLEANUP_ERROR struct error err = ERROR_INIT;

			if (after) {
				edits_to(before, strlen(before), after, strlen(after));
				continue;
			}
			assert_null(xml_open(before, strlen(before), &err));
			assert_int_equal(err.code, ERR_CORRUPT);
			assert_non_null(strstr(err.message, "line "));
		}
}

static uint8_t *
as_utf16(const char *text, bool big_endian, size_t *len)
{
	CLEANUP_FREE char *marked = xasprintf("\xef\xbb\xbf%s", text);
	uint8_t *wide = utf16_from_text(marked, len);

	for (size_t i = 0; big_endian && i < *len; i += 2) {
		uint8_t swap = wide[i];

		wide[i] = wide[i + 1];
		wide[i + 1] = swap;
	}
	return wide;
}

static void
utf16_of_both_orders_is_edited(void **state)
{
	static const char start[] =
		"<?xml version=\"1.0\" encoding=\"utf-16\"?>\r\n<!-- J\xc3\xbcrgen -->";
	CLEANUP_FREE char *before = file_around(start, bodies[1].before);
	CLEANUP_FREE char *after = file_around(start, bodies[1].after);

	(void)state;
	for (int big = 0; big < 2; big++) {
		size_t n, m;
		CLEANUP_FREE uint8_t *b = as_utf16(before, big, &n);
		CLEANUP_FREE uint8_t *a = as_utf16(after, big, &m);

		edits_to(b, n, a, m);
	}
}

static void
hostile_files_are_errors(void **state)
{
	static const char *const files[] = {
		"",
		"<",
		"<a",
		"<a>",
		"<a></b>",
		"\xff\xfe",
		"<a>\x01</a>",
		"plain text",
		"<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>",
		"<!DOCTYPE a [<!ENTITY a \"b\"><!ENTITY c \"&a;&a;&a;&a;&a;&a;\">]><a>&c;</a>",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		CLEANUP_UNATTEND_SETTINGS struct unattend_settings s = { 0 };
		CLEANUP_XML struct xml *x = xml_open(files[i], strlen(files[i]), &err);

		if (!x) {
			assert_non_null(err.message);
			continue;
		}
		/* with a DOCTYPE nothing is looked up, so nothing is edited */
		assert_int_equal(unattend_find(x, "specialize", COMPONENT, "CopyProfile", &s, &err),
				 -1);
		assert_int_equal(err.code, ERR_UNSUPPORTED);
	}
}

/* Random bytes put into a sound file: an error or an answer, never a crash. */
static void
mutated_files_do_not_crash(void **state)
{
	CLEANUP_FREE char *sound = file_around(starts[1], bodies[2].before);
	size_t len = strlen(sound);
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		CLEANUP_UNATTEND_SETTINGS struct unattend_settings s = { 0 };
		CLEANUP_FREE char *odd = xmemdup(sound, len + 1);
		CLEANUP_XML struct xml *x = NULL;
		CLEANUP_FREE uint8_t *after = NULL;
		size_t n;

		for (int k = 0; k < 3; k++) {
			seed = seed * 1664525 + 1013904223;
			odd[(seed >> 8) % len] = "<>/!-[]\"'& \0a\xff"[(seed >> 3) % 14];
		}
		x = xml_open(odd, len, &err);
		if (!x || unattend_find(x, "specialize", COMPONENT, "CopyProfile", &s, &err) < 0 ||
		    !s.count)
			continue;
		after = unattend_replace(x, &s, "false", &n, &err);
		if (!after)
			fail_msg("round %d: %s", round, err.message);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_bytes_of_the_value_change),
		cmocka_unit_test(utf16_of_both_orders_is_edited),
		cmocka_unit_test(hostile_files_are_errors),
		cmocka_unit_test(mutated_files_do_not_crash),
	};

	return cmocka_run_group_tests_name("unattend", tests, NULL, NULL);
}
