/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A hive's insides, for hive*.c. */
#ifndef RESPREP_REGISTRY_HIVE_PRIVATE_H
#define RESPREP_REGISTRY_HIVE_PRIVATE_H

#include "registry/hive.h"

#define HIVE_BASE	4096u		    /* the base block; the first bin follows */
#define HIVE_MAX	(UINT64_C(2) << 30) /* offsets are 31 bits */
#define HIVE_PAGE	4096u
#define HIVE_DEPTH	512 /* of keys; Windows' own limit */
#define HIVE_NAME_UNITS 255
#define HIVE_DATA_MAX	(64u << 20) /* of one value */
#define HIVE_NOTHING	0xffffffffu /* "no cell" */
#define HIVE_BIG_DATA	16344u /* above, in minor version 4 and later, data is in a `db` record */

struct hive {
	char *name;
	struct hive_source source;
	uint8_t *memory; /* of hive_open_memory() */
	struct hive_state state;

	uint8_t *image;	     /* anonymous mapping of image_size bytes, filled chunk by chunk */
	uint64_t image_size; /* base block and bins */
	uint8_t *loaded;     /* a bit per chunk */
	uint8_t *dirty;	     /* a bit per page that differs from the source */
	bool changed;
	bool broken; /* an edit failed half way: nothing more may be done with it */
};

/* Makes `len` bytes at file offset `offset` available in h->image; ERR_CORRUPT beyond the hive. */
int hive_need(struct hive *h, uint64_t offset, uint64_t len, struct error *err);
int hive_need_all(struct hive *h, struct error *err);

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
	NK_VALUES = 36,
	NK_VALUE_LIST = 40,
	NK_SECURITY = 44,
	NK_CLASS = 48,
	NK_MAX_NAME = 60, /* of the values' names and data: buffers are sized by them */
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
	NK_FLAG_ASCII = 0x20,
	VK_FLAG_ASCII = 1,
};
#define VK_INLINE 0x80000000u

/* Cells of all values of a key, in order; the caller's. */
int hive_value_cells(struct hive *h, hive_key key, uint32_t **ret, size_t *ret_count,
		     struct error *err);
/* The cell of the value `name`; ERR_NOT_FOUND. */
int hive_value_cell(struct hive *h, hive_key key, const char *name, uint32_t *ret,
		    struct error *err);
char *hive_vk_name(const uint8_t *vk, uint32_t len);
/* Name of a vk or nk whose name field is in `p`, as text. */
char *hive_name_text(const uint8_t *p, size_t len, bool ascii);

/* Overwrites bytes of the image and marks the pages. */
void hive_poke(struct hive *h, uint64_t offset, const void *p, size_t len);

/* Puts a new image (of `size` bytes) in place, marking what differs; for hive-child.c. */
int hive_swap_image(struct hive *h, const uint8_t *image, uint64_t size, struct error *err);

int hive_map(uint64_t size, uint8_t **ret, struct error *err);
uint32_t hive_checksum(const uint8_t *base);
void hive_read_state(struct hive *h, const uint8_t *base);

/* One structural edit, done by hivex in a child. */
enum hive_op_kind { HIVE_OP_SET_VALUE, HIVE_OP_DELETE_KEY, HIVE_OP_CREATE_KEY };
struct hive_op {
	enum hive_op_kind kind;
	hive_key key;	  /* SET_VALUE, CREATE_KEY: in this key; DELETE_KEY: this one */
	const char *name; /* value or new key */
	uint32_t type;
	const void *data;
	uint32_t len;
};
int hive_child_run(struct hive *h, const struct hive_op *op, struct error *err);

#endif
