/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transaction logs: which are applied to a dirty hive, what comes out, and what is never believed. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "registry/hive.h"
#include "tests/support/hive-build.h"
#include "tests/support/hive-log-build.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/interrupt.h"

#define BIN   8192u
#define STEPS 5
#define NOW   UINT64_C(130464960000000000)

/* A hive, and what it is after 0 to STEPS changes; the numbers with which Windows would count them begin at `first`. */
struct world {
	struct hive_build steps[STEPS + 1];
	uint32_t first;
};

/* The value `step` of the root says how far it has come; the last two steps are a bin longer. */
static void
build_step(struct hive_build *b, uint32_t step)
{
	uint8_t number[4];
	uint32_t value, key;

	build_begin(b, 5, step >= STEPS - 1 ? 2 * BIN : BIN);
	put_u32(number, step);
	value = build_value(b, "step", REG_TYPE_DWORD, number, 4);
	build_values(b, b->root, &value, 1);
	key = build_key(b, b->root, "Key");
	build_subkeys(b, b->root, "lh", &key, 1);
	if (step >= STEPS - 1)
		build_cell(b, BIN);
	build_done(b);
}

static void
begin(struct world *w, uint32_t first)
{
	w->first = first;
	for (uint32_t i = 0; i <= STEPS; i++) {
		build_step(&w->steps[i], i);
		put_u32(w->steps[i].p + 4, first + 1); /* dirty, as while it is loaded */
		put_u32(w->steps[i].p + 8, first);
		build_checksum(&w->steps[i]);
	}
}

static void
end(struct world *w)
{
	for (size_t i = 0; i <= STEPS; i++)
		free(w->steps[i].p);
}

/* A log of the steps from `from` to `to`, each an entry. */
static struct log_build
log_of(const struct world *w, uint32_t from, uint32_t to)
{
	struct log_build l;

	log_begin(&l, w->steps[0].p, 6, w->first + from - 1);
	for (uint32_t i = from; i <= to; i++)
		log_add(&l, w->first + i - 1, NULL, w->steps[i].p, w->steps[i].size);
	return l;
}

struct bytes {
	const uint8_t *p;
	size_t size;
};

static int
read_bytes(void *ctx, void *buf, size_t len, uint64_t offset, size_t *ret_len, struct error *err)
{
	const struct bytes *b = ctx;

	(void)err;
	*ret_len = 0;
	if (offset >= b->size)
		return 0;
	*ret_len = len < b->size - offset ? len : (size_t)(b->size - offset);
	memcpy(buf, b->p + offset, *ret_len);
	return 0;
}

struct opened {
	struct bytes primary, logs[2];
	struct hive *h;
	struct error error;
};

static void
open_with(struct opened *o, const struct hive_build *primary, const struct log_build *log1,
	  const struct log_build *log2)
{
	struct hive_files files = { .primary = { read_bytes, &o->primary, primary->size } };

	*o = (struct opened){ .primary = { primary->p, primary->size } };
	if (log1) {
		o->logs[0] = (struct bytes){ log1->p, log1->size };
		files.logs[0] = (struct hive_source){ read_bytes, &o->logs[0], log1->size };
	}
	if (log2) {
		o->logs[1] = (struct bytes){ log2->p, log2->size };
		files.logs[1] = (struct hive_source){ read_bytes, &o->logs[1], log2->size };
	}
	o->h = hive_open_files("TEST", &files, &o->error);
}

static void
close_it(struct opened *o)
{
	hive_close(o->h);
	error_clear(&o->error);
}

static int
gather(void *ctx, const void *buf, size_t len, uint64_t offset, struct error *err)
{
	(void)err;
	memcpy((uint8_t *)ctx + offset, buf, len);
	return 0;
}

/* Step number of the hive as it reads. */
static uint32_t
step_of(struct hive *h)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	uint32_t step = UINT32_MAX;

	if (hive_get_u32(h, "", "step", &step, &err) < 0)
		fail_msg("%s", err.message);
	return step;
}

/* The hive reads as after `step`, came from that many entries, and would be written with that number. */
static void
comes_to(const struct world *w, const struct log_build *log1, const struct log_build *log2,
	 uint32_t step, uint32_t entries, uint32_t sequence)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE uint8_t *out = xzalloc(64u << 10);
	struct opened o;

	open_with(&o, &w->steps[0], log1, log2);
	if (!o.h)
		fail_msg("%s", o.error.message);
	assert_true(hive_current(o.h));
	assert_true(hive_state(o.h)->replayed);
	assert_int_equal(hive_state(o.h)->replayed_entries, entries);
	assert_int_equal(step_of(o.h), step);
	if (hive_check(o.h, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(hive_write_recovered(o.h, gather, out, &err), 0);
	assert_int_equal(get_u32(out + 4), sequence);
	assert_int_equal(get_u32(out + 8), sequence);
	assert_int_equal(hive_image_size(o.h), w->steps[step].size);
	assert_memory_equal(out + 4096, w->steps[step].p + 4096, w->steps[step].size - 4096);
	close_it(&o);
}

/* Dirty, readable as it is, and why the logs do not help. */
static void
stays_dirty(const struct hive_build *primary, const struct log_build *log1,
	    const struct log_build *log2, const char *why)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct opened o;

	open_with(&o, primary, log1, log2);
	if (!o.h)
		fail_msg("%s", o.error.message);
	assert_false(hive_current(o.h));
	if (!strstr(hive_why_not_current(o.h), why))
		fail_msg("'%s' lacks '%s'", hive_why_not_current(o.h), why);
	assert_int_equal(step_of(o.h), 0);
	assert_int_equal(hive_put_u32(o.h, "", "step", 9, NOW, &err), -1);
	assert_int_equal(err.code, ERR_UNCLEAN);
	if (!strstr(err.message, why))
		fail_msg("'%s' lacks '%s'", err.message, why);
	close_it(&o);
}

static void
entries_are_applied_in_their_order(void **state)
{
	struct world w;

	(void)state;
	begin(&w, 100);
	for (uint32_t n = 1; n <= STEPS; n++) {
		struct log_build l = log_of(&w, 1, n);

		comes_to(&w, &l, NULL, n, n, 100 + n);
		free(l.p);
	}
	end(&w);
}

static void
two_logs_are_one_chain_whichever_is_older(void **state)
{
	struct world w;
	struct log_build a, b;

	(void)state;
	begin(&w, 100);
	a = log_of(&w, 1, 2);
	b = log_of(&w, 3, 5);
	comes_to(&w, &a, &b, 5, 5, 105);
	comes_to(&w, &b, &a, 5, 5, 105);
	free(b.p);
	b = log_of(&w, 4, 5); /* the third is missing */
	comes_to(&w, &a, &b, 2, 2, 102);
	free(a.p);
	free(b.p);
	end(&w);
}

static void
numbers_wrap(void **state)
{
	struct world w;
	struct log_build a, b;

	(void)state;
	for (uint32_t first = UINT32_MAX - 5; first != 2; first++) {
		begin(&w, first);
		a = log_of(&w, 1, 2);
		b = log_of(&w, 3, 5);
		comes_to(&w, &b, &a, 5, 5, first + 5);
		free(a.p);
		free(b.p);
		end(&w);
	}
}

static void
what_has_a_wrong_hash_ends_the_chain(void **state)
{
	struct world w;
	struct log_build l;
	size_t second;

	(void)state;
	begin(&w, 100);
	l = log_of(&w, 1, 3);
	second = 512 + get_u32(l.p + 512 + 4);
	l.p[second + 600] ^= 1; /* in a page: the first hash */
	comes_to(&w, &l, NULL, 1, 1, 101);
	l.p[second + 600] ^= 1;
	l.p[second + 8] ^= 2; /* in the head: the second */
	comes_to(&w, &l, NULL, 1, 1, 101);
	l.p[second + 8] ^= 2;
	l.p[512 + 12] ^= 1; /* the first entry's number, though its hash is right then */
	log_rehash(&l, 512);
	stays_dirty(&w.steps[0], &l, NULL, ".LOG1 has no whole entry");
	free(l.p);
	end(&w);
}

static void
old_logs_and_remnants_are_passed_over(void **state)
{
	struct world w;
	struct log_build stale, fresh, old = { 0 };

	(void)state;
	begin(&w, 100);
	fresh = log_of(&w, 1, 2);
	/* behind the last entry an older one is left */
	log_add(&fresh, 90, NULL, w.steps[5].p, w.steps[5].size);
	comes_to(&w, &fresh, NULL, 2, 2, 102);
	/* the other log is from before the hive was last written */
	log_begin(&stale, w.steps[0].p, 6, 97);
	log_add(&stale, 97, NULL, w.steps[5].p, w.steps[5].size);
	comes_to(&w, &stale, &fresh, 2, 2, 102);
	stays_dirty(&w.steps[0], &stale, &old, ".LOG1 is older than the hive, .LOG2 is empty");
	stays_dirty(&w.steps[0], NULL, NULL, ".LOG1 is absent, .LOG2 is absent");
	free(stale.p);
	free(fresh.p);
	end(&w);
}

static void
a_log_with_a_broken_base_block_is_not_used(void **state)
{
	struct world w;
	struct log_build l;

	(void)state;
	begin(&w, 100);
	l = log_of(&w, 1, 2);
	l.p[100] ^= 1;
	stays_dirty(&w.steps[0], &l, NULL, "wrong checksum");
	l.p[100] ^= 1;
	put_u32(l.p + 8, 99);
	log_checksum(&l);
	stays_dirty(&w.steps[0], &l, NULL, "two different sequence numbers");
	memcpy(l.p, "fger", 4);
	stays_dirty(&w.steps[0], &l, NULL, "no transaction log");
	free(l.p);
	end(&w);
}

static void
a_base_block_is_mended_from_the_latest_log(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct world w;
	struct log_build a, b;
	struct opened o;

	(void)state;
	begin(&w, 100);
	a = log_of(&w, 1, 2);
	b = log_of(&w, 3, 5);
	w.steps[0].p[200] ^= 0xff; /* the checksum is wrong now */
	/* only the later log can be trusted to fit */
	open_with(&o, &w.steps[0], &a, &b);
	assert_non_null(o.h);
	assert_int_equal(step_of(o.h), 5);
	assert_int_equal(hive_state(o.h)->replayed_entries, 3);
	assert_int_equal(hive_check(o.h, &err), 0);
	close_it(&o);
	/* with nonsense in its fields too */
	put_u32(w.steps[0].p + 40, 12345);
	open_with(&o, &w.steps[0], &a, &b);
	assert_non_null(o.h);
	assert_int_equal(step_of(o.h), 5);
	close_it(&o);
	free(a.p);
	free(b.p);
	end(&w);
}

static void
a_clean_hive_ignores_its_logs_but_ends_above_them(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE uint8_t *out = xzalloc(64u << 10);
	struct world w;
	struct log_build l;
	struct opened o;

	(void)state;
	begin(&w, 100);
	l = log_of(&w, 1, 3);
	put_u32(w.steps[0].p + 4, 100);
	build_checksum(&w.steps[0]);
	open_with(&o, &w.steps[0], &l, NULL);
	assert_true(hive_state(o.h)->clean);
	assert_int_equal(step_of(o.h), 0);
	assert_int_equal(hive_put_u32(o.h, "", "step", 9, NOW, &err), 0);
	assert_int_equal(hive_write_back(o.h, HIVE_WRITE_BASE, gather, out, &err), 0);
	assert_int_equal(get_u32(out + 4), 103);
	assert_int_equal(get_u32(out + 8), 103);
	close_it(&o);
	free(l.p);
	end(&w);
}

/* Also above entries that were not applied: an old one behind the new ones could be the next in order one day. */
static void
an_edit_folds_the_replay_in_and_ends_above_everything_seen(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE uint8_t *out = xzalloc(64u << 10);
	struct world w;
	struct log_build l;
	struct opened o;
	struct hive_build edited;

	(void)state;
	begin(&w, 100);
	l = log_of(&w, 1, 3);
	log_add(&l, 140, NULL, w.steps[0].p, w.steps[0].size);
	open_with(&o, &w.steps[0], &l, NULL);
	assert_int_equal(step_of(o.h), 3);
	memcpy(out, w.steps[0].p, w.steps[0].size);
	assert_int_equal(hive_put_u32(o.h, "Key", "new", 9, NOW, &err), 0);
	for (int phase = 0; phase < HIVE_WRITE_PHASES; phase++)
		if (phase != HIVE_WRITE_LOG)
			assert_int_equal(hive_write_back(o.h, (enum hive_write_phase)phase, gather,
							 out, &err),
					 0);
	assert_int_equal(get_u32(out + 4), 142);
	edited = (struct hive_build){ .p = out, .size = (size_t)hive_image_size(o.h) };
	close_it(&o);
	/* and so the same logs beside it change nothing any more */
	open_with(&o, &edited, &l, NULL);
	assert_true(hive_state(o.h)->clean);
	assert_int_equal(step_of(o.h), 3);
	assert_int_equal(hive_check(o.h, &err), 0);
	close_it(&o);
	/* not even if Windows dies right after it has loaded the hive and written an entry */
	put_u32(out + 4, 143);
	build_checksum(&edited);
	stays_dirty(&(struct hive_build){ .p = w.steps[0].p, .size = w.steps[0].size }, NULL, NULL,
		    "absent");
	open_with(&o, &edited, &l, NULL);
	assert_false(hive_current(o.h));
	close_it(&o);
	free(l.p);
	end(&w);
}

/* An edit that takes the place of what an edit before it has given up must not show in what the logs alone have left. */
static void
reused_space_still_holds_what_the_logs_left(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE uint8_t *data = xmalloc(3 * 4096);
	CLEANUP_FREE uint8_t *out = NULL;
	struct hive_build b, replayed;
	struct log_build l;
	struct opened o;
	struct hive_value v;
	uint32_t value;

	(void)state;
	memset(data, 'x', 3 * 4096);
	build_begin(&b, 5, 4 * 4096);
	value = build_value(&b, "large", REG_TYPE_BINARY, data, 3 * 4096);
	build_values(&b, b.root, &value, 1);
	build_done(&b);
	put_u32(b.p + 4, 101);
	put_u32(b.p + 8, 100);
	build_checksum(&b);
	log_begin(&l, b.p, 6, 100);
	log_add(&l, 100, NULL, b.p, b.size);
	open_with(&o, &b, &l, NULL);
	assert_true(hive_state(o.h)->replayed);
	assert_int_equal(hive_delete_value(o.h, "", "large", NOW, &err), 0);
	assert_int_equal(hive_put_value(o.h, "", "other", REG_TYPE_BINARY, "y", 0, NOW, &err), 0);
	assert_int_equal(
		hive_put_value(o.h, "", "new", REG_TYPE_BINARY, data, 3 * 4096 - 8, NOW, &err), 0);
	out = xmemdup(b.p, b.size);
	for (int phase = 0; phase <= HIVE_WRITE_REPLAYED_BASE; phase++)
		assert_int_equal(
			hive_write_back(o.h, (enum hive_write_phase)phase, gather, out, &err), 0);
	close_it(&o);
	replayed = (struct hive_build){ .p = out, .size = b.size };
	open_with(&o, &replayed, &l, NULL);
	assert_true(hive_state(o.h)->clean);
	assert_int_equal(hive_value(o.h, b.root, "large", &v, &err), 0);
	assert_int_equal(v.len, 3 * 4096);
	assert_memory_equal(v.data, data, v.len);
	hive_value_clear(&v);
	close_it(&o);
	free(l.p);
	free(b.p);
}

static void
a_torn_primary_becomes_whole(void **state)
{
	struct world w;
	struct log_build l;

	(void)state;
	begin(&w, 100);
	l = log_of(&w, 1, 4);
	memset(w.steps[0].p + 4096, 0xee, 4096);
	comes_to(&w, &l, NULL, 4, 4, 104);
	free(l.p);
	end(&w);
}

static void
a_log_that_ends_early_gives_what_it_has(void **state)
{
	struct world w;
	struct log_build l;
	size_t sizes[STEPS + 1] = { 512 };

	(void)state;
	begin(&w, 100);
	l = log_of(&w, 1, STEPS);
	for (size_t i = 1; i <= STEPS; i++)
		sizes[i] = sizes[i - 1] + get_u32(l.p + sizes[i - 1] + 4);
	assert_int_equal(sizes[STEPS], l.size);
	for (uint32_t whole = 1; whole < STEPS; whole++) {
		l.size = sizes[whole + 1] - 1;
		comes_to(&w, &l, NULL, whole, whole, 100 + whole);
		l.size = sizes[whole] + 20;
		comes_to(&w, &l, NULL, whole, whole, 100 + whole);
	}
	l.size = 600;
	stays_dirty(&w.steps[0], &l, NULL, "no whole entry");
	l.size = 300;
	stays_dirty(&w.steps[0], &l, NULL, "no transaction log");
	free(l.p);
	end(&w);
}

/* ---- the old format ---- */

static void
an_old_log_counts_by_its_time(void **state)
{
	struct world w;
	struct log_build l, none = { 0 };

	(void)state;
	for (uint32_t type = 1; type <= 2; type++) {
		begin(&w, 100);
		log_begin(&l, w.steps[1].p, type, 101);
		log_add_dirt(&l, w.steps[0].p, w.steps[1].p, w.steps[1].size);
		comes_to(&w, &l, &none, 1, 1, 102);
		comes_to(&w, &none, &l, 1, 1, 102);
		put_u64(l.p + 12, 5);
		log_checksum(&l);
		stays_dirty(&w.steps[0], &l, NULL, "bears another time than the hive");
		put_u64(l.p + 12, get_u64(w.steps[0].p + 12));
		log_checksum(&l);
		l.size -= 512;
		stays_dirty(&w.steps[0], &l, NULL, "is not whole");
		free(l.p);
		end(&w);
	}
}

/* ---- accepted as it is ---- */

static void
a_sound_hive_without_logs_can_be_accepted_and_a_damaged_one_not(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE uint8_t *out = xzalloc(64u << 10);
	struct world w;
	struct opened o;

	(void)state;
	begin(&w, 100);
	open_with(&o, &w.steps[0], NULL, NULL);
	hive_accept_dirty(o.h);
	assert_int_equal(hive_put_u32(o.h, "", "step", 9, NOW, &err), 0);
	assert_int_equal(hive_write_back(o.h, HIVE_WRITE_BASE, gather, out, &err), 0);
	assert_int_equal(get_u32(out + 4), 102);
	assert_int_equal(get_u32(out + 8), 102);
	close_it(&o);
	memset(w.steps[0].p + 4096, 0, 4);
	open_with(&o, &w.steps[0], NULL, NULL);
	hive_accept_dirty(o.h);
	assert_int_equal(hive_put_u32(o.h, "", "step", 9, NOW, &err), -1);
	assert_int_equal(err.code, ERR_CORRUPT);
	close_it(&o);
	end(&w);
}

/* ---- hostile logs ---- */

static void
a_flipped_bit_gives_a_prefix_or_nothing(void **state)
{
	struct world w;
	struct log_build l;

	(void)state;
	begin(&w, 100);
	log_begin(&l, w.steps[0].p, 6, 100);
	log_add(&l, 100, w.steps[0].p, w.steps[1].p, w.steps[1].size);
	log_add(&l, 101, w.steps[1].p, w.steps[2].p, w.steps[2].size);
	for (size_t bit = 0; bit < 8 * l.size; bit += bit < 8 * 640 ? 1 : 61) {
		struct opened o;

		l.p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		open_with(&o, &w.steps[0], &l, NULL);
		assert_non_null(o.h);
		assert_in_range(step_of(o.h), 0, 2);
		assert_int_equal(hive_state(o.h)->replayed_entries, step_of(o.h));
		close_it(&o);
		l.p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
	}
	free(l.p);
	end(&w);
}

static void
entries_with_right_hashes_and_wrong_contents_are_not_believed(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
	} pokes[] = { { 4, 0 },	   { 4, 511 },	       { 4, 0xfffffe00 },
		      { 16, 0 },   { 16, 100 },	       { 16, 0xfffff000 },
		      { 20, 0 },   { 20, 0x20000000 }, { 20, 0xffffffff },
		      { 40, 1 },   { 40, 0x7ffff000 }, { 44, 0 },
		      { 44, 100 }, { 44, 0xfffff000 } };
	struct world w;

	(void)state;
	begin(&w, 100);
	for (size_t i = 0; i < ARRAY_SIZE(pokes); i++) {
		struct log_build l = log_of(&w, 1, 1);
		uint32_t size = get_u32(l.p + 512 + 4);
		struct opened o;

		put_u32(l.p + 512 + 4, size);
		put_u32(l.p + 512 + pokes[i].at, pokes[i].value);
		if (pokes[i].at != 4)
			log_rehash(&l, 512);
		open_with(&o, &w.steps[0], &l, NULL);
		if (o.h) /* as it was, or refused as too large: nothing else */
			assert_false(hive_current(o.h));
		else
			assert_int_equal(o.error.code, ERR_CORRUPT);
		close_it(&o);
		free(l.p);
	}
	end(&w);
}

/* A log file of which almost all is a hole. */
struct hollow {
	struct bytes bytes;
	uint64_t size;
	size_t reads;
	bool interrupt;
};

static int
read_hollow(void *ctx, void *buf, size_t len, uint64_t offset, size_t *ret_len, struct error *err)
{
	struct hollow *l = ctx;

	(void)err;
	if (++l->reads > 100000)
		fail_msg("read for ever, now at %llu", (unsigned long long)offset);
	if (l->interrupt)
		raise(SIGTERM);
	assert_true(offset <= l->size && len <= l->size - offset);
	memset(buf, 0, len);
	if (offset < l->bytes.size)
		memcpy(buf, l->bytes.p + offset,
		       len < l->bytes.size - offset ? len : (size_t)(l->bytes.size - offset));
	*ret_len = len;
	return 0;
}

static uint64_t
hollow_hole(void *ctx, uint64_t offset)
{
	const struct hollow *l = ctx;

	return offset < l->bytes.size ? 0 : l->size - offset;
}

/* Sets a value in a clean hive, whose log is `l`, and says what comes of it. */
static int
edit_beside(const struct world *w, struct hollow *l, uint64_t size, bool knows_holes,
	    struct error *err)
{
	struct bytes primary = { w->steps[STEPS].p, w->steps[STEPS].size };
	struct hive_files files = { .primary = { read_bytes, &primary, primary.size } };
	CLEANUP_FREE uint8_t *out = xmalloc(primary.size + BIN);
	struct hive *h;
	int got = -1;

	l->size = size;
	l->reads = 0;
	files.logs[0] = (struct hive_source){ read_hollow, l, size,
					      knows_holes ? hollow_hole : NULL };
	h = hive_open_files("TEST", &files, err);
	assert_non_null(h);
	if (hive_put_value(h, "", "step", REG_TYPE_DWORD, "\7\0\0\0", 4, NOW, err) == 0)
		got = hive_write_back(h, HIVE_WRITE_BASE, gather, out, err);
	hive_close(h);
	return got;
}

static void
a_log_is_not_read_beyond_what_windows_writes(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct hollow l = { 0 };
	struct log_build log;
	struct world w;

	(void)state;
	begin(&w, 100);
	put_u32(w.steps[STEPS].p + 8, 101); /* clean */
	build_checksum(&w.steps[STEPS]);
	log = log_of(&w, 1, 2);
	l.bytes = (struct bytes){ log.p, log.size };
	assert_int_equal(edit_beside(&w, &l, UINT64_C(8) << 40, true, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_non_null(strstr(err.message, ".LOG1 is larger (8.8 TB) than any"));
	assert_int_equal(l.reads, 0);
	error_clear(&err);
	/* one of a size that could be is looked through, and its hole is not */
	assert_int_equal(edit_beside(&w, &l, UINT64_C(2) << 30, true, &err), 0);
	assert_true(l.reads < 50);
	/* without holes in pieces, and who is asked to stop does */
	assert_int_equal(edit_beside(&w, &l, UINT64_C(64) << 20, false, &err), 0);
	assert_in_range(l.reads, 256, 300);
	interrupt_install();
	l.interrupt = true;
	assert_int_equal(edit_beside(&w, &l, UINT64_C(2) << 30, false, &err), -1);
	assert_int_equal(err.code, ERR_INTERRUPTED);
	assert_true(l.reads < 10);
	free(log.p);
	end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_applied_in_their_order),
		cmocka_unit_test(two_logs_are_one_chain_whichever_is_older),
		cmocka_unit_test(numbers_wrap),
		cmocka_unit_test(what_has_a_wrong_hash_ends_the_chain),
		cmocka_unit_test(old_logs_and_remnants_are_passed_over),
		cmocka_unit_test(a_log_with_a_broken_base_block_is_not_used),
		cmocka_unit_test(a_base_block_is_mended_from_the_latest_log),
		cmocka_unit_test(a_clean_hive_ignores_its_logs_but_ends_above_them),
		cmocka_unit_test(an_edit_folds_the_replay_in_and_ends_above_everything_seen),
		cmocka_unit_test(reused_space_still_holds_what_the_logs_left),
		cmocka_unit_test(a_torn_primary_becomes_whole),
		cmocka_unit_test(a_log_that_ends_early_gives_what_it_has),
		cmocka_unit_test(an_old_log_counts_by_its_time),
		cmocka_unit_test(a_sound_hive_without_logs_can_be_accepted_and_a_damaged_one_not),
		cmocka_unit_test(a_flipped_bit_gives_a_prefix_or_nothing),
		cmocka_unit_test(entries_with_right_hashes_and_wrong_contents_are_not_believed),
		cmocka_unit_test(a_log_is_not_read_beyond_what_windows_writes),
	};

	return cmocka_run_group_tests_name("hive-log", tests, NULL, NULL);
}
