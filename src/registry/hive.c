/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hive as an image that is filled as it is read.
 *
 * The file: a base block of 4096 bytes, then bins.  Base block: 0 "regf", 4 and 8 sequence numbers, 20
 * major, 24 minor version, 28 type, 32 format, 36 root cell, 40 size of the bins, 48 file name, 508 checksum.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "registry/hive-log.h"
#include "registry/hive-private.h"
#include "registry/hive-space.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"

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

static void
read_state(struct hive *h, const uint8_t *base)
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

/* ---- the image ---- */

static int
map(uint64_t size, uint8_t **ret, struct error *err)
{
	void *p = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return error_sys(err, errno, "no memory for a hive of %" PRIu64 " bytes", size);
	*ret = p;
	return 0;
}

static uint8_t *
bitmap(uint64_t bits)
{
	return xzalloc((size_t)(bits / 8 + 1));
}

/* Only what the file has; the rest of a hive that is longer than its file stays zero. */
static int
load(struct hive *h, uint64_t chunk, struct error *err)
{
	const struct hive_source *s = &h->files.primary;
	uint64_t offset = chunk * CHUNK;
	size_t want = h->image_size - offset < CHUNK ? (size_t)(h->image_size - offset) : CHUNK;
	size_t len = 0;

	if (offset >= s->size)
		want = 0;
	else if (want > s->size - offset)
		want = (size_t)(s->size - offset);
	if (want && s->read(s->ctx, h->image + offset, want, offset, &len, err) < 0)
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
mark(uint8_t *map, uint64_t offset, uint64_t len)
{
	for (uint64_t page = offset / HIVE_PAGE; page <= (offset + len - 1) / HIVE_PAGE; page++)
		map[page / 8] |= (uint8_t)(1u << (page % 8));
}

static bool
marked(const uint8_t *map, uint64_t page)
{
	return map[page / 8] >> (page % 8) & 1;
}

/* Of pages that a log has changed the log's content is kept: it is written before that of the edits. */
static void
keep(struct hive *h, uint64_t offset, size_t len)
{
	for (uint64_t page = offset / HIVE_PAGE; page <= (offset + len - 1) / HIVE_PAGE; page++) {
		if (!h->state.replayed || marked(h->edited, page) ||
		    page * HIVE_PAGE >= h->replayed_size || !marked(h->replayed, page))
			continue;
		ARRAY_GROW(h->kept, h->kept_count);
		h->kept[h->kept_count++] =
			(struct hive_kept){ page, xmemdup(h->image + page * HIVE_PAGE, HIVE_PAGE) };
	}
}

void
hive_begin_change(struct hive *h)
{
	h->sector = 0;
}

static void
note_sectors(struct hive *h, uint64_t offset, const void *p, size_t len)
{
	uint64_t first = offset / HIVE_SECTOR, last = (offset + len - 1) / HIVE_SECTOR;

	/* zeros are for cells that are taken: several bytes, and never equal to what was */
	if (h->scattered || (p && memcmp(h->image + offset, p, len) == 0))
		return;
	h->scattered = first != last || (h->sector && h->sector != first + 1);
	h->sector = first + 1;
}

void
hive_poke(struct hive *h, uint64_t offset, const void *p, size_t len)
{
	note_sectors(h, offset, p, len);
	keep(h, offset, len);
	if (p)
		memmove(h->image + offset, p, len);
	else
		memset(h->image + offset, 0, len);
	mark(h->edited, offset, len);
	h->changed = true;
}

int
hive_fill(struct hive *h, uint64_t offset, uint64_t len, const struct hive_source *from,
	  uint64_t at, struct error *err)
{
	size_t got = 0;

	if (offset > h->image_size || len > h->image_size - offset)
		return 0;
	if (hive_need(h, offset, len, err) < 0)
		return -1;
	if (from->read(from->ctx, h->image + offset, (size_t)len, at, &got, err) < 0)
		return error_prefix(err, "%s: a transaction log", h->name);
	mark(h->replayed, offset, len);
	return got == len;
}

/* A bitmap of pages, for a hive of another size. */
static void
enlarge(uint8_t **map, uint64_t from, uint64_t to)
{
	uint8_t *larger = bitmap(to / HIVE_PAGE);

	memcpy(larger, *map, (size_t)(from / HIVE_PAGE / 8 + 1));
	free(*map);
	*map = larger;
}

int
hive_grow(struct hive *h, uint32_t len, struct error *err)
{
	uint64_t size = h->image_size + len;
	void *p;

	if (size > HIVE_MAX)
		return error_set(err, ERR_NO_SPACE, "%s: a hive can have at most 2 GiB", h->name);
	p = mremap(h->image, (size_t)h->image_size, (size_t)size, MREMAP_MAYMOVE);
	if (p == MAP_FAILED)
		return error_sys(err, errno, "no memory for a hive of %" PRIu64 " bytes", size);
	h->image = p;
	free(h->loaded);
	h->loaded = bitmap(size / CHUNK);
	memset(h->loaded, 0xff, (size_t)(size / CHUNK / 8 + 1)); /* whoever edits has loaded all */
	enlarge(&h->replayed, h->image_size, size);
	enlarge(&h->edited, h->image_size, size);
	mark(h->edited, h->image_size, len);
	h->image_size = size;
	h->state.bins_size = (uint32_t)(size - HIVE_BASE);
	h->changed = h->scattered = true;
	return 0;
}

/* ---- opening ---- */

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

/* Whether everything but the sequence numbers is as it must be in the base block of a primary file. */
static bool
base_is_sound(const uint8_t *base)
{
	uint32_t bins = get_u32(base + 40);

	return hive_checksum(base) == get_u32(base + 508) && get_u32(base + 20) == 1 &&
	       get_u32(base + 28) == 0 && get_u32(base + 32) == 1 && bins != 0 &&
	       bins % HIVE_PAGE == 0;
}

/* The fields without which nothing can be read, in the base block that will be used. */
static int
check_base(const struct hive *h, const uint8_t *base, uint64_t image_size, struct error *err)
{
	uint32_t minor = get_u32(base + 24);

	if (get_u32(base + 20) != 1 || minor < 3 || minor > 6)
		return error_set(err, ERR_UNSUPPORTED,
				 "%s: hive version %u.%u is not supported (1.3 to 1.6 are)",
				 h->name, get_u32(base + 20), minor);
	if (get_u32(base + 32) != 1)
		return error_set(err, ERR_CORRUPT, "%s: its format is %u, not 1", h->name,
				 get_u32(base + 32));
	if (image_size <= HIVE_BASE || image_size % HIVE_PAGE || image_size > HIVE_MAX)
		return error_set(err, ERR_CORRUPT,
				 "%s: the base block says %" PRIu64
				 " bytes of bins, which cannot be",
				 h->name, image_size - HIVE_BASE);
	return 0;
}

static int
make_image(struct hive *h, uint64_t size, struct error *err)
{
	if (map(size, &h->image, err) < 0)
		return -1;
	h->image_size = size;
	h->loaded = bitmap(size / CHUNK);
	h->replayed = bitmap(size / HIVE_PAGE);
	h->edited = bitmap(size / HIVE_PAGE);
	h->state.truncated = size > h->files.primary.size;
	return 0;
}

/* A dirty hive: its logs over it, if they apply. */
static int
replay(struct hive *h, const uint8_t *base, bool sound, struct error *err)
{
	struct hive_replay_plan plan;

	if (hive_log_plan(h, base, sound, &plan, err) < 0)
		return -1;
	if (plan.chain_count == 0)
		return 0;
	if (check_base(h, plan.new_base ? plan.base : base, HIVE_BASE + (uint64_t)plan.bins_size,
		       err) < 0 ||
	    make_image(h, HIVE_BASE + (uint64_t)plan.bins_size, err) < 0 ||
	    hive_log_apply(h, &plan, err) < 0)
		return -1;
	h->replayed_size = h->image_size;
	h->state.minor = get_u32(h->image + 24);
	h->state.bins_size = plan.bins_size;
	h->state.truncated = false; /* what the logs do not hold is for the check to find */
	return 0;
}

static int
open_image(struct hive *h, struct error *err)
{
	uint8_t base[HIVE_BASE] = { 0 };
	size_t len = 0;
	bool sound;

	if (h->files.primary.read(h->files.primary.ctx, base, sizeof base, 0, &len, err) < 0)
		return error_prefix(err, "%s", h->name);
	if (len < HIVE_BASE || memcmp(base, "regf", 4) != 0)
		return no_hive(h, base, len, err);
	read_state(h, base);
	sound = base_is_sound(base);
	if (!(sound && h->state.clean) && replay(h, base, sound, err) < 0)
		return -1;
	if (h->image)
		return 0;
	if (get_u32(base + 28) != 0)
		return error_set(err, ERR_CORRUPT, "%s: it is no primary hive file (type %u)",
				 h->name, get_u32(base + 28));
	if (check_base(h, base, HIVE_BASE + (uint64_t)h->state.bins_size, err) < 0)
		return -1;
	return make_image(h, HIVE_BASE + (uint64_t)h->state.bins_size, err);
}

static struct hive *
open_common(struct hive *h, struct error *err)
{
	if (open_image(h, err) == 0)
		return h;
	hive_close(h);
	return NULL;
}

struct hive *
hive_open_files(const char *name, const struct hive_files *files, struct error *err)
{
	struct hive *h = xzalloc(sizeof *h);

	h->name = xstrdup(name);
	h->files = *files;
	return open_common(h, err);
}

struct hive *
hive_open(const char *name, const struct hive_source *source, struct error *err)
{
	const struct hive_files files = { .primary = *source };

	return hive_open_files(name, &files, err);
}

static int
read_memory(void *ctx, void *buf, size_t len, uint64_t offset, size_t *ret_len, struct error *err)
{
	const struct hive *h = ctx;
	uint64_t size = h->files.primary.size;

	(void)err;
	*ret_len = 0;
	if (offset >= size)
		return 0;
	*ret_len = len < size - offset ? len : (size_t)(size - offset);
	memcpy(buf, h->memory + offset, *ret_len);
	return 0;
}

struct hive *
hive_open_memory(const char *name, const void *p, size_t n, struct error *err)
{
	struct hive *h = xzalloc(sizeof *h);

	h->name = xstrdup(name);
	h->memory = xmemdup(p, n);
	h->files.primary = (struct hive_source){ read_memory, h, n };
	return open_common(h, err);
}

void
hive_close(struct hive *h)
{
	if (!h)
		return;
	if (h->image)
		munmap(h->image, (size_t)h->image_size);
	hive_problems_clear(&h->losses);
	hive_space_free(h->space);
	if (h->files.free_ctx)
		h->files.free_ctx(h->files.find_ctx);
	free(h->loaded);
	free(h->replayed);
	free(h->edited);
	for (size_t i = 0; i < h->kept_count; i++)
		free(h->kept[i].bytes);
	free(h->kept);
	free(h->way);
	free(h->memory);
	free(h->why);
	free(h->name);
	free(h);
}

void
hive_closep(struct hive **h)
{
	hive_close(*h);
}

/* ---- what it is ---- */

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

bool
hive_current(const struct hive *h)
{
	return h->state.clean || h->state.replayed;
}

const char *
hive_why_not_current(const struct hive *h)
{
	return h->why ? h->why : "";
}

char *
hive_file_name(struct hive *h, struct error *err)
{
	CLEANUP_FREE char *whole = NULL;
	const char *slash;

	if (hive_need(h, 0, HIVE_BASE, err) < 0)
		return NULL;
	whole = utf16_to_text(h->image + 48, 64, NULL);
	slash = strrchr(whole, '\\');
	return xstrdup(slash ? slash + 1 : whole);
}

void
hive_rename(struct hive *h, const char *name)
{
	free(h->name);
	h->name = xstrdup(name);
}

const uint8_t *
hive_image(struct hive *h, struct error *err)
{
	return hive_need_all(h, err) < 0 ? NULL : h->image;
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

const struct hive_problems *
hive_losses(const struct hive *h)
{
	return &h->losses;
}
