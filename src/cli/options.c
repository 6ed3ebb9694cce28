/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parsing and help from a table of options. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"

void
option_list_clear(struct option_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->list[i]);
	free(l->list);
	*l = (struct option_list){ 0 };
}

/* Adds the comma-separated parts of `value`; the list stays NULL-terminated. */
static void
list_add(struct option_list *l, const char *value)
{
	while (*value) {
		size_t n = strcspn(value, ",");

		if (n) {
			l->list = xrealloc(l->list, l->count + 2, sizeof *l->list);
			l->list[l->count++] = xstrndup(value, n);
			l->list[l->count] = NULL;
		}
		value += n + (value[n] == ',');
	}
}

/* "4G" as bytes; false when it is no size. */
static bool
parse_size(const char *value, uint64_t *ret)
{
	static const char units[] = "KMGT";
	unsigned long long n;
	const char *unit;
	unsigned bits = 0;
	char *end;

	errno = 0;
	n = strtoull(value, &end, 10);
	if (*value < '0' || *value > '9' || errno)
		return false;
	unit = *end ? strchr(units, *end) : NULL;
	if (unit) {
		bits = 10 * (unsigned)(unit - units + 1);
		end++;
	}
	*ret = (uint64_t)n << bits;
	return !*end && n && n <= UINT64_MAX >> bits;
}

static int
store(const struct option_spec *o, const char *value, struct error *err)
{
	char *end;
	long n;

	switch (o->kind) {
	case OPTION_FLAG:
		*(bool *)o->to = true;
		return 0;
	case OPTION_TEXT:
		*(const char **)o->to = value;
		return 0;
	case OPTION_LIST:
		/* an empty shell variable must not come to mean "all" */
		if (!*value || *value == ',' || strstr(value, ",,") ||
		    value[strlen(value) - 1] == ',')
			return error_set(err, ERR_USAGE, "--%s wants %s, and there is an empty one",
					 o->name, o->value);
		list_add(o->to, value);
		return 0;
	case OPTION_NUMBER:
		n = strtol(value, &end, 10);
		if (end == value || *end || n < 1 || n > 1000000)
			return error_set(err, ERR_USAGE, "--%s wants a number above 0, not '%s'",
					 o->name, value);
		*(int *)o->to = (int)n;
		return 0;
	case OPTION_SIZE:
		if (!parse_size(value, o->to))
			return error_set(err, ERR_USAGE,
					 "--%s wants a size above 0, like 4G or 500M, not '%s'",
					 o->name, value);
		return 0;
	}
	return 0;
}

/* Takes the option at argv[*i] (and its value behind it). */
static int
take_option(const struct command *c, const struct option_spec *specs, int argc, char **argv, int *i,
	    struct error *err)
{
	const char *name = argv[*i] + 2;
	size_t n = strcspn(name, "=");

	for (const struct option_spec *o = specs; o->name; o++) {
		const char *value = name[n] == '=' ? name + n + 1 : NULL;

		if (strlen(o->name) != n || strncmp(o->name, name, n) != 0)
			continue;
		if (o->kind == OPTION_FLAG && value)
			return error_set(err, ERR_USAGE, "--%s takes no value", o->name);
		if (o->kind != OPTION_FLAG && !value) {
			if (*i + 1 >= argc)
				return error_set(err, ERR_USAGE, "--%s wants a value: %s", o->name,
						 o->value);
			value = argv[++*i];
		}
		return store(o, value, err);
	}
	return error_set(err, ERR_USAGE, "%s has no option '--%.*s'; try 'resprep %s --help'",
			 c->name, (int)n, name, c->name);
}

void
options_help(const struct command *c, const struct option_spec *specs, struct text *out)
{
	text_addf(out, "Usage: resprep %s%s%s [options]\n\n%s\n\nOptions:\n", c->name,
		  *c->arguments ? " " : "", c->arguments, c->text);
	for (const struct option_spec *o = specs; o->name; o++) {
		CLEANUP_FREE char *left = xasprintf("--%s%s%s", o->name, o->value ? " " : "",
						    o->value ? o->value : "");

		text_addf(out, "  %-24s %s\n", left, o->help);
	}
	text_addf(out, "  %-24s %s\n", "--help", "show this text");
}

static int
answer_long_options(const struct option_spec *specs)
{
	for (const struct option_spec *o = specs; o->name; o++)
		printf("--%s\n", o->name);
	puts("--help");
	return 1;
}

int
options_parse(const struct command *c, const struct option_spec *specs, int argc, char **argv,
	      const char **arguments, struct error *err)
{
	bool ended = false;
	int count = 0;

	for (int i = 1; i < argc; i++) {
		if (!ended && strcmp(argv[i], "--") == 0) {
			ended = true;
		} else if (!ended &&
			   (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)) {
			CLEANUP_TEXT struct text help = TEXT_INIT;

			options_help(c, specs, &help);
			fputs(text_str(&help), stdout);
			return 1;
		} else if (!ended && strcmp(argv[i], "--long-options") == 0) {
			return answer_long_options(specs);
		} else if (!ended && strncmp(argv[i], "--", 2) == 0) {
			if (take_option(c, specs, argc, argv, &i, err) < 0)
				return -1;
		} else if (!ended && argv[i][0] == '-' && argv[i][1] &&
			   !(c->numbers && argv[i][1] >= '0' && argv[i][1] <= '9')) {
			return error_set(err, ERR_USAGE,
					 "'%s' is no option; options are written --name", argv[i]);
		} else if (count == c->most) {
			return error_set(err, ERR_USAGE,
					 "too many arguments: '%s'; try 'resprep %s --help'",
					 argv[i], c->name);
		} else {
			arguments[count++] = argv[i];
		}
	}
	if (count < c->least)
		return error_set(err, ERR_USAGE, "%s wants %s; try 'resprep %s --help'", c->name,
				 c->arguments, c->name);
	return 0;
}
