/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PCRE2, with limits; see pattern.h. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdlib.h>

#include "util/alloc.h"
#include "util/error.h"
#include "util/pattern.h"

/* Far above what a sound expression needs on a line of 64 KiB. */
#define MATCH_LIMIT 100000u
#define DEPTH_LIMIT 10000u
#define HEAP_LIMIT  4096u /* KiB */

struct group {
	char *name;
	uint32_t number;
};

struct pattern {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *limits;
	const char *text; /* of the last match; NULL without */
	struct group *groups;
	size_t group_count;
};

/* The table of names: entries of one size, each a big-endian number and a NUL-terminated name. */
static void
read_names(struct pattern *p)
{
	uint32_t count = 0, size = 0;
	PCRE2_SPTR entry = NULL;

	pcre2_pattern_info(p->code, PCRE2_INFO_NAMECOUNT, &count);
	pcre2_pattern_info(p->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
	pcre2_pattern_info(p->code, PCRE2_INFO_NAMETABLE, &entry);
	p->groups = xcalloc(count ? count : 1, sizeof *p->groups);
	for (uint32_t i = 0; i < count; i++, entry += size) {
		p->groups[i].name = xstrdup((const char *)entry + 2);
		p->groups[i].number = (uint32_t)(entry[0] << 8 | entry[1]);
	}
	p->group_count = count;
}

struct pattern *
pattern_new(const char *regex, struct error *err)
{
	PCRE2_UCHAR why[128];
	PCRE2_SIZE at = 0;
	int code = 0;
	struct pattern *p = xzalloc(sizeof *p);

	p->code = pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED, PCRE2_CASELESS, &code,
				&at, NULL);
	if (!p->code) {
		pcre2_get_error_message(code, why, sizeof why);
		error_set(err, ERR_USAGE, "no regular expression: %s, at character %zu of '%s'",
			  (const char *)why, at + 1, regex);
		pattern_free(p);
		return NULL;
	}
	p->data = pcre2_match_data_create_from_pattern(p->code, NULL);
	p->limits = pcre2_match_context_create(NULL);
	if (!p->data || !p->limits)
		out_of_memory();
	pcre2_set_match_limit(p->limits, MATCH_LIMIT);
	pcre2_set_depth_limit(p->limits, DEPTH_LIMIT);
	pcre2_set_heap_limit(p->limits, HEAP_LIMIT);
	read_names(p);
	return p;
}

void
pattern_free(struct pattern *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->group_count; i++)
		free(p->groups[i].name);
	free(p->groups);
	pcre2_match_context_free(p->limits);
	pcre2_match_data_free(p->data);
	pcre2_code_free(p->code);
	free(p);
}

bool
pattern_match(struct pattern *p, const char *text, size_t len)
{
	p->text = pcre2_match(p->code, (PCRE2_SPTR)text, len, 0, 0, p->data, p->limits) > 0 ? text :
											      NULL;
	return p->text != NULL;
}

size_t
pattern_group_count(const struct pattern *p)
{
	return p->group_count;
}

const char *
pattern_group_name(const struct pattern *p, size_t i)
{
	return p->groups[i].name;
}

const char *
pattern_group(const struct pattern *p, size_t i, size_t *ret_len)
{
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer(p->data);
	uint32_t n = p->groups[i].number;

	*ret_len = 0;
	if (!p->text || n >= pcre2_get_ovector_count(p->data) || at[2 * n] == PCRE2_UNSET)
		return NULL;
	*ret_len = at[2 * n + 1] - at[2 * n];
	return p->text + at[2 * n];
}
