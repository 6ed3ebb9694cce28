/* SPDX-License-Identifier: GPL-3.0-or-later */
/* resprep journals: which there are, and what state each is in. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/run.h"
#include "session/journal-dir.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/filetime.h"
#include "util/json.h"
#include "util/text.h"

static void
add_line(struct text *out, const struct journal_entry *e)
{
	CLEANUP_FREE char *when = filetime_text(e->time);
	CLEANUP_FREE char *path = text_escape(e->path, false);
	CLEANUP_FREE char *word = text_shell(path);
	CLEANUP_FREE char *target = text_escape(e->target_path ? e->target_path : "?", false);

	if (e->problem) {
		CLEANUP_FREE char *problem = text_escape(e->problem, false);

		text_addf(out, "%s %s: %s\n",
			  access(e->path, R_OK) == 0 ? "damaged  " : "not read ", path, problem);
		if (e->state == JOURNAL_PENDING || e->state == JOURNAL_UNDOING)
			text_addf(
				out,
				"          was interrupted: 'resprep recover %s' says what can be done\n",
				word);
		return;
	}
	text_addf(out, "%-9s %s  %s, %" PRIu64 " sectors, %s\n", journal_state_text(e->state), when,
		  target, e->sectors, path);
	if (e->state == JOURNAL_PENDING || e->state == JOURNAL_UNDOING)
		text_addf(out, "          was interrupted: run 'resprep recover %s'\n", word);
}

static struct js *
entry_json(const struct journal_entry *e)
{
	CLEANUP_FREE char *when = filetime_text(e->time);
	struct js *o = js_object();

	js_set_text(o, "path", e->path);
	js_set_text(o, "state", e->problem ? "damaged" : journal_state_text(e->state));
	js_set_text(o, "time", e->problem ? NULL : when);
	js_set_text(o, "target", e->target_path);
	js_set_uint(o, "sectors", e->sectors);
	js_set_text(o, "problem", e->problem);
	return o;
}

static struct js *
entries_json(const struct journal_entry *list, size_t count)
{
	struct js *a = js_array();

	for (size_t i = 0; i < count; i++)
		js_append(a, entry_json(&list[i]));
	return a;
}

static int
run(int argc, char **argv)
{
	CLEANUP_COMMON struct common c = { 0 };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_TEXT struct text out = TEXT_INIT;
	CLEANUP_FREE char *dir = NULL;
	struct report r = { .command = "journals" };
	struct journal_entry *list = NULL;
	size_t count = 0;
	int code = EXIT_DONE;
	const struct option_spec specs[] = { COMMON_JOURNAL_DIR(c), COMMON_JSON(c), OPTIONS_END };
	int parsed = options_parse(&command_journals, specs, argc, argv, NULL, &err);

	if (parsed > 0)
		return EXIT_DONE;
	if (parsed < 0)
		return run_finish(&c, &r, SEVERITY_NOTE, &err, 0);
	dir = journal_dir_named(c.journal_dir);
	if (journal_list(dir, &list, &count, &err) < 0)
		return run_finish(&c, &r, SEVERITY_NOTE, &err, 0);
	for (size_t i = 0; i < count; i++)
		add_line(&out, &list[i]);
	if (c.json) {
		code = run_finish_list(&r, "journals", entries_json(list, count));
	} else {
		fputs(text_str(&out), stdout);
		if (!count)
			printf("No journals in %s\n", dir);
	}
	journal_list_free(list, count);
	return code;
}

const struct command command_journals = {
	.name = "journals",
	.arguments = "",
	.summary = "list the journals on this machine and their state",
	.text = "Lists journals, oldest first: pending (interrupted: run recover), applied, undoing (interrupted),\n"
		"undone, damaged.",
	.least = 0,
	.most = 0,
	.run = run,
};
