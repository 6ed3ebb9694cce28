/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Running a packaged NTFS tool: found in the system's folders only, with an environment of our own, three descriptors, limits, a
 * deadline, and nowhere to write.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
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

#define BOOT_ARGUMENT "/proc/self/fd/5"		   /* TOOL_FD_BOOT */
#define PRELOAD_NAME  "LD_PRELOAD=/proc/self/fd/6" /* TOOL_FD_PRELOAD */

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
	/* the whole MFT is read: minutes on a cold volume; -b: a cluster that is listed as bad is accounted for */
	[TOOL_ACCOUNT] = { "ntfsresize",
			   { "-f", "-i", "-b", "--no-progress-bar", BOOT_ARGUMENT },
			   1800 },
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

/* The object to be loaded, or -1 and whether it is only that it cannot be trusted. */
static int
find_preload(int *ret, bool *ret_found, struct error *err)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	self[n > 0 ? n : 0] = '\0';
	return tool_preload_open(self, PKGLIBDIR, ret, ret_found, err);
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

/* Root without privileges: all that it needs is open, or everybody's to read. */
static void
drop_capabilities(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	/* stops at the first that this kernel does not know; refused to whoever is not root, and has none */
	for (unsigned long c = 0; prctl(PR_CAPBSET_DROP, c, 0, 0, 0) == 0; c++)
		;
	if (syscall(SYS_capset, &head, none) < 0)
		_exit(126);
}

/* What a tool finds open. */
struct tool_fds {
	int base, delta, boot, preload, out;
};

static void run_child(enum tool tool, const char *program, struct tool_fds f)
	__attribute__((noreturn));

static void
run_child(enum tool tool, const char *program, struct tool_fds f)
{
	char *environment[] = { (char *)(uintptr_t)PRELOAD_NAME, (char *)(uintptr_t) "LC_ALL=C",
				NULL };
	const char *arguments[8] = { tools[tool].program };
	int nothing = open("/dev/null", O_RDWR);

	for (size_t i = 0; i < ARRAY_SIZE(tools[tool].arguments); i++)
		arguments[i + 1] = tools[tool].arguments[i];
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	f.base = move_up(f.base);
	f.delta = move_up(f.delta);
	f.boot = move_up(f.boot);
	f.preload = move_up(f.preload);
	f.out = move_up(f.out);
	place_fd(nothing, STDIN_FILENO);
	place_fd(f.out, STDOUT_FILENO);
	place_fd(f.out, STDERR_FILENO);
	place_fd(f.base, TOOL_FD_BASE);
	place_fd(f.delta, TOOL_FD_DELTA);
	place_fd(f.boot, TOOL_FD_BOOT);
	place_fd(f.preload, TOOL_FD_PRELOAD);
	syscall(SYS_close_range, TOOL_FD_PRELOAD + 1, ~0u, 0);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_AS, TOOL_MEMORY);
	limit(RLIMIT_FSIZE, TOOL_FILE_MAX);
	limit(RLIMIT_CPU, tools[tool].seconds);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) {
		const char *const readable[] = { "/usr",      "/lib",  "/lib64",
						 "/bin",      "/sbin", "/etc/ld.so.cache",
						 "/etc/mtab", "/proc", NULL };

		landlock_restrict(readable, true);
	}
	drop_capabilities();
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
find_missing(const char *name, const char *program, int preload, bool found, struct tool_result *r)
{
	if (!program)
		snprintf(r->missing, sizeof r->missing,
			 "%s is not installed here (package ntfs-3g)", name);
	else if (access("/proc/self/fd", X_OK) < 0)
		snprintf(r->missing, sizeof r->missing,
			 "%s cannot run, because /proc is not mounted here", name);
	else if (preload < 0)
		snprintf(r->missing, sizeof r->missing,
			 "%s cannot run, because resprep's own part %s %s", name, TOOL_PRELOAD,
			 found ? "lies where others may write" : "is not installed");
	return !*r->missing;
}

int
tool_run_on(enum tool tool, int base, int delta, const void *boot_bytes, size_t boot_len,
	    struct tool_result *ret, struct error *err)
{
	CLEANUP_FREE char *program = find_program(tools[tool].program);
	CLEANUP_FD int boot = -1;
	CLEANUP_FD int preload = -1;
	bool untrusted = false;
	int ends[2], got;
	pid_t child;

	*ret = (struct tool_result){ .exit_code = -1 };
	if (boot_len > TOOL_BOOT_MAX)
		return error_set(err, ERR_LIMIT, "too many changed pages for a tool");
	boot = memory_file("boot", boot_bytes, boot_len, err);
	if (boot < 0 || find_preload(&preload, &untrusted, err) < 0)
		return -1;
	ret->found = find_missing(tools[tool].program, program, preload, untrusted, ret);
	if (!ret->found)
		return 0;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_sys(err, errno, "cannot make a pipe");
	child = fork();
	if (child == 0)
		run_child(tool, program, (struct tool_fds){ base, delta, boot, preload, ends[1] });
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
