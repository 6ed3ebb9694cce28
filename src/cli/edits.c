/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Edits shown, asked about, committed. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/edits.h"
#include "session/session.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"

int
edits_may_ask(const struct common *c, struct error *err)
{
	if (c->yes || c->dry_run || (isatty(STDIN_FILENO) && !c->json))
		return 0;
	return error_set(err, ERR_REFUSED,
			 "there is nobody to ask: add --yes to write without a question, or "
			 "--dry-run to see what would change");
}

void
edits_options(const struct common *c, struct session_options *o)
{
	o->edits = true;
	o->exclusive = !c->dry_run;
}

static int
print_plan(const struct common *c, const struct report *r, struct error *err)
{
	CLEANUP_TEXT struct text out = TEXT_INIT;

	run_print(c, c->dry_run ? "Would change:\n" : "Changes:\n");
	if (run_print_changes(c, r, c->dry_run, err) < 0)
		return -1;
	if (r->installation.replayed_hives)
		text_addf(&out, "  transaction logs folded into what is written: %s\n",
			  r->installation.replayed_hives);
	if (r->sectors_planned)
		text_addf(&out, "  %" PRIu64 " sectors of 512 bytes in all\n", r->sectors_planned);
	run_print(c, text_str(&out));
	return 0;
}

int
edits_finish(const struct common *c, struct report *r, struct session *s, struct error *err)
{
	int got;

	if (r->changes.count == 0) {
		run_print(c, "Nothing to change: it is so already.\n");
		return EXIT_DONE;
	}
	if (edits_may_ask(c, err) < 0) {
		/* nothing of it will be written */
		change_list_clear(&r->changes);
		return -1;
	}
	if (print_plan(c, r, err) < 0)
		return -1;
	if (c->dry_run)
		return EXIT_DONE;
	got = run_commit(c, s, err);
	if (got)
		return got < 0 ? -1 : EXIT_PROBLEMS;
	run_print_taken_back(c, r, "Written.  ");
	return EXIT_DONE;
}
