/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON and YAML with places, one value of XML: what is taken, where what is wrong stands, and that an edit changes one value's bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "answer/encoded.h"
#include "answer/tree.h"
#include "answer/xml-value.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "util/utf16.h"

static struct tree *
open_text(bool yaml, const char *text, struct error *err)
{
	return yaml ? tree_open_yaml(text, strlen(text), err) :
		      tree_open_json(text, strlen(text), err);
}

static size_t
item(const struct tree *t, size_t list, size_t index)
{
	size_t i = t->list[list].first;

	while (i != TREE_NONE && t->list[i].index != index)
		i = t->list[i].next;
	return i;
}

/* The number of the node that `path` names: "config/1/tasks". */
static size_t
at(const struct tree *t, const char *path)
{
	size_t i = 0;

	while (*path && i != TREE_NONE) {
		size_t n = strcspn(path, "/");
		CLEANUP_FREE char *name = xstrndup(path, n);

		i = t->list[i].kind == NODE_LIST ? item(t, i, strtoul(name, NULL, 10)) :
						   tree_member(t, i, name, false);
		path += n + (path[n] == '/');
	}
	return i;
}

struct edit {
	bool yaml;
	const char *before, *path;
	enum tree_type type;
	const char *value, *after; /* NULL: refused */
};

static void
check_edit(const struct edit *e, const void *before, size_t before_len, const void *after,
	   size_t after_len)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_TREE struct tree *t = e->yaml ? tree_open_yaml(before, before_len, &err) :
						tree_open_json(before, before_len, &err);
	CLEANUP_FREE uint8_t *edited = NULL;
	size_t i, len = 0;

	if (!t)
		fail_msg("%s: %s", e->before, err.message);
	i = at(t, e->path);
	assert_true(i != TREE_NONE);
	edited = tree_replace(t, i, e->type, e->value, &len, &err);
	if (!after) {
		assert_null(edited);
		assert_int_equal(err.code, ERR_UNSUPPORTED);
		return;
	}
	if (!edited)
		fail_msg("%s: %s", e->before, err.message);
	if (len != after_len || memcmp(edited, after, len) != 0)
		fail_msg("'%s' became '%.*s'", e->before, (int)len, edited);
}

static const struct edit edits[] = {
	{ false, "{\"a\":true}", "a", TREE_WORD, "false", "{\"a\":false}" },
	{ false, "\t{ \"a\" :\r\n\t\"x\"\t}\r\n", "a", TREE_TEXT, "y\"\\\n",
	  "\t{ \"a\" :\r\n\t\"y\\\"\\\\\\n\"\t}\r\n" },
	{ false, "{\"a\":[1,{\"b\":null,\"c\":-1.5e+3}]}", "a/1/b", TREE_WORD, "12",
	  "{\"a\":[1,{\"b\":12,\"c\":-1.5e+3}]}" },
	{ false, "{\"a\":\"\\ud83d\\ude00\",\"b\":\"1\"}", "b", TREE_TEXT, "\xc3\xa4",
	  "{\"a\":\"\\ud83d\\ude00\",\"b\":\"\xc3\xa4\"}" },
	/* of a code page: what is not ASCII is escaped, the old bytes stay */
	{ false, "{\"a\":\"\xe4\xf6\",\"b\":\"1\"}", "b", TREE_TEXT, "\xc3\xa4\xf0\x9f\x98\x80",
	  "{\"a\":\"\xe4\xf6\",\"b\":\"\\u00e4\\ud83d\\ude00\"}" },
	{ false, "\xef\xbb\xbf{\"a\":1}", "a", TREE_WORD, "2", "\xef\xbb\xbf{\"a\":2}" },
	{ false, "{\"a\":{}}", "a", TREE_WORD, "2", NULL },

	{ true, "a: b # c\n", "a", TREE_TEXT, "d", "a: d # c\n" },
	{ true, "a:   'it''s'   # c\r\nb: 1\r\n", "a", TREE_TEXT, "it's not",
	  "a:   'it''s not'   # c\r\nb: 1\r\n" },
	{ true, "a: random\n", "a", TREE_TEXT, "no", "a: \"no\"\n" },
	{ true, "a: random\n", "a", TREE_TEXT, "012", "a: \"012\"\n" },
	{ true, "a: random\n", "a", TREE_TEXT, "x: y #z", "a: \"x: y #z\"\n" },
	{ true, "a: true\n", "a", TREE_WORD, "false", "a: false\n" },
	{ true, "a: \"true\"\n", "a", TREE_WORD, "false", "a: false\n" },
	{ true, "a:\nb: 1\n", "a", TREE_TEXT, "c", "a: c\nb: 1\n" },
	{ true, "- \n- 1\n", "0", TREE_TEXT, "c", "- c \n- 1\n" },
	{ true, "{\"a\":\"b\",\"c\":[d,e]}", "c/1", TREE_TEXT, "f,g",
	  "{\"a\":\"b\",\"c\":[d,\"f,g\"]}" },
	{ true, "{\"a\":\"b\",\"c\":[d,e]}", "a", TREE_TEXT, "x", "{\"a\":\"x\",\"c\":[d,e]}" },
	/* what is JSON stays so */
	{ true, "{\"a\": null, \"c\": [1]}\n", "a", TREE_TEXT, "x",
	  "{\"a\": \"x\", \"c\": [1]}\n" },
	{ true, "{\"a\": null, \"c\": [1]}\n", "c/0", TREE_WORD, "2",
	  "{\"a\": null, \"c\": [2]}\n" },
	{ true, "{\"a\": null, \"c\": [1]}\n", "c/0", TREE_WORD, "2e", NULL },
	{ true, "{\"a\": null, \"c\": [x]}\n", "a", TREE_TEXT, "x", "{\"a\": x, \"c\": [x]}\n" },
	{ true, "config:\n- stage: boot\n  tasks:\n\n  # here\n  - task: x # y\n",
	  "config/0/tasks/0/task", TREE_TEXT, "\xc3\xa4",
	  "config:\n- stage: boot\n  tasks:\n\n  # here\n  - task: \xc3\xa4 # y\n" },
	{ true, "\xc3\xa4\xe2\x82\xac: \xf0\x9f\x98\x80\nb: x\n", "b", TREE_TEXT, "z",
	  "\xc3\xa4\xe2\x82\xac: \xf0\x9f\x98\x80\nb: z\n" },
	{ true, "a: C:\\x\ty\n", "a", TREE_TEXT, "D:\\z", "a: D:\\z\n" },
	{ true, "a: &x b\nc: *x\n", "a", TREE_TEXT, "d", NULL },
	{ true, "a: &x b\nc: *x\n", "c", TREE_TEXT, "d", NULL },
	{ true, "a: !!str b\n", "a", TREE_TEXT, "d", NULL },
	{ true, "a: |\n  b\n  c\n", "a", TREE_TEXT, "d", NULL },
};

static void
an_edit_changes_the_bytes_of_its_value(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++)
		check_edit(&edits[i], edits[i].before, strlen(edits[i].before), edits[i].after,
			   edits[i].after ? strlen(edits[i].after) : 0);
}

static uint8_t *
wide(const char *text, bool big_endian, bool mark, size_t *ret_len)
{
	CLEANUP_FREE uint8_t *units = utf16_from_text(text, ret_len);
	uint8_t *bytes = xmalloc(*ret_len + 2);
	size_t at_mark = mark ? 2 : 0;

	for (size_t i = 0; i + 2 <= *ret_len; i += 2) {
		bytes[at_mark + i] = units[big_endian ? i + 1 : i];
		bytes[at_mark + i + 1] = units[big_endian ? i : i + 1];
	}
	if (mark) {
		bytes[0] = big_endian ? 0xfe : 0xff;
		bytes[1] = big_endian ? 0xff : 0xfe;
	}
	*ret_len += at_mark;
	return bytes;
}

static void
utf16_stays_utf16(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++)
		for (int form = 0; form < 4; form++) {
			CLEANUP_FREE uint8_t *before = NULL;
			CLEANUP_FREE uint8_t *after = NULL;
			size_t len, after_len = 0;

			if (!text_is_utf8(edits[i].before, strlen(edits[i].before)) ||
			    (unsigned char)*edits[i].before >= 0x80)
				continue;
			before = wide(edits[i].before, form & 1, form & 2, &len);
			if (edits[i].after)
				after = wide(edits[i].after, form & 1, form & 2, &after_len);
			check_edit(&edits[i], before, len, after, after_len);
		}
}

static void
what_is_wrong_stands_at_its_line_and_column(void **state)
{
	static const struct {
		bool yaml;
		const char *text, *says;
	} cases[] = {
		{ false, "", "line 1, column 1: the file ends too early" },
		{ false, "{\n  \"a\": yes\n}", "line 2, column 8: a value is expected here" },
		{ false, "{\n  \"a\": 1,\n}",
		  "line 3, column 1: a key in quotes is expected here" },
		{ false, "{\"a\":1 \"b\":2}", "line 1, column 8: a comma or } is expected here" },
		{ false, "{\"a\":1,\r\n\"A\":2}",
		  "line 2, column 1: the key \"A\" is there twice" },
		{ false, "{\"\xc3\xa4\":01}", "line 1, column 6: a value is expected here" },
		{ false, "{'a':1}", "a key in quotes is expected here" },
		{ false, "{\"a\":1}//", "something stands behind the end of the object" },
		{ false, "{\"a\":\"x\ny\"}", "line 1, column 8: a string has a control character" },
		{ false, "{\"a\":\"\\x\"}", "line 1, column 8: there is no such escape" },
		{ false, "{\"a\":\"\\u12g4\"}", "four hexadecimal digits" },
		{ false, "{\"a\":\"x", "the file ends too early" },
		{ false, "[1,2", "the file ends too early" },
		{ false, "{\"a\":+1}", "a value is expected" },
		{ false, "{\"a\":1.}", "a value is expected" },
		{ true, "", "the file holds nothing" },
		{ true, "# nothing\n", "the file holds nothing" },
		{ true, "a: 1\n b: 2\n", "line 2, column 3: mapping values are not allowed" },
		{ true, "a: [1, 2\nb: 3\n", "line 2, column 2" },
		{ true, "a: 1\na: 2\n", "line 2, column 1: the key 'a' is there twice" },
		{ true, "a:\n\t- b\n", "line 2, column 1" },
		{ true, "a: 1\n---\nb: 2\n", "line 2, column 1: a second document begins here" },
		{ true, "a: \"\\0\"\n", "a value with a NUL" },
		{ true, "? [a]\n: b\n", "a key that is no text" },
		{ true, "\xc3\xa4: \x01\n", "line 1, column 4" },
		{ true, "a: \xff\n", "line 1, column 4: this is no UTF-8 text" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		CLEANUP_TREE struct tree *t = open_text(cases[i].yaml, cases[i].text, &err);

		if (t || !strstr(err.message, cases[i].says))
			fail_msg("'%s' gives: %s", cases[i].text, t ? "a tree" : err.message);
		assert_int_equal(err.code, ERR_CORRUPT);
	}
}

static void
depth_size_and_number_have_an_end(void **state)
{
	(void)state;
	for (int yaml = 0; yaml < 2; yaml++) {
		struct text deep = TEXT_INIT, many = TEXT_INIT, wide_list = TEXT_INIT;
		struct text *all[] = { &deep, &many, &wide_list };

		for (int i = 0; i < 100000; i++)
			text_add(&deep, "[");
		/* lists of 900 empty lists each */
		text_add(&many, "[[[]");
		for (int i = 1; i < 100000; i++)
			text_add(&many, i % 900 ? ",[]" : "],[[]");
		text_add(&wide_list, "[1");
		for (int i = 0; i < 100000; i++)
			text_add(&wide_list, ",1");
		for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
			CLEANUP_ERROR struct error err = ERROR_INIT;
			CLEANUP_TREE struct tree *t = open_text(yaml, text_str(all[i]), &err);

			assert_null(t);
			assert_int_equal(err.code, ERR_LIMIT);
			text_clear(all[i]);
		}
	}
}

/* An alias is not followed: what would be gigabytes stays some nodes. */
static void
aliases_do_not_grow(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_TEXT struct text bomb = TEXT_INIT;
	CLEANUP_TREE struct tree *t = NULL;

	(void)state;
	text_add(&bomb, "a0: &a0 x\n");
	for (int i = 1; i < 30; i++) {
		text_addf(&bomb, "a%d: &a%d [", i, i);
		for (int k = 0; k < 9; k++)
			text_addf(&bomb, "*a%d, ", i - 1);
		text_addf(&bomb, "*a%d]\n", i - 1);
	}
	t = open_text(true, text_str(&bomb), &err);
	assert_non_null(t);
	assert_in_range(t->count, 300, 400);
}

static void
xml_values_keep_what_stands_around_them(void **state)
{
	static const struct {
		const char *before, *value, *after;
	} cases[] = {
		{ "<a><b>x</b></a>", "y", "<a><b>y</b></a>" },
		{ "<a>\r\n\t<b\r\n> x\r\n</b ></a>", "C:\\a & <b>",
		  "<a>\r\n\t<b\r\n> C:\\a &amp; &lt;b&gt;\r\n</b ></a>" },
		{ "<a><b><!-- <b>x</b> -->x<?p x?></b></a>", "y",
		  "<a><b><!-- <b>x</b> -->y<?p x?></b></a>" },
		{ "<a><b> <![CDATA[x > y]]> </b></a>", "1 < 2",
		  "<a><b> <![CDATA[1 < 2]]> </b></a>" },
		{ "<a><b><![CDATA[x]]></b></a>", "]]>", "<a><b>]]&gt;</b></a>" },
		{ "<a><b>x<!-- c -->y</b></a>", "z", "<a><b>z<!-- c --></b></a>" },
		{ "<a><b/></a>", "y", "<a><b>y</b></a>" },
		{ "<a><b /></a>", "&", "<a><b >&amp;</b></a>" },
		{ "<a><b></b></a>", "y", "<a><b>y</b></a>" },
		{ "<a><b>x&amp;&#228;</b></a>", "\xc3\xa4", "<a><b>\xc3\xa4</b></a>" },
		{ "<a><b>x</b></a>", "\x01", NULL },
		{ "<a><b><c/></b></a>", "x", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		size_t len = strlen(cases[i].before), out_len = 0;
		CLEANUP_XML struct xml *x = xml_open(cases[i].before, len, &err);
		CLEANUP_FREE uint8_t *out = NULL;

		assert_non_null(x);
		out = xml_set_value(x, 1, cases[i].value, &out_len, &err);
		if (!cases[i].after) {
			assert_null(out);
			assert_true(err.code == ERR_UNSUPPORTED || err.code == ERR_USAGE);
			continue;
		}
		if (!out)
			fail_msg("%s: %s", cases[i].before, err.message);
		assert_int_equal(out_len, strlen(cases[i].after));
		assert_memory_equal(out, cases[i].after, out_len);
	}
}

/* Any bytes: a tree, or an error; and an edit of a tree reads back. */
static void
damaged_files_are_errors(void **state)
{
	uint32_t seed = 7;

	(void)state;
	for (int round = 0; round < 4000; round++) {
		const struct edit *e = &edits[round % (int)ARRAY_SIZE(edits)];
		CLEANUP_ERROR struct error err = ERROR_INIT, no = ERROR_INIT;
		CLEANUP_FREE char *text = xstrdup(e->before);
		CLEANUP_TREE struct tree *t = NULL;
		CLEANUP_FREE uint8_t *edited = NULL;
		size_t len = strlen(text), out_len;

		for (int k = 0; k < 3; k++) {
			seed = seed * 1664525 + 1013904223;
			text[(seed >> 8) % len] =
				"[]{}\",:'#&*!|>-\\\n \xc3\xff\0a"[(seed >> 24) % 22];
		}
		t = e->yaml ? tree_open_yaml(text, len, &err) : tree_open_json(text, len, &err);
		assert_true(!t == (err.code != ERR_NONE));
		if (t) {
			edited = tree_replace(t, t->count - 1, TREE_TEXT, "new", &out_len, &no);
			assert_true(!edited == (no.code != ERR_NONE));
			assert_true(no.code != ERR_INTERNAL);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_edit_changes_the_bytes_of_its_value),
		cmocka_unit_test(utf16_stays_utf16),
		cmocka_unit_test(what_is_wrong_stands_at_its_line_and_column),
		cmocka_unit_test(depth_size_and_number_have_an_end),
		cmocka_unit_test(aliases_do_not_grow),
		cmocka_unit_test(xml_values_keep_what_stands_around_them),
		cmocka_unit_test(damaged_files_are_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
