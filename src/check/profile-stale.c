/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ProfileList entries whose directory is gone: the usual cause of "CopyProfile failed (0x80070003)".
 */
#include <stdlib.h>
#include <string.h>

#include "check/checks.h"
#include "check/edit.h"
#include "check/subject.h"
#include "registry/hive.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"

#define ID "profile-stale"

static const struct problem problems[] = {
	{ "stale", SEVERITY_ERROR, RISK_SAFE,
	  "A user's ProfileList entry names a directory that is gone." },
	{ "stale-virtual", SEVERITY_NOTE, RISK_CAREFUL,
	  "The same for a virtual account (service, IIS pool); removed only when named." },
	{ "unknown", SEVERITY_WARNING, RISK_NONE,
	  "Whether a profile's directory is there cannot be told." },
	{ "mostly-stale", SEVERITY_WARNING, RISK_NONE,
	  "More than half of the users' directories are missing: this is probably not the volume they are on." },
	{ "no-path", SEVERITY_WARNING, RISK_NONE, "A ProfileList entry has no ProfileImagePath." },
	{ "other-letter", SEVERITY_NOTE, RISK_NONE,
	  "A profile's directory is on another drive letter." },
	{ "orphan", SEVERITY_NOTE, RISK_NONE,
	  "A profile's folder is there, but its local account is not." },
	{ "same-folder", SEVERITY_WARNING, RISK_NONE,
	  "Two ProfileList entries name one directory." },
	{ 0 },
};

static const char doc[] =
	"Looks at every entry of SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList and at the directory that its\n"
	"ProfileImagePath names.  The volume's drive letter is the one that MountedDevices gives it, else the one in\n"
	"SystemRoot.\n"
	"\n"
	"An entry without directory makes CopyProfile fail in specialize (0x80070003), and its user gets a temporary\n"
	"profile.  The repair deletes the entry, and the ProfileGuid entry that points to it; no directory is touched.\n"
	"\n"
	"A directory counts as gone only when every folder above it was read as a plain folder.  A junction, a read error, a missing\n"
	"\\Users, or more than half of the users' directories missing make it unknown: reported, not repaired.  The system's own accounts are\n"
	"never touched; virtual accounts (S-1-5-80, -82, -83, -90) are removed only when named, as in --only profile-stale:SID;\n"
	"pairs with a .bak entry are left alone.  Two entries that name one directory are reported.";

static void
add_key(struct finding *f, const struct profile *p)
{
	CLEANUP_FREE char *key = xasprintf("%s\\%s", PROFILE_LIST_KEY, p->sid);

	finding_registry(f, "SOFTWARE", key, "ProfileImagePath", p->path ? p->path : "absent",
			 p->last_write);
}

static void
stale(const struct profile *p, const struct profiles *all, struct findings *out)
{
	bool virtual = p->kind == PROFILE_VIRTUAL;
	struct finding *f = findings_add(
		out, ID, virtual ? "stale-virtual" : "stale",
		virtual ? SEVERITY_NOTE : SEVERITY_ERROR, virtual ? RISK_CAREFUL : RISK_SAFE,
		p->sid, "the profile of %s is registered, but its directory %s is gone", p->sid,
		p->path);

	f->by_name = virtual;
	add_key(f, p);
	finding_line(f, NULL, 0, 0, "there is no such folder on this volume");
	if (p->in_sam == 0)
		finding_line(f, NULL, 0, 0, "SAM has no such account either");
	finding_cause(
		f,
		virtual ?
			"The account belongs to a service; Windows makes its profile again when it needs one." :
			"A user was deleted together with the directory, but not with this entry.  CopyProfile looks at every "
			"entry and fails with 0x80070003 at one whose directory it cannot open.");
	finding_repair(f, "delete the entry of %s in ProfileList%s; drive letter %c: by %s", p->sid,
		       p->guid ? " and the one in ProfileGuid" : "", all->letter,
		       all->letter_source);
	if (!virtual)
		f->explains = xstrdup("sysprep-copyprofile-failed");
}

static void
unknown(const struct profile *p, const struct profiles *all, struct findings *out)
{
	struct finding *f;

	if (!p->path || !*p->path) {
		f = findings_add(out, ID, "no-path", SEVERITY_WARNING, RISK_NONE, p->sid,
				 "the profile entry of %s has no ProfileImagePath", p->sid);
	} else if (p->dir == PROFILE_DIR_GONE && all->mostly_stale) {
		f = findings_add(out, ID, "mostly-stale", SEVERITY_WARNING, RISK_NONE, p->sid,
				 "the directory %s of %s is missing, but so are most others",
				 p->path, p->sid);
		finding_cause(
			f,
			"%zu of %zu users' directories are missing: the profiles are probably on another volume, or this "
			"volume is not what it seems.  Nothing is deleted on such ground.",
			all->users_stale, all->users);
	} else {
		f = findings_add(out, ID, "unknown", SEVERITY_WARNING, RISK_NONE, p->sid,
				 "whether the directory %s of %s is there cannot be told", p->path,
				 p->sid);
		finding_cause(f, "%s.",
			      p->why ? p->why :
			      p->kind == PROFILE_OTHER ?
				       "The entry's name is no SID of a known kind" :
				       "It could not be looked at");
	}
	add_key(f, p);
}

static void
other_letter(const struct profile *p, const struct profiles *all, struct findings *out)
{
	struct finding *f = findings_add(out, ID, "other-letter", SEVERITY_NOTE, RISK_NONE, p->sid,
					 "the profile of %s is on another drive: %s", p->sid,
					 p->path);

	add_key(f, p);
	finding_cause(f, "This volume is %c: (by %s); the other is not looked at.", all->letter,
		      all->letter_source);
}

static void
orphan(const struct profile *p, struct findings *out)
{
	struct finding *f = findings_add(out, ID, "orphan", SEVERITY_NOTE, RISK_NONE, p->sid,
					 "the folder %s is there, but the local account %s is not",
					 p->path, p->sid);

	add_key(f, p);
	finding_cause(f,
		      "The account was deleted and its profile kept.  CopyProfile may choose it.");
}

static int
compare_folders(const void *a, const void *b)
{
	const struct profile *const *p = a, *const *q = b;
	int by_path = name_compare((*p)->volume_path, (*q)->volume_path);

	return by_path ? by_path : strcmp((*p)->sid, (*q)->sid);
}

static void
same_folder(const struct profile *p, const struct profile *first, struct findings *out)
{
	struct finding *f = findings_add(out, ID, "same-folder", SEVERITY_WARNING, RISK_NONE,
					 p->sid,
					 "the profiles of %s and %s have the same directory: %s",
					 first->sid, p->sid, p->path);

	add_key(f, first);
	add_key(f, p);
	for (int i = 0; i < 2; i++) {
		const struct profile *one = i ? p : first;
		CLEANUP_FREE char *words = NULL;

		if (one->in_sam < 0)
			continue;
		words = xasprintf("%s %s an account in SAM", one->sid,
				  one->in_sam ? "has" : "has not");
		finding_line(f, NULL, 0, 0, words);
	}
	finding_cause(
		f,
		"Some programs make accounts so.  An upgrade of Windows stops at it, and CopyProfile may take the profile for that of the wrong account.");
	finding_repair(
		f,
		"none here: remove the entry whose account does not own the folder's NTUSER.DAT");
}

/* Two entries that name one folder (of a pair with .bak that is meant so). */
static void
find_same_folder(const struct profiles *all, struct findings *out)
{
	CLEANUP_FREE const struct profile **list = xcalloc(all->count ? all->count : 1,
							   sizeof *list);
	size_t count = 0;

	for (size_t i = 0; i < all->count; i++) {
		const struct profile *p = &all->list[i];

		if ((p->kind == PROFILE_USER || p->kind == PROFILE_VIRTUAL) && !p->has_bak &&
		    p->dir == PROFILE_DIR_PRESENT && p->volume_path)
			list[count++] = p;
	}
	qsort(list, count, sizeof *list, compare_folders);
	for (size_t i = 1, first = 0; i < count; i++) {
		if (name_equal(list[i]->volume_path, list[first]->volume_path))
			same_folder(list[i], list[first], out);
		else
			first = i;
	}
}

static int
diagnose(struct subject *s, struct findings *out, struct error *err)
{
	const struct profiles *all = subject_profiles(s, err);

	if (!all)
		return -1;
	for (size_t i = 0; i < all->count; i++) {
		const struct profile *p = &all->list[i];

		if (p->kind == PROFILE_SYSTEM || p->kind == PROFILE_BAK || p->has_bak)
			continue;
		if (p->kind == PROFILE_OTHER || p->dir == PROFILE_DIR_UNKNOWN ||
		    (p->dir == PROFILE_DIR_GONE && p->kind == PROFILE_USER && all->mostly_stale)) {
			if (p->dir != PROFILE_DIR_PRESENT)
				unknown(p, all, out);
		} else if (p->dir == PROFILE_DIR_GONE) {
			stale(p, all, out);
		} else if (p->dir == PROFILE_DIR_OTHER_LETTER) {
			other_letter(p, all, out);
		} else if (p->in_sam == 0) {
			orphan(p, out);
		}
	}
	find_same_folder(all, out);
	return 0;
}

/* The ProfileGuid entry goes too when it points back to this SID. */
static int
delete_guid(struct subject *s, const char *guid, const char *sid, struct error *err)
{
	struct hive *h = windows_hive(subject_windows(s), HIVE_SOFTWARE, err);
	CLEANUP_FREE char *key = xasprintf("%s\\%s", PROFILE_GUID_KEY, guid);
	CLEANUP_FREE char *points_to = NULL;

	if (!h)
		return -1;
	/* one name of one key: no other key is reached with it, nor ProfileGuid itself */
	if (!*guid || strchr(guid, '\\'))
		return 0;
	points_to = hive_get_text(h, key, "SidString", err);
	if (!points_to) {
		if (err->code != ERR_NOT_FOUND && err->code != ERR_CORRUPT)
			return -1;
		error_clear(err);
		return 0;
	}
	return name_equal(points_to, sid) ? edit_delete_key(s, ID, HIVE_SOFTWARE, key, err) : 0;
}

static int
repair(struct subject *s, const struct finding *f, struct error *err)
{
	struct hive *h = windows_hive(subject_windows(s), HIVE_SOFTWARE, err);
	CLEANUP_FREE char *key = xasprintf("%s\\%s", PROFILE_LIST_KEY, f->subject);
	CLEANUP_FREE char *guid = NULL;

	if (!h)
		return -1;
	guid = hive_get_text(h, key, "Guid", err);
	if (!guid) {
		/* what is no text names no key */
		if (err->code != ERR_NOT_FOUND && err->code != ERR_CORRUPT)
			return -1;
		error_clear(err);
	}
	if (edit_delete_key(s, ID, HIVE_SOFTWARE, key, err) < 0)
		return -1;
	return guid ? delete_guid(s, guid, f->subject, err) : 0;
}

const struct check check_profile_stale = {
	.id = ID,
	.title = "Every registered profile has its directory",
	.group = "profile",
	.also = check_also_image,
	.edits = EDITS_SOFTWARE,
	.problems = problems,
	.doc = doc,
	.diagnose = diagnose,
	.repair = repair,
};
