/* SPDX-License-Identifier: GPL-3.0-or-later */
/* registry verify: the strict check of one hive or of all. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/registry.h"
#include "registry/hive.h"
#include "session/session.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/interrupt.h"
#include "util/json.h"
#include "util/text.h"
#include "windows/profiles.h"

static const char *
severity_of(const struct hive_problem *p)
{
	return p->severity == HIVE_ERROR   ? "error" :
	       p->severity == HIVE_WARNING ? "warning" :
					     "note";
}

/* What the base block says, before anything is looked at: in words, and as problems of its own. */
static char *
state_text(const struct hive *h)
{
	const struct hive_state *s = hive_state(h);

	if (s->clean)
		return xstrdup("clean");
	if (s->replayed && s->old_log)
		return xasprintf("dirty, %" PRIu32 " sectors of its log replayed",
				 s->replayed_pages);
	if (s->replayed)
		return xasprintf("dirty, %" PRIu32 " log %s replayed (sequence numbers %" PRIu32
				 "/%" PRIu32 ", last entry %" PRIu32 ")",
				 s->replayed_entries,
				 s->replayed_entries == 1 ? "entry" : "entries", s->sequence1,
				 s->sequence2, s->last_sequence);
	return xasprintf("dirty, and its transaction logs do not help (%s)",
			 hive_why_not_current(h));
}

static void
print_problem(const struct hive_problem *p)
{
	CLEANUP_FREE char *key = text_escape(p->key, false);
	CLEANUP_FREE char *text = text_escape(p->text, false);

	printf("  %-7s 0x%08" PRIx64 "  %s%s%s\n", severity_of(p), p->offset, key, *key ? ": " : "",
	       text);
}

static struct js *
problem_json(const struct hive_problem *p)
{
	struct js *o = js_object();

	js_set_text(o, "severity", severity_of(p));
	js_set_uint(o, "offset", p->offset);
	js_set_text(o, "key", p->key);
	js_set_text(o, "text", p->text);
	return o;
}

/* A hive that Windows would not read as it is: a problem of the base block. */
static struct hive_problem
dirt_of(const struct hive *h)
{
	const struct hive_state *s = hive_state(h);
	struct hive_problem p = { .severity = HIVE_ERROR, .key = xstrdup("") };

	p.offset = s->checksum_ok ? 4 : 508;
	p.text =
		s->checksum_ok ?
			xasprintf("the sequence numbers differ (%" PRIu32 " and %" PRIu32
				  "), and the transaction logs do not help (%s)",
				  s->sequence1, s->sequence2, hive_why_not_current(h)) :
			xasprintf(
				"the checksum of the base block is wrong, and the transaction logs "
				"do not help (%s)",
				hive_why_not_current(h));
	return p;
}

static void
show(const struct registry_run *r, struct js *list, const struct hive_problem *p)
{
	js_append(list, problem_json(p));
	if (!r->common.json)
		print_problem(p);
}

static const char *
verdict(const struct hive_problems *p)
{
	return p->errors ? "damaged" : p->warnings ? "sound, with warnings" : "sound";
}

/* One hive: 1 with problems, 0 without. */
static int
verify_hive(struct registry_run *r, struct hive *h, const char *name, struct error *err)
{
	CLEANUP_HIVE_PROBLEMS struct hive_problems p = { 0 };
	CLEANUP_FREE char *state = state_text(h);
	CLEANUP_FREE char *safe = text_escape(name, false);
	struct js *o = js_object(), *list = js_array();

	js_append(r->answer, o);
	js_set_text(o, "hive", name);
	js_set_text(o, "state", state);
	js_set(o, "problems", list);
	if (hive_verify(h, &p, err) < 0)
		return -1;
	js_set_text(o, "verdict", verdict(&p));
	if (!r->common.json)
		printf("%s: %s; %s\n", safe, state, verdict(&p));
	if (!hive_current(h)) {
		struct hive_problem dirt = dirt_of(h);

		show(r, list, &dirt);
		free(dirt.key);
		free(dirt.text);
	}
	for (size_t i = 0; i < p.count; i++)
		show(r, list, &p.list[i]);
	if (p.errors + p.warnings + p.notes > p.count && !r->common.json)
		printf("  and %zu more\n", p.errors + p.warnings + p.notes - p.count);
	return p.errors || p.warnings || !hive_current(h);
}

/* A hive that cannot be opened is a problem too, unless it is one that need not be there. */
static int
cannot_open(struct registry_run *r, const char *name, bool optional, struct error *problem)
{
	CLEANUP_FREE char *safe = text_escape(problem->message, false);
	struct js *o;

	if (optional && problem->code == ERR_NOT_FOUND)
		return 0;
	o = js_object();
	js_set_text(o, "hive", name);
	js_set_text(o, "state", problem->message);
	js_set(o, "problems", js_array());
	js_set_text(o, "verdict", "damaged");
	js_append(r->answer, o);
	if (!r->common.json)
		printf("%s\n", safe);
	return 1;
}

static int
verify_one(struct registry_run *r, struct session *s, enum windows_hive which, bool optional,
	   struct error *err)
{
	CLEANUP_ERROR struct error problem = ERROR_INIT;
	struct windows *w = session_windows(s);
	struct hive *h = windows_hive(w, which, &problem);
	const char *name = windows_hive_name(w, which);

	if (interrupt_check(err) < 0)
		return -1;
	return h ? verify_hive(r, h, name, err) : cannot_open(r, name, optional, &problem);
}

/* Hives of the users that ProfileList names and that lie on this volume. */
static int
verify_users(struct registry_run *r, struct session *s, struct error *err)
{
	CLEANUP_PROFILES struct profiles p = { 0 };
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	int bad = 0;

	if (profiles_read(session_windows(s), NULL, &p, &ignored) < 0)
		return 0; /* SOFTWARE's own problems have been shown */
	for (size_t i = 0; i < p.count; i++) {
		CLEANUP_FREE char *classes = xasprintf("%s_Classes", p.list[i].sid);
		const char *const names[] = { p.list[i].sid, classes };

		for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
			CLEANUP_ERROR struct error none = ERROR_INIT;
			enum windows_hive which = HIVE_NONE;
			int got;

			if (p.list[i].dir != PROFILE_DIR_PRESENT ||
			    windows_user_hive(session_windows(s), names[k], &which, &none) < 0 ||
			    which == HIVE_DEFAULT)
				continue;
			got = verify_one(r, s, which, true, err);
			if (got < 0)
				return -1;
			bad |= got;
		}
	}
	return bad;
}

static int
verify_all(struct registry_run *r, struct session *s, struct error *err)
{
	int bad = 0;

	for (int i = 0; i < HIVE_COUNT; i++) {
		int got = verify_one(r, s, (enum windows_hive)i,
				     i == HIVE_COMPONENTS || i == HIVE_BCD, err);

		if (got < 0)
			return -1;
		bad |= got;
	}
	{
		int got = verify_users(r, s, err);

		return got < 0 ? -1 : bad | got;
	}
}

int
registry_verify(struct registry_run *r, struct error *err)
{
	CLEANUP_SESSION struct session *s = NULL;
	enum windows_hive which = HIVE_NONE;
	int bad;

	if (registry_open(r, false, &s, err) < 0)
		return -1;
	r->answer_name = "hives";
	r->answer = js_array();
	if (!r->words[0] && session_hive_file(s) == HIVE_NONE) {
		bad = verify_all(r, s, err);
	} else {
		if (registry_which(s, r->words[0], &which, err) < 0)
			return -1;
		bad = verify_one(r, s, which, false, err);
	}
	session_describe_hives(s);
	return bad < 0 ? -1 : bad ? EXIT_PROBLEMS : EXIT_DONE;
}
