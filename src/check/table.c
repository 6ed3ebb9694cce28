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

const char *const check_also_image[] = { GROUP_IMAGE, NULL };

static bool
is_listed(const char *const *list, const char *word)
{
	for (; list && *list; list++)
		if (strcmp(*list, word) == 0)
			return true;
	return false;
}

bool
check_in_group(const struct check *c, const char *group)
{
	return strcmp(c->group, group) == 0 || is_listed(c->also, group);
}

bool
check_group_exists(const char *group)
{
	for (size_t i = 0; i < check_table_size; i++)
		if (check_in_group(check_table[i], group))
			return true;
	return false;
}

bool
check_hinders(const struct check *c, const char *problem)
{
	return is_listed(c->hinders, problem);
}
