/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * NetSetup.log, how the machine joined its domain:
 *
 *      03/21/2013 11:12:31:478 NetpDoDomainJoin: status: 0x54b
 *
 * Windows XP writes no year ("03/21 11:12:31 …"): such a line has no time here.  There are no levels; a status that is not 0 makes the record an
 * error where it is that of the join as a whole, else a warning, since Windows tries several ways.  (Microsoft: "Domain join log analysis".)
 */
#include <stdlib.h>
#include <string.h>

#include "logs/grammar.h"

static const char time_form[] = "M/D/Y h:m:sf";

/* "03/21 11:12:31 ": its day of a leap year, so that every day is one. */
static size_t
without_year(const char *s)
{
	static const char shape[] = "00/00 00:00:00";

	for (size_t i = 0; shape[i]; i++)
		if (shape[i] == '0' ? s[i] < '0' || s[i] > '9' : s[i] != shape[i])
			return 0;
	return sizeof shape - 1;
}

static bool
begins(const char *s, size_t len)
{
	(void)len;
	return log_stamp(s, time_form, NULL) || without_year(s);
}

static enum log_level
level_of(const char *message)
{
	/* "status: 0x54b", "exits with status of: 0x54b" */
	const char *status = strstr(message, "status"),
		   *code = status ? strstr(status, ": 0x") : NULL;
	bool join = strncmp(message, "NetpDoDomainJoin", 16) == 0 ||
		    strncmp(message, "NetpProvisionComputerAccount", 28) == 0;

	if (!code || code - status > 9 || strtoul(code + 2, NULL, 16) == 0)
		return LOG_LEVEL_NONE;
	return join ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING;
}

static const char *
parse(const char *line, struct log_state *state, struct log_record *r)
{
	size_t n = log_stamp(line, time_form, r);
	const char *p;

	(void)state;
	if (!n)
		n = without_year(line);
	p = line + n;
	p += strspn(p, " ");
	r->level = level_of(p);
	return p;
}

const struct log_grammar log_grammar_netsetup = {
	.zone = LOG_ZONE_LOCAL,
	.begins = begins,
	.parse = parse,
};
