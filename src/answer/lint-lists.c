/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The part of lint about elements that stand several times: one that may stand once only, members of a list with the same key, and
 * commands, which Windows runs by their <Order> and refuses as a list when one has none or two have the same.
 */
#include <stdlib.h>
#include <string.h>

#include "answer/lint-private.h"
#include "answer/xml.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"

#define ORDER_LIMIT 501

/* ---- twice ---- */

static int
by_path(const void *a, const void *b)
{
	const struct answer_setting *x = *(const struct answer_setting *const *)a;
	const struct answer_setting *y = *(const struct answer_setting *const *)b;
	int order;

	if (x->component != y->component)
		return x->component < y->component ? -1 : 1;
	order = strcmp(x->plain, y->plain);
	if (order)
		return order;
	return x->element < y->element ? -1 : x->element > y->element;
}

/* Whether some element on the way down, or the setting itself, is one of a list. */
static bool
in_list(const struct answer_component *c, const char *plain)
{
	for (size_t n = 0; plain[n]; n++) {
		CLEANUP_FREE char *part = NULL;
		const struct known_setting *s;

		if (plain[n + 1] && plain[n + 1] != '/')
			continue;
		part = xstrndup(plain, n + 1);
		s = known_setting(c->known, part);
		if (s && s->type == KNOWN_LIST)
			return true;
	}
	return false;
}

static void
lint_twice(struct lint *l)
{
	size_t count = l->answer->setting_count;
	CLEANUP_FREE const struct answer_setting **sorted = xcalloc(count + 1, sizeof *sorted);

	for (size_t i = 0; i < count; i++)
		sorted[i] = &l->answer->settings[i];
	qsort(sorted, count, sizeof *sorted, by_path);
	for (size_t i = 1; i < count; i++) {
		const struct answer_setting *a = sorted[i - 1], *b = sorted[i];
		const struct answer_component *c = &l->answer->components[b->component];

		/* of what is not known nobody can say how often it may stand */
		if (a->component == b->component && strcmp(a->plain, b->plain) == 0 && b->known &&
		    !in_list(c, b->plain))
			lint_setting(l, b, LINT_ERROR, "twice",
				     "it stands a second time, after line %d, column %d", a->line,
				     a->column);
	}
}

/* ---- lists of commands ---- */

/* The text of a child by its name; NULL when there is none; the caller's. */
static char *
child_text(const struct xml *x, size_t parent, const char *name)
{
	for (size_t i = parent + 1; i < xml_count(x) && xml_parent(x, i) >= parent; i++) {
		CLEANUP_ERROR struct error ignored = ERROR_INIT;
		struct xml_place place = { 0 };

		if (xml_parent(x, i) == parent && answer_is(x, i, name) &&
		    !xml_has_elements(x, i) && xml_place_of(x, i, &place, &ignored) == 0)
			return place.text;
	}
	return NULL;
}

struct orders {
	size_t list; /* the element around the commands */
	bool used[ORDER_LIMIT];
	int highest, count;
};

static void
end_list(struct lint *l, const struct orders *o)
{
	if (o->count && o->highest > o->count && o->highest < ORDER_LIMIT)
		lint_at(l, o->list, LINT_NOTE, "order",
			"the orders go up to %d, and there %s %d command%s", o->highest,
			o->count == 1 ? "is" : "are", o->count, o->count == 1 ? "" : "s");
}

static void
lint_order(struct lint *l, size_t i, enum lint_severity worst, struct orders *o)
{
	const struct xml *x = l->answer->xml;
	CLEANUP_FREE char *order = child_text(x, i, "Order");
	size_t parent = xml_parent(x, i);
	int n;

	if (parent != o->list) {
		end_list(l, o);
		*o = (struct orders){ .list = parent };
	}
	o->count++;
	if (!order) {
		lint_at(l, i, worst, "order",
			"a command without <Order>: Windows refuses the list");
		return;
	}
	/* a value that is no number is told as one that is wrong */
	n = strlen(order) < 4 && strspn(order, "0123456789") == strlen(order) ?
		    (int)strtoul(order, NULL, 10) :
		    0;
	if (n < 1 || n >= ORDER_LIMIT)
		return;
	if (o->used[n])
		lint_at(l, i, worst, "order",
			"a second command with order %d: Windows refuses the list", n);
	o->used[n] = true;
	o->highest = n > o->highest ? n : o->highest;
}

/* Commands have an order and something to run. */
static void
lint_command(struct lint *l, size_t i, enum lint_severity worst, struct orders *o)
{
	const struct xml *x = l->answer->xml;
	const char *what = strstr(xml_name(x, i), "Run") ? "Path" : "CommandLine";
	CLEANUP_FREE char *command = child_text(x, i, what);

	lint_order(l, i, worst, o);
	if (!command || (!*command && !l->context->filled))
		lint_at(l, i, worst, "command", "a command without <%s>", what);
}

/* The list that element `i` is a member of, by the path from its component down; NULL when it is of none. */
static const struct known_setting *
list_of(const struct lint *l, const struct answer_component *c, size_t i)
{
	const struct xml *x = l->answer->xml;
	const char *names[16];
	CLEANUP_FREE char *path = NULL;
	const struct known_setting *s;
	size_t n = 0;

	for (size_t at = i; at != c->element; at = xml_parent(x, at)) {
		if (n == ARRAY_SIZE(names))
			return NULL;
		names[n++] = xml_name(x, at);
	}
	path = xstrdup("");
	while (n--) {
		char *longer = xasprintf("%s%s%s", path, *path ? "/" : "", names[n]);

		free(path);
		path = longer;
	}
	s = known_setting(c->known, path);
	return s && s->type == KNOWN_LIST ? s : NULL;
}

static void
lint_member(struct lint *l, const struct answer_component *c, size_t i, struct orders *o)
{
	const struct xml *x = l->answer->xml;
	enum lint_severity worst = c->processed ? LINT_NOTE : LINT_ERROR;
	CLEANUP_FREE char *action = xml_attribute_ns(x, i, ANSWER_WCM, "action");

	if (!action)
		lint_at(l, i, c->processed ? LINT_NOTE : LINT_WARNING, "action",
			"<%.80s> is a member of a list, and has no wcm:action=\"add\"",
			xml_name(x, i));
	if (name_ends_with(xml_name(x, i), "Command"))
		lint_command(l, i, worst, o);
}

void
lint_lists(struct lint *l)
{
	const struct xml *x = l->answer->xml;
	struct orders o = { .list = 0 };
	size_t c = 0;

	lint_twice(l);
	for (size_t n = 0; n < l->answer->component_count; n++) {
		const struct answer_component *component = &l->answer->components[n];

		if (!component->known)
			continue;
		for (c = component->element + 1;
		     c < xml_count(x) && xml_parent(x, c) >= component->element; c++)
			if (list_of(l, component, c))
				lint_member(l, component, c, &o);
	}
	end_list(l, &o);
}
