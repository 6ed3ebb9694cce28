/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The head of a report: which Windows it is, how its hives were found, which agents are on it.  Whatever cannot be read is left out here and
 * shows up as a skipped check.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "check/subject.h"
#include "ec2/agents.h"
#include "session/session-private.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"

static char *
start_words(uint32_t start)
{
	return start == 2		 ? xstrdup("automatic") :
	       start == 3		 ? xstrdup("manual") :
	       start == 4		 ? xstrdup("disabled") :
	       start == AGENT_NO_SERVICE ? xstrdup("no Start") :
					   xasprintf("Start %" PRIu32, start);
}

/* "EC2Config 4.9.2218, service disabled" */
static void
name_agent(struct text *out, const struct agent *a, enum agent_kind kind)
{
	text_addf(out, "%s%s%s%s%s", out->len ? "; " : "", agent_name(kind), a->version ? " " : "",
		  a->version ? a->version : "",
		  a->start == 4				 ? ", service disabled" :
		  !a->service && kind != AGENT_EC2LAUNCH ? ", no service" :
							   "");
}

static void
describe_agents(struct session *s)
{
	CLEANUP_ERROR struct error e1 = ERROR_INIT, e2 = ERROR_INIT;
	CLEANUP_TEXT struct text names = TEXT_INIT;
	const struct agents *all = subject_agents(s->subject, &e1);
	const struct windows_version *v = subject_version(s->subject, &e2);

	for (int i = 0; all && i < AGENT_KINDS; i++) {
		const struct agent *a = &all->list[i];
		struct report_agent *r;

		if (!a->installed && !a->data)
			continue;
		if (a->installed)
			name_agent(&names, a, (enum agent_kind)i);
		r = report_agent_add(s->report, agent_word((enum agent_kind)i),
				     agent_name((enum agent_kind)i));
		r->installed = a->installed;
		r->fits = agent_fits((enum agent_kind)i, v ? v->build : NULL);
		r->version = xstrdup(a->version);
		r->version_from = xstrdup(a->version_from);
		r->folder = xstrdup(a->folder ? a->folder : a->data);
		r->service = xstrdup(a->service);
		r->start = a->service ? start_words(a->start) : NULL;
		r->last_run = xstrdup(a->last_run);
		r->state = xstrdup(a->state);
		r->answer_file = xstrdup(a->answer_file);
		r->log = xstrdup(a->log);
		for (size_t k = 0; k < a->setting_count; k++) {
			ARRAY_GROW(r->settings, r->setting_count);
			r->settings[r->setting_count++] = xstrdup(a->settings[k]);
		}
	}
	if (names.len)
		s->report->installation.agent = text_steal(&names);
}

/* So that the head of the report can say of each system hive how it was found. */
static void
open_system_hives(struct session *s)
{
	static const enum windows_hive hives[] = { HIVE_SYSTEM, HIVE_SOFTWARE, HIVE_SAM,
						   HIVE_SECURITY, HIVE_DEFAULT };

	for (size_t i = 0; i < ARRAY_SIZE(hives); i++) {
		CLEANUP_ERROR struct error ignored = ERROR_INIT;

		windows_hive(s->windows, hives[i], &ignored);
	}
}

void
session_describe_windows(struct session *s)
{
	CLEANUP_ERROR struct error e1 = ERROR_INIT, e2 = ERROR_INIT, e3 = ERROR_INIT;
	struct report_installation *i = &s->report->installation;
	const struct windows_version *v = subject_version(s->subject, &e1);
	const struct setup_state *setup = subject_setup(s->subject, &e2);
	const struct control_sets *sets = subject_control_sets(s->subject, &e3);

	open_system_hives(s);
	s->report->have_installation = true;
	i->root = xstrdup(s->target.root);
	if (v) {
		i->product = xstrdup(v->product);
		i->build = xstrdup(v->build);
		i->edition = xstrdup(v->edition);
		i->host_name = xstrdup(v->host_name);
		i->time_zone = xstrdup(v->time_zone);
		i->installed = v->installed;
	}
	if (setup) {
		i->setup = xstrdup(setup->detail);
		i->setup_phase = xstrdup(setup_phase_text(setup->phase));
	}
	if (sets && sets->problem)
		report_warn(s->report, "SYSTEM: %s", sets->problem);
	if (sets)
		i->control_set = xstrdup(sets->write[0]);
	describe_agents(s);
}

void
session_describe_hives(struct session *s)
{
	struct report_installation *i = &s->report->installation;

	free(i->dirty_hives);
	free(i->replayed_hives);
	i->dirty_hives = windows_dirty_hives(s->windows);
	i->replayed_hives = windows_replayed_hives(s->windows);
}
