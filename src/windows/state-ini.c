/* SPDX-License-Identifier: GPL-3.0-or-later */
/* State.ini, line by line; see state-ini.h. */
#include <stdbool.h>
#include <string.h>

#include "util/alloc.h"
#include "util/error.h"
#include "util/utf16.h"
#include "windows/state-ini.h"

#define BLANKS " \t"

/* From `*start` to `*end` without the blanks at both ends. */
static void
trim(const char *text, size_t *start, size_t *end)
{
	while (*start < *end && strchr(BLANKS, text[*start]))
		++*start;
	while (*start < *end && strchr(BLANKS, text[*end - 1]))
		--*end;
}

static bool
is_word(const char *text, size_t start, size_t end, const char *word)
{
	return end - start == strlen(word) && name_starts_with(text + start, word);
}

/* A value in quotes, of either kind, is what stands between them. */
static void
unquote(const char *text, size_t *start, size_t *end)
{
	if (*end - *start >= 2 && (text[*start] == '"' || text[*start] == '\'') &&
	    text[*end - 1] == text[*start]) {
		++*start;
		--*end;
	}
}

/* The first ImageState of [State]. */
static bool
find(struct state_ini *ini)
{
	const char *text = ini->file.text;
	bool in_state = false;
	size_t next;

	for (size_t at = 0; at < ini->file.text_len; at = next) {
		size_t start = at, end = at + strcspn(text + at, "\r\n"), sign;

		next = end + (end < ini->file.text_len);
		trim(text, &start, &end);
		if (start < end && text[start] == '[') {
			in_state = is_word(text, start, end, "[State]");
			continue;
		}
		sign = start + strcspn(text + start, "=");
		if (!in_state || sign >= end)
			continue;
		ini->start = sign + 1;
		ini->end = end;
		trim(text, &start, &sign);
		if (!is_word(text, start, sign, "ImageState"))
			continue;
		trim(text, &ini->start, &ini->end);
		unquote(text, &ini->start, &ini->end);
		return true;
	}
	return false;
}

int
state_ini_open(struct state_ini *ini, const void *p, size_t n, struct error *err)
{
	*ini = (struct state_ini){ 0 };
	if (encoded_open(&ini->file, p, n, CODE_PAGE_MAYBE, err) < 0)
		return -1;
	if (find(ini))
		return 0;
	state_ini_clear(ini);
	return error_set(err, ERR_CORRUPT, "[State] has no ImageState");
}

void
state_ini_clear(struct state_ini *ini)
{
	encoded_clear(&ini->file);
	*ini = (struct state_ini){ 0 };
}

char *
state_ini_value(const struct state_ini *ini)
{
	return xstrndup(ini->file.text + ini->start, ini->end - ini->start);
}

uint8_t *
state_ini_replace(const struct state_ini *ini, const char *value, size_t *ret_len,
		  struct error *err)
{
	return encoded_replace(&ini->file, ini->start, ini->end, value, ret_len, err);
}
