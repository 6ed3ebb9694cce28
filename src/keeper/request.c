/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of changes in a message. */
#include <stdlib.h>
#include <string.h>

#include "block/changes.h"
#include "keeper/request.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"

#define PIECE (512u << 10)

static size_t
room_for(const struct record *r)
{
	return 64 + (r->path ? strlen(r->path) : 0) + r->before_len + r->after_len;
}

size_t
request_piece(const struct changes *c, size_t from)
{
	size_t n = 0;

	for (size_t i = from; i < c->record_count; i++) {
		n += room_for(&c->records[i]);
		if (n > PIECE && i > from)
			return i;
	}
	return c->record_count;
}

static int
put_image(struct message *m, const struct changes *c, const struct record *r, bool after,
	  uint8_t *buf, struct error *err)
{
	uint32_t len = after ? r->after_len : r->before_len;
	const uint8_t *p = changes_image(c, r, after, 0, len, buf, err);

	if (!p)
		return -1;
	message_put_bytes(m, p, len);
	return 0;
}

static int
put_record(struct message *m, const struct changes *c, const struct record *r, uint8_t *buf,
	   struct error *err)
{
	message_put_u64(m, r->kind);
	message_put_u64(m, r->phase);
	message_put_text(m, r->path);
	message_put_u64(m, r->offset);
	return put_image(m, c, r, false, buf, err) < 0 ? -1 : put_image(m, c, r, true, buf, err);
}

int
request_put_changes(struct message *m, const struct changes *c, size_t from, size_t to,
		    struct error *err)
{
	CLEANUP_FREE uint8_t *buf = c->spool ? changes_buffer() : NULL;
	size_t watches = from ? 0 : c->watch_count;
	size_t room = 1024 + (from || !c->manifest ? 0 : strlen(c->manifest)) +
		      watches * sizeof *c->watches;

	for (size_t i = from; i < to; i++)
		room += room_for(&c->records[i]);
	message_reserve(m, room);
	message_put_text(m, from ? NULL : c->manifest);
	message_put_u64(m, watches);
	for (size_t i = 0; i < watches; i++)
		message_put(m, &c->watches[i], sizeof c->watches[i]);
	message_put_u64(m, to - from);
	for (size_t i = from; i < to; i++)
		if (put_record(m, c, &c->records[i], buf, err) < 0)
			return -1;
	return 0;
}

static int
get_record(struct message *m, struct changes *c, struct error *err)
{
	uint64_t kind = message_get_u64(m), phase = message_get_u64(m), offset;
	CLEANUP_FREE char *path = message_get_text(m);
	const uint8_t *before, *after;
	size_t before_len, after_len;

	offset = message_get_u64(m);
	before = message_get_bytes(m, &before_len);
	after = message_get_bytes(m, &after_len);
	if (m->bad || (kind != RECORD_SECTORS && kind != RECORD_FILE) || phase > UINT32_MAX ||
	    before_len > RECORD_MAX || after_len > RECORD_MAX ||
	    (kind == RECORD_FILE) != (path != NULL))
		return error_set(err, ERR_INTERNAL, "a list of changes that is none");
	changes_add_borrowed(c, (enum record_kind)kind, (uint32_t)phase, path, offset, before,
			     (uint32_t)before_len, after, (uint32_t)after_len);
	return 0;
}

int
request_get_changes(struct message *m, struct changes *ret, struct error *err)
{
	uint64_t n;

	*ret = (struct changes)CHANGES_INIT;
	ret->manifest = message_get_text(m);
	n = message_get_u64(m);
	for (uint64_t i = 0; i < n && !m->bad; i++) {
		struct watch w;

		message_get(m, &w, sizeof w);
		if (!m->bad)
			changes_add_watch(ret, w.offset, w.len, w.sha256);
	}
	n = message_get_u64(m);
	for (uint64_t i = 0; i < n && !m->bad; i++)
		if (get_record(m, ret, err) < 0)
			return -1;
	return m->bad ? error_set(err, ERR_INTERNAL, "a list of changes that ends early") : 0;
}
