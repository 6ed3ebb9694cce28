/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of known failures: every signature finds its line and nothing else, and the table is what it says of itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "logs/known.h"
#include "logs/literals.h"
#include "logs/read.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/pattern.h"

#include "known-lines.h"

struct memory {
	const char *p;
	size_t len;
};

static int
read_memory(void *ctx, void *buf, size_t len, uint64_t offset, size_t *ret_len, struct error *err)
{
	const struct memory *m = ctx;

	(void)err;
	*ret_len = len < m->len - offset ? len : m->len - (size_t)offset;
	memcpy(buf, m->p + offset, *ret_len);
	return 0;
}

struct matching {
	struct known *known;
	struct known_hits *hits;
};

static int
match_record(void *ctx, const struct log_record *r, struct error *err)
{
	struct matching *m = ctx;

	(void)err;
	known_hits_clear(m->hits);
	known_match(m->known, r, m->hits);
	return 0;
}

/* One line through the reader of logs, so that the test knows what a record is no better than the program. */
static void
match_line(struct known *k, enum log_place place, const char *line, struct known_hits *hits)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct memory memory = { line, strlen(line) };
	struct log_source source = {
		.read = read_memory, .ctx = &memory, .size = strlen(line), .place = place
	};
	struct matching m = { k, hits };

	*hits = (struct known_hits){ 0 };
	assert_int_equal(log_records(&source, LOG_KIND_PANTHER, NULL, match_record, &m, NULL, &err),
			 0);
}

static struct known *
compiled(void)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct known *k = known_new(&err);

	if (!k)
		fail_msg("%s", err.message);
	return k;
}

static void
every_line_matches_its_entry_only(void **state)
{
	CLEANUP_KNOWN struct known *k = compiled();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		const struct line *l = &lines[i];
		CLEANUP_KNOWN_HITS struct known_hits hits;

		match_line(k, l->place, l->text, &hits);
		if (l->miss) {
			for (size_t j = 0; j < hits.count; j++)
				if (hits.list[j].known->number == l->number)
					fail_msg("%u matches its near miss: %s", l->number,
						 l->text);
			continue;
		}
		if (hits.count != 1 || hits.list[0].known->number != l->number)
			fail_msg("%u, not %u (%zu hits): %s",
				 hits.count ? hits.list[0].known->number : 0, l->number, hits.count,
				 l->text);
	}
}

/* [gle=…] is what the thread's last error was, often of something else: no entry is told by it. */
static void
a_last_error_blames_nothing(void **state)
{
	static const char *const stale[] = {
		"Error                 SYSPRP ActionPlatform::LaunchModule: Failure occurred while executing 'Foo' from C:\\foo.dll; dwRet = 0x5[gle=0x80310039]",
		"Error                 SYSPRP Foo failed; dwRet = 0x5[gle=0x800f0975]",
		"Error                 SYSPRP Foo failed; dwRet = 0x5[gle=0x80070975]",
		"Error                 SYSPRP Foo failed; dwRet = 0x5[gle=0x80071a30]",
		"Error                 SYSPRP Foo failed; dwRet = 0x5[gle=0xc004d307]",
		"Error                        [Shell Unattend] Foo failed (0x80070057) [gle=0x80220001]",
		"Error                        [Shell Unattend] Foo failed (0x80070057) [gle=0x80220005]",
		"Error                        [Shell Unattend] Foo failed (0x80070057) [gle=0x800707e7]",
		"Error                        [Shell Unattend] CopyProfile failed (0x80070057) [gle=0x80070002]",
		"Error                        [Shell Unattend] _FindLatestProfile failed (0x80070057) [gle=0x80070002]",
		"Error                        [Shell Unattend] CopyProfile failed (0x80070057) [gle=0x80070005]",
		"Error                        [Shell Unattend] UserAccounts: foo (0x80070057) [gle=0x800708c5]",
		"Error                        [Shell Unattend] PidGenX failed (0x80070057) [gle=0x8007000d]",
		"Error                        [Shell Unattend] PidGenX failed (0x80070057) [gle=0xc004f050]",
		"Error                        [Shell Unattend] ComputerName failed (0x80070057) [gle=0x8007007b]",
	};
	CLEANUP_KNOWN struct known *k = compiled();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(stale); i++) {
		CLEANUP_KNOWN_HITS struct known_hits hits;
		CLEANUP_KNOWN_HITS struct known_hits anywhere;
		CLEANUP_FREE char *line = xasprintf("2024-03-05 10:40:55, %s", stale[i]);

		match_line(k, LOG_PLACE_OTHER, line, &hits);
		known_match_text(k, stale[i], &anywhere);
		for (size_t j = 0; j < hits.count + anywhere.count; j++)
			fail_msg("%s: %s",
				 (j < hits.count ? hits.list[j] : anywhere.list[j - hits.count])
					 .known->id,
				 line);
	}
}

/* The entries of which no log tells, and the signatures that stand in no line. */
static void
every_signature_has_a_line_and_a_near_miss(void **state)
{
	(void)state;
	for (size_t i = 0; i < KNOWN_COUNT; i++) {
		const struct known_failure *f = known_entry(i);

		for (const struct known_signature *s = f->signatures; s->literal; s++) {
			size_t hits = 0, misses = 0;
			const char *const word[] = { s->literal };
			struct literals *one = literals_new(word, 1);
			CLEANUP_ERROR struct error err = ERROR_INIT;
			struct pattern *p = s->pattern ? pattern_new(s->pattern, &err) : NULL;

			for (size_t j = 0; j < ARRAY_SIZE(lines); j++) {
				const char *t = lines[j].text;
				bool has = literals_first(one, t, strlen(t)) < strlen(t) &&
					   (!p || pattern_match(p, t, strlen(t)));

				if (lines[j].number == f->number) {
					hits += !lines[j].miss && has;
					misses += lines[j].miss;
				}
			}
			if (!s->dialog && (!hits || !misses))
				fail_msg("%s: no line for '%s'", f->id, s->literal);
			literals_free(one);
			pattern_free(p);
		}
	}
}

static void
the_table_is_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < KNOWN_COUNT; i++) {
		const struct known_failure *f = known_entry(i);
		unsigned steps = 0;
		bool log = false;

		assert_int_equal(f->number, i + 1);
		assert_ptr_equal(known_by_id(f->id), f);
		assert_non_null(f->cause);
		assert_non_null(f->steps);
		assert_int_not_equal(f->phases, 0);
		for (size_t s = 0; s < KNOWN_SIGNATURES && f->signatures[s].literal; s++) {
			assert_true(strlen(f->signatures[s].literal) >= 8);
			log |= !f->signatures[s].dialog;
		}
		assert_int_equal(log, f->kinds != 0 && f->places != 0);
		/* what is refined leads to an entry that refines nothing */
		for (unsigned n = f->number; n && steps < KNOWN_COUNT;
		     n = known_entry(n - 1)->refines)
			steps++;
		assert_in_range(steps, 1, 3);
	}
	assert_null(known_by_id("no-such-entry"));
}

static void
names_are_taken_out(void **state)
{
	static const struct {
		enum log_place place;
		const char *line, *what, *text;
	} cases[] = {
		{ LOG_PLACE_SYSPREP,
		  SYSPRP
		  "Package Contoso.Reader_2.4.0.0_x64__8wekyb3d8bbwe was installed for a user, but not provisioned for all users.",
		  "package", "Contoso.Reader_2.4.0.0_x64__8wekyb3d8bbwe" },
		{ LOG_PLACE_SYSPREP,
		  SYSPRP
		  "LaunchDll:Failure occurred while executing 'C:\\Program Files\\Contoso\\agent.dll,Generalize', returned error code 0x7e",
		  "dll", "C:\\Program Files\\Contoso\\agent.dll" },
		{ LOG_PLACE_SYSPREP,
		  SYSPRP
		  "LaunchDll:Failure occurred while executing 'C:\\Program Files\\A,B\\agent.dll,Generalize', returned error code 0x7e",
		  "dll", "C:\\Program Files\\A,B\\agent.dll" },
		{ LOG_PLACE_SYSPREP,
		  SYSPRP "LaunchDll:Could not load DLL foo.dll,Sysprep_Gen [gle=0x0000007e]",
		  "function", "Sysprep_Gen" },
		{ LOG_PLACE_SYSPREP,
		  SYSPRP "LaunchDll:Could not load DLL 'foo.dll,Sysprep_Gen' [gle=0x0000007e]",
		  "function", "Sysprep_Gen" },
		{ LOG_PLACE_SYSPREP,
		  SYSPRP "LaunchDll:Could not load DLL C:\\A B\\foo.dll [gle=0x0000007e]", "dll",
		  "C:\\A B\\foo.dll" },
		{ LOG_PLACE_UNATTENDGC,
		  SHELL_ERROR
		  "[setup.exe] SMI data results dump: Source = Name: Microsoft-Windows-Shell-Setup, Language: neutral, ProcessorArchitecture: amd64, PublicKeyToken: 31bf3856ad364e35, VersionScope: nonSxS, /settings/OOBE/HideEULA",
		  "setting", "/settings/OOBE/HideEULA" },
		{ LOG_PLACE_UNATTENDGC,
		  SHELL_ERROR
		  "[setup.exe] SMI data results dump: Description = Setting is not defined in this component",
		  /* of the entry that this one refines */
		  "reason", "Setting is not defined in this component" },
		{ LOG_PLACE_SYSPREP,
		  SYSPRP
		  "ActionPlatform::DeleteValue: Error from RegDeleteValueW for value Machine Id under key HKEY_LOCAL_MACHINE\\Software\\Contoso; dwRet = 0x5",
		  "value", "Machine Id" },
		{ LOG_PLACE_SYSPREP,
		  SYSPRP
		  "ActionPlatform::DeleteValue: Error from RegDeleteValueW for value ProductName under key HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion; dwRet = 0x5",
		  "key", "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion" },
		{ LOG_PLACE_SYSPREP,
		  SYSPRP
		  "ActionPlatform::DeleteKey: Error from RegDeleteTreeW for key Software\\Contoso Ltd\\Agent 2; dwRet = 0x5",
		  "name", "Software\\Contoso Ltd\\Agent 2" },
		{ LOG_PLACE_UNATTENDGC,
		  "2024-03-05 10:40:55, Warning                      [Shell Unattend] TimeZone: Unknown time zone 'Berlin'",
		  "zone", "Berlin" },
		{ LOG_PLACE_UNATTENDGC,
		  SHELL_INFO "[oobeldr.exe] Current pass status for [oobeSystem] is [0x1]", "pass",
		  "oobeSystem" },
	};
	CLEANUP_KNOWN struct known *k = compiled();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_KNOWN_HITS struct known_hits hits;
		const char *got;

		match_line(k, cases[i].place, cases[i].line, &hits);
		assert_int_equal(hits.count, 1);
		got = known_hit_name(&hits.list[0], cases[i].what);
		if (!cases[i].text)
			assert_null(got);
		else
			assert_string_equal(got, cases[i].text);
	}
}

static void
dialogs_are_known_as_text_only(void **state)
{
	static const char *const words[] = {
		"A fatal error occurred while trying to sysprep the machine.",
		"Sysprep was not able to validate your Windows installation.",
		"The computer restarted unexpectedly or encountered an unexpected error.",
		"Windows could not complete the installation.",
		"Windows could not finish configuring the system. To attempt to resume configuration, restart the computer.",
		"Windows could not configure Windows to run on this computer's hardware.",
	};
	static const unsigned numbers[] = { 11, 12, 53, 54, 55, 56 };
	CLEANUP_KNOWN struct known *k = compiled();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		CLEANUP_KNOWN_HITS struct known_hits hits, in_log;
		CLEANUP_FREE char *line = xasprintf(SHELL_ERROR "%s", words[i]);

		assert_int_equal(known_match_text(k, words[i], &hits), 1);
		assert_int_equal(hits.list[0].known->number, numbers[i]);
		match_line(k, LOG_PLACE_PANTHER, line, &in_log);
		assert_int_equal(in_log.count, 0);
	}
}

static void
other_kinds_of_logs_do_not_count(void **state)
{
	struct log_record netsetup_line = {
		.kind = LOG_KIND_NETSETUP,
		.message = "NetJoinDomain attempt failed: 0x52e, will retry"
	};
	struct log_record cbs_line = netsetup_line;
	CLEANUP_KNOWN struct known *k = compiled();
	CLEANUP_KNOWN_HITS struct known_hits netsetup, cbs;

	(void)state;
	cbs_line.kind = LOG_KIND_CBS;
	assert_int_equal(known_match(k, &netsetup_line, &netsetup), 1);
	assert_int_equal(known_match(k, &cbs_line, &cbs), 0);
}

/* A log that somebody sent lies anywhere. */
static void
an_unknown_place_counts_as_any(void **state)
{
	CLEANUP_KNOWN struct known *k = compiled();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		CLEANUP_KNOWN_HITS struct known_hits hits;

		if (lines[i].miss)
			continue;
		match_line(k, LOG_PLACE_OTHER, lines[i].text, &hits);
		assert_true(hits.count >= 1);
	}
}

static void
an_unknown_error_has_a_relative(void **state)
{
	static const struct {
		const char *message, *id, *shares;
	} cases[] = {
		{ "ActionPlatform::LaunchModule: Failure occurred while executing 'SysprepGeneralize' from C:\\Windows\\System32\\AppxSysprep.dll; dwRet = 0x5",
		  "appx-other", "appxsysprep.dll" },
		/* -2147024894 is 0x80070002 */
		{ "CopyProfile gave up, hr = -2147024894", "copyprofile-file", "0x2" },
		/* the whole name of a function, which a pattern has as two pieces */
		{ "[Shell Unattend] CopyProfileDirectory to d:\\x gave up (0x80070490)",
		  "copyprofile-file", "copyprofiledirectory" },
		{ "[DJOIN.EXE] Unattended Join: DsGetDcName failed: 0x6ba", "join-dns",
		  "dsgetdcname" },
		{ "[windeploy.exe] Setup.exe failed, returning exit code [0x1f]", "unattend-ibs",
		  "0x1f" },
	};
	CLEANUP_KNOWN struct known *k = compiled();
	char *shared;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct known_failure *f = known_nearest(k, cases[i].message, &shared);

		assert_non_null(f);
		if (strcmp(f->id, cases[i].id) != 0 || !strstr(shared, cases[i].shares))
			fail_msg("%s (%s), not %s", f->id, shared, cases[i].id);
		free(shared);
	}
	/* a year, a line of a source, the identifier of a process are no codes, whatever they would be */
	assert_null(known_nearest(k, "00000008@2023/5/17:15:44:12.956 (F) a.cpp(1168): 31 of 1168",
				  &shared));
	assert_null(known_nearest(k, "The quick brown fox jumps over the lazy dog", &shared));
	assert_null(shared);
	assert_null(known_nearest(k, "", &shared));
}

/* Against a plain search, over texts in which pieces of the literals stand everywhere. */
static bool
count_hit(void *ctx, size_t which)
{
	((size_t *)ctx)[which]++;
	return false;
}

static void
literals_are_found_as_by_a_plain_search(void **state)
{
	static const char *const words[] = { "abcabcab", "BCABCABC", "cabcabcabca",
					     "xabcab",	 "aaaaaa",   "aaaaaaab" };
	struct literals *l = literals_new(words, ARRAY_SIZE(words));
	unsigned seed = 424;

	(void)state;
	for (int round = 0; round < 300; round++) {
		char text[400];
		size_t plain[ARRAY_SIZE(words)] = { 0 }, got[ARRAY_SIZE(words)] = { 0 };
		size_t len = (size_t)(round % 390), first = len;

		for (size_t i = 0; i < len; i++) {
			seed = seed * 1103515245u + 12345u;
			text[i] = "abcaABCabx"[(seed >> 16) % (round % 2 ? 10 : 4)];
		}
		for (size_t w = 0; w < ARRAY_SIZE(words); w++)
			for (size_t i = 0; i + strlen(words[w]) <= len; i++)
				if (strncasecmp(text + i, words[w], strlen(words[w])) == 0) {
					plain[w]++;
					if (i < first)
						first = i;
				}
		literals_find(l, text, len, count_hit, got);
		assert_memory_equal(plain, got, sizeof got);
		/* the first that is met may begin a little behind the first that begins */
		assert_int_equal(literals_first(l, text, len) == len, first == len);
	}
	literals_free(l);
}

static void
a_hostile_line_ends(void **state)
{
	CLEANUP_KNOWN struct known *k = compiled();
	size_t len = 60000;
	CLEANUP_FREE char *line = xmalloc(len + 1);

	(void)state;
	for (size_t i = 0; i < KNOWN_COUNT; i++)
		for (const struct known_signature *s = known_entry(i)->signatures; s->literal;
		     s++) {
			size_t n = strlen(s->literal);
			CLEANUP_KNOWN_HITS struct known_hits hits;

			for (size_t at = 0; at < len; at++)
				line[at] = s->literal[at % n];
			line[len] = '\0';
			known_match_text(k, line, &hits);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_line_matches_its_entry_only),
		cmocka_unit_test(a_last_error_blames_nothing),
		cmocka_unit_test(every_signature_has_a_line_and_a_near_miss),
		cmocka_unit_test(the_table_is_whole),
		cmocka_unit_test(names_are_taken_out),
		cmocka_unit_test(dialogs_are_known_as_text_only),
		cmocka_unit_test(other_kinds_of_logs_do_not_count),
		cmocka_unit_test(an_unknown_place_counts_as_any),
		cmocka_unit_test(an_unknown_error_has_a_relative),
		cmocka_unit_test(literals_are_found_as_by_a_plain_search),
		cmocka_unit_test(a_hostile_line_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
