/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of a .reg file as WTF-8, some lines after the others; for regfile-read.c. */
#ifndef RESPREP_REGISTRY_REGFILE_TEXT_H
#define RESPREP_REGISTRY_REGFILE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "registry/hive.h"

struct error;
struct text;

enum reg_encoding { REG_UTF8, REG_UTF16, REG_UTF16_SWAPPED, REG_ANSI };

struct reg_text {
	struct hive_source from;
	uint64_t at; /* read so far */
	bool end;    /* all was read */
	enum reg_encoding encoding;
	uint8_t *raw; /* read and not handed on; owned */
	size_t have, room;
};

/*
 * Tells the encoding: by its bytes, and where these could be UTF-8 by all of them, so that such a file is read twice.  ERR_CORRUPT when it is
 * none.  `from` may not know its size.
 */
int reg_text_open(struct reg_text *t, const struct hive_source *from, struct error *err);
/* Appends some whole lines, or the last one: 1; 0 at the end; -1, with ERR_CORRUPT for a NUL. */
int reg_text_more(struct reg_text *t, struct text *out, struct error *err);
void reg_text_clear(struct reg_text *t);

/* Bytes of Windows-1252 as UTF-16; the caller's, with room for a terminator. */
uint8_t *reg_text_widen(const uint8_t *p, size_t n);

#endif
