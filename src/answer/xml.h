/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * XML read to find places in its text.  libxml2 parses (no network, no entities from outside, no
 * DTD, bounded); our own scanner finds where in the bytes the element's content stands, and an edit replaces only those.
 */
#ifndef RESPREP_ANSWER_XML_H
#define RESPREP_ANSWER_XML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct xml;

/* Parses; keeps a copy of the bytes.  ERR_CORRUPT: "line 12, column 5: …"; ERR_UNSUPPORTED: an encoding whose markup is not ASCII.  UTF-8 with or without BOM, UTF-16LE/BE with BOM, declared ANSI encodings. */
struct xml *xml_open(const void *p, size_t n, struct error *err);
void xml_close(struct xml *x);
void xml_closep(struct xml **x);
#define CLEANUP_XML __attribute__((cleanup(xml_closep)))

/* A place in the document. */
struct xml_place {
	int line; /* from 1, where the element starts */
	size_t offset,
		len; /* bytes of the element's text content in the file, without surrounding markup */
	char *text; /* the content as text, trimmed; owned */
};
void xml_place_clear(struct xml_place *p);

/* Whether it has a DOCTYPE: its elements may then stand nowhere in its bytes, and none is listed. */
bool xml_has_doctype(const struct xml *x);

/*
 * An element by its position among all elements of the document (0: the root), in document order.
 * Borrowed texts; valid until xml_close().
 */
size_t xml_count(const struct xml *x);
const char *xml_name(const struct xml *x, size_t i);	  /* local name, without prefix */
const char *xml_namespace(const struct xml *x, size_t i); /* "" without */
size_t xml_parent(const struct xml *x, size_t i);	  /* SIZE_MAX for the root */
/* An attribute without namespace; NULL when it has none; the caller's. */
char *xml_attribute(const struct xml *x, size_t i, const char *name);

/*
 * The content of an element that holds text only: ERR_UNSUPPORTED when it has elements, or when the document declares
 * entities of its own, because then its text does not stand in its bytes.
 */
int xml_place_of(const struct xml *x, size_t i, struct xml_place *ret, struct error *err);

/*
 * The document with each of the places replaced by `value` (ASCII without markup) in the document's encoding; an empty element
 * "<a/>" becomes "<a>value</a>".  The caller's.
 */
uint8_t *xml_replace(const struct xml *x, const size_t *elements, size_t count, const char *value,
		     size_t *ret_len, struct error *err);

#endif
