/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two names of one file in a folder whose file system counts its links wrong. */
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

#include "session/owners.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/io.h"
#include "volume/volume.h"

#define CONFIG "Windows/System32/config"

static char dir_name[] = "/tmp/test-owners.XXXXXX";
static const char *const folders[] = { "Windows", "Windows/System32", CONFIG,
				       "Users",	  "Users/anna",	      "Program Files" };
static const char *const files[] = { CONFIG "/SYSTEM",	    CONFIG "/SYSTEM.LOG1",
				     CONFIG "/SAM",	    "Users/anna/NTUSER.DAT",
				     "Program Files/a.xml", "Program Files/b.xml" };

static int
make_files(void **state)
{
	(void)state;
	if (!mkdtemp(dir_name) || chdir(dir_name) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (mkdir(folders[i], 0700) < 0)
			return -1;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		FILE *f = fopen(files[i], "w");

		if (!f || fclose(f) != 0)
			return -1;
	}
	return 0;
}

static int
remove_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		unlink(files[i]);
	for (size_t i = ARRAY_SIZE(folders); i-- > 0;)
		rmdir(folders[i]);
	return chdir("/") < 0 ? -1 : rmdir(dir_name);
}

static enum error_code
compare(const char *one, const char *two, const char *says)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FD int fd = open(dir_name, O_RDONLY | O_DIRECTORY);
	CLEANUP_VOLUME struct volume *v = volume_directory_open(fd, dir_name, &err);
	const char *paths[] = { one, two };

	assert_non_null(v);
	if (owners_compare_files(v, "/Windows", paths, two ? 2 : 1, &err) < 0 &&
	    !strstr(err.message, says))
		fail_msg("it says: %s", err.message);
	return err.code;
}

static void
each_file_is_one(void **state)
{
	(void)state;
	assert_int_equal(compare("/" CONFIG "/SYSTEM", "/" CONFIG "/SYSTEM.LOG1", ""), ERR_NONE);
	assert_int_equal(compare("/Program Files/a.xml", "/Program Files/b.xml", ""), ERR_NONE);
	/* one name in two spellings, and one that is not there */
	assert_int_equal(compare("/" CONFIG "/SYSTEM", "/windows/system32/CONFIG/System", ""),
			 ERR_NONE);
	assert_int_equal(compare("/Program Files/none.xml", NULL, ""), ERR_NONE);
}

static void
lay(const char *name, const char *over)
{
	assert_int_equal(unlink(name), 0);
	assert_int_equal(link(over, name), 0);
}

static void
a_file_under_two_names_is_refused(void **state)
{
	(void)state;
	/* both are written, a hive that is not, a hive of a user */
	lay("Program Files/b.xml", "Program Files/a.xml");
	assert_int_equal(
		compare("/Program Files/a.xml", "/Program Files/b.xml",
			"'/Program Files/a.xml' is the same file as '/Program Files/b.xml'"),
		ERR_REFUSED);
	assert_int_equal(compare("/Program Files/a.xml", NULL, ""), ERR_NONE);
	lay(CONFIG "/SYSTEM.LOG1", CONFIG "/SAM");
	assert_int_equal(compare("/" CONFIG "/SYSTEM.LOG1", NULL, "/SAM'"), ERR_REFUSED);
	assert_int_equal(compare("/" CONFIG "/SYSTEM", NULL, ""), ERR_NONE);
	lay("Program Files/a.xml", "Users/anna/NTUSER.DAT");
	assert_int_equal(compare("/Program Files/a.xml", NULL, "/Users/anna/NTUSER.DAT'"),
			 ERR_REFUSED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_file_is_one),
		cmocka_unit_test(a_file_under_two_names_is_refused),
	};

	return cmocka_run_group_tests_name("owners", tests, make_files, remove_files);
}
