/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything that can be asked of a hive, and edits of a sound one. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/hive-walk.h"
#include "registry/hive.h"
#include "registry/regfile.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"

#define KEYS 300 /* looked at one by one */
#define NOW  UINT64_C(130464960000000000)

int
hive_bytes_write(void *ctx, const void *buf, size_t len, uint64_t offset, struct error *err)
{
	struct hive_bytes *b = ctx;

	(void)err;
	if (offset + len > b->len) {
		b->p = xrealloc(b->p, (size_t)offset + len, 1);
		memset(b->p + b->len, 0xee, (size_t)offset + len - b->len);
		b->len = (size_t)offset + len;
	}
	memcpy(b->p + offset, buf, len);
	return 0;
}

static void
walk_values(struct hive *h, hive_key key)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct hive_value *values;
	size_t count;
	int got = hive_values(h, key, &values, &count, &err);

	fuzz_expect(got, &err);
	if (got < 0)
		return;
	for (size_t i = 0; i < count; i++) {
		CLEANUP_ERROR struct error one = ERROR_INIT;
		CLEANUP_HIVE_VALUE struct hive_value again = { 0 };

		free(hive_value_text(&values[i]));
		free(reg_data_text(values[i].type, values[i].data, values[i].len));
		if (i < 20)
			fuzz_expect(hive_value(h, key, values[i].name, &again, &one), &one);
	}
	hive_values_free(values, count);
}

static void
walk_key(struct hive *h, hive_key key, int depth, unsigned *left)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE char *name = hive_key_name(h, key, &err);
	CLEANUP_FREE char *path = NULL;
	CLEANUP_FREE char *class = NULL;
	CLEANUP_FREE hive_key *keys = NULL;
	hive_key found;
	uint64_t time;
	size_t count = 0;
	int got;

	fuzz_expect(name ? 0 : -1, &err);
	class = hive_key_class(h, key, &err);
	fuzz_expect(class ? 0 : -1, &err);
	fuzz_expect(hive_key_time(h, key, &time, &err), &err);
	path = hive_key_path(h, key, &err);
	fuzz_expect(path ? 0 : -1, &err);
	if (path)
		fuzz_expect(hive_find_path(h, path, &found, &err), &err);
	walk_values(h, key);
	got = hive_subkeys(h, key, &keys, &count, &err);
	fuzz_expect(got, &err);
	for (size_t i = 0; got == 0 && depth < 600 && i < count && *left; i++) {
		--*left;
		walk_key(h, keys[i], depth + 1, left);
	}
}

void
hive_walk(struct hive *h)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE char *name = hive_file_name(h, &err);
	unsigned left = KEYS;
	hive_key root;
	int got;

	fuzz_expect(name ? 0 : -1, &err);
	got = hive_root(h, &root, &err);
	fuzz_expect(got, &err);
	if (got == 0)
		walk_key(h, root, 0, &left);
	for (size_t i = 0; i < hive_losses(h)->count; i++)
		FUZZ_ASSERT(hive_losses(h)->list[i].text);
	FUZZ_ASSERT(hive_current(h) || hive_why_not_current(h));
}

bool
hive_walk_sound(struct hive *h)
{
	CLEANUP_HIVE_PROBLEMS struct hive_problems p = { 0 };
	CLEANUP_ERROR struct error err = ERROR_INIT, gate = ERROR_INIT;
	int got = hive_verify(h, &p, &err);
	bool sound = got == 0 && p.errors == 0;

	fuzz_expect(got, &err);
	FUZZ_ASSERT(p.count <= p.errors + p.warnings + p.notes);
	FUZZ_ASSERT((hive_check(h, &gate) == 0) == sound);
	return sound;
}

static int
gather(void *ctx, const char *text, size_t n, struct error *err)
{
	(void)err;
	text_add_n(ctx, text, n);
	return 0;
}

char *
hive_walk_export(struct hive *h, const char *prefix)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_TEXT struct text text = TEXT_INIT;
	const struct regfile_sink to = { gather, &text };
	size_t left_out;

	return regfile_export(&to, h, prefix, "", &left_out, &err) < 0 ? NULL : text_steal(&text);
}

char *
hive_walk_text(struct hive *h)
{
	return hive_walk_export(h, "X");
}

/* The path of any key: a few random steps down.  The caller's; NULL when something cannot be read. */
static char *
any_key(struct hive *h, struct fuzz_dice *d)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	hive_key key;

	if (hive_root(h, &key, &err) < 0)
		return NULL;
	for (uint32_t steps = fuzz_dice_roll(d, 6); steps; steps--) {
		CLEANUP_FREE hive_key *keys = NULL;
		size_t count;

		if (hive_subkeys(h, key, &keys, &count, &err) < 0)
			return NULL;
		if (!count)
			break;
		key = keys[fuzz_dice_roll(d, (uint32_t)count)];
	}
	return hive_key_path(h, key, &err);
}

static char *
any_value(struct hive *h, const char *path, struct fuzz_dice *d)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct hive_value *values;
	char *name = NULL;
	hive_key key;
	size_t count;

	if (hive_find_path(h, path, &key, &err) < 0 ||
	    hive_values(h, key, &values, &count, &err) < 0)
		return NULL;
	if (count)
		name = xstrdup(values[fuzz_dice_roll(d, (uint32_t)count)].name);
	hive_values_free(values, count);
	return name;
}

static int
one_edit(struct hive *h, struct fuzz_dice *d, struct error *err)
{
	static const char *const names[] = { "",	"a",	    "B",	   "name",
					     "Value 7", "\xc3\xa4", "\xe2\x82\xac" };
	static const uint32_t sizes[] = { 0, 1, 4, 5, 8, 60, 300, 4100, 16344, 16345, 40000 };
	CLEANUP_FREE char *path = any_key(h, d);
	CLEANUP_FREE char *old = path ? any_value(h, path, d) : NULL;
	const char *name = names[fuzz_dice_roll(d, ARRAY_SIZE(names))];
	CLEANUP_FREE char *below =
		path ? xasprintf("%s%s%s", path, *path ? "\\" : "", *name ? name : "new") : NULL;
	uint32_t len = sizes[fuzz_dice_roll(d, ARRAY_SIZE(sizes))];
	CLEANUP_FREE uint8_t *bytes = xzalloc(len + 1);

	if (!path)
		return 0;
	switch (fuzz_dice_roll(d, 6)) {
	case 0:
		return hive_put_value(h, path, name, fuzz_dice_roll(d, 12), bytes, len, NOW, err);
	case 1:
		return old ? hive_put_value(h, path, old, REG_TYPE_BINARY, bytes, len, NOW, err) :
			     0;
	case 2:
		return old ? hive_delete_value(h, path, old, NOW, err) : 0;
	case 3:
		return hive_create_key(h, below, NOW, err);
	case 4:
		return *path ? hive_delete_key(h, path, NOW, err) : 0;
	default:
		return hive_put_u32(h, path, name, len, NOW, err);
	}
}

void
hive_walk_edit(struct hive *h, struct fuzz_dice *d, int count)
{
	for (int i = 0; i < count; i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT, after = ERROR_INIT;
		int got = one_edit(h, d, &err);

		FUZZ_ASSERT(got == 0 || err.code != ERR_NONE);
		if (got < 0)
			return;
		if (hive_check(h, &after) < 0)
			fuzz_broken(__FILE__, __LINE__, "sound after an edit", after.message);
	}
}
