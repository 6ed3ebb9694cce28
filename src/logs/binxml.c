/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tokens of binary XML ([MS-EVEN6], 2.2.12 "BinXml"; libyal: "Windows XML Event Log (EVTX)"):
 *
 *      0f 01 01 00                          fragment
 *      0c 01 ID OFFSET [definition] COUNT (SIZE TYPE 0)… data…    an instance of a template, and what fills it
 *      01|41 DEPENDENCY SIZE NAME [SIZE]    <NAME, with attributes 41; then 06|46 NAME … and 02 ">" or 03 "/>"
 *      05 01 N chars · 0d|0e INDEX TYPE     text · a value that fills the template
 *      04 · 00                              end of the element · of the fragment
 *
 * A name is an offset in the chunk; where it is that of the next byte, the name follows.  Nothing is believed: every access is within the chunk, and the
 * work for an event has a limit, since a template can name a long value again and again, and values can hold fragments that hold templates.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "logs/binxml.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/filetime.h"
#include "util/utf16.h"

#define WORK_MAX       20000	   /* for one event, in tokens: real ones have some hundreds */
#define WORK_BYTES     16	   /* that are as much work as a token */
#define NEST_MAX       6	   /* fragments in values */
#define DEPTH_MAX      16	   /* elements */
#define VALUES_MAX     1024	   /* of a template */
#define DATA_MAX       (32u << 10) /* bytes of text that are kept of an event */
#define NAME_MAX_CHARS 255

enum token {
	TOKEN_EOF,
	TOKEN_OPEN,
	TOKEN_CLOSE_START,
	TOKEN_CLOSE_EMPTY,
	TOKEN_END,
	TOKEN_TEXT,
	TOKEN_ATTRIBUTE,
	TOKEN_CDATA,
	TOKEN_CHARREF,
	TOKEN_ENTITY,
	TOKEN_PI_TARGET,
	TOKEN_PI_DATA,
	TOKEN_TEMPLATE,
	TOKEN_VALUE,
	TOKEN_OPTIONAL,
	TOKEN_FRAGMENT,
	TOKEN_MORE = 0x40 /* a flag */
};

struct value {
	uint16_t size;
	uint8_t type;
	size_t at;
};
struct values {
	struct value list[VALUES_MAX];
	size_t count;
};

struct xml {
	const uint8_t *chunk;
	size_t len;
	struct binxml_event *e;
	char *names[DEPTH_MAX]; /* of the open elements; owned */
	size_t depth;
	struct text text; /* of the innermost element, or of the attribute */
	struct text name; /* of the attribute Name of the innermost element */
	char *attribute;  /* the one that is read now; owned; NULL: none */
	size_t work;
	unsigned nest;
};

/* A place in the chunk that never leaves it. */
struct at {
	struct reader r;
	size_t start; /* where `r` began */
};

static struct at
at_of(const struct xml *x, size_t from, size_t to)
{
	if (to > x->len)
		to = x->len;
	if (from > to)
		from = to;
	return (struct at){ reader_over(x->chunk + from, to - from), to };
}

/* The offset in the chunk of what comes next. */
static size_t
offset_of(const struct at *p)
{
	return p->start - p->r.left;
}

static uint8_t
take_u8(struct at *p)
{
	const uint8_t *b = reader_take(&p->r, 1);

	return b ? *b : 0;
}

static void
count_work(struct xml *x, size_t bytes)
{
	x->work += bytes / WORK_BYTES;
}

static void
add_utf16(struct text *to, const uint8_t *p, size_t bytes)
{
	size_t room = to->len < DATA_MAX ? DATA_MAX - to->len : 0;
	CLEANUP_FREE char *s = NULL;

	/* a unit is a byte at least */
	if (bytes > room * 2)
		bytes = room * 2;
	if (!bytes)
		return;
	s = utf16_to_text(p, bytes, NULL);
	text_add_n(to, s, text_cut(s, room));
}

/* A name, which stands here if its offset says so, else elsewhere.  NULL when there is none; the caller's. */
static char *
take_name(struct xml *x, struct at *p)
{
	uint32_t offset = reader_u32(&p->r);
	bool here = !p->r.failed && offset == offset_of(p);
	struct at there = at_of(x, offset, x->len);
	struct at *q = here ? p : &there;
	const uint8_t *chars;
	uint16_t n;

	reader_take(&q->r, 6); /* the next name of this hash, and the hash */
	n = reader_u16(&q->r);
	if (n > NAME_MAX_CHARS)
		return NULL;
	count_work(x, (size_t)n * 2);
	chars = reader_take(&q->r, (uint64_t)n * 2);
	if (here)
		reader_take(&q->r, 2); /* its NUL */
	return chars && !q->r.failed ? utf16_to_text(chars, (size_t)n * 2, NULL) : NULL;
}

/* ---- values ---- */

static void
add_sid(struct text *to, const uint8_t *p, size_t n)
{
	uint64_t authority = 0;

	if (n < 8 || n < 8 + (size_t)p[1] * 4)
		return;
	for (int i = 2; i < 8; i++)
		authority = authority << 8 | p[i];
	text_addf(to, "S-%u-%" PRIu64, p[0], authority);
	for (size_t i = 0; i < p[1]; i++)
		text_addf(to, "-%" PRIu32, get_u32(p + 8 + 4 * i));
}

static void
add_guid(struct text *to, const uint8_t *p)
{
	text_addf(to, "{%08" PRIx32 "-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}", get_u32(p),
		  get_u16(p + 4), get_u16(p + 6), p[8], p[9], p[10], p[11], p[12], p[13], p[14],
		  p[15]);
}

static void
add_time(struct text *to, uint64_t filetime)
{
	CLEANUP_FREE char *s = filetime_text(filetime);

	text_add(to, s);
}

/* Little-endian, of 1, 2, 4 or 8 bytes. */
static uint64_t
unsigned_of(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = n < 8 ? n : 8; i-- > 0;)
		v = v << 8 | p[i];
	return v;
}

static int64_t
signed_of(const uint8_t *p, size_t n)
{
	uint64_t v = unsigned_of(p, n);

	if (n && n < 8 && v >> (8 * n - 1))
		v |= ~UINT64_C(0) << (8 * n);
	return (int64_t)v;
}

/* Strings with NULs between, ", " in the text. */
static void
add_strings(struct text *to, const uint8_t *p, size_t n)
{
	for (size_t from = 0, i = 0; i + 1 < n && to->len < DATA_MAX; i += 2)
		if (get_u16(p + i) == 0 || i + 3 >= n) {
			size_t end = get_u16(p + i) == 0 ? i : i + 2;

			if (from && end > from)
				text_add(to, ", ");
			add_utf16(to, p + from, end - from);
			from = i + 2;
		}
}

/* 8-bit characters, up to a NUL. */
static void
add_ansi(struct text *to, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n && p[i] && to->len < DATA_MAX;) {
		size_t run = 0;

		while (i + run < n && run < DATA_MAX - to->len && p[i + run] >= 0x20 &&
		       p[i + run] < 0x7f)
			run++;
		text_add_n(to, (const char *)p + i, run);
		i += run;
		if (!run)
			text_addf(to, "\\x%02x", p[i++]);
	}
}

static void
add_value(struct text *to, const uint8_t *p, size_t n, uint8_t type)
{
	switch (type) {
	case 0x00:
		return;
	case 0x01:
		add_utf16(to, p, n);
		return;
	case 0x02:
		add_ansi(to, p, n);
		return;
	case 0x03:
	case 0x05:
	case 0x07:
	case 0x09:
		text_addf(to, "%" PRId64, signed_of(p, n));
		return;
	case 0x04:
	case 0x06:
	case 0x08:
	case 0x0a:
		text_addf(to, "%" PRIu64, unsigned_of(p, n));
		return;
	case 0x0d:
		text_add(to, unsigned_of(p, n) ? "true" : "false");
		return;
	case 0x0f:
		if (n == 16)
			add_guid(to, p);
		return;
	case 0x10:
	case 0x14:
	case 0x15:
		text_addf(to, "0x%" PRIx64, unsigned_of(p, n));
		return;
	case 0x11:
		if (n == 8)
			add_time(to, get_u64(p));
		return;
	case 0x13:
		add_sid(to, p, n);
		return;
	case 0x81:
		add_strings(to, p, n);
		return;
	default: /* binary, floating point, dates by field, other arrays: as bytes, and not too many */
		for (size_t i = 0; i < n && i < 64; i++)
			text_addf(to, "%02x", p[i]);
		text_add(to, n > 64 ? "…" : "");
	}
}

/* ---- what an event is made of ---- */

static bool
is_in(const struct xml *x, size_t level, const char *name)
{
	return x->depth > level && x->names[level] && strcmp(x->names[level], name) == 0;
}

static void
add_data(struct xml *x, const char *name)
{
	struct text *to = &x->e->data;
	const char *text = text_str(&x->text);
	size_t n = x->text.len;

	/* values come with their NUL, and messages with a line end */
	while (n && (text[n - 1] == '\n' || text[n - 1] == '\r' || text[n - 1] == ' '))
		n--;
	if (!n || to->len > DATA_MAX)
		return;
	if (to->len)
		text_add(to, "; ");
	if (name && *name)
		text_addf(to, "%s=", name);
	text_add_n(to, text, n);
}

/* The text of the innermost element is whole. */
static void
element_ends(struct xml *x)
{
	const char *name = x->names[x->depth - 1];

	if (is_in(x, 1, "System") && x->depth == 3) {
		if (strcmp(name, "EventID") == 0)
			x->e->id = (uint32_t)strtoul(text_str(&x->text), NULL, 10);
		else if (strcmp(name, "Level") == 0)
			x->e->level = (uint32_t)strtoul(text_str(&x->text), NULL, 10);
	} else if (is_in(x, 1, "EventData") && x->depth == 3) {
		if (strcmp(name, "Binary") != 0)
			add_data(x, text_str(&x->name));
	} else if (is_in(x, 1, "UserData") && x->depth > 2) {
		add_data(x, name);
	}
}

static void
clear_text(struct text *t)
{
	t->len = 0;
	if (t->ptr)
		*t->ptr = '\0';
}

static void
attribute_ends(struct xml *x)
{
	if (!x->attribute)
		return;
	if (strcmp(x->attribute, "Name") == 0) {
		clear_text(&x->name);
		text_add(&x->name, text_str(&x->text));
		if (is_in(x, 1, "System") && x->depth == 3 && is_in(x, 2, "Provider") &&
		    !x->e->provider.len)
			text_add(&x->e->provider, text_str(&x->text));
	}
	free(x->attribute);
	x->attribute = NULL;
	clear_text(&x->text);
}

/* ---- tokens ---- */

static bool parse(struct xml *x, size_t from, size_t to, const struct values *v);

static bool
open_element(struct xml *x, struct at *p, bool attributes)
{
	char *name;

	reader_take(&p->r, 6); /* dependency, size */
	name = take_name(x, p);
	if (attributes)
		reader_take(&p->r, 4);
	if (!name || p->r.failed || x->depth == DEPTH_MAX) {
		free(name);
		return false;
	}
	x->names[x->depth++] = name;
	clear_text(&x->text);
	clear_text(&x->name);
	return true;
}

static bool
close_element(struct xml *x)
{
	if (!x->depth)
		return false;
	element_ends(x);
	free(x->names[--x->depth]);
	clear_text(&x->text);
	return true;
}

static bool
add_chars(struct xml *x, struct at *p)
{
	uint16_t n = reader_u16(&p->r);
	const uint8_t *chars = reader_take(&p->r, (uint64_t)n * 2);

	count_work(x, (size_t)n * 2);
	if (chars)
		add_utf16(&x->text, chars, (size_t)n * 2);
	return chars != NULL;
}

static bool
add_entity(struct xml *x, struct at *p)
{
	static const char *const entities[][2] = {
		{ "amp", "&" }, { "lt", "<" }, { "gt", ">" }, { "quot", "\"" }, { "apos", "'" }
	};
	CLEANUP_FREE char *name = take_name(x, p);

	for (size_t i = 0; name && i < ARRAY_SIZE(entities); i++)
		if (strcmp(entities[i][0], name) == 0)
			text_add(&x->text, entities[i][1]);
	return name != NULL;
}

static bool
substitute(struct xml *x, struct at *p, const struct values *v)
{
	uint16_t index = reader_u16(&p->r);
	const struct value *one;

	take_u8(p); /* the type that the template expects; the value has its own */
	if (p->r.failed || !v || index >= v->count)
		return false;
	one = &v->list[index];
	if (one->type == 0x21)
		return one->size == 0 || parse(x, one->at, one->at + one->size, NULL);
	count_work(x, one->size);
	if (x->text.len < DATA_MAX)
		add_value(&x->text, x->chunk + one->at, one->size, one->type);
	return true;
}

/* The values that stand behind a template's instance. */
static bool
take_values(struct xml *x, struct at *p, struct values *ret)
{
	uint32_t count = reader_u32(&p->r);
	const uint8_t *sizes;

	ret->count = 0;
	if (count > VALUES_MAX)
		return false;
	count_work(x, (size_t)count * 4);
	sizes = reader_take(&p->r, (uint64_t)count * 4);
	for (uint32_t i = 0; sizes && i < count; i++) {
		struct value *v = &ret->list[ret->count++];

		*v = (struct value){ get_u16(sizes + 4 * i), sizes[4 * i + 2], 0 };
		v->at = offset_of(p);
		if (!reader_take(&p->r, v->size))
			return false;
	}
	return sizes != NULL;
}

#define DEFINITION_HEAD 24 /* next, GUID, size */

static bool
instance(struct xml *x, struct at *p)
{
	CLEANUP_FREE struct values *v = xmalloc(sizeof *v);
	size_t definition;
	struct at d;
	uint32_t size;

	reader_take(&p->r, 5);
	definition = reader_u32(&p->r);
	if (p->r.failed)
		return false;
	d = at_of(x, definition, x->len);
	reader_take(&d.r, DEFINITION_HEAD - 4);
	size = reader_u32(&d.r);
	if (d.r.failed || size > x->len)
		return false;
	if (definition == offset_of(p))
		reader_take(&p->r, (uint64_t)DEFINITION_HEAD + size);
	return take_values(x, p, v) &&
	       parse(x, definition + DEFINITION_HEAD, definition + DEFINITION_HEAD + size, v);
}

/* One token; false when it makes no sense.  *done at the end of the fragment. */
static bool
token(struct xml *x, struct at *p, const struct values *v, bool *done)
{
	uint8_t t = take_u8(p);

	switch (t & ~TOKEN_MORE) {
	case TOKEN_EOF:
		*done = true;
		return true;
	case TOKEN_OPEN:
		return open_element(x, p, t & TOKEN_MORE);
	case TOKEN_CLOSE_START:
		attribute_ends(x);
		return true;
	case TOKEN_CLOSE_EMPTY:
		attribute_ends(x);
		return close_element(x);
	case TOKEN_END:
		return close_element(x);
	case TOKEN_TEXT:
		return take_u8(p) == 0x01 && add_chars(x, p);
	case TOKEN_ATTRIBUTE:
		attribute_ends(x);
		x->attribute = take_name(x, p);
		clear_text(&x->text);
		return x->attribute != NULL;
	case TOKEN_CDATA:
		return add_chars(x, p);
	case TOKEN_CHARREF: {
		uint8_t unit[2];

		put_u16(unit, reader_u16(&p->r));
		add_utf16(&x->text, unit, 2);
		return !p->r.failed;
	}
	case TOKEN_ENTITY:
		return add_entity(x, p);
	case TOKEN_PI_TARGET:
		free(take_name(x, p));
		return !p->r.failed;
	case TOKEN_PI_DATA:
		return reader_take(&p->r, (uint64_t)reader_u16(&p->r) * 2) != NULL;
	case TOKEN_TEMPLATE:
		return instance(x, p);
	case TOKEN_VALUE:
	case TOKEN_OPTIONAL:
		return substitute(x, p, v);
	case TOKEN_FRAGMENT:
		return reader_take(&p->r, 3) != NULL;
	default:
		return false;
	}
}

static bool
parse(struct xml *x, size_t from, size_t to, const struct values *v)
{
	struct at p = at_of(x, from, to);
	bool done = false, ok = ++x->nest <= NEST_MAX;

	while (ok && !done && p.r.left)
		ok = ++x->work <= WORK_MAX && token(x, &p, v, &done) && !p.r.failed;
	x->nest--;
	return ok;
}

bool
binxml_event(const uint8_t *chunk, size_t chunk_len, size_t at, size_t end, struct binxml_event *e)
{
	struct xml x = { .chunk = chunk, .len = chunk_len, .e = e };
	bool ok = parse(&x, at, end, NULL);

	while (x.depth)
		free(x.names[--x.depth]);
	free(x.attribute);
	text_clear(&x.text);
	text_clear(&x.name);
	return ok;
}

void
binxml_event_clear(struct binxml_event *e)
{
	text_clear(&e->provider);
	text_clear(&e->data);
	*e = (struct binxml_event){ 0 };
}
