/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Block devices as Linux shows them: /sys/dev/block/MAJ:MIN is a device's folder; in it are folders of
 * its partitions, "holders" (what is built on it) and "slaves" (what it is built on); a loop device
 * has loop/backing_file.  (Linux: Documentation/ABI/stable/sysfs-block, proc(5).)
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include "block/host-private.h"
#include "block/host.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/io.h"

#define DEPTH	   8 /* of devices built on devices */
#define LIST_LIMIT (4u << 20)

/* A set of device numbers. */
struct devices {
	dev_t *list;
	size_t count;
};

static bool
has(const struct devices *d, dev_t dev)
{
	for (size_t i = 0; i < d->count; i++)
		if (d->list[i] == dev)
			return true;
	return false;
}

char *
host_read_text(const char *path)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;

	return io_read_file(path, LIST_LIMIT, NULL, &ignored);
}

char *
host_folder_of(dev_t dev)
{
	return xasprintf("/sys/dev/block/%u:%u", major(dev), minor(dev));
}

/* "8:1" as a device number, or 0. */
static dev_t
parse_number(const char *text)
{
	char *end;
	unsigned long a = strtoul(text, &end, 10), b;

	if (end == text || *end != ':')
		return 0;
	text = end + 1;
	b = strtoul(text, &end, 10);
	return end == text ? 0 : makedev((unsigned)a, (unsigned)b);
}

/* The number in FOLDER/dev, or 0. */
dev_t
host_number_in(const char *folder)
{
	CLEANUP_FREE char *path = xasprintf("%s/dev", folder);
	CLEANUP_FREE char *text = host_read_text(path);

	return text ? parse_number(text) : 0;
}

static void gather(struct devices *d, dev_t dev, const char *direction, int depth);

/* Every device in FOLDER/NAME/ (holders or slaves). */
static void
gather_linked(struct devices *d, const char *folder, const char *name, int depth)
{
	CLEANUP_FREE char *path = xasprintf("%s/%s", folder, name);
	DIR *dir = opendir(path);

	for (const struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
		CLEANUP_FREE char *entry = NULL;
		dev_t dev;

		if (e->d_name[0] == '.')
			continue;
		entry = xasprintf("%s/%s", path, e->d_name);
		dev = host_number_in(entry);
		if (dev)
			gather(d, dev, name, depth + 1);
	}
	if (dir)
		closedir(dir);
}

static void
gather_partitions(struct devices *d, const char *folder, const char *direction, int depth)
{
	DIR *dir = opendir(folder);

	for (const struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
		CLEANUP_FREE char *entry = xasprintf("%s/%s", folder, e->d_name);
		CLEANUP_FREE char *mark = xasprintf("%s/partition", entry);
		dev_t dev;

		if (e->d_name[0] == '.' || access(mark, F_OK) < 0)
			continue;
		dev = host_number_in(entry);
		if (dev)
			gather(d, dev, direction, depth + 1);
	}
	if (dir)
		closedir(dir);
}

/* The disk of a partition, or 0. */
static dev_t
disk_of(const char *folder)
{
	CLEANUP_FREE char *mark = xasprintf("%s/partition", folder);
	CLEANUP_FREE char *real = NULL;
	char *slash;

	if (access(mark, F_OK) < 0)
		return 0;
	real = realpath(folder, NULL);
	slash = real ? strrchr(real, '/') : NULL;
	if (!slash)
		return 0;
	*slash = '\0';
	return host_number_in(real);
}

/* The device whose file system holds a loop device's backing file, or 0. */
static dev_t
below_loop(const char *folder)
{
	CLEANUP_FREE char *path = xasprintf("%s/loop/backing_file", folder);
	CLEANUP_FREE char *file = host_read_text(path);
	struct stat st;

	if (!file)
		return 0;
	file[strcspn(file, "\n")] = '\0';
	return stat(file, &st) == 0 ? st.st_dev : 0;
}

/* `dev` and all that is built on it ("holders"), or all that it is built on ("slaves"). */
static void
gather(struct devices *d, dev_t dev, const char *direction, int depth)
{
	CLEANUP_FREE char *folder = host_folder_of(dev);
	dev_t below;

	if (depth > DEPTH || has(d, dev))
		return;
	ARRAY_GROW(d->list, d->count);
	d->list[d->count++] = dev;
	gather_linked(d, folder, direction, depth);
	if (strcmp(direction, "holders") == 0) {
		gather_partitions(d, folder, direction, depth);
		return;
	}
	below = disk_of(folder);
	if (below)
		gather(d, below, direction, depth + 1);
	below = below_loop(folder);
	if (below)
		gather(d, below, direction, depth + 1);
}

void
host_unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

static char *
device_name(dev_t dev)
{
	CLEANUP_FREE char *folder = host_folder_of(dev);
	CLEANUP_FREE char *real = realpath(folder, NULL);
	const char *slash = real ? strrchr(real, '/') : NULL;

	return slash ? xasprintf("/dev/%s", slash + 1) :
		       xasprintf("device %u:%u", major(dev), minor(dev));
}

#define MOUNTS "/proc/self/mountinfo"

/* A line of it (proc(5)), with its escapes undone. */
struct mount {
	dev_t dev;
	const char *where;
	const char *source; /* NULL: no path */
};

/* "36 35 98:0 /in-it /where options tags - type source options"; there may be any number of tags, and no blank is in a field. */
static bool
parse_mount(char *line, struct mount *m)
{
	char *dash = strstr(line, " - "), *save = NULL, *where = NULL, *source;
	int field = 0;

	*m = (struct mount){ 0 };
	if (!dash)
		return false;
	*dash = '\0';
	for (char *w = strtok_r(line, " ", &save); w; w = strtok_r(NULL, " ", &save), field++) {
		if (field == 2)
			m->dev = parse_number(w);
		if (field == 4)
			where = w;
	}
	strtok_r(dash + 3, " ", &save);
	source = strtok_r(NULL, " ", &save);
	if (!where)
		return false;
	host_unescape(where);
	m->where = where;
	if (source && source[0] == '/') {
		host_unescape(source);
		m->source = source;
	}
	return true;
}

/* The next line of the table at *at, which may be NULL. */
static bool
next_mount(char **at, struct mount *m)
{
	for (char *line = strsep(at, "\n"); line; line = strsep(at, "\n"))
		if (parse_mount(line, m))
			return true;
	return false;
}

/* Its own device, or, for FUSE (ntfs-3g), that of its source. */
static dev_t
mount_device(const struct mount *m)
{
	struct stat st;

	return major(m->dev) == 0 && m->source && stat(m->source, &st) == 0 && S_ISBLK(st.st_mode) ?
		       st.st_rdev :
		       m->dev;
}

static char *
mounted_among(const struct devices *d, char **ret_device)
{
	CLEANUP_FREE char *table = host_read_text(MOUNTS);
	char *at = table;
	struct mount m;

	while (next_mount(&at, &m)) {
		dev_t dev = mount_device(&m);

		if (dev && has(d, dev)) {
			*ret_device = device_name(dev);
			return xstrdup(m.where);
		}
	}
	return NULL;
}

char *
host_mounted_image(const struct stat *image, dev_t *ret_dev)
{
	CLEANUP_FREE char *table = host_read_text(MOUNTS);
	char *at = table;
	struct mount m;

	while (next_mount(&at, &m)) {
		struct stat st;

		if (!m.source || stat(m.source, &st) < 0 || st.st_dev != image->st_dev ||
		    st.st_ino != image->st_ino)
			continue;
		if (ret_dev)
			*ret_dev = m.dev;
		return xstrdup(m.where);
	}
	return NULL;
}

char *
host_mount_source(dev_t dev)
{
	CLEANUP_FREE char *table = host_read_text(MOUNTS);
	char *at = table;
	struct mount m;

	while (next_mount(&at, &m))
		if (m.dev == dev && m.source)
			return xstrdup(m.source);
	return NULL;
}

static char *
swap_among(const struct devices *d, char **ret_device)
{
	CLEANUP_FREE char *table = host_read_text("/proc/swaps");
	char *save = NULL;
	struct stat st;

	if (!table)
		return NULL;
	for (char *line = strtok_r(table, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		line[strcspn(line, " \t")] = '\0';
		host_unescape(line);
		if (line[0] == '/' && stat(line, &st) == 0 && S_ISBLK(st.st_mode) &&
		    has(d, st.st_rdev)) {
			*ret_device = xstrdup(line);
			return xstrdup("used as swap");
		}
	}
	return NULL;
}

char *
host_mounted(dev_t dev, char **ret_device)
{
	struct devices d = { 0 };
	char *where;

	*ret_device = NULL;
	gather(&d, dev, "holders", 0);
	where = mounted_among(&d, ret_device);
	if (!where)
		where = swap_among(&d, ret_device);
	free(d.list);
	return where;
}

char *
host_mount_in_doubt(void)
{
	CLEANUP_FREE char *mounts = host_read_text(MOUNTS);

	return mounts ? NULL : xstrdup("/proc is not mounted here (mount -t proc proc /proc)");
}

bool
host_on_disk(dev_t folder, dev_t disk)
{
	CLEANUP_FREE char *path = host_folder_of(disk);
	struct devices below = { 0 };
	dev_t whole = disk_of(path);
	bool found;

	gather(&below, folder, "slaves", 0);
	found = has(&below, disk) || (whole && has(&below, whole));
	free(below.list);
	return found;
}

bool
host_on_image(dev_t folder, const struct stat *image)
{
	struct devices below = { 0 };
	struct host_loops loops;
	dev_t mount = 0;
	CLEANUP_FREE char *where = host_mounted_image(image, &mount);
	bool found = where && mount == folder;

	if (found)
		return true;
	gather(&below, folder, "slaves", 0);
	host_loops_read(&loops);
	for (size_t i = 0; i < loops.count && !found; i++)
		found = host_loop_backs_on(&loops.list[i], image->st_dev, image->st_ino) &&
			has(&below, loops.list[i].dev);
	host_loops_free(&loops);
	free(below.list);
	return found;
}

char *
host_device_shared(dev_t dev)
{
	struct devices below = { 0 };
	struct host_loops loops;
	char *found = NULL;

	gather(&below, dev, "slaves", 0);
	host_loops_read(&loops);
	for (size_t i = 0; i < loops.count && !found; i++)
		if (has(&below, loops.list[i].dev))
			found = host_loop_shared(&loops, &loops.list[i]);
	host_loops_free(&loops);
	free(below.list);
	return found;
}

void
host_flush_partitions(dev_t disk)
{
	CLEANUP_FREE char *given = host_folder_of(disk);
	dev_t whole = disk_of(given);
	CLEANUP_FREE char *folder = host_folder_of(whole ? whole : disk);
	DIR *dir = opendir(folder);

	for (const struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
		CLEANUP_FREE char *mark = xasprintf("%s/%s/partition", folder, e->d_name);
		CLEANUP_FREE char *node = xasprintf("/dev/%s", e->d_name);
		CLEANUP_FD int fd = -1;

		if (e->d_name[0] == '.' || access(mark, F_OK) < 0)
			continue;
		fd = open(node, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd >= 0)
			ioctl(fd, BLKFLSBUF, 0);
	}
	if (dir)
		closedir(dir);
}
