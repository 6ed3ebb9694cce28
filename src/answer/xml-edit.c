/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * New texts of a document: one value or one new element, in the style of what stands around it, every other byte
 * copied.  The caller parses the result and compares: nothing here judges what it has written.
 */
#include <stdlib.h>
#include <string.h>

#include "answer/xml-private.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "util/utf16.h"

#define CDATA_START "<![CDATA["
#define CDATA_END   "]]>"

/* ---- writing in the document's encoding ---- */

void
xml_add_bytes(const struct xml *x, size_t from, size_t to, struct text *out)
{
	if (to > from)
		text_add_n(out, (const char *)x->bytes + from, to - from);
}

/* UTF-8 text, which the encoding has room for, as it is. */
static void
add_raw(const struct xml *x, const char *s, size_t n, struct text *out)
{
	CLEANUP_FREE char *copy = NULL;
	CLEANUP_FREE uint8_t *wide = NULL;
	size_t bytes;

	if (x->scan.unit == 1) {
		text_add_n(out, s, n);
		return;
	}
	copy = xstrndup(s, n);
	wide = utf16_from_text(copy, &bytes);
	for (size_t i = 0; x->scan.big_endian && i + 1 < bytes; i += 2) {
		uint8_t low = wide[i];

		wide[i] = wide[i + 1];
		wide[i + 1] = low;
	}
	text_add_n(out, (const char *)wide, bytes);
}

void
xml_add_string(const struct xml *x, const char *s, struct text *out)
{
	add_raw(x, s, strlen(s), out);
}

static bool
is_ascii(const char *s)
{
	while (*s && (unsigned char)*s < 0x80)
		s++;
	return !*s;
}

static const char *
entity_of(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '\r':
		return "&#13;";
	default:
		return NULL;
	}
}

void
xml_add_value(const struct xml *x, const char *s, struct text *out)
{
	size_t left = strlen(s);

	while (left) {
		size_t n = 1;
		int32_t c = text_decode(s, left, &n);
		const char *entity = n == 1 ? entity_of(*s) : NULL;

		if (entity) {
			xml_add_string(x, entity, out);
		} else if (n > 1 && x->scan.unit == 1 && !x->utf8) {
			CLEANUP_FREE char *number = xasprintf("&#x%X;", (unsigned)c);

			xml_add_string(x, number, out);
		} else {
			add_raw(x, s, n, out);
		}
		s += n;
		left -= n;
	}
}

static bool
is_xml_character(int32_t c)
{
	return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c < 0xd800) ||
	       (c >= 0xe000 && c != 0xfffe && c != 0xffff);
}

int
xml_check_value(const char *value, struct error *err)
{
	size_t left = strlen(value);

	if (left && (xml_scan_is_blank((unsigned char)value[0]) ||
		     xml_scan_is_blank((unsigned char)value[left - 1])))
		return error_set(err, ERR_USAGE, "the value begins or ends with a blank");
	for (const char *s = value; left;) {
		size_t n = 1;
		int32_t c = text_decode(s, left, &n);

		if (!is_xml_character(c))
			return error_set(err, ERR_USAGE,
					 "the value holds a character that no XML file can hold");
		s += n;
		left -= n;
	}
	return 0;
}

/* ---- replacing a value ---- */

static int
char_at(const struct xml *x, size_t at)
{
	return xml_scan_char(&x->scan, x->bytes, x->len, at);
}

bool
xml_looking_at(const struct xml *x, size_t at, const char *text)
{
	for (; *text; text++, at += (size_t)x->scan.unit)
		if (char_at(x, at) != *text)
			return false;
	return true;
}

size_t
xml_past(const struct xml *x, size_t at, size_t end, const char *text)
{
	while (at < end && !xml_looking_at(x, at, text))
		at += (size_t)x->scan.unit;
	return at < end ? at + strlen(text) * (size_t)x->scan.unit : end;
}

/* A stretch of the content that makes the value, or a part of it. */
struct run {
	size_t from, to;   /* without blanks around it */
	size_t outer, end; /* of CDATA with its marks, else the same */
	bool cdata;
};

static void
trim_run(const struct xml *x, struct run *r)
{
	size_t unit = (size_t)x->scan.unit;

	while (r->from < r->to && xml_scan_is_blank(char_at(x, r->from)))
		r->from += unit;
	while (r->from < r->to && xml_scan_is_blank(char_at(x, r->to - unit)))
		r->to -= unit;
	if (!r->cdata) {
		r->outer = r->from;
		r->end = r->to;
	}
}

/* The next run from `at` on that is more than blanks; false at the end. */
static bool
next_run(const struct xml *x, size_t at, size_t end, struct run *ret)
{
	size_t unit = (size_t)x->scan.unit;

	while (at < end) {
		struct run r = { .from = at, .outer = at };

		if (xml_looking_at(x, at, "<!--")) {
			at = xml_past(x, at, end, "-->");
			continue;
		}
		if (xml_looking_at(x, at, "<?")) {
			at = xml_past(x, at, end, "?>");
			continue;
		}
		if (xml_looking_at(x, at, CDATA_START)) {
			r.cdata = true;
			r.from = at + strlen(CDATA_START) * unit;
			r.end = xml_past(x, at, end, CDATA_END);
			r.to = r.end - strlen(CDATA_END) * unit;
			at = r.end;
		} else {
			while (at < end && char_at(x, at) != '<')
				at += unit;
			r.to = at;
			if (at == r.from)
				return false; /* an element: not for here */
		}
		trim_run(x, &r);
		if (r.from < r.to) {
			*ret = r;
			return true;
		}
	}
	return false;
}

/* "<p:a b="c" />" becomes "<p:a b="c" >value</p:a>": from the slash on. */
static size_t
fill_empty(const struct xml *x, const struct xml_tag *tag, size_t from, const char *value,
	   struct text *out)
{
	xml_add_bytes(x, from, tag->slash, out);
	xml_add_string(x, ">", out);
	xml_add_value(x, value, out);
	xml_add_string(x, "</", out);
	xml_add_bytes(x, tag->name, tag->name_end, out);
	xml_add_string(x, ">", out);
	return tag->after;
}

/* One element with its new value; returns where the rest of the file begins. */
static size_t
replace_one(const struct xml *x, size_t i, size_t from, const char *value, struct text *out)
{
	const struct xml_tag *tag = &x->scan.tags[i];
	struct run r;

	if (tag->empty)
		return fill_empty(x, tag, from, value, out);
	if (!next_run(x, tag->value, tag->value_end, &r)) {
		/* nothing yet: behind a comment, before the end tag's line */
		xml_add_bytes(x, from, tag->value_end, out);
		xml_add_value(x, value, out);
		return tag->value_end;
	}
	if (r.cdata && !strstr(value, CDATA_END) && !strchr(value, '\r') &&
	    (x->utf8 || x->scan.unit == 2 || is_ascii(value))) {
		xml_add_bytes(x, from, r.from, out);
		xml_add_string(x, value, out);
		from = r.to;
	} else {
		xml_add_bytes(x, from, r.outer, out);
		xml_add_value(x, value, out);
		from = r.end;
	}
	/* what a comment had parted is one value now */
	for (size_t at = r.end; next_run(x, at, tag->value_end, &r); at = r.end) {
		xml_add_bytes(x, from, r.outer, out);
		from = r.end;
	}
	return from;
}

static uint8_t *
finish(const struct xml *x, size_t from, struct text *out, size_t *ret_len)
{
	xml_add_bytes(x, from, x->len, out);
	*ret_len = out->len;
	return (uint8_t *)text_steal(out);
}

/* The same whatever the element holds. */
static size_t
replace_all_of(const struct xml *x, size_t i, size_t from, const char *value, struct text *out)
{
	const struct xml_tag *tag = &x->scan.tags[i];

	if (tag->empty)
		return fill_empty(x, tag, from, value, out);
	xml_add_bytes(x, from, tag->content, out);
	xml_add_value(x, value, out);
	return tag->content_end;
}

static uint8_t *
replace_each(const struct xml *x, const size_t *elements, size_t count, const char *value,
	     bool whole, size_t *ret_len, struct error *err)
{
	CLEANUP_TEXT struct text out = TEXT_INIT;
	size_t from = 0;

	if (xml_refuse_doctype(x, err) < 0)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		if (elements[i] >= x->count || x->scan.tags[elements[i]].name < from) {
			error_set(err, ERR_INTERNAL, "the elements to edit are not in order");
			return NULL;
		}
		from = whole ? replace_all_of(x, elements[i], from, value, &out) :
			       replace_one(x, elements[i], from, value, &out);
	}
	return finish(x, from, &out, ret_len);
}

uint8_t *
xml_replace(const struct xml *x, const size_t *elements, size_t count, const char *value,
	    size_t *ret_len, struct error *err)
{
	return replace_each(x, elements, count, value, false, ret_len, err);
}

uint8_t *
xml_replace_content(const struct xml *x, const size_t *elements, size_t count, const char *value,
		    size_t *ret_len, struct error *err)
{
	return replace_each(x, elements, count, value, true, ret_len, err);
}

char *
xml_attributes_text(const struct xml *x, size_t i)
{
	const struct xml_tag *tag = &x->scan.tags[i];
	size_t unit = (size_t)x->scan.unit;
	size_t end = tag->empty ? tag->slash : tag->end - unit;
	CLEANUP_TEXT struct text out = TEXT_INIT;

	for (size_t at = tag->name_end; at < end; at += unit) {
		int c = char_at(x, at);
		char one = (char)c;

		if (c == 0 || c >= 0x80)
			return NULL;
		text_add_n(&out, &one, 1);
	}
	while (out.len && xml_scan_is_blank((unsigned char)out.ptr[out.len - 1]))
		out.ptr[--out.len] = '\0';
	return text_steal(&out);
}
