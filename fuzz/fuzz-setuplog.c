/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Setup logs in any encoding, from a source that may give a few bytes at a time: the records are the same
 * however the bytes come, in order, and short enough.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "logs/error-code.h"
#include "logs/setuplog.h"
#include "util/error.h"
#include "util/sha256.h"
#include "util/text.h"

#define RECORD_LIMIT (3 * (64u << 10) + 16) /* 64 KiB of UTF-16 or Windows-1252, as UTF-8 */

struct source {
	const uint8_t *p;
	size_t len;
	struct fuzz_dice dice;
	bool in_pieces;
};

struct seen {
	struct sha256 *sum;
	uint64_t last_line, last_offset, count, size;
};

static int
read_source(void *ctx, void *buf, size_t len, uint64_t offset, size_t *ret_len, struct error *err)
{
	struct source *s = ctx;

	(void)err;
	FUZZ_ASSERT(offset <= s->len);
	if (len > s->len - offset)
		len = s->len - (size_t)offset;
	if (s->in_pieces && len > 1)
		len = 1 + fuzz_dice_roll(&s->dice, len < 600 ? (uint32_t)len : 600);
	memcpy(buf, s->p + offset, len);
	*ret_len = len;
	return 0;
}

static int
see(void *ctx, const struct log_record *r, struct error *err)
{
	struct seen *s = ctx;
	uint32_t code;

	(void)err;
	FUZZ_ASSERT(r->line > s->last_line && r->offset >= s->last_offset && r->offset <= s->size);
	FUZZ_ASSERT(strlen(r->message) <= RECORD_LIMIT && strlen(r->text) <= RECORD_LIMIT);
	FUZZ_ASSERT(memchr(r->time, '\0', sizeof r->time) &&
		    memchr(r->component, '\0', sizeof r->component));
	FUZZ_ASSERT(log_level_text(r->level));
	s->last_line = r->line;
	s->last_offset = r->offset;
	s->count++;
	if (error_code_find(r->message, &code) == 0)
		error_code_text(code);
	sha256_add(s->sum, r->time, strlen(r->time) + 1);
	sha256_add(s->sum, r->component, strlen(r->component) + 1);
	sha256_add(s->sum, r->message, strlen(r->message) + 1);
	sha256_add(s->sum, r->text, strlen(r->text) + 1);
	sha256_add(s->sum, &r->offset, sizeof r->offset);
	return 0;
}

static void
read_log(struct source *source, struct seen *seen, uint8_t digest[SHA256_SIZE])
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct log_source s = { read_source, source, source->len };

	*seen = (struct seen){ .sum = sha256_new(), .size = source->len };
	fuzz_expect(setuplog_read(&s, see, seen, &err), &err);
	sha256_done(seen->sum, digest);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct source whole = { data, size, fuzz_dice_from(data, size), false };
	struct source pieces = { data, size, fuzz_dice_from(data, size), true };
	uint8_t digest[SHA256_SIZE], again[SHA256_SIZE];
	struct seen seen, seen_again;

	read_log(&whole, &seen, digest);
	read_log(&pieces, &seen_again, again);
	FUZZ_ASSERT(seen.count == seen_again.count && memcmp(digest, again, SHA256_SIZE) == 0);
	return 0;
}
