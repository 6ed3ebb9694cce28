/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the fuzz targets share. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "util/error.h"
#include "util/io.h"

void
fuzz_broken(const char *file, int line, const char *what, const char *more)
{
	fprintf(stderr, "%s:%d: does not hold: %s%s%s\n", file, line, what, *more ? ": " : "",
		more);
	abort();
}

struct fuzz_dice
fuzz_dice_from(const uint8_t *data, size_t size)
{
	struct fuzz_dice d = { UINT64_C(0xcbf29ce484222325) };

	for (size_t i = 0; i < size; i++)
		d.state = (d.state ^ data[i]) * UINT64_C(0x100000001b3);
	return d;
}

uint32_t
fuzz_dice_roll(struct fuzz_dice *d, uint32_t sides)
{
	d->state = d->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(d->state >> 33) % sides;
}

void
fuzz_expect(int got, struct error *err)
{
	FUZZ_ASSERT((got < 0) == (err->code != ERR_NONE));
	FUZZ_ASSERT(err->code == ERR_NONE || (err->message && *err->message));
	error_clear(err);
}

int
fuzz_file(const uint8_t *data, size_t size, const char **ret_path)
{
	static int fd = -1;
	static char path[64];

	if (fd < 0) {
		fd = memfd_create("fuzz", MFD_CLOEXEC);
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	}
	FUZZ_ASSERT(fd >= 0 && ftruncate(fd, 0) == 0 && io_pwrite_full(fd, data, size, 0) == 0);
	if (ret_path)
		*ret_path = path;
	return fd;
}
