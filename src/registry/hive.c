/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hive as an image that is filled as it is read, and handed back as the pages that differ.
 *
 * The file: a base block of 4096 bytes, then bins.  Base block: 0 "regf", 4 and 8 sequence numbers, 20
 * major, 24 minor version, 28 type, 32 format, 36 root cell, 40 size of the bins, 508 checksum.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "registry/hive-private.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"

#define CHUNK (16u << 10)

uint32_t
hive_checksum(const uint8_t *base)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < 508; i += 4)
		sum ^= get_u32(base + i);
	/* these two would look like "none" and "all": Windows avoids them */
	return sum == 0 ? 1 : sum == UINT32_MAX ? UINT32_MAX - 1 : sum;
}

void
hive_read_state(struct hive *h, const uint8_t *base)
{
	struct hive_state *s = &h->state;

	s->checksum_ok = hive_checksum(base) == get_u32(base + 508);
	s->sequence1 = get_u32(base + 4);
	s->sequence2 = get_u32(base + 8);
	s->written = get_u64(base + 12);
	s->minor = get_u32(base + 24);
	s->bins_size = get_u32(base + 40);
	s->clean = s->checksum_ok && s->sequence1 == s->sequence2;
}

int
hive_map(uint64_t size, uint8_t **ret, struct error *err)
{
	void *p = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return error_sys(err, errno, "no memory for a hive of %" PRIu64 " bytes", size);
	*ret = p;
	return 0;
}

/* Why these bytes are no hive, in words. */
static int
no_hive(const struct hive *h, const uint8_t *base, size_t len, struct error *err)
{
	bool zeros = true;

	for (size_t i = 0; i < len; i++)
		zeros = zeros && base[i] == 0;
	return error_set(err, ERR_CORRUPT, "%s: it is no registry hive: %s", h->name,
			 len == 0	 ? "the file is empty" :
			 zeros		 ? "it is all zeros" :
			 len < HIVE_BASE ? "it is too short" :
					   "it does not begin with 'regf'");
}

static int
read_base(struct hive *h, struct error *err)
{
	uint8_t base[HIVE_BASE] = { 0 };
	size_t len = 0;
	uint32_t bins;

	if (h->source.read(h->source.ctx, base, sizeof base, 0, &len, err) < 0)
		return error_prefix(err, "%s", h->name);
	if (len < HIVE_BASE || memcmp(base, "regf", 4) != 0)
		return no_hive(h, base, len, err);
	hive_read_state(h, base);
	bins = h->state.bins_size;
	if (get_u32(base + 20) != 1 || h->state.minor < 3 || h->state.minor > 6)
		return error_set(err, ERR_UNSUPPORTED,
				 "%s: hive version %u.%u is not supported (1.3 to 1.6 are)",
				 h->name, get_u32(base + 20), h->state.minor);
	if (get_u32(base + 28) != 0 || get_u32(base + 32) != 1)
		return error_set(err, ERR_CORRUPT,
				 "%s: it is no primary hive file (type %u, format %u)", h->name,
				 get_u32(base + 28), get_u32(base + 32));
	if (bins == 0 || bins % HIVE_PAGE || HIVE_BASE + (uint64_t)bins > HIVE_MAX)
		return error_set(err, ERR_CORRUPT,
				 "%s: the base block says %u bytes of bins, which cannot be",
				 h->name, bins);
	if (HIVE_BASE + (uint64_t)bins > h->source.size)
		return error_set(err, ERR_CORRUPT,
				 "%s: the file is truncated: it has %" PRIu64
				 " bytes, its base block says %" PRIu64,
				 h->name, h->source.size, HIVE_BASE + (uint64_t)bins);
	h->image_size = HIVE_BASE + (uint64_t)bins;
	return 0;
}

static struct hive *
open_common(struct hive *h, struct error *err)
{
	if (read_base(h, err) < 0 || hive_map(h->image_size, &h->image, err) < 0) {
		hive_close(h);
		return NULL;
	}
	h->loaded = xzalloc((size_t)(h->image_size / CHUNK / 8 + 1));
	h->dirty = xzalloc((size_t)(h->image_size / HIVE_PAGE / 8 + 1));
	return h;
}

struct hive *
hive_open(const char *name, const struct hive_source *source, struct error *err)
{
	struct hive *h = xzalloc(sizeof *h);

	h->name = xstrdup(name);
	h->source = *source;
	return open_common(h, err);
}

static int
read_memory(void *ctx, void *buf, size_t len, uint64_t offset, size_t *ret_len, struct error *err)
{
	const struct hive *h = ctx;

	(void)err;
	*ret_len = 0;
	if (offset >= h->source.size)
		return 0;
	*ret_len = len < h->source.size - offset ? len : (size_t)(h->source.size - offset);
	memcpy(buf, h->memory + offset, *ret_len);
	return 0;
}

struct hive *
hive_open_memory(const char *name, const void *p, size_t n, struct error *err)
{
	struct hive *h = xzalloc(sizeof *h);

	h->name = xstrdup(name);
	h->memory = xmemdup(p, n);
	h->source = (struct hive_source){ read_memory, h, n };
	return open_common(h, err);
}

void
hive_close(struct hive *h)
{
	if (!h)
		return;
	if (h->image)
		munmap(h->image, (size_t)h->image_size);
	free(h->loaded);
	free(h->dirty);
	free(h->memory);
	free(h->name);
	free(h);
}

void
hive_closep(struct hive **h)
{
	hive_close(*h);
}

const struct hive_state *
hive_state(const struct hive *h)
{
	return &h->state;
}

const char *
hive_name(const struct hive *h)
{
	return h->name;
}

uint64_t
hive_image_size(const struct hive *h)
{
	return h->image_size;
}

bool
hive_changed(const struct hive *h)
{
	return h->changed;
}

static int
load(struct hive *h, uint64_t chunk, struct error *err)
{
	uint64_t offset = chunk * CHUNK;
	size_t want = h->image_size - offset < CHUNK ? (size_t)(h->image_size - offset) : CHUNK;
	size_t len = 0;

	if (h->source.read(h->source.ctx, h->image + offset, want, offset, &len, err) < 0)
		return error_prefix(err, "%s", h->name);
	if (len < want)
		return error_set(err, ERR_CORRUPT,
				 "%s: the file ends at %" PRIu64 ", before its bins do", h->name,
				 offset + len);
	h->loaded[chunk / 8] |= (uint8_t)(1u << (chunk % 8));
	return 0;
}

int
hive_need(struct hive *h, uint64_t offset, uint64_t len, struct error *err)
{
	if (offset > h->image_size || len > h->image_size - offset)
		return error_set(err, ERR_CORRUPT,
				 "%s: offset 0x%" PRIx64 " (+%" PRIu64 ") lies outside the hive",
				 h->name, offset, len);
	for (uint64_t c = offset / CHUNK; len && c <= (offset + len - 1) / CHUNK; c++)
		if (!(h->loaded[c / 8] >> (c % 8) & 1) && load(h, c, err) < 0)
			return -1;
	return 0;
}

int
hive_need_all(struct hive *h, struct error *err)
{
	return hive_need(h, 0, h->image_size, err);
}

static void
mark(struct hive *h, uint64_t page)
{
	h->dirty[page / 8] |= (uint8_t)(1u << (page % 8));
}

static bool
marked(const struct hive *h, uint64_t page)
{
	return h->dirty[page / 8] >> (page % 8) & 1;
}

void
hive_poke(struct hive *h, uint64_t offset, const void *p, size_t len)
{
	memcpy(h->image + offset, p, len);
	for (uint64_t page = offset / HIVE_PAGE; page <= (offset + len - 1) / HIVE_PAGE; page++)
		mark(h, page);
	h->changed = true;
}

int
hive_swap_image(struct hive *h, const uint8_t *image, uint64_t size, struct error *err)
{
	uint8_t *fresh;
	uint8_t *dirty;

	if (size <= HIVE_BASE || size > HIVE_MAX || size % HIVE_PAGE)
		return error_set(err, ERR_INTERNAL,
				 "%s: the edited hive has an impossible size (%" PRIu64 ")",
				 h->name, size);
	if (hive_map(size, &fresh, err) < 0)
		return -1;
	memcpy(fresh, image, (size_t)size);
	dirty = xzalloc((size_t)(size / HIVE_PAGE / 8 + 1));
	memcpy(dirty, h->dirty,
	       (size_t)((size < h->image_size ? size : h->image_size) / HIVE_PAGE / 8 + 1));
	free(h->dirty);
	h->dirty = dirty;
	for (uint64_t at = 0; at < size; at += HIVE_PAGE)
		if (at >= h->image_size || memcmp(fresh + at, h->image + at, HIVE_PAGE) != 0)
			mark(h, at / HIVE_PAGE);
	munmap(h->image, (size_t)h->image_size);
	free(h->loaded);
	h->image = fresh;
	h->image_size = size;
	h->state.bins_size = (uint32_t)(size - HIVE_BASE);
	h->loaded = xmalloc((size_t)(size / CHUNK / 8 + 1));
	memset(h->loaded, 0xff, (size_t)(size / CHUNK / 8 + 1));
	h->changed = true;
	return 0;
}

/* The base block of the written hive: clean, its sequence numbers one above what was found. */
static void
make_base(const struct hive *h, uint8_t base[HIVE_BASE])
{
	memcpy(base, h->image, HIVE_BASE);
	put_u32(base + 4, h->state.sequence1 + 1);
	put_u32(base + 8, h->state.sequence1 + 1);
	put_u32(base + 40, (uint32_t)(h->image_size - HIVE_BASE));
	put_u32(base + 508, hive_checksum(base));
}

int
hive_write_back(struct hive *h, enum hive_write_phase phase, hive_write_fn *fn, void *ctx,
		struct error *err)
{
	uint8_t base[HIVE_BASE];

	if (!h->changed)
		return 0;
	if (h->broken)
		return error_set(err, ERR_INTERNAL,
				 "%s: an edit of it failed; it cannot be written", h->name);
	if (phase == HIVE_WRITE_BASE) {
		if (hive_need(h, 0, HIVE_BASE, err) < 0)
			return -1;
		make_base(h, base);
		return fn(ctx, base, sizeof base, 0, err);
	}
	for (uint64_t page = 1; page < h->image_size / HIVE_PAGE; page++) {
		uint64_t end = page;

		if (!marked(h, page))
			continue;
		while (end < h->image_size / HIVE_PAGE && marked(h, end))
			end++;
		/* a page that was patched may lie in a chunk that was never read whole */
		if (hive_need(h, page * HIVE_PAGE, (end - page) * HIVE_PAGE, err) < 0 ||
		    fn(ctx, h->image + page * HIVE_PAGE, (size_t)((end - page) * HIVE_PAGE),
		       page * HIVE_PAGE, err) < 0)
			return -1;
		page = end;
	}
	return 0;
}
