/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the logs of the newest Sysprep, specialize and oobeSystem say went wrong first, by the table of known failures (logs/known.h).
 *
 * A log line is history: it is a finding only while the phase that it stopped is still open, nothing has got over it, and its cause, where
 * that can be seen, still stands.  Of CopyProfile only what no other check tells is told here.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "check/checks.h"
#include "check/copyprofile.h"
#include "check/subject.h"
#include "check/sysprep-facts.h"
#include "logs/error-code.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "util/utf16.h"
#include "volume/volume.h"

#define ID		"sysprep-log-failure"
#define FOLLOWERS_SHOWN 3
#define NAMES_SHOWN	12

static const struct problem problems[] = {
	{ "failed", SEVERITY_ERROR, RISK_NONE,
	  "Sysprep or Setup stopped at a failure that is known, and nothing has got over it." },
	{ "uncertain", SEVERITY_WARNING, RISK_NONE,
	  "The same, but what the line means is not certain." },
	{ "unknown", SEVERITY_WARNING, RISK_NONE,
	  "Sysprep or Setup stopped at an error that is not known." },
	{ "stopped", SEVERITY_WARNING, RISK_NONE,
	  "Sysprep began a step that is known to hang, and its log ends there." },
	{ "failed-before", SEVERITY_NOTE, RISK_NONE,
	  "A known failure stands in the logs, and no longer matters." },
	{ "unreadable", SEVERITY_NOTE, RISK_NONE, "A log of Setup's cannot be read." },
	{ 0 },
};

static const char doc[] =
	"Reads setupact.log, and what setuperr.log has besides, in \\Windows\\System32\\Sysprep\\Panther, \\Windows\\Panther and\n"
	"\\Windows\\Panther\\UnattendGC, and looks for 72 known failures.  Of the newest run of Sysprep, of specialize and of\n"
	"oobeSystem the first failure is told, with the names that stand in it (packages and whether they are still there, providers, settings),\n"
	"what it means and what to do; the errors behind it follow from it.  An error that is not known is told with its code and the known failure it is nearest to.\n"
	"\n"
	"It is an error while specialize or oobeSystem is open, a warning after a Sysprep that failed.  A run that a later one got\n"
	"over, one that is older than this installation (the image's builder left it), and one whose cause is gone are history: a note.\n"
	"What is known to stand in good runs is never told.  It has no repair of its own: other checks repair causes, and say so.";

/* ---- what a finding says ---- */

static bool
has_name(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (name_equal(names[i], name))
			return true;
	return false;
}

/* The names of one kind, from every line of the run: each package of a user is a line of its own.  Those beyond NAMES_SHOWN are counted. */
static size_t
collect_names(const struct cascade_run *r, const char *what, const char *names[NAMES_SHOWN],
	      size_t *ret_more)
{
	size_t count = 0;

	*ret_more = 0;
	for (size_t i = 0; i < r->count; i++)
		for (size_t k = 0; k < r->events[i].hits.count; k++) {
			const char *name = known_hit_name(&r->events[i].hits.list[k], what);

			if (!name || has_name(names, count, name))
				continue;
			if (count == NAMES_SHOWN)
				*ret_more += 1;
			else
				names[count++] = name;
		}
	return count;
}

/* "a, b and 3 more"; NULL: none; the caller's. */
static char *
all_names(const struct cascade_run *r, const char *what)
{
	CLEANUP_TEXT struct text t = TEXT_INIT;
	const char *names[NAMES_SHOWN];
	size_t more, count = collect_names(r, what, names, &more);

	for (size_t i = 0; i < count; i++)
		text_addf(&t, "%s%s", i ? ", " : "", names[i]);
	if (more)
		text_addf(&t, " and %zu more", more);
	return count ? text_steal(&t) : NULL;
}

/*
 * Whether the packages that stood in Sysprep's way are still there, as far as a folder in WindowsApps tells: told, and not acted on, because
 * that a package is there for all users now looks the same.
 */
static void
tell_packages(struct subject *s, struct finding *f, const struct cascade_run *r)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-~";
	const char *names[NAMES_SHOWN];
	size_t more, count = collect_names(r, "package", names, &more);

	for (size_t i = 0; i < count; i++) {
		CLEANUP_FREE char *path = xasprintf("/Program Files/WindowsApps/%s", names[i]);
		CLEANUP_ERROR struct error err = ERROR_INIT;
		struct file_stat st;

		/* it stands in a log, where anybody may have written it */
		if (names[i][strspn(names[i], allowed)])
			continue;
		if (volume_stat(subject_volume(s), path, &st, &err) == 0)
			finding_line(f, path, 0, 0, "the package's folder is there");
		else if (err.code == ERR_NOT_FOUND)
			finding_line(f, path, 0, 0, "the package's folder is not there (any more)");
	}
}

static void
tell_names(struct finding *f, const struct cascade_run *r)
{
	static const struct {
		const char *what, *words;
	} kinds[] = {
		{ "package", "packages" },
		{ "dll", "provider's DLL" },
		{ "function", "provider" },
		{ "component", "component of the answer file" },
		{ "setting", "setting" },
		{ "reason", "reason" },
		{ "pass", "pass" },
		{ "key", "key" },
		{ "value", "value" },
		{ "name", "key or value" },
		{ "zone", "time zone" },
		{ "profile", "profile" },
		{ "bytes", "bytes of the value" },
		{ "line", "line of the answer file" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		CLEANUP_FREE char *names = all_names(r, kinds[i].what);
		CLEANUP_FREE char *words = names ? xasprintf("%s: %s", kinds[i].words, names) :
						   NULL;

		if (words)
			finding_line(f, NULL, 0, 0, words);
	}
}

/* The cause, and what followed from it. */
static void
tell_lines(struct finding *f, const struct cascade_run *r)
{
	size_t shown = 0, more = r->more;

	for (size_t i = (size_t)r->cause; i < r->count; i++) {
		const struct cascade_event *e = &r->events[i];
		const struct known_hit *h = cascade_known(e);

		if (i != (size_t)r->cause && h && h->known->what != KNOWN_FAILURE)
			continue;
		if (shown > FOLLOWERS_SHOWN) {
			more++;
			continue;
		}
		finding_line(f, e->path, e->line, e->offset, e->text);
		shown++;
	}
	if (more) {
		CLEANUP_FREE char *words =
			xasprintf(more == 1 ? "and %zu more line that follows from it" :
					      "and %zu more lines that follow from it",
				  more);

		finding_line(f, NULL, 0, 0, words);
	}
}

/* " 0x80073cf2 (…)"; "" without a code; the caller's. */
static char *
code_words(uint32_t code)
{
	const char *text = error_code_text(code);
	size_t len = text ? strlen(text) : 0;

	if (!code)
		return xstrdup("");
	if (!text)
		return xasprintf(" 0x%" PRIx32, code);
	/* it is no sentence of its own here */
	len -= len && text[len - 1] == '.';
	return xasprintf(" 0x%" PRIx32 " (%.*s)", code, (int)len, text);
}

static const char *
phase_words(enum log_phase p)
{
	return p == LOG_PHASE_SYSPREP ? "Sysprep" : log_phase_text(p);
}

static void
tell_known(struct finding *f, const struct known_failure *k, const char *why, const char *code)
{
	bool other = k->check && strcmp(k->check, ID) != 0;

	finding_cause(f, "%s%s%s%s%s%s%s", k->cause, *code ? "  The code of the line is" : "", code,
		      *code ? "." : "", why ? "  Now: " : "", why ? why : "", why ? "." : "");
	finding_repair(f, "%s%s%s", k->steps, other ? "  See " : "", other ? k->check : "");
}

static void
tell_unknown(struct finding *f, struct known *known, const struct cascade_event *e)
{
	CLEANUP_FREE char *shared = NULL;
	CLEANUP_FREE char *code = code_words(e->code);
	const struct known_failure *near = known_nearest(known, e->message, &shared);

	finding_cause(f, "This error is not in the table of known failures%s%s.%s%s%s%s%s%s",
		      *code ? "; its code is" : "", code, near ? "  Nearest to it is " : "",
		      near ? near->id : "  None is near.", near ? " (both have " : "",
		      near ? shared : "", near ? "): " : "", near ? near->cause : "");
}

/* ---- which finding ---- */

/* Those whose history another check tells. */
static bool
is_elsewhere(const struct known_hit *h)
{
	return h && h->known->number <= 4;
}

/* Whether the run failed at CopyProfile and sysprep-copyprofile-failed says so, as a failure that stands (`*ret_stands`) or as one that did. */
static int
ask_copyprofile(struct subject *s, const struct cascade_run *r, bool *ret, bool *ret_stands,
		struct error *err)
{
	const struct known_hit *h = cascade_known(&r->events[r->cause]);
	CLEANUP_COPYPROFILE_LOG struct copyprofile_log log = { 0 };
	CLEANUP_FREE const char **stale = NULL;
	size_t count;

	*ret = *ret_stands = false;
	if (!is_elsewhere(h))
		return 0;
	if (copyprofile_log_read(s, &log, err) < 0 ||
	    copyprofile_stands(s, &log, ret_stands, &stale, &count, err) < 0)
		return -1;
	/* of access that was denied nothing can be seen on the volume: it is told here */
	*ret = *ret_stands || (h->known->number != 3 && (log.find_latest.path || log.copy.path));
	return 0;
}

static int
failed(struct subject *s, const struct cascade_run *r, struct findings *out, struct error *err)
{
	const struct sysprep_logs *logs = subject_sysprep_logs(s, err);
	const struct cascade_event *e = &r->events[r->cause];
	const struct known_hit *h = cascade_known(e);
	CLEANUP_FREE char *why = NULL;
	CLEANUP_FREE char *code = code_words(e->code);
	enum sysprep_cause cause;
	enum severity severity;
	const char *problem;
	struct finding *f;

	if (!logs || sysprep_cause_read(s, e, &cause, &why, err) < 0)
		return -1;
	problem = cause == CAUSE_GONE			? "failed-before" :
		  !h					? "unknown" :
		  r->stopped				? "stopped" :
		  h->known->evidence == KNOWN_UNCERTAIN ? "uncertain" :
							  "failed";
	severity = cause == CAUSE_GONE ? SEVERITY_NOTE :
		   strcmp(problem, "failed") == 0 && r->phase != LOG_PHASE_SYSPREP ?
					 SEVERITY_ERROR :
					 SEVERITY_WARNING;
	f = findings_add(out, ID, problem, severity, RISK_NONE,
			 h ? h->known->id : log_phase_text(r->phase), "%s %s%s%s%s%s",
			 phase_words(r->phase), r->stopped ? "stands still" : "failed",
			 cause == CAUSE_GONE ? " before" : "",
			 h ? ": " : " at an error that is not known", h ? h->known->id : "",
			 h && h->known->evidence == KNOWN_UNCERTAIN ? " (not certain)" : "");
	tell_names(f, r);
	tell_packages(s, f, r);
	tell_lines(f, r);
	if (h)
		tell_known(f, h->known, why, code);
	else
		tell_unknown(f, logs->known, e);
	if (cause != CAUSE_GONE)
		f->explains = xstrdup("setup-unfinished");
	return 0;
}

/* The run's failure; of one that is uncertain, or that another check says may be over, what failed behind it as well. */
static int
failures(struct subject *s, const struct cascade_run *r, struct findings *out, struct error *err)
{
	struct cascade_run first = *r, second = *r;
	bool elsewhere, stands;

	if (ask_copyprofile(s, r, &elsewhere, &stands, err) < 0)
		return -1;
	if (r->certain >= 0 && !stands) {
		first.count = (size_t)r->certain;
		first.more = 0;
		second.events += r->certain;
		second.count -= (size_t)r->certain;
		second.cause = 0;
	}
	if (!elsewhere && failed(s, &first, out, err) < 0)
		return -1;
	return second.events != r->events ? failed(s, &second, out, err) : 0;
}

static void
history(const struct cascade_run *r, const char *because, struct findings *out)
{
	const struct cascade_event *e = &r->events[r->cause];
	const struct known_hit *h = cascade_known(e);
	struct finding *f;

	if (!h || is_elsewhere(h) || h->signature->tail)
		return;
	f = findings_add(out, ID, "failed-before", SEVERITY_NOTE, RISK_NONE, h->known->id,
			 "%s failed before: %s", phase_words(r->phase), h->known->id);
	finding_line(f, e->path, e->line, e->offset, e->text);
	finding_cause(f, "It is history: %s.", because);
}

static int
past(struct subject *s, enum log_phase phase, struct findings *out, struct error *err)
{
	const struct sysprep_logs *logs = subject_sysprep_logs(s, err);
	const struct cascade_run *newest, *older;

	if (!logs)
		return -1;
	newest = sysprep_logs_newest(logs, phase);
	older = cascade_history(logs->cascade, phase);
	if (newest && newest->cause >= 0 && newest->outcome != RUN_SUCCEEDED)
		history(newest,
			sysprep_logs_inherited(logs, newest) ?
				"it is older than this installation: the image's builder left it" :
				"Setup has got over it since",
			out);
	else if (older && older->cause >= 0)
		history(older, "a later run succeeded", out);
	return 0;
}

static int
diagnose(struct subject *s, struct findings *out, struct error *err)
{
	const struct sysprep_logs *logs = subject_sysprep_logs(s, err);

	if (!logs)
		return -1;
	for (int i = 0; i < LOG_PHASE_COUNT; i++) {
		enum log_phase phase = (enum log_phase)i;
		const struct cascade_run *run;

		if (sysprep_failed_run(s, phase, &run, err) < 0 ||
		    (run ? failures(s, run, out, err) : past(s, phase, out, err)) < 0)
			return -1;
	}
	for (size_t i = 0; i < logs->unread_count; i++) {
		CLEANUP_FREE char *path = xstrndup(logs->unread[i], strcspn(logs->unread[i], ":"));
		struct finding *f = findings_add(out, ID, "unreadable", SEVERITY_NOTE, RISK_NONE,
						 path, "%s", logs->unread[i]);

		finding_cause(f,
			      "What it says is not known; the other logs are read all the same.");
	}
	return 0;
}

const struct check check_sysprep_log_failure = {
	.id = ID,
	.title = "the logs of Sysprep and Setup tell of no failure that still matters",
	.group = "sysprep",
	.also = check_also_image,
	.problems = problems,
	.doc = doc,
	.diagnose = diagnose,
};
