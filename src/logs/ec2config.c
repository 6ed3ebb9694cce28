/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ec2ConfigLog.txt:
 *
 *      2017-12-18T20:52:40.049Z: Ec2HandleUserData: Message: ExitCode of User Data with PID: 2376 is 1
 *
 * in UTC; older agents write "2014-06-05 10:40:55: …" without a zone, which is taken for local time.  There are no levels: the first words of the message tell.
 * What scripts print stands in lines without a time.  (awsdocs/amazon-ec2-user-guide-windows, "Configure a Windows instance using
 * EC2Config"; logs in issue threads of users.)
 */
#include <ctype.h>
#include <string.h>

#include "logs/grammar.h"

static size_t
stamp(const char *s, struct log_record *r)
{
	size_t n = log_stamp(s, "Y-M-DTh:m:sfZ", r);

	if (!n && (n = log_stamp(s, "Y/M/D h:m:sZ", r)) == 0 &&
	    (n = log_stamp(s, "Y-M-D h:m:sf", r)) > 0 && r)
		r->zone = LOG_ZONE_LOCAL;
	return n;
}

static bool
begins(const char *s, size_t len)
{
	(void)len;
	return *s >= '0' && *s <= '9' && stamp(s, NULL);
}

/* The length of "Ec2HandleUserData", "SysprepUtils" and their like before ": ". */
static size_t
plugin(const char *s)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]))
		n++;
	if (s[n] != ':' || s[n + 1] != ' ')
		return 0;
	if (strncmp(s, "Ec2", 3) == 0 || strncmp(s, "EC2", 3) == 0)
		return n;
	return (n > 5 && strncmp(s + n - 5, "Utils", 5) == 0) ||
			       strncmp(s, "SetHibernateOnSleep", n) == 0 ?
		       n :
		       0;
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
	said = message;
	n = plugin(said);
	if (n) {
		log_set_component(r, said, n);
		said += n + 2;
	}
	if (strncmp(said, "Message: ", 9) == 0)
		said += 9;
	r->level = log_level_from_words(said);
	return message;
}

const struct log_grammar log_grammar_ec2config = {
	.zone = LOG_ZONE_UTC,
	.begins = begins,
	.parse = parse,
};
