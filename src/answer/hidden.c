/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passwords that are only encoded; see hidden.h. */
#include <string.h>

#include "answer/hidden.h"
#include "util/alloc.h"
#include "util/base64.h"
#include "util/cleanup.h"
#include "util/utf16.h"

char *
hidden_encode(const char *password, const char *element)
{
	CLEANUP_FREE char *both = xasprintf("%s%s", password, element);
	size_t n;
	CLEANUP_FREE uint8_t *wide = utf16_from_text(both, &n);

	return base64_encode(wide, n);
}

bool
hidden_is(const char *value, const char *element)
{
	size_t n, name;
	CLEANUP_FREE uint8_t *wide = base64_decode(value, &n);
	CLEANUP_FREE uint8_t *end = utf16_from_text(element, &name);

	return wide && n % 2 == 0 && n >= name && memcmp(wide + n - name, end, name) == 0;
}
