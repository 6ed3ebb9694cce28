/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A registry hive: read page by page through our own bounded reader, edited on a private copy,
 * handed back as the pages that differ.
 *
 * Reading trusts nothing: every cell, list and length is checked when it is used, and an error says at which
 * offset of the file.  Editing:
 *   - a value whose new data fits its place is patched there;
 *   - anything else (delete, create, larger data) is done by hivex in a forked child on a memfd, because hivex
 *     asserts and can be driven out of bounds; a child that dies is an error, never a crash;
 *   - only clean hives (base block checksum right, sequence numbers equal) are edited.  A dirty one can be read,
 *     as the primary file alone says it, and edits are ERR_UNCLEAN.
 * What hivex 1.3.23 would get wrong is refused with ERR_UNSUPPORTED and the reason (values beside one of more than 16,344
 * bytes, deleting under an `li` list or the last key of a leaf under `ri`, non-ASCII names, names with NUL).
 *
 * Format: msuhanov's "Windows registry file format specification".
 */
#ifndef RESPREP_REGISTRY_HIVE_H
#define RESPREP_REGISTRY_HIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct hive;

/* Registry value types (winnt.h). */
enum reg_type {
	REG_TYPE_NONE = 0,
	REG_TYPE_SZ = 1,
	REG_TYPE_EXPAND_SZ = 2,
	REG_TYPE_BINARY = 3,
	REG_TYPE_DWORD = 4,
	REG_TYPE_DWORD_BE = 5,
	REG_TYPE_LINK = 6,
	REG_TYPE_MULTI_SZ = 7,
	REG_TYPE_QWORD = 11,
};
const char *
reg_type_text(uint32_t type); /* "REG_DWORD"; "REG_TYPE_0x…" is made by callers for others: NULL */

/* Where the bytes come from. */
struct hive_source {
	int (*read)(void *ctx, void *buf, size_t len, uint64_t offset, size_t *ret_len,
		    struct error *err);
	void *ctx;
	uint64_t size;
};

struct hive_state {
	bool clean; /* checksum right and sequence numbers equal */
	bool checksum_ok;
	uint32_t sequence1, sequence2;
	uint32_t minor;	    /* 3 to 6 */
	uint64_t written;   /* FILETIME of the base block */
	uint32_t bins_size; /* bytes */
};

/* A cell offset from the first bin; 0 is never a key. */
typedef uint32_t hive_key; /* the one typedef: a number with a meaning */

struct hive_value {
	char *name; /* WTF-8, "" for the default value; owned */
	uint32_t type;
	uint8_t *data; /* owned; NULL when empty */
	uint32_t len;
};
void hive_value_clear(struct hive_value *v);
#define CLEANUP_HIVE_VALUE __attribute__((cleanup(hive_value_clear)))

/*
 * Opens a hive named `name` ("SYSTEM") for messages.  Every error message begins with it.  ERR_CORRUPT when it is no hive or the base block
 * makes no sense; a wrong checksum alone is a state, not an error.  Reads only the base block.
 */
struct hive *hive_open(const char *name, const struct hive_source *source, struct error *err);
struct hive *hive_open_memory(const char *name, const void *p, size_t n,
			      struct error *err); /* copies */
void hive_close(struct hive *h);		  /* forgets unsaved edits; NULL is fine */
void hive_closep(struct hive **h);
#define CLEANUP_HIVE __attribute__((cleanup(hive_closep)))
const struct hive_state *hive_state(const struct hive *h);
const char *hive_name(const struct hive *h);

int hive_root(struct hive *h, hive_key *ret, struct error *err);
/* Backslash path below `from`, without regard to case; "" is `from`.  ERR_NOT_FOUND names the whole path. */
int hive_find(struct hive *h, hive_key from, const char *path, hive_key *ret, struct error *err);
int hive_find_path(struct hive *h, const char *path, hive_key *ret,
		   struct error *err); /* from the root */
int hive_subkeys(struct hive *h, hive_key key, hive_key **ret, size_t *ret_count,
		 struct error *err);				      /* the caller's */
char *hive_key_name(struct hive *h, hive_key key, struct error *err); /* the caller's */
char *hive_key_path(struct hive *h, hive_key key,
		    struct error *err); /* from the root, without it; the caller's */
int hive_key_time(struct hive *h, hive_key key, uint64_t *ret, struct error *err); /* FILETIME */
int hive_values(struct hive *h, hive_key key, struct hive_value **ret, size_t *ret_count,
		struct error *err);
void hive_values_free(struct hive_value *v, size_t count);

/* One value; ERR_NOT_FOUND when the key has none of that name. */
int hive_value(struct hive *h, hive_key key, const char *name, struct hive_value *ret,
	       struct error *err);
/* By path from the root.  ERR_NOT_FOUND: key or value; ERR_CORRUPT: another type or length. */
int hive_get_u32(struct hive *h, const char *path, const char *name, uint32_t *ret,
		 struct error *err);
char *hive_get_text(struct hive *h, const char *path, const char *name,
		    struct error *err); /* SZ, EXPAND_SZ, first of MULTI_SZ */
char *hive_value_text(
	const struct hive_value *v); /* text of SZ, EXPAND_SZ; the caller's; NULL for other types */

/* ---- edits; each is visible to later reads of this hive; key handles are void after one ---- */

/* Sets a value, which may be new, in the existing key `path`; the key's LastWriteTime becomes `now`. */
int hive_put_value(struct hive *h, const char *path, const char *name, uint32_t type,
		   const void *data, uint32_t len, uint64_t now, struct error *err);
int hive_put_u32(struct hive *h, const char *path, const char *name, uint32_t v, uint64_t now,
		 struct error *err);
int hive_delete_value(struct hive *h, const char *path, const char *name, uint64_t now,
		      struct error *err);
/* Deletes the key and all below it. The parent's LastWriteTime becomes `now`. */
int hive_delete_key(struct hive *h, const char *path, uint64_t now, struct error *err);
/* Makes the key `path` and missing parents. Fine when it is there. */
int hive_create_key(struct hive *h, const char *path, uint64_t now, struct error *err);

bool hive_changed(const struct hive *h);

/*
 * Hands over what differs from the source, as `len`-byte pieces at `offset`: first with HIVE_WRITE_DATA everything behind the base block (bins may
 * have grown), then, after a barrier of the caller's, with HIVE_WRITE_BASE the base block, whose two sequence numbers are equal and one higher
 * than found, with the checksum.  The order is the caller's promise: data, flush, base block.
 */
enum hive_write_phase { HIVE_WRITE_DATA, HIVE_WRITE_BASE };
typedef int hive_write_fn(void *ctx, const void *buf, size_t len, uint64_t offset,
			  struct error *err);
int hive_write_back(struct hive *h, enum hive_write_phase phase, hive_write_fn *fn, void *ctx,
		    struct error *err);
uint64_t hive_image_size(const struct hive *h); /* bytes of the file once written */

/*
 * Walks bins and all keys, lists and values that can be reached from the root, within bounds: ERR_CORRUPT at the first thing that does not fit.
 * The gate before a commit.
 */
int hive_check(struct hive *h, struct error *err);

#endif
