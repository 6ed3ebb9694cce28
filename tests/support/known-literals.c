/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints what the matcher of known failures looks for in logs, one literal a line: for `make bench`, which gives them to another program. */
#include <stdio.h>

#include "logs/known-table.h"
#include "logs/known.h"

int
main(void)
{
	for (size_t i = 0; i < KNOWN_COUNT; i++) {
		const struct known_failure *k = known_entry(i);

		for (size_t s = 0; s < KNOWN_SIGNATURES && k->signatures[s].literal; s++)
			if (!k->signatures[s].dialog)
				puts(k->signatures[s].literal);
	}
	return 0;
}
