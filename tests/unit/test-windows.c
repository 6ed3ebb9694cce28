/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drive letters, policy files, and the table of checks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "check/check.h"
#include "registry/hive.h"
#include "registry/regfile.h"
#include "tests/support/fake-volume.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/text.h"
#include "util/utf16.h"
#include "windows/drive-letters.h"
#include "windows/registry-pol.h"
#include "windows/windows.h"

static void
paths_map_to_the_volume_by_their_letter(void **state)
{
	static const struct {
		const char *path;
		char letter;
		const char *to;
	} cases[] = {
		{ "C:\\Users\\J\xc3\xbcrgen", 'C', "/Users/J\xc3\xbcrgen" },
		{ "c:\\users\\x\\", 'C', "/users/x" },
		{ "%SystemDrive%\\Users\\x", 'C', "/Users/x" },
		{ "%systemroot%\\ServiceProfiles\\LocalService", 'C',
		  "/Windows/ServiceProfiles/LocalService" },
		{ "\\??\\C:\\x", 'C', "/x" },
		{ "D:\\Profiles\\x", 'D', NULL },
		{ "\\\\server\\share\\x", 0, NULL },
		{ "Users\\x", 0, NULL },
		{ "C:relative", 0, NULL },
		{ "", 0, NULL },
		{ "C:", 'C', "/" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_FREE char *to = NULL;
		char letter;

		drive_letter_map(cases[i].path, 'C', "C:\\Windows", &letter, &to);
		assert_int_equal(letter, cases[i].letter);
		if (cases[i].to)
			assert_string_equal(to, cases[i].to);
		else
			assert_null(to);
	}
}

static void
without_a_letter_nothing_maps(void **state)
{
	CLEANUP_FREE char *to = NULL;
	char letter;

	(void)state;
	drive_letter_map("%SystemDrive%\\Users\\x", 0, NULL, &letter, &to);
	assert_null(to);
}

/* One entry of a Registry.pol. */
static void
add_entry(struct text *out, const char *key, const char *value, uint32_t number)
{
	uint8_t n[4];
	size_t bytes;
	CLEANUP_FREE char *head = xasprintf("[%s", key);
	CLEANUP_FREE uint8_t *wide_head = utf16_from_text(head, &bytes);

	text_add_n(out, (const char *)wide_head, bytes);
	text_add_n(out, "\0\0;\0", 4);
	{
		CLEANUP_FREE uint8_t *wide = utf16_from_text(value, &bytes);

		text_add_n(out, (const char *)wide, bytes);
	}
	text_add_n(out, "\0\0;\0\4\0\0\0;\0\4\0\0\0;\0", 16);
	put_u32(n, number);
	text_add_n(out, (const char *)n, 4);
	text_add_n(out, "]\0", 2);
}

static void
a_policy_file_says_what_it_sets(void **state)
{
	static const char key[] = "Software\\Policies\\Microsoft\\Windows NT\\Terminal Services";
	struct text file = TEXT_INIT;

	(void)state;
	text_add_n(&file, "PReg\1\0\0\0", 8);
	add_entry(&file, "Software\\Other", "fDenyTSConnections", 1);
	assert_false(
		registry_pol_sets((const uint8_t *)file.ptr, file.len, key, "fDenyTSConnections"));
	add_entry(&file, key, "fDenyTSConnections", 1);
	assert_true(
		registry_pol_sets((const uint8_t *)file.ptr, file.len, key, "FDENYTSConnections"));
	/* cut anywhere, turned anywhere: an answer, never a read beyond the end */
	for (size_t n = 0; n < file.len; n++) {
		CLEANUP_FREE uint8_t *part = xmemdup(file.ptr, n);

		assert_false(registry_pol_sets(part, n, key, "fDenyTSConnections"));
		file.ptr[n] ^= 0x55;
		registry_pol_sets((const uint8_t *)file.ptr, file.len, key, "fDenyTSConnections");
		file.ptr[n] ^= 0x55;
	}
	/* entries are applied in order: a later 0 takes it back, and a damaged one does not */
	add_entry(&file, key, "fDenyTSConnections", 0);
	assert_false(
		registry_pol_sets((const uint8_t *)file.ptr, file.len, key, "fDenyTSConnections"));
	assert_true(registry_pol_sets((const uint8_t *)file.ptr, file.len - 1, key,
				      "fDenyTSConnections"));
	text_clear(&file);
}

/* A check without a broken volume that shows it would be a promise only. */
static void
every_check_has_a_case(void **state)
{
	const char *top = getenv("top_srcdir");

	(void)state;
	for (size_t i = 0; i < check_table_size; i++) {
		CLEANUP_FREE char *pattern = xasprintf("%s/fixtures/cases/%s*/case.recipe",
						       top ? top : ".", check_table[i]->id);
		glob_t found;

		if (glob(pattern, 0, NULL, &found) != 0)
			fail_msg("there is no %s", pattern);
		globfree(&found);
	}
}

static void
every_check_is_whole(void **state)
{
	(void)state;
	assert_true(check_table_size >= 5);
	for (size_t i = 0; i < check_table_size; i++) {
		const struct check *c = check_table[i];

		assert_non_null(c->id);
		assert_non_null(c->title);
		assert_non_null(c->group);
		assert_non_null(c->doc);
		assert_non_null(c->diagnose);
		assert_non_null(c->problems[0].code);
		assert_ptr_equal(check_find(c->id), c);
		for (size_t k = i + 1; k < check_table_size; k++)
			assert_string_not_equal(c->id, check_table[k]->id);
		for (const struct problem *p = c->problems; p->code; p++) {
			assert_non_null(p->text);
			if (p->risk != RISK_NONE)
				assert_non_null(c->repair);
			for (const struct problem *q = p + 1; q->code; q++)
				assert_string_not_equal(p->code, q->code);
		}
	}
	assert_null(check_find("no-such-check"));
}

static void
names_cannot_add_lines_to_a_reg_file(void **state)
{
	struct hive_value v = { .name = xstrdup("a\"=\"\"\r\n[-HKEY_USERS\\x]"),
				.type = REG_TYPE_DWORD,
				.data = xmemdup("\1\0\0", 4),
				.len = 4 };
	struct text out = TEXT_INIT;

	(void)state;
	regfile_begin(&out);
	regfile_key(&out, "HKEY_LOCAL_MACHINE\\SOFTWARE\\x]\r\n[-HKEY_USERS");
	regfile_value(&out, &v);
	regfile_delete_value(&out, v.name);
	assert_null(strstr(text_str(&out), "[-"));
	free(v.name);
	v.name = xstrdup("q\"b\\");
	regfile_value(&out, &v);
	assert_non_null(strstr(text_str(&out), "\"q\\\"b\\\\\"=dword:00000001\r\n"));
	hive_value_clear(&v);
	text_clear(&out);
}

/* What was written is read again: each byte of the bins counts, and the hive must be clean. */
static void
what_does_not_read_back_is_noticed(void **state)
{
	static const char path[] = "/Windows/System32/config/SOFTWARE";
	static const struct fake_value values[] = { { "Key", "v", 4, NULL, 1, 0 } };
	static const struct {
		uint64_t offset;
		uint8_t xor ;
		const char *says;
	} damages[] = { { 4, 1, "dirty" }, { 4096 + 40000, 1, "read back" } };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_WRITTEN_HIVES struct written_hives written = { 0 };
	CLEANUP_VOLUME struct volume *v = fake_volume_new();
	CLEANUP_WINDOWS struct windows *w = NULL;
	size_t len;
	CLEANUP_FREE uint8_t *bytes = fake_hive(values, ARRAY_SIZE(values), &len);
	struct hive *h;

	(void)state;
	fake_volume_file(v, path, bytes, len);
	w = windows_open(v, "/Windows", &err);
	h = windows_hive(w, HIVE_SOFTWARE, &err);
	assert_non_null(h);
	assert_int_equal(hive_put_u32(h, "Key", "v", 2, 1, &err), 0);
	assert_int_equal(windows_write_back(w, &written, &err), 0);
	assert_int_equal(written.count, 1);
	windows_close(w);
	w = windows_open(v, "/Windows", &err);
	assert_int_equal(windows_verify_written(w, &written, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
		uint8_t byte = (uint8_t)(fake_volume_bytes(v, path, &len)[damages[i].offset] ^
					 damages[i].xor);

		assert_int_equal(volume_patch(v, path, &byte, 1, damages[i].offset, &err), 0);
		windows_close(w);
		w = windows_open(v, "/Windows", &err);
		assert_int_equal(windows_verify_written(w, &written, &err), -1);
		assert_non_null(strstr(err.message, damages[i].says));
		error_clear(&err);
		byte ^= damages[i].xor ;
		assert_int_equal(volume_patch(v, path, &byte, 1, damages[i].offset, &err), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_cannot_add_lines_to_a_reg_file),
		cmocka_unit_test(paths_map_to_the_volume_by_their_letter),
		cmocka_unit_test(without_a_letter_nothing_maps),
		cmocka_unit_test(a_policy_file_says_what_it_sets),
		cmocka_unit_test(what_does_not_read_back_is_noticed),
		cmocka_unit_test(every_check_is_whole),
		cmocka_unit_test(every_check_has_a_case),
	};

	return cmocka_run_group_tests_name("windows", tests, NULL, NULL);
}
