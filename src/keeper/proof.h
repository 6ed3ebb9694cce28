/* SPDX-License-Identifier: GPL-3.0-or-later */
/* That looking did not touch: the SHA-256 of the whole target, to be compared before and after. */
#ifndef RESPREP_KEEPER_PROOF_H
#define RESPREP_KEEPER_PROOF_H

#include <stdint.h>

#include "util/sha256.h"

struct error;
struct hold;

/* Told how many of how many bytes are read: at 0, now and then, and at the end. */
typedef void proof_progress(uint64_t done, uint64_t total);

/* Told the result; `after` is NULL when it is not known. */
typedef void proof_tell(const char *name, const uint8_t before[SHA256_SIZE], const uint8_t *after);

/*
 * Of the disk or image from its first to its last byte; of a single hive file, of that file.  ERR_UNSUPPORTED for a folder,
 * ERR_INTERRUPTED.  `tell` may be NULL.
 */
int proof_hash(const struct hold *h, proof_progress *tell, uint8_t digest[SHA256_SIZE],
	       struct error *err);

#endif
