/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Known failures and cascades over a log of any content.  The first byte says where the log lies; the rest is the log, read as the program reads it, with
 * the finder and everything below an error passed over, and once more whole: both must give the same runs.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "logs/cascade.h"
#include "logs/read.h"
#include "util/cleanup.h"
#include "util/error.h"

struct source {
	const uint8_t *p;
	size_t len;
};

static struct known *known;

static int
read_source(void *ctx, void *buf, size_t len, uint64_t offset, size_t *ret_len, struct error *err)
{
	const struct source *s = ctx;

	(void)err;
	*ret_len = len < s->len - offset ? len : s->len - (size_t)offset;
	memcpy(buf, s->p + offset, *ret_len);
	return 0;
}

static struct cascade *
judged(const struct source *s, enum log_place place, bool quick)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct cascade *c = cascade_new(known);
	struct source copy = *s;
	struct log_source source = {
		.read = read_source, .ctx = &copy, .size = s->len, .place = place
	};
	struct log_options o = { .least = LOG_LEVEL_ERROR, .find = cascade_find, .find_ctx = c };

	cascade_source(c);
	fuzz_expect(log_records(&source, LOG_KIND_PANTHER, quick ? &o : NULL, cascade_take, c, NULL,
				&err),
		    &err);
	cascade_judge(c);
	return c;
}

static void
check_run(const struct cascade_run *r)
{
	FUZZ_ASSERT(r->cause >= -1 && r->cause < (long)r->count);
	for (size_t i = 0; i < r->count; i++) {
		const struct cascade_event *e = &r->events[i];
		const struct known_hit *h = cascade_known(e);
		char *shared;

		FUZZ_ASSERT(e->level >= LOG_LEVEL_ERROR || h);
		for (size_t k = 0; h && k < h->name_count; k++)
			FUZZ_ASSERT(*h->names[k].text);
		if (h)
			continue;
		known_nearest(known, e->message, &shared);
		free(shared);
	}
	if (r->cause >= 0) {
		const struct known_hit *h = cascade_known(&r->events[r->cause]);

		FUZZ_ASSERT(!h || h->known->what == KNOWN_FAILURE);
		FUZZ_ASSERT(!r->stopped || (h && h->signature->last));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum log_place place = size ? (enum log_place)(data[0] % LOG_PLACE_COUNT) : LOG_PLACE_OTHER;
	struct source s = { size ? data + 1 : data, size ? size - 1 : 0 };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_CASCADE struct cascade *quick = NULL, *whole = NULL;

	if (!known)
		known = known_new(&err);
	FUZZ_ASSERT(known);
	quick = judged(&s, place, true);
	whole = judged(&s, place, false);
	for (int i = 0; i < LOG_PHASE_COUNT; i++) {
		const struct cascade_run *a = cascade_newest(quick, (enum log_phase)i);
		const struct cascade_run *b = cascade_newest(whole, (enum log_phase)i);

		FUZZ_ASSERT(!a == !b);
		FUZZ_ASSERT(cascade_count(quick, (enum log_phase)i) ==
			    cascade_count(whole, (enum log_phase)i));
		if (!a)
			continue;
		FUZZ_ASSERT(a->count == b->count && a->cause == b->cause &&
			    a->outcome == b->outcome);
		check_run(a);
	}
	return 0;
}
