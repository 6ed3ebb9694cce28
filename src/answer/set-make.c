/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A setting that is not there yet: the nearest element around it that exists, what has to be made in it (pass, component, parents, member
 * of a list), and the edited file, in which xml-append.c gives the new elements the style of those beside them.
 */
#include <stdlib.h>
#include <string.h>

#include "answer/set-private.h"
#include "answer/xml.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "util/utf16.h"

#define XSI "http://www.w3.org/2001/XMLSchema-instance"

/* The elements to be made, and their attributes, which are owned. */
struct plan {
	struct xml_step *steps;
	size_t count;
};

static void
plan_clear(struct plan *p)
{
	for (size_t i = 0; i < p->count; i++)
		free((char *)(uintptr_t)p->steps[i].attributes);
	free(p->steps);
}
#define CLEANUP_PLAN __attribute__((cleanup(plan_clear)))

static void
add_step(struct plan *p, const char *name, char *attributes)
{
	ARRAY_GROW(p->steps, p->count);
	p->steps[p->count++] = (struct xml_step){ name, attributes };
}

/* The number of the element behind all that `element` holds. */
static size_t
behind(const struct xml *x, size_t element)
{
	size_t i = element + 1;

	/* elements are in the order of their start tags, so those within it follow it */
	while (i < xml_count(x) && xml_parent(x, i) != SIZE_MAX && xml_parent(x, i) >= element)
		i++;
	return i;
}

static uint8_t *
append(const struct answer *a, size_t parent, const struct plan *plan, const char *value,
       struct answer_made *made, size_t *ret_len, struct error *err)
{
	*made = (struct answer_made){ behind(a->xml, parent), plan->count };
	return xml_append(a->xml, parent, plan->steps, plan->count, value, ret_len, err);
}

/* ---- within a component ---- */

/* The `nth` child (from 1) of that name, or with a key the one that has it; SIZE_MAX when there is none. */
static size_t
find_child(const struct xml *x, size_t parent, const struct answer_spec_step *step, size_t *count)
{
	size_t nth = step->index ? answer_spec_number(step->index) : 1;

	*count = 0;
	for (size_t i = parent + 1; i < xml_count(x); i++) {
		CLEANUP_FREE char *key = NULL;

		if (xml_parent(x, i) != parent || !answer_is(x, i, step->name))
			continue;
		++*count;
		if (nth ? *count == nth :
			  (key = xml_attribute_ns(x, i, ANSWER_WCM, "keyValue")) != NULL &&
				    strcmp(key, step->index) == 0)
			return i;
	}
	return SIZE_MAX;
}

/* Members of lists say that they are to be added. */
static char *
list_attributes(const struct answer *a, size_t parent, const struct answer_spec_step *step)
{
	const char *prefix = parent == SIZE_MAX ? "wcm" : xml_prefix_of(a->xml, parent, ANSWER_WCM);
	CLEANUP_TEXT struct text out = TEXT_INIT;

	if (!prefix) {
		text_add(&out, " xmlns:wcm=\"" ANSWER_WCM "\"");
		prefix = "wcm";
	}
	text_addf(&out, " %s:action=\"add\"", prefix);
	if (step->index && !answer_spec_number(step->index))
		text_addf(&out, " %s:keyValue=\"%s\"", prefix, step->index);
	return text_steal(&out);
}

static bool
is_list(const struct answer_spec *spec, size_t step)
{
	const struct known_component *c = known_component(spec->component);
	CLEANUP_TEXT struct text path = TEXT_INIT;
	const struct known_setting *known;

	for (size_t i = 0; i <= step; i++)
		text_addf(&path, "%s%s", i ? "/" : "", spec->steps[i].name);
	known = known_setting(c, text_str(&path));
	return spec->steps[step].index || (known && known->type == KNOWN_LIST);
}

/* The steps from `first` on; `parent` is what they are made in, or SIZE_MAX when that is made too, and declares the prefix. */
static void
plan_steps(const struct answer *a, const struct answer_spec *spec, size_t parent, size_t first,
	   struct plan *plan)
{
	for (size_t i = first; i < spec->count; i++)
		add_step(plan, spec->steps[i].name,
			 is_list(spec, i) ? list_attributes(a, parent, &spec->steps[i]) :
					    xstrdup(""));
}

static uint8_t *
make_in_component(const struct answer *a, const struct answer_spec *spec, size_t component,
		  struct answer_made *made, size_t *ret_len, struct error *err)
{
	CLEANUP_PLAN struct plan plan = { 0 };
	size_t parent = component, i, count;

	for (i = 0; i < spec->count; i++) {
		const struct answer_spec_step *step = &spec->steps[i];
		size_t child = find_child(a->xml, parent, step, &count);

		if (child == SIZE_MAX) {
			size_t nth = answer_spec_number(step->index);

			if (step->index && nth > count + 1) {
				error_set(
					err, ERR_USAGE,
					"%s: there are %zu of '%s', so that the next one is [%zu]",
					spec->text, count, step->name, count + 1);
				return NULL;
			}
			break;
		}
		parent = child;
	}
	if (i == spec->count) {
		error_set(err, ERR_USAGE, "%s holds settings, not a value", spec->text);
		return NULL;
	}
	plan_steps(a, spec, parent, i, &plan);
	return append(a, parent, &plan, spec->value, made, ret_len, err);
}

/* ---- the component itself ---- */

/* `attributes` with another value of one of them; NULL when they have none that is plain. */
static char *
change_attribute(const char *attributes, const char *name, const char *to)
{
	size_t n = strlen(name);
	int quote = 0;

	for (const char *p = attributes; *p; p++) {
		const char *value, *end;

		if (quote) {
			quote = *p == quote ? 0 : quote;
			continue;
		}
		if (*p == '"' || *p == '\'') {
			quote = *p;
			continue;
		}
		if (strncmp(p, name, n) != 0 || p == attributes || !strchr(" \t\r\n", p[-1]))
			continue;
		value = p + n;
		value += strspn(value, " \t\r\n=");
		if (*value != '"' && *value != '\'')
			return NULL;
		end = strchr(value + 1, *value);
		if (!end)
			return NULL;
		return xasprintf("%.*s%s%s", (int)(value + 1 - attributes), attributes, to, end);
	}
	return NULL;
}

/* As another component of the file is written, but of this architecture when it is known. */
static char *
model_attributes(const struct answer *a, const char *name, const char *architecture)
{
	const struct answer_component *model = NULL;
	CLEANUP_FREE char *attributes = NULL;
	CLEANUP_FREE char *named = NULL;

	for (size_t i = 0; i < a->component_count; i++) {
		const struct answer_component *c = &a->components[i];

		if (*c->architecture &&
		    (!model || (architecture && !name_equal(model->architecture, architecture) &&
				name_equal(c->architecture, architecture))))
			model = c;
	}
	attributes = model ? xml_attributes_text(a->xml, model->element) : NULL;
	named = attributes ? change_attribute(attributes, "name", name) : NULL;
	if (!named || answer_is_read(model, architecture))
		return steal(&named);
	return change_attribute(named, "processorArchitecture", architecture);
}

/* Microsoft: "Unattended Windows Setup Reference", component. */
static char *
component_attributes(const struct answer *a, const struct answer_spec *spec,
		     const char *architecture, struct error *err)
{
	char *attributes = model_attributes(a, spec->component, architecture);

	if (attributes)
		return attributes;
	if (!architecture) {
		error_set(err, ERR_REFUSED,
			  "the component has to be made, and for which architecture is not known: "
			  "neither the file nor the installation tells");
		return NULL;
	}
	return xasprintf(" name=\"%s\" processorArchitecture=\"%s\" "
			 "publicKeyToken=\"31bf3856ad364e35\" language=\"neutral\" "
			 "versionScope=\"nonSxS\" xmlns:wcm=\"" ANSWER_WCM "\" xmlns:xsi=\"" XSI
			 "\"",
			 spec->component, architecture);
}

/* The last <settings> of the pass that is not processed, else the last of any kind; SIZE_MAX without. */
static size_t
find_settings(const struct answer *a, bool any, enum pass pass)
{
	size_t found = SIZE_MAX;

	for (size_t i = 1; i < xml_count(a->xml); i++) {
		CLEANUP_FREE char *name = NULL;
		CLEANUP_FREE char *processed = NULL;
		enum pass its;

		if (xml_parent(a->xml, i) != 0 || !answer_is(a->xml, i, "settings"))
			continue;
		name = xml_attribute(a->xml, i, "pass");
		processed = xml_attribute(a->xml, i, "wasPassProcessed");
		if (any || (name && pass_parse(name, &its) && its == pass &&
			    (found == SIZE_MAX || !processed)))
			found = i;
	}
	return found;
}

static uint8_t *
make_component(const struct answer *a, const struct answer_spec *spec, const char *architecture,
	       struct answer_made *made, size_t *ret_len, struct error *err)
{
	CLEANUP_PLAN struct plan plan = { 0 };
	size_t settings = find_settings(a, false, spec->pass), beside;
	char *attributes = component_attributes(a, spec, architecture, err);

	if (!attributes)
		return NULL;
	if (settings == SIZE_MAX)
		add_step(&plan, "settings", xasprintf(" pass=\"%s\"", pass_name(spec->pass)));
	add_step(&plan, "component", attributes);
	plan_steps(a, spec, strstr(attributes, "xmlns:wcm=") ? SIZE_MAX : 0, 0, &plan);
	if (settings != SIZE_MAX)
		return append(a, settings, &plan, spec->value, made, ret_len, err);
	/* behind the other passes, before what else the file may end with */
	beside = find_settings(a, true, spec->pass);
	if (beside == SIZE_MAX)
		return append(a, 0, &plan, spec->value, made, ret_len, err);
	*made = (struct answer_made){ behind(a->xml, beside), plan.count };
	return xml_insert_after(a->xml, beside, plan.steps, plan.count, spec->value, ret_len, err);
}

/* The component to make it in: of the installation's architecture, one that Windows still reads if there is one; NULL. */
static const struct answer_component *
best_component(const struct answer *a, const struct answer_spec *spec, const char *architecture)
{
	const struct answer_component *best = NULL;

	for (size_t i = 0; i < a->component_count; i++) {
		const struct answer_component *c = &a->components[i];

		if (!c->pass_known || c->pass != spec->pass ||
		    !name_equal(c->name, spec->component) || !answer_is_read(c, architecture))
			continue;
		if (!best || (best->processed && !c->processed) ||
		    (best->processed == c->processed && architecture &&
		     !name_equal(best->architecture, architecture) &&
		     name_equal(c->architecture, architecture)))
			best = c;
	}
	return best;
}

/* ---- orders ---- */

/* Whether members of that list are known to have an <Order>. */
static bool
has_order(const struct answer_spec *spec, size_t step)
{
	CLEANUP_TEXT struct text path = TEXT_INIT;

	for (size_t i = 0; i <= step; i++)
		text_addf(&path, "%s/", spec->steps[i].name);
	text_add(&path, "Order");
	return known_setting(known_component(spec->component), text_str(&path));
}

/* The next order among the members of a list in `parent`. */
static unsigned long
next_order(const struct answer *a, size_t parent, const char *name)
{
	const struct xml *x = a->xml;
	unsigned long highest = 0;

	for (size_t i = parent + 1; i < behind(x, parent); i++) {
		CLEANUP_ERROR struct error ignored = ERROR_INIT;
		struct xml_place place = { 0 };
		size_t member = xml_parent(x, i);

		if (answer_is(x, i, "Order") && xml_parent(x, member) == parent &&
		    answer_is(x, member, name) && xml_place_of(x, i, &place, &ignored) == 0) {
			unsigned long n = strtoul(place.text, NULL, 10);

			highest = n > highest && n < 1000000 ? n : highest;
		}
		xml_place_clear(&place);
	}
	return highest + 1;
}

static char *
order_spec(const struct answer_spec *spec, size_t step, unsigned long order)
{
	struct text out = TEXT_INIT;

	text_addf(&out, "%s/%s", pass_name(spec->pass), spec->component);
	for (size_t i = 0; i <= step; i++) {
		text_addf(&out, "/%s", spec->steps[i].name);
		if (spec->steps[i].index)
			text_addf(&out, "[%s]", spec->steps[i].index);
	}
	text_addf(&out, "/Order=%lu", order);
	return text_steal(&out);
}

char *
answer_order_of_new(const struct answer *a, const struct answer_spec *spec,
		    const char *architecture)
{
	const struct answer_component *best = best_component(a, spec, architecture);
	size_t parent = best ? best->element : SIZE_MAX;

	for (size_t i = 0; i + 1 < spec->count; i++) {
		size_t count = 0;
		size_t child = parent == SIZE_MAX ?
				       SIZE_MAX :
				       find_child(a->xml, parent, &spec->steps[i], &count);

		if (child == SIZE_MAX && has_order(spec, i))
			return i + 2 == spec->count &&
					       strcmp(spec->steps[i + 1].name, "Order") == 0 ?
				       NULL :
				       order_spec(spec, i,
						  parent == SIZE_MAX ?
							  1 :
							  next_order(a, parent,
								     spec->steps[i].name));
		parent = child;
	}
	return NULL;
}

uint8_t *
answer_make(const struct answer *a, const struct answer_spec *spec, const char *architecture,
	    struct answer_made *made, size_t *ret_len, struct error *err)
{
	const struct answer_component *best = best_component(a, spec, architecture);

	if (!xml_count(a->xml) || !answer_is(a->xml, 0, "unattend")) {
		error_set(err, ERR_CORRUPT, "it is no answer file: its root is not <unattend>");
		return NULL;
	}
	if (best)
		return make_in_component(a, spec, best->element, made, ret_len, err);
	return make_component(a, spec, architecture, made, ret_len, err);
}
