/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256 by nettle; the only file that knows it. */
#include <stdlib.h>

#include <nettle/sha2.h>

#include "util/alloc.h"
#include "util/sha256.h"

/* nettle has a macro of this name; ours is the same number */
_Static_assert(SHA256_SIZE == SHA256_DIGEST_SIZE, "a SHA-256 digest has 32 bytes");

struct sha256 {
	struct sha256_ctx ctx;
};

struct sha256 *
sha256_new(void)
{
	struct sha256 *s = xmalloc(sizeof *s);

	sha256_init(&s->ctx);
	return s;
}

void
sha256_add(struct sha256 *s, const void *p, size_t n)
{
	sha256_update(&s->ctx, n, p);
}

void
sha256_done(struct sha256 *s, uint8_t digest[SHA256_SIZE])
{
	sha256_digest(&s->ctx, SHA256_DIGEST_SIZE, digest);
	free(s);
}

void
sha256_of(const void *p, size_t n, uint8_t digest[SHA256_SIZE])
{
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	sha256_update(&ctx, n, p);
	sha256_digest(&ctx, SHA256_DIGEST_SIZE, digest);
}
