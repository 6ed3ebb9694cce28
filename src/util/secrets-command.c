/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Secrets among the arguments of commands and in scripts: what stands behind a name of a secret that is itself an argument, and what
 * certain programs take for a password.
 *
 * A command ends with its line (or with the next one, when "`" or "^" stands at the end) or at the next tag.  What is ahead in it is looked for
 * once, so that a text of nothing but switches takes no longer than another.
 *
 * Sources: Microsoft's references of reg, net, cmdkey, setx, cmd and PowerShell; Sysinternals' PsExec; awsdocs (aws configure set, the SSM agent's
 * registration).
 */
#include <string.h>
#include <strings.h>

#include "util/alloc.h"
#include "util/secrets-private.h"

#define ENDS	    " \t\r\n&<"
#define PLAIN_LIMIT 64 /* of what stands before and between the quoted arguments of a call */
#define SWITCHES    8  /* of setx, before the name */

/* Blanks, and ends of lines that the next one continues. */
static size_t
blanks(const char *s)
{
	size_t n = 0, line;

	for (;;) {
		n += strspn(s + n, " \t");
		if (s[n] != '`' && s[n] != '^')
			return n;
		line = n + 1 + (s[n + 1] == '\r');
		if (s[line] != '\n')
			return n;
		n = line + 1;
	}
}

static const char *
command_end(struct mask *m)
{
	const char *s = m->p, *last;

	if (m->command_end && s < m->command_end)
		return m->command_end;
	m->named_end = NULL;
	for (;; s++) {
		s += strcspn(s, "\n<");
		last = s > m->p && s[-1] == '\r' ? s - 1 : s;
		if (*s != '\n' || last == m->p || (last[-1] != '`' && last[-1] != '^'))
			break;
	}
	return m->command_end = s;
}

static bool
at_end(const char *s, const char *ends)
{
	return !*s || (!mask_quote_at(s) && strchr(ends, *s));
}

/* An argument; what a switch has in quotes belongs to it. */
static void
copy_argument(struct mask *m, const char *ends)
{
	bool is_switch = *m->p == '/';
	size_t quote = mask_quote_at(m->p), n;

	do {
		n = 1;
		if (quote) {
			n = quote + mask_quoted_length(m->p + quote, m->p, quote);
			n += strncmp(m->p + n, m->p, quote) == 0 ? quote : 0;
		}
		mask_copy(m, n);
		quote = is_switch ? mask_quote_at(m->p) : 0;
	} while (!at_end(m->p, ends));
}

/* ---- net ---- */

/* "net user [/add] NAME PASSWORD": behind "user". */
static void
net_user(struct mask *m)
{
	static const char ends[] = ENDS "|";

	for (int count = 0; count < 2;) {
		mask_copy(m, blanks(m->p));
		if (at_end(m->p, ends))
			return;
		count += *m->p != '/';
		if (count == 2)
			mask_value(m, ends);
		else
			copy_argument(m, ends);
	}
}

/* "net use [DEVICE] \\SERVER\SHARE [/user:NAME] PASSWORD": behind "use". */
static void
net_use(struct mask *m)
{
	static const char ends[] = ENDS "|";

	for (bool share = false;;) {
		mask_copy(m, blanks(m->p));
		if (at_end(m->p, ends))
			return;
		if (share && *m->p != '/') {
			mask_value(m, ends);
			return;
		}
		share |= strncmp(m->p + mask_quote_at(m->p), "\\\\", 2) == 0;
		copy_argument(m, ends);
	}
}

/* Behind "net": the length of ".exe user ", "\" \"use\"", or 0. */
static size_t
net_verb(const char *s, const char *verb)
{
	size_t n = strncasecmp(s, ".exe", 4) == 0 ? 4 : 0, quote;

	n += mask_quote_at(s + n);
	if (s[n] != ' ' && s[n] != '\t')
		return 0;
	n += strspn(s + n, " \t");
	quote = mask_quote_at(s + n);
	n += quote;
	if (strncasecmp(s + n, verb, strlen(verb)) != 0)
		return 0;
	n += strlen(verb);
	n += quote ? mask_quote_at(s + n) : 0;
	return s[n] == ' ' || s[n] == '\t' ? n : 0;
}

static void
net(struct mask *m)
{
	size_t user = net_verb(m->p, "user"), users = net_verb(m->p, "users"),
	       use = net_verb(m->p, "use");

	if (user || users) { /* net.exe takes both */
		mask_copy(m, user ? user : users);
		net_user(m);
	} else if (use) {
		mask_copy(m, use);
		net_use(m);
	}
}

/* ---- names as arguments ---- */

/* The name at `s`, in quotes or not: of a secret? */
static bool
is_secret_argument(const char *s, size_t *ret_len)
{
	size_t quote = mask_quote_at(s), n = 0;

	while (mask_is_name_char(s[quote + n]))
		n++;
	*ret_len = quote + n;
	if (quote && strncmp(s + quote + n, s, quote) == 0)
		*ret_len += quote;
	return mask_is_secret_name(s + quote, n) || mask_is_variable_name(s + quote, n);
}

/* "setx [/m] NAME VALUE", "aws configure set NAME VALUE": behind what is before the name. */
static void
name_then_value(struct mask *m, size_t n)
{
	size_t len;

	n += blanks(m->p + n);
	for (int i = 0; i < SWITCHES && m->p[n] == '/'; i++) {
		n += strcspn(m->p + n, ENDS);
		n += blanks(m->p + n);
	}
	if (!is_secret_argument(m->p + n, &len))
		return;
	n += len;
	len = blanks(m->p + n);
	if (!len || at_end(m->p + n + len, ENDS))
		return;
	mask_copy(m, n + len);
	mask_value(m, ENDS);
}

/* Whether "v NAME" or "Name NAME" of a switch is here, and its name is a secret's. */
static bool
is_name_switch(const char *s, bool *ret_secret)
{
	size_t n = strncasecmp(s, "name", 4) == 0 ? 4 : *s == 'v' || *s == 'V' ? 1 : 0, blank, len;

	if (!n)
		return false;
	if (s[n] == ':')
		n++;
	blank = blanks(s + n);
	if (!blank && s[n - 1] != ':')
		return false;
	*ret_secret = is_secret_argument(s + n + blank, &len);
	return true;
}

static bool
is_secret_ahead(struct mask *m)
{
	const char *end = command_end(m), *s = m->p;

	if (m->ahead && s < m->ahead)
		return m->ahead_is_secret;
	m->ahead_is_secret = false;
	while (s < end && !((*s == '/' || *s == '-') && is_name_switch(s + 1, &m->ahead_is_secret)))
		s++;
	m->ahead = s;
	return m->ahead_is_secret;
}

/* At the value of "/d VALUE" or "-Value VALUE": the last name before it counts, else the next one. */
static void
value_switch(struct mask *m)
{
	bool secret;

	if (*m->p != ' ' && *m->p != '\t' && *m->p != ':')
		return;
	secret = m->named_end ? m->p < m->named_end : is_secret_ahead(m);
	m->named_end = NULL;
	if (!secret)
		return;
	mask_copy(m, 1);
	mask_copy(m, blanks(m->p));
	mask_value(m, ENDS ";|)");
}

void
mask_command_name(struct mask *m)
{
	size_t quote = mask_quote_at(m->p), blank = blanks(m->p + quote);

	m->named_end = command_end(m);
	if (m->tool != MASK_TOOL_ITEM || m->p >= m->tool_end || !blank)
		return;
	if (m->p[quote + blank] == '-' || at_end(m->p + quote + blank, ENDS ";|)"))
		return;
	mask_copy(m, quote + blank);
	mask_value(m, ENDS ";|)");
}

/* ---- calls ---- */

void
mask_arguments(struct mask *m)
{
	mask_copy(m, mask_quote_at(m->p));
	if (!strchr("(,", m->p[strspn(m->p, " \t")]))
		return;
	while (*m->p && !strchr(")\r\n", *m->p)) {
		if (mask_quote_at(m->p))
			mask_quoted(m);
		else
			mask_copy(m, 1);
	}
}

/* ConvertTo-SecureString [-String] 'x' -AsPlainText -Force, with its switches in any order. */
static void
secure_string(struct mask *m)
{
	for (;;) {
		mask_copy(m, blanks(m->p));
		if (*m->p != '-')
			break;
		mask_copy(m, strcspn(m->p, " \t\r\n)|;"));
	}
	if (!strchr("\r\n)|;", *m->p))
		mask_value(m, " \t\r\n);&<");
}

/* Whether the last part of a path is a secret's name: "HKLM\…\DefaultPassword". */
static bool
ends_in_secret(const char *s, size_t n)
{
	size_t from = n;

	while (from && s[from - 1] != '\\')
		from--;
	return mask_is_secret_name(s + from, n - from) || mask_is_variable_name(s + from, n - from);
}

/* SetEnvironmentVariable('NAME', 'x'), SetValue('KEY', 'NAME', 'x'), RegWrite "KEY\NAME", "x": behind the call's name. */
static void
named_argument(struct mask *m)
{
	const char *s = m->p;
	size_t quote, plain = 0;

	while (*s && !strchr(")\r\n", *s) && plain < PLAIN_LIMIT) {
		size_t n;

		quote = mask_quote_at(s);
		if (!quote) {
			s++;
			plain++;
			continue;
		}
		n = mask_quoted_length(s + quote, s, quote);
		if (strncmp(s + quote + n, s, quote) != 0)
			return;
		if (!ends_in_secret(s + quote, n)) {
			s += quote + n + quote;
			continue;
		}
		s += quote + n + quote;
		s += strspn(s, " \t");
		if (*s != ',')
			return;
		mask_copy(m, (size_t)(s + 1 - m->p));
		mask_value(m, "),\r\n");
		return;
	}
}

/* NetworkCredential('user', 'x'), [System.Net.NetworkCredential]::new($user, 'x'): behind the name. */
static void
second_argument(struct mask *m)
{
	size_t n = strspn(m->p, "] :"), quote;

	n += strncasecmp(m->p + n, "new", 3) == 0 ? 3 : 0;
	n += strspn(m->p + n, " \t");
	if (m->p[n] != '(')
		return;
	n++;
	n += strspn(m->p + n, " \t");
	quote = mask_quote_at(m->p + n);
	if (quote) {
		const char *from = m->p + n;

		n += quote + mask_quoted_length(from + quote, from, quote);
	}
	n += strcspn(m->p + n, ",()\r\n");
	if (m->p[n] != ',')
		return;
	mask_copy(m, n + 1);
	mask_copy(m, strspn(m->p, " \t"));
	if (mask_quote_at(m->p))
		mask_quoted(m);
}

/* ---- words ---- */

/* "$pass = 'x'", "$env:DBPASS='x'", with the name's first character at `at` of the output. */
static bool
is_variable(const struct mask *m, size_t at)
{
	size_t from = at;

	if (from && m->out.ptr[from - 1] == ':')
		for (from--; from && at - from < 16 && mask_is_name_char(m->out.ptr[from - 1]);)
			from--;
	return from && m->out.ptr[from - 1] == '$';
}

/* cmd.exe's "set NAME=", "set \"NAME=". */
static bool
is_set(const struct mask *m, size_t at)
{
	if (at && m->out.ptr[at - 1] == '"')
		at--;
	return at >= 4 && strncasecmp(m->out.ptr + at - 4, "set ", 4) == 0 &&
	       (at == 4 || !mask_is_name_char(m->out.ptr[at - 5]));
}

/* Behind a name that may be one of a secret, with the character before it. */
static void
assignment(struct mask *m, const char *name, size_t n, char before)
{
	size_t blank = strspn(m->p, " \t"), at = m->out.len - n;
	bool is_switch = before == '/' || before == '-';
	bool variable = mask_is_variable_name(name, n), quoted;

	if (!variable)
		return;
	if (is_variable(m, at)) {
		if (m->p[blank] != '=' || m->p[blank + 1] == '=')
			return;
		blank += 1 + strspn(m->p + blank + 1, " \t");
		quoted = mask_quote_at(m->p + blank + (m->p[blank] == '@'));
		mask_copy(m, blank);
		if (quoted)
			mask_value(m, " \t\r\n;");
	} else if (*m->p == '=' && is_set(m, at)) {
		mask_copy(m, 1);
		mask_value(m, "\r\n&|<\"");
	} else if ((*m->p == '=' || *m->p == ':') && !mask_is_pass_value(m->p + 1) &&
		   (is_switch ? !mask_is_word(name, n, "secret") : mask_is_pass_name(name, n))) {
		mask_copy(m, 1);
		mask_value(m, " \t\r\n;,&<");
	} else if (blank && m->p[blank] == '=' &&
		   mask_is_pass_name(name, n)) { /* "UserPass = 'x'" */
		blank += 1 + strspn(m->p + blank + 1, " \t");
		if (!mask_quote_at(m->p + blank))
			return;
		mask_copy(m, blank);
		mask_quoted(m);
	} else if (before == '-' && blank && !strchr("-/", m->p[blank]) &&
		   (mask_is_word(name, n, "pass") || mask_is_word(name, n, "pw")) &&
		   !mask_is_pass_value(m->p + blank)) {
		mask_value(m, ENDS);
	}
}

/* Behind a switch of a program that means a password with it. */
static bool
is_tools_switch(const struct mask *m, const char *name, size_t n, bool is_switch)
{
	if (m->tool == MASK_TOOL_NONE || m->p >= m->tool_end)
		return false;
	if (m->tool == MASK_TOOL_P)
		return is_switch && mask_is_word(name, n, "p");
	return m->tool == MASK_TOOL_CODE && mask_is_word(name, n, "code") &&
	       (is_switch || *m->p == '=');
}

static enum mask_tool
tool_of(const char *s, size_t n)
{
	static const struct {
		const char *begin;
		enum mask_tool tool;
	} tools[] = {
		{ "psexec", MASK_TOOL_P },
		{ "paexec", MASK_TOOL_P },
		{ "winrs", MASK_TOOL_P },
		{ "amazon-ssm-agent", MASK_TOOL_CODE },
		{ "AmazonSSMAgentSetup", MASK_TOOL_CODE },
		{ "Set-ItemProperty", MASK_TOOL_ITEM },
		{ "New-ItemProperty", MASK_TOOL_ITEM },
	};

	for (size_t i = 0; i < ARRAY_SIZE(tools); i++)
		if (n >= strlen(tools[i].begin) &&
		    strncasecmp(s, tools[i].begin, strlen(tools[i].begin)) == 0)
			return tools[i].tool;
	return MASK_TOOL_NONE;
}

static void
take_switch(struct mask *m, const char *name, size_t n)
{
	const char *end = command_end(m);
	bool secret;

	if (is_name_switch(name, &secret))
		m->named_end = secret ? end : m->p;
	else if (mask_is_word(name, n, "d") || mask_is_word(name, n, "value"))
		value_switch(m);
}

static bool
is_any(const char *s, size_t n, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (mask_is_word(s, n, words[i]))
			return true;
	return false;
}

void
mask_command(struct mask *m, const char *name, size_t n, char before)
{
	static const char *const with_name[] = { "SetEnvironmentVariable", "SetValue", "RegWrite" };
	bool is_switch = before == '/' || before == '-';
	enum mask_tool tool = tool_of(name, n);

	if (tool != MASK_TOOL_NONE) {
		m->tool = tool;
		m->tool_end = command_end(m);
	} else if (is_tools_switch(m, name, n, is_switch)) {
		mask_copy(m, *m->p == ':' || *m->p == '=');
		mask_copy(m, blanks(m->p));
		mask_value(m, ENDS "\"'");
	} else if (mask_is_word(name, n, "net") || mask_is_word(name, n, "net1")) {
		net(m);
	} else if (mask_is_word(name, n, "setx")) {
		name_then_value(m, 0);
	} else if (mask_is_word(name, n, "configure") && strncmp(m->p, " set ", 5) == 0) {
		name_then_value(m, 5);
	} else if (mask_is_word(name, n, "ConvertTo-SecureString")) {
		secure_string(m);
	} else if (is_any(name, n, with_name, ARRAY_SIZE(with_name))) {
		named_argument(m);
	} else if (mask_is_word(name, n, "NetworkCredential")) {
		second_argument(m);
	} else if (is_switch && n <= 5 && !mask_is_variable_name(name, n)) {
		take_switch(m, name, n);
	} else {
		assignment(m, name, n, before);
	}
}
