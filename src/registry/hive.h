/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A registry hive: read page by page with its transaction logs laid over it, as Windows reads it, edited on a private
 * copy, handed back as the pages that differ.
 *
 * Reading trusts nothing: every cell, list and length is checked when it is used, and an error says at which
 * offset of the file.  What is damaged is passed over and remembered (hive_losses()), so that the rest can be read.
 *
 * Editing is for hives that are whole: clean, or dirty with logs that apply, and without a single complaint of
 * hive_verify().  A value whose new data fits its place is patched there; everything else reuses free cells, and the hive
 * grows by a bin only when there are none.  What is written is clean, with sequence numbers above every one seen in
 * the hive and its logs, so that Windows can never lay an old log over it.
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

/* "REG_DWORD", "dword", "4", without regard to case. */
bool reg_type_parse(const char *text, uint32_t *ret);
/*
 * Data as people type it: a string; for REG_MULTI_SZ strings with \0 between; a number, decimal or 0x…; else bytes in hexadecimal, with or without
 * commas or blanks.  ERR_USAGE says what is wrong.  `*ret` is the caller's.
 */
int reg_data_parse(uint32_t type, const char *text, uint8_t **ret, uint32_t *ret_len,
		   struct error *err);
/* And back: a string as it is, REG_MULTI_SZ a line each, a number in decimal, else hexadecimal; the caller's. */
char *reg_data_text(uint32_t type, const uint8_t *data, uint32_t len);

/* Where the bytes come from. */
struct hive_source {
	int (*read)(void *ctx, void *buf, size_t len, uint64_t offset, size_t *ret_len,
		    struct error *err);
	void *ctx;
	uint64_t size;
	/* How many bytes from an offset on are zeros that are stored nowhere; NULL: not known. */
	uint64_t (*hole)(void *ctx, uint64_t offset);
};

/*
 * A hive's primary file and what lies beside it.  A log whose `read` is NULL is absent.  With `find_logs` the logs are asked for only when they are
 * needed: of a dirty hive, and before one is written.
 */
struct hive_files {
	struct hive_source primary;
	struct hive_source logs[2]; /* .LOG1 and .LOG2, or .LOG alone */
	bool single_log;	    /* logs[0] is .LOG (before Vista), and there is no second */
	int (*find_logs)(void *ctx, struct hive_source logs[2], bool *ret_single,
			 struct error *err);
	void *find_ctx;
	void (*free_ctx)(void *ctx); /* for find_ctx, when the hive is closed; may be NULL */
};

struct hive_state {
	bool clean; /* as found: checksum right and sequence numbers equal */
	bool checksum_ok;
	bool replayed; /* dirty, and its logs are laid over it: this is what Windows would read */
	bool old_log;  /* they were of the old format (DIRT) */
	uint32_t replayed_entries; /* log entries */
	uint32_t replayed_pages;   /* of 4096 bytes; of 512 with old_log */
	uint32_t last_sequence;	   /* of the last entry */
	bool truncated;		   /* the file is shorter than its base block says */
	uint32_t sequence1, sequence2;
	uint32_t minor;	    /* 3 to 6 */
	uint64_t written;   /* FILETIME of the base block */
	uint32_t bins_size; /* bytes */
};

/* A cell offset from the first bin; 0 is never a key. */
typedef uint32_t hive_key; /* the one typedef: a number with a meaning */

struct hive_value {
	char *name; /* WTF-8, a NUL inside as C0 80; "" for the default value; owned */
	uint32_t type;
	uint8_t *data; /* owned; NULL when empty */
	uint32_t len;
	bool tombstone; /* of a layered hive: it hides the value of that name below */
};
void hive_value_clear(struct hive_value *v);
#define CLEANUP_HIVE_VALUE __attribute__((cleanup(hive_value_clear)))

/*
 * Opens a hive named `name` ("SYSTEM") for messages.  Every error message begins with it.  ERR_CORRUPT when it is no hive or the base block
 * makes no sense and no log mends it; a wrong checksum alone, and a file that is too short, are states, not errors.
 * Of a clean hive this reads only the base block; of a dirty one also its logs.  The sources must outlive the hive.
 */
struct hive *hive_open_files(const char *name, const struct hive_files *files, struct error *err);
/* The primary file alone. */
struct hive *hive_open(const char *name, const struct hive_source *source, struct error *err);
struct hive *hive_open_memory(const char *name, const void *p, size_t n,
			      struct error *err); /* copies */
void hive_close(struct hive *h);		  /* forgets unsaved edits; NULL is fine */
void hive_closep(struct hive **h);
#define CLEANUP_HIVE __attribute__((cleanup(hive_closep)))
const struct hive_state *hive_state(const struct hive *h);
const char *hive_name(const struct hive *h);
/* Whether this is what Windows would read: it is clean, or its logs were laid over it. */
bool hive_current(const struct hive *h);
/* Of a dirty hive that is not: why its logs do not help (".LOG1 is empty, .LOG2 is absent").  Borrowed. */
const char *hive_why_not_current(const struct hive *h);
/* The file name in the base block, which Windows leaves there ("SYSTEM", "ntuser.dat"); "" without.  The caller's. */
char *hive_file_name(struct hive *h, struct error *err);
/*
 * Allows edits of a dirty hive whose logs do not help, if it is otherwise sound.  What stood only in the logs is lost
 * then.
 */
void hive_accept_dirty(struct hive *h);
void hive_rename(struct hive *h, const char *name); /* for messages */

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
char *hive_key_class(struct hive *h, hive_key key,
		     struct error *err); /* "" without; the caller's */
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
 * Hands over what differs from the primary file, as pieces of whole pages at `offset`, in phases with a barrier of the caller's
 * between each two:
 *
 *      HIVE_WRITE_REPLAYED        the pages that the logs have changed, without the edits
 *      HIVE_WRITE_REPLAYED_BASE   a clean base block for them
 *      HIVE_WRITE_LOG             the edits, as a transaction log
 *      HIVE_WRITE_MARK            a base block that makes the hive dirty
 *      HIVE_WRITE_DATA            the pages that edits have changed (bins may have grown)
 *      HIVE_WRITE_BASE            the base block of the edited hive
 *
 * The first two only for a hive with replayed logs: until its base block is there the primary is dirty and the logs stand
 * beside it, so Windows itself would come to the same; after it no log applies any more.  LOG and MARK only where one edit changes several
 * sectors: Windows then finishes what was begun when the writing ends in the middle.  It is the way in which Windows itself
 * writes a hive.  Where no log can be written (hive_log_way()), and there is none that could be applied, MARK comes all the same, so that a
 * hive that is half written says so.  What changes a single sector is there or not there, and needs neither.  The sequence numbers of all base blocks are above every one in the
 * hive and its logs.  Nothing when there was no edit.
 */
enum hive_write_phase {
	HIVE_WRITE_REPLAYED,
	HIVE_WRITE_REPLAYED_BASE,
	HIVE_WRITE_LOG,
	HIVE_WRITE_MARK,
	HIVE_WRITE_DATA,
	HIVE_WRITE_BASE,
	HIVE_WRITE_PHASES
};
typedef int hive_write_fn(void *ctx, const void *buf, size_t len, uint64_t offset,
			  struct error *err);
int hive_write_back(struct hive *h, enum hive_write_phase phase, hive_write_fn *fn, void *ctx,
		    struct error *err);

/*
 * The transaction logs that the Windows of a hive keeps.  Its version tells; without it what a log holds, if it holds
 * anything.
 */
enum hive_log_kind {
	HIVE_LOGS_UNKNOWN,
	HIVE_LOGS_SINGLE, /* .LOG, of the old format: before Vista */
	HIVE_LOGS_OLD,	  /* .LOG1 and .LOG2, of the old format (DIRT) */
	HIVE_LOGS_NEW,	  /* of the new format (HvLE): since Windows 8.1 and Server 2012 R2 */
};
/* Before the first phase is written. */
void hive_set_log_kind(struct hive *h, enum hive_log_kind kind);

/* Where HIVE_WRITE_LOG's pieces go. */
struct hive_log_way {
	bool needed; /* several sectors change */
	int log; /* 0 or 1, files.logs[]; -1: none is needed, or it is not known which Windows would read */
	bool absent;   /* it is not there: an empty file is to be made first */
	uint64_t size; /* that it is to have at least */
};
int hive_log_way(struct hive *h, struct hive_log_way *ret, struct error *err);
/* No log is written then, whatever is needed. */
int hive_go_without_log(struct hive *h, struct error *err);

uint64_t hive_image_size(const struct hive *h); /* bytes of the file once written */
/* Bytes of the file after the second phase, when there is something to write in it; else 0. */
uint64_t hive_replayed_size(const struct hive *h);
/* All of them, but with the base block as it was found: for a file that must grow.  Borrowed; void after an edit. */
const uint8_t *hive_image(struct hive *h, struct error *err);

/*
 * Hands over the whole hive as Windows would leave it after loading it: its logs laid over it, clean, the sequence numbers one above the
 * last entry's.  A clean hive comes out as it is.  ERR_UNCLEAN when the logs do not help.
 */
uint64_t hive_file_size(const struct hive *h); /* of what that hands over */
int hive_write_recovered(struct hive *h, hive_write_fn *fn, void *ctx, struct error *err);

/*
 * Hands over a whole clean hive that is to replace another: its sequence numbers above every one in its own base block
 * and in the logs that hive_outdo() named.
 */
int hive_write_above(struct hive *h, hive_write_fn *fn, void *ctx, struct error *err);
/* From now on `find` (with the files' find_ctx) tells the logs that this hive will lie beside; they are not applied to it. */
void hive_outdo(struct hive *h, int (*find)(void *ctx, struct hive_source logs[2], bool *ret_single,
					    struct error *err));

/*
 * What is wrong in a hive, and how wrong: Windows lives with a note; with a warning too, but nobody else made it so; an error can make it
 * refuse or repair the hive, and keeps it from being edited.
 */
enum hive_severity { HIVE_NOTE, HIVE_WARNING, HIVE_ERROR };
struct hive_problem {
	uint64_t offset; /* in the file */
	char *key;	 /* path from the root, "" for the root or when it is in no key; owned */
	char *text;	 /* owned */
	enum hive_severity severity;
};
struct hive_problems {
	struct hive_problem *list;
	size_t count;
	size_t errors, warnings,
		notes; /* found; more than `count` when there were too many to keep */
};
void hive_problems_clear(struct hive_problems *p);
#define CLEANUP_HIVE_PROBLEMS __attribute__((cleanup(hive_problems_clear)))

/*
 * The strict check: bins, cells, every reference once and in range, lists and their order, hashes, parents, counts, lengths, data, the ring of
 * security cells and their reference counts, depth.  Everything that is wrong, in `ret`.  -1 only when the file cannot be read.
 */
int hive_verify(struct hive *h, struct hive_problems *ret, struct error *err);
/* The same as a gate: ERR_CORRUPT with the first error. */
int hive_check(struct hive *h, struct error *err);

/* What reading has had to pass over until now; borrowed. */
const struct hive_problems *hive_losses(const struct hive *h);

#endif
