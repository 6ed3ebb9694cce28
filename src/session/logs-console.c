/* SPDX-License-Identifier: GPL-3.0-or-later */
/* AWS: "GetConsoleOutput", whose Output is Base64 in the API, and plain in what the command line tool prints. */
#include <string.h>

#include "session/logs-console.h"
#include "util/alloc.h"
#include "util/base64.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/json.h"
#include "util/text.h"
#include "util/utf16.h"

/* NULL when it is no Base64, as any console's text is none: that has blanks.  Without NULs, which end a text. */
static char *
from_base64(const char *s)
{
	size_t n, len = 0;
	char *text = (char *)base64_decode(s, &n);

	for (size_t i = 0; text && i < n; i++)
		if (text[i])
			text[len++] = text[i];
	if (text)
		text[len] = '\0';
	return text;
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
