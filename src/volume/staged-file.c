/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changed pages of one file over the file itself; see staged-file.h. */
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/spool.h"
#include "volume/staged-file.h"
#include "volume/volume.h"

/* Of a file: a place of each page is kept twice.  The largest that is changed is hiberfil.sys, not larger than the memory of a machine. */
#define STAGED_MAX (UINT64_C(256) << 30)

#define PIECE (64u << 10) /* a multiple of a page */

/* Zeroes from calloc() take no memory before they are written to, and most places stay so. */
static uint32_t *
larger(uint32_t *old, size_t from, size_t to)
{
	uint32_t *list = xcalloc(to, sizeof *list);

	if (old)
		memcpy(list, old, from * sizeof *list);
	free(old);
	return list;
}

static void
make_room(struct staged_file *f, uint64_t len)
{
	size_t pages = (size_t)(len / STAGED_PAGE) + 1;

	if (pages <= f->pages)
		return;
	f->now = larger(f->now, f->pages, pages);
	f->before = larger(f->before, f->pages, pages);
	f->pages = pages;
}

int
staged_file_open(struct staged_file *f, struct volume *lower, const char *path, struct spool *spool,
		 struct error *err)
{
	*f = (struct staged_file){ .lower = volume_file_open(lower, path, err), .spool = spool };
	if (!f->lower)
		return -1;
	if (volume_file_size(f->lower) > STAGED_MAX) {
		volume_file_close(f->lower);
		return error_set(err, ERR_LIMIT, "'%s' is too large to be changed", path);
	}
	f->path = xstrdup(path);
	f->now_len = f->before_len = volume_file_size(f->lower);
	make_room(f, f->now_len);
	return 0;
}

void
staged_file_close(struct staged_file *f)
{
	free(f->now);
	free(f->before);
	free(f->path);
	volume_file_close(f->lower);
	*f = (struct staged_file){ 0 };
}

/* Where page `i` of an image was put aside; 0: it is that of the file below. */
static uint32_t
kept(const struct staged_file *f, bool now, size_t i)
{
	return i >= f->pages ? 0 : now && f->now[i] ? f->now[i] : f->before[i];
}

/* From the file below, zeroes where it has nothing. */
static int
read_lower(const struct staged_file *f, uint8_t *out, size_t len, uint64_t offset,
	   struct error *err)
{
	size_t done = 0, n = 1;

	while (done < len && n) {
		n = 0;
		if (volume_file_read(f->lower, out + done, len - done, offset + done, &n, err) < 0)
			return -1;
		done += n;
	}
	memset(out + done, 0, len - done);
	return 0;
}

/* The whole page. */
static int
page(const struct staged_file *f, bool now, size_t i, uint8_t out[STAGED_PAGE], struct error *err)
{
	uint32_t own = kept(f, now, i);

	return own ? spool_read(f->spool, out, STAGED_PAGE, spool_page_at(own, STAGED_PAGE), err) :
		     read_lower(f, out, STAGED_PAGE, (uint64_t)i * STAGED_PAGE, err);
}

/* Pages from `i` on that lie one behind the other, or are all those of the file below; no more than `most`. */
static size_t
run_length(const struct staged_file *f, bool now, size_t i, size_t most)
{
	uint32_t own = kept(f, now, i);
	size_t n = 1;

	while (n < most && kept(f, now, i + n) == (own ? own + n : 0))
		n++;
	return n;
}

int
staged_file_read(const struct staged_file *f, bool now, void *buf, size_t len, uint64_t offset,
		 size_t *ret_len, struct error *err)
{
	uint64_t end = now ? f->now_len : f->before_len;
	uint8_t *out = buf;

	*ret_len = 0;
	if (offset >= end)
		return 0;
	if (len > end - offset)
		len = (size_t)(end - offset);
	while (*ret_len < len) {
		uint64_t at = offset + *ret_len;
		size_t skip = (size_t)(at % STAGED_PAGE), i = (size_t)(at / STAGED_PAGE);
		size_t most = (skip + len - *ret_len + STAGED_PAGE - 1) / STAGED_PAGE;
		size_t n = run_length(f, now, i, most) * STAGED_PAGE - skip;
		uint32_t own = kept(f, now, i);

		if (n > len - *ret_len)
			n = len - *ret_len;
		if (own ? spool_read(f->spool, out + *ret_len, n,
				     spool_page_at(own, STAGED_PAGE) + skip, err) < 0 :
			  read_lower(f, out + *ret_len, n, at, err) < 0)
			return -1;
		*ret_len += n;
	}
	return 0;
}

/* A page becomes one of ours only when it differs: most pages of a transaction log are in the hive already. */
static int
patch_page(struct staged_file *f, size_t i, size_t skip, const uint8_t *p, size_t n,
	   struct error *err)
{
	uint8_t bytes[STAGED_PAGE];

	if (f->now[i] && spool_patch(f->spool, p, n, spool_page_at(f->now[i], STAGED_PAGE) + skip))
		return 0;
	if (page(f, true, i, bytes, err) < 0)
		return -1;
	if (memcmp(bytes + skip, p, n) == 0)
		return 0;
	memcpy(bytes + skip, p, n);
	f->now[i] = spool_add_page(f->spool, bytes, STAGED_PAGE);
	return 0;
}

int
staged_file_patch(struct staged_file *f, const void *buf, size_t len, uint64_t offset,
		  struct error *err)
{
	const uint8_t *p = buf;

	if (offset > f->now_len || len > f->now_len - offset)
		return error_set(err, ERR_INTERNAL,
				 "'%s': a patch of %zu bytes reaches beyond its end", f->path, len);
	while (len) {
		size_t skip = (size_t)(offset % STAGED_PAGE), n = STAGED_PAGE - skip;

		n = n < len ? n : len;
		if (patch_page(f, (size_t)(offset / STAGED_PAGE), skip, p, n, err) < 0)
			return -1;
		p += n;
		offset += n;
		len -= n;
	}
	return 0;
}

/* What differs in `n` bytes at `at` becomes ours; `old` is room for as many. */
static int
replace_piece(struct staged_file *f, const uint8_t *buf, size_t n, uint64_t at, uint8_t *old,
	      struct error *err)
{
	uint8_t bytes[STAGED_PAGE];
	size_t had;

	if (staged_file_read(f, true, old, n, at, &had, err) < 0)
		return -1;
	for (size_t in = 0; in < n; in += STAGED_PAGE) {
		size_t i = (size_t)((at + in) / STAGED_PAGE);
		size_t k = n - in < STAGED_PAGE ? n - in : STAGED_PAGE;

		/* a page that the file did not have to its end is new, whatever lies below */
		if (in + k <= had && memcmp(old + in, buf + in, k) == 0)
			continue;
		memcpy(bytes, buf + in, k);
		memset(bytes + k, 0, STAGED_PAGE - k);
		f->now[i] = spool_add_page(f->spool, bytes, STAGED_PAGE);
	}
	return 0;
}

int
staged_file_replace(struct staged_file *f, const uint8_t *buf, size_t len, struct error *err)
{
	CLEANUP_FREE uint8_t *old = xmalloc(PIECE);

	make_room(f, len);
	for (size_t at = 0; at < len; at += PIECE)
		if (replace_piece(f, buf + at, len - at < PIECE ? len - at : PIECE, at, old, err) <
		    0)
			return -1;
	f->now_len = len;
	return 0;
}

bool
staged_file_touched(const struct staged_file *f, size_t i)
{
	return i < f->pages && f->now[i];
}

void
staged_file_settle(struct staged_file *f)
{
	for (size_t i = 0; i < f->pages; i++) {
		if (!f->now[i])
			continue;
		f->before[i] = f->now[i];
		f->now[i] = 0;
	}
	f->before_len = f->now_len;
}
