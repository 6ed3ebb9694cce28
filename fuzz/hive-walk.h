/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything that can be asked of a hive, whatever it answers; and edits of a sound one. */
#ifndef RESPREP_FUZZ_HIVE_WALK_H
#define RESPREP_FUZZ_HIVE_WALK_H

#include "fuzz/fuzz.h"

struct hive;

/* A file in memory that grows as a hive is written to it. */
struct hive_bytes {
	uint8_t *p; /* owned */
	size_t len;
};
int hive_bytes_write(void *ctx, const void *buf, size_t len, uint64_t offset, struct error *err);

/* Asks for all keys and values; errors are answers too. */
void hive_walk(struct hive *h);

/* The strict check; whether the hive may be edited after it. */
bool hive_walk_sound(struct hive *h);

/* The whole hive as .reg text; NULL when something of it cannot be read; the caller's. */
char *hive_walk_text(struct hive *h);
/* The same under a prefix of the caller's. */
char *hive_walk_export(struct hive *h, const char *prefix);

/* Up to `count` random edits, each of which must leave a sound hive. */
void hive_walk_edit(struct hive *h, struct fuzz_dice *d, int count);

#endif
