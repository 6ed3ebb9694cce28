/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A document's insides, shared by xml.c, which reads it, and xml-edit.c and xml-append.c, which write new texts of it. */
#ifndef RESPREP_ANSWER_XML_PRIVATE_H
#define RESPREP_ANSWER_XML_PRIVATE_H

#include "answer/xml-scan.h"
#include "answer/xml.h"

struct text;

struct xml {
	uint8_t *bytes;
	size_t len;
	struct _xmlDoc *doc;
	struct _xmlNode **elements; /* in document order */
	size_t *parents;
	size_t count;
	struct xml_scan scan;
	bool has_dtd;
	size_t *characters; /* UTF-8: how many stand before each COUNT_STEP bytes */
	char *complaint;    /* see xml_complaint() */
	bool utf8;	    /* unit 1 and what is no ASCII is UTF-8 */
};

/* ---- xml-edit.c: into a new text of the document ---- */

void xml_add_bytes(const struct xml *x, size_t from, size_t to, struct text *out);
/* UTF-8 that is markup, in the document's encoding. */
void xml_add_string(const struct xml *x, const char *s, struct text *out);
/* A value as text of an element, escaped; in an encoding of single bytes that is not UTF-8 what is no ASCII is written by number. */
void xml_add_value(const struct xml *x, const char *s, struct text *out);

/* Whether ASCII `text` stands at that byte; and the byte behind the next `text`, at most `end`. */
bool xml_looking_at(const struct xml *x, size_t at, const char *text);
size_t xml_past(const struct xml *x, size_t at, size_t end, const char *text);

#endif
