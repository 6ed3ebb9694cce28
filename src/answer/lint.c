/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lint from the file as a whole down to its components: that it is well-formed, its namespaces, passes and component attributes, what stands
 * twice.  lint-values.c and lint-lists.c go on with what is in a component.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "answer/encoded.h"
#include "answer/lint-private.h"
#include "answer/unattend.h"
#include "answer/unseen.h"
#include "answer/xml.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"

#define PROBLEM_LIMIT 1000
#define CPI	      "urn:schemas-microsoft-com:cpi"

static struct lint_problem *
add(struct lint_problems *out)
{
	if (out->count == PROBLEM_LIMIT) {
		out->more++;
		return NULL;
	}
	ARRAY_GROW(out->list, out->count);
	return &out->list[out->count++];
}

static void __attribute__((format(printf, 7, 0)))
add_text(struct lint_problems *out, enum lint_severity severity, const char *code, int line,
	 int column, char *name, const char *fmt, va_list ap)
{
	struct lint_problem *p = add(out);

	if (!p) {
		free(name);
		return;
	}
	*p = (struct lint_problem){ .severity = severity,
				    .code = code,
				    .line = line,
				    .column = column,
				    .name = name,
				    .text = xvasprintf(fmt, ap) };
}

void
lint_at(struct lint *l, size_t element, enum lint_severity s, const char *code, const char *fmt,
	...)
{
	int line, column;
	va_list ap;

	xml_where(l->answer->xml, xml_offset(l->answer->xml, element), &line, &column);
	va_start(ap, fmt);
	add_text(l->out, s, code, line, column, NULL, fmt, ap);
	va_end(ap);
}

void
lint_setting(struct lint *l, const struct answer_setting *s, enum lint_severity severity,
	     const char *code, const char *fmt, ...)
{
	va_list ap;

	if (l->answer->components[s->component].processed)
		severity = LINT_NOTE;
	va_start(ap, fmt);
	add_text(l->out, severity, code, s->line, s->column, answer_name(l->answer, s), fmt, ap);
	va_end(ap);
}

void
lint_problems_clear(struct lint_problems *l)
{
	for (size_t i = 0; i < l->count; i++) {
		free(l->list[i].name);
		free(l->list[i].text);
	}
	free(l->list);
	*l = (struct lint_problems){ 0 };
}

/* ---- the root and the passes ---- */

static void
lint_root(struct lint *l)
{
	const struct xml *x = l->answer->xml;

	if (strcmp(xml_name(x, 0), "unattend") != 0)
		lint_at(l, 0, LINT_ERROR, "root",
			"the root is <%.80s>, not <unattend>: Windows finds nothing in it",
			xml_name(x, 0));
	else if (strcmp(xml_namespace(x, 0), ANSWER_NAMESPACE) != 0)
		lint_at(l, 0, LINT_ERROR, "namespace",
			"the root is not in the namespace " ANSWER_NAMESPACE
			": Windows finds nothing in it");
	if (xml_complaint(x))
		lint_at(l, 0, LINT_ERROR, "namespace", "%s; Windows refuses the file",
			xml_complaint(x));
}

static void
lint_pass(struct lint *l, size_t i, unsigned *seen)
{
	const struct xml *x = l->answer->xml;
	CLEANUP_FREE char *name = xml_attribute(x, i, "pass");
	CLEANUP_FREE char *processed = xml_attribute(x, i, "wasPassProcessed");
	enum pass p;

	if (!name) {
		lint_at(l, i, LINT_ERROR, "pass", "<settings> without a pass");
		return;
	}
	if (!pass_parse(name, &p)) {
		CLEANUP_FREE char *all = known_passes_text((1u << PASS_COUNT) - 1);

		lint_at(l, i, LINT_ERROR, "pass", "there is no pass '%.80s' (%s)", name, all);
		return;
	}
	if (*seen & 1u << p)
		lint_at(l, i, LINT_WARNING, "twice", "a second <settings> of the pass %s",
			pass_name(p));
	*seen |= 1u << p;
	if (processed && unattend_bool(processed) == 1)
		lint_at(l, i, l->context->template ? LINT_WARNING : LINT_NOTE, "processed",
			l->context->template ?
				"the pass %s is marked as processed: Windows would pass it over at the "
				"next Sysprep" :
				"the pass %s is marked as processed: Windows does not read it again",
			pass_name(p));
}

static void
lint_frame(struct lint *l)
{
	const struct xml *x = l->answer->xml;
	unsigned seen = 0;

	for (size_t i = 1; i < xml_count(x); i++) {
		size_t parent = xml_parent(x, i);

		if (parent == 0 && answer_is(x, i, "settings"))
			lint_pass(l, i, &seen);
		else if (parent == 0 && !answer_is(x, i, "servicing") &&
			 strcmp(xml_namespace(x, i), CPI) != 0)
			lint_at(l, i, LINT_NOTE, "unknown", "<%.80s> is not known here",
				xml_name(x, i));
		else if (parent != 0 && xml_parent(x, parent) == 0 &&
			 answer_is(x, parent, "settings") && !answer_is(x, i, "component"))
			lint_at(l, i, LINT_WARNING, "unknown",
				"<%.80s> is no <component>: Windows passes it over",
				xml_name(x, i));
	}
}

/* ---- components ---- */

static bool
same_component(const struct answer_component *a, const struct answer_component *b)
{
	return a->pass_known && b->pass_known && a->pass == b->pass && name_equal(a->name, b->name);
}

/* Whether the same component of this pass is there for the installation's architecture, too. */
static bool
has_twin(struct lint *l, const struct answer_component *c)
{
	/* each question is a problem: where there are too many, none is asked */
	for (size_t i = 0; i < l->answer->component_count && !l->out->more; i++) {
		const struct answer_component *other = &l->answer->components[i];

		if (same_component(c, other) &&
		    name_equal(other->architecture, l->context->architecture))
			return true;
	}
	return false;
}

static void
lint_architecture(struct lint *l, const struct answer_component *c)
{
	static const char *const names[] = { "x86",  "amd64", "arm",	"arm64",
					     "ia64", "wow64", "neutral" };
	const char *installed = l->context->architecture;
	bool known = false;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		known |= name_equal(c->architecture, names[i]);
	if (!known)
		lint_at(l, c->element, LINT_ERROR, "architecture",
			"the component %s names no architecture ('%.40s')", c->name,
			c->architecture);
	else if (!answer_is_read(c, installed))
		lint_at(l, c->element, c->processed || has_twin(l, c) ? LINT_NOTE : LINT_WARNING,
			"architecture",
			"the component %s is for %s, and this Windows is %s: it is passed over",
			c->name, c->architecture, installed);
}

static void
lint_identity(struct lint *l, const struct answer_component *c)
{
	static const char *const wanted[] = { "publicKeyToken", "language", "versionScope" };

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		CLEANUP_FREE char *value = xml_attribute(l->answer->xml, c->element, wanted[i]);

		if (!value)
			lint_at(l, c->element, c->processed ? LINT_NOTE : LINT_WARNING, "identity",
				"the component %s has no %s, by which Windows knows it", c->name,
				wanted[i]);
	}
}

static void
lint_component(struct lint *l, size_t n)
{
	const struct answer_component *c = &l->answer->components[n];

	if (!*c->name) {
		lint_at(l, c->element, LINT_ERROR, "identity", "a component without a name");
		return;
	}
	lint_architecture(l, c);
	lint_identity(l, c);
	if (!c->known)
		lint_at(l, c->element, LINT_NOTE, "unknown",
			"the component '%.80s' is not known here", c->name);
	else if (c->pass_known && !(c->known->passes & 1u << c->pass)) {
		CLEANUP_FREE char *passes = known_passes_text(c->known->passes);

		lint_at(l, c->element, c->processed ? LINT_NOTE : LINT_WARNING, "pass",
			"the component %s has settings for %s, not for %s", c->name, passes,
			pass_name(c->pass));
	}
	/* an absurd number of components is told by the first ones */
	for (size_t i = 0; i < n && n < PROBLEM_LIMIT; i++)
		if (same_component(c, &l->answer->components[i]) &&
		    name_equal(c->architecture, l->answer->components[i].architecture)) {
			lint_at(l, c->element, c->processed ? LINT_NOTE : LINT_ERROR, "twice",
				"a second component %s of this pass and architecture", c->name);
			break;
		}
}

/* Elements of another namespace are none of Windows' settings. */
static void
lint_namespaces(struct lint *l)
{
	const struct xml *x = l->answer->xml;

	for (size_t i = 0; i < l->answer->setting_count; i++) {
		const struct answer_setting *s = &l->answer->settings[i];

		if (strcmp(xml_namespace(x, s->element), ANSWER_NAMESPACE) != 0)
			lint_setting(l, s, LINT_WARNING, "namespace",
				     "it is in another namespace, so that Windows passes it over");
	}
}

/* ---- passwords where Windows does not look ---- */

static void __attribute__((format(printf, 6, 7)))
lint_place(struct lint *l, enum lint_severity s, const char *code, int line, int column,
	   const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_text(l->out, s, code, line, column, NULL, fmt, ap);
	va_end(ap);
}

static void
lint_unseen(struct lint *l)
{
	CLEANUP_ANSWER_UNSEEN struct answer_unseen all = { 0 };

	answer_unseen_find(l->answer, &all);
	for (size_t i = 0; i < all.count; i++)
		lint_place(
			l, LINT_WARNING, "clear-password", all.list[i].line, all.list[i].column,
			"%s holds a password in clear text: Windows does not see it, and everybody who reads the file does",
			all.list[i].what);
}

/* ---- the whole ---- */

static void
lint_unreadable(struct lint_problems *out, const struct error *err)
{
	struct lint_problem *p = add(out);
	int line, column;
	const char *rest = encoded_place_of(err->message, &line, &column);

	*p = (struct lint_problem){ .severity = LINT_ERROR,
				    .code = err->code == ERR_UNSUPPORTED ? "doctype" :
					    err->code == ERR_LIMIT	 ? "limit" :
									   "not-well-formed",
				    .line = line,
				    .column = column,
				    .text = xstrdup(rest) };
}

void
lint_file(const void *p, size_t n, const struct lint_context *c, struct lint_problems *ret)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_ANSWER struct answer a = { 0 };
	struct lint l = { c, &a, ret };

	*ret = (struct lint_problems){ 0 };
	if (answer_open(p, n, &a, &err) < 0) {
		lint_unreadable(ret, &err);
		return;
	}
	lint_root(&l);
	lint_frame(&l);
	for (size_t i = 0; i < a.component_count; i++)
		lint_component(&l, i);
	lint_namespaces(&l);
	lint_values(&l);
	lint_commands(&l);
	lint_lists(&l);
	lint_unseen(&l);
}
