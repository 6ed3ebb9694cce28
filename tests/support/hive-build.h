/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hives cell by cell, for tests of the reader, the edits and the check: every kind of list, every kind of name, and
 * whatever a test pokes into them afterwards.  It shares nothing with src/registry.
 */
#ifndef RESPREP_TESTS_SUPPORT_HIVE_BUILD_H
#define RESPREP_TESTS_SUPPORT_HIVE_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUILD_NOTHING 0xffffffffu

/* Cells are named by their offset from the first bin, as hives do. */
struct hive_build {
	uint8_t *p; /* base block and one bin; the caller's after build_done() */
	size_t size;
	uint32_t used;	   /* bytes of the bin */
	uint32_t minor;	   /* version 1.minor */
	uint32_t security; /* the one security cell, which refers to itself */
	uint32_t root;
};

/* Begins a clean hive with `bin_size` bytes (a multiple of 4096) in one bin and a key named ROOT. */
void build_begin(struct hive_build *b, uint32_t minor, uint32_t bin_size);

/* The bytes of the cell behind its size. */
uint8_t *build_at(struct hive_build *b, uint32_t cell);

/* An allocated cell of `len` bytes, zeroed. */
uint32_t build_cell(struct hive_build *b, size_t len);

/* A key; its parent does not list it yet.  The name is Latin-1 when it can be, else UTF-16. */
uint32_t build_key(struct hive_build *b, uint32_t parent, const char *name);

/* A list of kind "lf", "lh" or "li" over keys in the order given, or "ri" over lists. */
uint32_t build_list(struct hive_build *b, const char *kind, const uint32_t *cells, size_t count);

/* Makes `list`, which names `count` keys, the key's. */
void build_set_list(struct hive_build *b, uint32_t key, uint32_t list, size_t count);

/* Both for one list of that kind. */
void build_subkeys(struct hive_build *b, uint32_t key, const char *kind, const uint32_t *keys,
		   size_t count);

/* A value; its key does not list it yet.  Inline to four bytes, in segments as the version wants. */
uint32_t build_value(struct hive_build *b, const char *name, uint32_t type, const void *data,
		     uint32_t len);
void build_values(struct hive_build *b, uint32_t key, const uint32_t *values, size_t count);

/* Frees the rest of the bin and makes the checksum.  Again after a poke of the base block. */
void build_done(struct hive_build *b);
void build_checksum(struct hive_build *b);

#endif
