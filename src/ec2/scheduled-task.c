/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scheduled tasks: whether a <Task> is enabled, starts with Windows, and what it runs. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "answer/xml.h"
#include "ec2/scheduled-task.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "util/utf16.h"
#include "volume/volume.h"

#define TASK_LIMIT (1u << 20)

/* Whether element `i` lies in `inner` of `outer`. */
static bool
is_in(const struct xml *x, size_t i, const char *inner, const char *outer)
{
	size_t one = xml_parent(x, i), two = one == SIZE_MAX ? SIZE_MAX : xml_parent(x, one);

	return two != SIZE_MAX && strcmp(xml_name(x, one), inner) == 0 &&
	       strcmp(xml_name(x, two), outer) == 0;
}

/* Whether a child <Enabled> of `i` says that it is not. */
static bool
is_disabled(const struct xml *x, size_t i)
{
	for (size_t k = i + 1; k < xml_count(x) && xml_parent(x, k) >= i; k++) {
		CLEANUP_ERROR struct error ignored = ERROR_INIT;
		struct xml_place place = { 0 };
		bool no;

		if (xml_parent(x, k) != i || strcmp(xml_name(x, k), "Enabled") != 0 ||
		    xml_place_of(x, k, &place, &ignored) < 0)
			continue;
		no = name_equal(place.text, "false") || strcmp(place.text, "0") == 0;
		xml_place_clear(&place);
		if (no)
			return true;
	}
	return false;
}

static void
add_text(const struct xml *x, size_t i, struct text *out)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	struct xml_place place = { 0 };

	if (xml_place_of(x, i, &place, &ignored) == 0)
		text_addf(out, "%s\n", place.text);
	xml_place_clear(&place);
}

int
scheduled_task_read(struct volume *v, const char *path, struct scheduled_task *ret,
		    struct error *err)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	CLEANUP_XML struct xml *x = NULL;
	CLEANUP_TEXT struct text runs = TEXT_INIT;
	size_t len;

	*ret = (struct scheduled_task){ .enabled = true };
	bytes = volume_read_file(v, path, TASK_LIMIT, &len, err);
	x = bytes ? xml_open(bytes, len, err) : NULL;
	if (!x)
		return -1;
	for (size_t i = 1; i < xml_count(x); i++) {
		const char *name = xml_name(x, i);

		if (strcmp(name, "Settings") == 0 && xml_parent(x, i) == 0)
			ret->enabled &= !is_disabled(x, i);
		else if (strcmp(name, "BootTrigger") == 0 && is_in(x, i, "Triggers", "Task"))
			ret->at_boot |= !is_disabled(x, i);
		else if ((strcmp(name, "Command") == 0 || strcmp(name, "Arguments") == 0) &&
			 is_in(x, i, "Exec", "Actions"))
			add_text(x, i, &runs);
	}
	ret->runs = text_steal(&runs);
	return 0;
}

void
scheduled_task_clear(struct scheduled_task *t)
{
	free(t->runs);
	*t = (struct scheduled_task){ 0 };
}
