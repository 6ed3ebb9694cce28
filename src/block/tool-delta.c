/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An overlay's pages into the file that a tool works on, and what it wrote back into the overlay. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "block/block.h"
#include "block/overlay.h"
#include "block/tool-delta.h"
#include "block/tool.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/io.h"

struct writer {
	int fd;
	uint64_t count;
};

static uint64_t
place_of(uint64_t record)
{
	return (record + 1) * TOOL_RECORD;
}

static int
write_page(void *ctx, uint64_t page, const uint8_t *data, struct error *err)
{
	struct writer *w = ctx;
	uint8_t record[TOOL_RECORD] = { 0 };

	if (w->count >= TOOL_MAX_PAGES)
		return error_set(err, ERR_LIMIT, "too many changed pages for a tool");
	memcpy(record, &page, sizeof page);
	memcpy(record + TOOL_DATA, data, TOOL_PAGE);
	if (io_pwrite_full(w->fd, record, sizeof record, place_of(w->count)) < 0)
		return error_sys(err, errno, "cannot fill a memory file");
	w->count++;
	return 0;
}

int
tool_delta_new(struct block *overlay, uint64_t offset, uint64_t present, struct error *err)
{
	CLEANUP_FD int fd = memfd_create("delta", MFD_CLOEXEC);
	struct writer w = { fd, 0 };
	struct tool_head head = { .size = overlay->size, .offset = offset, .present = present };

	if (fd < 0)
		return error_sys(err, errno, "cannot make a memory file");
	if (overlay_each_page(overlay, write_page, &w, err) < 0)
		return -1;
	memcpy(head.magic, TOOL_MAGIC, sizeof head.magic);
	head.count = w.count;
	if (io_pwrite_full(fd, &head, sizeof head, 0) < 0)
		return error_sys(err, errno, "cannot fill a memory file");
	return steal_fd(&fd);
}

int
tool_boot_new(struct block *overlay, size_t len, struct error *err)
{
	CLEANUP_FD int fd = memfd_create("boot", MFD_CLOEXEC);
	CLEANUP_FREE uint8_t *bytes = xzalloc(len);

	if (fd < 0)
		return error_sys(err, errno, "cannot make a memory file");
	if (block_read(overlay, bytes, len < overlay->size ? len : (size_t)overlay->size, 0, err) <
	    0)
		return -1;
	if (io_pwrite_full(fd, bytes, len, 0) < 0)
		return error_sys(err, errno, "cannot fill a memory file");
	return steal_fd(&fd);
}

static int
read_head(int delta, struct tool_head *head, struct error *err)
{
	if (io_pread_full(delta, head, sizeof *head, 0) != (ssize_t)sizeof *head ||
	    memcmp(head->magic, TOOL_MAGIC, sizeof head->magic) != 0 ||
	    head->count > TOOL_MAX_PAGES)
		return error_set(err, ERR_CORRUPT, "the tool left no file of pages");
	return 0;
}

bool
tool_delta_opened(int delta)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	struct tool_head head;

	return read_head(delta, &head, &ignored) == 0 && head.opened == 1;
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
tool_delta_apply(int delta, struct block *overlay, const struct tool_place *places, size_t count,
		 bool late, struct error *err)
{
	struct tool_head head;

	if (read_head(delta, &head, err) < 0)
		return -1;
	for (uint64_t i = 0; i < head.count; i++) {
		uint8_t record[TOOL_RECORD];
		uint64_t page, at;
		size_t n;

		if (io_pread_full(delta, record, sizeof record, place_of(i)) != TOOL_RECORD)
			return error_set(err, ERR_CORRUPT, "the tool's file of pages ends early");
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
