/* SPDX-License-Identifier: GPL-3.0-or-later */
/* .reg files read: every encoding, every form of data, and what is no .reg file, with its line. */
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
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"

#define NEW "Windows Registry Editor Version 5.00\r\n"

static struct reg_ops
parsed_bytes(const void *bytes, size_t len)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE uint8_t *own = xmemdup(bytes,
					    len); /* exact, so that a sanitizer sees its end */
	struct reg_ops ops;

	if (regfile_parse(own, len, &ops, &err) < 0)
		fail_msg("%s", err.message);
	return ops;
}

static struct reg_ops
parsed(const char *text)
{
	return parsed_bytes(text, strlen(text));
}

static void
refused(const char *text, const char *why)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct reg_ops ops;

	assert_int_equal(regfile_parse(text, strlen(text), &ops, &err), -1);
	assert_int_equal(err.code, ERR_CORRUPT);
	if (!strstr(err.message, why))
		fail_msg("'%s' lacks '%s'", err.message, why);
	assert_int_equal(ops.count, 0);
}

static void
is(const struct reg_ops *ops, size_t i, enum reg_op_kind kind, const char *key, const char *name)
{
	assert_in_range(i, 0, ops->count - 1);
	assert_int_equal(ops->list[i].kind, kind);
	assert_string_equal(ops->list[i].key, key);
	if (name)
		assert_string_equal(ops->list[i].name, name);
	else
		assert_null(ops->list[i].name);
}

static void
holds(const struct reg_ops *ops, size_t i, uint32_t type, const void *data, uint32_t len)
{
	assert_int_equal(ops->list[i].kind, REG_OP_SET);
	assert_int_equal(ops->list[i].type, type);
	assert_int_equal(ops->list[i].len, len);
	assert_memory_equal(ops->list[i].data, data, len);
}

static void
keys_and_values_come_in_their_order(void **state)
{
	CLEANUP_REG_OPS struct reg_ops ops = parsed(
		NEW
		"\r\n; a comment\r\n[HKLM\\A]\r\n\"x\"=dword:0000000a\r\n@=\"text\"\r\n\"gone\"=-\r\n"
		"[-HKLM\\B]\r\n[HKLM\\C] ; behind\r\n");

	(void)state;
	assert_int_equal(ops.count, 6);
	is(&ops, 0, REG_OP_KEY, "HKLM\\A", NULL);
	assert_int_equal(ops.list[0].line, 4);
	is(&ops, 1, REG_OP_SET, "HKLM\\A", "x");
	holds(&ops, 1, REG_TYPE_DWORD, "\12\0\0\0", 4);
	is(&ops, 2, REG_OP_SET, "HKLM\\A", "");
	holds(&ops, 2, REG_TYPE_SZ, "t\0e\0x\0t\0\0\0", 10);
	is(&ops, 3, REG_OP_DELETE, "HKLM\\A", "gone");
	is(&ops, 4, REG_OP_DELETE_KEY, "HKLM\\B", NULL);
	is(&ops, 5, REG_OP_KEY, "HKLM\\C", NULL);
	assert_int_equal(ops.list[5].line, 9);
}

static void
data_has_many_forms(void **state)
{
	CLEANUP_REG_OPS struct reg_ops ops = parsed(
		NEW
		"[K]\n\"a\"=hex:01,02,\\\r\n  03\r\n\"b\"=hex(7):41,00,\\\n\t00,00,00,00\n"
		"\"c\"=hex(b):1,2,3,4,5,6,7,8\n\"d\"=hex:\n\"e\"=hex(0):ff\n\"f\"=HEX(FFFF0012):0A\n"
		"\"g\"=dword:1\n\"h\"=DWORD:ffffffff\n\"i\"=qword:123456789abcdef0\n"
		"  \"j\" = \"blanks\"  \n\"k\"=hex:01,\\ ; why\n02\n");

	(void)state;
	holds(&ops, 1, REG_TYPE_BINARY, "\1\2\3", 3);
	holds(&ops, 2, REG_TYPE_MULTI_SZ, "A\0\0\0\0\0", 6);
	holds(&ops, 3, REG_TYPE_QWORD, "\1\2\3\4\5\6\7\10", 8);
	holds(&ops, 4, REG_TYPE_BINARY, "", 0);
	holds(&ops, 5, REG_TYPE_NONE, "\xff", 1);
	holds(&ops, 6, 0xffff0012, "\n", 1);
	holds(&ops, 7, REG_TYPE_DWORD, "\1\0\0\0", 4);
	holds(&ops, 8, REG_TYPE_DWORD, "\xff\xff\xff\xff", 4);
	holds(&ops, 9, REG_TYPE_QWORD, "\xf0\xde\xbc\x9a\x78\x56\x34\x12", 8);
	is(&ops, 10, REG_OP_SET, "K", "j");
	holds(&ops, 11, REG_TYPE_BINARY, "\1\2", 2);
}

static void
quotes_brackets_and_line_ends_belong_to_names_and_strings(void **state)
{
	CLEANUP_REG_OPS struct reg_ops ops = parsed(
		NEW "[HKLM\\a[b]c]\n\"q\\\"\\\\=]\"=\"one\r\ntwo \\\"x\\\" C:\\\\\"\n\"\"=\"\"\n");

	(void)state;
	is(&ops, 0, REG_OP_KEY, "HKLM\\a[b]c", NULL);
	is(&ops, 1, REG_OP_SET, "HKLM\\a[b]c", "q\"\\=]");
	holds(&ops, 1, REG_TYPE_SZ, "o\0n\0e\0\r\0\n\0t\0w\0o\0 \0\"\0x\0\"\0 \0C\0:\0\\\0\0\0",
	      34);
	is(&ops, 2, REG_OP_SET, "HKLM\\a[b]c", "");
	holds(&ops, 2, REG_TYPE_SZ, "\0\0", 2);
}

static void
every_encoding_is_told_by_its_bytes(void **state)
{
	static const char text[] = NEW "[K]\n\"\xc3\xa4\"=\"\xe2\x82\xac\xf0\x9f\x98\x80\"\n";
	static const char ansi[] =
		"REGEDIT4\n[K]\n\"\xe4\"=\"\x80\"\n\"m\"=hex(7):e4,00,00\n\"x\"=hex(2):80,00\n"
		"\"b\"=hex:e4\n";
	CLEANUP_FREE char *marked = xasprintf("\xef\xbb\xbf%s", text);
	size_t len;
	CLEANUP_FREE uint8_t *wide = regfile_encode(text, &len);
	CLEANUP_FREE uint8_t *swapped = xmalloc(len);
	struct reg_ops all[5];

	(void)state;
	for (size_t i = 0; i + 1 < len; i += 2) {
		swapped[i] = wide[i + 1];
		swapped[i + 1] = wide[i];
	}
	all[0] = parsed(text);
	all[1] = parsed(marked);
	all[2] = parsed_bytes(wide, len);
	all[3] = parsed_bytes(swapped, len);
	all[4] = parsed_bytes(wide + 2, len - 2); /* the mark was lost */
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		is(&all[i], 1, REG_OP_SET, "K", "\xc3\xa4");
		holds(&all[i], 1, REG_TYPE_SZ, "\xac\x20\x3d\xd8\x00\xde\0\0", 8);
		reg_ops_clear(&all[i]);
	}
	all[0] = parsed(ansi);
	is(&all[0], 1, REG_OP_SET, "K", "\xc3\xa4");
	holds(&all[0], 1, REG_TYPE_SZ, "\xac\x20\0\0", 4);
	holds(&all[0], 2, REG_TYPE_MULTI_SZ, "\xe4\0\0\0\0\0", 6);
	holds(&all[0], 3, REG_TYPE_EXPAND_SZ, "\xac\x20\0\0", 4);
	holds(&all[0], 4, REG_TYPE_BINARY, "\xe4", 1);
	reg_ops_clear(&all[0]);
}

/* As `export` writes to standard output: a single surrogate does not make the rest another encoding. */
static void
a_single_surrogate_leaves_its_neighbours_alone(void **state)
{
	CLEANUP_REG_OPS struct reg_ops ops = parsed(
		NEW "[K]\n\"\xed\xa0\x80x\"=dword:1\n\"Gr\xc3\xb6\xc3\x9f"
		    "e\"=\"\xc3\xa4\"\n");

	(void)state;
	is(&ops, 1, REG_OP_SET, "K", "\xed\xa0\x80x");
	is(&ops, 2, REG_OP_SET, "K",
	   "Gr\xc3\xb6\xc3\x9f"
	   "e");
	holds(&ops, 2, REG_TYPE_SZ, "\xe4\0\0\0", 4);
	refused(NEW "[K]\n\"\xe4\"=\"x\"\n", "neither UTF-16 nor UTF-8");
}

static void
what_is_wrong_is_said_with_its_line(void **state)
{
	(void)state;
	refused("", "line 1: it does not begin");
	refused("hello\n", "line 1: it does not begin");
	refused(NEW "[HKLM\\X\n", "line 2: a key has no closing bracket");
	refused(NEW "[HKLM\\X] y\n", "line 2: there is something behind");
	refused(NEW "\"a\"=dword:1\n", "line 2: a value stands before any key");
	refused(NEW "[-K]\n\"a\"=dword:1\n", "line 3: a value stands before any key");
	refused(NEW "[K]\n\"a\"=dword:\n", "line 3: dword wants");
	refused(NEW "[K]\n\"a\"=dword:123456789\n", "line 3: dword wants");
	refused(NEW "[K]\n\"a\"=hex:1,2,xyz\n", "line 3: there is something behind");
	refused(NEW "[K]\n\"a\"=hex:123\n", "line 3: a byte has more than two digits");
	refused(NEW "[K]\n\"a\"=hex(:1\n", "line 3: hex( wants");
	refused(NEW "[K]\n\"a\"=hex 1\n", "line 3: hex wants a colon");
	refused(NEW "[K]\n\n\"a\"=\"open\nand on\n", "line 4: a string has no closing quote");
	refused(NEW "[K]\n\"a\" dword:1\n", "line 3: there is no '='");
	refused(NEW "[K]\n\"a\"=text\n", "line 3: the data is neither");
	refused(NEW "[K]\nwhat\n", "line 3: this is neither");
	{
		CLEANUP_ERROR struct error err = ERROR_INIT;
		struct reg_ops ops;

		assert_int_equal(regfile_parse("REGEDIT4\n[K]\0x", 14, &ops, &err), -1);
		assert_non_null(strstr(err.message, "NUL"));
	}
}

struct dribble {
	const uint8_t *p;
	size_t n, most; /* bytes of one answer */
};

static int
dribble(void *ctx, void *buf, size_t len, uint64_t offset, size_t *ret_len, struct error *err)
{
	const struct dribble *d = ctx;

	(void)err;
	len = len < d->most ? len : d->most;
	*ret_len = offset >= d->n ? 0 : len < d->n - offset ? len : (size_t)(d->n - offset);
	memcpy(buf, d->p + (*ret_len ? offset : 0), *ret_len);
	return 0;
}

static bool
same(const struct reg_op *a, const struct reg_op *b)
{
	return a->kind == b->kind && strcmp(a->key, b->key) == 0 && !a->name == !b->name &&
	       (!a->name || strcmp(a->name, b->name) == 0) && a->type == b->type &&
	       a->len == b->len && (!a->len || memcmp(a->data, b->data, a->len) == 0) &&
	       a->line == b->line;
}

/* Read in other pieces it is the same file, or has the same error, behind statements that were sound. */
static void
read_in_pieces(const void *bytes, size_t len, size_t most)
{
	CLEANUP_ERROR struct error whole = ERROR_INIT, err = ERROR_INIT;
	CLEANUP_REG_OPS struct reg_ops ops = { 0 };
	struct dribble d = { bytes, len, most };
	const struct hive_source from = { dribble, &d, len };
	int expected = regfile_parse(bytes, len, &ops, &whole);
	CLEANUP_REGFILE struct regfile *f = regfile_open(&from, &err);
	size_t n = 0;
	int got = f ? 1 : -1;

	while (got > 0) {
		CLEANUP_REG_OP struct reg_op op = { 0 };

		got = regfile_next(f, &op, &err);
		if (got > 0 && expected == 0) {
			assert_in_range(n, 0, ops.count - 1);
			assert_true(same(&op, &ops.list[n]));
		}
		n += got > 0;
	}
	assert_int_equal(got, expected);
	if (got == 0)
		assert_int_equal(n, ops.count);
	else if (!strstr(whole.message, "NUL") && !strstr(err.message, "NUL"))
		assert_string_equal(err.message,
				    whole.message); /* else the NUL may be met sooner */
}

/* Whatever is cut off or changed: an answer, never a read beyond the end. */
static void
no_mutation_harms_the_reader(void **state)
{
	static const char text[] = NEW
		"[HKLM\\A]\n\"x\"=hex(7):01,\\\n02\n@=\"t\\\"\\\\\"\n\"g\"=-\n[-B]\n\"d\"=dword:1\n";
	uint32_t seed = 7;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		CLEANUP_FREE char *odd = xmemdup(text, sizeof text - 1);
		CLEANUP_ERROR struct error err = ERROR_INIT;
		struct reg_ops ops;
		size_t len = sizeof text - 1;

		for (int k = 0; k < round % 4; k++) {
			seed = seed * 1664525 + 1013904223;
			odd[(seed >> 8) % len] = "[]\"\\=-;:,\n\r hx01@\0\xff"[(seed >> 24) % 19];
		}
		if (round % 3 == 0)
			len = (seed >> 4) % len;
		if (regfile_parse(odd, len, &ops, &err) == 0)
			reg_ops_clear(&ops);
		if (round % 10 == 0)
			read_in_pieces(odd, len, 1);
	}
}

/* Keys, strings and hexadecimal data over many lines, some longer than any piece; letters of several bytes everywhere. */
static void
write_long(struct text *t)
{
	text_add(t, NEW);
	for (int i = 0; i < 400; i++) {
		text_addf(t, "\r\n[HKLM\\\xc3\xa4\xf0\x9f\x98\x80%d]\r\n\"h\"=hex:", i);
		for (int k = 0; k < i * (i % 50 == 0 ? 200 : 2); k++)
			text_addf(t, "%02x,%s", k % 256, k % 25 == 24 ? "\\\r\n  " : "");
		text_add(t, "ff\r\n\"s\"=\"");
		for (int k = 0; k < i; k++)
			text_add(t, k % 7 ? "\xe2\x82\xac \\\\" : "\r\n[");
		text_add(t, "\"\r\n");
	}
}

static void
the_pieces_of_a_file_make_no_difference(void **state)
{
	CLEANUP_TEXT struct text t = TEXT_INIT;
	size_t len;
	CLEANUP_FREE uint8_t *wide = NULL;
	CLEANUP_FREE uint8_t *swapped = NULL;
	struct reg_ops ops;

	(void)state;
	write_long(&t);
	ops = parsed_bytes(t.ptr, t.len);
	assert_int_equal(ops.count, 1200);
	is(&ops, 1197, REG_OP_KEY,
	   "HKLM\\\xc3\xa4\xf0\x9f\x98\x80"
	   "399",
	   NULL);
	assert_int_equal(ops.list[1051].len, 350 * 200 + 1);
	reg_ops_clear(&ops);
	wide = regfile_encode(t.ptr, &len);
	swapped = xmalloc(len);
	for (size_t i = 0; i + 1 < len; i += 2) {
		swapped[i] = wide[i + 1];
		swapped[i + 1] = wide[i];
	}
	for (size_t most = 4001; most < 100000; most += 50021) {
		read_in_pieces(t.ptr, t.len, most);
		read_in_pieces(wide, len, most);
		read_in_pieces(swapped, len, most);
		/* its end is missing */
		read_in_pieces(t.ptr, t.len - 3, most);
		read_in_pieces(wide, len - 5, most);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_and_values_come_in_their_order),
		cmocka_unit_test(data_has_many_forms),
		cmocka_unit_test(quotes_brackets_and_line_ends_belong_to_names_and_strings),
		cmocka_unit_test(every_encoding_is_told_by_its_bytes),
		cmocka_unit_test(a_single_surrogate_leaves_its_neighbours_alone),
		cmocka_unit_test(what_is_wrong_is_said_with_its_line),
		cmocka_unit_test(no_mutation_harms_the_reader),
		cmocka_unit_test(the_pieces_of_a_file_make_no_difference),
	};

	return cmocka_run_group_tests_name("regfile-read", tests, NULL, NULL);
}
