/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole target through SHA-256. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "block/hold.h"
#include "keeper/proof.h"
#include "util/alloc.h"
#include "util/beneath.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/interrupt.h"
#include "util/io.h"

#define CHUNK (4u << 20)

/* A descriptor of what the user named, and its size for progress. */
static int
open_target(const struct hold *h, uint64_t *ret_size, struct error *err)
{
	CLEANUP_FD int fd = -1;
	struct stat st;

	if (h->kind == HOLD_DIRECTORY && !h->file)
		return error_set(
			err, ERR_UNSUPPORTED,
			"'%s' is a folder: the driver of its file system may write at any time, and no SHA-256 of "
			"files would show it; name the disk or image that is mounted there",
			h->path);
	fd = h->file ? beneath_open(h->fd, h->file, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0) :
		       fcntl(h->fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_sys(err, errno, "cannot open '%s' for its SHA-256", h->path);
	*ret_size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : h->size;
	return steal_fd(&fd);
}

int
proof_hash(const struct hold *h, proof_progress *tell, uint8_t digest[SHA256_SIZE],
	   struct error *err)
{
	CLEANUP_FREE uint8_t *buf = xmalloc(CHUNK);
	uint64_t at = 0, size = 0;
	CLEANUP_FD int fd = open_target(h, &size, err);
	struct sha256 *sum;
	ssize_t n = 1;
	int got = 0;

	if (fd < 0)
		return -1;
	sum = sha256_new();
	/* to its end, wherever that is by now: a target that has grown is another one */
	while (n > 0 && got == 0) {
		if (tell)
			tell(at < size ? at : size, size);
		n = io_pread_full(fd, buf, CHUNK, at);
		if (n < 0) {
			got = error_sys(err, errno,
					"cannot read '%s' at %" PRIu64 " for its SHA-256", h->path,
					at);
			break;
		}
		sha256_add(sum, buf, (size_t)n);
		/* read once: what others have in memory is worth more */
		posix_fadvise(fd, (off_t)at, (off_t)n, POSIX_FADV_DONTNEED);
		at += (uint64_t)n;
		got = interrupt_check(err);
	}
	sha256_done(sum, digest);
	return got;
}
