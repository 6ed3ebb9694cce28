/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ProfileList: who has a profile, and whether its directory is there.
 *
 * "Gone" is said only when every folder above was read as a plain folder and the name is not in it.  A junction, a
 * read error, a missing \Users or another letter make it unknown: deleting a profile's key on such ground
 * could cost somebody their profile.
 */
#include <stdlib.h>
#include <string.h>

#include "registry/hive.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "util/utf16.h"
#include "volume/volume.h"
#include "windows/drive-letters.h"
#include "windows/profiles.h"
#include "windows/sam.h"
#include "windows/windows.h"

#define PROFILE_LIMIT 65536

static enum profile_kind
kind_of(const char *sid)
{
	static const char *const system[] = { "S-1-5-18", "S-1-5-19", "S-1-5-20" };
	/* services, IIS pools, virtual machines, window manager, font driver host, Windows Defender */
	static const char *const virtual[] = { "S-1-5-80-", "S-1-5-82-", "S-1-5-83-",
					       "S-1-5-90-", "S-1-5-94-", "S-1-5-96-" };

	if (name_ends_with(sid, ".bak"))
		return PROFILE_BAK;
	/* a key's name may hold anything, a backslash too: only what reads as a SID is one */
	if (!name_starts_with(sid, "S-1-") || sid[strspn(sid + 1, "-0123456789") + 1])
		return PROFILE_OTHER;
	for (size_t i = 0; i < ARRAY_SIZE(system); i++)
		if (name_equal(sid, system[i]))
			return PROFILE_SYSTEM;
	for (size_t i = 0; i < ARRAY_SIZE(virtual); i++)
		if (name_starts_with(sid, virtual[i]))
			return PROFILE_VIRTUAL;
	if (name_starts_with(sid, "S-1-5-21-") || name_starts_with(sid, "S-1-12-1-"))
		return PROFILE_USER;
	return PROFILE_OTHER;
}

/* A text value, or NULL when it is absent or no text. */
static char *
text_of(struct hive *h, hive_key key, const char *name, struct error *err)
{
	CLEANUP_HIVE_VALUE struct hive_value v = { 0 };

	if (hive_value(h, key, name, &v, err) == 0)
		return hive_value_text(&v);
	if (err->code == ERR_NOT_FOUND)
		error_clear(err);
	return NULL;
}

static uint64_t
load_time(struct hive *h, hive_key key)
{
	CLEANUP_ERROR struct error e1 = ERROR_INIT, e2 = ERROR_INIT;
	CLEANUP_HIVE_VALUE struct hive_value low = { 0 }, high = { 0 };

	if (hive_value(h, key, "LocalProfileLoadTimeLow", &low, &e1) < 0 ||
	    hive_value(h, key, "LocalProfileLoadTimeHigh", &high, &e2) < 0 || low.len != 4 ||
	    high.len != 4)
		return 0;
	return get_u32(low.data) | (uint64_t)get_u32(high.data) << 32;
}

/*
 * Whether Windows takes the name as it stands.  It drops trailing dots and spaces, follows "." and "..", and a short
 * name (8.3) or a variable stands for another: that such a name is not found says nothing.
 */
static bool
is_plain(const char *name)
{
	size_t n = strlen(name);
	const char *tilde = strrchr(name, '~');

	for (const char *c = name; *c; c++)
		if ((unsigned char)*c < 0x20)
			return false;
	return n && name[n - 1] != '.' && name[n - 1] != ' ' && !strpbrk(name, "<>:\"|?*%") &&
	       !(tilde && tilde[1] >= '0' && tilde[1] <= '9');
}

/* Looks for the directory, one folder after the other from the root. */
static void
look_for(struct volume *v, struct profile *p)
{
	CLEANUP_FREE char *so_far = xstrdup("");
	const char *path = p->volume_path;

	p->dir = PROFILE_DIR_PRESENT;
	while (*path) {
		CLEANUP_ERROR struct error problem = ERROR_INIT;
		size_t skip = strspn(path, "/"), n = strcspn(path + skip, "/");
		char *next;
		struct file_stat st;
		bool last;

		if (!n)
			return;
		last = !path[skip + n];
		next = xasprintf("%s/%.*s", so_far, (int)n, path + skip);
		free(so_far);
		so_far = next;
		path += skip + n;
		if (!is_plain(strrchr(so_far, '/') + 1)) {
			p->dir = PROFILE_DIR_UNKNOWN;
			p->why = xasprintf("'%s' is no plain name, and may stand for another",
					   so_far);
			return;
		}
		if (volume_stat(v, so_far, &st, &problem) < 0) {
			bool gone = problem.code == ERR_NOT_FOUND && last;

			p->dir = gone ? PROFILE_DIR_GONE : PROFILE_DIR_UNKNOWN;
			if (!gone)
				p->why = problem.code == ERR_NOT_FOUND ?
						 xasprintf("there is no folder '%s'", so_far) :
						 xstrdup(problem.message);
			return;
		}
		if (st.type == FILE_REPARSE && !last) {
			p->dir = PROFILE_DIR_UNKNOWN;
			p->why = xasprintf("'%s' is a junction or link, which is not followed",
					   so_far);
			return;
		}
		if (st.type != FILE_DIRECTORY && st.type != FILE_REPARSE) {
			p->dir = PROFILE_DIR_UNKNOWN;
			p->why = xasprintf("'%s' is no folder", so_far);
			return;
		}
	}
}

static void
locate(struct windows *w, struct profile *p, char letter, const char *system_root)
{
	char its_letter;

	p->dir = PROFILE_DIR_UNKNOWN;
	if (!p->path || !*p->path) {
		p->why = xstrdup("it has no ProfileImagePath");
		return;
	}
	drive_letter_map(p->path, letter, system_root, &its_letter, &p->volume_path);
	if (p->volume_path) {
		look_for(windows_volume(w), p);
	} else if (!letter) {
		p->why = xstrdup("the drive letter of this volume is not known");
	} else {
		p->dir = PROFILE_DIR_OTHER_LETTER;
	}
}

static int
read_profile(struct windows *w, struct hive *h, hive_key key, char letter, const char *system_root,
	     struct profile *p, struct error *err)
{
	*p = (struct profile){ .sid = hive_key_name(h, key, err), .in_sam = -1 };
	if (!p->sid || hive_key_time(h, key, &p->last_write, err) < 0)
		return -1;
	p->kind = kind_of(p->sid);
	p->is_builtin_administrator = p->kind == PROFILE_USER && name_ends_with(p->sid, "-500");
	p->path = text_of(h, key, "ProfileImagePath", err);
	if (err->code != ERR_NONE)
		return -1;
	p->guid = text_of(h, key, "Guid", err);
	if (err->code != ERR_NONE)
		return -1;
	p->last_load = load_time(h, key);
	locate(w, p, letter, system_root);
	return 0;
}

static void
profile_clear(struct profile *p)
{
	free(p->sid);
	free(p->path);
	free(p->volume_path);
	free(p->why);
	free(p->guid);
}

static int
by_sid(const void *a, const void *b)
{
	const struct profile *const *x = a, *const *y = b;

	return name_compare((*x)->sid, (*y)->sid);
}

/* Entries with a ".bak" beside them are a pair, left alone as one. */
static void
mark_pairs(struct profiles *all)
{
	CLEANUP_FREE struct profile **sorted = xcalloc(all->count + 1, sizeof *sorted);

	for (size_t i = 0; i < all->count; i++)
		sorted[i] = &all->list[i];
	qsort(sorted, all->count, sizeof(struct profile *), by_sid);
	for (size_t i = 0; i < all->count; i++) {
		const char *sid = all->list[i].sid;
		struct profile wanted, *key = &wanted, **found;
		CLEANUP_FREE char *plain = NULL;

		if (all->list[i].kind != PROFILE_BAK)
			continue;
		plain = xstrndup(sid, strlen(sid) - strlen(".bak"));
		wanted.sid = plain;
		found = bsearch(&key, sorted, all->count, sizeof(struct profile *), by_sid);
		if (found)
			(*found)->has_bak = true;
	}
}

static void
count_stale(struct profiles *all)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct profile *p = &all->list[i];

		if (p->kind != PROFILE_USER || p->has_bak || !p->volume_path)
			continue;
		all->users++;
		all->users_stale += p->dir == PROFILE_DIR_GONE;
	}
	all->mostly_stale = all->users_stale * 2 > all->users;
}

static int
read_all(struct windows *w, struct hive *h, struct profiles *all, struct error *err)
{
	CLEANUP_ERROR struct error absent = ERROR_INIT;
	CLEANUP_FREE char *system_root = hive_get_text(h, "Microsoft\\Windows NT\\CurrentVersion",
						       "SystemRoot", &absent);
	CLEANUP_FREE hive_key *keys = NULL;
	size_t count;
	hive_key list;

	if (hive_find_path(h, PROFILE_LIST_KEY, &list, err) < 0 ||
	    hive_subkeys(h, list, &keys, &count, err) < 0)
		return -1;
	if (count > PROFILE_LIMIT)
		return error_set(err, ERR_LIMIT, "SOFTWARE: ProfileList has %zu entries", count);
	for (size_t i = 0; i < count; i++) {
		ARRAY_GROW(all->list, all->count);
		if (read_profile(w, h, keys[i], all->letter, system_root, &all->list[all->count++],
				 err) < 0)
			return -1;
	}
	return 0;
}

int
profiles_read(struct windows *w, const struct disk_place *place, struct profiles *ret,
	      struct error *err)
{
	CLEANUP_PROFILES struct profiles all = { 0 };
	struct hive *h = windows_hive(w, HIVE_SOFTWARE, err);

	if (!h || drive_letter_of_volume(w, place, &all.letter, &all.letter_source, err) < 0 ||
	    read_all(w, h, &all, err) < 0)
		return -1;
	mark_pairs(&all);
	count_stale(&all);
	sam_mark(w, &all);
	*ret = all;
	all = (struct profiles){ 0 };
	return 0;
}

void
profiles_clear(struct profiles *p)
{
	for (size_t i = 0; i < p->count; i++)
		profile_clear(&p->list[i]);
	free(p->list);
	free(p->machine_sid);
	*p = (struct profiles){ 0 };
}
