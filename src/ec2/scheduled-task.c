/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scheduled tasks: <Task><Settings><Enabled>. */
#include <stdint.h>
#include <string.h>

#include "answer/xml.h"
#include "ec2/scheduled-task.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "volume/volume.h"

#define TASK_LIMIT (1u << 20)

int
scheduled_task_read(struct volume *v, const char *path, bool *ret_enabled, struct error *err)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	CLEANUP_XML struct xml *x = NULL;
	size_t len;

	*ret_enabled = true;
	bytes = volume_read_file(v, path, TASK_LIMIT, &len, err);
	x = bytes ? xml_open(bytes, len, err) : NULL;
	if (!x)
		return -1;
	for (size_t i = 1; i < xml_count(x); i++) {
		struct xml_place place = { 0 };

		if (strcmp(xml_name(x, i), "Enabled") != 0 ||
		    strcmp(xml_name(x, xml_parent(x, i)), "Settings") != 0)
			continue;
		if (xml_place_of(x, i, &place, err) < 0)
			return -1;
		*ret_enabled = !name_equal(place.text, "false") && strcmp(place.text, "0") != 0;
		xml_place_clear(&place);
	}
	return 0;
}
