/* SPDX-License-Identifier: GPL-3.0-or-later */
/* resprep answer lint: what is wrong in answer files, one line each, as compilers tell it. */
#include <stdio.h>
#include <string.h>

#include "cli/answer.h"
#include "report/writers.h"
#include "session/answer.h"
#include "session/session.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/json.h"
#include "util/text.h"

static const char *const severities[] = {
	[LINT_NOTE] = "note", [LINT_WARNING] = "warning", [LINT_ERROR] = "error"
};

struct tally {
	struct js *list;
	size_t bad, notes; /* errors and warnings; notes */
};

static void
tell(struct tally *t, const char *path, const struct lint_problem *p, struct text *out)
{
	CLEANUP_FREE char *text = text_escape(p->text, false);
	CLEANUP_FREE char *name = p->name ? text_escape(p->name, false) : NULL;
	CLEANUP_FREE char *file = text_escape(path, false);
	struct js *o = js_object();

	js_set_text(o, "path", path);
	js_set_uint(o, "line", (uint64_t)p->line);
	js_set_uint(o, "column", (uint64_t)p->column);
	js_set_text(o, "severity", severities[p->severity]);
	js_set_text(o, "code", p->code);
	js_set_text(o, "setting", p->name);
	js_set_text(o, "text", p->text);
	js_append(t->list, o);
	if (p->severity == LINT_NOTE)
		t->notes++;
	else
		t->bad++;
	text_add(out, file);
	if (p->line)
		text_addf(out, ":%d:%d", p->line, p->column);
	text_addf(out, ": %s: %s%s%s [%s]\n", severities[p->severity], name ? name : "",
		  name ? ": " : "", text, p->code);
}

static void
lint_one(struct answer_run *r, struct session *s, const struct answer_open_file *f, struct tally *t,
	 struct text *out)
{
	CLEANUP_LINT_PROBLEMS struct lint_problems l = { 0 };

	answer_lint(s, f, &l);
	for (size_t i = 0; i < l.count; i++)
		tell(t, f->path, &l.list[i], out);
	t->bad += l.more;
	if (l.more)
		report_warn(r->report, "%s: and %zu problems more", f->path, l.more);
}

/* A file of the list that cannot even be read is a problem, and the others are looked at. */
static int
lint_all(struct answer_run *r, struct session *s, const struct answer_files *files, struct tally *t,
	 struct text *out, struct error *err)
{
	for (size_t i = 0; i < files->count; i++) {
		CLEANUP_ANSWER_FILE struct answer_open_file f = { 0 };
		CLEANUP_ERROR struct error problem = ERROR_INIT;

		if (answer_read_bytes(s, files, files->list[i].path, &f, &problem) == 0) {
			lint_one(r, s, &f, t, out);
			continue;
		}
		if (problem.code == ERR_INTERRUPTED) {
			error_move(err, &problem);
			return -1;
		}
		tell(t, files->list[i].path,
		     &(struct lint_problem){ .severity = LINT_ERROR,
					     .code = "unreadable",
					     .text = problem.message },
		     out);
	}
	return 0;
}

int
answer_run_lint(struct answer_run *r, struct error *err)
{
	const char *name = r->words[0] ? r->words[0] : r->file;
	CLEANUP_SESSION struct session *s = NULL;
	CLEANUP_ANSWER_FILES struct answer_files files = { 0 };
	CLEANUP_ANSWER_FILE struct answer_open_file f = { 0 };
	CLEANUP_TEXT struct text out = TEXT_INIT;
	struct tally t = { 0 };
	int got = 0;

	if (answer_session(r, false, &s, err) < 0 || answer_list(s, &files, err) < 0)
		return -1;
	if (name && answer_read_bytes(s, &files, name, &f, err) < 0)
		return -1;
	t.list = js_array();
	r->members = js_object();
	js_set(r->members, "problems", t.list);
	if (name)
		lint_one(r, s, &f, &t, &out);
	else
		got = lint_all(r, s, &files, &t, &out, err);
	if (got < 0)
		return -1;
	if (!name && !files.count)
		text_add(&out, "There is no answer file where Windows or an agent looks.\n");
	else
		text_addf(&out, "%zu problem%s, %zu note%s\n", t.bad, t.bad == 1 ? "" : "s",
			  t.notes, t.notes == 1 ? "" : "s");
	run_print(&r->common, text_str(&out));
	return t.bad ? EXIT_PROBLEMS : EXIT_DONE;
}
