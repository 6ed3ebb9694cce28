/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Base64; see base64.h. */
#include <string.h>

#include "util/alloc.h"
#include "util/base64.h"
#include "util/cleanup.h"
#include "util/text.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *
base64_encode(const void *p, size_t n)
{
	const uint8_t *bytes = p;
	struct text out = TEXT_INIT;

	for (size_t i = 0; i < n; i += 3) {
		uint32_t bits = (uint32_t)bytes[i] << 16 |
				(i + 1 < n ? (uint32_t)bytes[i + 1] << 8 : 0) |
				(i + 2 < n ? bytes[i + 2] : 0);
		const char four[] = { digits[bits >> 18], digits[bits >> 12 & 63],
				      i + 1 < n ? digits[bits >> 6 & 63] : '=',
				      i + 2 < n ? digits[bits & 63] : '=' };

		text_add_n(&out, four, sizeof four);
	}
	return text_steal(&out);
}

uint8_t *
base64_decode(const char *text, size_t *ret_len)
{
	CLEANUP_TEXT struct text out = TEXT_INIT;
	uint32_t bits = 0;
	int have = 0;

	for (; *text && *text != '='; text++) {
		const char *digit = strchr(digits, *text);

		if (*text == '\n' || *text == '\r')
			continue;
		if (!digit)
			return NULL;
		bits = bits << 6 | (uint32_t)(digit - digits);
		have += 6;
		if (have >= 8) {
			char c = (char)(bits >> (have - 8));

			have -= 8;
			text_add_n(&out, &c, 1);
		}
	}
	if (text[strspn(text, "=\r\n")])
		return NULL;
	*ret_len = out.len;
	return (uint8_t *)text_steal(&out);
}
