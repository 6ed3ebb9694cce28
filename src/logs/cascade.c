/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records become runs, and runs have causes; see cascade.h. */
#include <stdlib.h>
#include <string.h>

#include "logs/cascade-private.h"
#include "logs/code-text.h"
#include "logs/known-table.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/text.h"
#include "util/utf16.h"

#define LATE_LIMIT 512	/* of a log without runs */
#define TEXT_LIMIT 1024 /* of a line that is kept */
#define DECIMAL	   "0123456789"
#define HEX	   DECIMAL "abcdefABCDEF"

/* What a line says of the run that it stands in.  Words of Windows' own; each is a literal of the one search (known_find_marks). */
enum mark {
	MARK_SYSPREP_BEGINS,
	MARK_SPECIALIZE_BEGINS,
	MARK_OOBE_BEGINS,
	MARK_FAILED,
	MARK_VALIDATING, /* and failed */
	MARK_CANCELLED,	 /* the user closed Sysprep's window: nothing was done */
	MARK_ENDED,	 /* well, unless something failed or nothing was done */
	MARK_STEP_DONE,	 /* of those that are known to hang */
	MARK_ACTION,	 /* Sysprep does something: it runs a provider, or has run one */
};

/* In the order of known_marks. */
static const enum mark marks[] = {
	MARK_SYSPREP_BEGINS, MARK_SPECIALIZE_BEGINS,
	MARK_OOBE_BEGINS,    MARK_OOBE_BEGINS,
	MARK_FAILED,	     MARK_FAILED,
	MARK_VALIDATING,     MARK_FAILED,
	MARK_FAILED,	     MARK_FAILED,
	MARK_FAILED,	     MARK_ENDED,
	MARK_ENDED,	     MARK_ENDED,
	MARK_STEP_DONE,	     MARK_STEP_DONE,
	MARK_CANCELLED,	     MARK_ACTION,
	MARK_ACTION,	     MARK_ACTION,
	MARK_ACTION,
};
const char *const known_marks[] = {
	"beginning of a new sysprep run",
	"windeploy.exe launched with command-line",
	"[oobeldr.exe] ",
	"[msoobe.exe] ",
	"halting sysprep execution",
	"winmain:hit failure while processing sysprep",
	"winmain:hit failure while pre-validate",
	"setup.exe failed, returning exit code [0x",
	"failed to complete runsmipass for",
	"pass has failed status",
	"execution of unattend gcs failed",
	"shutting down sysprep log",
	"process exited with exit code [0x0]",
	"exiting mandatory tasks... [0x0]",
	"successfully executed 'sysprep_generalize_pnp",
	"successfully executed 'generalizeforimaging",
	"winmain:the sysprep dialog box returned false",
	"running platform actions",
	"'; executing it",
	"executing method '",
	"successfully executed '",
};
const size_t known_mark_count = ARRAY_SIZE(known_marks);
_Static_assert(ARRAY_SIZE(marks) == ARRAY_SIZE(known_marks), "a meaning for each mark");

const char *
log_phase_text(enum log_phase p)
{
	static const char *const names[] = { "sysprep", "specialize", "oobeSystem" };

	return names[p];
}

/* ---- codes ---- */

static bool
is_letter(char c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

/* The number that begins at `p`; hexadecimal as well when it is written without 0x: "dwRet= 1f", "hr = 80070005". */
static bool
number_at(const char *p, uint32_t *ret)
{
	bool negative = *p == '-';
	bool hex;
	size_t n;

	p += negative || *p == '[' || *p == '(';
	hex = p[0] == '0' && (p[1] | 32) == 'x';
	p += hex ? 2 : 0;
	if (hex && *p == '-') {
		/* "0x-2147417850": decimal in spite of it */
		hex = false;
		negative = true;
		p++;
	}
	n = strspn(p, hex ? HEX : DECIMAL);
	if (!hex && !negative && (strspn(p, HEX) > n || (n == 8 && *p == '8'))) {
		hex = true;
		n = strspn(p, HEX);
	}
	/* nor the beginning of a word: "dwRet = failure" */
	if (n == 0 || n > (hex ? 8 : 10) || is_letter(p[n]))
		return false;
	*ret = (uint32_t)strtoull(p, NULL, hex ? 16 : 10);
	if (negative)
		*ret = 0u - *ret;
	return *ret != 0;
}

/* The first code of a message that is not its last error. */
struct first_code {
	const char *message;
	uint32_t code;
};

static void
take_code(void *ctx, const struct code_found *f)
{
	struct first_code *first = ctx;

	if (!first->code &&
	    (f->start < 4 || !name_starts_with(first->message + f->start - 4, "gle=")))
		first->code = f->value;
}

static bool
code_after_words(const char *message, uint32_t *ret)
{
	static const char *const before[] = {
		"hr =",	      "hr=",	     "dwRet =",	   "dwRet=",	 "hrResult =",
		"HRESULT =",  "error code",  "gdwError =", "failed: 0x", "failed (0x",
		"Error: [0x", "exit code [", "(0x",	   "error 0x"
	};

	for (size_t i = 0; i < ARRAY_SIZE(before); i++)
		for (const char *p = name_find(message, before[i]); p;
		     p = name_find(p + 1, before[i])) {
			size_t n = strlen(before[i]);

			/* a number that is part of the words begins within them */
			if (before[i][n - 1] == 'x')
				n -= 2;
			if (number_at(p + n + strspn(p + n, " "), ret))
				return true;
		}
	return false;
}

bool
cascade_code(const char *message, uint32_t *ret)
{
	struct first_code first = { message, 0 };
	const char *gle;

	if (code_after_words(message, ret))
		return true;
	code_scan(message, strlen(message), take_code, &first);
	*ret = first.code;
	for (gle = name_find(message, "gle="); gle && !*ret; gle = name_find(gle + 1, "gle="))
		number_at(gle + strlen("gle="), ret);
	return *ret != 0;
}

/* ---- events and runs ---- */

void
cascade_event_clear(struct cascade_event *e)
{
	free(e->path);
	free(e->text);
	free(e->message);
	known_hits_clear(&e->hits);
}

static void
run_clear(struct cascade_run *r)
{
	for (size_t i = 0; i < r->count; i++)
		cascade_event_clear(&r->events[i]);
	free(r->events);
}

struct cascade *
cascade_new(struct known *k)
{
	struct cascade *c = xzalloc(sizeof *c);

	c->known = k;
	for (int i = 0; i < LOG_PHASE_COUNT; i++)
		c->newest[i] = c->follower[i] = c->history[i] = -1;
	return c;
}

void
cascade_free(struct cascade *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->count; i++)
		run_clear(&c->runs[i]);
	for (size_t i = 0; i < c->late_count; i++)
		cascade_event_clear(&c->late[i]);
	free(c->late);
	free(c->seen);
	free(c->runs);
	free(c);
}

void
cascade_freep(struct cascade **c)
{
	cascade_free(*c);
}

void
cascade_source(struct cascade *c)
{
	c->source = c->count;
	c->late_before = c->late_count;
	cascade_forget_seen(c);
}

bool
cascade_got(const struct cascade *c)
{
	return c->count > c->source || c->late_count > c->late_before;
}

const char *
cascade_find(void *cascade, const char *p, size_t n)
{
	struct cascade *c = cascade;

	return known_find_marks(c->known, p, n);
}

static struct cascade_run *
begin_run(struct cascade *c, enum log_phase phase, const struct log_record *r)
{
	struct cascade_run *run;

	/* of a log that holds nothing but beginnings the oldest goes */
	if (c->count - c->source >= RUN_LIMIT) {
		run_clear(&c->runs[c->source]);
		memmove(&c->runs[c->source], &c->runs[c->source + 1],
			(c->count - c->source - 1) * sizeof *c->runs);
		c->count--;
	}
	ARRAY_GROW(c->runs, c->count);
	run = &c->runs[c->count++];
	*run = (struct cascade_run){ .phase = phase, .stamp = r->stamp, .cause = -1, .certain = -1 };
	memcpy(run->time, r->time, sizeof run->time);
	return run;
}

/* Which rules a record's log has; a log that somebody sent shows it by what stands in it. */
enum log_phase
cascade_phase_of(const struct log_record *r)
{
	if (r->place == LOG_PLACE_SYSPREP || r->place == LOG_PLACE_SYSPREP_IE)
		return LOG_PHASE_SYSPREP;
	if (r->place == LOG_PLACE_OTHER && strcmp(r->component, "SYSPRP") == 0)
		return LOG_PHASE_SYSPREP;
	return LOG_PHASE_SPECIALIZE;
}

/* The run that a record without a mark belongs to. */
static struct cascade_run *
current_run(struct cascade *c, const struct log_record *r)
{
	enum log_phase phase = cascade_phase_of(r);

	if (c->count > c->source) {
		struct cascade_run *last = &c->runs[c->count - 1];

		if ((last->phase == LOG_PHASE_SYSPREP) == (phase == LOG_PHASE_SYSPREP))
			return last;
	}
	return begin_run(c, phase, r);
}

static char *
first_part(const char *s)
{
	return xstrndup(s, text_cut(s, TEXT_LIMIT));
}

void
cascade_fill_event(struct cascade_event *e, const struct log_record *r, struct known_hits *hits)
{
	*e = (struct cascade_event){ .path = xstrdup(r->path),
				     .text = first_part(r->text),
				     .message = first_part(r->message),
				     .stamp = r->stamp,
				     .line = r->line,
				     .offset = r->offset,
				     .level = r->level,
				     .hits = *hits };
	memcpy(e->time, r->time, sizeof e->time);
	memcpy(e->component, r->component, sizeof e->component);
	*hits = (struct known_hits){ 0 };
}

/* Of a log without beginnings of runs the newest events are kept; half of them go at a time, so that a log of nothing but errors is not moved for each. */
static void
drop_older_half(struct cascade *c)
{
	size_t half = c->late_count / 2;

	for (size_t i = 0; i < half; i++)
		cascade_event_clear(&c->late[i]);
	memmove(c->late, c->late + half, (c->late_count - half) * sizeof *c->late);
	c->late_count -= half;
	c->late_before = c->late_before > half ? c->late_before - half : 0;
}

static void
add_event(struct cascade *c, const struct log_record *r, struct known_hits *hits)
{
	if (r->place == LOG_PLACE_PANTHER) {
		if (c->late_count == LATE_LIMIT)
			drop_older_half(c);
		ARRAY_GROW(c->late, c->late_count);
		cascade_fill_event(&c->late[c->late_count++], r, hits);
	} else {
		struct cascade_run *run = current_run(c, r);

		if (run->count == EVENT_LIMIT) {
			run->more++;
			return;
		}
		ARRAY_GROW(run->events, run->count);
		cascade_fill_event(&run->events[run->count++], r, hits);
	}
}

void
cascade_end_run(struct cascade_run *run, const struct log_record *r)
{
	/* "Shutting down" comes after a failure, a cancelled run and one that did nothing (another one runs, no rights) too */
	if (run->outcome != RUN_FAILED && !run->cancelled &&
	    (run->phase != LOG_PHASE_SYSPREP || run->acted)) {
		run->outcome = RUN_SUCCEEDED;
		run->ended = r->stamp;
	}
}

/* A step that was begun is the last event of such a run; when it came back it is none. */
static void
drop_step(struct cascade_run *run)
{
	const struct known_hit *h = run->count ? cascade_known(&run->events[run->count - 1]) : NULL;

	if (h && h->signature->last)
		cascade_event_clear(&run->events[--run->count]);
}

static void
take_mark(struct cascade *c, enum mark m, const struct log_record *r)
{
	struct cascade_run *run;

	/* what \Windows\Panther says is put among the runs by its time */
	if (r->place == LOG_PLACE_PANTHER)
		return;
	switch (m) {
	case MARK_SYSPREP_BEGINS:
		begin_run(c, LOG_PHASE_SYSPREP, r);
		return;
	case MARK_SPECIALIZE_BEGINS:
		begin_run(c, LOG_PHASE_SPECIALIZE, r);
		return;
	case MARK_OOBE_BEGINS:
		run = current_run(c, r);
		if (run->phase == LOG_PHASE_OOBE)
			return;
		/* its programs are started when specialize is done */
		cascade_end_run(run, r);
		begin_run(c, LOG_PHASE_OOBE, r);
		return;
	case MARK_VALIDATING:
	case MARK_FAILED:
		run = current_run(c, r);
		run->outcome = RUN_FAILED;
		run->validating |= m == MARK_VALIDATING;
		return;
	case MARK_CANCELLED:
		current_run(c, r)->cancelled = true;
		return;
	case MARK_ENDED:
		cascade_end_run(current_run(c, r), r);
		return;
	case MARK_ACTION:
		if (cascade_phase_of(r) == LOG_PHASE_SYSPREP)
			current_run(c, r)->acted = true;
		return;
	case MARK_STEP_DONE:
		drop_step(current_run(c, r));
		return;
	}
}

/* Of the marks those that an error has. */
static unsigned
marks_of(const struct known_hits *hits)
{
	unsigned all = 0;

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (!(hits->marks & 1u << i))
			continue;
		all |= marks[i] == MARK_FAILED	    ? SECOND_FAILED :
		       marks[i] == MARK_VALIDATING  ? SECOND_FAILED | SECOND_VALIDATING :
		       marks[i] == MARK_OOBE_BEGINS ? SECOND_OOBE :
						      0;
	}
	return all;
}

/* What is no error by its level, and no failure that is known, is no event. */
static bool
is_event(const struct log_record *r, const struct known_hits *hits)
{
	return r->level >= LOG_LEVEL_ERROR || hits->count;
}

int
cascade_take(void *cascade, const struct log_record *r, struct error *err)
{
	struct cascade *c = cascade;
	CLEANUP_KNOWN_HITS struct known_hits hits = { 0 };

	(void)err;
	if (!cascade_see(c, r))
		return 0;
	known_match(c->known, r, &hits);
	if (c->second && r->place != LOG_PLACE_PANTHER) {
		if (is_event(r, &hits))
			cascade_put_second(c, r, &hits, marks_of(&hits));
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (hits.marks & 1u << i)
			take_mark(c, marks[i], r);
	if (is_event(r, &hits))
		add_event(c, r, &hits);
	return 0;
}

/* ---- putting all in order ---- */

/* Whether the run before it failed, and nothing has got over that. */
static bool
stands(const struct cascade_run *r)
{
	return r && r->cause >= 0 && r->outcome != RUN_SUCCEEDED;
}

/* Takes the place of the newest run of its phase so far, if it tells more than that. */
static void
rank(struct cascade *c, long i)
{
	const struct cascade_run *r = &c->runs[i];
	long *newest = &c->newest[r->phase];
	const struct cascade_run *before = *newest < 0 ? NULL : &c->runs[*newest];

	if (r->outcome == RUN_SUCCEEDED && stands(before))
		c->history[r->phase] = *newest;
	if (stands(r) && r->follows && stands(before) && !before->follows) {
		c->follower[r->phase] = i;
		return;
	}
	/* one that says nothing takes the place of one that says nothing only */
	if (r->outcome == RUN_OPEN && r->cause < 0 && before && before->cause >= 0)
		return;
	*newest = i;
	c->follower[r->phase] = -1;
}

void
cascade_judge(struct cascade *c)
{
	cascade_settle_late(c);
	for (size_t i = 0; i < c->count; i++) {
		cascade_judge_run(&c->runs[i]);
		c->counts[c->runs[i].phase]++;
		rank(c, (long)i);
	}
}

const struct cascade_run *
cascade_newest(const struct cascade *c, enum log_phase phase)
{
	return c->newest[phase] < 0 ? NULL : &c->runs[c->newest[phase]];
}

const struct cascade_run *
cascade_follower(const struct cascade *c, enum log_phase phase)
{
	return c->follower[phase] < 0 ? NULL : &c->runs[c->follower[phase]];
}

const struct cascade_run *
cascade_history(const struct cascade *c, enum log_phase phase)
{
	return c->history[phase] < 0 ? NULL : &c->runs[c->history[phase]];
}

size_t
cascade_count(const struct cascade *c, enum log_phase phase)
{
	return c->counts[phase];
}
