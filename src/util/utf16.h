/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UTF-16LE, as Windows stores names and strings, to and from WTF-8, as we do; and comparison of
 * Windows names without regard to case.
 *
 * Case follows simple upper-casing of single UTF-16 units, as NTFS's $UpCase and the registry do;
 * the table covers what Windows' table covers in the Basic Multilingual Plane.  Never the locale.
 */
#ifndef RESPREP_UTIL_UTF16_H
#define RESPREP_UTIL_UTF16_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* WTF-8 of `bytes` bytes of UTF-16LE (an odd last byte is dropped).  NULs are kept as "\0" bytes only
 * if `len` is given; with `len` NULL the text ends at the first NUL.  The caller's. */
char *utf16_to_text(const void *utf16, size_t bytes, size_t *ret_len);

/* UTF-16LE of WTF-8 text, without terminator; byte count in `*ret_bytes`.  Bytes that are no WTF-8
 * become U+FFFD; C0 80 becomes a NUL.  The caller's. */
uint8_t *utf16_from_text(const char *text, size_t *ret_bytes);

/* How the bytes of a text file are units of two bytes, if they are. */
enum utf16_order { UTF16_NONE, UTF16_LITTLE, UTF16_BIG };

/*
 * By its first `n` bytes: by a mark, whose length is *ret_mark (also UTF-8's, which is UTF16_NONE), or without one by NULs: Latin text in UTF-16 has
 * them on one side, a hole has them on both.
 */
enum utf16_order utf16_sniff(const void *p, size_t n, size_t *ret_mark);

/* The other order, in place; an odd last byte stays. */
void utf16_swap(void *p, size_t bytes);

/* Simple upper case of one unit. */
uint16_t utf16_upcase(uint16_t unit);

/* Whether two WTF-8 names are the same to Windows. */
bool name_equal(const char *a, const char *b);

/* Order of two WTF-8 names by upper-cased UTF-16 units: <0, 0, >0. */
int name_compare(const char *a, const char *b);

/* Whether `name` begins or ends with the other, without regard to case. */
bool name_starts_with(const char *name, const char *prefix);
bool name_ends_with(const char *name, const char *suffix);

/* The first place of `needle` in `haystack` without regard to case, or NULL. */
const char *name_find(const char *haystack, const char *needle);

#endif
