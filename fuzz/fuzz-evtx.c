/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The records of a chunk of an event log: the input is what stands behind the chunk's head.  Each event comes once, in order, and is short enough,
 * and a list of errors has those that are.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "logs/evtx.h"
#include "util/bytes.h"
#include "util/error.h"

#define FILE_HEAD  4096
#define CHUNK	   65536
#define CHUNK_HEAD 512
#define TEXT_MAX   (256u << 10)

struct source {
	uint8_t *p;
	size_t len;
};

struct seen {
	uint64_t last_offset, count, errors;
};

static int
read_source(void *ctx, void *buf, size_t len, uint64_t offset, size_t *ret_len, struct error *err)
{
	const struct source *s = ctx;

	(void)err;
	FUZZ_ASSERT(offset <= s->len);
	*ret_len = len < s->len - offset ? len : s->len - (size_t)offset;
	memcpy(buf, s->p + offset, *ret_len);
	return 0;
}

static int
see(void *ctx, const struct log_record *r, struct error *err)
{
	struct seen *s = ctx;

	(void)err;
	FUZZ_ASSERT(r->kind == LOG_KIND_EVENTS && r->offset > s->last_offset);
	FUZZ_ASSERT(r->offset >= FILE_HEAD + CHUNK_HEAD && r->offset < FILE_HEAD + CHUNK);
	FUZZ_ASSERT(strlen(r->message) <= TEXT_MAX);
	FUZZ_ASSERT((*r->time != '\0') == (r->stamp != 0));
	s->last_offset = r->offset;
	s->count++;
	s->errors += r->level >= LOG_LEVEL_ERROR;
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct source source = { calloc(1, FILE_HEAD + CHUNK), FILE_HEAD + CHUNK };
	struct log_source s = { .read = read_source, .ctx = &source, .size = source.len };
	struct log_options errors = { .least = LOG_LEVEL_ERROR };
	struct seen all = { 0 }, some = { 0 };
	struct log_info info;
	uint8_t *chunk = source.p + FILE_HEAD;

	if (size > CHUNK - CHUNK_HEAD)
		size = CHUNK - CHUNK_HEAD;
	memcpy(source.p, "ElfFile", 8);
	memcpy(chunk, "ElfChnk", 8);
	put_u32(chunk + 48, (uint32_t)(CHUNK_HEAD + size));
	if (size)
		memcpy(chunk + CHUNK_HEAD, data, size);
	fuzz_expect(evtx_read(&s, NULL, see, &all, &info, &err), &err);
	FUZZ_ASSERT(info.lines == all.count);
	fuzz_expect(evtx_read(&s, &errors, see, &some, &info, &err), &err);
	FUZZ_ASSERT(some.count == all.errors);
	free(source.p);
	return 0;
}
