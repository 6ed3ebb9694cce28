/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changed pages of one file over the file itself; see staged-file.h. */
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "volume/staged-file.h"
#include "volume/volume.h"

static void
make_room(struct staged_file *f, uint64_t len)
{
	size_t pages = (size_t)(len / STAGED_PAGE) + 1;

	if (pages <= f->pages)
		return;
	f->now = xrealloc(f->now, pages, sizeof *f->now);
	f->before = xrealloc(f->before, pages, sizeof *f->before);
	memset(f->now + f->pages, 0, (pages - f->pages) * sizeof *f->now);
	memset(f->before + f->pages, 0, (pages - f->pages) * sizeof *f->before);
	f->pages = pages;
}

int
staged_file_open(struct staged_file *f, struct volume *lower, const char *path, struct error *err)
{
	*f = (struct staged_file){ .lower = volume_file_open(lower, path, err) };
	if (!f->lower)
		return -1;
	f->path = xstrdup(path);
	f->now_len = f->before_len = volume_file_size(f->lower);
	make_room(f, f->now_len);
	return 0;
}

void
staged_file_close(struct staged_file *f)
{
	for (size_t i = 0; i < f->pages; i++) {
		free(f->now[i]);
		free(f->before[i]);
	}
	free(f->now);
	free(f->before);
	free(f->path);
	volume_file_close(f->lower);
	*f = (struct staged_file){ 0 };
}

/* The whole page, zeroes where the file below has none. */
static int
page(const struct staged_file *f, bool now, size_t i, uint8_t out[STAGED_PAGE], struct error *err)
{
	const uint8_t *kept = now && f->now[i] ? f->now[i] : f->before[i];
	size_t done = 0, n = 1;

	if (kept) {
		memcpy(out, kept, STAGED_PAGE);
		return 0;
	}
	while (done < STAGED_PAGE && n) {
		n = 0;
		if (volume_file_read(f->lower, out + done, STAGED_PAGE - done,
				     (uint64_t)i * STAGED_PAGE + done, &n, err) < 0)
			return -1;
		done += n;
	}
	memset(out + done, 0, STAGED_PAGE - done);
	return 0;
}

int
staged_file_read(const struct staged_file *f, bool now, void *buf, size_t len, uint64_t offset,
		 size_t *ret_len, struct error *err)
{
	CLEANUP_FREE uint8_t *bytes = xmalloc(STAGED_PAGE);
	uint64_t end = now ? f->now_len : f->before_len;

	*ret_len = 0;
	if (offset >= end)
		return 0;
	if (len > end - offset)
		len = (size_t)(end - offset);
	while (*ret_len < len) {
		uint64_t at = offset + *ret_len;
		size_t skip = (size_t)(at % STAGED_PAGE), n = STAGED_PAGE - skip;

		if (n > len - *ret_len)
			n = len - *ret_len;
		if (page(f, now, (size_t)(at / STAGED_PAGE), bytes, err) < 0)
			return -1;
		memcpy((uint8_t *)buf + *ret_len, bytes + skip, n);
		*ret_len += n;
	}
	return 0;
}

/* The page as it is now, to be written to. */
static uint8_t *
own(struct staged_file *f, size_t i, struct error *err)
{
	uint8_t *bytes;

	if (f->now[i])
		return f->now[i];
	bytes = xmalloc(STAGED_PAGE);
	if (page(f, true, i, bytes, err) < 0) {
		free(bytes);
		return NULL;
	}
	f->now[i] = bytes;
	return bytes;
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
		uint8_t *bytes = own(f, (size_t)(offset / STAGED_PAGE), err);

		if (!bytes)
			return -1;
		n = n < len ? n : len;
		memcpy(bytes + skip, p, n);
		p += n;
		offset += n;
		len -= n;
	}
	return 0;
}

int
staged_file_replace(struct staged_file *f, const uint8_t *buf, size_t len, struct error *err)
{
	CLEANUP_FREE uint8_t *old = xmalloc(STAGED_PAGE);

	make_room(f, len);
	for (size_t i = 0; i * STAGED_PAGE < len; i++) {
		size_t at = i * STAGED_PAGE;
		size_t n = len - at < STAGED_PAGE ? len - at : STAGED_PAGE;

		/* a page that the file did not have to its end is new, whatever lies below */
		if (at + n <= f->now_len) {
			if (page(f, true, i, old, err) < 0)
				return -1;
			if (memcmp(old, buf + at, n) == 0)
				continue;
		}
		if (!f->now[i])
			f->now[i] = xmalloc(STAGED_PAGE);
		memcpy(f->now[i], buf + at, n);
		memset(f->now[i] + n, 0, STAGED_PAGE - n);
	}
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
		free(f->before[i]);
		f->before[i] = f->now[i];
		f->now[i] = NULL;
	}
	f->before_len = f->now_len;
}
