/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files and their records, as text or as one object of JSON a line. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/logs.h"
#include "cli/run.h"
#include "session/session.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/filetime.h"
#include "util/json.h"
#include "util/text.h"

struct show {
	const struct common *c;
	enum logs_mode mode;
	bool named;	     /* the head of the file is printed */
	struct known *known; /* or NULL */
	struct logs_told *told;
};

void
logs_print_js(struct js *o)
{
	CLEANUP_FREE char *text = js_print(o, false);

	puts(text);
	js_free(o);
}

static void
print_file(const struct common *c, const struct log_file *f)
{
	CLEANUP_FREE char *when = filetime_text(f->modified);
	CLEANUP_FREE char *path = text_escape(f->path, false);

	if (c->json) {
		struct js *o = js_object();

		js_set_text(o, "kind", "log");
		js_set_text(o, "path", f->path);
		js_set_text(o, "group", f->group);
		js_set_text(o, "log", log_kind_text(f->kind));
		js_set_uint(o, "size", f->size);
		js_set_text(o, "modified", f->modified ? when : NULL);
		js_set_text(o, "problem", f->problem);
		logs_print_js(o);
		return;
	}
	printf("%s (%" PRIu64 " bytes, modified %s)\n", path, f->size, when);
}

struct js *
logs_record_json(const struct log_file *f, const struct logs_record *shown)
{
	const struct log_record *r = shown->r;
	CLEANUP_FREE char *utc = shown->utc ? filetime_text(shown->utc) : NULL;
	CLEANUP_FREE char *id = !r->id			   ? NULL :
				r->kind == LOG_KIND_EVENTS ? xasprintf("%" PRIu32, r->id) :
							     xasprintf("0x%06" PRIx32, r->id);
	struct js *o = js_object();

	js_set_text(o, "kind", "record");
	js_set_text(o, "path", f->path);
	js_set_uint(o, "line", r->line);
	js_set_uint(o, "offset", r->offset);
	js_set_text(o, "log", log_kind_text(r->kind));
	js_set_text(o, "time", *r->time ? r->time : NULL);
	js_set_text(o, "zone",
		    r->zone == LOG_ZONE_LOCAL ? "local" :
		    r->zone == LOG_ZONE_UTC   ? "UTC" :
						NULL);
	js_set_text(o, "utc", utc);
	js_set_bool(o, "utc_assumed", shown->utc && shown->assumed);
	js_set_text(o, "level", log_level_text(r->level));
	js_set_text(o, "component", *r->component ? r->component : NULL);
	js_set_text(o, "id", id);
	js_set_text(o, "section", *r->section ? r->section : NULL);
	js_set_text(o, "message", r->message);
	if (r->hole)
		js_set_uint(o, "zeros", r->hole);
	return o;
}

const char *
logs_component_prefix(const struct log_record *r, char to[LOGS_PREFIX])
{
	bool column = r->kind == LOG_KIND_PANTHER || r->kind == LOG_KIND_CBS ||
		      r->kind == LOG_KIND_DISM;

	*to = '\0';
	if (r->kind == LOG_KIND_EVENTS)
		snprintf(to, LOGS_PREFIX, "%s %" PRIu32 ": ", r->component, r->id);
	else if (*r->component && (column || r->kind == LOG_KIND_SETUPAPI))
		snprintf(to, LOGS_PREFIX, "%s%s", r->component, column ? " " : ": ");
	return to;
}

static int
show_record(void *ctx, const struct log_file *f, const struct logs_record *shown, struct error *err)
{
	struct show *s = ctx;
	const struct log_record *r = shown->r;
	CLEANUP_FREE char *message = NULL;
	char prefix[LOGS_PREFIX];
	const char *level = log_level_text(r->level);

	(void)err;
	if (s->c->json) {
		struct js *o = logs_record_json(f, shown);

		logs_known_json(o, s->known, shown);
		logs_print_js(o);
		return 0;
	}
	if (!s->named)
		print_file(s->c, f);
	s->named = true;
	message = text_escape(r->message, false);
	printf("  %s %" PRIu64 ": %s%s%s%s%s%s%s\n", r->kind == LOG_KIND_EVENTS ? "record" : "line",
	       r->line, r->time, r->zone == LOG_ZONE_UTC ? "Z" : "", *r->time ? " " : "", level,
	       *level ? ": " : "", logs_component_prefix(r, prefix), message);
	logs_known_print(s->told, s->known, shown);
	return 0;
}

static void
print_none(const struct common *c, size_t searched)
{
	CLEANUP_FREE char *text = xasprintf("No errors in %zu log%s.\n", searched,
					    searched == 1 ? "" : "s");

	run_print(c, text);
}

int
logs_show(struct session *s, const struct common *c, const struct logs_filter *filter,
	  enum logs_mode mode, struct log_files *files, struct error *err)
{
	CLEANUP_KNOWN struct known *known = mode == LOGS_SHOW ? NULL : known_new(err);
	struct logs_filter with_known = *filter;
	CLEANUP_LOGS_READER struct logs_reader *reader = NULL;
	struct logs_told told = { 0 };
	size_t shown = 0, searched = 0;

	if (mode != LOGS_SHOW && !known)
		return -1;
	with_known.known = known;
	reader = logs_reader_new(s, &with_known);
	for (size_t i = 0; i < files->count; i++) {
		struct log_file *f = &files->list[i];
		struct show show = { c, mode, false, known, &told };
		uint64_t before = logs_reader_merged(reader);

		if (mode == LOGS_LIST) {
			print_file(c, f);
			show.named = true;
		}
		if (logs_read(reader, f, show_record, &show, err) < 0)
			return error_prefix(err, "%s", f->path);
		if (mode == LOGS_LIST && !c->json && logs_reader_merged(reader) > before)
			printf("  %" PRIu64 " more that are in setupact.log too\n",
			       logs_reader_merged(reader) - before);
		shown += show.named;
		searched += f->kind != LOG_KIND_COUNT && !f->problem;
	}
	if (!files->count)
		run_print(c, session_windows(s) ?
				     "No logs of Setup, Sysprep or EC2's agents on this volume.\n" :
				     "No logs in this folder.\n");
	else if (!shown && mode == LOGS_ERRORS && !filter->since && !filter->until && !filter->grep)
		print_none(c, searched);
	else if (!shown)
		run_print(c, "No record is like that.\n");
	/* of an installation the checks say it, and what still stands of it */
	if (known && !c->json && !session_windows(s) && !filter->since && !filter->until &&
	    !filter->grep) {
		struct logs_runs_print print = { filter->with_secrets, false };

		return logs_runs(reader, known, files, logs_runs_print, &print, err);
	}
	return 0;
}
