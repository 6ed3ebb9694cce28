/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A report as text: what it is, what is wrong, how we know, what repairs it.  Everything that came from the
 * volume goes through text_escape().
 */
#include <inttypes.h>
#include <string.h>

#include "report/report.h"
#include "report/writers.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/filetime.h"
#include "util/text.h"

#define WIDTH 96

/* `s`, escaped, behind the text so far. */
static void
add_safe(struct text *out, const char *s)
{
	CLEANUP_FREE char *safe = text_escape(s, false);

	text_add(out, safe);
}

/* Sentences wrapped at WIDTH behind a label of `indent` columns, each further line indented. */
static void
add_labelled(struct text *out, const char *label, const char *s, size_t indent)
{
	CLEANUP_FREE char *safe = text_escape(s, false);
	const char *p = safe;
	size_t column = indent;

	text_add(out, label);
	while (*p) {
		size_t n = strcspn(p, " ");

		if (column > indent && column + 1 + n > WIDTH) {
			text_addf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			text_add(out, " ");
			column++;
		}
		text_add_n(out, p, n);
		column += n;
		p += n;
		while (*p == ' ')
			p++;
	}
	text_add(out, "\n");
}

static void
add_wrapped(struct text *out, const char *label, const char *s)
{
	CLEANUP_FREE char *before = xasprintf("  %-9s ", label);

	add_labelled(out, before, s, 12);
}

static void
add_volume(struct text *out, const struct report_volume *v)
{
	text_add(out, "Volume    ");
	add_safe(out, v->description ? v->description : "?");
	if (v->label && *v->label) {
		text_add(out, ", label \"");
		add_safe(out, v->label);
		text_add(out, "\"");
	}
	for (size_t i = 0; i < v->state_count; i++)
		text_addf(out, "%s%s", i ? " + " : "; state: ", v->states[i]);
	text_add(out, "\n");
}

static void
add_named(struct text *out, const char *before, const char *s, const char *after)
{
	if (!s)
		return;
	text_add(out, before);
	add_safe(out, s);
	text_add(out, after);
}

/* What inspect says of each agent behind the line that names them. */
void
report_text_agents(struct text *out, const struct report *r)
{
	for (size_t i = 0; i < r->installation.agent_count; i++) {
		const struct report_agent *a = &r->installation.agents[i];

		text_addf(out, "\n%s%s\n", a->name,
			  !a->installed ? " (not installed any more)" :
			  a->fits	? "" :
					  " (not for this Windows)");
		add_named(out, "  version   ", a->version, "");
		add_named(out, a->version ? ", from " : "", a->version_from,
			  a->version_from ? "\n" : "");
		add_named(out, "  folder    ", a->folder, "\n");
		add_named(out, "  service   ", a->service, "");
		add_named(out, ", ", a->start, "");
		text_add(out, a->service ? "\n" : "");
		add_named(out, "  last run  ", a->last_run, "\n");
		add_named(out, "  state     ", a->state, "\n");
		add_named(out, "  answers   ", a->answer_file, "\n");
		add_named(out, "  log       ", a->log, "\n");
		for (size_t k = 0; k < a->setting_count; k++)
			add_named(out, "  settings  ", a->settings[k], "\n");
	}
}

static void
add_installation(struct text *out, const struct report_installation *w)
{
	text_add(out, "Windows   ");
	add_safe(out, w->product ? w->product : "unknown version");
	add_named(out, " (build ", w->build, ")");
	add_named(out, " in ", w->root, "");
	add_named(out, ", host ", w->host_name, "");
	add_named(out, ", ", w->control_set, "");
	if (w->installed) {
		CLEANUP_FREE char *when = filetime_text(w->installed);

		text_addf(out, ", installed %s", when);
	}
	text_add(out, "\n");
	if (w->agent) {
		text_add(out, "Agent     ");
		add_safe(out, w->agent);
		text_add(out, "\n");
	}
	if (w->setup) {
		text_add(out, "Setup     ");
		add_safe(out, w->setup);
		text_add(out, "\n");
	}
}

void
report_text_head(struct text *out, const struct report *r)
{
	text_add(out, "Target    ");
	add_safe(out, r->target ? r->target : "?");
	text_add(out, "\n");
	if (r->have_volume)
		add_volume(out, &r->volume);
	if (r->have_installation)
		add_installation(out, &r->installation);
	if (r->installation.replayed_hives) {
		text_add(out, "Registry  ");
		add_safe(out, r->installation.replayed_hives);
		text_add(out, "\n");
	}
	for (size_t i = 0; i < r->warning_count; i++) {
		text_add(out, "Warning   ");
		add_safe(out, r->warnings[i]);
		text_add(out, "\n");
	}
}

static void
add_evidence(struct text *out, const struct evidence *e)
{
	struct text line = TEXT_INIT;

	if (e->hive) {
		text_addf(&line, "%s\\%s", e->hive, e->key ? e->key : "");
		if (e->value)
			text_addf(&line, ": %s", *e->value ? e->value : "(default)");
		if (e->data)
			text_addf(&line, " = %s", e->data);
		if (e->last_write) {
			CLEANUP_FREE char *when = filetime_text(e->last_write);

			text_addf(&line, " (key last written %s)", when);
		}
	}
	if (e->path) {
		text_add(&line, e->path);
		if (e->line)
			text_addf(&line, ", line %" PRIu64, e->line);
		/* below the first line 0 means that it is not known */
		if (e->offset || e->line == 1)
			text_addf(&line, ", offset %" PRIu64, e->offset);
	}
	if (e->text)
		text_addf(&line, "%s%s", e->hive || e->path ? ": " : "", e->text);
	add_wrapped(out, "evidence", text_str(&line));
	text_clear(&line);
}

/* The exact command that repairs this finding. */
static char *
repair_command(const struct report *r, const struct finding *f)
{
	/* a comma parts names */
	bool whole = f->by_name || (f->subject && !strchr(f->subject, ','));
	CLEANUP_FREE char *name = whole ? finding_name(f) : xstrdup(f->check);
	bool plain = f->risk == RISK_SAFE && !f->alternative && !f->by_name && !f->asked_only;
	const char *word = f->risk == RISK_LAST_RESORT ? " --risk last-resort" : "";
	CLEANUP_FREE char *quoted = text_shell(name);
	CLEANUP_FREE char *target = text_shell(r->target);
	CLEANUP_FREE char *partition = r->named_partition ?
					       xasprintf(" --partition %d", r->named_partition) :
					       xstrdup("");

	if (plain)
		return xasprintf("resprep repair %s%s", target, partition);
	return xasprintf("resprep repair %s%s --only %s%s", target, partition, quoted, word);
}

static void
add_finding(struct text *out, const struct report *r, const struct finding *f)
{
	text_addf(out, "\n%s: %s: ", severity_text(f->severity), f->check);
	add_safe(out, f->title);
	text_add(out, "\n");
	for (size_t i = 0; i < f->evidence_count; i++)
		add_evidence(out, &f->evidence[i]);
	if (f->cause)
		add_wrapped(out, "cause", f->cause);
	if (f->explains)
		add_wrapped(out, "explains", f->explains);
	if (f->refused) {
		add_wrapped(out, "no repair", f->refused);
		return;
	}
	if (f->repair) {
		CLEANUP_FREE char *command = repair_command(r, f);
		CLEANUP_FREE char *words = f->risk == RISK_NONE ?
						   xstrdup(f->repair) :
						   xasprintf("%s (risk: %s)", f->repair,
							     risk_text(f->risk));

		add_wrapped(out, "repair", words);
		if (f->risk != RISK_NONE) {
			text_add(out, "  command   ");
			add_safe(out, command);
			text_add(out, "\n");
		}
	}
}

static void
add_image(struct text *out, const struct report *r)
{
	if (!r->image.text)
		return;
	text_add(out, "\n");
	add_labelled(out, "Image     ", r->image.text, 10);
}

void
report_text_findings(struct text *out, const struct report *r, enum severity least)
{
	size_t counts[4] = { 0 };

	/* the gravest first; within a severity in the order of the table */
	for (int s = SEVERITY_CRITICAL; s >= (int)least; s--)
		for (size_t i = 0; i < r->findings.count; i++)
			if ((int)r->findings.list[i].severity == s)
				add_finding(out, r, &r->findings.list[i]);
	for (size_t i = 0; i < r->findings.count; i++)
		counts[r->findings.list[i].severity]++;
	for (size_t i = 0; i < r->skipped_count; i++) {
		text_add(out, "\nskipped: ");
		add_safe(out, r->skipped[i]);
		text_add(out, "\n");
	}
	if (r->findings.count == 0) {
		text_add(out, "\nNo problem found.\n");
		add_image(out, r);
		return;
	}
	text_addf(out, "\n%zu critical, %zu error%s, %zu warning%s, %zu note%s.\n",
		  counts[SEVERITY_CRITICAL], counts[SEVERITY_ERROR],
		  counts[SEVERITY_ERROR] == 1 ? "" : "s", counts[SEVERITY_WARNING],
		  counts[SEVERITY_WARNING] == 1 ? "" : "s", counts[SEVERITY_NOTE],
		  counts[SEVERITY_NOTE] == 1 ? "" : "s");
	add_image(out, r);
}

int
report_text_changes(const struct report *r, bool all, const struct report_sink *to,
		    struct error *err)
{
	CLEANUP_CHANGE_READER struct change_reader reader = { 0 };
	CLEANUP_TEXT struct text out = TEXT_INIT;
	const struct change *c;
	size_t nested = 0;
	int got;

	change_reader_begin(&reader, &r->changes);
	while ((got = change_next(&reader, &c, err)) > 0) {
		if (c->nested && !all) {
			nested++;
			continue;
		}
		out.len = 0;
		text_add(&out, c->nested ? "    " : "  ");
		add_safe(&out, c->words ? c->words : "?");
		text_add(&out, "\n");
		to->write(to->ctx, text_str(&out));
	}
	if (got == 0 && nested) {
		out.len = 0;
		text_addf(&out, "  (with the keys above: %zu values and keys below them)\n",
			  nested);
		to->write(to->ctx, text_str(&out));
	}
	return got;
}

void
report_text_proof(struct text *out, const struct report_proof *p)
{
	if (!p->target || !p->before)
		return;
	text_add(out, "SHA-256 of ");
	add_safe(out, p->target);
	text_addf(out, "\n  before  %s\n  after   ", p->before);
	if (p->after)
		text_addf(out, "%s, %s\n", p->after,
			  strcmp(p->before, p->after) == 0 ? "equal" : "DIFFERENT");
	else
		text_add(out, "not known\n");
}

void
report_text_stats(struct text *out, const struct report *r)
{
	const struct report_stats *s = &r->stats;

	text_addf(out,
		  "reads %" PRIu64 ", bytes read %" PRIu64 ", distinct 512 KiB blocks %" PRIu64
		  ", writes %" PRIu64 ", bytes written %" PRIu64 ", sectors written %" PRIu64 "\n",
		  s->reads, s->read_bytes, s->distinct_blocks, s->writes, s->written_bytes,
		  s->sectors_written);
}
