/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Registry paths.  The names of the roots are those of the Registry Editor, of reg.exe and of PowerShell's drives.
 *
 * CurrentControlSet is a link that Windows makes at boot, to the control set that Select\Default names then.
 */
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "windows/registry-path.h"

void
registry_path_clear(struct registry_path *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->keys[i]);
	free(p->named);
	*p = (struct registry_path){ 0 };
}

/* What follows `name` and its backslash (or colon) in `path`, or NULL when the path does not begin with it. */
static const char *
after(const char *path, const char *name)
{
	size_t n = strlen(name);

	if (!name_starts_with(path, name))
		return NULL;
	path += n;
	if (*path == ':')
		path++;
	if (*path && *path != '\\')
		return NULL;
	return path + strspn(path, "\\");
}

static const char *
after_either(const char *path, const char *one, const char *other)
{
	const char *rest = after(path, one);

	return rest ? rest : after(path, other);
}

/* The first component of a path; the caller's; `*rest` is what follows it. */
static char *
first_component(const char *path, const char **rest)
{
	size_t n = strcspn(path, "\\");

	*rest = path + n + strspn(path + n, "\\");
	return xstrndup(path, n);
}

static int
set_hive(struct registry_path *p, enum windows_hive hive, const char *key)
{
	p->hive = hive;
	p->keys[0] = xstrdup(key);
	p->count = 1;
	return 0;
}

/* SYSTEM\CurrentControlSet\…: in the control set, or the two, that Select names. */
static int
resolve_control_set(struct windows *w, struct registry_path *p, struct error *err)
{
	CLEANUP_CONTROL_SETS struct control_sets sets = { 0 };
	const char *rest = p->hive == HIVE_SYSTEM ? after(p->keys[0], "CurrentControlSet") : NULL;
	CLEANUP_FREE char *below = NULL;

	if (!rest)
		return 0;
	if (windows_control_sets(w, &sets, err) < 0)
		return error_prefix(err, "cannot tell which control set is the current one");
	below = xstrdup(rest);
	free(p->keys[0]);
	p->count = 0;
	p->whole_set = !*below;
	for (; p->count < sets.write_count && p->count < REGISTRY_PATH_KEYS; p->count++)
		p->keys[p->count] = xasprintf("%s%s%s", sets.write[p->count], *below ? "\\" : "",
					      below);
	return 0;
}

static int
refuse(const char *text, const char *why, struct error *err)
{
	return error_set(err, ERR_USAGE, "'%s': %s", text, why);
}

/* Below HKEY_LOCAL_MACHINE. */
static int
parse_machine(struct windows *w, const char *text, const char *path, struct registry_path *ret,
	      struct error *err)
{
	const char *rest;
	CLEANUP_FREE char *name = first_component(path, &rest);

	if (!*name)
		return refuse(text, "name a hive: HKLM\\SYSTEM, HKLM\\SOFTWARE, HKLM\\SAM …", err);
	if (name_equal(name, "HARDWARE"))
		return refuse(text, "HKLM\\HARDWARE is made at each boot and is on no disk", err);
	if (name_equal(name, "BCD00000000"))
		return set_hive(ret, HIVE_BCD, rest);
	for (int i = 0; i < HIVE_COUNT; i++)
		if (i != HIVE_DEFAULT && i != HIVE_BCD &&
		    (windows_hive_path(w, (enum windows_hive)i) || windows_root(w)) &&
		    name_equal(windows_hive_name(w, (enum windows_hive)i), name))
			return set_hive(ret, (enum windows_hive)i, rest);
	return refuse(text,
		      "HKLM holds no such hive on a disk (it has SYSTEM, SOFTWARE, SAM, SECURITY, "
		      "COMPONENTS and BCD00000000)",
		      err);
}

static int
parse_users(struct windows *w, const char *text, const char *path, struct registry_path *ret,
	    struct error *err)
{
	enum windows_hive hive = HIVE_DEFAULT;
	const char *rest;
	CLEANUP_FREE char *sid = first_component(path, &rest);

	if (!*sid)
		return refuse(text, "name a user: HKU\\.DEFAULT or HKU\\<SID>", err);
	if (windows_user_hive(w, sid, &hive, err) < 0)
		return error_prefix(err, "'%s'", text);
	return set_hive(ret, hive, rest);
}

static int
parse_root(struct windows *w, const char *text, struct registry_path *ret, struct error *err)
{
	const char *path = after_either(text, "Computer", "My Computer"), *rest;

	path = path ? path : text;
	path += strspn(path, "\\");
	rest = after_either(path, "HKEY_LOCAL_MACHINE", "HKLM");
	if (rest)
		return parse_machine(w, text, rest, ret, err);
	rest = after_either(path, "HKEY_USERS", "HKU");
	if (rest)
		return parse_users(w, text, rest, ret, err);
	rest = after_either(path, "HKEY_CLASSES_ROOT", "HKCR");
	if (rest) {
		CLEANUP_FREE char *key = xasprintf("Classes%s%s", *rest ? "\\" : "", rest);

		return set_hive(ret, HIVE_SOFTWARE, key);
	}
	if (after_either(path, "HKEY_CURRENT_USER", "HKCU"))
		return refuse(text, "there is no current user offline; name one: HKU\\<SID>\\…",
			      err);
	if (after_either(path, "HKEY_CURRENT_CONFIG", "HKCC"))
		return refuse(text,
			      "name it in full: HKLM\\SYSTEM\\CurrentControlSet\\Hardware "
			      "Profiles\\0001\\…",
			      err);
	return refuse(text,
		      "the path begins with no root (HKLM\\…, HKU\\…, or in full, "
		      "HKEY_LOCAL_MACHINE\\…)",
		      err);
}

/* ---- in a single hive file ---- */

static bool
is_file(struct windows *w, enum windows_hive file, const char *name)
{
	return name_equal(windows_hive_name(w, file), name);
}

/* Whether the file says that it is one of Windows' own hives; else it may stand for any. */
static bool
is_known(struct windows *w, enum windows_hive file)
{
	return file < HIVE_COUNT || is_file(w, file, "NTUSER.DAT") ||
	       is_file(w, file, "UsrClass.dat");
}

/* Whether HKLM\NAME is this file: by its name, or by one that is none of Windows' own and so was made up to load it. */
static bool
machine_fits(struct windows *w, enum windows_hive file, const char *name)
{
	if (name_equal(name, "HARDWARE"))
		return false;
	for (int i = 0; i < HIVE_COUNT; i++) {
		bool own = i == HIVE_BCD ?
				   name_equal(name, "BCD00000000") :
				   i != HIVE_DEFAULT &&
					   name_equal(name,
						      windows_fixed_name((enum windows_hive)i));

		if (own)
			return (int)file == i || !is_known(w, file);
	}
	return true;
}

/* The same for HKU\NAME: .DEFAULT, a user's identifier, one with _Classes, or a made-up name. */
static bool
user_fits(struct windows *w, enum windows_hive file, const char *name)
{
	if (!is_known(w, file))
		return true;
	if (name_equal(name, ".DEFAULT"))
		return file == HIVE_DEFAULT;
	if (name_starts_with(name, "S-1-"))
		return is_file(w, file,
			       name_ends_with(name, "_Classes") ? "UsrClass.dat" : "NTUSER.DAT");
	return true;
}

static int
refuse_other(struct windows *w, enum windows_hive file, const char *text, struct error *err)
{
	return error_set(err, ERR_USAGE, "'%s': this target is a single hive, %s, and not that one",
			 text, windows_hive_name(w, file));
}

/* Below a user's own root: NTUSER.DAT, DEFAULT, and its Software\Classes is UsrClass.dat. */
static int
parse_own(struct windows *w, enum windows_hive file, const char *text, const char *path,
	  struct registry_path *ret, struct error *err)
{
	const char *classes = after(path, "Software\\Classes");

	ret->named = xstrdup("HKCU");
	if (is_file(w, file, "UsrClass.dat"))
		return classes ? set_hive(ret, file, classes) : refuse_other(w, file, text, err);
	if (is_known(w, file) && file != HIVE_DEFAULT && !is_file(w, file, "NTUSER.DAT"))
		return refuse_other(w, file, text, err);
	return set_hive(ret, file, path);
}

static int
parse_in_file(struct windows *w, enum windows_hive file, const char *text,
	      struct registry_path *ret, struct error *err)
{
	const char *path = after_either(text, "Computer", "My Computer"), *rest, *below;
	CLEANUP_FREE char *name = NULL;
	bool machine, fits;

	path = path ? path : text;
	rest = after_either(path, "HKEY_CURRENT_USER", "HKCU");
	if (rest)
		return parse_own(w, file, text, rest, ret, err);
	rest = after_either(path, "HKEY_CLASSES_ROOT", "HKCR");
	if (rest) {
		CLEANUP_FREE char *key = xasprintf("Classes%s%s", *rest ? "\\" : "", rest);

		ret->named = xstrdup("HKLM\\SOFTWARE");
		return file == HIVE_SOFTWARE ? set_hive(ret, file, key) :
					       refuse_other(w, file, text, err);
	}
	if (after_either(path, "HKEY_CURRENT_CONFIG", "HKCC"))
		return refuse_other(w, file, text, err);
	rest = after_either(path, "HKEY_LOCAL_MACHINE", "HKLM");
	machine = rest != NULL;
	if (!rest)
		rest = after_either(path, "HKEY_USERS", "HKU");
	if (!rest) /* from the root; a key that is named like the hive is more likely meant */
		return set_hive(ret, file, path);
	name = first_component(rest, &below);
	fits = machine ? machine_fits(w, file, name) : user_fits(w, file, name);
	if (*name && !fits)
		return refuse_other(w, file, text, err);
	ret->named = xasprintf("%s\\%s", machine ? "HKLM" : "HKU", name);
	return set_hive(ret, file, below);
}

int
registry_path_parse(struct windows *w, enum windows_hive file, const char *text,
		    struct registry_path *ret, struct error *err)
{
	int got;

	*ret = (struct registry_path){ 0 };
	if (file != HIVE_NONE)
		got = parse_in_file(w, file, text, ret, err);
	else
		got = parse_root(w, text, ret, err);
	if (got == 0)
		got = resolve_control_set(w, ret, err);
	if (got < 0)
		registry_path_clear(ret);
	return got;
}
