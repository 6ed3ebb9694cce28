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
/* ERR_UNSUPPORTED with the place of the DOCTYPE, when it has one. */
int xml_refuse_doctype(const struct xml *x, struct error *err);

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

/* One of the namespace `uri`. */
char *xml_attribute_ns(const struct xml *x, size_t i, const char *uri, const char *name);
/* The prefix by which `uri` may be named at that element; NULL without one. */
const char *xml_prefix_of(const struct xml *x, size_t i, const char *uri);
bool xml_has_elements(const struct xml *x, size_t i);

/* The byte at which the element's start tag begins; and line and column, from 1, of any byte (a column is a character, a UTF-16 unit there). */
size_t xml_offset(const struct xml *x, size_t i);
void xml_where(const struct xml *x, size_t offset, int *line, int *column);

/* "UTF-8", "UTF-16LE", "UTF-16BE", or as declared; whether the file begins with a byte-order mark; all its bytes. */
const char *xml_encoding_name(const struct xml *x);
bool xml_has_mark(const struct xml *x);
/* What is wrong although it is well-formed ("line 3, column 7: Namespace prefix wcm … is not defined"); NULL when nothing is; borrowed. */
const char *xml_complaint(const struct xml *x);
const uint8_t *xml_bytes(const struct xml *x, size_t *ret_len);

/*
 * The content of an element that holds text only: ERR_UNSUPPORTED when it has elements.  (Of a document with a DOCTYPE no element is
 * listed, because its text may not stand in its bytes.)
 */
int xml_place_of(const struct xml *x, size_t i, struct xml_place *ret, struct error *err);

/* ---- new texts; every byte that is not named stays as it is (xml-edit.c) ---- */

/* Whether `value` can stand in XML 1.0 and be read again as it is: no control characters, no blanks around it; ERR_USAGE says what is wrong. */
int xml_check_value(const char *value, struct error *err);

/*
 * The document with the text of each of these elements, which are in order and hold no elements, replaced by `value`, escaped and in the document's
 * encoding (as character references where that has no room for it).  Comments in the element stay, a CDATA section stays one, "<a/>" becomes
 * "<a>value</a>".  The caller's.
 */
uint8_t *xml_replace(const struct xml *x, const size_t *elements, size_t count, const char *value,
		     size_t *ret_len, struct error *err);

/* The same whatever the elements hold: elements and comments in them are gone. */
uint8_t *xml_replace_content(const struct xml *x, const size_t *elements, size_t count,
			     const char *value, size_t *ret_len, struct error *err);

/* An element to be made: its local name, and its attributes as they are to be written (" wcm:action=\"add\"", or ""). */
struct xml_step {
	const char *name, *attributes;
};

/*
 * The document with new elements as the last child of `parent`, each within the one before, `value` in the innermost.  They
 * have the parent's prefix; line ends and indentation are those of the elements beside them.  ERR_REFUSED when the parent holds text.
 */
uint8_t *xml_append(const struct xml *x, size_t parent, const struct xml_step *steps, size_t count,
		    const char *value, size_t *ret_len, struct error *err);

/* The same right behind an element that is not the root, within its parent. */
uint8_t *xml_insert_after(const struct xml *x, size_t beside, const struct xml_step *steps,
			  size_t count, const char *value, size_t *ret_len, struct error *err);

/* What stands between the name and the end of a start tag, as in " a=\"b\""; NULL when it is not all ASCII; the caller's. */
char *xml_attributes_text(const struct xml *x, size_t i);

#endif
