/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * setupapi.dev.log, setupapi.setup.log and their like:
 *
 *      [Boot Session: 2015/11/22 17:52:29.492]
 *      >>>  [Device Install (Hardware initiated) - SWD\IP_TUNNEL_VBUS\Teredo_Tunnel_Device]
 *      >>>  Section start 2015/11/22 17:53:16.599
 *           dvi: {Build Driver List} 17:53:16.615
 *      !    dvi: Device class is not configurable
 *      !!!  sto: Failed to …
 *      <<<  Section end 2015/11/22 17:53:16.802
 *      <<<  [Exit status: SUCCESS]
 *
 * Each line is a record.  One with no time of its own has that of the line before it in its section: no line is older than its section, and the
 * log's order is time's.  (Microsoft: "SetupAPI text logs", "Format of a text log section body".)
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "logs/grammar.h"

#define DAY (UINT64_C(24) * 3600 * 10000000) /* in FILETIME's units */

static const char day_form[] = "Y/M/D h:m:sf";

static bool
begins(const char *s, size_t len)
{
	(void)s;
	(void)len;
	return true;
}

/* The time at `s`, which becomes that of the lines below. */
static void
take_time(const char *s, struct log_state *state, struct log_record *r)
{
	if (log_stamp(s, day_form, r))
		snprintf(state->time, sizeof state->time, "%s", r->time);
}

/* " … 17:53:16.615" at the end of a line, on the day of the lines before, or on the next one when it would be much earlier: midnight has passed. */
static void
take_time_of_day(const char *line, struct log_state *state, struct log_record *r)
{
	const char *last = strrchr(line, ' ');
	char moment[sizeof state->time + 16];
	struct log_record before = { 0 };

	if (last && *state->time && last[1] >= '0' && last[1] <= '2' && strlen(last + 1) == 12) {
		snprintf(moment, sizeof moment, "%.10s %s", state->time, last + 1);
		if (!log_stamp(moment, "Y-M-D h:m:sf", r))
			return;
		if (log_stamp(state->time, "Y-M-D h:m:sf", &before) && r->stamp < before.stamp &&
		    before.stamp - r->stamp > DAY / 2)
			log_stamp_filetime(r, r->stamp + DAY);
		snprintf(state->time, sizeof state->time, "%s", r->time);
	}
}

/* What stands behind ">>>  " and "<<<  ". */
static void
parse_bound(const char *p, bool start, struct log_state *state, struct log_record *r)
{
	if (strncmp(p, start ? "Section start " : "Section end ", start ? 14 : 12) == 0) {
		take_time(p + (start ? 14 : 12), state, r);
	} else if (start && *p == '[') {
		snprintf(state->section, sizeof state->section, "%.*s", (int)strcspn(p + 1, "]"),
			 p + 1);
		*state->time = '\0'; /* its own start comes in the next line */
	} else if (!start && strncmp(p, "[Exit status: ", 14) == 0 &&
		   strncmp(p + 14, "SUCCESS", 7) != 0) {
		r->level = LOG_LEVEL_ERROR;
	}
}

/* "dvi: …" */
static const char *
parse_component(const char *p, struct log_record *r)
{
	size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789");

	if (n < 2 || n > 8 || p[n] != ':' || (p[n + 1] != ' ' && p[n + 1]))
		return p;
	log_set_component(r, p, n);
	p += n + 1;
	return p + (*p == ' ');
}

static const char *
parse(const char *line, struct log_state *state, struct log_record *r)
{
	const char *p = line + strspn(line, ">< \t!.");
	bool start = strncmp(line, ">>>", 3) == 0, end = strncmp(line, "<<<", 3) == 0;

	r->level = LOG_LEVEL_INFO;
	if (start || end) {
		parse_bound(p, start, state, r);
	} else if (strncmp(line, "[Boot Session: ", 15) == 0) {
		take_time(line + 15, state, r);
		*state->section = '\0';
	} else {
		if (*line == '!')
			r->level = strncmp(line, "!!!", 3) == 0 ? LOG_LEVEL_ERROR :
								  LOG_LEVEL_WARNING;
		p = parse_component(p, r);
		take_time_of_day(p, state, r);
	}
	if (!*r->time && *state->time)
		log_stamp(state->time, "Y-M-D h:m:sf", r);
	return p;
}

const struct log_grammar log_grammar_setupapi = {
	.zone = LOG_ZONE_LOCAL,
	.every_line = true,
	.begins = begins,
	.parse = parse,
};
