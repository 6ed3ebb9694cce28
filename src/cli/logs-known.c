/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is known of a record, below it: the failure, its cause and what to do; its code in words; the nearest known failure of one that is not known. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/logs.h"
#include "logs/cascade.h"
#include "logs/error-code.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/json.h"
#include "util/secrets.h"
#include "util/text.h"

static void
print_names(const struct known_hit *h)
{
	for (size_t i = 0; i < h->name_count; i++) {
		CLEANUP_FREE char *text = text_escape(h->names[i].text, false);

		/* it is told in words below */
		if (strcmp(h->names[i].what, "code") == 0)
			continue;
		printf("        %s: %s\n", h->names[i].what, text);
	}
}

static void
print_hit(struct logs_told *told, const struct known_hit *h)
{
	const struct known_failure *k = h->known;
	bool again = told->known[k->number - 1];

	told->known[k->number - 1] = true;
	if (k->what == KNOWN_BENIGN) {
		printf("      %s: stands in runs that succeed too; never the cause\n", k->id);
		return;
	}
	printf("      %s%s%s\n", k->id, k->evidence == KNOWN_UNCERTAIN ? " (uncertain)" : "",
	       again ? ": as above" : "");
	print_names(h);
	if (again)
		return;
	if (k->cause)
		printf("        %s\n", k->cause);
	if (k->steps)
		printf("        To do: %s\n", k->steps);
}

static void
print_code(const char *message)
{
	uint32_t code;
	const char *symbol, *text;

	if (!cascade_code(message, &code))
		return;
	symbol = error_code_symbol(code);
	text = error_code_text(code);
	if (symbol || text)
		printf("      0x%08" PRIx32 " is %s%s%s\n", code, symbol ? symbol : "",
		       symbol && text ? ": " : "", text ? text : "");
}

static void
print_nearest(struct known *known, const char *message)
{
	CLEANUP_FREE char *shared = NULL;
	const struct known_failure *k = known_nearest(known, message, &shared);
	CLEANUP_FREE char *harmless = shared ? text_escape(shared, false) : NULL;

	if (k)
		printf("      not known; nearest: %s (both have %s)\n", k->id,
		       harmless ? harmless : "");
}

void
logs_known_print(struct logs_told *told, struct known *known, const struct logs_record *r)
{
	if (!r->hits)
		return;
	for (size_t i = 0; i < r->hits->count; i++)
		print_hit(told, &r->hits->list[i]);
	if (r->r->level < LOG_LEVEL_ERROR)
		return;
	print_code(r->r->message);
	if (r->hits->count)
		return;
	if (cascade_follows(r->r->message))
		printf("      follows from a failure before it\n");
	else if (cascade_is_noise(r->r->message))
		printf("      stands in runs that succeed too; never the cause\n");
	else
		print_nearest(known, r->r->message);
}

static void
print_cause(const struct cascade_run *r, bool with_secrets)
{
	const struct cascade_event *e = &r->events[r->cause];
	const struct known_hit *h = cascade_known(e);
	size_t count;
	CLEANUP_FREE char *masked = with_secrets ? NULL : secrets_mask(e->text, &count);
	CLEANUP_FREE char *text = text_escape(masked ? masked : e->text, false);
	CLEANUP_FREE char *path = text_escape(e->path ? e->path : "", false);

	printf("%s%s\n    %s, line %" PRIu64 ": %s\n",
	       h ? h->known->id : "an error that is not known",
	       h && h->known->evidence == KNOWN_UNCERTAIN ? " (uncertain)" : "", path, e->line,
	       text);
	if (h && h->known->steps)
		printf("    To do: %s\n", h->known->steps);
}

void
logs_runs_print(void *ctx, const char *folder, const struct cascade *c)
{
	struct logs_runs_print *p = ctx;
	CLEANUP_FREE char *where = text_escape(*folder ? folder : "/", false);

	for (int i = 0; i < LOG_PHASE_COUNT; i++) {
		enum log_phase phase = (enum log_phase)i;
		const struct cascade_run *r = cascade_newest(c, phase);
		const struct cascade_run *history = cascade_history(c, phase);
		bool succeeded = r && r->outcome == RUN_SUCCEEDED;

		if (!r || (succeeded ? !history : r->cause < 0))
			continue;
		if (!p->headed)
			printf("\nWhat failed first in the newest run of each phase\n");
		p->headed = true;
		printf("  %s in %s, run of %s: ", log_phase_text(phase), where,
		       *r->time ? r->time : "an unknown time");
		if (succeeded)
			printf("succeeded; what failed before is history: ");
		else if (r->stopped)
			printf("stands still at ");
		print_cause(succeeded ? history : r, p->with_secrets);
	}
}

void
logs_known_json(struct js *o, struct known *known, const struct logs_record *r)
{
	CLEANUP_FREE char *shared = NULL;
	struct js *list;
	uint32_t code;

	if (!r->hits)
		return;
	list = js_array();
	for (size_t i = 0; i < r->hits->count; i++)
		js_append(list, js_text(r->hits->list[i].known->id));
	js_set(o, "known", list);
	if (r->r->level >= LOG_LEVEL_ERROR && cascade_code(r->r->message, &code)) {
		CLEANUP_FREE char *text = xasprintf("0x%08" PRIx32, code);

		js_set_text(o, "code", text);
		js_set_text(o, "symbol", error_code_symbol(code));
		js_set_text(o, "meaning", error_code_text(code));
	}
	if (!r->hits->count && r->r->level >= LOG_LEVEL_ERROR && cascade_follows(r->r->message)) {
		js_set_bool(o, "follows", true);
	} else if (!r->hits->count && r->r->level >= LOG_LEVEL_ERROR &&
		   cascade_is_noise(r->r->message)) {
		js_set_bool(o, "benign", true);
	} else if (!r->hits->count && r->r->level >= LOG_LEVEL_ERROR) {
		const struct known_failure *k = known_nearest(known, r->r->message, &shared);

		js_set_text(o, "nearest", k ? k->id : NULL);
	}
}
