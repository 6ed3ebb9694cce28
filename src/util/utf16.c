/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UTF-16LE and WTF-8, and Windows' comparison of names; see utf16.h.
 *
 * The upper-case table is that of $UpCase as Windows writes it since Vista, in runs: units from `first` to
 * `last` in steps of `step` become themselves plus `delta`.
 */
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/text.h"
#include "util/utf16.h"

#define SNIFF 512

struct run {
	uint16_t first, last;
	uint8_t step;
	int32_t delta;
};

static const struct run upcase_runs[] = {
	{ 0x0061, 0x007a, 1, -32 },   { 0x00e0, 0x00f6, 1, -32 },    { 0x00f8, 0x00fe, 1, -32 },
	{ 0x00ff, 0x00ff, 1, 121 },   { 0x0101, 0x012f, 2, -1 },     { 0x0133, 0x0137, 2, -1 },
	{ 0x013a, 0x0148, 2, -1 },    { 0x014b, 0x0177, 2, -1 },     { 0x017a, 0x017e, 2, -1 },
	{ 0x0180, 0x0180, 1, 195 },   { 0x0183, 0x0185, 2, -1 },     { 0x0188, 0x0188, 1, -1 },
	{ 0x018c, 0x018c, 1, -1 },    { 0x0192, 0x0192, 1, -1 },     { 0x0195, 0x0195, 1, 97 },
	{ 0x0199, 0x0199, 1, -1 },    { 0x019a, 0x019a, 1, 163 },    { 0x019e, 0x019e, 1, 130 },
	{ 0x01a1, 0x01a5, 2, -1 },    { 0x01a8, 0x01a8, 1, -1 },     { 0x01ad, 0x01ad, 1, -1 },
	{ 0x01b0, 0x01b0, 1, -1 },    { 0x01b4, 0x01b6, 2, -1 },     { 0x01b9, 0x01b9, 1, -1 },
	{ 0x01bd, 0x01bd, 1, -1 },    { 0x01bf, 0x01bf, 1, 56 },     { 0x01c6, 0x01c6, 1, -2 },
	{ 0x01c9, 0x01c9, 1, -2 },    { 0x01cc, 0x01cc, 1, -2 },     { 0x01ce, 0x01dc, 2, -1 },
	{ 0x01dd, 0x01dd, 1, -79 },   { 0x01df, 0x01ef, 2, -1 },     { 0x01f3, 0x01f3, 1, -2 },
	{ 0x01f5, 0x01f5, 1, -1 },    { 0x01f9, 0x021f, 2, -1 },     { 0x0223, 0x0233, 2, -1 },
	{ 0x023c, 0x023c, 1, -1 },    { 0x0242, 0x0242, 1, -1 },     { 0x0247, 0x024f, 2, -1 },
	{ 0x0250, 0x0250, 1, 10783 }, { 0x0251, 0x0251, 1, 10780 },  { 0x0253, 0x0253, 1, -210 },
	{ 0x0254, 0x0254, 1, -206 },  { 0x0256, 0x0257, 1, -205 },   { 0x0259, 0x0259, 1, -202 },
	{ 0x025b, 0x025b, 1, -203 },  { 0x0260, 0x0260, 1, -205 },   { 0x0263, 0x0263, 1, -207 },
	{ 0x0268, 0x0268, 1, -209 },  { 0x0269, 0x0269, 1, -211 },   { 0x026b, 0x026b, 1, 10743 },
	{ 0x026f, 0x026f, 1, -211 },  { 0x0271, 0x0271, 1, 10749 },  { 0x0272, 0x0272, 1, -213 },
	{ 0x0275, 0x0275, 1, -214 },  { 0x027d, 0x027d, 1, 10727 },  { 0x0280, 0x0280, 1, -218 },
	{ 0x0283, 0x0283, 1, -218 },  { 0x0288, 0x0288, 1, -218 },   { 0x0289, 0x0289, 1, -69 },
	{ 0x028a, 0x028b, 1, -217 },  { 0x028c, 0x028c, 1, -71 },    { 0x0292, 0x0292, 1, -219 },
	{ 0x0371, 0x0373, 2, -1 },    { 0x0377, 0x0377, 1, -1 },     { 0x037b, 0x037d, 1, 130 },
	{ 0x03ac, 0x03ac, 1, -38 },   { 0x03ad, 0x03af, 1, -37 },    { 0x03b1, 0x03c1, 1, -32 },
	{ 0x03c3, 0x03cb, 1, -32 },   { 0x03cc, 0x03cc, 1, -64 },    { 0x03cd, 0x03ce, 1, -63 },
	{ 0x03d7, 0x03d7, 1, -8 },    { 0x03d9, 0x03ef, 2, -1 },     { 0x03f2, 0x03f2, 1, 7 },
	{ 0x03f8, 0x03f8, 1, -1 },    { 0x03fb, 0x03fb, 1, -1 },     { 0x0430, 0x044f, 1, -32 },
	{ 0x0450, 0x045f, 1, -80 },   { 0x0461, 0x0481, 2, -1 },     { 0x048b, 0x04bf, 2, -1 },
	{ 0x04c2, 0x04ce, 2, -1 },    { 0x04cf, 0x04cf, 1, -15 },    { 0x04d1, 0x0523, 2, -1 },
	{ 0x0561, 0x0586, 1, -48 },   { 0x1d79, 0x1d79, 1, 35332 },  { 0x1d7d, 0x1d7d, 1, 3814 },
	{ 0x1e01, 0x1e95, 2, -1 },    { 0x1ea1, 0x1eff, 2, -1 },     { 0x1f00, 0x1f07, 1, 8 },
	{ 0x1f10, 0x1f15, 1, 8 },     { 0x1f20, 0x1f27, 1, 8 },	     { 0x1f30, 0x1f37, 1, 8 },
	{ 0x1f40, 0x1f45, 1, 8 },     { 0x1f51, 0x1f57, 2, 8 },	     { 0x1f60, 0x1f67, 1, 8 },
	{ 0x1f70, 0x1f71, 1, 74 },    { 0x1f72, 0x1f75, 1, 86 },     { 0x1f76, 0x1f77, 1, 100 },
	{ 0x1f78, 0x1f79, 1, 128 },   { 0x1f7a, 0x1f7b, 1, 112 },    { 0x1f7c, 0x1f7d, 1, 126 },
	{ 0x1f80, 0x1f87, 1, 8 },     { 0x1f90, 0x1f97, 1, 8 },	     { 0x1fa0, 0x1fa7, 1, 8 },
	{ 0x1fb0, 0x1fb1, 1, 8 },     { 0x1fb3, 0x1fb3, 1, 9 },	     { 0x1fc3, 0x1fc3, 1, 9 },
	{ 0x1fd0, 0x1fd1, 1, 8 },     { 0x1fe0, 0x1fe1, 1, 8 },	     { 0x1fe5, 0x1fe5, 1, 7 },
	{ 0x1ff3, 0x1ff3, 1, 9 },     { 0x214e, 0x214e, 1, -28 },    { 0x2170, 0x217f, 1, -16 },
	{ 0x2184, 0x2184, 1, -1 },    { 0x24d0, 0x24e9, 1, -26 },    { 0x2c30, 0x2c5e, 1, -48 },
	{ 0x2c61, 0x2c61, 1, -1 },    { 0x2c65, 0x2c65, 1, -10795 }, { 0x2c66, 0x2c66, 1, -10792 },
	{ 0x2c68, 0x2c6c, 2, -1 },    { 0x2c73, 0x2c73, 1, -1 },     { 0x2c76, 0x2c76, 1, -1 },
	{ 0x2c81, 0x2ce3, 2, -1 },    { 0x2d00, 0x2d25, 1, -7264 },  { 0xa641, 0xa65f, 2, -1 },
	{ 0xa663, 0xa66d, 2, -1 },    { 0xa681, 0xa697, 2, -1 },     { 0xa723, 0xa72f, 2, -1 },
	{ 0xa733, 0xa76f, 2, -1 },    { 0xa77a, 0xa77c, 2, -1 },     { 0xa77f, 0xa787, 2, -1 },
	{ 0xa78c, 0xa78c, 1, -1 },    { 0xff41, 0xff5a, 1, -32 },
};

uint16_t
utf16_upcase(uint16_t unit)
{
	size_t low = 0, high = ARRAY_SIZE(upcase_runs);

	if (unit < 0x80)
		return unit >= 'a' && unit <= 'z' ? (uint16_t)(unit - 32) : unit;
	while (low < high) {
		size_t mid = (low + high) / 2;
		const struct run *r = &upcase_runs[mid];

		if (unit < r->first)
			high = mid;
		else if (unit > r->last)
			low = mid + 1;
		else
			return (unit - r->first) % r->step ? unit : (uint16_t)(unit + r->delta);
	}
	return unit;
}

static void
add_code_point(struct text *out, uint32_t c)
{
	char b[4];

	if (c < 0x80) {
		b[0] = (char)c;
		text_add_n(out, b, 1);
	} else if (c < 0x800) {
		b[0] = (char)(0xc0 | c >> 6);
		b[1] = (char)(0x80 | (c & 0x3f));
		text_add_n(out, b, 2);
	} else if (c < 0x10000) {
		b[0] = (char)(0xe0 | c >> 12);
		b[1] = (char)(0x80 | (c >> 6 & 0x3f));
		b[2] = (char)(0x80 | (c & 0x3f));
		text_add_n(out, b, 3);
	} else {
		b[0] = (char)(0xf0 | c >> 18);
		b[1] = (char)(0x80 | (c >> 12 & 0x3f));
		b[2] = (char)(0x80 | (c >> 6 & 0x3f));
		b[3] = (char)(0x80 | (c & 0x3f));
		text_add_n(out, b, 4);
	}
}

char *
utf16_to_text(const void *utf16, size_t bytes, size_t *ret_len)
{
	const uint8_t *p = utf16;
	struct text out = TEXT_INIT;
	size_t n = bytes / 2;

	for (size_t i = 0; i < n; i++) {
		uint32_t c = get_u16(p + 2 * i);

		if (c == 0 && !ret_len)
			break;
		if (c >= 0xd800 && c < 0xdc00 && i + 1 < n) {
			uint32_t d = get_u16(p + 2 * i + 2);

			if (d >= 0xdc00 && d < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10) + (d - 0xdc00);
				i++;
			}
		}
		add_code_point(&out, c);
	}
	if (ret_len)
		*ret_len = out.len;
	return text_steal(&out);
}

/* The next code point of WTF-8 at `*s`, which moves on; U+FFFD for a byte that is none. */
static uint32_t
next_code_point(const unsigned char **s)
{
	const unsigned char *p = *s;
	uint32_t c = p[0];
	unsigned need = c < 0x80	      ? 0 :
			c >= 0xc2 && c < 0xe0 ? 1 :
			c >= 0xe0 && c < 0xf0 ? 2 :
			c >= 0xf0 && c < 0xf5 ? 3 :
						9;

	*s = p + 1;
	if (need == 0)
		return c;
	if (need == 9)
		return 0xfffd;
	c &= 0x3fu >> need;
	for (unsigned i = 1; i <= need; i++) {
		if ((p[i] & 0xc0) != 0x80) /* a terminating NUL ends here too */
			return 0xfffd;
		c = c << 6 | (p[i] & 0x3fu);
	}
	if ((need == 2 && c < 0x800) || (need == 3 && (c < 0x10000 || c > 0x10ffff)))
		return 0xfffd;
	*s = p + need + 1;
	return c;
}

uint8_t *
utf16_from_text(const char *text, size_t *ret_bytes)
{
	const unsigned char *s = (const unsigned char *)text;
	uint8_t *out =
		xmalloc(strlen(text) * 2 + 2); /* never more than two bytes for each of ours */
	size_t n = 0;

	while (*s) {
		bool nul = s[0] == 0xc0 && s[1] == 0x80; /* a NUL inside a name */
		uint32_t c = nul ? 0 : next_code_point(&s);

		s += nul ? 2 : 0;
		if (c >= 0x10000) {
			put_u16(out + n, (uint16_t)(0xd800 + ((c - 0x10000) >> 10)));
			put_u16(out + n + 2, (uint16_t)(0xdc00 + ((c - 0x10000) & 0x3ff)));
			n += 4;
		} else {
			put_u16(out + n, (uint16_t)c);
			n += 2;
		}
	}
	*ret_bytes = n;
	return out;
}

/* Walks a name as upper-cased UTF-16 units; 0 at its end (names hold no NUL here). */
struct units {
	const unsigned char *s;
	uint16_t low; /* second half of a pair, or 0 */
};

static uint16_t
next_unit(struct units *u)
{
	uint32_t c;

	if (u->low) {
		uint16_t low = u->low;

		u->low = 0;
		return low;
	}
	if (!*u->s)
		return 0;
	c = next_code_point(&u->s);
	if (c < 0x10000)
		return utf16_upcase((uint16_t)c);
	u->low = (uint16_t)(0xdc00 + ((c - 0x10000) & 0x3ff));
	return (uint16_t)(0xd800 + ((c - 0x10000) >> 10));
}

int
name_compare(const char *a, const char *b)
{
	struct units x = { (const unsigned char *)a, 0 }, y = { (const unsigned char *)b, 0 };

	for (;;) {
		uint16_t p = next_unit(&x), q = next_unit(&y);

		if (p != q)
			return p < q ? -1 : 1;
		if (p == 0)
			return 0;
	}
}

bool
name_equal(const char *a, const char *b)
{
	return name_compare(a, b) == 0;
}

bool
name_starts_with(const char *name, const char *prefix)
{
	struct units x = { (const unsigned char *)name, 0 },
		     y = { (const unsigned char *)prefix, 0 };

	for (;;) {
		uint16_t q = next_unit(&y);

		if (q == 0)
			return true;
		if (next_unit(&x) != q)
			return false;
	}
}

/* Whether a name that begins with `first` could begin at the byte: of ASCII that is told without the tables. */
static bool
may_begin(unsigned char at, uint16_t first)
{
	return at >= 0x80 || !at || !first || utf16_upcase(at) == first;
}

const char *
name_find(const char *haystack, const char *needle)
{
	const unsigned char *s = (const unsigned char *)haystack;
	struct units wanted = { (const unsigned char *)needle, 0 };
	uint16_t first = next_unit(&wanted);

	for (;;) {
		/* most of a long line */
		while (!may_begin(*s, first))
			s++;
		if (name_starts_with((const char *)s, needle))
			return (const char *)s;
		if (!*s)
			return NULL;
		next_code_point(&s);
	}
}

bool
name_ends_with(const char *name, const char *suffix)
{
	const unsigned char *s = (const unsigned char *)name;

	for (;;) {
		if (name_equal((const char *)s, suffix))
			return true;
		if (!*s)
			return false;
		next_code_point(&s);
	}
}

enum utf16_order
utf16_sniff(const void *from, size_t n, size_t *ret_mark)
{
	const uint8_t *p = from;
	size_t even = 0, odd = 0;

	*ret_mark = 0;
	if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
		*ret_mark = 3;
		return UTF16_NONE;
	}
	if (n >= 2 && (memcmp(p, "\xff\xfe", 2) == 0 || memcmp(p, "\xfe\xff", 2) == 0)) {
		*ret_mark = 2;
		return p[0] == 0xff ? UTF16_LITTLE : UTF16_BIG;
	}
	if (n > SNIFF)
		n = SNIFF;
	for (size_t i = 0; i < n; i++)
		if (p[i] == 0)
			*(i % 2 ? &odd : &even) += 1;
	if (!n || (even + odd) * 10 < n * 3 || (even && odd && even * 4 > odd && odd * 4 > even))
		return UTF16_NONE;
	return odd > even ? UTF16_LITTLE : UTF16_BIG;
}

void
utf16_swap(void *at, size_t bytes)
{
	uint8_t *p = at;

	for (size_t i = 0; i + 1 < bytes; i += 2) {
		uint8_t keep = p[i];

		p[i] = p[i + 1];
		p[i + 1] = keep;
	}
}
