/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Regular expressions with named groups over text that nobody trusts: the only door to PCRE2.
 *
 * Letters of ASCII match without regard to case; "." stops at a line end; the text is taken as bytes, so that it need not be valid
 * UTF-8.  The interpreter is used and not the just-in-time compiler, because a locked process can have no memory that is written and
 * run.  A match that takes too many steps counts as none.
 */
#ifndef RESPREP_UTIL_PATTERN_H
#define RESPREP_UTIL_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct pattern;

/* ERR_USAGE says what is wrong with `regex`, and where. */
struct pattern *pattern_new(const char *regex, struct error *err);
void pattern_free(struct pattern *p); /* NULL is fine */

/* Whether it matches somewhere in `len` bytes; what the groups took is known until the next call. */
bool pattern_match(struct pattern *p, const char *text, size_t len);

/* The named groups, by number from 0. */
size_t pattern_group_count(const struct pattern *p);
const char *pattern_group_name(const struct pattern *p, size_t i); /* borrowed */
/* What the group took in the last match, within the text; NULL when it took nothing. */
const char *pattern_group(const struct pattern *p, size_t i, size_t *ret_len);

#endif
