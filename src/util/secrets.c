/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One pass over the text by the names of keys, not by the grammar of the format: what is masked must be so in broken files too.
 *
 * Sources: Microsoft, "Unattended Windows Setup Reference" (AdministratorPassword, Password, Credentials); awsdocs (LaunchConfig.json,
 * agent-config.yml, AWS.EC2.Windows.CloudWatch.json).
 */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/secrets-private.h"
#include "util/secrets.h"
#include "util/text.h"

#define LINE_MAX_LENGTH 1024
#define ROUNDS		8 /* of aliases that lead to aliases; then every anchor is taken for one of them */

size_t
mask_quote_at(const char *s)
{
	static const char *const quotes[] = { "\"",    "'",	"&quot;", "&apos;",
					      "&#34;", "&#39;", "\\\"" };

	for (size_t i = 0; i < ARRAY_SIZE(quotes); i++)
		if (strncmp(s, quotes[i], strlen(quotes[i])) == 0)
			return strlen(quotes[i]);
	return 0;
}

size_t
mask_quoted_length(const char *s, const char *quote, size_t quote_len)
{
	size_t n = 0;

	while (s[n] && s[n] != '\n' && strncmp(s + n, quote, quote_len) != 0)
		n += quote_len == 1 && s[n] == '\\' && s[n + 1] ? 2 : 1;
	return n;
}

void
mask_quoted(struct mask *m)
{
	const char *quote = m->p;
	size_t len = mask_quote_at(quote);

	mask_copy(m, len);
	mask_hide(m, mask_quoted_length(m->p, quote, len));
	if (strncmp(m->p, quote, len) == 0)
		mask_copy(m, len);
}

/* An expression in brackets, on one line. */
static size_t
bracket_length(const char *s)
{
	size_t n = 0, depth = 0;

	do {
		size_t quote = mask_quote_at(s + n);

		if (quote) {
			size_t inner = mask_quoted_length(s + n + quote, s + n, quote);

			n += quote + inner + (s[n + quote + inner] == s[n] ? quote : 0);
			continue;
		}
		if (s[n] == '(')
			depth++;
		else if (s[n] == ')')
			depth--;
		n++;
	} while (depth && s[n] && s[n] != '\n');
	return n;
}

/* PowerShell's @"…"@: the length of what begins it on this line, or 0. */
static size_t
here_string_at(const char *s)
{
	size_t n = 2;

	if (*s != '@' || (s[1] != '"' && s[1] != '\''))
		return 0;
	n += strspn(s + n, " \t");
	n += s[n] == '\r';
	return s[n] == '\n' ? n : 0;
}

/* It ends at a line that begins with its quote and '@'. */
static void
hide_here_string(struct mask *m)
{
	const char end[] = { '\n', m->p[1], '@', '\0' }, *to;

	mask_copy(m, here_string_at(m->p));
	to = strstr(m->p, end);
	if (to == m->p)
		return;
	mask_copy(m, 1);
	if (to && to[-1] == '\r')
		to--;
	mask_hide(m, to ? (size_t)(to - m->p) : strlen(m->p));
}

void
mask_value(struct mask *m, const char *ends)
{
	size_t n = 0;

	mask_copy(m, strspn(m->p, " \t"));
	if (mask_quote_at(m->p)) {
		mask_quoted(m);
		return;
	}
	if (here_string_at(m->p)) {
		hide_here_string(m);
		return;
	}
	/* a block, a variable, a further tag */
	if (strchr("{[$<", *m->p) && *m->p)
		return;
	if (*m->p == '(')
		n = bracket_length(m->p);
	mask_hide(m, n + strcspn(m->p + n, ends));
}

static bool
is_type(const char *s, size_t n)
{
	return n == 4 && strncasecmp(s, "type", n) == 0;
}

/* The values of a JSON object, or of a YAML one on a line, but for "type": { "type": "static", "data": "x" }. */
static void
hide_object(struct mask *m)
{
	size_t depth = 0;
	bool value = false, type = false;

	do {
		size_t quote = mask_quote_at(m->p);
		const char *s = m->p + quote;
		size_t n = quote ? mask_quoted_length(s, m->p, quote) :
				   strcspn(s, value ? ",{}[]\r\n" : " \t:,{}[]\r\n");

		if (*m->p == '{' || *m->p == '}') {
			depth += *m->p == '{' ? 1 : (size_t)-1;
			value = false;
			mask_copy(m, 1);
		} else if (strchr(" \t\r\n:,[]", *m->p)) {
			value = *m->p == ':' || (value && *m->p != ',');
			mask_copy(m, 1);
		} else if (!value || type) {
			type = !value && is_type(s, n);
			mask_copy(m, quote + n);
			if (quote && *m->p && *m->p != '\n')
				mask_copy(m, quote);
		} else if (quote) {
			mask_quoted(m);
		} else {
			mask_hide(m, n);
		}
	} while (depth && *m->p);
}

/* One line of a YAML block below a key: its value, or all of it. */
static void
hide_block_line(struct mask *m, bool whole)
{
	size_t len = strcspn(m->p, "\r\n"), quote, n = 0;
	const char *name;

	quote = mask_quote_at(m->p);
	name = m->p + quote;
	while (mask_is_name_char(name[n]))
		n++;
	if (!whole && n && name[n + quote] == ':' && *name != '-') {
		bool type = is_type(name, n);

		n += quote * 2 + 1;
		n += strspn(m->p + n, " \t");
		mask_copy(m, type ? len : n);
		len -= type ? len : n;
	}
	while (len && strchr(" \t", m->p[len - 1]))
		len--;
	mask_hide(m, len);
	mask_copy(m, strcspn(m->p, "\n"));
}

/* Behind the value of a key that stands in `column`: the lines of YAML that belong to it, because they are indented deeper. */
static void
hide_block(struct mask *m, size_t column, bool whole)
{
	mask_copy(m, strcspn(m->p, "\n"));
	while (*m->p == '\n') {
		size_t blank = strspn(m->p + 1, " \t");
		char first = m->p[1 + blank];

		if (blank <= column && first != '\r' && first != '\n')
			return;
		mask_copy(m, 1 + blank);
		hide_block_line(m, whole);
	}
}

/* Whether the key at byte `at` of the output begins its line, as in YAML: then also its column. */
static bool
begins_line(const struct mask *m, size_t at, size_t *ret_column)
{
	size_t from = at;

	while (from && strchr(" \t-\"'", m->out.ptr[from - 1]))
		from--;
	*ret_column = at - from;
	return !from || m->out.ptr[from - 1] == '\n';
}

/* JSON with the value on a later line than the key. */
static size_t
blank_before_value(const char *s)
{
	size_t blank = strspn(s, " \t\r\n"), n;

	if (s[blank] == '{')
		return blank;
	if (s[blank] != '"')
		return 0;
	/* YAML with another key there */
	n = blank + 1 + mask_quoted_length(s + blank + 1, "\"", 1);
	n += s[n] == '"';
	return s[n + strspn(s + n, " \t")] == ':' ? 0 : blank;
}

/* What ends a value without quotes: where its key begins the line, as in YAML and INI, all the rest of the line is the value. */
static const char *
ends_of(bool block)
{
	return block ? "\r\n" : "\r\n,;<}";
}

/* The value of a key, which stands in `column` when it begins its line. */
static void
hide_setting_value(struct mask *m, bool block, size_t column, bool in_quotes)
{
	size_t n;
	bool empty, scalar;

	mask_copy(m, strspn(m->p, " \t"));
	if (*m->p == '{') {
		hide_object(m);
		return;
	}
	empty = *m->p == '\r' || *m->p == '\n' || *m->p == '#';
	n = strspn(m->p, "|>+-0123456789");
	scalar = (*m->p == '|' || *m->p == '>') && strchr("\r\n", m->p[n]);
	if (!block || (!empty && !scalar))
		mask_value(m, ends_of(block && !in_quotes));
	if (block && (empty || scalar || strchr("\r\n", *m->p)))
		hide_block(m, column, !empty);
}

/* Behind "key:", whose name is at byte `at` of the output. */
static void
hide_setting(struct mask *m, size_t at, bool in_quotes)
{
	size_t column = 0;
	bool block = begins_line(m, at, &column);

	if (in_quotes && column)
		column--;
	if (in_quotes)
		mask_copy(m, blank_before_value(m->p));
	hide_setting_value(m, block, column, in_quotes);
}

/* The column below which the lines of an anchor's value are indented: that of the key before it, or of the dash. */
static size_t
column_of_anchor(const struct mask *m)
{
	size_t from = m->out.len, at, dash,
	       least = from > LINE_MAX_LENGTH ? from - LINE_MAX_LENGTH : 0;

	while (from > least && m->out.ptr[from - 1] != '\n')
		from--;
	/* far behind on a long line nothing follows on the next ones */
	if (from && m->out.ptr[from - 1] != '\n')
		return SIZE_MAX;
	at = from;
	while (at < m->out.len && strchr(" \t", m->out.ptr[at]))
		at++;
	dash = at;
	while (at < m->out.len && m->out.ptr[at] == '-') {
		dash = at++;
		while (at < m->out.len && strchr(" \t", m->out.ptr[at]))
			at++;
	}
	if (at < m->out.len)
		return at - from;
	/* nothing else stands before it: below a dash, or as deep as the lines after it */
	return dash < m->out.len ? dash - from : dash > from ? dash - from - 1 : 0;
}

/* At "&name" of YAML, when an alias in the place of a secret means it: what it names. */
static bool
anchor(struct mask *m)
{
	char before = m->out.len ? m->out.ptr[m->out.len - 1] : '\n';
	size_t n, column;

	if ((!m->anchors->count && !m->anchors->all) || !strchr(" \t\n[{,", before))
		return false;
	n = mask_anchor_length(m->p + 1);
	if (!n || !mask_is_anchor(m->anchors, m->p + 1, n))
		return false;
	column = column_of_anchor(m);
	mask_copy(m, n + 1);
	mask_copy(m, strspn(m->p, " \t"));
	if (*m->p == '[')
		mask_hide(m, strcspn(m->p, "\r\n"));
	hide_setting_value(m, true, column, false);
	return true;
}

/* Whether the quoted text here is what a pipe gives to ConvertTo-SecureString. */
static bool
is_piped_secret(struct mask *m)
{
	static const char to[] = "ConvertTo-SecureString";
	const char *s = m->p;
	const char **unpiped = &m->unpiped[*s == '"'];
	size_t quote = mask_quote_at(s), n, after;

	/* an escaped quote within a text leads to the same end as the quote that begins it */
	if (!quote || (quote == 1 && *unpiped && s < *unpiped))
		return false;
	n = quote + mask_quoted_length(s + quote, s, quote);
	after = n + quote;
	if (strncmp(s + n, s, quote) == 0) {
		after += strspn(s + after, " \t");
		if (s[after] == '|') {
			after += 1 + strspn(s + after + 1, " \t");
			if (strncasecmp(s + after, to, strlen(to)) == 0)
				return true;
		}
	}
	if (quote == 1)
		*unpiped = s + n;
	return false;
}

/* Switches that netdom and schtasks have for passwords. */
static bool
is_short_switch(const char *s, size_t n)
{
	return n == 2 && (strncasecmp(s, "pd", 2) == 0 || strncasecmp(s, "po", 2) == 0 ||
			  strncasecmp(s, "rp", 2) == 0);
}

/* "? password" of YAML, whose name is at byte `at` of the output, with its value behind the ':' of a later line: how far it is to there, or 0. */
static size_t
explicit_key(const struct mask *m, size_t at, size_t quote, size_t *ret_column)
{
	size_t mark = at - quote, from, n = quote;

	while (mark && strchr(" \t", m->out.ptr[mark - 1]))
		mark--;
	if (mark == at - quote || !mark || m->out.ptr[mark - 1] != '?')
		return 0;
	for (from = --mark; from && strchr(" \t-", m->out.ptr[from - 1]); from--)
		;
	if (from && m->out.ptr[from - 1] != '\n')
		return 0;
	*ret_column = mark - from;
	n += strspn(m->p + n, " \t\r");
	if (m->p[n] != '\n')
		return 0;
	n++;
	n += strspn(m->p + n, " \t");
	return m->p[n] == ':' ? n + 1 : 0;
}

/* Behind that ':': a mapping can begin there. */
static void
hide_explicit(struct mask *m, size_t column)
{
	size_t n = 0;

	mask_copy(m, strspn(m->p, " \t"));
	while (mask_is_name_char(m->p[n]))
		n++;
	if (!n || m->p[n] != ':') {
		hide_setting_value(m, true, column, false);
		return;
	}
	hide_block_line(m, false);
	hide_block(m, column, false);
}

/* The name of a secret, which is at byte `at` of the output, has been copied: what says that a value follows, and the value. */
static void
hide_named(struct mask *m, size_t at, bool is_switch)
{
	size_t quote = mask_quote_at(m->p), after = quote, column, further;

	after += strspn(m->p + after, quote ? " \t\r\n" : " \t");
	if (m->p[after] == ':' && !is_switch) {
		mask_copy(m, after + 1);
		hide_setting(m, at, quote > 0);
	} else if (m->p[after] == ':' || m->p[after] == '=') {
		mask_copy(m, after + 1);
		mask_value(m, is_switch ? " \t\r\n&<" :
					  ends_of(!quote && begins_line(m, at, &column)));
	} else if (is_switch && (*m->p == ' ' || *m->p == '\t')) {
		mask_value(m, " \t\r\n&<");
	} else if ((further = explicit_key(m, at, quote, &column))) {
		mask_copy(m, further);
		hide_explicit(m, column);
	} else {
		mask_command_name(m);
	}
}

/* At the start of a word: "password: x", "\"adminPassword\": \"x\"", "/password:x", "-Password x", "net user a x". */
static void
word(struct mask *m)
{
	const char *name = m->p;
	size_t n = 0, at = m->out.len;
	char before = at ? m->out.ptr[at - 1] : '\n';

	while (mask_is_name_char(name[n]))
		n++;
	mask_copy(m, n);
	if (mask_is_word(name, n, "SetPassword") || mask_is_word(name, n, "ChangePassword"))
		mask_arguments(m);
	if (mask_is_secret_name(name, n) || (before == '/' && is_short_switch(name, n)))
		hide_named(m, at, before == '/' || before == '-');
	else
		mask_command(m, name, n, before);
}

/* A key in quotes that has characters spelled by their numbers, as in "pass\u0077ord": its name is that of a secret. */
static bool
is_spelled_secret(const char *s)
{
	static const char kinds[] = "xuU";
	char name[64];
	size_t len = 0, spelled = 0;

	if (*s++ != '"')
		return false;
	for (; *s != '"' && len < sizeof name; len++) {
		const char *kind = *s == '\\' && s[1] ? strchr(kinds, s[1]) : NULL;
		unsigned c = 0;

		if (kind) {
			size_t digits = (size_t)2 << (kind - kinds);

			s += 2;
			for (; digits && isxdigit((unsigned char)*s); digits--, s++)
				c = c << 4 |
				    (unsigned)(isdigit((unsigned char)*s) ? *s - '0' :
									    (*s | ' ') - 'a' + 10);
			spelled++;
		} else {
			c = (unsigned char)*s++;
		}
		if (c > 127 || !mask_is_name_char((char)c))
			return false;
		name[len] = (char)c;
	}
	return spelled && *s == '"' && mask_is_secret_name(name, len);
}

/* At the quote before such a key. */
static void
spelled(struct mask *m)
{
	size_t at = m->out.len + 1;

	mask_copy(m, 1 + mask_quoted_length(m->p + 1, "\"", 1));
	hide_named(m, at, false);
}

/* At "://": the password of "scheme://user:password@host". */
static void
address(struct mask *m)
{
	static const char ends[] = ":@/ \t\r\n\"'<>"; /* a password can have ':' */
	size_t user, n;

	mask_copy(m, 3);
	user = strcspn(m->p, ends);
	if (m->p[user] != ':')
		return;
	n = strcspn(m->p + user + 1, ends + 1);
	if (m->p[user + 1 + n] != '@')
		return;
	mask_copy(m, user + 1);
	mask_hide(m, n);
}

/* One pass, with the anchors that are known by now; finds more. */
static char *
mask_once(const char *text, struct anchors *anchors, size_t *ret_count)
{
	struct mask m = { .p = text, .anchors = anchors };

	while (*m.p) {
		if (*m.p == '<')
			mask_element(&m);
		else if (*m.p == '&' && anchor(&m))
			continue;
		else if (is_piped_secret(&m))
			mask_quoted(&m);
		else if (*m.p == '"' && is_spelled_secret(m.p))
			spelled(&m);
		else if (strncmp(m.p, "://", 3) == 0)
			address(&m);
		else if (mask_is_name_char(*m.p) && *m.p != '-')
			word(&m);
		else
			mask_copy(&m, 1);
	}
	*ret_count = m.count;
	return text_steal(&m.out);
}

char *
secrets_mask(const char *text, size_t *ret_count)
{
	struct anchors anchors = { 0 };
	char *out = NULL;
	size_t known;

	/* most texts have no alias in the place of a secret, or no anchor */
	for (int round = 0;; round++) {
		known = anchors.count + anchors.all;
		anchors.all |= round == ROUNDS;
		free(out);
		out = mask_once(text, &anchors, ret_count);
		if (anchors.count + anchors.all == known || round > ROUNDS || !strchr(text, '&'))
			break;
	}
	for (size_t i = 0; i < anchors.count; i++)
		free(anchors.list[i]);
	free(anchors.list);
	return out;
}
