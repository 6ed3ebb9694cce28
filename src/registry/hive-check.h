/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The strict check's insides, for hive-check*.c. */
#ifndef RESPREP_REGISTRY_HIVE_CHECK_H
#define RESPREP_REGISTRY_HIVE_CHECK_H

#include "registry/hive-private.h"

/* A security cell and the keys that name it. */
struct security_use {
	uint32_t cell, uses; /* uses 0: a free place in the table */
	bool sound, seen;
};

/* The pointer of a key or of one of its values (`at`) that has nothing there by its count. */
struct hive_unused {
	uint32_t key, at, cell;
	const char *what;
};

struct hive_check {
	struct hive *h;
	struct hive_problems *problems;
	uint8_t *allocated, *reached; /* a bit per 8 bytes of the bins */
	uint32_t keys[HIVE_DEPTH];    /* from the root to the one that is being looked at */
	int depth;
	struct security_use *security; /* hashed by cell; the size is a power of two */
	size_t security_size, security_count;
	struct hive_unused *unused;
	size_t unused_count;
};

void hive_check_bad(struct hive_check *c, uint32_t cell, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void hive_check_warn(struct hive_check *c, uint32_t cell, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void hive_check_note(struct hive_check *c, uint32_t cell, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The bytes of an allocated cell and their number, or NULL and why not. */
const uint8_t *hive_check_cell(const struct hive_check *c, uint32_t cell, uint32_t *ret_len,
			       const char **why);
bool hive_check_reached(const struct hive_check *c, uint32_t cell);
void hive_check_reach(struct hive_check *c, uint32_t cell);

/* The bytes of an allocated cell that nothing else owns, or NULL, and it is told; `from` is the cell that names it. */
const uint8_t *hive_check_claim(struct hive_check *c, uint32_t from, uint32_t cell,
				const char *what, uint32_t min, uint32_t *ret_len);
/* `at` counts none of `what`, and names this cell for them. */
void hive_check_unused(struct hive_check *c, uint32_t at, uint32_t cell, const char *what);

/* The values of a key. */
void hive_check_values(struct hive_check *c, uint32_t key, const uint8_t *nk);

/* A key names this security cell. */
void hive_check_security(struct hive_check *c, uint32_t key, uint32_t cell);
/* All security cells: one ring, and reference counts that are right. */
void hive_check_ring(struct hive_check *c);
void hive_check_forget(struct hive_check *c);

#endif
