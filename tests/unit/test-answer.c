/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answer files as settings; the table of known ones; the shipped files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "answer/answer.h"
#include "answer/shipped.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"

#define SHELL "Microsoft-Windows-Shell-Setup"

static const char sample[] =
	"<?xml version=\"1.0\"?>\r\n"
	"<unattend xmlns=\"urn:schemas-microsoft-com:unattend\">\r\n"
	" <settings pass=\"specialize\" wasPassProcessed=\"true\">\r\n"
	"  <component name=\"" SHELL "\" processorArchitecture=\"amd64\">\r\n"
	"   <!-- <CopyProfile>true</CopyProfile> -->\r\n"
	"   <CopyProfile> true </CopyProfile>\r\n"
	"   <ProductKey>AAAAA-BBBBB-CCCCC-DDDDD-EEEEE</ProductKey>\r\n"
	"  </component>\r\n"
	"  <component name=\"Microsoft-Windows-Deployment\">\r\n"
	"   <RunSynchronous>\r\n"
	"    <RunSynchronousCommand><Order>1</Order><Path>a</Path></RunSynchronousCommand>\r\n"
	"    <RunSynchronousCommand><Order>2</Order><Path>b</Path></RunSynchronousCommand>\r\n"
	"   </RunSynchronous>\r\n"
	"  </component>\r\n"
	" </settings>\r\n"
	" <settings pass=\"oobesystem\"><component name=\"" SHELL "\"><UserAccounts>"
	"<AdministratorPassword><Value>secret</Value><PlainText>true</PlainText></AdministratorPassword>"
	"</UserAccounts></component></settings>\r\n"
	" <offlineImage/>\r\n"
	"</unattend>\r\n";

static void
settings_have_their_names_and_places(void **state)
{
	static const char *const names[] = {
		"specialize/" SHELL "/CopyProfile",
		"specialize/" SHELL "/ProductKey",
		"specialize/Microsoft-Windows-Deployment/RunSynchronous/RunSynchronousCommand[1]/Order",
		"specialize/Microsoft-Windows-Deployment/RunSynchronous/RunSynchronousCommand[1]/Path",
		"specialize/Microsoft-Windows-Deployment/RunSynchronous/RunSynchronousCommand[2]/Order",
		"specialize/Microsoft-Windows-Deployment/RunSynchronous/RunSynchronousCommand[2]/Path",
		"oobesystem/" SHELL "/UserAccounts/AdministratorPassword/Value",
		"oobesystem/" SHELL "/UserAccounts/AdministratorPassword/PlainText",
	};
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_ANSWER struct answer a = { 0 };

	(void)state;
	assert_int_equal(answer_open(sample, sizeof sample - 1, &a, &err), 0);
	assert_int_equal(a.setting_count, ARRAY_SIZE(names));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP_FREE char *name = answer_name(&a, &a.settings[i]);

		assert_string_equal(name, names[i]);
		assert_non_null(a.settings[i].known);
	}
	assert_string_equal(a.settings[0].value, "true");
	assert_int_equal(a.settings[0].line, 6);
	assert_int_equal(a.settings[0].column, 4);
	assert_int_equal(a.component_count, 3);
	assert_true(a.components[0].processed);
	assert_false(a.components[2].processed);
	assert_int_equal(a.components[2].pass, PASS_OOBE_SYSTEM);
	assert_string_equal(a.components[1].architecture, "");
}

static void
secrets_are_hidden(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_ANSWER struct answer a = { 0 };

	(void)state;
	assert_int_equal(answer_open(sample, sizeof sample - 1, &a, &err), 0);
	for (size_t i = 0; i < a.setting_count; i++) {
		CLEANUP_FREE char *shown = answer_shown(&a.settings[i], false);
		CLEANUP_FREE char *open = answer_shown(&a.settings[i], true);

		assert_null(strstr(shown, "secret"));
		assert_null(strstr(shown, "AAAAA"));
		assert_string_equal(open, a.settings[i].value);
	}
	assert_true(answer_is_password("Identification/Credentials/Password"));
	assert_true(answer_is_password("UserAccounts/LocalAccounts/LocalAccount/Password/Value"));
	assert_true(answer_is_password("UserAccounts/AdministratorPassword"));
	assert_true(answer_is_password("AutoLogon/Password/wcm:Value"));
	assert_true(answer_is_password("MSM/security/sharedKey/keyMaterial"));
	assert_true(answer_is_password("Identification/Provisioning/AccountData"));
	assert_false(answer_is_password("AutoLogon/Password/PlainText"));
	assert_false(answer_is_password("AutoLogon/Password/wcm:PlainText"));
	assert_false(answer_is_password("ProductKey"));
	assert_true(answer_is_secret("UserData/ProductKey/Key"));
	assert_false(answer_is_secret("ImageInstall/OSImage/InstallFrom/MetaData/Value"));
}

static void
what_is_no_answer_file_has_no_settings(void **state)
{
	static const char *const files[] = {
		"<a><settings pass='specialize'><component name='x'><b>1</b></component></settings></a>",
		"<unattend xmlns='urn:other'><settings pass='specialize'><component name='x'><b>1</b>"
		"</component></settings></unattend>",
		"<unattend><x><settings pass='specialize'><component name='x'><b>1</b></component>"
		"</settings></x></unattend>",
		"<unattend/>",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		CLEANUP_ANSWER struct answer a = { 0 };

		assert_int_equal(answer_open(files[i], strlen(files[i]), &a, &err), 0);
		assert_int_equal(a.setting_count, 0);
	}
}

static void
files_that_are_too_much_are_errors(void **state)
{
	CLEANUP_ERROR struct error many = ERROR_INIT, deep = ERROR_INIT, large = ERROR_INIT,
				   bomb = ERROR_INIT;
	CLEANUP_TEXT struct text t = TEXT_INIT, d = TEXT_INIT;
	static const char entities[] = "<!DOCTYPE unattend [<!ENTITY a \"x\"><!ENTITY b SYSTEM "
				       "\"file:///etc/passwd\">]><unattend>&a;&b;</unattend>";
	CLEANUP_FREE char *big = xzalloc(ANSWER_SIZE_LIMIT + 1);
	struct answer a;

	(void)state;
	text_add(&t, "<unattend><settings pass='specialize'><component name='x'>");
	for (int i = 0; i < 60000; i++)
		text_add(&t, "<b/>");
	text_add(&t, "</component></settings></unattend>");
	assert_int_equal(answer_open(text_str(&t), t.len, &a, &many), -1);
	assert_int_equal(many.code, ERR_LIMIT);
	text_add(&d, "<unattend><settings pass='specialize'><component name='x'>");
	for (int i = 0; i < 120; i++)
		text_add(&d, "<long-name-of-an-element>");
	for (int i = 0; i < 120; i++)
		text_add(&d, "</long-name-of-an-element>");
	text_add(&d, "</component></settings></unattend>");
	assert_int_equal(answer_open(text_str(&d), d.len, &a, &deep), -1);
	assert_int_equal(deep.code, ERR_LIMIT);
	assert_non_null(strstr(deep.message, "line 1, column "));
	assert_int_equal(answer_open(big, ANSWER_SIZE_LIMIT + 1, &a, &large), -1);
	assert_int_equal(large.code, ERR_LIMIT);
	assert_int_equal(answer_open(entities, sizeof entities - 1, &a, &bomb), -1);
	assert_int_equal(bomb.code, ERR_UNSUPPORTED);
}

/* ---- the table ---- */

static void
each_row_of_the_table_makes_sense(void **state)
{
	const struct known_component *c;
	size_t settings = 0;

	(void)state;
	for (size_t i = 0; (c = known_at(i)) != NULL; i++) {
		assert_true(c->passes != 0 && c->passes < 1u << PASS_COUNT);
		assert_ptr_equal(known_component(c->name), c);
		for (size_t k = 0; k < c->count; k++) {
			const struct known_setting *s = &c->settings[k];
			CLEANUP_FREE char *url = known_source(c, s);
			CLEANUP_FREE char *values = known_values_text(s);

			/* each stands once, in a pass that its component has */
			assert_ptr_equal(known_setting(c, s->path), s);
			assert_int_equal(known_passes(c, s) & ~c->passes, 0);
			assert_int_equal((s->type == KNOWN_WORD), s->values != NULL);
			assert_true(s->type != KNOWN_NUMBER || s->min < s->max);
			assert_true(!s->until || s->since <= s->until);
			assert_int_equal(strncmp(url, "https://learn.microsoft.com/", 28), 0);
			assert_int_equal(strspn(url + 8, "abcdefghijklmnopqrstuvwxyz0123456789-./"),
					 strlen(url + 8));
			assert_true(*values);
			settings += s->type != KNOWN_LIST;
		}
	}
	/* all of the shipped files, and at least sixty more */
	assert_true(settings > 100);
}

static void
every_shipped_setting_is_known_and_right(void **state)
{
	(void)state;
	for (int agent = 0; agent < SHIPPED_NONE; agent++) {
		const struct shipped_file *f = shipped_file((enum shipped_agent)agent);

		for (size_t i = 0; i < f->count; i++) {
			const struct shipped_setting *s = &f->settings[i];
			const struct known_component *c = known_component(s->component);
			CLEANUP_ERROR struct error err = ERROR_INIT;
			CLEANUP_FREE char *plain = xstrdup(s->path);
			char *open = strchr(plain, '[');
			const struct known_setting *k;

			if (open)
				memmove(open, strchr(open, ']') + 1,
					strlen(strchr(open, ']') + 1) + 1);
			k = known_setting(c, plain);
			if (!k)
				fail_msg("%s is not in the table", plain);
			assert_true(known_passes(c, k) & 1u << s->pass);
			if (s->value && known_check(k, s->value, &err) < 0)
				fail_msg("%s", err.message);
		}
	}
}

static void
values_are_judged_as_windows_does(void **state)
{
	static const struct {
		const char *component, *path, *value;
		bool right;
	} list[] = {
		{ SHELL, "CopyProfile", "True", true },
		{ SHELL, "CopyProfile", "yes", false },
		{ SHELL, "ComputerName", "*", true },
		{ SHELL, "ComputerName", "WEB-01", true },
		{ SHELL, "ComputerName", "Büro-1", true },
		{ SHELL, "ComputerName", "", false },
		{ SHELL, "ComputerName", "12345", false },
		{ SHELL, "ComputerName", "ABCDEFGHIJKLMNOP", false },
		{ SHELL, "ComputerName", "a b", false },
		{ SHELL, "ComputerName", "%NAME%", false },
		{ SHELL, "ComputerName", "-a", false },
		{ SHELL, "ProductKey", "D2N9P-3P6X9-2R39C-7RTCD-MDVJX", true },
		{ SHELL, "ProductKey", "D2N9P-3P6X9-2R39C-7RTCD", false },
		{ SHELL, "ProductKey", "D2N9P-3P6X9-2R39C-7RTCD-MDVJ", false },
		{ SHELL, "OOBE/ProtectYourPC", "3", true },
		{ SHELL, "OOBE/ProtectYourPC", "4", false },
		{ SHELL, "OOBE/ProtectYourPC", "-1", false },
		{ SHELL, "OOBE/ProtectYourPC", "99999999999999999999", false },
		{ SHELL, "OOBE/NetworkLocation", "Other", true },
		{ SHELL, "OOBE/NetworkLocation", "Public", false },
		{ "Microsoft-Windows-International-Core", "InputLocale", "en-US", true },
		{ "Microsoft-Windows-International-Core", "InputLocale",
		  "0409:00000409;0407:00000407", true },
		{ "Microsoft-Windows-International-Core", "InputLocale",
		  "0411:{03B5835F-F03C-411B-9CE2-AA23E1171E36}{A76C93D9-5523-4E90-AAFA-4DB112F9AC76}",
		  true },
		{ "Microsoft-Windows-International-Core", "UserLocale", "English", true },
		{ "Microsoft-Windows-International-Core", "UserLocale", "en US", false },
		{ "Microsoft-Windows-International-Core", "UserLocale", "", false },
		{ "Microsoft-Windows-Security-SPP", "SkipRearm", "1", true },
		{ "Microsoft-Windows-Security-SPP", "SkipRearm", "true", false },
		{ "Microsoft-Windows-PowerCPL", "PreferredPlan",
		  "8c5e7fda-e8bf-4a96-9a85-a6e23a8c635c", true },
		{ "Microsoft-Windows-PowerCPL", "PreferredPlan", "8c5e7fda", false },
		{ "Microsoft-Windows-Deployment", "RunSynchronous/RunSynchronousCommand", "x",
		  false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(list); i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		const struct known_setting *s = known_setting(known_component(list[i].component),
							      list[i].path);

		assert_non_null(s);
		if ((known_check(s, list[i].value, &err) == 0) != list[i].right)
			fail_msg("%s: '%s'", list[i].path, list[i].value);
		assert_int_equal(err.code, list[i].right ? ERR_NONE : ERR_USAGE);
	}
}

static void
commands_longer_than_windows_takes_are_wrong(void **state)
{
	const struct known_setting *s =
		known_setting(known_component("microsoft-windows-shell-setup"),
			      "FirstLogonCommands/SynchronousCommand/CommandLine");
	CLEANUP_FREE char *text = xzalloc(1026);
	CLEANUP_ERROR struct error err = ERROR_INIT;

	(void)state;
	memset(text, 'x', 1024);
	assert_int_equal(known_check(s, text, &err), 0);
	text[1024] = 'x';
	assert_int_equal(known_check(s, text, &err), -1);
}

static void
differences_from_the_shipped_file_are_told(void **state)
{
	static const char file[] =
		"<unattend xmlns='urn:schemas-microsoft-com:unattend'><settings pass='specialize'>"
		"<component name='" SHELL
		"'><CopyProfile>TRUE</CopyProfile><TimeZone>GMT</TimeZone>"
		"<ComputerName>x</ComputerName></component></settings></unattend>";
	const struct shipped_file *f = shipped_file(SHIPPED_EC2CONFIG);
	const struct shipped_setting *is;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_ANSWER struct answer a = { 0 };
	size_t there = 0;

	(void)state;
	assert_int_equal(answer_open(file, sizeof file - 1, &a, &err), 0);
	assert_int_equal(shipped_compare(f, &a, &a.settings[0], &is), SHIPPED_SAME);
	assert_int_equal(shipped_compare(f, &a, &a.settings[1], &is), SHIPPED_DIFFERS);
	assert_string_equal(is->value, "UTC");
	assert_int_equal(shipped_compare(f, &a, &a.settings[2], &is), SHIPPED_ADDED);
	assert_null(is);
	for (size_t i = 0; i < f->count; i++)
		there += shipped_is_there(&a, &f->settings[i]);
	assert_int_equal(there, 2);
	assert_false(f->reconstructed);
	assert_true(shipped_file(SHIPPED_EC2LAUNCH_V2)->reconstructed);
	assert_null(shipped_file(SHIPPED_NONE));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_have_their_names_and_places),
		cmocka_unit_test(secrets_are_hidden),
		cmocka_unit_test(what_is_no_answer_file_has_no_settings),
		cmocka_unit_test(files_that_are_too_much_are_errors),
		cmocka_unit_test(each_row_of_the_table_makes_sense),
		cmocka_unit_test(every_shipped_setting_is_known_and_right),
		cmocka_unit_test(values_are_judged_as_windows_does),
		cmocka_unit_test(commands_longer_than_windows_takes_are_wrong),
		cmocka_unit_test(differences_from_the_shipped_file_are_told),
	};

	return cmocka_run_group_tests_name("answer", tests, NULL, NULL);
}
