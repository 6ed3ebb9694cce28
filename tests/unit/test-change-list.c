/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A list of changes comes back as it was made, from memory and from a file, however long it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/report.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/spool.h"

#define COUNT 3000u

static const char check[] = "the-check";

/* What the n-th change has; each field is absent in some of them, and some are longer than any buffer. */
static void
make(struct change *c, uint32_t n)
{
	*c = (struct change){ .kind = (enum change_kind)(n % 6), .check = n % 3 ? check : NULL };
	c->hive = n % 2 ? xasprintf("HIVE%u", n) : NULL;
	c->key = n % 3 ? xasprintf("A key\\%*u", (int)(n % 500), n) : NULL;
	c->name = n % 5 ? xasprintf("name %u", n) : xstrdup("");
	c->path = n % 7 ? NULL : xasprintf("/path/%u", n);
	c->words = xasprintf("words of %u", n);
	c->had = n % 2;
	c->has = n % 4;
	c->type_before = n;
	c->type_after = n + 1;
	c->len_before = n % 1000 == 999 ? 300000 : n % 11;
	c->len_after = n % 13;
	c->before = n % 17 ? xmalloc(c->len_before) : NULL;
	c->after = n % 19 ? xmalloc(c->len_after) : NULL;
	if (c->before)
		memset(c->before, (int)n, c->len_before);
	if (c->after)
		memset(c->after, (int)n + 1, c->len_after);
}

static void
assert_text(const char *is, const char *want)
{
	assert_int_equal(!is, !want);
	if (is)
		assert_string_equal(is, want);
}

static void
assert_is(const struct change *c, uint32_t n)
{
	struct change want;

	make(&want, n);
	assert_int_equal(c->kind, want.kind);
	assert_ptr_equal(c->check, want.check);
	assert_text(c->hive, want.hive);
	assert_text(c->key, want.key);
	assert_text(c->name, want.name);
	assert_text(c->path, want.path);
	assert_text(c->words, want.words);
	assert_true(c->had == want.had && c->has == want.has);
	assert_true(c->type_before == want.type_before && c->type_after == want.type_after);
	assert_true(c->len_before == want.len_before && c->len_after == want.len_after);
	assert_int_equal(!c->before, !want.before);
	assert_int_equal(!c->after, !want.after);
	if (c->before)
		assert_memory_equal(c->before, want.before, want.len_before);
	if (c->after)
		assert_memory_equal(c->after, want.after, want.len_after);
	free(want.hive);
	free(want.key);
	free(want.name);
	free(want.path);
	free(want.words);
	free(want.before);
	free(want.after);
}

static void
fill(struct change_list *l)
{
	for (uint32_t n = 0; n < COUNT; n++) {
		struct change *c = change_list_add(l, CHANGE_VALUE, NULL);

		make(c, n);
	}
	assert_int_equal(l->count, COUNT);
}

static void
read_all(const struct change_list *l)
{
	CLEANUP_CHANGE_READER struct change_reader r;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	const struct change *c;

	change_reader_begin(&r, l);
	for (uint32_t n = 0; n < COUNT; n++) {
		assert_int_equal(change_next(&r, &c, &err), 1);
		assert_is(c, n);
		if (n % 500 == 250) {
			CLEANUP_CHANGE_READER struct change_reader other;

			/* one that goes on from here leaves this one alone */
			change_reader_fork(&other, &r);
			for (uint32_t k = n + 1; k < COUNT && k < n + 600; k++) {
				assert_int_equal(change_next(&other, &c, &err), 1);
				assert_is(c, k);
			}
		}
	}
	assert_int_equal(change_next(&r, &c, &err), 0);
	assert_int_equal(change_next(&r, &c, &err), 0);
}

static void
changes_come_back_from_memory(void **state)
{
	struct change_list l = { 0 };

	(void)state;
	fill(&l);
	read_all(&l);
	read_all(&l);
	change_list_clear(&l);
	assert_int_equal(l.count, 0);
}

static void
changes_come_back_from_a_file(void **state)
{
	struct change_list l = { .spool = spool_new(spool_file(".")) };

	(void)state;
	fill(&l);
	read_all(&l);
	change_list_clear(&l);
}

static void
an_empty_list_has_none(void **state)
{
	CLEANUP_CHANGE_READER struct change_reader r;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct change_list l = { 0 };
	const struct change *c;

	(void)state;
	change_reader_begin(&r, &l);
	assert_int_equal(change_next(&r, &c, &err), 0);
	change_list_clear(&l);
}

static void
the_key_that_was_made_last_is_known(void **state)
{
	struct change_list l = { 0 };
	struct change *c;

	(void)state;
	c = change_list_add(&l, CHANGE_KEY_CREATED, NULL);
	c->hive = xstrdup("SYSTEM");
	c->key = xstrdup("A");
	change_list_nest(&l, false);
	change_list_add(&l, CHANGE_VALUE, NULL);
	change_list_nest(&l, true);
	assert_true(l.last.nested);
	assert_string_equal(l.made_key, "A");
	change_list_add(&l, CHANGE_VALUE, NULL);
	change_list_nest(&l, false);
	assert_null(l.made_key);
	change_list_clear(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_come_back_from_memory),
		cmocka_unit_test(changes_come_back_from_a_file),
		cmocka_unit_test(an_empty_list_has_none),
		cmocka_unit_test(the_key_that_was_made_last_is_known),
	};

	return cmocka_run_group_tests_name("change-list", tests, NULL, NULL);
}
