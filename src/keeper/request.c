/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of changes in a message. */
#include <stdlib.h>
#include <string.h>

#include "block/changes.h"
#include "keeper/request.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"

/* What `c` takes in a message, at most. */
static size_t
room_for(const struct changes *c)
{
	size_t n = 1024 + (c->manifest ? strlen(c->manifest) : 0) +
		   c->watch_count * sizeof *c->watches;

	for (size_t i = 0; i < c->record_count; i++)
		n += 64 + (c->records[i].path ? strlen(c->records[i].path) : 0) +
		     c->records[i].before_len + c->records[i].after_len;
	return n;
}

static void
put_head(struct message *m, const struct changes *c)
{
	message_put(m, &c->identity, sizeof c->identity);
	message_put_text(m, c->manifest);
	message_put_u64(m, c->watch_count);
	for (size_t i = 0; i < c->watch_count; i++)
		message_put(m, &c->watches[i], sizeof c->watches[i]);
	message_put_u64(m, c->record_count);
}

static void
put_record(struct message *m, const struct record *r)
{
	message_put_u64(m, r->kind);
	message_put_u64(m, r->phase);
	message_put_text(m, r->path);
	message_put_u64(m, r->offset);
	message_put_bytes(m, r->before, r->before_len);
	message_put_bytes(m, r->after, r->after_len);
}

void
request_put_changes(struct message *m, const struct changes *c)
{
	put_head(m, c);
	for (size_t i = 0; i < c->record_count; i++)
		put_record(m, &c->records[i]);
}

void
request_move_changes(struct message *m, struct changes *c)
{
	message_reserve(m, room_for(c));
	put_head(m, c);
	free(c->manifest);
	c->manifest = NULL;
	for (size_t i = 0; i < c->record_count; i++) {
		struct record *r = &c->records[i];

		put_record(m, r);
		free(r->before);
		free(r->after);
		r->before = r->after = NULL;
	}
	changes_clear(c);
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
	message_get(m, &ret->identity, sizeof ret->identity);
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
