/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Services, pending work and providers; see sysprep-facts.h.  Names of keys and values: Microsoft's articles on Sysprep. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "check/subject.h"
#include "check/sysprep-facts.h"
#include "registry/hive.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "volume/volume.h"

#define EXTERNAL_KEY "Microsoft\\Windows\\CurrentVersion\\Setup\\SysPrepExternal"
#define CBS_KEY	     "Microsoft\\Windows\\CurrentVersion\\Component Based Servicing"
#define UPDATE_KEY   "Microsoft\\Windows\\CurrentVersion\\WindowsUpdate\\Auto Update\\RebootRequired"

const struct sysprep_service sysprep_services[] = {
	{ "AppXSvc", 3, false, 8, true, "deploys Store apps" },
	{ "StateRepository", 3, false, 8, true, "keeps the list of Store apps" },
	{ "sppsvc", 2, true, 14, true, "looks after Windows' licence" },
	{ "ClipSVC", 3, false, 15, true, "looks after the licences of Store apps" },
	{ "TrustedInstaller", 3, false, 18, true, "installs and checks Windows' components" },
	{ "wuauserv", 3, false, 37, false, "is Windows Update" },
	{ "MSDTC", 3, false, 23, false, "coordinates distributed transactions" },
};
const size_t sysprep_service_count = ARRAY_SIZE(sysprep_services);

/* Absent or of another type: UINT32_MAX. */
static int
number(struct hive *h, const char *key, const char *name, uint32_t *ret, struct error *err)
{
	*ret = UINT32_MAX;
	if (hive_get_u32(h, key, name, ret, err) == 0)
		return 0;
	*ret = UINT32_MAX;
	if (err->code != ERR_NOT_FOUND && err->code != ERR_CORRUPT)
		return -1;
	error_clear(err);
	return 0;
}

int
sysprep_service_start(struct subject *s, const char *name, uint32_t *ret, char **ret_key,
		      struct error *err)
{
	const struct control_sets *sets = subject_control_sets(s, err);
	struct hive *h = sets ? windows_hive(subject_windows(s), HIVE_SYSTEM, err) : NULL;

	*ret_key = NULL;
	*ret = SERVICE_ABSENT;
	if (!h)
		return -1;
	*ret_key = xasprintf("%s\\Services\\%s", sets->write[0], name);
	return number(h, *ret_key, "Start", ret, err);
}

/* ---- what is pending ---- */

static struct sysprep_pending *
add_pending(struct sysprep_pendings *p, const char *what)
{
	ARRAY_GROW(p->list, p->count);
	p->list[p->count] = (struct sysprep_pending){ .what = what };
	return &p->list[p->count++];
}

static int
look_for_key(struct hive *h, const char *key, const char *what, struct sysprep_pendings *p,
	     struct error *err)
{
	struct sysprep_pending *found;
	hive_key at;

	if (hive_find_path(h, key, &at, err) < 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		error_clear(err);
		return 0;
	}
	found = add_pending(p, what);
	found->hive = "SOFTWARE";
	found->key = key;
	return 0;
}

/* Exclusive holds a session's number while one runs; 0 at rest. */
static int
look_for_session(struct hive *h, struct sysprep_pendings *p, struct error *err)
{
	struct sysprep_pending *found;
	uint32_t exclusive;

	if (number(h, CBS_KEY "\\SessionsPending", "Exclusive", &exclusive, err) < 0)
		return -1;
	if (exclusive == 0 || exclusive == UINT32_MAX)
		return 0;
	found = add_pending(p, "a servicing session was begun and not ended");
	found->hive = "SOFTWARE";
	found->key = CBS_KEY "\\SessionsPending";
	found->value = "Exclusive";
	found->data = xasprintf("%" PRIu32 " (REG_DWORD)", exclusive);
	return 0;
}

static int
look_for_renames(struct subject *s, struct sysprep_pendings *p, struct error *err)
{
	const struct control_sets *sets = subject_control_sets(s, err);
	struct hive *h = sets ? windows_hive(subject_windows(s), HIVE_SYSTEM, err) : NULL;
	CLEANUP_HIVE_VALUE struct hive_value v = { 0 };
	CLEANUP_FREE char *key = NULL;
	struct sysprep_pending *found;
	hive_key at;

	if (!h)
		return -1;
	key = xasprintf("%s\\Control\\Session Manager", sets->write[0]);
	if (hive_find_path(h, key, &at, err) < 0 ||
	    hive_value(h, at, "PendingFileRenameOperations", &v, err) < 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		error_clear(err);
		return 0;
	}
	/* an empty REG_MULTI_SZ asks for nothing */
	if (v.len <= 4)
		return 0;
	found = add_pending(p, "files wait to be renamed or deleted");
	found->own_key = steal(&key);
	found->hive = "SYSTEM";
	found->key = found->own_key;
	found->value = "PendingFileRenameOperations";
	found->data = reg_data_text(v.type, v.data, v.len);
	/* the first of pairs of names; the rest are told by their number of bytes */
	found->data[strcspn(found->data, "\n")] = '\0';
	return 0;
}

int
sysprep_pending_read(struct subject *s, struct sysprep_pendings *ret, struct error *err)
{
	CLEANUP_SYSPREP_PENDINGS struct sysprep_pendings p = { .active_scenario = UINT32_MAX };
	struct hive *h = windows_hive(subject_windows(s), HIVE_SOFTWARE, err);
	CLEANUP_FREE char *path = windows_path(subject_windows(s), "WinSxS/pending.xml");

	if (!h ||
	    look_for_key(h, CBS_KEY "\\RebootPending", "components wait for a restart", &p, err) <
		    0 ||
	    look_for_key(h, CBS_KEY "\\PackagesPending", "packages wait for a restart", &p, err) <
		    0 ||
	    look_for_session(h, &p, err) < 0 ||
	    look_for_key(h, UPDATE_KEY, "updates wait for a restart", &p, err) < 0 ||
	    look_for_renames(s, &p, err) < 0 ||
	    number(h, RESERVES_KEY, "ActiveScenario", &p.active_scenario, err) < 0)
		return -1;
	if (volume_exists(subject_volume(s), path))
		add_pending(&p, "components wait for a restart")->path = steal(&path);
	*ret = p;
	p = (struct sysprep_pendings){ 0 };
	return 0;
}

void
sysprep_pendings_clear(struct sysprep_pendings *p)
{
	for (size_t i = 0; i < p->count; i++) {
		free(p->list[i].own_key);
		free(p->list[i].path);
		free(p->list[i].data);
	}
	free(p->list);
	*p = (struct sysprep_pendings){ 0 };
}

/* ---- providers ---- */

/*
 * Where LoadLibrary looks for a name without a path: Sysprep's own folder, Windows' three, and then PATH, which the user of the running
 * Windows has his own part of (Microsoft, "Dynamic-link library search order").
 */
static const char *const dll_folders[] = { "System32/Sysprep/", "System32/", "System/", "" };

/* LoadLibrary appends ".dll" where the last part has no extension; a point at its end says that it wants none, and is not part of the name. */
static char *
dll_file(const char *dll)
{
	const char *slash = strrchr(dll, '\\');
	const char *file = slash ? slash + 1 : dll;
	size_t n = strlen(dll);

	if (*file && dll[n - 1] == '.')
		return xstrndup(dll, n - 1);
	return xasprintf("%s%s", dll, strchr(file, '.') ? "" : ".dll");
}

/* Whether the DLL is at `path`; what cannot be looked at is not known. */
static enum provider_dll
look_at(struct subject *s, const char *path, struct error *err)
{
	enum provider_dll state = PROVIDER_DLL_UNKNOWN;
	struct file_stat st;

	if (volume_stat(subject_volume(s), path, &st, err) == 0)
		state = PROVIDER_DLL_THERE;
	else if (err->code == ERR_NOT_FOUND)
		state = PROVIDER_DLL_GONE;
	error_clear(err);
	return state;
}

/* A name without a path is never known to be gone: PATH may lead to it. */
static void
look_for_name(struct subject *s, struct sysprep_provider *p, const char *file, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(dll_folders); i++) {
		CLEANUP_FREE char *below = xasprintf("%s%s", dll_folders[i], file);
		CLEANUP_FREE char *path = windows_path(subject_windows(s), below);

		if (look_at(s, path, err) != PROVIDER_DLL_THERE)
			continue;
		p->path = steal(&path);
		p->state = PROVIDER_DLL_THERE;
		return;
	}
}

/*
 * Where "dll,function" says the DLL is; commas can be part of a path, not of a function's name.  What lies on another letter, or below a variable
 * that only the running Windows knows, is not known; nor is what is absent by a name that may be meant otherwise: a short one, or one with more
 * behind its comma.
 */
static void
locate_dll(struct subject *s, struct sysprep_provider *p, struct error *err)
{
	const struct profiles *profiles = subject_profiles(s, err);
	const struct windows_version *version = subject_version(s, err);
	const char *data = p->data + strspn(p->data, " \t"), *comma = strrchr(data, ',');
	CLEANUP_FREE char *file = NULL;
	size_t n = comma ? (size_t)(comma - data) : strlen(data);
	char letter;

	error_clear(err);
	p->state = PROVIDER_DLL_UNKNOWN;
	while (n && strchr(" \t", data[n - 1]))
		n--;
	p->dll = xstrndup(data, n);
	if (!*p->dll || strpbrk(p->dll, "\"/"))
		return;
	file = dll_file(p->dll);
	if (!strpbrk(file, "\\%:")) {
		look_for_name(s, p, file, err);
		return;
	}
	if (profiles && profiles->letter)
		drive_letter_map(file, profiles->letter, version ? version->system_root : NULL,
				 &letter, &p->path);
	if (!p->path || strchr(p->path, '%'))
		return;
	p->state = look_at(s, p->path, err);
	if (p->state == PROVIDER_DLL_GONE && strpbrk(p->path, ",~"))
		p->state = PROVIDER_DLL_UNKNOWN;
}

static int
read_phase(struct subject *s, struct hive *h, const char *phase, struct sysprep_providers *p,
	   struct error *err)
{
	CLEANUP_FREE char *key = xasprintf("%s\\%s", EXTERNAL_KEY, phase);
	struct hive_value *values = NULL;
	uint64_t time = 0;
	size_t count = 0;
	hive_key at;

	if (hive_find_path(h, key, &at, err) < 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		error_clear(err);
		return 0;
	}
	if (hive_values(h, at, &values, &count, err) < 0 || hive_key_time(h, at, &time, err) < 0) {
		hive_values_free(values, count);
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		struct sysprep_provider *new;

		if (values[i].type != REG_TYPE_SZ && values[i].type != REG_TYPE_EXPAND_SZ)
			continue;
		ARRAY_GROW(p->list, p->count);
		new = &p->list[p->count++];
		*new = (struct sysprep_provider){
			.key = xstrdup(key),
			.name = xstrdup(values[i].name),
			.data = utf16_to_text(values[i].data, values[i].len, NULL),
			.time = time,
		};
		locate_dll(s, new, err);
	}
	hive_values_free(values, count);
	return 0;
}

int
sysprep_providers_read(struct subject *s, struct sysprep_providers *ret, struct error *err)
{
	static const char *const phases[] = { "Cleanup", "Generalize", "Specialize",
					      "Respecialize" };
	CLEANUP_SYSPREP_PROVIDERS struct sysprep_providers p = { 0 };
	struct hive *h = windows_hive(subject_windows(s), HIVE_SOFTWARE, err);

	if (!h)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(phases); i++)
		if (read_phase(s, h, phases[i], &p, err) < 0)
			return -1;
	*ret = p;
	p = (struct sysprep_providers){ 0 };
	return 0;
}

void
sysprep_providers_clear(struct sysprep_providers *p)
{
	for (size_t i = 0; i < p->count; i++) {
		free(p->list[i].key);
		free(p->list[i].name);
		free(p->list[i].data);
		free(p->list[i].dll);
		free(p->list[i].path);
	}
	free(p->list);
	*p = (struct sysprep_providers){ 0 };
}
