/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * YAML with the place of every value, by libyaml (the only file that knows it): its events say where in the text each value begins and
 * ends.  Aliases are not followed, so that none can blow a file up.
 */
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "answer/tree-private.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"

struct open_node {
	size_t node;
	size_t count; /* members or items until now */
	char *name;   /* of a map: the key whose value comes next; owned */
	bool flow;
};

struct reader_yaml {
	struct tree *t;
	yaml_parser_t parser;
	struct open_node *open;
	size_t depth;
	size_t character, byte; /* the same place: libyaml counts characters */
	struct error *err;
};

/* The byte of the text at character `index`; walks from where it was, so all together walk the text about once. */
static size_t
byte_at(struct reader_yaml *r, size_t index)
{
	const char *p = r->t->source.text;
	size_t len = r->t->source.text_len;

	while (r->character < index && r->byte < len) {
		do
			r->byte++;
		while ((p[r->byte] & 0xc0) == 0x80);
		r->character++;
	}
	while (r->character > index && r->byte > 0) {
		do
			r->byte--;
		while ((p[r->byte] & 0xc0) == 0x80);
		r->character--;
	}
	return r->byte;
}

static int
wrong(struct reader_yaml *r, const yaml_mark_t *mark, const char *what)
{
	return encoded_error(&r->t->source, byte_at(r, mark->index), r->err, "%s", what);
}

static int
parser_failed(struct reader_yaml *r)
{
	const yaml_parser_t *p = &r->parser;
	CLEANUP_FREE char *what = xasprintf("%s%s%s", p->context ? p->context : "",
					    p->context ? ", " : "",
					    p->problem ? p->problem : "not well-formed");

	if (p->error == YAML_MEMORY_ERROR)
		out_of_memory();
	/* what is no character has no mark but an offset */
	if (p->error == YAML_READER_ERROR)
		return encoded_error(&r->t->source, p->problem_offset, r->err, "%s", what);
	return wrong(r, &p->problem_mark, what);
}

/* ---- nodes ---- */

/* A scalar that is the key of the map that is open. */
static int
take_key(struct reader_yaml *r, struct open_node *open, const yaml_event_t *e)
{
	const char *name = (const char *)e->data.scalar.value;
	CLEANUP_FREE char *what = NULL;

	if (tree_member(r->t, open->node, name, false) != TREE_NONE) {
		what = xasprintf("the key '%s' is there twice", name);
		return wrong(r, &e->start_mark, what);
	}
	open->name = xstrdup(name);
	return 0;
}

static bool
wants_key(const struct reader_yaml *r)
{
	const struct open_node *open = r->depth ? &r->open[r->depth - 1] : NULL;

	return open && r->t->list[open->node].kind == NODE_MAP && !open->name;
}

static size_t
add(struct reader_yaml *r, struct tree_node *node, const yaml_event_t *e)
{
	struct open_node *open = r->depth ? &r->open[r->depth - 1] : NULL;

	node->parent = open ? open->node : TREE_NONE;
	node->index = open ? open->count++ : 0;
	node->name = open ? steal(&open->name) : NULL;
	node->in_flow = open && open->flow;
	node->start = byte_at(r, e->start_mark.index);
	node->end = byte_at(r, e->end_mark.index);
	return tree_add(r->t, node, r->err);
}

static int
begin(struct reader_yaml *r, enum node_kind kind, bool flow, bool marked, const yaml_event_t *e)
{
	struct tree_node node = { .kind = kind, .marked = marked };
	size_t self;

	flow |= r->depth && r->open[r->depth - 1].flow;
	if (wants_key(r))
		return wrong(r, &e->start_mark, "a key that is no text");
	if (r->depth == TREE_MAX_DEPTH)
		return error_set(r->err, ERR_LIMIT, "the file nests deeper than %u",
				 TREE_MAX_DEPTH);
	self = add(r, &node, e);
	if (self == TREE_NONE)
		return -1;
	ARRAY_GROW(r->open, r->depth);
	r->open[r->depth++] = (struct open_node){ .node = self, .flow = flow };
	return 0;
}

static int
end(struct reader_yaml *r, const yaml_event_t *e)
{
	struct open_node *open = &r->open[--r->depth];

	r->t->list[open->node].end = byte_at(r, e->end_mark.index);
	return 0;
}

static int
take_scalar(struct reader_yaml *r, const yaml_event_t *e)
{
	static const char quotes[] = {
		[YAML_PLAIN_SCALAR_STYLE] = 0,		 [YAML_SINGLE_QUOTED_SCALAR_STYLE] = '\'',
		[YAML_DOUBLE_QUOTED_SCALAR_STYLE] = '"', [YAML_LITERAL_SCALAR_STYLE] = '|',
		[YAML_FOLDED_SCALAR_STYLE] = '>',
	};
	struct tree_node node = { .marked = e->data.scalar.anchor || e->data.scalar.tag };
	const char *value = (const char *)e->data.scalar.value;

	if (strlen(value) != e->data.scalar.length)
		return wrong(r, &e->start_mark, "a value with a NUL in it");
	if (wants_key(r))
		return take_key(r, &r->open[r->depth - 1], e);
	node.quote = quotes[e->data.scalar.style];
	node.kind = node.quote ? NODE_TEXT : NODE_PLAIN;
	node.text = xstrdup(value);
	return add(r, &node, e) == TREE_NONE ? -1 : 0;
}

static int
take_alias(struct reader_yaml *r, const yaml_event_t *e)
{
	struct tree_node node = { .kind = NODE_ALIAS };

	if (wants_key(r))
		return wrong(r, &e->start_mark, "a key that is an alias");
	node.text = xstrdup((const char *)e->data.alias.anchor);
	return add(r, &node, e) == TREE_NONE ? -1 : 0;
}

static int
take(struct reader_yaml *r, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		return r->t->count ? wrong(r, &e->start_mark, "a second document begins here") : 0;
	case YAML_MAPPING_START_EVENT:
		return begin(r, NODE_MAP, e->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE,
			     e->data.mapping_start.anchor || e->data.mapping_start.tag, e);
	case YAML_SEQUENCE_START_EVENT:
		return begin(r, NODE_LIST, e->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE,
			     e->data.sequence_start.anchor || e->data.sequence_start.tag, e);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		return end(r, e);
	case YAML_SCALAR_EVENT:
		return take_scalar(r, e);
	case YAML_ALIAS_EVENT:
		return take_alias(r, e);
	default:
		return 0;
	}
}

static int
run(struct reader_yaml *r)
{
	bool ended = false;

	/* ends because each event takes from the text, which is bounded */
	while (!ended) {
		yaml_event_t event;
		int got;

		if (!yaml_parser_parse(&r->parser, &event))
			return parser_failed(r);
		ended = event.type == YAML_STREAM_END_EVENT;
		got = take(r, &event);
		yaml_event_delete(&event);
		if (got < 0)
			return -1;
	}
	return 0;
}

int
tree_read_yaml(struct tree *t, struct error *err)
{
	struct reader_yaml r = { .t = t, .err = err };
	int got;

	if (!yaml_parser_initialize(&r.parser))
		out_of_memory();
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)t->source.text,
				     t->source.text_len);
	got = run(&r);
	yaml_parser_delete(&r.parser);
	for (size_t i = 0; i < r.depth; i++)
		free(r.open[i].name);
	free(r.open);
	if (got == 0 && !t->count)
		return encoded_error(&t->source, 0, err, "the file holds nothing");
	return got;
}
