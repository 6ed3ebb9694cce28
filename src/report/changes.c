/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A list of changes, put aside one behind the other: a head with the lengths, then the texts, each with its NUL, then the data before and
 * after.  It is read back by the process that wrote it.
 */
#include <stdlib.h>
#include <string.h>

#include "report/report.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/spool.h"

#define TEXTS 5
#define PIECE (64u << 10)

struct kept {
	struct change change; /* its pointers mean nothing */
	size_t texts[TEXTS];  /* bytes with the NUL; 0: NULL */
};

static void
texts_of(struct change *c, char **texts[TEXTS])
{
	char **const all[TEXTS] = { &c->hive, &c->key, &c->name, &c->path, &c->words };

	memcpy(texts, all, sizeof all);
}

static void
clear(struct change *c)
{
	char **texts[TEXTS];

	texts_of(c, texts);
	for (size_t i = 0; i < TEXTS; i++)
		free(*texts[i]);
	free(c->before);
	free(c->after);
	*c = (struct change){ 0 };
}

static void
put_aside(struct change_list *l)
{
	struct kept k = { .change = l->last };
	char **texts[TEXTS];

	if (!l->spool)
		l->spool = spool_new(-1);
	texts_of(&l->last, texts);
	for (size_t i = 0; i < TEXTS; i++)
		k.texts[i] = *texts[i] ? strlen(*texts[i]) + 1 : 0;
	spool_add(l->spool, &k, sizeof k);
	for (size_t i = 0; i < TEXTS; i++)
		spool_add(l->spool, *texts[i], k.texts[i]);
	spool_add(l->spool, l->last.before, l->last.before ? l->last.len_before : 0);
	spool_add(l->spool, l->last.after, l->last.after ? l->last.len_after : 0);
	clear(&l->last);
}

struct change *
change_list_add(struct change_list *l, enum change_kind kind, const char *check)
{
	if (l->count)
		put_aside(l);
	l->count++;
	l->last = (struct change){ .kind = kind, .check = check };
	return &l->last;
}

void
change_list_nest(struct change_list *l, bool nested)
{
	bool made = l->last.kind == CHANGE_KEY_CREATED;

	l->last.nested = nested;
	if (nested)
		return;
	free(l->made_hive);
	free(l->made_key);
	l->made_hive = made ? xstrdup(l->last.hive) : NULL;
	l->made_key = made ? xstrdup(l->last.key) : NULL;
}

void
change_list_add_volume(struct change_list *l, const char *path, char *words)
{
	struct change *c = change_list_add(l, CHANGE_VOLUME, NULL);

	c->path = xstrdup(path);
	c->words = words;
	change_list_nest(l, false);
}

void
change_list_clear(struct change_list *l)
{
	clear(&l->last);
	spool_free(l->spool);
	free(l->made_hive);
	free(l->made_key);
	*l = (struct change_list){ 0 };
}

/* ---- reading ---- */

void
change_reader_begin(struct change_reader *r, const struct change_list *l)
{
	*r = (struct change_reader){ .list = l };
}

void
change_reader_fork(struct change_reader *r, const struct change_reader *from)
{
	*r = (struct change_reader){ .list = from->list,
				     .done = from->done,
				     .at = from->at - (from->have - from->used) };
}

void
change_reader_clear(struct change_reader *r)
{
	free(r->buffer);
	*r = (struct change_reader){ 0 };
}

/* `n` bytes behind those that were used are in the buffer. */
static int
need(struct change_reader *r, size_t n, struct error *err)
{
	uint64_t left = spool_size(r->list->spool) - r->at;
	size_t have = r->have - r->used, more;

	if (have >= n)
		return 0;
	if (r->have)
		memmove(r->buffer, r->buffer + r->used, have);
	r->used = 0;
	r->have = have;
	if (n > r->room || !r->room) {
		r->room = n > PIECE ? n : PIECE;
		r->buffer = xrealloc(r->buffer, r->room, 1);
	}
	more = r->room - have < left ? r->room - have : (size_t)left;
	if (spool_read(r->list->spool, r->buffer + have, more, r->at, err) < 0)
		return -1;
	r->have += more;
	r->at += more;
	return r->have >= n ? 0 : error_set(err, ERR_INTERNAL, "a list of changes that ends early");
}

/* The change at the place that was used up to, of which all is in the buffer. */
static void
lay_out(struct change_reader *r, const struct kept *k)
{
	struct change *c = &r->change;
	uint8_t *p = r->buffer + r->used + sizeof *k;
	char **texts[TEXTS];

	*c = k->change;
	texts_of(c, texts);
	for (size_t i = 0; i < TEXTS; i++) {
		*texts[i] = k->texts[i] ? (char *)p : NULL;
		p += k->texts[i];
	}
	if (c->before) {
		c->before = p;
		p += c->len_before;
	}
	if (c->after) {
		c->after = p;
		p += c->len_after;
	}
	r->used = (size_t)(p - r->buffer);
}

int
change_next(struct change_reader *r, const struct change **ret, struct error *err)
{
	const struct change_list *l = r->list;
	struct kept k;
	size_t size = sizeof k;

	if (r->done == l->count)
		return 0;
	if (++r->done == l->count) {
		*ret = &l->last;
		return 1;
	}
	if (need(r, size, err) < 0)
		return -1;
	memcpy(&k, r->buffer + r->used, sizeof k);
	for (size_t i = 0; i < TEXTS; i++)
		size += k.texts[i];
	size += (k.change.before ? k.change.len_before : 0) +
		(k.change.after ? k.change.len_after : 0);
	if (need(r, size, err) < 0)
		return -1;
	lay_out(r, &k);
	*ret = &r->change;
	return 1;
}
