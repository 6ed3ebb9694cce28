/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EC2Config: its folder, answer file and log on the volume; its service and version in the hives. */
#include <stdlib.h>
#include <string.h>

#include "ec2/ec2config.h"
#include "registry/hive.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "volume/volume.h"
#include "windows/windows.h"

/* The second is of the images of 2008 and 2009. */
static const char *const folders[] = { "/Program Files/Amazon/Ec2ConfigService",
				       "/Program Files/Amazon/Ec2ConfigSetup" };

/* AWS's documents name both. */
static const char *const logs[] = { "Logs/Ec2ConfigLog.txt", "Logs/Ec2Config.log" };

static const char *const uninstall[] = {
	"Microsoft\\Windows\\CurrentVersion\\Uninstall",
	"Wow6432Node\\Microsoft\\Windows\\CurrentVersion\\Uninstall"
};

static char *
existing(struct volume *v, const char *folder, const char *name)
{
	CLEANUP_FREE char *path = xasprintf("%s/%s", folder, name);

	return volume_exists(v, path) ? steal(&path) : NULL;
}

/* DisplayVersion of the entry whose DisplayName is EC2ConfigService. */
static char *
version_below(struct hive *h, const char *path)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	CLEANUP_FREE hive_key *keys = NULL;
	size_t count;
	hive_key list;

	if (hive_find_path(h, path, &list, &ignored) < 0 ||
	    hive_subkeys(h, list, &keys, &count, &ignored) < 0)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		CLEANUP_ERROR struct error absent = ERROR_INIT;
		CLEANUP_HIVE_VALUE struct hive_value name = { 0 };
		CLEANUP_HIVE_VALUE struct hive_value version = { 0 };
		CLEANUP_FREE char *text = NULL;

		if (hive_value(h, keys[i], "DisplayName", &name, &absent) < 0)
			continue;
		text = hive_value_text(&name);
		if (text && name_equal(text, "EC2ConfigService") &&
		    hive_value(h, keys[i], "DisplayVersion", &version, &absent) == 0)
			return hive_value_text(&version);
	}
	return NULL;
}

static void
read_registry(struct windows *w, struct ec2config *e)
{
	CLEANUP_ERROR struct error e1 = ERROR_INIT, e2 = ERROR_INIT;
	struct hive *software = windows_hive(w, HIVE_SOFTWARE, &e1);
	struct hive *system = windows_hive(w, HIVE_SYSTEM, &e2);
	CLEANUP_CONTROL_SETS struct control_sets sets = { 0 };
	CLEANUP_FREE char *service = NULL;

	e->start = UINT32_MAX;
	for (size_t i = 0; software && !e->version && i < ARRAY_SIZE(uninstall); i++)
		e->version = version_below(software, uninstall[i]);
	if (!system || windows_control_sets(w, &sets, &e2) < 0)
		return;
	service = xasprintf("%s\\Services\\Ec2Config", sets.write[0]);
	if (hive_get_u32(system, service, "Start", &e->start, &e2) < 0)
		e->start = UINT32_MAX;
}

int
ec2config_read(struct windows *w, struct ec2config *ret, struct error *err)
{
	struct volume *v = windows_volume(w);

	(void)err;
	*ret = (struct ec2config){ .start = UINT32_MAX };
	for (size_t i = 0; !ret->folder && i < ARRAY_SIZE(folders); i++)
		if (volume_exists(v, folders[i]))
			ret->folder = xstrdup(folders[i]);
	read_registry(w, ret);
	if (!ret->folder)
		return 0;
	ret->answer_file = existing(v, ret->folder, "sysprep2008.xml");
	for (size_t i = 0; !ret->log && i < ARRAY_SIZE(logs); i++)
		ret->log = existing(v, ret->folder, logs[i]);
	return 0;
}

void
ec2config_clear(struct ec2config *e)
{
	free(e->folder);
	free(e->answer_file);
	free(e->log);
	free(e->version);
	*e = (struct ec2config){ .start = UINT32_MAX };
}
