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
	for (const char *p = strstr(message, "(0x"); p; p = strstr(p + 1, "(0x")) {
		size_t n = strspn(p + 3, "0123456789abcdefABCDEF");

		if (n < 1 || n > 8 || p[3 + n] != ')')
			continue;
		*ret = (uint32_t)strtoul(p + 1, NULL, 16);
		return 0;
	}
	return -1;
}
