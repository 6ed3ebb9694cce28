/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Error codes of a text, counted in a table of fixed size. */
#include <stdlib.h>

#include "logs/code-list.h"
#include "logs/code-text.h"
#include "logs/line.h"
#include "util/alloc.h"

#define SLOTS \
	(2 * CODE_LIST_MOST) /* a power of two; half of them stay empty, so that a search ends */

struct reading {
	struct code_list *list;
	uint16_t slots[SLOTS]; /* index + 1 in the list, 0: free */
	uint64_t line;
};

static bool
is_same(const struct code_item *i, const struct code_found *f)
{
	return i->value == f->value && i->has_extend == f->has_extend &&
	       (!f->has_extend || i->extend == f->extend);
}

/* Its item, a new one if need be; NULL when there is no room for another. */
static struct code_item *
find(struct reading *r, const struct code_found *f)
{
	uint32_t hash = (f->value ^ (f->has_extend ? f->extend : 0)) * 2654435761u >> 16;
	uint16_t *slot = &r->slots[hash % SLOTS];
	struct code_item *i;

	while (*slot && !is_same(&r->list->list[*slot - 1], f))
		slot = slot + 1 == r->slots + SLOTS ? r->slots : slot + 1;
	if (*slot)
		return &r->list->list[*slot - 1];
	if (r->list->count == CODE_LIST_MOST)
		return NULL;
	i = &r->list->list[r->list->count++];
	*i = (struct code_item){ .value = f->value,
				 .has_extend = f->has_extend,
				 .extend = f->extend };
	*slot = (uint16_t)r->list->count;
	return i;
}

static void
note(void *ctx, const struct code_found *f)
{
	struct reading *r = ctx;
	struct code_item *i = find(r, f);

	if (!i) {
		r->list->left_out++;
		return;
	}
	i->count++;
	if (i->line_count < CODE_LIST_LINES &&
	    !(i->line_count && i->lines[i->line_count - 1] == r->line))
		i->lines[i->line_count++] = r->line;
}

static int
read_line(void *ctx, const struct log_line *l, struct error *err)
{
	struct reading *r = ctx;

	(void)err;
	/* codes are ASCII, whatever the line is */
	r->line = l->number;
	code_scan(l->text, l->len, note, r);
	return 0;
}

int
code_list_read(const struct log_source *source, struct code_list *ret, struct error *err)
{
	struct reading r = { .list = ret };
	const struct log_lines_options o = { .fn = read_line, .ctx = &r };
	struct log_info info;
	int got;

	*ret = (struct code_list){ .list = xcalloc(CODE_LIST_MOST, sizeof *ret->list) };
	got = log_lines(source, &o, &info, err);
	ret->lines = r.line;
	return got;
}

void
code_list_clear(struct code_list *l)
{
	free(l->list);
	*l = (struct code_list){ 0 };
}
