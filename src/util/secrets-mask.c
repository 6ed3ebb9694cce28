/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which names are those of secrets, how one is hidden, and the aliases that were hidden in its place. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "util/alloc.h"
#include "util/secrets-private.h"
#include "util/secrets.h"

#define NAME_MAX_LENGTH 64
#define ANCHORS_MAX	64

/* Elements of answer files and WLAN profiles, of which the last part of a path is one; that lint, scrub and masking know the same. */
static const char *const elements[] = { "Password", "keyMaterial", "AccountData" };

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
				     "session_token",
				     "clientsecret",
				     "client_secret",
				     "activationcode",
				     "activation-code",
				     "keymaterial",
				     "accountdata" };

/* Keys that have such a word in them and hold no secret. */
static const char *const harmless[] = { "adminpasswordtype",	   "passwordtype",
					"setpasswordaftersysprep", "ec2setpassword",
					"passwordneverexpires",	   "passwordrequired" };

bool
mask_is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

bool
mask_is_word(const char *s, size_t n, const char *word)
{
	return strlen(word) == n && strncasecmp(s, word, n) == 0;
}

bool
mask_is_secret_name(const char *s, size_t n)
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

bool
secrets_is_element(const char *s, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(elements); i++) {
		size_t len = strlen(elements[i]);

		if (n >= len && memcmp(s + n - len, elements[i], len) == 0)
			return true;
	}
	return false;
}

/* ---- names that are secrets' only where something is assigned to them ---- */

static bool
ends_in(const char *s, size_t n, const char *word)
{
	size_t len = strlen(word);

	return n >= len && strncasecmp(s + n - len, word, len) == 0;
}

static bool
is_upper(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (islower((unsigned char)s[i]))
			return false;
	return true;
}

bool
mask_is_pass_name(const char *s, size_t n)
{
	static const char *const whose[] = {
		"admin",   "administrator", "user",  "db",	"sql",	 "root",  "svc",
		"service", "domain",	    "join",  "login",	"logon", "proxy", "smtp",
		"mail",	   "ftp",	    "local", "default", "key",	 "cert",  "pfx",
		"vm",	   "host",	    "auth",  "account"
	};

	if (n < 5 || !ends_in(s, n, "pass") || ends_in(s, n, "bypass"))
		return false;
	n -= strlen("pass");
	if (s[n - 1] == '_' || s[n - 1] == '-' || is_upper(s, n + 4))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(whose); i++)
		if (ends_in(s, n, whose[i]))
			return true;
	return false;
}

bool
mask_is_variable_name(const char *s, size_t n)
{
	return mask_is_pass_name(s, n) || mask_is_word(s, n, "pass") || mask_is_word(s, n, "pw") ||
	       ends_in(s, n, "_pw") || ends_in(s, n, "secret");
}

bool
mask_is_pass_value(const char *s)
{
	static const char *const passes[] = { "windowsPE",  "offlineServicing", "generalize",
					      "specialize", "auditSystem",	"auditUser",
					      "oobeSystem" };
	size_t n = 0;

	while (mask_is_name_char(s[n]))
		n++;
	for (size_t i = 0; i < ARRAY_SIZE(passes); i++)
		if (mask_is_word(s, n, passes[i]))
			return true;
	return n && n < 3 && strspn(s, "0123456789") == n;
}

void
mask_copy(struct mask *m, size_t n)
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

size_t
mask_anchor_length(const char *s)
{
	return strcspn(s, " \t\r\n,[]{}");
}

bool
mask_is_anchor(const struct anchors *a, const char *s, size_t n)
{
	for (size_t i = 0; i < a->count; i++)
		if (strlen(a->list[i]) == n && memcmp(a->list[i], s, n) == 0)
			return true;
	return a->all;
}

/* What is hidden may be an alias ("*name"), or have some in it: then what they stand for is to be hidden where it stands. */
static void
note_aliases(struct mask *m, size_t n)
{
	const char *s = m->p, *end = m->p + n;

	while ((s = memchr(s, '*', (size_t)(end - s)))) {
		size_t len = mask_anchor_length(++s);

		if (len > (size_t)(end - s))
			len = (size_t)(end - s);
		if (!len || len > NAME_MAX_LENGTH || mask_is_anchor(m->anchors, s, len))
			continue;
		if (m->anchors->count == ANCHORS_MAX) {
			m->anchors->all = true;
			return;
		}
		ARRAY_GROW(m->anchors->list, m->anchors->count);
		m->anchors->list[m->anchors->count++] = xstrndup(s, len);
	}
}

void
mask_hide(struct mask *m, size_t n)
{
	if (!n)
		return;
	note_aliases(m, n);
	if (is_no_secret(m->p, n)) {
		mask_copy(m, n);
		return;
	}
	text_add(&m->out, SECRET_MASK);
	m->p += n;
	m->count++;
}
