/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A transaction log of a hive as a file: its entries, each checked before it is believed.  For hive-log.c. */
#ifndef RESPREP_REGISTRY_LOG_FILE_H
#define RESPREP_REGISTRY_LOG_FILE_H

#include "registry/hive-private.h"

#define LOG_SECTOR     512u
#define LOG_ENTRY_HEAD 40u
/*
 * Bytes of a log.  Windows writes pages of one hive, of at most 2 GiB, and 8 bytes for each, and begins anew when the hive has been written; real ones have a few
 * MiB.  What is larger is none, and is not looked at: a file can be larger than the time to read it.
 */
#define LOG_MAX (HIVE_MAX + (16u << 20))

/* One log file, as far as it can be used. */
struct hive_log {
	const struct hive_source *source;
	uint8_t base[512]; /* the copy of a base block with which it begins */
	bool usable;
	char why[80];	   /* when it is not */
	uint32_t sequence; /* of its base block, and of its first entry */
	uint32_t entries;  /* that follow one another, all with right hashes */
	uint64_t end;	   /* behind the last of them */
};

struct log_entry {
	uint32_t size, flags, sequence, bins_size, refs;
	uint64_t hash1;
};

/* An old log's bitmap. */
struct log_dirt {
	uint8_t *bitmap; /* the caller's */
	size_t bits;
	uint64_t data; /* where the pieces begin */
	uint32_t count;
};

enum { LOG_TYPE_OLD = 1, LOG_TYPE_OLD_2 = 2, LOG_TYPE_NEW = 6 };

/* Marvin32 with the seed that the registry uses, over any number of pieces, each a multiple of four bytes. */
struct log_hash {
	uint32_t lo, hi;
};
struct log_hash log_hash_new(void);
void log_hash_add(struct log_hash *m, const uint8_t *p, size_t len);
uint64_t log_hash_end(struct log_hash *m);

/* Whether sequence number `a` is later than `b`. */
bool log_later(uint32_t a, uint32_t b);

/* Its base block, and whether it can be used so far.  -1 only when it cannot be read. */
int log_open(const struct hive *h, const struct hive_source *source, struct hive_log *l,
	     struct error *err);
void log_useless(struct hive_log *l, const char *why);
bool log_is_new(const struct hive_log *l);
bool log_is_old(const struct hive_log *l);

/* Exactly `len` bytes: 1, or 0 when the log ends before. */
int log_read(const struct hive *h, const struct hive_source *s, void *buf, size_t len,
	     uint64_t offset, struct error *err);
/* Whether the log is larger than any that Windows writes, so that it is not read. */
bool log_too_large(const struct hive_source *s);
/* The head of the entry at `offset`, its own hash right: 1, else 0. */
int log_entry(const struct hive *h, const struct hive_source *s, uint64_t offset,
	      struct log_entry *e, struct error *err);
/* Whether the hash of everything behind the head is right. */
int log_entry_is_whole(const struct hive *h, const struct hive_source *s, uint64_t offset,
		       const struct log_entry *e, struct error *err);
/* Its pairs of offset and size, checked; the caller's.  NULL without an error when they make no sense. */
uint8_t *log_refs(const struct hive *h, const struct hive_source *s, uint64_t offset,
		  const struct log_entry *e, struct error *err);
/* Follows the entries of a new log from the first one as long as each is whole and the next in order. */
int log_follow(const struct hive *h, struct hive_log *l, struct error *err);
/* The bitmap of an old log, with all its pieces inside the log: 1, else 0. */
int log_dirt(const struct hive *h, const struct hive_log *l, struct log_dirt *d, struct error *err);

#endif
