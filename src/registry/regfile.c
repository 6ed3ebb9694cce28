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
#define PIECE (64u << 10) /* of an export, at least */

void
regfile_begin(struct text *out)
{
	text_add(out, "Windows Registry Editor Version 5.00\r\n");
}

/*
 * A NUL can be in no line.  A line end would begin a line of the name's own: in a key's name always, in a value's, which is in
 * quotes, for every reader that goes by lines.  A name from a hostile volume is not to delete keys where the file is imported.
 */
static bool
fits_a_line(const char *s)
{
	return !strstr(s, "\xc0\x80") && !strpbrk(s, "\r\n");
}

bool
regfile_key(struct text *out, const char *full_path)
{
	if (fits_a_line(full_path)) {
		text_addf(out, "\r\n[%s]\r\n", full_path);
		return true;
	}
	/* what follows must not land in another key: this one does not exist */
	text_add(out, "\r\n; a key whose name has a NUL or a line end is left out\r\n[]\r\n");
	return false;
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

bool
regfile_value(struct text *out, const struct hive_value *v)
{
	CLEANUP_FREE char *text = quotable(v);
	size_t column;

	if (!fits_a_line(v->name)) {
		text_add(out, "; a value whose name has a NUL or a line end is left out\r\n");
		return false;
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
	return true;
}

void
regfile_delete_value(struct text *out, const char *name)
{
	if (!fits_a_line(name))
		return;
	add_name(out, name);
	text_add(out, "-\r\n");
}

struct export
{
	const struct regfile_sink *to;
	struct hive *h;
	struct text text; /* not handed on yet */
	size_t left_out;
};

static int
flush(struct export *x, size_t least, struct error *err)
{
	int got;

	if (x->text.len <= least)
		return 0;
	got = x->to->write(x->to->ctx, x->text.ptr, x->text.len, err);
	x->text.len = 0;
	x->text.ptr[0] = '\0';
	return got;
}

/* A key's head and values, and the keys below it, the caller's. */
static int
export_values(struct export *x, const char *full_path, hive_key key, hive_key **ret_keys,
	      size_t *ret_count, struct error *err)
{
	struct hive_value *values = NULL;
	size_t count;
	int got = 0;

	x->left_out += !regfile_key(&x->text, full_path);
	if (hive_values(x->h, key, &values, &count, err) < 0)
		return -1;
	for (size_t i = 0; got == 0 && i < count; i++) {
		x->left_out += !regfile_value(&x->text, &values[i]);
		got = flush(x, PIECE, err);
	}
	hive_values_free(values, count);
	return got < 0 ? -1 : hive_subkeys(x->h, key, ret_keys, ret_count, err);
}

static int
export_key(struct export *x, const char *full_path, hive_key key, int depth, struct error *err)
{
	CLEANUP_FREE hive_key *keys = NULL;
	size_t count;

	if (depth > DEPTH)
		return error_set(err, ERR_LIMIT, "%s: keys are nested too deep", full_path);
	if (export_values(x, full_path, key, &keys, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		CLEANUP_FREE char *name = hive_key_name(x->h, keys[i], err);
		CLEANUP_FREE char *path = name ? xasprintf("%s\\%s", full_path, name) : NULL;

		if (!name || export_key(x, path, keys[i], depth + 1, err) < 0)
			return -1;
	}
	return 0;
}

int
regfile_export(const struct regfile_sink *to, struct hive *h, const char *prefix, const char *path,
	       size_t *ret_left_out, struct error *err)
{
	CLEANUP_FREE char *full_path = xasprintf("%s%s%s", prefix, *path ? "\\" : "", path);
	struct export x = { .to = to, .h = h, .text = TEXT_INIT };
	hive_key key;
	int got = hive_find_path(h, path, &key, err);

	if (got == 0) {
		regfile_begin(&x.text);
		got = export_key(&x, full_path, key, 0, err);
	}
	if (got == 0)
		got = flush(&x, 0, err);
	text_clear(&x.text);
	*ret_left_out = x.left_out;
	return got;
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
