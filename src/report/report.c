/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The model of a report: findings with their evidence, changes, warnings.  Everything is copied in
 * and owned here, so that a report outlives the session that filled it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "report/report.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/secrets.h"
#include "util/utf16.h"

static const char *const severities[] = { "note", "warning", "error", "critical" };
static const char *const risks[] = { "none", "safe", "careful", "last-resort" };

const char *
severity_text(enum severity s)
{
	return severities[s];
}

bool
severity_parse(const char *text, enum severity *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(severities); i++)
		if (strcmp(text, severities[i]) == 0) {
			*ret = (enum severity)i;
			return true;
		}
	return false;
}

const char *
risk_text(enum risk r)
{
	return risks[r];
}

bool
risk_parse(const char *text, enum risk *ret)
{
	for (size_t i = 1; i < ARRAY_SIZE(risks); i++)
		if (strcmp(text, risks[i]) == 0) {
			*ret = (enum risk)i;
			return true;
		}
	return false;
}

struct finding *
findings_add(struct findings *f, const char *check, const char *problem, enum severity s,
	     enum risk r, const char *subject, const char *fmt, ...)
{
	CLEANUP_FREE char *title = NULL;
	struct finding *n;
	size_t masked;
	va_list ap;

	ARRAY_GROW(f->list, f->count);
	n = &f->list[f->count++];
	*n = (struct finding){ .check = check,
			       .problem = problem,
			       .severity = s,
			       .risk = r,
			       .subject = xstrdup(subject) };
	va_start(ap, fmt);
	title = xvasprintf(fmt, ap);
	va_end(ap);
	n->title = secrets_mask(title, &masked);
	return n;
}

/* Replaces the text at `where` by a formatted one. */
static void set_text(char **where, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

static void
set_text(char **where, const char *fmt, va_list ap)
{
	free(*where);
	*where = xvasprintf(fmt, ap);
}

void
finding_cause(struct finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_text(&f->cause, fmt, ap);
	va_end(ap);
}

void
finding_repair(struct finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_text(&f->repair, fmt, ap);
	va_end(ap);
}

void
finding_refused(struct finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_text(&f->refused, fmt, ap);
	va_end(ap);
}

static struct evidence *
evidence_add(struct finding *f)
{
	ARRAY_GROW(f->evidence, f->evidence_count);
	f->evidence[f->evidence_count] = (struct evidence){ 0 };
	return &f->evidence[f->evidence_count++];
}

void
finding_registry(struct finding *f, const char *hive, const char *key, const char *value,
		 const char *data, uint64_t last_write)
{
	struct evidence *e = evidence_add(f);

	e->hive = xstrdup(hive);
	e->key = xstrdup(key);
	e->value = xstrdup(value);
	e->data = xstrdup(data);
	e->last_write = last_write;
}

void
finding_line(struct finding *f, const char *path, uint64_t line, uint64_t offset, const char *text)
{
	struct evidence *e = evidence_add(f);
	size_t masked;

	e->path = xstrdup(path);
	e->line = line;
	e->offset = offset;
	/* what is quoted from the volume may hold passwords; a report is passed on */
	e->text = text ? secrets_mask(text, &masked) : NULL;
}

char *
finding_name(const struct finding *f)
{
	return f->subject ? xasprintf("%s:%s", f->check, f->subject) : xstrdup(f->check);
}

bool
finding_same(const struct finding *a, const struct finding *b)
{
	return strcmp(a->check, b->check) == 0 && strcmp(a->problem, b->problem) == 0 &&
	       name_equal(a->subject ? a->subject : "", b->subject ? b->subject : "");
}

const struct finding *
findings_find_same(const struct findings *list, const struct finding *f)
{
	for (size_t i = 0; i < list->count; i++)
		if (finding_same(&list->list[i], f))
			return &list->list[i];
	return NULL;
}

static void
finding_clear(struct finding *f)
{
	for (size_t i = 0; i < f->evidence_count; i++) {
		struct evidence *e = &f->evidence[i];

		free(e->hive);
		free(e->key);
		free(e->value);
		free(e->data);
		free(e->path);
		free(e->text);
	}
	free(f->evidence);
	free(f->subject);
	free(f->title);
	free(f->cause);
	free(f->repair);
	free(f->refused);
	free(f->explains);
}

void
findings_clear(struct findings *f)
{
	for (size_t i = 0; i < f->count; i++)
		finding_clear(&f->list[i]);
	free(f->list);
	*f = (struct findings){ 0 };
}

void
report_warn(struct report *r, const char *fmt, ...)
{
	va_list ap;

	ARRAY_GROW(r->warnings, r->warning_count);
	va_start(ap, fmt);
	r->warnings[r->warning_count++] = xvasprintf(fmt, ap);
	va_end(ap);
}

void
report_skip(struct report *r, const char *fmt, ...)
{
	va_list ap;

	ARRAY_GROW(r->skipped, r->skipped_count);
	va_start(ap, fmt);
	r->skipped[r->skipped_count++] = xvasprintf(fmt, ap);
	va_end(ap);
}

static void
free_texts(char **list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(list[i]);
	free(list);
}

void
report_proof_clear(struct report_proof *p)
{
	free(p->target);
	free(p->before);
	free(p->after);
	free(p->problem);
	*p = (struct report_proof){ 0 };
}

struct report_agent *
report_agent_add(struct report *r, const char *kind, const char *name)
{
	struct report_installation *i = &r->installation;

	ARRAY_GROW(i->agents, i->agent_count);
	i->agents[i->agent_count] = (struct report_agent){ .kind = kind, .name = name };
	return &i->agents[i->agent_count++];
}

static void
agents_free(struct report_agent *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct report_agent *a = &list[i];

		free(a->version);
		free(a->version_from);
		free(a->folder);
		free(a->service);
		free(a->start);
		free(a->last_run);
		free(a->state);
		free(a->answer_file);
		free(a->log);
		free_texts(a->settings, a->setting_count);
	}
	free(list);
}

void
report_image_clear(struct report_image *v)
{
	free_texts(v->reasons, v->reason_count);
	free(v->text);
	*v = (struct report_image){ 0 };
}

void
report_clear(struct report *r)
{
	struct report_installation *w = &r->installation;

	free(r->target);
	free(r->volume.description);
	free(r->volume.serial);
	free(r->volume.label);
	free_texts(r->volume.states, r->volume.state_count);
	free(w->root);
	free(w->product);
	free(w->build);
	free(w->edition);
	free(w->host_name);
	free(w->time_zone);
	free(w->setup);
	free(w->setup_phase);
	free(w->control_set);
	free(w->agent);
	agents_free(w->agents, w->agent_count);
	free(w->dirty_hives);
	free(w->replayed_hives);
	findings_clear(&r->findings);
	findings_clear(&r->repaired);
	change_list_clear(&r->changes);
	report_image_clear(&r->image);
	free_texts(r->warnings, r->warning_count);
	free_texts(r->skipped, r->skipped_count);
	free(r->journal);
	report_proof_clear(&r->proof);
	report_proof_clear(&r->proof_other);
	*r = (struct report){ 0 };
}
