/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A journal as `undo` and `recover` find it: read as it is, and with its checksums made right, because whoever gives us a journal
 * can compute them.  What is accepted lies where it may.
 */
#include <stdlib.h>
#include <string.h>

#include "block/journal-remains.h"
#include "block/journal.h"
#include "fuzz/fuzz.h"
#include "keeper/request.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"

#define HEADER	      512u
#define HEADER_HASHED 480u

static void
again_through_a_message(const struct changes *c)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_MESSAGE struct message m = { 0 };
	CLEANUP_CHANGES struct changes copy = CHANGES_INIT;
	CLEANUP_FREE uint8_t *buf = changes_buffer();

	FUZZ_ASSERT(request_put_changes(&m, c, 0, c->record_count, &err) == 0);
	FUZZ_ASSERT(request_get_changes(&m, &copy, &err) == 0 && m.at == m.len);
	copy.identity = c->identity; /* which the other side knows */
	FUZZ_ASSERT(changes_check(&copy, &err) == 0);
	FUZZ_ASSERT(copy.record_count == c->record_count && copy.watch_count == c->watch_count);
	for (size_t i = 0; i < c->record_count; i++) {
		const struct record *a = &c->records[i], *b = &copy.records[i];

		FUZZ_ASSERT(a->kind == b->kind && a->phase == b->phase && a->offset == b->offset &&
			    a->before_len == b->before_len && a->after_len == b->after_len);
		for (int after = 0; after < 2; after++) {
			uint32_t len = after ? a->after_len : a->before_len;
			const uint8_t *p = changes_image(c, a, after, 0, len, buf, &err);

			FUZZ_ASSERT(p && memcmp(p, after ? b->after : b->before, len) == 0);
		}
		FUZZ_ASSERT(!a->path == !b->path && (!a->path || strcmp(a->path, b->path) == 0));
	}
}

/* What is left of a damaged one is well formed, as far as it goes. */
static void
read_remains(const char *path)
{
	CLEANUP_JOURNAL_REMAINS struct journal_remains left = { 0 };
	CLEANUP_ERROR struct error err = ERROR_INIT;

	FUZZ_ASSERT(journal_remains_read(path, &left, &err) == 0);
	FUZZ_ASSERT(!left.changes.record_count || changes_check(&left.changes, &err) == 0);
	journal_remains_may_be_of(&left, &left.changes.identity);
}

static void
read_one(const uint8_t *data, size_t size)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_JOURNAL struct journal j = { 0 };
	const char *path;
	int got;

	fuzz_file(data, size, &path);
	got = journal_read(path, &j, &err);
	fuzz_expect(got, &err);
	if (got < 0) {
		read_remains(path);
		return;
	}
	FUZZ_ASSERT(j.target_path && changes_check(&j.changes, &err) == 0);
	for (size_t i = 0; i < j.changes.record_count; i++) {
		const struct record *r = &j.changes.records[i];
		const struct target_identity *id = &j.changes.identity;

		FUZZ_ASSERT(r->kind != RECORD_SECTORS ||
			    (r->offset >= id->partition_offset &&
			     r->offset - id->partition_offset + r->after_len <= id->partition_len));
		FUZZ_ASSERT(r->kind != RECORD_FILE || (r->path && *r->path != '/'));
	}
	changes_sectors(&j.changes);
	again_through_a_message(&j.changes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_FREE uint8_t *mended = NULL;

	read_one(data, size);
	if (size < HEADER)
		return 0;
	mended = xmemdup(data, size);
	put_u64(mended + 112, size - HEADER);
	sha256_of(mended + HEADER, size - HEADER, mended + 120);
	sha256_of(mended, HEADER_HASHED, mended + HEADER_HASHED);
	if (memcmp(mended, data, HEADER) != 0)
		read_one(mended, size);
	return 0;
}
