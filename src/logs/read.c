/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines become records.
 *
 * A record is held back until the next one begins, because lines that begin none belong to it.  Of a record that is not wanted nothing is
 * copied: its first line stays where it is, unless the buffer goes away under it.
 */
#include <string.h>

#include "logs/evtx.h"
#include "logs/grammar.h"
#include "logs/line.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/interrupt.h"
#include "util/text.h"

#define RECORD_LIMIT	(64u << 10)
#define INTERRUPT_EVERY 4096

static const struct log_grammar *const grammars[LOG_KIND_COUNT] = {
	[LOG_KIND_PANTHER] = &log_grammar_panther,
	[LOG_KIND_CBS] = &log_grammar_panther,
	[LOG_KIND_DISM] = &log_grammar_panther,
	[LOG_KIND_SETUPAPI] = &log_grammar_setupapi,
	[LOG_KIND_NETSETUP] = &log_grammar_netsetup,
	[LOG_KIND_EC2CONFIG] = &log_grammar_ec2config,
	[LOG_KIND_EC2LAUNCH] = &log_grammar_ec2launch,
	[LOG_KIND_EC2LAUNCH_V2] = &log_grammar_ec2launch_v2,
	[LOG_KIND_SSM] = &log_grammar_ssm,
	[LOG_KIND_CONSOLE] = &log_grammar_console,
};

struct state {
	const struct log_grammar *grammar;
	struct log_options o;
	struct log_record record; /* what is the same for all of the source */
	struct log_state state;
	struct log_info *info;
	log_fn *fn;
	void *ctx;

	bool pending; /* a record is held back: */
	struct log_line first;
	struct text saved, rest; /* the first line's text, if it had to be; continuation lines */
	bool marked;
};

static bool
is_wanted(const struct state *s, enum log_level level)
{
	return s->marked || s->o.least == LOG_LEVEL_NONE || level >= s->o.least;
}

/* The record that is held back, if it is wanted. */
static int
emit(struct state *s, struct error *err)
{
	CLEANUP_TEXT struct text first = TEXT_INIT;
	CLEANUP_TEXT struct text message = TEXT_INIT;
	struct log_record r = s->record;
	enum log_level quick;

	if (!s->pending)
		return 0;
	s->pending = false;
	quick = s->grammar->level ? s->grammar->level(s->first.text, s->first.len) : LOG_LEVEL_NONE;
	if (quick != LOG_LEVEL_NONE && !is_wanted(s, quick))
		return 0;
	log_line_text(&s->first, s->o.pages, s->o.ansi, &first);
	r.zone = s->grammar->zone;
	text_add(&message, s->grammar->parse(text_str(&first), &s->state, &r));
	if (!is_wanted(s, r.level))
		return 0;
	if (!*r.time)
		r.zone = LOG_ZONE_NONE;
	text_add(&message, text_str(&s->rest));
	r.message = text_str(&message);
	r.text = text_str(&first);
	r.section = s->state.section;
	r.line = s->first.number;
	r.offset = s->first.offset;
	r.hole = s->first.hole;
	return s->fn(s->ctx, &r, err);
}

static void
go_on(struct state *s, const struct log_line *line)
{
	s->first.hole += line->hole;
	s->marked |= line->marked;
	/* blank lines only part records */
	if (!line->len)
		return;
	if (s->rest.len + line->len >= RECORD_LIMIT) {
		s->info->cut = true;
		return;
	}
	text_add(&s->rest, "\n");
	log_line_text(line, s->o.pages, s->o.ansi, &s->rest);
}

static int
take_line(void *ctx, const struct log_line *line, struct error *err)
{
	struct state *s = ctx;
	int got;

	if (line->number % INTERRUPT_EVERY == 0 && interrupt_check(err) < 0)
		return -1;
	if (s->grammar->every_line ? !line->len :
				     s->pending && !s->grammar->begins(line->text, line->len)) {
		if (s->pending)
			go_on(s, line);
		return 0;
	}
	if (!line->len) /* blank lines before the first record */
		return 0;
	got = emit(s, err);
	s->first = *line;
	s->marked = line->marked;
	s->rest.len = 0;
	if (s->rest.ptr)
		*s->rest.ptr = '\0';
	s->pending = true;
	return got;
}

/* What is held back is copied, as the buffer goes. */
static void
leaving(void *ctx)
{
	struct state *s = ctx;

	if (!s->pending || s->first.text == s->saved.ptr)
		return;
	s->saved.len = 0;
	text_add_n(&s->saved, s->first.text, s->first.len);
	s->first.text = text_str(&s->saved);
}

int
log_records(const struct log_source *source, enum log_kind kind, const struct log_options *o,
	    log_fn *fn, void *ctx, struct log_info *ret, struct error *err)
{
	struct log_info info;
	struct state s = { .fn = fn, .ctx = ctx, .info = ret ? ret : &info };
	struct log_lines_options lines = { take_line, leaving, &s, NULL, NULL };
	int got;

	s.grammar = (size_t)kind < ARRAY_SIZE(grammars) ? grammars[kind] : NULL;
	if (kind == LOG_KIND_EVENTS)
		return evtx_read(source, o, fn, ctx, s.info, err);
	if (!s.grammar)
		return error_set(err, ERR_UNSUPPORTED, "it is no log");
	s.record =
		(struct log_record){ .kind = kind, .place = source->place, .path = source->path };
	if (o)
		s.o = *o;
	lines.find = s.o.find;
	lines.find_ctx = s.o.find_ctx;
	got = log_lines(source, &lines, s.info, err);
	if (got == 0)
		got = emit(&s, err);
	text_clear(&s.saved);
	text_clear(&s.rest);
	return got < 0 ? -1 : 0;
}
