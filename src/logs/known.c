/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The matcher of known failures: the literals of all signatures in one pass (literals.h), and only where one stands the
 * regular expressions that go with it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "logs/known-table.h"
#include "logs/literals.h"
#include "logs/nearness.h"
#include "logs/record.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/pattern.h"
#include "util/text.h"

#define SEEN \
	4096 /* bytes of a record that are looked at: what Windows writes as one record, but for dumps, is shorter */

struct signature {
	const struct known_failure *of;
	const struct known_signature *what;
	struct pattern *pattern; /* NULL: the literal is enough */
	uint64_t tried;		 /* the search in which it was tried: once a record is enough */
};

struct known {
	struct signature *list;
	size_t count;
	struct literals *literals;   /* of the signatures */
	struct literals *with_marks; /* and the marks: a log may have one of these in each line */
	struct nearness *nearness;   /* NULL until it is asked for */
	uint64_t searches;
};

const struct known_failure *
known_entry(size_t i)
{
	return i < KNOWN_SYSPREP_COUNT ? &known_sysprep[i] : &known_setup[i - KNOWN_SYSPREP_COUNT];
}

const struct known_failure *
known_by_id(const char *id)
{
	for (size_t i = 0; i < KNOWN_COUNT; i++)
		if (strcmp(known_entry(i)->id, id) == 0)
			return known_entry(i);
	return NULL;
}

bool
known_is_copyprofile(const struct known_failure *f)
{
	return f->what == KNOWN_FAILURE && strncmp(f->id, "copyprofile-", 12) == 0;
}

const char *
known_evidence_text(enum known_evidence e)
{
	static const char *const names[] = { "confirmed", "known", "uncertain" };

	return names[e];
}

char *
known_phases_text(unsigned phases)
{
	static const char *const names[] = { "validate",       "generalize",   "cleanup",
					     "specialize",     "oobeSystem",   "audit",
					     "boot",	       "upgrade",      "offlineServicing",
					     "before Sysprep", "after Sysprep" };
	CLEANUP_TEXT struct text t = TEXT_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (phases & 1u << i)
			text_addf(&t, "%s%s", t.len ? ", " : "", names[i]);
	return text_steal(&t);
}

static void
hit_clear(struct known_hit *h)
{
	for (size_t i = 0; i < h->name_count; i++)
		free(h->names[i].text);
	free(h->names);
}

void
known_hits_clear(struct known_hits *h)
{
	for (size_t i = 0; i < h->count; i++)
		hit_clear(&h->list[i]);
	free(h->list);
	*h = (struct known_hits){ 0 };
}

const char *
known_hit_name(const struct known_hit *h, const char *what)
{
	for (size_t i = 0; i < h->name_count; i++)
		if (strcmp(h->names[i].what, what) == 0)
			return h->names[i].text;
	return NULL;
}

/* The names that `to` has not, out of `from`. */
static void
move_names(struct known_hit *to, struct known_hit *from)
{
	for (size_t i = 0; i < from->name_count; i++) {
		if (known_hit_name(to, from->names[i].what))
			continue;
		ARRAY_GROW(to->names, to->name_count);
		to->names[to->name_count++] = from->names[i];
		from->names[i].text = NULL;
	}
}

void
known_hits_refine(struct known_hits *general, struct known_hits *special)
{
	for (size_t i = 0; i < special->count; i++)
		for (size_t k = 0; k < general->count; k++)
			if (special->list[i].known->refines == general->list[k].known->number)
				move_names(&special->list[i], &general->list[k]);
	special->marks |= general->marks;
	known_hits_clear(general);
	*general = *special;
	*special = (struct known_hits){ 0 };
}

/* ---- the matcher ---- */

static int
add_signatures(struct known *k, const struct known_failure *f, struct error *err)
{
	for (const struct known_signature *s = f->signatures;
	     s < f->signatures + KNOWN_SIGNATURES && s->literal; s++) {
		struct signature *new;

		ARRAY_GROW(k->list, k->count);
		new = &k->list[k->count++];
		*new = (struct signature){ .of = f, .what = s };
		if (!s->pattern)
			continue;
		new->pattern = pattern_new(s->pattern, err);
		if (!new->pattern)
			return error_prefix(err, "known failure %s", f->id);
	}
	return 0;
}

struct known *
known_new(struct error *err)
{
	CLEANUP_KNOWN struct known *k = xzalloc(sizeof *k);
	CLEANUP_FREE const char **words = NULL;

	for (size_t i = 0; i < KNOWN_COUNT; i++)
		if (add_signatures(k, known_entry(i), err) < 0)
			return NULL;
	words = xcalloc(k->count + known_mark_count, sizeof *words);
	for (size_t i = 0; i < k->count; i++)
		words[i] = k->list[i].what->literal;
	memcpy(words + k->count, known_marks, known_mark_count * sizeof *words);
	k->literals = literals_new(words, k->count);
	k->with_marks = literals_new(words, k->count + known_mark_count);
	return steal(&k);
}

void
known_free(struct known *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->count; i++)
		pattern_free(k->list[i].pattern);
	free(k->list);
	literals_free(k->literals);
	literals_free(k->with_marks);
	nearness_free(k->nearness);
	free(k);
}

void
known_freep(struct known **k)
{
	known_free(*k);
}

const char *
known_find(void *known, const char *p, size_t n)
{
	const struct known *k = known;
	size_t at = literals_first(k->literals, p, n);

	return at < n ? p + at : NULL;
}

const char *
known_find_marks(const struct known *k, const char *p, size_t n)
{
	size_t at = literals_first(k->with_marks, p, n);

	return at < n ? p + at : NULL;
}

/* One search: the text, where it stood, what was found. */
struct search {
	struct known *known;
	const char *text;
	size_t len;
	bool anywhere; /* nobody knows where the words stood */
	enum log_kind kind;
	enum log_place place;
	enum log_level level;
	const char *component;
	struct known_hits *hits;
};

/* Whether `word` is one of the words of `list`. */
static bool
is_listed(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; n && (p = strstr(p, word)); p += n)
		if ((p == list || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
			return true;
	return false;
}

static bool
counts_here(const struct search *s, const struct signature *sig)
{
	const struct known_failure *f = sig->of;

	if (s->anywhere)
		return true;
	if (sig->what->dialog || !(f->kinds & 1u << s->kind))
		return false;
	if (s->place != LOG_PLACE_OTHER && !(f->places & 1u << s->place))
		return false;
	if (f->what == KNOWN_FAILURE && s->level == LOG_LEVEL_INFO && !sig->what->info)
		return false;
	return (!f->components || is_listed(f->components, s->component)) &&
	       (!sig->what->components || is_listed(sig->what->components, s->component));
}

/* The names that the expression took out of the text, into the hit, which keeps those that it has. */
static void
take_names(struct known_hit *h, const struct pattern *p)
{
	for (size_t i = 0; i < pattern_group_count(p); i++) {
		size_t n;
		const char *at = pattern_group(p, i, &n);

		if (!at || !n || known_hit_name(h, pattern_group_name(p, i)))
			continue;
		ARRAY_GROW(h->names, h->name_count);
		h->names[h->name_count++] = (struct known_name){ pattern_group_name(p, i),
								 xstrndup(at, n) };
	}
}

static struct known_hit *
find_hit(struct known_hits *hits, const struct known_failure *f)
{
	for (size_t i = 0; i < hits->count; i++)
		if (hits->list[i].known == f)
			return &hits->list[i];
	return NULL;
}

static bool
take_literal(void *ctx, size_t which)
{
	struct search *s = ctx;
	struct signature *sig = &s->known->list[which];
	struct known_hit *h;

	if (which >= s->known->count) {
		s->hits->marks |= 1u << (which - s->known->count);
		return false;
	}
	if (sig->tried == s->known->searches || !counts_here(s, sig))
		return false;
	sig->tried = s->known->searches;
	if (sig->pattern && !pattern_match(sig->pattern, s->text, s->len))
		return false;
	h = find_hit(s->hits, sig->of);
	if (!h) {
		ARRAY_GROW(s->hits->list, s->hits->count);
		h = &s->hits->list[s->hits->count++];
		*h = (struct known_hit){ .known = sig->of, .signature = sig->what };
	} else if (h->signature->tail && !sig->what->tail) {
		h->signature = sig->what;
	}
	if (sig->pattern)
		take_names(h, sig->pattern);
	return false;
}

/* The hit of an entry that refines that number, or what refines it; NULL: there is none. */
static struct known_hit *
refining(const struct known_hits *hits, unsigned number)
{
	for (size_t i = 0; i < hits->count; i++)
		for (unsigned n = hits->list[i].known->refines; n; n = known_entry(n - 1)->refines)
			if (n == number)
				return &hits->list[i];
	return NULL;
}

/* Leaves out what is refined by another, and puts the rest in the order of the table. */
static size_t
finish(struct known_hits *hits)
{
	struct known_hits kept = { xcalloc(hits->count ? hits->count : 1, sizeof *kept.list), 0,
				   hits->marks };

	for (size_t i = 0; i < hits->count; i++) {
		struct known_hit *special = refining(hits, hits->list[i].known->number), *more;

		/* the most special one; no entry refines itself */
		while (special && (more = refining(hits, special->known->number)))
			special = more;
		if (special)
			move_names(special, &hits->list[i]);
	}
	for (unsigned number = 1; number <= KNOWN_COUNT && hits->count; number++)
		for (size_t i = 0; i < hits->count; i++)
			if (hits->list[i].known->number == number && !refining(hits, number)) {
				kept.list[kept.count++] = hits->list[i];
				hits->list[i].names = NULL;
				hits->list[i].name_count = 0;
			}
	known_hits_clear(hits);
	*hits = kept;
	return kept.count;
}

static size_t
search(struct search *s)
{
	*s->hits = (struct known_hits){ 0 };
	s->known->searches++;
	s->len = text_cut(s->text, SEEN);
	literals_find(s->known->with_marks, s->text, s->len, take_literal, s);
	return s->hits->count ? finish(s->hits) : 0;
}

size_t
known_match(struct known *k, const struct log_record *r, struct known_hits *ret)
{
	struct search s = { .known = k,
			    .text = r->message,
			    .kind = r->kind,
			    .place = r->place,
			    .level = r->level,
			    .component = r->component,
			    .hits = ret };

	return search(&s);
}

size_t
known_match_text(struct known *k, const char *text, struct known_hits *ret)
{
	struct search s = { .known = k, .text = text, .anywhere = true, .hits = ret };

	return search(&s);
}

/* ---- relatives ---- */

#define NEAR 0.2 /* below that two lines share words that many lines have */

/* Behind "Copy(?:Profile)?", which is at its "(?:": the words "Copy" and "CopyProfile". */
static const char *
add_both_names(struct text *t, const char *group)
{
	const char *more = group + strlen("(?:"), *end = more;
	size_t from = t->len, n;

	while ((*end | ' ') >= 'a' && (*end | ' ') <= 'z')
		end++;
	while (from && (t->ptr[from - 1] | ' ') >= 'a' && (t->ptr[from - 1] | ' ') <= 'z')
		from--;
	n = t->len - from;
	if (!n || end == more || strncmp(end, ")?", 2) != 0)
		return NULL;
	text_add(t, " ");
	for (size_t i = 0; i < n; i++)
		text_add_n(t, (const char[]){ t->ptr[from + i] }, 1);
	text_add_n(t, more, (size_t)(end - more));
	return end + 1;
}

/* A regular expression's plain words: signs of its grammar become blanks. */
static char *
plain_words(const char *regex)
{
	CLEANUP_TEXT struct text t = TEXT_INIT;

	for (const char *p = regex; *p; p++) {
		const char *behind = strncmp(p, "(?:", 3) == 0 ? add_both_names(&t, p) : NULL;

		if (behind) {
			p = behind;
		} else if (strncmp(p, "(?<", 3) == 0 && strchr(p, '>')) {
			p = strchr(p, '>');
			text_add(&t, " ");
		} else if (*p == '\\' && p[1]) {
			p++;
			text_add_n(&t, *p == '.' || *p == '-' ? p : " ", 1);
		} else {
			text_add_n(&t, strchr("()[]{}?*+|^$.", *p) ? " " : p, 1);
		}
	}
	return text_steal(&t);
}

/* What any line of Sysprep's may have: every entry has it, so that it says nothing. */
static const char common[] =
	"ActionPlatform LaunchModule LaunchDll RunDlls RunExternalDlls RunPlatformActions SysprepSession WinMain SYSPRP "
	"Failure occurred while executing failed error Error returned code from for the dwRet gle hr HRESULT Windows System32";

static struct nearness *
learn(const struct known *k)
{
	struct nearness *n = nearness_new();

	for (size_t i = 0; i < KNOWN_COUNT; i++) {
		nearness_add(n, i, common);
		if (known_entry(i)->kin)
			nearness_add(n, i, known_entry(i)->kin);
	}
	for (size_t i = 0; i < k->count; i++) {
		const struct known_signature *s = k->list[i].what;
		CLEANUP_FREE char *words = plain_words(s->pattern ? s->pattern : "");

		if (k->list[i].of->what != KNOWN_FAILURE)
			continue;
		nearness_add(n, k->list[i].of->number - 1, s->literal);
		nearness_add(n, k->list[i].of->number - 1, words);
	}
	return n;
}

const struct known_failure *
known_nearest(struct known *k, const char *message, char **ret_shared)
{
	double near;
	long found;

	if (!k->nearness)
		k->nearness = learn(k);
	found = nearness_find(k->nearness, message, &near, ret_shared);
	if (found >= 0 && near >= NEAR)
		return known_entry((size_t)found);
	free(*ret_shared);
	*ret_shared = NULL;
	return NULL;
}
