/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON and YAML read to find places in their text: maps, lists and values with line, column and bytes.  An edit replaces the bytes of one value, and is
 * proven: the edited file is read again, and must hold the same but for that value.
 */
#ifndef RESPREP_ANSWER_TREE_H
#define RESPREP_ANSWER_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "answer/encoded.h"

struct error;

#define TREE_NONE SIZE_MAX

enum node_kind {
	NODE_MAP,
	NODE_LIST,
	NODE_TEXT,  /* in quotes, or a block of YAML */
	NODE_PLAIN, /* true, 3, null; of YAML any scalar without quotes */
	NODE_ALIAS, /* of YAML: stands for another node */
};

struct tree_node {
	enum node_kind kind;
	size_t parent; /* TREE_NONE: the root */
	size_t index;  /* among its siblings, from 0 */
	size_t first, last,
		next; /* of a map or list: its members; the sibling behind it; TREE_NONE without */
	char *name;   /* in a map: its key; else NULL */
	char *text;   /* of a value; a NUL in it is C0 80; NULL for maps and lists */
	size_t start, end; /* in source.text: as it is written, with its quotes */
	int line, column;  /* of start */
	char quote;	   /* '"', '\'', 0; '|' and '>' for YAML's blocks */
	bool in_flow;	   /* of YAML: within [ ] or { } */
	bool marked;	   /* of YAML: it has a tag or an anchor, and is not edited */
};

struct tree {
	struct encoded source;
	bool yaml;
	struct tree_node *list; /* in the order of the text; the first is the root */
	size_t count;
};

/* A file has at most so many bytes, values, and members of one map or list; maps and lists nest at most so deep. */
#define TREE_MAX_BYTES	 (1u << 20)
#define TREE_MAX_NODES	 16384u
#define TREE_MAX_MEMBERS 1024u
#define TREE_MAX_DEPTH	 64u

/*
 * JSON by RFC 8259, in UTF-8, UTF-16, or (for its strings) a code page; a byte-order mark is passed over.  A key twice in an object, also in
 * another case, is ERR_CORRUPT, because PowerShell's ConvertFrom-Json refuses it.  Each ERR_CORRUPT says line and column; ERR_LIMIT.
 */
struct tree *tree_open_json(const void *p, size_t n, struct error *err);
/* YAML 1.1, one document, by libyaml.  A key twice in a map is ERR_CORRUPT. */
struct tree *tree_open_yaml(const void *p, size_t n, struct error *err);
void tree_close(struct tree *t);
void tree_closep(struct tree **t);
#define CLEANUP_TREE __attribute__((cleanup(tree_closep)))

/* The member `name` of a map; TREE_NONE without.  With `any_case` names are compared as Windows does. */
size_t tree_member(const struct tree *t, size_t map, const char *name, bool any_case);

/* Text is written in quotes where it would otherwise be read as something else; a word (true, 3) never is. */
enum tree_type { TREE_TEXT, TREE_WORD };

/*
 * The file with the value of node `i` replaced.  A file of YAML that is JSON as well stays so.  ERR_UNSUPPORTED: a map, list, alias, a value
 * with tag or anchor, a block of YAML, or a character that the file's encoding has not.  The caller's.
 */
uint8_t *tree_replace(const struct tree *t, size_t i, enum tree_type type, const char *value,
		      size_t *ret_len, struct error *err);

#endif
