/* SPDX-License-Identifier: GPL-3.0-or-later */
/* resprep answer list and show: which answer files there are, and what stands in one, as a person reads it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "answer/answer.h"
#include "answer/shipped.h"
#include "answer/xml.h"
#include "cli/answer.h"
#include "report/writers.h"
#include "session/answer.h"
#include "session/session.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/filetime.h"
#include "util/json.h"
#include "util/text.h"

/* ---- the list ---- */

static struct js *
passes_js(unsigned passes)
{
	struct js *list = js_array();

	for (int p = 0; p < PASS_COUNT; p++)
		if (passes & 1u << p)
			js_append(list, js_text(pass_name((enum pass)p)));
	return list;
}

static struct js *
file_js(const struct answer_file *f)
{
	CLEANUP_FREE char *when = filetime_text(f->modified);
	struct js *o = js_object();

	js_set_text(o, "path", f->path);
	js_set_text(o, "place", answer_place_name(f->place));
	js_set(o, "rank", f->rank ? js_uint((uint64_t)f->rank) : js_null());
	js_set_uint(o, "size", f->size);
	js_set_text(o, "modified", f->modified ? when : NULL);
	js_set(o, "passes", passes_js(f->passes));
	js_set(o, "processed", passes_js(f->processed));
	js_set_text(o, "problem", f->problem);
	return o;
}

static const char *
due_text(enum answer_due d)
{
	return d == DUE_YES ? "due" : d == DUE_NO ? "not due" : "perhaps due";
}

static const char *
path_of(const struct answer_files *l, size_t i)
{
	return i == SIZE_MAX ? NULL : l->list[i].path;
}

static struct js *
list_js(const struct answer_files *l)
{
	struct js *o = js_object(), *files = js_array(), *passes = js_array();

	for (size_t i = 0; i < l->count; i++)
		js_append(files, file_js(&l->list[i]));
	for (int p = PASS_GENERALIZE; p < PASS_COUNT; p++) {
		const struct answer_pass *pass = &l->passes[p];
		struct js *one = js_object();

		js_set_text(one, "pass", pass_name((enum pass)p));
		js_set_text(one, "due", due_text(pass->due));
		js_set(one, "state", pass->state == UINT32_MAX ? js_null() : js_uint(pass->state));
		js_set_text(one, "state_text", answer_pass_state_text(pass->state));
		js_set_text(one, "uses", path_of(l, pass->uses));
		js_set_bool(one, "certain", !l->unsure);
		js_set_text(one, "agent_uses", path_of(l, pass->agents));
		js_append(passes, one);
	}
	js_set(o, "files", files);
	js_set(o, "passes", passes);
	js_set_text(o, "elsewhere", l->elsewhere);
	return o;
}

static void
add_passes(struct text *out, const struct answer_file *f)
{
	bool first = true;

	for (int p = 0; p < PASS_COUNT; p++) {
		if (!(f->passes & 1u << p))
			continue;
		text_addf(out, "%s%s%s", first ? "" : ", ", pass_name((enum pass)p),
			  f->processed & 1u << p ? " (processed)" : "");
		first = false;
	}
	if (first)
		text_add(out, "no pass");
}

static void
add_file(struct text *out, const struct answer_file *f)
{
	CLEANUP_FREE char *path = text_escape(f->path, false);

	if (f->rank)
		text_addf(out, "  %d  %s\n", f->rank, path);
	else
		text_addf(out, "  -  %s\n", path);
	text_addf(out, "     %s\n     ", answer_place_text(f->place));
	if (f->problem) {
		CLEANUP_FREE char *problem = text_escape(f->problem, false);

		text_addf(out, "cannot be read: %s", problem);
	} else {
		add_passes(out, f);
	}
	text_add(out, "\n");
}

static void
add_used(struct text *out, const struct answer_files *l, enum pass p)
{
	const struct answer_pass *pass = &l->passes[p];
	CLEANUP_FREE char *uses = pass->uses == SIZE_MAX ?
					  xstrdup("no file") :
					  text_escape(l->list[pass->uses].path, false);

	text_addf(out, "  %-12s %s (%s): %s%s\n", pass_name(p), due_text(pass->due),
		  answer_pass_state_text(pass->state),
		  l->unsure ? "not certain: the file of UnattendFile, or else " : "", uses);
	if (pass->agents != SIZE_MAX && pass->agents != pass->uses) {
		CLEANUP_FREE char *agents = text_escape(l->list[pass->agents].path, false);

		text_addf(out, "  %-12s when the agent runs Sysprep: %s\n", "", agents);
	}
}

static void
add_list(struct text *out, const struct answer_files *l)
{
	bool found = false;

	text_add(out, "\nAnswer files, numbered in the order in which Windows looks:\n");
	for (size_t i = 0; i < l->count; i++)
		add_file(out, &l->list[i]);
	if (!l->count)
		text_add(out, "  none where Windows or an agent looks\n");
	if (l->elsewhere) {
		CLEANUP_FREE char *elsewhere = text_escape(l->elsewhere, false);

		text_addf(out, "  %s\n", elsewhere);
	}
	text_add(out,
		 "Removable drives, where Windows looks between Panther and System32\\Sysprep, "
		 "are not on this volume.\n\nWhich file each pass would use:\n");
	for (int p = PASS_GENERALIZE; p < PASS_COUNT; p++) {
		if (l->passes[p].due == DUE_NO && l->passes[p].uses == SIZE_MAX &&
		    l->passes[p].agents == SIZE_MAX)
			continue;
		add_used(out, l, (enum pass)p);
		found = true;
	}
	if (!found)
		text_add(out, "  no pass is due, and no file has settings for one\n");
}

int
answer_run_list(struct answer_run *r, struct error *err)
{
	CLEANUP_SESSION struct session *s = NULL;
	CLEANUP_ANSWER_FILES struct answer_files files = { 0 };
	CLEANUP_TEXT struct text out = TEXT_INIT;

	if (answer_session(r, false, &s, err) < 0 || answer_list(s, &files, err) < 0)
		return -1;
	r->members = list_js(&files);
	report_text_head(&out, r->report);
	r->report->warnings_said = r->report->warning_count;
	add_list(&out, &files);
	run_print(&r->common, text_str(&out));
	return EXIT_DONE;
}

/* ---- one file ---- */

static const struct shipped_file *
shipped_for(enum answer_place place)
{
	switch (place) {
	case ANSWER_EC2CONFIG:
		return shipped_file(SHIPPED_EC2CONFIG);
	case ANSWER_EC2LAUNCH:
		return shipped_file(SHIPPED_EC2LAUNCH);
	case ANSWER_EC2LAUNCH_V2:
		return shipped_file(SHIPPED_EC2LAUNCH_V2);
	default:
		return NULL;
	}
}

static const char *const how_names[] = {
	[SHIPPED_SAME] = "same", [SHIPPED_DIFFERS] = "differs", [SHIPPED_ADDED] = "added"
};

static struct js *
setting_js(const struct answer *a, const struct answer_setting *s,
	   const struct shipped_file *shipped, bool secrets)
{
	const struct answer_component *c = &a->components[s->component];
	CLEANUP_FREE char *value = answer_shown(s, secrets);
	CLEANUP_FREE char *source = s->known ? known_source(c->known, s->known) : NULL;
	struct js *o = js_object();

	js_set_text(o, "pass", c->pass_text);
	js_set_text(o, "component", c->name);
	js_set_text(o, "architecture", *c->architecture ? c->architecture : NULL);
	js_set_text(o, "setting", s->path);
	js_set_text(o, "value", value);
	js_set_bool(o, "secret", s->secret);
	js_set_bool(o, "known", s->known != NULL);
	js_set_text(o, "source", source);
	js_set_bool(o, "processed", c->processed);
	js_set_uint(o, "line", (uint64_t)s->line);
	if (shipped) {
		const struct shipped_setting *is;
		enum shipped_how how = shipped_compare(shipped, a, s, &is);

		js_set_text(o, "shipped", how_names[how]);
		js_set_text(o, "shipped_value", is ? is->value : NULL);
	}
	return o;
}

static struct js *
show_js(const struct answer_open_file *f, bool secrets)
{
	const struct answer *a = &f->answer;
	const struct shipped_file *shipped = shipped_for(f->place);
	struct js *o = js_object(), *list = js_array();

	js_set_text(o, "path", f->path);
	js_set_text(o, "place", answer_place_name(f->place));
	js_set_text(o, "encoding", xml_encoding_name(a->xml));
	js_set_bool(o, "byte_order_mark", xml_has_mark(a->xml));
	for (size_t i = 0; i < a->setting_count; i++)
		js_append(list, setting_js(a, &a->settings[i], shipped, secrets));
	js_set(o, "settings", list);
	if (shipped) {
		struct js *missing = js_array();

		js_set_text(o, "shipped_file", shipped->name);
		js_set_bool(o, "shipped_reconstructed", shipped->reconstructed);
		for (size_t i = 0; i < shipped->count; i++) {
			const struct shipped_setting *is = &shipped->settings[i];
			CLEANUP_FREE char *name = xasprintf("%s/%s/%s", pass_name(is->pass),
							    is->component, is->path);

			if (!shipped_is_there(a, is))
				js_append(missing, js_text(name));
		}
		js_set(o, "shipped_missing", missing);
	}
	return o;
}

static void
add_setting(struct text *out, const struct answer *a, const struct answer_setting *s,
	    const struct shipped_file *shipped, bool secrets)
{
	const struct shipped_setting *is = NULL;
	enum shipped_how how = shipped ? shipped_compare(shipped, a, s, &is) : SHIPPED_SAME;
	CLEANUP_FREE char *shown = answer_shown(s, secrets);
	CLEANUP_FREE char *value = text_escape(shown, false);
	CLEANUP_FREE char *path = text_escape(s->path, false);

	text_addf(out, "  %c %-34s %s",
		  how == SHIPPED_DIFFERS ? '~' :
		  how == SHIPPED_ADDED	 ? '+' :
					   ' ',
		  path, *value ? value : "(empty)");
	if (how == SHIPPED_DIFFERS)
		text_addf(out, "      (shipped: %s)", is->value);
	if (!s->known)
		text_add(out, "      (not known here)");
	text_add(out, "\n");
}

static void
add_head(struct text *out, const struct answer_open_file *f, const struct shipped_file *shipped)
{
	CLEANUP_FREE char *path = text_escape(f->path, false);
	CLEANUP_FREE char *encoding = text_escape(xml_encoding_name(f->answer.xml), false);

	text_addf(out, "\n%s\n  %s; %s%s\n", path, answer_place_text(f->place), encoding,
		  xml_has_mark(f->answer.xml) ? " with a byte-order mark" : "");
	if (shipped)
		text_addf(out,
			  "  beside %s as shipped%s: \"~\" another value, \"+\" not shipped, \"-\" "
			  "shipped and not here\n",
			  shipped->name,
			  shipped->reconstructed ?
				  " (reconstructed: no public copy of it is known)" :
				  "");
}

static void
add_component(struct text *out, const struct answer_component *c)
{
	CLEANUP_FREE char *pass = text_escape(c->pass_text, false);
	CLEANUP_FREE char *name = text_escape(c->name, false);
	CLEANUP_FREE char *architecture = text_escape(c->architecture, false);

	text_addf(out, "\n%s%s: %s%s%s%s%s\n", pass,
		  c->processed ? " (processed: Windows does not read it again)" : "", name,
		  *architecture ? " (" : "", architecture, *architecture ? ")" : "",
		  c->known ? "" : " (not known here)");
}

static void
add_missing(struct text *out, const struct answer *a, const struct shipped_file *shipped)
{
	bool any = false;

	for (size_t i = 0; i < shipped->count; i++) {
		const struct shipped_setting *is = &shipped->settings[i];

		if (shipped_is_there(a, is))
			continue;
		text_addf(out, "%s  - %s/%s/%s  (shipped: %s)\n",
			  any ? "" : "\nShipped and not here:\n", pass_name(is->pass),
			  is->component, is->path,
			  is->value ? is->value : "filled in by the agent");
		any = true;
	}
}

static void
add_show(struct text *out, const struct answer_open_file *f, bool secrets)
{
	const struct answer *a = &f->answer;
	const struct shipped_file *shipped = shipped_for(f->place);
	size_t next = 0;

	add_head(out, f, shipped);
	for (size_t c = 0; c < a->component_count; c++) {
		add_component(out, &a->components[c]);
		/* settings of one component stand together: the file's order is theirs */
		for (; next < a->setting_count && a->settings[next].component == c; next++)
			add_setting(out, a, &a->settings[next], shipped, secrets);
	}
	if (!a->component_count)
		text_add(out, "\n  no <component> in <settings> of an <unattend>: Windows finds "
			      "nothing in it\n");
	if (shipped)
		add_missing(out, a, shipped);
}

int
answer_run_show(struct answer_run *r, struct error *err)
{
	CLEANUP_SESSION struct session *s = NULL;
	CLEANUP_ANSWER_FILES struct answer_files files = { 0 };
	CLEANUP_ANSWER_FILE struct answer_open_file f = { 0 };
	CLEANUP_TEXT struct text out = TEXT_INIT;

	if (answer_session(r, false, &s, err) < 0 || answer_list(s, &files, err) < 0 ||
	    answer_read(s, &files, r->words[0] ? r->words[0] : r->file, &f, err) < 0)
		return -1;
	r->members = js_object();
	js_set(r->members, "file", show_js(&f, r->secrets));
	report_text_head(&out, r->report);
	r->report->warnings_said = r->report->warning_count;
	add_show(&out, &f, r->secrets);
	run_print(&r->common, text_str(&out));
	return EXIT_DONE;
}
