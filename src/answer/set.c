/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One setting set; see set.h. */
#include <stdlib.h>
#include <string.h>

#include "answer/hidden.h"
#include "answer/scrub.h"
#include "answer/set-private.h"
#include "answer/set.h"
#include "answer/unattend.h"
#include "answer/xml-value.h"
#include "answer/xml.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "util/utf16.h"

/* ---- what the table says ---- */

static int
check_pass(const struct answer_spec *spec, const struct known_component *c,
	   const struct known_setting *s, struct error *err)
{
	CLEANUP_FREE char *passes = known_passes_text(known_passes(c, s));

	if (known_passes(c, s) & 1u << spec->pass)
		return 0;
	return error_set(err, ERR_USAGE,
			 "%s: Windows takes this setting in %s, not in %s (--unchecked writes it "
			 "all the same)",
			 spec->plain, passes, pass_name(spec->pass));
}

/* The message without a secret's value. */
static int
check_value(const struct answer_spec *spec, const struct known_setting *s, bool secret,
	    struct error *err)
{
	CLEANUP_FREE char *wanted = NULL;

	if (known_check(s, spec->value, err) == 0)
		return 0;
	if (!secret)
		return -1;
	wanted = known_values_text(s);
	error_clear(err);
	return error_set(err, ERR_USAGE, "%s: the value is not what Windows takes: %s", s->path,
			 wanted);
}

/* Whether the part of a setting's path up to there is known, and no list. */
static bool
stands_once(const struct known_component *c, const char *path)
{
	const struct known_setting *s = known_setting(c, path);

	return s ? s->type != KNOWN_LIST : known_part(c, path);
}

/* "CopyProfile[2]" is none. */
static int
check_indices(const struct answer_spec *spec, struct error *err)
{
	CLEANUP_TEXT struct text path = TEXT_INIT;

	for (size_t i = 0; i < spec->count; i++) {
		text_addf(&path, "%s%s", i ? "/" : "", spec->steps[i].name);
		if (spec->steps[i].index &&
		    stands_once(known_component(spec->component), text_str(&path)))
			return error_set(err, ERR_USAGE,
					 "%s: %s can stand but once, and has no number", spec->text,
					 text_str(&path));
	}
	return 0;
}

/* What the table knows must be right; what it does not know must be there already. */
static int
check_spec(const struct answer_spec *spec, bool there, bool secret, struct error *err)
{
	const struct known_component *c = known_component(spec->component);
	const struct known_setting *s = known_setting(c, spec->plain);

	if ((s && s->type == KNOWN_LIST) || known_part(c, spec->plain))
		return error_set(err, ERR_USAGE, "%s holds settings, not a value", spec->plain);
	if (s)
		return check_pass(spec, c, s, err) < 0 ? -1 : check_value(spec, s, secret, err);
	if (there)
		return 0;
	return error_set(err, ERR_USAGE,
			 "the %s '%s' is not known here, and not in the file (--unchecked makes it "
			 "all the same)",
			 c ? "setting" : "component", c ? spec->plain : spec->component);
}

/* ---- where it stands ---- */

enum fit { FIT_NO, FIT_YES, FIT_ANY /* one of several, and the name does not say which */ };

/* One part of a path, "Name" or "Name[2]", beside a step of the name. */
static enum fit
fits_step(const struct answer *a, size_t element, const char *part, size_t len,
	  const struct answer_spec_step *step)
{
	const char *open = memchr(part, '[', len);
	size_t n = open ? (size_t)(open - part) : len;
	CLEANUP_FREE char *number = open ? xstrndup(open + 1, len - n - 2) : xstrdup("1");
	CLEANUP_FREE char *key = NULL;

	if (strlen(step->name) != n || strncmp(step->name, part, n) != 0)
		return FIT_NO;
	if (!step->index)
		return open ? FIT_ANY : FIT_YES;
	if (answer_spec_number(step->index))
		return answer_spec_number(step->index) == answer_spec_number(number) ? FIT_YES :
										       FIT_NO;
	key = xml_attribute_ns(a->xml, element, ANSWER_WCM, "keyValue");
	return key && strcmp(key, step->index) == 0 ? FIT_YES : FIT_NO;
}

static enum fit
fits(const struct answer *a, const struct answer_setting *s, const struct answer_spec *spec)
{
	const struct answer_component *c = &a->components[s->component];
	enum fit all = FIT_YES;
	size_t element = s->element, end = strlen(s->path);

	if (!c->pass_known || c->pass != spec->pass || !name_equal(c->name, spec->component) ||
	    strcmp(s->plain, spec->plain) != 0)
		return FIT_NO;
	/* from the setting up to the component */
	for (size_t i = spec->count; i-- > 0; element = xml_parent(a->xml, element)) {
		size_t start = end;
		enum fit one;

		while (start && s->path[start - 1] != '/')
			start--;
		one = fits_step(a, element, s->path + start, end - start, &spec->steps[i]);
		if (one == FIT_NO)
			return FIT_NO;
		if (one == FIT_ANY)
			all = FIT_ANY;
		end = start ? start - 1 : 0;
	}
	return all;
}

struct places {
	size_t *settings, *elements;
	size_t count;
};

static void
places_clear(struct places *p)
{
	free(p->settings);
	free(p->elements);
}
#define CLEANUP_PLACES __attribute__((cleanup(places_clear)))

static int
refuse_twice(const struct answer_spec *spec, const struct answer_setting *a,
	     const struct answer_setting *b, struct error *err)
{
	return error_set(err, ERR_REFUSED,
			 "%s stands twice, in line %d, column %d and in line %d, column %d; which "
			 "of them Windows takes is not known: mend the file first",
			 spec->text, a->line, a->column, b->line, b->column);
}

/* The member of a list that a setting is part of, or its component: within it the setting can stand but once. */
static size_t
anchor_of(const struct answer *a, const struct answer_setting *s)
{
	const struct answer_component *c = &a->components[s->component];
	CLEANUP_FREE char *path = xstrdup(s->plain);
	size_t element = s->element;

	while (element != c->element && stands_once(c->known, path)) {
		char *slash = strrchr(path, '/');

		element = xml_parent(a->xml, element);
		if (!slash)
			break;
		*slash = '\0';
	}
	return element;
}

/*
 * Looks at all that the name could mean before anything is decided by one of them.  The settings of one anchor follow each other, because elements
 * are in the order of the document.
 */
static int
check_repeated(const struct answer *a, const struct answer_spec *spec, struct error *err)
{
	const struct answer_setting *last = NULL;
	size_t anchor = SIZE_MAX;

	for (size_t i = 0; i < a->setting_count; i++) {
		const struct answer_setting *s = &a->settings[i];
		const struct answer_component *c = &a->components[s->component];
		size_t own;

		if (!c->pass_known || c->pass != spec->pass ||
		    !name_equal(c->name, spec->component) || strcmp(s->plain, spec->plain) != 0)
			continue;
		own = anchor_of(a, s);
		if (last && own == anchor)
			return refuse_twice(spec, last, s, err);
		anchor = own;
		last = s;
	}
	return 0;
}

/* In components of one architecture it can stand but once. */
static int
check_twice(const struct answer *a, const struct answer_spec *spec, const struct places *p,
	    struct error *err)
{
	for (size_t i = 0; i < p->count; i++)
		for (size_t k = i + 1; k < p->count; k++) {
			const struct answer_setting *s = &a->settings[p->settings[i]],
						    *t = &a->settings[p->settings[k]];
			const char *one = a->components[s->component].architecture;

			if (name_equal(one, a->components[t->component].architecture))
				return refuse_twice(spec, s, t, err);
		}
	return 0;
}

/* In all components, or with an architecture only in those that a Windows of it reads. */
static int
find_places(const struct answer *a, const struct answer_spec *spec, const char *only,
	    struct places *ret, struct error *err)
{
	size_t any = 0;

	if (check_repeated(a, spec, err) < 0)
		return -1;
	for (size_t i = 0; i < a->setting_count; i++) {
		enum fit fit = answer_is_read(&a->components[a->settings[i].component], only) ?
				       fits(a, &a->settings[i], spec) :
				       FIT_NO;

		any += fit == FIT_ANY;
		if (fit != FIT_YES)
			continue;
		/* only an absurd file has so many, and comparing each pair would take its time */
		if (ret->count == 64)
			return error_set(err, ERR_REFUSED, "%s stands more than 64 times",
					 spec->text);
		ret->settings = xrealloc(ret->settings, ret->count + 1, sizeof *ret->settings);
		ret->elements = xrealloc(ret->elements, ret->count + 1, sizeof *ret->elements);
		ret->settings[ret->count] = i;
		ret->elements[ret->count++] = a->settings[i].element;
	}
	if (!ret->count && any)
		return error_set(err, ERR_USAGE,
				 "%s: one of its elements stands several times; say which, as in "
				 "RunSynchronousCommand[2]/Path",
				 spec->text);
	return check_twice(a, spec, ret, err);
}

/* ---- setting ---- */

void
answer_set_result_clear(struct answer_set_result *r)
{
	free(r->before);
	free(r->first);
	free(r->made_for);
	*r = (struct answer_set_result){ 0 };
}

static bool
all_hold(const struct answer *a, const struct places *p, const char *value)
{
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(a->settings[p->settings[i]].value, value) != 0)
			return false;
	return true;
}

/* Whether the pass is marked in the component that holds it, or in all of that pass. */
static bool
is_processed(const struct answer *a, const struct answer_spec *spec, const struct places *p)
{
	bool any = false;

	for (size_t i = 0; i < p->count; i++)
		if (!a->components[a->settings[p->settings[i]].component].processed)
			return false;
	for (size_t i = 0; i < a->component_count; i++) {
		const struct answer_component *c = &a->components[i];

		if (!c->pass_known || c->pass != spec->pass)
			continue;
		if (!p->count && !c->processed)
			return false;
		any = true;
	}
	return any;
}

/* Whether PlainText is false beside element `value`; or with SIZE_MAX where it would be made. */
static bool
is_hidden(const struct answer *a, const struct answer_spec *plain, const char *architecture,
	  size_t value)
{
	for (size_t i = 0; i < a->setting_count; i++) {
		const struct answer_setting *s = &a->settings[i];

		if (fits(a, s, plain) == FIT_YES && unattend_bool(s->value) == 0 &&
		    (value == SIZE_MAX ?
			     answer_is_read(&a->components[s->component], architecture) :
			     xml_parent(a->xml, s->element) == xml_parent(a->xml, value)))
			return true;
	}
	return false;
}

static bool
is_password_value(const struct answer_spec *spec)
{
	return spec->count > 1 && answer_is_password(spec->plain) &&
	       strcmp(spec->steps[spec->count - 1].name, "Value") == 0;
}

/* "PASS/…/PlainText=" beside that value; the caller's. */
static char *
plain_text_of(const struct answer_spec *spec, const char *value)
{
	return xasprintf("%.*s/PlainText=%s", (int)(strrchr(spec->text, '/') - spec->text),
			 spec->text, value);
}

/* A password as it is to stand in the file: *ret is encoded where PlainText is false, unless it is so already, and else NULL. */
static int
hide(const struct answer *a, const struct answer_spec *spec, const char *architecture,
     const struct places *p, char **ret, struct error *err)
{
	CLEANUP_ANSWER_SPEC struct answer_spec plain = { 0 };
	CLEANUP_FREE char *text = NULL;
	const char *element;
	size_t hidden = 0;

	*ret = NULL;
	if (!is_password_value(spec))
		return 0;
	element = spec->steps[spec->count - 2].name;
	text = plain_text_of(spec, "");
	if (answer_spec_parse(text, &plain, err) < 0)
		return -1;
	for (size_t i = 0; i < p->count; i++)
		hidden += is_hidden(a, &plain, architecture, p->elements[i]);
	if (p->count && hidden && hidden < p->count)
		return error_set(err, ERR_REFUSED,
				 "%s: PlainText is false in one component, and not in another",
				 spec->text);
	if (p->count ? hidden > 0 : is_hidden(a, &plain, architecture, SIZE_MAX))
		*ret = hidden_is(spec->value, element) ? xstrdup(spec->value) :
							 hidden_encode(spec->value, element);
	return 0;
}

static uint8_t *set_in(const void *p, size_t n, const struct answer_spec *spec,
		       const struct answer_set_options *o, const char *only, bool first_made,
		       struct answer_set_result *result, size_t *ret_len, struct error *err);

/*
 * What has to be made with a password that is not there: that it is plain.  What Windows takes it for without is not documented.  NULL when
 * the file says so already, or the setting is none that is known; the caller's.
 */
static char *
plain_text_of_new(const struct answer *a, const struct answer_spec *spec, const char *architecture)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	CLEANUP_ANSWER_SPEC struct answer_spec plain = { 0 };
	CLEANUP_FREE char *text = is_password_value(spec) ? plain_text_of(spec, "true") : NULL;

	if (!text || answer_spec_parse(text, &plain, &ignored) < 0 ||
	    !known_setting(known_component(plain.component), plain.plain))
		return NULL;
	for (size_t i = 0; i < a->setting_count; i++)
		if (answer_is_read(&a->components[a->settings[i].component], architecture) &&
		    fits(a, &a->settings[i], &plain) != FIT_NO)
			return NULL;
	return steal(&text);
}

/* What has to be made before it, when it is not there: a member's order, a password's PlainText.  NULL; the caller's. */
static char *
first_of_new(const struct answer *a, const struct answer_spec *spec, const char *architecture)
{
	char *first = answer_order_of_new(a, spec, architecture);

	return first ? first : plain_text_of_new(a, spec, architecture);
}

/* Another setting, without which Windows does not take it, and then the setting beside it. */
static uint8_t *
set_with_first(const void *p, size_t n, const struct answer_spec *spec,
	       const struct answer_set_options *o, const char *only, const char *first,
	       struct answer_set_result *result, size_t *ret_len, struct error *err)
{
	CLEANUP_ANSWER_SPEC struct answer_spec its = { 0 };
	CLEANUP_ANSWER_SET_RESULT struct answer_set_result done = { 0 };
	CLEANUP_FREE uint8_t *between = NULL;
	uint8_t *bytes;
	size_t len;

	if (answer_spec_parse(first, &its, err) < 0)
		return NULL;
	between = set_in(p, n, &its, o, only, false, &done, &len, err);
	bytes = between ? set_in(between, len, spec, o, only, true, result, ret_len, err) : NULL;
	if (bytes)
		result->first = xstrdup(first);
	return bytes;
}

/* The places found, or none and then it is made; proven. */
static uint8_t *
set_places(const struct answer *a, const struct answer_spec *spec, const char *architecture,
	   const struct places *places, struct answer_set_result *result, size_t *ret_len,
	   struct error *err)
{
	struct answer_made made = { .first = SIZE_MAX };
	CLEANUP_FREE uint8_t *bytes =
		places->count ? xml_replace(a->xml, places->elements, places->count, spec->value,
					    ret_len, err) :
				answer_make(a, spec, architecture, &made, ret_len, err);
	const struct xml_edit edit = { places->elements, places->count, made.first, made.count,
				       spec->value };

	if (bytes && xml_prove(a->xml, &edit, bytes, *ret_len, err) == 0)
		return steal(&bytes);
	answer_set_result_clear(result);
	return NULL;
}

/* In all components that have it, or with `only` in those of that architecture, and made in one when there is none. */
static uint8_t *
set_in(const void *p, size_t n, const struct answer_spec *spec, const struct answer_set_options *o,
       const char *only, bool first_made, struct answer_set_result *result, size_t *ret_len,
       struct error *err)
{
	CLEANUP_ANSWER struct answer a = { 0 };
	CLEANUP_PLACES struct places places = { 0 };
	CLEANUP_FREE char *hidden = NULL;
	struct answer_spec written = *spec;

	*result = (struct answer_set_result){ .secret = answer_is_secret(spec->plain) ||
							answer_command_has_password(spec->value) };
	if (answer_open(p, n, &a, err) < 0 || find_places(&a, spec, only, &places, err) < 0 ||
	    /* where it is made beside another architecture's, it was in the file */
	    (!o->unchecked && check_spec(spec, places.count > 0 || only, result->secret, err) < 0))
		return NULL;
	if (!places.count && !first_made) {
		CLEANUP_FREE char *before = first_of_new(&a, spec, o->architecture);

		if (before)
			return set_with_first(p, n, spec, o, only, before, result, ret_len, err);
	}
	if (hide(&a, spec, o->architecture, &places, &hidden, err) < 0)
		return NULL;
	written.value = hidden ? hidden : spec->value;
	result->processed = is_processed(&a, spec, &places);
	result->made = places.count == 0;
	result->changed = result->made || !all_hold(&a, &places, written.value);
	if (!result->made)
		result->before = xstrdup(a.settings[places.settings[0]].value);
	for (size_t i = 0; i < places.count; i++) {
		const struct answer_setting *s = &a.settings[places.settings[i]];

		result->secret |= s->secret;
		result->read |= answer_is_read(&a.components[s->component], o->architecture);
	}
	if (!result->changed) {
		*ret_len = n;
		return xmemdup(p, n);
	}
	return set_places(&a, &written, o->architecture, &places, result, ret_len, err);
}

uint8_t *
answer_set(const void *p, size_t n, const struct answer_spec *spec,
	   const struct answer_set_options *o, struct answer_set_result *result, size_t *ret_len,
	   struct error *err)
{
	CLEANUP_ANSWER_SET_RESULT struct answer_set_result beside = { 0 };
	CLEANUP_FREE uint8_t *first = NULL;
	uint8_t *both;
	size_t len;

	*result = (struct answer_set_result){ 0 };
	if (xml_check_value(spec->value, err) < 0 || check_indices(spec, err) < 0)
		return NULL;
	first = set_in(p, n, spec, o, NULL, false, result, &len, err);
	*ret_len = len;
	if (!first || result->made || result->read || o->unchecked)
		return steal(&first);
	/* it stands in components only that this Windows passes over */
	both = set_in(first, len, spec, o, o->architecture, false, &beside, ret_len, err);
	if (!both) {
		error_prefix(
			err,
			"it stands for another architecture, and has to be made for %s (--unchecked "
			"sets it only where it stands)",
			o->architecture);
		answer_set_result_clear(result);
		return NULL;
	}
	result->replaced = result->changed;
	result->changed = true;
	result->made_for = xstrdup(o->architecture);
	result->first = steal(&beside.first);
	result->secret |= beside.secret;
	return both;
}
