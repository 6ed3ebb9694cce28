/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Registry data as one line for people. */
#include <inttypes.h>

#include "report/report.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/text.h"
#include "util/utf16.h"

#define SHOWN_BYTES 32
#define SHOWN_TEXT  200

/* Winnt.h's names for the types that a repair meets. */
static const char *const type_names[] = { "REG_NONE",	"REG_SZ",      "REG_EXPAND_SZ",
					  "REG_BINARY", "REG_DWORD",   "REG_DWORD_BIG_ENDIAN",
					  "REG_LINK",	"REG_MULTI_SZ" };

static char *
string_text(const char *type, const uint8_t *data, size_t len)
{
	CLEANUP_FREE char *text = utf16_to_text(data, len, NULL);

	return xasprintf("%s \"%.*s%s\"", type, SHOWN_TEXT, text,
			 strlen(text) > SHOWN_TEXT ? "..." : "");
}

char *
change_data_text(bool there, uint32_t type, const uint8_t *data, size_t len)
{
	CLEANUP_FREE char *name = NULL;
	CLEANUP_FREE char *hex = NULL;

	if (!there)
		return xstrdup("absent");
	name = type < ARRAY_SIZE(type_names) ? xstrdup(type_names[type]) :
	       type == 11		     ? xstrdup("REG_QWORD") :
					       xasprintf("type 0x%" PRIx32, type);
	if (type == 4 && len == 4)
		return xasprintf("%s %" PRIu32, name, get_u32(data));
	if (type == 11 && len == 8)
		return xasprintf("%s %" PRIu64, name, get_u64(data));
	if (type == 1 || type == 2)
		return string_text(name, data, len);
	hex = text_hex(data, len > SHOWN_BYTES ? SHOWN_BYTES : len);
	return xasprintf("%s %zu bytes %s%s", name, len, hex, len > SHOWN_BYTES ? "..." : "");
}

/* Winlogon's value is a password in clear text (Microsoft: "Turn on automatic logon in Windows"). */
static bool
is_secret(const struct change *c)
{
	return c->key && c->name && name_ends_with(c->key, "CurrentVersion\\Winlogon") &&
	       name_equal(c->name, "DefaultPassword");
}

char *
change_side_text(const struct change *c, bool after)
{
	bool there = after ? c->has : c->had;

	if (there && is_secret(c))
		return xstrdup("********");
	return after ? change_data_text(there, c->type_after, c->after, c->len_after) :
		       change_data_text(there, c->type_before, c->before, c->len_before);
}
