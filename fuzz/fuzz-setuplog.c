/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Logs of any kind (the first byte says which) and in any encoding, from a source that may give a few bytes at a time: the records are the same
 * however the bytes come, in order, and short enough; with a least level there are those of that level.
 * Error codes in them are found from left to right, within the text, and what was found is read as the same code again.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "logs/cascade.h"
#include "logs/code-text.h"
#include "logs/error-code.h"
#include "logs/read.h"
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
	uint64_t errors; /* records of that level */
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

struct text_codes {
	const char *text;
	size_t len, last;
};

static void
see_code(void *ctx, const struct code_found *f)
{
	struct text_codes *t = ctx;
	struct error_hit hits[ERROR_HITS_MOST];
	struct error_form form;
	struct code_word word;
	char copy[64];

	FUZZ_ASSERT(f->value && f->start >= t->last && f->len && f->start <= t->len &&
		    f->len <= t->len - f->start);
	t->last = f->start;
	FUZZ_ASSERT(error_code_lookup(f->value, hits, ERROR_HITS_MOST) <= ERROR_HITS_MOST);
	error_code_form(f->value, &form);
	FUZZ_ASSERT(form.kind);
	if (f->len >= sizeof copy)
		return; /* blanks between the two codes of a pair */
	memcpy(copy, t->text + f->start, f->len);
	copy[f->len] = '\0';
	FUZZ_ASSERT(code_parse(copy, &word) && word.has_extend == f->has_extend);
	FUZZ_ASSERT(word.values[0] == f->value || (word.count == 2 && word.values[1] == f->value));
}

static int
see(void *ctx, const struct log_record *r, struct error *err)
{
	struct seen *s = ctx;
	struct text_codes codes = { r->message, strlen(r->message), 0 };
	struct code_word word;
	uint32_t code;

	(void)err;
	FUZZ_ASSERT(r->line > s->last_line && r->offset >= s->last_offset && r->offset <= s->size);
	FUZZ_ASSERT(strlen(r->message) <= RECORD_LIMIT && strlen(r->text) <= RECORD_LIMIT);
	FUZZ_ASSERT(memchr(r->time, '\0', sizeof r->time) &&
		    memchr(r->component, '\0', sizeof r->component));
	FUZZ_ASSERT(log_level_text(r->level));
	FUZZ_ASSERT((*r->time != '\0') == (r->stamp != 0));
	FUZZ_ASSERT((*r->time != '\0') == (r->zone != LOG_ZONE_NONE));
	s->errors += r->level >= LOG_LEVEL_ERROR;
	s->last_line = r->line;
	s->last_offset = r->offset;
	s->count++;
	if (cascade_code(r->message, &code))
		error_code_text(code);
	code_scan(codes.text, codes.len, see_code, &codes);
	code_parse(r->text, &word);
	sha256_add(s->sum, r->time, strlen(r->time) + 1);
	sha256_add(s->sum, r->component, strlen(r->component) + 1);
	sha256_add(s->sum, r->message, strlen(r->message) + 1);
	sha256_add(s->sum, r->text, strlen(r->text) + 1);
	sha256_add(s->sum, &r->offset, sizeof r->offset);
	return 0;
}

static void
read_log(struct source *source, enum log_kind kind, enum log_level least, struct seen *seen,
	 uint8_t digest[SHA256_SIZE])
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct log_source s = { .read = read_source, .ctx = source, .size = source->len };
	struct log_options o = { .least = least };
	struct log_info info;

	*seen = (struct seen){ .sum = sha256_new(), .size = source->len };
	fuzz_expect(log_records(&s, kind, &o, see, seen, &info, &err), &err);
	FUZZ_ASSERT(info.lines >= seen->count && info.hole <= source->len + 1);
	sha256_done(seen->sum, digest);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum log_kind kind = size ? (enum log_kind)(data[0] % LOG_KIND_EVENTS) : LOG_KIND_PANTHER;
	const uint8_t *p = size ? data + 1 : data;
	size_t n = size ? size - 1 : 0;
	struct source whole = { p, n, fuzz_dice_from(p, n), false };
	struct source pieces = { p, n, fuzz_dice_from(p, n), true };
	uint8_t digest[SHA256_SIZE], again[SHA256_SIZE], third[SHA256_SIZE];
	struct seen seen, seen_again, seen_errors;

	read_log(&whole, kind, LOG_LEVEL_NONE, &seen, digest);
	read_log(&pieces, kind, LOG_LEVEL_NONE, &seen_again, again);
	FUZZ_ASSERT(seen.count == seen_again.count && memcmp(digest, again, SHA256_SIZE) == 0);
	read_log(&pieces, kind, LOG_LEVEL_ERROR, &seen_errors, third);
	FUZZ_ASSERT(seen_errors.count == seen.errors && seen_errors.errors == seen.errors);
	return 0;
}
