/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CopyProfile in EC2Config's answer file: turning it off is the second cure of a failed CopyProfile, chosen with
 * --only.  Removing the stale profile entries is the first.
 */
#include <string.h>

#include "check/checks.h"
#include "check/copyprofile.h"
#include "check/edit.h"
#include "check/subject.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"

#define ID "copyprofile-enabled"

static const struct problem problems[] = {
	{ "enabled", SEVERITY_WARNING, RISK_CAREFUL,
	  "CopyProfile is true in sysprep2008.xml while a stale profile entry stands that makes it fail." },
	{ "answer-unreadable", SEVERITY_WARNING, RISK_NONE,
	  "EC2Config's answer file cannot be parsed." },
	{ 0 },
};

static const char doc[] =
	"Looks at CopyProfile of Microsoft-Windows-Shell-Setup in the specialize pass of\n"
	"\\Program Files\\Amazon\\Ec2ConfigService\\sysprep2008.xml, and only while a ProfileList entry without directory is\n"
	"at hand: it clears with that cause.\n"
	"\n"
	"The repair writes false, and leaves every other byte of the file as it was.  It is an alternative to removing the\n"
	"stale entries, chosen with --only copyprofile-enabled.  Be careful: with CopyProfile false, Setup deletes the built-in\n"
	"Administrator's profile and its customisations.  The file acts at the next Sysprep, not at the next boot.";

static int
unreadable(const struct copyprofile_answer *a, struct findings *out)
{
	struct finding *f = findings_add(out, ID, "answer-unreadable", SEVERITY_WARNING, RISK_NONE,
					 NULL, "EC2Config's answer file cannot be parsed");

	finding_line(f, a->path, 0, 0, a->problem);
	finding_cause(
		f,
		"Sysprep refuses an answer file that is not well-formed.  Mend it, or restore it from a working instance.");
	return 0;
}

static int
diagnose(struct subject *s, struct findings *out, struct error *err)
{
	CLEANUP_COPYPROFILE_ANSWER struct copyprofile_answer a = { 0 };
	CLEANUP_FREE const char **sids = NULL;
	size_t count = 0;
	struct finding *f;

	if (copyprofile_answer_read(s, &a, err) < 0)
		return -1;
	if (a.problem)
		return unreadable(&a, out);
	if (!a.settings.count)
		return 0;
	if (copyprofile_stale(s, &sids, &count, err) < 0)
		return -1;
	if (!count)
		return 0;
	f = findings_add(out, ID, "enabled", SEVERITY_WARNING, RISK_CAREFUL, NULL,
			 "CopyProfile is true, and will fail at the next Sysprep");
	f->alternative = true;
	for (size_t i = 0; i < a.settings.count; i++)
		finding_line(f, a.path, (uint64_t)a.settings.list[i].place.line,
			     a.settings.list[i].place.offset,
			     "<CopyProfile> is true in the specialize pass");
	finding_cause(
		f,
		"It stumbles over the stale profile entry of %s.  Removing that (profile-stale) is the better cure.",
		sids[0]);
	finding_repair(
		f,
		"instead: set CopyProfile to false; careful: Setup then deletes the built-in Administrator's profile and its "
		"customisations");
	return 0;
}

static int
repair(struct subject *s, const struct finding *f, struct error *err)
{
	CLEANUP_COPYPROFILE_ANSWER struct copyprofile_answer a = { 0 };
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t len;

	(void)f;
	if (copyprofile_answer_read(s, &a, err) < 0)
		return -1;
	if (!a.path || a.problem)
		return error_set(err, ERR_CORRUPT, "the answer file cannot be read any more");
	bytes = unattend_replace(a.xml, &a.settings, "false", &len, err);
	if (!bytes)
		return error_prefix(err, "%s", a.path);
	return edit_replace_file(s, ID, a.path, bytes, len, err);
}

const struct check check_copyprofile_enabled = {
	.id = ID,
	.title = "CopyProfile is off where it would fail",
	.group = "sysprep",
	.problems = problems,
	.doc = doc,
	.diagnose = diagnose,
	.repair = repair,
};
