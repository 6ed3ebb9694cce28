/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text in a code page of Windows, as UTF-8, by the host's iconv.
 *
 * iconv loads a module for each page from disk.  A process that is locked in can no longer, and the page of an installation is known only
 * when its hives are read: so all are opened before.
 */
#ifndef RESPREP_UTIL_CODE_PAGE_H
#define RESPREP_UTIL_CODE_PAGE_H

#include <stdbool.h>
#include <stddef.h>

struct code_pages;

/* Those that Windows takes for its ANSI page: 874, 932, 936, 949, 950, 1250 to 1258; as far as this host has them. */
struct code_pages *code_pages_open(void);
void code_pages_free(struct code_pages *c); /* NULL is fine */
void code_pages_freep(struct code_pages **c);
#define CLEANUP_CODE_PAGES __attribute__((cleanup(code_pages_freep)))

/* Whether text in that page can be read; 1252 always. */
bool code_pages_have(const struct code_pages *c, unsigned page);

/*
 * UTF-8 of `n` bytes in `page`; what is no character of it becomes U+FFFD.  A page that is not there (`c` may be NULL) is read as Windows-1252.  The
 * caller's.
 */
char *code_pages_text(const struct code_pages *c, unsigned page, const void *p, size_t n);

#endif
