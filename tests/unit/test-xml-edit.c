/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * New texts of XML documents: one value or one new element, in the style of the file, and every other byte as it was.
 *
 * The last test makes documents at random (indentation, comments, CDATA, entities, line ends, encodings) and edits
 * them; RESPREP_SEED repeats a run, RESPREP_KEEP=DIR leaves the pairs for judges of another kind (test-answer-xml.sh).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "answer/xml.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "util/utf16.h"

/* ---- by example ---- */

/* The element of that name, which the document has once. */
static size_t
find(const struct xml *x, const char *name)
{
	size_t found = SIZE_MAX;

	for (size_t i = 0; i < xml_count(x); i++)
		if (strcmp(xml_name(x, i), name) == 0) {
			assert_true(found == SIZE_MAX);
			found = i;
		}
	assert_true(found != SIZE_MAX);
	return found;
}

static void
replaces(const char *before, const char *value, const char *after)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_XML struct xml *x = xml_open(before, strlen(before), &err);
	CLEANUP_FREE uint8_t *out = NULL;
	size_t len, which[1];

	assert_non_null(x);
	which[0] = find(x, "v");
	out = xml_replace(x, which, 1, value, &len, &err);
	assert_non_null(out);
	assert_string_equal((char *)out, after);
}

static void
values_keep_what_stands_around_them(void **state)
{
	static const struct {
		const char *before, *value, *after;
	} list[] = {
		{ "<a><v>old</v></a>", "new", "<a><v>new</v></a>" },
		{ "<a><v/></a>", "new", "<a><v>new</v></a>" },
		{ "<a><v></v></a>", "new", "<a><v>new</v></a>" },
		{ "<a><v>old</v></a>", "", "<a><v></v></a>" },
		{ "<a><v>\n\told\n\t</v></a>", "n&w <x> ü",
		  "<a><v>\n\tn&amp;w &lt;x&gt; ü\n\t</v></a>" },
		{ "<a><v><![CDATA[ old ]]></v></a>", "a<b&c", "<a><v><![CDATA[ a<b&c ]]></v></a>" },
		{ "<a><v><![CDATA[old]]></v></a>", "]]>", "<a><v>]]&gt;</v></a>" },
		{ "<a><v><!-- old --></v></a>", "x", "<a><v><!-- old -->x</v></a>" },
		{ "<a><v>o<!-- c -->ld<?p old?><![CDATA[!]]></v></a>", "x",
		  "<a><v>x<!-- c --><?p old?></v></a>" },
		{ "<a><v>&lt;&#x41;&gt;</v></a>", "x", "<a><v>x</v></a>" },
		{ "<a><v b='>'>old</v ></a>", "x", "<a><v b='>'>x</v ></a>" },
		{ "<?xml version='1.0' encoding='windows-1252'?><a><v>\xfc</v>\xfc</a>", "ü€",
		  "<?xml version='1.0' encoding='windows-1252'?><a><v>&#xFC;&#x20AC;</v>\xfc</a>" },
		{ "<?xml version='1.0' encoding='windows-1252'?><a><v><![CDATA[\xfc]]></v></a>",
		  "ü", "<?xml version='1.0' encoding='windows-1252'?><a><v>&#xFC;</v></a>" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		replaces(list[i].before, list[i].value, list[i].after);
}

static void
appends(const char *before, const char *parent, const char *inner, const char *after)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_XML struct xml *x = xml_open(before, strlen(before), &err);
	const struct xml_step steps[] = { { "n", " k=\"1\"" }, { inner, "" } };
	CLEANUP_FREE uint8_t *out = NULL;
	size_t len;

	assert_non_null(x);
	out = xml_append(x, find(x, parent), steps, inner ? 2 : 1, "v", &len, &err);
	if (!out)
		fail_msg("%s", err.message);
	assert_string_equal((char *)out, after);
}

static void
new_elements_have_the_style_of_the_file(void **state)
{
	(void)state;
	appends("<a>\n  <b>1</b>\n</a>", "a", NULL, "<a>\n  <b>1</b>\n  <n k=\"1\">v</n>\n</a>");
	appends("<a>\r\n\t<b>1</b>\r\n</a>", "a", "m",
		"<a>\r\n\t<b>1</b>\r\n\t<n k=\"1\">\r\n\t\t<m>v</m>\r\n\t</n>\r\n</a>");
	appends("<a><b>1</b></a>", "a", "m", "<a><b>1</b><n k=\"1\"><m>v</m></n></a>");
	appends("<u:a xmlns:u='x'>\n <u:b/>\n</u:a>", "b", NULL,
		"<u:a xmlns:u='x'>\n <u:b>\n  <u:n k=\"1\">v</u:n>\n </u:b>\n</u:a>");
	appends("<a>\n <b c='/' />\n</a>", "b", NULL,
		"<a>\n <b c='/'>\n  <n k=\"1\">v</n>\n </b>\n</a>");
	appends("<a>\n <b></b>\n</a>", "b", NULL, "<a>\n <b>\n  <n k=\"1\">v</n>\n </b>\n</a>");
	appends("<a>\n <b>\n </b>\n</a>", "b", NULL, "<a>\n <b>\n  <n k=\"1\">v</n>\n </b>\n</a>");
	appends("<a>\n <b>\n  <!-- c -->\n </b>\n</a>", "b", NULL,
		"<a>\n <b>\n  <!-- c -->\n  <n k=\"1\">v</n>\n </b>\n</a>");
	/* a comment in the line of the last element belongs to it */
	appends("<a>\n  <b>1</b> <!-- why -->\n</a>", "a", NULL,
		"<a>\n  <b>1</b> <!-- why -->\n  <n k=\"1\">v</n>\n</a>");
	appends("<?xml version='1.0'?><a>\n  <b>1</b>\n\n\n</a>", "a", NULL,
		"<?xml version='1.0'?><a>\n  <b>1</b>\n  <n k=\"1\">v</n>\n\n\n</a>");
	appends("<a/>", "a", NULL, "<a><n k=\"1\">v</n></a>");
}

static void
what_no_file_can_hold_is_refused(void **state)
{
	static const char *const bad[] = { " x",	   "x ",   "\n",	   "a\001b",
					   "\xed\xa0\x80", "\xff", "\xef\xbf\xbe", "\xc0\x80" };
	static const char text[] = "<a><v>text</v></a>";
	CLEANUP_ERROR struct error none = ERROR_INIT, refused = ERROR_INIT;
	CLEANUP_XML struct xml *x = xml_open(text, sizeof text - 1, &none);
	const struct xml_step step = { "n", "" };
	size_t len;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;

		assert_int_equal(xml_check_value(bad[i], &err), -1);
		assert_int_equal(err.code, ERR_USAGE);
	}
	assert_int_equal(xml_check_value("ü \t x]]>\xf0\x9f\x98\x80", &none), 0);
	assert_int_equal(xml_check_value("", &none), 0);
	assert_non_null(x);
	assert_null(xml_append(x, find(x, "v"), &step, 1, "", &len, &refused));
	assert_int_equal(refused.code, ERR_REFUSED);
}

static void
a_whole_content_is_replaced(void **state)
{
	static const char before[] = "<a>\n<v><x>1</x><!-- secret --></v>\n</a>";
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_XML struct xml *x = xml_open(before, sizeof before - 1, &err);
	CLEANUP_FREE uint8_t *out = NULL;
	size_t len, which[1];

	(void)state;
	assert_non_null(x);
	which[0] = find(x, "v");
	out = xml_replace_content(x, which, 1, "*GONE*", &len, &err);
	assert_non_null(out);
	assert_string_equal((char *)out, "<a>\n<v>*GONE*</v>\n</a>");
}

static void
lines_and_columns_count_characters(void **state)
{
	static const char text[] = "\xef\xbb\xbf<a>\r\n <!-- \xc3\xbc --><v/>\n</a>";
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_XML struct xml *x = xml_open(text, sizeof text - 1, &err);
	CLEANUP_FREE uint8_t *wide = NULL;
	CLEANUP_XML struct xml *w = NULL;
	size_t bytes;
	int line, column;

	(void)state;
	assert_non_null(x);
	xml_where(x, xml_offset(x, 0), &line, &column);
	assert_int_equal(line, 1);
	assert_int_equal(column, 1);
	xml_where(x, xml_offset(x, 1), &line, &column);
	assert_int_equal(line, 2);
	assert_int_equal(column, 12);
	wide = utf16_from_text(text, &bytes);
	w = xml_open(wide, bytes, &err);
	assert_non_null(w);
	assert_string_equal(xml_encoding_name(w), "UTF-16LE");
	xml_where(w, xml_offset(w, 1), &line, &column);
	assert_int_equal(line, 2);
	assert_int_equal(column, 12);
}

static void
a_declaration_that_lies_is_an_error_with_its_place(void **state)
{
	static const char marked[] =
		"\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"windows-1252\"?><a/>";
	static const char wide[] = "\xef\xbb\xbf<?xml version='1.0' encoding='utf-8'?><a/>";
	static const char narrow[] = "<?xml version='1.0' encoding='utf-16'?><a/>";
	CLEANUP_ERROR struct error e1 = ERROR_INIT, e2 = ERROR_INIT, e3 = ERROR_INIT;
	size_t bytes;
	CLEANUP_FREE uint8_t *utf16 = utf16_from_text(wide, &bytes);

	(void)state;
	assert_null(xml_open(marked, sizeof marked - 1, &e1));
	assert_non_null(strstr(e1.message, "line 1, column 31"));
	assert_non_null(strstr(e1.message, "windows-1252"));
	assert_null(xml_open(utf16, bytes, &e2));
	assert_non_null(strstr(e2.message, "UTF-16"));
	assert_null(xml_open(narrow, sizeof narrow - 1, &e3));
	assert_int_equal(e3.code, ERR_CORRUPT);
}

/* ---- at random ---- */

struct made {
	struct text text; /* UTF-8, without mark */
	unsigned seed;
	int form; /* of the file: see as_file() */
	bool lines, crlf, tabs;
	int values;
};

static unsigned
pick(struct made *m, unsigned below)
{
	m->seed = m->seed * 1664525u + 1013904223u;
	return (m->seed >> 8) % below;
}

static void
layout(struct made *m, int depth)
{
	if (!m->lines || pick(m, 9) == 0)
		return;
	text_add(&m->text, m->crlf ? "\r\n" : "\n");
	if (pick(m, 12) == 0)
		text_add(&m->text, m->crlf ? "\r\n" : "\n");
	for (int i = 0; i < depth; i++)
		text_add(&m->text, m->tabs ? "\t" : "  ");
	if (pick(m, 15) == 0)
		text_add(&m->text, " ");
}

static void
noise(struct made *m, int depth)
{
	static const char *const kinds[] = { "<!-- <v0/> & ü -->", "<?pi <x> ?>",
					     "<!-- a > b -->" };

	if (pick(m, 4))
		return;
	layout(m, depth);
	text_add(&m->text, kinds[pick(m, 3)]);
}

/* A value that stands once in the document, in one of the ways to write it. */
static void
leaf(struct made *m)
{
	int n = m->values++;

	switch (pick(m, 6)) {
	case 0:
		text_addf(&m->text, "<v%d a='/>'/>", n);
		break;
	case 1:
		text_addf(&m->text, "<v%d><![CDATA[value%d<&]]></v%d >", n, n, n);
		break;
	case 2:
		text_addf(&m->text, "<v%d>\n value%d\t</v%d>", n, n, n);
		break;
	case 3:
		text_addf(&m->text, "<v%d>value%d &amp;&#65;&#x20ac;ü</v%d>", n, n, n);
		break;
	case 4:
		text_addf(&m->text, "<v%d b=\"a>b\" ><!-- x -->value%d</v%d\n>", n, n, n);
		break;
	default:
		text_addf(&m->text, "<v%d>value%d</v%d>", n, n, n);
	}
}

static void
tree(struct made *m, int depth)
{
	unsigned children = 1 + pick(m, 4);

	for (unsigned i = 0; i < children; i++) {
		noise(m, depth);
		layout(m, depth);
		if (depth > 4 || pick(m, 3)) {
			leaf(m);
			continue;
		}
		text_addf(&m->text, "<b c=\"%d\">", depth);
		tree(m, depth + 1);
		layout(m, depth);
		text_add(&m->text, "</b>");
	}
	noise(m, depth);
}

/* UTF-8, UTF-8 with mark, UTF-16LE, UTF-16BE, windows-1252 ("ü" and "€" are the only characters above ASCII). */
static uint8_t *
as_file(const char *text, int form, size_t *len)
{
	CLEANUP_FREE char *marked = NULL;
	uint8_t *wide;

	if (form == 0 || form == 4) {
		uint8_t *out = xmalloc(strlen(text) + 1);
		size_t n = 0;

		for (const char *p = text; *p; p++) {
			if (form == 4 && strncmp(p, "\xc3\xbc", 2) == 0) {
				out[n++] = 0xfc;
				p++;
			} else {
				out[n++] = (uint8_t)*p;
			}
		}
		*len = n;
		return out;
	}
	marked = xasprintf("\xef\xbb\xbf%s", text);
	if (form == 1) {
		*len = strlen(marked);
		return xmemdup(marked, *len);
	}
	wide = utf16_from_text(marked, len);
	for (size_t i = 0; form == 3 && i < *len; i += 2) {
		uint8_t low = wide[i];

		wide[i] = wide[i + 1];
		wide[i + 1] = low;
	}
	return wide;
}

static void
make(struct made *m, unsigned seed)
{
	static const char *const encodings[] = { "", " encoding='utf-8'", " encoding=\"utf-16\"",
						 " encoding=\"UTF-16\"",
						 " encoding='windows-1252'" };

	*m = (struct made){ .seed = seed };
	m->form = (int)pick(m, 5);
	m->lines = pick(m, 5) != 0;
	m->crlf = pick(m, 2);
	m->tabs = pick(m, 2);
	text_addf(&m->text, "<?xml version=\"1.0\"%s?>", encodings[m->form]);
	layout(m, 0);
	text_add(&m->text, "<root xmlns='urn:x'>");
	tree(m, 1);
	layout(m, 0);
	text_add(&m->text, "</root>");
	layout(m, 0);
}

/* All but element `but` are as they were; `more` new elements stand at `at`. */
static void
rest_is_the_same(const struct xml *x, const struct xml *y, size_t but, size_t at, size_t more)
{
	assert_int_equal(xml_count(y), xml_count(x) + more);
	for (size_t i = 0; i < xml_count(x); i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		struct xml_place before = { 0 }, after = { 0 };
		size_t k = i < at ? i : i + more;

		assert_string_equal(xml_name(x, i), xml_name(y, k));
		assert_string_equal(xml_namespace(x, i), xml_namespace(y, k));
		if (i == but || xml_has_elements(x, i) || xml_has_elements(y, k))
			continue;
		assert_int_equal(xml_place_of(x, i, &before, &err), 0);
		assert_int_equal(xml_place_of(y, k, &after, &err), 0);
		assert_string_equal(before.text, after.text);
		xml_place_clear(&before);
		xml_place_clear(&after);
	}
}

/* Whether `new` is `old` with the bytes from `from` to `to` replaced. */
static void
only_there(const uint8_t *old, size_t old_len, const uint8_t *new, size_t new_len, size_t from,
	   size_t to)
{
	assert_true(from <= new_len && old_len - to <= new_len - from);
	assert_memory_equal(old, new, from);
	assert_memory_equal(old + to, new + new_len - (old_len - to), old_len - to);
}

static void
keep(unsigned seed, const char *what, const uint8_t *p, size_t n)
{
	const char *dir = getenv("RESPREP_KEEP");
	CLEANUP_FREE char *path = dir ? xasprintf("%s/%u.%s", dir, seed, what) : NULL;
	FILE *f = path ? fopen(path, "wb") : NULL;

	if (!path)
		return;
	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static void
edit_one(struct made *m, unsigned seed)
{
	static const char *const values[] = { "true", "", "a & b <c> ]]>", "W. Europe ü€",
					      "\"C:\\x\"" };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	size_t n, len, element;
	CLEANUP_FREE uint8_t *bytes = as_file(text_str(&m->text), m->form, &n);
	CLEANUP_XML struct xml *x = xml_open(bytes, n, &err);
	CLEANUP_XML struct xml *y = NULL;
	CLEANUP_FREE uint8_t *out = NULL;
	CLEANUP_FREE char *name = xasprintf("v%u", pick(m, (unsigned)m->values));
	const char *value = values[pick(m, ARRAY_SIZE(values))];
	struct xml_place place = { 0 }, now = { 0 };
	size_t slack = m->form == 2 || m->form == 3 ? 4 : 2;

	if (!x)
		fail_msg("seed %u: %s", seed, err.message);
	element = find(x, name);
	assert_int_equal(xml_place_of(x, element, &place, &err), 0);
	out = xml_replace(x, &element, 1, value, &len, &err);
	if (!out)
		fail_msg("seed %u: %s", seed, err.message);
	y = xml_open(out, len, &err);
	if (!y)
		fail_msg("seed %u: %s", seed, err.message);
	rest_is_the_same(x, y, element, SIZE_MAX, 0);
	assert_int_equal(xml_place_of(y, element, &now, &err), 0);
	assert_string_equal(now.text, value);
	/* an empty element's content lies behind "/>" */
	only_there(bytes, n, out, len, place.len ? place.offset : place.offset - slack,
		   place.offset + place.len);
	keep(seed, "before.xml", bytes, n);
	keep(seed, "after.xml", out, len);
	keep(seed, "value", (const uint8_t *)value, strlen(value));
	keep(seed, "name", (const uint8_t *)name, strlen(name));
	xml_place_clear(&place);
	xml_place_clear(&now);
}

static void
append_one(struct made *m, unsigned seed)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	size_t n, len, parent = 0, last = 0, head = 0;
	CLEANUP_FREE uint8_t *bytes = as_file(text_str(&m->text), m->form, &n);
	CLEANUP_XML struct xml *x = xml_open(bytes, n, &err);
	CLEANUP_XML struct xml *y = NULL;
	CLEANUP_FREE uint8_t *out = NULL;
	const struct xml_step steps[] = { { "new", " d=\"&lt;\"" }, { "inner", "" } };
	size_t count = 1 + pick(m, 2);
	struct xml_place now = { 0 };

	assert_non_null(x);
	for (size_t i = 0; i < xml_count(x); i++)
		if (xml_has_elements(x, i) && pick(m, 3) == 0)
			parent = i;
	for (size_t i = parent; i < xml_count(x); i++) {
		size_t up = i;

		while (up != SIZE_MAX && up != parent)
			up = xml_parent(x, up);
		if (up == parent)
			last = i;
	}
	out = xml_append(x, parent, steps, count, "ü & <", &len, &err);
	if (!out)
		fail_msg("seed %u: %s", seed, err.message);
	y = xml_open(out, len, &err);
	if (!y)
		fail_msg("seed %u: %s", seed, err.message);
	rest_is_the_same(x, y, SIZE_MAX, last + 1, count);
	assert_int_equal(xml_parent(y, last + 1), parent);
	assert_int_equal(xml_place_of(y, last + count, &now, &err), 0);
	assert_string_equal(now.text, "ü & <");
	xml_place_clear(&now);
	/* bytes are only added, all in one place */
	while (head < n && bytes[head] == out[head])
		head++;
	assert_memory_equal(bytes + head, out + head + (len - n), n - head);
	keep(seed, "appended.xml", out, len);
}

static void
random_documents_change_only_where_they_should(void **state)
{
	const char *given = getenv("RESPREP_SEED");
	unsigned first = given ? (unsigned)strtoul(given, NULL, 0) : (unsigned)time(NULL);
	unsigned rounds = getenv("RESPREP_KEEP") ? 60 : 1500;

	(void)state;
	print_message("seed %u\n", first);
	for (unsigned i = 0; i < rounds; i++) {
		struct made m;

		make(&m, first + i);
		edit_one(&m, first + i);
		append_one(&m, first + i);
		text_clear(&m.text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_keep_what_stands_around_them),
		cmocka_unit_test(new_elements_have_the_style_of_the_file),
		cmocka_unit_test(what_no_file_can_hold_is_refused),
		cmocka_unit_test(a_whole_content_is_replaced),
		cmocka_unit_test(lines_and_columns_count_characters),
		cmocka_unit_test(a_declaration_that_lies_is_an_error_with_its_place),
		cmocka_unit_test(random_documents_change_only_where_they_should),
	};

	return cmocka_run_group_tests_name("xml-edit", tests, NULL, NULL);
}
