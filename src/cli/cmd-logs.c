/* SPDX-License-Identifier: GPL-3.0-or-later */
/* resprep logs: which logs there are, the errors in them, and copies of them. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/run.h"
#include "report/writers.h"
#include "session/logs.h"
#include "session/session.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/filetime.h"
#include "util/interrupt.h"
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
		js_set_text(o, "modified", f->modified ? when : NULL);
		js_set_text(o, "problem", f->problem);
		print_js(o);
		return;
	}
	printf("%s (%" PRIu64 " bytes, modified %s)\n", path, f->size, when);
}

/* What could not be read or copied, and must not be missed: as warnings at the end, or as lines of JSON. */
static size_t
tell_problems(const struct common *c, const struct log_files *files, struct report *r)
{
	size_t unread = 0;

	for (size_t i = 0; i < files->count; i++) {
		const struct log_file *f = &files->list[i];

		if (!f->problem)
			continue;
		unread += !f->too_large;
		if (c->json) {
			struct js *o = js_object();

			js_set_text(o, "kind", "problem");
			js_set_text(o, "path", f->path);
			js_set_text(o, "problem", f->problem);
			js_set_bool(o, "too_large", f->too_large);
			print_js(o);
		} else if (strstr(f->problem, f->path)) {
			report_warn(r, "%s", f->problem);
		} else {
			report_warn(r, "'%s' %s", f->path, f->problem);
		}
	}
	return unread;
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
show_all(struct session *s, const struct common *c, struct log_files *files, struct error *err)
{
	for (size_t i = 0; i < files->count; i++) {
		struct log_file *f = &files->list[i];
		struct show show = { c, f };

		show_file(c, f);
		if (logs_errors(s, f, show_error, &show, err) < 0)
			return error_prefix(err, "%s", f->path);
	}
	if (files->count == 0)
		run_print(c, "No logs of Setup, Sysprep or EC2Config on this volume.\n");
	return 0;
}

static void
print_copied(const struct common *c, const struct logs_copy *job, const char *dir)
{
	CLEANUP_FREE char *hex = text_hex(job->manifest_sha256, SHA256_SIZE);
	CLEANUP_FREE char *size = text_size(job->bytes);

	if (c->json) {
		struct js *o = js_object();

		js_set_text(o, "kind", "extracted");
		js_set_text(o, "folder", dir);
		js_set_uint(o, "files", job->copied);
		js_set_uint(o, "bytes", job->bytes);
		js_set_text(o, "manifest_sha256", hex);
		print_js(o);
		return;
	}
	printf("%zu files (%s) copied to %s, with a MANIFEST.json\nSHA-256 of MANIFEST.json: %s\n",
	       job->copied, size, dir, hex);
}

/* What the command line says. */
struct wanted {
	const char *dir; /* --out, or NULL */
	uint64_t max_size;
	const char *const *argv;
};

static int
logs(const struct common *c, const struct session_options *o, const struct wanted *want,
     struct report *r, struct error *err)
{
	CLEANUP_SESSION struct session *s = NULL;
	CLEANUP_LOG_FILES struct log_files files = { 0 };
	struct logs_copy job = {
		.report = r, .argv = want->argv, .max_size = want->max_size, .folder = want->dir
	};

	if (session_open(o, r, &s, err) < 0 || logs_list(s, &files, err) < 0)
		return -1;
	if (!want->dir) {
		if (show_all(s, c, &files, err) < 0)
			return -1;
	} else {
		if (logs_extract(s, &files, &job, err) < 0)
			return -1;
		print_copied(c, &job, want->dir);
	}
	return tell_problems(c, &files, r) ? EXIT_REFUSED : EXIT_DONE;
}

/* The command line as it was typed; argv[0] is the command's name. */
static const char **
command_line(int argc, char **argv)
{
	const char **words = xcalloc((size_t)argc + 2, sizeof *words);

	words[0] = program_invocation_name;
	for (int i = 0; i < argc; i++)
		words[i + 1] = argv[i];
	return words;
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

/* As run_finish(), where each line is an object. */
static int
finish_json(struct report *r, struct error *err, int code)
{
	run_check_proof(r, err);
	if (r->proof.target) {
		struct js *o = report_proof_json(&r->proof);

		js_set_text(o, "kind", "proof");
		print_js(o);
	}
	if (err->code != ERR_NONE) {
		code = run_exit_code(err);
		print_error_json(err, code);
	} else if (interrupt_pending()) {
		code = EXIT_INTERRUPTED;
	}
	if (run_output_lost() && code < EXIT_REFUSED)
		code = EXIT_REFUSED;
	report_clear(r);
	return code;
}

static int
run(int argc, char **argv)
{
	CLEANUP_COMMON struct common c = { 0 };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct report r = { .command = "logs" };
	struct session_options o;
	enum severity least = SEVERITY_NOTE;
	CLEANUP_FREE const char **words = command_line(argc, argv);
	struct wanted want = { NULL, LOGS_MAX_SIZE, words };
	const char *target = NULL;
	int code = EXIT_DONE;
	const struct option_spec specs[] = {
		{ "out", OPTION_TEXT, "DIR", "copy them into a new folder, with a MANIFEST.json",
		  &want.dir },
		{ "max-size", OPTION_SIZE, "SIZE", "copy no file larger than this (default: 4G)",
		  &want.max_size },
		COMMON_PARTITION(c),
		COMMON_JOURNAL_DIR(c),
		COMMON_SANDBOX(c),
		COMMON_PROOF(c),
		COMMON_JSON(c),
		COMMON_STATS(c),
		OPTIONS_END,
	};
	int parsed = options_parse(&command_logs, specs, argc, argv, &target, &err);

	if (parsed > 0)
		return EXIT_DONE;
	if (parsed == 0 && common_options(&c, target, &o, &least, &err) == 0) {
		o.out_folder = want.dir;
		o.out_max_size = want.max_size;
		code = logs(&c, &o, &want, &r, &err);
	}
	return c.json ? finish_json(&r, &err, code) : run_finish(&c, &r, least, &err, code);
}

const struct command command_logs = {
	.name = "logs",
	.arguments = "TARGET",
	.summary = "list the logs of Setup, Sysprep and EC2Config with their errors, or copy them",
	.text = "Lists \\Windows\\Panther\\Unattendgc, \\Windows\\Panther\\*.log, \\Windows\\System32\\Sysprep\\Panther and\n"
		"EC2Config's log, with the errors in them.  With --out they are copied, paths and times kept, and listed\n"
		"in a MANIFEST.json.  With --json one object a line.  Writes nothing to TARGET.\n"
		"Exit code 0: done, also when a file is above --max-size; 8: some could not be read, or nothing done.",
	.least = 1,
	.most = 1,
	.run = run,
};
