/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all commands share: exit codes, the report on standard output, errors on standard error, questions. */
#ifndef RESPREP_CLI_RUN_H
#define RESPREP_CLI_RUN_H

#include <stdbool.h>

#include "cli/options.h"
#include "report/report.h"

struct error;
struct session_options;

/* One, never a sum; the higher one here wins (usage, interrupted, refused, problems, repaired). */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_REPAIRED = 1,
	EXIT_PROBLEMS = 4,
	EXIT_REFUSED = 8, /* could not, or would not */
	EXIT_USAGE = 16,
	EXIT_INTERRUPTED = 32,
};

/* The exit code of an error. */
int run_exit_code(const struct error *err);

/* What every command on a target understands. */
struct common {
	bool json, stats, yes, dry_run, require_sandbox, accept_dirty, discard_log,
		discard_hibernation, proof;
	bool data_on_stdout; /* standard output is for a program: what is said besides goes to standard error */
	int partition;
	const char *journal_dir, *severity, *fail_on, *risk;
	struct option_list only, groups;
};
#define COMMON_JSON(c)                                                                        \
	{                                                                                     \
		"json", OPTION_FLAG, NULL, "print one JSON object instead of text", &(c).json \
	}
#define COMMON_STATS(c)                                                                           \
	{                                                                                         \
		"stats", OPTION_FLAG, NULL, "print what was read from and written to the device", \
			&(c).stats                                                                \
	}
#define COMMON_YES(c)                                             \
	{                                                         \
		"yes", OPTION_FLAG, NULL, "ask nothing", &(c).yes \
	}
#define COMMON_ACCEPT_DIRTY(c)                                                      \
	{                                                                           \
		"accept-dirty-hive", OPTION_FLAG, NULL,                             \
			"edit a dirty hive whose logs do not help, if it is sound", \
			&(c).accept_dirty                                           \
	}
#define COMMON_DISCARD(c)                                                                        \
	{ "discard-ntfs-log", OPTION_FLAG, NULL,                                                 \
	  "give up an unclean $LogFile that cannot be replayed; what stands only in it is lost", \
	  &(c).discard_log },                                                                    \
	{                                                                                        \
		"discard-hibernation", OPTION_FLAG, NULL,                                        \
			"give up a hibernated session; what its programs had not saved is lost", \
			&(c).discard_hibernation                                                 \
	}
#define COMMON_SANDBOX(c)                                                              \
	{                                                                              \
		"require-sandbox", OPTION_FLAG, NULL,                                  \
			"refuse where this kernel cannot lock the reading process in", \
			&(c).require_sandbox                                           \
	}
#define COMMON_PROOF(c)                                                                      \
	{                                                                                    \
		"read-only-proof", OPTION_FLAG, NULL,                                        \
			"print the SHA-256 of the whole target before and after", &(c).proof \
	}
#define COMMON_PARTITION(c)                                                              \
	{                                                                                \
		"partition", OPTION_NUMBER, "N", "the partition that holds the Windows", \
			&(c).partition                                                   \
	}
#define COMMON_JOURNAL_DIR(c)                                                                   \
	{                                                                                       \
		"journal-dir", OPTION_TEXT, "DIR",                                              \
			"where journals are kept (default: /var/lib/resprep)", &(c).journal_dir \
	}
#define COMMON_SEVERITY(c)                                                                  \
	{                                                                                   \
		"severity", OPTION_TEXT, "LEVEL",                                           \
			"show findings from: note, warning, error, critical", &(c).severity \
	}
#define COMMON_FAIL_ON(c)                                                                       \
	{                                                                                       \
		"fail-on", OPTION_TEXT, "LEVEL", "what counts as a problem (default: warning)", \
			&(c).fail_on                                                            \
	}
#define COMMON_ONLY(c)                                                                      \
	{                                                                                   \
		"only", OPTION_LIST, "ID[:NAME]",                                           \
			"only these checks (or this finding); consent to a careful repair", \
			&(c).only                                                           \
	}
#define COMMON_GROUP(c)                                                                      \
	{                                                                                    \
		"group", OPTION_LIST, "NAME", "only the checks of these groups", &(c).groups \
	}
#define OPTIONS_END                                 \
	{                                           \
		NULL, OPTION_FLAG, NULL, NULL, NULL \
	}

/* Checks the levels and fills `o` from `c`; `least` is --severity.  ERR_USAGE names the wrong word. */
int common_options(const struct common *c, const char *target, struct session_options *o,
		   enum severity *least, struct error *err);
void common_clear(struct common *c);
#define CLEANUP_COMMON __attribute__((cleanup(common_clear)))

/* The error of a run whose target is not proven to be as it was, if it has no other; -1 then. */
int run_check_proof(const struct report *r, struct error *err);

/*
 * Ends a command: with --json prints the one object; else the error, if any, on standard error, and with --stats the
 * statistics.  Returns `code`, or the error's.
 */
int run_finish(const struct common *c, struct report *r, enum severity least,
	       const struct error *err, int code);

/* The same with a further member `key` of the JSON object (taken; NULL: none). */
struct js;
int run_finish_with(const struct common *c, struct report *r, enum severity least,
		    const struct error *err, int code, const char *key, struct js *value);

/*
 * Ends a command that went well and answers with a list: the one object of --json with `value` (taken) as its member
 * `key`.  Returns EXIT_DONE.
 */
int run_finish_list(struct report *r, const char *key, struct js *value);

/* Whether something that was printed did not reach standard output. */
bool run_output_lost(void);

/*
 * Of a command that ends with `code`: when something that was printed did not arrive, standard error says so, and, when the report (or NULL)
 * has a journal, what was written and how it is taken back.  Returns the exit code: EXIT_REFUSED for a lost report, but `code` when something
 * was written, for then nothing was refused.
 */
int run_check_output(const struct report *r, int code);

/* Prints text on standard output (nothing with --json). */
void run_print(const struct common *c, const char *text);

/* The changes of a report, piece by piece; all, or without those that go with a key. */
int run_print_changes(const struct common *c, const struct report *r, bool all, struct error *err);

/* Head and findings of a report, as check, repair and inspect show them. */
void run_print_findings(const struct common *c, struct report *r, enum severity least);

/* Where the journal of what was written is, behind `first`, and the command that takes it back. */
void run_print_taken_back(const struct common *c, const struct report *r, const char *first);

/* "resprep undo JOURNAL TARGET", to be typed or pasted; the caller's. */
char *run_undo_command(const struct report *r);

/* A yes-or-no question on the terminal: 1 yes, 0 no; -1 with ERR_REFUSED without a terminal (use --yes). */
int run_ask(const struct common *c, const char *question, struct error *err);

/* session_commit(), which asks; 1 when the user said no, which is told. */
struct session;
int run_commit(const struct common *c, struct session *s, struct error *err);

#endif
