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

int
xml_scan_char(const struct xml_scan *s, const uint8_t *p, size_t len, size_t at)
{
	size_t unit = (size_t)s->unit;

	if (at > len || len - at < unit)
		return 0;
	if (unit == 1)
		return p[at] < 0x80 ? p[at] : 0x80;
	if (p[at + (s->big_endian ? 0 : 1)])
		return 0x80;
	return p[at + (s->big_endian ? 1 : 0)] < 0x80 ? p[at + (s->big_endian ? 1 : 0)] : 0x80;
}

bool
xml_scan_is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The character `i` characters ahead. */
static int
peek(const struct scanner *s, size_t i)
{
	return xml_scan_char(s->out, s->p, s->len, s->at + i * (size_t)s->out->unit);
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
	while (!at_end(s) && !xml_scan_is_blank(peek(s, 0)) && peek(s, 0) != '>' &&
	       peek(s, 0) != '/')
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
	tag.end = tag.content = tag.content_end = tag.after = s->at;
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

	skip_past(s, ">");
	if (s->depth) {
		struct xml_tag *tag = &s->out->tags[s->open[--s->depth]];

		tag->content_end = here;
		tag->after = s->at < s->len ? s->at : s->len;
	}
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
	for (s.at = tag->value; tag->value < tag->value_end && xml_scan_is_blank(peek(&s, 0));
	     s.at = tag->value)
		tag->value += unit;
	for (s.at = tag->value_end - unit;
	     tag->value < tag->value_end && xml_scan_is_blank(peek(&s, 0));
	     s.at = tag->value_end - unit)
		tag->value_end -= unit;
}

static void
find_encoding(struct xml_scan *out, const uint8_t *p, size_t len)
{
	out->unit = 1;
	if (len >= 3 && p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf)
		out->marked = true;
	if (len >= 2 && ((p[0] == 0xff && p[1] == 0xfe) || (p[0] == '<' && p[1] == 0)))
		out->unit = 2;
	if (len >= 2 && ((p[0] == 0xfe && p[1] == 0xff) || (p[0] == 0 && p[1] == '<'))) {
		out->unit = 2;
		out->big_endian = true;
	}
	if (out->unit == 2 && p[0] && p[1] && p[0] != '<' && p[1] != '<')
		out->marked = true;
}

/* <?xml version="1.0" encoding="utf-8"?> */
static void
read_declaration(struct scanner *s)
{
	struct xml_scan *out = s->out;
	size_t n = 0;
	int quote;

	s->at = out->marked ? (out->unit == 2 ? 2 : 3) : 0;
	if (!looking_at(s, "<?xml"))
		return;
	while (!at_end(s) && !looking_at(s, "?>") && !looking_at(s, "encoding"))
		skip(s, 1);
	if (!looking_at(s, "encoding"))
		return;
	skip(s, strlen("encoding"));
	while (xml_scan_is_blank(peek(s, 0)) || peek(s, 0) == '=')
		skip(s, 1);
	quote = peek(s, 0);
	if (quote != '"' && quote != '\'')
		return;
	skip(s, 1);
	out->declared_at = s->at;
	for (; !at_end(s) && peek(s, 0) != quote && n + 1 < sizeof out->declared; skip(s, 1))
		out->declared[n++] = (char)peek(s, 0);
	out->declared[n] = '\0';
}

/* Before it there can be a declaration, instructions and comments only. */
static void
find_doctype(struct scanner *s)
{
	s->at = s->out->marked ? (s->out->unit == 2 ? 2 : 3) : 0;
	for (;;) {
		while (xml_scan_is_blank(peek(s, 0)))
			skip(s, 1);
		if (looking_at(s, "<?"))
			skip_past(s, "?>");
		else if (looking_at(s, "<!--"))
			skip_past(s, "-->");
		else
			break;
	}
	s->out->doctype_at = looking_at(s, "<!DOCTYPE") ? s->at : SIZE_MAX;
}

static void
find_lines(struct scanner *s)
{
	struct xml_scan *out = s->out;

	for (s->at = 0; !at_end(s); skip(s, 1)) {
		if (peek(s, 0) != '\n')
			continue;
		ARRAY_GROW(out->lines, out->line_count);
		out->lines[out->line_count++] = s->at + (size_t)out->unit;
	}
}

void
xml_scan_prologue(struct xml_scan *s, const uint8_t *p, size_t len)
{
	struct scanner scanner = { .out = s, .p = p, .len = len };

	xml_scan_clear(s);
	find_encoding(s, p, len);
	read_declaration(&scanner);
	find_doctype(&scanner);
	find_lines(&scanner);
}

int
xml_scan_run(struct xml_scan *s, const uint8_t *p, size_t len, struct error *err)
{
	struct scanner scanner = { .out = s, .p = p, .len = len };

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
	free(s->lines);
	*s = (struct xml_scan){ 0 };
}
