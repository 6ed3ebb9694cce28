/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes of a file as texts in which secrets are masked, and back. */
#include <string.h>

#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/secrets.h"
#include "util/text.h"
#include "util/utf16.h"

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

uint8_t *
secrets_mask_file(const uint8_t *p, size_t n, size_t *ret_len, size_t *ret_count)
{
	size_t mark;
	enum utf16_order order = utf16_sniff(p, n, &mark);
	CLEANUP_FREE uint8_t *units = NULL;
	CLEANUP_FREE char *text = NULL;
	CLEANUP_FREE uint8_t *masked = NULL;
	uint8_t *out;
	size_t len;

	if (order == UTF16_NONE)
		return mask_pieces((const char *)p, n, "", 1, ret_len, ret_count);
	units = xmemdup(p, n);
	if (order == UTF16_BIG)
		utf16_swap(units, n);
	text = utf16_to_text(units, n, &len);
	masked = mask_pieces(text, len, "\xc0\x80", 2, &len, ret_count);
	if (!*ret_count) {
		*ret_len = n;
		return xmemdup(p, n);
	}
	out = utf16_from_text((const char *)masked, ret_len);
	if (order == UTF16_BIG)
		utf16_swap(out, *ret_len);
	return out;
}
