/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Growable text, and text from a volume made fit for terminals and JSON; see text.h. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/text.h"

void
text_add_n(struct text *t, const char *s, size_t n)
{
	if (t->len + n + 1 > t->cap) {
		size_t cap = t->cap ? t->cap : 64;

		while (cap < t->len + n + 1)
			cap *= 2;
		t->ptr = xrealloc(t->ptr, cap, 1);
		t->cap = cap;
	}
	if (n)
		memcpy(t->ptr + t->len, s, n);
	t->len += n;
	t->ptr[t->len] = '\0';
}

void
text_add(struct text *t, const char *s)
{
	text_add_n(t, s, strlen(s));
}

void
text_addf(struct text *t, const char *fmt, ...)
{
	CLEANUP_FREE char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	s = xvasprintf(fmt, ap);
	va_end(ap);
	text_add(t, s);
}

const char *
text_str(const struct text *t)
{
	return t->ptr ? t->ptr : "";
}

char *
text_steal(struct text *t)
{
	char *s = t->ptr ? t->ptr : xstrdup("");

	*t = (struct text)TEXT_INIT;
	return s;
}

void
text_clear(struct text *t)
{
	free(t->ptr);
	*t = (struct text)TEXT_INIT;
}

/* Well formed is what Unicode 15, table 3-7, has, and WTF-8 besides. */
int32_t
text_decode(const char *text, size_t n, size_t *len)
{
	const unsigned char *s = (const unsigned char *)text;
	uint32_t c = s[0];
	size_t need = c < 0x80		    ? 0 :
		      c >= 0xc2 && c < 0xe0 ? 1 :
		      c >= 0xe0 && c < 0xf0 ? 2 :
		      c >= 0xf0 && c < 0xf5 ? 3 :
					      9;

	*len = 1;
	if (need == 0)
		return (int32_t)c;
	if (c == 0xc0 && n > 1 && s[1] == 0x80) {
		*len = 2;
		return 0;
	}
	if (need == 9 || need >= n)
		return -1;
	c &= 0x3fu >> need;
	for (size_t i = 1; i <= need; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return -1;
		c = c << 6 | (s[i] & 0x3fu);
	}
	if ((need == 2 && c < 0x800) || (need == 3 && (c < 0x10000 || c > 0x10ffff)))
		return -1;
	*len = need + 1;
	return (int32_t)c;
}

static bool
is_surrogate(int32_t c)
{
	return c >= 0xd800 && c <= 0xdfff;
}

bool
text_is_harmful(int32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f || c == 0x2028 ||
	       c == 0x2029 || c == 0x61c || c == 0xfeff || is_surrogate(c);
}

static bool
is_harmful(int32_t c, bool keep_newlines)
{
	return !(keep_newlines && (c == '\n' || c == '\t')) && text_is_harmful(c);
}

char *
text_escape(const char *s, bool keep_newlines)
{
	struct text out = TEXT_INIT;
	size_t n = strlen(s);

	for (size_t i = 0, len; i < n; i += len) {
		int32_t c = text_decode(s + i, n - i, &len);

		if (c < 0)
			text_addf(&out, "\\x%02x", (unsigned char)s[i]);
		else if (c < 0x80 && is_harmful(c, keep_newlines))
			text_addf(&out, "\\x%02x", (unsigned)c);
		else if (is_harmful(c, keep_newlines))
			text_addf(&out, "\\u{%04x}", (unsigned)c);
		else
			text_add_n(&out, s + i, len);
	}
	return text_steal(&out);
}

char *
text_to_strict_utf8(const char *s, size_t n)
{
	struct text out = TEXT_INIT;

	for (size_t i = 0, len; i < n; i += len) {
		int32_t c = text_decode(s + i, n - i, &len);

		if (c <= 0 || is_surrogate(c))
			text_add(&out, "\xef\xbf\xbd");
		else
			text_add_n(&out, s + i, len);
	}
	return text_steal(&out);
}

size_t
text_cut(const char *s, size_t n)
{
	size_t len = strnlen(s, n);

	if (len == n)
		while (len && ((uint8_t)s[len] & 0xc0) == 0x80)
			len--;
	return len;
}

bool
text_is_wtf8(const char *s, size_t n)
{
	for (size_t i = 0, len; i < n; i += len) {
		int32_t c = text_decode(s + i, n - i, &len);

		if (c < 0 || (c == 0 && len > 1))
			return false;
	}
	return true;
}

bool
text_is_utf8(const char *s, size_t n)
{
	for (size_t i = 0, len; i < n; i += len) {
		int32_t c = text_decode(s + i, n - i, &len);

		if (c < 0 || is_surrogate(c) || (c == 0 && len > 1))
			return false;
	}
	return true;
}

char *
text_size(uint64_t bytes)
{
	static const char *const units[] = { "bytes", "kB", "MB", "GB", "TB", "PB", "EB" };
	double v = (double)bytes;
	size_t u = 0;

	while (v >= 999.95 && u + 1 < ARRAY_SIZE(units)) {
		v /= 1000;
		u++;
	}
	return u ? xasprintf("%.1f %s", v, units[u]) : xasprintf("%" PRIu64 " bytes", bytes);
}

char *
text_shell(const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789%+,-./:=@_";
	struct text t = TEXT_INIT;

	if (*s && !s[strspn(s, plain)])
		return xstrdup(s);
	text_add(&t, "'");
	for (; *s; s++)
		text_add_n(&t, *s == '\'' ? "'\\''" : s, *s == '\'' ? 4 : 1);
	text_add(&t, "'");
	return text_steal(&t);
}

char *
text_hex(const void *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *b = p;
	char *s = xmalloc(2 * n + 1);

	for (size_t i = 0; i < n; i++) {
		s[2 * i] = digits[b[i] >> 4];
		s[2 * i + 1] = digits[b[i] & 15];
	}
	s[2 * n] = '\0';
	return s;
}
