/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whose the clusters are that an edit changes, by the run lists of all files.
 *
 * On a sound volume a cluster belongs to one attribute of one file.  Where two files share one ("cross-linked"), what is written to the one is written
 * to the other as well, and nothing in either tells: $Bitmap has one bit for both.  Only the records of $MFT do, all of them, so they
 * are read once, in large pieces, and each run is compared with the few clusters that change.  The library is not asked
 * to open a million files for that: a record is an array of attributes, each with a list of runs ("NTFS documentation" of the Linux-NTFS project,
 * "File Record", "Data Runs").
 *
 * A record that is damaged owns nothing here: Windows reads it as little as we do.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/interrupt.h"
#include "volume/ntfs-private.h"

#define PIECE	   (1u << 20)
#define TELL_AFTER 1 /* second */
#define IN_USE	   0x01u
#define ATTR_END   0xffffffffu
#define ATTR_HEAD  0x18u /* of an attribute whose value is in its record */
#define RUNS_HEAD  0x40u /* of one whose value is not */
#define NOBODY	   UINT64_MAX
#define UNREAD_MAX 4096u /* records that cannot be read; then it is enough */

/* A cluster that changes. */
struct cluster {
	uint64_t lcn;
	uint64_t owner; /* the file's first record, or NOBODY (yet) */
};

struct owners {
	struct volume_ntfs *v;
	struct cluster *list; /* sorted, each once */
	size_t count;
	uint64_t total; /* clusters of the volume */
	/* the first one that has two owners; NULL until then */
	const struct cluster *shared;
	uint64_t second;
};

static int
by_place(const void *a, const void *b)
{
	const struct cluster *x = a, *y = b;

	return x->lcn < y->lcn ? -1 : x->lcn > y->lcn;
}

/* The clusters in which the places lie. */
static int
list_clusters(struct owners *o, const struct extent *places, size_t count, struct error *err)
{
	const u8 bits = o->v->vol->cluster_size_bits;
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t first = places[i].offset >> bits;
		uint64_t last = (places[i].offset + places[i].len - (places[i].len > 0)) >> bits;

		if (last >= o->total)
			return error_set(err, ERR_INTERNAL,
					 "a change lies behind the last cluster of the volume");
		for (uint64_t lcn = first; lcn <= last; lcn++) {
			if (o->count && o->list[o->count - 1].lcn == lcn)
				continue;
			ARRAY_GROW(o->list, o->count);
			o->list[o->count++] = (struct cluster){ lcn, NOBODY };
		}
	}
	if (o->count)
		qsort(o->list, o->count, sizeof *o->list, by_place);
	for (size_t i = 0; i < o->count; i++)
		if (kept == 0 || o->list[kept - 1].lcn != o->list[i].lcn)
			o->list[kept++] = o->list[i];
	o->count = kept;
	return 0;
}

/* The file `owner` has `len` clusters from `lcn` on. */
static void
claim(struct owners *o, uint64_t owner, uint64_t lcn, uint64_t len)
{
	size_t low = 0, high = o->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (o->list[middle].lcn < lcn)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < o->count && o->list[low].lcn - lcn < len && !o->shared; low++) {
		if (o->list[low].owner == NOBODY) {
			o->list[low].owner = owner;
			continue;
		}
		o->shared = &o->list[low];
		o->second = owner;
	}
}

/* `n` bytes, at most 8, as a signed number. */
static int64_t
get_signed(const uint8_t *p, size_t n)
{
	uint64_t u = 0;

	for (size_t i = 0; i < n; i++)
		u |= (uint64_t)p[i] << 8 * i;
	if (n < 8 && n && p[n - 1] & 0x80)
		u |= UINT64_MAX << 8 * n;
	return (int64_t)u;
}

/* Each run: a byte with the lengths of its two numbers, how many clusters, and how far from the run before; without the latter a hole. */
static void
claim_runs(struct owners *o, uint64_t owner, const uint8_t *p, size_t size)
{
	int64_t lcn = 0;

	/* stops because `p` grows */
	while (size && *p) {
		size_t a = *p & 0x0f, b = *p >> 4;
		int64_t len, step;

		if (a == 0 || a > 8 || b > 8 || a + b > size - 1)
			return;
		len = get_signed(p + 1, a);
		step = get_signed(p + 1 + a, b);
		if (len <= 0 || __builtin_add_overflow(lcn, step, &lcn) || lcn < 0 ||
		    (uint64_t)lcn >= o->total)
			return;
		if (b)
			claim(o, owner, (uint64_t)lcn, (uint64_t)len);
		p += 1 + a + b;
		size -= 1 + a + b;
	}
}

/* One record, `number` of them, as it lies on the disk; changed. */
static void
claim_record(struct owners *o, uint64_t number, uint8_t *r, size_t size)
{
	uint64_t base;
	size_t used;

	if (memcmp(r, "FILE", 4) != 0 || !(get_u16(r + 0x16) & IN_USE) || !ntfs_unprotect(r, size))
		return;
	used = get_u32(r + 0x18);
	base = get_u64(r + 0x20) & MFT_REF_MASK_CPU;
	/* stops because `at` grows by 24 at least */
	for (size_t at = get_u16(r + 0x14), len; at + ATTR_HEAD <= used; at += len) {
		size_t runs;

		len = get_u32(r + at + 4);
		if (get_u32(r + at) == ATTR_END || len < ATTR_HEAD || len > used - at)
			return;
		if (!r[at + 8] || len < RUNS_HEAD)
			continue;
		runs = get_u16(r + at + 0x20);
		if (runs >= RUNS_HEAD && runs < len)
			claim_runs(o, base ? base : number, r + at + runs, len - runs);
	}
}

static double
seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* `n` bytes of $MFT. */
static int
read_piece(struct volume_ntfs *v, uint8_t *buf, s64 at, s64 n, struct error *err)
{
	s64 got;

	ntfs_begin(v);
	errno = 0;
	got = ntfs_attr_pread(v->vol->mft_na, at, n, buf);
	if (got == n)
		return 0;
	if (got >= 0 || errno == 0)
		errno = EIO;
	ntfs_failed(v, "$MFT", "read", err);
	/* the time alone is a limit here: a $MFT that leads in circles is damaged */
	if (err->code == ERR_LIMIT)
		err->code = ERR_CORRUPT;
	return -1;
}

/* Records that could not be read: the first error, and how many. */
struct unread {
	struct error error;
	unsigned count;
};

/* What can be read of a piece that could not be read as a whole, record by record. */
static void
read_rest(struct owners *o, uint8_t *buf, s64 at, s64 n, struct unread *u)
{
	const s64 size = (s64)o->v->vol->mft_record_size;

	for (s64 i = 0; i + size <= n && !o->shared && u->count < UNREAD_MAX; i += size) {
		CLEANUP_ERROR struct error err = ERROR_INIT;

		if (read_piece(o->v, buf, at + i, size, &err) == 0) {
			claim_record(o, (uint64_t)((at + i) / size), buf, (size_t)size);
			continue;
		}
		if (!u->count++)
			error_move(&u->error, &err);
	}
}

static int
check_time(const struct owners_limit *limit, double taken, bool *told, struct error *err)
{
	if (interrupt_check(err) < 0)
		return -1;
	if (taken > limit->seconds)
		return error_set(err, ERR_LIMIT,
				 "the records of all files could not be read within %u seconds",
				 limit->seconds);
	if (!*told && taken > TELL_AFTER) {
		limit->progress("looking whether other files have the clusters that change");
		*told = true;
	}
	return 0;
}

/* The records from 0 to `end` of $MFT, as long as no cluster is shared. */
static int
read_records(struct owners *o, s64 end, const struct owners_limit *limit, struct unread *u,
	     struct error *err)
{
	const size_t size = o->v->vol->mft_record_size;
	CLEANUP_FREE uint8_t *buf = xmalloc(PIECE);
	const double begun = seconds_now();
	bool told = !limit->progress;

	for (s64 at = 0, n; at < end && !o->shared && u->count < UNREAD_MAX; at += n) {
		CLEANUP_ERROR struct error ignored = ERROR_INIT;

		n = end - at < (s64)PIECE ? end - at : (s64)PIECE;
		if (check_time(limit, seconds_now() - begun, &told, err) < 0)
			return -1;
		if (read_piece(o->v, buf, at, n, &ignored) < 0) {
			read_rest(o, buf, at, n, u);
			continue;
		}
		for (s64 i = 0; i + (s64)size <= n && !o->shared; i += (s64)size)
			claim_record(o, (uint64_t)(at + i) / size, buf + i, size);
	}
	return 0;
}

/* All that can be read is looked at, so that two files that are found are named; a rest that cannot be read is an error all the same. */
static int
read_all(struct owners *o, const struct owners_limit *limit, struct error *err)
{
	const ntfs_attr *mft = o->v->vol->mft_na;
	const s64 room = (s64)o->total << o->v->vol->cluster_size_bits;
	s64 end = mft->initialized_size < mft->data_size ? mft->initialized_size : mft->data_size;
	struct unread u = { .error = ERROR_INIT };
	int got = read_records(o, end < room ? end : room, limit, &u, err);

	if (u.count && !o->shared && (got == 0 || err->code == ERR_LIMIT)) {
		error_clear(err);
		error_move(err, &u.error);
		got = -1;
	}
	error_clear(&u.error);
	if (got == 0 && !o->shared && (end < 0 || end > room))
		got = error_set(err, ERR_CORRUPT, "$MFT is larger than its volume");
	return got;
}

/* The file as it is named to people. */
static char *
name_of(struct volume_ntfs *v, uint64_t record)
{
	CLEANUP_FREE char *path = ntfs_record_path(v, record);

	return path ? xasprintf("'%s' (MFT record %" PRIu64 ")", path, record) :
		      xasprintf("MFT record %" PRIu64, record);
}

static int
refuse_shared(struct owners *o, struct error *err)
{
	CLEANUP_FREE char *one = name_of(o->v, o->shared->owner);
	CLEANUP_FREE char *two = name_of(o->v, o->second);
	static const char advice[] = "let Windows run chkdsk /f on this volume first";

	if (o->shared->owner == o->second)
		return error_set(err, ERR_UNCLEAN,
				 "the volume is damaged: %s has cluster %" PRIu64
				 ", which would be changed, in two places; %s",
				 one, o->shared->lcn, advice);
	return error_set(err, ERR_UNCLEAN,
			 "the volume is damaged (cross-linked): cluster %" PRIu64
			 ", which would be changed, belongs to both %s and %s; %s",
			 o->shared->lcn, one, two, advice);
}

int
ntfs_sole_owners(struct volume *base, const struct extent *places, size_t count,
		 const struct owners_limit *limit, struct error *err)
{
	struct volume_ntfs *v = (struct volume_ntfs *)base;
	struct owners o = { .v = v, .total = (uint64_t)v->vol->nr_clusters };
	int got = list_clusters(&o, places, count, err);

	if (got == 0 && o.count)
		got = read_all(&o, limit, err);
	if (got == 0 && o.shared)
		got = refuse_shared(&o, err);
	free(o.list);
	return got;
}
