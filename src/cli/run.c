/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all commands share. */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/run.h"
#include "report/writers.h"
#include "session/session.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/interrupt.h"
#include "util/json.h"
#include "util/sha256.h"
#include "util/text.h"

/* The end of a journal's name once all of it is written. */
#define APPLIED ".applied"

int
run_exit_code(const struct error *err)
{
	switch (err->code) {
	case ERR_NONE:
		return EXIT_DONE;
	case ERR_USAGE:
		return EXIT_USAGE;
	case ERR_INTERRUPTED:
		return EXIT_INTERRUPTED;
	default:
		return EXIT_REFUSED;
	}
}

/* Only to somebody who looks: a log file needs no comfort. */
static void
say_progress(const char *what)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr,
			"resprep: %s; this can take minutes (Ctrl-C stops, and nothing is written)\n",
			what);
}

/* The same while the whole target is read: nothing for two seconds, then a line that is written over. */
static void
say_hashing(uint64_t done, uint64_t total)
{
	static time_t began, said;
	struct timespec now;

	if (!isatty(STDERR_FILENO) || !total || clock_gettime(CLOCK_MONOTONIC, &now) < 0)
		return;
	if (done == 0) {
		began = now.tv_sec;
		said = 0;
		return;
	}
	if (done >= total && said) {
		fprintf(stderr, "\r%*s\r", 60, "");
		said = 0;
		return;
	}
	if (now.tv_sec - began < 2 || now.tv_sec == said || done >= total)
		return;
	said = now.tv_sec;
	fprintf(stderr, "\rresprep: SHA-256 of the target: %3u %% (Ctrl-C stops)\r",
		(unsigned)((double)done * 100 / (double)total));
}

static int
ask_nobody(const char *question, struct error *err)
{
	(void)question;
	return error_set(err, ERR_REFUSED,
			 "there is nobody to ask: add --yes to go on without a question");
}

static int
ask_terminal(const char *question, struct error *err)
{
	CLEANUP_FREE char *safe = text_escape(question, false);
	char line[16] = "";

	if (!isatty(STDIN_FILENO))
		return ask_nobody(question, err);
	fflush(stdout);
	fprintf(stderr, "%s [y/N] ", safe);
	/* a signal may come just before the read, which it would then not end */
	for (struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };;) {
		if (interrupt_check(err) < 0) {
			fputc('\n', stderr);
			return -1;
		}
		if (poll(&p, 1, 100) > 0)
			break;
	}
	if (!fgets(line, sizeof line, stdin)) {
		/* what is said next has a line of its own */
		fputc('\n', stderr);
		return interrupt_pending() ? interrupt_check(err) : 0;
	}
	return line[0] == 'y' || line[0] == 'Y';
}

/* By the process that keeps the target, when the one that reads it is gone. */
static void
tell_proof(const char *target, const uint8_t *before, const uint8_t *after, FILE *to)
{
	CLEANUP_TEXT struct text out = TEXT_INIT;
	struct report_proof p = { .target = xstrdup(target),
				  .before = text_hex(before, SHA256_SIZE),
				  .after = after ? text_hex(after, SHA256_SIZE) : NULL };

	report_text_proof(&out, &p);
	report_proof_clear(&p);
	fputs(text_str(&out), to);
	fflush(to);
}

static void
tell_proof_here(const char *target, const uint8_t *before, const uint8_t *after)
{
	tell_proof(target, before, after, stdout);
}

static void
tell_proof_beside(const char *target, const uint8_t *before, const uint8_t *after)
{
	tell_proof(target, before, after, stderr);
}

int
common_options(const struct common *c, const char *target, struct session_options *o,
	       enum severity *least, struct error *err)
{
	enum severity shown = SEVERITY_NOTE;

	*o = (struct session_options){ .target = target,
				       .partition = c->partition,
				       .only = (const char *const *)c->only.list,
				       .groups = (const char *const *)c->groups.list,
				       .risk = RISK_SAFE,
				       .fail_on = SEVERITY_WARNING,
				       .journal_dir = c->journal_dir,
				       .progress = say_progress,
				       .confirm = c->yes  ? NULL :
						  c->json ? ask_nobody :
							    ask_terminal,
				       .require_sandbox = c->require_sandbox,
				       .discard_log = c->discard_log,
				       .discard_hibernation = c->discard_hibernation,
				       .accept_dirty = c->accept_dirty,
				       .proof = c->proof,
				       .tell_proof = c->json || c->data_on_stdout ?
							     tell_proof_beside :
							     tell_proof_here,
				       .proof_progress = say_hashing };
	if (c->severity && !severity_parse(c->severity, &shown))
		return error_set(err, ERR_USAGE,
				 "--severity wants note, warning, error or critical, not '%s'",
				 c->severity);
	if (c->fail_on && !severity_parse(c->fail_on, &o->fail_on))
		return error_set(err, ERR_USAGE,
				 "--fail-on wants warning, error or critical, not '%s'",
				 c->fail_on);
	if (c->risk && !risk_parse(c->risk, &o->risk))
		return error_set(err, ERR_USAGE,
				 "--risk wants safe, careful or last-resort, not '%s'", c->risk);
	*least = shown;
	return 0;
}

void
common_clear(struct common *c)
{
	option_list_clear(&c->only);
	option_list_clear(&c->groups);
}

void
run_print(const struct common *c, const char *text)
{
	if (!c->json)
		fputs(text, stdout);
}

static void
to_stdout(void *ctx, const char *text)
{
	(void)ctx;
	fputs(text, stdout);
}

int
run_print_changes(const struct common *c, const struct report *r, bool all, struct error *err)
{
	const struct report_sink to = { to_stdout, NULL };

	return c->json ? 0 : report_text_changes(r, all, &to, err);
}

void
run_print_findings(const struct common *c, struct report *r, enum severity least)
{
	CLEANUP_TEXT struct text out = TEXT_INIT;

	report_text_head(&out, r);
	r->warnings_said = r->warning_count;
	report_text_findings(&out, r, least);
	run_print(c, text_str(&out));
}

char *
run_undo_command(const struct report *r)
{
	CLEANUP_FREE char *journal = text_escape(r->journal, false);
	CLEANUP_FREE char *target = text_escape(r->target ? r->target : "", false);
	CLEANUP_FREE char *journal_word = text_shell(journal);
	CLEANUP_FREE char *target_word = text_shell(target);

	return xasprintf("resprep undo %s %s", journal_word, target_word);
}

void
run_print_taken_back(const struct common *c, const struct report *r, const char *first)
{
	CLEANUP_FREE char *journal = text_escape(r->journal, false);
	CLEANUP_FREE char *command = run_undo_command(r);

	if (!c->json)
		printf("%sJournal: %s\nTo take it back:   %s\n", first, journal, command);
}

static void print_error(const struct error *err);

/* The one object; `code`, or another when it could not be printed whole. */
static int
print_json(const struct report *r, enum severity least, const struct error *err, int code,
	   const char *key, struct js *value)
{
	CLEANUP_JS struct js *o = report_json(r, least, err, code);
	CLEANUP_ERROR struct error problem = ERROR_INIT;
	const struct report_sink to = { to_stdout, NULL };

	if (key)
		js_set(o, key, value);
	if (report_print_json(o, r, &to, &problem) == 0)
		return code;
	print_error(&problem);
	return code < EXIT_REFUSED ? EXIT_REFUSED : code;
}

/* What was noticed after the head of the report was printed. */
static void
print_late_warnings(const struct report *r)
{
	fflush(stdout);
	for (size_t i = r->warnings_said; i < r->warning_count; i++) {
		CLEANUP_FREE char *safe = text_escape(r->warnings[i], false);

		fprintf(stderr, "resprep: warning: %s\n", safe);
	}
}

static void
print_error(const struct error *err)
{
	CLEANUP_FREE char *safe = text_escape(err->message ? err->message : "unknown error", false);
	CLEANUP_FREE char *below = err->lines ? text_escape(err->lines, true) : NULL;

	fflush(stdout);
	fprintf(stderr, "resprep: %s\n", safe);
	if (below)
		fprintf(stderr, "%s\n", below);
}

static int
check_proof(const struct report_proof *p, struct error *err)
{
	if (!p->before || (p->after && strcmp(p->before, p->after) == 0))
		return 0;
	if (!p->after)
		return error_set(err, ERR_IO, "whether '%s' is as it was before cannot be told: %s",
				 p->target, p->problem ? p->problem : "its SHA-256 is not known");
	return error_set(err, ERR_BUSY,
			 "'%s' has changed while it was read: somebody else writes to it",
			 p->target);
}

int
run_check_proof(const struct report *r, struct error *err)
{
	if (err->code != ERR_NONE || interrupt_pending())
		return 0;
	return check_proof(&r->proof, err) < 0 ? -1 : check_proof(&r->proof_other, err);
}

static void
print_proof(const struct common *c, const struct report *r)
{
	CLEANUP_TEXT struct text out = TEXT_INIT;

	if (!r->proof.told)
		report_text_proof(&out, &r->proof);
	if (!r->proof_other.told)
		report_text_proof(&out, &r->proof_other);
	fputs(text_str(&out), c->data_on_stdout ? stderr : stdout);
}

bool
run_output_lost(void)
{
	/* an earlier flush may have failed already, and taken with it what this one would have written */
	return fflush(stdout) != 0 || ferror(stdout);
}

/* What was written to the target stands, whoever has read of it: said where it can still be read. */
static void
say_written(const struct report *r)
{
	CLEANUP_FREE char *journal = text_escape(r->journal, false);
	CLEANUP_FREE char *target = text_escape(r->target ? r->target : "", false);
	CLEANUP_FREE char *undo = run_undo_command(r);
	size_t n = strlen(journal), tail = strlen(APPLIED);

	if (n >= tail && strcmp(journal + n - tail, APPLIED) == 0)
		fprintf(stderr,
			"resprep: the change of %s is written, and complete.  Journal: %s; to take it back: %s\n",
			target, journal, undo);
	else
		fprintf(stderr,
			"resprep: every byte of %s is as it was before the repair.  Journal: %s\n",
			target, journal);
}

int
run_check_output(const struct report *r, int code)
{
	/* of a commit that failed the error has said what is to be done */
	if (!run_output_lost() || code == EXIT_REFUSED || code == EXIT_USAGE)
		return code;
	fputs("resprep: standard output could not be written: what stood there is incomplete\n",
	      stderr);
	if (r && r->journal) {
		say_written(r);
		return code;
	}
	/* a report that did not reach its reader is no success */
	return code < EXIT_REFUSED ? EXIT_REFUSED : code;
}

int
run_finish(const struct common *c, struct report *r, enum severity least, const struct error *err,
	   int code)
{
	return run_finish_with(c, r, least, err, code, NULL, NULL);
}

int
run_finish_with(const struct common *c, struct report *r, enum severity least,
		const struct error *err, int code, const char *key, struct js *value)
{
	CLEANUP_ERROR struct error unproven = ERROR_INIT;

	if (err->code == ERR_NONE && run_check_proof(r, &unproven) < 0)
		err = &unproven;
	if (err->code != ERR_NONE)
		code = run_exit_code(err);
	else if (interrupt_pending())
		code = EXIT_INTERRUPTED;
	if (c->json) {
		code = print_json(r, least, err, code, key, value);
	} else {
		js_free(value);
		print_late_warnings(r);
		print_proof(c, r);
		if (err->code != ERR_NONE)
			print_error(err);
		if (c->stats) {
			CLEANUP_TEXT struct text out = TEXT_INIT;

			report_text_stats(&out, r);
			fputs(text_str(&out), stdout);
		}
	}
	code = run_check_output(r, code);
	report_clear(r);
	return code;
}

int
run_finish_list(struct report *r, const char *key, struct js *value)
{
	CLEANUP_ERROR struct error none = ERROR_INIT;
	int code = print_json(r, SEVERITY_NOTE, &none, EXIT_DONE, key, value);

	report_clear(r);
	return run_check_output(NULL, code);
}

int
run_ask(const struct common *c, const char *question, struct error *err)
{
	return c->yes ? 1 : c->json ? ask_nobody(question, err) : ask_terminal(question, err);
}

int
run_commit(const struct common *c, struct session *s, struct error *err)
{
	int got;

	/* what is agreed to was seen: the question is another process's */
	if (run_output_lost())
		return error_set(
			err, ERR_IO,
			"standard output cannot be written, so nobody can see what would change; nothing was "
			"written (for no output: >/dev/null)");
	got = session_commit(s, err);
	if (got > 0)
		run_print(c, "Nothing was written.\n");
	return got;
}
