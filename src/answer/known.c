/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What Windows takes in answer files (known.h), asked of the two tables: known-shell.c has
 * Microsoft-Windows-Shell-Setup, known-other.c the other components.  Here are the look-up by name, the comparison with passes and Windows versions, and the forms of values.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "answer/known-tables.h"
#include "answer/known.h"
#include "util/alloc.h"
#include "util/error.h"
#include "util/text.h"
#include "util/utf16.h"

#define REFERENCE "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/"
#define DIGITS	  "0123456789"
#define LETTERS	  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

static const char *const pass_names[PASS_COUNT] = { "windowsPE",  "offlineServicing", "generalize",
						    "specialize", "auditSystem",      "auditUser",
						    "oobeSystem" };

const char *
pass_name(enum pass p)
{
	return pass_names[p];
}

bool
pass_parse(const char *text, enum pass *ret)
{
	for (int i = 0; i < PASS_COUNT; i++)
		if (name_equal(pass_names[i], text)) {
			*ret = (enum pass)i;
			return true;
		}
	return false;
}

const struct known_component *
known_at(size_t i)
{
	if (i < known_shell_size)
		return &known_shell[i];
	i -= known_shell_size;
	return i < known_other_size ? &known_other[i] : NULL;
}

const struct known_component *
known_component(const char *name)
{
	const struct known_component *c;

	for (size_t i = 0; (c = known_at(i)) != NULL; i++)
		if (name_equal(c->name, name))
			return c;
	return NULL;
}

const struct known_setting *
known_setting(const struct known_component *c, const char *path)
{
	for (size_t i = 0; c && i < c->count; i++)
		if (strcmp(c->settings[i].path, path) == 0)
			return &c->settings[i];
	return NULL;
}

bool
known_part(const struct known_component *c, const char *path)
{
	size_t n = strlen(path);

	for (size_t i = 0; c && i < c->count; i++)
		if (strncmp(c->settings[i].path, path, n) == 0 && c->settings[i].path[n] == '/')
			return true;
	return false;
}

unsigned
known_passes(const struct known_component *c, const struct known_setting *s)
{
	return s && s->passes ? s->passes : c->passes;
}

char *
known_passes_text(unsigned passes)
{
	struct text out = TEXT_INIT;

	for (int i = 0; i < PASS_COUNT; i++)
		if (passes & 1u << i)
			text_addf(&out, "%s%s", out.len ? ", " : "", pass_names[i]);
	return text_steal(&out);
}

char *
known_source(const struct known_component *c, const struct known_setting *s)
{
	char *url = xasprintf(REFERENCE "%s%s%s", c->name, s ? "-" : "", s ? s->path : "");

	for (char *p = url + strlen(REFERENCE); *p; p++) {
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
		else if (*p == '/' || *p == '_')
			*p = '-';
	}
	return url;
}

const char *
known_type_text(enum known_type t)
{
	static const char *const words[] = {
		[KNOWN_TEXT] = "text",
		[KNOWN_BOOL] = "true or false",
		[KNOWN_FLAG] = "0 or 1",
		[KNOWN_NUMBER] = "a number",
		[KNOWN_WORD] = "one of some words",
		[KNOWN_LOCALE] = "a locale (en-US) or a keyboard (0409:00000409)",
		[KNOWN_TIME_ZONE] = "the English name of a time zone (W. Europe Standard Time)",
		[KNOWN_COMPUTER_NAME] = "a computer name of at most 15 characters, or *",
		[KNOWN_PRODUCT_KEY] = "a product key (XXXXX-XXXXX-XXXXX-XXXXX-XXXXX)",
		[KNOWN_COMMAND] = "a command line",
		[KNOWN_PATH] = "a path",
		[KNOWN_GUID] = "a GUID",
		[KNOWN_PASSWORD] = "a password",
		[KNOWN_LIST] = "a list",
	};

	return words[t];
}

char *
known_values_text(const struct known_setting *s)
{
	switch (s->type) {
	case KNOWN_WORD:
		return xasprintf("one of %s", s->values);
	case KNOWN_NUMBER:
		return xasprintf("a number from %u to %u", s->min, s->max);
	case KNOWN_COMMAND:
	case KNOWN_TEXT:
		if (s->max)
			return xasprintf("%s of at most %u characters", known_type_text(s->type),
					 s->max);
		break;
	default:
		break;
	}
	return xstrdup(known_type_text(s->type));
}

/* ---- values ---- */

static size_t
characters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static bool
is_word_of(const char *values, const char *value)
{
	size_t n = strlen(value);

	for (const char *p = values; *p;) {
		size_t len = strcspn(p, "|");
		char *word = xstrndup(p, len);
		bool same = n == len && name_equal(word, value);

		free(word);
		if (same)
			return true;
		p += len + (p[len] == '|');
	}
	return false;
}

static bool
is_number(const char *value, unsigned min, unsigned max)
{
	char *end;
	unsigned long long n;

	if (!*value || strspn(value, DIGITS) != strlen(value) || strlen(value) > 10)
		return false;
	n = strtoull(value, &end, 10);
	return n >= min && n <= max;
}

/* Microsoft: "Naming conventions in Active Directory"; ComputerName also takes "*" and, on clients, is at most 15 bytes. */
static const char *
computer_name_problem(const char *value)
{
	if (strcmp(value, "*") == 0)
		return NULL;
	if (!*value)
		return "is empty";
	if (strpbrk(value, "{|}~[\\]^':;<=>?@!\"#$%`()+/.,*& "))
		return "holds a character that no computer name may have";
	if (characters(value) > 15)
		return "has more than 15 characters";
	if (strspn(value, DIGITS) == strlen(value))
		return "is made of digits only";
	if (value[0] == '-' || value[strlen(value) - 1] == '-')
		return "begins or ends with a hyphen";
	return NULL;
}

static bool
is_product_key(const char *value)
{
	if (strlen(value) != 29)
		return false;
	for (int i = 0; i < 29; i++)
		if (i % 6 == 5 ? value[i] != '-' : !strchr(LETTERS DIGITS, value[i]))
			return false;
	return true;
}

static bool
is_hex(const char *s, size_t n)
{
	return strspn(s, DIGITS "ABCDEFabcdef") >= n;
}

/* "0409:00000409", "0411:{GUID}{GUID}", "en-US", "de", "zh-Hans-CN", "sr-Latn-RS", "es-ES_tradnl". */
static bool
is_locale(const char *s, size_t n)
{
	if (n > 5 && is_hex(s, 4) && s[4] == ':')
		return n == 13 ? is_hex(s + 5, 8) : s[5] == '{' && s[n - 1] == '}';
	if (n == 8 && is_hex(s, 8))
		return true;
	return n >= 2 && n <= 84 && strspn(s, LETTERS) >= 2 && strspn(s, LETTERS DIGITS "-_") >= n;
}

static bool
are_locales(const char *value)
{
	for (const char *p = value;;) {
		size_t n = strcspn(p, ";");

		if (!is_locale(p, n))
			return false;
		if (!p[n])
			return true;
		p += n + 1;
	}
}

static bool
is_guid(const char *s)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	size_t n = strlen(s);

	if (n == 38 && s[0] == '{' && s[37] == '}')
		s++;
	else if (n != 36)
		return false;
	for (int i = 0; i < 36; i++)
		if (form[i] == '-' ? s[i] != '-' : !is_hex(s + i, 1))
			return false;
	return true;
}

static bool
is_right(const struct known_setting *s, const char *value)
{
	switch (s->type) {
	case KNOWN_BOOL:
		return is_word_of("true|false|1|0", value);
	case KNOWN_FLAG:
		return is_word_of("0|1", value);
	case KNOWN_NUMBER:
		return is_number(value, s->min, s->max);
	case KNOWN_WORD:
		return is_word_of(s->values, value);
	case KNOWN_LOCALE:
		return are_locales(value);
	case KNOWN_PRODUCT_KEY:
		return is_product_key(value);
	case KNOWN_GUID:
		return is_guid(value);
	case KNOWN_COMMAND:
	case KNOWN_TEXT:
		return !s->max || characters(value) <= s->max;
	default:
		return true;
	}
}

int
known_check(const struct known_setting *s, const char *value, struct error *err)
{
	char *wanted;

	if (s->type == KNOWN_LIST)
		return error_set(err, ERR_USAGE, "%s holds settings, not a value", s->path);
	if (s->type == KNOWN_COMPUTER_NAME) {
		const char *problem = computer_name_problem(value);

		return problem ? error_set(err, ERR_USAGE,
					   "the computer name '%s' %s; Windows wants %s", value,
					   problem, known_type_text(s->type)) :
				 0;
	}
	if (is_right(s, value))
		return 0;
	wanted = known_values_text(s);
	error_set(err, ERR_USAGE, "%s: '%.80s' is not what Windows takes: %s", s->path, value,
		  wanted);
	free(wanted);
	return -1;
}
