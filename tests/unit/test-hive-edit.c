/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Edits of hives: what changes and what does not, how the result is handed back, and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "registry/hive.h"
#include "tests/support/hive-build.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"

#define BIN (128u << 10)
#define NOW UINT64_C(130464960000000000)

/* ROOT\Keys\{One, Two, Zwölf}, and values of several kinds in One. */
struct world {
	struct hive_build b;
	uint32_t keys, one, two, twelve;
	uint32_t values[4];
	struct hive *h;
};

static void
build_world(struct world *w, const char *kind)
{
	struct hive_build *b = &w->b;
	uint32_t children[3];

	build_begin(b, 5, BIN);
	w->keys = build_key(b, b->root, "Keys");
	build_subkeys(b, b->root, kind, &w->keys, 1);
	children[0] = w->one = build_key(b, w->keys, "One");
	children[1] = w->two = build_key(b, w->keys, "Two");
	children[2] = w->twelve = build_key(b, w->keys, "Zw\xc3\xb6lf");
	build_subkeys(b, w->keys, kind, children, 3);
	w->values[0] = build_value(b, "number", REG_TYPE_DWORD, "\1\0\0\0", 4);
	w->values[1] = build_value(b, "data", REG_TYPE_BINARY, "0123456789abcdefXYZ", 19);
	w->values[2] = build_value(b, "", REG_TYPE_SZ, "a\0\0", 4);
	w->values[3] = build_value(b, "empty", REG_TYPE_BINARY, NULL, 0);
	build_values(b, w->one, w->values, 4);
	build_done(b);
}

static void
open_world(struct world *w)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;

	w->h = hive_open_memory("TEST", w->b.p, w->b.size, &err);
	if (!w->h)
		fail_msg("%s", err.message);
}

static void
begin(struct world *w)
{
	build_world(w, "lh");
	open_world(w);
}

static void
end(struct world *w)
{
	hive_close(w->h);
	free(w->b.p);
}

static void
well(int got, const struct error *err)
{
	if (got < 0)
		fail_msg("%s", err->message);
}

/* The file as the volume would have it after both phases. */
struct file {
	uint8_t *p;
	size_t size;
	unsigned calls;
	bool base_seen;
};

static int
put(void *ctx, const void *buf, size_t len, uint64_t offset, struct error *err)
{
	struct file *f = ctx;

	(void)err;
	f->calls++;
	if (offset < 4096) {
		assert_int_equal(offset, 0);
		assert_int_equal(len, 4096);
		f->base_seen = true;
	}
	if (offset + len > f->size) {
		f->p = xrealloc(f->p, (size_t)(offset + len), 1);
		memset(f->p + f->size, 0xee, (size_t)(offset + len) - f->size);
		f->size = (size_t)(offset + len);
	}
	memcpy(f->p + offset, buf, len);
	return 0;
}

/* Writes back, checks the promises that hold for every edit, and opens the result in place of the hive. */
static struct file
written(struct world *w)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct file f = { xmemdup(w->b.p, w->b.size), w->b.size, 0, false };
	uint32_t sum = 0;

	assert_true(hive_changed(w->h));
	well(hive_check(w->h, &err), &err);
	well(hive_write_back(w->h, HIVE_WRITE_DATA, put, &f, &err), &err);
	assert_false(f.base_seen);
	well(hive_write_back(w->h, HIVE_WRITE_BASE, put, &f, &err), &err);
	assert_true(f.base_seen);
	assert_int_equal(f.size, hive_image_size(w->h));
	/* one more than found, both, whatever was done in between */
	assert_int_equal(get_u32(f.p + 4), 8);
	assert_int_equal(get_u32(f.p + 8), 8);
	assert_int_equal(get_u32(f.p + 40), f.size - 4096);
	for (size_t i = 0; i < 508; i += 4)
		sum ^= get_u32(f.p + i);
	assert_int_equal(get_u32(f.p + 508), sum);
	/* of the base block nothing else */
	for (size_t i = 0; i < 4096; i++)
		if (!(i >= 4 && i < 12) && !(i >= 40 && i < 44) && !(i >= 508 && i < 512))
			assert_int_equal(f.p[i], w->b.p[i]);
	hive_close(w->h);
	w->h = hive_open_memory("TEST", f.p, f.size, &err);
	assert_non_null(w->h);
	assert_true(hive_state(w->h)->clean);
	well(hive_check(w->h, &err), &err);
	return f;
}

static void
time_is(struct world *w, const char *path, uint64_t wanted)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	uint64_t time = 0;
	hive_key key;

	well(hive_find_path(w->h, path, &key, &err), &err);
	well(hive_key_time(w->h, key, &time, &err), &err);
	assert_true(time == wanted);
}

static void
holds(struct world *w, const char *path, const char *name, uint32_t type, const void *data,
      uint32_t len)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_HIVE_VALUE struct hive_value v = { 0 };
	hive_key key;

	well(hive_find_path(w->h, path, &key, &err), &err);
	well(hive_value(w->h, key, name, &v, &err), &err);
	assert_string_equal(v.name, name);
	assert_int_equal(v.type, type);
	assert_int_equal(v.len, len);
	if (len)
		assert_memory_equal(v.data, data, len);
}

static bool
has(struct world *w, const char *path)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	hive_key key;

	if (hive_find_path(w->h, path, &key, &err) == 0)
		return true;
	assert_int_equal(err.code, ERR_NOT_FOUND);
	return false;
}

static void
refused(int got, struct error *err, enum error_code code, const char *why)
{
	assert_int_equal(got, -1);
	if (!strstr(err->message, why))
		fail_msg("'%s' lacks '%s'", err->message, why);
	assert_int_equal(err->code, code);
	error_clear(err);
}

/* Nothing that was given up is still allocated, and nothing else is amiss. */
static void
lost_nothing(struct world *w)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_HIVE_PROBLEMS struct hive_problems p = { 0 };

	well(hive_verify(w->h, &p, &err), &err);
	for (size_t i = 0; i < p.count; i++)
		fail_msg("0x%x %s: %s", (unsigned)p.list[i].offset, p.list[i].key, p.list[i].text);
}

/* ---- in place ---- */

static void
a_number_changes_its_bytes_its_keys_time_and_the_base_block(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct world w;
	struct file f;
	size_t value, time, different = 0;

	(void)state;
	begin(&w);
	assert_false(hive_changed(w.h));
	well(hive_put_u32(w.h, "keys\\ONE", "NUMBER", 0, NOW, &err), &err);
	holds(&w, "Keys\\One", "number", REG_TYPE_DWORD, "\0\0\0\0", 4);
	f = written(&w);
	assert_int_equal(f.size, w.b.size);
	value = (size_t)(build_at(&w.b, w.values[0]) - w.b.p) + 8;
	time = (size_t)(build_at(&w.b, w.one) - w.b.p) + 4;
	for (size_t i = 4096; i < f.size; i++)
		if (f.p[i] != w.b.p[i]) {
			different++;
			assert_true((i >= value && i < value + 4) || (i >= time && i < time + 8));
		}
	assert_in_range(different, 2, 12);
	time_is(&w, "Keys\\One", NOW);
	time_is(&w, "Keys", UINT64_C(130000000000000000));
	free(f.p);
	end(&w);
}

static void
data_that_fits_its_cell_stays_there(void **state)
{
	static const char *const texts[] = { "short", "0123456789abcdefXYZ",
					     "0123456789abcdefghi!" };
	CLEANUP_ERROR struct error err = ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		uint32_t len = (uint32_t)strlen(texts[i]), largest;
		struct world w;
		struct file f;

		begin(&w);
		well(hive_put_value(w.h, "Keys\\One", "data", REG_TYPE_SZ, texts[i], len, NOW,
				    &err),
		     &err);
		f = written(&w);
		assert_int_equal(f.size, w.b.size);
		holds(&w, "Keys\\One", "data", REG_TYPE_SZ, texts[i], len);
		holds(&w, "Keys\\One", "number", REG_TYPE_DWORD, "\1\0\0\0", 4);
		/* the key's largest length of data is never below a length that is there */
		largest = get_u32(f.p + (build_at(&w.b, w.one) - w.b.p) + 64);
		assert_in_range(largest, len, 20);
		free(f.p);
		end(&w);
	}
}

static void
an_empty_value_takes_up_to_four_bytes_and_gives_them_back(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct world w;
	struct file f;

	(void)state;
	begin(&w);
	well(hive_put_value(w.h, "Keys\\One", "empty", REG_TYPE_BINARY, "\7\10\11", 3, NOW, &err),
	     &err);
	holds(&w, "Keys\\One", "empty", REG_TYPE_BINARY, "\7\10\11", 3);
	well(hive_put_value(w.h, "Keys\\One", "empty", REG_TYPE_NONE, NULL, 0, NOW, &err), &err);
	holds(&w, "Keys\\One", "empty", REG_TYPE_NONE, NULL, 0);
	/* and where data was in a cell */
	well(hive_put_value(w.h, "Keys\\One", "data", REG_TYPE_NONE, NULL, 0, NOW, &err), &err);
	f = written(&w);
	holds(&w, "Keys\\One", "data", REG_TYPE_NONE, NULL, 0);
	free(f.p);
	end(&w);
}

static void
a_deleted_value_leaves_the_others_and_frees_its_cells(void **state)
{
	static const char *const names[] = { "number", "data", "", "empty" };
	CLEANUP_ERROR struct error err = ERROR_INIT;

	(void)state;
	for (size_t gone = 0; gone < ARRAY_SIZE(names); gone++) {
		struct hive_value *values;
		struct world w;
		struct file f;
		size_t count, at = 0;
		hive_key key;

		begin(&w);
		well(hive_delete_value(w.h, "Keys\\One", names[gone], NOW, &err), &err);
		f = written(&w);
		assert_int_equal(f.size, w.b.size);
		well(hive_find_path(w.h, "Keys\\One", &key, &err), &err);
		well(hive_values(w.h, key, &values, &count, &err), &err);
		assert_int_equal(count, 3);
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			if (i != gone)
				assert_string_equal(values[at++].name, names[i]);
		hive_values_free(values, count);
		lost_nothing(&w);
		time_is(&w, "Keys\\One", NOW);
		free(f.p);
		end(&w);
	}
}

static void
the_last_value_takes_the_list_with_it(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct world w;
	struct file f;
	const uint8_t *nk;

	(void)state;
	begin(&w);
	well(hive_delete_value(w.h, "Keys\\One", "data", NOW, &err), &err);
	well(hive_delete_value(w.h, "Keys\\One", "", NOW, &err), &err);
	well(hive_delete_value(w.h, "Keys\\One", "number", NOW, &err), &err);
	well(hive_delete_value(w.h, "Keys\\One", "empty", NOW, &err), &err);
	refused(hive_delete_value(w.h, "Keys\\One", "empty", NOW, &err), &err, ERR_NOT_FOUND,
		"no value");
	f = written(&w);
	nk = f.p + (build_at(&w.b, w.one) - w.b.p);
	assert_int_equal(get_u32(nk + 36), 0);
	assert_int_equal(get_u32(nk + 40), BUILD_NOTHING);
	assert_int_equal(get_u32(nk + 60), 0);
	assert_int_equal(get_u32(nk + 64), 0);
	lost_nothing(&w);
	/* and values can be made again */
	hive_close(w.h);
	w.h = hive_open_memory("TEST", f.p, f.size, &err);
	well(hive_put_u32(w.h, "Keys\\One", "new", 3, NOW, &err), &err);
	holds(&w, "Keys\\One", "new", REG_TYPE_DWORD, "\3\0\0\0", 4);
	well(hive_check(w.h, &err), &err);
	free(f.p);
	end(&w);
}

static void
all_segments_of_a_big_value_are_freed(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE uint8_t *data = xzalloc(40000);
	struct world w = { 0 };
	struct file f;
	uint32_t values[2];

	(void)state;
	build_begin(&w.b, 5, BIN);
	values[0] = build_value(&w.b, "big", REG_TYPE_BINARY, data, 40000);
	values[1] = build_value(&w.b, "small", REG_TYPE_DWORD, "\1\0\0\0", 4);
	build_values(&w.b, w.b.root, values, 2);
	build_done(&w.b);
	open_world(&w);
	/* beside it values are added and changed */
	well(hive_put_u32(w.h, "", "new", 1, NOW, &err), &err);
	holds(&w, "", "big", REG_TYPE_BINARY, data, 40000);
	well(hive_put_u32(w.h, "", "small", 2, NOW, &err), &err);
	well(hive_delete_value(w.h, "", "big", NOW, &err), &err);
	f = written(&w);
	lost_nothing(&w);
	holds(&w, "", "small", REG_TYPE_DWORD, "\2\0\0\0", 4);
	free(f.p);
	end(&w);
}

static void
big_values_are_written_in_segments_since_version_4(void **state)
{
	static const uint32_t lengths[] = { 16343, 16344, 16345, 32688, 32689, 100000 };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE uint8_t *data = xmalloc(100000);

	(void)state;
	for (uint32_t i = 0; i < 100000; i++)
		data[i] = (uint8_t)(i * 7 + i / 256);
	for (uint32_t minor = 3; minor <= 6; minor++) {
		struct world w = { 0 };
		struct file f;

		build_begin(&w.b, minor, BIN);
		build_done(&w.b);
		open_world(&w);
		for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
			CLEANUP_FREE char *name = xasprintf("v%u", lengths[i]);

			well(hive_put_value(w.h, "", name, REG_TYPE_BINARY, data, lengths[i], NOW,
					    &err),
			     &err);
		}
		f = written(&w);
		lost_nothing(&w);
		for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
			CLEANUP_FREE char *name = xasprintf("v%u", lengths[i]);
			uint32_t cell;

			holds(&w, "", name, REG_TYPE_BINARY, data, lengths[i]);
			/* the first value that must be in segments is, and only since then */
			cell = get_u32(f.p + 4096 + 4 +
				       get_u32(f.p + 4096 + 4 +
					       get_u32(f.p + 4096 + 4 + get_u32(f.p + 36) + 40) +
					       4 * i) +
				       8);
			assert_int_equal(memcmp(f.p + 4096 + 4 + cell, "db", 2) == 0,
					 minor > 3 && lengths[i] > 16344);
		}
		free(f.p);
		end(&w);
	}
}

/* ---- new cells ---- */

static void
what_fits_free_cells_does_not_grow_the_hive(void **state)
{
	static const char longer[] = "longer than the nineteen bytes that were there before";
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct world w;
	struct file f;

	(void)state;
	begin(&w);
	for (int i = 0; i < 1000; i++) {
		well(hive_put_value(w.h, "Keys\\One", "data", REG_TYPE_BINARY, longer,
				    i % 2 ? sizeof longer : 19, NOW, &err),
		     &err);
		well(hive_put_u32(w.h, "Keys\\Two", "fresh", 9, NOW, &err), &err);
		well(hive_create_key(w.h, "Keys\\Two\\Below", NOW, &err), &err);
		if (i == 999)
			break;
		well(hive_delete_value(w.h, "Keys\\Two", "fresh", NOW, &err), &err);
		well(hive_delete_key(w.h, "Keys\\Two\\Below", NOW, &err), &err);
	}
	f = written(&w);
	assert_int_equal(f.size, w.b.size);
	lost_nothing(&w);
	holds(&w, "Keys\\One", "data", REG_TYPE_BINARY, longer, sizeof longer);
	holds(&w, "Keys\\One", "number", REG_TYPE_DWORD, "\1\0\0\0", 4);
	holds(&w, "Keys\\One", "", REG_TYPE_SZ, "a\0\0", 4);
	holds(&w, "Keys\\Two", "fresh", REG_TYPE_DWORD, "\11\0\0\0", 4);
	time_is(&w, "Keys\\One", NOW);
	time_is(&w, "Keys\\Two", NOW);
	free(f.p);
	end(&w);
}

static void
what_does_not_fit_grows_the_hive_by_one_bin(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE uint8_t *data = xzalloc(16000);
	uint64_t size;
	struct world w;
	struct file f;

	(void)state;
	begin(&w);
	for (int i = 0; hive_image_size(w.h) == w.b.size; i++) {
		CLEANUP_FREE char *name = xasprintf("value %d", i);

		well(hive_put_value(w.h, "Keys\\Two", name, REG_TYPE_BINARY, data, 16000, NOW,
				    &err),
		     &err);
	}
	size = hive_image_size(w.h);
	assert_int_equal(size - w.b.size, 16384); /* 16,000 bytes, and the header of a bin */
	assert_int_equal(hive_state(w.h)->bins_size, size - 4096);
	f = written(&w);
	assert_int_equal(f.size, size);
	lost_nothing(&w);
	free(f.p);
	end(&w);
}

static void
keys_are_deleted_and_made_with_their_parents(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct world w;
	struct file f;

	(void)state;
	begin(&w);
	well(hive_delete_key(w.h, "KEYS\\one", NOW, &err), &err);
	assert_false(has(&w, "Keys\\One"));
	time_is(&w, "Keys", NOW);
	time_is(&w, "", UINT64_C(130000000000000000));
	well(hive_create_key(w.h, "Keys\\Zulu\\Deep", NOW + 1, &err), &err);
	time_is(&w, "Keys\\Zulu", NOW + 1);
	time_is(&w, "Keys", NOW + 1);
	well(hive_create_key(w.h, "keys\\zulu\\DEEP", NOW + 2, &err), &err);
	time_is(&w, "Keys\\Zulu\\Deep", NOW + 1);
	/* a backslash at the end makes no key without a name */
	well(hive_create_key(w.h, "Keys\\Late\\", NOW, &err), &err);
	f = written(&w);
	assert_true(has(&w, "Keys\\Late"));
	assert_true(has(&w, "Keys\\Zulu\\Deep"));
	assert_true(has(&w, "Keys\\Zw\xc3\xb6lf"));
	{
		CLEANUP_FREE hive_key *keys = NULL;
		size_t count;
		hive_key late;

		well(hive_find_path(w.h, "Keys\\Late", &late, &err), &err);
		well(hive_subkeys(w.h, late, &keys, &count, &err), &err);
		assert_int_equal(count, 0);
	}
	free(f.p);
	end(&w);
}

static void
the_last_subkey_takes_the_list_with_it(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct world w;
	struct file f;
	const uint8_t *nk;

	(void)state;
	begin(&w);
	well(hive_delete_key(w.h, "Keys", NOW, &err), &err);
	f = written(&w);
	nk = f.p + (build_at(&w.b, w.b.root) - w.b.p);
	assert_int_equal(get_u32(nk + 20), 0);
	assert_int_equal(get_u32(nk + 28), BUILD_NOTHING);
	/* nothing but the root and its security is left */
	assert_int_equal(get_u32(build_at(&w.b, w.b.security) + 12), 5);
	assert_int_equal(get_u32(f.p + (build_at(&w.b, w.b.security) - w.b.p) + 12), 1);
	free(f.p);
	end(&w);
}

static void
a_deleted_key_can_be_made_again_with_its_values(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct world w;
	struct file f;

	(void)state;
	begin(&w);
	well(hive_delete_key(w.h, "Keys\\One", NOW, &err), &err);
	well(hive_create_key(w.h, "Keys\\One", NOW, &err), &err);
	well(hive_put_value(w.h, "Keys\\One", "data", REG_TYPE_BINARY, "0123456789abcdefXYZ", 19,
			    NOW, &err),
	     &err);
	well(hive_put_u32(w.h, "Keys\\One", "number", 1, NOW, &err), &err);
	well(hive_put_value(w.h, "Keys\\One", "", REG_TYPE_SZ, "a\0\0", 4, NOW, &err), &err);
	f = written(&w);
	holds(&w, "Keys\\One", "data", REG_TYPE_BINARY, "0123456789abcdefXYZ", 19);
	holds(&w, "Keys\\One", "number", REG_TYPE_DWORD, "\1\0\0\0", 4);
	holds(&w, "Keys\\One", "", REG_TYPE_SZ, "a\0\0", 4);
	free(f.p);
	end(&w);
}

/* ---- refusals ---- */

static void
an_unclean_hive_is_read_and_not_edited(void **state)
{
	static const struct {
		size_t at;
		bool checksum;
		const char *why;
	} cases[] = { { 4, true, "its two sequence numbers differ) and its transaction logs" },
		      { 100, false, "the checksum of its base block is wrong) and" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		struct world w;

		build_world(&w, "lh");
		w.b.p[cases[i].at] = 0xff;
		if (cases[i].checksum)
			build_checksum(&w.b);
		open_world(&w);
		holds(&w, "Keys\\One", "number", REG_TYPE_DWORD, "\1\0\0\0", 4);
		refused(hive_put_u32(w.h, "Keys\\One", "number", 2, NOW, &err), &err, ERR_UNCLEAN,
			cases[i].why);
		refused(hive_delete_value(w.h, "Keys\\One", "number", NOW, &err), &err, ERR_UNCLEAN,
			cases[i].why);
		refused(hive_delete_key(w.h, "Keys\\One", NOW, &err), &err, ERR_UNCLEAN,
			cases[i].why);
		refused(hive_create_key(w.h, "Keys\\New", NOW, &err), &err, ERR_UNCLEAN,
			cases[i].why);
		assert_false(hive_changed(w.h));
		end(&w);
	}
}

static void
what_a_hive_cannot_hold_is_refused(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE char *long_name = xzalloc(16385);
	CLEANUP_TEXT struct text deep = TEXT_INIT;
	struct world w;

	(void)state;
	begin(&w);
	memset(long_name, 'x', 16384);
	refused(hive_put_u32(w.h, "Keys\\One", long_name, 1, NOW, &err), &err, ERR_LIMIT,
		"at most 16383 characters");
	hive_close(w.h);
	open_world(&w);
	long_name[256] = '\0';
	refused(hive_create_key(w.h, long_name, NOW, &err), &err, ERR_LIMIT,
		"at most 255 characters");
	for (int i = 0; i < 512; i++)
		text_add(&deep, i ? "\\k" : "New");
	refused(hive_create_key(w.h, text_str(&deep), NOW, &err), &err, ERR_LIMIT,
		"512 below each other");
	refused(hive_delete_key(w.h, "", NOW, &err), &err, ERR_REFUSED, "root");
	refused(hive_delete_key(w.h, "Keys\\Three", NOW, &err), &err, ERR_NOT_FOUND, "Keys\\Three");
	/* and no half of it was done */
	assert_false(hive_changed(w.h));
	assert_false(has(&w, "New"));
	end(&w);
}

static void
names_beyond_ascii_are_hashed_sorted_and_compared_as_windows_does(void **state)
{
	static const char *const names[] = { "Gr\xc3\xb6\xc3\x9f",
					     "\xc3\xa4rger",
					     ("\xc3\x8a"
					      "tes"),
					     "\xce\xa9mega",
					     "zz",
					     "\xf0\x9f\x98\x80",
					     "\xed\xa0\xbd" };
	static const char *const kinds[] = { "lf", "lh", "li" };
	CLEANUP_ERROR struct error err = ERROR_INIT;

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		struct world w;
		struct file f;

		build_world(&w, kinds[k]);
		open_world(&w);
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			CLEANUP_FREE char *path = xasprintf("Keys\\%s", names[i]);

			well(hive_create_key(w.h, path, NOW, &err), &err);
			well(hive_put_u32(w.h, path, names[i], (uint32_t)i, NOW, &err), &err);
		}
		/* the same names in another case are the same keys and values */
		well(hive_create_key(w.h, "Keys\\\xc3\x84RGER", NOW, &err), &err);
		well(hive_put_u32(w.h, "Keys\\\xc3\xa4rger", "\xc3\x84rger", 7, NOW, &err), &err);
		f = written(&w);
		lost_nothing(&w);
		holds(&w, "Keys\\\xc3\x84rger", "\xc3\xa4rger", REG_TYPE_DWORD, "\7\0\0\0", 4);
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			CLEANUP_FREE char *path = xasprintf("Keys\\%s", names[i]);

			well(hive_delete_key(w.h, path, NOW, &err), &err);
		}
		lost_nothing(&w);
		assert_true(has(&w, "Keys\\Zw\xc3\xb6lf"));
		free(f.p);
		end(&w);
	}
}

static void
an_emptied_leaf_leaves_its_index(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct world x = { 0 };
	uint32_t keys[3], leaves[2];

	(void)state;
	build_begin(&x.b, 5, BIN);
	keys[0] = build_key(&x.b, x.b.root, "a");
	keys[1] = build_key(&x.b, x.b.root, "b");
	keys[2] = build_key(&x.b, x.b.root, "c");
	leaves[0] = build_list(&x.b, "lh", keys, 2);
	leaves[1] = build_list(&x.b, "lh", keys + 2, 1);
	build_set_list(&x.b, x.b.root, build_list(&x.b, "ri", leaves, 2), 3);
	build_done(&x.b);
	open_world(&x);
	well(hive_delete_key(x.h, "c", NOW, &err), &err);
	lost_nothing(&x);
	well(hive_create_key(x.h, "bb", NOW, &err), &err);
	well(hive_create_key(x.h, "zz", NOW, &err), &err);
	lost_nothing(&x);
	assert_true(has(&x, "bb"));
	well(hive_delete_key(x.h, "a", NOW, &err), &err);
	well(hive_delete_key(x.h, "b", NOW, &err), &err);
	well(hive_delete_key(x.h, "bb", NOW, &err), &err);
	well(hive_delete_key(x.h, "zz", NOW, &err), &err);
	lost_nothing(&x);
	assert_false(has(&x, "zz"));
	well(hive_create_key(x.h, "again", NOW, &err), &err);
	lost_nothing(&x);
	end(&x);
}

/* Windows splits a leaf that would not fit a block; so do we, and binary search must still find everything. */
static void
a_full_leaf_is_split(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;

	(void)state;
	for (uint32_t minor = 3; minor <= 5; minor += 2) {
		struct world w = { 0 };
		struct file f;

		build_begin(&w.b, minor, BIN);
		build_done(&w.b);
		open_world(&w);
		for (unsigned i = 0; i < 3000; i++) {
			CLEANUP_FREE char *name = xasprintf("key %u", i * 7919 % 3000);

			well(hive_create_key(w.h, name, NOW, &err), &err);
		}
		lost_nothing(&w);
		f = written(&w);
		assert_memory_equal(
			f.p + 4096 + 4 + get_u32(f.p + 4096 + 4 + get_u32(f.p + 36) + 28), "ri", 2);
		for (unsigned i = 0; i < 3000; i++) {
			CLEANUP_FREE char *name = xasprintf("KEY %u", i * 31 % 3000);

			well(hive_delete_key(w.h, name, NOW, &err), &err);
		}
		lost_nothing(&w);
		free(f.p);
		end(&w);
	}
}

static void
odd_names_and_tombstones_survive_edits_beside_them(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	static const struct {
		size_t at; /* in the vk */
		uint8_t byte;
		const char *name;
	} pokes[] = { { 20 + 2, 0,
			"da\xc0\x80"
			"a" },
		      { 20 + 2, 0xe4,
			"da\xc3\xa4"
			"a" },
		      { 16, 3, "data" } }; /* NUL, ä, a tombstone's flag */

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pokes); i++) {
		struct world w;
		struct file f;

		build_world(&w, "lh");
		build_at(&w.b, w.values[1])[pokes[i].at] = pokes[i].byte;
		open_world(&w);
		well(hive_put_u32(w.h, "Keys\\One", "fresh", 1, NOW, &err), &err);
		well(hive_put_u32(w.h, "Keys\\One", "number", 2, NOW, &err), &err);
		well(hive_delete_value(w.h, "Keys\\One", "empty", NOW, &err), &err);
		f = written(&w);
		lost_nothing(&w);
		holds(&w, "Keys\\One", pokes[i].name, REG_TYPE_BINARY, "0123456789abcdefXYZ", 19);
		free(f.p);
		end(&w);
	}
}

static void
a_value_of_a_layered_hive_is_not_set(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct world w;

	(void)state;
	build_world(&w, "lh");
	build_at(&w.b, w.values[0])[16] = 3;
	open_world(&w);
	refused(hive_put_u32(w.h, "Keys\\One", "number", 2, NOW, &err), &err, ERR_UNSUPPORTED,
		"layered hive");
	assert_false(hive_changed(w.h));
	end(&w);
}

static void
a_damaged_hive_is_not_edited(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct world w;

	(void)state;
	build_world(&w, "lh");
	/* two values share their data */
	put_u32(build_at(&w.b, w.values[3]) + 4, 19);
	put_u32(build_at(&w.b, w.values[3]) + 8, get_u32(build_at(&w.b, w.values[1]) + 8));
	open_world(&w);
	refused(hive_delete_key(w.h, "Keys\\One", NOW, &err), &err, ERR_CORRUPT,
		"something else's too");
	refused(hive_create_key(w.h, "Keys\\New", NOW, &err), &err, ERR_CORRUPT,
		"something else's too");
	refused(hive_delete_value(w.h, "Keys\\One", "data", NOW, &err), &err, ERR_CORRUPT,
		"something else's too");
	assert_false(hive_changed(w.h));
	end(&w);
}

static void
nothing_is_written_without_an_edit(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct file f = { 0 };
	struct world w;

	(void)state;
	begin(&w);
	well(hive_create_key(w.h, "Keys\\One", NOW, &err), &err); /* is there */
	assert_false(hive_changed(w.h));
	well(hive_write_back(w.h, HIVE_WRITE_DATA, put, &f, &err), &err);
	well(hive_write_back(w.h, HIVE_WRITE_BASE, put, &f, &err), &err);
	assert_int_equal(f.calls, 0);
	end(&w);
}

static int
scratch(void *ctx, const void *buf, size_t len, uint64_t offset, struct error *err)
{
	(void)ctx;
	(void)buf;
	(void)len;
	(void)offset;
	return error_set(err, ERR_NO_SPACE, "the disk is full");
}

static void
an_error_of_the_writer_comes_through(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct world w;

	(void)state;
	begin(&w);
	well(hive_put_u32(w.h, "Keys\\One", "number", 5, NOW, &err), &err);
	refused(hive_write_back(w.h, HIVE_WRITE_DATA, scratch, NULL, &err), &err, ERR_NO_SPACE,
		"disk is full");
	refused(hive_write_back(w.h, HIVE_WRITE_BASE, scratch, NULL, &err), &err, ERR_NO_SPACE,
		"disk is full");
	end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_changes_its_bytes_its_keys_time_and_the_base_block),
		cmocka_unit_test(data_that_fits_its_cell_stays_there),
		cmocka_unit_test(an_empty_value_takes_up_to_four_bytes_and_gives_them_back),
		cmocka_unit_test(a_deleted_value_leaves_the_others_and_frees_its_cells),
		cmocka_unit_test(the_last_value_takes_the_list_with_it),
		cmocka_unit_test(all_segments_of_a_big_value_are_freed),
		cmocka_unit_test(big_values_are_written_in_segments_since_version_4),
		cmocka_unit_test(what_fits_free_cells_does_not_grow_the_hive),
		cmocka_unit_test(what_does_not_fit_grows_the_hive_by_one_bin),
		cmocka_unit_test(keys_are_deleted_and_made_with_their_parents),
		cmocka_unit_test(the_last_subkey_takes_the_list_with_it),
		cmocka_unit_test(a_deleted_key_can_be_made_again_with_its_values),
		cmocka_unit_test(an_unclean_hive_is_read_and_not_edited),
		cmocka_unit_test(what_a_hive_cannot_hold_is_refused),
		cmocka_unit_test(names_beyond_ascii_are_hashed_sorted_and_compared_as_windows_does),
		cmocka_unit_test(an_emptied_leaf_leaves_its_index),
		cmocka_unit_test(a_full_leaf_is_split),
		cmocka_unit_test(odd_names_and_tombstones_survive_edits_beside_them),
		cmocka_unit_test(a_value_of_a_layered_hive_is_not_set),
		cmocka_unit_test(a_damaged_hive_is_not_edited),
		cmocka_unit_test(nothing_is_written_without_an_edit),
		cmocka_unit_test(an_error_of_the_writer_comes_through),
	};

	return cmocka_run_group_tests_name("hive-edit", tests, NULL, NULL);
}
