/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether EMS is on: Objects\{GUID}\Elements\NUMBER, value Element, of which the first byte says. */
#include <stdlib.h>

#include "registry/hive.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "volume/volume.h"
#include "windows/boot-data.h"
#include "windows/windows.h"

#define BCD_LIMIT     (16u << 20)
#define EMS	      "260000b0"
#define BOOT_EMS      "16000020"
#define EMS_SETTINGS  "{0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9}"
#define OBJECTS_LIMIT 1024u /* a store has some dozens */

/* An element that is not there is off. */
static int
read_element(struct hive *h, hive_key object, const char *element, bool *on, struct error *err)
{
	CLEANUP_FREE char *path = xasprintf("Elements\\%s", element);
	CLEANUP_HIVE_VALUE struct hive_value value = { 0 };
	hive_key key;

	if (hive_find(h, object, path, &key, err) < 0 ||
	    hive_value(h, key, "Element", &value, err) < 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		error_clear(err);
		return 0;
	}
	*on |= value.len && value.data[0];
	return 0;
}

static int
read_objects(struct hive *h, struct boot_ems *ret, struct error *err)
{
	CLEANUP_FREE hive_key *list = NULL;
	hive_key objects;
	size_t count;

	if (hive_find_path(h, "Objects", &objects, err) < 0 ||
	    hive_subkeys(h, objects, &list, &count, err) < 0)
		return -1;
	if (count > OBJECTS_LIMIT)
		return error_set(err, ERR_LIMIT, "BCD has more objects than any store");
	for (size_t i = 0; i < count; i++) {
		CLEANUP_FREE char *name = hive_key_name(h, list[i], err);

		if (!name || read_element(h, list[i], EMS, &ret->ems, err) < 0 ||
		    (!name_equal(name, EMS_SETTINGS) &&
		     read_element(h, list[i], BOOT_EMS, &ret->bootems, err) < 0))
			return -1;
	}
	return 0;
}

int
boot_ems_read(struct windows *w, struct boot_ems *ret, struct error *err)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	CLEANUP_HIVE struct hive *h = NULL;
	size_t len;

	*ret = (struct boot_ems){ 0 };
	bytes = volume_read_file(windows_volume(w), BOOT_DATA_PATH, BCD_LIMIT, &len, err);
	h = bytes ? hive_open_memory("BCD", bytes, len, err) : NULL;
	if (!h)
		return -1;
	if (!hive_current(h))
		return error_set(err, ERR_CORRUPT,
				 "BCD is dirty: its last changes may stand in its log only");
	if (read_objects(h, ret, err) == 0)
		return 0;
	/* a store without objects is a damaged one, not one that is missing */
	if (err->code == ERR_NOT_FOUND)
		err->code = ERR_CORRUPT;
	return -1;
}
