/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cells taken and given back, in a hive that has passed the strict check.
 *
 * Free cells are reused, the best fitting first; adjacent free cells become one; only when nothing fits does the
 * hive grow by a bin.  Pointers into the image are void after hive_space_take().
 */
#ifndef RESPREP_REGISTRY_HIVE_SPACE_H
#define RESPREP_REGISTRY_HIVE_SPACE_H

#include "registry/hive-private.h"

/* An allocated cell with room for `len` bytes, zeroed. */
int hive_space_take(struct hive *h, uint64_t len, uint32_t *ret, struct error *err);
void hive_space_give(struct hive *h, uint32_t cell);
void hive_space_free(struct hive_space *s); /* the index; NULL is fine */

/* The bytes of an allocated cell, and how many there are.  Only for cells that the check has seen. */
static inline uint8_t *
hive_bytes(struct hive *h, uint32_t cell)
{
	return h->image + HIVE_BASE + cell + 4;
}
uint32_t hive_room(struct hive *h, uint32_t cell);

/* Overwrites within a cell, and marks the pages. */
void hive_put(struct hive *h, uint32_t cell, uint32_t at, const void *p, size_t len);
void hive_put_16(struct hive *h, uint32_t cell, uint32_t at, uint32_t v);
void hive_put_32(struct hive *h, uint32_t cell, uint32_t at, uint32_t v);
void hive_put_64(struct hive *h, uint32_t cell, uint32_t at, uint64_t v);

#endif
