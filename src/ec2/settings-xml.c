/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * EC2Config's settings in XML.  A path leads from the root's children down: "Plugins/Plugin[Name=Ec2SetPassword]/State".  "[Name=x]" asks for
 * a child <Name> that says x, "[#]" takes each in turn, "//x" is the element x wherever it stands.  Names are compared without regard to
 * case: AWS' documents and files differ in it.
 */
#include <stdlib.h>
#include <string.h>

#include "answer/xml.h"
#include "ec2/settings-private.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "util/utf16.h"

#define NONE SIZE_MAX

struct match {
	size_t element;
	size_t number; /* of the entry that "#" counts, from 1 */
};
struct matches {
	struct match *list;
	size_t count;
};

static char *
text_of(const struct xml *x, size_t i)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	struct xml_place place = { 0 };
	char *text = NULL;

	if (xml_place_of(x, i, &place, &ignored) == 0)
		text = steal(&place.text);
	xml_place_clear(&place);
	return text;
}

/* Whether element `i` has a child NAME that says TEXT. */
static bool
child_says(const struct xml *x, size_t i, const char *name, const char *text)
{
	for (size_t k = i + 1; k < xml_count(x); k++) {
		CLEANUP_FREE char *own = NULL;

		if (xml_parent(x, k) != i || !name_equal(xml_name(x, k), name))
			continue;
		own = text_of(x, k);
		if (own && name_equal(own, text))
			return true;
	}
	return false;
}

/* One component of a path: "Plugin[Name=x]". */
struct step {
	char *name, *child, *says;
	bool counted;
};

static struct step
read_step(const char *path, size_t n)
{
	struct step s = { 0 };
	const char *open = memchr(path, '[', n);
	const char *equals = open ? memchr(open, '=', n - (size_t)(open - path)) : NULL;

	s.name = xstrndup(path, open ? (size_t)(open - path) : n);
	if (equals) {
		s.child = xstrndup(open + 1, (size_t)(equals - open - 1));
		s.says = xstrndup(equals + 1, n - (size_t)(equals - path) - 2);
	} else if (open) {
		s.counted = true;
	}
	return s;
}

static void
step_clear(struct step *s)
{
	free(s->name);
	free(s->child);
	free(s->says);
}

static void
add_match(struct matches *m, size_t element, size_t number)
{
	ARRAY_GROW(m->list, m->count);
	m->list[m->count++] = (struct match){ element, number };
}

/* The elements that the first step of a path takes below each of `from`. */
static void
take_step(const struct xml *x, const struct matches *from, const struct step *s, struct matches *to)
{
	for (size_t f = 0; f < from->count; f++) {
		size_t seen = 0;

		for (size_t i = from->list[f].element + 1; i < xml_count(x); i++) {
			if (xml_parent(x, i) != from->list[f].element ||
			    !name_equal(xml_name(x, i), s->name) ||
			    (s->child && !child_says(x, i, s->child, s->says)))
				continue;
			seen++;
			add_match(to, i, s->counted ? seen : from->list[f].number);
		}
	}
}

static struct matches
follow(const struct xml *x, const char *path)
{
	struct matches now = { 0 };

	if (strncmp(path, "//", 2) == 0) {
		for (size_t i = 0; i < xml_count(x); i++)
			if (name_equal(xml_name(x, i), path + 2))
				add_match(&now, i, 0);
		return now;
	}
	add_match(&now, 0, 0);
	while (*path) {
		/* a condition may hold no slash, but a plug-in's name has dots only */
		size_t n = strcspn(path, "/");
		struct step s = read_step(path, n);
		struct matches next = { 0 };

		take_step(x, &now, &s, &next);
		step_clear(&s);
		free(now.list);
		now = next;
		path += n + (path[n] == '/');
	}
	return now;
}

/* "BundleConfig.Sysprep.1.Switches" of "BundleConfig.Sysprep.#.Switches" */
static char *
numbered(const char *name, size_t number)
{
	const char *mark = strchr(name, '#');

	return mark && number ? xasprintf("%.*s%zu%s", (int)(mark - name), name, number, mark + 1) :
				xstrdup(name);
}

static void
list_one(struct agent_settings *s, size_t file, const struct setting_kind *kind, size_t element,
	 char *name)
{
	const struct xml *x = s->files[file].xml;
	CLEANUP_FREE char *text = text_of(x, element);
	struct setting *n;
	int line, column;

	xml_where(x, xml_offset(x, element), &line, &column);
	if (!text) {
		settings_problem(s, SETTING_BAD_VALUE, file, line, column, name,
				 "<%s> holds elements where a value belongs", xml_name(x, element));
		free(name);
		return;
	}
	n = settings_add(s, kind, file, name, steal(&text));
	n->place = element;
	n->line = line;
	n->column = column;
	n->is_list_entry = strchr(kind->name, '#');
}

/* The last one listed is there again; `name` is taken. */
static void
add_again(struct agent_settings *s, size_t file, size_t element, char *name)
{
	const struct xml *x = s->files[file].xml;
	int line, column;

	xml_where(x, xml_offset(x, element), &line, &column);
	settings_problem(s, SETTING_TWICE, file, line, column, name,
			 "%s is there twice; which of the two the agent takes is not known", name);
	if (s->count && strcmp(s->list[s->count - 1].name, name) == 0)
		s->list[s->count - 1].twice = true;
	free(name);
}

static void
list_kind(struct agent_settings *s, size_t file, const struct setting_kind *kind)
{
	const struct xml *x = s->files[file].xml;
	struct matches m = follow(x, kind->path);
	size_t last = 0;

	if (!m.count && !strchr(kind->name, '#'))
		settings_add(s, kind, file, xstrdup(kind->name), NULL);
	for (size_t i = 0; i < m.count; i++) {
		bool again = i && m.list[i].number == last;

		last = m.list[i].number;
		if (again)
			add_again(s, file, m.list[i].element, numbered(kind->name, last));
		else
			list_one(s, file, kind, m.list[i].element, numbered(kind->name, last));
	}
	free(m.list);
}

/* Plug-ins that the documents do not name: their state is a state all the same. */
static void
list_other_plugins(struct agent_settings *s, size_t file)
{
	static const struct setting_kind other = {
		AGENT_EC2CONFIG,
		"Settings/Config.xml",
		"Plugins/Plugin[#]/State",
		"Config.#",
		SETTING_CHOICE,
		SETTING_ON_OFF,
		"a plug-in that AWS' documents do not name",
		NULL,
		"the file itself",
		false,
		false,
	};
	const struct xml *x = s->files[file].xml;
	struct matches names = follow(x, "Plugins/Plugin/Name");

	for (size_t i = 0; i < names.count; i++) {
		CLEANUP_FREE char *text = text_of(x, names.list[i].element);
		CLEANUP_FREE char *name = text ? xasprintf("Config.%s", text) : NULL;
		size_t plugin = xml_parent(x, names.list[i].element);

		if (!name || !*text || setting_kind_find(AGENT_EC2CONFIG, name))
			continue;
		for (size_t k = plugin + 1; k < xml_count(x); k++)
			if (xml_parent(x, k) == plugin && name_equal(xml_name(x, k), "State")) {
				list_one(s, file, &other, k, xstrdup(name));
				s->list[s->count - 1].is_list_entry = false;
				break;
			}
	}
	free(names.list);
}

void
settings_list_xml(struct agent_settings *s, size_t file)
{
	const char *name = s->files[file].name;

	for (size_t i = 0; i < setting_kind_count; i++)
		if (strcmp(setting_kinds[i].file, name) == 0)
			list_kind(s, file, &setting_kinds[i]);
	if (strcmp(name, "Settings/Config.xml") == 0)
		list_other_plugins(s, file);
}
