/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * New elements, written as whoever wrote the file would have: the prefix of the parent, the line ends of the file, the
 * indentation of the elements beside it.
 */
#include <stdlib.h>
#include <string.h>

#include "answer/xml-private.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"

/* How new elements stand in the file.  Texts are UTF-8. */
struct style {
	char *prefix;  /* "u:" or "" */
	char *newline; /* "" : all in one line */
	char *indent;  /* of the first new element */
	char *unit;    /* more for each that is within another */
};

static void
style_clear(struct style *s)
{
	free(s->prefix);
	free(s->newline);
	free(s->indent);
	free(s->unit);
}
#define CLEANUP_STYLE __attribute__((cleanup(style_clear)))

static int
char_at(const struct xml *x, size_t at)
{
	return xml_scan_char(&x->scan, x->bytes, x->len, at);
}

/* ASCII between two places. */
static char *
ascii_between(const struct xml *x, size_t from, size_t to)
{
	CLEANUP_TEXT struct text out = TEXT_INIT;

	for (size_t at = from; at < to; at += (size_t)x->scan.unit) {
		char c = (char)char_at(x, at);

		text_add_n(&out, &c, 1);
	}
	return text_steal(&out);
}

/* The blanks before `at` on its line; false when more than blanks stands there, or when it is the first line. */
static bool
indent_before(const struct xml *x, size_t at, size_t *ret_from)
{
	size_t unit = (size_t)x->scan.unit;

	while (at >= unit && (char_at(x, at - unit) == ' ' || char_at(x, at - unit) == '\t'))
		at -= unit;
	*ret_from = at;
	return at >= unit && char_at(x, at - unit) == '\n';
}

/* The indentation of an element that begins its line; NULL when it does not. */
static char *
indent_of(const struct xml *x, size_t element)
{
	size_t start = xml_offset(x, element), from;

	return indent_before(x, start, &from) ? ascii_between(x, from, start) : NULL;
}

static size_t
last_child(const struct xml *x, size_t parent)
{
	size_t found = SIZE_MAX;

	for (size_t i = parent + 1; i < x->count; i++)
		if (x->parents[i] == parent)
			found = i;
	return found;
}

/* What an element is indented more than the one around it, from the first place in the file where both begin a line. */
static char *
find_unit(const struct xml *x)
{
	for (size_t i = 1; i < x->count; i++) {
		CLEANUP_FREE char *inner = indent_of(x, i);
		CLEANUP_FREE char *outer = indent_of(x, x->parents[i]);
		size_t n;

		if (!inner)
			continue;
		n = outer ? strlen(outer) : 0;
		/* the root may stand behind the declaration, in its line */
		if ((outer || x->parents[i] == 0) && strlen(inner) > n &&
		    strncmp(inner, outer ? outer : "", n) == 0)
			return xstrdup(inner + n);
	}
	return xstrdup("  ");
}

static char *
find_newline(const struct xml *x)
{
	size_t unit = (size_t)x->scan.unit, at;

	if (!x->scan.line_count)
		return xstrdup("");
	at = x->scan.lines[0] - unit;
	return xstrdup(at >= unit && char_at(x, at - unit) == '\r' ? "\r\n" : "\n");
}

static char *
find_prefix(const struct xml *x, size_t parent)
{
	const struct xml_tag *tag = &x->scan.tags[parent];

	for (size_t at = tag->name; at < tag->name_end; at += (size_t)x->scan.unit)
		if (char_at(x, at) == ':')
			return ascii_between(x, tag->name, at + (size_t)x->scan.unit);
	return xstrdup("");
}

/* `beside` is the last child, or SIZE_MAX. */
static void
find_style(const struct xml *x, size_t parent, size_t beside, struct style *ret)
{
	CLEANUP_FREE char *outer = indent_of(x, parent);
	char *own = beside == SIZE_MAX ? NULL : indent_of(x, beside);

	ret->prefix = find_prefix(x, parent);
	ret->newline = find_newline(x);
	ret->unit = find_unit(x);
	if (own)
		ret->indent = own;
	else if (beside == SIZE_MAX && *ret->newline && (outer || parent == 0))
		ret->indent = xasprintf("%s%s", outer ? outer : "", ret->unit);
	if (ret->indent)
		return;
	/* what is there stands in one line, and so will this */
	free(ret->newline);
	free(ret->unit);
	ret->newline = xstrdup("");
	ret->unit = xstrdup("");
	ret->indent = xstrdup("");
}

/* "<a><b>value</b></a>", each on its line; ends without a line end. */
static void
add_elements(const struct xml *x, const struct style *s, const struct xml_step *steps, size_t count,
	     const char *value, struct text *out)
{
	CLEANUP_TEXT struct text indent = TEXT_INIT;

	text_add(&indent, s->indent);
	for (size_t i = 0; i < count; i++) {
		CLEANUP_FREE char *start = xasprintf("%s%s<%s%s%s>", s->newline,
						     *s->newline ? text_str(&indent) : "",
						     s->prefix, steps[i].name, steps[i].attributes);

		xml_add_string(x, start, out);
		if (i + 1 < count)
			text_add(&indent, s->unit);
	}
	xml_add_value(x, value, out);
	for (size_t i = count; i-- > 0;) {
		CLEANUP_FREE char *end = NULL;

		if (i + 1 < count && *s->newline) {
			indent.len -= strlen(s->unit);
			indent.ptr[indent.len] = '\0';
			xml_add_string(x, s->newline, out);
			xml_add_string(x, text_str(&indent), out);
		}
		end = xasprintf("</%s%s>", s->prefix, steps[i].name);
		xml_add_string(x, end, out);
	}
}

/* Behind comments that stand in the line in which the element ends: they speak of it. */
static size_t
behind_line(const struct xml *x, size_t at, size_t end)
{
	size_t unit = (size_t)x->scan.unit, found = at;

	while (at < end) {
		if (char_at(x, at) == ' ' || char_at(x, at) == '\t') {
			at += unit;
		} else if (xml_looking_at(x, at, "<!--")) {
			at = xml_past(x, at, end, "-->");
			found = at;
		} else {
			break;
		}
	}
	return found;
}

/* "<c a="b" />" becomes "<c a="b">…</c>". */
static size_t
append_to_empty(const struct xml *x, const struct xml_tag *tag, struct text *out)
{
	size_t unit = (size_t)x->scan.unit, end = tag->slash;

	while (end > tag->name_end && xml_scan_is_blank(char_at(x, end - unit)))
		end -= unit;
	xml_add_bytes(x, 0, end, out);
	xml_add_string(x, ">", out);
	return tag->after;
}

static void
close_empty(const struct xml *x, size_t parent, const struct style *s, struct text *out)
{
	const struct xml_tag *tag = &x->scan.tags[parent];
	CLEANUP_FREE char *outer = indent_of(x, parent);

	xml_add_string(x, s->newline, out);
	if (*s->newline)
		xml_add_string(x, outer ? outer : "", out);
	if (!tag->empty)
		return;
	xml_add_string(x, "</", out);
	xml_add_bytes(x, tag->name, tag->name_end, out);
	xml_add_string(x, ">", out);
}

static bool
has_newline(const struct xml *x, size_t from, size_t to)
{
	for (size_t at = from; at < to; at += (size_t)x->scan.unit)
		if (char_at(x, at) == '\n')
			return true;
	return false;
}

/* Only blanks and comments. */
static int
check_parent(const struct xml *x, size_t parent, struct error *err)
{
	struct xml_place place = { 0 };
	bool text;

	if (parent >= x->count)
		return error_set(err, ERR_INTERNAL, "there is no such element");
	if (xml_has_elements(x, parent))
		return 0;
	if (xml_place_of(x, parent, &place, err) < 0)
		return -1;
	text = *place.text;
	xml_place_clear(&place);
	if (text)
		return error_set(err, ERR_REFUSED,
				 "line %d: <%s> holds a value, so that no element fits into it",
				 place.line, xml_name(x, parent));
	return 0;
}

/* Behind an element, and what is said of it on its line. */
static uint8_t *
insert_behind(const struct xml *x, size_t beside, const struct xml_step *steps, size_t count,
	      const char *value, size_t *ret_len)
{
	CLEANUP_STYLE struct style s = { 0 };
	CLEANUP_TEXT struct text out = TEXT_INIT;
	size_t parent = x->parents[beside], from = x->scan.tags[beside].after;

	find_style(x, parent, beside, &s);
	if (*s.newline)
		from = behind_line(x, from, x->scan.tags[parent].content_end);
	xml_add_bytes(x, 0, from, &out);
	add_elements(x, &s, steps, count, value, &out);
	xml_add_bytes(x, from, x->len, &out);
	*ret_len = out.len;
	return (uint8_t *)text_steal(&out);
}

/* Into an element that has none yet. */
static uint8_t *
insert_first(const struct xml *x, size_t parent, const struct xml_step *steps, size_t count,
	     const char *value, size_t *ret_len)
{
	CLEANUP_STYLE struct style s = { 0 };
	CLEANUP_TEXT struct text out = TEXT_INIT;
	const struct xml_tag *tag = &x->scan.tags[parent];
	size_t from;

	find_style(x, parent, SIZE_MAX, &s);
	if (tag->empty) {
		from = append_to_empty(x, tag, &out);
		add_elements(x, &s, steps, count, value, &out);
		close_empty(x, parent, &s, &out);
	} else {
		/* behind comments; the blanks before the end tag stay its own */
		from = tag->value == tag->value_end ? tag->content : tag->value_end;
		xml_add_bytes(x, 0, from, &out);
		add_elements(x, &s, steps, count, value, &out);
		if (!has_newline(x, from, tag->content_end))
			close_empty(x, parent, &s, &out);
	}
	xml_add_bytes(x, from, x->len, &out);
	*ret_len = out.len;
	return (uint8_t *)text_steal(&out);
}

static int
check_edit(const struct xml *x, size_t parent, struct error *err)
{
	if (x->has_dtd)
		return error_set(err, ERR_UNSUPPORTED, "the file has a DOCTYPE; it is not edited");
	return check_parent(x, parent, err);
}

uint8_t *
xml_append(const struct xml *x, size_t parent, const struct xml_step *steps, size_t count,
	   const char *value, size_t *ret_len, struct error *err)
{
	size_t beside;

	if (check_edit(x, parent, err) < 0)
		return NULL;
	beside = last_child(x, parent);
	if (beside == SIZE_MAX)
		return insert_first(x, parent, steps, count, value, ret_len);
	return insert_behind(x, beside, steps, count, value, ret_len);
}

uint8_t *
xml_insert_after(const struct xml *x, size_t beside, const struct xml_step *steps, size_t count,
		 const char *value, size_t *ret_len, struct error *err)
{
	if (beside >= x->count || beside == 0) {
		error_set(err, ERR_INTERNAL, "there is no such element");
		return NULL;
	}
	if (check_edit(x, x->parents[beside], err) < 0)
		return NULL;
	return insert_behind(x, beside, steps, count, value, ret_len);
}
