/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading hives: every kind of list, name and data; and what is no hive. */
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

/* ---- the base block ---- */

static void
refused_because(const void *p, size_t n, enum error_code code, const char *why)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_HIVE struct hive *h = hive_open_memory("TEST", p, n, &err);

	assert_null(h);
	assert_int_equal(err.code, code);
	if (strncmp(err.message, "TEST", 4) != 0 || !strstr(err.message, why))
		fail_msg("'%s' lacks '%s'", err.message, why);
}

static void
what_is_no_hive_is_said_to_be_what_it_is(void **state)
{
	CLEANUP_FREE char *page = xzalloc(8192);
	CLEANUP_BUILD struct hive_build b;
	static const struct {
		size_t at;
		uint32_t value;
		enum error_code code;
		const char *why;
	} pokes[] = {
		{ 20, 2, ERR_UNSUPPORTED, "version 2.5" },
		{ 24, 1, ERR_UNSUPPORTED, "version 1.1" },
		{ 24, 7, ERR_UNSUPPORTED, "version 1.7" },
		{ 28, 6, ERR_CORRUPT, "no primary hive" },
		{ 32, 2, ERR_CORRUPT, "its format is 2" },
		{ 40, 0, ERR_CORRUPT, "which cannot be" },
		{ 40, 4097, ERR_CORRUPT, "which cannot be" },
		{ 40, 0xfffff000, ERR_CORRUPT, "which cannot be" },
	};

	(void)state;
	refused_because("", 0, ERR_CORRUPT, "empty");
	refused_because(page, 8192, ERR_CORRUPT, "all zeros");
	memcpy(page, "some text", 9);
	refused_because(page, 8192, ERR_CORRUPT, "does not begin with 'regf'");
	memcpy(page, "regf", 4);
	refused_because(page, 100, ERR_CORRUPT, "too short");
	build_begin(&b, 5, BIN);
	build_done(&b);
	for (size_t i = 0; i < ARRAY_SIZE(pokes); i++) {
		uint32_t old = get_u32(b.p + pokes[i].at);

		put_u32(b.p + pokes[i].at, pokes[i].value);
		refused_because(b.p, b.size, pokes[i].code, pokes[i].why);
		put_u32(b.p + pokes[i].at, old);
	}
}

static void
a_wrong_checksum_and_unequal_numbers_are_states(void **state)
{
	CLEANUP_BUILD struct hive_build b;

	(void)state;
	build_begin(&b, 5, BIN);
	build_done(&b);
	{
		CLEANUP_HIVE struct hive *h = open_built(&b);

		assert_true(hive_state(h)->clean);
		assert_int_equal(hive_state(h)->sequence1, 7);
		assert_int_equal(hive_state(h)->minor, 5);
		assert_int_equal(hive_state(h)->bins_size, BIN);
		assert_true(hive_state(h)->written == UINT64_C(130000000000000000));
	}
	put_u32(b.p + 4, 8);
	build_checksum(&b);
	{
		CLEANUP_HIVE struct hive *h = open_built(&b);

		assert_true(hive_state(h)->checksum_ok);
		assert_false(hive_state(h)->clean);
	}
	put_u32(b.p + 4, 7); /* equal again, but the checksum is the old one */
	{
		CLEANUP_HIVE struct hive *h = open_built(&b);

		assert_false(hive_state(h)->checksum_ok);
		assert_false(hive_state(h)->clean);
	}
}

/* Windows never stores 0 or FFFFFFFF: they become their neighbours. */
static void
the_two_special_checksums_are_known(void **state)
{
	static const uint32_t wanted[][2] = { { 0, 1 }, { UINT32_MAX, UINT32_MAX - 1 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		CLEANUP_BUILD struct hive_build b;
		uint32_t sum = 0;

		build_begin(&b, 5, BIN);
		build_done(&b);
		for (size_t k = 0; k < 508; k += 4)
			sum ^= get_u32(b.p + k);
		put_u32(b.p + 200, sum ^ wanted[i][0]);
		put_u32(b.p + 508, wanted[i][1]);
		{
			CLEANUP_HIVE struct hive *h = open_built(&b);

			assert_true(hive_state(h)->checksum_ok);
		}
		put_u32(b.p + 508, wanted[i][0]);
		{
			CLEANUP_HIVE struct hive *h = open_built(&b);

			assert_false(hive_state(h)->checksum_ok);
		}
	}
}

/* ---- keys ---- */

static void
finds(struct hive *h, const char *path, hive_key wanted)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	hive_key got = 0;

	if (hive_find_path(h, path, &got, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(got, wanted);
}

static void
sound(struct hive *h)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;

	if (hive_check(h, &err) < 0)
		fail_msg("%s", err.message);
}

static void
keys_are_found_in_every_kind_of_list(void **state)
{
	/* in the order of upper-cased UTF-16: _ is behind letters, Ä behind ASCII, ж behind Latin-1 */
	static const char *const names[] = { "alpha",	     "Beta",
					     "Delta x",	     "under_score",
					     "\xc3\x84rger", "\xd0\xb6\xd1\x83\xd0\xba" };
	static const char *const kinds[] = { "lf", "lh", "li", "ri" };

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		CLEANUP_BUILD struct hive_build b;
		CLEANUP_HIVE struct hive *h = NULL;
		CLEANUP_ERROR struct error err = ERROR_INIT;
		CLEANUP_FREE hive_key *keys = NULL;
		CLEANUP_FREE char *path = NULL;
		uint32_t cells[6], leaves[2], deep;
		size_t count;
		hive_key none;

		build_begin(&b, 5, BIN);
		for (size_t i = 0; i < 6; i++)
			cells[i] = build_key(&b, b.root, names[i]);
		deep = build_key(&b, cells[1], "Deep");
		build_subkeys(&b, cells[1], "lh", &deep, 1);
		if (kinds[k][0] == 'r') {
			leaves[0] = build_list(&b, "lh", cells, 2);
			leaves[1] = build_list(&b, "li", cells + 2, 4);
			build_set_list(&b, b.root, build_list(&b, "ri", leaves, 2), 6);
		} else {
			build_subkeys(&b, b.root, kinds[k], cells, 6);
		}
		build_done(&b);
		h = open_built(&b);
		sound(h);
		for (size_t i = 0; i < 6; i++)
			finds(h, names[i], cells[i]);
		finds(h, "", b.root);
		finds(h, "DELTA X", cells[2]);
		finds(h, "\xc3\xa4RGER", cells[4]);
		finds(h, "\xd0\x96\xd0\xa3\xd0\x9a", cells[5]);
		finds(h, "bETA\\dEEP", deep);
		path = hive_key_path(h, deep, &err);
		assert_string_equal(path, "Beta\\Deep");
		assert_int_equal(hive_subkeys(h, b.root, &keys, &count, &err), 0);
		assert_int_equal(count, 6);
		assert_memory_equal(keys, cells, sizeof cells);
		assert_int_equal(hive_find_path(h, "Beta\\Deeper", &none, &err), -1);
		assert_int_equal(err.code, ERR_NOT_FOUND);
		assert_non_null(strstr(err.message, "Beta\\Deeper"));
	}
}

static void
names_with_nul_or_half_a_pair_are_read_and_sound(void **state)
{
	CLEANUP_BUILD struct hive_build b;
	CLEANUP_HIVE struct hive *h = NULL;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE char *name = NULL;
	uint32_t cells[3];

	(void)state;
	build_begin(&b, 5, BIN);
	cells[0] = build_key(&b, b.root, "ab?"); /* becomes "ab", NUL, which sorts before "aba" */
	cells[1] = build_key(&b, b.root, "aba");
	cells[2] = build_key(&b, b.root, "\xed\xa0\xbd"); /* U+D83D alone */
	build_at(&b, cells[0])[76 + 2] = 0;
	build_subkeys(&b, b.root, "lh", cells, 3);
	build_done(&b);
	h = open_built(&b);
	sound(h);
	finds(h, "aba", cells[1]);
	finds(h, "\xed\xa0\xbd", cells[2]);
	name = hive_key_name(h, cells[0], &err);
	assert_string_equal(name, "ab\xc0\x80");
	finds(h, name, cells[0]);
}

/* ---- values ---- */

static void
data_of_every_length_is_read_whole(void **state)
{
	static const uint32_t lengths[] = { 0, 1, 4, 5, 8, 4000, 16344, 16345, 32688, 32689, 60000 };
	CLEANUP_FREE uint8_t *pattern = xmalloc(60000);

	(void)state;
	for (size_t i = 0; i < 60000; i++)
		pattern[i] = (uint8_t)(i % 251 + 1);
	for (uint32_t minor = 3; minor <= 6; minor++) {
		CLEANUP_BUILD struct hive_build b;
		CLEANUP_HIVE struct hive *h = NULL;
		CLEANUP_ERROR struct error err = ERROR_INIT;
		struct hive_value *values;
		uint32_t cells[ARRAY_SIZE(lengths)];
		size_t count;

		build_begin(&b, minor, 256u << 10);
		for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
			CLEANUP_FREE char *name = xasprintf("value %u", lengths[i]);

			cells[i] = build_value(&b, name, REG_TYPE_BINARY, pattern, lengths[i]);
		}
		build_values(&b, b.root, cells, ARRAY_SIZE(lengths));
		build_done(&b);
		h = open_built(&b);
		sound(h);
		if (hive_values(h, b.root, &values, &count, &err) < 0)
			fail_msg("%s", err.message);
		assert_int_equal(count, ARRAY_SIZE(lengths));
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(values[i].len, lengths[i]);
			assert_int_equal(values[i].type, REG_TYPE_BINARY);
			if (lengths[i])
				assert_memory_equal(values[i].data, pattern, lengths[i]);
			else
				assert_null(values[i].data);
		}
		hive_values_free(values, count);
	}
}

static void
numbers_and_texts_are_read_by_path(void **state)
{
	static const uint8_t open_end[] = { 'h', 0, 'i', 0, '!' }; /* no NUL, half a unit */
	static const uint8_t multi[] = { 'a', 0, 0, 0, 'b', 0, 0, 0, 0, 0 };
	CLEANUP_BUILD struct hive_build b;
	CLEANUP_HIVE struct hive *h = NULL;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE char *text = NULL;
	CLEANUP_FREE char *first = NULL;
	uint32_t cells[4], key, number = 0;

	(void)state;
	build_begin(&b, 5, BIN);
	key = build_key(&b, b.root, "Key");
	build_subkeys(&b, b.root, "lh", &key, 1);
	cells[0] = build_value(&b, "", REG_TYPE_DWORD, "\x78\x56\x34\x12", 4);
	cells[1] = build_value(&b, "Short", REG_TYPE_DWORD, "\1\2", 2);
	cells[2] = build_value(&b, "Text", REG_TYPE_SZ, open_end, sizeof open_end);
	cells[3] = build_value(&b, "Multi", REG_TYPE_MULTI_SZ, multi, sizeof multi);
	build_values(&b, key, cells, 4);
	build_done(&b);
	h = open_built(&b);
	assert_int_equal(hive_get_u32(h, "key", "", &number, &err), 0);
	assert_int_equal(number, 0x12345678);
	text = hive_get_text(h, "KEY", "TEXT", &err);
	assert_string_equal(text, "hi");
	first = hive_get_text(h, "KEY", "Multi", &err);
	assert_string_equal(first, "a");
	assert_int_equal(hive_get_u32(h, "Key", "Short", &number, &err), -1);
	assert_int_equal(err.code, ERR_CORRUPT);
	error_clear(&err);
	assert_int_equal(hive_get_u32(h, "Key", "Text", &number, &err), -1);
	assert_int_equal(err.code, ERR_CORRUPT);
	error_clear(&err);
	assert_null(hive_get_text(h, "Key", "", &err));
	assert_int_equal(err.code, ERR_CORRUPT);
	error_clear(&err);
	assert_int_equal(hive_get_u32(h, "Key", "None", &number, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
}

/* ---- where the bytes come from ---- */

struct counted {
	const struct hive_build *b;
	size_t bytes;
	uint64_t fail_from; /* reads that reach this offset fail */
};

static int
counted_read(void *ctx, void *buf, size_t len, uint64_t offset, size_t *ret_len, struct error *err)
{
	struct counted *c = ctx;

	if (offset + len > c->fail_from)
		return error_set(err, ERR_IO, "the disk has a scratch");
	assert_true(offset + len <= c->b->size);
	memcpy(buf, c->b->p + offset, len);
	*ret_len = len;
	c->bytes += len;
	return 0;
}

static void
one_answer_does_not_read_the_whole_hive(void **state)
{
	CLEANUP_BUILD struct hive_build b;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct counted c = { &b, 0, UINT64_MAX };
	struct hive_source source = { counted_read, &c, 0 };
	CLEANUP_HIVE struct hive *h = NULL;
	uint32_t key, value, number;

	(void)state;
	build_begin(&b, 5, 8u << 20);
	key = build_key(&b, b.root, "Far");
	build_subkeys(&b, b.root, "lh", &key, 1);
	build_cell(&b, 7u << 20);
	value = build_value(&b, "x", REG_TYPE_DWORD, "\5\0\0\0", 4);
	build_values(&b, key, &value, 1);
	build_done(&b);
	source.size = b.size;
	h = hive_open("TEST", &source, &err);
	assert_non_null(h);
	assert_int_equal(c.bytes, 4096);
	/* a cell of seven megabytes that nobody asks for is not read */
	assert_int_equal(hive_get_u32(h, "Far", "x", &number, &err), 0);
	assert_int_equal(number, 5);
	assert_in_range(c.bytes, 1, 128 << 10);
}

static void
a_read_error_keeps_its_code_and_gets_the_hives_name(void **state)
{
	CLEANUP_BUILD struct hive_build b;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct counted c = { &b, 0, 64u << 10 };
	struct hive_source source = { counted_read, &c, 0 };
	CLEANUP_HIVE struct hive *h = NULL;

	(void)state;
	build_begin(&b, 5, BIN);
	build_done(&b);
	source.size = b.size;
	h = hive_open("TEST", &source, &err);
	assert_non_null(h);
	assert_int_equal(hive_check(h, &err), -1);
	assert_int_equal(err.code, ERR_IO);
	assert_string_equal(err.message, "TEST: the disk has a scratch");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_hive_is_said_to_be_what_it_is),
		cmocka_unit_test(a_wrong_checksum_and_unequal_numbers_are_states),
		cmocka_unit_test(the_two_special_checksums_are_known),
		cmocka_unit_test(keys_are_found_in_every_kind_of_list),
		cmocka_unit_test(names_with_nul_or_half_a_pair_are_read_and_sound),
		cmocka_unit_test(data_of_every_length_is_read_whole),
		cmocka_unit_test(numbers_and_texts_are_read_by_path),
		cmocka_unit_test(one_answer_does_not_read_the_whole_hive),
		cmocka_unit_test(a_read_error_keeps_its_code_and_gets_the_hives_name),
	};

	return cmocka_run_group_tests_name("hive", tests, NULL, NULL);
}
