/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory for our own small needs: these print one line and exit when there is none, which is safe
 * because nothing has been written by then.  Sizes that come from a disk go through
 * checked_alloc(), which answers with an error.
 */
#ifndef RESPREP_UTIL_ALLOC_H
#define RESPREP_UTIL_ALLOC_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct error;

/* Prints one line and exits with 8. */
void out_of_memory(void) __attribute__((noreturn));

void *xmalloc(size_t n);			/* n 0 gives one byte */
void *xzalloc(size_t n);			/* zeroed */
void *xcalloc(size_t n, size_t size);		/* zeroed; checks n * size */
void *xrealloc(void *p, size_t n, size_t size); /* to n items of `size`; checks n * size */
char *xstrdup(const char *s);			/* NULL gives NULL */
char *xstrndup(const char *s, size_t n);
void *xmemdup(const void *p, size_t n);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

/* `n` zeroed bytes, or NULL with ERR_LIMIT when `n` is above `limit` or not to be had. */
void *checked_alloc(uint64_t n, uint64_t limit, const char *what, struct error *err);

/*
 * Room for one more item behind a growable array of `len` items: ARRAY_GROW(list->ptr, list->len).
 * Capacity is the next power of two, so no capacity field is needed.
 */
#define ARRAY_GROW(ptr, len) ((ptr) = array_grow((ptr), (len), sizeof *(ptr)))
void *array_grow(void *ptr, size_t len, size_t size);

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
