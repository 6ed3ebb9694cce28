/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hivex, the only file that knows it: one structural edit on a private copy, in a forked child.
 *
 * hivex asserts on what it does not expect and can be driven out of bounds, so it never shares our memory:
 * the image goes in by one memfd and comes out by another, both opened through /proc/self/fd.  A child that
 * dies is an error here.  The image is checked before and after.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hivex.h>

#include "registry/hive-private.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/io.h"

#define CPU_SECONDS 60

/* ---- in the child ---- */

static int
apply(hive_h *hx, const struct hive_op *op)
{
	hive_node_h node = (hive_node_h)op->key + HIVE_BASE;

	switch (op->kind) {
	case HIVE_OP_SET_VALUE: {
		char *name = xstrdup(op->name);
		hive_set_value v = { .key = name,
				     .t = (hive_type)op->type,
				     .len = op->len,
				     .value = xmemdup(op->data, op->len) };
		int got = hivex_node_set_value(hx, node, &v, 0);

		free(name);
		free(v.value);
		return got;
	}
	case HIVE_OP_DELETE_KEY:
		return hivex_node_delete_child(hx, node);
	case HIVE_OP_CREATE_KEY:
		errno = 0;
		return hivex_node_add_child(hx, node, op->name) ? 0 : -1;
	}
	return -1;
}

static void
child(int in, int out, int words, const struct hive_op *op)
{
	const struct rlimit cpu = { CPU_SECONDS, CPU_SECONDS }, core = { 0, 0 };
	int null = open("/dev/null", O_WRONLY);
	char in_path[64], out_path[64], text[256];
	const char *step = "open";
	hive_h *hx;

	setrlimit(RLIMIT_CPU, &cpu);
	setrlimit(RLIMIT_CORE, &core);
	signal(SIGINT, SIG_IGN);
	if (null >= 0)
		dup2(null, STDERR_FILENO); /* an assertion's text is not for the user */
	unsetenv("HIVEX_DEBUG");
	snprintf(in_path, sizeof in_path, "/proc/self/fd/%d", in);
	snprintf(out_path, sizeof out_path, "/proc/self/fd/%d", out);
	hx = hivex_open(in_path, HIVEX_OPEN_WRITE);
	if (hx) {
		step = "edit";
		if (apply(hx, op) == 0) {
			step = "write";
			if (hivex_commit(hx, out_path, 0) == 0) {
				hivex_close(
					hx); /* or valgrind's child would end with another code */
				_exit(0);
			}
		}
	}
	snprintf(text, sizeof text, "%s: %s", step, strerror(errno));
	if (write(words, text, strlen(text)) < 0)
		_exit(2);
	_exit(1);
}

/* ---- in the parent ---- */

static int
image_out(const struct hive *h, int *ret, struct error *err)
{
	CLEANUP_FD int fd = memfd_create("hive", MFD_CLOEXEC);

	if (fd < 0 || io_pwrite_full(fd, h->image, (size_t)h->image_size, 0) < 0)
		return error_sys(err, errno, "%s: no memory for a private copy", h->name);
	*ret = steal_fd(&fd);
	return 0;
}

static int
image_in(struct hive *h, int fd, struct error *err)
{
	struct stat st;
	uint8_t *p;
	int got;

	if (fstat(fd, &st) < 0 || st.st_size == 0)
		return error_set(err, ERR_INTERNAL, "%s: hivex wrote nothing", h->name);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return error_sys(err, errno, "%s: cannot read what hivex wrote", h->name);
	got = hive_swap_image(h, p, (uint64_t)st.st_size, err);
	munmap(p, (size_t)st.st_size);
	return got;
}

static int
wait_for(const struct hive *h, pid_t pid, int words, struct error *err)
{
	char text[256] = "";
	ssize_t n = read(words, text, sizeof text - 1);
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return error_sys(err, errno, "%s: cannot wait for hivex", h->name);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFSIGNALED(status))
		return error_set(err, ERR_CORRUPT,
				 "%s: hivex could not edit the hive (it ended with signal %d: %s)",
				 h->name, WTERMSIG(status), strsignal(WTERMSIG(status)));
	return error_set(err, ERR_CORRUPT, "%s: hivex could not edit the hive (%s)", h->name,
			 n > 0 ? text : "no reason given");
}

static int
run_in_child(struct hive *h, const struct hive_op *op, int in, int out, struct error *err)
{
	CLEANUP_FD int reader = -1;
	CLEANUP_FD int writer = -1;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_sys(err, errno, "%s: cannot start hivex", h->name);
	reader = ends[0];
	writer = ends[1];
	fflush(NULL); /* nothing buffered may come out twice */
	pid = fork();
	if (pid < 0)
		return error_sys(err, errno, "%s: cannot start hivex", h->name);
	if (pid == 0)
		child(in, out, writer, op);
	close(steal_fd(&writer));
	return wait_for(h, pid, reader, err);
}

int
hive_child_run(struct hive *h, const struct hive_op *op, struct error *err)
{
	CLEANUP_FD int in = -1;
	CLEANUP_FD int out = memfd_create("hive-edited", MFD_CLOEXEC);

	if (out < 0)
		return error_sys(err, errno, "%s: no memory for a private copy", h->name);
	if (hive_need_all(h, err) < 0 || hive_check(h, err) < 0 || image_out(h, &in, err) < 0)
		return -1;
	if (run_in_child(h, op, in, out, err) < 0 || image_in(h, out, err) < 0 ||
	    hive_check(h, err) < 0) {
		h->broken = true;
		return -1;
	}
	return 0;
}
