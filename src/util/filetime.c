/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FILETIME to and from what the host uses. */
#include <stdbool.h>
#include <stdio.h>

#include "util/alloc.h"
#include "util/filetime.h"

#define TICKS		 10000000ull   /* of 100 ns, a second */
#define EPOCH_DIFFERENCE 11644473600ll /* seconds from 1601-01-01 to 1970-01-01 */

struct timespec
filetime_to_timespec(uint64_t filetime)
{
	return (struct timespec){ .tv_sec =
					  (time_t)((int64_t)(filetime / TICKS) - EPOCH_DIFFERENCE),
				  .tv_nsec = (long)(filetime % TICKS) * 100 };
}

uint64_t
filetime_from_timespec(struct timespec ts)
{
	return (uint64_t)((int64_t)ts.tv_sec + EPOCH_DIFFERENCE) * TICKS +
	       (uint64_t)ts.tv_nsec / 100;
}

uint64_t
filetime_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return filetime_from_timespec(ts);
}

char *
filetime_text(uint64_t filetime)
{
	struct timespec ts = filetime_to_timespec(filetime);
	char text[64];
	struct tm tm;

	if (filetime == 0)
		return xstrdup("never");
	/* the largest FILETIME is in the year 60056: gmtime_r has no trouble with it */
	if (!gmtime_r(&ts.tv_sec, &tm) || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm))
		return xstrdup("invalid");
	return xstrdup(text);
}

static bool
is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days from 1601-01-01, which begins a cycle of 400 years. */
static int64_t
days_before(int year, int month, int day)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	int y = year - 1601;

	return (int64_t)y * 365 + y / 4 - y / 100 + y / 400 + before[month - 1] +
	       (is_leap(year) && month > 2) + day - 1;
}

static int
days_of(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year));
}

uint64_t
filetime_from_parts(const struct filetime_parts *p)
{
	if (p->year < 1601 || p->year > 9999 || p->month < 1 || p->month > 12 || p->day < 1 ||
	    p->day > days_of(p->year, p->month) || p->hour < 0 || p->hour > 23 || p->minute < 0 ||
	    p->minute > 59 || p->second < 0 || p->second > 60)
		return 0;
	return (uint64_t)(days_before(p->year, p->month, p->day) * 86400 + p->hour * 3600 +
			  p->minute * 60 + p->second) *
	       TICKS;
}

struct filetime_parts
filetime_parts_of(uint64_t filetime)
{
	struct timespec ts = filetime_to_timespec(filetime);
	struct tm tm = { 0 };

	gmtime_r(&ts.tv_sec, &tm);
	return (struct filetime_parts){ tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
					tm.tm_hour,	   tm.tm_min,	  tm.tm_sec };
}
