/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of settings, read. */
#include <stdlib.h>
#include <string.h>

#include "answer/spec.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "util/utf16.h"

#define STEP_LIMIT 16

/* Of XML names those that settings have. */
static bool
is_name(const char *s)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
	static const char more[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789.-";

	return *s && strchr(letters, *s) && strspn(s, more) == strlen(s);
}

/* What may stand in an attribute without being escaped. */
static bool
is_key(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || strchr("\"<>&[]", *s))
			return false;
	return true;
}

size_t
answer_spec_number(const char *index)
{
	size_t n = 0;

	if (!index || !*index || strlen(index) > 6)
		return 0;
	for (; *index; index++) {
		if (*index < '0' || *index > '9')
			return 0;
		n = n * 10 + (size_t)(*index - '0');
	}
	return n;
}

/* The full name of a component that is known by its end, or a copy. */
static char *
full_component(const char *name)
{
	const struct known_component *c, *found = NULL;
	CLEANUP_FREE char *end = xasprintf("-%s", name);

	if (known_component(name))
		return xstrdup(known_component(name)->name);
	for (size_t i = 0; (c = known_at(i)) != NULL; i++) {
		if (!name_ends_with(c->name, end))
			continue;
		if (found)
			return xstrdup(name);
		found = c;
	}
	return xstrdup(found ? found->name : name);
}

static int
add_step(struct answer_spec *s, const char *text, size_t n, struct error *err)
{
	CLEANUP_FREE char *word = xstrndup(text, n);
	struct answer_spec_step step = { 0 };
	char *open = strchr(word, '[');

	if (open) {
		if (n < 3 || word[n - 1] != ']')
			return error_set(err, ERR_USAGE, "'%s': an index ends with ]", word);
		word[n - 1] = '\0';
		*open = '\0';
		step.index = xstrdup(open + 1);
	}
	step.name = xstrdup(word);
	ARRAY_GROW(s->steps, s->count);
	s->steps[s->count++] = step;
	if (!is_name(step.name))
		return error_set(err, ERR_USAGE, "'%s' is no name of a setting", step.name);
	if (step.index && (!*step.index || !is_key(step.index)))
		return error_set(err, ERR_USAGE, "'[%s]' is neither a number nor a key",
				 step.index);
	if (s->count > STEP_LIMIT)
		return error_set(err, ERR_USAGE, "the setting is deeper than any");
	return 0;
}

static int
parse(struct answer_spec *s, struct error *err)
{
	CLEANUP_TEXT struct text plain = TEXT_INIT;
	const char *p = s->text, *rest = strchr(p, '/');
	CLEANUP_FREE char *pass = rest ? xstrndup(p, (size_t)(rest - p)) : NULL;
	CLEANUP_FREE char *component = NULL;
	size_t n;

	if (!rest || !strchr(rest + 1, '/'))
		return error_set(err, ERR_USAGE,
				 "'%s' is no setting; write PASS/COMPONENT/SETTING=VALUE, as in "
				 "specialize/Microsoft-Windows-Shell-Setup/CopyProfile=false",
				 s->text);
	if (!pass_parse(pass, &s->pass)) {
		CLEANUP_FREE char *all = known_passes_text((1u << PASS_COUNT) - 1);

		return error_set(err, ERR_USAGE, "there is no pass '%s' (%s)", pass, all);
	}
	p = rest + 1;
	n = strcspn(p, "/");
	component = xstrndup(p, n);
	if (!is_name(component))
		return error_set(err, ERR_USAGE, "'%s' is no name of a component", component);
	s->component = full_component(component);
	do {
		p += n + 1;
		n = strcspn(p, "/");
		if (add_step(s, p, n, err) < 0)
			return -1;
		text_addf(&plain, "%s%s", plain.len ? "/" : "", s->steps[s->count - 1].name);
	} while (p[n]);
	s->plain = text_steal(&plain);
	return 0;
}

/* The whole name, for those who wrote it short. */
static char *
full_text(const struct answer_spec *s)
{
	struct text out = TEXT_INIT;

	text_addf(&out, "%s/%s", pass_name(s->pass), s->component);
	for (size_t i = 0; i < s->count; i++) {
		text_addf(&out, "/%s", s->steps[i].name);
		if (s->steps[i].index)
			text_addf(&out, "[%s]", s->steps[i].index);
	}
	return text_steal(&out);
}

int
answer_spec_parse(const char *text, struct answer_spec *ret, struct error *err)
{
	/* no name has an equals sign, and a value may have any number of them */
	const char *equals = strchr(text, '=');

	*ret = (struct answer_spec){ 0 };
	if (!equals)
		return error_set(err, ERR_USAGE,
				 "'%s' has no value; write PASS/COMPONENT/SETTING=VALUE", text);
	ret->text = xstrndup(text, (size_t)(equals - text));
	ret->value = xstrdup(equals + 1);
	if (parse(ret, err) == 0) {
		free(ret->text);
		ret->text = full_text(ret);
		return 0;
	}
	answer_spec_clear(ret);
	return -1;
}

void
answer_spec_clear(struct answer_spec *s)
{
	for (size_t i = 0; i < s->count; i++) {
		free(s->steps[i].name);
		free(s->steps[i].index);
	}
	free(s->steps);
	free(s->text);
	free(s->component);
	free(s->plain);
	free(s->value);
	*s = (struct answer_spec){ 0 };
}
