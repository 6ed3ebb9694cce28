/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The logs of EC2Launch v1, and what the agents of both versions send to the serial console:
 *
 *      2020/02/17 11:33:51Z: Message: Windows is Ready to use
 *
 * in UTC.  There are no levels: the first words of the message tell.  In a log, a line without a time goes on with a message; on the console, where programs
 * write in between and old agents have no times, each line stands for itself.  (awsdocs/amazon-ec2-user-guide-windows, "EC2Launch"; "Use the
 * EC2Launch v2 logs".)
 */
#include <string.h>

#include "logs/grammar.h"

static size_t
stamp(const char *s, struct log_record *r)
{
	size_t n = log_stamp(s, "Y/M/D h:m:sfZ", r);

	return n ? n : log_stamp(s, "Y-M-DTh:m:sfZ", r);
}

static bool
begins(const char *s, size_t len)
{
	(void)len;
	return *s >= '0' && *s <= '9' && stamp(s, NULL);
}

static bool
begins_always(const char *s, size_t len)
{
	(void)s;
	(void)len;
	return true;
}

static const char *
parse(const char *line, struct log_state *state, struct log_record *r)
{
	size_t n = stamp(line, r);
	const char *message = line + n, *said;

	(void)state;
	if (n && *message == ':')
		message++;
	message += strspn(message, " ");
	said = strncmp(message, "Message: ", 9) == 0 ? message + 9 : message;
	r->level = log_level_from_words(said);
	return message;
}

const struct log_grammar log_grammar_ec2launch = {
	.zone = LOG_ZONE_UTC,
	.begins = begins,
	.parse = parse,
};

const struct log_grammar log_grammar_console = {
	.zone = LOG_ZONE_UTC,
	.every_line = true,
	.begins = begins_always,
	.parse = parse,
};
