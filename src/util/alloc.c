/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory for our own small needs; see alloc.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/error.h"

void
out_of_memory(void)
{
	fputs("resprep: out of memory\n", stderr);
	exit(8);
}

static void *
or_exit(void *p)
{
	if (!p)
		out_of_memory();
	return p;
}

void *
xmalloc(size_t n)
{
	return or_exit(malloc(n ? n : 1));
}

void *
xzalloc(size_t n)
{
	return xcalloc(1, n);
}

void *
xcalloc(size_t n, size_t size)
{
	return or_exit(calloc(n ? n : 1, size ? size : 1));
}

void *
xrealloc(void *p, size_t n, size_t size)
{
	return or_exit(reallocarray(p, n ? n : 1, size ? size : 1));
}

char *
xstrdup(const char *s)
{
	return s ? or_exit(strdup(s)) : NULL;
}

char *
xstrndup(const char *s, size_t n)
{
	return or_exit(strndup(s, n));
}

void *
xmemdup(const void *p, size_t n)
{
	void *copy = xmalloc(n);

	if (n)
		memcpy(copy, p, n);
	return copy;
}

char *
xvasprintf(const char *fmt, va_list ap)
{
	char *s = NULL;

	if (vasprintf(&s, fmt, ap) < 0)
		s = NULL;
	return or_exit(s);
}

char *
xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = xvasprintf(fmt, ap);
	va_end(ap);
	return s;
}

void *
checked_alloc(uint64_t n, uint64_t limit, const char *what, struct error *err)
{
	void *p;

	if (n > limit || n > SIZE_MAX) {
		error_set(err, ERR_LIMIT,
			  "%s is %" PRIu64 " bytes, more than the %" PRIu64 " that are read", what,
			  n, limit);
		return NULL;
	}
	p = calloc(n ? (size_t)n : 1, 1);
	if (!p)
		error_set(err, ERR_LIMIT, "no memory for %s (%" PRIu64 " bytes)", what, n);
	return p;
}

void *
array_grow(void *ptr, size_t len, size_t size)
{
	/* full exactly when len is 0 or a power of two */
	if (len & (len - 1))
		return ptr;
	return xrealloc(ptr, len ? len * 2 : 1, size);
}
