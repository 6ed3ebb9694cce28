/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A hive's insides, for hive*.c. */
#ifndef RESPREP_REGISTRY_HIVE_PRIVATE_H
#define RESPREP_REGISTRY_HIVE_PRIVATE_H

#include "registry/hive.h"

#define HIVE_BASE	4096u		    /* the base block; the first bin follows */
#define HIVE_MAX	(UINT64_C(2) << 30) /* offsets are 31 bits */
#define HIVE_PAGE	4096u
#define HIVE_SECTOR	512u /* what a disk writes whole */
#define HIVE_DEPTH	512  /* of keys; Windows' own limit */
#define HIVE_NAME_UNITS 255
#define HIVE_DATA_MAX	(64u << 20) /* of one value that is written */
#define HIVE_NOTHING	0xffffffffu /* "no cell" */
#define HIVE_BIG_DATA	16344u /* above, in minor version 4 and later, data is in a `db` record */

/* A page as it was before its first edit. */
struct hive_kept {
	uint64_t page;
	uint8_t *bytes; /* owned */
};

struct hive {
	char *name;
	struct hive_files files;
	uint8_t *memory; /* of hive_open_memory() */
	struct hive_state state;
	char *why; /* its logs do not help */
	struct hive_problems losses;

	uint8_t *image;		/* anonymous mapping of image_size bytes, filled chunk by chunk */
	uint64_t image_size;	/* base block and bins */
	uint8_t *loaded;	/* a bit per chunk */
	uint8_t *replayed;	/* a bit per page that a log has changed */
	uint8_t *edited;	/* a bit per page that an edit has */
	uint64_t replayed_size; /* of the image when its logs were applied */
	struct hive_kept *kept; /* pages that logs and edits have changed, as the logs left them */
	size_t kept_count;
	bool changed;
	uint64_t sector; /* + 1: what the edit that is going on has changed so far; 0 nothing */
	bool scattered;	 /* an edit has changed several sectors that belong together */
	enum hive_log_kind log_kind;
	struct hive_way *way;	  /* how it is written; known once that has begun */
	bool accepted;		  /* edited although it is dirty */
	bool verified;		  /* it passed the strict check before its first edit */
	bool broken;		  /* an edit failed half way: nothing more may be done with it */
	uint32_t leaks_before;	  /* at its first edit */
	uint32_t leaks;		  /* cells that belonged to nothing when it was last checked */
	struct hive_space *space; /* its free cells, once an edit needed one */
};

/* Makes `len` bytes at file offset `offset` available in h->image; ERR_CORRUPT beyond the hive. */
int hive_need(struct hive *h, uint64_t offset, uint64_t len, struct error *err);
int hive_need_all(struct hive *h, struct error *err);

/* `len` bytes of `from` at `at` go to `offset`: 1, 0 when `from` is too short, -1.  The pages are marked. */
int hive_fill(struct hive *h, uint64_t offset, uint64_t len, const struct hive_source *from,
	      uint64_t at, struct error *err);

/*
 * The data of the allocated cell at `cell` (from the first bin): pointer into the image and its length.  `what` and the
 * offset stand in the message.
 */
int hive_cell(struct hive *h, uint32_t cell, const char *what, const uint8_t **ret,
	      uint32_t *ret_len, struct error *err);

/* The same for a key ("nk") or a value ("vk"), with all its fixed fields there. */
int hive_nk(struct hive *h, uint32_t cell, const uint8_t **ret, uint32_t *ret_len,
	    struct error *err);
int hive_vk(struct hive *h, uint32_t cell, const uint8_t **ret, uint32_t *ret_len,
	    struct error *err);

/* Fixed fields of nk (from the cell's data) and vk. */
enum {
	NK_FLAGS = 2,
	NK_TIME = 4,
	NK_PARENT = 16,
	NK_SUBKEYS = 20,
	NK_SUBKEY_LIST = 28,
	NK_VOLATILE_LIST = 32,
	NK_VALUES = 36,
	NK_VALUE_LIST = 40,
	NK_SECURITY = 44,
	NK_CLASS = 48,
	NK_MAX_SUBKEY_NAME = 52, /* buffers are sized by these; the upper half is flags */
	NK_MAX_CLASS = 56,
	NK_MAX_NAME = 60, /* of values */
	NK_MAX_DATA = 64,
	NK_CLASS_LEN = 74,
	NK_NAME_LEN = 72,
	NK_NAME = 76,
	VK_NAME_LEN = 2,
	VK_DATA_LEN = 4,
	VK_DATA = 8,
	VK_TYPE = 12,
	VK_FLAGS = 16,
	VK_NAME = 20,
	NK_FLAG_EXIT = 0x02,  /* another hive hangs here */
	NK_FLAG_ENTRY = 0x04, /* the root of a hive */
	NK_FLAG_NO_DELETE = 0x08,
	NK_FLAG_ASCII = 0x20,
	NK_FLAG_PREDEFINED = 0x40, /* the number of values is a handle */
	VK_FLAG_ASCII = 1,
	VK_FLAG_TOMBSTONE = 2, /* of a layered hive */
	SK_NEXT = 4,
	SK_BEFORE = 8,
	SK_REFERENCES = 12,
	SK_LEN = 16,
	SK_DESCRIPTOR = 20,
};
#define VK_INLINE 0x80000000u

/* ERR_CORRUPT about what is at `cell`. */
int hive_broken(const struct hive *h, const char *what, uint32_t cell, const char *why,
		struct error *err);
/* `err`, if it is ERR_CORRUPT, goes into the list of losses: 0.  Other errors stay: -1. */
int hive_pass_over(struct hive *h, uint32_t key, uint32_t cell, struct error *err);

/* Cells of all values of a key, in order; the caller's.  `lost`: not all could be read. */
int hive_value_cells(struct hive *h, hive_key key, uint32_t **ret, size_t *ret_count, bool *lost,
		     struct error *err);
/* The cell of the value `name`; ERR_NOT_FOUND. */
int hive_value_cell(struct hive *h, hive_key key, const char *name, uint32_t *ret,
		    struct error *err);

/*
 * A change begins that counts by itself: when everything up to the next begin lies in one sector, it is there or not there
 * whatever happens while the hive is written.
 */
void hive_begin_change(struct hive *h);

/* Overwrites bytes of the image, with zeros where `p` is NULL, and marks the pages.  Nothing else may write there: what was is kept first. */
void hive_poke(struct hive *h, uint64_t offset, const void *p, size_t len);

/* Makes the hive larger by `len` bytes, a multiple of a page: zeroes, marked.  Pointers into the image are void then. */
int hive_grow(struct hive *h, uint32_t len, struct error *err);

uint32_t hive_checksum(const uint8_t *base);

/* Sequence numbers, and the log through which the edits go on their way into the primary file. */
struct hive_way {
	uint32_t highest;	 /* number in the hive and its logs, as they were */
	struct hive_log_way log; /* as callers see it */
	bool mark;		 /* the hive becomes dirty before its pages are written */
	bool old_log;
	uint32_t log_type;
	uint32_t pages, runs; /* that were edited, and how many runs of neighbours they make */
};
/* Found out once; borrowed, NULL with an error. */
const struct hive_way *hive_find_way(struct hive *h, struct error *err);
/* Whether a hive that is made dirty stays one to which no log can be applied: there is none with a base block. */
int hive_may_mark(struct hive *h, bool *ret, struct error *err);
/* The bytes of the log: a base block with `sequence`, and one entry with every page that was edited. */
int hive_write_log(struct hive *h, const struct hive_way *way, uint32_t sequence, hive_write_fn *fn,
		   void *ctx, struct error *err);

/*
 * A name as it is stored, unit by unit: WTF-8 would lose nothing, but order, hash and hint are those of the
 * units.
 */
struct hive_units {
	const uint8_t *p;
	uint32_t count; /* of units */
	bool ascii;	/* one byte each (Latin-1), else two */
};
struct hive_units hive_nk_units(const uint8_t *nk);
struct hive_units hive_vk_units(const uint8_t *vk);
uint16_t hive_unit(const struct hive_units *u, uint32_t i);
char *hive_units_text(const struct hive_units *u); /* the caller's */
/* Of text; `*ret_buffer` holds them and is the caller's. */
struct hive_units hive_units_from_text(const char *name, uint8_t **ret_buffer);
/* The subkey of that name: 1, 0 when there is none. */
int hive_find_child(struct hive *h, hive_key key, const struct hive_units *name, hive_key *ret,
		    struct error *err);
/* Order by upper-cased units: <0, 0, >0. */
int hive_units_compare(const struct hive_units *a, const struct hive_units *b);
uint32_t hive_units_hash(const struct hive_units *u);		  /* of an "lh" entry */
void hive_units_hint(const struct hive_units *u, uint8_t out[4]); /* of an "lf" entry */

/* Bytes of an entry in a list of subkeys ("lf", "lh": 8; "li", "ri": 4); 0 when it is of no known kind. */
uint32_t hive_list_unit(const uint8_t *list);

/* Adds to a list of problems; takes `key` and `text`. */
void hive_problem_add(struct hive_problems *p, enum hive_severity severity, uint64_t offset,
		      char *key, char *text);

#endif
