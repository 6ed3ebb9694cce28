/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Landlock, seccomp and limits for a process that reads what an attacker may have written. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <seccomp.h>

#include "util/alloc.h"
#include "util/landlock.h"
#include "util/sandbox.h"

const char sandbox_instrumented[] = "this build is instrumented";

/* A hive of 2 GiB and its copies; a bound of what a hostile volume can make us take. */
#define MEMORY_LIMIT (UINT64_C(16) << 30)

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

#ifndef SANITIZED
/* Computing, and reading what is open. */
static const int free_calls[] = {
	SCMP_SYS(brk),		 SCMP_SYS(munmap),	 SCMP_SYS(mremap),
	SCMP_SYS(madvise),	 SCMP_SYS(exit),	 SCMP_SYS(exit_group),
	SCMP_SYS(close),	 SCMP_SYS(fstat),	 SCMP_SYS(lseek),
	SCMP_SYS(futex),	 SCMP_SYS(getpid),	 SCMP_SYS(gettid),
	SCMP_SYS(getrandom),	 SCMP_SYS(time),	 SCMP_SYS(gettimeofday),
	SCMP_SYS(clock_gettime), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigaction),	 SCMP_SYS(read),	 SCMP_SYS(pread64),
	SCMP_SYS(readv),	 SCMP_SYS(preadv),	 SCMP_SYS(recvfrom),
	SCMP_SYS(sendto),	 SCMP_SYS(getuid),	 SCMP_SYS(geteuid),
	SCMP_SYS(getgid),	 SCMP_SYS(getegid),	 SCMP_SYS(sysinfo),
	SCMP_SYS(getrusage),	 SCMP_SYS(sched_yield),	 SCMP_SYS(restart_syscall),
	SCMP_SYS(fadvise64),	 SCMP_SYS(uname),	 SCMP_SYS(sigaltstack),
	SCMP_SYS(dup),		 SCMP_SYS(poll),	 SCMP_SYS(ppoll),
};

/* Of folders; Landlock decides what there is to see. */
static const int folder_calls[] = {
	SCMP_SYS(getdents64), SCMP_SYS(newfstatat), SCMP_SYS(statx),
	SCMP_SYS(readlinkat), SCMP_SYS(fstatfs),    SCMP_SYS(fgetxattr),
};

/* What libraries try on their way, and can do without. */
static const int refused[] = { SCMP_SYS(readlink), SCMP_SYS(access),	SCMP_SYS(stat),
			       SCMP_SYS(lstat),	   SCMP_SYS(faccessat), SCMP_SYS(getcwd),
			       SCMP_SYS(prlimit64) };

static int
allow_all(scmp_filter_ctx f, uint32_t action, const int *calls, size_t count)
{
	int bad = 0;

	for (size_t i = 0; !bad && i < count; i++)
		bad = seccomp_rule_add(f, action, calls[i], 0);
	return bad;
}

/* An opening for reading: where there are folders Landlock decides, else it is refused; for writing: the end. */
static int
allow_open(scmp_filter_ctx f, bool folders)
{
	const uint32_t action = folders ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EACCES);
	const uint64_t writing = O_ACCMODE | O_CREAT | O_TRUNC;
	int bad = seccomp_rule_add(f, action, SCMP_SYS(openat), 1,
				   SCMP_A2(SCMP_CMP_MASKED_EQ, writing, O_RDONLY));

	if (!bad)
		bad = seccomp_rule_add(f, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(open), 1,
				       SCMP_A1(SCMP_CMP_MASKED_EQ, writing, O_RDONLY));
	/*
	 * Its flags are behind a pointer, where no filter sees them, and Landlock before Linux 6.2 lets O_TRUNC pass: it is not there, and
	 * util/beneath.c does without.
	 */
	return bad ? bad : seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(openat2), 0);
}

/* Calls of which one argument decides. */
static int
allow_some(scmp_filter_ctx f, const int *scratch, size_t scratch_count)
{
	static const int fcntls[] = { F_DUPFD_CLOEXEC, F_GETFL, F_GETFD, F_SETFD };
	int bad = 0;

	for (size_t i = 0; !bad && i < ARRAY_SIZE(fcntls); i++)
		bad = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
				       SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)fcntls[i]));
	for (int fd = STDOUT_FILENO; !bad && fd <= STDERR_FILENO; fd++)
		bad = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(write), 1,
				       SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)fd));
	for (size_t i = 0; !bad && i < scratch_count; i++)
		bad = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(pwrite64), 1,
				       SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)scratch[i]));
	return bad ||
	       seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
				SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) ||
	       seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
				SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) ||
	       /* whether the output is a terminal */
	       seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				SCMP_A1(SCMP_CMP_EQ, TCGETS)) ||
	       seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 1,
				SCMP_A1(SCMP_CMP_NE, TCGETS)) ||
	       /* abort() */
	       seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
				SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
}

static bool
filter_calls(bool folders, const int *scratch, size_t scratch_count)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	bool bad = !f;

	bad = bad || allow_all(f, SCMP_ACT_ALLOW, free_calls, ARRAY_SIZE(free_calls)) ||
	      allow_all(f, folders ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EACCES), folder_calls,
			ARRAY_SIZE(folder_calls)) ||
	      allow_all(f, SCMP_ACT_ERRNO(EACCES), refused, ARRAY_SIZE(refused)) ||
	      allow_open(f, folders) || allow_some(f, scratch, scratch_count) || seccomp_load(f);
	seccomp_release(f);
	return !bad;
}

const char *
sandbox_enter(const int *folders, size_t count, const int *scratch, size_t scratch_count)
{
	const struct rlimit none = { 0, 0 }, memory = { MEMORY_LIMIT, MEMORY_LIMIT };
	bool landlock, seccomp;

	setrlimit(RLIMIT_CORE, &none);
	setrlimit(RLIMIT_AS, &memory);
	prctl(PR_SET_DUMPABLE, 0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return "this kernel takes no locks";
	landlock = landlock_restrict_to(folders, count);
	seccomp = filter_calls(count > 0, scratch, scratch_count);
	return landlock && seccomp ? NULL :
	       landlock		   ? "this kernel has no seccomp filters" :
	       seccomp		   ? "this kernel has no Landlock" :
				     "this kernel has neither Landlock nor seccomp filters";
}
#else
const char *
sandbox_enter(const int *folders, size_t count, const int *scratch, size_t scratch_count)
{
	(void)folders;
	(void)count;
	(void)scratch;
	(void)scratch_count;
	return sandbox_instrumented;
}
#endif
