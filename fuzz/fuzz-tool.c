/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a worker that a volume has taken over can hand to a packaged tool, and what comes back of it.  The tool's side of the overlay
 * (volume/ntfs-preload.c) is compiled into this program, on descriptors of its own and without its lock; the tool itself is a list of
 * reads and writes.
 *
 * The input: flags (1: the head of the pages is made right), the number of steps, the steps (what u8, offset u32, length u16, a byte
 * to write), then the file of pages (block/tool-delta.h).
 *
 * No step may reach outside of its buffer or the volume, the target stays as it is, and where the head is right the overlay shows afterwards what
 * the tool saw last.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "block/tool-delta.h"

/* The tool has them at fixed numbers, which are somebody else's here. */
static int base_fd = -1, delta_fd = -1;
#undef TOOL_FD_BASE
#undef TOOL_FD_DELTA
#define TOOL_FD_BASE		base_fd
#define TOOL_FD_DELTA		delta_fd
#define ntfs_device_unix_io_ops fuzzed_io_ops
#define ntfs_check_if_mounted	fuzzed_check_if_mounted
struct ntfs_device_operations;
extern struct ntfs_device_operations fuzzed_io_ops;
int fuzzed_check_if_mounted(const char *file, unsigned long *mnt_flags);
#include "volume/ntfs-preload.c" /* NOLINT: what is fuzzed is static there */

#include "block/block.h"
#include "block/overlay.h"
#include "block/tool.h"
#include "fuzz/fuzz.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/io.h"

#define OFFSET 8192u
#define VOLUME 65024u /* not a whole number of pages */
#define BASE   (OFFSET + VOLUME + 4096u)
#define STEPS  32
#define STEP   8u
#define LONG   9000u
#define PAGES  (1u << 20)

static uint8_t base[BASE];

/* The target: a memory file of which the descriptor in use cannot write. */
static void
make_base(void)
{
	CLEANUP_FREE char *path = NULL;
	int fd = memfd_create("base", MFD_CLOEXEC);

	for (size_t i = 0; i < BASE; i++)
		base[i] = (uint8_t)(i * 7 + i / 512);
	FUZZ_ASSERT(fd >= 0 && io_pwrite_full(fd, base, BASE, 0) == 0);
	path = xasprintf("/proc/self/fd/%d", fd);
	base_fd = open(path, O_RDONLY | O_CLOEXEC);
	FUZZ_ASSERT(base_fd >= 0);
	close(fd);
}

static void
base_is_as_it_was(void)
{
	static uint8_t now[BASE];

	FUZZ_ASSERT(io_pread_full(base_fd, now, BASE, 0) == BASE && memcmp(now, base, BASE) == 0);
}

/* What this side would have written: as many records as there are, of pages of the volume. */
static void
mend_head(uint8_t *pages, size_t len)
{
	struct tool_head head = { .size = VOLUME, .offset = OFFSET, .present = VOLUME };

	memcpy(head.magic, TOOL_MAGIC, sizeof head.magic);
	head.count = len / TOOL_RECORD - 1;
	memcpy(pages, &head, sizeof head);
	for (uint64_t i = 0; i < head.count; i++) {
		uint64_t page;
		uint8_t *record = pages + (i + 1) * TOOL_RECORD;

		memcpy(&page, record, sizeof page);
		page %= (VOLUME - 1) / TOOL_PAGE + 1;
		memcpy(record, &page, sizeof page);
	}
}

static void
take_step(struct ntfs_device *dev, const uint8_t *p)
{
	static char buf[LONG + 64];
	s64 offset = get_u32(p + 1), n = get_u16(p + 5) % LONG, got;

	/* also where numbers end */
	if (p[0] & 8)
		offset = INT64_MAX - offset;
	memset(buf, p[7], sizeof buf);
	switch (p[0] & 7) {
	case 0:
	case 1:
		got = delta_pread(dev, buf, n, offset);
		break;
	case 2:
	case 3:
		got = delta_pwrite(dev, buf, n, offset);
		break;
	case 4:
		got = delta_read(dev, buf, n);
		break;
	case 5:
		got = delta_write(dev, buf, n);
		break;
	case 6:
		delta_seek(dev, offset, p[0] & 16 ? SEEK_END : SEEK_SET);
		return;
	default:
		delta_seek(dev, p[0] & 16 ? -offset : offset, SEEK_CUR);
		return;
	}
	FUZZ_ASSERT(got >= -1 && got <= n);
	for (size_t i = (size_t)n; i < (size_t)n + 64; i++)
		FUZZ_ASSERT((uint8_t)buf[i] == p[7]);
}

static void
free_delta(struct delta *d)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct slot *s = d->buckets[i], *next; s; s = next) {
			next = s->next;
			free(s);
		}
	memset(d, 0, sizeof *d);
}

/* The whole volume as the tool sees it; false when it cannot. */
static bool
seen(struct ntfs_device *dev, uint8_t *to)
{
	return delta_pread(dev, to, VOLUME, 0) == VOLUME;
}

/* What was left goes into an overlay, first what is not in `places`, then what is. */
static void
apply(const struct tool_job *job, const uint8_t *wanted)
{
	static const struct tool_place places[] = { { 4000, 200 },
						    { 40960, 1 },
						    { UINT64_MAX, 1 } };
	CLEANUP_FREE uint8_t *bytes = xmalloc(VOLUME);
	CLEANUP_BLOCK struct block *memory = NULL;
	CLEANUP_BLOCK struct block *overlay = NULL;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	int got = 0;

	memory = block_memory_new(base + OFFSET, VOLUME, 512);
	overlay = overlay_new(memory);
	for (int late = 0; late < 2 && got == 0; late++) {
		got = tool_job_apply(job, overlay, places, ARRAY_SIZE(places), late, &err);
		fuzz_expect(got, &err);
	}
	if (!wanted)
		return;
	FUZZ_ASSERT(got == 0 && block_read(overlay, bytes, VOLUME, 0, &err) == 0);
	FUZZ_ASSERT(memcmp(bytes, wanted, VOLUME) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = reader_over(data, size);
	uint8_t flags = size < 2 ? 0 : data[0], steps = size < 2 ? 0 : data[1] % STEPS;
	CLEANUP_FREE uint8_t *wanted = xmalloc(VOLUME);
	CLEANUP_TOOL_JOB struct tool_job job = { 0 };
	struct ntfs_device dev = { 0 };
	static struct delta only;
	struct delta *d = &only;
	const uint8_t *script;
	bool right, known = false;
	off_t end;

	reader_take(&r, 2);
	script = reader_take(&r, steps * STEP);
	if (base_fd < 0)
		make_base();
	if (!script || r.left > PAGES)
		return 0;
	right = flags & 1 && r.left >= TOOL_RECORD;
	job.len = r.left;
	job.pages = xmemdup(r.p, r.left);
	if (right)
		mend_head(job.pages, job.len);
	delta_fd = memfd_create("pages", MFD_CLOEXEC);
	FUZZ_ASSERT(delta_fd >= 0 && io_pwrite_full(delta_fd, job.pages, job.len, 0) == 0);
	dev.d_private = d;
	if (load(d) == 0) {
		for (unsigned i = 0; i < steps; i++)
			take_step(&dev, script + i * STEP);
		known = right && seen(&dev, wanted);
		FUZZ_ASSERT(!right || known);
	} else {
		FUZZ_ASSERT(!right);
	}
	free_delta(d);
	end = lseek(delta_fd, 0, SEEK_END);
	free(job.pages);
	job.len = (size_t)end;
	job.pages = xmalloc(job.len);
	FUZZ_ASSERT(io_pread_full(delta_fd, job.pages, job.len, 0) == (ssize_t)job.len);
	close(delta_fd);
	apply(&job, known ? wanted : NULL);
	base_is_as_it_was();
	return 0;
}
