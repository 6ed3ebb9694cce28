/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Types and data of values as people write them, and back. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "registry/hive.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "util/utf16.h"

bool
reg_type_parse(const char *text, uint32_t *ret)
{
	const char *name = name_starts_with(text, "REG_") ? text + 4 : text;
	char *end;
	unsigned long v;

	for (uint32_t t = 0; t <= REG_TYPE_QWORD; t++)
		if (reg_type_text(t) && name_equal(reg_type_text(t) + 4, name)) {
			*ret = t;
			return true;
		}
	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	v = strtoul(text, &end, 0);
	if (errno || *end || v > UINT32_MAX)
		return false;
	*ret = (uint32_t)v;
	return true;
}

static int
parse_number(const char *text, size_t bytes, bool big, uint8_t **ret, uint32_t *ret_len,
	     struct error *err)
{
	uint64_t most = bytes == 4 ? UINT32_MAX : UINT64_MAX, v;
	char *end = NULL;

	errno = 0;
	v = isdigit((unsigned char)*text) ?
		    strtoull(text, &end, text[0] == '0' && (text[1] | 32) == 'x' ? 16 : 10) :
		    0;
	if (!end || *end || errno || v > most)
		return error_set(err, ERR_USAGE,
				 "'%s' is no number of %zu bits (decimal, or 0x and hexadecimal)",
				 text, 8 * bytes);
	*ret = xmalloc(8);
	*ret_len = (uint32_t)bytes;
	put_u64(*ret, big ? __builtin_bswap32((uint32_t)v) : v);
	return 0;
}

/* With a terminator; for REG_MULTI_SZ each "\0" of the text ends a string, and an empty one ends them all. */
static int
parse_text(const char *text, bool multi, uint8_t **ret, uint32_t *ret_len)
{
	struct text out = TEXT_INIT;
	CLEANUP_FREE char *joined = NULL;
	size_t bytes, nuls = multi && *text ? 2 : 1;

	for (const char *p = text; *p; p++) {
		if (multi && p[0] == '\\' && p[1] == '0') {
			text_add(&out, "\xc0\x80"); /* a NUL */
			p++;
		} else {
			text_add_n(&out, p, 1);
		}
	}
	joined = text_steal(&out);
	*ret = utf16_from_text(joined, &bytes);
	*ret = xrealloc(*ret, bytes + 4, 1);
	memset(*ret + bytes, 0, 4);
	*ret_len = (uint32_t)(bytes + 2 * nuls);
	return 0;
}

static int
parse_bytes(const char *text, uint8_t **ret, uint32_t *ret_len, struct error *err)
{
	uint8_t *out = xmalloc(strlen(text) / 2 + 1);
	uint32_t n = 0;

	for (const char *p = text; *p;) {
		char pair[3] = { p[0], p[1], '\0' };

		if (*p == ',' || isspace((unsigned char)*p)) {
			p++;
			continue;
		}
		if (!isxdigit((unsigned char)p[0]) || !isxdigit((unsigned char)p[1])) {
			free(out);
			return error_set(err, ERR_USAGE,
					 "'%s' is no list of bytes (two hexadecimal digits each)",
					 text);
		}
		out[n++] = (uint8_t)strtoul(pair, NULL, 16);
		p += 2;
	}
	*ret = out;
	*ret_len = n;
	return 0;
}

int
reg_data_parse(uint32_t type, const char *text, uint8_t **ret, uint32_t *ret_len, struct error *err)
{
	switch (type) {
	case REG_TYPE_SZ:
	case REG_TYPE_EXPAND_SZ:
		return parse_text(text, false, ret, ret_len);
	case REG_TYPE_MULTI_SZ:
		return parse_text(text, true, ret, ret_len);
	case REG_TYPE_DWORD:
	case REG_TYPE_DWORD_BE:
		return parse_number(text, 4, type == REG_TYPE_DWORD_BE, ret, ret_len, err);
	case REG_TYPE_QWORD:
		return parse_number(text, 8, false, ret, ret_len, err);
	default:
		return parse_bytes(text, ret, ret_len, err);
	}
}

char *
reg_data_text(uint32_t type, const uint8_t *data, uint32_t len)
{
	if (type == REG_TYPE_DWORD && len == 4)
		return xasprintf("%" PRIu32, get_u32(data));
	if (type == REG_TYPE_DWORD_BE && len == 4)
		return xasprintf("%" PRIu32, __builtin_bswap32(get_u32(data)));
	if (type == REG_TYPE_QWORD && len == 8)
		return xasprintf("%" PRIu64, get_u64(data));
	if (type == REG_TYPE_SZ || type == REG_TYPE_EXPAND_SZ)
		return utf16_to_text(data, len, NULL);
	if (type == REG_TYPE_MULTI_SZ) {
		size_t n;
		char *text = utf16_to_text(data, len, &n);

		while (n && text[n - 1] == '\0')
			n--;
		for (size_t i = 0; i < n; i++)
			text[i] = text[i] ? text[i] : '\n';
		return text;
	}
	return text_hex(data, len);
}
