/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256 (FIPS 180-4), by nettle. */
#ifndef RESPREP_UTIL_SHA256_H
#define RESPREP_UTIL_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32

struct sha256;

struct sha256 *sha256_new(void);
void sha256_add(struct sha256 *s, const void *p, size_t n);
/* The digest of all that was added; `s` is freed. */
void sha256_done(struct sha256 *s, uint8_t digest[SHA256_SIZE]);

void sha256_of(const void *p, size_t n, uint8_t digest[SHA256_SIZE]);

#endif
