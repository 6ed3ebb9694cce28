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

#include "session/secrets.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/text.h"
#include "util/utf16.h"

#define NAME_MAX_LENGTH 64

static const char *const words[] = { "password",
				     "passwd",
				     "pwd",
				     "passphrase",
				     "secretkey",
				     "secret_key",
				     "secretaccesskey",
				     "secret_access_key",
				     "accesskey",
				     "access_key",
				     "sessiontoken",
				     "session_token" };

/* Keys that have such a word in them and hold no secret. */
static const char *const harmless[] = { "adminpasswordtype",	   "passwordtype",
					"setpasswordaftersysprep", "ec2setpassword",
					"passwordneverexpires",	   "passwordrequired" };

struct mask {
	const char *p; /* where we are */
	struct text out;
	size_t count;
};

static bool
is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

static bool
is_secret_name(const char *s, size_t n)
{
	char name[NAME_MAX_LENGTH + 1];

	if (n > NAME_MAX_LENGTH)
		return false;
	for (size_t i = 0; i < n; i++)
		name[i] = (char)tolower((unsigned char)s[i]);
	name[n] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(harmless); i++)
		if (strcmp(name, harmless[i]) == 0)
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(name, words[i]))
			return true;
	return false;
}

static void
copy(struct mask *m, size_t n)
{
	text_add_n(&m->out, m->p, n);
	m->p += n;
}

/* What stands where a password could, and is none: switches, and what Setup leaves when it has erased one. */
static bool
is_no_secret(const char *s, size_t n)
{
	static const char *const values[] = { "yes",  "no",   "true", "false",
					      "null", "none", "*",    "*SENSITIVE*DATA*DELETED*" };

	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		if (strlen(values[i]) == n && strncasecmp(values[i], s, n) == 0)
			return true;
	return false;
}

/* `n` bytes are a secret. */
static void
hide(struct mask *m, size_t n)
{
	if (!n)
		return;
	if (is_no_secret(m->p, n)) {
		copy(m, n);
		return;
	}
	text_add(&m->out, SECRET_MASK);
	m->p += n;
	m->count++;
}

/* The texts between tags up to the element's end are secrets, but for PlainText's. */
static void
hide_element(struct mask *m, const char *name, size_t n)
{
	bool plain = false;

	while (*m->p) {
		const char *tag = strchr(m->p, '<');
		size_t len = tag ? (size_t)(tag - m->p) : strlen(m->p);
		size_t blank = strspn(m->p, " \t\r\n");

		if (blank >= len || plain) {
			copy(m, len);
		} else {
			while (len > blank && strchr(" \t\r\n", m->p[len - 1]))
				len--;
			copy(m, blank);
			hide(m, len - blank);
		}
		if (!tag)
			return;
		copy(m, (size_t)(tag - m->p));
		plain = strncasecmp(tag, "<PlainText", 10) == 0;
		if (tag[1] == '/' && strncmp(tag + 2, name, n) == 0 && !is_name_char(tag[2 + n]))
			return;
		len = strcspn(m->p, ">");
		copy(m, len + (m->p[len] == '>'));
		/* an element that ends where it begins */
		if (m->out.len >= 2 && strncmp(m->out.ptr + m->out.len - 2, "/>", 2) == 0 &&
		    m->p - 2 == tag)
			return;
	}
}

/* At '<': a tag is copied; of one that names a secret also what is in it. */
static void
element(struct mask *m)
{
	const char *name = m->p + 1;
	size_t n = 0, len, local = 0;

	while (is_name_char(name[n]) || name[n] == ':') {
		if (name[n] == ':')
			local = n + 1;
		n++;
	}
	len = strcspn(m->p, ">");
	if (!n || !m->p[len] || !strchr(" \t\r\n/>", name[n]) ||
	    !is_secret_name(name + local, n - local)) {
		copy(m, 1);
		return;
	}
	copy(m, len + 1);
	if (m->p[-2] != '/')
		hide_element(m, name, n);
}

/* Up to the quote, with backslashes before quotes that belong to the text. */
static size_t
quoted_length(const char *s, char quote)
{
	size_t n = 0;

	while (s[n] && s[n] != quote && s[n] != '\n')
		n += s[n] == '\\' && s[n + 1] ? 2 : 1;
	return n;
}

/* Behind a key: the value, in quotes or up to what ends it. */
static void
hide_value(struct mask *m, const char *ends)
{
	copy(m, strspn(m->p, " \t"));
	if (*m->p == '"' || *m->p == '\'') {
		char quote = *m->p;

		copy(m, 1);
		hide(m, quoted_length(m->p, quote));
		return;
	}
	/* a block, a variable, a further tag */
	if (strchr("{[$<", *m->p) && *m->p)
		return;
	hide(m, strcspn(m->p, ends));
}

/* At the start of a word: "password: x", "\"adminPassword\": \"x\"", "/password:x", "-Password x", "net user a x". */
static void
word(struct mask *m)
{
	const char *name = m->p;
	size_t n = 0, after;
	char before = m->out.len ? m->out.ptr[m->out.len - 1] : '\n';

	while (is_name_char(name[n]))
		n++;
	if (n == 3 && strncasecmp(name, "net", 3) == 0 && name[3] == ' ' &&
	    strncasecmp(name + 3 + strspn(name + 3, " "), "user ", 5) == 0) {
		copy(m, 3 + strspn(name + 3, " ") + 5);
		copy(m, strspn(m->p, " "));
		n = *m->p == '"' ? 1 + quoted_length(m->p + 1, '"') : strcspn(m->p, " \r\n");
		copy(m, n + (n && m->p[n] == '"'));
		if (*m->p == ' ' && m->p[strspn(m->p, " ")] != '/')
			hide_value(m, " \t\r\n&<");
		return;
	}
	copy(m, n);
	if (!is_secret_name(name, n))
		return;
	after = *m->p == '"' || *m->p == '\'';
	after += strspn(m->p + after, " \t");
	if (m->p[after] == ':' || m->p[after] == '=') {
		copy(m, after + 1);
		hide_value(m, before == '/' || before == '-' ? " \t\r\n&<" : "\r\n,;<}");
	} else if ((before == '-' || before == '/') && *m->p == ' ') {
		hide_value(m, " \t\r\n&<");
	}
}

char *
secrets_mask(const char *text, size_t *ret_count)
{
	struct mask m = { .p = text };

	while (*m.p) {
		if (*m.p == '<')
			element(&m);
		else if (is_name_char(*m.p) && *m.p != '-')
			word(&m);
		else
			copy(&m, 1);
	}
	*ret_count = m.count;
	return text_steal(&m.out);
}

/* NULs in the middle are kept, spelled as `nul`: the pieces between them are texts. */
static uint8_t *
mask_pieces(const char *p, size_t n, const char *nul, size_t nul_len, size_t *ret_len,
	    size_t *ret_count)
{
	struct text out = TEXT_INIT;

	*ret_count = 0;
	for (size_t at = 0; at < n;) {
		size_t count = 0, len = strnlen(p + at, n - at);
		CLEANUP_FREE char *piece = xstrndup(p + at, len);
		CLEANUP_FREE char *masked = secrets_mask(piece, &count);

		text_add(&out, masked);
		*ret_count += count;
		at += len;
		if (at < n) {
			text_add_n(&out, nul, nul_len);
			at++;
		}
	}
	*ret_len = out.len;
	return (uint8_t *)text_steal(&out);
}

static void
swap(uint8_t *p, size_t n)
{
	for (size_t i = 0; i + 1 < n; i += 2) {
		uint8_t keep = p[i];

		p[i] = p[i + 1];
		p[i + 1] = keep;
	}
}

uint8_t *
secrets_mask_file(const uint8_t *p, size_t n, size_t *ret_len, size_t *ret_count)
{
	bool little = n >= 2 && memcmp(p, "\xff\xfe", 2) == 0;
	bool big = n >= 2 && memcmp(p, "\xfe\xff", 2) == 0;
	CLEANUP_FREE uint8_t *units = NULL;
	CLEANUP_FREE char *text = NULL;
	CLEANUP_FREE uint8_t *masked = NULL;
	uint8_t *out;
	size_t len;

	if (!little && !big)
		return mask_pieces((const char *)p, n, "", 1, ret_len, ret_count);
	units = xmemdup(p, n);
	if (big)
		swap(units, n);
	text = utf16_to_text(units, n, &len);
	masked = mask_pieces(text, len, "\xc0\x80", 2, &len, ret_count);
	if (!*ret_count) {
		*ret_len = n;
		return xmemdup(p, n);
	}
	out = utf16_from_text((const char *)masked, ret_len);
	if (big)
		swap(out, *ret_len);
	return out;
}
