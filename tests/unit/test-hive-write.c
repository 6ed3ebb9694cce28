/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing a hive back: whenever it ends, and whatever of a phase has reached the disk, Windows comes to the old hive or the new one. */
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
#include "tests/support/hive-log-build.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"

#define BIN	 8192u
#define ROOM	 (256u << 10) /* of each file */
#define SECTOR	 512u
#define SEEDS	 40
#define NOW	 UINT64_C(130464960000000000)
#define SEQUENCE 100

/* The primary file and its two logs; bytes behind `size` are not there. */
struct files {
	uint8_t *p[3]; /* NULL: not there */
	size_t size[3];
	enum hive_log_kind kind; /* of the Windows that they are from */
};

static struct files
copy_of(const struct files *f)
{
	struct files to = *f;

	for (size_t i = 0; i < ARRAY_SIZE(f->p); i++) {
		to.p[i] = xzalloc(ROOM);
		if (f->p[i])
			memcpy(to.p[i], f->p[i], f->size[i]);
	}
	return to;
}

static void
free_files(struct files *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(f->p); i++)
		free(f->p[i]);
}

/* ---- reading ---- */

struct place {
	const struct files *files;
	size_t which;
};

static int
read_one(void *ctx, void *buf, size_t len, uint64_t offset, size_t *ret_len, struct error *err)
{
	const struct place *r = ctx;
	size_t size = r->files->size[r->which];

	(void)err;
	*ret_len = 0;
	if (offset >= size)
		return 0;
	*ret_len = len < size - offset ? len : (size_t)(size - offset);
	memcpy(buf, r->files->p[r->which] + offset, *ret_len);
	return 0;
}

struct opened {
	struct place readers[3];
	struct files files;
	struct hive *h;
	struct error error;
};

/* As a volume does it: whoever opens a clean hive does not look at its logs. */
static int
find_logs(void *ctx, struct hive_source logs[2], bool *ret_single, struct error *err)
{
	struct opened *o = ctx;

	(void)err;
	*ret_single = o->files.kind == HIVE_LOGS_SINGLE;
	for (size_t i = 0; i < 2; i++)
		if (o->files.p[1 + i])
			logs[i] = (struct hive_source){ read_one, &o->readers[1 + i],
							o->files.size[1 + i] };
	return 0;
}

static void
open_files(struct opened *o, const struct files *f)
{
	struct hive_files files = { .find_logs = find_logs, .find_ctx = o };

	*o = (struct opened){ .files = *f };
	for (size_t i = 0; i < ARRAY_SIZE(o->readers); i++)
		o->readers[i] = (struct place){ &o->files, i };
	if (f->kind == HIVE_LOGS_SINGLE)
		files.single_log = true;
	files.primary = (struct hive_source){ read_one, &o->readers[0], f->size[0] };
	o->h = hive_open_files("TEST", &files, &o->error);
	if (!o->h)
		fail_msg("%s", o->error.message);
}

static void
close_it(struct opened *o)
{
	hive_close(o->h);
	error_clear(&o->error);
}

/* ---- what is edited ---- */

/* A hive with a value `step` that is 1 in the log's view, when there is a log to apply, else 0. */
static void
build(struct hive_build *b, uint32_t step)
{
	uint8_t number[4];
	uint32_t values[2], key;

	build_begin(b, 5, BIN);
	put_u32(number, step);
	values[0] = build_value(b, "step", REG_TYPE_DWORD, number, 4);
	values[1] = build_value(b, "text", REG_TYPE_SZ, "a\0b\0c\0d\0e\0f\0\0", 14);
	build_values(b, b->root, values, 2);
	key = build_key(b, b->root, "Key");
	build_subkeys(b, b->root, "lh", &key, 1);
	build_done(b);
}

typedef void edit_fn(struct hive *h);

static void
well(int got, const struct error *err)
{
	if (got < 0)
		fail_msg("%s", err->message);
}

static void
makes_a_key(struct hive *h)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;

	well(hive_create_key(h, "Key\\New", NOW, &err), &err);
	well(hive_put_value(h, "Key\\New", "v", REG_TYPE_SZ, "x\0y\0z\0\0", 8, NOW, &err), &err);
}

static void
grows(struct hive *h)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	uint8_t large[20000];

	memset(large, 'x', sizeof large);
	well(hive_put_value(h, "Key", "v", REG_TYPE_BINARY, large, sizeof large, NOW, &err), &err);
	well(hive_create_key(h, "Key\\New", NOW, &err), &err);
}

static void
sets_a_number(struct hive *h)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;

	well(hive_put_u32(h, "", "step", 7, NOW, &err), &err);
}

static bool
has_new_key(struct hive *h)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	hive_key key;

	return hive_find_path(h, "Key\\New", &key, &err) == 0;
}

static uint32_t
step_of(struct hive *h)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	uint32_t v = 0;

	well(hive_get_u32(h, "", "step", &v, &err), &err);
	return v;
}

/* ---- what is written, phase by phase ---- */

struct piece {
	size_t file;
	uint64_t offset;
	size_t len;
	uint8_t *p;
	int phase;
};

struct plan {
	struct piece *list;
	size_t count;
	size_t file;
	int phase;
};

static int
note_piece(void *ctx, const void *buf, size_t len, uint64_t offset, struct error *err)
{
	struct plan *p = ctx;

	(void)err;
	ARRAY_GROW(p->list, p->count);
	p->list[p->count++] = (struct piece){ p->file, offset, len, xmemdup(buf, len), p->phase };
	return 0;
}

static struct plan
plan_of(const struct files *f, edit_fn *edit, int *ret_log)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct plan p = { 0 };
	struct hive_log_way way;
	struct opened o;

	open_files(&o, f);
	hive_set_log_kind(o.h, f->kind);
	edit(o.h);
	well(hive_check(o.h, &err), &err);
	for (p.phase = 0; p.phase < HIVE_WRITE_PHASES; p.phase++) {
		well(hive_log_way(o.h, &way, &err), &err);
		*ret_log = way.log;
		assert_int_equal(way.absent, way.log >= 0 && !f->p[1 + way.log]);
		p.file = p.phase == HIVE_WRITE_LOG ? 1 + (size_t)way.log : 0;
		well(hive_write_back(o.h, (enum hive_write_phase)p.phase, note_piece, &p, &err),
		     &err);
	}
	close_it(&o);
	return p;
}

static void
free_plan(struct plan *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->list[i].p);
	free(p->list);
}

static uint32_t noise;

static uint32_t
next_noise(void)
{
	noise ^= noise << 13;
	noise ^= noise >> 17;
	noise ^= noise << 5;
	return noise;
}

/* All of a piece, or with `torn` whichever of its sectors. */
static void
apply(struct files *f, const struct piece *p, bool torn)
{
	for (size_t at = 0; at < p->len; at += SECTOR) {
		size_t n = p->len - at < SECTOR ? p->len - at : SECTOR;

		assert_true(p->offset + at + n <= ROOM);
		if (torn && next_noise() % 2)
			continue;
		memcpy(f->p[p->file] + p->offset + at, p->p + at, n);
		if (f->size[p->file] < p->offset + at + n)
			f->size[p->file] = (size_t)p->offset + at + n;
	}
}

/* What Windows comes to: the hive with its logs is sound, and is the old one or the new one. */
static bool
is_new(const struct files *f, uint32_t old_step, bool by_key, int phase, uint32_t seed)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct opened o;
	bool new;

	open_files(&o, f);
	if (!hive_current(o.h))
		fail_msg("phase %d, seed %u: dirty, and %s", phase, seed,
			 hive_why_not_current(o.h));
	if (hive_check(o.h, &err) < 0)
		fail_msg("phase %d, seed %u: %s", phase, seed, err.message);
	new = by_key ? has_new_key(o.h) : step_of(o.h) == 7;
	if (!by_key && !new)
		assert_int_equal(step_of(o.h), old_step);
	if (by_key)
		assert_int_equal(step_of(o.h), old_step);
	close_it(&o);
	return new;
}

/* Every phase ends in the middle, in many ways; returns how many ended new. */
static void
cut_everywhere(const struct files *f, edit_fn *edit, uint32_t old_step, bool by_key, int want_log,
	       unsigned *ret_old, unsigned *ret_new)
{
	struct files before = copy_of(f);
	int log;
	struct plan p = plan_of(f, edit, &log);

	assert_int_equal(log, want_log);
	*ret_old = *ret_new = 0;
	for (int phase = 0; phase < HIVE_WRITE_PHASES; phase++) {
		for (uint32_t seed = 1; seed <= SEEDS; seed++) {
			struct files now = copy_of(&before);

			noise = seed * 2654435761u;
			for (size_t i = 0; i < p.count; i++)
				if (p.list[i].phase == phase)
					apply(&now, &p.list[i], true);
			if (is_new(&now, old_step, by_key, phase, seed))
				++*ret_new;
			else
				++*ret_old;
			free_files(&now);
		}
		for (size_t i = 0; i < p.count; i++)
			if (p.list[i].phase == phase)
				apply(&before, &p.list[i], false);
	}
	assert_true(is_new(&before, old_step, by_key, HIVE_WRITE_PHASES, 0));
	/* and it is clean, above whatever stands in the logs */
	assert_int_equal(get_u32(before.p[0] + 4), get_u32(before.p[0] + 8));
	for (int i = 1; i <= 2; i++)
		if (before.size[i] >= SECTOR && memcmp(before.p[i], "regf", 4) == 0)
			assert_true((int32_t)(get_u32(before.p[0] + 4) - get_u32(before.p[i] + 4)) >
				    0);
	free_plan(&p);
	free_files(&before);
}

/* A clean hive whose log is what a clean unload leaves: an entry of the past. */
static struct files
clean_hive(uint32_t type, uint32_t log_sequence)
{
	struct files f = { 0 };
	struct hive_build b;
	struct log_build l;

	build(&b, 0);
	put_u32(b.p + 4, SEQUENCE);
	put_u32(b.p + 8, SEQUENCE);
	build_checksum(&b);
	log_begin(&l, b.p, type, log_sequence);
	if (type == 6)
		log_add(&l, log_sequence, NULL, b.p, b.size);
	else
		log_add_dirt(&l, b.p, b.p, b.size);
	f = (struct files){ { b.p, l.p, xzalloc(1) }, { b.size, l.size, 0 }, HIVE_LOGS_UNKNOWN };
	return f;
}

static void
report(const char *what, unsigned old, unsigned new)
{
	print_message("%s: %u endings, %u old, %u new, 0 else\n", what, old + new, old, new);
	assert_true(old > 0);
	assert_true(new > 0);
}

static void
a_clean_hive_is_old_or_new(void **state)
{
	static edit_fn *const edits[] = { makes_a_key, grows };
	unsigned old, new;

	(void)state;
	for (uint32_t type = 1; type <= 6; type += type == 2 ? 4 : 1)
		for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
			CLEANUP_FREE char *what = xasprintf("log type %u, edit %zu", type, i);
			struct files f = clean_hive(type, SEQUENCE - 1);

			cut_everywhere(&f, edits[i], 0, true, 0, &old, &new);
			report(what, old, new);
			free_files(&f);
		}
}

static const uint8_t *
piece_of(const struct plan *p, int phase)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->list[i].phase == phase && p->list[i].offset == 0)
			return p->list[i].p;
	fail_msg("phase %d has no base block", phase);
	return NULL;
}

/*
 * What Microsoft's own checker of hives says: an entry of a new log in which two pairs of offset and size are neighbours is
 * none; and with an old log a hive has the bins that its own base block says.
 */
static void
a_log_is_as_windows_applies_it(void **state)
{
	(void)state;
	for (uint32_t type = 1; type <= 6; type += 5) {
		struct files f = clean_hive(type, SEQUENCE - 1);
		const uint8_t *log, *mark;
		struct plan p;
		int which;

		p = plan_of(&f, grows, &which);
		assert_int_equal(which, 0);
		log = piece_of(&p, HIVE_WRITE_LOG);
		mark = piece_of(&p, HIVE_WRITE_MARK);
		for (uint32_t i = 1; type == 6 && i < get_u32(log + SECTOR + 20); i++) {
			const uint8_t *one = log + SECTOR + 40 + 8 * (size_t)(i - 1);

			assert_true(get_u32(one) + get_u32(one + 4) < get_u32(one + 8));
		}
		if (type == 1)
			assert_int_equal(get_u32(mark + 40), get_u32(log + 40));
		free_plan(&p);
		free_files(&f);
	}
}

/* Logs whose numbers are above the hive's are outdone, though nobody looked at them when the hive was opened. */
static void
a_log_of_the_future_is_outdone(void **state)
{
	unsigned old, new;
	struct files f = clean_hive(6, SEQUENCE + 50);

	(void)state;
	cut_everywhere(&f, makes_a_key, 0, true, 0, &old, &new);
	cut_everywhere(&f, sets_a_number, 0, false, -1, &old, &new);
	free_files(&f);
}

/* One sector is there or not: no log, and a base block behind it. */
static void
a_single_sector_needs_no_log(void **state)
{
	struct files f = clean_hive(6, SEQUENCE - 1);
	unsigned old, new;
	int log;
	struct plan p = plan_of(&f, sets_a_number, &log);

	(void)state;
	assert_int_equal(log, -1);
	for (size_t i = 0; i < p.count; i++)
		assert_true(p.list[i].phase == HIVE_WRITE_DATA ||
			    p.list[i].phase == HIVE_WRITE_BASE);
	free_plan(&p);
	cut_everywhere(&f, sets_a_number, 0, false, -1, &old, &new);
	report("one sector", old, new);
	free_files(&f);
}

/* Dirty, with the newest change in its log alone. */
static void
a_dirty_hive_is_the_replayed_one_or_the_edited_one(void **state)
{
	static const uint32_t types[] = { 1, 6 };
	unsigned old, new;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		CLEANUP_FREE char *what = xasprintf("dirty, log type %u", types[i]);
		struct hive_build b, later;
		struct log_build l;
		struct files f;

		build(&b, 0);
		build(&later, 1);
		put_u32(b.p + 4, SEQUENCE + 1);
		put_u32(b.p + 8, SEQUENCE);
		build_checksum(&b);
		log_begin(&l, b.p, types[i], SEQUENCE);
		if (types[i] == 6)
			log_add(&l, SEQUENCE, NULL, later.p, later.size);
		else
			log_add_dirt(&l, b.p, later.p, later.size);
		f = (struct files){ { b.p, l.p, xzalloc(1) },
				    { b.size, l.size, 0 },
				    HIVE_LOGS_UNKNOWN };
		cut_everywhere(&f, makes_a_key, 1, true, 0, &old, &new);
		report(what, old, new);
		cut_everywhere(&f, grows, 1, true, 0, &old, &new);
		free(later.p);
		free_files(&f);
	}
}

/* The larger of two logs is taken, so that no file has to grow; a new one before an old one. */
static void
a_log_that_has_room_is_taken(void **state)
{
	struct files f = clean_hive(6, SEQUENCE - 1);
	struct log_build small;
	int log;
	struct plan p;

	(void)state;
	/* .LOG1 too small for the entry, .LOG2 as large as two hives */
	free(f.p[2]);
	f.p[2] = xzalloc(4 * BIN);
	memcpy(f.p[2], f.p[1], f.size[1]);
	f.size[2] = 4 * BIN;
	log_begin(&small, f.p[0], 6, SEQUENCE - 1);
	free(f.p[1]);
	f.p[1] = small.p;
	f.size[1] = small.size;
	p = plan_of(&f, makes_a_key, &log);
	assert_int_equal(log, 1);
	free_plan(&p);
	/* an old one beside it is not what this Windows uses now */
	put_u32(f.p[1] + 28, 1);
	log_checksum(&(struct log_build){ f.p[1], f.size[1] });
	p = plan_of(&f, makes_a_key, &log);
	assert_int_equal(log, 1);
	free_plan(&p);
	/* nothing that could be a log: the pages, then the base block */
	memset(f.p[1], 0, f.size[1]);
	f.size[2] = 0;
	p = plan_of(&f, makes_a_key, &log);
	assert_int_equal(log, -1);
	free_plan(&p);
	free_files(&f);
}

/* ---- logs that do not tell their format ---- */

/* A clean hive; of each log `size` bytes that mean nothing, or SIZE_MAX: it is not there. */
static struct files
with_logs(enum hive_log_kind kind, size_t size1, size_t size2)
{
	const size_t sizes[2] = { size1, size2 };
	struct files f = clean_hive(6, SEQUENCE - 1);

	f.kind = kind;
	for (size_t i = 0; i < 2; i++) {
		free(f.p[1 + i]);
		f.p[1 + i] = sizes[i] == SIZE_MAX ? NULL : xzalloc(sizes[i] + 1);
		f.size[1 + i] = sizes[i] == SIZE_MAX ? 0 : sizes[i];
		for (size_t k = 0; k < f.size[1 + i]; k++)
			f.p[1 + i][k] = (uint8_t)(k * 7);
	}
	return f;
}

static void
the_version_tells_what_an_empty_log_becomes(void **state)
{
	static const struct {
		enum hive_log_kind kind;
		size_t size1, size2;
		int log;
		uint32_t type;
	} all[] = {
		{ HIVE_LOGS_NEW, 0, 0, 0, 6 },
		{ HIVE_LOGS_NEW, 1024, SIZE_MAX, 0, 6 },
		{ HIVE_LOGS_NEW, SIZE_MAX, 100, 1, 6 },
		{ HIVE_LOGS_NEW, 100, 16 * BIN, 1, 6 },
		{ HIVE_LOGS_NEW, SIZE_MAX, SIZE_MAX, 0, 6 },
		{ HIVE_LOGS_OLD, 0, 0, 0, 1 },
		{ HIVE_LOGS_OLD, 1024, 4 * BIN, 0, 1 },
		{ HIVE_LOGS_OLD, SIZE_MAX, 0, 0, 1 },
		{ HIVE_LOGS_OLD, SIZE_MAX, SIZE_MAX, 0, 1 },
		{ HIVE_LOGS_SINGLE, 0, SIZE_MAX, 0, 1 },
		{ HIVE_LOGS_SINGLE, SIZE_MAX, SIZE_MAX, 0, 1 },
	};
	static edit_fn *const edits[] = { makes_a_key, grows };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all) * ARRAY_SIZE(edits); i++) {
		size_t n = i / ARRAY_SIZE(edits);
		edit_fn *edit = edits[i % ARRAY_SIZE(edits)];
		struct files f = with_logs(all[n].kind, all[n].size1, all[n].size2);
		CLEANUP_FREE char *what = xasprintf("logs %zu, edit %zu", n, i % ARRAY_SIZE(edits));
		unsigned old, new;
		int log;
		struct plan p = plan_of(&f, edit, &log);

		assert_int_equal(get_u32(piece_of(&p, HIVE_WRITE_LOG) + 28), all[n].type);
		free_plan(&p);
		cut_everywhere(&f, edit, 0, true, all[n].log, &old, &new);
		report(what, old, new);
		free_files(&f);
	}
}

/* A hive of an old Windows that was loaded once on a new one: what its log holds is not what its own Windows reads. */
static void
the_version_counts_more_than_what_a_log_holds(void **state)
{
	static const enum hive_log_kind kinds[] = { HIVE_LOGS_OLD, HIVE_LOGS_NEW };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		bool old_log = kinds[i] == HIVE_LOGS_OLD;
		struct files f = clean_hive(old_log ? 6 : 1, SEQUENCE - 1);
		unsigned old, new;
		int log;
		struct plan p;

		f.kind = kinds[i];
		p = plan_of(&f, makes_a_key, &log);
		assert_int_equal(get_u32(piece_of(&p, HIVE_WRITE_LOG) + 28), old_log ? 1 : 6);
		free_plan(&p);
		cut_everywhere(&f, makes_a_key, 0, true, 0, &old, &new);
		report("another version's log", old, new);
		free_files(&f);
	}
}

/* Two old logs that bear the hive's time: the first is taken, so it must be the one that was written. */
static void
of_two_old_logs_the_first_is_written(void **state)
{
	struct files f = clean_hive(1, SEQUENCE);
	unsigned old, new;

	(void)state;
	free(f.p[2]);
	f.p[2] = xzalloc(8 * BIN);
	memcpy(f.p[2], f.p[1], f.size[1]);
	f.size[2] = 8 * BIN;
	for (f.kind = HIVE_LOGS_UNKNOWN; f.kind <= HIVE_LOGS_OLD; f.kind += HIVE_LOGS_OLD)
		cut_everywhere(&f, grows, 0, true, 0, &old, &new);
	report("two old logs", old, new);
	free_files(&f);
}

/* Nothing tells which log would be read: a hive that is half written at least says so. */
static void
without_a_log_the_hive_is_marked_first(void **state)
{
	struct files f = with_logs(HIVE_LOGS_UNKNOWN, 0, SIZE_MAX);
	int log;
	struct plan p = plan_of(&f, makes_a_key, &log);
	const uint8_t *mark = piece_of(&p, HIVE_WRITE_MARK);
	const uint8_t *base = piece_of(&p, HIVE_WRITE_BASE);

	(void)state;
	assert_int_equal(log, -1);
	assert_true(get_u32(mark + 4) != get_u32(mark + 8));
	assert_int_equal(get_u32(mark + 4), get_u32(base + 4));
	assert_int_equal(get_u32(base + 4), get_u32(base + 8));
	for (size_t i = 0; i < p.count; i++)
		assert_true(p.list[i].phase >= HIVE_WRITE_MARK);
	free_plan(&p);
	free_files(&f);
}

/* The caller could not make the file. */
static void
a_log_can_be_gone_without(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct files f = with_logs(HIVE_LOGS_NEW, SIZE_MAX, SIZE_MAX);
	struct plan p = { 0 };
	struct hive_log_way way;
	struct opened o;

	(void)state;
	open_files(&o, &f);
	hive_set_log_kind(o.h, f.kind);
	makes_a_key(o.h);
	well(hive_log_way(o.h, &way, &err), &err);
	assert_true(way.needed && way.absent);
	well(hive_go_without_log(o.h, &err), &err);
	for (p.phase = 0; p.phase < HIVE_WRITE_PHASES; p.phase++)
		well(hive_write_back(o.h, (enum hive_write_phase)p.phase, note_piece, &p, &err),
		     &err);
	assert_int_equal(p.list[0].phase, HIVE_WRITE_MARK);
	assert_true(get_u32(p.list[0].p + 4) != get_u32(p.list[0].p + 8));
	close_it(&o);
	free_plan(&p);
	free_files(&f);
}

/* An old .LOG2 that bears the hive's time would be laid over a hive that is made dirty. */
static void
beside_a_log_of_the_past_the_hive_is_not_marked(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct files f = clean_hive(1, SEQUENCE);
	struct plan p = { 0 };
	struct opened o;

	(void)state;
	free(f.p[2]);
	f.p[2] = steal(&f.p[1]);
	f.size[2] = f.size[1];
	f.size[1] = 0;
	open_files(&o, &f);
	makes_a_key(o.h);
	well(hive_go_without_log(o.h, &err), &err);
	for (p.phase = 0; p.phase < HIVE_WRITE_PHASES; p.phase++)
		well(hive_write_back(o.h, (enum hive_write_phase)p.phase, note_piece, &p, &err),
		     &err);
	for (size_t i = 0; i < p.count; i++)
		assert_true(p.list[i].phase >= HIVE_WRITE_DATA);
	close_it(&o);
	free_plan(&p);
	free_files(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clean_hive_is_old_or_new),
		cmocka_unit_test(a_log_is_as_windows_applies_it),
		cmocka_unit_test(a_log_of_the_future_is_outdone),
		cmocka_unit_test(a_single_sector_needs_no_log),
		cmocka_unit_test(a_dirty_hive_is_the_replayed_one_or_the_edited_one),
		cmocka_unit_test(a_log_that_has_room_is_taken),
		cmocka_unit_test(the_version_tells_what_an_empty_log_becomes),
		cmocka_unit_test(the_version_counts_more_than_what_a_log_holds),
		cmocka_unit_test(of_two_old_logs_the_first_is_written),
		cmocka_unit_test(without_a_log_the_hive_is_marked_first),
		cmocka_unit_test(a_log_can_be_gone_without),
		cmocka_unit_test(beside_a_log_of_the_past_the_hive_is_not_marked),
	};

	return cmocka_run_group_tests_name("hive-write", tests, NULL, NULL);
}
