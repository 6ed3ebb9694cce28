/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * "CopyProfile failed (0x80070003)" in the log of specialize.  A log line is history: it is a finding only while
 * its cause stands on the volume and no later success follows.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "check/checks.h"
#include "check/copyprofile.h"
#include "check/subject.h"
#include "logs/error-code.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/text.h"

#define ID	       "sysprep-copyprofile-failed"
#define FILE_NOT_FOUND 0x80070002u
#define PATH_NOT_FOUND 0x80070003u

static const struct problem problems[] = {
	{ "failed", SEVERITY_ERROR, RISK_NONE,
	  "CopyProfile failed in specialize, and what made it fail is still there." },
	{ "failed-before", SEVERITY_NOTE, RISK_NONE,
	  "CopyProfile failed once; its cause no longer stands." },
	{ 0 },
};

static const char doc[] =
	"Looks for \"_FindLatestProfile failed\" and \"CopyProfile failed\" in setupact.log and setuperr.log of\n"
	"\\Windows\\Panther\\UnattendGC.  They are a finding while a ProfileList entry without directory stands that explains\n"
	"0x80070003 and an answer file still asks for CopyProfile (an agent's, or Setup's own copy while specialize is to run); a later \"CopyProfile succeeded\", or a cause that is\n"
	"gone, make them history: a note.\n"
	"\n"
	"It has no repair of its own: profile-stale removes the cause.  The other way is --only copyprofile-enabled.";

/* The code of a path that is not there. */
static bool
is_missing(uint32_t code)
{
	return code == PATH_NOT_FOUND || code == FILE_NOT_FOUND;
}

static void
add_line(struct finding *f, const struct copyprofile_line *l)
{
	if (l->path)
		finding_line(f, l->path, l->line, l->offset, l->text);
}

static void
explain(struct finding *f, const struct copyprofile_log *log, const char **sids, size_t count)
{
	const char *symbol = error_code_symbol(log->code);
	CLEANUP_TEXT struct text list = TEXT_INIT;

	for (size_t i = 0; i < count; i++)
		text_addf(&list, "%s%s", i ? ", " : "", sids[i]);
	finding_cause(
		f,
		"0x%08" PRIx32
		"%s%s%s: ProfileList names %s whose directory is gone (%s), and CopyProfile could not open it.",
		log->code, symbol ? " (" : "", symbol ? symbol : "", symbol ? ")" : "",
		count == 1 ? "a profile" : "profiles", text_str(&list));
	finding_repair(
		f,
		"remove the stale profile entries (profile-stale), or turn CopyProfile off (--only copyprofile-enabled); then run "
		"Sysprep again");
}

/* Why it no longer counts. */
static const char *
history(const struct copyprofile_log *log, size_t stale)
{
	if (!log->failed)
		return "It is history: CopyProfile succeeded in a later run.";
	if (!stale)
		return "It is history: no profile entry stands now that would explain it.";
	if (!is_missing(log->code))
		return "A profile entry without directory gives another error, so it does not explain this one.";
	return "It is history: no answer file asks for CopyProfile any more.";
}

/* Or may: a file that is not there, or cannot be read, tells nothing. */
static bool
asks_for_it(const struct copyprofile_answers *a)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->list[i].problem || a->list[i].settings.count)
			return true;
	return a->count == 0;
}

static int
diagnose(struct subject *s, struct findings *out, struct error *err)
{
	CLEANUP_COPYPROFILE_LOG struct copyprofile_log log = { 0 };
	CLEANUP_COPYPROFILE_ANSWERS struct copyprofile_answers answers = { 0 };
	CLEANUP_FREE const char **sids = NULL;
	size_t count = 0;
	struct finding *f;
	bool stands;

	if (copyprofile_log_read(s, &log, err) < 0)
		return -1;
	if (!log.find_latest.path && !log.copy.path)
		return 0;
	if (copyprofile_stale(s, &sids, &count, err) < 0 ||
	    copyprofile_answers_read(s, &answers, err) < 0)
		return -1;
	/* an answer file that cannot be read may still ask for it */
	stands = log.failed && count && is_missing(log.code) && asks_for_it(&answers);
	f = findings_add(out, ID, stands ? "failed" : "failed-before",
			 stands ? SEVERITY_ERROR : SEVERITY_NOTE, RISK_NONE, NULL,
			 stands ? "CopyProfile failed in specialize (0x%08" PRIx32 ")" :
				  "CopyProfile failed in an earlier specialize (0x%08" PRIx32 ")",
			 log.code);
	add_line(f, &log.find_latest);
	add_line(f, &log.copy);
	if (stands)
		explain(f, &log, sids, count);
	else
		finding_cause(f, "%s", history(&log, count));
	return 0;
}

const struct check check_sysprep_copyprofile_failed = {
	.id = ID,
	.title = "CopyProfile did not fail, or can no longer fail for the same cause",
	.group = "sysprep",
	.also = check_also_image,
	.problems = problems,
	.doc = doc,
	.diagnose = diagnose,
};
