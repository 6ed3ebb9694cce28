/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON, by jansson, behind our own names.  A value has one owner: what is set into an object or
 * appended to an array belongs to it from then on.  Text is made strict UTF-8 on the way in.
 */
#ifndef RESPREP_UTIL_JSON_H
#define RESPREP_UTIL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct js; /* any JSON value */

struct js *js_object(void);
struct js *js_array(void);
struct js *js_text(const char *s); /* NULL gives null */
struct js *js_uint(uint64_t v);	   /* above 2^53 as text, because readers use doubles */
struct js *js_bool(bool v);
struct js *js_null(void);
void js_free(struct js *v);
void js_freep(struct js **v);
#define CLEANUP_JS __attribute__((cleanup(js_freep)))

void js_set(struct js *object, const char *key, struct js *value); /* takes `value`; replaces */
void js_set_text(struct js *object, const char *key, const char *s);
void js_set_uint(struct js *object, const char *key, uint64_t v);
void js_set_bool(struct js *object, const char *key, bool v);
void js_append(struct js *array, struct js *value); /* takes `value` */

/* Reading: borrowed; NULL, 0, "" or false where the value is absent or of another kind. */
struct js *js_get(const struct js *object, const char *key);
bool js_is_array(const struct js *v);
struct js *js_at(const struct js *array, size_t i);
size_t js_count(const struct js *array);
const char *js_get_text(const struct js *object, const char *key); /* NULL when absent */
uint64_t js_get_uint(const struct js *object, const char *key);
/* Whether there is a number for js_get_uint(): whole, not below zero, of 64 bits. */
bool js_has_uint(const struct js *object, const char *key);
bool js_get_bool(const struct js *object, const char *key);
const char *js_as_text(const struct js *v); /* NULL unless text */

/* Parses `n` bytes; ERR_CORRUPT with line and column.  Refuses nesting that jansson refuses. */
struct js *js_parse(const char *text, size_t n, struct error *err);

/* The text, in one line or indented by two; keys in the order of setting; the caller's. */
char *js_print(const struct js *v, bool indent);

#endif
