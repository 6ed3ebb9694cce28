/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When an agent last wrote to its log.  Lines begin with "2014-06-05T10:38:05.512Z: " (EC2Config), "2022/06/11 18:23:51Z: " (EC2Launch v1,
 * UTF-16) or "2022-02-24 08:08:58 Info: " (v2); what a script prints follows without a time.  Only the end of the log is read.
 */
#include <string.h>

#include "ec2/agents-private.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "volume/volume.h"

#define TAIL (64u << 10)

/* "2014-06-05T10:38:05" with a letter or number in each place of a form: 0 a digit, else one of two. */
static bool
is_time(const char *s)
{
	static const char form[] = "0000-00-00T00:00:00";
	static const char other[] = "0000/00/00 00:00:00";

	for (size_t i = 0; form[i]; i++)
		if (form[i] == '0' ? s[i] < '0' || s[i] > '9' : s[i] != form[i] && s[i] != other[i])
			return false;
	return true;
}

/* The last line that begins with a time; "Z" only where the log says so. */
static char *
last_time(const char *text)
{
	static const char mark[] = "\xef\xbb\xbf";
	const char *found = NULL;
	char *when;

	if (strncmp(text, mark, strlen(mark)) == 0)
		text += strlen(mark);
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (is_time(line))
			found = line;
	if (!found)
		return NULL;
	when = xstrndup(found, 20);
	when[4] = when[7] = '-';
	when[10] = 'T';
	/* milliseconds may come before the Z */
	found += 19;
	found += *found == '.' ? 1 + strspn(found + 1, "0123456789") : 0;
	when[19] = *found == 'Z' ? 'Z' : '\0';
	return when;
}

void
agent_last_run(struct volume *v, struct agent *a)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	CLEANUP_VOLUME_FILE struct volume_file *f = volume_file_open(v, a->log, &ignored);
	CLEANUP_FREE char *tail = xzalloc(TAIL + 1);
	CLEANUP_FREE char *text = NULL;
	uint64_t size = f ? volume_file_size(f) : 0;
	/* an even offset keeps the halves of UTF-16 together */
	uint64_t at = size > TAIL ? (size - TAIL + 1) & ~UINT64_C(1) : 0;
	size_t len, wide;

	if (!f || volume_file_read(f, tail, TAIL, at, &len, &ignored) < 0)
		return;
	/* in UTF-16 every second byte of a time is zero */
	if (memchr(tail, 0, len)) {
		text = utf16_to_text(tail, len, &wide);
		a->last_run = last_time(text);
	} else {
		a->last_run = last_time(tail);
	}
}
