/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Registry edits that a person or a .reg file asks for; see registry.h. */
#include <stdlib.h>
#include <string.h>

#include "check/edit.h"
#include "check/subject.h"
#include "registry/hive.h"
#include "registry/regfile.h"
#include "session/registry.h"
#include "session/session-private.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/interrupt.h"
#include "util/utf16.h"
#include "windows/registry-path.h"

#define CHECK "registry"

int
registry_resolve(struct session *s, const char *text, struct registry_path *ret, struct error *err)
{
	return registry_path_parse(s->windows, s->hive_file, text, ret, err);
}

/* ---- what may be changed ---- */

static int
resolve_for_edit(struct registry_edit *e, const char *key, struct registry_path *ret,
		 struct error *err)
{
	if (registry_resolve(e->session, key, ret, err) < 0)
		return -1;
	if (!e->allow_sam && (ret->hive == HIVE_SAM || ret->hive == HIVE_SECURITY)) {
		registry_path_clear(ret);
		return error_set(
			err, ERR_REFUSED,
			"'%s' lies in a hive of accounts and secrets (SAM, SECURITY); to change it "
			"all the same, add --allow-sam",
			key);
	}
	return 0;
}

/* Whether the path is Select, or a control set that it names, however it was written. */
static int
is_boot_key(struct registry_edit *e, const struct registry_path *p, struct error *err)
{
	CLEANUP_CONTROL_SETS struct control_sets sets = { 0 };
	size_t n = strcspn(p->keys[0], "\\");
	CLEANUP_FREE char *first = xstrndup(p->keys[0], n);
	int found = name_equal(first, "Select");

	if (p->hive != HIVE_SYSTEM || p->keys[0][n + strspn(p->keys[0] + n, "\\")])
		return 0;
	if (windows_control_sets(e->session->windows, &sets, err) < 0) {
		/* no Select, no set that it names */
		if (err->code != ERR_NOT_FOUND)
			return -1;
		error_clear(err);
	}
	for (size_t i = 0; i < sets.write_count; i++)
		found |= name_equal(first, sets.write[i]);
	return found;
}

/* Roots of hives and what Windows starts with are not deleted, whoever asks: it would not start again. */
static int
may_delete_key(struct registry_edit *e, const struct registry_path *p, const char *key,
	       struct error *err)
{
	int boot;

	if (!*p->keys[0])
		return error_set(err, ERR_REFUSED,
				 "'%s' is the root of a hive and cannot be deleted", key);
	if (p->whole_set)
		return error_set(
			err, ERR_REFUSED,
			"'%s' is the control set that Windows starts with; name a key below it",
			key);
	boot = is_boot_key(e, p, err);
	if (boot <= 0)
		return boot;
	return error_set(
		err, ERR_REFUSED,
		"'%s' is Select or a control set that it names: Windows would not start without it; "
		"name a key below it",
		key);
}

/* The value as it is: 1, 0 when it or its key is not there. */
static int
look(struct registry_edit *e, enum windows_hive hive, const char *key, const char *name,
     struct hive_value *ret, struct error *err)
{
	struct hive *h = windows_hive(e->session->windows, hive, err);
	hive_key at;

	if (!h)
		return -1;
	if (hive_find_path(h, key, &at, err) == 0 && hive_value(h, at, name, ret, err) == 0)
		return 1;
	if (err->code != ERR_NOT_FOUND)
		return -1;
	error_clear(err);
	return 0;
}

/* 1 when the key is there. */
static int
key_there(struct registry_edit *e, enum windows_hive hive, const char *key, struct error *err)
{
	struct hive *h = windows_hive(e->session->windows, hive, err);
	hive_key at;

	if (!h)
		return -1;
	if (hive_find_path(h, key, &at, err) == 0)
		return 1;
	if (err->code != ERR_NOT_FOUND)
		return -1;
	error_clear(err);
	return 0;
}

/* ---- one edit in one place ---- */

static int
set_in(struct registry_edit *e, enum windows_hive hive, const char *key, const char *name,
       uint32_t type, const uint8_t *data, uint32_t len, struct error *err)
{
	CLEANUP_HIVE_VALUE struct hive_value old = { 0 };
	int there = look(e, hive, key, name, &old, err);

	if (there < 0)
		return -1;
	if (there && old.type == type && old.len == len &&
	    (len == 0 || memcmp(old.data, data, len) == 0))
		return 0;
	if (edit_create_key(e->session->subject, CHECK, hive, key, err) < 0)
		return -1;
	return edit_set_value(e->session->subject, CHECK, hive, key, name, type, data, len, err);
}

/* 1 when there was something to delete. */
static int
delete_in(struct registry_edit *e, enum windows_hive hive, const char *key, const char *name,
	  struct error *err)
{
	CLEANUP_HIVE_VALUE struct hive_value old = { 0 };
	int there = name ? look(e, hive, key, name, &old, err) : key_there(e, hive, key, err);

	if (there <= 0)
		return there;
	if (name)
		there = edit_delete_value(e->session->subject, CHECK, hive, key, name, err);
	else
		there = edit_delete_key(e->session->subject, CHECK, hive, key, err);
	return there < 0 ? -1 : 1;
}

/* ---- from the command line ---- */

/* The type that is meant: the named one, else that of the value as it is. */
static int
choose_type(struct registry_edit *e, const struct registry_path *p, const char *name,
	    const char *type, uint32_t *ret, struct error *err)
{
	CLEANUP_HIVE_VALUE struct hive_value old = { 0 };
	int there;

	if (type)
		return reg_type_parse(type, ret) ?
			       0 :
			       error_set(
				       err, ERR_USAGE,
				       "there is no value type '%s' (REG_SZ, REG_EXPAND_SZ, REG_MULTI_SZ, "
				       "REG_DWORD, REG_QWORD, REG_BINARY, REG_NONE)",
				       type);
	there = look(e, p->hive, p->keys[0], name, &old, err);
	if (there < 0)
		return -1;
	if (!there)
		return error_set(
			err, ERR_USAGE,
			"'%s\\%s' has no value '%s' yet: name its type with --type (REG_SZ, REG_DWORD …)",
			windows_hive_name(e->session->windows, p->hive), p->keys[0],
			*name ? name : "(default)");
	*ret = old.type;
	return 0;
}

int
registry_set(struct registry_edit *e, const char *key, const char *name, const char *type,
	     const char *text, struct error *err)
{
	CLEANUP_REGISTRY_PATH struct registry_path p = { 0 };
	CLEANUP_FREE uint8_t *data = NULL;
	uint32_t number, len;

	if (resolve_for_edit(e, key, &p, err) < 0 ||
	    choose_type(e, &p, name, type, &number, err) < 0 ||
	    reg_data_parse(number, text, &data, &len, err) < 0)
		return -1;
	for (size_t i = 0; i < p.count; i++)
		if (set_in(e, p.hive, p.keys[i], name, number, data, len, err) < 0)
			return -1;
	return 0;
}

int
registry_create(struct registry_edit *e, const char *key, struct error *err)
{
	CLEANUP_REGISTRY_PATH struct registry_path p = { 0 };

	if (resolve_for_edit(e, key, &p, err) < 0)
		return -1;
	for (size_t i = 0; i < p.count; i++)
		if (edit_create_key(e->session->subject, CHECK, p.hive, p.keys[i], err) < 0)
			return -1;
	return 0;
}

int
registry_delete(struct registry_edit *e, const char *key, const char *name, struct error *err)
{
	CLEANUP_REGISTRY_PATH struct registry_path p = { 0 };
	int done = 0;

	if (resolve_for_edit(e, key, &p, err) < 0)
		return -1;
	if (!name && may_delete_key(e, &p, key, err) < 0)
		return -1;
	for (size_t i = 0; i < p.count; i++) {
		int got = delete_in(e, p.hive, p.keys[i], name, err);

		if (got < 0)
			return -1;
		done |= got;
	}
	if (done)
		return 0;
	return name ? error_set(err, ERR_NOT_FOUND, "'%s' has no value '%s'", key, name) :
		      error_set(err, ERR_NOT_FOUND, "there is no key '%s'", key);
}

/* ---- from a .reg file ---- */

static int
import_at(struct registry_edit *e, const struct reg_op *op, enum windows_hive hive, const char *key,
	  struct error *err)
{
	switch (op->kind) {
	case REG_OP_KEY:
		return edit_create_key(e->session->subject, CHECK, hive, key, err);
	case REG_OP_SET:
		return set_in(e, hive, key, op->name, op->type, op->data, op->len, err);
	case REG_OP_DELETE_KEY:
		return delete_in(e, hive, key, NULL, err) < 0 ? -1 : 0;
	case REG_OP_DELETE:
		return delete_in(e, hive, key, op->name, err) < 0 ? -1 : 0;
	}
	return 0;
}

static int
import_op(struct registry_edit *e, const struct reg_op *op, const struct registry_path *p,
	  struct error *err)
{
	if (op->kind == REG_OP_DELETE_KEY && may_delete_key(e, p, op->key, err) < 0)
		return -1;
	for (size_t i = 0; i < p->count; i++)
		if (import_at(e, op, p->hive, p->keys[i], err) < 0)
			return -1;
	return interrupt_check(err);
}

/* Where the statements of a file are about. */
struct import {
	struct registry_edit *edit;
	struct registry_path path;
	char *key;   /* that the path belongs to; owned */
	char *named; /* the hive that the file names, when the target is one; owned */
};

static int
go_to(struct import *i, const struct reg_op *op, struct error *err)
{
	struct registry_path *p = &i->path;

	if (i->key && strcmp(i->key, op->key) == 0)
		return 0;
	registry_path_clear(p);
	free(steal(&i->key));
	if (resolve_for_edit(i->edit, op->key, p, err) < 0)
		return error_prefix(err, "line %zu", op->line);
	i->key = xstrdup(op->key);
	if (p->named && i->named && !name_equal(p->named, i->named))
		return error_set(err, ERR_USAGE,
				 "line %zu: '%s' and '%s' are two hives, and this target is one",
				 op->line, i->named, p->named);
	if (p->named && !i->named)
		i->named = xstrdup(p->named);
	return 0;
}

static int
import_all(struct import *i, struct regfile *f, struct error *err)
{
	for (;;) {
		CLEANUP_REG_OP struct reg_op op = { 0 };
		int got = regfile_next(f, &op, err);

		if (got <= 0)
			return got;
		if (!*op.key)
			continue; /* the place of a key whose name no .reg file can hold */
		if (go_to(i, &op, err) < 0)
			return -1;
		if (import_op(i->edit, &op, &i->path, err) < 0)
			return error_prefix(err, "line %zu", op.line);
	}
}

int
registry_import(struct registry_edit *e, const struct hive_source *from, struct error *err)
{
	CLEANUP_REGFILE struct regfile *f = regfile_open(from, err);
	struct import i = { .edit = e };
	int got = f ? import_all(&i, f, err) : -1;

	registry_path_clear(&i.path);
	free(i.key);
	free(i.named);
	return got;
}

int
registry_seal(struct registry_edit *e, const char *command, struct error *err)
{
	CLEANUP_FINDINGS struct findings none = { 0 };
	int got;

	if (e->session->report->changes.count == 0)
		return 0;
	got = session_may_edit(e->session, err);
	if (got == 0)
		got = session_seal(e->session, command, &none, err);
	if (got < 0)
		change_list_clear(&e->session->report->changes);
	return got;
}
