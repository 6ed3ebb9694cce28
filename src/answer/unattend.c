/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Answer files: <unattend><settings pass="…"><component name="…"><Setting>value</Setting>.
 */
#include <stdlib.h>
#include <string.h>

#include "answer/unattend.h"
#include "answer/xml-value.h"
#include "answer/xml.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"

#define NAMESPACE "urn:schemas-microsoft-com:unattend"

/* Whether element `i` is NAME of the answer file's namespace (or of none: Windows would not take it, a reader may). */
static bool
is_element(const struct xml *x, size_t i, const char *name)
{
	const char *ns = xml_namespace(x, i);

	return i != SIZE_MAX && strcmp(xml_name(x, i), name) == 0 &&
	       (!*ns || strcmp(ns, NAMESPACE) == 0);
}

static bool
attribute_is(const struct xml *x, size_t i, const char *name, const char *value)
{
	CLEANUP_FREE char *found = xml_attribute(x, i, name);

	return found && name_equal(found, value);
}

int
unattend_find(struct xml *x, const char *pass, const char *component, const char *setting,
	      struct unattend_settings *ret, struct error *err)
{
	*ret = (struct unattend_settings){ 0 };
	if (xml_refuse_doctype(x, err) < 0)
		return -1;
	for (size_t i = 0; i < xml_count(x); i++) {
		size_t comp = xml_parent(x, i);
		size_t settings = comp == SIZE_MAX ? SIZE_MAX : xml_parent(x, comp);
		struct unattend_setting *s;

		if (settings == SIZE_MAX || !is_element(x, i, setting) ||
		    !is_element(x, comp, "component") || !is_element(x, settings, "settings") ||
		    !attribute_is(x, comp, "name", component) ||
		    !attribute_is(x, settings, "pass", pass))
			continue;
		ARRAY_GROW(ret->list, ret->count);
		s = &ret->list[ret->count];
		*s = (struct unattend_setting){ .element = i };
		if (xml_place_of(x, i, &s->place, err) < 0) {
			unattend_settings_clear(ret);
			return -1;
		}
		s->architecture = xml_attribute(x, comp, "processorArchitecture");
		ret->count++;
	}
	return 0;
}

void
unattend_settings_clear(struct unattend_settings *s)
{
	for (size_t i = 0; i < s->count; i++) {
		free(s->list[i].architecture);
		xml_place_clear(&s->list[i].place);
	}
	free(s->list);
	*s = (struct unattend_settings){ 0 };
}

/* The edited file must parse, and hold the value at just those elements. */
uint8_t *
unattend_replace(struct xml *x, const struct unattend_settings *s, const char *value,
		 size_t *ret_len, struct error *err)
{
	CLEANUP_FREE size_t *elements = xcalloc(s->count, sizeof *elements);
	CLEANUP_FREE uint8_t *bytes = NULL;
	const struct xml_edit edit = { elements, s->count, SIZE_MAX, 0, value };

	for (size_t i = 0; i < s->count; i++)
		elements[i] = s->list[i].element;
	bytes = xml_replace(x, elements, s->count, value, ret_len, err);
	if (!bytes || xml_prove(x, &edit, bytes, *ret_len, err) < 0)
		return NULL;
	return steal(&bytes);
}

int
unattend_bool(const char *text)
{
	if (name_equal(text, "true") || strcmp(text, "1") == 0)
		return 1;
	if (name_equal(text, "false") || strcmp(text, "0") == 0)
		return 0;
	return -1;
}
