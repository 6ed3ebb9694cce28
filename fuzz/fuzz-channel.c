/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a worker that a volume has taken over can send to the keeper.  Nothing may come of it outside of the target's partition or
 * folder, the journals, and the one folder and the one file that this run was allowed.
 *
 * The input: flags (1: the target is a folder, 2: no commit is allowed, 4: no output, 8: the output file is an archive), then messages, each with its length in 16 bits.
 *
 * The target is a file of zeros with one partition, or a folder with a file of zeros and links that lead out of it, to a file that must
 * stay as it is.
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

/* A folder of this process; what the target may not be left for lies in it too. */
static char *scratch;
static int scratch_fd = -1;

static const char canary[] = "not to be changed";

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
	scratch_fd = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	FUZZ_ASSERT(scratch_fd >= 0);
	atexit(remove_scratch);
}

static void
make_file(const char *name, const void *p, size_t len, off_t size)
{
	CLEANUP_FD int fd = openat(scratch_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	FUZZ_ASSERT(fd >= 0 && io_pwrite_full(fd, p, len, 0) == 0 && ftruncate(fd, size) == 0);
}

/* The target, open for reading, and what must not be touched. */
static int
make_target(bool folder)
{
	make_file("canary", canary, sizeof canary, sizeof canary);
	if (!folder) {
		make_file("target", "", 0, DISK);
		return openat(scratch_fd, "target", O_RDONLY | O_CLOEXEC);
	}
	FUZZ_ASSERT(mkdirat(scratch_fd, "target", 0700) == 0);
	make_file("target/file", "", 0, 8192);
	FUZZ_ASSERT(symlinkat("../canary", scratch_fd, "target/link") == 0 &&
		    symlinkat("..", scratch_fd, "target/up") == 0);
	return openat(scratch_fd, "target", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void
all_zeros(int fd, uint64_t from, uint64_t to)
{
	static uint8_t buf[64u << 10];

	for (uint64_t at = from; at < to; at += sizeof buf) {
		size_t len = to - at < sizeof buf ? (size_t)(to - at) : sizeof buf;

		FUZZ_ASSERT(io_pread_full(fd, buf, len, at) == (ssize_t)len);
		for (size_t i = 0; i < len; i++)
			FUZZ_ASSERT(buf[i] == 0);
	}
}

/* The disk around its partition, and the file beside the folder. */
static void
nothing_else_changed(int fd, bool folder)
{
	CLEANUP_FD int other = openat(scratch_fd, "canary", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char now[sizeof canary + 1];

	FUZZ_ASSERT(other >= 0 && io_pread_full(other, now, sizeof now, 0) == sizeof canary &&
		    memcmp(now, canary, sizeof canary) == 0);
	if (folder)
		return;
	all_zeros(fd, 0, OFFSET);
	all_zeros(fd, OFFSET + LENGTH, DISK);
}

/* Removes what is in the folder and counts it. */
static unsigned
empty_folder(int dirfd)
{
	DIR *d = fdopendir(dirfd);
	unsigned n = 0;

	FUZZ_ASSERT(d);
	rewinddir(d); /* the position is shared with whoever duplicated the descriptor */
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
	struct target_identity id;
	int got;

	/* of which the keeper knows itself who it is about */
	message_get(&m, &id, sizeof id);
	got = request_get_changes(&m, &c, &err);
	c.identity = id;
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
		if (len >= 8 && get_u64(m.data) == ASK_JOURNAL_ADD)
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
	struct hold hold = { .kind = HOLD_IMAGE, .size = DISK, .sector_size = 512 };
	struct server s = { .hold = &hold, .partitions = &table, .output = OUTPUT_INIT };
	struct stat st;
	int ends[2], room = ROOM;

	if (!scratch)
		make_scratch();
	if (size < 1)
		return 0;
	folder = xasprintf("%s/folder", scratch);
	file = xasprintf("%s/file", scratch);
	journals = xasprintf("%s/journals", scratch);
	hold.path = xasprintf("%s/target", scratch);
	hold.kind = data[0] & 1 ? HOLD_DIRECTORY : HOLD_IMAGE;
	hold.fd = make_target(data[0] & 1);
	hold.exclusive = true;
	s.options = (struct keeper_options){ .may_commit = !(data[0] & 2),
					     .journal_dir = journals,
					     .out_file = (data[0] & 12) == 8 ? file : NULL,
					     .out_folder = data[0] & 12 ? NULL : folder };
	FUZZ_ASSERT(hold.fd >= 0 && fstat(hold.fd, &st) == 0);
	hold.modified = st.st_mtim;
	hold.changed = st.st_ctim;
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
	FUZZ_ASSERT(!(s.committed && data[0] & 2) && (s.committed || !s.journal));
	free(s.journal);
	nothing_else_changed(hold.fd, data[0] & 1);
	close(hold.fd);
	free(hold.path);
	if (data[0] & 4)
		FUZZ_ASSERT(access(file, F_OK) < 0 && access(folder, F_OK) < 0);
	/* canary and target, and at most the journals, the file and the folder */
	FUZZ_ASSERT(empty_folder(dup(scratch_fd)) <= 5);
	return 0;
}
