/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * .reg text, as regedit writes it ("Windows Registry Editor Version 5.00"), and as it and others write it, read.  The text is
 * UTF-8 here; regfile_encode() gives the UTF-16LE file with BOM and CRLF.
 */
#ifndef RESPREP_REGISTRY_REGFILE_H
#define RESPREP_REGISTRY_REGFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hive;
struct hive_value;
struct text;
struct error;

void regfile_begin(struct text *out);
/*
 * "[HKEY_LOCAL_MACHINE\SYSTEM\…]".  False when no .reg file can hold the name (a NUL, a line end): a comment
 * stands in its place then.
 */
bool regfile_key(struct text *out, const char *full_path);
void regfile_delete_key(struct text *out, const char *full_path); /* "[-…]" */
bool regfile_value(struct text *out, const struct hive_value *v);
void regfile_delete_value(struct text *out, const char *name); /* "name"=- */
/* Takes pieces of text, each of whole lines. */
struct regfile_sink {
	int (*write)(void *ctx, const char *text, size_t n, struct error *err);
	void *ctx;
};
/*
 * A whole file: its head, the key at `path` of the hive and all below it; `prefix` is "HKEY_LOCAL_MACHINE\SOFTWARE".
 * `*ret_left_out`: keys and values that no .reg file can hold.
 */
int regfile_export(const struct regfile_sink *to, struct hive *h, const char *prefix,
		   const char *path, size_t *ret_left_out, struct error *err);
/* The text as UTF-16LE behind a byte-order mark; the caller's. */
uint8_t *regfile_encode(const char *text, size_t *ret_len);

/* What a .reg file asks for, in its order. */
enum reg_op_kind { REG_OP_KEY, REG_OP_DELETE_KEY, REG_OP_SET, REG_OP_DELETE };
struct reg_op {
	enum reg_op_kind kind;
	char *key;  /* as written, with its root */
	char *name; /* of a value; NULL for keys */
	uint32_t type;
	uint8_t *data;
	uint32_t len;
	size_t line;
};
void reg_op_clear(struct reg_op *op);
#define CLEANUP_REG_OP __attribute__((cleanup(reg_op_clear)))

/*
 * A file that is read statement by statement: UTF-16 (either order), UTF-8, or for REGEDIT4 also Windows-1252.  It is never in memory as
 * a whole.  ERR_CORRUPT names the line.  `from` must outlive it.
 */
struct hive_source;
struct regfile;
struct regfile *regfile_open(const struct hive_source *from, struct error *err);
/* 1 and the next one, the caller's; 0 at the end; -1. */
int regfile_next(struct regfile *f, struct reg_op *ret, struct error *err);
void regfile_close(struct regfile *f);
void regfile_closep(struct regfile **f);
#define CLEANUP_REGFILE __attribute__((cleanup(regfile_closep)))

/* All of a file that is in memory; of one with an error nothing is kept. */
struct reg_ops {
	struct reg_op *list;
	size_t count;
};
int regfile_parse(const void *bytes, size_t n, struct reg_ops *ret, struct error *err);
void reg_ops_clear(struct reg_ops *ops);
#define CLEANUP_REG_OPS __attribute__((cleanup(reg_ops_clear)))

#endif
