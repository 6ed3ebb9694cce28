/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FILETIME: 100 ns since 1601-01-01 UTC (Microsoft: "File Times"). */
#ifndef RESPREP_UTIL_FILETIME_H
#define RESPREP_UTIL_FILETIME_H

#include <stdint.h>
#include <time.h>

/* "2014-06-05T10:40:55Z"; 0 gives "never"; the caller's. */
char *filetime_text(uint64_t filetime);

uint64_t filetime_now(void);
struct timespec filetime_to_timespec(uint64_t filetime);
uint64_t filetime_from_timespec(struct timespec ts);

/* A moment as a calendar and a clock show it. */
struct filetime_parts {
	int year, month, day, hour, minute, second;
};

/* The FILETIME of that moment if it is UTC; 0 when there is none (30 February), or it is not of 1601 to 9999. */
uint64_t filetime_from_parts(const struct filetime_parts *p);
struct filetime_parts filetime_parts_of(uint64_t filetime); /* UTC */

#endif
