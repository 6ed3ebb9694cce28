/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the tags of a well-formed document stand in its bytes, in any encoding whose markup is ASCII or UTF-16.
 * For xml.c, which has had libxml2 parse it before.
 */
#ifndef RESPREP_ANSWER_XML_SCAN_H
#define RESPREP_ANSWER_XML_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

/* Byte offsets of one element. */
struct xml_tag {
	size_t name, name_end;	     /* of its start tag, with prefix */
	size_t slash, end;	     /* empty elements: "/" and behind ">" */
	bool empty;		     /* "<a/>" */
	size_t content, content_end; /* between start and end tag */
	size_t value, value_end;     /* the same without blanks around it */
	size_t after;		     /* behind the end tag, or behind "/>" */
};

struct xml_scan {
	struct xml_tag *tags; /* in the order of the start tags */
	size_t count;
	int unit; /* bytes a character of markup: 1 or 2 */
	bool big_endian;
	bool marked;   /* begins with a byte-order mark */
	size_t *lines; /* where each line but the first begins */
	size_t line_count;
	char declared[32]; /* encoding="…" of the declaration; "" without */
	size_t declared_at;
	size_t doctype_at; /* where <!DOCTYPE begins; SIZE_MAX without, or where it cannot be seen */
};

/* The character at byte `at`: 0 at the end, 0x80 for what is no ASCII. */
int xml_scan_char(const struct xml_scan *s, const uint8_t *p, size_t len, size_t at);
bool xml_scan_is_blank(int c);

/* Encoding, declaration, DOCTYPE and lines of any bytes; `s` is empty or what an earlier call has left. */
void xml_scan_prologue(struct xml_scan *s, const uint8_t *p, size_t len);
/* The tags, after xml_scan_prologue(). */
int xml_scan_run(struct xml_scan *s, const uint8_t *p, size_t len, struct error *err);
void xml_scan_clear(struct xml_scan *s);

#endif
