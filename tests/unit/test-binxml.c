/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is taken from an event, and that the work for one has a limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "logs/binxml.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"

#define CHUNK 65536
#define START 1024

/* A chunk in which an event is written, with names at its beginning. */
struct made {
	uint8_t *chunk;
	size_t at, names;
};

static void
add_u8(struct made *m, uint8_t v)
{
	m->chunk[m->at++] = v;
}

static void
add_u16(struct made *m, uint16_t v)
{
	put_u16(m->chunk + m->at, v);
	m->at += 2;
}

static void
add_u32(struct made *m, uint32_t v)
{
	put_u32(m->chunk + m->at, v);
	m->at += 4;
}

/* The offset of a name that is put among the others. */
static uint32_t
name(struct made *m, const char *s)
{
	uint32_t offset = (uint32_t)m->names;

	put_u16(m->chunk + offset + 6, (uint16_t)strlen(s));
	for (size_t i = 0; s[i]; i++)
		put_u16(m->chunk + offset + 8 + 2 * i, (uint8_t)s[i]);
	m->names += 8 + 2 * strlen(s) + 2;
	return offset;
}

static void
open_element(struct made *m, const char *s)
{
	add_u8(m, 0x01);
	add_u16(m, 0xffff);
	add_u32(m, 0);
	add_u32(m, name(m, s));
	add_u8(m, 0x02);
}

/* Event/EventData/Data of a template with one value of `type`, which is named `times`, each time as another attribute's. */
static bool
event_of(const uint8_t *value, uint16_t size, uint8_t type, size_t times, struct binxml_event *e)
{
	CLEANUP_FREE uint8_t *chunk = xzalloc(CHUNK);
	struct made m = { chunk, START, 512 };
	size_t body, size_at;
	uint32_t attribute = name(&m, "a");

	add_u32(&m, 0x0001010f);
	add_u16(&m, 0x010c);
	add_u32(&m, 1);
	add_u32(&m, (uint32_t)m.at + 4);
	m.at += 20;
	size_at = m.at;
	add_u32(&m, 0);
	body = m.at;
	open_element(&m, "Event");
	open_element(&m, "EventData");
	open_element(&m, "Data");
	for (size_t i = 0; i < times; i++) {
		if (i) {
			add_u8(&m, 0x06);
			add_u32(&m, attribute);
		}
		add_u8(&m, 0x0d);
		add_u16(&m, 0);
		add_u8(&m, type);
	}
	for (int i = 0; i < 3; i++)
		add_u8(&m, 0x04);
	add_u8(&m, 0x00);
	put_u32(m.chunk + size_at, (uint32_t)(m.at - body));
	add_u32(&m, 1);
	add_u16(&m, size);
	add_u16(&m, type);
	memcpy(m.chunk + m.at, value, size);
	m.at += size;
	add_u8(&m, 0x00);
	assert_true(m.at <= CHUNK);
	return binxml_event(chunk, CHUNK, START, m.at, e);
}

static void
texts_become_text(void **state)
{
	static const struct {
		const char *value;
		uint16_t size;
		uint8_t type;
		const char *data;
	} cases[] = {
		{ "ab\x01"
		  "c\xe9\0d",
		  7, 0x02, "ab\\x01c\\xe9" },
		{ "a\0b\0\0\0", 6, 0x01, "ab" },
		{ "a\0\0\0b\0c\0\0\0", 10, 0x81, "a, bc" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct binxml_event e = { 0 };

		assert_true(event_of((const uint8_t *)cases[i].value, cases[i].size, cases[i].type,
				     1, &e));
		assert_string_equal(text_str(&e.data), cases[i].data);
		binxml_event_clear(&e);
	}
}

static void
a_long_text_is_cut(void **state)
{
	static const uint8_t types[] = { 0x01, 0x02, 0x81 };
	CLEANUP_FREE uint8_t *value = xmalloc(60000);

	(void)state;
	memset(value, 0x41, 60000);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct binxml_event e = { 0 };

		assert_true(event_of(value, 60000, types[i], 1, &e));
		assert_in_range(e.data.len, 32760, 32768);
		binxml_event_clear(&e);
	}
}

/* Few tokens, each of which is much work. */
static void
work_has_a_limit(void **state)
{
	static const uint8_t types[] = { 0x01, 0x02, 0x81 };
	CLEANUP_FREE uint8_t *value = xmalloc(30000);

	(void)state;
	memset(value, 0x01, 30000);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct binxml_event e = { 0 };

		assert_false(event_of(value, 30000, types[i], 3000, &e));
		binxml_event_clear(&e);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_become_text),
		cmocka_unit_test(a_long_text_is_cut),
		cmocka_unit_test(work_has_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
