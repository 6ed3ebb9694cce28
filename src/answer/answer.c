/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The settings of an answer file (answer.h), gathered in one walk over its elements: <settings pass>, <component>, and below it every
 * element without children is a setting.  Elements that stand beside others of their name get numbers.
 */
#include <stdlib.h>
#include <string.h>

#include "answer/answer.h"
#include "answer/scrub.h"
#include "answer/unattend.h"
#include "answer/xml.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/secrets.h"
#include "util/text.h"
#include "util/utf16.h"

#define ELEMENT_LIMIT 50000
#define PATH_LIMIT    1024

bool
answer_is(const struct xml *x, size_t i, const char *name)
{
	const char *ns = xml_namespace(x, i);

	return strcmp(xml_name(x, i), name) == 0 && (!*ns || strcmp(ns, ANSWER_NAMESPACE) == 0);
}

/* ---- secrets ---- */

static bool
ends_in(const char *plain, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len >= n && strncmp(plain + len - n, word, n) == 0;
}

bool
answer_is_password(const char *plain)
{
	const char *slash = strrchr(plain, '/'), *last = slash ? slash + 1 : plain,
		   *colon = strchr(last, ':');
	size_t n = strlen(plain);

	/* <wcm:Value> is none of Windows' elements, and whoever wrote it meant one */
	last = colon ? colon + 1 : last;
	if (slash && strcmp(last, "Value") == 0)
		n = (size_t)(slash - plain);
	else if (strcmp(last, "PlainText") == 0)
		return false;
	return secrets_is_element(plain, n);
}

bool
answer_is_secret(const char *plain)
{
	size_t n = strlen(plain);

	return answer_is_password(plain) || ends_in(plain, n, "ProductKey") ||
	       ends_in(plain, n, "ProductKey/Key");
}

char *
answer_shown(const struct answer_setting *s, bool secrets)
{
	/* what is empty or gone is no secret */
	if (secrets || !s->secret || !*s->value || strcmp(s->value, ANSWER_DELETED) == 0)
		return xstrdup(s->value);
	return xstrdup("(hidden)");
}

char *
answer_name(const struct answer *a, const struct answer_setting *s)
{
	const struct answer_component *c = &a->components[s->component];

	return xasprintf("%s/%s/%s", c->pass_text, c->name, s->path);
}

bool
answer_is_read(const struct answer_component *c, const char *architecture)
{
	/* a 64-bit Windows has components of WOW64, too; one without an architecture is told by lint */
	return !architecture || !*c->architecture || name_equal(c->architecture, architecture) ||
	       name_equal(c->architecture, "neutral") || name_equal(c->architecture, "wow64");
}

/* ---- reading ---- */

static char *
attribute(const struct xml *x, size_t i, const char *name)
{
	char *value = xml_attribute(x, i, name);

	return value ? value : xstrdup("");
}

static void
add_component(struct answer *a, size_t element, size_t settings)
{
	CLEANUP_FREE char *processed = attribute(a->xml, settings, "wasPassProcessed");
	struct answer_component c = {
		.element = element,
		.settings = settings,
		.pass_text = attribute(a->xml, settings, "pass"),
		.processed = unattend_bool(processed) == 1,
		.name = attribute(a->xml, element, "name"),
		.architecture = attribute(a->xml, element, "processorArchitecture"),
	};

	c.pass_known = pass_parse(c.pass_text, &c.pass);
	c.known = known_component(c.name);
	ARRAY_GROW(a->components, a->component_count);
	a->components[a->component_count++] = c;
}

/* What is known while the elements are walked, by their number. */
struct node {
	size_t component; /* in which it stands, or SIZE_MAX */
	size_t nth;	  /* among those of its name and parent, from 1 */
	bool several;	  /* it is not the only one of them */
	size_t last;	  /* its newest child until now */
	bool has_elements;
};

/* Numbers equal names among the children of each parent. */
static void
number(const struct xml *x, struct node *nodes)
{
	size_t count = xml_count(x);

	for (size_t i = 0; i < count; i++)
		nodes[i] = (struct node){ .component = SIZE_MAX, .nth = 1, .last = SIZE_MAX };
	for (size_t i = 1; i < count; i++) {
		size_t parent = xml_parent(x, i);
		size_t before = nodes[parent].last;

		nodes[parent].has_elements = true;
		/* lists are runs of one name: looking at the one before is enough, and keeps a file of 50,000 in time */
		if (before != SIZE_MAX && strcmp(xml_name(x, before), xml_name(x, i)) == 0 &&
		    strcmp(xml_namespace(x, before), xml_namespace(x, i)) == 0) {
			nodes[i].nth = nodes[before].nth + 1;
			nodes[i].several = nodes[before].several = true;
		}
		nodes[parent].last = i;
	}
}

/* The path from the component down; false when it is too long to be one. */
static bool
add_path(const struct xml *x, const struct node *nodes, size_t i, size_t component,
	 struct text *path, struct text *plain)
{
	if (xml_parent(x, i) != component &&
	    !add_path(x, nodes, xml_parent(x, i), component, path, plain))
		return false;
	text_addf(path, "%s%s", path->len ? "/" : "", xml_name(x, i));
	text_addf(plain, "%s%s", plain->len ? "/" : "", xml_name(x, i));
	if (nodes[i].several)
		text_addf(path, "[%zu]", nodes[i].nth);
	return path->len <= PATH_LIMIT;
}

static int
add_setting(struct answer *a, const struct node *nodes, size_t i, struct error *err)
{
	const struct answer_component *c = &a->components[nodes[i].component];
	CLEANUP_TEXT struct text path = TEXT_INIT, plain = TEXT_INIT;
	struct answer_setting s = { .element = i, .component = nodes[i].component };
	struct xml_place place = { 0 };

	xml_where(a->xml, xml_offset(a->xml, i), &s.line, &s.column);
	if (!add_path(a->xml, nodes, i, c->element, &path, &plain))
		return error_set(err, ERR_LIMIT,
				 "line %d, column %d: elements within each other are deeper, or "
				 "their names longer, than in any answer file",
				 s.line, s.column);
	if (xml_place_of(a->xml, i, &place, err) < 0)
		return -1;
	s.value = place.text;
	s.path = text_steal(&path);
	s.plain = text_steal(&plain);
	s.secret = answer_is_secret(s.plain) || answer_command_has_password(s.value);
	s.known = known_setting(c->known, s.plain);
	ARRAY_GROW(a->settings, a->setting_count);
	a->settings[a->setting_count++] = s;
	return 0;
}

static int
walk(struct answer *a, struct error *err)
{
	const struct xml *x = a->xml;
	size_t count = xml_count(x);
	CLEANUP_FREE struct node *nodes = xcalloc(count + 1, sizeof *nodes);

	number(x, nodes);
	for (size_t i = 1; i < count; i++) {
		size_t parent = xml_parent(x, i);

		if (parent != 0 && xml_parent(x, parent) == 0 && answer_is(x, 0, "unattend") &&
		    answer_is(x, parent, "settings") && answer_is(x, i, "component")) {
			nodes[i].component = a->component_count;
			add_component(a, i, parent);
			continue;
		}
		nodes[i].component = nodes[parent].component;
		if (nodes[i].component != SIZE_MAX && !nodes[i].has_elements &&
		    add_setting(a, nodes, i, err) < 0)
			return -1;
	}
	return 0;
}

int
answer_open(const void *p, size_t n, struct answer *ret, struct error *err)
{
	*ret = (struct answer){ 0 };
	if (n > ANSWER_SIZE_LIMIT)
		return error_set(err, ERR_LIMIT,
				 "the file has %zu bytes, more than any answer file", n);
	ret->xml = xml_open(p, n, err);
	if (!ret->xml)
		return -1;
	if (xml_refuse_doctype(ret->xml, err) == 0) {
		if (xml_count(ret->xml) > ELEMENT_LIMIT)
			error_set(err, ERR_LIMIT,
				  "the file has %zu elements, more than any answer file",
				  xml_count(ret->xml));
		else if (walk(ret, err) == 0)
			return 0;
	}
	answer_clear(ret);
	return -1;
}

void
answer_clear(struct answer *a)
{
	for (size_t i = 0; i < a->component_count; i++) {
		free(a->components[i].pass_text);
		free(a->components[i].name);
		free(a->components[i].architecture);
	}
	for (size_t i = 0; i < a->setting_count; i++) {
		free(a->settings[i].path);
		free(a->settings[i].plain);
		free(a->settings[i].value);
	}
	free(a->components);
	free(a->settings);
	xml_close(a->xml);
	*a = (struct answer){ 0 };
}
