/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An error code on the terminal and in JSON. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/explain.h"
#include "logs/code-list.h"
#include "logs/error-code.h"
#include "util/cleanup.h"
#include "util/json.h"
#include "util/text.h"

static int64_t
as_signed(uint32_t value)
{
	return value >> 31 ? (int64_t)value - (INT64_C(1) << 32) : (int64_t)value;
}

/* 0x5 of a number, 0x80070005 of what has 32 bits. */
static void
add_hex(struct text *out, uint32_t value)
{
	text_addf(out, value < 0x10000 ? "0x%" PRIx32 : "0x%08" PRIx32, value);
}

static void
add_form(struct text *out, uint32_t value)
{
	struct error_form f;

	error_code_form(value, &f);
	text_addf(out, "%s", f.kind);
	if (f.severity)
		text_addf(out, ", %s", f.severity);
	if (f.severity && value >> 29 != 7)
		text_addf(out, ", facility %s%s0x%x%s, code 0x%" PRIx32,
			  f.facility_name ? f.facility_name : "", f.facility_name ? " (" : "",
			  f.facility, f.facility_name ? ")" : "", f.low);
	if (f.area)
		text_addf(out, "; %s", f.area);
}

static void
add_hit(struct text *out, const struct error_hit *h)
{
	text_addf(out, "    %s ", error_family_text(h->family));
	add_hex(out, h->value);
	if (h->value < 0x10000)
		text_addf(out, " (%" PRIu32 ")", h->value);
	if (h->relation == ERROR_LOW_HALF)
		text_add(out, ", of which this may be the low half");
	if (h->name)
		text_addf(out, ": %s", h->name);
	text_add(out, "\n");
	if (h->text)
		text_addf(out, "        %s\n", h->text);
	if (h->note)
		text_addf(out, "        %s\n", h->note);
	text_addf(out, "        (%s%s)\n", h->uncertain ? "uncertain; " : "", h->source);
}

void
explain_add_extend(struct text *out, uint32_t extend)
{
	const char *phase, *operation;

	text_addf(out, "    Setup's extend code 0x%" PRIX32 ": ", extend);
	if (error_code_extend(extend, &phase, &operation))
		text_addf(out, "phase %s, operation %s\n", phase, operation);
	else
		text_add(out, "not in the table\n");
	text_add(out, "        (Microsoft Learn: Windows upgrade error codes)\n");
}

void
explain_add_code(struct text *out, uint32_t value)
{
	struct error_hit hits[ERROR_HITS_MOST];
	size_t n = error_code_lookup(value, hits, ERROR_HITS_MOST);
	const char *phase, *operation;
	bool extend = error_code_extend(value, &phase, &operation);

	add_hex(out, value);
	text_addf(out, ", decimal %" PRId64 ": ", as_signed(value));
	add_form(out, value);
	text_add(out, "\n");
	for (size_t i = 0; i < n; i++)
		add_hit(out, &hits[i]);
	if (extend)
		explain_add_extend(out, value);
	if (!n && !extend)
		text_add(out, "    not in the table\n");
}

void
explain_add_item(struct text *out, const struct code_item *item)
{
	struct error_hit hits[ERROR_HITS_MOST];
	size_t n = error_code_lookup(item->value, hits, ERROR_HITS_MOST), most = 0;
	const char *phase, *operation;
	bool extend = !n && error_code_extend(item->value, &phase, &operation);
	struct error_form f;

	error_code_form(item->value, &f);
	add_hex(out, item->value);
	if (item->has_extend)
		text_addf(out, " - 0x%" PRIX32, item->extend);
	if (n && hits[0].name)
		text_addf(out, " %s", hits[0].name);
	else if (!n)
		text_addf(out, " (%s%s)", f.kind, extend ? "" : ", not in the table");
	text_addf(out, ": %" PRIu64 " time%s, line%s ", item->count, item->count == 1 ? "" : "s",
		  item->line_count == 1 ? "" : "s");
	for (size_t i = 0; i < item->line_count; i++)
		text_addf(out, "%s%" PRIu64, i ? ", " : "", item->lines[i]);
	if (item->count > item->line_count && item->line_count == CODE_LIST_LINES)
		text_add(out, ", ...");
	text_add(out, "\n");
	while (most < n && !hits[most].text)
		most++;
	if (most < n)
		text_addf(out, "    %s\n", hits[most].text);
	if (most < n && hits[most].note)
		text_addf(out, "    %s\n", hits[most].note);
	if (most < n && hits[most].uncertain)
		text_add(out, "    (uncertain)\n");
	if (item->has_extend || extend)
		explain_add_extend(out, extend ? item->value : item->extend);
}

static struct js *
hit_json(const struct error_hit *h)
{
	static const char *const relations[] = {
		[ERROR_ITSELF] = "itself", [ERROR_INSIDE] = "inside", [ERROR_LOW_HALF] = "low-half"
	};
	struct js *o = js_object();
	char hex[16];

	snprintf(hex, sizeof hex, "0x%08" PRIx32, h->value);
	js_set_text(o, "family", error_family_text(h->family));
	js_set_text(o, "hex", hex);
	js_set_text(o, "relation", relations[h->relation]);
	js_set_text(o, "name", h->name);
	js_set_text(o, "text", h->text);
	js_set_text(o, "note", h->note);
	js_set_text(o, "source", h->source);
	js_set_bool(o, "uncertain", h->uncertain);
	return o;
}

/* `always`: it stands beside a result code, so it is one though nobody knows it. */
static struct js *
extend_json(uint32_t extend, bool always)
{
	const char *phase = NULL, *operation = NULL;
	struct js *o;
	char hex[16];

	if (!error_code_extend(extend, &phase, &operation) && !always)
		return js_null();
	o = js_object();
	snprintf(hex, sizeof hex, "0x%05" PRIx32, extend);
	js_set_text(o, "hex", hex);
	js_set_text(o, "phase", phase);
	js_set_text(o, "operation", operation);
	return o;
}

struct js *
explain_json(uint32_t value, const char *reading, const uint32_t *extend,
	     const struct code_item *item)
{
	struct error_hit hits[ERROR_HITS_MOST];
	size_t n = error_code_lookup(value, hits, ERROR_HITS_MOST);
	struct js *o = js_object(), *meanings = js_array(), *lines;
	struct error_form f;
	char text[32];

	error_code_form(value, &f);
	snprintf(text, sizeof text, "0x%08" PRIx32, value);
	js_set_text(o, "hex", text);
	snprintf(text, sizeof text, "%" PRId64, as_signed(value));
	js_set_text(o, "decimal", text);
	js_set_text(o, "reading", reading);
	js_set_text(o, "kind", f.kind);
	js_set_text(o, "severity", f.severity);
	js_set(o, "facility", f.severity ? js_uint(f.facility) : js_null());
	js_set_text(o, "facility_name", f.facility_name);
	js_set_text(o, "area", f.area);
	js_set_uint(o, "code", f.low);
	for (size_t i = 0; i < n; i++)
		js_append(meanings, hit_json(&hits[i]));
	js_set(o, "meanings", meanings);
	js_set(o, "extend", extend_json(extend ? *extend : value, extend != NULL));
	if (!item)
		return o;
	lines = js_array();
	for (size_t i = 0; i < item->line_count; i++)
		js_append(lines, js_uint(item->lines[i]));
	js_set_uint(o, "count", item->count);
	js_set(o, "lines", lines);
	return o;
}
