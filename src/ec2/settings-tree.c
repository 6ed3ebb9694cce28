/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Settings in JSON (EC2Launch v1) and YAML (v2).
 *
 * JSON: a path is names with "/" between, "#" for each item of a list.  PowerShell compares names without regard to case.
 * YAML: config is a list of stages, each with a list of tasks, each with inputs: "preReady.setAdminAccount.password.type".  A task that is
 * there twice in a stage gets a number, "executeScript.2"; of the kind "executeScript" the inputs are a list of maps, each counted where there are
 * several.
 */
#include <stdlib.h>
#include <string.h>

#include "answer/tree.h"
#include "ec2/settings-private.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/secrets.h"
#include "util/text.h"
#include "util/utf16.h"

/* YAML has several words for no value, and none at all; JSON has "null". */
static bool
is_null(const struct tree *t, const struct tree_node *n)
{
	static const char *const words[] = { "null", "", "~", "Null", "NULL" };

	for (size_t i = 0; n->kind == NODE_PLAIN && i < (t->yaml ? ARRAY_SIZE(words) : 1); i++)
		if (strcmp(n->text, words[i]) == 0)
			return true;
	return false;
}

static struct setting *
add_node(struct agent_settings *s, const struct setting_kind *kind, size_t file, size_t node,
	 char *name)
{
	const struct tree_node *n = &s->files[file].tree->list[node];
	struct setting *new = settings_add(s, kind, file, name, xstrdup(n->text));

	new->place = node;
	new->line = n->line;
	new->column = n->column;
	new->quoted = n->kind == NODE_TEXT;
	new->null = is_null(s->files[file].tree, n);
	return new;
}

static bool
is_value(const struct tree *t, size_t node)
{
	return t->list[node].kind == NODE_TEXT || t->list[node].kind == NODE_PLAIN;
}

static void
no_value(struct agent_settings *s, size_t file, size_t node, const char *name, const char *what)
{
	const struct tree_node *n = &s->files[file].tree->list[node];

	settings_problem(s, SETTING_BAD_VALUE, file, n->line, n->column, name, "%s: %s", name,
			 what);
}

/* ---- EC2Launch v1 ---- */

/* A key without which, or with such a value, the file is given up; `n` is NULL where it is missing. */
static void
give_up(struct agent_settings *s, size_t file, const struct tree_node *n,
	const struct setting_kind *kind)
{
	settings_problem(
		s, SETTING_REJECTED, file, n ? n->line : 0, n ? n->column : 0, kind->name,
		"%s %s: EC2Launch gives the whole file up and uses its defaults, a random Administrator password among them",
		kind->path, n ? "has a value that it does not take" : "is missing");
}

static void
list_kind(struct agent_settings *s, size_t file, const struct setting_kind *kind, size_t from,
	  const char *path, size_t number)
{
	const struct tree *t = s->files[file].tree;
	size_t n = strcspn(path, "/");
	CLEANUP_FREE char *step = xstrndup(path, n);
	const char *mark = strchr(kind->name, '#');
	size_t found;

	if (strcmp(step, "#") == 0) {
		for (size_t i = t->list[from].first; i != TREE_NONE; i = t->list[i].next)
			list_kind(s, file, kind, i, path + 2, t->list[i].index + 1);
		return;
	}
	found = t->list[from].kind == NODE_MAP ? tree_member(t, from, step, true) : TREE_NONE;
	if (found != TREE_NONE && path[n] == '/') {
		list_kind(s, file, kind, found, path + n + 1, number);
		return;
	}
	if (found != TREE_NONE && is_value(t, found)) {
		add_node(s, kind, file, found,
			 mark && number ? xasprintf("%.*s%zu%s", (int)(mark - kind->name),
						    kind->name, number, mark + 1) :
					  xstrdup(kind->name))
			->is_list_entry = mark;
	} else if (found != TREE_NONE && kind->required) {
		give_up(s, file, &t->list[found], kind);
	} else if (found != TREE_NONE) {
		no_value(s, file, found, kind->name, "a map or list where a value belongs");
	} else if (!mark) {
		settings_add(s, kind, file, xstrdup(kind->name), NULL);
	}
}

/* "Confirm-LaunchConfig.ps1": what makes EC2Launch v1 give the file up and use its defaults. */
static void
confirm(struct agent_settings *s, size_t file)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct setting *n = &s->list[i];

		if (n->file == file && n->kind && n->kind->required &&
		    !(n->value && setting_is_valid(n)))
			give_up(s, file, n->value ? &s->files[file].tree->list[n->place] : NULL,
				n->kind);
	}
}

void
settings_list_json(struct agent_settings *s, size_t file)
{
	const char *name = s->files[file].name;
	const struct tree *t = s->files[file].tree;

	if (t->list[0].kind != NODE_MAP) {
		settings_problem(s, SETTING_REJECTED, file, t->list[0].line, t->list[0].column,
				 name, "the file holds no object");
		return;
	}
	for (size_t i = 0; i < setting_kind_count; i++)
		if (strcmp(setting_kinds[i].file, name) == 0)
			list_kind(s, file, &setting_kinds[i], 0, setting_kinds[i].path, 0);
	confirm(s, file);
}

/* ---- EC2Launch v2 ---- */

struct task {
	struct agent_settings *s;
	size_t file;
	const char *name; /* "executeScript" */
	const char *full; /* "postReady.executeScript.2" */
};

/* So many arguments before one can say what it is. */
#define ARGUMENTS 8

/* The program or argument `node` behind those until now, as one word of a command line. */
static void
add_argument(const struct tree *tree, size_t node, struct text *line)
{
	const char *text = tree->list[node].text;
	bool blanks = text && strpbrk(text, " \t");

	if (text && !strchr(text, '\n'))
		text_addf(line, "%s%s%s%s", line->len ? " " : "", blanks ? "\"" : "", text,
			  blanks ? "\"" : "");
}

static size_t
secrets_in(const char *line)
{
	size_t count;

	free(secrets_mask(line, &count));
	return count;
}

/*
 * Whether an item of a list is a password by the program and the items before it, as in "net.exe" ["user", "bob", "PASSWORD"] and
 * ["--password", "PASSWORD"]: one word alone does not tell.
 */
static bool
is_secret_argument(const struct tree *tree, size_t node)
{
	const struct tree_node *n = &tree->list[node];
	CLEANUP_TEXT struct text line = TEXT_INIT;
	size_t above = tree->list[n->parent].parent;
	size_t program = above != TREE_NONE && tree->list[above].kind == NODE_MAP ?
				 tree_member(tree, above, "path", false) :
				 TREE_NONE;
	size_t before;

	if (tree->list[n->parent].kind != NODE_LIST || !n->text || strchr(n->text, '\n') ||
	    strlen(n->text) > 1024)
		return false;
	if (program != TREE_NONE && is_value(tree, program))
		add_argument(tree, program, &line);
	for (size_t i = tree->list[n->parent].first; i != node; i = tree->list[i].next)
		if (n->index - tree->list[i].index <= ARGUMENTS && is_value(tree, i))
			add_argument(tree, i, &line);
	before = secrets_in(text_str(&line));
	add_argument(tree, node, &line);
	return secrets_in(text_str(&line)) > before && !secrets_in(n->text);
}

static void
list_inputs(const struct task *t, size_t node, const char *full, const char *general)
{
	const struct tree *tree = t->s->files[t->file].tree;
	const struct tree_node *n = &tree->list[node];
	const struct setting_kind *kind;
	struct setting *added;

	if (n->kind == NODE_MAP || n->kind == NODE_LIST) {
		for (size_t i = n->first; i != TREE_NONE; i = tree->list[i].next) {
			const struct tree_node *c = &tree->list[i];
			CLEANUP_FREE char *f = c->name ? xasprintf("%s.%s", full, c->name) :
							 xasprintf("%s.%zu", full, c->index + 1);
			CLEANUP_FREE char *g = xasprintf("%s.%s", general, c->name ? c->name : "#");

			list_inputs(t, i, f, g);
		}
		return;
	}
	if (n->kind == NODE_ALIAS) {
		no_value(t->s, t->file, node, full, "an alias, which is not followed");
		return;
	}
	kind = setting_kind_find(AGENT_EC2LAUNCH2, general);
	added = add_node(t->s, kind, t->file, node, xstrdup(full));
	added->is_list_entry = strchr(general, '#');
	added->secret = is_secret_argument(tree, node);
	if (!kind && task_kind_find(t->name))
		settings_problem(t->s, SETTING_UNKNOWN, t->file, n->line, n->column, full,
				 "%s: AWS' documents name no such input", full);
}

/* executeScript and its like take a list of maps; with one item its number is left out. */
static void
list_task_inputs(const struct task *t, size_t inputs)
{
	const struct tree *tree = t->s->files[t->file].tree;
	const struct tree_node *n = &tree->list[inputs];
	bool single = n->kind == NODE_LIST && n->first == n->last;

	if (n->kind != NODE_LIST) {
		list_inputs(t, inputs, t->full, t->name);
		return;
	}
	for (size_t i = n->first; i != TREE_NONE; i = tree->list[i].next) {
		CLEANUP_FREE char *f = single ? xstrdup(t->full) :
						xasprintf("%s.%zu", t->full,
							  tree->list[i].index + 1);

		list_inputs(t, i, f, t->name);
	}
}

/* How many tasks of that name the list has before the node, or after it none: then 0 for a single one. */
static size_t
number_of(const struct tree *t, size_t tasks, size_t self, const char *name)
{
	size_t before = 0, all = 0;

	for (size_t i = t->list[tasks].first; i != TREE_NONE; i = t->list[i].next) {
		size_t own = t->list[i].kind == NODE_MAP ? tree_member(t, i, "task", false) :
							   TREE_NONE;

		if (own == TREE_NONE || !t->list[own].text || strcmp(t->list[own].text, name) != 0)
			continue;
		all++;
		before += i <= self;
	}
	return all > 1 ? before : 0;
}

static bool
has_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = words; p; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL)
		if (strncmp(p, word, n) == 0 && (p[n] == '|' || !p[n]))
			return true;
	return false;
}

static void
list_task(struct agent_settings *s, size_t file, const char *stage, size_t tasks, size_t node)
{
	const struct tree *tree = s->files[file].tree;
	size_t name = tree->list[node].kind == NODE_MAP ? tree_member(tree, node, "task", false) :
							  TREE_NONE;
	size_t inputs = name == TREE_NONE ? TREE_NONE : tree_member(tree, node, "inputs", false);
	const struct task_kind *kind;
	CLEANUP_FREE char *full = NULL;
	struct task t = { .s = s, .file = file };
	size_t number;

	if (name == TREE_NONE || !is_value(tree, name)) {
		no_value(s, file, node, stage, "an item of its tasks names no task");
		return;
	}
	t.name = tree->list[name].text;
	kind = task_kind_find(t.name);
	number = number_of(tree, tasks, node, t.name);
	full = number ? xasprintf("%s.%s.%zu", stage, t.name, number) :
			xasprintf("%s.%s", stage, t.name);
	t.full = full;
	if (!kind)
		settings_problem(s, SETTING_UNKNOWN, file, tree->list[name].line,
				 tree->list[name].column, full,
				 "%s: AWS' documents name no such task", full);
	else if (!has_word(kind->stages, stage))
		settings_problem(s, SETTING_UNKNOWN, file, tree->list[name].line,
				 tree->list[name].column, full,
				 "%s: AWS' documents have this task in %s", full, kind->stages);
	/* the task itself, so that it is seen without inputs too */
	free(add_node(s, NULL, file, name, xstrdup(full))->value);
	s->list[s->count - 1].value = xstrdup(kind ? kind->frequency : "unknown");
	s->list[s->count - 1].is_task = true;
	if (inputs != TREE_NONE)
		list_task_inputs(&t, inputs);
}

static void
list_stage(struct agent_settings *s, size_t file, size_t node)
{
	static const char stages[] = "boot|network|preReady|postReady";
	const struct tree *t = s->files[file].tree;
	bool map = t->list[node].kind == NODE_MAP;
	size_t name = map ? tree_member(t, node, "stage", false) : TREE_NONE;
	size_t tasks = map ? tree_member(t, node, "tasks", false) : TREE_NONE;

	if (name == TREE_NONE || !is_value(t, name)) {
		no_value(s, file, node, "config", "an item names no stage");
		return;
	}
	if (!has_word(stages, t->list[name].text))
		settings_problem(s, SETTING_UNKNOWN, file, t->list[name].line, t->list[name].column,
				 t->list[name].text, "there is no stage '%s' (%s)",
				 t->list[name].text, stages);
	if (tasks == TREE_NONE || t->list[tasks].kind != NODE_LIST)
		return;
	for (size_t i = t->list[tasks].first; i != TREE_NONE; i = t->list[i].next)
		list_task(s, file, t->list[name].text, tasks, i);
}

void
settings_list_tasks(struct agent_settings *s, size_t file)
{
	const struct tree *t = s->files[file].tree;
	size_t config = t->list[0].kind == NODE_MAP ? tree_member(t, 0, "config", false) :
						      TREE_NONE;

	if (config == TREE_NONE || t->list[config].kind != NODE_LIST) {
		settings_problem(s, SETTING_REJECTED, file, t->list[0].line, t->list[0].column,
				 s->files[file].name, "the file has no list 'config' of stages");
		return;
	}
	for (size_t i = t->list[config].first; i != TREE_NONE; i = t->list[i].next)
		list_stage(s, file, i);
}

/* ---- what EC2Launch v2 keeps for itself; the form of these files is not documented ---- */

static void
list_leaves(struct agent_settings *s, size_t file, const struct setting_kind *kind, size_t node,
	    const char *name)
{
	const struct tree *t = s->files[file].tree;

	if (is_value(t, node))
		add_node(s, kind, file, node, xstrdup(name))->is_list_entry = true;
	for (size_t i = t->list[node].first; i != TREE_NONE; i = t->list[i].next) {
		const struct tree_node *n = &t->list[i];
		CLEANUP_FREE char *full = n->name ? xasprintf("%s.%s", name, n->name) :
						    xasprintf("%s.%zu", name, n->index + 1);

		list_leaves(s, file, kind, i, full);
	}
}

void
settings_list_state(struct agent_settings *s, size_t file)
{
	for (size_t i = 0; i < setting_kind_count; i++) {
		const struct setting_kind *k = &setting_kinds[i];
		CLEANUP_FREE char *name = NULL;

		if (strcmp(k->file, s->files[file].name) != 0)
			continue;
		name = xstrndup(k->name, strlen(k->name) - strlen(".#"));
		list_leaves(s, file, k, 0, name);
	}
}
