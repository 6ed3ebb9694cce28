/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Harmless names; see file-name.h.  What Windows makes of a name: Microsoft, "Naming Files, Paths, and Namespaces"; CONIN$ and CONOUT$:
 * "CreateFileW", Consoles; superscript digits are digits behind COM and LPT.
 */
#include <stdint.h>
#include <string.h>

#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/file-name.h"
#include "util/text.h"
#include "util/utf16.h"

#define EXTENSION_MOST 16u

static bool
is_bad(int32_t c)
{
	if (c < 0 || text_is_harmful(c))
		return true;
	if (c < 0x80)
		return strchr("/\\:*?\"<>|", (int)c) != NULL;
	/* of no width: two names would look the same */
	return c == 0xad || c == 0x180e || (c >= 0x200b && c <= 0x200d) ||
	       (c >= 0x2060 && c <= 0x2065) || (c >= 0xfff9 && c <= 0xfffb) ||
	       (c >= 0xe0000 && c <= 0xe007f);
}

/* "com7", "LPT¹" */
static bool
is_port(const char *name)
{
	static const char *const digits[] = { "0", "1", "2", "3", "4", "5", "6",
					      "7", "8", "9", "¹", "²", "³" };

	if (!name_starts_with(name, "COM") && !name_starts_with(name, "LPT"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(digits); i++)
		if (strcmp(name + 3, digits[i]) == 0)
			return true;
	return false;
}

/* A device is one with any extension, and with blanks before it. */
static bool
is_device(const char *name)
{
	static const char *const devices[] = { "CON",	 "PRN",	    "AUX",   "NUL",
					       "CONIN$", "CONOUT$", "CLOCK$" };
	CLEANUP_FREE char *base = xstrndup(name, strcspn(name, "."));

	for (size_t n = strlen(base); n > 0 && base[n - 1] == ' '; n--)
		base[n - 1] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		if (name_equal(base, devices[i]))
			return true;
	return is_port(base);
}

/* The length of the extension with its dot, 0 without one worth keeping. */
static size_t
extension_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && dot != name && strlen(dot) <= EXTENSION_MOST ? strlen(dot) : 0;
}

/* What stands before the extension, `more`, and the extension, in FILE_NAME_MOST bytes. */
static char *
fit(const char *name, const char *more)
{
	size_t n = strlen(name), extension = extension_of(name), stem = n - extension;
	size_t room = FILE_NAME_MOST - extension - strlen(more);

	if (stem > room) {
		stem = room;
		/* not within a character */
		while (stem > 0 && ((unsigned char)name[stem] & 0xc0) == 0x80)
			stem--;
	}
	return xasprintf("%.*s%s%s", (int)stem, name, more, name + n - extension);
}

char *
file_name_plain(const char *name, size_t n)
{
	CLEANUP_TEXT struct text out = TEXT_INIT;
	CLEANUP_FREE char *whole = NULL;
	char *plain;

	for (size_t i = 0, len; i < n; i += len) {
		if (is_bad(text_decode(name + i, n - i, &len)))
			text_add(&out, "_");
		else
			text_add_n(&out, name + i, len);
	}
	whole = xasprintf("%s%s", !out.len || is_device(out.ptr) ? "_" : "", text_str(&out));
	plain = fit(whole, "");
	for (size_t i = strlen(plain); i > 0 && (plain[i - 1] == '.' || plain[i - 1] == ' '); i--)
		plain[i - 1] = '_';
	return plain;
}

bool
file_name_is_plain(const char *name, size_t n)
{
	CLEANUP_FREE char *plain = file_name_plain(name, n);

	return strlen(plain) == n && memcmp(plain, name, n) == 0;
}

char *
file_name_numbered(const char *plain, unsigned number)
{
	CLEANUP_FREE char *more = xasprintf("~%u", number);

	return fit(plain, more);
}
