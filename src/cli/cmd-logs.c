/* SPDX-License-Identifier: GPL-3.0-or-later */
/* resprep logs: which logs there are, what stands in them, and copies of them. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/commands.h"
#include "cli/logs.h"
#include "cli/run.h"
#include "report/writers.h"
#include "session/bundle.h"
#include "session/logs.h"
#include "session/session.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/filetime.h"
#include "util/interrupt.h"
#include "util/io.h"
#include "util/json.h"
#include "util/text.h"

#define ARGUMENTS_MAX	 64
#define CONSOLE_FILE_MAX (16u << 20) /* the API gives 64 KiB */

static void
print_note(const struct log_file *f)
{
	struct js *o = js_object();

	js_set_text(o, "kind", "note");
	js_set_text(o, "path", f->path);
	js_set_text(o, "note", f->note);
	logs_print_js(o);
}

/* What could not be read or copied, and must not be missed: as warnings at the end, or as lines of JSON. */
static size_t
tell_problems(const struct common *c, const struct log_files *files, struct report *r)
{
	size_t unread = 0;

	for (size_t i = 0; i < files->count; i++) {
		const struct log_file *f = &files->list[i];

		if (f->note && !c->json)
			report_warn(r, "'%s': %s", f->path, f->note);
		if (f->note && c->json)
			print_note(f);
		if (!f->problem)
			continue;
		unread += !f->too_large && !f->kept_back;
		if (c->json) {
			struct js *o = js_object();

			js_set_text(o, "kind", "problem");
			js_set_text(o, "path", f->path);
			js_set_text(o, "problem", f->problem);
			js_set_bool(o, "too_large", f->too_large);
			logs_print_js(o);
		} else if (strstr(f->problem, f->path)) {
			report_warn(r, "%s", f->problem);
		} else {
			report_warn(r, "'%s' %s", f->path, f->problem);
		}
	}
	return unread;
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
		logs_print_js(o);
		return;
	}
	printf("%zu files (%s) copied to %s, with a MANIFEST.json\nSHA-256 of MANIFEST.json: %s\n",
	       job->copied, size, dir, hex);
}

/* What the command line says. */
struct wanted {
	const char *dir; /* --out, or NULL */
	uint64_t max_size;
	bool with_secrets, show, errors, timeline;
	struct option_list groups;
	const char *since, *until, *grep, *console;
	char *console_text; /* owned */
	size_t console_len;
	const char *arguments[ARGUMENTS_MAX + 1]; /* the target, then sources */
	const char *const *argv;
};

static enum logs_mode
mode_of(const struct wanted *want)
{
	return want->show ? LOGS_SHOW : want->errors ? LOGS_ERRORS : LOGS_LIST;
}

/* "2014-06-05", with " 10:40" or " 10:40:55" (or a T) behind it, and a Z for UTC. */
static int
parse_time(const char *option, const char *text, bool to_its_end, uint64_t *ret, bool *ret_local,
	   struct error *err)
{
	static const char *const forms[] = { "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S",
					     "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d" };

	for (size_t i = 0; text && i < ARRAY_SIZE(forms); i++) {
		struct tm tm = { 0 };
		const char *end = strptime(text, forms[i], &tm);
		bool day = i == ARRAY_SIZE(forms) - 1;

		if (!end || (*end && strcmp(end, "Z") != 0))
			continue;
		if (day && to_its_end)
			tm.tm_hour = 23, tm.tm_min = tm.tm_sec = 59;
		*ret = filetime_from_parts(
			&(struct filetime_parts){ tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
						  tm.tm_hour, tm.tm_min, tm.tm_sec });
		/* up to the end of the second, minute or day that is named */
		if (*ret && to_its_end)
			*ret += (i >= 2 && i <= 3 ? UINT64_C(60) : UINT64_C(1)) * 10000000 - 1;
		*ret_local = *end != 'Z';
		if (*ret)
			return 0;
	}
	return text ? error_set(
			      err, ERR_USAGE,
			      "'%s' is no time for --%s: write 2014-06-05 or '2014-06-05 10:40', with a Z "
			      "behind it for UTC",
			      text, option) :
		      0;
}

static int
filter_of(const struct wanted *want, struct logs_filter *ret, struct error *err)
{
	*ret = (struct logs_filter){ .least = want->show && !want->errors ? LOG_LEVEL_NONE :
									    LOG_LEVEL_ERROR,
				     .grep = want->grep,
				     .with_secrets = want->with_secrets };
	if (parse_time("since", want->since, false, &ret->since, &ret->since_local, err) < 0)
		return -1;
	return parse_time("until", want->until, true, &ret->until, &ret->until_local, err);
}

/* Before the session: nothing can be opened later. */
static int
read_console(struct wanted *want, struct error *err)
{
	if (!want->console)
		return 0;
	want->console_text = io_read_file(want->console, CONSOLE_FILE_MAX, &want->console_len, err);
	return want->console_text ? 0 : -1;
}

static int
copy(struct session *s, const struct common *c, const struct wanted *want, struct log_files *files,
     struct report *r, struct error *err)
{
	struct logs_copy job = { .report = r,
				 .argv = want->argv,
				 .max_size = want->max_size,
				 .folder = want->dir,
				 .with_secrets = want->with_secrets };

	if (logs_extract(s, files, &job, err) < 0)
		return -1;
	print_copied(c, &job, want->dir);
	return 0;
}

static int
logs(const struct common *c, const struct session_options *o, const struct wanted *want,
     const struct logs_filter *filter, struct report *r, struct error *err)
{
	CLEANUP_SESSION struct session *s = NULL;
	CLEANUP_LOG_FILES struct log_files files = { 0 };
	const struct logs_wanted sources = { .groups = (const char *const *)want->groups.list,
					     .sources = want->arguments[1] ? want->arguments + 1 :
									     NULL,
					     .console = want->console,
					     .console_text = want->console_text,
					     .console_len = want->console_len };
	int got;

	if (session_open(o, r, &s, err) < 0 || logs_list(s, &sources, &files, err) < 0)
		return -1;
	got = want->dir	     ? copy(s, c, want, &files, r, err) :
	      want->timeline ? logs_timeline(s, c, filter, &files, r, err) :
			       logs_show(s, c, filter, mode_of(want), &files, err);
	if (got < 0)
		return -1;
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
	CLEANUP_FREE char *text = error_text(err);
	struct js *o = js_object();

	js_set_text(o, "kind", "error");
	js_set_text(o, "code", error_code_name(err->code));
	js_set_text(o, "error", text);
	js_set_uint(o, "exit_code", (uint64_t)code);
	logs_print_js(o);
}

/* As run_finish(), where each line is an object. */
static int
finish_json(struct report *r, struct error *err, int code)
{
	run_check_proof(r, err);
	if (r->proof.target) {
		struct js *o = report_proof_json(&r->proof);

		js_set_text(o, "kind", "proof");
		logs_print_js(o);
	}
	if (err->code != ERR_NONE) {
		code = run_exit_code(err);
		print_error_json(err, code);
	} else if (interrupt_pending()) {
		code = EXIT_INTERRUPTED;
	}
	code = run_check_output(r, code);
	report_clear(r);
	return code;
}

/* Without a target there is the console alone, read by a process that is locked in all the same. */
static int
check_target(const struct wanted *want, const struct common *c, struct error *err)
{
	if (want->arguments[0])
		return 0;
	if (!want->console)
		return error_set(
			err, ERR_USAGE,
			"logs wants a TARGET, or --console FILE; try 'resprep logs --help'");
	if (want->dir || c->proof || c->partition)
		return error_set(err, ERR_USAGE, "--%s wants a TARGET",
				 want->dir ? "out" :
				 c->proof  ? "read-only-proof" :
					     "partition");
	return 0;
}

/* What the options say, before anything is opened for good. */
static int
prepare(struct wanted *want, struct session_options *o, struct logs_filter *filter,
	struct error *err)
{
	if (want->dir && bundle_is_other(want->dir))
		return error_set(
			err, ERR_USAGE,
			"--out makes no archive like '%s': write .zip, .tar.gz, .tgz or .tar.zst, or '%s/' for a folder",
			want->dir, want->dir);
	if (want->dir && bundle_format_of(want->dir) != BUNDLE_NONE) {
		o->out_file = want->dir;
		bundle_prepare();
	} else {
		o->out_folder = want->dir;
	}
	o->out_max_size = want->max_size;
	o->logs = true;
	if (filter_of(want, filter, err) < 0)
		return -1;
	return logs_check_groups((const char *const *)want->groups.list, err) < 0 ?
		       -1 :
		       read_console(want, err);
}

static int
run(int argc, char **argv)
{
	CLEANUP_COMMON struct common c = { 0 };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct report r = { .command = "logs" };
	struct session_options o;
	struct logs_filter filter;
	enum severity least = SEVERITY_NOTE;
	CLEANUP_FREE const char **words = command_line(argc, argv);
	struct wanted want = { .max_size = LOGS_MAX_SIZE, .argv = words };
	int code = EXIT_DONE;
	const struct option_spec specs[] = {
		{ "show", OPTION_FLAG, NULL, "all records, of SOURCE … or of all logs",
		  &want.show },
		{ "errors", OPTION_FLAG, NULL, "only errors, and only the logs that have some",
		  &want.errors },
		{ "timeline", OPTION_FLAG, NULL,
		  "what happened, of all sources in one order, and what to do", &want.timeline },
		{ "since", OPTION_TEXT, "TIME", "only records from then on", &want.since },
		{ "until", OPTION_TEXT, "TIME", "only records up to then", &want.until },
		{ "grep", OPTION_TEXT, "TEXT", "only records with this text", &want.grep },
		{ "group", OPTION_LIST, "NAME", "only these groups of files; 'all' for all",
		  &want.groups },
		{ "console", OPTION_TEXT, "FILE",
		  "also output of the serial console, saved here; alone without TARGET",
		  &want.console },
		{ "out", OPTION_TEXT, "DIR|FILE",
		  "copy them into a new folder, or an archive: .zip, .tar.gz, .tar.zst",
		  &want.dir },
		{ "max-size", OPTION_SIZE, "SIZE", "copy no file larger than this (default: 4G)",
		  &want.max_size },
		{ "with-secrets", OPTION_FLAG, NULL, "passwords too: nothing is masked or left out",
		  &want.with_secrets },
		COMMON_PARTITION(c),
		COMMON_JOURNAL_DIR(c),
		COMMON_SANDBOX(c),
		COMMON_PROOF(c),
		COMMON_JSON(c),
		COMMON_STATS(c),
		OPTIONS_END,
	};
	int parsed = options_parse(&command_logs, specs, argc, argv, want.arguments, &err);

	if (parsed == 0 && check_target(&want, &c, &err) == 0 &&
	    common_options(&c, want.arguments[0], &o, &least, &err) == 0 &&
	    prepare(&want, &o, &filter, &err) == 0)
		code = logs(&c, &o, &want, &filter, &r, &err);
	option_list_clear(&want.groups);
	free(want.console_text);
	if (parsed > 0)
		return EXIT_DONE;
	return c.json ? finish_json(&r, &err, code) : run_finish(&c, &r, least, &err, code);
}

const struct command command_logs = {
	.name = "logs",
	.arguments = "[TARGET [SOURCE …]]",
	.summary = "show, search and copy the logs of Setup, Sysprep, Windows and EC2's agents",
	.text = "Lists the logs on TARGET, a Windows or a folder of logs that somebody has sent, with the errors in them.  SOURCE is a part of a\n"
		"path, a kind or a group.  TIME is local time of the installation, with a Z behind it UTC.  Groups: sysprep, setup, drivers,\n"
		"servicing, domain, ec2config, ec2launch, ec2launch-v2, ssm, events, windows-update; and only when named: registry, boot,\n"
		"memory-dump, wer, egpu, cloudendure, ecs, all.  With --out the files are copied, paths and times kept, passwords masked, and\n"
		"listed in a MANIFEST.json.  With --json one object a line.  Writes nothing to TARGET.\n"
		"Exit code 0: done, also when a file is above --max-size; 8: some could not be read, or nothing done.",
	.least = 0,
	.most = ARGUMENTS_MAX,
	.run = run,
};
