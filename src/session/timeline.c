/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each source gives its moments in its own order, and they are merged by the heads: the earliest head goes first, so a source never overtakes
 * itself.  Of a log with very many errors the first and the last ones are kept: memory is bounded whatever a log says.
 */
#include <inttypes.h>
#include <string.h>

#include "logs/cascade.h"
#include "logs/error-code.h"
#include "session/session-private.h"
#include "session/timeline-private.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"

#define KEPT_FIRST 500 /* of one log */
#define KEPT_LAST  500
#define TEXT_MAX   2000 /* bytes of a message that are kept */

struct moment *
moments_add(struct moments *m)
{
	ARRAY_GROW(m->list, m->count);
	m->list[m->count] = (struct moment){ .kind = LOG_KIND_COUNT };
	return &m->list[m->count++];
}

static void
clear_moment(struct moment *m)
{
	free(m->path);
	free(m->text);
	free(m->meaning);
}

void
moments_clear(struct moments *m)
{
	for (size_t i = 0; i < m->count; i++)
		clear_moment(&m->list[i]);
	free(m->list);
	*m = (struct moments){ 0 };
}

void
timeline_clear(struct timeline *t)
{
	struct moments m = { t->list, t->count };

	moments_clear(&m);
	free(t->zone);
	*t = (struct timeline){ 0 };
}

struct gathering {
	struct moments *to;
	const struct logs_filter *filter;
	uint64_t last; /* UTC of the record before */
	bool last_assumed;
	size_t oldest; /* of the ring of the last ones, once it is full */
	uint64_t left_out;
};

/* Room for one more: when there are too many, the oldest of the last ones makes it. */
static struct moment *
room(struct gathering *g)
{
	struct moment *m;

	if (g->to->count < KEPT_FIRST + KEPT_LAST)
		return moments_add(g->to);
	m = &g->to->list[KEPT_FIRST + g->oldest];
	g->oldest = (g->oldest + 1) % KEPT_LAST;
	g->left_out++;
	clear_moment(m);
	*m = (struct moment){ 0 };
	return m;
}

/* "ERROR_PATH_NOT_FOUND: The system cannot find the path specified." */
static char *
meaning_of(uint32_t code)
{
	const char *symbol = error_code_symbol(code), *text = error_code_text(code);

	return symbol && text ? xasprintf("%s: %s", symbol, text) : xstrdup(symbol ? symbol : text);
}

/* An event without its words: who, which, and what it is about. */
static char *
text_of(const struct log_record *r, const struct log_mark *mark)
{
	CLEANUP_FREE char *message = xstrndup(r->message, strnlen(r->message, TEXT_MAX));

	if (r->kind != LOG_KIND_EVENTS)
		return steal(&message);
	return xasprintf("%s%s%s %" PRIu32 "%s%s%s", mark && mark->words ? mark->words : "",
			 mark && mark->words ? " (" : "", r->component, r->id, *message ? ": " : "",
			 message, mark && mark->words ? ")" : "");
}

static int
take(void *ctx, const struct log_file *f, const struct logs_record *shown, struct error *err)
{
	struct gathering *g = ctx;
	const struct log_record *r = shown->r;
	const struct log_mark *mark = log_mark_of(r);
	uint64_t utc = shown->utc ? shown->utc : r->stamp;
	struct moment *m;
	uint32_t code;

	(void)err;
	if (utc) {
		g->last = utc;
		g->last_assumed = shown->assumed;
	}
	if (!mark && r->level < g->filter->least)
		return 0;
	m = room(g);
	*m = (struct moment){ .source = MOMENT_LOG,
			      .utc = utc ? utc : g->last,
			      .assumed = g->last_assumed,
			      .has_time = utc != 0,
			      .level = r->level,
			      .stage = mark ? mark->stage : LOG_STAGE_NONE,
			      .kind = r->kind,
			      .line = r->line,
			      .offset = r->offset };
	m->path = xstrdup(f->path);
	m->text = text_of(r, mark);
	if (r->level >= LOG_LEVEL_ERROR && cascade_code(r->message, &code))
		m->meaning = meaning_of(code);
	return 0;
}

/* The ring becomes a row again. */
static void
straighten(struct gathering *g)
{
	struct moment *ring = g->to->list + KEPT_FIRST;
	struct moment *row;

	if (!g->oldest)
		return;
	row = xcalloc(KEPT_LAST, sizeof *row);
	for (size_t i = 0; i < KEPT_LAST; i++)
		row[i] = ring[(g->oldest + i) % KEPT_LAST];
	memcpy(ring, row, KEPT_LAST * sizeof *row);
	free(row);
}

/* What stands before the first time of a log is as old as that. */
static void
fill_first(struct moments *m)
{
	size_t i = 0;

	while (i < m->count && !m->list[i].utc)
		i++;
	for (size_t k = 0; i < m->count && k < i; k++) {
		m->list[k].utc = m->list[i].utc;
		m->list[k].assumed = m->list[i].assumed;
	}
}

/* The list whose head is the earliest; the first one of several. */
static size_t
earliest(const struct moments *lists, const size_t *at, size_t count)
{
	size_t best = count;

	for (size_t i = 0; i < count; i++)
		if (at[i] < lists[i].count &&
		    (best == count || lists[i].list[at[i]].utc < lists[best].list[at[best]].utc))
			best = i;
	return best;
}

static void
merge(struct moments *lists, size_t count, struct timeline *ret)
{
	CLEANUP_FREE size_t *at = xcalloc(count, sizeof *at);
	struct moments all = { 0 };

	for (size_t i = earliest(lists, at, count); i < count; i = earliest(lists, at, count)) {
		struct moment *m = &lists[i].list[at[i]++];

		*moments_add(&all) = *m;
		*m = (struct moment){ 0 };
	}
	ret->list = all.list;
	ret->count = all.count;
}

/* Of the registry and of files, what the filter lets through. */
static void
choose(struct moments *m, const struct logs_filter *f)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->count; i++) {
		struct moment *one = &m->list[i];

		if ((f->since && one->utc < f->since) || (f->until && one->utc > f->until) ||
		    (f->grep && !name_find(one->text, f->grep) && !name_find(one->path, f->grep)))
			clear_moment(one);
		else
			m->list[kept++] = *one;
	}
	m->count = kept;
}

int
timeline_build(struct session *s, const struct logs_filter *filter, struct log_files *files,
	       struct timeline *ret, struct error *err)
{
	struct logs_filter with_marks = *filter;
	CLEANUP_LOGS_READER struct logs_reader *reader = NULL;
	/* the last list is that of the registry and of files */
	struct moments *lists = xcalloc(files->count + 1, sizeof *lists);
	int got = 0;

	*ret = (struct timeline){ 0 };
	with_marks.marks = true;
	reader = logs_reader_new(s, &with_marks);
	ret->local = !logs_reader_has_zone(reader);
	ret->zone = xstrdup(logs_reader_zone(reader));
	for (size_t i = 0; i < files->count && got == 0; i++) {
		struct gathering g = { .to = &lists[i], .filter = filter };

		got = logs_read(reader, &files->list[i], take, &g, err);
		if (got < 0)
			error_prefix(err, "%s", files->list[i].path);
		straighten(&g);
		fill_first(&lists[i]);
		ret->left_out += g.left_out;
	}
	if (got == 0 && s->windows)
		timeline_add_state(s, &lists[files->count]);
	choose(&lists[files->count], logs_reader_filter(reader));
	if (got == 0)
		merge(lists, files->count + 1, ret);
	for (size_t i = 0; i <= files->count; i++)
		moments_clear(&lists[i]);
	free(lists);
	return got;
}
