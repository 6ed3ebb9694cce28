/* SPDX-License-Identifier: GPL-3.0-or-later */
/* resprep answer set and scrub. */
#include <string.h>

#include "cli/answer.h"
#include "cli/edits.h"
#include "session/answer.h"
#include "session/session.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"

/* What belongs to the file is said before anybody is asked. */
static void
print_warnings(const struct answer_run *r)
{
	struct report *p = r->report;
	CLEANUP_TEXT struct text out = TEXT_INIT;

	if (r->common.json)
		return;
	for (size_t i = p->warnings_said; i < p->warning_count; i++) {
		CLEANUP_FREE char *safe = text_escape(p->warnings[i], false);

		text_addf(&out, "Warning: %s\n", safe);
	}
	p->warnings_said = p->warning_count;
	run_print(&r->common, text_str(&out));
}

int
answer_run_change(struct answer_run *r, struct error *err)
{
	CLEANUP_SESSION struct session *s = NULL;
	CLEANUP_ANSWER_EDIT struct answer_edit e = { .file = r->file,
						     .unchecked = r->unchecked,
						     .force = r->force };
	CLEANUP_FREE char *command = xasprintf("answer %s", r->verb);

	if (answer_session(r, true, &s, err) < 0)
		return -1;
	e.session = s;
	if (answer_edit_begin(&e, err) < 0)
		return -1;
	if (strcmp(r->verb, "scrub") == 0) {
		if (answer_edit_scrub(&e, r->words[0] ? r->words[0] : r->file, err) < 0)
			return -1;
	} else {
		for (size_t i = 0; r->words[i]; i++)
			if (answer_edit_set(&e, r->words[i], err) < 0)
				return -1;
	}
	if (answer_seal(&e, command, err) < 0)
		return -1;
	print_warnings(r);
	return edits_finish(&r->common, r->report, s, err);
}
