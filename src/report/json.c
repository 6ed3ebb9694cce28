/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A report as JSON: docs/report-schema.json says what stands where. */
#include <inttypes.h>
#include <string.h>

#include "report/report.h"
#include "report/writers.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/filetime.h"
#include "util/json.h"
#include "util/text.h"

#define SCHEMA_VERSION 1

static void
set_time(struct js *o, const char *key, uint64_t filetime)
{
	CLEANUP_FREE char *text = filetime ? filetime_text(filetime) : NULL;

	js_set_text(o, key, text);
}

static struct js *
text_array(char *const *list, size_t count)
{
	struct js *a = js_array();

	for (size_t i = 0; i < count; i++)
		js_append(a, js_text(list[i]));
	return a;
}

static struct js *
volume_json(const struct report *r)
{
	const struct report_volume *v = &r->volume;
	struct js *o;

	if (!r->have_volume)
		return js_null();
	o = js_object();
	js_set_text(o, "kind", v->kind);
	js_set_text(o, "description", v->description);
	js_set_uint(o, "partition", (uint64_t)v->partition);
	js_set_uint(o, "offset", v->offset);
	js_set_uint(o, "size", v->size);
	js_set_text(o, "serial", v->serial);
	js_set_text(o, "label", v->label);
	js_set(o, "state", text_array(v->states, v->state_count));
	return o;
}

static struct js *
agent_json(const struct report_agent *a)
{
	struct js *o = js_object();

	js_set_text(o, "kind", a->kind);
	js_set_text(o, "name", a->name);
	js_set_bool(o, "installed", a->installed);
	js_set_bool(o, "fits", a->fits);
	js_set_text(o, "version", a->version);
	js_set_text(o, "version_from", a->version_from);
	js_set_text(o, "folder", a->folder);
	js_set_text(o, "service", a->service);
	js_set_text(o, "start", a->start);
	js_set_text(o, "last_run", a->last_run);
	js_set_text(o, "state", a->state);
	js_set_text(o, "answer_file", a->answer_file);
	js_set_text(o, "log", a->log);
	js_set(o, "settings", text_array(a->settings, a->setting_count));
	return o;
}

static struct js *
installation_json(const struct report *r)
{
	const struct report_installation *w = &r->installation;
	struct js *o, *agents;

	if (!r->have_installation)
		return js_null();
	o = js_object();
	js_set_text(o, "root", w->root);
	js_set_text(o, "product", w->product);
	js_set_text(o, "build", w->build);
	js_set_text(o, "edition", w->edition);
	js_set_text(o, "host_name", w->host_name);
	js_set_text(o, "time_zone", w->time_zone);
	set_time(o, "installed", w->installed);
	js_set_text(o, "control_set", w->control_set);
	js_set_text(o, "setup_phase", w->setup_phase);
	js_set_text(o, "setup", w->setup);
	js_set_text(o, "agent", w->agent);
	js_set(o, "agents", agents = js_array());
	for (size_t k = 0; k < w->agent_count; k++)
		js_append(agents, agent_json(&w->agents[k]));
	js_set_text(o, "dirty_hives", w->dirty_hives);
	js_set_text(o, "replayed_hives", w->replayed_hives);
	return o;
}

static struct js *
evidence_json(const struct evidence *e)
{
	struct js *o = js_object();

	if (e->hive) {
		js_set_text(o, "hive", e->hive);
		js_set_text(o, "key", e->key);
		js_set_text(o, "value", e->value);
		js_set_text(o, "data", e->data);
		set_time(o, "last_write", e->last_write);
	}
	if (e->path) {
		js_set_text(o, "path", e->path);
		js_set_uint(o, "line", e->line);
		js_set_uint(o, "offset", e->offset);
	}
	if (e->text || e->path)
		js_set_text(o, "text", e->text);
	return o;
}

static struct js *
finding_json(const struct finding *f)
{
	struct js *o = js_object();
	struct js *evidence = js_array();

	js_set_text(o, "check", f->check);
	js_set_text(o, "problem", f->problem);
	js_set_text(o, "subject", f->subject);
	js_set_text(o, "severity", severity_text(f->severity));
	js_set_text(o, "risk", risk_text(f->risk));
	js_set_text(o, "title", f->title);
	for (size_t i = 0; i < f->evidence_count; i++)
		js_append(evidence, evidence_json(&f->evidence[i]));
	js_set(o, "evidence", evidence);
	js_set_text(o, "cause", f->cause);
	js_set_text(o, "explains", f->explains);
	js_set_text(o, "repair", f->repair);
	js_set_text(o, "refused", f->refused);
	js_set_bool(o, "alternative", f->alternative);
	return o;
}

static struct js *
findings_json(const struct findings *f, enum severity least)
{
	struct js *a = js_array();

	for (size_t i = 0; i < f->count; i++)
		if (f->list[i].severity >= least)
			js_append(a, finding_json(&f->list[i]));
	return a;
}

static const char *
change_kind_text(enum change_kind kind)
{
	switch (kind) {
	case CHANGE_VALUE:
		return "value";
	case CHANGE_KEY_DELETED:
		return "key-deleted";
	case CHANGE_KEY_CREATED:
		return "key-created";
	case CHANGE_FILE:
		return "file";
	case CHANGE_HIVE:
		return "hive";
	case CHANGE_VOLUME:
		return "volume";
	}
	return "?";
}

static struct js *
change_json(const struct change *c)
{
	struct js *o = js_object();

	js_set_text(o, "kind", change_kind_text(c->kind));
	js_set_text(o, "check", c->check);
	js_set_text(o, "text", c->words);
	if (c->hive) {
		js_set_text(o, "hive", c->hive);
		if (c->key)
			js_set_text(o, "key", c->key);
	}
	if (c->kind == CHANGE_VALUE) {
		CLEANUP_FREE char *before = change_side_text(c, false);
		CLEANUP_FREE char *after = change_side_text(c, true);

		js_set_text(o, "value", c->name);
		js_set_text(o, "before", c->had ? before : NULL);
		js_set_text(o, "after", c->has ? after : NULL);
	}
	if (c->path) {
		js_set_text(o, "path", c->path);
		js_set_uint(o, "size_before", c->len_before);
		js_set_uint(o, "size_after", c->len_after);
	}
	return o;
}

static struct js *
image_json(const struct report_image *v)
{
	struct js *o = js_object();

	js_set(o, "ready",
	       v->verdict == IMAGE_NOT_KNOWN ? js_null() : js_bool(v->verdict == IMAGE_READY));
	js_set_text(o, "text", v->text);
	js_set(o, "reasons", text_array(v->reasons, v->reason_count));
	return o;
}

static struct js *
stats_json(const struct report *r)
{
	struct js *o = js_object();

	js_set_uint(o, "reads", r->stats.reads);
	js_set_uint(o, "read_bytes", r->stats.read_bytes);
	js_set_uint(o, "distinct_blocks", r->stats.distinct_blocks);
	js_set_uint(o, "writes", r->stats.writes);
	js_set_uint(o, "written_bytes", r->stats.written_bytes);
	js_set_uint(o, "sectors_planned", r->sectors_planned);
	js_set_uint(o, "sectors_written", r->stats.sectors_written);
	return o;
}

struct js *
report_proof_json(const struct report_proof *p)
{
	struct js *o;

	if (!p->target)
		return js_null();
	o = js_object();
	js_set_text(o, "target", p->target);
	js_set_text(o, "before", p->before);
	js_set_text(o, "after", p->after);
	js_set(o, "equal",
	       p->before && p->after ? js_bool(strcmp(p->before, p->after) == 0) : js_null());
	js_set_text(o, "problem", p->problem);
	return o;
}

static struct js *
error_json(const struct error *err)
{
	CLEANUP_FREE char *text = NULL;
	struct js *o;

	if (err->code == ERR_NONE)
		return js_null();
	o = js_object();
	js_set_text(o, "code", error_code_name(err->code));
	text = error_text(err);
	js_set_text(o, "message", text);
	return o;
}

struct js *
report_json(const struct report *r, enum severity least, const struct error *err, int exit_code)
{
	struct js *o = js_object();

	js_set_uint(o, "schema_version", SCHEMA_VERSION);
	js_set_text(o, "command", r->command);
	js_set_text(o, "target", r->target);
	js_set(o, "volume", volume_json(r));
	js_set(o, "installation", installation_json(r));
	js_set(o, "findings", findings_json(&r->findings, least));
	js_set(o, "repaired", findings_json(&r->repaired, SEVERITY_NOTE));
	if (r->image.text)
		js_set(o, "image", image_json(&r->image));
	js_set_text(o, "journal", r->journal);
	js_set(o, "warnings", text_array(r->warnings, r->warning_count));
	js_set(o, "skipped", text_array(r->skipped, r->skipped_count));
	js_set(o, "stats", stats_json(r));
	js_set(o, "proof", report_proof_json(&r->proof));
	if (r->proof_other.target)
		js_set(o, "proof_other", report_proof_json(&r->proof_other));
	js_set(o, "error", error_json(err));
	js_set_uint(o, "exit_code", (uint64_t)exit_code);
	return o;
}

/* A value's text, each line of it `indent` blanks further in. */
static void
add_indented(struct text *out, const char *text, int indent)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		text_addf(out, "%*s%.*s", indent, "", (int)n, text);
		text += n;
		if (*text)
			text_add_n(out, text++, 1);
	}
}

int
report_print_json(const struct js *o, const struct report *r, const struct report_sink *to,
		  struct error *err)
{
	CLEANUP_CHANGE_READER struct change_reader reader = { 0 };
	CLEANUP_FREE char *head = js_print(o, true);
	CLEANUP_TEXT struct text out = TEXT_INIT;
	const struct change *c;
	const char *between = "\n";
	int got;

	head[strlen(head) - strlen("\n}")] = '\0';
	to->write(to->ctx, head);
	to->write(to->ctx, ",\n  \"changes\": [");
	change_reader_begin(&reader, &r->changes);
	while ((got = change_next(&reader, &c, err)) > 0) {
		CLEANUP_JS struct js *v = change_json(c);
		CLEANUP_FREE char *text = js_print(v, true);

		out.len = 0;
		text_add(&out, between);
		add_indented(&out, text, 4);
		to->write(to->ctx, text_str(&out));
		between = ",\n";
	}
	to->write(to->ctx, r->changes.count ? "\n  ]\n}\n" : "]\n}\n");
	return got;
}
