/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * resprep explain: what error codes mean, alone or in a text.
 *
 * An argument is a code; else a file that can be read; else a text with codes or words of a known failure in it.  That is settled for all of them before the
 * first is answered, so that a wrong one costs nothing.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/explain.h"
#include "cli/run.h"
#include "logs/code-text.h"
#include "session/explain.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/json.h"
#include "util/text.h"

#define MOST 256

enum kind { IS_CODE, IS_FILE, IS_TEXT };

struct query {
	char *text; /* owned */
	enum kind kind;
	struct code_word word;	/* of a code */
	int fd;			/* of a file */
	struct code_list codes; /* of a file or a text */
};

struct queries {
	struct query *list;
	size_t count;
};

static void
queries_clear(struct queries *q)
{
	for (size_t i = 0; i < q->count; i++) {
		free(q->list[i].text);
		cleanup_fd(&q->list[i].fd);
		code_list_clear(&q->list[i].codes);
	}
	free(q->list);
}
#define CLEANUP_QUERIES __attribute__((cleanup(queries_clear)))

static bool
is_code(const char *text)
{
	struct code_word w;

	return code_parse(text, &w);
}

/* "dwRet = 31" and "0xC1900101 - 0x4001C" come as several words from a shell: the `*used` words from `words` on as one argument; the caller's. */
static char *
join_words(const char *const *words, size_t count, size_t *used)
{
	CLEANUP_FREE char *two = count > 1 ? xasprintf("%s %s", words[0], words[1]) : NULL;
	CLEANUP_FREE char *three = count > 2 ? xasprintf("%s %s", two, words[2]) : NULL;

	/* "- 5" between others is standard input and a code */
	if (three && (strcmp(words[1], "=") == 0 || strcmp(words[1], "-") == 0) && is_code(three)) {
		*used = 3;
		return steal(&three);
	}
	if (two && *words[0] && words[0][strlen(words[0]) - 1] == '=' && is_code(two)) {
		*used = 2;
		return steal(&two);
	}
	*used = 1;
	return xstrdup(words[0]);
}

static void
note_code(void *ctx, const struct code_found *f)
{
	struct code_list *l = ctx;

	if (l->count == CODE_LIST_MOST)
		return;
	ARRAY_GROW(l->list, l->count);
	l->list[l->count++] = (struct code_item){ .value = f->value,
						  .has_extend = f->has_extend,
						  .extend = f->extend,
						  .count = 1,
						  .lines = { 1 },
						  .line_count = 1 };
	l->lines = 1;
}

/* What the argument is. */
static int
classify(struct query *q, struct error *err)
{
	CLEANUP_ERROR struct error problem = ERROR_INIT;

	if (code_parse(q->text, &q->word)) {
		q->kind = IS_CODE;
		return 0;
	}
	q->kind = IS_FILE;
	q->fd = explain_open(q->text, &problem);
	if (q->fd >= 0)
		return 0;
	q->kind = IS_TEXT;
	code_scan(q->text, strlen(q->text), note_code, &q->codes);
	if (q->codes.count || explain_knows(q->text))
		return 0;
	return error_set(
		err, ERR_USAGE,
		"'%s' is neither an error code, nor words of a known failure, nor a file that can be read: %s",
		q->text, problem.message);
}

static int
take_arguments(struct queries *q, const char *const *words, struct error *err)
{
	size_t count = 0, used;

	while (words[count])
		count++;
	q->list = xcalloc(count, sizeof *q->list);
	for (size_t i = 0; i < count; i += used) {
		struct query *one = &q->list[q->count++];

		*one = (struct query){ .fd = -1 };
		one->text = join_words(words + i, count - i, &used);
		if (classify(one, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- text ---- */

static void
print_code(const struct query *q)
{
	CLEANUP_TEXT struct text out = TEXT_INIT;
	CLEANUP_FREE char *safe = text_escape(q->text, false);

	for (size_t i = 0; i < q->word.count; i++) {
		if (q->word.count > 1)
			text_addf(&out, "'%s' as %s: ", safe,
				  q->word.decimal[i] ? "decimal" : "hexadecimal");
		explain_add_code(&out, q->word.values[i]);
	}
	if (q->word.has_extend)
		explain_add_extend(&out, q->word.extend);
	fputs(text_str(&out), stdout);
}

static void
print_list(const struct query *q)
{
	CLEANUP_TEXT struct text out = TEXT_INIT;
	CLEANUP_FREE char *safe = text_escape(q->text, false);

	if (q->kind == IS_FILE)
		text_addf(&out, "%s: %zu error code%s in %" PRIu64 " lines\n",
			  strcmp(q->text, "-") == 0 ? "standard input" : safe, q->codes.count,
			  q->codes.count == 1 ? "" : "s", q->codes.lines);
	for (size_t i = 0; i < q->codes.count; i++) {
		if (q->kind == IS_FILE) {
			explain_add_item(&out, &q->codes.list[i]);
			continue;
		}
		explain_add_code(&out, q->codes.list[i].value);
		if (q->codes.list[i].has_extend)
			explain_add_extend(&out, q->codes.list[i].extend);
	}
	if (q->kind == IS_TEXT)
		explain_add_known(&out, q->text);
	if (q->codes.left_out)
		text_addf(&out, "%" PRIu64 " more occurrences of further codes are not shown\n",
			  q->codes.left_out);
	fputs(text_str(&out), stdout);
}

/* ---- JSON ---- */

static struct js *
query_json(const struct query *q)
{
	static const char *const kinds[] = { "code", "file", "text" };
	struct js *o = js_object(), *codes = js_array();

	js_set_text(o, "argument", q->text);
	js_set_text(o, "is", kinds[q->kind]);
	for (size_t i = 0; q->kind == IS_CODE && i < q->word.count; i++)
		js_append(codes, explain_json(q->word.values[i],
					      q->word.decimal[i] ? "decimal" : "hexadecimal",
					      q->word.has_extend ? &q->word.extend : NULL, NULL));
	for (size_t i = 0; q->kind != IS_CODE && i < q->codes.count; i++) {
		const struct code_item *c = &q->codes.list[i];

		js_append(codes,
			  explain_json(c->value, NULL, c->has_extend ? &c->extend : NULL, c));
	}
	js_set(o, "codes", codes);
	if (q->kind == IS_TEXT)
		js_set(o, "known", explain_known_json(q->text));
	if (q->kind == IS_FILE) {
		js_set_uint(o, "lines_read", q->codes.lines);
		js_set_uint(o, "left_out", q->codes.left_out);
	}
	return o;
}

/* ---- the command ---- */

static int
answer(struct queries *q, const struct common *c, struct report *r, struct js *list,
       struct error *err)
{
	for (size_t i = 0; i < q->count; i++) {
		struct query *one = &q->list[i];
		CLEANUP_FREE char *missing = NULL;

		if (one->kind == IS_FILE &&
		    explain_file(one->fd, c->require_sandbox, &one->codes, &missing, err) < 0)
			return error_prefix(err, "%s", one->text);
		if (missing && !r->warning_count)
			report_warn(r, "files are read without a full sandbox: %s", missing);
		if (c->json) {
			js_append(list, query_json(one));
			continue;
		}
		if (i)
			putchar('\n');
		if (one->kind == IS_CODE)
			print_code(one);
		else
			print_list(one);
		/* another process may be next, and what is buffered must not be printed by it as well */
		fflush(stdout);
		code_list_clear(&one->codes);
	}
	return 0;
}

static int
run(int argc, char **argv)
{
	CLEANUP_COMMON struct common c = { 0 };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_QUERIES struct queries q = { 0 };
	struct report r = { .command = "explain" };
	const char *words[MOST + 1] = { NULL };
	struct js *list;
	const struct option_spec specs[] = { COMMON_JSON(c), COMMON_SANDBOX(c), OPTIONS_END };
	int parsed = options_parse(&command_explain, specs, argc, argv, words, &err);

	if (parsed > 0)
		return EXIT_DONE;
	list = js_array();
	if (parsed == 0 && take_arguments(&q, words, &err) == 0)
		answer(&q, &c, &r, list, &err);
	return run_finish_with(&c, &r, SEVERITY_NOTE, &err, EXIT_DONE, "explained", list);
}

const struct command command_explain = {
	.name = "explain",
	.arguments = "CODE|FILE|- …",
	.summary = "say what Windows' error codes mean",
	.text = "CODE is hexadecimal with or without 0x, decimal, or negative; 'hr = 0x80070003', '[gle=0x00000003]', 'dwRet = 31'\n"
		"and Setup's pairs like '0xC1900101 - 0x4001C' are read as they stand in logs.  Bare digits are tried as\n"
		"hexadecimal and as decimal, and both are shown.  Of a FILE (any log or text of Windows; - is standard input) every\n"
		"error code is shown once, with the lines where it stands.  What is both is a code: write ./NAME for the file.  Words of\n"
		"a log or of a message box are looked up in the table of known failures; so are the names that findings give them.\n"
		"Exit code 0; 16 for what is neither.",
	.least = 1,
	.most = MOST,
	.numbers = true,
	.run = run,
};
