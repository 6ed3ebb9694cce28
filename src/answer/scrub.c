/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Passwords of answer files (scrub.h): found by their elements, told when they stand in a command, as util/secrets.h knows them, and taken out in one
 * edit of the text, after which the file is read again: the same settings must be there, but for those.
 */
#include <stdlib.h>
#include <string.h>

#include "answer/scrub.h"
#include "answer/xml.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/secrets.h"

void
answer_secrets_clear(struct answer_secrets *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->list[i].name);
	free(s->list);
	*s = (struct answer_secrets){ 0 };
}

void
answer_secrets_find(const struct answer *a, struct answer_secrets *ret)
{
	*ret = (struct answer_secrets){ 0 };
	for (size_t i = 0; i < a->setting_count; i++) {
		const struct answer_setting *s = &a->settings[i];
		struct answer_secret *secret;
		char *end;

		if (!answer_is_password(s->plain) || !*s->value ||
		    strcmp(s->value, ANSWER_DELETED) == 0)
			continue;
		ARRAY_GROW(ret->list, ret->count);
		secret = &ret->list[ret->count++];
		*secret = (struct answer_secret){ s->element, s->component, answer_name(a, s),
						  s->line, s->column };
		end = strrchr(secret->name, '/');
		/* the password is the element around its value and what is said of that */
		if (end && strcmp(end, "/Value") == 0) {
			*end = '\0';
			secret->element = xml_parent(a->xml, s->element);
		}
		/* several values in one element: once */
		if (ret->count > 1 && ret->list[ret->count - 2].element == secret->element) {
			free(secret->name);
			ret->count--;
		}
	}
}

/* ---- commands ---- */

bool
answer_command_has_password(const char *command)
{
	size_t count;
	char *masked = secrets_mask(command, &count);

	free(masked);
	return count > 0;
}

size_t
answer_secret_commands(const struct answer *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->setting_count; i++)
		n += a->settings[i].known && a->settings[i].known->type == KNOWN_COMMAND &&
		     answer_command_has_password(a->settings[i].value);
	return n;
}

/* ---- out ---- */

/* None of them is left, and what has no password is as it was. */
static int
prove(const struct answer *a, const struct answer_secrets *s, const uint8_t *bytes, size_t len,
      struct error *err)
{
	CLEANUP_ANSWER struct answer b = { 0 };
	CLEANUP_ANSWER_SECRETS struct answer_secrets left = { 0 };
	size_t k = 0;

	if (answer_open(bytes, len, &b, err) < 0)
		return error_prefix(err, "the edited answer file");
	answer_secrets_find(&b, &left);
	if (left.count)
		return error_set(err, ERR_INTERNAL,
				 "the edited answer file still holds a password");
	for (size_t i = 0; i < b.setting_count; i++) {
		if (strcmp(b.settings[i].value, ANSWER_DELETED) == 0)
			continue;
		/* what stood in a password's element is gone with it */
		while (k < a->setting_count &&
		       (strcmp(a->settings[k].plain, b.settings[i].plain) != 0 ||
			strcmp(a->settings[k].value, b.settings[i].value) != 0))
			k++;
		if (k == a->setting_count)
			return error_set(err, ERR_INTERNAL,
					 "the edited answer file differs where it should not");
		k++;
	}
	if (b.setting_count + 2 * s->count < a->setting_count)
		return error_set(err, ERR_INTERNAL, "the edited answer file has lost settings");
	return 0;
}

uint8_t *
answer_scrub(const struct answer *a, const struct answer_secrets *s, size_t *ret_len,
	     struct error *err)
{
	CLEANUP_FREE size_t *elements = xcalloc(s->count + 1, sizeof *elements);
	CLEANUP_FREE uint8_t *bytes = NULL;

	for (size_t i = 0; i < s->count; i++)
		elements[i] = s->list[i].element;
	bytes = xml_replace_content(a->xml, elements, s->count, ANSWER_DELETED, ret_len, err);
	if (!bytes || prove(a, s, bytes, *ret_len, err) < 0)
		return NULL;
	return steal(&bytes);
}
