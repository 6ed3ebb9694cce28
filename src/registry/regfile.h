/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * .reg text, as regedit writes it ("Windows Registry Editor Version 5.00"): for before.reg and
 * after.reg.  The text is UTF-8 here; regfile_encode() gives the UTF-16LE file with BOM and CRLF.
 */
#ifndef RESPREP_REGISTRY_REGFILE_H
#define RESPREP_REGISTRY_REGFILE_H

#include <stddef.h>
#include <stdint.h>

struct hive;
struct hive_value;
struct text;
struct error;

void regfile_begin(struct text *out);
/* "[HKEY_LOCAL_MACHINE\SYSTEM\…]" */
void regfile_key(struct text *out, const char *full_path);
void regfile_delete_key(struct text *out, const char *full_path); /* "[-…]" */
void regfile_value(struct text *out, const struct hive_value *v);
void regfile_delete_value(struct text *out, const char *name); /* "name"=- */
/* The key at `path` of the hive and all below it; `prefix` is "HKEY_LOCAL_MACHINE\SOFTWARE". */
int regfile_export(struct text *out, struct hive *h, const char *prefix, const char *path,
		   struct error *err);
uint8_t *regfile_encode(const char *text, size_t *ret_len); /* the caller's */

#endif
