/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Edits that are recorded: what was there, what is there now, and one line in words. */
#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "check/edit.h"
#include "check/subject.h"
#include "registry/hive.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/filetime.h"
#include "volume/volume.h"
#include "windows/hive-backup.h"

#define FILE_LIMIT (64u << 20)
#define KEY_DEPTH  512 /* of keys below each other; Windows' own limit */

static struct change *
registry_change(struct subject *s, enum change_kind kind, const char *check, enum windows_hive hive,
		const char *key)
{
	struct change *c = change_list_add(subject_changes(s), kind, check);

	c->hive = xstrdup(windows_hive_name(subject_windows(s), hive));
	c->key = xstrdup(key);
	return c;
}

static char *
full_key(const char *hive, const char *key)
{
	CLEANUP_FREE char *prefix = windows_reg_prefix(hive);

	return xasprintf("%s%s%s", prefix, *key ? "\\" : "", key);
}

static void
set_value_words(struct change *c)
{
	CLEANUP_FREE char *key = full_key(c->hive, c->key);
	CLEANUP_FREE char *before = change_side_text(c, false);
	CLEANUP_FREE char *after = change_side_text(c, true);

	c->words = xasprintf("%s: %s: %s -> %s", key, *c->name ? c->name : "(default)", before,
			     c->has ? after : "deleted");
}

/* What the value holds now, into the change. */
static int
note_before(struct hive *h, const char *key, const char *name, struct change *c, struct error *err)
{
	CLEANUP_HIVE_VALUE struct hive_value v = { 0 };
	hive_key at;

	c->name = xstrdup(name);
	if (hive_find_path(h, key, &at, err) < 0)
		return -1;
	if (hive_value(h, at, name, &v, err) < 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		error_clear(err);
		return 0;
	}
	/* the name as it is stored, whatever the caller's case */
	free(c->name);
	c->name = steal(&v.name);
	c->had = true;
	c->type_before = v.type;
	c->before = steal(&v.data);
	c->len_before = v.len;
	return 0;
}

/* Whether `key` is, or is in, a key that the last change of its own made: then it goes with that one. */
static bool
below_made_key(struct subject *s, const char *hive, const char *key)
{
	const struct change_list *l = subject_changes(s);
	size_t n;

	if (!l->made_key || strcmp(l->made_hive, hive) != 0)
		return false;
	n = strlen(l->made_key);
	return strncmp(l->made_key, key, n) == 0 && (!key[n] || key[n] == '\\');
}

int
edit_set_value(struct subject *s, const char *check, enum windows_hive hive, const char *key,
	       const char *name, uint32_t type, const void *data, uint32_t len, struct error *err)
{
	struct hive *h = windows_hive(subject_windows(s), hive, err);
	struct change *c;
	bool nested;

	if (!h)
		return -1;
	nested = below_made_key(s, windows_hive_name(subject_windows(s), hive), key);
	c = registry_change(s, CHANGE_VALUE, check, hive, key);
	change_list_nest(subject_changes(s), nested);
	if (note_before(h, key, name, c, err) < 0 ||
	    hive_put_value(h, key, c->name, type, data, len, filetime_now(), err) < 0)
		return -1;
	c->has = true;
	c->type_after = type;
	c->after = xmemdup(data, len);
	c->len_after = len;
	set_value_words(c);
	return 0;
}

int
edit_set_u32(struct subject *s, const char *check, enum windows_hive hive, const char *key,
	     const char *name, uint32_t v, struct error *err)
{
	uint8_t data[4];

	put_u32(data, v);
	return edit_set_value(s, check, hive, key, name, REG_TYPE_DWORD, data, sizeof data, err);
}

static int
delete_value(struct subject *s, const char *check, enum windows_hive hive, const char *key,
	     const char *name, bool wipe, struct error *err)
{
	struct hive *h = windows_hive(subject_windows(s), hive, err);
	struct change *c;

	if (!h)
		return -1;
	c = registry_change(s, CHANGE_VALUE, check, hive, key);
	change_list_nest(subject_changes(s), false);
	if (note_before(h, key, name, c, err) < 0)
		return -1;
	if (wipe && c->len_before) {
		CLEANUP_FREE uint8_t *zeros = xzalloc(c->len_before);

		/* of the same length: in its place */
		if (hive_put_value(h, key, name, c->type_before, zeros, (uint32_t)c->len_before,
				   filetime_now(), err) < 0)
			return -1;
	}
	if (hive_delete_value(h, key, name, filetime_now(), err) < 0)
		return -1;
	set_value_words(c);
	return 0;
}

int
edit_delete_value(struct subject *s, const char *check, enum windows_hive hive, const char *key,
		  const char *name, struct error *err)
{
	return delete_value(s, check, hive, key, name, false, err);
}

int
edit_wipe_value(struct subject *s, const char *check, enum windows_hive hive, const char *key,
		const char *name, struct error *err)
{
	return delete_value(s, check, hive, key, name, true, err);
}

/* A key and all below it into the list, parents first, so that it can be made again in that order. */
static int
note_tree(struct subject *s, const char *check, enum windows_hive hive, struct hive *h,
	  const char *path, bool nested, struct error *err)
{
	CLEANUP_FREE char *key_words = full_key(windows_hive_name(subject_windows(s), hive), path);
	CLEANUP_FREE hive_key *keys = NULL;
	struct hive_value *values = NULL;
	size_t count = 0, key_count = 0;
	struct change *c;
	hive_key key;
	int depth = 1;

	for (const char *p = path; *p; p++)
		depth += *p == '\\';
	if (depth > KEY_DEPTH)
		return error_set(err, ERR_CORRUPT, "%s: keys lie deeper than %d below each other",
				 windows_hive_name(subject_windows(s), hive), KEY_DEPTH);
	if (hive_find_path(h, path, &key, err) < 0 || hive_values(h, key, &values, &count, err) < 0)
		return -1;
	c = registry_change(s, CHANGE_KEY_DELETED, check, hive, path);
	change_list_nest(subject_changes(s), nested);
	c->words = xasprintf("%s: key deleted", key_words);
	for (size_t i = 0; i < count; i++) {
		c = registry_change(s, CHANGE_VALUE, check, hive, path);
		c->nested = c->had = true;
		c->name = steal(&values[i].name);
		c->type_before = values[i].type;
		c->before = steal(&values[i].data);
		c->len_before = values[i].len;
		set_value_words(c);
	}
	hive_values_free(values, count);
	if (hive_subkeys(h, key, &keys, &key_count, err) < 0)
		return -1;
	for (size_t i = 0; i < key_count; i++) {
		CLEANUP_FREE char *name = hive_key_name(h, keys[i], err);
		CLEANUP_FREE char *below = name ? xasprintf("%s\\%s", path, name) : NULL;

		if (!name || note_tree(s, check, hive, h, below, true, err) < 0)
			return -1;
	}
	return 0;
}

int
edit_delete_key(struct subject *s, const char *check, enum windows_hive hive, const char *key,
		struct error *err)
{
	struct hive *h = windows_hive(subject_windows(s), hive, err);

	if (!h || note_tree(s, check, hive, h, key, false, err) < 0)
		return -1;
	return hive_delete_key(h, key, filetime_now(), err);
}

/* One key, whose parent is there. */
static int
create_one(struct subject *s, const char *check, enum windows_hive hive, struct hive *h,
	   const char *key, struct error *err)
{
	const char *name = windows_hive_name(subject_windows(s), hive);
	bool nested = below_made_key(s, name, key);
	struct change *c = registry_change(s, CHANGE_KEY_CREATED, check, hive, key);
	CLEANUP_FREE char *words = full_key(name, key);

	change_list_nest(subject_changes(s), nested);
	c->words = xasprintf("%s: key created", words);
	return hive_create_key(h, key, filetime_now(), err);
}

int
edit_create_key(struct subject *s, const char *check, enum windows_hive hive, const char *key,
		struct error *err)
{
	struct hive *h = windows_hive(subject_windows(s), hive, err);
	hive_key at;

	if (!h)
		return -1;
	/* each parent that is missing is a change too */
	for (size_t n = 0;;) {
		CLEANUP_FREE char *part = NULL;

		n += strspn(key + n, "\\");
		if (!key[n])
			return 0;
		n += strcspn(key + n, "\\");
		part = xstrndup(key, n);
		if (hive_find_path(h, part, &at, err) == 0)
			continue;
		if (err->code != ERR_NOT_FOUND)
			return -1;
		error_clear(err);
		if (create_one(s, check, hive, h, part, err) < 0)
			return -1;
	}
}

int
edit_restore_hive(struct subject *s, const char *check, const struct hive_backups *b,
		  enum windows_hive hive, struct error *err)
{
	struct windows *w = subject_windows(s);
	CLEANUP_FREE char *when = filetime_text(b->written[hive]);
	struct change *c = change_list_add(subject_changes(s), CHANGE_HIVE, check);

	change_list_nest(subject_changes(s), false);
	c->hive = xstrdup(windows_hive_name(w, hive));
	c->path = xstrdup(windows_hive_path(w, hive));
	c->words = xasprintf("%s: replaced by its copy in RegBack, of %s", c->path, when);
	return hive_backup_restore(w, b, hive, err);
}

int
edit_replace_file_noting(struct subject *s, const char *check, const char *path, const void *p,
			 size_t len, const char *words, struct error *err)
{
	struct volume *v = subject_volume(s);
	struct change *c;

	c = change_list_add(subject_changes(s), CHANGE_FILE, check);
	change_list_nest(subject_changes(s), false);
	c->path = volume_real_path(v, path, err);
	if (!c->path) {
		c->path = xstrdup(path);
		return -1;
	}
	c->before = volume_read_file(v, path, FILE_LIMIT, &c->len_before, err);
	if (!c->before || volume_replace(v, path, p, len, err) < 0)
		return -1;
	c->had = c->has = true;
	c->after = xmemdup(p, len);
	c->len_after = len;
	c->words = words ? xasprintf("%s: %s", c->path, words) :
			   xasprintf("%s: %zu -> %zu bytes", c->path, c->len_before, c->len_after);
	return 0;
}

int
edit_replace_file(struct subject *s, const char *check, const char *path, const void *p, size_t len,
		  struct error *err)
{
	return edit_replace_file_noting(s, check, path, p, len, NULL, err);
}

int
edit_remove_file(struct subject *s, const char *check, const char *path, struct error *err)
{
	struct volume *v = subject_volume(s);
	struct change *c = change_list_add(subject_changes(s), CHANGE_FILE, check);

	change_list_nest(subject_changes(s), false);
	c->path = volume_real_path(v, path, err);
	if (!c->path) {
		c->path = xstrdup(path);
		return -1;
	}
	c->before = volume_read_file(v, path, FILE_LIMIT, &c->len_before, err);
	if (!c->before || volume_remove(v, path, err) < 0)
		return -1;
	c->had = true;
	c->words = xasprintf("%s: removed", c->path);
	return 0;
}

void
edit_refuse_unwritable(struct subject *s, struct finding *f, const char *path)
{
	CLEANUP_ERROR struct error problem = ERROR_INIT;

	if (!f->refused && f->risk != RISK_NONE &&
	    volume_editable(subject_volume(s), path, &problem) < 0 &&
	    (problem.code == ERR_UNSUPPORTED || problem.code == ERR_CORRUPT))
		finding_refused(f, "%s", problem.message);
}

void
edit_refuse_unwritable_hives(struct subject *s, struct finding *f, unsigned edits)
{
	static const struct {
		unsigned bit;
		enum windows_hive hive;
	} hives[] = { { EDITS_SYSTEM, HIVE_SYSTEM }, { EDITS_SOFTWARE, HIVE_SOFTWARE } };

	for (size_t i = 0; i < ARRAY_SIZE(hives); i++) {
		const char *path = edits & hives[i].bit ?
					   windows_hive_path(subject_windows(s), hives[i].hive) :
					   NULL;

		if (path)
			edit_refuse_unwritable(s, f, path);
	}
}
