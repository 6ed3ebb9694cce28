/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Code pages through iconv; Windows-1252, which has to be there, by a table. */
#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/code-page.h"
#include "util/text.h"
#include "util/utf16.h"

/* Microsoft: "Code Page Identifiers". */
static const unsigned numbers[] = { 874,  932,	936,  949,  950,  1250, 1251,
				    1253, 1254, 1255, 1256, 1257, 1258 };

struct code_pages {
	iconv_t list[ARRAY_SIZE(numbers)]; /* (iconv_t)-1 where this host has none */
};

/* Windows-1252 where it differs from Latin-1: 0x80 to 0x9f (Unicode: CP1252.TXT). */
static const uint16_t cp1252[32] = {
	0x20ac, 0x81,	0x201a, 0x192,	0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,	0x2030, 0x160,
	0x2039, 0x152,	0x8d,	0x17d,	0x8f,	0x90,	0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
	0x2013, 0x2014, 0x2dc,	0x2122, 0x161,	0x203a, 0x153,	0x9d,	0x17e,	0x178
};

struct code_pages *
code_pages_open(void)
{
	struct code_pages *c = xmalloc(sizeof *c);

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		char name[16];

		snprintf(name, sizeof name, "CP%u", numbers[i]);
		c->list[i] = iconv_open("UTF-8", name);
	}
	return c;
}

void
code_pages_free(struct code_pages *c)
{
	for (size_t i = 0; c && i < ARRAY_SIZE(numbers); i++)
		if (c->list[i] != (iconv_t)-1)
			iconv_close(c->list[i]);
	free(c);
}

void
code_pages_freep(struct code_pages **c)
{
	code_pages_free(*c);
}

static iconv_t
find(const struct code_pages *c, unsigned page)
{
	for (size_t i = 0; c && i < ARRAY_SIZE(numbers); i++)
		if (numbers[i] == page)
			return c->list[i];
	return (iconv_t)-1;
}

bool
code_pages_have(const struct code_pages *c, unsigned page)
{
	return page == 1252 || find(c, page) != (iconv_t)-1;
}

static char *
from_1252(const uint8_t *p, size_t n)
{
	CLEANUP_FREE uint8_t *wide = xmalloc(n * 2 + 1);

	for (size_t i = 0; i < n; i++)
		put_u16(wide + 2 * i, p[i] >= 0x80 && p[i] < 0xa0 ? cp1252[p[i] - 0x80] : p[i]);
	return utf16_to_text(wide, n * 2, NULL);
}

/* Hebrew and Vietnamese hold a letter back, because a mark for it may follow. */
static void
flush(iconv_t cd, struct text *out)
{
	char piece[64], *to = piece;
	size_t room = sizeof piece;

	iconv(cd, NULL, NULL, &to, &room);
	text_add_n(out, piece, sizeof piece - room);
}

char *
code_pages_text(const struct code_pages *c, unsigned page, const void *p, size_t n)
{
	iconv_t cd = find(c, page);
	CLEANUP_TEXT struct text out = TEXT_INIT;
	/* iconv's interface is older than const */
	char *in = (char *)(uintptr_t)p;

	if (cd == (iconv_t)-1)
		return from_1252(p, n);
	while (n) {
		char piece[512], *to = piece;
		size_t room = sizeof piece;
		bool stuck = iconv(cd, &in, &n, &to, &room) == (size_t)-1 && errno != E2BIG;

		text_add_n(&out, piece, sizeof piece - room);
		if (stuck && n) { /* no character begins here, or it is cut off */
			flush(cd, &out);
			text_add(&out, "\xef\xbf\xbd");
			in++;
			n--;
		}
	}
	flush(cd, &out);
	return text_steal(&out);
}
