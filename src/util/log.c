/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notes for developers, when RESPREP_DEBUG asks for them. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/text.h"

static int
wanted(const char *folder)
{
	const char *list = getenv("RESPREP_DEBUG");

	if (!list)
		return 0;
	if (strcmp(list, "all") == 0)
		return 1;
	while (*list) {
		size_t n = strcspn(list, ",");

		if (n == strlen(folder) && strncmp(list, folder, n) == 0)
			return 1;
		list += n + (list[n] == ',');
	}
	return 0;
}

void
log_debug(const char *folder, const char *fmt, ...)
{
	CLEANUP_FREE char *line = NULL;
	CLEANUP_FREE char *safe = NULL;
	va_list ap;

	if (!wanted(folder))
		return;
	va_start(ap, fmt);
	line = xvasprintf(fmt, ap);
	va_end(ap);
	safe = text_escape(line, false);
	fprintf(stderr, "[%s] %s\n", folder, safe);
}
