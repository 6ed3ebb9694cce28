/* SPDX-License-Identifier: GPL-3.0-or-later */
/* XML that lies: about its encoding, its entities, or its tags.  Refused in words, and nothing on stderr. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "answer/unattend.h"
#include "answer/xml.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"

/* Markup that only a decoder sees: far more elements than the bytes show. */
static void
encodings_that_hide_markup_are_refused(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_XML struct xml *x = NULL;
	CLEANUP_TEXT struct text t = TEXT_INIT;

	(void)state;
	text_add(&t, "<?xml version=\"1.0\" encoding=\"UTF-7\"?><a>");
	for (int i = 0; i < 500; i++)
		text_add(&t, "+ADw-b/+AD4-");
	text_add(&t, "</a>");
	x = xml_open(text_str(&t), t.len, &err);
	assert_null(x);
	assert_int_not_equal(err.code, ERR_NONE);
}

/* As many elements as the bytes show, but others: the names tell. */
static void
elements_under_other_names_are_refused(void **state)
{
	static const char file[] = "<?xml version=\"1.0\" encoding=\"UTF-7\"?>"
				   "<a>+ADw-b+AD4-true+ADw-/b+AD4APA-!--+AC0-<c>x</c>--></a>";
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_XML struct xml *x = xml_open(file, sizeof file - 1, &err);

	(void)state;
	assert_null(x);
}

static void
documents_with_a_doctype_are_not_said_to_lack_the_setting(void **state)
{
	static const char file[] =
		"<!DOCTYPE unattend [<!ENTITY t \"true\">]>"
		"<unattend xmlns=\"urn:schemas-microsoft-com:unattend\"><settings pass=\"specialize\">"
		"<component name=\"S\"><CopyProfile>&t;</CopyProfile></component></settings></unattend>";
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_UNATTEND_SETTINGS struct unattend_settings s = { 0 };
	CLEANUP_XML struct xml *x = xml_open(file, sizeof file - 1, &err);

	(void)state;
	assert_non_null(x);
	assert_int_equal(unattend_find(x, "specialize", "S", "CopyProfile", &s, &err), -1);
	assert_int_equal(err.code, ERR_UNSUPPORTED);
	assert_non_null(strstr(err.message, "DOCTYPE"));
}

static void
odd_bytes_are_errors_and_nothing_is_printed(void **state)
{
	static const struct {
		const char *p;
		size_t n;
	} files[] = {
#define FILE_OF(s) { s, sizeof s - 1 }
		FILE_OF("<?xml version=\"1.0\" encoding=\"shift_jis\"?><a>\x81\x01\xff\xff</a>"),
		FILE_OF("<?xml version=\"1.0\" encoding=\"no-such\"?><a/>x"),
		FILE_OF("<?xml version=\"1.0\" encoding=\"us-ascii\"?><a>\xff</a>"),
		FILE_OF("<a>\xff\xfe</a>"),
		FILE_OF("<a>\0</a>"),
		FILE_OF("<a b=\"\0\"/>"),
		FILE_OF("\xff\xfe<\0a\0>\0\x00\xd8<\0/\0a\0>\0"),
		FILE_OF("\xff\xfe<\0a\0>\0x"),
		FILE_OF("\xfe\xff\0<\0a\0>\xdc\x00\0<\0/\0a\0>"),
		FILE_OF("\xff\xfe\0\0<\0\0\0a\0\0\0/\0\0\0>\0\0"),
		FILE_OF("<u:a/><b>"),
	};
	char name[] = "/tmp/test-xml-XXXXXX";
	int to = mkstemp(name), keep = dup(STDERR_FILENO);
	off_t printed;

	(void)state;
	assert_true(to >= 0 && keep >= 0);
	unlink(name);
	fflush(stderr);
	dup2(to, STDERR_FILENO);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		CLEANUP_XML struct xml *x = xml_open(files[i].p, files[i].n, &err);

		if (x) {
			dup2(keep, STDERR_FILENO);
			fail_msg("file %zu was taken", i);
		}
	}
	fflush(stderr);
	printed = lseek(to, 0, SEEK_END);
	dup2(keep, STDERR_FILENO);
	close(keep);
	close(to);
	assert_int_equal(printed, 0);
}

static void
deep_and_large_files_are_refused(void **state)
{
	CLEANUP_ERROR struct error deep = ERROR_INIT, large = ERROR_INIT;
	CLEANUP_TEXT struct text t = TEXT_INIT;
	CLEANUP_FREE char *big = xzalloc((16u << 20) + 1);

	(void)state;
	for (int i = 0; i < 100000; i++)
		text_add(&t, "<a>");
	for (int i = 0; i < 100000; i++)
		text_add(&t, "</a>");
	assert_null(xml_open(text_str(&t), t.len, &deep));
	assert_null(xml_open(big, (16u << 20) + 1, &large));
	assert_int_equal(large.code, ERR_LIMIT);
}

static void
ansi_files_keep_their_bytes(void **state)
{
	static const char file[] =
		"<?xml version='1.0' encoding='windows-1252'?><a>\xfc\x80<p:b xmlns:p='>' c='/>' /></a>";
	static const char want[] =
		"<?xml version='1.0' encoding='windows-1252'?><a>\xfc\x80<p:b xmlns:p='>' c='/>' >false</p:b></a>";
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_XML struct xml *x = xml_open(file, sizeof file - 1, &err);
	CLEANUP_FREE uint8_t *out = NULL;
	size_t len, which[] = { 1, 1 };

	(void)state;
	assert_non_null(x);
	assert_int_equal(xml_count(x), 2);
	assert_string_equal(xml_name(x, 1), "b");
	out = xml_replace(x, which, 1, "false", &len, &err);
	assert_non_null(out);
	assert_int_equal(len, sizeof want - 1);
	assert_memory_equal(out, want, len);
	/* the same place twice is a caller's mistake, not a broken file */
	assert_null(xml_replace(x, which, 2, "false", &len, &err));
	assert_int_equal(err.code, ERR_INTERNAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodings_that_hide_markup_are_refused),
		cmocka_unit_test(elements_under_other_names_are_refused),
		cmocka_unit_test(documents_with_a_doctype_are_not_said_to_lack_the_setting),
		cmocka_unit_test(odd_bytes_are_errors_and_nothing_is_printed),
		cmocka_unit_test(deep_and_large_files_are_refused),
		cmocka_unit_test(ansi_files_keep_their_bytes),
	};

	return cmocka_run_group_tests_name("xml", tests, NULL, NULL);
}
