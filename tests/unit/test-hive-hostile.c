/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hives that were made to hurt: the reader comes to an end, and the check sees each kind of damage. */
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

#define BIN (128u << 10)

static void
free_build(struct hive_build *b)
{
	free(b->p);
}
#define CLEANUP_BUILD __attribute__((cleanup(free_build)))

static struct hive *
open_built(const struct hive_build *b)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct hive *h = hive_open_memory("TEST", b->p, b->size, &err);

	if (!h)
		fail_msg("%s", err.message);
	return h;
}

static void
sound(struct hive *h)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;

	if (hive_check(h, &err) < 0)
		fail_msg("%s", err.message);
}

/* Among the errors of the strict check is one with these words; the gate refuses. */
static void
check_says(const struct hive_build *b, const char *why)
{
	CLEANUP_ERROR struct error err = ERROR_INIT, gate = ERROR_INIT;
	CLEANUP_HIVE_PROBLEMS struct hive_problems p = { 0 };
	CLEANUP_HIVE struct hive *h = open_built(b);
	bool said = false;

	assert_int_equal(hive_verify(h, &p, &err), 0);
	for (size_t i = 0; i < p.count; i++)
		said |= p.list[i].severity == HIVE_ERROR && strstr(p.list[i].text, why);
	if (!said)
		fail_msg("the check did not see: %s (%s)", why,
			 p.count ? p.list[0].text : "nothing at all");
	assert_int_equal(hive_check(h, &gate), -1);
	assert_int_equal(gate.code, ERR_CORRUPT);
}

static void
nested_indexes_of_nothing_come_to_an_end(void **state)
{
	CLEANUP_BUILD struct hive_build b;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_HIVE struct hive *h = NULL;
	uint32_t index;
	hive_key key;

	(void)state;
	/* 60,000 times itself, at each level: without a bound that is 60,000 to the fourth */
	build_begin(&b, 5, 512u << 10);
	index = build_cell(&b, 4 + 4 * 60000);
	memcpy(build_at(&b, index), "ri", 2);
	put_u16(build_at(&b, index) + 2, 60000);
	{
		uint32_t leaf = build_list(&b, "lh", NULL, 0),
			 inner = build_cell(&b, 4 + 4 * 60000);

		memcpy(build_at(&b, inner), "ri", 2);
		put_u16(build_at(&b, inner) + 2, 60000);
		for (size_t i = 0; i < 60000; i++) {
			put_u32(build_at(&b, index) + 4 + 4 * i, inner);
			put_u32(build_at(&b, inner) + 4 + 4 * i, leaf);
		}
	}
	build_set_list(&b, b.root, index, 1);
	build_done(&b);
	h = open_built(&b);
	assert_int_equal(hive_find_path(h, "x", &key, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_non_null(strstr(err.message, "too many lists"));
	check_says(&b, "something else's too");
}

static void
who_walks_down_walks_a_tree(void **state)
{
	static const struct {
		int second; /* index of the key that stands second in the list */
		const char *why;
	} cases[] = { { 0, "lists it twice" }, { 2, "names another parent" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_BUILD struct hive_build b;
		CLEANUP_ERROR struct error err = ERROR_INIT;
		CLEANUP_HIVE struct hive *h = NULL;
		hive_key *keys = NULL;
		uint32_t cells[3], list[2];
		size_t count;

		build_begin(&b, 5, BIN);
		cells[0] = build_key(&b, b.root, "a");
		cells[1] = build_key(&b, b.root, "b");
		cells[2] = build_key(&b, cells[1], "c");
		list[0] = cells[0];
		list[1] = cells[cases[i].second];
		build_subkeys(&b, b.root, "lh", list, 2);
		build_done(&b);
		h = open_built(&b);
		/* the odd one is passed over, and remembered */
		assert_int_equal(hive_subkeys(h, b.root, &keys, &count, &err), 0);
		assert_int_equal(count, 1);
		assert_int_equal(keys[0], cells[0]);
		free(keys);
		assert_int_equal(hive_losses(h)->count, 1);
		if (!strstr(hive_losses(h)->list[0].text, cases[i].why))
			fail_msg("'%s' lacks '%s'", hive_losses(h)->list[0].text, cases[i].why);
	}
}

static void
values_that_share_their_data_cannot_fill_memory(void **state)
{
	CLEANUP_BUILD struct hive_build b;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_HIVE struct hive *h = NULL;
	CLEANUP_FREE uint8_t *data = xzalloc(16000);
	CLEANUP_FREE uint32_t *cells = xcalloc(20000, sizeof *cells);
	struct hive_value *values;
	size_t count;

	(void)state;
	build_begin(&b, 5, BIN);
	cells[0] = build_value(&b, "x", REG_TYPE_BINARY, data, 16000);
	for (size_t i = 1; i < 20000; i++)
		cells[i] = cells[0];
	build_values(&b, b.root, cells, 20000);
	build_done(&b);
	h = open_built(&b);
	assert_int_equal(hive_values(h, b.root, &values, &count, &err), 0);
	assert_in_range(count, 1, 10);
	hive_values_free(values, count);
	assert_int_equal(hive_losses(h)->count, 1);
	assert_non_null(strstr(hive_losses(h)->list[0].text, "more than the hive"));
	check_says(&b, "something else's too");
}

/* One wrong length is one loss: the key's other values, and all other keys, are read. */
static void
a_value_longer_than_its_hive_is_passed_over(void **state)
{
	CLEANUP_BUILD struct hive_build b;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_HIVE struct hive *h = NULL;
	uint32_t cells[3];
	struct hive_value *values;
	size_t count;

	(void)state;
	build_begin(&b, 5, BIN);
	cells[0] = build_value(&b, "one", REG_TYPE_DWORD, "\1\0\0\0", 4);
	cells[1] = build_value(&b, "wrong", REG_TYPE_BINARY, "12345678", 8);
	cells[2] = build_value(&b, "two", REG_TYPE_DWORD, "\2\0\0\0", 4);
	build_values(&b, b.root, cells, 3);
	put_u32(build_at(&b, cells[1]) + 4, 0x10000000);
	build_done(&b);
	h = open_built(&b);
	assert_int_equal(hive_values(h, b.root, &values, &count, &err), 0);
	assert_int_equal(count, 2);
	assert_string_equal(values[1].name, "two");
	hive_values_free(values, count);
	assert_int_equal(hive_losses(h)->count, 1);
	assert_int_equal(hive_losses(h)->list[0].offset, 4096 + cells[1]);
	assert_non_null(strstr(hive_losses(h)->list[0].text, "larger than the hive"));
}

/* A hive with one of everything, and where things are in it. */
struct everything {
	struct hive_build b;
	uint32_t keys[3], list, value_list, values[3], data, big, segments, segment;
};

static void
build_everything(struct everything *e)
{
	static const uint8_t zeros[20000];
	struct hive_build *b = &e->b;

	build_begin(b, 5, BIN);
	e->keys[0] = build_key(b, b->root, "a");
	e->keys[1] = build_key(b, b->root, "b");
	e->keys[2] = build_key(b, b->root, "c");
	e->list = build_list(b, "lh", e->keys, 3);
	build_set_list(b, b->root, e->list, 3);
	e->values[0] = build_value(b, "number", REG_TYPE_DWORD, "\1\0\0\0", 4);
	e->values[1] = build_value(b, "data", REG_TYPE_BINARY, zeros, 100);
	e->values[2] = build_value(b, "big", REG_TYPE_BINARY, zeros, 20000);
	build_values(b, e->keys[0], e->values, 3);
	e->value_list = get_u32(build_at(b, e->keys[0]) + 40);
	e->data = get_u32(build_at(b, e->values[1]) + 8);
	e->big = get_u32(build_at(b, e->values[2]) + 8);
	e->segments = get_u32(build_at(b, e->big) + 4);
	e->segment = get_u32(build_at(b, e->segments));
	build_done(b);
}

static void
the_check_sees_each_kind_of_damage(void **state)
{
	struct everything e;
	struct hive_build *b = &e.b;

	(void)state;
	build_everything(&e);
	{
		CLEANUP_HIVE struct hive *h = open_built(b);

		sound(h);
	}
	{
		/* cell, offset in it (-4: its size), value, width, what is said */
		const struct {
			uint32_t cell;
			int at;
			uint32_t value;
			int width;
			const char *why;
		} damage[] = {
			{ e.data, -4, 104, 4, "no allocated cell" },
			{ e.data, -4, 0x80000000u, 4, "impossible size" },
			{ e.data, -4, 0, 4, "impossible size" },
			{ e.data, -4, 0u - 100, 4, "impossible size" },
			{ e.data, -4, 0u - 0x7000000, 4, "impossible size" },
			{ e.keys[1], 0, 0x6b76, 2, "does not begin with 'nk'" },
			{ e.keys[1], 72, 200, 2, "impossible length" },
			{ e.keys[1], 72, 0, 2, "no name" },
			{ e.keys[1], 16, e.keys[0], 4, "another parent" },
			{ e.keys[1], 44, e.data, 4, "is none" },
			{ e.keys[1], 44, 0x7ffffff8, 4, "outside the hive" },
			{ e.keys[1], 44, 0xffffffffu, 4, "names no security cell" },
			{ e.keys[1], 2, 0x22, 2, "a link into another hive" },
			{ e.keys[1], 2, 0x24, 2, "those of a hive's root" },
			{ e.keys[1], 2, 0x28, 2, "those of a hive's root" },
			{ b->root, 2, 0x2e, 2, "a link into another hive" },
			{ e.keys[1], 48, e.data, 4, "no class name, and names a cell" },
			{ e.keys[0], 36, 0, 4, "no values, and names a cell" },
			{ b->root, 20, 0, 4, "no subkeys, and names a cell" },
			{ e.values[1], 4, 0, 4, "no data, and names a cell" },
			{ e.keys[1], 74, 2, 2, "class name" },
			{ e.keys[1], 20, 1, 4, "is missing" },
			{ e.keys[1], 36, 1, 4, "is missing" },
			{ b->root, 20, 4, 4, "4 subkeys, its list has 3" },
			{ b->root, 20, 2, 4, "2 subkeys, its list has 3" },
			{ b->root, 28, e.data, 4, "no known kind" },
			{ e.list, 2, 0, 2, "is empty" },
			{ e.list, 2, 9, 2, "longer than its cell" },
			{ e.list, 4 + 4, 1, 4, "hash" },
			{ e.list, 4 + 8, e.keys[0], 4, "something else's too" },
			{ e.value_list, 4, e.values[0], 4, "something else's too" },
			{ e.value_list, 4, e.data, 4, "does not begin with 'vk'" },
			{ e.value_list, 4, 0xfffffff8u, 4, "outside the hive" },
			{ e.values[0], 4, 0x80000005u, 4, "inline" },
			{ e.values[0], 2, 500, 2, "impossible length" },
			{ e.values[1], 4, 200, 4, "200 bytes of data in a cell" },
			{ e.values[1], 4, 17000, 4, "not in segments" },
			{ e.values[1], 8, e.value_list, 4, "something else's too" },
			{ e.values[2], 4, 40000, 4, "has 2 segments" },
			{ e.value_list, -4, 0u - 8, 4, "its key says 3" },
			{ e.big, 2, 1, 2, "has 1 segments" },
			{ e.big, 2, 100, 2, "has 100 segments" },
			{ e.big, 4, 4, 4, "no multiple of 8" },
			{ e.segments, 4, e.segment, 4, "something else's too" },
			{ b->security, 4, e.data, 4, "next security cell" },
			{ b->security, 8, e.keys[0], 4, "does not point back" },
			{ b->security, 16, 4000, 4, "is none" },
			{ b->security, 16, 0, 4, "descriptor is no sound one" },
			{ b->security, 20, 0, 2, "descriptor is no sound one" },
			{ b->security, 22, 0, 2, "descriptor is no sound one" },
			{ b->security, 24, 20, 4,
			  "descriptor is no sound one" }, /* nothing there */
			{ b->security, 36, 4, 4, "descriptor is no sound one" },
			{ b->security, 12, 1, 4, "counts 1 references, 4 keys" },
		};

		for (size_t i = 0; i < ARRAY_SIZE(damage); i++) {
			uint8_t *p = build_at(b, damage[i].cell) + damage[i].at;
			uint32_t old = get_u32(p);

			if (damage[i].width == 4)
				put_u32(p, damage[i].value);
			else
				put_u16(p, (uint16_t)damage[i].value);
			check_says(b, damage[i].why);
			put_u32(p, old);
		}
	}
	b->p[4096] = 'H';
	check_says(b, "no sound bin header");
	b->p[4096] = 'h';
	put_u32(b->p + 4096 + 8, 4096);
	check_says(b, "impossible size"); /* its last cell is longer than the bin then */
	put_u32(b->p + 4096 + 8, BIN);
	put_u32(b->p + 36, e.data);
	check_says(b, "does not begin with 'nk'");
	free_build(b);
}

/* Who deletes the last user of a security cell writes into its neighbours: a stub of one at the end is none. */
static void
a_ring_through_a_stub_of_a_security_cell_is_seen(void **state)
{
	CLEANUP_BUILD struct hive_build b;
	uint32_t stub;

	(void)state;
	build_begin(&b, 5, BIN);
	build_cell(&b, BIN - b.used - 8 - 4);
	stub = build_cell(&b, 4);
	memcpy(build_at(&b, stub), "sk", 2);
	put_u32(build_at(&b, b.security) + 4, stub);
	build_done(&b);
	assert_int_equal(b.used, BIN);
	check_says(&b, "next security cell");
}

/* "AZ" and "B5" have one hash: a twin on the other side of it is one all the same. */
static void
twins_with_a_stranger_between_them_are_seen(void **state)
{
	static const char *const names[] = { "AZ", "B5", "az" };
	CLEANUP_BUILD struct hive_build b;
	uint32_t cells[3];

	(void)state;
	build_begin(&b, 5, BIN);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		cells[i] = build_value(&b, names[i], REG_TYPE_DWORD, "\1\0\0\0", 4);
	build_values(&b, b.root, cells, 3);
	build_done(&b);
	check_says(&b, "two values have the same name");
}

static void
keys_out_of_order_are_seen(void **state)
{
	CLEANUP_BUILD struct hive_build b;
	uint32_t cells[2];

	(void)state;
	build_begin(&b, 5, BIN);
	cells[0] = build_key(&b, b.root, "under_score");
	cells[1] = build_key(&b, b.root, "underZ"); /* Z is before _, though z is behind it */
	build_subkeys(&b, b.root, "lf", cells, 2);
	build_done(&b);
	check_says(&b, "out of order");
}

static void
keys_nested_deeper_than_windows_allows_are_seen(void **state)
{
	CLEANUP_BUILD struct hive_build b;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_HIVE struct hive *h = NULL;
	uint32_t parent;

	(void)state;
	build_begin(&b, 5, BIN);
	parent = b.root;
	for (int i = 0; i < 600; i++) {
		uint32_t key = build_key(&b, parent, "k");

		build_subkeys(&b, parent, "lh", &key, 1);
		parent = key;
	}
	build_done(&b);
	check_says(&b, "deeper than 512");
	h = open_built(&b);
	assert_null(hive_key_path(h, parent, &err));
	assert_int_equal(err.code, ERR_CORRUPT);
}

/* Everything that reading offers, whatever it answers. */
static void
read_all(struct hive *h, hive_key key, int depth, unsigned *left)
{
	struct error errs[5] = { ERROR_INIT, ERROR_INIT, ERROR_INIT, ERROR_INIT, ERROR_INIT };
	CLEANUP_FREE hive_key *keys = NULL;
	struct hive_value *values;
	uint64_t time;
	size_t count;

	free(hive_key_name(h, key, &errs[0]));
	free(hive_key_path(h, key, &errs[1]));
	hive_key_time(h, key, &time, &errs[2]);
	if (hive_values(h, key, &values, &count, &errs[3]) == 0) {
		for (size_t i = 0; i < count; i++)
			free(hive_value_text(&values[i]));
		hive_values_free(values, count);
	}
	if (depth < 5 && hive_subkeys(h, key, &keys, &count, &errs[4]) == 0)
		for (size_t i = 0; i < count && *left; i++, --*left)
			read_all(h, keys[i], depth + 1, left);
	for (size_t i = 0; i < ARRAY_SIZE(errs); i++)
		error_clear(&errs[i]);
}

static void
no_mutation_harms_the_reader(void **state)
{
	struct everything e;
	uint32_t seed = 20140605;
	unsigned judged_sound = 0;

	(void)state;
	build_everything(&e);
	for (int round = 0; round < 4000; round++) {
		CLEANUP_FREE uint8_t *odd = xmemdup(e.b.p, e.b.size);
		CLEANUP_ERROR struct error err = ERROR_INIT, err2 = ERROR_INIT;
		CLEANUP_HIVE struct hive *h = NULL;
		unsigned left = 50;
		hive_key root;

		for (int k = 0; k <= round % 4; k++) {
			static const uint32_t nasty[] = { 0,	       1,	   7,
							  0x80000000u, UINT32_MAX, 0x7ffffff8,
							  0xfffffff8,  32 };
			size_t at;

			seed = seed * 1664525 + 1013904223;
			/* the first cells hold all that is not data; the base block once in a while */
			at = (seed >> 8) % (round % 10 ? 1200 : 512) + (round % 10 ? 4096 : 0);
			if (seed & 0x40)
				put_u32(odd + at / 4 * 4, nasty[seed >> 29]);
			else
				odd[at] = (uint8_t)(seed >> 24);
		}
		h = hive_open_memory("ODD", odd, e.b.size, &err);
		if (!h)
			continue;
		judged_sound += hive_check(h, &err) == 0;
		if (hive_root(h, &root, &err2) == 0)
			read_all(h, root, 0, &left);
	}
	/* most bytes matter, some (times, free space) do not: both must have happened */
	assert_in_range(judged_sound, 100, 3000);
	free_build(&e.b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nested_indexes_of_nothing_come_to_an_end),
		cmocka_unit_test(who_walks_down_walks_a_tree),
		cmocka_unit_test(values_that_share_their_data_cannot_fill_memory),
		cmocka_unit_test(a_value_longer_than_its_hive_is_passed_over),
		cmocka_unit_test(the_check_sees_each_kind_of_damage),
		cmocka_unit_test(a_ring_through_a_stub_of_a_security_cell_is_seen),
		cmocka_unit_test(twins_with_a_stranger_between_them_are_seen),
		cmocka_unit_test(keys_out_of_order_are_seen),
		cmocka_unit_test(keys_nested_deeper_than_windows_allows_are_seen),
		cmocka_unit_test(no_mutation_harms_the_reader),
	};

	return cmocka_run_group_tests_name("hive-hostile", tests, NULL, NULL);
}
