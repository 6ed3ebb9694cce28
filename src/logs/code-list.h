/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The error codes of a whole text: each once, with the lines where it stands. */
#ifndef RESPREP_LOGS_CODE_LIST_H
#define RESPREP_LOGS_CODE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct log_source;

#define CODE_LIST_MOST	1024 /* codes; a log has some dozens */
#define CODE_LIST_LINES 8

struct code_item {
	uint32_t value;
	bool has_extend;
	uint32_t extend;
	uint64_t count;			 /* how often it stands there */
	uint64_t lines[CODE_LIST_LINES]; /* the first lines with it, each once, from 1 */
	size_t line_count;
};

struct code_list {
	struct code_item *list; /* owned; in the order of their first line */
	size_t count;
	uint64_t lines;	   /* of the text */
	uint64_t left_out; /* occurrences of codes for which there was no room */
};
void code_list_clear(struct code_list *l);
#define CLEANUP_CODE_LIST __attribute__((cleanup(code_list_clear)))

/*
 * Reads a text of any encoding that log_lines() knows and of any size up to its limit, with code_scan().  Memory stays small.
 * What was found before an error is there all the same.
 */
int code_list_read(const struct log_source *source, struct code_list *ret, struct error *err);

#endif
