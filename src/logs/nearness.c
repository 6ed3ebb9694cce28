/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets of words, and how near they are; see nearness.h. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/nearness.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/text.h"

#define WORD_LIMIT  64	/* characters of a word: names of functions are shorter */
#define NAME_LENGTH 11	/* a word as long is a name, as of a function */
#define TEXT_WORDS  256 /* words of one text that are looked at: an error is one line */

struct word {
	char *text;
	size_t *in; /* numbers of the texts that have it */
	size_t count;
};

struct nearness {
	struct word *words;
	size_t word_count;
	size_t text_count;
};

static bool
is_inside(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_' || c == '.' || (c & 0x80);
}

/* An HRESULT or NTSTATUS without its 0x, as "failed with error 80070490". */
static bool
is_bare_hex(const char *word)
{
	return strchr("8c", *word) && strspn(word, "0123456789abcdef") == 8 && !word[8];
}

/* Whether the word before it makes a number a code: all else that is decimal counts something, or is a date, a line, a process. */
static bool
announces_code(const char *before)
{
	static const char *const words[] = { "code", "error", "result", "status" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(before, words[i]) == 0)
			return true;
	return false;
}

/* A code in one spelling, whichever it had; false when the word is none.  `before` is the word before it. */
static bool
normal_code(const char *word, const char *before, bool negative, char *ret, size_t size)
{
	bool marked = strncmp(word, "0x", 2) == 0, hex = marked || is_bare_hex(word);
	const char *digits = word + (marked ? 2 : 0);
	size_t n = strspn(digits, hex ? "0123456789abcdef" : "0123456789");
	uint32_t v;

	if (!n || digits[n] || n > 10)
		return false;
	v = (uint32_t)strtoull(digits, NULL, hex ? 16 : 10);
	if (negative)
		v = 0u - v;
	if (!hex && !announces_code(before) && (v >> 28 != 8 && v >> 28 != 0xc))
		return false;
	if (v >> 16 == 0x8007)
		v &= 0xffff;
	snprintf(ret, size, "0x%" PRIx32, v);
	return true;
}

/* The next word of `*at`, in small letters, or code, in place of the word before it; false when there is none. */
static bool
next_word(const char **at, char word[WORD_LIMIT])
{
	const char *p = *at;

	while (*p) {
		char before[WORD_LIMIT], code[16];
		bool negative = false;
		size_t n = 0;

		memcpy(before, word, sizeof before);
		for (; *p && !is_inside(*p); p++)
			negative = *p == '-';
		for (; is_inside(*p); p++)
			if (n < WORD_LIMIT - 1 && (n || (*p != '_' && *p != '.')))
				word[n++] = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
		while (n && (word[n - 1] == '.' || word[n - 1] == '_'))
			n--;
		word[n] = '\0';
		*at = p;
		if (normal_code(word, before, negative, code, sizeof code)) {
			memcpy(word, code, sizeof code);
			return true;
		}
		if (n >= 3)
			return true;
	}
	return false;
}

static struct word *
find_word(const struct nearness *n, const char *word)
{
	for (size_t i = 0; i < n->word_count; i++)
		if (strcmp(n->words[i].text, word) == 0)
			return &n->words[i];
	return NULL;
}

static bool
has(const struct word *w, size_t which)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->in[i] == which)
			return true;
	return false;
}

struct nearness *
nearness_new(void)
{
	return xzalloc(sizeof(struct nearness));
}

void
nearness_free(struct nearness *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->word_count; i++) {
		free(n->words[i].text);
		free(n->words[i].in);
	}
	free(n->words);
	free(n);
}

void
nearness_add(struct nearness *n, size_t which, const char *text)
{
	char word[WORD_LIMIT] = "";

	if (which >= n->text_count)
		n->text_count = which + 1;
	while (next_word(&text, word)) {
		struct word *w = find_word(n, word);

		if (!w) {
			ARRAY_GROW(n->words, n->word_count);
			w = &n->words[n->word_count++];
			*w = (struct word){ .text = xstrdup(word) };
		}
		if (has(w, which))
			continue;
		ARRAY_GROW(w->in, w->count);
		w->in[w->count++] = which;
	}
}

/* Names of files and functions say more than codes, and these more than other words. */
static bool
is_name(const struct word *w)
{
	return strpbrk(w->text, "._") || strlen(w->text) >= NAME_LENGTH;
}

static bool
is_code(const struct word *w)
{
	return strncmp(w->text, "0x", 2) == 0;
}

static double
worth(const struct word *w)
{
	double most = is_name(w) ? 4 : is_code(w) ? 2 : 1;

	return most / (double)w->count;
}

/* A name, or a code that is not as small as a count; but none that most texts have. */
static bool
is_telling(const struct word *w, size_t texts)
{
	return w->count * 2 <= texts && (is_name(w) || (is_code(w) && strlen(w->text) > 4));
}

/* The words of `text` that any of the texts has, each once. */
static size_t
known_words(const struct nearness *n, const char *text, const struct word **ret)
{
	char word[WORD_LIMIT] = "";
	size_t count = 0;

	while (count < TEXT_WORDS && next_word(&text, word)) {
		const struct word *w = find_word(n, word);
		bool again = !w;

		for (size_t i = 0; i < count && !again; i++)
			again = ret[i] == w;
		if (!again)
			ret[count++] = w;
	}
	return count;
}

static char *
shared_words(const struct word **words, size_t count, size_t which, size_t texts)
{
	CLEANUP_TEXT struct text t = TEXT_INIT;

	/* what most texts have says nothing */
	for (size_t i = 0; i < count; i++)
		if (has(words[i], which) && words[i]->count * 2 <= texts)
			text_addf(&t, "%s%s", t.len ? ", " : "", words[i]->text);
	return text_steal(&t);
}

long
nearness_find(const struct nearness *n, const char *text, double *ret_nearness, char **ret_shared)
{
	CLEANUP_FREE double *shared = xcalloc(n->text_count ? n->text_count : 1, sizeof *shared);
	CLEANUP_FREE bool *telling = xcalloc(n->text_count ? n->text_count : 1, sizeof *telling);
	CLEANUP_FREE double *whole = xcalloc(n->text_count ? n->text_count : 1, sizeof *whole);
	const struct word *words[TEXT_WORDS];
	size_t count = known_words(n, text, words);
	double own = 0;
	long best = -1;

	*ret_nearness = 0;
	*ret_shared = NULL;
	for (size_t i = 0; i < count; i++) {
		own += worth(words[i]);
		for (size_t k = 0; k < words[i]->count; k++) {
			shared[words[i]->in[k]] += worth(words[i]);
			telling[words[i]->in[k]] |= is_telling(words[i], n->text_count);
		}
	}
	for (size_t i = 0; i < n->word_count; i++)
		for (size_t k = 0; k < n->words[i].count; k++)
			whole[n->words[i].in[k]] += worth(&n->words[i]);
	for (size_t i = 0; i < n->text_count; i++) {
		double near = telling[i] ? shared[i] / (own + 0.25 * (whole[i] - shared[i])) : 0;

		if (near > *ret_nearness) {
			*ret_nearness = near;
			best = (long)i;
		}
	}
	if (best >= 0)
		*ret_shared = shared_words(words, count, (size_t)best, n->text_count);
	return best;
}
