/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A scanner of tags (W3C: "Extensible Markup Language 1.0").  It need not judge: libxml2 has found the document
 * well-formed.  It must only not be fooled by comments, CDATA, processing instructions, and ">" in attributes.
 */
#include <stdlib.h>
#include <string.h>

#include "answer/xml-scan.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"

struct scanner {
	struct xml_scan *out;
	const uint8_t *p;
	size_t len, at;
	size_t *open; /* indices of elements that have not ended */
	size_t depth;
};

/* The character `i` characters ahead; 0 at the end, 0x80 for what is no ASCII. */
static int
peek(const struct scanner *s, size_t i)
{
	size_t at = s->at + i * (size_t)s->out->unit;

	if (at + (size_t)s->out->unit > s->len)
		return 0;
	if (s->out->unit == 1)
		return s->p[at] < 0x80 ? s->p[at] : 0x80;
	if (s->p[at + (s->out->big_endian ? 0 : 1)])
		return 0x80;
	return s->p[at + (s->out->big_endian ? 1 : 0)] < 0x80 ?
		       s->p[at + (s->out->big_endian ? 1 : 0)] :
		       0x80;
}

static bool
at_end(const struct scanner *s)
{
	return s->at + (size_t)s->out->unit > s->len;
}

static void
skip(struct scanner *s, size_t n)
{
	s->at += n * (size_t)s->out->unit;
}

static bool
looking_at(const struct scanner *s, const char *text)
{
	for (size_t i = 0; text[i]; i++)
		if (peek(s, i) != text[i])
			return false;
	return true;
}

/* Moves behind the next `text`. */
static void
skip_past(struct scanner *s, const char *text)
{
	while (!at_end(s) && !looking_at(s, text))
		skip(s, 1);
	skip(s, strlen(text));
}

static bool
is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* A DOCTYPE may hold an internal subset in brackets, with quoted text in it. */
static void
skip_doctype(struct scanner *s)
{
	int brackets = 0, quote = 0;

	for (; !at_end(s); skip(s, 1)) {
		int c = peek(s, 0);

		if (quote) {
			if (c == quote)
				quote = 0;
		} else if (c == '"' || c == '\'') {
			quote = c;
		} else if (c == '[') {
			brackets++;
		} else if (c == ']') {
			brackets--;
		} else if (c == '>' && brackets <= 0) {
			break;
		}
	}
	skip(s, 1);
}

static void
start_tag(struct scanner *s)
{
	struct xml_scan *out = s->out;
	struct xml_tag tag = { 0 };
	int quote = 0;

	skip(s, 1);
	tag.name = s->at;
	while (!at_end(s) && !is_blank(peek(s, 0)) && peek(s, 0) != '>' && peek(s, 0) != '/')
		skip(s, 1);
	tag.name_end = s->at;
	for (; !at_end(s); skip(s, 1)) {
		int c = peek(s, 0);

		if (quote) {
			if (c == quote)
				quote = 0;
		} else if (c == '"' || c == '\'') {
			quote = c;
		} else if (c == '>') {
			break;
		} else if (c == '/' && peek(s, 1) == '>') {
			tag.empty = true;
			tag.slash = s->at;
			skip(s, 1);
			break;
		}
	}
	skip(s, 1);
	tag.end = tag.content = tag.content_end = s->at;
	ARRAY_GROW(out->tags, out->count);
	out->tags[out->count] = tag;
	if (!tag.empty) {
		ARRAY_GROW(s->open, s->depth);
		s->open[s->depth++] = out->count;
	}
	out->count++;
}

/* Ends the innermost open element: its content lies before this tag. */
static void
end_tag(struct scanner *s)
{
	size_t here = s->at;

	if (s->depth)
		s->out->tags[s->open[--s->depth]].content_end = here;
	skip_past(s, ">");
}

static void
run(struct scanner *s)
{
	while (!at_end(s)) {
		if (peek(s, 0) != '<')
			skip(s, 1);
		else if (looking_at(s, "<!--"))
			skip_past(s, "-->");
		else if (looking_at(s, "<![CDATA["))
			skip_past(s, "]]>");
		else if (looking_at(s, "<!"))
			skip_doctype(s);
		else if (looking_at(s, "<?"))
			skip_past(s, "?>");
		else if (looking_at(s, "</"))
			end_tag(s);
		else
			start_tag(s);
	}
}

/* Blanks around a value belong to the file's layout, not to the value. */
static void
trim(const struct xml_scan *out, const uint8_t *p, size_t len, struct xml_tag *tag)
{
	struct xml_scan copy = *out;
	struct scanner s = { .out = &copy, .p = p, .len = len };
	size_t unit = (size_t)out->unit;

	tag->value = tag->content;
	tag->value_end = tag->content_end;
	for (s.at = tag->value; tag->value < tag->value_end && is_blank(peek(&s, 0));
	     s.at = tag->value)
		tag->value += unit;
	for (s.at = tag->value_end - unit; tag->value < tag->value_end && is_blank(peek(&s, 0));
	     s.at = tag->value_end - unit)
		tag->value_end -= unit;
}

static void
find_encoding(struct xml_scan *out, const uint8_t *p, size_t len)
{
	out->unit = 1;
	if (len >= 2 && ((p[0] == 0xff && p[1] == 0xfe) || (p[0] == '<' && p[1] == 0)))
		out->unit = 2;
	if (len >= 2 && ((p[0] == 0xfe && p[1] == 0xff) || (p[0] == 0 && p[1] == '<'))) {
		out->unit = 2;
		out->big_endian = true;
	}
}

int
xml_scan_run(struct xml_scan *s, const uint8_t *p, size_t len, struct error *err)
{
	struct scanner scanner = { .out = s, .p = p, .len = len };

	*s = (struct xml_scan){ 0 };
	find_encoding(s, p, len);
	run(&scanner);
	free(scanner.open);
	if (scanner.depth)
		return error_set(err, ERR_CORRUPT, "an element has no end");
	for (size_t i = 0; i < s->count; i++)
		trim(s, p, len, &s->tags[i]);
	return 0;
}

void
xml_scan_clear(struct xml_scan *s)
{
	free(s->tags);
	*s = (struct xml_scan){ 0 };
}
