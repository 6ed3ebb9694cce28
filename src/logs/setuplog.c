/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Panther logs (setupact.log, setuperr.log), CBS.log and dism.log, which have the same columns:
 *
 *      2025-07-22 21:55:35, Info       [0x0f004d] SYSPRP The time is now 2025-07-22 21:55:35
 *      2014-06-05 10:40:55, Error                        [oobeldr.exe] Pass has failed status; …
 *      0                    21         32         43     50
 *
 * Blanks are squeezed in copies, so columns are not trusted: what stands where the component does is one if its name is known, or
 * if it fills that column exactly.  A line that begins with a level alone, as AWS's documentation quotes them, is a record without time.  Azure's
 * portal shows "02-07-2022 15:18:03.000 SYSPRP 983152 (0xf0070) RunDlls:…".  (Microsoft: "Windows Setup log files and event logs"; Microsoft
 * Q&A for the last form.)
 */
#include <stdlib.h>
#include <string.h>

#include "logs/grammar.h"
#include "util/alloc.h"

#define AT_LEVEL     21
#define AT_ID	     32
#define AT_COMPONENT 43
#define AT_MESSAGE   50
#define ID_LENGTH    10 /* "[0x0f004d]" */

static const char time_form[] = "Y-M-D h:m:s";

static const struct {
	const char *word;
	enum log_level level;
} levels[] = {
	{ "Fatal Error", LOG_LEVEL_FATAL }, { "Error", LOG_LEVEL_ERROR },
	{ "Warning", LOG_LEVEL_WARNING },   { "Info", LOG_LEVEL_INFO },
	{ "Perf", LOG_LEVEL_INFO },
};

static const char *const components[] = { "SYSPRP", "CSI",  "CBS",  "DISM",   "SP",
					  "MOUPG",  "MIG",  "CONX", "IBS",    "IBSLIB",
					  "PANTHR", "DU",   "DIAG", "DIAGER", "CMI",
					  "SXS",    "TOOL", "UI",   "SXSO" };

const char *
log_level_text(enum log_level level)
{
	static const char *const names[] = { "", "Info", "Warning", "Error", "Fatal Error" };

	return names[level];
}

static size_t
level_length(const char *s, enum log_level *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		size_t n = strlen(levels[i].word);

		if (strncmp(s, levels[i].word, n) == 0 && strchr(" \t\r\n", s[n])) {
			*ret = levels[i].level;
			return n;
		}
	}
	return 0;
}

/* "02-07-2022 15:18:03.000 SYSPRP 983152 (0xf0070) …": month first, unless that is none. */
static size_t
portal_stamp(const char *s, struct log_record *r)
{
	size_t n = log_stamp(s, "M-D-Y h:m:sf ", r);

	return n ? n : log_stamp(s, "D-M-Y h:m:sf ", r);
}

/* "2014-06-05 10:40:55, I…", so that most lines need no more than a few comparisons. */
static bool
has_columns(const char *s, size_t len)
{
	return len > AT_LEVEL && s[4] == '-' && s[7] == '-' && s[10] == ' ' && s[13] == ':' &&
	       s[16] == ':' && s[19] == ',' && s[20] == ' ' && *s >= '0' && *s <= '9' &&
	       s[1] >= '0' && s[1] <= '9' && s[18] >= '0' && s[18] <= '9';
}

static bool
begins(const char *s, size_t len)
{
	enum log_level level;
	size_t n;

	if (has_columns(s, len))
		return true;
	if (*s >= '0' && *s <= '9')
		return log_stamp(s, time_form, NULL) || portal_stamp(s, NULL);
	n = *s >= 'E' && *s <= 'W' ? level_length(s, &level) : 0;
	/* "Error while …" goes on with a text; "Error [Shell Unattend] …" is a record that was quoted */
	return n && s[n + strspn(s + n, " \t")] == '[';
}

/* The level by its first letter, for a line whose time begins() has seen: most lines of gigabytes end here. */
static enum log_level
quick_level(const char *s, size_t len)
{
	if (!has_columns(s, len))
		return LOG_LEVEL_NONE;
	switch (s[AT_LEVEL]) {
	case 'I':
	case 'P':
		return LOG_LEVEL_INFO;
	case 'W':
		return LOG_LEVEL_WARNING;
	case 'E':
		return LOG_LEVEL_ERROR;
	case 'F':
		return LOG_LEVEL_FATAL;
	default:
		return LOG_LEVEL_NONE;
	}
}

static bool
is_blank(const char *s, size_t n)
{
	return strspn(s, " ") >= n;
}

/* Whether `p`, which follows the level of `line`, is a component of `n` letters in its own column. */
static bool
is_aligned(const char *line, const char *p, size_t n)
{
	return p == line + AT_COMPONENT && n <= AT_MESSAGE - 1 - AT_COMPONENT &&
	       is_blank(p + n, (size_t)(line + AT_MESSAGE - (p + n))) && line[AT_MESSAGE];
}

static const char *
parse_component(const char *line, const char *p, struct log_record *r)
{
	size_t n = strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
	bool is = false;

	if (n == 0 || (p[n] != ' ' && p[n] != '\t'))
		return p;
	for (size_t i = 0; i < ARRAY_SIZE(components); i++)
		is |= strlen(components[i]) == n && strncmp(p, components[i], n) == 0;
	if (!is && !is_aligned(line, p, n))
		return p;
	log_set_component(r, p, n);
	/* further blanks belong to the message where there are columns */
	return is_aligned(line, p, n) ? line + AT_MESSAGE : p + n + strspn(p + n, " \t");
}

static const char *
parse_id(const char *p, struct log_record *r)
{
	if (strncmp(p, "[0x", 3) != 0 || strspn(p + 3, "0123456789abcdefABCDEF") != 6 ||
	    p[ID_LENGTH - 1] != ']')
		return p;
	r->id = (uint32_t)strtoul(p + 1, NULL, 16);
	return p + ID_LENGTH + strspn(p + ID_LENGTH, " \t");
}

/* "SYSPRP 983152 (0xf0070) RunDlls:…" */
static const char *
parse_portal(const char *line, const char *p, struct log_record *r)
{
	const char *message = parse_component(line, p, r), *at;
	size_t n;

	at = message + strspn(message, "0123456789");
	if (at == message || strncmp(at, " (0x", 4) != 0)
		return message;
	n = strspn(at + 4, "0123456789abcdefABCDEF");
	if (n == 0 || n > 8 || at[4 + n] != ')')
		return message;
	r->id = (uint32_t)strtoul(at + 2, NULL, 16);
	at += 5 + n;
	return at + strspn(at, " ");
}

static const char *
parse(const char *line, struct log_state *state, struct log_record *r)
{
	size_t n = log_stamp(line, time_form, r);
	const char *p = line + n;

	(void)state;
	if (!n && (n = portal_stamp(line, r)) > 0)
		return parse_portal(line, line + n, r);
	if (n && (*p == ',' || *p == ':'))
		p++;
	p += strspn(p, " ");
	n = level_length(p, &r->level);
	if (!n)
		return p;
	p += n + strspn(p + n, " \t");
	p = parse_id(p, r);
	/* deeper than its column, a message is indented */
	if (p > line + AT_MESSAGE && is_blank(line + AT_COMPONENT, AT_MESSAGE - AT_COMPONENT))
		return line + AT_MESSAGE;
	return parse_component(line, p, r);
}

const struct log_grammar log_grammar_panther = {
	.zone = LOG_ZONE_LOCAL,
	.begins = begins,
	.level = quick_level,
	.parse = parse,
};
