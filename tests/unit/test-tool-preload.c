/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is loaded into a packaged tool comes from where nobody else may write. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "block/tool-private.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"

#define OBJECT "src/resprep-overlay.so"

/* In a folder of its own: resprep, tests/unit/test, src/ with the object, lib/ with an installed one. */
static char root[] = "/tmp/preload.XXXXXX";

static void
make(const char *name, const char *content)
{
	int fd = open(name, O_CREAT | O_EXCL | O_WRONLY, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	assert_int_equal(fchmod(fd, 0755), 0);
	close(fd);
}

static int
set_up(void **state)
{
	static const char *const folders[] = { "src", "lib", "tests", "tests/unit" };

	(void)state;
	memcpy(root + strlen(root) - 6, "XXXXXX", 6);
	if (!mkdtemp(root) || chdir(root) != 0 || chmod(".", 0755) != 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (mkdir(folders[i], 0700) != 0 || chmod(folders[i], 0755) != 0)
			return -1;
	make("resprep", "program");
	make("tests/unit/test", "program");
	make(OBJECT, "built");
	return 0;
}

static int
tear_down(void **state)
{
	static const char *const files[] = { OBJECT,	    "lib/" TOOL_PRELOAD,
					     "resprep",	    "tests/unit/test",
					     "aside/other", "aside/" TOOL_PRELOAD };
	static const char *const folders[] = { "tests/unit", "tests", "src", "lib", "aside" };

	(void)state;
	unlink("src");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		unlink(files[i]);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		rmdir(folders[i]);
	return rmdir(root);
}

/* What the program `name` would load, as text: "" for nothing, "?" for one that is not trusted. */
static const char *
loaded(const char *name)
{
	static char text[16];
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE char *self = xasprintf("%s/%s", root, name);
	CLEANUP_FREE char *installed = xasprintf("%s/lib", root);
	CLEANUP_FD int fd = -1;
	bool found;
	ssize_t n;

	assert_int_equal(tool_preload_open(self, installed, &fd, &found, &err), 0);
	if (fd < 0)
		return found ? "?" : "";
	n = pread(fd, text, sizeof text - 1, 0);
	assert_true(n >= 0);
	text[n] = '\0';
	/* nobody changes it any more */
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(ftruncate(fd, 0), -1);
	return text;
}

static void
it_is_found_in_the_build_folder(void **state)
{
	(void)state;
	assert_string_equal(loaded("resprep"), "built");
	assert_string_equal(loaded("tests/unit/test"), "built");
	/* whoever builds need not be able to write there later */
	assert_int_equal(chmod("src", 0555), 0);
	assert_int_equal(chmod(".", 0555), 0);
	assert_string_equal(loaded("resprep"), "built");
	assert_int_equal(chmod("src", 0755), 0);
	assert_int_equal(chmod(".", 0755), 0);
}

static void
it_is_found_where_it_is_installed(void **state)
{
	(void)state;
	assert_int_equal(unlink(OBJECT), 0);
	assert_string_equal(loaded("resprep"), "");
	make("lib/" TOOL_PRELOAD, "installed");
	assert_string_equal(loaded("resprep"), "installed");
	assert_int_equal(chmod("lib", 0777), 0);
	assert_string_equal(loaded("resprep"), "?");
}

static void
where_others_may_write_it_is_not_taken(void **state)
{
	static const char *const places[] = { ".", "src", OBJECT };
	static const mode_t modes[] = { 0777, 0757, 0775, 01777 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		for (size_t j = 0; j < ARRAY_SIZE(modes); j++) {
			assert_int_equal(chmod(places[i], modes[j]), 0);
			assert_string_equal(loaded("resprep"), "?");
			assert_string_equal(loaded("tests/unit/test"), "?");
			assert_int_equal(chmod(places[i], 0755), 0);
			assert_string_equal(loaded("resprep"), "built");
		}
	/* the one that is installed is taken then */
	assert_int_equal(chmod("src", 01777), 0);
	make("lib/" TOOL_PRELOAD, "installed");
	assert_string_equal(loaded("resprep"), "installed");
}

static void
a_link_is_not_followed(void **state)
{
	(void)state;
	assert_int_equal(rename("src", "aside"), 0);
	assert_int_equal(symlink("aside", "src"), 0);
	assert_string_equal(loaded("resprep"), "?");
	assert_int_equal(unlink("src"), 0);
	assert_int_equal(rename("aside/" TOOL_PRELOAD, "aside/other"), 0);
	assert_int_equal(symlink("other", "aside/" TOOL_PRELOAD), 0);
	assert_int_equal(rename("aside", "src"), 0);
	assert_string_equal(loaded("resprep"), "?");
	assert_int_equal(rename("src/other", "lib/" TOOL_PRELOAD), 0);
	assert_string_equal(loaded("resprep"), "built");
}

/* `sudo build/resprep`: whose program it is could have put anything into it. */
static void
owners_are_root_oneself_and_whose_program_it_is(void **state)
{
	static const struct {
		uid_t owner;
		gid_t group;
		mode_t mode;
		uid_t program_owner;
		gid_t program_group;
		mode_t program_mode;
		uid_t self;
		bool trusted;
	} cases[] = {
		{ 0, 0, 0755, 0, 0, 0755, 1000, true },	       /* installed */
		{ 1000, 100, 0755, 1000, 100, 0755, 0, true }, /* built by the one, run by root */
		{ 1000, 100, 0755, 0, 0, 0755, 1000, true },
		{ 65534, 100, 0755, 0, 0, 0755, 0,
		  false }, /* somebody else's folder beside root's program */
		{ 65534, 100, 0755, 0, 0, 0755, 1000, false },
		{ 1000, 100, 0775, 1000, 100, 0775, 0, true }, /* built with umask 002 */
		{ 1000, 101, 0775, 1000, 100, 0775, 0, false },
		{ 1000, 100, 0775, 1000, 100, 0755, 0, false },
		{ 0, 0, 01777, 0, 0, 0755, 0, false },
		{ 0, 0, 01777, 0, 0, 0777, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct stat what = { .st_uid = cases[i].owner,
					   .st_gid = cases[i].group,
					   .st_mode = cases[i].mode };
		const struct stat program = { .st_uid = cases[i].program_owner,
					      .st_gid = cases[i].program_group,
					      .st_mode = cases[i].program_mode };

		if (tool_preload_trusted(&what, &program, cases[i].self) != cases[i].trusted)
			fail_msg("case %zu", i);
	}
}

int
main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		IN_FOLDER(it_is_found_in_the_build_folder),
		IN_FOLDER(it_is_found_where_it_is_installed),
		IN_FOLDER(where_others_may_write_it_is_not_taken),
		IN_FOLDER(a_link_is_not_followed),
		cmocka_unit_test(owners_are_root_oneself_and_whose_program_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
