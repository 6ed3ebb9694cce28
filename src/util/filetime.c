/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FILETIME to and from what the host uses. */
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
