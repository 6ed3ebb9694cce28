/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What several grammars need: times in their various forms, and levels from words. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "logs/grammar.h"
#include "util/alloc.h"
#include "util/filetime.h"

#define FRACTION_MAX 7 /* FILETIMEs have no more digits */

struct moment {
	struct filetime_parts parts;
	char fraction[FRACTION_MAX + 1];
};

/* `n` digits as a number; -1 when they are none. */
static int
number(const char *s, int n)
{
	int v = 0;

	for (int i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		v = v * 10 + (s[i] - '0');
	}
	return v;
}

static size_t
fraction(const char *s, struct moment *m)
{
	size_t n;

	if (*s != '.' && *s != ':')
		return 0;
	n = strspn(s + 1, "0123456789");
	if (n == 0)
		return 0;
	for (size_t i = 0; i < n && i < FRACTION_MAX; i++)
		m->fraction[i] = s[1 + i];
	return 1 + n;
}

/* One field of the form; its length in `s`, or 0 with *bad. */
static size_t
field(char form, const char *s, struct moment *m, bool *bad)
{
	int *to = form == 'Y' ? &m->parts.year :
		  form == 'M' ? &m->parts.month :
		  form == 'D' ? &m->parts.day :
		  form == 'h' ? &m->parts.hour :
		  form == 'm' ? &m->parts.minute :
		  form == 's' ? &m->parts.second :
				NULL;
	int n = form == 'Y' ? 4 : 2;

	if (form == 'f')
		return fraction(s, m);
	if (!to) {
		*bad = *s != form;
		return 1;
	}
	*to = number(s, n);
	*bad = *to < 0;
	return (size_t)n;
}

static uint64_t
ticks(const char *digits)
{
	uint64_t v = 0;

	for (int i = 0; i < FRACTION_MAX; i++)
		v = v * 10 + (uint64_t)(*digits ? *digits++ - '0' : 0);
	return v;
}

size_t
log_stamp(const char *s, const char *form, struct log_record *r)
{
	struct moment m = { 0 };
	size_t n = 0;
	bool bad = false;
	uint64_t t;

	for (const char *f = form; *f; f++) {
		n += field(*f, s + n, &m, &bad);
		if (bad)
			return 0;
	}
	t = filetime_from_parts(&m.parts);
	if (!t)
		return 0;
	if (r) {
		const struct filetime_parts *p = &m.parts;

		r->stamp = t + ticks(m.fraction);
		snprintf(r->time, sizeof r->time, "%04d-%02d-%02d %02d:%02d:%02d%s%s", p->year,
			 p->month, p->day, p->hour, p->minute, p->second, *m.fraction ? "." : "",
			 m.fraction);
	}
	return n;
}

bool
log_stamp_filetime(struct log_record *r, uint64_t filetime)
{
	struct filetime_parts p = filetime_parts_of(filetime);

	if (!filetime_from_parts(&p))
		return false;
	r->stamp = filetime;
	snprintf(r->time, sizeof r->time, "%04d-%02d-%02d %02d:%02d:%02d.%03d", p.year, p.month,
		 p.day, p.hour, p.minute, p.second, (int)(filetime / 10000 % 1000));
	return true;
}

enum log_level
log_level_from_words(const char *message)
{
	static const struct {
		const char *word;
		enum log_level level;
	} words[] = {
		{ "warning", LOG_LEVEL_WARNING },
		{ "error", LOG_LEVEL_ERROR },
		{ "failed", LOG_LEVEL_ERROR },
		{ "failure", LOG_LEVEL_ERROR },
		{ "exception", LOG_LEVEL_ERROR },
		{ "unable to", LOG_LEVEL_ERROR },
		{ "unhandled exception", LOG_LEVEL_ERROR },
		{ "fatal", LOG_LEVEL_FATAL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t n = strlen(words[i].word);
		char after = strncasecmp(message, words[i].word, n) == 0 ? message[n] : 'x';

		/* "Failed to …", "Error: …", and not "ErrorReporting started" */
		if (after == ' ' || after == ':' || after == '\0' || after == ',')
			return words[i].level;
	}
	return LOG_LEVEL_NONE;
}

void
log_set_component(struct log_record *r, const char *s, size_t n)
{
	if (n >= sizeof r->component)
		return;
	memcpy(r->component, s, n);
	r->component[n] = '\0';
}
