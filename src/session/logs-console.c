/* SPDX-License-Identifier: GPL-3.0-or-later */
/* AWS: "GetConsoleOutput", whose Output is Base64 in the API, and plain in what the command line tool prints. */
#include <string.h>

#include "session/logs-console.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/json.h"
#include "util/text.h"

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
	const char *text, *output;
	size_t bom = n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	char *decoded;

	text = (const char *)p + bom;
	n -= bom;
	if (!n || *text != '{')
		return NULL;
	o = js_parse(text, n, &ignored);
	output = o ? js_get_text(o, "Output") : NULL;
	if (!output)
		return NULL;
	decoded = from_base64(output);
	return decoded ? decoded : xstrdup(output);
}
