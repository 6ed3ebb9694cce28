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
	CLEANUP_ERROR struct error first = ERROR_INIT;

	*ret = NULL;
	*ret_count = 0;
	if (volume_list(v, "/", &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++) {
		CLEANUP_FREE char *hive = xasprintf("/%s/System32/config/SYSTEM",
						    list.list[i].name);

		CLEANUP_ERROR struct error problem = ERROR_INIT;
		struct file_stat st;

		if (list.list[i].type != FILE_DIRECTORY)
			continue;
		if (volume_stat(v, hive, &st, &problem) < 0) {
			/* a junction on the way is no Windows folder; damage is not the same as absence */
			if (problem.code != ERR_NOT_FOUND && problem.code != ERR_UNSUPPORTED &&
			    first.code == ERR_NONE)
				error_move(&first, &problem);
			continue;
		}
		ARRAY_GROW(*ret, *ret_count);
		(*ret)[(*ret_count)++] = xasprintf("/%s", list.list[i].name);
	}
	if (*ret_count == 0 && first.code != ERR_NONE) {
		error_move(err, &first);
		return -1;
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
