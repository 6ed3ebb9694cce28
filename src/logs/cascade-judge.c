/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stopped a run: its first failure, told from what only follows and from what good runs say too. */
#include <string.h>

#include "logs/cascade-private.h"
#include "logs/known-table.h"
#include "util/alloc.h"
#include "util/utf16.h"

const struct known_hit *
cascade_known(const struct cascade_event *e)
{
	const struct known_hit *best = NULL;

	for (size_t i = 0; i < e->hits.count; i++) {
		const struct known_hit *h = &e->hits.list[i];

		if (!best || (best->signature->tail && !h->signature->tail) ||
		    (best->known->what != KNOWN_FAILURE && h->known->what == KNOWN_FAILURE))
			best = h;
	}
	return best;
}

/* From published logs, and from those of a user who closes Sysprep's window. */
bool
cascade_is_noise(const char *message)
{
	static const char *const words[] = {
		"CFirstUXWnd::OpenExisting failed with error 80070490",
		"[SetupCl library] Required profile hive does not exist",
		"WinMain:The sysprep dialog box returned FALSE"
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (name_find(message, words[i]))
			return true;
	return false;
}

static bool
is_error(const struct cascade_event *e)
{
	const struct known_hit *h = cascade_known(e);

	if (!h)
		return e->level >= LOG_LEVEL_ERROR && !cascade_is_noise(e->message);
	return h->known->what == KNOWN_FAILURE && !h->signature->last;
}

/* Sysprep stops at the first provider that fails. */
static bool
is_provider(const struct cascade_event *e)
{
	return name_find(e->message, PROVIDER) || name_find(e->message, "could not load dll");
}

bool
cascade_follows(const char *message)
{
	static const char *const words[] = {
		"Error in executing action",
		"Error in execute actions",
		"Error in executing internal",
		"Error in validating action",
		"Failed during deleteValue operation",
		"RunPlatformActions:Failed",
		"halting sysprep execution",
		"WinMain:Hit failure",
		"Setup.exe failed, returning",
		"failed error code is",
		"Execution of unattend GCs failed",
		"Unattend action failed with exit code",
		"User input error was detected in unattend file",
		"Failed to complete RunSMIPass",
		"failed with exit code [0x",
		"during online installation",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (name_find(message, words[i]))
			return true;
	return false;
}

static bool
is_tail(const struct cascade_event *e)
{
	const struct known_hit *h = cascade_known(e);

	return h ? h->signature->tail : cascade_follows(e->message);
}

/* A known failure that is told as a warning only: Windows went on, or tries again and says of the last attempt that it is an error. */
static bool
is_warning(const struct cascade_run *r, const struct cascade_event *e)
{
	const struct known_hit *h = cascade_known(e), *other;

	if (!h || e->level != LOG_LEVEL_WARNING || h->signature->info)
		return false;
	for (size_t i = 0; i < r->count; i++) {
		other = cascade_known(&r->events[i]);
		if (other && other->known == h->known && r->events[i].level >= LOG_LEVEL_ERROR)
			return false;
	}
	return true;
}

/*
 * The first failure that is known, or the first provider that failed; else the first error; else the first warning that is known; of nothing
 * but an ending the first line of it.  An unknown error before a known failure is no cause: programs log errors that stop nothing.  What the component store (CSI) logs in dozens is
 * taken last.
 */
static long
find_cause(const struct cascade_run *r)
{
	long first = -1, tail = -1, csi = -1, warning = -1, ignored = -1;

	for (size_t i = 0; i < r->count; i++) {
		const struct cascade_event *e = &r->events[i];

		if (!is_error(e))
			continue;
		if (is_tail(e)) {
			tail = tail < 0 ? (long)i : tail;
			continue;
		}
		if (is_warning(r, e)) {
			warning = warning < 0 ? (long)i : warning;
			continue;
		}
		/* what comes behind an ending follows from what came before it */
		if (tail >= 0 && first >= 0)
			break;
		if (cascade_known(e) || is_provider(e))
			return (long)i;
		/* it says itself that Windows went on */
		if (name_find(e->message, "ignored")) {
			ignored = ignored < 0 ? (long)i : ignored;
			continue;
		}
		if (strcmp(e->component, "CSI") == 0) {
			csi = csi < 0 ? (long)i : csi;
			continue;
		}
		first = first < 0 ? (long)i : first;
	}
	if (first >= 0 && (tail < 0 || first < tail))
		return first;
	if (warning >= 0)
		return warning;
	return tail >= 0 ? tail : csi >= 0 ? csi : ignored;
}

/* Providers that only look have it in their names: nothing is changed before all of them are content. */
static bool
tells_of_validation(const struct cascade_event *e)
{
	const struct known_hit *h = cascade_known(e);

	return (is_provider(e) && name_find(e->message, "Validat")) ||
	       (h && h->known->phases == KNOWN_VALIDATE);
}

/* "Pass has failed status": what failed was said at the boot before. */
static bool
is_aftermath(const struct cascade_event *e)
{
	const struct known_hit *h = cascade_known(e);

	return is_tail(e) || (h && h->known->number == 43);
}

/*
 * "Source = Name: …" (with the setting) and "Description = …" (the reason) are two lines of one thing, and it is the second that says which of the entries it is: its hit becomes
 * the cause's, with the names of both.
 */
static void
join_refining(struct cascade_run *r)
{
	struct cascade_event *e = &r->events[r->cause];
	struct cascade_event *next = (size_t)r->cause + 1 < r->count ? e + 1 : NULL;
	const struct known_hit *general = cascade_known(e), *h = next ? cascade_known(next) : NULL;

	if (general && h && h->known->refines == general->known->number &&
	    known_hit_name(general, "setting") && known_hit_name(h, "reason"))
		known_hits_refine(&e->hits, &next->hits);
}

/* Behind a cause of which nobody is sure, or that Windows may have got over. */
static long
find_certain(const struct cascade_run *r)
{
	const struct known_hit *cause = cascade_known(&r->events[r->cause]);

	if (!cause ||
	    (cause->known->evidence != KNOWN_UNCERTAIN && !known_is_copyprofile(cause->known)))
		return -1;
	for (size_t i = (size_t)r->cause + 1; i < r->count; i++) {
		const struct cascade_event *e = &r->events[i];
		const struct known_hit *h = cascade_known(e);

		if (h && h->known->evidence != KNOWN_UNCERTAIN && !known_is_copyprofile(h->known) &&
		    is_error(e) && !is_aftermath(e) && !is_warning(r, e))
			return (long)i;
	}
	return -1;
}

void
cascade_judge_run(struct cascade_run *r)
{
	for (size_t i = 0; i < r->count; i++)
		cascade_code(r->events[i].message, &r->events[i].code);
	/* nothing was done: it has neither a failure nor a step that hangs */
	if (r->cancelled && r->outcome == RUN_OPEN)
		return;
	r->cause = find_cause(r);
	if (r->cause >= 0) {
		join_refining(r);
		r->certain = find_certain(r);
		r->follows = is_aftermath(&r->events[r->cause]);
	}
	for (size_t i = 0; i < r->count && r->phase == LOG_PHASE_SYSPREP; i++)
		r->validating |= (long)i >= r->cause && is_error(&r->events[i]) &&
				 tells_of_validation(&r->events[i]);
	if (r->cause >= 0 || r->outcome != RUN_OPEN)
		return;
	for (size_t i = 0; i < r->count; i++) {
		const struct known_hit *h = cascade_known(&r->events[i]);

		if (h && h->signature->last) {
			r->cause = (long)i;
			r->stopped = true;
		}
	}
}
