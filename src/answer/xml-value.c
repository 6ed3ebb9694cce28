/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Within the content of an element: blanks, comments, processing instructions, text, CDATA sections.  What is replaced is the one
 * piece that holds the value.
 */
#include <stdlib.h>
#include <string.h>

#include "answer/xml-value.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"

struct piece {
	size_t start, end; /* bytes */
	bool cdata;
};

struct content {
	const uint8_t *p;
	size_t at, end;
	size_t unit;
	bool big_endian;
};

/* ---- finding the piece ---- */

/* The character at `at`, 0x80 for what is not ASCII, 0 at the end. */
static int
character(const struct content *c, size_t at)
{
	const uint8_t *p = c->p + at;

	if (at + c->unit > c->end)
		return 0;
	if (c->unit == 1)
		return p[0] < 0x80 ? p[0] : 0x80;
	if (p[c->big_endian ? 0 : 1])
		return 0x80;
	return p[c->big_endian ? 1 : 0] < 0x80 ? p[c->big_endian ? 1 : 0] : 0x80;
}

static bool
looking_at(const struct content *c, size_t at, const char *text)
{
	for (size_t i = 0; text[i]; i++)
		if (character(c, at + i * c->unit) != text[i])
			return false;
	return true;
}

/* Where `text` begins next; the end when it does not. */
static size_t
find(const struct content *c, size_t at, const char *text)
{
	while (at + c->unit <= c->end && !looking_at(c, at, text))
		at += c->unit;
	return at;
}

static bool
is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void
trim(const struct content *c, struct piece *piece)
{
	while (piece->start < piece->end && is_blank(character(c, piece->start)))
		piece->start += c->unit;
	while (piece->start < piece->end && is_blank(character(c, piece->end - c->unit)))
		piece->end -= c->unit;
}

/* The next piece of text or CDATA; false at the end. */
static bool
next_piece(struct content *c, struct piece *piece)
{
	while (c->at < c->end) {
		if (looking_at(c, c->at, "<!--")) {
			c->at = find(c, c->at + 4 * c->unit, "-->") + 3 * c->unit;
		} else if (looking_at(c, c->at, "<![CDATA[")) {
			*piece = (struct piece){ .start = c->at + 9 * c->unit, .cdata = true };
			piece->end = find(c, piece->start, "]]>");
			c->at = piece->end + 3 * c->unit;
			return true;
		} else if (looking_at(c, c->at, "<?")) {
			c->at = find(c, c->at, "?>") + 2 * c->unit;
		} else {
			*piece = (struct piece){ .start = c->at, .end = find(c, c->at, "<") };
			c->at = piece->end;
			if (piece->end ==
			    piece->start) /* markup of another kind: not in what libxml2 took */
				return false;
			return true;
		}
	}
	return false;
}

/* The one piece that is not blank; else the first one, or a place at the start. */
static int
find_piece(struct content *c, struct piece *ret, struct error *err)
{
	struct piece piece, first = { 0 };
	size_t start = c->at, found = 0, seen = 0;

	while (next_piece(c, &piece)) {
		trim(c, &piece);
		if (!seen++ || (piece.cdata && !first.cdata && !found))
			first = piece;
		if (piece.start == piece.end)
			continue;
		*ret = piece;
		found++;
	}
	if (found > 1)
		return error_set(
			err, ERR_UNSUPPORTED,
			"the value stands in several pieces, with comments or CDATA between them; edit it by hand");
	if (!found)
		*ret = seen ? first : (struct piece){ .start = start, .end = start };
	return 0;
}

/* ---- writing ---- */

static bool
xml_can_hold(const char *value)
{
	size_t n, len = strlen(value);

	for (size_t i = 0; i < len; i += n) {
		int32_t c = text_decode(value + i, len - i, &n);

		if (c < 0x20 ? c != '\t' && c != '\n' && c != '\r' :
			       (c >= 0xd800 && c < 0xe000) || c == 0xfffe || c == 0xffff)
			return false;
	}
	return true;
}

/* References for markup and for what is not ASCII; a CDATA section takes ASCII as it is. */
static int
escape(const char *value, bool cdata, struct text *out, struct error *err)
{
	size_t n, len = strlen(value);

	if (!xml_can_hold(value))
		return error_set(err, ERR_UNSUPPORTED,
				 "the new value has a character that XML cannot hold");
	for (size_t i = 0; i < len; i += n) {
		int32_t c = text_decode(value + i, len - i, &n);

		if (cdata && (c >= 0x80 || strncmp(value + i, "]]>", 3) == 0))
			return error_set(
				err, ERR_UNSUPPORTED,
				"the new value cannot stand in the file's CDATA section; edit it by hand");
		if (!cdata && (c == '&' || c == '<' || c == '>'))
			text_add(out, c == '&' ? "&amp;" : c == '<' ? "&lt;" : "&gt;");
		else if (c >= 0x80 || c == '\r')
			text_addf(out, "&#x%X;", (unsigned)c);
		else
			text_add_n(out, value + i, n);
	}
	return 0;
}

static void
add_ascii(const struct content *c, const char *s, struct text *out)
{
	static const char zero;

	for (; *s; s++) {
		if (c->unit == 2 && c->big_endian)
			text_add_n(out, &zero, 1);
		text_add_n(out, s, 1);
		if (c->unit == 2 && !c->big_endian)
			text_add_n(out, &zero, 1);
	}
}

/* ---- proof ---- */

/* The text of element `i` as it will read; NULL for one that holds elements. */
static char *
text_of(const struct xml *x, size_t i)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	struct xml_place place = { 0 };
	char *text = NULL;

	if (xml_place_of(x, i, &place, &ignored) == 0)
		text = steal(&place.text);
	xml_place_clear(&place);
	return text;
}

static int
prove(const struct xml *x, size_t i, const char *value, const void *bytes, size_t len,
      struct error *err)
{
	CLEANUP_XML struct xml *now = xml_open(bytes, len, err);
	bool right;

	if (!now)
		return error_prefix(err, "the edited file");
	right = xml_count(now) == xml_count(x);
	for (size_t k = 0; right && k < xml_count(x); k++) {
		CLEANUP_FREE char *old = text_of(x, k);
		CLEANUP_FREE char *new = text_of(now, k);
		const char *wanted = k == i ? value : old;

		right = strcmp(xml_name(x, k), xml_name(now, k)) == 0 &&
			xml_parent(x, k) == xml_parent(now, k) &&
			(wanted && new ? strcmp(wanted, new) == 0 : wanted == new);
	}
	return right ? 0 :
		       error_set(err, ERR_INTERNAL,
				 "the edited file would not hold the new value alone");
}

uint8_t *
xml_set_value(const struct xml *x, const void *bytes, size_t len, size_t i, const char *value,
	      size_t *ret_len, struct error *err)
{
	const uint8_t *p = bytes;
	bool wide_le = len >= 2 && ((p[0] == 0xff && p[1] == 0xfe) || (p[0] == '<' && !p[1]));
	bool wide_be = len >= 2 && ((p[0] == 0xfe && p[1] == 0xff) || (!p[0] && p[1] == '<'));
	struct content c = { .p = p, .unit = wide_le || wide_be ? 2 : 1, .big_endian = wide_be };
	CLEANUP_TEXT struct text out = TEXT_INIT, escaped = TEXT_INIT;
	CLEANUP_FREE uint8_t *edited = NULL;
	struct xml_place place = { 0 };
	struct piece piece = { 0 };

	if (xml_has_doctype(x)) {
		error_set(err, ERR_UNSUPPORTED, "the file has a DOCTYPE; it is not edited");
		return NULL;
	}
	if (xml_place_of(x, i, &place, err) < 0)
		return NULL;
	c.at = place.offset;
	c.end = place.offset + place.len;
	xml_place_clear(&place);
	if (find_piece(&c, &piece, err) < 0 || escape(value, piece.cdata, &escaped, err) < 0)
		return NULL;
	/* "<a/>" has no content; a slash before its bracket says so */
	c.end = len;
	if (piece.start == piece.end && piece.start >= 2 * c.unit &&
	    looking_at(&c, piece.start - 2 * c.unit, "/>")) {
		edited = xml_replace(x, &i, 1, value, ret_len, err); /* escapes by itself */
	} else {
		text_add_n(&out, bytes, piece.start);
		add_ascii(&c, text_str(&escaped), &out);
		text_add_n(&out, (const char *)p + piece.end, len - piece.end);
		*ret_len = out.len;
		edited = (uint8_t *)text_steal(&out);
	}
	if (!edited || prove(x, i, value, edited, *ret_len, err) < 0)
		return NULL;
	return steal(&edited);
}
