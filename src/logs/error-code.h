/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Windows' error codes in words: what a 32-bit value means, in every family in which it means something, and what is wrapped in it.
 *
 * Nothing here allocates, and all strings are static.
 */
#ifndef RESPREP_LOGS_ERROR_CODE_H
#define RESPREP_LOGS_ERROR_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "logs/error-table.h"

/* How a meaning comes from the value that was asked for. */
enum error_relation {
	ERROR_ITSELF,
	ERROR_INSIDE, /* the value wraps this one: 0x80070003 the Win32 error 3, 0xD0000034 an NTSTATUS */
	ERROR_LOW_HALF, /* the value is no Win32 error, but the low half of this one: Sysprep's "dwRet = 0x975" of 0x800F0975 */
};

struct error_hit {
	uint32_t value; /* of the meaning, which is not the one asked for when it is inside */
	enum error_family family;
	enum error_relation relation;
	const char *name;   /* "ERROR_PATH_NOT_FOUND", or NULL: not known */
	const char *text;   /* a sentence, or NULL */
	const char *note;   /* what it means when Sysprep, Setup or servicing say it, or NULL */
	const char *source; /* where name and text are from */
	bool uncertain;
};
#define ERROR_HITS_MOST 12 /* no value of the table has more */

/* What `code` means, the most likely first: the number of `hits` filled, at most `most`.  0: it is not in the table. */
size_t error_code_lookup(uint32_t code, struct error_hit *hits, size_t most);

/* How a value is put together, whether or not it is in the table. */
struct error_form {
	const char *
		kind; /* "HRESULT", "NTSTATUS", "HRESULT with an NTSTATUS inside", "SetupAPI error", "Setup's extend code", "number" */
	const char *
		severity; /* "failure", "success", "warning", "information"; NULL of the last two */
	unsigned facility;	   /* 0 without a severity */
	const char *facility_name; /* "WIN32" without "FACILITY_", or NULL: not known */
	const char *
		area; /* what has codes of this kind, in words ("activation (Software Protection)"), or NULL */
	uint32_t low; /* the code within its facility */
};
void error_code_form(uint32_t code, struct error_form *ret);

/*
 * Setup's extend code, as in "0xC1900101 - 0x4001C": the phase and the operation at which it failed, or false when `code` is none
 * (Microsoft Learn: Windows upgrade error codes).
 */
bool error_code_extend(uint32_t code, const char **phase, const char **operation);

const char *error_family_text(enum error_family family); /* "Win32", "HRESULT", … */

/* What the code means in one sentence, or NULL when it is not in the table. */
const char *error_code_text(uint32_t code);

/* Its name, as 0x80070003 is ERROR_PATH_NOT_FOUND; or NULL. */
const char *error_code_symbol(uint32_t code);

#endif
