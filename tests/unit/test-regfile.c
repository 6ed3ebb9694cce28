/* SPDX-License-Identifier: GPL-3.0-or-later */
/* .reg text: byte for byte what regedit writes, and names from a volume that try to add lines of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "registry/hive.h"
#include "registry/regfile.h"
#include "tests/support/hive-build.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"

static void
writes(const char *name, uint32_t type, const void *data, uint32_t len, const char *wanted)
{
	CLEANUP_FREE char *own_name = xstrdup(name);
	CLEANUP_FREE uint8_t *own = xmemdup(data,
					    len); /* exact, so that a sanitizer sees its end */
	const struct hive_value v = { own_name, type, len ? own : NULL, len };
	CLEANUP_TEXT struct text out = TEXT_INIT;

	regfile_value(&out, &v);
	assert_string_equal(text_str(&out), wanted);
}

#define S(s) s, sizeof(s) - 1

static void
values_have_regedits_form(void **state)
{
	(void)state;
	writes("n", REG_TYPE_DWORD, S("\x0a\0\0\x80"), "\"n\"=dword:8000000a\r\n");
	writes("", REG_TYPE_SZ, S("h\0i\0\0\0"), "@=\"hi\"\r\n");
	writes("q\"\\", REG_TYPE_SZ, S("\"\0\\\0\0\0"), "\"q\\\"\\\\\"=\"\\\"\\\\\"\r\n");
	writes("u", REG_TYPE_SZ, S("\xe4\0\x36\x04\0\0"), "\"u\"=\"\xc3\xa4\xd0\xb6\"\r\n");
	writes("e", REG_TYPE_SZ, S("\0\0"), "\"e\"=\"\"\r\n");
	writes("b", REG_TYPE_BINARY, S("\1\2\xff"), "\"b\"=hex:01,02,ff\r\n");
	writes("0", REG_TYPE_NONE, S("\1"), "\"0\"=hex(0):01\r\n");
	writes("x", REG_TYPE_EXPAND_SZ, S("%\0\0\0"), "\"x\"=hex(2):25,00,00,00\r\n");
	writes("m", REG_TYPE_MULTI_SZ, S("a\0\0\0\0\0"), "\"m\"=hex(7):61,00,00,00,00,00\r\n");
	writes("q", REG_TYPE_QWORD, S("\1\0\0\0\0\0\0\0"),
	       "\"q\"=hex(b):01,00,00,00,00,00,00,00\r\n");
	writes("odd", 0xffff0012, S("\1"), "\"odd\"=hex(ffff0012):01\r\n");
	writes("none", REG_TYPE_BINARY, NULL, 0, "\"none\"=hex:\r\n");
}

/* What quotes would change is written as bytes. */
static void
strings_that_quotes_cannot_hold_are_hexadecimal(void **state)
{
	(void)state;
	writes("", REG_TYPE_SZ, NULL, 0, "@=hex(1):\r\n");
	writes("", REG_TYPE_SZ, S("a\0"), "@=hex(1):61,00\r\n"); /* no NUL at its end */
	writes("", REG_TYPE_SZ, S("a\0\0"), "@=hex(1):61,00,00\r\n");
	writes("", REG_TYPE_SZ, S("a\0\0\0b\0\0\0"), "@=hex(1):61,00,00,00,62,00,00,00\r\n");
	writes("", REG_TYPE_SZ, S("a\0\0\0\0\0"), "@=hex(1):61,00,00,00,00,00\r\n");
	writes("", REG_TYPE_SZ, S("a\0\n\0\0\0"), "@=hex(1):61,00,0a,00,00,00\r\n");
	writes("", REG_TYPE_SZ, S("a\0\r\0\0\0"), "@=hex(1):61,00,0d,00,00,00\r\n");
	writes("", REG_TYPE_SZ, S("\x3d\xd8\0\0"), "@=hex(1):3d,d8,00,00\r\n"); /* half a pair */
	writes("", REG_TYPE_DWORD, S("\1\0"), "@=hex(4):01,00\r\n");
}

static void
long_data_is_wrapped_as_regedit_does(void **state)
{
	uint8_t data[60];

	(void)state;
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)i;
	writes("Blob", REG_TYPE_BINARY, data, sizeof data,
	       "\"Blob\"=hex:00,01,02,03,04,05,06,07,08,09,0a,0b,0c,0d,0e,0f,10,11,12,13,14,15,\\\r\n"
	       "  16,17,18,19,1a,1b,1c,1d,1e,1f,20,21,22,23,24,25,26,27,28,29,2a,2b,2c,2d,2e,\\\r\n"
	       "  2f,30,31,32,33,34,35,36,37,38,39,3a,3b\r\n");
}

static void
deletions_and_keys_have_their_lines(void **state)
{
	CLEANUP_TEXT struct text out = TEXT_INIT;

	(void)state;
	regfile_begin(&out);
	regfile_key(&out, "HKEY_LOCAL_MACHINE\\SYSTEM\\A b");
	regfile_delete_value(&out, "gone \"\\\"");
	regfile_delete_value(&out, "");
	regfile_delete_key(&out, "HKEY_LOCAL_MACHINE\\SYSTEM\\C");
	assert_string_equal(text_str(&out), "Windows Registry Editor Version 5.00\r\n"
					    "\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\A b]\r\n"
					    "\"gone \\\"\\\\\\\"\"=-\r\n"
					    "@=-\r\n"
					    "\r\n[-HKEY_LOCAL_MACHINE\\SYSTEM\\C]\r\n");
}

/* No line but a comment, a known head or a quoted name. */
static void
has_no_foreign_line(const char *text)
{
	for (const char *line = text; *line;) {
		size_t n = strcspn(line, "\r\n");

		if (n >= 2 && strncmp(line, "[-", 2) == 0)
			fail_msg("a name brought a line: %.*s", (int)n, line);
		line += n;
		line += strspn(line, "\r\n");
	}
}

static void
names_cannot_bring_lines_of_their_own(void **state)
{
	static const char evil[] = "x\"=-\r\n\r\n[-HKEY_LOCAL_MACHINE\\SYSTEM]\r\n\"y";
	static const char lines[] = "a]\n[-HKEY_LOCAL_MACHINE\\SAM]\n[b";
	CLEANUP_FREE char *name = xstrdup(evil);
	uint8_t byte = 1;
	const struct hive_value v = { name, REG_TYPE_BINARY, &byte, 1 };
	CLEANUP_TEXT struct text out = TEXT_INIT;

	(void)state;
	regfile_begin(&out);
	regfile_key(&out, "HKEY_LOCAL_MACHINE\\SYSTEM\\Good");
	regfile_value(&out, &v);
	regfile_delete_value(&out, evil);
	regfile_key(&out, lines);
	regfile_delete_key(&out, lines);
	has_no_foreign_line(text_str(&out));
}

static int
gather(void *ctx, const char *text, size_t n, struct error *err)
{
	(void)err;
	text_add_n(ctx, text, n);
	return 0;
}

/* Tabs and other controls come back as they were; what no line can hold is counted. */
static void
odd_names_come_back_or_are_counted(void **state)
{
	static const char odd[] = "tab\there \x01\"\\";
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_TEXT struct text out = TEXT_INIT;
	CLEANUP_REG_OPS struct reg_ops ops = { 0 };
	CLEANUP_HIVE struct hive *h = NULL;
	const struct regfile_sink to = { gather, &out };
	struct hive_build b;
	uint32_t keys[2], values[3];
	size_t left_out;

	(void)state;
	build_begin(&b, 5, 8192);
	keys[0] = build_key(&b, b.root, "K\tx");
	keys[1] = build_key(&b, b.root, "K\ny");
	build_subkeys(&b, b.root, "lh", keys, 2);
	values[0] = build_value(&b, odd, REG_TYPE_DWORD, "\1\0\0\0", 4);
	values[1] = build_value(&b, "nul\xc0\x80", REG_TYPE_DWORD, "\1\0\0\0", 4);
	values[2] = build_value(&b, "line\nend", REG_TYPE_DWORD, "\1\0\0\0", 4);
	build_values(&b, b.root, values, 3);
	build_done(&b);
	h = hive_open_memory("TEST", b.p, b.size, &err);
	assert_int_equal(regfile_export(&to, h, "HKLM\\X", "", &left_out, &err), 0);
	assert_int_equal(left_out, 3);
	assert_int_equal(regfile_parse(out.ptr, out.len, &ops, &err), 0);
	assert_int_equal(ops.count, 4);
	assert_string_equal(ops.list[1].name, odd);
	assert_string_equal(ops.list[2].key, "HKLM\\X\\K\tx");
	assert_string_equal(ops.list[3].key, "");
	free(b.p);
}

static void
an_export_is_the_key_and_all_below_it(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_TEXT struct text out = TEXT_INIT;
	CLEANUP_HIVE struct hive *h = NULL;
	const struct regfile_sink to = { gather, &out };
	size_t left_out;
	struct hive_build b;
	uint32_t top, keys[2], values[2];

	(void)state;
	build_begin(&b, 5, 8192);
	top = build_key(&b, b.root, "Top");
	build_subkeys(&b, b.root, "lh", &top, 1);
	keys[0] = build_key(&b, top, "One");
	keys[1] = build_key(&b, top, "Two");
	build_subkeys(&b, top, "lh", keys, 2);
	values[0] = build_value(&b, "", REG_TYPE_SZ, "h\0i\0\0", 6);
	values[1] = build_value(&b, "n", REG_TYPE_DWORD, "\1\0\0\0", 4);
	build_values(&b, top, values, 1);
	build_values(&b, keys[1], values + 1, 1);
	build_done(&b);
	h = hive_open_memory("TEST", b.p, b.size, &err);
	assert_int_equal(regfile_export(&to, h, "HKEY_LOCAL_MACHINE\\X", "Top", &left_out, &err),
			 0);
	assert_int_equal(left_out, 0);
	assert_string_equal(text_str(&out), "Windows Registry Editor Version 5.00\r\n"
					    "\r\n[HKEY_LOCAL_MACHINE\\X\\Top]\r\n@=\"hi\"\r\n"
					    "\r\n[HKEY_LOCAL_MACHINE\\X\\Top\\One]\r\n"
					    "\r\n[HKEY_LOCAL_MACHINE\\X\\Top\\Two]\r\n"
					    "\"n\"=dword:00000001\r\n");
	assert_int_equal(regfile_export(&to, h, "HKEY_LOCAL_MACHINE\\X", "None", &left_out, &err),
			 -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	free(b.p);
}

static void
the_file_is_utf16_with_a_mark_in_front(void **state)
{
	size_t len;
	CLEANUP_FREE uint8_t *p = regfile_encode("a\xc3\xa4\r\n\xf0\x9f\x98\x80", &len);

	(void)state;
	assert_int_equal(len, 14);
	assert_memory_equal(p,
			    "\xff\xfe"
			    "a\0\xe4\0\r\0\n\0\x3d\xd8\0\xde",
			    14);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_have_regedits_form),
		cmocka_unit_test(strings_that_quotes_cannot_hold_are_hexadecimal),
		cmocka_unit_test(long_data_is_wrapped_as_regedit_does),
		cmocka_unit_test(deletions_and_keys_have_their_lines),
		cmocka_unit_test(names_cannot_bring_lines_of_their_own),
		cmocka_unit_test(odd_names_come_back_or_are_counted),
		cmocka_unit_test(an_export_is_the_key_and_all_below_it),
		cmocka_unit_test(the_file_is_utf16_with_a_mark_in_front),
	};

	return cmocka_run_group_tests_name("regfile", tests, NULL, NULL);
}
