/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disks from /sys/block (Linux: Documentation/ABI/stable/sysfs-block). */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "session/disks.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/io.h"

#define SYS_BLOCK "/sys/block"

/* A one-line attribute without blanks around it, or NULL. */
static char *
attribute(const char *disk, const char *name)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	CLEANUP_FREE char *path = xasprintf(SYS_BLOCK "/%s/%s", disk, name);
	char *text = io_read_file(path, 4096, NULL, &ignored);
	size_t n, skip;

	if (!text)
		return NULL;
	n = strlen(text);
	while (n && strchr(" \n\t", text[n - 1]))
		text[--n] = '\0';
	skip = strspn(text, " \t");
	memmove(text, text + skip, n - skip + 1);
	if (!*text) {
		free(text);
		return NULL;
	}
	return text;
}

/* AWS writes the volume id without its dash into the NVMe serial: vol0123… is vol-0123…. */
static char *
serial_of(const char *disk)
{
	char *serial = attribute(disk, "device/serial");
	char *dashed;

	if (!serial)
		serial = attribute(disk, "serial");
	if (!serial || strncmp(serial, "vol", 3) != 0 || serial[3] == '-')
		return serial;
	dashed = xasprintf("vol-%s", serial + 3);
	free(serial);
	return dashed;
}

static int
is_disk(const struct dirent *e)
{
	static const char *const others[] = { ".", "ram", "zram", "sr", "fd", "nbd" };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strncmp(e->d_name, others[i], strlen(others[i])) == 0)
			return strcmp(others[i], "nbd") == 0; /* an unconnected one has size 0 */
	return 1;
}

int
disks_list(struct disks *ret, struct error *err)
{
	struct dirent **names = NULL;
	int n = scandir(SYS_BLOCK, &names, is_disk, alphasort);

	*ret = (struct disks){ 0 };
	if (n < 0)
		return error_sys(err, errno, "cannot list the disks in " SYS_BLOCK);
	for (int i = 0; i < n; i++) {
		CLEANUP_FREE char *size = attribute(names[i]->d_name, "size");
		uint64_t sectors = size ? strtoull(size, NULL, 10) : 0;
		struct disk *d;

		if (sectors) {
			ARRAY_GROW(ret->list, ret->count);
			d = &ret->list[ret->count++];
			*d = (struct disk){ .path = xasprintf("/dev/%s", names[i]->d_name),
					    .serial = serial_of(names[i]->d_name),
					    .model = attribute(names[i]->d_name, "device/model"),
					    .size = sectors * 512 };
			/* the kernel writes "/" in a name (cciss) as "!" */
			for (char *c = d->path; *c; c++)
				if (*c == '!')
					*c = '/';
		}
		free(names[i]);
	}
	free(names);
	return 0;
}

void
disks_clear(struct disks *d)
{
	for (size_t i = 0; i < d->count; i++) {
		free(d->list[i].path);
		free(d->list[i].serial);
		free(d->list[i].model);
	}
	free(d->list);
	*d = (struct disks){ 0 };
}
