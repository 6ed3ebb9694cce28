/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Store apps that a user has and nobody else: Sysprep stops at one with "was installed for a user, but not provisioned for all users"
 * (Microsoft: "Sysprep fails after you remove or update Microsoft Store apps").
 *
 *      SOFTWARE\Microsoft\Windows\CurrentVersion\Appx\AppxAllUserStore
 *          S-1-5-21-…\NAME_VERSION_ARCHITECTURE_RESOURCE_PUBLISHER    of a user
 *          Applications\…, InboxApplications\…                        provisioned for all
 *
 * Microsoft documents none of these keys, so this is a note, and never decides.
 */
#include <stdlib.h>
#include <string.h>

#include "check/checks.h"
#include "check/image.h"
#include "check/subject.h"
#include "registry/hive.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"

#define ID	  "image-appx"
#define STORE_KEY "Microsoft\\Windows\\CurrentVersion\\Appx\\AppxAllUserStore"
#define SHOWN	  16

static const struct problem problems[] = {
	{ "not-provisioned", SEVERITY_NOTE, RISK_NONE,
	  "A user has Store apps that are not provisioned for all users." },
	{ 0 },
};

static const char doc[] =
	"Compares the Store apps that users have, in SOFTWARE's AppxAllUserStore, with those that are provisioned for all users.  Sysprep stops at one that is not.\n"
	"A note, and only on a machine that is not sealed: Microsoft does not document these keys, and Sysprep leaves frameworks alone, which they do not\n"
	"tell apart.  There is no repair: in Windows, Remove-AppxPackage as that user, or Add-AppxProvisionedPackage.";

/* Names of packages, without version and architecture: "Microsoft.Copilot_8wekyb3d8bbwe". */
struct families {
	char **list;
	size_t count;
};

static void
families_clear(struct families *f)
{
	for (size_t i = 0; i < f->count; i++)
		free(f->list[i]);
	free(f->list);
}
#define CLEANUP_FAMILIES __attribute__((cleanup(families_clear)))

/* NULL when it is no full name of a package; the caller's. */
static char *
family_of(const char *full)
{
	const char *first = strchr(full, '_'), *last = strrchr(full, '_');

	if (!first || first == last || first == full || !last[1])
		return NULL;
	return xasprintf("%.*s%s", (int)(first - full), full, last);
}

static int
compare(const void *a, const void *b)
{
	return name_compare(*(char *const *)a, *(char *const *)b);
}

static bool
has(const struct families *f, const char *family)
{
	return f->count && bsearch(&family, f->list, f->count, sizeof *f->list, compare);
}

/* The subkeys of a key that may not be there; `*ret` is the caller's. */
static int
subkeys_of(struct hive *h, const char *path, hive_key **ret, size_t *ret_count, struct error *err)
{
	hive_key key;

	*ret = NULL;
	*ret_count = 0;
	if (hive_find_path(h, path, &key, err) == 0)
		return hive_subkeys(h, key, ret, ret_count, err);
	if (err->code != ERR_NOT_FOUND)
		return -1;
	error_clear(err);
	return 0;
}

static int
add_provisioned(struct hive *h, const char *path, struct families *f, struct error *err)
{
	CLEANUP_FREE hive_key *keys = NULL;
	size_t count;

	if (subkeys_of(h, path, &keys, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		CLEANUP_FREE char *name = hive_key_name(h, keys[i], err);
		char *family = name ? family_of(name) : NULL;

		if (!name)
			return -1;
		if (!family)
			continue;
		ARRAY_GROW(f->list, f->count);
		f->list[f->count++] = family;
	}
	return 0;
}

static int
look_at_user(struct hive *h, const char *sid, const struct families *all, struct findings *out,
	     struct error *err)
{
	CLEANUP_FREE char *path = xasprintf("%s\\%s", STORE_KEY, sid);
	CLEANUP_FREE hive_key *keys = NULL;
	struct finding *f = NULL;
	size_t count, n = 0;

	if (subkeys_of(h, path, &keys, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		CLEANUP_FREE char *name = hive_key_name(h, keys[i], err);
		CLEANUP_FREE char *family = name ? family_of(name) : NULL;

		if (!name)
			return -1;
		if (!family || has(all, family))
			continue;
		if (!f)
			f = findings_add(out, ID, "not-provisioned", SEVERITY_NOTE, RISK_NONE, sid,
					 "%s has Store apps that are not provisioned for all users",
					 sid);
		if (n++ < SHOWN)
			finding_registry(f, "SOFTWARE", path, NULL, name, 0);
	}
	if (!f)
		return 0;
	if (n > SHOWN)
		finding_line(f, NULL, 0, 0, "and more");
	finding_cause(
		f,
		"Sysprep may stop at one of them with 0x80073CF2.  Frameworks, which it passes over, look the same here.");
	finding_repair(
		f,
		"in Windows, as that user: Remove-AppxPackage NAME; and keep the Store from updating apps before Sysprep");
	return 0;
}

static int
diagnose(struct subject *s, struct findings *out, struct error *err)
{
	const struct sysprep_state *state = subject_sysprep(s, err);
	struct hive *h = state ? windows_hive(subject_windows(s), HIVE_SOFTWARE, err) : NULL;
	CLEANUP_FAMILIES struct families all = { 0 };
	CLEANUP_FREE hive_key *keys = NULL;
	size_t count;

	if (!h)
		return -1;
	if (image_is_sealed(state))
		return 0;
	if (add_provisioned(h, STORE_KEY "\\Applications", &all, err) < 0 ||
	    add_provisioned(h, STORE_KEY "\\InboxApplications", &all, err) < 0 ||
	    subkeys_of(h, STORE_KEY, &keys, &count, err) < 0)
		return -1;
	if (all.count)
		qsort(all.list, all.count, sizeof *all.list, compare);
	for (size_t i = 0; i < count; i++) {
		CLEANUP_FREE char *sid = hive_key_name(h, keys[i], err);

		if (!sid)
			return -1;
		/* people; not the system's own accounts */
		if ((name_starts_with(sid, "S-1-5-21-") || name_starts_with(sid, "S-1-12-1-")) &&
		    look_at_user(h, sid, &all, out, err) < 0)
			return -1;
	}
	return 0;
}

const struct check check_image_appx = {
	.id = ID,
	.title = "No Store app is in Sysprep's way",
	.group = GROUP_IMAGE,
	.asked_only = true,
	.problems = problems,
	.doc = doc,
	.diagnose = diagnose,
};
