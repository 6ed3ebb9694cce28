/* SPDX-License-Identifier: GPL-3.0-or-later */
/* resprep registry: hives read as Windows reads them, and changed so that Windows keeps it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/edits.h"
#include "cli/registry.h"
#include "registry/hive.h"
#include "session/registry.h"
#include "session/session.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/io.h"
#include "util/json.h"
#include "util/text.h"
#include "util/utf16.h"

#define REG_FILE_LIMIT (1u << 30)

/* ---- for all verbs ---- */

static int
options(struct registry_run *r, bool edits, struct session_options *o, struct error *err)
{
	enum severity least;

	if (common_options(&r->common, r->target, o, &least, err) < 0)
		return -1;
	if (edits)
		edits_options(&r->common, o);
	o->in_file = r->file > 0 ? r->file : 0;
	o->hive_file = true;
	o->no_checks = true;
	o->out_file = r->out && strcmp(r->out, "-") != 0 ? r->out : NULL;
	return 0;
}

int
registry_open(struct registry_run *r, bool edits, struct session **ret, struct error *err)
{
	struct session_options o;

	return options(r, edits, &o, err) < 0 ? -1 : session_open(&o, r->report, ret, err);
}

int
registry_open_two(struct registry_run *a, struct registry_run *b, struct session **ret_a,
		  struct session **ret_b, struct error *err)
{
	struct session_options one, two;

	if (options(a, false, &one, err) < 0 || options(b, false, &two, err) < 0)
		return -1;
	return session_open_two(&one, a->report, ret_a, &two, b->report, ret_b, err);
}

void
registry_print_notes(const struct registry_run *r, bool to_stderr)
{
	struct report *p = r->report;
	FILE *to = to_stderr ? stderr : stdout;

	if (r->common.json) {
		/* of a single hive nothing else in the object says it */
		if (p->installation.replayed_hives && !p->have_installation)
			report_warn(p, "%s", p->installation.replayed_hives);
		return;
	}
	if (p->installation.replayed_hives)
		fprintf(to, "%s%s\n", to_stderr ? "resprep: " : "; ",
			p->installation.replayed_hives);
	if (!to_stderr) {
		for (size_t i = p->warnings_said; i < p->warning_count; i++) {
			CLEANUP_FREE char *safe = text_escape(p->warnings[i], false);

			fprintf(to, "; warning: %s\n", safe);
		}
		p->warnings_said = p->warning_count;
	}
}

void
registry_note_losses(struct registry_run *r, struct session *s)
{
	struct windows *w = session_windows(s);
	size_t before = r->report->warning_count;

	for (size_t i = 0; i < windows_hive_count(w); i++) {
		const struct hive *h = windows_opened(w, (enum windows_hive)i);
		const struct hive_problems *p = h ? hive_losses(h) : NULL;

		for (size_t k = 0; p && k < p->count; k++)
			report_warn(r->report, "lost, because it is damaged: %s%s%s",
				    p->list[k].text, *p->list[k].key ? ", in " : "",
				    p->list[k].key);
		if (p && p->errors > p->count)
			report_warn(r->report, "lost: and %zu more", p->errors - p->count);
	}
	if (r->report->warning_count > before) {
		CLEANUP_FREE char *word = text_shell(r->target);

		report_warn(r->report, "'resprep registry %s verify' lists all that is wrong",
			    word);
	}
}

int
registry_write_out(const struct registry_run *r, struct session *s, const void *p, size_t n,
		   struct error *err)
{
	if (r->out && strcmp(r->out, "-") != 0)
		return session_write_out(s, p, n, err);
	return fwrite(p, 1, n, stdout) == n ?
		       0 :
		       error_set(err, ERR_IO, "cannot write to standard output");
}

int
registry_end_out(const struct registry_run *r, struct session *s, int got, struct error *err)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;

	if (!r->out || strcmp(r->out, "-") == 0)
		return got;
	if (got == 0)
		return session_end_out(s, true, err);
	session_end_out(s, false, &ignored);
	return -1;
}

/* ---- set, delete, import ---- */

static int
read_file(void *ctx, void *buf, size_t len, uint64_t offset, size_t *ret_len, struct error *err)
{
	const struct registry_run *r = ctx;
	ssize_t n;

	if (r->text) {
		*ret_len = offset >= r->text_len      ? 0 :
			   len < r->text_len - offset ? len :
							(size_t)(r->text_len - offset);
		memcpy(buf, r->text + (*ret_len ? offset : 0), *ret_len);
		return 0;
	}
	n = io_pread_full(r->file, buf, len, offset);
	if (n < 0)
		return error_sys(err, errno, "it cannot be read");
	*ret_len = (size_t)n;
	return 0;
}

static int
import_file(struct registry_run *r, struct registry_edit *e, struct error *err)
{
	const struct hive_source from = { .read = read_file, .ctx = r, .size = UINT64_MAX };

	return registry_import(e, &from, err) < 0 ? error_prefix(err, "%s", r->words[0]) : 0;
}

/* A file of this host: the process that reads the volume will open nothing. */
static int
open_file(struct registry_run *r, struct error *err)
{
	struct stat st;

	r->file = open(r->words[0], O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (r->file < 0 || fstat(r->file, &st) < 0)
		return error_sys(err, errno, "cannot read '%s'", r->words[0]);
	if (S_ISREG(st.st_mode) && (uint64_t)st.st_size > REG_FILE_LIMIT)
		return error_set(err, ERR_LIMIT, "'%s' is larger than the %u bytes that are read",
				 r->words[0], REG_FILE_LIMIT);
	if (!S_ISREG(st.st_mode))
		r->text = io_read_file(r->words[0], REG_FILE_LIMIT, &r->text_len, err);
	return S_ISREG(st.st_mode) || r->text ? 0 : -1;
}

const char *
registry_value_name(const char *word)
{
	return word && (strcmp(word, "@") == 0 || name_equal(word, "(default)")) ? "" : word;
}

static int
make_edits(struct registry_run *r, struct registry_edit *e, struct error *err)
{
	const char *name = registry_value_name(r->words[1]);

	if (strcmp(r->verb, "import") == 0)
		return import_file(r, e, err);
	if (strcmp(r->verb, "delete") == 0)
		return registry_delete(e, r->words[0], name, err);
	if (!name)
		return registry_create(e, r->words[0], err);
	return registry_set(e, r->words[0], name, r->type, r->words[2], err);
}

static int
registry_change(struct registry_run *r, struct error *err)
{
	CLEANUP_SESSION struct session *s = NULL;
	struct registry_edit e = { .allow_sam = r->allow_sam };
	CLEANUP_FREE char *command = xasprintf("registry %s", r->verb);

	if (strcmp(r->verb, "import") == 0 && open_file(r, err) < 0)
		return -1;
	if (registry_open(r, true, &s, err) < 0)
		return -1;
	e.session = s;
	if (make_edits(r, &e, err) < 0) {
		change_list_clear(&r->report->changes);
		return -1;
	}
	if (registry_seal(&e, command, err) < 0)
		return -1;
	return edits_finish(&r->common, r->report, s, err);
}

/* ---- the command ---- */

static const struct verb {
	const char *name;
	int least, most; /* words behind it */
	const char *words;
	int (*run)(struct registry_run *r, struct error *err);
} verbs[] = {
	{ "get", 1, 2, "KEY [NAME]", registry_get },
	{ "set", 1, 3, "KEY [NAME DATA]", registry_change },
	{ "delete", 1, 2, "KEY [NAME]", registry_change },
	{ "export", 0, 1, "[KEY]", registry_export },
	{ "import", 1, 1, "FILE", registry_change },
	{ "diff", 1, 2, "OTHER [KEY]", registry_diff },
	{ "verify", 0, 1, "[HIVE]", registry_verify },
	{ "replay", 0, 1, "[HIVE]", registry_replay },
};

static const struct verb *
find_verb(struct registry_run *r, const char *const *arguments, struct error *err)
{
	int count = 0;

	r->target = arguments[0];
	r->verb = arguments[1];
	while (count < 3 && arguments[2 + count]) {
		r->words[count] = arguments[2 + count];
		count++;
	}
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		const struct verb *v = &verbs[i];

		if (strcmp(v->name, r->verb) != 0)
			continue;
		if (count >= v->least && count <= v->most && !(count == 2 && v->most == 3))
			return v;
		error_set(err, ERR_USAGE, "usage: resprep registry TARGET %s %s", v->name,
			  v->words);
		return NULL;
	}
	error_set(
		err, ERR_USAGE,
		"registry has no verb '%s' (get, set, delete, export, import, diff, verify, replay)",
		r->verb);
	return NULL;
}

static int
run(int argc, char **argv)
{
	struct registry_run r = { .file = -1 };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct report report = { .command = "registry" };
	const char *arguments[5] = { NULL };
	const struct verb *verb;
	int code = 0;
	const struct option_spec specs[] = {
		{ "type", OPTION_TEXT, "TYPE", "set: the value's type (REG_SZ, REG_DWORD, …)",
		  &r.type },
		{ "out", OPTION_TEXT, "FILE", "export, replay: write a new file", &r.out },
		{ "dry-run", OPTION_FLAG, NULL, "print what would change", &r.common.dry_run },
		{ "allow-sam", OPTION_FLAG, NULL, "allow changes of SAM and SECURITY",
		  &r.allow_sam },
		COMMON_ACCEPT_DIRTY(r.common),
		COMMON_DISCARD(r.common),
		COMMON_PARTITION(r.common),
		COMMON_YES(r.common),
		COMMON_JOURNAL_DIR(r.common),
		COMMON_SANDBOX(r.common),
		COMMON_PROOF(r.common),
		COMMON_JSON(r.common),
		COMMON_STATS(r.common),
		OPTIONS_END,
	};
	int parsed = options_parse(&command_registry, specs, argc, argv, arguments, &err);

	if (parsed > 0)
		return EXIT_DONE;
	r.report = &report;
	verb = parsed == 0 ? find_verb(&r, arguments, &err) : NULL;
	r.common.data_on_stdout = true;
	r.terminal = isatty(STDOUT_FILENO) != 0;
	if (verb && r.common.proof && verb->run == registry_change)
		error_set(&err, ERR_USAGE, "--read-only-proof is for what only reads, not for '%s'",
			  r.verb);
	else if (verb)
		code = verb->run(&r, &err);
	code = run_finish_with(&r.common, &report, SEVERITY_NOTE, &err, code, r.answer_name,
			       r.answer);
	common_clear(&r.common);
	cleanup_fd(&r.file);
	free(r.text);
	return code;
}

const struct command command_registry = {
	.name = "registry",
	.arguments = "TARGET VERB [KEY …]",
	.summary = "read, check and change registry hives, with their transaction logs",
	.text = "TARGET may also be a single hive file.  Verbs:\n"
		"  get KEY [NAME]        a key's values and subkeys, or one value's data\n"
		"  set KEY [NAME DATA]   set a value (or make the key); --type for a new one\n"
		"  delete KEY [NAME]     delete a value, or the key and all below\n"
		"  export [KEY]          as a .reg file (--out FILE: UTF-16, as regedit writes it)\n"
		"  import FILE           what a .reg file says, several hives in one transaction\n"
		"  diff OTHER [KEY]      what is different in another target\n"
		"  verify [HIVE]         the strict check: every problem with offset and key\n"
		"  replay [HIVE]         write the hive with its logs applied (--out FILE)\n"
		"Keys are written as usual: HKLM\\SYSTEM\\CurrentControlSet\\…, HKEY_USERS\\S-1-5-21-…\\….",
	.least = 2,
	.most = 5,
	.run = run,
};
