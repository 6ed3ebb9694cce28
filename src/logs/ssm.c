/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The logs of the SSM agent, amazon-ssm-agent.log and errors.log:
 *
 *      2020-03-05 11:58:44 ERROR [OnUpdate @ health.go.127] failed to …
 *      2023-01-01 10:00:00.1234 INFO [amazon-ssm-agent] Starting Core Agent
 *
 * Unlike those of the other agents its times are local: its seelog.xml says %Date and %Time, for which seelog takes the clock as it stands.
 * (aws/amazon-ssm-agent, core/app/…/seelog.xml; cihub/seelog, format.go.)
 */
#include <string.h>

#include "logs/grammar.h"
#include "util/alloc.h"

static const struct {
	const char *word;
	enum log_level level;
} levels[] = {
	{ "TRACE", LOG_LEVEL_INFO },	  { "DEBUG", LOG_LEVEL_INFO },
	{ "INFO", LOG_LEVEL_INFO },	  { "WARN", LOG_LEVEL_WARNING },
	{ "WARNING", LOG_LEVEL_WARNING }, { "ERROR", LOG_LEVEL_ERROR },
	{ "CRITICAL", LOG_LEVEL_FATAL },
};

static const char time_form[] = "Y-M-D h:m:sf ";

static bool
begins(const char *s, size_t len)
{
	(void)len;
	return *s >= '0' && *s <= '9' && log_stamp(s, time_form, NULL);
}

/* "[amazon-ssm-agent]", and not where in the source: "[OnUpdate @ health.go.127]". */
static void
parse_component(const char *p, struct log_record *r)
{
	size_t n = *p == '[' ? strcspn(p + 1, "]@ ") : 0;

	if (n && p[1 + n] == ']')
		log_set_component(r, p + 1, n);
}

static const char *
parse(const char *line, struct log_state *state, struct log_record *r)
{
	const char *p = line + log_stamp(line, time_form, r);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		size_t n = strlen(levels[i].word);

		if (strncmp(p, levels[i].word, n) == 0 && p[n] == ' ') {
			r->level = levels[i].level;
			p += n + 1;
			break;
		}
	}
	parse_component(p, r);
	return p;
}

const struct log_grammar log_grammar_ssm = {
	.zone = LOG_ZONE_LOCAL,
	.begins = begins,
	.parse = parse,
};
