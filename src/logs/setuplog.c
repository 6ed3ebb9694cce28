/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Panther logs and Ec2ConfigLog.txt as records, streamed.
 *
 *      file ─▶ chunks ─▶ lines as UTF-8 (line.c) ─▶ records
 *
 * A record is held back until the next one begins, because lines without a time belong to it.
 */
#include <stdlib.h>
#include <string.h>

#include "logs/line.h"
#include "logs/setuplog.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/interrupt.h"
#include "util/text.h"

#define RECORD_LIMIT	(64u << 10)
#define INTERRUPT_EVERY 4096

static const struct {
	const char *word;
	enum log_level level;
} levels[] = {
	{ "Fatal Error", LOG_LEVEL_FATAL }, { "Error", LOG_LEVEL_ERROR },
	{ "Warning", LOG_LEVEL_WARNING },   { "Info", LOG_LEVEL_INFO },
	{ "Perf", LOG_LEVEL_INFO },
};

/* What stands in the component column of Panther logs; anything else in capitals is text. */
static const char *const components[] = { "SYSPRP", "CSI",  "CBS",  "DISM",   "SP",
					  "MOUPG",  "MIG",  "CONX", "IBS",    "IBSLIB",
					  "PANTHR", "DU",   "DIAG", "DIAGER", "CMI",
					  "SXS",    "TOOL", "UI",   "SXSO" };

const char *
log_level_text(enum log_level level)
{
	static const char *const names[] = { "", "Info", "Warning", "Error", "Fatal Error" };

	return names[level];
}

static bool
digits(const char *s, const char *pattern)
{
	for (; *pattern; pattern++, s++)
		if (*pattern == '0' ? *s < '0' || *s > '9' : *s != *pattern)
			return false;
	return true;
}

/* Length of the time at the start of a line, with what parts it from the rest; 0 without. */
static size_t
time_length(const char *s, size_t *ret_time)
{
	size_t n;

	if (!digits(s, "0000-00-00"))
		return 0;
	if (digits(s + 10, " 00:00:00")) {
		*ret_time = 19;
		n = s[19] == ',' || s[19] == ':' ? 20 : 19;
		return n + strspn(s + n, " ");
	}
	if (digits(s + 10, "T00:00:00")) {
		n = 19;
		if (s[n] == '.')
			n += 1 + strspn(s + n + 1, "0123456789");
		if (s[n] == 'Z')
			n++;
		*ret_time = n < 23 + 1 ? n : 23;
		if (s[n] == ':')
			n++;
		return n + strspn(s + n, " ");
	}
	return 0;
}

static size_t
level_length(const char *s, enum log_level *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		size_t n = strlen(levels[i].word);

		if (strncmp(s, levels[i].word, n) == 0 &&
		    (s[n] == ' ' || s[n] == '\t' || s[n] == '\0')) {
			*ret = levels[i].level;
			return n;
		}
	}
	return 0;
}

/* Fills what the first line of a record says; returns the start of the message. */
static const char *
parse_line(const char *s, struct log_record *r)
{
	size_t time = 0, n = time_length(s, &time);
	const char *p = s + n;

	memcpy(r->time, s, time);
	r->time[time] = '\0';
	n = level_length(p, &r->level);
	if (!n)
		return p;
	p += n + strspn(p + n, " \t");
	if (strncmp(p, "[0x", 3) == 0 && strspn(p + 3, "0123456789abcdefABCDEF") == 6 &&
	    p[9] == ']')
		p += 10 + strspn(p + 10, " \t");
	for (size_t i = 0; i < ARRAY_SIZE(components); i++) {
		n = strlen(components[i]);
		if (strncmp(p, components[i], n) == 0 && (p[n] == ' ' || p[n] == '\t')) {
			memcpy(r->component, components[i], n + 1);
			return p + n + strspn(p + n, " \t");
		}
	}
	return p;
}

/* A line that begins a record: with a time, or (as in AWS's documentation) with a level alone. */
static bool
begins_record(const char *s)
{
	enum log_level level;
	size_t time, n;

	if (*s >= '0' && *s <= '9')
		return time_length(s, &time) != 0;
	n = *s ? level_length(s, &level) : 0;
	/* "Error while …" goes on with a text; "Error [Shell Unattend] …" is a record that was quoted */
	return n && s[n + strspn(s + n, " \t")] == '[';
}

struct state {
	log_fn *fn;
	void *ctx;
	struct log_record record;
	struct text first, rest; /* first line; continuation lines */
	bool pending;
	uint64_t lines;
};

static int
emit(struct state *s, struct error *err)
{
	CLEANUP_TEXT struct text message = TEXT_INIT;
	int got;

	if (!s->pending)
		return 0;
	s->pending = false;
	text_add(&message, parse_line(text_str(&s->first), &s->record));
	text_add(&message, text_str(&s->rest));
	s->record.message = text_str(&message);
	s->record.text = text_str(&s->first);
	got = s->fn(s->ctx, &s->record, err);
	text_clear(&s->rest);
	return got;
}

static int
take_line(void *ctx, const struct log_line *line, struct error *err)
{
	struct state *s = ctx;
	int got;

	if (++s->lines % INTERRUPT_EVERY == 0 && interrupt_check(err) < 0)
		return -1;
	if (!begins_record(line->text)) {
		/* blank lines only part records */
		if (s->pending && *line->text && s->rest.len + line->len < RECORD_LIMIT)
			text_addf(&s->rest, "\n%s", line->text);
		return 0;
	}
	got = emit(s, err);
	if (got)
		return got;
	s->record = (struct log_record){ .line = line->number, .offset = line->offset };
	s->first.len = 0;
	text_add_n(&s->first, line->text, line->len < RECORD_LIMIT ? line->len : RECORD_LIMIT);
	s->pending = true;
	return 0;
}

int
setuplog_read(const struct log_source *source, log_fn *fn, void *ctx, struct error *err)
{
	struct state s = { .fn = fn, .ctx = ctx };
	int got = log_lines(source, take_line, &s, err);

	if (got == 0)
		got = emit(&s, err);
	text_clear(&s.first);
	text_clear(&s.rest);
	return got < 0 ? -1 : 0;
}
