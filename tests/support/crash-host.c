/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Calls that die, lose power or fail; crash-host.h has the model.
 *
 * The files themselves always hold what a running system would see.  Beside each that was changed stands a
 * shadow: its bytes on the medium, and what was done to it since.  A power cut makes the file from its shadow.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "tests/support/crash-host.h"
#include "util/alloc.h"
#include "util/cleanup.h"

#define SECTOR 512u

/* clang-format off: one line a call */
int __real_access(const char *path, int mode);
int __real_fstat(int fd, struct stat *st);
int __real_fsync(int fd);
int __real_ftruncate(int fd, off_t size);
int __real_mkdir(const char *path, mode_t mode);
int __real_open(const char *path, int flags, ...);
int __real_openat(int dirfd, const char *path, int flags, ...);
int __real_posix_fadvise(int fd, off_t offset, off_t len, int advice);
ssize_t __real_pread(int fd, void *buf, size_t len, off_t offset);
ssize_t __real_pwrite(int fd, const void *buf, size_t len, off_t offset);
ssize_t __real_read(int fd, void *buf, size_t len);
int __real_rename(const char *from, const char *to);
int __real_stat(const char *path, struct stat *st);
long __real_syscall(long number, ...);
int __real_unlink(const char *path);
ssize_t __real_write(int fd, const void *buf, size_t len);
int __wrap_access(const char *path, int mode);
int __wrap_fstat(int fd, struct stat *st);
int __wrap_fsync(int fd);
int __wrap_ftruncate(int fd, off_t size);
int __wrap_mkdir(const char *path, mode_t mode);
int __wrap_open(const char *path, int flags, ...);
int __wrap_openat(int dirfd, const char *path, int flags, ...);
int __wrap_posix_fadvise(int fd, off_t offset, off_t len, int advice);
ssize_t __wrap_pread(int fd, void *buf, size_t len, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *buf, size_t len, off_t offset);
ssize_t __wrap_read(int fd, void *buf, size_t len);
int __wrap_rename(const char *from, const char *to);
int __wrap_stat(const char *path, struct stat *st);
long __wrap_syscall(long number, ...);
int __wrap_unlink(const char *path);
ssize_t __wrap_write(int fd, const void *buf, size_t len);
/* clang-format on */

/* Something done to a file and not flushed: bytes written, or (NULL) another size. */
struct step {
	uint8_t *bytes;
	size_t at, len; /* at: also the size */
};

struct shadow {
	dev_t dev;
	ino_t ino;
	int fd; /* our own */
	uint8_t *flushed;
	size_t size;
	struct step *steps;
	size_t count;
	bool lost; /* the medium is not what the system shows, and no fsync will change that */
};

/* A name made, changed or removed in a folder that was not flushed since. */
struct name_step {
	enum { MADE_FILE, MADE_FOLDER, RENAMED, REMOVED } what;
	char *folder, *name, *before; /* before: of RENAMED */
	int fd;			      /* of what was REMOVED */
	bool lost;
};

static struct {
	bool active;
	char *root;
	struct host_plan plan;
	struct host_calls calls;
	unsigned flushes;
	bool full; /* the last place on a full disk is used */
	struct shadow *files;
	size_t file_count;
	struct name_step *names;
	size_t name_count;
} host;

unsigned
host_random(uint64_t *seed, unsigned limit)
{
	/* splitmix64 (public domain, Sebastiano Vigna) */
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (unsigned)((z ^ z >> 31) % limit);
}

static unsigned
any(size_t limit)
{
	return host_random(&host.plan.seed, (unsigned)limit);
}

static void
must(bool fine, const char *what)
{
	if (fine)
		return;
	fprintf(stderr, "crash-host: cannot %s: %s\n", what, strerror(errno));
	abort();
}

/* ---- files ---- */

static struct shadow *
shadow_of(int fd)
{
	struct shadow *s;
	struct stat st;

	must(__real_fstat(fd, &st) == 0, "look at a file");
	for (size_t i = 0; i < host.file_count; i++)
		if (host.files[i].dev == st.st_dev && host.files[i].ino == st.st_ino)
			return &host.files[i];
	ARRAY_GROW(host.files, host.file_count);
	s = &host.files[host.file_count++];
	*s = (struct shadow){ .dev = st.st_dev,
			      .ino = st.st_ino,
			      .fd = fcntl(fd, F_DUPFD_CLOEXEC, 0),
			      .flushed = xmalloc((size_t)st.st_size),
			      .size = (size_t)st.st_size };
	must(s->fd >= 0, "keep a file");
	must(__real_pread(s->fd, s->flushed, s->size, 0) == (ssize_t)s->size, "read a file");
	return s;
}

static void
note(int fd, size_t at, const void *bytes, size_t len)
{
	struct shadow *s = shadow_of(fd);

	ARRAY_GROW(s->steps, s->count);
	s->steps[s->count++] = (struct step){ bytes ? xmemdup(bytes, len) : NULL, at, len };
}

static size_t
end_of(const struct step *step)
{
	return step->at + step->len;
}

/* The sectors of a step of which `keep` in 4 are kept. */
static void
write_sectors(uint8_t *medium, const struct step *step, unsigned keep, uint64_t *dice)
{
	for (size_t at = step->at, next; at < end_of(step); at = next) {
		next = at - at % SECTOR + SECTOR < end_of(step) ? at - at % SECTOR + SECTOR :
								  end_of(step);
		if (host_random(dice, 4) < keep)
			memcpy(medium + at, step->bytes + (at - step->at), next - at);
	}
}

/* A size on the way to the end of a step. */
static size_t
between(size_t size, const struct step *step, uint64_t *dice)
{
	return size + host_random(dice, (unsigned)(end_of(step) - size));
}

/* Brings what was done to the medium: all of it, or some. */
static void
flush_file(struct shadow *s, bool all)
{
	/* a row of numbers of its own: how long a journal is depends on where the test runs */
	uint64_t dice = host.plan.seed ^ (uint64_t)++host.flushes << 32;
	unsigned keep = all ? 4 : host_random(&dice, 5);
	/* steps whose effect on the size lasts */
	size_t sized = all ? s->count : host_random(&dice, (unsigned)s->count + 1);
	size_t room = s->size;
	uint8_t *medium;

	for (size_t i = 0; i < s->count; i++)
		room = end_of(&s->steps[i]) > room ? end_of(&s->steps[i]) : room;
	medium = xzalloc(room);
	memcpy(medium, s->flushed, s->size);
	for (size_t i = 0; i < s->count; i++) {
		struct step *step = &s->steps[i];

		if (step->bytes) {
			write_sectors(medium, step, keep, &dice);
			if (end_of(step) > s->size && i <= sized)
				s->size = i < sized ? end_of(step) : between(s->size, step, &dice);
		} else if (i < sized) {
			s->size = step->at;
			memset(medium + s->size, 0, room - s->size);
		}
		free(step->bytes);
	}
	s->count = 0;
	s->lost = s->lost || !all;
	free(s->flushed);
	s->flushed = medium;
}

/* The system sees what the medium has. */
static void
show_medium(const struct shadow *s)
{
	must(__real_ftruncate(s->fd, (off_t)s->size) == 0 &&
		     __real_pwrite(s->fd, s->flushed, s->size, 0) == (ssize_t)s->size,
	     "write a file");
}

/* ---- names ---- */

static void
note_name(int what, const char *name, const char *before, int fd)
{
	size_t n = (size_t)(strrchr(name, '/') - name);

	ARRAY_GROW(host.names, host.name_count);
	host.names[host.name_count++] = (struct name_step){ .what = what,
							    .folder = xstrndup(name, n),
							    .name = xstrdup(name),
							    .before = xstrdup(before),
							    .fd = fd };
}

static void
forget_name(struct name_step *s)
{
	free(s->folder);
	free(s->name);
	free(s->before);
	if (s->fd >= 0)
		close(s->fd);
}

static void
flush_folder(const char *folder)
{
	size_t kept = 0;

	for (size_t i = 0; i < host.name_count; i++) {
		if (strcmp(host.names[i].folder, folder) == 0)
			forget_name(&host.names[i]);
		else
			host.names[kept++] = host.names[i];
	}
	host.name_count = kept;
}

static void
bring_back(const struct name_step *s)
{
	CLEANUP_FD int fd = __real_open(s->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	uint8_t buf[4096];
	ssize_t n;

	for (off_t at = 0; (n = __real_pread(s->fd, buf, sizeof buf, at)) > 0; at += n)
		must(__real_write(fd, buf, (size_t)n) == n, "bring back a file");
	must(fd >= 0 && n == 0, "bring back a file");
}

/* Also what was flushed in it. */
static void
remove_folder(const char *path)
{
	DIR *dir = opendir(path);

	must(dir, "list a folder");
	for (const struct dirent *e = readdir(dir); e; e = readdir(dir))
		if (e->d_name[0] != '.')
			must(unlinkat(dirfd(dir), e->d_name, 0) == 0, "empty a folder");
	closedir(dir);
	must(rmdir(path) == 0, "remove a folder");
}

static void
take_back(const struct name_step *s)
{
	switch (s->what) {
	case MADE_FILE:
		must(__real_unlink(s->name) == 0, "take back a new file");
		return;
	case MADE_FOLDER:
		remove_folder(s->name);
		return;
	case RENAMED:
		must(__real_rename(s->name, s->before) == 0, "take back a name");
		return;
	case REMOVED:
		bring_back(s);
		return;
	}
}

/* In each folder the steps from some point on are lost. */
static void
choose_lost(void)
{
	unsigned keep = any(5);

	for (size_t i = 0; i < host.name_count; i++) {
		struct name_step *s = &host.names[i];

		s->lost = any(4) >= keep;
		for (size_t k = 0; k < i && !s->lost; k++)
			s->lost = host.names[k].lost &&
				  strcmp(host.names[k].folder, s->folder) == 0;
	}
}

/* The power is cut: from here on the folder holds what the medium has. */
static void
cut_power(void)
{
	for (size_t i = 0; i < host.file_count; i++) {
		flush_file(&host.files[i], false);
		show_medium(&host.files[i]);
		host.files[i].lost = false;
	}
	choose_lost();
	for (size_t i = host.name_count; i-- > 0;) {
		if (host.names[i].lost)
			take_back(&host.names[i]);
		forget_name(&host.names[i]);
	}
	host.name_count = 0;
}

/* ---- the plan ---- */

void
host_begin(const char *root, const struct host_plan *plan)
{
	host.active = true;
	host.full = false;
	host.flushes = 0;
	host.root = xstrdup(root);
	host.plan = *plan;
	host.calls = (struct host_calls){ 0 };
}

struct host_calls
host_end(bool cut)
{
	if (cut && !host.calls.died)
		cut_power();
	for (size_t i = 0; i < host.file_count; i++) {
		for (size_t k = 0; k < host.files[i].count; k++)
			free(host.files[i].steps[k].bytes);
		free(host.files[i].steps);
		free(host.files[i].flushed);
		close(host.files[i].fd);
	}
	for (size_t i = 0; i < host.name_count; i++)
		forget_name(&host.names[i]);
	free(host.files);
	free(host.names);
	free(host.root);
	host.files = NULL;
	host.names = NULL;
	host.root = NULL;
	host.file_count = host.name_count = 0;
	host.active = false;
	return host.calls;
}

static bool
lies_in(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strncmp(path, folder, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

/* The name behind a descriptor when it is one to look at, else NULL. */
static const char *
name_of(int fd)
{
	static char name[4096];
	char link[64];
	ssize_t n;

	if (!host.active)
		return NULL;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, name, sizeof name - 1);
	if (n <= 0)
		return NULL;
	name[n] = '\0';
	return lies_in(name, host.root) ? name : NULL;
}

static const char *
watched(const char *path)
{
	return host.active && lies_in(path, host.root) ? path : NULL;
}

enum verdict { PASS, FAIL, SHORT, LOSE };

static enum verdict
fail_with(int error)
{
	errno = error;
	return FAIL;
}

/* What is to happen to a call that reads. */
static enum verdict
judge(const char *name)
{
	const struct host_plan *p = &host.plan;
	unsigned now = name ? ++host.calls.all : 0;

	if (name && host.calls.died)
		return fail_with(EIO);
	if (!name || now < p->at)
		return PASS;
	switch (p->event) {
	case HOST_FAILS:
		return now == p->at ? fail_with(p->error) : PASS;
	case HOST_IS_SHORT:
		return now == p->at ? SHORT : PASS;
	case HOST_LOSES:
		return now == p->at ? LOSE : PASS;
	case HOST_DISK_GONE:
		return lies_in(name, p->where) ? fail_with(p->error) : PASS;
	default:
		return PASS;
	}
}

/* … that changes something; only one that `writes` can be killed inside. */
static enum verdict
judge_change(const char *name, bool writes)
{
	enum host_event event = host.plan.event;

	if (name && ++host.calls.changing == host.plan.at) {
		if (event == HOST_POWER_CUT)
			cut_power();
		host.calls.died = event == HOST_POWER_CUT || event == HOST_KILLED ||
				  (event == HOST_KILLED_INSIDE && !writes);
	}
	return judge(name);
}

/* … that writes. */
static enum verdict
judge_write(const char *name)
{
	enum verdict v = judge_change(name, true);

	if (!name || host.plan.event != HOST_DISK_FULL || host.calls.all < host.plan.at ||
	    !lies_in(name, host.plan.where))
		return v;
	if (host.full)
		return fail_with(ENOSPC);
	host.full = true;
	return SHORT;
}

/* What a write comes to that writes less: it ends with a sector, because the kernel copies page by page. */
static size_t
less(size_t len, size_t at)
{
	size_t end = at + any(len);

	return end - end % SECTOR > at ? end - end % SECTOR - at : 0;
}

/* ---- the calls ---- */

static ssize_t
write_at(int fd, const void *buf, size_t len, off_t at, enum verdict v)
{
	bool dies = host.plan.event == HOST_KILLED_INSIDE && host.calls.changing == host.plan.at;
	ssize_t n;

	if (v == FAIL)
		return -1;
	if (v == SHORT || dies)
		len = less(len, (size_t)at);
	if (len == 0 && !dies) {
		errno = host.plan.event == HOST_DISK_FULL ? ENOSPC : EINTR;
		return -1;
	}
	note(fd, (size_t)at, buf, len);
	n = __real_pwrite(fd, buf, len, at);
	must(n == (ssize_t)len, "write a file");
	host.calls.died = dies;
	return dies ? -1 : n;
}

ssize_t
__wrap_pwrite(int fd, const void *buf, size_t len, off_t at)
{
	const char *name = name_of(fd);
	enum verdict v = judge_write(name);

	return name ? write_at(fd, buf, len, at, v) : __real_pwrite(fd, buf, len, at);
}

ssize_t
__wrap_write(int fd, const void *buf, size_t len)
{
	const char *name = name_of(fd);
	enum verdict v = judge_write(name);
	off_t at = name ? lseek(fd, 0, SEEK_CUR) : 0;
	ssize_t n = name ? write_at(fd, buf, len, at, v) : __real_write(fd, buf, len);

	if (name && n > 0)
		lseek(fd, at + n, SEEK_SET);
	return n;
}

int
__wrap_ftruncate(int fd, off_t size)
{
	const char *name = name_of(fd);

	if (judge_change(name, false) == FAIL)
		return -1;
	if (name)
		note(fd, (size_t)size, NULL, 0);
	return __real_ftruncate(fd, size);
}

static bool
is_folder(int fd)
{
	struct stat st;

	return __real_fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
}

int
__wrap_fsync(int fd)
{
	const char *name = name_of(fd);
	enum verdict v = judge_change(name, false);

	if (!name)
		return __real_fsync(fd);
	/* nothing needs to reach a real disk: the test would only wait for it */
	if (host.calls.died)
		return -1;
	if (!is_folder(fd))
		flush_file(shadow_of(fd), v == PASS || v == SHORT);
	else if (v != FAIL)
		flush_folder(name);
	return v == FAIL ? -1 : 0;
}

int
__wrap_posix_fadvise(int fd, off_t offset, off_t len, int advice)
{
	const struct shadow *s;

	if (!name_of(fd))
		return __real_posix_fadvise(fd, offset, len, advice);
	if (host.calls.died || advice != POSIX_FADV_DONTNEED || is_folder(fd))
		return 0;
	s = shadow_of(fd);
	if (s->lost && s->count == 0)
		show_medium(s);
	return 0;
}

int
__wrap_rename(const char *from, const char *to)
{
	const char *name = watched(from);
	int got;

	if (judge_change(name, false) == FAIL)
		return -1;
	must(!name || __real_access(to, F_OK) < 0, "rename over a file: that has no model");
	got = __real_rename(from, to);
	if (name && got == 0)
		note_name(RENAMED, to, from, -1);
	return got;
}

int
__wrap_unlink(const char *path)
{
	const char *name = watched(path);
	int fd;

	if (judge_change(name, false) == FAIL)
		return -1;
	fd = name ? __real_open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd >= 0)
		note_name(REMOVED, path, NULL, fd);
	return __real_unlink(path);
}

int
__wrap_mkdir(const char *path, mode_t mode)
{
	const char *name = watched(path);
	int got;

	if (judge_change(name, false) == FAIL)
		return -1;
	got = __real_mkdir(path, mode);
	if (name && got == 0)
		note_name(MADE_FOLDER, path, NULL, -1);
	return got;
}

int
__wrap_open(const char *path, int flags, ...)
{
	const char *name = watched(path);
	bool makes = (flags & O_CREAT) != 0;
	mode_t mode = 0;
	va_list ap;
	int fd;

	if (makes) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	if ((makes ? judge_change(name, false) : judge(name)) == FAIL)
		return -1;
	must(!name || !makes || flags & O_EXCL, "make a file that may be there: that has no model");
	fd = __real_open(path, flags, mode);
	if (name && makes && fd >= 0)
		note_name(MADE_FILE, path, NULL, -1);
	return fd;
}

int
__wrap_openat(int dirfd, const char *path, int flags, ...)
{
	if (judge(name_of(dirfd)) == FAIL)
		return -1;
	return __real_openat(dirfd, path, flags);
}

/* openat2, which never makes a file here. */
long
__wrap_syscall(long number, ...)
{
	long a[4];
	va_list ap;

	must(number == SYS_openat2, "make that system call: it has no model");
	va_start(ap, number);
	for (size_t i = 0; i < ARRAY_SIZE(a); i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (judge(name_of((int)a[0])) == FAIL)
		return -1;
	return __real_syscall(number, a[0], a[1], a[2], a[3]);
}

ssize_t
__wrap_pread(int fd, void *buf, size_t len, off_t at)
{
	enum verdict v = judge(name_of(fd));

	if (v == FAIL)
		return -1;
	return __real_pread(fd, buf, v == SHORT ? (len + 1) / 2 : len, at);
}

ssize_t
__wrap_read(int fd, void *buf, size_t len)
{
	enum verdict v = judge(name_of(fd));

	if (v == FAIL)
		return -1;
	return __real_read(fd, buf, v == SHORT ? (len + 1) / 2 : len);
}

int
__wrap_fstat(int fd, struct stat *st)
{
	return judge(name_of(fd)) == FAIL ? -1 : __real_fstat(fd, st);
}

int
__wrap_stat(const char *path, struct stat *st)
{
	return judge(watched(path)) == FAIL ? -1 : __real_stat(path, st);
}

int
__wrap_access(const char *path, int mode)
{
	return judge(watched(path)) == FAIL ? -1 : __real_access(path, mode);
}
