/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plain model of a hive; see hive-model.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "registry/hive.h"
#include "tests/support/hive-model.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"

struct model_key *
model_new(uint64_t time)
{
	struct model_key *k = xzalloc(sizeof *k);

	k->name = xstrdup("");
	k->time = time;
	return k;
}

static void
clear_value(struct model_value *v)
{
	free(v->name);
	free(v->data);
}

void
model_free(struct model_key *k)
{
	for (size_t i = 0; i < k->key_count; i++)
		model_free(k->keys[i]);
	for (size_t i = 0; i < k->value_count; i++)
		clear_value(&k->values[i]);
	free(k->keys);
	free(k->values);
	free(k->name);
	free(k);
}

char *
model_path(const struct model_key *k)
{
	CLEANUP_FREE char *above = NULL;

	if (!k->parent)
		return xstrdup("");
	above = model_path(k->parent);
	return xasprintf("%s%s%s", above, *above ? "\\" : "", k->name);
}

struct model_key *
model_child(struct model_key *k, const char *name, uint64_t time)
{
	struct model_key *child;

	for (size_t i = 0; i < k->key_count; i++)
		if (name_equal(k->keys[i]->name, name))
			return k->keys[i];
	child = model_new(time);
	free(child->name);
	child->name = xstrdup(name);
	child->parent = k;
	ARRAY_GROW(k->keys, k->key_count);
	k->keys[k->key_count++] = child;
	k->time = time;
	return child;
}

void
model_drop(struct model_key *k, uint64_t time)
{
	struct model_key *parent = k->parent;
	size_t i = 0;

	while (parent->keys[i] != k)
		i++;
	memmove(parent->keys + i, parent->keys + i + 1,
		(parent->key_count - i - 1) * sizeof(struct model_key *));
	parent->key_count--;
	parent->time = time;
	model_free(k);
}

void
model_set(struct model_key *k, const char *name, uint32_t type, const uint8_t *data, uint32_t len,
	  uint64_t time)
{
	struct model_value *v = NULL;

	for (size_t i = 0; i < k->value_count; i++)
		if (name_equal(k->values[i].name, name))
			v = &k->values[i];
	if (!v) {
		ARRAY_GROW(k->values, k->value_count);
		v = &k->values[k->value_count++];
		*v = (struct model_value){ .name = xstrdup(name) };
	}
	free(v->data);
	v->data = xmemdup(data, len);
	v->type = type;
	v->len = len;
	k->time = time;
}

void
model_unset(struct model_key *k, size_t i, uint64_t time)
{
	clear_value(&k->values[i]);
	memmove(k->values + i, k->values + i + 1, (k->value_count - i - 1) * sizeof *k->values);
	k->value_count--;
	k->time = time;
}

static size_t
count(const struct model_key *k)
{
	size_t n = 1;

	for (size_t i = 0; i < k->key_count; i++)
		n += count(k->keys[i]);
	return n;
}

static struct model_key *
nth(struct model_key *k, size_t *left)
{
	struct model_key *found = NULL;

	if ((*left)-- == 0)
		return k;
	for (size_t i = 0; i < k->key_count && !found; i++)
		found = nth(k->keys[i], left);
	return found;
}

struct model_key *
model_pick(struct model_key *root, uint32_t number)
{
	size_t left = number % count(root);

	return nth(root, &left);
}

static void
compare_values(const struct model_key *k, struct hive *h, hive_key key, const char *path)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct hive_value *values;
	size_t n = 0;

	if (hive_values(h, key, &values, &n, &err) < 0)
		fail_msg("%s", err.message);
	if (n != k->value_count)
		fail_msg("'%s' has %zu values, not %zu", path, n, k->value_count);
	for (size_t i = 0; i < n; i++) { /* new ones come last, here and there */
		const struct model_value *v = &k->values[i];

		if (strcmp(values[i].name, v->name) != 0 || values[i].type != v->type ||
		    values[i].len != v->len ||
		    (v->len && memcmp(values[i].data, v->data, v->len) != 0))
			fail_msg("'%s': value '%s' is not as it was set ('%s', %u bytes)", path,
				 v->name, values[i].name, values[i].len);
	}
	hive_values_free(values, n);
}

static void
compare_key(const struct model_key *k, struct hive *h, hive_key key)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE char *path = model_path(k);
	CLEANUP_FREE hive_key *keys = NULL;
	uint64_t time;
	size_t n = 0;

	if (hive_key_time(h, key, &time, &err) < 0 || hive_subkeys(h, key, &keys, &n, &err) < 0)
		fail_msg("%s", err.message);
	if (time != k->time)
		fail_msg("'%s' has another time", path);
	if (n != k->key_count)
		fail_msg("'%s' has %zu subkeys, not %zu", path, n, k->key_count);
	compare_values(k, h, key, path);
	for (size_t i = 0; i < k->key_count; i++) {
		hive_key below;

		if (hive_find(h, key, k->keys[i]->name, &below, &err) < 0)
			fail_msg("%s", err.message);
		compare_key(k->keys[i], h, below);
	}
}

void
model_compare(const struct model_key *root, struct hive *h)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	hive_key key;

	if (hive_root(h, &key, &err) < 0)
		fail_msg("%s", err.message);
	compare_key(root, h, key);
}
