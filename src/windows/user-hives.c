/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hives of users: NTUSER.DAT and UsrClass.dat in the profile that ProfileList names for a SID. */
#include <stdlib.h>
#include <string.h>

#include "registry/hive.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "windows/drive-letters.h"
#include "windows/profiles.h"
#include "windows/windows.h"

static const char classes[] = "_Classes";

/* The folder of the profile on this volume; the caller's. */
static char *
profile_folder(struct windows *w, const char *sid, struct error *err)
{
	CLEANUP_FREE char *key = xasprintf("%s\\%s", PROFILE_LIST_KEY, sid);
	CLEANUP_FREE char *system_root = NULL;
	CLEANUP_FREE char *path = NULL;
	struct hive *h = windows_hive(w, HIVE_SOFTWARE, err);
	char *folder = NULL, letter = 0, its;
	const char *source;

	if (!h)
		return NULL;
	path = hive_get_text(h, key, "ProfileImagePath", err);
	if (!path) {
		error_prefix(err, "the profile of %s", sid);
		return NULL;
	}
	system_root = hive_get_text(h, "Microsoft\\Windows NT\\CurrentVersion", "SystemRoot", err);
	error_clear(err);
	if (drive_letter_of_volume(w, NULL, &letter, &source, err) < 0)
		return NULL;
	drive_letter_map(path, letter, system_root, &its, &folder);
	if (!folder)
		error_set(err, ERR_NOT_FOUND, "the profile of %s ('%s') is not on this volume", sid,
			  path);
	return folder;
}

int
windows_user_hive(struct windows *w, const char *sid, enum windows_hive *ret, struct error *err)
{
	bool of_classes = name_ends_with(sid, classes);
	CLEANUP_FREE char *user = xstrndup(sid, strlen(sid) - (of_classes ? strlen(classes) : 0));
	CLEANUP_FREE char *folder = NULL;
	CLEANUP_FREE char *path = NULL;
	CLEANUP_FREE char *name = xasprintf("HKU\\%s", sid);

	/* the system's own profile is under both names */
	if (name_equal(sid, ".DEFAULT") || name_equal(sid, "S-1-5-18")) {
		*ret = HIVE_DEFAULT;
		return 0;
	}
	folder = profile_folder(w, user, err);
	if (!folder)
		return -1;
	path = xasprintf("%s/%s", folder,
			 of_classes ? "AppData/Local/Microsoft/Windows/UsrClass.dat" :
				      "NTUSER.DAT");
	*ret = windows_add_hive(w, name, path);
	return 0;
}
