/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The checks on volumes in memory: each way in which a directory, a log or Setup's state can look, and that a repair
 * changes what it names and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "check/check.h"
#include "check/subject.h"
#include "registry/hive.h"
#include "tests/support/fake-volume.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"

#define WINDOWS_KEY "Microsoft\\Windows NT\\CurrentVersion"
#define STATE_KEY   "Microsoft\\Windows\\CurrentVersion\\Setup\\State"
#define LIST_KEY    PROFILE_LIST_KEY "\\"
#define POLICY_KEY  "Policies\\Microsoft\\Windows NT\\Terminal Services"
#define MACHINE	    "S-1-5-21-1-2-3-"
#define CONFIG	    "/Windows/System32/config/"
#define UNATTEND_GC "/Windows/Panther/UnattendGC/"
#define ANSWER	    "/Program Files/Amazon/Ec2ConfigService/sysprep2008.xml"
#define VALUE_LIMIT 64

#define SZ(key, name, text)                     \
	{                                       \
		key, name, REG_TYPE_SZ, text, 0 \
	}
#define DWORD(key, name, num)                        \
	{                                            \
		key, name, REG_TYPE_DWORD, NULL, num \
	}
#define PROFILE(sid, path)                                                    \
	{                                                                     \
		LIST_KEY sid, "ProfileImagePath", REG_TYPE_EXPAND_SZ, path, 0 \
	}

static const struct fake_value base_system[] = {
	DWORD("Select", "Current", 1),
	DWORD("Select", "Default", 1),
	DWORD("ControlSet001\\Control\\Terminal Server", "fDenyTSConnections", 0),
	DWORD("Setup", "SetupType", 0),
	SZ("Setup", "CmdLine", ""),
	DWORD("Setup", "SystemSetupInProgress", 0),
};

static const struct fake_value base_software[] = {
	SZ(WINDOWS_KEY, "SystemRoot", "C:\\Windows"),
	SZ(WINDOWS_KEY, "CurrentBuild", "9600"),
	SZ(STATE_KEY, "ImageState", "IMAGE_STATE_COMPLETE"),
	PROFILE("S-1-5-18", "%systemroot%\\system32\\config\\systemprofile"),
	PROFILE(MACHINE "500", "C:\\Users\\Administrator"),
	PROFILE(MACHINE "1000", "C:\\Users\\anna"),
	PROFILE(MACHINE "1001", "C:\\Users\\ben"),
};

/* A deployed machine; values of `more` come first, and so win over those of the base. */
struct world {
	struct volume *v;
	struct windows *w;
	struct subject *s;
	struct change_list changes;
	struct findings found;
};

static void
add_hive(struct volume *v, const char *path, const struct fake_value *base, size_t base_count,
	 const struct fake_value *more, size_t count)
{
	struct fake_value all[VALUE_LIMIT];
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t len;

	assert_true(count + base_count <= VALUE_LIMIT);
	if (count)
		memcpy(all, more, count * sizeof *all);
	memcpy(all + count, base, base_count * sizeof *all);
	bytes = fake_hive(all, count + base_count, &len);
	fake_volume_file(v, path, bytes, len);
}

static void
set_up(struct world *t, const struct fake_value *system, size_t system_count,
       const struct fake_value *software, size_t software_count)
{
	*t = (struct world){ .v = fake_volume_new() };
	add_hive(t->v, CONFIG "SYSTEM", base_system, ARRAY_SIZE(base_system), system, system_count);
	add_hive(t->v, CONFIG "SOFTWARE", base_software, ARRAY_SIZE(base_software), software,
		 software_count);
	fake_volume_text(t->v, CONFIG "SYSTEM.LOG1", "");
	fake_volume_text(t->v, CONFIG "SOFTWARE.LOG1", "");
	fake_volume_folder(t->v, "/Users/Administrator");
	fake_volume_folder(t->v, "/Users/anna");
	fake_volume_folder(t->v, "/Users/ben");
	t->w = windows_open(t->v, "/Windows", NULL);
	t->s = subject_new(t->w, NULL, &t->changes);
}

static void
tear_down(struct world *t)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;

	findings_clear(&t->found);
	change_list_clear(&t->changes);
	subject_free(t->s);
	windows_close(t->w);
	volume_close(t->v, &err);
}

static void
look(struct world *t, const char *id)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;

	findings_clear(&t->found);
	if (check_find(id)->diagnose(t->s, &t->found, &err) < 0)
		fail_msg("%s: %s", id, err.message);
}

/* The finding on `subject` (NULL: any), or NULL. */
static const struct finding *
about(const struct world *t, const char *subject)
{
	for (size_t i = 0; i < t->found.count; i++)
		if (!subject ||
		    (t->found.list[i].subject && strcmp(t->found.list[i].subject, subject) == 0))
			return &t->found.list[i];
	return NULL;
}

static void
mend(struct world *t, const char *id, const char *subject)
{
	CLEANUP_WRITTEN_HIVES struct written_hives written = { 0 };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	const struct finding *f = about(t, subject);

	assert_non_null(f);
	if (check_find(id)->repair(t->s, f, &err) < 0 ||
	    windows_write_back(t->w, &written, &err) < 0)
		fail_msg("%s: %s", id, err.message);
	subject_forget(t->s);
}

/* ---- profiles ---- */

static void
the_fake_hive_is_one(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	size_t len;
	CLEANUP_FREE uint8_t *bytes = fake_hive(base_software, ARRAY_SIZE(base_software), &len);
	CLEANUP_HIVE struct hive *h = hive_open_memory("SOFTWARE", bytes, len, &err);
	CLEANUP_FREE char *text = NULL;

	(void)state;
	assert_non_null(h);
	assert_true(hive_state(h)->clean);
	if (hive_check(h, &err) < 0)
		fail_msg("%s", err.message);
	text = hive_get_text(h, WINDOWS_KEY, "SystemRoot", &err);
	assert_string_equal(text, "C:\\Windows");
}

static void
a_profile_is_judged_by_its_path_and_its_name(void **state)
{
	static const struct {
		const char *sid, *path, *problem;
	} cases[] = {
		{ MACHINE "1010", "C:\\Users\\gone", "stale" },
		{ MACHINE "1010", "%SystemDrive%\\Users\\gone", "stale" },
		{ MACHINE "1010", "c:\\users\\ANNA", "same-folder" },
		{ MACHINE "1010", "C:\\Users\\gone\\", "stale" },
		/* these Windows would take for another name, or for none */
		{ MACHINE "1010", "C:\\Users\\anna.", "unknown" },
		{ MACHINE "1010", "C:\\Users\\anna ", "unknown" },
		{ MACHINE "1010", "C:\\Users\\.", "unknown" },
		{ MACHINE "1010", "C:\\Users\\anna\\..\\ben", "unknown" },
		{ MACHINE "1010", "C:\\Users\\ADMINI~1", "unknown" },
		{ MACHINE "1010", "C:\\Users\\%USERNAME%", "unknown" },
		{ MACHINE "1010", "C:\\Users\\anna:stream", "unknown" },
		{ MACHINE "1010", "C:\\Nowhere\\gone", "unknown" },
		{ MACHINE "1010", "C:\\Link\\gone", "unknown" },
		{ MACHINE "1010", "C:\\Broken\\gone", "unknown" },
		{ MACHINE "1010", "C:\\Users\\unreadable", "unknown" },
		{ MACHINE "1010", "C:\\File", "unknown" },
		{ MACHINE "1010", "C:\\File\\gone", "unknown" },
		{ MACHINE "1010", "", "no-path" },
		{ MACHINE "1010", "D:\\Users\\gone", "other-letter" },
		{ MACHINE "1010", "\\\\server\\share\\gone", "other-letter" },
		{ "S-1-5-80-1-2-3-4-5", "C:\\Users\\gone", "stale-virtual" },
		{ "S-1-5-82-1", "C:\\Users\\gone", "stale-virtual" },
		{ "S-1-5-83-1", "C:\\Users\\gone", "stale-virtual" },
		{ "S-1-5-90-1", "C:\\Users\\gone", "stale-virtual" },
		{ "S-1-12-1-1-2-3-4", "C:\\Users\\gone", "stale" },
		{ "S-1-5-19", "C:\\Users\\gone", NULL },
		{ "S-1-5-21-1-2-3-1010.bak", "C:\\Users\\gone", NULL },
		/* what is no SID is never deleted */
		{ "S-1-5-21-1-2-3-x", "C:\\Users\\gone", "unknown" },
		{ "S-1-5-99-1", "C:\\Users\\gone", "unknown" },
		{ "nobody", "C:\\Users\\gone", "unknown" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_FREE char *key = xasprintf(LIST_KEY "%s", cases[i].sid);
		const struct fake_value more = { key, "ProfileImagePath", REG_TYPE_SZ,
						 cases[i].path, 0 };
		struct world t;

		set_up(&t, NULL, 0, &more, 1);
		fake_volume_junction(t.v, "/Link");
		fake_volume_folder(t.v, "/Broken");
		fake_volume_error(t.v, "/Broken", ERR_IO);
		fake_volume_error(t.v, "/Users/unreadable", ERR_CORRUPT);
		fake_volume_text(t.v, "/File", "x");
		look(&t, "profile-stale");
		if (t.found.count != (cases[i].problem ? 1 : 0) ||
		    (cases[i].problem && strcmp(t.found.list[0].problem, cases[i].problem) != 0))
			fail_msg("%s, %s: %s", cases[i].sid, cases[i].path,
				 t.found.count ? t.found.list[0].problem : "no finding");
		if (t.found.count) {
			bool stale = strncmp(cases[i].problem, "stale", 5) == 0;

			assert_int_equal(t.found.list[0].risk != RISK_NONE, stale);
			assert_int_equal(t.found.list[0].by_name,
					 strcmp(cases[i].problem, "stale-virtual") == 0);
		}
		tear_down(&t);
	}
}

static void
half_of_the_users_may_be_stale_but_not_more(void **state)
{
	static const struct fake_value more[] = {
		PROFILE(MACHINE "1010", "C:\\Users\\g1"), PROFILE(MACHINE "1011", "C:\\Users\\g2"),
		PROFILE(MACHINE "1012", "C:\\Users\\g3"), PROFILE(MACHINE "1013", "C:\\Users\\g4"),
		PROFILE("S-1-5-80-1", "C:\\Users\\g5"),
	};

	(void)state;
	for (size_t n = 3; n <= 4; n++) {
		struct world t;

		set_up(&t, NULL, 0, more, n);
		look(&t, "profile-stale");
		assert_int_equal(t.found.count, n);
		for (size_t i = 0; i < n; i++)
			assert_string_equal(t.found.list[i].problem,
					    n == 3 ? "stale" : "mostly-stale");
		tear_down(&t);
	}
}

static void
a_pair_with_bak_is_left_alone(void **state)
{
	static const struct fake_value more[] = {
		PROFILE(MACHINE "1010", "C:\\Users\\TEMP"),
		PROFILE(MACHINE "1010.bak", "C:\\Users\\gone"),
		PROFILE(MACHINE "1011.BAK", "C:\\Users\\gone"),
	};
	struct world t;

	(void)state;
	set_up(&t, NULL, 0, more, ARRAY_SIZE(more));
	look(&t, "profile-stale");
	assert_int_equal(t.found.count, 0);
	tear_down(&t);
}

static bool
there(struct world *t, const char *key)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct hive *h = windows_hive(t->w, HIVE_SOFTWARE, &err);
	hive_key at;

	return hive_find_path(h, key, &at, &err) == 0;
}

static void
the_repair_takes_the_key_and_only_its_own_guid(void **state)
{
	static const struct fake_value more[] = {
		PROFILE(MACHINE "1010", "C:\\Users\\gone"),
		SZ(LIST_KEY MACHINE "1010", "Guid", "{own}"),
		DWORD(LIST_KEY MACHINE "1010\\Below", "x", 1),
		SZ(PROFILE_GUID_KEY "\\{own}", "SidString", MACHINE "1010"),
		PROFILE(MACHINE "1011", "C:\\Users\\gone"),
		SZ(LIST_KEY MACHINE "1011", "Guid", "{other}"),
		SZ(PROFILE_GUID_KEY "\\{other}", "SidString", MACHINE "1000"),
		/* hostile: a Guid that names ProfileGuid itself, which claims to be of this SID */
		PROFILE(MACHINE "1012", "C:\\Users\\gone"),
		SZ(LIST_KEY MACHINE "1012", "Guid", ""),
		SZ(PROFILE_GUID_KEY, "SidString", MACHINE "1012"),
	};
	static const struct {
		enum change_kind kind;
		bool nested;
		const char *key;
	} expected[] = {
		{ CHANGE_KEY_DELETED, false, LIST_KEY MACHINE "1010" },
		{ CHANGE_VALUE, true, LIST_KEY MACHINE "1010" },
		{ CHANGE_VALUE, true, LIST_KEY MACHINE "1010" },
		{ CHANGE_KEY_DELETED, true, LIST_KEY MACHINE "1010\\Below" },
		{ CHANGE_VALUE, true, LIST_KEY MACHINE "1010\\Below" },
		{ CHANGE_KEY_DELETED, false, PROFILE_GUID_KEY "\\{own}" },
	};
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct change_reader r;
	const struct change *c;
	struct world t;

	(void)state;
	set_up(&t, NULL, 0, more, ARRAY_SIZE(more));
	for (int n = 10; n <= 12; n++) {
		CLEANUP_FREE char *sid = xasprintf(MACHINE "10%d", n);

		look(&t, "profile-stale");
		mend(&t, "profile-stale", sid);
	}
	look(&t, "profile-stale");
	assert_int_equal(t.found.count, 0);
	assert_false(there(&t, LIST_KEY MACHINE "1010"));
	assert_false(there(&t, PROFILE_GUID_KEY "\\{own}"));
	assert_true(there(&t, PROFILE_GUID_KEY "\\{other}"));
	assert_true(there(&t, LIST_KEY MACHINE "1000"));
	/* recorded so that it can be made again: the key, then what is in it, with the data */
	change_reader_begin(&r, &t.changes);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		assert_int_equal(change_next(&r, &c, &err), 1);
		assert_int_equal(c->kind, expected[i].kind);
		assert_int_equal(c->nested, expected[i].nested);
		assert_string_equal(c->key, expected[i].key);
	}
	change_reader_clear(&r);
	tear_down(&t);
}

static void
the_letter_is_the_one_that_this_windows_gives(void **state)
{
	static const struct disk_place mbr = { .mbr_signature = 0x11223344, .offset = 0x100000 };
	static const struct disk_place other = { .mbr_signature = 0x55667788, .offset = 0x100000 };
	static const char here[12] = "\x44\x33\x22\x11\0\0\x10\0\0\0\0";
	static const struct fake_value more[] = {
		{ "MountedDevices", "\\DosDevices\\D:", REG_TYPE_BINARY, here, 0, 12 },
		{ "MountedDevices", "\\DosDevices\\C:", REG_TYPE_BINARY, here, 0, 12 },
		/* the volume's other name, and one that is no letter */
		{ "MountedDevices", "\\??\\Volume{1}", REG_TYPE_BINARY, here, 0, 12 },
		{ "MountedDevices", "\\DosDevices\\E:x", REG_TYPE_BINARY, here, 0, 12 },
	};
	static const struct {
		const struct disk_place *place;
		size_t first, count;
		char letter;
		const char *source;
	} cases[] = {
		{ &mbr, 0, 1, 'D', "MountedDevices" },
		/* two letters for one partition: the one of SystemRoot */
		{ &mbr, 0, 2, 'C', "MountedDevices" },
		{ &mbr, 2, 2, 'C', "SystemRoot" },
		/* a clone's disk has another signature; a directory has no place */
		{ &other, 0, 1, 'C', "SystemRoot" },
		{ NULL, 0, 1, 'C', "SystemRoot" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		const char *source;
		struct world t;
		char letter;

		set_up(&t, more + cases[i].first, cases[i].count, NULL, 0);
		assert_int_equal(
			drive_letter_of_volume(t.w, cases[i].place, &letter, &source, &err), 0);
		assert_int_equal(letter, cases[i].letter);
		assert_string_equal(source, cases[i].source);
		tear_down(&t);
	}
}

/* ---- Setup's state, and Remote Desktop under it ---- */

static const struct {
	const char *what;
	uint32_t type;
	const char *cmd_line, *image_state;
	uint32_t in_progress, oobe, specialize, pass_oobe, child, generalization, audit;
	enum setup_phase phase;
} phases[] = {
	{ "deployed", 0, "", "IMAGE_STATE_COMPLETE", 0, 0, 9, 2, 3, 7, 0, SETUP_DEPLOYED },
	{ "sealed", 2, "oobe\\windeploy.exe", "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE", 1, 1, 0, 0,
	  0, 4, 0, SETUP_SEALED },
	{ "sealed for audit", 2, "oobe\\windeploy.exe", "IMAGE_STATE_GENERALIZE_RESEAL_TO_AUDIT", 1,
	  1, 0, 0, 0, 4, 0, SETUP_SEALED },
	{ "sealed, G is 3", 2, "oobe\\windeploy.exe", "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE", 1, 1,
	  0, 0, 0, 3, 0, SETUP_SEALED },
	{ "type 0", 0, "oobe\\windeploy.exe", "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE", 0, 0, 0, 0,
	  0, 4, 0, SETUP_SEALED_UNARMED },
	{ "no command", 2, "", "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE", 1, 1, 0, 0, 0, 4, 0,
	  SETUP_SEALED_UNARMED },
	{ "aborted", 0, "", "IMAGE_STATE_COMPLETE", 0, 0, 9, 2, 3, 3, 0, SETUP_GENERALIZE_ABORTED },
	{ "aborted", 0, "", "IMAGE_STATE_UNDEPLOYABLE", 0, 0, 9, 2, 3, 3, 0,
	  SETUP_GENERALIZE_ABORTED },
	{ "specialize begun", 2, "oobe\\windeploy.exe", "IMAGE_STATE_UNDEPLOYABLE", 1, 1, 1, 0, 0,
	  4, 0, SETUP_SPECIALIZE },
	{ "restarted unexpectedly", 2, "oobe\\windeploy.exe", "IMAGE_STATE_UNDEPLOYABLE", 1, 1, 0,
	  0, 1, 4, 0, SETUP_SPECIALIZE },
	{ "reseal, specialize begun", 2, "oobe\\windeploy.exe",
	  "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE", 1, 1, 1, 0, 0, 4, 0, SETUP_SPECIALIZE },
	{ "oobe", 2, "oobe\\windeploy.exe", "IMAGE_STATE_SPECIALIZE_RESEAL_TO_OOBE", 1, 1, 9, 0, 3,
	  7, 0, SETUP_OOBE },
	{ "oobe begun", 2, "oobe\\windeploy.exe", "IMAGE_STATE_UNDEPLOYABLE", 1, 1, 9, 1, 3, 7, 0,
	  SETUP_OOBE },
	{ "audit", 0, "", "IMAGE_STATE_SPECIALIZE_RESEAL_TO_AUDIT", 0, 0, 9, 0, 3, 7, 1,
	  SETUP_AUDIT },
	{ "a password tool", 2, "cmd.exe", "IMAGE_STATE_COMPLETE", 0, 0, 9, 2, 3, 7, 0,
	  SETUP_UNKNOWN },
	{ "no ImageState", 0, "", NULL, 0, 0, 9, 2, 3, 7, 0, SETUP_UNKNOWN },
	{ "odd ImageState", 0, "", "x", 0, 0, 9, 2, 3, 7, 0, SETUP_UNKNOWN },
	/* SetupType 0: whatever is said to be open, nothing goes on with it */
	{ "oobe in progress", 0, "", "IMAGE_STATE_COMPLETE", 0, 1, 9, 2, 3, 7, 0, SETUP_UNKNOWN },
	{ "setup in progress", 0, "", "IMAGE_STATE_COMPLETE", 1, 0, 9, 2, 3, 7, 0, SETUP_UNKNOWN },
	{ "a command left", 0, "cmd.exe", "IMAGE_STATE_COMPLETE", 0, 0, 9, 2, 3, 7, 0,
	  SETUP_UNKNOWN },
	{ "G is 4", 0, "", "IMAGE_STATE_COMPLETE", 0, 0, 9, 2, 3, 4, 0, SETUP_UNKNOWN },
	{ "setup.exe is 1", 0, "", "IMAGE_STATE_COMPLETE", 0, 0, 9, 2, 1, 7, 0, SETUP_UNKNOWN },
	{ "oobeSystem is 1", 0, "", "IMAGE_STATE_COMPLETE", 0, 0, 9, 1, 3, 7, 0, SETUP_UNKNOWN },
	{ "specialize is 1", 0, "", "IMAGE_STATE_COMPLETE", 0, 0, 1, 2, 3, 7, 0, SETUP_UNKNOWN },
	{ "oobe waits", 0, "", "IMAGE_STATE_SPECIALIZE_RESEAL_TO_OOBE", 0, 1, 9, 0, 3, 7, 0,
	  SETUP_UNKNOWN },
	/* half of what Sysprep leaves */
	{ "sealed, type 1", 1, "oobe\\windeploy.exe", "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE", 1, 1,
	  0, 0, 0, 4, 0, SETUP_UNKNOWN },
	{ "sealed, no oobe", 2, "oobe\\windeploy.exe", "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE", 1,
	  0, 0, 0, 0, 4, 0, SETUP_UNKNOWN },
	{ "nothing begun", 2, "oobe\\windeploy.exe", "IMAGE_STATE_UNDEPLOYABLE", 1, 1, 0, 0, 0, 3,
	  0, SETUP_UNKNOWN },
	{ "specialize, nothing in progress", 2, "oobe\\windeploy.exe", "IMAGE_STATE_UNDEPLOYABLE",
	  0, 1, 1, 0, 0, 4, 0, SETUP_UNKNOWN },
	{ "loop, complete", 2, "oobe\\windeploy.exe", "IMAGE_STATE_COMPLETE", 1, 1, 0, 0, 1, 7, 0,
	  SETUP_SPECIALIZE },
	{ "oobe of 24H2", 2, "oobe\\windeploy.exe", "IMAGE_STATE_COMPLETE", 0, 1, 9, 1, 3, 7, 0,
	  SETUP_OOBE },
	{ "oobe, pages to come", 2, "oobe\\windeploy.exe", "IMAGE_STATE_UNDEPLOYABLE", 1, 1, 9, 0,
	  3, 7, 0, SETUP_OOBE },
	{ "oobe, not in progress", 2, "oobe\\windeploy.exe", "IMAGE_STATE_UNDEPLOYABLE", 1, 0, 9, 1,
	  3, 7, 0, SETUP_UNKNOWN },
	{ "audit with setup", 2, "oobe\\windeploy.exe", "IMAGE_STATE_UNDEPLOYABLE", 1, 1, 9, 0, 3,
	  7, 1, SETUP_AUDIT },
	{ "undeployable alone", 0, "", "IMAGE_STATE_UNDEPLOYABLE", 0, 0, 9, 2, 3, 7, 0,
	  SETUP_UNKNOWN },
};

static void
set_up_phase(struct world *t, size_t i, uint32_t deny)
{
	const struct fake_value system[] = {
		DWORD("Setup", "SetupType", phases[i].type),
		SZ("Setup", "CmdLine", phases[i].cmd_line),
		DWORD("Setup", "SystemSetupInProgress", phases[i].in_progress),
		DWORD("Setup", "OOBEInProgress", phases[i].oobe),
		DWORD("Setup\\Status", "AuditBoot", phases[i].audit),
		DWORD("Setup\\Status\\UnattendPasses", "specialize", phases[i].specialize),
		DWORD("Setup\\Status\\UnattendPasses", "oobeSystem", phases[i].pass_oobe),
		DWORD("Setup\\Status\\ChildCompletion", "setup.exe", phases[i].child),
		DWORD("Setup\\Status\\SysprepStatus", "GeneralizationState",
		      phases[i].generalization),
		DWORD("ControlSet001\\Control\\Terminal Server", "fDenyTSConnections", deny),
	};
	/* a number is no text: as good as absent */
	const struct fake_value software = { STATE_KEY, "ImageState",
					     phases[i].image_state ? REG_TYPE_SZ : REG_TYPE_DWORD,
					     phases[i].image_state, 1 };

	set_up(t, system, ARRAY_SIZE(system), &software, 1);
}

static void
setups_state_is_read_from_its_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(phases); i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		const struct setup_state *s;
		bool silent = phases[i].phase == SETUP_DEPLOYED;
		struct world t;

		set_up_phase(&t, i, 0);
		s = subject_setup(t.s, &err);
		assert_non_null(s);
		if (s->phase != phases[i].phase)
			fail_msg("%s: %s", phases[i].what, setup_phase_text(s->phase));
		look(&t, "setup-unfinished");
		assert_int_equal(t.found.count, !silent);
		if (!silent) {
			assert_int_equal(t.found.list[0].risk,
					 s->phase == SETUP_GENERALIZE_ABORTED ||
							 s->phase == SETUP_SPECIALIZE ||
							 s->phase == SETUP_OOBE ?
						 RISK_LAST_RESORT :
						 RISK_NONE);
			assert_int_equal(s->doubt != NULL, s->phase == SETUP_UNKNOWN);
			/* none of them has the tag file */
			if (s->phase == SETUP_SEALED)
				assert_string_equal(t.found.list[0].problem, "tag-missing");
			assert_non_null(
				strstr(t.found.list[0].cause,
				       "the launch agent's own acts only at the next Sysprep"));
		}
		tear_down(&t);
	}
}

static void
remote_desktop_is_weighed_by_setups_state(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(phases); i++) {
		const struct finding *f;
		struct world t;

		set_up_phase(&t, i, 1);
		look(&t, "rdp-connections-denied");
		assert_int_equal(t.found.count, 1);
		f = about(&t, "ControlSet001");
		assert_non_null(f);
		assert_string_equal(f->problem, "denied");
		assert_null(f->refused);
		assert_int_equal(f->severity, SEVERITY_ERROR);
		if (phases[i].phase == SETUP_SPECIALIZE || phases[i].phase == SETUP_SEALED) {
			assert_int_equal(f->risk, RISK_CAREFUL);
			assert_non_null(strstr(f->cause, "blank"));
		}
		tear_down(&t);
	}
}

/* "sealed" promises that specialize opens it only by the answer file that Windows will use */
static void
a_sealed_image_opens_remote_desktop_by_its_answer_file(void **state)
{
	static const char component[] =
		"<component name=\"Microsoft-Windows-TerminalServices-LocalSessionManager\" processorArchitecture=\"amd64\">"
		"<fDenyTSConnections>";
	static const char component_end[] = "</fDenyTSConnections></component>";
	static const char command[] =
		"<component name=\"Microsoft-Windows-Deployment\" processorArchitecture=\"amd64\"><RunSynchronous><RunSynchronousCommand>"
		"<Path>";
	static const char command_end[] =
		"</Path></RunSynchronousCommand></RunSynchronous></component>";
	static const struct {
		const char *settings, *form, *value;
		bool opens;
	} files[] = {
		{ "<settings pass=\"specialize\">", component, "false", true },
		{ "<settings pass=\"specialize\">", component, "true", false },
		{ "<settings pass=\"specialize\" wasPassProcessed=\"true\">", component, "false",
		  false },
		{ "<settings pass=\"oobeSystem\">", component, "false", false },
		{ "<settings pass=\"specialize\">", command, "C:\\x\\SysprepSpecialize.cmd", true },
		{ "<settings pass=\"specialize\">", command,
		  "reg add HKLM\\x /v fDenyTSConnections /t REG_DWORD /d 0 /f", true },
		{ "<settings pass=\"specialize\">", command,
		  "reg add HKLM\\x /v fDenyTSConnections /t REG_DWORD /d 1 /f", false },
	};

	(void)state;
	assert_int_equal(phases[1].phase, SETUP_SEALED);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		CLEANUP_FREE char *text = xasprintf(
			"<unattend xmlns=\"urn:schemas-microsoft-com:unattend\">%s%s%s%s</settings></unattend>",
			files[i].settings, files[i].form, files[i].value,
			files[i].form == command ? command_end : component_end);
		const struct finding *f;
		struct world t;

		set_up_phase(&t, 1, 1);
		fake_volume_text(t.v, "/Windows/Panther/unattend.xml", text);
		look(&t, "rdp-connections-denied");
		f = about(&t, "ControlSet001");
		assert_non_null(f);
		assert_int_equal(f->refused != NULL, files[i].opens);
		assert_int_equal(f->severity, files[i].opens ? SEVERITY_NOTE : SEVERITY_ERROR);
		tear_down(&t);
	}
}

static void
only_a_dword_of_one_is_repaired(void **state)
{
	static const struct fake_value odd[] = {
		DWORD("ControlSet001\\Control\\Terminal Server", "fDenyTSConnections", 2),
		SZ("ControlSet001\\Control\\Terminal Server", "fDenyTSConnections", "1"),
		{ "ControlSet001\\Control\\Terminal Server", "fDenyTSConnections", REG_TYPE_BINARY,
		  NULL, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		struct world t;

		set_up(&t, &odd[i], 1, NULL, 0);
		look(&t, "rdp-connections-denied");
		assert_int_equal(t.found.count, 1);
		assert_string_equal(t.found.list[0].problem, "odd-value");
		assert_int_equal(t.found.list[0].risk, RISK_NONE);
		tear_down(&t);
	}
}

static void
default_and_current_are_written_and_a_policy_is_deleted(void **state)
{
	static const struct fake_value system[] = {
		DWORD("Select", "Current", 2),
		DWORD("ControlSet001\\Control\\Terminal Server", "fDenyTSConnections", 1),
		DWORD("ControlSet002\\Control\\Terminal Server", "fDenyTSConnections", 1),
		DWORD("ControlSet003\\Control\\Terminal Server", "fDenyTSConnections", 1),
	};
	static const struct fake_value software = DWORD(POLICY_KEY, "fDenyTSConnections", 1);
	static const char *const subjects[] = { "ControlSet001", "ControlSet002", "policy" };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct change_reader r;
	const struct change *c;
	struct hive *h;
	uint32_t v;
	struct world t;

	(void)state;
	set_up(&t, system, ARRAY_SIZE(system), &software, 1);
	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++) {
		look(&t, "rdp-connections-denied");
		mend(&t, "rdp-connections-denied", subjects[i]);
	}
	look(&t, "rdp-connections-denied");
	for (size_t i = 0; i < t.found.count; i++)
		assert_int_equal(t.found.list[i].severity, SEVERITY_NOTE);
	h = windows_hive(t.w, HIVE_SYSTEM, &err);
	for (int i = 1; i <= 3; i++) {
		CLEANUP_FREE char *key = xasprintf("ControlSet%03d\\Control\\Terminal Server", i);

		assert_int_equal(hive_get_u32(h, key, "fDenyTSConnections", &v, &err), 0);
		assert_int_equal(v, i == 3);
	}
	h = windows_hive(t.w, HIVE_SOFTWARE, &err);
	assert_int_equal(hive_get_u32(h, POLICY_KEY, "fDenyTSConnections", &v, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	/* the words that everybody reads */
	change_reader_begin(&r, &t.changes);
	assert_int_equal(change_next(&r, &c, &err), 1);
	assert_string_equal(c->words,
			    "HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Control\\Terminal Server: "
			    "fDenyTSConnections: REG_DWORD 1 -> REG_DWORD 0");
	change_reader_clear(&r);
	tear_down(&t);
}

/* ---- CopyProfile ---- */

#define FIND_FAILED \
	"2014-06-06 09:13:03, Error                        [Shell Unattend] _FindLatestProfile failed (0x80070003)\r\n"
#define COPY_FAILED \
	"2014-06-06 09:13:03, Error                        [Shell Unattend] CopyProfile failed (0x80070003)\r\n"
#define COPY_DENIED \
	"2014-06-06 09:13:03, Error                        [Shell Unattend] CopyProfile failed (0x80070005)\r\n"
#define COPY_DONE \
	"2014-06-07 09:13:03, Info                         [Shell Unattend] CopyProfile succeeded.\r\n"

static char *
answer(const char *value)
{
	return xasprintf(
		"<unattend xmlns=\"urn:schemas-microsoft-com:unattend\"><settings pass=\"specialize\">\r\n"
		"<component name=\"Microsoft-Windows-Shell-Setup\" processorArchitecture=\"amd64\">\r\n"
		"<!-- <CopyProfile>true</CopyProfile> --><CopyProfile>%s</CopyProfile></component></settings></unattend>",
		value);
}

static void
a_log_line_counts_while_its_cause_stands(void **state)
{
	static const struct {
		const char *log, *answer;
		bool stale;
		const char *problem, *cause;
	} cases[] = {
		{ FIND_FAILED COPY_FAILED, "true", true, "failed", "S-1-5-21-1-2-3-1010" },
		{ FIND_FAILED COPY_FAILED, NULL, true, "failed", "S-1-5-21-1-2-3-1010" },
		{ FIND_FAILED COPY_FAILED, "false", true, "failed-before", "answer file" },
		{ FIND_FAILED COPY_FAILED, "true", false, "failed-before", "no profile entry" },
		{ FIND_FAILED COPY_FAILED COPY_DONE, "true", true, "failed-before", "succeeded" },
		{ COPY_DONE FIND_FAILED COPY_FAILED, "true", true, "failed", "0x80070003" },
		{ COPY_DENIED, "true", true, "failed-before", "another error" },
		{ COPY_DONE, "true", true, NULL, NULL },
		{ "", "true", true, NULL, NULL },
	};
	static const struct fake_value gone = PROFILE(MACHINE "1010", "C:\\Users\\gone");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_FREE char *xml = cases[i].answer ? answer(cases[i].answer) : NULL;
		struct world t;

		set_up(&t, NULL, 0, &gone, cases[i].stale ? 1 : 0);
		fake_volume_text(t.v, UNATTEND_GC "setupact.log", cases[i].log);
		if (xml)
			fake_volume_text(t.v, ANSWER, xml);
		look(&t, "sysprep-copyprofile-failed");
		assert_int_equal(t.found.count, cases[i].problem != NULL);
		if (cases[i].problem) {
			assert_string_equal(t.found.list[0].problem, cases[i].problem);
			if (!strstr(t.found.list[0].cause, cases[i].cause))
				fail_msg("%zu: %s", i, t.found.list[0].cause);
		}
		tear_down(&t);
	}
}

static void
the_evidence_is_of_the_last_failure(void **state)
{
	static const struct fake_value gone = PROFILE(MACHINE "1010", "C:\\Users\\gone");
	const struct finding *f;
	struct world t;

	(void)state;
	set_up(&t, NULL, 0, &gone, 1);
	fake_volume_text(t.v, UNATTEND_GC "setupact.log",
			 FIND_FAILED COPY_FAILED COPY_DONE COPY_FAILED);
	look(&t, "sysprep-copyprofile-failed");
	f = about(&t, NULL);
	assert_non_null(f);
	assert_int_equal(f->evidence_count, 1);
	assert_int_equal(f->evidence[0].line, 4);
	assert_int_equal(f->evidence[0].offset,
			 strlen(FIND_FAILED) + strlen(COPY_FAILED) + strlen(COPY_DONE));
	tear_down(&t);
}

static void
a_log_that_cannot_be_read_is_an_error(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct world t;

	(void)state;
	set_up(&t, NULL, 0, NULL, 0);
	look(&t, "sysprep-copyprofile-failed");
	assert_int_equal(t.found.count, 0);
	fake_volume_error(t.v, UNATTEND_GC "setupact.log", ERR_IO);
	assert_int_equal(check_find("sysprep-copyprofile-failed")->diagnose(t.s, &t.found, &err),
			 -1);
	tear_down(&t);
}

static void
turning_copyprofile_off_is_offered_while_the_cause_stands(void **state)
{
	static const struct fake_value gone = PROFILE(MACHINE "1010", "C:\\Users\\gone");
	CLEANUP_FREE char *before = answer("true"), *after = answer("false");
	const struct finding *f;
	const uint8_t *bytes;
	struct world t;
	size_t len;

	(void)state;
	set_up(&t, NULL, 0, &gone, 1);
	fake_volume_text(t.v, ANSWER, before);
	look(&t, "copyprofile-enabled");
	f = about(&t, NULL);
	assert_non_null(f);
	assert_true(f->alternative);
	assert_int_equal(f->risk, RISK_CAREFUL);
	assert_non_null(strstr(f->repair, "Administrator's profile"));
	mend(&t, "copyprofile-enabled", NULL);
	bytes = fake_volume_bytes(t.v, ANSWER, &len);
	assert_int_equal(len, strlen(after));
	assert_memory_equal(bytes, after, len);
	look(&t, "copyprofile-enabled");
	assert_int_equal(t.found.count, 0);
	/* it clears with the cause, too */
	fake_volume_text(t.v, ANSWER, before);
	fake_volume_folder(t.v, "/Users/gone");
	subject_forget(t.s);
	look(&t, "copyprofile-enabled");
	assert_int_equal(t.found.count, 0);
	fake_volume_text(t.v, ANSWER, "<unattend>");
	look(&t, "copyprofile-enabled");
	assert_string_equal(t.found.list[0].problem, "answer-unreadable");
	assert_int_equal(t.found.list[0].risk, RISK_NONE);
	tear_down(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fake_hive_is_one),
		cmocka_unit_test(a_profile_is_judged_by_its_path_and_its_name),
		cmocka_unit_test(half_of_the_users_may_be_stale_but_not_more),
		cmocka_unit_test(a_pair_with_bak_is_left_alone),
		cmocka_unit_test(the_repair_takes_the_key_and_only_its_own_guid),
		cmocka_unit_test(the_letter_is_the_one_that_this_windows_gives),
		cmocka_unit_test(setups_state_is_read_from_its_values),
		cmocka_unit_test(remote_desktop_is_weighed_by_setups_state),
		cmocka_unit_test(a_sealed_image_opens_remote_desktop_by_its_answer_file),
		cmocka_unit_test(only_a_dword_of_one_is_repaired),
		cmocka_unit_test(default_and_current_are_written_and_a_policy_is_deleted),
		cmocka_unit_test(a_log_line_counts_while_its_cause_stands),
		cmocka_unit_test(the_evidence_is_of_the_last_failure),
		cmocka_unit_test(a_log_that_cannot_be_read_is_an_error),
		cmocka_unit_test(turning_copyprofile_off_is_offered_while_the_cause_stands),
	};

	return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
