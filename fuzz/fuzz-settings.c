/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Settings files in JSON and YAML.  The first byte chooses the form and the node; the rest is the file.  One value is replaced: the result
 * reads back, or the edit says why not; it is never wrong by itself (ERR_INTERNAL).
 */
#include <stdlib.h>
#include <string.h>

#include "answer/tree.h"
#include "fuzz/fuzz.h"
#include "util/cleanup.h"
#include "util/error.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_ERROR struct error err = ERROR_INIT, no = ERROR_INIT;
	CLEANUP_TREE struct tree *t = NULL;
	CLEANUP_FREE uint8_t *edited = NULL;
	size_t i, len;

	if (!size)
		return 0;
	t = data[0] & 1 ? tree_open_yaml(data + 1, size - 1, &err) :
			  tree_open_json(data + 1, size - 1, &err);
	fuzz_expect(t ? 0 : -1, &err);
	if (!t)
		return 0;
	for (size_t k = 0; k < t->count; k++) {
		const struct tree_node *n = &t->list[k];

		FUZZ_ASSERT(n->start <= n->end && n->end <= t->source.text_len);
		FUZZ_ASSERT(encoded_offset(&t->source, k < 64 ? n->end : 0) <= size - 1);
		FUZZ_ASSERT(k ? n->parent < k : n->parent == TREE_NONE);
	}
	i = (data[0] >> 2) % t->count;
	edited = tree_replace(t, i, data[0] & 2 ? TREE_WORD : TREE_TEXT, "false", &len, &no);
	FUZZ_ASSERT(!edited == (no.code != ERR_NONE));
	FUZZ_ASSERT(no.code != ERR_INTERNAL);
	return 0;
}
