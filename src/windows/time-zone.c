/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SYSTEM\…\Control\TimeZoneInformation has the rule of now, SOFTWARE\…\Time Zones\NAME\Dynamic DST that of each year (Microsoft:
 * "DYNAMIC_TIME_ZONE_INFORMATION", "TIME_ZONE_INFORMATION").  The former keeps its dates in the kernel's order, day before weekday
 * last; the latter as SYSTEMTIME.
 */
#include <stdlib.h>

#include "registry/hive.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/filetime.h"
#include "windows/time-zone.h"
#include "windows/windows.h"

#define MINUTE	   UINT64_C(600000000)
#define DAY	   (UINT64_C(86400) * 10000000)
#define TZI_SIZE   44
#define DATE_SIZE  16
#define YEAR_FIRST 1601
#define YEARS_MAX  500
#define ZONES	   "Microsoft\\Windows NT\\CurrentVersion\\Time Zones"

static int
text_of(struct hive *h, const char *path, const char *name, char **ret, struct error *err)
{
	*ret = hive_get_text(h, path, name, err);
	if (*ret)
		return 0;
	if (err->code != ERR_NOT_FOUND && err->code != ERR_CORRUPT)
		return -1;
	error_clear(err);
	return 0;
}

static int
minutes(struct hive *h, const char *path, const char *name)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	uint32_t v = 0;

	hive_get_u32(h, path, name, &v, &ignored);
	return (int32_t)v;
}

/* The bytes of a value below the key, or NULL. */
static uint8_t *
bytes_of(struct hive *h, const char *path, const char *name, uint32_t len)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	CLEANUP_HIVE_VALUE struct hive_value v = { 0 };
	hive_key key;

	if (hive_find_path(h, path, &key, &ignored) < 0 ||
	    hive_value(h, key, name, &v, &ignored) < 0 || v.len < len)
		return NULL;
	return steal(&v.data);
}

/* Kernel order: year, month, day, hour, minute, second, millisecond, weekday. */
static struct zone_change
kernel_date(const uint8_t *p)
{
	return (struct zone_change){ get_u16(p),      get_u16(p + 2), get_u16(p + 4),
				     get_u16(p + 14), get_u16(p + 6), get_u16(p + 8),
				     get_u16(p + 10) };
}

/* SYSTEMTIME: year, month, weekday, day, hour, minute, second, millisecond. */
static struct zone_change
system_date(const uint8_t *p)
{
	return (struct zone_change){ get_u16(p),     get_u16(p + 2), get_u16(p + 6),
				     get_u16(p + 4), get_u16(p + 8), get_u16(p + 10),
				     get_u16(p + 12) };
}

static bool
is_sane_change(const struct zone_change *c)
{
	return c->month == 0 ||
	       (c->month <= 12 && c->day >= 1 && c->day <= (c->year ? 31 : 5) && c->weekday <= 6 &&
		c->hour <= 23 && c->minute <= 59 && c->second <= 59);
}

/* Damaged rules are none: no clock is a day off. */
static bool
is_sane(const struct zone_rule *r)
{
	return abs(r->bias) <= 24 * 60 && abs(r->standard_bias) <= 24 * 60 &&
	       abs(r->daylight_bias) <= 24 * 60 && is_sane_change(&r->standard) &&
	       is_sane_change(&r->daylight);
}

static void
add(struct time_zone *z, const struct zone_rule *r)
{
	if (!is_sane(r))
		return;
	ARRAY_GROW(z->list, z->count);
	z->list[z->count++] = *r;
}

static void
add_now(struct hive *h, const char *path, struct time_zone *z)
{
	CLEANUP_FREE uint8_t *standard_start = bytes_of(h, path, "StandardStart", DATE_SIZE);
	CLEANUP_FREE uint8_t *daylight_start = bytes_of(h, path, "DaylightStart", DATE_SIZE);
	struct zone_rule r = { .bias = minutes(h, path, "Bias"),
			       .standard_bias = minutes(h, path, "StandardBias"),
			       .daylight_bias = minutes(h, path, "DaylightBias") };

	if (standard_start && daylight_start) {
		r.standard = kernel_date(standard_start);
		r.daylight = kernel_date(daylight_start);
	}
	add(z, &r);
}

static void
add_tzi(struct hive *h, const char *path, const char *name, int year, struct time_zone *z)
{
	CLEANUP_FREE uint8_t *p = bytes_of(h, path, name, TZI_SIZE);
	struct zone_rule r;

	if (!p)
		return;
	r = (struct zone_rule){ .year = year,
				.bias = (int32_t)get_u32(p),
				.standard_bias = (int32_t)get_u32(p + 4),
				.daylight_bias = (int32_t)get_u32(p + 8),
				.standard = system_date(p + 12),
				.daylight = system_date(p + 12 + DATE_SIZE) };
	add(z, &r);
}

/* The years' rules of the zone, if SOFTWARE has them; else TZI, its rule of now. */
static void
add_years(struct windows *w, struct time_zone *z)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	struct hive *h = windows_hive(w, HIVE_SOFTWARE, &ignored);
	CLEANUP_FREE char *zone = xasprintf(ZONES "\\%s", z->name);
	CLEANUP_FREE char *dynamic = xasprintf("%s\\Dynamic DST", zone);
	uint32_t first = 0, last = 0;

	if (!h)
		return;
	if (hive_get_u32(h, dynamic, "FirstEntry", &first, &ignored) == 0 &&
	    hive_get_u32(h, dynamic, "LastEntry", &last, &ignored) == 0 && first >= YEAR_FIRST &&
	    last >= first && last - first < YEARS_MAX) {
		for (uint32_t year = first; year <= last; year++) {
			CLEANUP_FREE char *name = xasprintf("%u", year);

			add_tzi(h, dynamic, name, (int)year, z);
		}
	}
	z->from_years = z->count > 0;
	if (!z->count)
		add_tzi(h, zone, "TZI", 0, z);
}

int
time_zone_read(struct windows *w, struct time_zone *ret, struct error *err)
{
	CLEANUP_CONTROL_SETS struct control_sets sets = { 0 };
	CLEANUP_TIME_ZONE struct time_zone z = { 0 };
	CLEANUP_FREE char *path = NULL;
	struct hive *h = windows_hive(w, HIVE_SYSTEM, err);
	uint32_t fixed = 0, bias;
	hive_key key;

	if (!h || windows_control_sets(w, &sets, err) < 0)
		return -1;
	path = xasprintf("%s\\Control\\TimeZoneInformation", sets.write[0]);
	if (hive_find_path(h, path, &key, err) < 0 ||
	    text_of(h, path, "TimeZoneKeyName", &z.name, err) < 0)
		return -1;
	if (hive_get_u32(h, path, "DynamicDaylightTimeDisabled", &fixed, err) < 0)
		error_clear(err);
	if (z.name && *z.name && !fixed)
		add_years(w, &z);
	/* the rule of now stands where nothing better does */
	if (!z.count && hive_get_u32(h, path, "Bias", &bias, err) < 0)
		return -1;
	if (!z.count)
		add_now(h, path, &z);
	if (!z.count)
		return error_set(err, ERR_CORRUPT, "SYSTEM: %s makes no sense", path);
	*ret = z;
	z = (struct time_zone){ 0 };
	return 0;
}

void
time_zone_clear(struct time_zone *z)
{
	free(z->name);
	free(z->list);
	*z = (struct time_zone){ 0 };
}

static uint64_t
moment(int year, const struct zone_change *c, int day)
{
	const struct filetime_parts p = { year, c->month, day, c->hour, c->minute, c->second };

	return filetime_from_parts(&p);
}

/* 1601-01-01 was a Monday. */
static int
weekday_of(uint64_t t)
{
	return (int)((t / DAY + 1) % 7);
}

/* When the clock is set in that year, as it shows before it is; 0 when it is not. */
static uint64_t
change_in(int year, const struct zone_change *c)
{
	uint64_t first, t;

	if (!c->month || (c->year && c->year != year))
		return 0;
	if (c->year)
		return moment(year, c, c->day);
	first = moment(year, c, 1);
	if (!first)
		return 0;
	t = first + (uint64_t)((c->weekday - weekday_of(first) + 7) % 7 + 7 * (c->day - 1)) * DAY;
	/* the fifth is the last one, which may be the fourth */
	return filetime_parts_of(t).month == c->month ? t : t - 7 * DAY;
}

static const struct zone_rule *
rule_of(const struct time_zone *z, int year)
{
	const struct zone_rule *r = &z->list[0];

	for (size_t i = 1; i < z->count && z->list[i].year <= year; i++)
		r = &z->list[i];
	return r;
}

static bool
is_daylight(const struct zone_rule *r, int year, uint64_t local)
{
	uint64_t on = change_in(year, &r->daylight), off = change_in(year, &r->standard);

	if (!on || !off)
		return false;
	return on < off ? local >= on && local < off : local >= on || local < off;
}

uint64_t
time_zone_to_utc(const struct time_zone *z, uint64_t local)
{
	int year = filetime_parts_of(local).year;
	const struct zone_rule *r = rule_of(z, year);
	int bias = r->bias + (is_daylight(r, year, local) ? r->daylight_bias : r->standard_bias);
	int64_t utc = (int64_t)local + bias * (int64_t)MINUTE;

	return utc > 0 ? (uint64_t)utc : 0;
}
