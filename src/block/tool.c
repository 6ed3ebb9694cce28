/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Running a packaged NTFS tool: found in the system's folders only, with an environment of our own, three descriptors, limits, a
 * deadline, and nowhere to write.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "block/tool-delta.h"
#include "block/tool-private.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/interrupt.h"
#include "util/io.h"
#include "util/landlock.h"

#define BOOT_ARGUMENT "/proc/self/fd/5" /* TOOL_FD_BOOT */
#define PRELOAD	      "resprep-overlay.so"

#define TOOL_MEMORY (UINT64_C(2) << 30)

#define TOOL_BOOT_MAX (1u << 20) /* the first bytes of a volume are 8 KiB */

static const struct {
	const char *program;
	const char *arguments[6];
	unsigned seconds;
} tools[TOOL_COUNT] = {
	[TOOL_RECOVER] = { "ntfsrecover", { "-s", BOOT_ARGUMENT }, 120 },
	/* a log of version 2.0, which Windows 8 and later leave: -k says that its fast restart data may go */
	[TOOL_RECOVER_2] = { "ntfsrecover", { "-k", "-s", BOOT_ARGUMENT }, 120 },
	/* the whole MFT is read: minutes on a cold volume */
	[TOOL_ACCOUNT] = { "ntfsresize", { "-f", "-i", "--no-progress-bar", BOOT_ARGUMENT }, 1800 },
};

static const char *const folders[] = { "/usr/sbin", "/usr/bin",	       "/sbin",
				       "/bin",	    "/usr/local/sbin", "/usr/local/bin" };

static char *
find_program(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		CLEANUP_FREE char *path = xasprintf("%s/%s", folders[i], name);

		if (access(path, X_OK) == 0)
			return steal(&path);
	}
	return NULL;
}

/* In the build folder of a program that is not installed (or of its tests), or where it is installed; never anywhere else. */
static char *
find_preload(void)
{
	static const char *const ends[] = { "/tests/support/", "/tests/unit/", "/" };
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	CLEANUP_FREE char *path = NULL;

	self[n > 0 ? n : 0] = '\0';
	if (strrchr(self, '/'))
		strrchr(self, '/')[1] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		size_t len = strlen(self), end = strlen(ends[i]);

		if (len < end || strcmp(self + len - end, ends[i]) != 0)
			continue;
		self[len - end] = '\0';
		path = xasprintf("%s/src/%s", self, PRELOAD);
		if (access(path, R_OK) == 0)
			return steal(&path);
		free(path);
		break;
	}
	path = xasprintf("%s/%s", PKGLIBDIR, PRELOAD);
	return access(path, R_OK) == 0 ? steal(&path) : NULL;
}

static void
limit(int what, uint64_t most)
{
	struct rlimit l = { (rlim_t)most, (rlim_t)most };

	setrlimit((__rlimit_resource_t)what, &l);
}

/* `from` as descriptor `to`, open across exec; the sources were moved above all of these first. */
static void
place_fd(int from, int to)
{
	if (dup2(from, to) < 0)
		_exit(126);
}

static int
move_up(int fd)
{
	int high = fcntl(fd, F_DUPFD, 16);

	if (high < 0)
		_exit(126);
	return high;
}

static void run_child(enum tool tool, const char *program, const char *preload, int base, int delta,
		      int boot, int out) __attribute__((noreturn));

static void
run_child(enum tool tool, const char *program, const char *preload, int base, int delta, int boot,
	  int out)
{
	CLEANUP_FREE char *variable = xasprintf("LD_PRELOAD=%s", preload);
	char *environment[] = { variable, (char *)(uintptr_t) "LC_ALL=C", NULL };
	const char *arguments[8] = { tools[tool].program };
	CLEANUP_FREE char *folder = xstrdup(preload);
	int nothing = open("/dev/null", O_RDWR);

	for (size_t i = 0; i < ARRAY_SIZE(tools[tool].arguments); i++)
		arguments[i + 1] = tools[tool].arguments[i];
	*strrchr(folder, '/') = '\0';
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	base = move_up(base);
	delta = move_up(delta);
	boot = move_up(boot);
	out = move_up(out);
	place_fd(nothing, STDIN_FILENO);
	place_fd(out, STDOUT_FILENO);
	place_fd(out, STDERR_FILENO);
	place_fd(base, TOOL_FD_BASE);
	place_fd(delta, TOOL_FD_DELTA);
	place_fd(boot, TOOL_FD_BOOT);
	syscall(SYS_close_range, TOOL_FD_BOOT + 1, ~0u, 0);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_AS, TOOL_MEMORY);
	limit(RLIMIT_FSIZE, TOOL_FILE_MAX);
	limit(RLIMIT_CPU, tools[tool].seconds);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) {
		const char *const readable[] = { "/usr",      "/lib",  "/lib64",
						 "/bin",      "/sbin", "/etc/ld.so.cache",
						 "/etc/mtab", "/proc", folder,
						 NULL };

		landlock_restrict(readable, true);
	}
	execve(program, (char **)(uintptr_t)arguments, environment);
	_exit(127);
}

/* Keeps the end of what comes through the pipe. */
static void
keep_output(struct tool_result *r, const char *text, size_t n)
{
	size_t room = sizeof r->output - 1, have = strlen(r->output);

	if (n > room) {
		text += n - room;
		n = room;
	}
	if (have + n > room) {
		size_t drop = have + n - room;

		memmove(r->output, r->output + drop, have - drop);
		have -= drop;
	}
	memcpy(r->output + have, text, n);
	r->output[have + n] = '\0';
}

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* One look at the output, for at most `wait` ms: false at its end. */
static bool
read_some(int in, int wait, struct tool_result *r)
{
	struct pollfd p = { .fd = in, .events = POLLIN };
	char buf[4096];
	ssize_t n;

	if (poll(&p, 1, wait) <= 0)
		return true;
	n = read(in, buf, sizeof buf);
	if (n < 0 && errno == EINTR)
		return true;
	if (n <= 0)
		return false;
	for (ssize_t i = 0; i < n; i++)
		if (buf[i] == '\0')
			buf[i] = ' ';
	keep_output(r, buf, (size_t)n);
	return true;
}

int
tool_attend(pid_t child, int in, int64_t milliseconds, struct tool_result *r, struct error *err)
{
	int64_t deadline = now_ms() + milliseconds;
	bool open = true;
	int status = 0, got = 0;
	pid_t ended = 0;

	while (!ended) {
		int64_t left = deadline - now_ms();
		int wait = left > 200 ? 200 : left > 0 ? (int)left : 0;

		got = interrupt_check(err);
		r->timed_out = left <= 0;
		if (got < 0 || r->timed_out)
			break;
		if (open)
			open = read_some(in, wait, r);
		else
			/* it says nothing any more, and is not gone */
			poll(NULL, 0, wait > 10 ? 10 : wait);
		if (!open)
			ended = waitpid(child, &status, WNOHANG);
		if (ended < 0)
			ended = errno == EINTR ? 0 : -1;
	}
	close(in);
	if (!ended) {
		kill(child, SIGKILL);
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
	}
	r->exit_code = ended > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	return got;
}

/* `bytes` as a memory file; the caller's. */
static int
memory_file(const char *name, const void *bytes, size_t len, struct error *err)
{
	CLEANUP_FD int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd < 0 || io_pwrite_full(fd, bytes, len, 0) < 0)
		return error_sys(err, errno, "cannot make a memory file");
	return steal_fd(&fd);
}

/* What the tool says of its work in the head of the pages. */
static int
read_head(int delta, struct tool_result *r, struct error *err)
{
	struct tool_head head;
	struct stat st;

	if (fstat(delta, &st) < 0 || st.st_size < (off_t)TOOL_RECORD ||
	    (uint64_t)st.st_size > TOOL_FILE_MAX)
		return error_set(err, ERR_CORRUPT, "the tool left no pages");
	if (io_pread_full(delta, &head, sizeof head, 0) != (ssize_t)sizeof head)
		return error_sys(err, errno, "cannot read the pages that a tool left");
	r->opened = head.opened == 1;
	return 0;
}

/* The pages as the tool left them. */
static int
read_back(int delta, struct tool_job *job, struct error *err)
{
	struct stat st;

	if (fstat(delta, &st) < 0)
		return error_sys(err, errno, "cannot look at a memory file");
	free(job->pages);
	job->len = (size_t)st.st_size;
	job->pages = xmalloc(job->len);
	if (io_pread_full(delta, job->pages, job->len, 0) != (ssize_t)job->len)
		return error_sys(err, errno, "cannot read a memory file");
	return 0;
}

/* Whether all is there; else what is not, in words. */
static bool
find_missing(const char *name, const char *program, const char *preload, struct tool_result *r)
{
	if (!program)
		snprintf(r->missing, sizeof r->missing,
			 "%s is not installed here (package ntfs-3g)", name);
	else if (access("/proc/self/fd", X_OK) < 0)
		snprintf(r->missing, sizeof r->missing,
			 "%s cannot run, because /proc is not mounted here", name);
	else if (!preload)
		snprintf(r->missing, sizeof r->missing,
			 "%s cannot run, because resprep's own part %s is not installed", name,
			 PRELOAD);
	return !*r->missing;
}

int
tool_run_on(enum tool tool, int base, int delta, const void *boot_bytes, size_t boot_len,
	    struct tool_result *ret, struct error *err)
{
	CLEANUP_FREE char *program = find_program(tools[tool].program);
	CLEANUP_FREE char *preload = find_preload();
	CLEANUP_FD int boot = -1;
	int ends[2], got;
	pid_t child;

	*ret = (struct tool_result){ .exit_code = -1 };
	if (boot_len > TOOL_BOOT_MAX)
		return error_set(err, ERR_LIMIT, "too many changed pages for a tool");
	boot = memory_file("boot", boot_bytes, boot_len, err);
	if (boot < 0)
		return -1;
	ret->found = find_missing(tools[tool].program, program, preload, ret);
	if (!ret->found)
		return 0;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_sys(err, errno, "cannot make a pipe");
	child = fork();
	if (child == 0)
		run_child(tool, program, preload, base, delta, boot, ends[1]);
	close(ends[1]);
	if (child < 0) {
		close(ends[0]);
		return error_sys(err, errno, "cannot start '%s'", program);
	}
	got = tool_attend(child, ends[0], (int64_t)tools[tool].seconds * 1000, ret, err);
	return got < 0 ? -1 : read_head(delta, ret, err);
}

int
tool_run(enum tool tool, int base, struct tool_job *job, struct tool_result *ret, struct error *err)
{
	CLEANUP_FD int delta = -1;

	*ret = (struct tool_result){ .exit_code = -1 };
	if (job->len > TOOL_FILE_MAX)
		return error_set(err, ERR_LIMIT, "too many changed pages for a tool");
	delta = memory_file("pages", job->pages, job->len, err);
	if (delta < 0 || tool_run_on(tool, base, delta, job->boot, job->boot_len, ret, err) < 0)
		return -1;
	return ret->found ? read_back(delta, job, err) : 0;
}
