/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files for people beside a journal: each has a name of its own, and those of the registry come first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "session/manifest.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"

#define MOST 16

/* What came, by name; the `fails`-th write of an original fails. */
struct folder {
	char *names[MOST];
	char content[MOST][8];
	size_t count, fails;
};

static int
write_one(void *ctx, const char *name, uint64_t at, const void *p, size_t n, struct error *err)
{
	struct folder *f = ctx;

	assert_true(f->count < MOST);
	assert_int_equal(at, 0);
	if (f->fails && f->count == f->fails)
		return error_set(err, ERR_IO, "no more");
	for (size_t i = 0; i < f->count; i++)
		assert_string_not_equal(f->names[i], name);
	memcpy(f->content[f->count], p, n < 7 ? n : 7);
	f->names[f->count++] = xstrdup(name);
	return 0;
}

static void
folder_clear(struct folder *f)
{
	for (size_t i = 0; i < f->count; i++)
		free(f->names[i]);
}
#define CLEANUP_FOLDER __attribute__((cleanup(folder_clear)))

static void
add_file(struct change_list *l, const char *path, const char *content)
{
	struct change *c = change_list_add(l, CHANGE_FILE, NULL);

	c->path = xstrdup(path);
	c->words = xstrdup("");
	c->had = true;
	c->before = xmemdup(content, strlen(content));
	c->len_before = strlen(content);
}

static void
add_value(struct change_list *l)
{
	struct change *c = change_list_add(l, CHANGE_VALUE, NULL);

	c->hive = xstrdup("SYSTEM");
	c->key = xstrdup("Setup");
	c->name = xstrdup("CmdLine");
	c->words = xstrdup("");
}

static void
names_that_clash_or_are_too_long_get_a_number(void **state)
{
	CLEANUP_FOLDER struct folder f = { 0 };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	const struct manifest_sink to = { write_one, &f };
	struct change_list l = { 0 };
	char deep[600], other[600];

	(void)state;
	/* of two bytes each, so that one end is in the middle of a letter */
	for (size_t i = 0; i < 250; i++)
		memcpy(deep + 1 + 2 * i, "\xc3\xa4", 2);
	deep[0] = '/';
	memcpy(deep + 501, ".xml", sizeof ".xml");
	memcpy(other, deep, 501);
	memcpy(other + 501, "/.xml", sizeof "/.xml");
	add_file(&l, "/a/b_c.xml", "one");
	add_file(&l, "/a_b/C.xml", "two");
	add_file(&l, "/a/b_c.xml", "again");
	add_file(&l, "/before.reg", "three");
	add_file(&l, "/.hidden", "four");
	add_file(&l, deep, "five");
	add_file(&l, other, "six");
	add_value(&l);
	assert_int_equal(manifest_list_files(&l, &to, &err), 0);
	assert_int_equal(f.count, 8);
	assert_string_equal(f.names[0], "before.reg");
	assert_string_equal(f.names[1], "after.reg");
	assert_string_equal(f.names[2], "a_b_c.xml");
	assert_string_equal(f.names[3], "a_b_C~2.xml");
	assert_string_equal(f.content[3], "two");
	assert_string_equal(f.names[4], "before~2.reg");
	assert_string_equal(f.names[5], "_hidden");
	for (size_t i = 6; i < 8; i++) {
		assert_true(strlen(f.names[i]) <= 255);
		assert_int_equal((unsigned char)*(strchr(f.names[i], '~') - 1), 0xa4);
	}
	assert_string_equal(strchr(f.names[6], '~'), "~2.xml");
	assert_string_equal(f.content[6], "five");
	assert_string_equal(strchr(f.names[7], '~'), "~3.xml");
	change_list_clear(&l);
}

static void
an_original_that_fails_loses_no_values(void **state)
{
	CLEANUP_FOLDER struct folder f = { .fails = 2 };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	const struct manifest_sink to = { write_one, &f };
	struct change_list l = { 0 };

	(void)state;
	add_file(&l, "/a.xml", "one");
	add_value(&l);
	assert_int_equal(manifest_list_files(&l, &to, &err), -1);
	assert_int_equal(f.count, 2);
	assert_string_equal(f.names[1], "after.reg");
	change_list_clear(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_clash_or_are_too_long_get_a_number),
		cmocka_unit_test(an_original_that_fails_loses_no_values),
	};

	return cmocka_run_group_tests_name("manifest", tests, NULL, NULL);
}
