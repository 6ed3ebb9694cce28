/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drive letters: of this volume when its Windows runs, and of paths that it stores. */
#include <stdlib.h>
#include <string.h>

#include "registry/hive.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "windows/drive-letters.h"
#include "windows/windows.h"

#define DOS_DEVICES "\\DosDevices\\"

static char
upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

static bool
is_letter(char c)
{
	return upper(c) >= 'A' && upper(c) <= 'Z';
}

/* Whether a value of MountedDevices speaks of this partition. */
static bool
is_here(const struct hive_value *v, const struct disk_place *place)
{
	static const uint8_t none[16];

	if (v->len == 12 && place->mbr_signature)
		return get_u32(v->data) == place->mbr_signature &&
		       get_u64(v->data + 4) == place->offset;
	if (v->len == 24 && memcmp(v->data, "DMIO:ID:", 8) == 0 &&
	    memcmp(place->partition_guid, none, 16) != 0)
		return memcmp(v->data + 8, place->partition_guid, 16) == 0;
	return false;
}

/* `usual`: the letter to take when several are given to this partition; 0: the first. */
static int
from_mounted_devices(struct hive *h, const struct disk_place *place, char usual, char *ret,
		     struct error *err)
{
	struct hive_value *values = NULL;
	size_t count = 0;
	hive_key key;

	if (hive_find_path(h, "MountedDevices", &key, err) < 0 ||
	    hive_values(h, key, &values, &count, err) < 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		error_clear(err);
		return 0;
	}
	for (size_t i = 0; i < count; i++) {
		const char *name = values[i].name;

		if (!name_starts_with(name, DOS_DEVICES))
			continue;
		name += strlen(DOS_DEVICES);
		if (is_letter(name[0]) && strcmp(name + 1, ":") == 0 &&
		    is_here(&values[i], place) && (!*ret || upper(name[0]) == usual))
			*ret = upper(name[0]);
	}
	hive_values_free(values, count);
	return 0;
}

int
drive_letter_of_volume(struct windows *w, const struct disk_place *place, char *ret,
		       const char **ret_source, struct error *err)
{
	struct hive *system = windows_hive(w, HIVE_SYSTEM, err);
	struct hive *software = system ? windows_hive(w, HIVE_SOFTWARE, err) : NULL;
	CLEANUP_ERROR struct error absent = ERROR_INIT;
	CLEANUP_FREE char *root = NULL;
	char usual = 0;

	*ret = 0;
	*ret_source = NULL;
	if (!software)
		return -1;
	root = hive_get_text(software, "Microsoft\\Windows NT\\CurrentVersion", "SystemRoot",
			     &absent);
	if (root && is_letter(root[0]) && root[1] == ':')
		usual = upper(root[0]);
	if (place && from_mounted_devices(system, place, usual, ret, err) < 0)
		return -1;
	if (*ret) {
		*ret_source = "MountedDevices";
		return 0;
	}
	*ret = usual;
	if (usual)
		*ret_source = "SystemRoot";
	return 0;
}

/* `s` behind a variable or prefix, or NULL when it does not begin so. */
static const char *
behind(const char *s, const char *prefix)
{
	return name_starts_with(s, prefix) ? s + strlen(prefix) : NULL;
}

void
drive_letter_map(const char *path, char letter, const char *system_root, char *ret_letter,
		 char **ret)
{
	CLEANUP_FREE char *full = NULL;
	const char *rest;

	*ret = NULL;
	*ret_letter = 0;
	while ((rest = behind(path, "\\??\\")) || (rest = behind(path, "\\\\?\\")))
		path = rest;
	rest = behind(path, "%SystemDrive%");
	if (rest && letter)
		full = xasprintf("%c:%s", letter, rest);
	rest = behind(path, "%SystemRoot%");
	if (!rest)
		rest = behind(path, "%windir%");
	if (rest && system_root)
		full = xasprintf("%s%s", system_root, rest);
	if (!full)
		full = xstrdup(path);
	if (!is_letter(full[0]) || full[1] != ':' || (full[2] && full[2] != '\\' && full[2] != '/'))
		return;
	*ret_letter = upper(full[0]);
	if (*ret_letter != letter)
		return;
	*ret = xstrdup(full[2] ? full + 2 : "/");
	for (char *c = *ret; *c; c++)
		if (*c == '\\')
			*c = '/';
	for (size_t n = strlen(*ret); n > 1 && (*ret)[n - 1] == '/'; n--)
		(*ret)[n - 1] = '\0';
}
