/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes of a file as texts in which secrets are masked, and back. */
#include <stdbool.h>
#include <string.h>

#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/secrets.h"
#include "util/text.h"
#include "util/utf16.h"

#define SNIFF 512

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

/*
 * Whether a text is in the UTF-16 that begins with these two bytes.  Without a mark it is when nearly a third of its beginning is NUL,
 * on one side (as the logs are read).
 */
static bool
is_utf16(const uint8_t *p, size_t n, uint8_t first, uint8_t second)
{
	size_t sides[2] = { 0 }, high = first == 0xff ? 1 : 0;

	if (n >= 2 && (p[0] ^ p[1]) == (0xff ^ 0xfe) && (p[0] == 0xff || p[0] == 0xfe))
		return p[0] == first && p[1] == second;
	if (n > SNIFF)
		n = SNIFF;
	for (size_t i = 0; i < n; i++)
		sides[i % 2] += !p[i];
	return (sides[0] + sides[1]) * 10 >= n * 3 && sides[high] > sides[!high] &&
	       sides[high] >= sides[!high] * 4;
}

uint8_t *
secrets_mask_file(const uint8_t *p, size_t n, size_t *ret_len, size_t *ret_count)
{
	bool little = is_utf16(p, n, 0xff, 0xfe), big = !little && is_utf16(p, n, 0xfe, 0xff);
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
