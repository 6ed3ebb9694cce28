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
};

struct xml_scan {
	struct xml_tag *tags; /* in the order of the start tags */
	size_t count;
	int unit; /* bytes a character of markup: 1 or 2 */
	bool big_endian;
};

int xml_scan_run(struct xml_scan *s, const uint8_t *p, size_t len, struct error *err);
void xml_scan_clear(struct xml_scan *s);

#endif
