/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The search for many literals; see literals.h.
 *
 *      text    …  F a i l u r e   o c c u r r e d …
 *                         └───window────┘
 *                                 └─┴─┴── the last three bytes, hashed: how far to the next place, 0: look
 *
 * Of a literal that is longer than the window that part is taken whose last bytes are rarest, so that few places have to be
 * looked at.  Case is folded by setting one bit, which folds other characters too; the comparison in the end does not.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "logs/literals.h"
#include "util/alloc.h"
#include "util/bytes.h"

#define BLOCK	  3u
#define HASH_BITS 14
#define HASH_SIZE (1u << HASH_BITS)
#define NONE	  UINT16_MAX

struct literal {
	const char *word;
	size_t len;
	size_t from;   /* where its window begins */
	uint16_t next; /* with the same hash */
};

struct literals {
	uint8_t shift[HASH_SIZE];
	uint16_t head[HASH_SIZE];
	struct literal *list;
	size_t count, window;
};

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static uint32_t
hash(const char *p)
{
	const uint8_t *b = (const uint8_t *)p;
	uint32_t x = (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16;

	return (((x | 0x202020u) * 2654435761u) >> (32 - HASH_BITS)) & (HASH_SIZE - 1);
}

/* How common a character is in logs: blanks and the letters of English most, other signs least. */
static unsigned
commonness(char c)
{
	static const char order[] = " etaoinsrlcdpumfgyh0";
	const char *at = strchr(order, lower(c));

	return c && at ? (unsigned)(sizeof order - (size_t)(at - order)) : 1;
}

/* The window of the literal whose last block is rarest. */
static size_t
choose_window(const char *word, size_t len, size_t window)
{
	size_t best = 0;
	unsigned least = UINT32_MAX;

	for (size_t i = 0; i + window <= len; i++) {
		const char *end = word + i + window - BLOCK;
		unsigned much = commonness(end[0]) * commonness(end[1]) * commonness(end[2]);

		if (much < least) {
			least = much;
			best = i;
		}
	}
	return best;
}

static void
add(struct literals *l, size_t i)
{
	struct literal *w = &l->list[i];
	const char *window;

	w->from = choose_window(w->word, w->len, l->window);
	window = w->word + w->from;
	for (size_t k = 0; k + BLOCK <= l->window; k++) {
		uint32_t h = hash(window + k);
		size_t far = l->window - BLOCK - k;

		if (far < l->shift[h])
			l->shift[h] = (uint8_t)far;
		if (far == 0) {
			w->next = l->head[h];
			l->head[h] = (uint16_t)i;
		}
	}
}

struct literals *
literals_new(const char *const *words, size_t count)
{
	struct literals *l = xzalloc(sizeof *l);

	l->list = xcalloc(count ? count : 1, sizeof *l->list);
	l->count = count;
	l->window = UINT8_MAX;
	for (size_t i = 0; i < count; i++) {
		l->list[i].word = words[i];
		l->list[i].len = strlen(words[i]);
		if (l->list[i].len < l->window)
			l->window = l->list[i].len;
	}
	memset(l->shift, (int)(l->window - BLOCK + 1), sizeof l->shift);
	memset(l->head, 0xff, sizeof l->head);
	for (size_t i = 0; i < count; i++)
		add(l, i);
	return l;
}

void
literals_free(struct literals *l)
{
	if (!l)
		return;
	free(l->list);
	free(l);
}

static bool
stands(const struct literal *w, const char *text, size_t len, size_t window_at)
{
	const char *p;

	if (window_at < w->from || window_at - w->from + w->len > len)
		return false;
	p = text + window_at - w->from;
	for (size_t i = 0; i < w->len; i++)
		if (lower(p[i]) != lower(w->word[i]))
			return false;
	return true;
}

/* From `*at`, the end of a window, on: the next place to look at; false when there is none. */
static bool
next_place(const struct literals *l, const char *text, size_t len, size_t *at)
{
	size_t end = *at;

	while (end <= len) {
		size_t far = l->shift[hash(text + end - BLOCK)];

		if (far == 0) {
			*at = end;
			return true;
		}
		end += far;
	}
	return false;
}

void
literals_find(const struct literals *l, const char *text, size_t len, literals_fn *fn, void *ctx)
{
	for (size_t end = l->window; next_place(l, text, len, &end); end++)
		for (uint16_t i = l->head[hash(text + end - BLOCK)]; i != NONE; i = l->list[i].next)
			if (stands(&l->list[i], text, len, end - l->window) && fn(ctx, i))
				return;
}

size_t
literals_first(const struct literals *l, const char *text, size_t len)
{
	for (size_t end = l->window; next_place(l, text, len, &end); end++)
		for (uint16_t i = l->head[hash(text + end - BLOCK)]; i != NONE; i = l->list[i].next)
			if (stands(&l->list[i], text, len, end - l->window))
				return end - l->window - l->list[i].from;
	return len;
}
