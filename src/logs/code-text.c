/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Error codes in text.
 *
 * A line is walked word by word (letters, digits and "_"), so that a number within a name, a GUID or a version is never looked at.
 * Words that say that a code follows are looked up backwards from a number, which few numbers make necessary.
 */
#include <string.h>

#include "logs/code-text.h"
#include "logs/error-code.h"
#include "util/alloc.h"

#define LABEL_MOST 12 /* the longest word of the lists below, and more */

/* What a number may be called, in lower case. */
enum label {
	LABEL_NONE,
	LABEL_WEAK, /* may be followed by something that is no code: only hexadecimal counts, and not 1 */
	LABEL_STRONG, /* decimal counts as well */
	LABEL_DWRET,  /* as that, and hexadecimal without 0x */
};

static const struct {
	const char *word;
	enum label label;
} labels[] = {
	{ "error", LABEL_STRONG },   { "gle", LABEL_STRONG },	    { "hr", LABEL_STRONG },
	{ "dwret", LABEL_DWRET },    { "hresult", LABEL_STRONG },   { "hrresult", LABEL_STRONG },
	{ "err", LABEL_STRONG },     { "gdwerror", LABEL_STRONG },  { "lasterror", LABEL_STRONG },
	{ "dwerror", LABEL_STRONG }, { "errorcode", LABEL_STRONG }, { "exitcode", LABEL_STRONG },
	{ "scode", LABEL_STRONG },   { "ntstatus", LABEL_STRONG },  { "stop", LABEL_WEAK },
	{ "failed", LABEL_WEAK },    { "failure", LABEL_WEAK },	    { "status", LABEL_WEAK },
	{ "result", LABEL_WEAK },    { "returned", LABEL_WEAK },    { "rc", LABEL_WEAK },
	{ "ret", LABEL_WEAK },	     { "bugcheck", LABEL_WEAK },    { "exception", LABEL_WEAK },
};

/* Between a label and its number. */
static const char *const fillers[] = { "is", "was", "of", "with", "hex", "value" };

/* Before "code". */
static const char *const code_of[] = { "error",	 "exit",    "return", "returned", "result",
				       "status", "failure", "stop",   "extend",	  "failing" };

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_hex(char c)
{
	return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

static bool
is_word(char c)
{
	return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_';
}

/* What may stand between a label and its number. */
static bool
is_gap(char c)
{
	return c == ' ' || c == '=' || c == ':' || c == '[' || c == '(' || c == '\'' || c == '"';
}

/* What makes one thing of the words on both sides: a date, a path, a GUID, the name of a package. */
static bool
is_joint(char c)
{
	return c == '-' || c == '/' || c == '\\' || c == '~' || c == '{';
}

static size_t
count_while(bool (*is)(char), const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && is(p[i]))
		i++;
	return i;
}

/* `n` hexadecimal digits, all of them and at most 8. */
static bool
read_hex(const char *p, size_t n, uint32_t *ret)
{
	uint32_t v = 0;

	if (n < 1 || n > 8 || count_while(is_hex, p, n) != n)
		return false;
	for (size_t i = 0; i < n; i++)
		v = v << 4 | (uint32_t)(is_digit(p[i]) ? p[i] - '0' : (p[i] | 32) - 'a' + 10);
	*ret = v;
	return true;
}

/* `n` decimal digits, as far as 32 bits hold it; a negative one as its two's complement. */
static bool
read_decimal(const char *p, size_t n, bool negative, uint32_t *ret)
{
	uint64_t v = 0;

	if (n < 1 || n > 10 || count_while(is_digit, p, n) != n)
		return false;
	for (size_t i = 0; i < n; i++)
		v = v * 10 + (uint64_t)(p[i] - '0');
	if (v > (negative ? UINT64_C(0x80000000) : UINT64_C(0xffffffff)) || (negative && !v))
		return false;
	*ret = negative ? (uint32_t)-v : (uint32_t)v;
	return true;
}

static bool
starts_0x(const char *p, size_t n)
{
	return n > 2 && p[0] == '0' && (p[1] | 32) == 'x';
}

/* Whether the result is one of Setup's, behind which a comma, too, leads to the extend code. */
static bool
is_setup_result(uint32_t value)
{
	return value >> 16 == 0xc190 || value >> 16 == 0xc180;
}

/* " - 0x4001C" at `p`, or with `comma` ", 0x4001C": its length, or 0.  Five digits are an extend code, known or not: Setup has more than Microsoft lists. */
static size_t
read_extend(const char *p, size_t n, bool comma, uint32_t *ret)
{
	const char *phase, *operation;
	size_t i = 0, digits;

	while (i < n && p[i] == ' ')
		i++;
	if (i == n || (p[i] != '-' && (p[i] != ',' || !comma)))
		return 0;
	i++;
	while (i < n && p[i] == ' ')
		i++;
	if (!starts_0x(p + i, n - i))
		return 0;
	i += 2;
	digits = count_while(is_word, p + i, n - i);
	if (!read_hex(p + i, digits, ret) ||
	    (digits != 5 && !error_code_extend(*ret, &phase, &operation)))
		return 0;
	return i + digits;
}

/* ---- words before a number ---- */

/* The word that ends before `end`, in lower case; *start is where it begins.  "" when it is too long or there is none. */
static void
word_before(const char *line, size_t end, char word[LABEL_MOST], size_t *start)
{
	size_t n;

	while (end && (is_gap(line[end - 1]) || line[end - 1] == '\t' || line[end - 1] == ','))
		end--;
	*start = end;
	while (*start && is_word(line[*start - 1]))
		(*start)--;
	n = end - *start;
	if (n >= LABEL_MOST)
		n = 0;
	for (size_t i = 0; i < n; i++)
		word[i] = line[*start + i] == '_' ? '_' : (char)(line[*start + i] | 32);
	word[n] = '\0';
}

static bool
is_one_of(const char *word, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (word[0] == list[i][0] && strcmp(word, list[i]) == 0)
			return true;
	return false;
}

/* What the words before `at` say of the number there. */
static enum label
label_before(const char *line, size_t at)
{
	char word[LABEL_MOST];
	size_t start = at;

	for (int fill = 0; fill < 3; fill++) {
		word_before(line, start, word, &start);
		if (!is_one_of(word, fillers, ARRAY_SIZE(fillers)))
			break;
	}
	if (strcmp(word, "code") == 0) {
		word_before(line, start, word, &start);
		return is_one_of(word, code_of, ARRAY_SIZE(code_of)) ? LABEL_STRONG : LABEL_NONE;
	}
	for (size_t i = 0; *word && i < ARRAY_SIZE(labels); i++)
		if (word[0] == labels[i].word[0] && strcmp(word, labels[i].word) == 0)
			return labels[i].label;
	return LABEL_NONE;
}

/*
 * "dwRet= 31", without a blank before the sign, may be hexadecimal as well; "dwRet = 31" is decimal.  Windows 7 wrote the latter, and what wrote
 * "dwRet= 1f" the former.
 */
static bool
sign_is_close(const char *line, size_t at)
{
	while (at && line[at - 1] == ' ')
		at--;
	return at > 1 && line[at - 1] == '=' && line[at - 2] != ' ';
}

/* ---- the whole of a text ---- */

static bool
is_known(uint32_t value)
{
	struct error_hit hit;

	return error_code_lookup(value, &hit, 1) > 0;
}

/* 80220005, c0000225: nothing else looks like that and is in the table. */
static bool
read_known_hex(const char *p, size_t n, uint32_t *ret)
{
	return n == 8 && read_hex(p, n, ret) && *ret >> 31 && is_known(*ret);
}

/* A number that is all of `p`. */
static bool
parse_number(const char *p, size_t n, enum label label, struct code_word *w)
{
	uint32_t v;

	if (starts_0x(p, n)) {
		p += 2;
		n -= 2;
		w->decimal[0] = *p == '-';
		w->count = 1;
		return *p == '-' ? read_decimal(p + 1, n - 1, true, &w->values[0]) :
				   read_hex(p, n, &w->values[0]);
	}
	if (n && *p == '-') {
		w->count = w->decimal[0] = 1;
		return starts_0x(p + 1, n - 1) ? false :
						 read_decimal(p + 1, n - 1, true, &w->values[0]);
	}
	if (label != LABEL_NONE && read_known_hex(p, n, &w->values[0])) {
		w->count = 1;
		return true;
	}
	if (read_decimal(p, n, false, &v) && label != LABEL_NONE && label != LABEL_DWRET) {
		w->count = w->decimal[0] = 1;
		w->values[0] = v;
		return true;
	}
	if (read_hex(p, n, &w->values[0]))
		w->count = 1;
	if (read_decimal(p, n, false, &v) && !(w->count && w->values[0] == v)) {
		w->values[w->count] = v;
		w->decimal[w->count++] = true;
	}
	return w->count > 0;
}

/* Takes "NAME =" or "NAME:" or "[NAME=" off the front. */
static enum label
take_label(const char **p, size_t *n)
{
	size_t digits = *n;
	enum label label;

	while (digits && (is_word((*p)[digits - 1]) || (*p)[digits - 1] == '-'))
		digits--;
	if (!digits)
		return LABEL_NONE;
	label = label_before(*p, digits);
	if (label == LABEL_DWRET && !sign_is_close(*p, digits))
		label = LABEL_STRONG;
	if (label != LABEL_NONE) {
		*p += digits;
		*n -= digits;
	}
	return label;
}

bool
code_parse(const char *text, struct code_word *ret)
{
	size_t n = strlen(text);
	enum label label;

	*ret = (struct code_word){ 0 };
	while (n && strchr(" \t[('\"", *text)) {
		text++;
		n--;
	}
	while (n && strchr(" \t\r\n])'\".,;", text[n - 1]))
		n--;
	for (size_t i = 1; i < n && !ret->has_extend; i++)
		if (is_word(text[i - 1]) && !is_word(text[i]) &&
		    read_extend(text + i, n - i, false, &ret->extend) == n - i) {
			ret->has_extend = true;
			n = i;
		}
	label = take_label(&text, &n);
	return parse_number(text, n, label, ret) || (*ret = (struct code_word){ 0 }, false);
}

/* ---- in a line ---- */

struct scan {
	const char *line;
	size_t len;
	code_found_fn *fn;
	void *ctx;
};

static void
found(const struct scan *s, uint32_t value, size_t start, size_t end)
{
	struct code_found f = { .value = value, .start = start, .len = end - start };
	size_t more = value >> 31 ? read_extend(s->line + end, s->len - end, is_setup_result(value),
						&f.extend) :
				    0;

	f.has_extend = more != 0;
	f.len += more;
	s->fn(s->ctx, &f);
}

/* Followed by what makes it part of a date, a version, a GUID or a name. */
static bool
goes_on(const struct scan *s, size_t end)
{
	char c = end + 1 < s->len ? s->line[end] : '\0';

	return (is_joint(c) && is_word(s->line[end + 1])) ||
	       ((c == '.' || c == ':') && is_digit(s->line[end + 1]));
}

/* "[0x0f0082]": the id of a message, six digits in brackets. */
static bool
is_message_id(const struct scan *s, size_t start, size_t end)
{
	return end - start == 8 && start && s->line[start - 1] == '[' && end < s->len &&
	       s->line[end] == ']';
}

/* 0x… from `start`; the word ends at `end`. */
static void
see_0x(const struct scan *s, size_t start, size_t end)
{
	uint32_t v;
	enum label label;

	if (end == start + 2 && end < s->len && s->line[end] == '-') {
		size_t digits = count_while(is_word, s->line + end + 1, s->len - end - 1);

		if (read_decimal(s->line + end + 1, digits, true, &v))
			found(s, v, start, end + 1 + digits);
		return;
	}
	if (!read_hex(s->line + start + 2, end - start - 2, &v) || !v ||
	    is_message_id(s, start, end))
		return;
	if (v >> 31 && is_known(v)) {
		found(s, v, start, end);
		return;
	}
	label = label_before(s->line, start);
	if (label > LABEL_WEAK || (label == LABEL_WEAK && v != 1))
		found(s, v, start, end);
}

/* A number without 0x. */
static void
see_bare(const struct scan *s, size_t start, size_t end)
{
	const char *p = s->line + start;
	size_t n = end - start;
	bool negative = start && s->line[start - 1] == '-' &&
			(start == 1 || is_gap(s->line[start - 2]) || s->line[start - 2] == ',');
	uint32_t v, decimal;
	enum label label;

	if (goes_on(s, end) ||
	    (start && !negative && (is_joint(s->line[start - 1]) || s->line[start - 1] == '.')))
		return;
	if (negative) {
		if (n >= 9 && read_decimal(p, n, true, &v) &&
		    (is_known(v) || label_before(s->line, start - 1) != LABEL_NONE))
			found(s, v, start - 1, end);
		return;
	}
	if (read_known_hex(p, n, &v)) {
		found(s, v, start, end);
		return;
	}
	/* cheap: a label is followed by one of these, and no code has so many digits */
	if (!start || n > 10 || !is_gap(s->line[start - 1]))
		return;
	label = label_before(s->line, start);
	if (label < LABEL_STRONG)
		return;
	if (read_decimal(p, n, false, &decimal) && decimal > 1 && *p != '0' &&
	    (decimal < 0x10000 || decimal >> 31))
		found(s, decimal, start, end);
	else
		decimal = 0;
	if (label == LABEL_DWRET && sign_is_close(s->line, start) && read_hex(p, n, &v) && v > 1 &&
	    v != decimal)
		found(s, v, start, end);
}

void
code_scan(const char *line, size_t len, code_found_fn *fn, void *ctx)
{
	const struct scan s = { line, len, fn, ctx };
	size_t i = 0;

	while (i < len) {
		size_t start = i;

		if (!is_word(line[i])) {
			i++;
			continue;
		}
		while (i < len && is_word(line[i]))
			i++;
		if (!is_hex(line[start]))
			continue;
		if (i - start >= 2 && line[start] == '0' && (line[start + 1] | 32) == 'x')
			see_0x(&s, start, i);
		else if (count_while(is_hex, line + start, i - start) == i - start)
			see_bare(&s, start, i);
	}
}
