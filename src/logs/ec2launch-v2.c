/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * EC2Launch v2's agent.log and error.log:
 *
 *      2026-03-05 19:47:33 Console: Windows sysprep configuration complete.
 *
 * in UTC, since 2.4.0 with milliseconds; and its console.log, whose lines are those of EC2Launch v1.  "Console" is a level: the line went to
 * the serial console too.  (awsdocs, "Use the EC2Launch v2 logs".)
 */
#include <string.h>

#include "logs/grammar.h"
#include "util/alloc.h"

static const struct {
	const char *word;
	enum log_level level;
} levels[] = {
	{ "Info: ", LOG_LEVEL_INFO },	    { "Console: ", LOG_LEVEL_INFO },
	{ "Warning: ", LOG_LEVEL_WARNING }, { "Error: ", LOG_LEVEL_ERROR },
	{ "Fatal: ", LOG_LEVEL_FATAL },	    { "Debug: ", LOG_LEVEL_INFO },
};

static size_t
stamp(const char *s, struct log_record *r)
{
	size_t n = log_stamp(s, "Y-M-D h:m:sf", r);

	return n ? n + (s[n] == 'Z') : log_stamp(s, "Y-M-DTh:m:sfZ", r);
}

static bool
begins(const char *s, size_t len)
{
	return *s >= '0' && *s <= '9' && (stamp(s, NULL) || log_grammar_ec2launch.begins(s, len));
}

static const char *
parse(const char *line, struct log_state *state, struct log_record *r)
{
	size_t n = stamp(line, r);
	const char *p = line + n;

	if (!n)
		return log_grammar_ec2launch.parse(line, state, r);
	p += strspn(p, " :");
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
		if (strncmp(p, levels[i].word, strlen(levels[i].word)) == 0) {
			r->level = levels[i].level;
			return p + strlen(levels[i].word);
		}
	return p;
}

const struct log_grammar log_grammar_ec2launch_v2 = {
	.zone = LOG_ZONE_UTC,
	.begins = begins,
	.parse = parse,
};
