/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Local times of an installation as UTC, by rules as the registry has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/fake-volume.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/filetime.h"
#include "windows/time-zone.h"
#include "windows/windows.h"

#define ZONE "ControlSet001\\Control\\TimeZoneInformation"
#define DST  "Microsoft\\Windows NT\\CurrentVersion\\Time Zones\\Here\\Dynamic DST"

/* Sunday, 2 a.m.: the second of March to the first of November; in the kernel's order and as SYSTEMTIME. */
#define KERNEL_MARCH	"\0\0\3\0\2\0\2\0\0\0\0\0\0\0\0\0"
#define KERNEL_NOVEMBER "\0\0\13\0\1\0\2\0\0\0\0\0\0\0\0\0"
#define NOVEMBER	"\0\0\13\0\0\0\1\0\2\0\0\0\0\0\0\0"
#define MARCH		"\0\0\3\0\0\0\2\0\2\0\0\0\0\0\0\0"
/* the last Sundays of October and March, 3 and 2 a.m. */
#define OCTOBER_LAST "\0\0\12\0\0\0\5\0\3\0\0\0\0\0\0\0"
#define MARCH_LAST   "\0\0\3\0\0\0\5\0\2\0\0\0\0\0\0\0"

#define PACIFIC "\340\1\0\0\0\0\0\0\304\377\377\377"	   /* 480, 0, -60 */
#define BERLIN	"\304\377\377\377\0\0\0\0\304\377\377\377" /* -60, 0, -60 */

static const struct fake_value system_now[] = {
	{ "Select", "Current", 4, NULL, 1, 0 },
	{ "Select", "Default", 4, NULL, 1, 0 },
	{ ZONE, "Bias", 4, NULL, 480, 0 },
	{ ZONE, "StandardBias", 4, NULL, 0, 0 },
	{ ZONE, "DaylightBias", 4, NULL, (uint32_t)-60, 0 },
	{ ZONE, "StandardStart", 3, KERNEL_NOVEMBER, 0, 16 },
	{ ZONE, "DaylightStart", 3, KERNEL_MARCH, 0, 16 },
};

static const struct fake_value system_named[] = {
	{ "Select", "Current", 4, NULL, 1, 0 },
	{ "Select", "Default", 4, NULL, 1, 0 },
	{ ZONE, "TimeZoneKeyName", 1, "Here", 0, 0 },
	{ ZONE, "Bias", 4, NULL, 0, 0 },
};

static const struct fake_value software_years[] = {
	{ DST, "FirstEntry", 4, NULL, 2013, 0 },
	{ DST, "LastEntry", 4, NULL, 2015, 0 },
	{ DST, "2013", 3, PACIFIC NOVEMBER MARCH, 0, 44 },
	{ DST, "2014", 3, BERLIN OCTOBER_LAST MARCH_LAST, 0, 44 },
	{ DST, "2015", 3, "\0\0\0\0\0\0\0\0\304\377\377\377" MARCH NOVEMBER, 0,
	  44 }, /* south of the equator */
};

struct place {
	struct volume *volume;
	struct windows *windows;
	struct time_zone zone;
};

static void
hive(struct volume *v, const char *name, const struct fake_value *values, size_t count)
{
	CLEANUP_FREE char *path = xasprintf("/Windows/System32/config/%s", name);
	size_t len;
	CLEANUP_FREE uint8_t *bytes = fake_hive(values, count, &len);

	fake_volume_file(v, path, bytes, len);
}

static int
open_place(struct place *p, const struct fake_value *sys, size_t sys_count,
	   const struct fake_value *soft, size_t soft_count)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;

	*p = (struct place){ .volume = fake_volume_new() };
	hive(p->volume, "SYSTEM", sys, sys_count);
	if (soft)
		hive(p->volume, "SOFTWARE", soft, soft_count);
	p->windows = windows_open(p->volume, "/Windows", &err);
	assert_non_null(p->windows);
	return time_zone_read(p->windows, &p->zone, &err);
}

static void
close_place(struct place *p)
{
	time_zone_clear(&p->zone);
	windows_close(p->windows);
	volume_closep(&p->volume);
}

static void
becomes(const struct time_zone *z, const char *local, const char *utc)
{
	const struct filetime_parts p = {
		(int)strtol(local, NULL, 10),	   (int)strtol(local + 5, NULL, 10),
		(int)strtol(local + 8, NULL, 10),  (int)strtol(local + 11, NULL, 10),
		(int)strtol(local + 14, NULL, 10), 0
	};
	CLEANUP_FREE char *got = filetime_text(time_zone_to_utc(z, filetime_from_parts(&p)));
	CLEANUP_FREE char *wanted = xasprintf("%s:00Z", utc);

	assert_string_equal(got, wanted);
}

static void
the_rule_of_now(void **state)
{
	struct place p;

	(void)state;
	assert_int_equal(open_place(&p, system_now, ARRAY_SIZE(system_now), NULL, 0), 0);
	assert_false(p.zone.from_years);
	becomes(&p.zone, "2014-06-05 10:40", "2014-06-05T17:40");
	becomes(&p.zone, "2014-01-05 10:40", "2014-01-05T18:40");
	becomes(&p.zone, "2014-03-09 01:59", "2014-03-09T09:59");
	becomes(&p.zone, "2014-03-09 03:00", "2014-03-09T10:00");
	becomes(&p.zone, "2014-11-02 01:30", "2014-11-02T08:30"); /* there twice: the first */
	becomes(&p.zone, "2014-11-02 02:00", "2014-11-02T10:00");
	becomes(&p.zone, "2014-12-31 23:00", "2015-01-01T07:00");
	close_place(&p);
}

static void
the_rule_of_each_year(void **state)
{
	struct place p;

	(void)state;
	assert_int_equal(open_place(&p, system_named, ARRAY_SIZE(system_named), software_years,
				    ARRAY_SIZE(software_years)),
			 0);
	assert_true(p.zone.from_years);
	assert_string_equal(p.zone.name, "Here");
	becomes(&p.zone, "2001-07-01 00:00", "2001-07-01T07:00"); /* before the first: as then */
	becomes(&p.zone, "2013-07-01 00:00", "2013-07-01T07:00");
	becomes(&p.zone, "2014-07-01 00:00", "2014-06-30T22:00");
	becomes(&p.zone, "2014-03-30 01:59", "2014-03-30T00:59");
	becomes(&p.zone, "2014-03-30 03:00", "2014-03-30T01:00");
	becomes(&p.zone, "2014-10-26 03:00", "2014-10-26T02:00");
	becomes(&p.zone, "2015-01-01 00:00", "2014-12-31T23:00"); /* summer there */
	becomes(&p.zone, "2015-07-01 00:00", "2015-07-01T00:00");
	becomes(&p.zone, "2030-12-01 00:00", "2030-11-30T23:00");
	close_place(&p);
}

/* What makes no sense is not believed, and a hive without a zone is one without. */
static void
damaged_rules_are_none(void **state)
{
	static const struct fake_value far[] = {
		{ "Select", "Default", 4, NULL, 1, 0 },
		{ ZONE, "Bias", 4, NULL, 0x7fffffff, 0 },
	};
	static const struct fake_value month[] = {
		{ "Select", "Default", 4, NULL, 1, 0 },
		{ ZONE, "Bias", 4, NULL, 0, 0 },
		{ ZONE, "StandardStart", 3, "\0\0\377\0\1\0\2\0\0\0\0\0\0\0\0\0", 0, 16 },
		{ ZONE, "DaylightStart", 3, KERNEL_MARCH, 0, 16 },
	};
	static const struct fake_value nothing[] = { { "Select", "Default", 4, NULL, 1, 0 },
						     { "ControlSet001\\Control", "a", 4, NULL, 1,
						       0 } };
	struct place p;

	(void)state;
	assert_int_equal(open_place(&p, far, ARRAY_SIZE(far), NULL, 0), -1);
	close_place(&p);
	assert_int_equal(open_place(&p, month, ARRAY_SIZE(month), NULL, 0), -1);
	close_place(&p);
	assert_int_equal(open_place(&p, nothing, ARRAY_SIZE(nothing), NULL, 0), -1);
	close_place(&p);
}

static void
the_code_page_is_known(void **state)
{
	static const struct fake_value values[] = {
		{ "Select", "Default", 4, NULL, 1, 0 },
		{ "ControlSet001\\Control\\Nls\\CodePage", "ACP", 1, "932", 0, 0 },
		{ ZONE, "Bias", 4, NULL, 0, 0 },
	};
	struct place p;

	(void)state;
	assert_int_equal(open_place(&p, values, ARRAY_SIZE(values), NULL, 0), 0);
	assert_int_equal(windows_ansi_page(p.windows), 932);
	close_place(&p);
	open_place(&p, system_now, ARRAY_SIZE(system_now), NULL, 0);
	assert_int_equal(windows_ansi_page(p.windows), 0);
	close_place(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rule_of_now),
		cmocka_unit_test(the_rule_of_each_year),
		cmocka_unit_test(damaged_rules_are_none),
		cmocka_unit_test(the_code_page_is_known),
	};

	return cmocka_run_group_tests_name("time-zone", tests, NULL, NULL);
}
