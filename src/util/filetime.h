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

#endif
