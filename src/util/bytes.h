/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Little-endian numbers in memory.  The get and put functions trust the caller; `struct reader`
 * does not: it walks a buffer and never leaves it.
 */
#ifndef RESPREP_UTIL_BYTES_H
#define RESPREP_UTIL_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t
get_u16(const void *p)
{
	const uint8_t *b = p;
	return (uint16_t)(b[0] | b[1] << 8);
}
static inline uint32_t
get_u32(const void *p)
{
	const uint8_t *b = p;
	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}
static inline uint64_t
get_u64(const void *p)
{
	const uint8_t *b = p;
	return get_u32(b) | (uint64_t)get_u32(b + 4) << 32;
}
static inline void
put_u16(void *p, uint16_t v)
{
	uint8_t *b = p;
	b[0] = (uint8_t)v;
	b[1] = (uint8_t)(v >> 8);
}
static inline void
put_u32(void *p, uint32_t v)
{
	uint8_t *b = p;
	put_u16(b, (uint16_t)v);
	put_u16(b + 2, (uint16_t)(v >> 16));
}
static inline void
put_u64(void *p, uint64_t v)
{
	uint8_t *b = p;
	put_u32(b, (uint32_t)v);
	put_u32(b + 4, (uint32_t)(v >> 32));
}

struct reader {
	const uint8_t *p;
	size_t left;
	bool failed; /* sticky: a read beyond the end was tried; it and all later reads give 0 */
};

static inline struct reader
reader_over(const void *p, size_t n)
{
	return (struct reader){ p, n, false };
}

/* The next `n` bytes, or NULL when there are fewer. */
static inline const void *
reader_take(struct reader *r, uint64_t n)
{
	const uint8_t *p = r->p;

	if (r->failed || n > r->left) {
		r->failed = true;
		return NULL;
	}
	r->p += n;
	r->left -= (size_t)n;
	return p;
}

static inline uint32_t
reader_u32(struct reader *r)
{
	const void *p = reader_take(r, 4);
	return p ? get_u32(p) : 0;
}
static inline uint64_t
reader_u64(struct reader *r)
{
	const void *p = reader_take(r, 8);
	return p ? get_u64(p) : 0;
}
static inline uint16_t
reader_u16(struct reader *r)
{
	const void *p = reader_take(r, 2);
	return p ? get_u16(p) : 0;
}

#endif
