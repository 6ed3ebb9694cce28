/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which transaction logs apply to a dirty hive, and their pages laid over it.  The rules are those of Windows' own
 * loader; sequence numbers wrap, so "later" is meant modulo 2^32.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "registry/hive-log.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/interrupt.h"
#include "util/text.h"

#define SCAN (256u << 10) /* bytes of a log that are looked through at once */

/* The logs, if they have not been asked for yet. */
static int
find_logs(struct hive *h, struct error *err)
{
	int (*find)(void *, struct hive_source *, bool *, struct error *) = h->files.find_logs;

	h->files.find_logs = NULL;
	return find ? find(h->files.find_ctx, h->files.logs, &h->files.single_log, err) : 0;
}

static void
drop_what_is_older(struct hive_log *l, uint32_t sequence)
{
	if (log_is_new(l) && log_later(sequence, l->sequence))
		log_useless(l, "is older than the hive");
}

/* The new logs that apply, in order, into the chain. */
static void
plan_new(const uint8_t *base, bool base_ok, struct hive_replay_plan *plan)
{
	struct hive_log *first = &plan->logs[0], *second = &plan->logs[1];

	if (base_ok) {
		drop_what_is_older(first, get_u32(base + 8));
		drop_what_is_older(second, get_u32(base + 8));
	}
	if (log_is_new(first) && log_is_new(second) &&
	    log_later(first->sequence, second->sequence)) {
		first = &plan->logs[1];
		second = &plan->logs[0];
	}
	if (!log_is_new(first)) {
		first = second;
		second = NULL;
	}
	if (!log_is_new(first))
		return;
	if (!base_ok && second && log_is_new(second)) { /* only the latest can be trusted to fit */
		log_useless(first,
			    "is older than the other, and the hive's own base block is no good");
		first = second;
		second = NULL;
	}
	plan->chain[plan->chain_count++] = first;
	if (!second || !log_is_new(second))
		return;
	if (second->sequence == first->sequence + first->entries)
		plan->chain[plan->chain_count++] = second;
	else
		log_useless(second, "does not follow the other: entries between them are missing");
}

/* ---- the old format ---- */

/* The time that the log must bear: the primary's, or that of its first bin when the base block is no good. */
static int
expected_time(const struct hive *h, const uint8_t *base, bool base_ok, uint64_t *ret,
	      struct error *err)
{
	uint8_t bin[32];
	int got;

	*ret = get_u64(base + 12);
	if (base_ok)
		return 1;
	got = log_read(h, &h->files.primary, bin, sizeof bin, HIVE_BASE, err);
	*ret = get_u64(bin + 20);
	return got > 0 && memcmp(bin, "hbin", 4) != 0 ? 0 : got;
}

static int
plan_old(const struct hive *h, const uint8_t *base, bool base_ok, struct hive_replay_plan *plan,
	 struct error *err)
{
	uint64_t time;
	int got = expected_time(h, base, base_ok, &time, err);

	if (got < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(plan->logs); i++) {
		struct hive_log *l = &plan->logs[i];
		struct log_dirt d = { 0 };
		int whole;

		if (!log_is_old(l))
			continue;
		if (plan->chain_count) {
			log_useless(l, "is not needed beside the other");
			continue;
		}
		if (got == 0 || get_u64(l->base + 12) != time) {
			log_useless(l, "bears another time than the hive");
			continue;
		}
		whole = log_dirt(h, l, &d, err);
		free(d.bitmap);
		if (whole < 0)
			return -1;
		if (!whole || d.count == 0)
			log_useless(l, "is not whole");
		else
			plan->chain[plan->chain_count++] = l;
	}
	plan->old_format = plan->chain_count > 0;
	return 0;
}

/* ---- the plan ---- */

static void
explain_failure(struct hive *h, const struct hive_replay_plan *plan)
{
	const char *single = h->files.single_log ? ".LOG" : ".LOG1";

	free(h->why);
	if (h->files.single_log)
		h->why = xasprintf("%s %s", single, plan->logs[0].why);
	else
		h->why = xasprintf("%s %s, .LOG2 %s", single, plan->logs[0].why, plan->logs[1].why);
}

/* The size of the bins after the last entry of the chain. */
static int
last_bins_size(const struct hive *h, struct hive_replay_plan *plan, struct error *err)
{
	const struct hive_log *l = plan->chain[plan->chain_count - 1];
	uint64_t offset = LOG_SECTOR;
	struct log_entry e = { 0 };

	plan->bins_size = get_u32(l->base + 40);
	if (plan->old_format)
		return 0;
	while (offset < l->end) {
		int got = interrupt_check(err) < 0 ? -1 : log_entry(h, l->source, offset, &e, err);

		if (got <= 0)
			return got < 0 ?
				       -1 :
				       error_set(err, ERR_IO,
						 "%s: a transaction log changed while it was read",
						 h->name);
		offset += e.size;
	}
	plan->bins_size = e.bins_size;
	return 0;
}

int
hive_log_plan(struct hive *h, const uint8_t *base, bool base_ok, struct hive_replay_plan *plan,
	      struct error *err)
{
	*plan = (struct hive_replay_plan){ 0 };
	if (find_logs(h, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(plan->logs); i++) {
		if (log_open(h, &h->files.logs[i], &plan->logs[i], err) < 0)
			return -1;
		if (log_is_new(&plan->logs[i]) && log_follow(h, &plan->logs[i], err) < 0)
			return -1;
	}
	plan_new(base, base_ok, plan);
	if (plan->chain_count == 0 && plan_old(h, base, base_ok, plan, err) < 0)
		return -1;
	if (plan->chain_count == 0) {
		explain_failure(h, plan);
		return 0;
	}
	if (last_bins_size(h, plan, err) < 0)
		return -1;
	if (plan->bins_size > HIVE_MAX - HIVE_BASE)
		return error_set(err, ERR_CORRUPT,
				 "%s: its transaction log makes it larger than a hive can be",
				 h->name);
	plan->new_base = !base_ok;
	if (plan->new_base)
		memcpy(plan->base, plan->chain[0]->base, sizeof plan->base);
	return 0;
}

/* ---- applying ---- */

static int
changed_under_us(const struct hive *h, struct error *err)
{
	return error_set(err, ERR_IO, "%s: a transaction log changed while it was read", h->name);
}

/* Pages of an entry that lie beyond the final end belong to bins that were given up. */
static int
apply_page(struct hive *h, const struct hive_source *s, uint64_t from, uint32_t at, uint32_t len,
	   struct error *err)
{
	uint64_t room = h->image_size - HIVE_BASE;

	if (at >= room)
		return 1;
	return hive_fill(h, HIVE_BASE + (uint64_t)at, len < room - at ? len : room - at, s, from,
			 err);
}

static int
apply_entry(struct hive *h, const struct hive_source *s, uint64_t offset, struct log_entry *e,
	    struct error *err)
{
	CLEANUP_FREE uint8_t *refs = NULL;
	uint64_t from = offset + LOG_ENTRY_HEAD;
	int got = interrupt_check(err) < 0 ? -1 : log_entry(h, s, offset, e, err);

	if (got > 0)
		refs = log_refs(h, s, offset, e, err);
	if (!refs)
		return err->code != ERR_NONE ? -1 : changed_under_us(h, err);
	from += 8 * (uint64_t)e->refs;
	for (uint32_t i = 0; i < e->refs; i++) {
		uint32_t at = get_u32(refs + 8 * (size_t)i),
			 len = get_u32(refs + 8 * (size_t)i + 4);

		got = apply_page(h, s, from, at, len, err);
		if (got <= 0)
			return got < 0 ? -1 : changed_under_us(h, err);
		from += len;
		h->state.replayed_pages += len / HIVE_PAGE;
	}
	h->state.replayed_entries++;
	return 0;
}

/* Bit 0 of the flags says that a transaction of the kernel's manager is open; it counts only behind "rmtm". */
static void
set_flags(struct hive *h, uint32_t flags)
{
	uint8_t word[4];

	if (memcmp(h->image + 164, "rmtm", 4) != 0)
		return;
	put_u32(word, (get_u32(h->image + 144) & ~1u) | (flags & 1));
	memcpy(h->image + 144, word, sizeof word);
}

static int
apply_new(struct hive *h, const struct hive_log *l, struct error *err)
{
	uint64_t offset = LOG_SECTOR;
	struct log_entry e = { 0 };

	while (offset < l->end) {
		if (apply_entry(h, l->source, offset, &e, err) < 0)
			return -1;
		offset += e.size;
		h->state.last_sequence = e.sequence;
	}
	set_flags(h, e.flags);
	return 0;
}

static int
apply_old(struct hive *h, const struct hive_log *l, struct error *err)
{
	struct log_dirt d = { 0 };
	int got = log_dirt(h, l, &d, err);
	uint64_t from = d.data;

	for (size_t i = 0; got > 0 && i < d.bits; i++) {
		if (!(d.bitmap[i / 8] >> (i % 8) & 1))
			continue;
		got = interrupt_check(err);
		if (got < 0)
			break;
		got = hive_fill(h, HIVE_BASE + (uint64_t)i * LOG_SECTOR, LOG_SECTOR, l->source,
				from, err);
		from += LOG_SECTOR;
	}
	free(d.bitmap);
	if (got <= 0)
		return got < 0 ? -1 : changed_under_us(h, err);
	h->state.replayed_entries = 1;
	h->state.replayed_pages = d.count;
	h->state.last_sequence = l->sequence;
	return 0;
}

int
hive_log_apply(struct hive *h, const struct hive_replay_plan *plan, struct error *err)
{
	if (hive_need(h, 0, HIVE_BASE, err) < 0)
		return -1;
	if (plan->new_base) {
		memcpy(h->image, plan->base, sizeof plan->base);
		memset(h->image + sizeof plan->base, 0, HIVE_BASE - sizeof plan->base);
		put_u32(h->image + 28, 0); /* a primary file */
	}
	for (size_t i = 0; i < plan->chain_count; i++)
		if ((plan->old_format ? apply_old : apply_new)(h, plan->chain[i], err) < 0)
			return -1;
	h->state.replayed = true;
	h->state.old_log = plan->old_format;
	return 0;
}

/* ---- the highest number ---- */

/* What may be an entry at `offset`. */
static int
note_entry(const struct hive *h, const struct hive_source *s, uint64_t offset, uint64_t *budget,
	   uint32_t *highest, struct error *err)
{
	struct log_entry e;
	int got = log_entry(h, s, offset, &e, err);

	if (got <= 0 || !log_later(e.sequence, *highest))
		return got < 0 ? -1 : 0;
	if (*budget >= e.size) {
		*budget -= e.size;
		got = log_entry_is_whole(h, s, offset, &e, err);
	}
	if (got > 0)
		*highest = e.sequence;
	return got < 0 ? -1 : 0;
}

/*
 * Every entry with right hashes counts, wherever it stands: an old one that is left behind a newer one could be
 * the next in order one day.  Hashing is bounded by a few times the log, which is bounded by LOG_MAX; holes are passed over.
 */
static int
highest_entry(const struct hive *h, const struct hive_source *s, uint32_t *highest,
	      struct error *err)
{
	CLEANUP_FREE uint8_t *piece = xmalloc(SCAN);
	uint64_t budget = 4 * s->size, end = s->size - s->size % LOG_SECTOR;

	for (uint64_t at = LOG_SECTOR; at < end;) {
		uint64_t hole = s->hole ? s->hole(s->ctx, at) : 0;
		size_t n = end - at < SCAN ? (size_t)(end - at) : SCAN;
		int got;

		if (interrupt_check(err) < 0)
			return -1;
		if (hole >= LOG_SECTOR) {
			at += hole - hole % LOG_SECTOR;
			continue;
		}
		got = log_read(h, s, piece, n, at, err);
		if (got <= 0)
			return got < 0 ? -1 : changed_under_us(h, err);
		for (size_t i = 0; i < n; i += LOG_SECTOR)
			if (memcmp(piece + i, "HvLE", 4) == 0 &&
			    note_entry(h, s, at + i, &budget, highest, err) < 0)
				return -1;
		at += n;
	}
	return 0;
}

/* Its numbers are not known, so none can be said to be above them. */
static int
refuse_too_large(const struct hive *h, size_t i, struct error *err)
{
	CLEANUP_FREE char *size = text_size(h->files.logs[i].size);

	return error_set(
		err, ERR_LIMIT,
		"%s: its transaction log %s is larger (%s) than any that Windows writes, so it is not read, and the hive is not edited; "
		"if it holds nothing of use, empty it first",
		h->name,
		h->files.single_log ? ".LOG" :
		i == 0		    ? ".LOG1" :
				      ".LOG2",
		size);
}

int
hive_log_highest(struct hive *h, uint32_t *ret, struct error *err)
{
	/* the base block's own numbers count only when they were found in a sound one */
	uint32_t highest = h->state.replayed ? h->state.last_sequence : h->state.sequence1;

	if (find_logs(h, err) < 0)
		return -1;
	if (h->state.checksum_ok && log_later(h->state.sequence1, highest))
		highest = h->state.sequence1;
	if (h->state.checksum_ok && log_later(h->state.sequence2, highest))
		highest = h->state.sequence2;
	for (size_t i = 0; i < ARRAY_SIZE(h->files.logs); i++) {
		struct hive_log l = { 0 };

		if (log_too_large(&h->files.logs[i]))
			return refuse_too_large(h, i, err);
		if (log_open(h, &h->files.logs[i], &l, err) < 0)
			return -1;
		if (l.usable && log_later(l.sequence, highest))
			highest = l.sequence;
		if (l.source->read && highest_entry(h, l.source, &highest, err) < 0)
			return -1;
	}
	*ret = highest;
	return 0;
}
