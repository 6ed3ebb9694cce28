/* SPDX-License-Identifier: GPL-3.0-or-later */
/* resprep logs: which logs there are, the errors in them, and copies of them. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/commands.h"
#include "cli/run.h"
#include "report/writers.h"
#include "session/logs.h"
#include "session/session.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/filetime.h"
#include "util/json.h"
#include "util/text.h"

struct show {
	const struct common *c;
	const struct log_file *file;
};

static void
print_js(struct js *o)
{
	CLEANUP_FREE char *text = js_print(o, false);

	puts(text);
	js_free(o);
}

static void
show_file(const struct common *c, const struct log_file *f)
{
	CLEANUP_FREE char *when = filetime_text(f->modified);
	CLEANUP_FREE char *path = text_escape(f->path, false);

	if (c->json) {
		struct js *o = js_object();

		js_set_text(o, "kind", "log");
		js_set_text(o, "path", f->path);
		js_set_uint(o, "size", f->size);
		js_set_text(o, "modified", when);
		print_js(o);
		return;
	}
	printf("%s (%" PRIu64 " bytes, modified %s)\n", path, f->size, when);
}

static int
show_error(void *ctx, const struct log_record *r, struct error *err)
{
	const struct show *s = ctx;

	(void)err;
	if (s->c->json) {
		struct js *o = js_object();

		js_set_text(o, "kind", "record");
		js_set_text(o, "path", s->file->path);
		js_set_uint(o, "line", r->line);
		js_set_uint(o, "offset", r->offset);
		js_set_text(o, "time", *r->time ? r->time : NULL);
		js_set_text(o, "level", log_level_text(r->level));
		js_set_text(o, "component", *r->component ? r->component : NULL);
		js_set_text(o, "message", r->message);
		print_js(o);
	} else {
		CLEANUP_FREE char *message = text_escape(r->message, false);

		printf("  line %" PRIu64 ": %s%s%s: %s\n", r->line, r->time, *r->time ? " " : "",
		       log_level_text(r->level), message);
	}
	return 0;
}

static int
show_all(struct session *s, const struct common *c, const struct log_files *files,
	 struct error *err)
{
	for (size_t i = 0; i < files->count; i++) {
		struct show show = { c, &files->list[i] };

		show_file(c, &files->list[i]);
		if (logs_errors(s, &files->list[i], show_error, &show, err) < 0)
			return error_prefix(err, "%s", files->list[i].path);
	}
	if (files->count == 0)
		run_print(c, "No logs of Setup, Sysprep or EC2Config on this volume.\n");
	return 0;
}

static int
extract(struct session *s, const struct common *c, const struct log_files *files, const char *dir,
	struct error *err)
{
	if (logs_extract(s, files, err) < 0)
		return -1;
	if (c->json) {
		struct js *o = js_object();

		js_set_text(o, "kind", "extracted");
		js_set_text(o, "folder", dir);
		js_set_uint(o, "files", files->count);
		print_js(o);
	} else {
		printf("%zu files copied to %s, with a MANIFEST.json\n", files->count, dir);
	}
	return 0;
}

static int
logs(const struct common *c, const struct session_options *o, const char *dir, struct report *r,
     struct error *err)
{
	CLEANUP_SESSION struct session *s = NULL;
	CLEANUP_LOG_FILES struct log_files files = { 0 };

	if (session_open(o, r, &s, err) < 0 || logs_list(s, &files, err) < 0)
		return -1;
	return dir ? extract(s, c, &files, dir, err) : show_all(s, c, &files, err);
}

static void
print_error_json(const struct error *err, int code)
{
	struct js *o = js_object();

	js_set_text(o, "kind", "error");
	js_set_text(o, "code", error_code_name(err->code));
	js_set_text(o, "error", err->message);
	js_set_uint(o, "exit_code", (uint64_t)code);
	print_js(o);
}

static int
run(int argc, char **argv)
{
	CLEANUP_COMMON struct common c = { 0 };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct report r = { .command = "logs" };
	struct session_options o;
	enum severity least = SEVERITY_NOTE;
	const char *target = NULL, *dir = NULL;
	const struct option_spec specs[] = {
		{ "out", OPTION_TEXT, "DIR", "copy them into a new folder, with a MANIFEST.json",
		  &dir },
		COMMON_PARTITION(c),
		COMMON_JOURNAL_DIR(c),
		COMMON_SANDBOX(c),
		COMMON_JSON(c),
		COMMON_STATS(c),
		OPTIONS_END,
	};
	int parsed = options_parse(&command_logs, specs, argc, argv, &target, &err);

	if (parsed > 0)
		return EXIT_DONE;
	if (parsed == 0 && common_options(&c, target, &o, &least, &err) == 0) {
		o.out_folder = dir;
		logs(&c, &o, dir, &r, &err);
	}
	if (c.json) {
		int code = run_exit_code(&err);

		if (err.code != ERR_NONE)
			print_error_json(&err, code);
		report_clear(&r);
		return code;
	}
	return run_finish(&c, &r, least, &err, EXIT_DONE);
}

const struct command command_logs = {
	.name = "logs",
	.arguments = "TARGET",
	.summary = "list the logs of Setup, Sysprep and EC2Config with their errors, or copy them",
	.text = "Lists \\Windows\\Panther\\Unattendgc, \\Windows\\Panther\\*.log, \\Windows\\System32\\Sysprep\\Panther and\n"
		"EC2Config's log, with the errors in them.  With --out they are copied, paths and times kept.\n"
		"With --json one object a line.  Writes nothing to TARGET.",
	.least = 1,
	.most = 1,
	.run = run,
};
