/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An overlay's pages as the bytes that a tool works on, and what it wrote back into the overlay. */
#include <stdlib.h>
#include <string.h>

#include "block/block.h"
#include "block/overlay.h"
#include "block/tool-delta.h"
#include "block/tool.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"

#define BOOT_BYTES 8192u

#define BATCH 64u /* pages that are handed over at once */

struct collector {
	int (*fn)(void *ctx, const void *p, size_t n, struct error *err);
	void *ctx;
	uint8_t *records;
	size_t used; /* of them, in pages */
};

static int
count_page(void *ctx, uint64_t page, const uint8_t *data, struct error *err)
{
	uint64_t *count = ctx;

	(void)page;
	(void)data;
	return ++*count > TOOL_MAX_PAGES ?
		       error_set(err, ERR_LIMIT, "too many changed pages for a tool") :
		       0;
}

static int
hand_on(struct collector *c, struct error *err)
{
	size_t n = c->used * TOOL_RECORD;

	c->used = 0;
	return n ? c->fn(c->ctx, c->records, n, err) : 0;
}

static int
add_page(void *ctx, uint64_t page, const uint8_t *data, struct error *err)
{
	struct collector *c = ctx;
	uint8_t *record = c->records + c->used * TOOL_RECORD;

	memset(record, 0, TOOL_DATA);
	memcpy(record, &page, sizeof page);
	memcpy(record + TOOL_DATA, data, TOOL_PAGE);
	return ++c->used < BATCH ? 0 : hand_on(c, err);
}

int
tool_job_each(struct block *overlay, uint64_t offset, uint64_t present,
	      int (*fn)(void *ctx, const void *p, size_t n, struct error *err), void *ctx,
	      struct error *err)
{
	struct tool_head head = { .size = overlay->size, .offset = offset, .present = present };
	CLEANUP_FREE uint8_t *records = xzalloc(BATCH * TOOL_RECORD);
	struct collector c = { fn, ctx, records, 1 };

	memcpy(head.magic, TOOL_MAGIC, sizeof head.magic);
	if (overlay_each_page(overlay, count_page, &head.count, err) < 0)
		return -1;
	memcpy(records, &head, sizeof head);
	if (overlay_each_page(overlay, add_page, &c, err) < 0)
		return -1;
	return hand_on(&c, err);
}

static int
gather(void *ctx, const void *p, size_t n, struct error *err)
{
	struct tool_job *job = ctx;

	(void)err;
	job->pages = xrealloc(job->pages, job->len + n, 1);
	memcpy(job->pages + job->len, p, n);
	job->len += n;
	return 0;
}

uint8_t *
tool_job_boot(struct block *overlay, size_t *ret_len, struct error *err)
{
	CLEANUP_FREE uint8_t *boot = xzalloc(BOOT_BYTES);
	size_t n = overlay->size < BOOT_BYTES ? (size_t)overlay->size : BOOT_BYTES;

	*ret_len = BOOT_BYTES;
	return block_read(overlay, boot, n, 0, err) < 0 ? NULL : steal(&boot);
}

int
tool_job_new(struct block *overlay, uint64_t offset, uint64_t present, struct tool_job *ret,
	     struct error *err)
{
	*ret = (struct tool_job){ 0 };
	if (tool_job_each(overlay, offset, present, gather, ret, err) < 0)
		return -1;
	ret->boot = tool_job_boot(overlay, &ret->boot_len, err);
	return ret->boot ? 0 : -1;
}

void
tool_job_clear(struct tool_job *j)
{
	free(j->pages);
	free(j->boot);
	*j = (struct tool_job){ 0 };
}

static bool
touches(uint64_t at, const struct tool_place *places, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (places[i].offset < at + TOOL_PAGE && at < places[i].offset + places[i].len)
			return true;
	return false;
}

int
tool_job_apply(const struct tool_job *job, struct block *overlay, const struct tool_place *places,
	       size_t count, bool late, struct error *err)
{
	struct tool_head head;

	if (job->len < TOOL_RECORD)
		return error_set(err, ERR_CORRUPT, "the tool left no pages");
	memcpy(&head, job->pages, sizeof head);
	if (memcmp(head.magic, TOOL_MAGIC, sizeof head.magic) != 0 ||
	    head.count > job->len / TOOL_RECORD - 1)
		return error_set(err, ERR_CORRUPT, "the tool left no pages");
	for (uint64_t i = 0; i < head.count; i++) {
		const uint8_t *record = job->pages + (i + 1) * TOOL_RECORD;
		uint64_t page, at;
		size_t n;

		memcpy(&page, record, sizeof page);
		if (page > (overlay->size - 1) / TOOL_PAGE)
			return error_set(err, ERR_CORRUPT,
					 "the tool wrote a page behind the volume's end");
		at = page * TOOL_PAGE;
		if (touches(at, places, count) != late)
			continue;
		n = overlay->size - at < TOOL_PAGE ? (size_t)(overlay->size - at) : TOOL_PAGE;
		if (block_write(overlay, record + TOOL_DATA, n, at, err) < 0)
			return -1;
	}
	return 0;
}
