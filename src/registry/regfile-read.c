/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * .reg files, read: "Windows Registry Editor Version 5.00" in UTF-16 or UTF-8, and "REGEDIT4" in the ANSI code
 * page.
 *
 * A statement is a key in brackets, or a name, "=" and data.  A string goes on to its closing quote, over line ends too; hexadecimal data
 * goes on behind a backslash at the end of a line.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "registry/hive.h"
#include "registry/regfile.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "util/utf16.h"

struct scan {
	const char *p;
	size_t line;
	bool ansi;	 /* REGEDIT4: hex(2) and hex(7) hold bytes of the code page */
	const char *key; /* the one that values belong to; borrowed from the list */
	struct reg_ops *ops;
};

/* ---- the text ---- */

/* The units that Windows-1252 has at 80 to 9F; the rest is Latin-1 (Unicode's CP1252.TXT). */
static const uint16_t ansi_units[32] = {
	0x20ac, 0x81,	0x201a, 0x192,	0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,	0x2030, 0x160,
	0x2039, 0x152,	0x8d,	0x17d,	0x8f,	0x90,	0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
	0x2013, 0x2014, 0x2dc,	0x2122, 0x161,	0x203a, 0x153,	0x9d,	0x17e,	0x178,
};

static uint8_t *
widen(const uint8_t *p, size_t n)
{
	uint8_t *wide = xmalloc(2 * n + 2);

	for (size_t i = 0; i < n; i++)
		put_u16(wide + 2 * i, p[i] >= 0x80 && p[i] < 0xa0 ? ansi_units[p[i] - 0x80] : p[i]);
	return wide;
}

/* Whether the header, which is ASCII in every code page, is the old one. */
static bool
is_ansi(const uint8_t *p, size_t n)
{
	static const char old[] = "REGEDIT4";

	for (; n && strchr(" \t\r\n", *p); p++)
		n--;
	return n >= strlen(old) && strncasecmp((const char *)p, old, strlen(old)) == 0;
}

/* The whole as WTF-8; the caller's.  NULL with ERR_CORRUPT when it holds a NUL, or bytes that are no text. */
static char *
decode(const uint8_t *p, size_t n, struct error *err)
{
	CLEANUP_FREE uint8_t *buffer = NULL;
	CLEANUP_FREE char *text = NULL;
	size_t len;

	if (n >= 2 && p[0] == 0xfe && p[1] == 0xff) { /* big-endian */
		buffer = xmalloc(n);
		for (size_t i = 0; i + 1 < n; i += 2) {
			buffer[i] = p[i + 1];
			buffer[i + 1] = p[i];
		}
		text = utf16_to_text(buffer + 2, (n - 2) & ~(size_t)1, &len);
	} else if (n >= 2 && p[0] == 0xff && p[1] == 0xfe) {
		text = utf16_to_text(p + 2, n - 2, &len);
	} else if (n >= 2 && p[0] && !p[1]) { /* little-endian that lost its mark */
		text = utf16_to_text(p, n, &len);
	} else if (text_is_wtf8((const char *)p, n)) {
		bool mark = n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0;

		text = xstrndup((const char *)p + (mark ? 3 : 0), n - (mark ? 3 : 0));
		len = memchr(p, '\0', n) ? SIZE_MAX : strlen(text);
	} else if (!is_ansi(p, n)) {
		/* read as the code page every letter beyond ASCII would become two others */
		error_set(
			err, ERR_CORRUPT,
			"it is neither UTF-16 nor UTF-8; only a REGEDIT4 file is in the ANSI code page");
		return NULL;
	} else {
		buffer = widen(p, n);
		text = utf16_to_text(buffer, 2 * n, &len);
	}
	if (len != strlen(text)) {
		error_set(err, ERR_CORRUPT, "it holds a NUL: it is no text");
		return NULL;
	}
	return steal(&text);
}

/* ---- scanning ---- */

static int
bad(const struct scan *s, const char *what, struct error *err)
{
	return error_set(err, ERR_CORRUPT, "line %zu: %s", s->line, what);
}

static void
skip_blanks(struct scan *s)
{
	s->p += strspn(s->p, " \t");
}

/* To the next statement. */
static void
skip_empty(struct scan *s)
{
	for (;;) {
		skip_blanks(s);
		if (*s->p == ';')
			s->p += strcspn(s->p, "\r\n");
		if (*s->p == '\n')
			s->line++;
		if (*s->p != '\r' && *s->p != '\n')
			return;
		s->p++;
	}
}

static int
end_of_line(struct scan *s, struct error *err)
{
	skip_blanks(s);
	if (*s->p && !strchr("\r\n;", *s->p))
		return bad(s, "there is something behind the data", err);
	return 0;
}

/* From behind an opening quote to behind the closing one; the caller's; NULL with an error. */
static char *
quoted(struct scan *s, struct error *err)
{
	struct text out = TEXT_INIT;
	size_t begin = s->line;

	for (; *s->p != '"'; s->p++) {
		if (!*s->p) {
			s->line = begin;
			text_clear(&out);
			bad(s, "a string has no closing quote", err);
			return NULL;
		}
		if (*s->p == '\n')
			s->line++;
		if (*s->p == '\\' && (s->p[1] == '\\' || s->p[1] == '"'))
			s->p++;
		text_add_n(&out, s->p, 1);
	}
	s->p++;
	return text_steal(&out);
}

static struct reg_op *
add_op(struct scan *s, enum reg_op_kind kind, const char *key, char *name)
{
	struct reg_op *op;

	ARRAY_GROW(s->ops->list, s->ops->count);
	op = &s->ops->list[s->ops->count++];
	*op = (struct reg_op){ .kind = kind, .key = xstrdup(key), .name = name, .line = s->line };
	return op;
}

/* "[KEY]" or "[-KEY]"; a key's name may hold brackets itself, so the last one of the line counts. */
static int
key_line(struct scan *s, struct error *err)
{
	size_t n = strcspn(s->p, "\r\n");
	CLEANUP_FREE char *line = xstrndup(s->p, n);
	char *end = strrchr(line, ']');
	bool gone = line[1] == '-';
	const struct reg_op *op;

	if (!end)
		return bad(s, "a key has no closing bracket", err);
	*end = '\0';
	s->p += end + 1 - line;
	if (end_of_line(s, err) < 0)
		return -1;
	op = add_op(s, gone ? REG_OP_DELETE_KEY : REG_OP_KEY, line + (gone ? 2 : 1), NULL);
	s->key = gone ? NULL : op->key;
	return 0;
}

/* ---- data ---- */

static int
digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	       c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	       c >= 'A' && c <= 'F' ? c - 'A' + 10 :
				      -1;
}

/* Up to `most` hexadecimal digits; how many there were. */
static int
number(struct scan *s, int most, uint64_t *ret)
{
	int n = 0;

	*ret = 0;
	for (; n < most && digit(*s->p) >= 0; n++)
		*ret = *ret << 4 | (uint64_t)digit(*s->p++);
	return n;
}

/* Blanks and, behind a backslash, the end of the line. */
static void
skip_continued(struct scan *s)
{
	for (;;) {
		size_t n;

		skip_blanks(s);
		if (*s->p != '\\')
			return;
		n = 1 + strspn(s->p + 1, " \t");
		if (s->p[n] == ';') /* a comment behind a continued line */
			n += strcspn(s->p + n, "\r\n");
		if (s->p[n] == '\r')
			n++;
		if (s->p[n] != '\n')
			return;
		s->p += n + 1;
		s->line++;
	}
}

/* "01,02,\": bytes; the caller's. */
static int
hex_bytes(struct scan *s, uint8_t **ret, size_t *ret_len, struct error *err)
{
	struct text out = TEXT_INIT;
	uint64_t v;

	skip_continued(s);
	while (digit(*s->p) >= 0) {
		char byte;

		if (number(s, 2, &v) == 0 || digit(*s->p) >= 0) {
			text_clear(&out);
			return bad(s, "a byte has more than two digits", err);
		}
		byte = (char)v;
		text_add_n(&out, &byte, 1);
		skip_continued(s);
		if (*s->p != ',')
			break;
		s->p++;
		skip_continued(s);
	}
	*ret_len = out.len;
	*ret = (uint8_t *)text_steal(&out);
	return 0;
}

static int
set_op(struct scan *s, char *name, uint32_t type, const void *data, size_t len)
{
	struct reg_op *op = add_op(s, REG_OP_SET, s->key, name);

	op->type = type;
	op->data = xmemdup(data, len);
	op->len = (uint32_t)len;
	return 0;
}

static int
set_string(struct scan *s, char *name, uint32_t type, struct error *err)
{
	CLEANUP_FREE char *text = quoted(s, err);
	CLEANUP_FREE uint8_t *wide = NULL;
	size_t bytes;

	if (!text)
		return -1;
	wide = utf16_from_text(text, &bytes);
	put_u16(wide + bytes, 0); /* there is room for a terminator */
	return set_op(s, name, type, wide, bytes + 2);
}

/* "hex:", "hex(7):", "hex(b):" */
static int
set_hex(struct scan *s, char *name, struct error *err)
{
	CLEANUP_FREE uint8_t *bytes = NULL, *wide = NULL;
	uint64_t type = REG_TYPE_BINARY;
	size_t len = 0;

	s->p += strlen("hex");
	if (*s->p == '(') {
		s->p++;
		if (number(s, 8, &type) == 0 || *s->p++ != ')')
			return bad(s, "hex( wants a hexadecimal type and a closing parenthesis",
				   err);
	}
	if (*s->p++ != ':')
		return bad(s, "hex wants a colon before its data", err);
	if (hex_bytes(s, &bytes, &len, err) < 0)
		return -1;
	if (s->ansi && (type == REG_TYPE_EXPAND_SZ || type == REG_TYPE_MULTI_SZ)) {
		wide = widen(bytes, len);
		return set_op(s, name, (uint32_t)type, wide, 2 * len);
	}
	return set_op(s, name, (uint32_t)type, bytes, len);
}

static int
set_number(struct scan *s, char *name, size_t prefix, uint32_t type, int digits, struct error *err)
{
	uint8_t data[8];
	uint64_t v;

	s->p += prefix;
	skip_blanks(s);
	if (number(s, digits, &v) == 0 || digit(*s->p) >= 0)
		return bad(s,
			   digits == 8 ? "dword wants one to eight hexadecimal digits" :
					 "qword wants one to sixteen hexadecimal digits",
			   err);
	put_u64(data, v);
	return set_op(s, name, type, data, (size_t)digits / 2);
}

static bool
begins(const struct scan *s, const char *word)
{
	CLEANUP_FREE char *here = xstrndup(s->p, strlen(word));

	return name_equal(here, word);
}

/* The data of `name`, which is taken unless this fails. */
static int
value_data(struct scan *s, char *name, struct error *err)
{
	if (*s->p == '-') {
		s->p++;
		add_op(s, REG_OP_DELETE, s->key, name);
		return 0;
	}
	if (*s->p == '"') {
		s->p++;
		return set_string(s, name, REG_TYPE_SZ, err);
	}
	if (begins(s, "dword:"))
		return set_number(s, name, 6, REG_TYPE_DWORD, 8, err);
	if (begins(s, "qword:"))
		return set_number(s, name, 6, REG_TYPE_QWORD, 16, err);
	if (begins(s, "hex"))
		return set_hex(s, name, err);
	return bad(s, "the data is neither a string, dword:, hex: nor '-'", err);
}

static int
value_line(struct scan *s, struct error *err)
{
	CLEANUP_FREE char *name = NULL;

	if (!s->key)
		return bad(s, "a value stands before any key, or below a deleted one", err);
	if (*s->p++ == '@')
		name = xstrdup("");
	else
		name = quoted(s, err);
	if (!name)
		return -1;
	skip_blanks(s);
	if (*s->p++ != '=')
		return bad(s, "there is no '=' behind the name", err);
	skip_blanks(s);
	if (value_data(s, name, err) < 0)
		return -1;
	name = NULL; /* the list's now */
	return end_of_line(s, err);
}

/* The line that says what follows. */
static int
header(struct scan *s, struct error *err)
{
	static const char new[] = "Windows Registry Editor Version 5.00", old[] = "REGEDIT4";

	skip_empty(s);
	if (begins(s, new))
		s->p += strlen(new);
	else if (begins(s, old))
		s->p += strlen(old);
	else
		return bad(
			s,
			"it does not begin as a .reg file does ('Windows Registry Editor Version 5.00' "
			"or 'REGEDIT4')",
			err);
	s->ansi = s->p[-1] == '4';
	return end_of_line(s, err);
}

int
regfile_parse(const void *bytes, size_t n, struct reg_ops *ret, struct error *err)
{
	CLEANUP_FREE char *text = decode(bytes, n, err);
	struct scan s = { .p = text, .line = 1, .ops = ret };
	int got;

	*ret = (struct reg_ops){ 0 };
	if (!text)
		return -1;
	got = header(&s, err);
	while (got == 0) {
		skip_empty(&s);
		if (!*s.p)
			return 0;
		got = *s.p == '[' ? key_line(&s, err) :
		      *s.p == '"' || *s.p == '@' ?
				    value_line(&s, err) :
				    bad(&s, "this is neither a key nor a value", err);
	}
	reg_ops_clear(ret);
	return -1;
}

void
reg_ops_clear(struct reg_ops *ops)
{
	for (size_t i = 0; i < ops->count; i++) {
		free(ops->list[i].key);
		free(ops->list[i].name);
		free(ops->list[i].data);
	}
	free(ops->list);
	*ops = (struct reg_ops){ 0 };
}
