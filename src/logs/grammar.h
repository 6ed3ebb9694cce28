/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the lines of one kind of log become records: for logs/ only. */
#ifndef RESPREP_LOGS_GRAMMAR_H
#define RESPREP_LOGS_GRAMMAR_H

#include <stdbool.h>

#include "logs/record.h"

#define LOG_SECTION_MAX 256

/* What a grammar remembers from one record to the next. */
struct log_state {
	char section[LOG_SECTION_MAX];
	char time[32]; /* of the line before, for lines that have none of their own */
};

struct log_grammar {
	enum log_zone zone;
	bool every_line; /* is a record, but for blank ones */
	/* Whether the line begins a record.  It is ended by a line end or a NUL, and need not be UTF-8. */
	bool (*begins)(const char *line, size_t len);
	/* The level of such a line when it can be had without parsing, else LOG_LEVEL_NONE; or NULL. */
	enum log_level (*level)(const char *line, size_t len);
	/* Fills time, level, component and id from the first line, NUL-terminated; returns where the message starts in it. */
	const char *(*parse)(const char *line, struct log_state *s, struct log_record *r);
};

extern const struct log_grammar log_grammar_panther; /* and CBS, DISM */
extern const struct log_grammar log_grammar_setupapi;
extern const struct log_grammar log_grammar_netsetup;
extern const struct log_grammar log_grammar_ec2config;
extern const struct log_grammar log_grammar_ec2launch;
extern const struct log_grammar log_grammar_ec2launch_v2;
extern const struct log_grammar log_grammar_ssm;
extern const struct log_grammar log_grammar_console;

/*
 * Whether `s` begins with a time of the form, in which Y is four digits, M D h m s two each, f a fraction of a second behind '.' or ':' (or
 * nothing), and anything else itself.  Its length; 0 when not, or when it is no time of any calendar.  `r` may be NULL; else its time and stamp are
 * set.
 */
size_t log_stamp(const char *s, const char *form, struct log_record *r);

/* Time and stamp of the record from a FILETIME, with milliseconds; false when it is none of a calendar. */
bool log_stamp_filetime(struct log_record *r, uint64_t filetime);

/* The level of a message of a log without levels, by its first words: "Failed to …", "Warning: …". */
enum log_level log_level_from_words(const char *message);

/* `n` bytes of `s` as the record's component, if they fit. */
void log_set_component(struct log_record *r, const char *s, size_t n);

#endif
