/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CopyProfile in the answer files of the agents, and in Setup's own copy while specialize is to run: turning it off is the
 * second cure of a failed CopyProfile, chosen with --only.  Removing the stale profile entries is the first.
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
	  "CopyProfile is true in an agent's answer file while a stale profile entry stands that makes it fail." },
	{ "enabled-cached", SEVERITY_WARNING, RISK_CAREFUL,
	  "CopyProfile is true in Setup's own copy, and the specialize pass that is to run would fail." },
	{ "answer-unreadable", SEVERITY_WARNING, RISK_NONE, "An answer file cannot be parsed." },
	{ 0 },
};

static const char doc[] =
	"Looks at CopyProfile of Microsoft-Windows-Shell-Setup in the specialize pass of the answer files of EC2Config,\n"
	"EC2Launch v1 and v2, and, while specialize is still to run, in \\Windows\\Panther\\unattend.xml; and only while a\n"
	"ProfileList entry without directory is at hand: it clears with that cause.\n"
	"\n"
	"The repair writes false, and leaves every other byte of the file as it was.  It is an alternative to removing the\n"
	"stale entries, chosen with --only copyprofile-enabled.  Be careful: with CopyProfile false, Setup deletes the built-in\n"
	"Administrator's profile and its customisations.  An agent's file acts at the next Sysprep, not at the next boot.  Setup's\n"
	"own copy acts only in passes that have not run, and the next Sysprep replaces it; a pass that was begun and failed is not\n"
	"restarted by it (unattend-pass).";

static void
unreadable(const struct copyprofile_answer *a, struct findings *out)
{
	struct finding *f = findings_add(out, ID, "answer-unreadable", SEVERITY_WARNING, RISK_NONE,
					 NULL, "an answer file cannot be parsed");

	finding_line(f, a->path, 0, 0, a->problem);
	finding_cause(
		f,
		"Windows refuses an answer file that is not well-formed.  Mend it, or restore it from a working instance.");
}

static void
add_lines(struct finding *f, const struct copyprofile_answer *a)
{
	for (size_t i = 0; i < a->settings.count; i++)
		finding_line(f, a->path, (uint64_t)a->settings.list[i].place.line,
			     a->settings.list[i].place.offset,
			     "<CopyProfile> is true in the specialize pass");
}

/* Of the agents' files, or of Setup's own copy. */
static void
enabled(struct subject *s, const struct copyprofile_answers *all, bool cached, const char *sid,
	struct findings *out)
{
	struct finding *f = NULL;

	for (size_t i = 0; i < all->count; i++) {
		const struct copyprofile_answer *a = &all->list[i];

		if (a->cached != cached || !a->settings.count)
			continue;
		if (!f)
			f = findings_add(out, ID, cached ? "enabled-cached" : "enabled",
					 SEVERITY_WARNING, RISK_CAREFUL, NULL,
					 "CopyProfile is true, and will fail %s",
					 cached ? "in the specialize pass that is to run" :
						  "at the next Sysprep");
		add_lines(f, a);
		edit_refuse_unwritable(s, f, a->path);
	}
	if (!f)
		return;
	f->alternative = true;
	finding_cause(
		f,
		"It stumbles over the stale profile entry of %s.  Removing that (profile-stale) is the better cure.%s",
		sid,
		cached ?
			"  This file is Setup's own copy, which Microsoft advises not to change; the next Sysprep replaces it." :
			"");
	finding_repair(
		f,
		"instead: set CopyProfile to false; careful: Setup then deletes the built-in Administrator's profile and its "
		"customisations");
}

static int
diagnose(struct subject *s, struct findings *out, struct error *err)
{
	CLEANUP_COPYPROFILE_ANSWERS struct copyprofile_answers all = { 0 };
	CLEANUP_FREE const char **sids = NULL;
	size_t count = 0;

	if (copyprofile_answers_read(s, &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all.count; i++)
		if (all.list[i].problem)
			unreadable(&all.list[i], out);
	if (copyprofile_stale(s, &sids, &count, err) < 0)
		return -1;
	if (!count)
		return 0;
	enabled(s, &all, false, sids[0], out);
	enabled(s, &all, true, sids[0], out);
	return 0;
}

static int
repair(struct subject *s, const struct finding *f, struct error *err)
{
	CLEANUP_COPYPROFILE_ANSWERS struct copyprofile_answers all = { 0 };
	bool cached = strcmp(f->problem, "enabled-cached") == 0;

	if (copyprofile_answers_read(s, &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all.count; i++) {
		const struct copyprofile_answer *a = &all.list[i];
		CLEANUP_FREE uint8_t *bytes = NULL;
		size_t len;

		if (a->cached != cached || a->problem || !a->settings.count)
			continue;
		bytes = unattend_replace(a->xml, &a->settings, "false", &len, err);
		if (!bytes)
			return error_prefix(err, "%s", a->path);
		if (edit_replace_file_noting(s, ID, a->path, bytes, len,
					     "CopyProfile: true -> false", err) < 0)
			return -1;
	}
	return 0;
}

const struct check check_copyprofile_enabled = {
	.id = ID,
	.title = "CopyProfile is off where it would fail",
	.group = "sysprep",
	.also = check_also_image,
	.problems = problems,
	.doc = doc,
	.diagnose = diagnose,
	.repair = repair,
};
