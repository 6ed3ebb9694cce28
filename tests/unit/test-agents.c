/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Launch agents on volumes in memory, and the file version of a program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ec2/agents.h"
#include "ec2/settings.h"
#include "registry/hive.h"
#include "tests/support/fake-volume.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "windows/pe-version.h"
#include "windows/windows.h"

#define CONFIG	"/Windows/System32/config/"
#define SERVICE "ControlSet001\\Services\\"
#define UNINST	"Microsoft\\Windows\\CurrentVersion\\Uninstall\\"
#define V1	"/ProgramData/Amazon/EC2-Windows/Launch/"
#define V2	"/ProgramData/Amazon/EC2Launch/"
#define CACHE	"Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache\\"
#define PE_SIZE 0x600

#define SZ(key, name, text)                     \
	{                                       \
		key, name, REG_TYPE_SZ, text, 0 \
	}
#define DWORD(key, name, num)                        \
	{                                            \
		key, name, REG_TYPE_DWORD, NULL, num \
	}

/* A program of one section at 0x200 (RVA 0x1000) that holds a version resource. */
static void
make_pe(uint8_t pe[PE_SIZE], bool wide)
{
	uint8_t *optional = pe + 0x40 + 24, *section = optional + 0xf0, *res = pe + 0x200;

	memset(pe, 0, PE_SIZE);
	memcpy(pe, "MZ", 2);
	put_u32(pe + 60, 0x40);
	memcpy(pe + 0x40, "PE\0\0", 4);
	put_u16(pe + 0x40 + 6, 1);
	put_u16(pe + 0x40 + 20, 0xf0);
	put_u16(optional, wide ? 0x20b : 0x10b);
	put_u32(optional + (wide ? 112 : 96) + 16, 0x1000);
	put_u32(section + 12, 0x1000);
	put_u32(section + 16, 0x400);
	put_u32(section + 20, 0x200);
	/* two types, the second is RT_VERSION; then one name, one language */
	put_u16(res + 14, 2);
	put_u32(res + 16, 3);
	put_u32(res + 20, 0x80000200);
	put_u32(res + 24, 16);
	put_u32(res + 28, 0x80000040);
	put_u16(res + 0x40 + 14, 1);
	put_u32(res + 0x40 + 16, 1);
	put_u32(res + 0x40 + 20, 0x80000060);
	put_u16(res + 0x60 + 14, 1);
	put_u32(res + 0x60 + 16, 1033);
	put_u32(res + 0x60 + 20, 0x80);
	put_u32(res + 0x80, 0x10a0);
	put_u32(res + 0x84, 0x100);
	put_u32(res + 0xa0 + 40, 0xfeef04bd);
	put_u32(res + 0xa0 + 48, 4 << 16 | 9);
	put_u32(res + 0xa0 + 52, 2218u << 16);
}

static char *
version_of(const uint8_t *pe, size_t len, struct error *err)
{
	struct volume *v = fake_volume_new();
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	char *version;

	fake_volume_file(v, "/a.exe", pe, len);
	version = pe_version(v, "/a.exe", err);
	volume_close(v, &ignored);
	return version;
}

static void
a_program_tells_its_version(void **state)
{
	(void)state;
	for (int wide = 0; wide < 2; wide++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		uint8_t pe[PE_SIZE];
		CLEANUP_FREE char *version = NULL;

		make_pe(pe, wide);
		version = version_of(pe, sizeof pe, &err);
		assert_string_equal(version ? version : err.message, "4.9.2218.0");
	}
}

/* cut anywhere, each byte turned: a version, or an error; never a read beyond the end, a loop or a crash */
static void
a_damaged_program_is_an_error(void **state)
{
	uint8_t pe[PE_SIZE];

	(void)state;
	make_pe(pe, true);
	for (size_t i = 0; i < PE_SIZE; i++)
		for (int way = 0; way < 3; way++) {
			CLEANUP_ERROR struct error err = ERROR_INIT;
			CLEANUP_FREE char *version = NULL;
			uint8_t keep = pe[i];

			pe[i] = way ? (uint8_t)(way == 1 ? 0xff : keep ^ 0x81) : keep;
			version = version_of(pe, way ? sizeof pe : i, &err);
			assert_true(!version == (err.code != ERR_NONE));
			pe[i] = keep;
		}
}

struct world {
	struct volume *v;
	struct windows *w;
	struct agents agents;
};

static void
set_up(struct world *t, const struct fake_value *system, size_t system_count,
       const struct fake_value *software, size_t software_count)
{
	static const struct fake_value base[] = { DWORD("Select", "Current", 1),
						  DWORD("Select", "Default", 1),
						  DWORD("ControlSet001\\Services\\x", "Start", 1) };
	static const struct fake_value product = SZ("Microsoft\\Windows NT\\CurrentVersion",
						    "CurrentBuild", "9600");
	struct fake_value all[16];
	CLEANUP_FREE uint8_t *hive = NULL;
	CLEANUP_FREE uint8_t *other = NULL;
	size_t len;

	*t = (struct world){ .v = fake_volume_new() };
	memcpy(all, base, sizeof base);
	if (system_count)
		memcpy(all + 3, system, system_count * sizeof *all);
	hive = fake_hive(all, 3 + system_count, &len);
	fake_volume_file(t->v, CONFIG "SYSTEM", hive, len);
	all[0] = product;
	if (software_count)
		memcpy(all + 1, software, software_count * sizeof *all);
	other = fake_hive(all, 1 + software_count, &len);
	fake_volume_file(t->v, CONFIG "SOFTWARE", other, len);
}

static void
look(struct world *t)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;

	t->w = windows_open(t->v, "/Windows", &err);
	assert_non_null(t->w);
	assert_int_equal(agents_read(t->w, &t->agents, &err), 0);
}

static void
tear_down(struct world *t)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;

	agents_clear(&t->agents);
	windows_close(t->w);
	volume_close(t->v, &ignored);
}

static void
ec2config_is_found_with_all_that_is_its_own(void **state)
{
	static const struct fake_value system[] = { DWORD(SERVICE "Ec2Config", "Start", 4) };
	static const struct fake_value software[] = {
		SZ(UNINST "{1}", "DisplayName", "Something else"),
		SZ(UNINST "{1}", "DisplayVersion", "1.0"),
		SZ(UNINST "{2}", "DisplayName", "ec2configservice"),
		SZ(UNINST "{2}", "DisplayVersion", "4.9.2218.0"),
	};
	static const char folder[] = "/Program Files/Amazon/Ec2ConfigService/";
	struct world t;
	const struct agent *a = &t.agents.list[AGENT_EC2CONFIG];

	(void)state;
	set_up(&t, system, 1, software, 4);
	fake_volume_text(t.v, "/Program Files/Amazon/Ec2ConfigService/Ec2Config.exe", "MZ");
	fake_volume_text(t.v, "/Program Files/Amazon/Ec2ConfigService/Settings/config.xml", "<a/>");
	fake_volume_text(t.v, "/Program Files/Amazon/Ec2ConfigService/Logs/Ec2Config.log",
			 "2014-06-05T10:38:01.112Z: starting\r\n2014-06-05 10:38:09: old form\r\n"
			 "Gr\xfc\xdf"
			 "e\r\n");
	look(&t);
	assert_int_equal(t.agents.installed, 1);
	assert_true(a->installed);
	assert_string_equal(a->version, "4.9.2218.0");
	assert_string_equal(a->version_from, "SOFTWARE\\" UNINST "{2}");
	assert_string_equal(a->service_key, SERVICE "Ec2Config");
	assert_int_equal(a->start, 4);
	assert_string_equal(a->last_run, "2014-06-05T10:38:09");
	assert_int_equal(a->setting_count, 1);
	assert_int_equal(strncmp(a->settings[0], folder, strlen(folder)), 0);
	assert_false(t.agents.list[AGENT_EC2LAUNCH].installed);
	assert_int_equal(t.agents.evidence_count, 0);
	tear_down(&t);
}

static void
ec2launch_v1_is_its_module(void **state)
{
	static const char log[] =
		"\xef\xbb\xbf"
		"2022/06/11 18:23:51Z: Initializing\r\nAdminPasswordType: Random\r\n";
	CLEANUP_FREE uint8_t *wide = NULL;
	struct world t;
	const struct agent *a = &t.agents.list[AGENT_EC2LAUNCH];
	size_t len;

	(void)state;
	set_up(&t, NULL, 0, NULL, 0);
	fake_volume_text(
		t.v, V1 "Module/Ec2Launch.psd1",
		"@{\r\n  # ModuleVersion = '9'\r\n  moduleversion\t= \"1.3.2003498\"\r\n}");
	wide = utf16_from_text(log, &len);
	fake_volume_file(t.v, V1 "Log/Ec2Launch.log", wide, len);
	fake_volume_text(
		t.v, "/Windows/System32/Tasks/Amazon Ec2 Launch - Instance Initialization",
		"<Task><Triggers><BootTrigger><Enabled>true</Enabled></BootTrigger></Triggers>"
		"<Settings><Enabled>false</Enabled></Settings></Task>");
	look(&t);
	assert_true(a->installed);
	assert_string_equal(a->version, "1.3.2003498");
	assert_null(a->service);
	assert_string_equal(a->last_run, "2022-06-11T18:23:51Z");
	assert_true(a->task);
	assert_false(a->task_enabled);
	tear_down(&t);
}

static void
ec2launch_v2_tells_its_state_from_files(void **state)
{
	static const struct fake_value system[] = { DWORD(SERVICE "Amazon EC2Launch", "Start", 2) };
	struct world t;
	const struct agent *a = &t.agents.list[AGENT_EC2LAUNCH2];
	uint8_t pe[PE_SIZE];

	(void)state;
	make_pe(pe, true);
	set_up(&t, system, 1, NULL, 0);
	fake_volume_file(t.v, "/Program Files/Amazon/EC2Launch/EC2Launch.exe", pe, sizeof pe);
	fake_volume_text(t.v, V2 "state/.run-once", "");
	fake_volume_text(t.v, V2 "state/state.json", "{}");
	look(&t);
	assert_true(a->installed);
	assert_true(a->run_once);
	assert_true(a->state_file);
	assert_string_equal(a->version, "4.9.2218.0");
	assert_string_equal(a->version_from, "/Program Files/Amazon/EC2Launch/EC2Launch.exe");
	assert_non_null(strstr(a->state, "did not come to its end"));
	tear_down(&t);
}

/* The setting, which must be there. */
static const char *
value_of(struct agent_settings *s, const char *key)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	const struct setting *n = agent_settings_find(s, key, &err);

	if (!n)
		fail_msg("%s", err.message);
	return n->value ? n->value : "(absent)";
}

static bool
would(const struct agent_settings *s, enum agent_kind agent, const char *what)
{
	char **list;
	size_t count;
	bool found = false;

	agent_next_start(s, agent, &list, &count);
	for (size_t i = 0; i < count; i++)
		found |= strstr(list[i], what) != NULL;
	free_sentences(list, count);
	return found;
}

static void
tasks_of_one_name_are_told_apart(void **state)
{
	static const struct fake_value system[] = { DWORD(SERVICE "Amazon EC2Launch", "Start", 2) };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_AGENT_SETTINGS struct agent_settings s = { 0 };
	struct world t;

	(void)state;
	set_up(&t, system, 1, NULL, 0);
	fake_volume_text(
		t.v, V2 "config/agent-config.yml",
		"config:\n- stage: postReady\n  tasks:\n"
		"  - task: executeScript\n    inputs:\n"
		"    - frequency: once\n      type: batch\n"
		"    - frequency: always\n      type: powershell\n"
		"  - task: executeScript\n    inputs: [{frequency: always, detach: no}]\n"
		"  - task: newTask\n- stage: preReady\n  tasks:\n"
		"  - task: setAdminAccount\n    inputs: {password: {type: static, data: s3cret}}\n");
	look(&t);
	assert_int_equal(agent_settings_read(t.w, &t.agents, &s, &err), 0);
	assert_string_equal(value_of(&s, "postReady.executeScript.1.2.type"), "powershell");
	assert_string_equal(value_of(&s, "executescript.2.frequency"), "always");
	assert_null(agent_settings_find(&s, "frequency", &err));
	assert_non_null(strstr(err.message, "postReady.executeScript.1.1.frequency"));
	error_clear(&err);
	assert_true(would(&s, AGENT_EC2LAUNCH2, "the one in its data"));
	assert_true(would(&s, AGENT_EC2LAUNCH2, "not known here (postReady.newTask)"));
	/* newTask, and a bool that is no true or false to a reader of YAML 1.2 */
	assert_int_equal(s.problem_count, 2);
	assert_int_equal(agent_settings_set(&s, "password.data", "n3w", &err), 0);
	for (size_t i = 0; i < s.file_count; i++)
		assert_true(!s.files[i].words || !strstr(s.files[i].words, "s3cret"));
	agent_settings_clear(&s);

	fake_volume_text(t.v, V2 "state/.run-once", "");
	agents_clear(&t.agents);
	windows_close(t.w);
	look(&t);
	assert_int_equal(agent_settings_read(t.w, &t.agents, &s, &err), 0);
	assert_true(would(&s, AGENT_EC2LAUNCH2, "has run (preReady.setAdminAccount)"));
	tear_down(&t);
}

static void
ec2config_takes_words_as_they_are_spelled(void **state)
{
	static const struct fake_value system[] = { DWORD(SERVICE "Ec2Config", "Start", 2) };
	static const char folder[] = "/Program Files/Amazon/Ec2ConfigService/";
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_AGENT_SETTINGS struct agent_settings s = { 0 };
	CLEANUP_FREE char *program = xasprintf("%sEc2Config.exe", folder);
	CLEANUP_FREE char *config = xasprintf("%sSettings/Config.xml", folder);
	struct setting *n;
	struct world t;

	(void)state;
	set_up(&t, system, 1, NULL, 0);
	fake_volume_text(t.v, program, "MZ");
	fake_volume_text(
		t.v, config,
		"<Ec2ConfigurationSettings><Plugins>\n"
		"<Plugin><Name>Ec2SetPassword</Name><State>enabled</State></Plugin>\n"
		"<Plugin><Name>Ec2HandleUserData</Name><State>Enabled</State></Plugin>\n"
		"</Plugins><GlobalSettings><ManageShutdown>True</ManageShutdown></GlobalSettings>\n"
		"</Ec2ConfigurationSettings>\n");
	look(&t);
	assert_int_equal(agent_settings_read(t.w, &t.agents, &s, &err), 0);
	assert_int_equal(s.problems[0].kind, SETTING_BAD_VALUE);
	assert_int_equal(s.problems[0].line, 2);
	assert_int_equal(s.problems[0].column, 36);
	assert_true(would(&s, AGENT_EC2CONFIG, "cannot be told: Config.Ec2SetPassword"));
	assert_false(would(&s, AGENT_EC2CONFIG, "random password"));
	assert_false(would(&s, AGENT_EC2CONFIG, "as it is"));
	assert_true(would(&s, AGENT_EC2CONFIG, "runs user data"));
	n = agent_settings_find(&s, "Ec2SetPassword", &err);
	assert_false(setting_is(n, "Enabled"));
	assert_true(setting_is(agent_settings_find(&s, "ManageShutdown", &err), "true"));
	assert_int_equal(agent_settings_set(&s, "ec2setpassword", "enabled", &err), 0);
	assert_string_equal(value_of(&s, "Ec2SetPassword"), "Enabled");
	assert_true(would(&s, AGENT_EC2CONFIG, "random password"));
	tear_down(&t);
}

static void
ec2launch_v2_takes_names_as_they_are_spelled(void **state)
{
	static const struct fake_value system[] = { DWORD(SERVICE "Amazon EC2Launch", "Start", 2) };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_AGENT_SETTINGS struct agent_settings s = { 0 };
	struct world t;

	(void)state;
	set_up(&t, system, 1, NULL, 0);
	fake_volume_text(t.v, V2 "config/agent-config.yml",
			 "config:\n- stage: preReady\n  tasks:\n"
			 "  - task: setadminaccount\n    inputs: {password: {type: random}}\n"
			 "- stage: postReady\n  tasks:\n"
			 "  - task: setHostName\n    inputs: {hostname: x}\n"
			 "  - task: writeFile\n    inputs: [{frequency: Once}]\n");
	look(&t);
	assert_int_equal(agent_settings_read(t.w, &t.agents, &s, &err), 0);
	assert_null(agent_settings_find(&s, "preReady.setadminaccount.password.type", &err)->kind);
	assert_null(agent_settings_find(&s, "hostname", &err)->kind);
	assert_false(would(&s, AGENT_EC2LAUNCH2, "a random one"));
	/* the task, the input, and the word of a choice */
	assert_int_equal(s.problem_count, 3);
	assert_int_equal(s.problems[2].kind, SETTING_BAD_VALUE);
	tear_down(&t);
}

static void
what_ec2launch_v1_gives_up_is_not_used(void **state)
{
	static const char *const configs[] = {
		"{\"SETCOMPUTERNAME\":false,\"setWallpaper\":true,\"addDnsSuffixList\":true,"
		"\"extendBootVolumeSize\":true,\"adminPasswordType\":\"DoNothing\"}",
		"{\"setComputerName\":false,\"setWallpaper\":true,\"addDnsSuffixList\":true,"
		"\"extendBootVolumeSize\":1,\"adminPasswordType\":\"DoNothing\"}",
		"{\"setComputerName\":false,\"setWallpaper\":true,\"addDnsSuffixList\":true,"
		"\"extendBootVolumeSize\":true,\"adminPasswordType\":\"DoNothing\",}",
		"{\"setComputerName\":false,\"setWallpaper\":true,\"addDnsSuffixList\":{},"
		"\"extendBootVolumeSize\":true,\"adminPasswordType\":\"DoNothing\"}",
		NULL,
	};
	static const struct fake_value cache[] = {
		SZ(CACHE "Tree\\Amazon Ec2 Launch - Instance Initialization", "Id", "{1}"),
		SZ(CACHE "Tasks\\{1}", "Path", "\\Amazon Ec2 Launch - Instance Initialization"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		CLEANUP_AGENT_SETTINGS struct agent_settings s = { 0 };
		struct world t;

		set_up(&t, NULL, 0, cache, ARRAY_SIZE(cache));
		fake_volume_text(t.v, V1 "Module/Ec2Launch.psd1", "");
		fake_volume_text(
			t.v, "/Windows/System32/Tasks/Amazon Ec2 Launch - Instance Initialization",
			"<Task><Triggers><BootTrigger/></Triggers><Actions><Exec><Arguments>"
			"-File x\\InitializeInstance.ps1</Arguments></Exec></Actions></Task>");
		if (configs[i])
			fake_volume_text(t.v, V1 "Config/LaunchConfig.json", configs[i]);
		look(&t);
		assert_int_equal(agent_settings_read(t.w, &t.agents, &s, &err), 0);
		assert_int_equal(would(&s, AGENT_EC2LAUNCH, "uses its defaults"), i > 0);
		assert_int_equal(would(&s, AGENT_EC2LAUNCH, "leaves Administrator's"), i == 0);
		tear_down(&t);
	}
}

static void
data_alone_is_no_agent(void **state)
{
	struct world t;

	(void)state;
	set_up(&t, NULL, 0, NULL, 0);
	fake_volume_text(t.v, V2 "log/agent.log", "no time here\n");
	fake_volume_folder(t.v, V1 "Config");
	fake_volume_folder(t.v, "/Program Files/Amazon/Ec2ConfigService/Settings");
	look(&t);
	assert_int_equal(t.agents.installed, 0);
	for (int i = 0; i < AGENT_KINDS; i++) {
		assert_non_null(t.agents.list[i].data);
		assert_null(t.agents.list[i].last_run);
	}
	tear_down(&t);
}

static void
each_windows_has_its_agents(void **state)
{
	static const struct {
		const char *build;
		const char *fits; /* of the three: y or n */
		enum agent_kind own;
	} cases[] = {
		{ "7601", "ynn", AGENT_EC2CONFIG },   { "9200", "yny", AGENT_EC2CONFIG },
		{ "9600", "yny", AGENT_EC2CONFIG },   { "14393", "nyy", AGENT_EC2LAUNCH },
		{ "17763", "nyy", AGENT_EC2LAUNCH },  { "20348", "nny", AGENT_EC2LAUNCH2 },
		{ "26100", "nny", AGENT_EC2LAUNCH2 }, { NULL, "yyy", AGENT_KINDS },
		{ "?", "yyy", AGENT_KINDS },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (int k = 0; k < AGENT_KINDS; k++)
			assert_int_equal(agent_fits((enum agent_kind)k, cases[i].build),
					 cases[i].fits[k] == 'y');
		assert_int_equal(agent_for(cases[i].build), cases[i].own);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_tells_its_version),
		cmocka_unit_test(a_damaged_program_is_an_error),
		cmocka_unit_test(ec2config_is_found_with_all_that_is_its_own),
		cmocka_unit_test(ec2launch_v1_is_its_module),
		cmocka_unit_test(ec2launch_v2_tells_its_state_from_files),
		cmocka_unit_test(tasks_of_one_name_are_told_apart),
		cmocka_unit_test(ec2config_takes_words_as_they_are_spelled),
		cmocka_unit_test(ec2launch_v2_takes_names_as_they_are_spelled),
		cmocka_unit_test(what_ec2launch_v1_gives_up_is_not_used),
		cmocka_unit_test(data_alone_is_no_agent),
		cmocka_unit_test(each_windows_has_its_agents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
