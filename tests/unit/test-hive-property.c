/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Random edits of hives of every version, beside the same edits of a plain model: after each the strict check finds
 * nothing, not even a note, and every so often the hive is written, opened again and compared whole.
 *
 * RESPREP_SEED=N repeats a run; the seed is printed.  RESPREP_ROUNDS=N makes it longer or shorter.  RESPREP_KEEP=DIR leaves the last state of each hive there, for
 * other judges.
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
#include "tests/support/hive-model.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"

#define BIN	 (16u << 10)
#define ROUNDS	 40
#define EDITS	 120
#define BUILT_AT UINT64_C(130000000000000000)

struct run {
	uint64_t seed;
	struct hive *h;
	struct model_key *model;
	uint8_t *bytes; /* as last written */
	size_t size;
	uint64_t now;
};

static uint32_t
dice(struct run *r)
{
	r->seed = r->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(r->seed >> 33);
}

static void
well(int got, const struct error *err)
{
	if (got < 0)
		fail_msg("%s", err->message);
}

/* Names of a few letters, so that they meet again: also in another case, beyond ASCII, beyond 16 bits, and long. */
static char *
any_name(struct run *r)
{
	static const char *const letters[] = { "a",
					       "A",
					       "b",
					       "Z",
					       "_",
					       " ",
					       "0",
					       "\xc3\xa4",
					       "\xc3\x84",
					       "\xc3\x9f",
					       "\xce\xa9",
					       "\xcf\x89",
					       "\xe2\x82\xac",
					       "\xf0\x9f\x98\x80",
					       "\xed\xa0\xbd",
					       "\xc0\x80",
					       "]",
					       "\"" };
	struct text t = TEXT_INIT;
	uint32_t n = dice(r) % 50 == 0 ? 120 : 1 + dice(r) % 3;

	/* no name begins with a NUL */
	if (n > 1)
		text_add(&t, letters[dice(r) % (ARRAY_SIZE(letters) - 3)]);
	else
		return xstrdup(letters[dice(r) % 15]);
	while (--n)
		text_add(&t, letters[dice(r) % (dice(r) % 3 ? 7 : ARRAY_SIZE(letters))]);
	return text_steal(&t);
}

static uint32_t
any_length(struct run *r)
{
	static const uint32_t odd[] = { 0,     1,     3,     4,	    5,	   8,	 16343,
					16344, 16345, 16346, 32688, 32689, 33000 };

	switch (dice(r) % 8) {
	case 0:
		return odd[dice(r) % ARRAY_SIZE(odd)];
	case 1:
		return dice(r) % 3000;
	case 2:
		return dice(r) % 60 ? 4 : 100000 + dice(r) % 50000;
	default:
		return dice(r) % 60;
	}
}

static void
set_value(struct run *r, struct model_key *k)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE char *path = model_path(k);
	CLEANUP_FREE char *name = dice(r) % 8 ? any_name(r) : xstrdup("");
	uint32_t len = any_length(r), type = dice(r) % 12;
	CLEANUP_FREE uint8_t *data = xmalloc(len);

	for (uint32_t i = 0; i < len; i++)
		data[i] = (uint8_t)(r->seed >> (i % 8));
	well(hive_put_value(r->h, path, name, type, data, len, r->now, &err), &err);
	model_set(k, name, type, data, len, r->now);
}

static void
delete_value(struct run *r, struct model_key *k)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE char *path = model_path(k);
	size_t i;

	if (!k->value_count)
		return;
	i = dice(r) % k->value_count;
	well(hive_delete_value(r->h, path, k->values[i].name, r->now, &err), &err);
	model_unset(k, i, r->now);
}

static void
make_key(struct run *r, struct model_key *k)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE char *above = model_path(k);
	CLEANUP_FREE char *name = any_name(r), *below = any_name(r);
	bool two = dice(r) % 4 == 0;
	CLEANUP_FREE char *path = xasprintf("%s%s%s%s%s", above, *above ? "\\" : "", name,
					    two ? "\\" : "", two ? below : "");

	well(hive_create_key(r->h, path, r->now, &err), &err);
	k = model_child(k, name, r->now);
	if (two)
		model_child(k, below, r->now);
}

static void
delete_key(struct run *r, struct model_key *k)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE char *path = model_path(k);

	if (!k->parent)
		return;
	well(hive_delete_key(r->h, path, r->now, &err), &err);
	model_drop(k, r->now);
}

/* So many subkeys that their list is split, and most of them gone again. */
static void
crowd(struct run *r, struct model_key *k)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE char *above = model_path(k);
	uint32_t n = 1000 + dice(r) % 1500;

	for (uint32_t i = 0; i < 2 * n; i++) {
		CLEANUP_FREE char *name = xasprintf("crowd %u", i * 7919 % n);
		CLEANUP_FREE char *path = xasprintf("%s%s%s", above, *above ? "\\" : "", name);

		if (i < n) {
			well(hive_create_key(r->h, path, r->now, &err), &err);
			model_child(k, name, r->now);
		} else if (i % 100) {
			well(hive_delete_key(r->h, path, r->now, &err), &err);
			model_drop(model_child(k, name, r->now), r->now);
		}
	}
}

static void
edit(struct run *r)
{
	struct model_key *k = model_pick(r->model, dice(r));
	uint32_t what = dice(r) % 100;

	r->now++;
	if (what < 45)
		set_value(r, k);
	else if (what < 65)
		make_key(r, k);
	else if (what < 85)
		delete_value(r, k);
	else if (what < 99 || dice(r) % 4)
		delete_key(r, k);
	else
		crowd(r, k);
}

static void
nothing_is_wrong(struct run *r)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_HIVE_PROBLEMS struct hive_problems p = { 0 };

	well(hive_verify(r->h, &p, &err), &err);
	if (p.errors + p.warnings + p.notes)
		fail_msg("0x%x '%s': %s", (unsigned)p.list[0].offset, p.list[0].key,
			 p.list[0].text);
}

static int
put(void *ctx, const void *buf, size_t len, uint64_t offset, struct error *err)
{
	struct run *r = ctx;

	(void)err;
	if (offset + len > r->size) {
		r->bytes = xrealloc(r->bytes, (size_t)offset + len, 1);
		memset(r->bytes + r->size, 0xee, (size_t)offset + len - r->size);
		r->size = (size_t)offset + len;
	}
	memcpy(r->bytes + offset, buf, len);
	return 0;
}

static void
write_and_open(struct run *r)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;

	for (int phase = 0; phase < HIVE_WRITE_PHASES; phase++)
		well(hive_write_back(r->h, (enum hive_write_phase)phase, put, r, &err), &err);
	hive_close(r->h);
	r->h = hive_open_memory("TEST", r->bytes, r->size, &err);
	if (!r->h)
		fail_msg("%s", err.message);
	assert_true(hive_state(r->h)->clean);
	nothing_is_wrong(r);
	model_compare(r->model, r->h);
}

static void
keep(const struct run *r, uint64_t seed, uint32_t minor)
{
	const char *dir = getenv("RESPREP_KEEP");
	CLEANUP_FREE char *path = xasprintf("%s/%llu-1.%u", dir ? dir : "",
					    (unsigned long long)seed, minor);
	FILE *f = dir ? fopen(path, "wb") : NULL;

	if (f) {
		assert_int_equal(fwrite(r->bytes, 1, r->size, f), r->size);
		fclose(f);
	}
}

static void
one_hive(uint64_t seed, uint32_t minor)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct run r = { .seed = seed, .now = BUILT_AT };
	struct hive_build b;

	build_begin(&b, minor, BIN);
	build_done(&b);
	r.bytes = b.p;
	r.size = b.size;
	r.model = model_new(BUILT_AT);
	r.h = hive_open_memory("TEST", r.bytes, r.size, &err);
	assert_non_null(r.h);
	for (int i = 1; i <= EDITS; i++) {
		edit(&r);
		nothing_is_wrong(&r);
		if (i % 30 == 0)
			write_and_open(&r);
	}
	write_and_open(&r);
	keep(&r, seed, minor);
	hive_close(r.h);
	model_free(r.model);
	free(r.bytes);
}

static void
random_edits_do_what_the_model_does(void **state)
{
	const char *given = getenv("RESPREP_SEED");
	const char *length = getenv("RESPREP_ROUNDS");
	uint64_t seed = given ? strtoull(given, NULL, 0) : 20140605;
	uint32_t rounds = length ? (uint32_t)strtoul(length, NULL, 0) : ROUNDS;

	(void)state;
	printf("seed %llu\n", (unsigned long long)seed);
	for (uint32_t round = 0; round < rounds; round++)
		for (uint32_t minor = 3; minor <= 6; minor++)
			one_hive(seed + 4 * round + minor, minor);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_edits_do_what_the_model_does),
	};

	return cmocka_run_group_tests_name("hive-property", tests, NULL, NULL);
}
