/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An edit proven: what was to change has changed, and nothing else. */
#include <string.h>

#include "answer/xml-value.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"

/* The number in the edited file of what was element `i`. */
static size_t
moved(const struct xml_edit *e, size_t i)
{
	return i == SIZE_MAX || i < e->first ? i : i + e->made;
}

static bool
text_is(const struct xml *x, size_t i, const char *text)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	struct xml_place place = { 0 };
	bool is = xml_place_of(x, i, &place, &ignored) == 0 && strcmp(place.text, text) == 0;

	xml_place_clear(&place);
	return is;
}

static bool
is_same(const struct xml *x, size_t i, const struct xml *now, const struct xml_edit *e, bool edited)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	struct xml_place old = { 0 };
	size_t k = moved(e, i);
	bool same = strcmp(xml_name(x, i), xml_name(now, k)) == 0 &&
		    strcmp(xml_namespace(x, i), xml_namespace(now, k)) == 0 &&
		    moved(e, xml_parent(x, i)) == xml_parent(now, k);

	/* one that held nothing may hold the new element now */
	if (!same || xml_has_elements(x, i) || xml_has_elements(now, k))
		return same && !edited;
	same = xml_place_of(x, i, &old, &ignored) == 0 &&
	       text_is(now, k, edited ? e->value : old.text);
	xml_place_clear(&old);
	return same;
}

int
xml_prove(const struct xml *x, const struct xml_edit *e, const void *bytes, size_t len,
	  struct error *err)
{
	CLEANUP_XML struct xml *now = xml_open(bytes, len, err);
	size_t next = 0;

	if (!now)
		return error_prefix(err, "the edited file");
	if (xml_count(now) != xml_count(x) + e->made)
		return error_set(err, ERR_INTERNAL,
				 "the edited file has not the elements that it should");
	for (size_t i = 0; i < xml_count(x); i++) {
		bool edited = next < e->count && e->elements[next] == i;

		if (!is_same(x, i, now, e, edited))
			return error_set(err, ERR_INTERNAL,
					 "the edited file differs where it should not");
		next += edited;
	}
	if (e->made && !text_is(now, e->first + e->made - 1, e->value))
		return error_set(err, ERR_INTERNAL, "the edited file does not hold the new value");
	return 0;
}

uint8_t *
xml_set_value(const struct xml *x, size_t i, const char *value, size_t *ret_len, struct error *err)
{
	const struct xml_edit edit = { &i, 1, SIZE_MAX, 0, value };
	CLEANUP_FREE uint8_t *bytes = NULL;
	struct xml_place place = { 0 };

	if (xml_check_value(value, err) < 0)
		return NULL;
	if (xml_refuse_doctype(x, err) < 0 || xml_place_of(x, i, &place, err) < 0)
		return NULL;
	xml_place_clear(&place);
	bytes = xml_replace(x, &i, 1, value, ret_len, err);
	if (!bytes || xml_prove(x, &edit, bytes, *ret_len, err) < 0)
		return NULL;
	return steal(&bytes);
}
