/* SPDX-License-Identifier: GPL-3.0-or-later */
/* .reg text as regedit writes it (Microsoft: "How to add, modify, or delete registry subkeys and values by using a .reg file"). */
#include <inttypes.h>
#include <string.h>

#include "registry/hive.h"
#include "registry/regfile.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "util/utf16.h"

#define WIDTH 80 /* regedit wraps hexadecimal lines there */
#define DEPTH 512

void
regfile_begin(struct text *out)
{
	text_add(out, "Windows Registry Editor Version 5.00\r\n");
}

/* A control character in a name would end its line and begin another one of its own; a NUL cannot be in a line. */
static bool
fits_a_line(const char *s)
{
	if (strstr(s, "\xc0\x80"))
		return false;
	for (; *s; s++)
		if ((unsigned char)*s < 0x20)
			return false;
	return true;
}

void
regfile_key(struct text *out, const char *full_path)
{
	if (fits_a_line(full_path))
		text_addf(out, "\r\n[%s]\r\n", full_path);
	else /* what follows must not land in another key: this one does not exist */
		text_add(out,
			 "\r\n; a key whose name has control characters is left out\r\n[]\r\n");
}

void
regfile_delete_key(struct text *out, const char *full_path)
{
	if (fits_a_line(full_path))
		text_addf(out, "\r\n[-%s]\r\n", full_path);
}

static void
add_quoted(struct text *out, const char *s)
{
	text_add(out, "\"");
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			text_add(out, "\\");
		text_add_n(out, s, 1);
	}
	text_add(out, "\"");
}

/* "name"= or @=; returns how many columns that took. */
static size_t
add_name(struct text *out, const char *name)
{
	size_t before = out->len;

	if (*name)
		add_quoted(out, name);
	else
		text_add(out, "@");
	text_add(out, "=");
	return out->len - before;
}

static void
add_hex(struct text *out, const struct hive_value *v, size_t column)
{
	CLEANUP_FREE char *prefix = v->type == REG_TYPE_BINARY ?
					    xstrdup("hex:") :
					    xasprintf("hex(%" PRIx32 "):", v->type);

	text_add(out, prefix);
	column += strlen(prefix);
	for (uint32_t i = 0; i < v->len; i++) {
		static const char digits[] = "0123456789abcdef";
		bool last = i + 1 == v->len;
		const char byte[] = { digits[v->data[i] >> 4], digits[v->data[i] & 15], ',' };

		text_add_n(out, byte, last ? 2 : 3);
		column += last ? 2 : 3;
		if (!last && column + 3 >= WIDTH) {
			text_add(out, "\\\r\n  ");
			column = 2;
		}
	}
	text_add(out, "\r\n");
}

/* A string that a quoted line says whole: one terminating NUL, no other, no line breaks, valid UTF-16. */
static char *
quotable(const struct hive_value *v)
{
	CLEANUP_FREE char *text = NULL;
	size_t bytes;
	CLEANUP_FREE uint8_t *again = NULL;

	if (v->type != REG_TYPE_SZ || v->len < 2 || v->len % 2 ||
	    get_u16(v->data + v->len - 2) != 0)
		return NULL;
	text = utf16_to_text(v->data, v->len, NULL);
	if (strpbrk(text, "\r\n") || !text_is_utf8(text, strlen(text)))
		return NULL;
	again = utf16_from_text(text, &bytes);
	return bytes + 2 == v->len ? steal(&text) : NULL;
}

void
regfile_value(struct text *out, const struct hive_value *v)
{
	CLEANUP_FREE char *text = quotable(v);
	size_t column;

	if (!fits_a_line(v->name)) {
		text_add(out, "; a value whose name has control characters is left out\r\n");
		return;
	}
	column = add_name(out, v->name);
	if (text) {
		add_quoted(out, text);
		text_add(out, "\r\n");
	} else if (v->type == REG_TYPE_DWORD && v->len == 4) {
		text_addf(out, "dword:%08" PRIx32 "\r\n", get_u32(v->data));
	} else {
		add_hex(out, v, column);
	}
}

void
regfile_delete_value(struct text *out, const char *name)
{
	if (!fits_a_line(name))
		return;
	add_name(out, name);
	text_add(out, "-\r\n");
}

static int
export_key(struct text *out, struct hive *h, const char *full_path, hive_key key, int depth,
	   struct error *err)
{
	struct hive_value *values = NULL;
	CLEANUP_FREE hive_key *keys = NULL;
	size_t count, key_count;

	if (depth > DEPTH)
		return error_set(err, ERR_LIMIT, "%s: keys are nested too deep", full_path);
	regfile_key(out, full_path);
	if (hive_values(h, key, &values, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		regfile_value(out, &values[i]);
	hive_values_free(values, count);
	if (hive_subkeys(h, key, &keys, &key_count, err) < 0)
		return -1;
	for (size_t i = 0; i < key_count; i++) {
		CLEANUP_FREE char *name = hive_key_name(h, keys[i], err);
		CLEANUP_FREE char *path = name ? xasprintf("%s\\%s", full_path, name) : NULL;

		if (!name || export_key(out, h, path, keys[i], depth + 1, err) < 0)
			return -1;
	}
	return 0;
}

int
regfile_export(struct text *out, struct hive *h, const char *prefix, const char *path,
	       struct error *err)
{
	CLEANUP_FREE char *full_path = xasprintf("%s%s%s", prefix, *path ? "\\" : "", path);
	hive_key key;

	if (hive_find_path(h, path, &key, err) < 0)
		return -1;
	return export_key(out, h, full_path, key, 0, err);
}

uint8_t *
regfile_encode(const char *text, size_t *ret_len)
{
	size_t bytes;
	CLEANUP_FREE uint8_t *body = utf16_from_text(text, &bytes);
	uint8_t *out = xmalloc(bytes + 2);

	put_u16(out, 0xfeff);
	memcpy(out + 2, body, bytes);
	*ret_len = bytes + 2;
	return out;
}
