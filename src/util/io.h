/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole reads and writes at an offset, and files on the rescue host. */
#ifndef RESPREP_UTIL_IO_H
#define RESPREP_UTIL_IO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct error;

/* Up to `len` bytes at `offset`; fewer only at the end of the file.  Count, or -1 with errno. */
ssize_t io_pread_full(int fd, void *buf, size_t len, uint64_t offset);
/* All `len` bytes, or -1 with errno (a short write without errno gives EIO). */
int io_pwrite_full(int fd, const void *buf, size_t len, uint64_t offset);
int io_write_full(int fd, const void *buf, size_t len);

/* The whole of a host file, at most `limit` bytes, NUL behind it; the caller's. */
char *io_read_file(const char *path, size_t limit, size_t *ret_len, struct error *err);

/* Writes a new file `name` (mode 0600) in the folder open as `dirfd`, fsyncs it.  Removes it on failure. */
int io_write_new(int dirfd, const char *name, const void *p, size_t n, struct error *err);
/* The same for a first piece, `at` 0; another goes behind the end of the file, which must be at `at`. */
int io_write_piece(int dirfd, const char *name, uint64_t at, const void *p, size_t n,
		   struct error *err);

/* An open folder, for io_write_new(); the caller's. */
int io_open_dir(const char *path, struct error *err);
/*
 * The folder at which `path` ends, or would once io_make_dirs() has made what is missing: walked name by name as the kernel
 * does, links followed, so "absent/../folder" is what it will be.  `made_in` (or NULL) is called for each folder in which one would be made;
 * anything but 0 ends the walk.  *ret_fd is the last folder on the way that is there (O_PATH, the caller's).  0, what `made_in` gave, or -1.
 */
typedef int io_made_in(void *ctx, int dirfd, struct error *err);
int io_walk(const char *path, io_made_in *made_in, void *ctx, int *ret_fd, struct error *err);

/* mkdir -p with mode 0700 for what is made; the names of new folders are flushed. */
int io_make_dirs(const char *path, struct error *err);

/* fsync of the folder `dirfd`. */
int io_sync_dir(int dirfd, const char *name, struct error *err);
/* The same of the folder that `path` lies in: its name lasts then. */
int io_sync_folder_of(const char *path, struct error *err);

#endif
