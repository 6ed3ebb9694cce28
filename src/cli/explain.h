/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `resprep explain` shows of a code, as text and as JSON. */
#ifndef RESPREP_CLI_EXPLAIN_H
#define RESPREP_CLI_EXPLAIN_H

#include <stdbool.h>
#include <stdint.h>

struct code_item;
struct js;
struct text;

/* One reading of an argument: its value, how it is put together, and all that it means. */
void explain_add_code(struct text *out, uint32_t value);
void explain_add_extend(struct text *out, uint32_t extend);

/* A code of a file: the likeliest meaning, and the lines. */
void explain_add_item(struct text *out, const struct code_item *i);

/* A code; `reading` is "hexadecimal" or "decimal", or NULL; `item` (or NULL) adds how often and where it stands. */
struct js *explain_json(uint32_t value, const char *reading, const uint32_t *extend,
			const struct code_item *item);

/* Whether the words are those of a known failure (logs/known.h), or the name of one; what it is. */
bool explain_knows(const char *words);
void explain_add_known(struct text *out, const char *words);
struct js *explain_known_json(const char *words); /* a list */

#endif
