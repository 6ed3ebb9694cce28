/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hive with its transaction logs: opened with whatever of them applies, read, checked, edited, written, and handed over as recovered.
 *
 * The input: flags (1: hashes and checksums of the logs are made right, 2: the hive's checksum is, 4: one log only,
 * 8: a dirty hive is accepted), two numbers of 32 bits, the lengths of the hive and of the first log, then these
 * and the second log.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/hive-walk.h"
#include "registry/hive-private.h"
#include "tests/support/hive-log-build.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"

#define HEAD  9u
#define EDITS 4
#define LARGEST \
	(16u    \
	 << 20) /* a log can make a hive of up to 2 GiB of zeros: that takes long, and no more */

struct piece {
	uint8_t *p; /* owned */
	size_t len;
};

struct files {
	struct piece primary, logs[2];
	bool single, accept;
};

static int
read_piece(void *ctx, void *buf, size_t len, uint64_t offset, size_t *ret_len, struct error *err)
{
	const struct piece *s = ctx;

	(void)err;
	FUZZ_ASSERT(offset <= s->len);
	if (len > s->len - offset)
		len = s->len - (size_t)offset;
	memcpy(buf, s->p + offset, len);
	*ret_len = len;
	return 0;
}

static struct hive_source
source_of(struct piece *s)
{
	return (struct hive_source){ s->len ? read_piece : NULL, s, s->len };
}

static struct hive *
open_files(struct files *f, struct error *err)
{
	struct hive_files files = { .primary = { read_piece, &f->primary, f->primary.len },
				    .logs = { source_of(&f->logs[0]), source_of(&f->logs[1]) },
				    .single_log = f->single };

	return hive_open_files("FUZZ", &files, err);
}

/* Hashes and checksum of a log as they should be. */
static void
mend_log(struct piece *s)
{
	struct log_build l = { s->p, s->len };

	if (s->len < 512)
		return;
	log_checksum(&l);
	for (size_t at = 512; at + 40 <= s->len && memcmp(s->p + at, "HvLE", 4) == 0;) {
		uint32_t size = get_u32(s->p + at + 4);

		if (size < 40 || size % 4 || size > s->len - at)
			return;
		log_rehash(&l, at);
		at += size;
	}
}

static struct piece
cut(const uint8_t **p, size_t *left, size_t len)
{
	struct piece s;

	if (len > *left)
		len = *left;
	s = (struct piece){ xmemdup(*p, len), len };
	*p += len;
	*left -= len;
	return s;
}

/* What Windows would leave: clean, and it holds the same. */
static void
recover(struct hive *h, const char *text)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_HIVE struct hive *again = NULL;
	CLEANUP_FREE char *after = NULL;
	struct hive_bytes file = { 0 };
	int got = hive_write_recovered(h, hive_bytes_write, &file, &err);

	FUZZ_ASSERT(got < 0 || hive_current(h));
	fuzz_expect(got, &err);
	if (got == 0) {
		FUZZ_ASSERT(file.len == hive_file_size(h));
		again = hive_open_memory("RECOVERED", file.p, file.len, &err);
		FUZZ_ASSERT(again && hive_state(again)->clean);
		after = hive_walk_text(again);
		FUZZ_ASSERT(!text == !after && (!text || strcmp(text, after) == 0));
	}
	free(file.p);
}

/* Clean, or with `by_log` dirty and completed by its logs. */
static void
holds(struct files *f, const char *text, bool by_log)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_HIVE struct hive *h = open_files(f, &err);
	CLEANUP_FREE char *now = h ? hive_walk_text(h) : NULL;

	FUZZ_ASSERT(h && (by_log ? hive_state(h)->replayed : hive_state(h)->clean));
	FUZZ_ASSERT(!text == !now && (!text || strcmp(text, now) == 0));
}

/*
 * Written phase by phase beside the old logs: the replayed hive, clean; then the edited one, first by the log that was written, at the end
 * clean.
 */
static void
edit(struct hive *h, struct files *f, struct fuzz_dice *d, const char *before)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE char *after = NULL;
	struct hive_log_way way;

	hive_walk_edit(h, d, EDITS);
	if (!hive_changed(h) || !hive_walk_sound(h))
		return;
	after = hive_walk_text(h);
	FUZZ_ASSERT(hive_log_way(h, &way, &err) == 0);
	for (int phase = 0; phase < HIVE_WRITE_PHASES; phase++) {
		struct piece *to = phase == HIVE_WRITE_LOG && way.log >= 0 ? &f->logs[way.log] :
									     &f->primary;
		struct hive_bytes file = { to->p, to->len };
		uint64_t replayed = hive_replayed_size(h);

		FUZZ_ASSERT(hive_write_back(h, (enum hive_write_phase)phase, hive_bytes_write,
					    &file, &err) == 0);
		*to = (struct piece){ file.p, file.len };
		if ((phase == HIVE_WRITE_REPLAYED_BASE || phase == HIVE_WRITE_LOG) && replayed)
			holds(f, before, false);
		if ((phase == HIVE_WRITE_MARK || phase == HIVE_WRITE_DATA) && way.log >= 0)
			holds(f, after, true);
	}
	holds(f, after, false);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct fuzz_dice dice = fuzz_dice_from(data, size);
	const uint8_t *p = data + HEAD;
	size_t left = size - HEAD;
	struct files f;
	struct hive *h;

	if (size < HEAD)
		return 0;
	f.primary = cut(&p, &left, get_u32(data + 1));
	f.logs[0] = cut(&p, &left, get_u32(data + 5));
	f.logs[1] = cut(&p, &left, left);
	f.single = data[0] & 4;
	f.accept = data[0] & 8;
	for (int i = 0; i < 2; i++)
		if (data[0] & 1)
			mend_log(&f.logs[i]);
	if (data[0] & 2 && f.primary.len >= HIVE_BASE)
		put_u32(f.primary.p + 508, hive_checksum(f.primary.p));
	h = open_files(&f, &err);
	fuzz_expect(h ? 0 : -1, &err);
	if (h) {
		CLEANUP_FREE char *text = NULL;

		hive_walk(h);
		text = hive_walk_text(h);
		if (f.accept)
			hive_accept_dirty(h);
		if (hive_file_size(h) <= LARGEST) {
			recover(h, text);
			if (hive_walk_sound(h))
				edit(h, &f, &dice, text);
		}
		hive_close(h);
	}
	free(f.primary.p);
	free(f.logs[0].p);
	free(f.logs[1].p);
	return 0;
}
