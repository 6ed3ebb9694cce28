/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passwords that Windows does not see; see unseen.h. */
#include <stdlib.h>
#include <string.h>

#include "answer/encoded.h"
#include "answer/scrub.h"
#include "answer/unseen.h"
#include "answer/xml.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/secrets.h"
#include "util/utf16.h"

#define LIMIT 64

static void
add(struct answer_unseen *u, int line, int column, const char *what)
{
	ARRAY_GROW(u->list, u->count);
	u->list[u->count++] = (struct answer_unseen_secret){ line, column, what };
}

/* ---- comments ---- */

/* Prose may have "Password: " in it; elements and commands are no prose. */
static bool
comment_has_secret(const char *text)
{
	size_t count = 0;
	char *masked;

	if (!name_find(text, "Password>") && !name_find(text, "net user") &&
	    !name_find(text, "net.exe") && !name_find(text, "net1"))
		return false;
	masked = secrets_mask(text, &count);
	free(masked);
	return count > 0;
}

static void
find_comments(const struct answer *a, struct answer_unseen *ret)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	CLEANUP_ENCODED struct encoded e = { 0 };
	size_t len;
	const uint8_t *bytes = xml_bytes(a->xml, &len);
	const char *p, *end;

	if (encoded_open(&e, bytes, len, CODE_PAGE_MAYBE, &ignored) < 0)
		return;
	for (p = strstr(e.text, "<!--"); p && ret->count < LIMIT; p = strstr(end, "<!--")) {
		CLEANUP_FREE char *text = NULL;
		int line, column;

		end = strstr(p + 4, "-->");
		if (!end)
			return;
		text = xstrndup(p + 4, (size_t)(end - p - 4));
		if (!comment_has_secret(text))
			continue;
		encoded_position(&e, (size_t)(p - e.text), &line, &column);
		add(ret, line, column, "a comment");
	}
}

/* ---- elements ---- */

static bool
names_password(const struct xml *x, size_t i)
{
	const char *name = xml_name(x, i);

	if (name_equal(name, "Value") && xml_parent(x, i) != SIZE_MAX)
		name = xml_name(x, xml_parent(x, i));
	return name_ends_with(name, "Password");
}

static bool
holds_secret(const struct xml *x, size_t i)
{
	static const char *const none[] = { "", "true", "false", "0", "1", "*", ANSWER_DELETED };
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	struct xml_place place = { 0 };
	bool holds = xml_place_of(x, i, &place, &ignored) == 0;

	for (size_t k = 0; holds && k < ARRAY_SIZE(none); k++)
		holds = !name_equal(place.text, none[k]);
	xml_place_clear(&place);
	return holds;
}

static void
find_elements(const struct answer *a, struct answer_unseen *ret)
{
	CLEANUP_ANSWER_SECRETS struct answer_secrets known = { 0 };
	const struct xml *x = a->xml;
	/* the passwords that answer_secrets_find() tells, which may have their value in an element within */
	CLEANUP_FREE bool *told = xcalloc(xml_count(x), sizeof *told);
	size_t most = ret->count + LIMIT;

	answer_secrets_find(a, &known);
	for (size_t i = 0; i < known.count; i++)
		told[known.list[i].element] = true;
	for (size_t i = 1; i < xml_count(x) && ret->count < most; i++) {
		int line, column;

		if (!names_password(x, i) || xml_has_elements(x, i) || told[i] ||
		    told[xml_parent(x, i)] || !holds_secret(x, i))
			continue;
		xml_where(x, xml_offset(x, i), &line, &column);
		add(ret, line, column, "an element that is no setting of Windows");
	}
}

void
answer_unseen_find(const struct answer *a, struct answer_unseen *ret)
{
	*ret = (struct answer_unseen){ 0 };
	find_comments(a, ret);
	find_elements(a, ret);
}

void
answer_unseen_clear(struct answer_unseen *u)
{
	free(u->list);
	*u = (struct answer_unseen){ 0 };
}
