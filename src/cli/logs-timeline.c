/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The timeline for people who are tired: days, phases, times, what happened, where; and at the end what to do. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/logs.h"
#include "cli/run.h"
#include "session/session.h"
#include "session/timeline.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/filetime.h"
#include "util/json.h"
#include "util/text.h"

#define DAY_LENGTH 10 /* "2014-06-05" */

/* "UnattendGC/setupact.log", "Sysprep/Panther/setupact.log": the folder tells more than the whole path. */
static const char *
short_path(const char *path)
{
	const char *p = path + strlen(path);

	for (int slashes = 0; p > path; p--)
		if (p[-1] == '/' && ++slashes >= 2 && strncmp(p, "Panther/", 8) != 0)
			break;
	return p;
}

static struct js *
moment_json(const struct moment *m)
{
	static const char *const sources[] = { "log", "registry", "file" };
	CLEANUP_FREE char *utc = m->utc ? filetime_text(m->utc) : NULL;
	struct js *o = js_object();

	js_set_text(o, "kind", "moment");
	js_set_text(o, "utc", utc);
	js_set_bool(o, "utc_assumed", m->assumed);
	js_set_bool(o, "own_time", m->has_time);
	js_set_text(o, "source", sources[m->source]);
	js_set_text(o, "path", m->path);
	js_set_text(o, "log", log_kind_text(m->kind));
	if (m->source == MOMENT_LOG) {
		js_set_uint(o, "line", m->line);
		js_set_uint(o, "offset", m->offset);
		js_set_text(o, "level", log_level_text(m->level));
	}
	js_set_text(o, "phase", m->stage ? log_stage_text(m->stage) : NULL);
	js_set_text(o, "message", m->text);
	js_set_text(o, "meaning", m->meaning);
	return o;
}

static const char *
emphasis(const struct moment *m)
{
	return m->level >= LOG_LEVEL_ERROR ? "!! " : m->level == LOG_LEVEL_WARNING ? "!  " : "   ";
}

static void
print_moment(const struct moment *m)
{
	CLEANUP_FREE char *when = m->utc ? filetime_text(m->utc) : xstrdup("");
	CLEANUP_FREE char *text = text_escape(m->text, false);
	CLEANUP_FREE char *where = NULL;
	CLEANUP_FREE char *harmless = NULL;
	const char *clock = strlen(when) > DAY_LENGTH + 1 ? when + DAY_LENGTH + 1 : "unknown ";

	if (m->source == MOMENT_LOG)
		where = xasprintf("%s:%" PRIu64, short_path(m->path), m->line);
	else
		where = xstrdup(m->path);
	harmless = text_escape(where, false);
	printf("%s%s%.8s  %s\n", emphasis(m), m->assumed ? "~" : " ", clock, text);
	if (m->meaning)
		printf("              that is: %s\n", m->meaning);
	printf("              [%s]\n", harmless);
}

/* A head where a day or a phase begins. */
static void
print_heads(const struct moment *m, char day[DAY_LENGTH + 1], enum log_stage *stage)
{
	CLEANUP_FREE char *when = m->utc ? filetime_text(m->utc) : xstrdup("");

	if (strlen(when) > DAY_LENGTH && strncmp(when, day, DAY_LENGTH) != 0) {
		snprintf(day, DAY_LENGTH + 1, "%.*s", DAY_LENGTH, when);
		printf("\n%s\n", day);
	}
	if (m->stage && m->stage != *stage) {
		*stage = m->stage;
		printf("---- %s\n", log_stage_text(m->stage));
	}
}

static void
print_timeline(const struct timeline *t)
{
	char day[DAY_LENGTH + 1] = "";
	enum log_stage stage = LOG_STAGE_NONE;
	CLEANUP_FREE char *zone = t->zone ? text_escape(t->zone, false) : NULL;

	printf("Times are UTC.  ~: it was local time, and is UTC if the zone was then what it is now (%s).\n",
	       t->local ? "which is not known: shown as it was written" :
	       zone	? zone :
			  "without a name");
	for (size_t i = 0; i < t->count; i++) {
		print_heads(&t->list[i], day, &stage);
		print_moment(&t->list[i]);
	}
	if (t->left_out)
		printf("\n%" PRIu64
		       " errors more, of logs that have very many, are not shown; --errors shows them.\n",
		       t->left_out);
}

/* What the checks say of the state now. */
static void
print_findings(const struct report *r)
{
	size_t shown = 0;

	for (size_t i = 0; i < r->findings.count; i++) {
		const struct finding *f = &r->findings.list[i];
		CLEANUP_FREE char *title = text_escape(f->title, false);
		CLEANUP_FREE char *cause = f->cause ? text_escape(f->cause, false) : NULL;
		CLEANUP_FREE char *repair = f->repair ? text_escape(f->repair, false) : NULL;

		if (f->severity < SEVERITY_WARNING)
			continue;
		if (!shown++)
			printf("\nWhat stands now, and what to do\n");
		printf("* %s (%s)\n", title, f->check);
		if (cause)
			printf("  %s\n", cause);
		if (repair)
			printf("  To do: %s\n", repair);
	}
	if (shown) {
		CLEANUP_FREE char *safe = text_escape(r->target, false);
		CLEANUP_FREE char *word = text_shell(safe);

		printf("Repair what can be repaired: resprep repair %s\n", word);
	}
}

int
logs_timeline(struct session *s, const struct common *c, const struct logs_filter *filter,
	      struct log_files *files, struct report *r, struct error *err)
{
	CLEANUP_TIMELINE struct timeline t = { 0 };

	if (timeline_build(s, filter, files, &t, err) < 0)
		return -1;
	if (session_windows(s) && session_diagnose(s, err) < 0)
		return -1;
	if (!c->json) {
		print_timeline(&t);
		print_findings(r);
		return 0;
	}
	for (size_t i = 0; i < t.count; i++)
		logs_print_js(moment_json(&t.list[i]));
	for (size_t i = 0; i < r->findings.count; i++) {
		const struct finding *f = &r->findings.list[i];
		struct js *o = js_object();

		js_set_text(o, "kind", "finding");
		js_set_text(o, "check", f->check);
		js_set_text(o, "problem", f->problem);
		js_set_text(o, "severity", severity_text(f->severity));
		js_set_text(o, "title", f->title);
		js_set_text(o, "cause", f->cause);
		js_set_text(o, "repair", f->repair);
		logs_print_js(o);
	}
	return 0;
}
