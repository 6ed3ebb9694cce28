/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A host that dies, or fails, at a chosen call.  The linker puts these functions in the place of the C library's (--wrap, see
 * tests/Makemodule.am), so the code under test is the code that is shipped.  Only what lies in one folder is looked at.
 *
 * A process that was killed has no more effect on any file.  That is all that is simulated: the process lives on, but each of its
 * calls fails and does nothing.  So it clears up its memory, and thousands of deaths take seconds.
 *
 * The model of a power cut is as harsh as POSIX allows and as kind as every disk is:
 *
 *  - A sector of 512 bytes is old or new, never torn.  What was written since the last fsync of its file is there or not,
 *    sector by sector, in no order.
 *  - The size of a file reaches the medium in the order of the calls, up to some point, and by itself: what lies below it and was
 *    lost reads as zeros.
 *  - Names that were made, changed or removed in a folder since the fsync of that folder are there up to some point.  The
 *    fsync of a file says nothing of its name, that of a folder nothing of the name of the folder.
 *  - After an fsync that failed, what it should have written is lost or not, and the next fsync does not try again.
 */
#ifndef RESPREP_TESTS_CRASH_HOST_H
#define RESPREP_TESTS_CRASH_HOST_H

#include <stdbool.h>
#include <stdint.h>

enum host_event {
	HOST_RUNS, /* nothing happens, but calls are counted */
	/* `at` counts the calls that change something; the host dies in that one */
	HOST_KILLED,	    /* before it does anything */
	HOST_KILLED_INSIDE, /* when some of what it writes is written */
	HOST_POWER_CUT,	    /* before it, and what was not flushed is lost or not */
	/* `at` counts all calls */
	HOST_FAILS,    /* this one does nothing and fails with `error` */
	HOST_IS_SHORT, /* this one reads or writes less than it was asked to */
	HOST_LOSES, /* this one, when it is the fsync of a file, loses something and does not say so */
	HOST_DISK_FULL, /* from this one on what is written to `where` has no space; the first finds a little */
	HOST_DISK_GONE, /* from this one on all that touches `where` fails with `error` */
};

struct host_plan {
	enum host_event event;
	unsigned at; /* from 1 */
	int error;
	const char *where; /* a file, or a folder with all that is in it */
	uint64_t seed;
};

struct host_calls {
	unsigned changing, all;
	bool died;
};

/*
 * From here on the plan is carried out for what lies in the folder `root` (an absolute path without links).  All that is there counts as flushed.
 */
void host_begin(const char *root, const struct host_plan *plan);

/* Calls are what they were; how many there have been.  With `cut` the power is cut before that, if the host has not died. */
struct host_calls host_end(bool cut);

/* The next number of a row that depends on `*seed` alone, below `limit` (not 0). */
unsigned host_random(uint64_t *seed, unsigned limit);

#endif
