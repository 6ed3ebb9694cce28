/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON and YAML as a tree, and edits of single values; see tree.h. */
#include <stdlib.h>
#include <string.h>

#include "answer/tree-private.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "util/utf16.h"

/* ---- building ---- */

size_t
tree_add(struct tree *t, const struct tree_node *node, struct error *err)
{
	struct tree_node *n, *above;

	if (t->count == TREE_MAX_NODES || node->index == TREE_MAX_MEMBERS) {
		free(node->name);
		free(node->text);
		error_set(err, ERR_LIMIT, "the file has more values than any settings file");
		return TREE_NONE;
	}
	ARRAY_GROW(t->list, t->count);
	n = &t->list[t->count];
	*n = *node;
	n->first = n->last = n->next = TREE_NONE;
	if (n->parent != TREE_NONE) {
		above = &t->list[n->parent];
		if (above->first == TREE_NONE)
			above->first = t->count;
		else
			t->list[above->last].next = t->count;
		above->last = t->count;
	}
	return t->count++;
}

/* All lines and columns in one walk: starts grow with the number of the node. */
static void
number_lines(struct tree *t)
{
	const char *p = t->source.text;
	int line = 1, column = 1;
	size_t at = 0;

	for (size_t i = 0; i < t->count; i++) {
		for (; at < t->list[i].start; at++) {
			if (p[at] == '\n' || (p[at] == '\r' && p[at + 1] != '\n')) {
				line++;
				column = 1;
			} else if ((p[at] & 0xc0) != 0x80) {
				column++;
			}
		}
		t->list[i].line = line;
		t->list[i].column = column;
	}
}

static struct tree *
open_as(const void *p, size_t n, bool yaml, enum code_page page, struct error *err)
{
	CLEANUP_TREE struct tree *t = xzalloc(sizeof *t);

	t->yaml = yaml;
	if (n > TREE_MAX_BYTES) {
		error_set(err, ERR_LIMIT, "the file has %zu bytes, more than any settings file", n);
		return NULL;
	}
	if (encoded_open(&t->source, p, n, page, err) < 0 ||
	    (yaml ? tree_read_yaml(t, err) : tree_read_json(t, err)) < 0)
		return NULL;
	number_lines(t);
	return steal(&t);
}

struct tree *
tree_open_json(const void *p, size_t n, struct error *err)
{
	return open_as(p, n, false, CODE_PAGE_MAYBE, err);
}

struct tree *
tree_open_yaml(const void *p, size_t n, struct error *err)
{
	return open_as(p, n, true, CODE_PAGE_NEVER, err);
}

void
tree_close(struct tree *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->count; i++) {
		free(t->list[i].name);
		free(t->list[i].text);
	}
	free(t->list);
	encoded_clear(&t->source);
	free(t);
}

void
tree_closep(struct tree **t)
{
	tree_close(*t);
}

/* ---- looking ---- */

size_t
tree_member(const struct tree *t, size_t map, const char *name, bool any_case)
{
	for (size_t i = t->list[map].first; i != TREE_NONE; i = t->list[i].next) {
		const char *own = t->list[i].name;

		if (own && (any_case ? name_equal(own, name) : strcmp(own, name) == 0))
			return i;
	}
	return TREE_NONE;
}

/* ---- writing ---- */

/* In double quotes, as both JSON and YAML read it; characters that the encoding may lack are escaped with `ascii`. */
static char *
double_quoted(const char *value, bool ascii)
{
	struct text out = TEXT_INIT;
	size_t n, len = strlen(value);

	text_add(&out, "\"");
	for (size_t i = 0; i < len; i += n) {
		int32_t c = text_decode(value + i, len - i, &n);

		if (c == '"' || c == '\\')
			text_addf(&out, "\\%c", (char)c);
		else if (c == '\n' || c == '\r' || c == '\t')
			text_add(&out, c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t");
		else if (c > 0xffff && ascii)
			text_addf(&out, "\\u%04x\\u%04x", 0xd800 + ((unsigned)(c - 0x10000) >> 10),
				  0xdc00 + ((unsigned)(c - 0x10000) & 0x3ff));
		/* controls, also those of Unicode, and what YAML takes for a line end or a mark */
		else if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 ||
			 c == 0xfeff || c == 0xfffe || c == 0xffff || (ascii && c >= 0x80))
			text_addf(&out, "\\u%04x", (unsigned)c);
		else
			text_add_n(&out, value + i, n);
	}
	text_add(&out, "\"");
	return text_steal(&out);
}

static char *
single_quoted(const char *value)
{
	struct text out = TEXT_INIT;

	text_add(&out, "'");
	for (const char *p = value; *p; p++)
		text_add_n(&out, *p == '\'' ? "''" : p, *p == '\'' ? 2 : 1);
	text_add(&out, "'");
	return text_steal(&out);
}

/* One line that every reader of YAML shows as it is. */
static bool
is_simple_line(const char *value)
{
	size_t n, len = strlen(value);

	for (size_t i = 0; i < len; i += n) {
		int32_t c = text_decode(value + i, len - i, &n);

		if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 ||
		    c == 0xfeff || c == 0xfffe || c == 0xffff)
			return false;
	}
	return true;
}

/* Whether YAML 1.1 or 1.2 would read the text without quotes as a bool, null, number or date. */
static bool
looks_like_word(const char *value)
{
	static const char *const words[] = { "y",     "n",    "yes",  "no", "on", "off", "true",
					     "false", "null", "none", "~",  "<<", "=" };

	if (strchr("0123456789+-.", *value))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (name_equal(value, words[i]))
			return true;
	return false;
}

static bool
is_plain(const char *value, bool in_flow)
{
	size_t len = strlen(value);

	if (!len || strchr(" -?:,[]{}#&*!|>'\"%@`", value[0]) || value[len - 1] == ' ' ||
	    value[len - 1] == ':' || !is_simple_line(value))
		return false;
	return !strstr(value, ": ") && !strstr(value, " #") &&
	       !(in_flow && value[strcspn(value, ",[]{}:")]);
}

/* Whether a file of YAML is JSON as well, and is to stay so: others may read it as that. */
static bool
is_json(const struct tree *t, const void *bytes, size_t len)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	CLEANUP_TREE struct tree *json = t->yaml ? tree_open_json(bytes, len, &ignored) : NULL;

	return json;
}

/* The value as it is to stand in the file. */
static char *
written(const struct tree *t, const struct tree_node *n, enum tree_type type, const char *value,
	bool json)
{
	bool ascii = t->source.encoding == ENCODING_ANSI;

	if (type == TREE_WORD)
		return xstrdup(value);
	if (t->yaml && n->quote == '\'' && is_simple_line(value))
		return single_quoted(value);
	if (t->yaml && !json && !n->quote && is_plain(value, n->in_flow) && !looks_like_word(value))
		return xstrdup(value);
	return double_quoted(value, ascii);
}

static int
may_replace(const struct tree_node *n, struct error *err)
{
	const char *why = n->kind == NODE_MAP || n->kind == NODE_LIST ? "it is no single value" :
			  n->kind == NODE_ALIAS		     ? "it is an alias of another value" :
			  n->marked			     ? "it has a tag or an anchor" :
			  n->quote == '|' || n->quote == '>' ? "it is a block of several lines" :
							       NULL;

	return why ? error_set(err, ERR_UNSUPPORTED, "line %d, column %d: %s; edit it by hand",
			       n->line, n->column, why) :
		     0;
}

static bool
same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* The edited file must read as the old one, but for the one value. */
static int
prove(const struct tree *t, size_t i, enum tree_type type, const char *value, const void *bytes,
      size_t len, struct error *err)
{
	/* the byte that showed the code page may be the one that was replaced */
	enum code_page page = t->yaml				  ? CODE_PAGE_NEVER :
			      t->source.encoding == ENCODING_ANSI ? CODE_PAGE_SURELY :
								    CODE_PAGE_MAYBE;
	CLEANUP_TREE struct tree *now = open_as(bytes, len, t->yaml, page, err);

	if (!now)
		return error_prefix(err, "the edited file");
	if (now->count != t->count)
		return error_set(err, ERR_INTERNAL, "the edited file would hold other values");
	for (size_t k = 0; k < t->count; k++) {
		const struct tree_node *a = &t->list[k], *b = &now->list[k];
		bool right = same_text(a->name, b->name) && a->parent == b->parent &&
			     a->index == b->index;

		if (k == i)
			right &= same_text(value, b->text) &&
				 (type == TREE_TEXT || b->kind == NODE_PLAIN);
		else
			right &= a->kind == b->kind && same_text(a->text, b->text) &&
				 a->quote == b->quote;
		if (!right)
			return error_set(err, ERR_INTERNAL,
					 "the edited file would not hold the new value alone");
	}
	return 0;
}

uint8_t *
tree_replace(const struct tree *t, size_t i, enum tree_type type, const char *value,
	     size_t *ret_len, struct error *err)
{
	const struct tree_node *n = &t->list[i];
	CLEANUP_FREE char *as_text = NULL;
	CLEANUP_FREE uint8_t *bytes = NULL;
	bool json;

	if (may_replace(n, err) < 0)
		return NULL;
	if (!text_is_utf8(value, strlen(value))) {
		error_set(err, ERR_USAGE, "the new value is no UTF-8 text");
		return NULL;
	}
	json = is_json(t, t->source.bytes, t->source.len);
	as_text = written(t, n, type, value, json);
	/* "key:" without a value: a blank belongs between them */
	if (n->start == n->end && n->start && strchr(":-", t->source.text[n->start - 1])) {
		char *with_blank = xasprintf(" %s", as_text);

		free(as_text);
		as_text = with_blank;
	}
	bytes = encoded_replace(&t->source, n->start, n->end, as_text, ret_len, err);
	if (!bytes)
		return NULL;
	if (prove(t, i, type, value, bytes, *ret_len, err) == 0 &&
	    (!json || is_json(t, bytes, *ret_len)))
		return steal(&bytes);
	/* YAML has forms in which what stands beside a value decides how it is read, and in which there is no place for one */
	if (t->yaml) {
		error_clear(err);
		error_set(err, ERR_UNSUPPORTED,
			  "line %d, column %d: the value cannot be replaced alone; edit it by hand",
			  n->line, n->column);
	}
	return NULL;
}
