/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Edits of single values for the property test of test-edit-property.py, a command a line on standard input:
 *
 *      list xml|json|yaml FILE                  answers a line a value, "NUMBER KIND PATH", then "."
 *      set xml|json|yaml FILE NUMBER text|word HEX OUT    VALUE in hexadecimal; answers "done" or "refused MESSAGE"
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer/tree.h"
#include "answer/xml-value.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/io.h"

#define LIMIT (1u << 22)

static struct tree *
open_tree(const char *kind, const char *bytes, size_t len, struct error *err)
{
	return strcmp(kind, "yaml") == 0 ? tree_open_yaml(bytes, len, err) :
					   tree_open_json(bytes, len, err);
}

static void
list_xml(const char *bytes, size_t len, struct error *err)
{
	CLEANUP_XML struct xml *x = xml_open(bytes, len, err);

	for (size_t i = 0; x && i < xml_count(x); i++) {
		CLEANUP_ERROR struct error problem = ERROR_INIT;
		struct xml_place place = { 0 };

		if (xml_place_of(x, i, &place, &problem) == 0)
			printf("%zu text %d\n", i, place.line);
		xml_place_clear(&place);
	}
}

static void
list_tree(const char *kind, const char *bytes, size_t len, struct error *err)
{
	static const char *const kinds[] = { [NODE_MAP] = "map",
					     [NODE_LIST] = "list",
					     [NODE_TEXT] = "text",
					     [NODE_PLAIN] = "plain",
					     [NODE_ALIAS] = "alias" };
	CLEANUP_TREE struct tree *t = open_tree(kind, bytes, len, err);

	for (size_t i = 0; t && i < t->count; i++)
		printf("%zu %s %d:%d\n", i, kinds[t->list[i].kind], t->list[i].line,
		       t->list[i].column);
}

static uint8_t *
edit(const char *kind, const char *bytes, size_t len, size_t i, enum tree_type type,
     const char *value, size_t *ret_len, struct error *err)
{
	CLEANUP_XML struct xml *x = NULL;
	CLEANUP_TREE struct tree *t = NULL;

	if (strcmp(kind, "xml") == 0) {
		x = xml_open(bytes, len, err);
		return x ? xml_set_value(x, i, value, ret_len, err) : NULL;
	}
	t = open_tree(kind, bytes, len, err);
	return t ? tree_replace(t, i, type, value, ret_len, err) : NULL;
}

static char *
from_hex(const char *hex)
{
	size_t n = strlen(hex) / 2;
	char *value = xzalloc(n + 1);

	for (size_t i = 0; i < n; i++) {
		char digits[3] = { hex[2 * i], hex[2 * i + 1], 0 };

		value[i] = (char)strtoul(digits, NULL, 16);
	}
	return value;
}

static void
run(char *line)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE char *bytes = NULL;
	char *words[8] = { NULL };
	size_t count = 0, len = 0, out_len = 0;

	for (char *save = NULL, *p = strtok_r(line, " \n", &save); p && count < ARRAY_SIZE(words);
	     p = strtok_r(NULL, " \n", &save))
		words[count++] = p;
	if (count < 3)
		exit(2);
	bytes = io_read_file(words[2], LIMIT, &len, &err);
	if (bytes && strcmp(words[0], "list") == 0) {
		if (strcmp(words[1], "xml") == 0)
			list_xml(bytes, len, &err);
		else
			list_tree(words[1], bytes, len, &err);
		if (err.code == ERR_NONE)
			puts(".");
	} else if (bytes && count >= 6) {
		CLEANUP_FREE char *value = from_hex(count > 6 ? words[5] : "");
		CLEANUP_FREE uint8_t *edited =
			edit(words[1], bytes, len, strtoul(words[3], NULL, 10),
			     strcmp(words[4], "word") == 0 ? TREE_WORD : TREE_TEXT, value, &out_len,
			     &err);
		FILE *out = edited ? fopen(words[count - 1], "wb") : NULL;

		if (out && fwrite(edited, 1, out_len, out) == out_len && fclose(out) == 0)
			puts("done");
	}
	if (err.code != ERR_NONE)
		printf("refused %s\n", err.message);
	fflush(stdout);
}

int
main(void)
{
	char line[65536];

	while (fgets(line, sizeof line, stdin))
		run(line);
	return 0;
}
