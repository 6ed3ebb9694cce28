/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Known failures on the terminal and in JSON: by the words of a message box or of a log, or by the name that findings give
 * them.
 */
#include <stdlib.h>

#include "cli/explain.h"
#include "logs/known.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/json.h"
#include "util/text.h"

/* What the words say; a name alone is an entry without names in it. */
static void
look_up(const char *words, const struct known_failure **ret_entry, struct known **ret_known,
	struct known_hits *ret)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;

	*ret = (struct known_hits){ 0 };
	*ret_known = NULL;
	*ret_entry = known_by_id(words);
	if (*ret_entry)
		return;
	/* the table's own expressions are sound, or the tests would not pass */
	*ret_known = known_new(&err);
	if (*ret_known)
		known_match_text(*ret_known, words, ret);
}

bool
explain_knows(const char *words)
{
	const struct known_failure *entry;
	CLEANUP_KNOWN struct known *known = NULL;
	CLEANUP_KNOWN_HITS struct known_hits hits;

	look_up(words, &entry, &known, &hits);
	return entry || hits.count;
}

static const char *
class_words(enum known_class c)
{
	static const char *const words[] = { "failure", "hint", "benign" };

	return words[c];
}

static void
add_entry(struct text *out, const struct known_failure *k, const struct known_hit *h)
{
	CLEANUP_FREE char *phases = known_phases_text(k->phases);

	text_addf(out, "%s: known %s, %s (%s)\n", k->id, class_words(k->what), phases,
		  known_evidence_text(k->evidence));
	for (size_t i = 0; h && i < h->name_count; i++) {
		CLEANUP_FREE char *safe = text_escape(h->names[i].text, false);

		text_addf(out, "    %s: %s\n", h->names[i].what, safe);
	}
	text_addf(out, "    %s\n    %s\n", k->cause, k->steps);
	if (k->check)
		text_addf(out, "    (check %s)\n", k->check);
}

void
explain_add_known(struct text *out, const char *words)
{
	const struct known_failure *entry;
	CLEANUP_KNOWN struct known *known = NULL;
	CLEANUP_KNOWN_HITS struct known_hits hits;

	look_up(words, &entry, &known, &hits);
	if (entry)
		add_entry(out, entry, NULL);
	for (size_t i = 0; i < hits.count; i++)
		add_entry(out, hits.list[i].known, &hits.list[i]);
}

static struct js *
entry_json(const struct known_failure *k, const struct known_hit *h)
{
	CLEANUP_FREE char *phases = known_phases_text(k->phases);
	struct js *o = js_object(), *names = js_object();

	js_set_text(o, "id", k->id);
	js_set_text(o, "class", class_words(k->what));
	js_set_text(o, "evidence", known_evidence_text(k->evidence));
	js_set_text(o, "phases", phases);
	js_set_text(o, "cause", k->cause);
	js_set_text(o, "steps", k->steps);
	js_set_text(o, "check", k->check);
	for (size_t i = 0; h && i < h->name_count; i++)
		js_set_text(names, h->names[i].what, h->names[i].text);
	js_set(o, "names", names);
	return o;
}

struct js *
explain_known_json(const char *words)
{
	const struct known_failure *entry;
	CLEANUP_KNOWN struct known *known = NULL;
	CLEANUP_KNOWN_HITS struct known_hits hits;
	struct js *list = js_array();

	look_up(words, &entry, &known, &hits);
	if (entry)
		js_append(list, entry_json(entry, NULL));
	for (size_t i = 0; i < hits.count; i++)
		js_append(list, entry_json(hits.list[i].known, &hits.list[i]));
	return list;
}
