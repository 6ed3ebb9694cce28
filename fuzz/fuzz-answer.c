/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Answer files: every element asked for everything, the settings that checks ask for found, and one edit of each: the
 * result is well-formed, says the new value, and is otherwise the same bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "answer/unattend.h"
#include "answer/xml.h"
#include "fuzz/fuzz.h"
#include "util/cleanup.h"
#include "util/error.h"

#define ELEMENTS 64 /* looked at one by one */
#define SHELL	 "Microsoft-Windows-Shell-Setup"

/* All but the content of the place is as it was; an empty element has gained an end tag. */
static void
rest_is_same(const uint8_t *old, size_t old_len, const uint8_t *new, size_t new_len, size_t place)
{
	size_t head = 0, tail = 0;

	while (head < old_len && head < new_len && old[head] == new[head])
		head++;
	while (tail < old_len - head && tail < new_len - head &&
	       old[old_len - 1 - tail] == new[new_len - 1 - tail])
		tail++;
	/* what was replaced, and of "<a />" up to the slash, its blanks and the angle bracket */
	FUZZ_ASSERT(old_len - head - tail <= place + 8);
}

static void
replace_one(struct xml *x, const struct unattend_setting *s, const uint8_t *data, size_t size)
{
	CLEANUP_ERROR struct error err = ERROR_INIT, again = ERROR_INIT;
	struct unattend_settings one = { (struct unattend_setting *)(uintptr_t)s, 1 };
	CLEANUP_FREE uint8_t *edited = NULL;
	CLEANUP_XML struct xml *y = NULL;
	struct xml_place place = { 0 };
	size_t len = 0;

	FUZZ_ASSERT(s->place.offset <= size && s->place.len <= size - s->place.offset);
	edited = unattend_replace(x, &one, "false", &len, &err);
	FUZZ_ASSERT(!edited == (err.code != ERR_NONE));
	if (!edited)
		return;
	y = xml_open(edited, len, &again);
	FUZZ_ASSERT(y && xml_count(y) == xml_count(x));
	FUZZ_ASSERT(xml_place_of(y, s->element, &place, &again) == 0);
	FUZZ_ASSERT(strcmp(place.text, "false") == 0);
	xml_place_clear(&place);
	rest_is_same(data, size, edited, len, s->place.len);
}

static void
query(struct xml *x, const uint8_t *data, size_t size)
{
	static const struct {
		const char *pass, *component, *setting;
	} asked[] = { { "specialize", SHELL, "CopyProfile" },
		      { "oobeSystem", SHELL, "TimeZone" },
		      { "generalize", "Microsoft-Windows-PnpSysprep",
			"PersistAllDeviceInstalls" } };

	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		CLEANUP_UNATTEND_SETTINGS struct unattend_settings s = { 0 };
		CLEANUP_ERROR struct error err = ERROR_INIT;
		CLEANUP_FREE uint8_t *edited = NULL;
		size_t len;

		fuzz_expect(unattend_find(x, asked[i].pass, asked[i].component, asked[i].setting,
					  &s, &err),
			    &err);
		for (size_t k = 0; k < s.count; k++) {
			unattend_bool(s.list[k].place.text);
			if (k < 4)
				replace_one(x, &s.list[k], data, size);
		}
		if (s.count > 1) {
			edited = unattend_replace(x, &s, "true", &len, &err);
			fuzz_expect(edited ? 0 : -1, &err);
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_XML struct xml *x = xml_open(data, size, &err);

	fuzz_expect(x ? 0 : -1, &err);
	if (!x)
		return 0;
	for (size_t i = 0; i < xml_count(x) && i < ELEMENTS; i++) {
		struct unattend_setting s = { .element = i };

		FUZZ_ASSERT(xml_name(x, i) && xml_namespace(x, i));
		FUZZ_ASSERT(i ? xml_parent(x, i) < i : xml_parent(x, i) == SIZE_MAX);
		free(xml_attribute(x, i, "pass"));
		free(xml_attribute(x, i, "name"));
		if (xml_place_of(x, i, &s.place, &err) == 0 && i < 8)
			replace_one(x, &s, data, size);
		xml_place_clear(&s.place);
		error_clear(&err);
	}
	query(x, data, size);
	return 0;
}
