/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a hive should hold, as a plain tree in memory: keys with values, found by names without regard to case.  For the
 * property test of edits; no format, no cells, no cleverness.
 */
#ifndef RESPREP_TESTS_SUPPORT_HIVE_MODEL_H
#define RESPREP_TESTS_SUPPORT_HIVE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hive;

struct model_value {
	char *name;
	uint32_t type, len;
	uint8_t *data;
};

struct model_key {
	char *name;
	uint64_t time;
	struct model_key *parent, **keys;
	struct model_value *values;
	size_t key_count, value_count;
};

struct model_key *model_new(uint64_t time);
void model_free(struct model_key *k);

/* The path from the root; the caller's. */
char *model_path(const struct model_key *k);
/* The subkey, made when it is not there (with `time`, which then is the parent's too). */
struct model_key *model_child(struct model_key *k, const char *name, uint64_t time);
/* Takes the key and all below away. */
void model_drop(struct model_key *k, uint64_t time);
void model_set(struct model_key *k, const char *name, uint32_t type, const uint8_t *data,
	       uint32_t len, uint64_t time);
void model_unset(struct model_key *k, size_t i, uint64_t time);
/* Any key of the tree, by a number. */
struct model_key *model_pick(struct model_key *root, uint32_t number);

/* Fails the test unless the hive holds just this. */
void model_compare(const struct model_key *root, struct hive *h);

#endif
