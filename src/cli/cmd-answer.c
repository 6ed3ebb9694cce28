/* SPDX-License-Identifier: GPL-3.0-or-later */
/* resprep answer: the answer files on a volume, and their settings. */
#include <stdio.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/edits.h"
#include "session/session.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/json.h"

int
answer_session(struct answer_run *r, bool edits, struct session **ret, struct error *err)
{
	struct session_options o;
	enum severity least;

	if (common_options(&r->common, r->target, &o, &least, err) < 0)
		return -1;
	if (edits)
		edits_options(&r->common, &o);
	o.no_checks = true;
	return session_open(&o, r->report, ret, err);
}

static const struct verb {
	const char *name;
	int least, most; /* words behind it */
	const char *words;
	bool changes;
	int (*run)(struct answer_run *r, struct error *err);
} verbs[] = {
	{ "list", 0, 0, "", false, answer_run_list },
	{ "show", 0, 1, " [FILE]", false, answer_run_show },
	{ "lint", 0, 1, " [FILE]", false, answer_run_lint },
	{ "set", 1, ANSWER_WORDS, " PASS/COMPONENT/SETTING=VALUE …", true, answer_run_change },
	{ "scrub", 0, 1, " [FILE]", true, answer_run_change },
};

static const struct verb *
find_verb(struct answer_run *r, const char *const *arguments, struct error *err)
{
	int count = 0;

	r->target = arguments[0];
	r->verb = arguments[1] ? arguments[1] : "list";
	while (arguments[1] && count < ANSWER_WORDS && arguments[2 + count]) {
		r->words[count] = arguments[2 + count];
		count++;
	}
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		const struct verb *v = &verbs[i];

		if (strcmp(v->name, r->verb) != 0)
			continue;
		if (count >= v->least && count <= v->most)
			return v;
		error_set(err, ERR_USAGE, "usage: resprep answer TARGET %s%s", v->name, v->words);
		return NULL;
	}
	error_set(err, ERR_USAGE, "answer has no verb '%s' (list, show, lint, set, scrub)",
		  r->verb);
	return NULL;
}

static int
run(int argc, char **argv)
{
	struct answer_run r = { 0 };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct report report = { .command = "answer" };
	const char *arguments[ANSWER_WORDS + 3] = { NULL };
	const struct verb *verb;
	int code = 0;
	const struct option_spec specs[] = {
		{ "file", OPTION_TEXT, "FILE", "the answer file that is meant", &r.file },
		{ "with-secrets", OPTION_FLAG, NULL, "show passwords and product keys",
		  &r.secrets },
		{ "unchecked", OPTION_FLAG, NULL,
		  "set: also what the table of settings does not know or would not take",
		  &r.unchecked },
		{ "force", OPTION_FLAG, NULL,
		  "change a file that is marked read-only; scrub: also passwords that a pass needs",
		  &r.force },
		{ "dry-run", OPTION_FLAG, NULL, "print what would change", &r.common.dry_run },
		COMMON_YES(r.common),
		COMMON_JOURNAL_DIR(r.common),
		COMMON_DISCARD(r.common),
		COMMON_PARTITION(r.common),
		COMMON_SANDBOX(r.common),
		COMMON_PROOF(r.common),
		COMMON_JSON(r.common),
		COMMON_STATS(r.common),
		OPTIONS_END,
	};
	int parsed = options_parse(&command_answer, specs, argc, argv, arguments, &err);

	if (parsed > 0)
		return EXIT_DONE;
	r.report = &report;
	verb = parsed == 0 ? find_verb(&r, arguments, &err) : NULL;
	if (verb && r.common.proof && verb->changes)
		error_set(&err, ERR_USAGE, "--read-only-proof is for what only reads, not for '%s'",
			  r.verb);
	else if (verb)
		code = verb->run(&r, &err);
	code = run_finish_with(&r.common, &report, SEVERITY_NOTE, &err, code,
			       r.members ? "answer" : NULL, r.members);
	common_clear(&r.common);
	return code;
}

const struct command command_answer = {
	.name = "answer",
	.arguments = "TARGET [VERB …]",
	.summary = "answer files: which there are and which is used, read, checked and changed",
	.text = "Verbs:\n"
		"  list                  all answer files, in the order in which Windows looks (without a verb, too)\n"
		"  show [FILE]           passes, components and settings, beside what the agent ships\n"
		"  lint [FILE]           what Windows would stumble over, and passwords; of all files without one\n"
		"  set PASS/COMPONENT/SETTING=VALUE …\n"
		"                        set settings; what is missing is made\n"
		"  scrub [FILE]          take passwords out, where no pass needs them any more\n"
		"FILE is a path on the volume, /Windows/Panther/unattend.xml or C:\\Windows\\Panther\\unattend.xml.",
	.least = 1,
	.most = ANSWER_WORDS + 2,
	.run = run,
};
