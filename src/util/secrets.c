/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One pass over the text by the names of keys, not by the grammar of the format: what is masked must be so in broken files too.
 *
 * Sources: Microsoft, "Unattended Windows Setup Reference" (AdministratorPassword, Password, Credentials); awsdocs (LaunchConfig.json,
 * agent-config.yml, AWS.EC2.Windows.CloudWatch.json).
 */
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

/* A quote, also as XML and JSON spell it inside of a text: its length, or 0. */
static size_t
quote_at(const char *s)
{
	static const char *const quotes[] = { "\"",    "'",	"&quot;", "&apos;",
					      "&#34;", "&#39;", "\\\"" };

	for (size_t i = 0; i < ARRAY_SIZE(quotes); i++)
		if (strncmp(s, quotes[i], strlen(quotes[i])) == 0)
			return strlen(quotes[i]);
	return 0;
}

/* Up to the same quote again, with backslashes before quotes that belong to the text. */
static size_t
quoted_length(const char *s, const char *quote, size_t quote_len)
{
	size_t n = 0;

	while (s[n] && s[n] != '\n' && strncmp(s + n, quote, quote_len) != 0)
		n += quote_len == 1 && s[n] == '\\' && s[n + 1] ? 2 : 1;
	return n;
}

/* At a quote: what is in it; the closing one, too, is copied. */
static void
hide_quoted(struct mask *m)
{
	const char *quote = m->p;
	size_t len = quote_at(quote);

	mask_copy(m, len);
	mask_hide(m, quoted_length(m->p, quote, len));
	if (strncmp(m->p, quote, len) == 0)
		mask_copy(m, len);
}

/* An expression in brackets, on one line. */
static size_t
bracket_length(const char *s)
{
	size_t n = 0, depth = 0;

	do {
		size_t quote = quote_at(s + n);

		if (quote) {
			size_t inner = quoted_length(s + n + quote, s + n, quote);

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

/* Behind a key: the value, in quotes or up to what ends it. */
static void
hide_value(struct mask *m, const char *ends)
{
	size_t n = 0;

	mask_copy(m, strspn(m->p, " \t"));
	if (quote_at(m->p)) {
		hide_quoted(m);
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
		size_t quote = quote_at(m->p);
		const char *s = m->p + quote;
		size_t n = quote ? quoted_length(s, m->p, quote) :
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
			hide_quoted(m);
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

	quote = quote_at(m->p);
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
	n = blank + 1 + quoted_length(s + blank + 1, "\"", 1);
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
		hide_value(m, ends_of(block && !in_quotes));
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

/* "net user [/add] NAME PASSWORD": behind "user". */
static void
net_user(struct mask *m)
{
	static const char ends[] = " \t\r\n&<|";

	for (int count = 0; count < 2;) {
		size_t quote, n;

		mask_copy(m, strspn(m->p, " \t"));
		quote = quote_at(m->p);
		if (!quote && (!*m->p || strchr(ends, *m->p)))
			return;
		count += *m->p != '/';
		if (count == 2) {
			hide_value(m, ends);
			return;
		}
		if (quote) {
			n = quote + quoted_length(m->p + quote, m->p, quote);
			mask_copy(m, n + (strncmp(m->p + n, m->p, quote) == 0 ? quote : 0));
		} else {
			mask_copy(m, strcspn(m->p, ends));
		}
	}
}

/* The length of "net user ", "net.exe user ", "net" "user" at a word, or 0. */
static size_t
net_user_at(const char *s)
{
	size_t n = 3, quote;

	if (strncasecmp(s, "net", 3) != 0)
		return 0;
	n += s[n] == '1';
	n += strncasecmp(s + n, ".exe", 4) == 0 ? 4 : 0;
	n += quote_at(s + n);
	if (s[n] != ' ' && s[n] != '\t')
		return 0;
	n += strspn(s + n, " \t");
	quote = quote_at(s + n);
	if (strncasecmp(s + n + quote, "user", 4) != 0)
		return 0;
	n += quote + 4;
	n += s[n] == 's' || s[n] == 'S'; /* net.exe takes "users", too */
	n += quote ? quote_at(s + n) : 0;
	return s[n] == ' ' || s[n] == '\t' ? n : 0;
}

/* The quoted arguments of a call: SetPassword("x"), Invoke("SetPassword", "x"). */
static void
hide_arguments(struct mask *m)
{
	mask_copy(m, quote_at(m->p));
	if (!strchr("(,", m->p[strspn(m->p, " \t")]))
		return;
	while (*m->p && !strchr(")\r\n", *m->p)) {
		if (quote_at(m->p))
			hide_quoted(m);
		else
			mask_copy(m, 1);
	}
}

/* ConvertTo-SecureString [-String] 'x' -AsPlainText -Force, with its switches in any order. */
static void
secure_string(struct mask *m)
{
	for (;;) {
		mask_copy(m, strspn(m->p, " \t"));
		if (*m->p != '-')
			break;
		mask_copy(m, strcspn(m->p, " \t\r\n)|;"));
	}
	if (!strchr("\r\n)|;", *m->p))
		hide_value(m, " \t\r\n);&<");
}

/* Whether the quoted text here is what a pipe gives to ConvertTo-SecureString. */
static bool
is_piped_secret(struct mask *m)
{
	static const char to[] = "ConvertTo-SecureString";
	const char *s = m->p;
	const char **unpiped = &m->unpiped[*s == '"'];
	size_t quote = quote_at(s), n, after;

	/* an escaped quote within a text leads to the same end as the quote that begins it */
	if (!quote || (quote == 1 && *unpiped && s < *unpiped))
		return false;
	n = quote + quoted_length(s + quote, s, quote);
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

/* At the start of a word: "password: x", "\"adminPassword\": \"x\"", "/password:x", "-Password x", "net user a x". */
static void
word(struct mask *m)
{
	const char *name = m->p;
	size_t n = 0, after, quote, at = m->out.len, net = net_user_at(name), column;
	char before = m->out.len ? m->out.ptr[m->out.len - 1] : '\n';
	bool is_switch = before == '/' || before == '-';

	if (net) {
		mask_copy(m, net);
		net_user(m);
		return;
	}
	while (mask_is_name_char(name[n]))
		n++;
	mask_copy(m, n);
	if (mask_is_word(name, n, "ConvertTo-SecureString")) {
		secure_string(m);
		return;
	}
	if (mask_is_word(name, n, "SetPassword") || mask_is_word(name, n, "ChangePassword"))
		hide_arguments(m);
	if (!mask_is_secret_name(name, n) && !(before == '/' && is_short_switch(name, n)))
		return;
	after = quote = quote_at(m->p);
	after += strspn(m->p + after, quote ? " \t\r\n" : " \t");
	if (m->p[after] == ':' && !is_switch) {
		mask_copy(m, after + 1);
		hide_setting(m, at, quote > 0);
	} else if (m->p[after] == ':' || m->p[after] == '=') {
		mask_copy(m, after + 1);
		hide_value(m, is_switch ? " \t\r\n&<" :
					  ends_of(!quote && begins_line(m, at, &column)));
	} else if (is_switch && (*m->p == ' ' || *m->p == '\t')) {
		hide_value(m, " \t\r\n&<");
	}
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
			hide_quoted(&m);
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
