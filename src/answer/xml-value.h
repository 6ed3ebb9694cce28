/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One value of an XML file set to any text, by its bytes. */
#ifndef RESPREP_ANSWER_XML_VALUE_H
#define RESPREP_ANSWER_XML_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include "answer/xml.h"

struct error;

/*
 * The file `bytes`, of which `x` was made, with the text of element `i` replaced by `value` (UTF-8).  Comments beside it and the wrapping of a
 * CDATA section stay; markup and what is not ASCII are written as references.  The result is read again, and must hold the same elements and texts but
 * for that one.  ERR_UNSUPPORTED: the element holds elements, or its text stands in several pieces; the file has a DOCTYPE; `value` has a character that
 * XML cannot hold.  The caller's.
 */
uint8_t *xml_set_value(const struct xml *x, const void *bytes, size_t len, size_t i,
		       const char *value, size_t *ret_len, struct error *err);

#endif
