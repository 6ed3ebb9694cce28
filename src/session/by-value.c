/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Undo by value: when Windows has run since the repair, its sectors have moved on, but the values that we
 * wrote may still be there.  Each that still holds what we wrote gets its old content back; the rest is
 * listed.  All of it is a new repair, with a journal of its own.
 */
#include <string.h>

#include "check/edit.h"
#include "check/subject.h"
#include "registry/hive.h"
#include "session/manifest.h"
#include "session/session-private.h"
#include "session/undo.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "volume/volume.h"
#include "windows/windows.h"

#define FILE_LIMIT (64u << 20)
#define KEY_DEPTH  512

/* 1 when the key is there, 0 when not. */
static int
key_there(struct session *s, enum windows_hive which, const char *path, struct error *err)
{
	struct hive *h = windows_hive(s->windows, which, err);
	hive_key key;

	if (!h)
		return -1;
	if (hive_find_path(h, path, &key, err) == 0)
		return 1;
	if (err->code != ERR_NOT_FOUND)
		return -1;
	error_clear(err);
	return 0;
}

/* 1 when the value holds just what the repair left there (or is absent, as it left it), 0 when not. */
static int
value_as_left(struct session *s, enum windows_hive which, const struct change *c, struct error *err)
{
	struct hive *h = windows_hive(s->windows, which, err);
	CLEANUP_HIVE_VALUE struct hive_value v = { 0 };
	hive_key key;

	if (!h)
		return -1;
	if (hive_find_path(h, c->key, &key, err) < 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		error_clear(err);
		return 0; /* its key has gone since: that is not how we left it */
	}
	if (hive_value(h, key, c->name, &v, err) < 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		error_clear(err);
		return !c->has;
	}
	return c->has && v.type == c->type_after && v.len == c->len_after &&
	       (v.len == 0 || memcmp(v.data, c->after, v.len) == 0);
}

static int
put_value_back(struct session *s, enum windows_hive which, const struct change *c,
	       struct error *err)
{
	if (c->had)
		return edit_set_value(s->subject, "undo", which, c->key, c->name, c->type_before,
				      c->before, (uint32_t)c->len_before, err);
	return edit_delete_value(s->subject, "undo", which, c->key, c->name, err);
}

/* A key that we deleted: made again with all that was in it (the nested changes behind it). */
static int
put_key_back(struct session *s, enum windows_hive which, const char *key,
	     const struct change_reader *behind, struct error *err)
{
	CLEANUP_CHANGE_READER struct change_reader r = { 0 };
	const struct change *c;
	int got;

	if (edit_create_key(s->subject, "undo", which, key, err) < 0)
		return -1;
	change_reader_fork(&r, behind);
	while ((got = change_next(&r, &c, err)) > 0 && c->nested) {
		if (c->kind == CHANGE_KEY_DELETED &&
		    edit_create_key(s->subject, "undo", which, c->key, err) < 0)
			return -1;
		if (c->kind == CHANGE_VALUE && c->had && put_value_back(s, which, c, err) < 0)
			return -1;
	}
	return got < 0 ? -1 : 0;
}

/* How many keys and values there are at and below `key`. */
static int
count_tree(struct hive *h, hive_key key, int depth, size_t *n, struct error *err)
{
	CLEANUP_FREE hive_key *keys = NULL;
	struct hive_value *values = NULL;
	size_t count = 0;

	if (depth > KEY_DEPTH)
		return error_set(err, ERR_CORRUPT, "keys lie deeper than %d below each other",
				 KEY_DEPTH);
	if (hive_values(h, key, &values, &count, err) < 0)
		return -1;
	hive_values_free(values, count);
	*n += 1 + count;
	if (hive_subkeys(h, key, &keys, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (count_tree(h, keys[i], depth + 1, n, err) < 0)
			return -1;
	return 0;
}

/* 1 when the key holds so many keys and values, itself included. */
static int
has_size(struct session *s, enum windows_hive which, const char *path, size_t wanted,
	 struct error *err)
{
	struct hive *h = windows_hive(s->windows, which, err);
	hive_key key;
	size_t n = 0;

	if (!h || hive_find_path(h, path, &key, err) < 0)
		return -1;
	if (count_tree(h, key, 0, &n, err) < 0)
		return error_prefix(err, "%s\\%s", hive_name(h), path);
	return n == wanted;
}

/* A key that we made goes only when all in it is as we left it, and nothing has been added since. */
static int
made_key_as_left(struct session *s, enum windows_hive which, const char *key,
		 const struct change_reader *behind, struct error *err)
{
	CLEANUP_CHANGE_READER struct change_reader r = { 0 };
	const struct change *c;
	int same = key_there(s, which, key, err), got = 0;
	size_t size = 1;

	change_reader_fork(&r, behind);
	while (same > 0 && (got = change_next(&r, &c, err)) > 0 && c->nested) {
		if (c->kind == CHANGE_VALUE)
			same = value_as_left(s, which, c, err);
		size += c->kind == CHANGE_KEY_CREATED || c->has;
	}
	if (got < 0)
		return -1;
	return same > 0 ? has_size(s, which, key, size, err) : same;
}

/* 1: put back, 0: no longer as we left it, -1: error.  `behind` is the place behind `c` in the list. */
static int
put_registry_back(struct session *s, const struct change *c, const struct change_reader *behind,
		  struct error *err)
{
	enum windows_hive which = HIVE_SYSTEM;
	int there;

	if (windows_hive_by_name(s->windows, c->hive, &which, err) < 0)
		return -1;
	switch (c->kind) {
	case CHANGE_KEY_DELETED:
		there = key_there(s, which, c->key, err);
		if (there < 0)
			return -1;
		return there ? 0 : put_key_back(s, which, c->key, behind, err) < 0 ? -1 : 1;
	case CHANGE_KEY_CREATED:
		there = made_key_as_left(s, which, c->key, behind, err);
		if (there <= 0)
			return there;
		return edit_delete_key(s->subject, "undo", which, c->key, err) < 0 ? -1 : 1;
	default:
		there = value_as_left(s, which, c, err);
		if (there <= 0)
			return there;
		return put_value_back(s, which, c, err) < 0 ? -1 : 1;
	}
}

static int
put_file_back(struct session *s, const struct change *c, struct error *err)
{
	CLEANUP_FREE uint8_t *now = NULL;
	size_t len;

	if (!c->has)
		return 0; /* of what was removed only the content is known here, not its security and times */
	now = volume_read_file(s->target.volume, c->path, FILE_LIMIT, &len, err);
	if (!now) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		error_clear(err);
		return 0;
	}
	if (len != c->len_after || memcmp(now, c->after, len) != 0)
		return 0;
	return edit_replace_file(s->subject, "undo", c->path, c->before, c->len_before, err) < 0 ?
		       -1 :
		       1;
}

/* The volume of the journal, though Windows has changed it since; a folder by the Windows in it. */
static int
check_same_windows(struct session *s, const struct journal *j, const struct manifest *m,
		   struct error *err)
{
	const struct target_identity *was = &j->changes.identity, *is = &s->target.identity;
	const char *host = s->report->installation.host_name;
	bool same = was->kind == is->kind;

	if (same && is->kind == TARGET_DEVICE)
		same = was->ntfs_serial == is->ntfs_serial;
	if (same && is->kind == TARGET_DIRECTORY)
		same = name_equal(m->root ? m->root : "", s->target.root ? s->target.root : "") &&
		       name_equal(m->host_name ? m->host_name : "", host ? host : "");
	return same ? 0 :
		      error_set(err, ERR_REFUSED,
				"'%s' is not the target of this journal: it holds another Windows",
				s->options.target);
}

/* Why a change is not put back. */
static void
warn_left(struct session *s, const struct change *c)
{
	if (c->kind == CHANGE_FILE && !c->has)
		report_warn(
			s->report,
			"not made again by --by-value: %s; its content stands beside the journal",
			c->path);
	else if (c->kind == CHANGE_HIVE)
		report_warn(s->report,
			    "not put back by --by-value: %s, a hive that was replaced as a whole",
			    c->path);
	else
		report_warn(s->report, "left as it is, because it has changed since the repair: %s",
			    c->words ? c->words :
			    c->path  ? c->path :
				       c->key);
}

/* Each change that is not part of another; how many were put back. */
static int
put_all_back(struct session *s, const struct change_list *l, size_t *ret_done, struct error *err)
{
	CLEANUP_CHANGE_READER struct change_reader r = { 0 };
	const struct change *c;
	int more;

	change_reader_begin(&r, l);
	while ((more = change_next(&r, &c, err)) > 0) {
		int got;

		if (c->nested || c->kind == CHANGE_VOLUME)
			continue; /* the volume's state is Windows' own matter by now */
		got = c->kind == CHANGE_HIVE ? 0 : /* Windows has used it since */
			      c->kind == CHANGE_FILE ? put_file_back(s, c, err) :
						       put_registry_back(s, c, &r, err);
		if (got < 0)
			return -1;
		*ret_done += got > 0;
		if (!got)
			warn_left(s, c);
	}
	return more;
}

int
undo_by_value(struct session *s, const struct journal *j, struct error *err)
{
	CLEANUP_MANIFEST struct manifest m = { 0 };
	CLEANUP_FINDINGS struct findings after = { 0 };
	CLEANUP_FREE char *text = journal_manifest(j, err);
	size_t done = 0;

	if (!text || session_may_edit(s, err) < 0)
		return -1;
	if (manifest_read(text, &m, err) < 0)
		return error_prefix(err, "'%s'", j->path);
	if (check_same_windows(s, j, &m, err) < 0 || put_all_back(s, &m.changes, &done, err) < 0)
		return -1;
	if (!done)
		return error_set(
			err, ERR_NOT_FOUND,
			"nothing of what '%s' has changed can be put back by value on '%s'",
			j->path, s->options.target);
	if (session_seal(s, "undo --by-value", &after, err) < 0)
		return -1;
	findings_clear(&s->report->findings);
	s->report->findings = after;
	after = (struct findings){ 0 };
	return 0;
}
