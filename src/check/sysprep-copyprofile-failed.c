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
#include "check/sysprep-facts.h"
#include "logs/error-code.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/text.h"

#define ID "sysprep-copyprofile-failed"

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
		return "CopyProfile succeeded in a later run";
	if (!stale)
		return "no profile entry stands now that would explain it";
	if (!copyprofile_is_missing(log->code))
		return "a profile entry without directory gives another error, so that it does not explain this one";
	return "no answer file asks for CopyProfile any more";
}

static int
diagnose(struct subject *s, struct findings *out, struct error *err)
{
	CLEANUP_COPYPROFILE_LOG struct copyprofile_log log = { 0 };
	CLEANUP_FREE const char **sids = NULL;
	size_t count = 0;
	struct finding *f;
	bool stands, by_path, by_file, denied;

	if (copyprofile_log_read(s, &log, err) < 0)
		return -1;
	if (!log.find_latest.path && !log.copy.path)
		return 0;
	if (copyprofile_stands(s, &log, &stands, &sids, &count, err) < 0 ||
	    sysprep_failed_by(s, 1, &by_path, err) < 0 ||
	    sysprep_failed_by(s, 2, &by_file, err) < 0 || sysprep_failed_by(s, 3, &denied, err) < 0)
		return -1;
	/* sysprep-log-failure tells it, and what else failed */
	if (!stands && denied)
		return 0;
	f = findings_add(out, ID, stands ? "failed" : "failed-before",
			 stands ? SEVERITY_ERROR : SEVERITY_NOTE, RISK_NONE, NULL,
			 stands ? "CopyProfile failed in specialize (0x%08" PRIx32 ")" :
				  "CopyProfile failed in an earlier specialize (0x%08" PRIx32 ")",
			 log.code);
	add_line(f, &log.find_latest);
	add_line(f, &log.copy);
	if (stands)
		explain(f, &log, sids, count);
	else if (log.failed && (by_path || by_file))
		finding_cause(
			f,
			"It cannot be seen any more what made it fail (%s), but specialize, which it stopped, is still open.",
			history(&log, count));
	else
		finding_cause(f, "It is history: %s.", history(&log, count));
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
