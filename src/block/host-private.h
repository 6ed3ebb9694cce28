/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files host*.c share. */
#ifndef RESPREP_BLOCK_HOST_PRIVATE_H
#define RESPREP_BLOCK_HOST_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A file of /proc or /sys whole, the caller's; NULL when it cannot be read. */
char *host_read_text(const char *path);
/* A device's folder in /sys; the caller's. */
char *host_folder_of(dev_t dev);
/* The number in FOLDER/dev, or 0. */
dev_t host_number_in(const char *folder);

/* A loop device that is set up. */
struct host_loop {
	char *name; /* "/dev/loop3" */
	dev_t dev;
	dev_t file_dev; /* its backing file */
	ino_t file_ino;
	bool known; /* whether that could be told */
	bool read_only;
	uint64_t offset, limit; /* bytes of the file; 0: to its end */
};

struct host_loops {
	struct host_loop *list;
	size_t count;
	bool incomplete; /* there may be others */
};

void host_loops_read(struct host_loops *ret);
void host_loops_free(struct host_loops *l);

bool host_loop_backs_on(const struct host_loop *l, dev_t dev, ino_t ino);

/* What else uses bytes of the loop device's backing file: as host_device_shared(). */
char *host_loop_shared(const struct host_loops *all, const struct host_loop *own);

#endif
