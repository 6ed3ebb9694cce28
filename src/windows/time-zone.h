/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The time zone of an installation, by which the local times in its logs become UTC.
 *
 * It is the zone that is set now.  Setup starts in Pacific time and takes another zone over in specialize or OOBE, so a time in a log of Setup may
 * have been written in another one: what comes out is an assumption, and is to be shown as one.
 */
#ifndef RESPREP_WINDOWS_TIME_ZONE_H
#define RESPREP_WINDOWS_TIME_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct windows;

/* When a clock is set: on day `day` of `month` with `year`, else on the `day`th `weekday` (5: the last one).  month 0: never. */
struct zone_change {
	int year, month, day, weekday, hour, minute, second;
};

struct zone_rule {
	int year; /* from which on it holds; the first one also before, the last one also after */
	int bias, standard_bias,
		daylight_bias; /* minutes; UTC is local time and bias and one of the others */
	struct zone_change standard, daylight;
};

struct time_zone {
	char *name;		/* TimeZoneKeyName, or NULL */
	struct zone_rule *list; /* by year; at least one */
	size_t count;
	bool from_years; /* by the table of years (Dynamic DST), not by the rule of now alone */
};

/* ERR_NOT_FOUND when the SYSTEM hive says nothing of a zone. */
int time_zone_read(struct windows *w, struct time_zone *ret, struct error *err);
void time_zone_clear(struct time_zone *z);
#define CLEANUP_TIME_ZONE __attribute__((cleanup(time_zone_clear)))

/* UTC of a local time, both FILETIMEs.  Of the hour that is there twice in autumn the first one is taken. */
uint64_t time_zone_to_utc(const struct time_zone *z, uint64_t local);

#endif
