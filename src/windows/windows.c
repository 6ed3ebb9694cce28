/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding an installation on a volume. */
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "volume/volume.h"
#include "windows/windows.h"

int
windows_find(struct volume *v, char ***ret, size_t *ret_count, struct error *err)
{
	CLEANUP_DIR_LIST struct dir_list list = { 0 };

	*ret = NULL;
	*ret_count = 0;
	if (volume_list(v, "/", &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++) {
		CLEANUP_FREE char *hive = xasprintf("/%s/System32/config/SYSTEM",
						    list.list[i].name);

		if (list.list[i].type != FILE_DIRECTORY || !volume_exists(v, hive))
			continue;
		ARRAY_GROW(*ret, *ret_count);
		(*ret)[(*ret_count)++] = xasprintf("/%s", list.list[i].name);
	}
	return 0;
}

void
windows_roots_free(char **roots, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(roots[i]);
	free(roots);
}
