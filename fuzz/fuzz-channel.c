/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a worker that a volume has taken over can send to the keeper.  Nothing may come of it outside of the one folder and the one file
 * that this run was allowed, nothing reaches the target, and a list of changes that passes lies inside its partition.
 *
 * The input: flags (1: the target is a folder, 2: no commit is allowed, 4: no output), then messages, each with its length in 16 bits.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "block/hold.h"
#include "block/partition.h"
#include "fuzz/fuzz.h"
#include "keeper/keeper-private.h"
#include "keeper/request.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/io.h"

#define MESSAGES  12
#define DISK	  (UINT64_C(1) << 20)
#define OFFSET	  (UINT64_C(64) << 10)
#define LENGTH	  (UINT64_C(512) << 10)
#define ROOM	  (1 << 20) /* of the socket: all messages and their answers */
#define TOOL_ASKS 4	    /* in request.h: it would start a program */

/* A folder of this process: "in" is what the keeper may know, beside it nothing may appear. */
static char *scratch;

static void
remove_scratch(void)
{
	rmdir(scratch);
}

static void
make_scratch(void)
{
	const char *dir = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : getenv("TMPDIR");

	scratch = xasprintf("%s/fuzz-channel.XXXXXX", dir ? dir : "/tmp");
	FUZZ_ASSERT(mkdtemp(scratch));
	atexit(remove_scratch);
}

/* Removes what is in the folder and counts it. */
static unsigned
empty_folder(int dirfd)
{
	DIR *d = fdopendir(dirfd);
	unsigned n = 0;

	FUZZ_ASSERT(d);
	for (const struct dirent *e = readdir(d); e; e = readdir(d)) {
		int sub;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		n++;
		sub = openat(dirfd, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub >= 0)
			empty_folder(sub);
		FUZZ_ASSERT(unlinkat(dirfd, e->d_name, sub >= 0 ? AT_REMOVEDIR : 0) == 0);
	}
	closedir(d);
	return n;
}

/* What a keeper would take from a list of changes is where it may be. */
static void
list_of_changes(const uint8_t *p, size_t len)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_MESSAGE struct message m = { xmemdup(p, len), len, len, 0, false };
	CLEANUP_CHANGES struct changes c = CHANGES_INIT;
	int got = request_get_changes(&m, &c, &err);

	fuzz_expect(got, &err);
	if (got < 0 || changes_check(&c, &err) < 0)
		return;
	for (size_t i = 0; i < c.record_count; i++)
		for (size_t k = 0; k < i && c.records[i].kind == RECORD_SECTORS; k++)
			FUZZ_ASSERT(c.records[i].phase != c.records[k].phase ||
				    c.records[i].offset >=
					    c.records[k].offset + c.records[k].after_len ||
				    c.records[k].offset >=
					    c.records[i].offset + c.records[i].after_len);
	changes_sectors(&c);
}

/* All messages into the socket; the other end will find its end behind them. */
static void
send_all(int fd, const uint8_t *data, size_t size)
{
	struct reader r = reader_over(data, size);

	for (int i = 0; i < MESSAGES && r.left > 2; i++) {
		size_t len = reader_u16(&r);
		struct message m = { 0 };

		if (len > r.left)
			len = r.left;
		m.data = xmemdup(reader_take(&r, len), len);
		m.len = len;
		if (len >= 8 && get_u64(m.data) == ASK_COMMIT)
			list_of_changes(m.data + 8, len - 8);
		if (len < 8 || get_u64(m.data) != ASK_TOOL)
			FUZZ_ASSERT(channel_send(fd, &m));
		free(m.data);
	}
	shutdown(fd, SHUT_WR);
}

static void
read_answers(int fd)
{
	CLEANUP_MESSAGE struct message a = { 0 };

	while (channel_receive(fd, &a, NULL, NULL)) {
		CLEANUP_ERROR struct error err = ERROR_INIT;

		fuzz_expect(message_get_error(&a, &err), &err);
		FUZZ_ASSERT(!a.bad);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_FREE char *folder = NULL;
	CLEANUP_FREE char *file = NULL;
	CLEANUP_FREE char *journals = NULL;
	struct partition one = { .number = 1, .offset = OFFSET, .len = LENGTH, .present = LENGTH };
	struct partitions table = { &one, 1, "gpt", { 0 }, 512 };
	struct hold hold = { .kind = HOLD_IMAGE, .fd = -1, .size = DISK, .sector_size = 512 };
	struct server s = { .hold = &hold, .partitions = &table, .output = OUTPUT_INIT };
	int ends[2], room = ROOM, dirfd;

	if (!scratch)
		make_scratch();
	if (size < 1)
		return 0;
	folder = xasprintf("%s/folder", scratch);
	file = xasprintf("%s/file", scratch);
	journals = xasprintf("%s/journals", scratch);
	hold.path = xasprintf("%s/target", scratch); /* which is not there */
	hold.kind = data[0] & 1 ? HOLD_DIRECTORY : HOLD_IMAGE;
	s.options = (struct keeper_options){ .may_commit = !(data[0] & 2),
					     .journal_dir = journals,
					     .out_file = data[0] & 4 ? NULL : file,
					     .out_folder = data[0] & 4 ? NULL : folder };
	FUZZ_ASSERT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	for (int i = 0; i < 2; i++)
		setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
	s.fd = ends[0];
	send_all(ends[1], data + 1, size - 1);
	server_run(&s);
	output_clear(&s.output);
	close(ends[0]);
	read_answers(ends[1]);
	close(ends[1]);
	FUZZ_ASSERT(!s.committed && !s.finished && !s.journal);
	FUZZ_ASSERT(access(hold.path, F_OK) < 0);
	free(hold.path);
	dirfd = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	FUZZ_ASSERT(dirfd >= 0);
	if (data[0] & 4)
		FUZZ_ASSERT(access(file, F_OK) < 0 && access(folder, F_OK) < 0);
	FUZZ_ASSERT(empty_folder(dirfd) <= 3);
	return 0;
}
