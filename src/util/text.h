/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text: a growable buffer, and what we do with strings that came from a volume.
 *
 * Inside the program text is NUL-terminated UTF-8, generalised to WTF-8 (an unpaired surrogate is
 * its three-byte form), so that every name on disk has a spelling.
 */
#ifndef RESPREP_UTIL_TEXT_H
#define RESPREP_UTIL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *ptr; /* owned; NUL-terminated; NULL while nothing was added */
	size_t len;
	size_t cap;
};

#define TEXT_INIT          \
	{                  \
		NULL, 0, 0 \
	}

void text_add(struct text *t, const char *s);
void text_add_n(struct text *t, const char *s, size_t n);
void text_addf(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const char *text_str(const struct text *t); /* "" while empty; borrowed */
char *text_steal(struct text *t);	    /* the caller's; never NULL; `t` is empty again */
void text_clear(struct text *t);
#define CLEANUP_TEXT __attribute__((cleanup(text_clear)))

/*
 * `s` as it may reach a terminal: control characters (C0, DEL, C1), bidirectional overrides,
 * unpaired surrogates and bytes that are no UTF-8 become \xNN or \u{NNNN}; a newline and a tab too
 * unless `keep_newlines`.  The result is the caller's.
 */
char *text_escape(const char *s, bool keep_newlines);

/*
 * The code point at `s`, of which `n` bytes are there, and its length in `*ret_len`; unpaired surrogates are let through, and C0 80 is 0.  -1, of
 * length 1, when it is no encoding of anything.
 */
int32_t text_decode(const char *s, size_t n, size_t *ret_len);

/* Whether it may act on a terminal or a reader rather than be seen: controls, unpaired surrogates, marks that turn the reading direction. */
bool text_is_harmful(int32_t code_point);

/* Strict UTF-8 for JSON: what is not becomes U+FFFD.  The result is the caller's. */
char *text_to_strict_utf8(const char *s, size_t n);

/* The length of WTF-8 `s`, at most `n`, with no character cut. */
size_t text_cut(const char *s, size_t n);

/* Whether `n` bytes are WTF-8: UTF-8 that may hold single surrogates. */
bool text_is_wtf8(const char *s, size_t n);

/* Whether `n` bytes are valid UTF-8 (no surrogates, no overlong forms). */
bool text_is_utf8(const char *s, size_t n);

/* 1234567 as "1.2 MB" (powers of ten, as AWS and disk makers count: 1 GiB volumes show "GiB"). */
char *text_size(uint64_t bytes);

/*
 * `s` as one word of a POSIX shell (XCU 2.2), so that a command that is printed can be typed again: in single quotes when it is empty or has more
 * than letters, digits and "%+,-./:=@_".  Nothing is hidden by it: what may harm a terminal goes through text_escape() as well.  The caller's.
 */
char *text_shell(const char *s);

/* Lower-case hexadecimal of `n` bytes; the caller's. */
char *text_hex(const void *p, size_t n);

#endif
