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
#include "registry/regfile-text.h"
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
	bool ansi;	   /* REGEDIT4: hex(2) and hex(7) hold bytes of the code page */
	const char *key;   /* the one that values belong to; NULL: none */
	struct reg_op *op; /* what the statement asks for */
};

struct regfile {
	struct reg_text source;
	struct text text; /* lines that were read */
	size_t at;	  /* in it: the statement that comes next */
	size_t line;
	bool begun; /* the header was read */
	bool ansi;
	char *key; /* owned */
};

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
set_op_kind(struct scan *s, enum reg_op_kind kind, const char *key, char *name)
{
	*s->op =
		(struct reg_op){ .kind = kind, .key = xstrdup(key), .name = name, .line = s->line };
	return s->op;
}

/* "[KEY]" or "[-KEY]"; a key's name may hold brackets itself, so the last one of the line counts. */
static int
key_line(struct scan *s, struct error *err)
{
	size_t n = strcspn(s->p, "\r\n");
	CLEANUP_FREE char *line = xstrndup(s->p, n);
	char *end = strrchr(line, ']');
	bool gone = line[1] == '-';

	if (!end)
		return bad(s, "a key has no closing bracket", err);
	*end = '\0';
	s->p += end + 1 - line;
	if (end_of_line(s, err) < 0)
		return -1;
	set_op_kind(s, gone ? REG_OP_DELETE_KEY : REG_OP_KEY, line + (gone ? 2 : 1), NULL);
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
	struct reg_op *op = set_op_kind(s, REG_OP_SET, s->key, name);

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
		wide = reg_text_widen(bytes, len);
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
		set_op_kind(s, REG_OP_DELETE, s->key, name);
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

static int
statement(struct scan *s, struct error *err)
{
	return *s->p == '['		    ? key_line(s, err) :
	       *s->p == '"' || *s->p == '@' ? value_line(s, err) :
					      bad(s, "this is neither a key nor a value", err);
}

/* ---- the file ---- */

struct regfile *
regfile_open(const struct hive_source *from, struct error *err)
{
	struct regfile *f = xzalloc(sizeof *f);

	f->line = 1;
	if (reg_text_open(&f->source, from, err) == 0)
		return f;
	regfile_close(f);
	return NULL;
}

void
regfile_close(struct regfile *f)
{
	if (!f)
		return;
	reg_text_clear(&f->source);
	text_clear(&f->text);
	free(f->key);
	free(f);
}

void
regfile_closep(struct regfile **f)
{
	regfile_close(*f);
}

/* More lines behind those that are there, as many again when they were not enough: 1, 0 at the end, -1. */
static int
read_on(struct regfile *f, struct error *err)
{
	size_t left = f->text.len - f->at, before;
	int got = 1;

	if (f->at)
		memmove(f->text.ptr, f->text.ptr + f->at, left + 1);
	f->text.len = before = left;
	f->at = 0;
	while (got > 0 && f->text.len < 2 * before)
		got = reg_text_more(&f->source, &f->text, err);
	if (got > 0 && f->text.len == before)
		got = reg_text_more(&f->source, &f->text, err);
	return got < 0 ? -1 : f->text.len > before;
}

/* Header or statement from where the last one ended: 1, 0 when there is none, -1. */
static int
scan_one(struct regfile *f, struct scan *s, struct error *err)
{
	if (!f->begun)
		return header(s, err) < 0 ? -1 : 1;
	skip_empty(s);
	if (!*s->p)
		return 0;
	return statement(s, err) < 0 ? -1 : 1;
}

/* The same; all of it is there, however many lines it has. */
static int
whole_one(struct regfile *f, struct reg_op *ret, struct error *err)
{
	for (;;) {
		CLEANUP_ERROR struct error unread = ERROR_INIT;
		struct scan s = { .p = text_str(&f->text) + f->at,
				  .line = f->line,
				  .ansi = f->ansi,
				  .key = f->key,
				  .op = ret };
		bool end;
		int got, more;

		*ret = (struct reg_op){ 0 };
		got = scan_one(f, &s, err);
		end = !*s.p;
		/* lines are whole, so it may go on, or be wrong, only where they end */
		more = end ? read_on(f, &unread) : 0;
		if (more == 0 && got >= 0) {
			f->at = end ? f->text.len : (size_t)(s.p - f->text.ptr);
			f->line = s.line;
			f->ansi = s.ansi;
			return got;
		}
		reg_op_clear(ret);
		if (more == 0)
			return -1;
		error_clear(err);
		if (more < 0) {
			error_move(err, &unread);
			return -1;
		}
	}
}

int
regfile_next(struct regfile *f, struct reg_op *ret, struct error *err)
{
	int got;

	if (!f->begun) {
		if (whole_one(f, ret, err) < 0)
			return -1;
		f->begun = true;
	}
	got = whole_one(f, ret, err);
	if (got > 0 && !ret->name) {
		free(f->key);
		f->key = ret->kind == REG_OP_KEY ? xstrdup(ret->key) : NULL;
	}
	return got;
}

/* ---- as a list ---- */

struct bytes {
	const uint8_t *p;
	size_t n;
};

static int
read_bytes(void *ctx, void *buf, size_t len, uint64_t offset, size_t *ret_len, struct error *err)
{
	const struct bytes *b = ctx;

	(void)err;
	*ret_len = offset >= b->n ? 0 : len < b->n - offset ? len : (size_t)(b->n - offset);
	if (*ret_len)
		memcpy(buf, b->p + offset, *ret_len);
	return 0;
}

int
regfile_parse(const void *bytes, size_t n, struct reg_ops *ret, struct error *err)
{
	struct bytes b = { bytes, n };
	const struct hive_source from = { read_bytes, &b, n };
	CLEANUP_REGFILE struct regfile *f = regfile_open(&from, err);
	struct reg_op op;
	int got = f ? 1 : -1;

	*ret = (struct reg_ops){ 0 };
	while (got > 0) {
		got = regfile_next(f, &op, err);
		if (got <= 0)
			break;
		ARRAY_GROW(ret->list, ret->count);
		ret->list[ret->count++] = op;
	}
	if (got < 0)
		reg_ops_clear(ret);
	return got;
}

void
reg_op_clear(struct reg_op *op)
{
	free(op->key);
	free(op->name);
	free(op->data);
	*op = (struct reg_op){ 0 };
}

void
reg_ops_clear(struct reg_ops *ops)
{
	for (size_t i = 0; i < ops->count; i++)
		reg_op_clear(&ops->list[i]);
	free(ops->list);
	*ops = (struct reg_ops){ 0 };
}
