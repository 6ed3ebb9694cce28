/* SPDX-License-Identifier: GPL-3.0-or-later */
/* AWS: "GetConsoleOutput", whose Output is Base64 in the API, and plain in what the command line tool prints. */
#include <string.h>

#include "session/logs-console.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/json.h"
#include "util/text.h"
#include "util/utf16.h"

static int
digit(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* NULL when it is no Base64, as any console's text is none: that has blanks. */
static char *
from_base64(const char *s)
{
	CLEANUP_TEXT struct text out = TEXT_INIT;
	uint32_t bits = 0;
	int have = 0;

	for (; *s && *s != '='; s++) {
		int d = digit(*s);

		if (*s == '\n' || *s == '\r')
			continue;
		if (d < 0)
			return NULL;
		bits = bits << 6 | (uint32_t)d;
		have += 6;
		if (have >= 8) {
			char c = (char)(bits >> (have - 8));

			have -= 8;
			text_add_n(&out, &c, c != '\0');
		}
	}
	return s[strspn(s, "=\r\n")] ? NULL : text_steal(&out);
}

char *
logs_console_text(const uint8_t *p, size_t n)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	CLEANUP_JS struct js *o = NULL;
	CLEANUP_FREE uint8_t *units = NULL;
	CLEANUP_FREE char *narrow = NULL;
	const char *text, *output;
	size_t mark;
	enum utf16_order order = utf16_sniff(p, n, &mark);
	char *decoded;

	text = (const char *)p + mark;
	n -= mark;
	/* PowerShell's ">" makes UTF-16 of it */
	if (order != UTF16_NONE) {
		units = xmemdup(text, n);
		if (order == UTF16_BIG)
			utf16_swap(units, n);
		text = narrow = utf16_to_text(units, n, &n);
	}
	if (!n || *text != '{')
		return NULL;
	o = js_parse(text, n, &ignored);
	output = o ? js_get_text(o, "Output") : NULL;
	if (!output)
		return NULL;
	decoded = from_base64(output);
	return decoded ? decoded : xstrdup(output);
}
