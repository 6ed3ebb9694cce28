/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The proof of an edit of XML, and an edit of one value with it. */
#ifndef RESPREP_ANSWER_XML_VALUE_H
#define RESPREP_ANSWER_XML_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include "answer/xml.h"

struct error;

/* What an edit was to do. */
struct xml_edit {
	const size_t *elements; /* which got the value; in order */
	size_t count;
	size_t first,
		made; /* so many new elements from this number on, each within the one before; the last has the value */
	const char *value;
};

/*
 * Reads the edited bytes, and compares: every element of `x` is there, in its place, and with its text, but for what the edit was to do.
 * ERR_INTERNAL otherwise, and the edit must not be used.
 */
int xml_prove(const struct xml *x, const struct xml_edit *e, const void *bytes, size_t len,
	      struct error *err);

/*
 * The file with the text of element `i` replaced by `value` (UTF-8): by xml_replace(), proven.  ERR_UNSUPPORTED: the element holds elements, or the
 * file has a DOCTYPE; ERR_USAGE: XML cannot hold `value`.  The caller's.
 */
uint8_t *xml_set_value(const struct xml *x, size_t i, const char *value, size_t *ret_len,
		       struct error *err);

#endif
