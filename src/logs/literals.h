/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Many literals in one pass: which of a fixed set of strings stand in a text, without regard to the case of ASCII letters.
 *
 * Most of a text is never looked at: three bytes at the end of a window as long as the shortest literal tell how far the next
 * place is where one of them could end (S. Wu, U. Manber, "A fast algorithm for multi-pattern searching", 1994).
 */
#ifndef RESPREP_LOGS_LITERALS_H
#define RESPREP_LOGS_LITERALS_H

#include <stdbool.h>
#include <stddef.h>

struct literals;

#define LITERALS_SHORTEST 6

/* `words` must outlive it; each has LITERALS_SHORTEST characters or more.  The longer the shortest is, the faster it is. */
struct literals *literals_new(const char *const *words, size_t count);
void literals_free(struct literals *l); /* NULL is fine */

/* Calls `fn` with the number of each literal that stands in the text, at each of its places; true from it ends the search. */
typedef bool literals_fn(void *ctx, size_t which);
void literals_find(const struct literals *l, const char *text, size_t len, literals_fn *fn,
		   void *ctx);

/* Where the first one that is whole begins; `len` when there is none. */
size_t literals_first(const struct literals *l, const char *text, size_t len);

#endif
