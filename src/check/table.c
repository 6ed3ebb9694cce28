/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of checks, made from list.h. */
#include <string.h>

#include "check/checks.h"

const struct check *const check_table[] = {
#define CHECK(name) &check_##name,
#include "check/list.h"
#undef CHECK
};
const size_t check_table_size = sizeof check_table / sizeof check_table[0];

const struct check *
check_find(const char *id)
{
	for (size_t i = 0; i < check_table_size; i++)
		if (strcmp(check_table[i]->id, id) == 0)
			return check_table[i];
	return NULL;
}
