/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What tree.c and the two readers share. */
#ifndef RESPREP_ANSWER_TREE_PRIVATE_H
#define RESPREP_ANSWER_TREE_PRIVATE_H

#include "answer/tree.h"

/* Each fills an empty tree whose source is decoded. */
int tree_read_json(struct tree *t, struct error *err);
int tree_read_yaml(struct tree *t, struct error *err);

/* A new node, with line and column from `start`; its number, or TREE_NONE with ERR_LIMIT. */
size_t tree_add(struct tree *t, const struct tree_node *node, struct error *err);

#endif
