/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The codes that failed Sysprep runs leave in logs (Microsoft: [MS-ERREF]). */
#include <stdlib.h>
#include <string.h>

#include "logs/error-code.h"
#include "util/alloc.h"

static const struct {
	uint32_t code;
	const char *text;
} codes[] = {
	{ 0x80070002, "the system cannot find the file" },
	{ 0x80070003, "the system cannot find the path" },
	{ 0x80070005, "access is denied" },
	{ 0x8007001f, "a device, or the machine's setup state, does not work as it should" },
	{ 0x80070020, "the file is in use by another program" },
	{ 0x80070490, "element not found" },
};

const char *
error_code_text(uint32_t code)
{
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (codes[i].code == code)
			return codes[i].text;
	return NULL;
}

int
error_code_find(const char *message, uint32_t *ret)
{
	const char *p = strstr(message, "(0x");
	char *end;

	if (!p)
		return -1;
	*ret = (uint32_t)strtoul(p + 1, &end, 16);
	return *end == ')' ? 0 : -1;
}
