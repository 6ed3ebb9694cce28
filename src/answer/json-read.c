/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON with the place of every value (RFC 8259).  util/json.c has jansson, which keeps no places.
 */
#include <stdlib.h>
#include <string.h>

#include "answer/tree-private.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"

struct reader_json {
	struct tree *t;
	const char *p; /* the text */
	size_t len, at;
	unsigned depth;
	struct error *err;
};

static int
wrong(struct reader_json *r, size_t at, const char *what)
{
	if (at >= r->len)
		return encoded_error(&r->t->source, at, r->err, "the file ends too early");
	return encoded_error(&r->t->source, at, r->err, "%s", what);
}

static void
skip_blanks(struct reader_json *r)
{
	r->at += strspn(r->p + r->at, " \t\r\n");
}

static int
hex4(const char *s)
{
	int v = 0;

	for (int i = 0; i < 4; i++) {
		char c = s[i];
		int d = c >= '0' && c <= '9' ? c - '0' :
			c >= 'a' && c <= 'f' ? c - 'a' + 10 :
			c >= 'A' && c <= 'F' ? c - 'A' + 10 :
					       -1;

		if (d < 0)
			return -1;
		v = v * 16 + d;
	}
	return v;
}

/* Code point or lone surrogate as WTF-8; NUL as C0 80. */
static void
add_code(struct text *out, unsigned c)
{
	char s[4];
	size_t n = 0;

	if (c && c < 0x80) {
		s[n++] = (char)c;
	} else if (c < 0x800) {
		s[n++] = (char)(0xc0 | c >> 6);
	} else if (c < 0x10000) {
		s[n++] = (char)(0xe0 | c >> 12);
		s[n++] = (char)(0x80 | (c >> 6 & 0x3f));
	} else {
		s[n++] = (char)(0xf0 | c >> 18);
		s[n++] = (char)(0x80 | (c >> 12 & 0x3f));
		s[n++] = (char)(0x80 | (c >> 6 & 0x3f));
	}
	if (!c || c >= 0x80)
		s[n++] = (char)(0x80 | (c & 0x3f));
	text_add_n(out, s, n);
}

/* Behind "\u". */
static int
read_unicode(struct reader_json *r, struct text *out)
{
	int c = hex4(r->p + r->at), low;

	if (c < 0)
		return wrong(r, r->at, "'\\u' wants four hexadecimal digits");
	r->at += 4;
	if (c >= 0xd800 && c < 0xdc00 && strncmp(r->p + r->at, "\\u", 2) == 0) {
		low = hex4(r->p + r->at + 2);
		if (low >= 0xdc00 && low < 0xe000) {
			r->at += 6;
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		}
	}
	add_code(out, (unsigned)c);
	return 0;
}

static int
read_escape(struct reader_json *r, struct text *out)
{
	static const char names[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
	char c = r->p[r->at];
	const char *found = c ? strchr(names, c) : NULL;

	if (c == 'u') {
		r->at++;
		return read_unicode(r, out);
	}
	if (!found)
		return wrong(r, r->at, "there is no such escape in JSON");
	text_add_n(out, &means[found - names], 1);
	r->at++;
	return 0;
}

/* At the opening quote. */
static char *
read_string(struct reader_json *r)
{
	CLEANUP_TEXT struct text out = TEXT_INIT;

	for (r->at++;;) {
		size_t n = strcspn(r->p + r->at, "\"\\");

		for (size_t i = 0; i < n; i++)
			if ((unsigned char)r->p[r->at + i] < 0x20) {
				wrong(r, r->at + i,
				      "a string has a control character or does not end on its line");
				return NULL;
			}
		text_add_n(&out, r->p + r->at, n);
		r->at += n;
		if (r->at >= r->len) {
			wrong(r, r->at, "");
			return NULL;
		}
		if (r->p[r->at++] == '"')
			return text_steal(&out);
		if (read_escape(r, &out) < 0)
			return NULL;
	}
}

/* -0.5e+3 */
static bool
is_number(const char *s, size_t n)
{
	size_t i = n && s[0] == '-', digits = strspn(s + i, "0123456789");

	if (!digits || (digits > 1 && s[i] == '0'))
		return false;
	i += digits;
	if (s[i] == '.') {
		digits = strspn(s + i + 1, "0123456789");
		i += 1 + digits;
		if (!digits)
			return false;
	}
	if (s[i] == 'e' || s[i] == 'E') {
		i += 1 + (s[i + 1] == '+' || s[i + 1] == '-');
		digits = strspn(s + i, "0123456789");
		i += digits;
		if (!digits)
			return false;
	}
	return i == n;
}

/* true, false, null, a number */
static int
read_word(struct reader_json *r, struct tree_node *node)
{
	static const char *const words[] = { "true", "false", "null" };
	const char *s = r->p + r->at;
	size_t n = strcspn(s, " \t\r\n,:[]{}\"");
	bool known = is_number(s, n);

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		known |= strlen(words[i]) == n && strncmp(s, words[i], n) == 0;
	if (!n || !known)
		return wrong(r, r->at, "a value is expected here");
	node->kind = NODE_PLAIN;
	node->text = xstrndup(s, n);
	r->at += n;
	return 0;
}

static int read_value(struct reader_json *r, size_t parent, size_t index, char *name);

/* Names that differ in case only are the same to ConvertFrom-Json. */
static int
check_name(struct reader_json *r, size_t map, const char *name, size_t at)
{
	CLEANUP_FREE char *what = NULL;

	if (tree_member(r->t, map, name, true) == TREE_NONE)
		return 0;
	what = xasprintf("the key \"%s\" is there twice", name);
	return wrong(r, at, what);
}

static int
read_member(struct reader_json *r, size_t map, size_t index)
{
	CLEANUP_FREE char *name = NULL;
	size_t at;

	skip_blanks(r);
	at = r->at;
	if (r->p[at] != '"')
		return wrong(r, at, "a key in quotes is expected here");
	name = read_string(r);
	if (!name || check_name(r, map, name, at) < 0)
		return -1;
	skip_blanks(r);
	if (r->p[r->at] != ':')
		return wrong(r, r->at, "a colon is expected here");
	r->at++;
	return read_value(r, map, index, steal(&name));
}

/* At the opening bracket. */
static int
read_items(struct reader_json *r, size_t self, char close)
{
	bool map = close == '}';

	if (++r->depth > TREE_MAX_DEPTH)
		return error_set(r->err, ERR_LIMIT, "the file nests deeper than %u",
				 TREE_MAX_DEPTH);
	r->at++;
	skip_blanks(r);
	for (size_t index = 0; r->p[r->at] != close; index++) {
		if (index) {
			if (r->p[r->at] != ',')
				return wrong(r, r->at,
					     map ? "a comma or } is expected here" :
						   "a comma or ] is expected here");
			r->at++;
		}
		if ((map ? read_member(r, self, index) : read_value(r, self, index, NULL)) < 0)
			return -1;
		skip_blanks(r);
	}
	r->at++;
	r->depth--;
	return 0;
}

/* `name` is taken. */
static int
read_value(struct reader_json *r, size_t parent, size_t index, char *name)
{
	struct tree_node node = { .parent = parent, .index = index, .name = name };
	size_t self;
	char c;

	skip_blanks(r);
	node.start = r->at;
	c = r->p[r->at];
	if (c == '{' || c == '[') {
		node.kind = c == '{' ? NODE_MAP : NODE_LIST;
		self = tree_add(r->t, &node, r->err);
		if (self == TREE_NONE || read_items(r, self, c == '{' ? '}' : ']') < 0)
			return -1;
		r->t->list[self].end = r->at;
		return 0;
	}
	if (c == '"') {
		node.kind = NODE_TEXT;
		node.quote = '"';
		node.text = read_string(r);
	}
	if (c == '"' ? !node.text : read_word(r, &node) < 0) {
		free(name);
		return -1;
	}
	node.end = r->at;
	return tree_add(r->t, &node, r->err) == TREE_NONE ? -1 : 0;
}

int
tree_read_json(struct tree *t, struct error *err)
{
	struct reader_json r = {
		.t = t, .p = t->source.text, .len = t->source.text_len, .err = err
	};

	if (read_value(&r, TREE_NONE, 0, NULL) < 0)
		return -1;
	skip_blanks(&r);
	return r.at == r.len ? 0 : wrong(&r, r.at, "something stands behind the end of the object");
}
