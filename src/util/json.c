/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON by jansson; the only file that knows it.  A `struct js` is a json_t. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/json.h"
#include "util/text.h"

#define EXACT_IN_DOUBLE (UINT64_C(1) << 53)

static json_t *
in(const struct js *v)
{
	/* jansson's readers take const, its owners do not; ownership is ours to know */
	return (json_t *)(uintptr_t)v;
}

static struct js *
out(json_t *j)
{
	return (struct js *)j;
}

static struct js *
or_exit(json_t *j)
{
	if (!j)
		out_of_memory(); /* nothing else can lack: what goes in was made valid */
	return out(j);
}

struct js *
js_object(void)
{
	return or_exit(json_object());
}

struct js *
js_array(void)
{
	return or_exit(json_array());
}

struct js *
js_text(const char *s)
{
	CLEANUP_FREE char *strict = NULL;

	if (!s)
		return js_null();
	strict = text_to_strict_utf8(s, strlen(s));
	return or_exit(json_string(strict));
}

struct js *
js_uint(uint64_t v)
{
	CLEANUP_FREE char *text = NULL;

	if (v <= EXACT_IN_DOUBLE)
		return or_exit(json_integer((json_int_t)v));
	text = xasprintf("%llu", (unsigned long long)v);
	return or_exit(json_string(text));
}

struct js *
js_bool(bool v)
{
	return out(json_boolean(v));
}

struct js *
js_null(void)
{
	return out(json_null());
}

void
js_free(struct js *v)
{
	json_decref(in(v));
}

void
js_freep(struct js **v)
{
	js_free(*v);
}

void
js_set(struct js *object, const char *key, struct js *value)
{
	if (json_object_set_new(in(object), key, in(value)) < 0)
		out_of_memory();
}

void
js_set_text(struct js *object, const char *key, const char *s)
{
	js_set(object, key, js_text(s));
}

void
js_set_uint(struct js *object, const char *key, uint64_t v)
{
	js_set(object, key, js_uint(v));
}

void
js_set_bool(struct js *object, const char *key, bool v)
{
	js_set(object, key, js_bool(v));
}

void
js_append(struct js *array, struct js *value)
{
	if (json_array_append_new(in(array), in(value)) < 0)
		out_of_memory();
}

struct js *
js_get(const struct js *object, const char *key)
{
	return out(json_object_get(in(object), key));
}

struct js *
js_at(const struct js *array, size_t i)
{
	return out(json_array_get(in(array), i));
}

bool
js_is_array(const struct js *v)
{
	return json_is_array(in(v));
}

size_t
js_count(const struct js *array)
{
	return json_array_size(in(array));
}

const char *
js_as_text(const struct js *v)
{
	return json_string_value(in(v));
}

const char *
js_get_text(const struct js *object, const char *key)
{
	return js_as_text(js_get(object, key));
}

bool
js_has_uint(const struct js *object, const char *key)
{
	const struct js *v = js_get(object, key);
	const char *text = js_as_text(v);

	if (!text)
		return json_is_integer(in(v)) && json_integer_value(in(v)) >= 0;
	errno = 0;
	if (!*text || text[strspn(text, "0123456789")])
		return false;
	strtoull(text, NULL, 10);
	return errno == 0;
}

uint64_t
js_get_uint(const struct js *object, const char *key)
{
	const struct js *v = js_get(object, key);
	const char *text = js_as_text(v);
	json_int_t n = json_integer_value(in(v));

	/* js_uint() writes digits alone; strtoull() would take "-1" for the largest number */
	if (text)
		return text[strspn(text, "0123456789")] ? 0 : strtoull(text, NULL, 10);
	return n < 0 ? 0 : (uint64_t)n;
}

bool
js_get_bool(const struct js *object, const char *key)
{
	return json_is_true(in(js_get(object, key)));
}

struct js *
js_parse(const char *text, size_t n, struct error *err)
{
	json_error_t problem;
	json_t *j = json_loadb(text, n, JSON_REJECT_DUPLICATES, &problem);

	if (!j)
		error_set(err, ERR_CORRUPT, "line %d, column %d: %s", problem.line, problem.column,
			  problem.text);
	return out(j);
}

char *
js_print(const struct js *v, bool indent)
{
	char *text = json_dumps(in(v), JSON_ENCODE_ANY | (indent ? JSON_INDENT(2) : 0));

	if (!text)
		out_of_memory();
	return text;
}
