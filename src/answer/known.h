/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The settings of answer files that are known here: in which passes, with which values, in which Windows.
 * What is not in the table is "not known here", which says nothing against it.
 *
 * Source: Microsoft, "Unattended Windows Setup Reference"; each row has the page of its setting there (known_source()).
 */
#ifndef RESPREP_ANSWER_KNOWN_H
#define RESPREP_ANSWER_KNOWN_H

#include <stdbool.h>
#include <stddef.h>

struct error;

/* The configuration passes, in the order in which they run. */
enum pass {
	PASS_WINDOWS_PE,
	PASS_OFFLINE_SERVICING,
	PASS_GENERALIZE,
	PASS_SPECIALIZE,
	PASS_AUDIT_SYSTEM,
	PASS_AUDIT_USER,
	PASS_OOBE_SYSTEM,
	PASS_COUNT
};
const char *pass_name(enum pass p);		   /* "windowsPE", … */
bool pass_parse(const char *text, enum pass *ret); /* without regard to case */

#define P(pass) (1u << PASS_##pass)

enum known_type {
	KNOWN_TEXT,   /* any */
	KNOWN_BOOL,   /* true, false (also 1, 0) */
	KNOWN_FLAG,   /* a number that is 0 or 1 */
	KNOWN_NUMBER, /* from min to max */
	KNOWN_WORD,   /* one of `values`, "a|b|c" */
	KNOWN_LOCALE, /* "en-US", "0409:00000409", several with ";" */
	KNOWN_TIME_ZONE,
	KNOWN_COMPUTER_NAME,
	KNOWN_PRODUCT_KEY,
	KNOWN_COMMAND, /* a command line; `max` characters */
	KNOWN_PATH,    /* a file or folder */
	KNOWN_GUID,
	KNOWN_PASSWORD,
	KNOWN_LIST, /* not a value: an element that may stand there several times, with wcm:action="add" */
};

struct known_setting {
	const char *path; /* below its component: "OOBE/HideEULAPage" */
	enum known_type type;
	unsigned passes;    /* bits P(…); 0: those of the component */
	const char *values; /* KNOWN_WORD */
	unsigned min, max;
	unsigned since, until; /* builds of Windows; 0: always, still */
};

struct known_component {
	const char *name;
	unsigned passes; /* in which it has settings */
	const struct known_setting *settings;
	size_t count;
};

/* All of them, by number; NULL behind the last. */
const struct known_component *known_at(size_t i);

/* NULL when it is not known.  Windows compares component names without regard to case; setting names are elements, and exact. */
const struct known_component *known_component(const char *name);
const struct known_setting *known_setting(const struct known_component *c, const char *path);
/* Whether something is known below `path`: it is a part of settings, not one. */
bool known_part(const struct known_component *c, const char *path);
unsigned known_passes(const struct known_component *c, const struct known_setting *s);
/* "generalize, specialize"; the caller's. */
char *known_passes_text(unsigned passes);

/* The page about the setting in Microsoft's reference; the caller's. */
char *known_source(const struct known_component *c, const struct known_setting *s);
const char *known_type_text(enum known_type t); /* "true or false", "number", … */
/* "true or false", "one of Home|Work|Other", "a number from 1 to 500"; the caller's. */
char *known_values_text(const struct known_setting *s);

/* ERR_USAGE with what would be right, when Windows does not take the value. */
int known_check(const struct known_setting *s, const char *value, struct error *err);

#endif
