/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An overlay's pages as the bytes that a tool works on, and what it wrote back into the overlay. */
#include <stdlib.h>
#include <string.h>

#include "block/block.h"
#include "block/overlay.h"
#include "block/tool-delta.h"
#include "block/tool.h"
#include "util/alloc.h"
#include "util/error.h"

#define BOOT_BYTES 8192u

struct collector {
	struct tool_job *job;
	size_t room;
	uint64_t count;
};

static int
add_page(void *ctx, uint64_t page, const uint8_t *data, struct error *err)
{
	struct collector *c = ctx;
	uint8_t *record;

	if (c->count >= TOOL_MAX_PAGES)
		return error_set(err, ERR_LIMIT, "too many changed pages for a tool");
	if (c->job->len + TOOL_RECORD > c->room) {
		c->room *= 2;
		c->job->pages = xrealloc(c->job->pages, c->room, 1);
	}
	record = c->job->pages + c->job->len;
	memset(record, 0, TOOL_DATA);
	memcpy(record, &page, sizeof page);
	memcpy(record + TOOL_DATA, data, TOOL_PAGE);
	c->job->len += TOOL_RECORD;
	c->count++;
	return 0;
}

int
tool_job_new(struct block *overlay, uint64_t offset, uint64_t present, struct tool_job *ret,
	     struct error *err)
{
	struct tool_head head = { .size = overlay->size, .offset = offset, .present = present };
	struct collector c = { .job = ret, .room = 16 * TOOL_RECORD };
	size_t boot = overlay->size < BOOT_BYTES ? (size_t)overlay->size : BOOT_BYTES;

	*ret = (struct tool_job){ .pages = xzalloc(c.room),
				  .len = TOOL_RECORD,
				  .boot = xzalloc(BOOT_BYTES),
				  .boot_len = BOOT_BYTES };
	if (overlay_each_page(overlay, add_page, &c, err) < 0 ||
	    block_read(overlay, ret->boot, boot, 0, err) < 0)
		return -1;
	memcpy(head.magic, TOOL_MAGIC, sizeof head.magic);
	head.count = c.count;
	memcpy(ret->pages, &head, sizeof head);
	return 0;
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
