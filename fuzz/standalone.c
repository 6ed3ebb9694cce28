/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs one target without libFuzzer: each named file and each file of each named folder once, and then, with -mutations=N, N
 * mutations of them that are the same in every run with the same -seed and the same files.
 *
 *      fuzz-NAME [-mutations=N] [-seed=N] [-max_len=N] [-timeout=SECONDS] FILE|FOLDER …
 *
 * An input that crashes, breaks a promise or takes too long is left as crash-NAME in the working folder; it is repeated
 * by naming it alone.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/io.h"

#define LIMIT (16u << 20)

struct input {
	char *path;
	uint8_t *p;
	size_t len;
};

static struct input *inputs;
static size_t input_count;
static uint64_t mutations, seed = 1;
static size_t max_len = 256u << 10;
static unsigned timeout = 20;

/* The one that runs now, for whoever dies. */
static const uint8_t *now;
static size_t now_len;
static const char *crash_path;

/* Of the sanitizers' run-time, when that is linked. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void
leave_crash(void)
{
	int fd = open(crash_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (now && fd >= 0 && write(fd, now, now_len) == (ssize_t)now_len) {
		static const char says[] = "standalone: the input is left as crash-…\n";

		if (write(STDERR_FILENO, says, sizeof says - 1) < 0)
			return;
	}
}

static void
die(int sig)
{
	leave_crash();
	signal(sig, SIG_DFL);
	raise(sig);
}

static void
catch_deaths(const char *program)
{
	const char *slash = strrchr(program, '/');

	crash_path = xasprintf("crash-%s", slash ? slash + 1 : program);
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(leave_crash);
	else
		for (size_t i = 0; i < 4; i++)
			signal((const int[]){ SIGSEGV, SIGBUS, SIGFPE, SIGILL }[i], die);
	signal(SIGABRT, die);
	signal(SIGALRM, die);
}

static void
run(const uint8_t *p, size_t len)
{
	/* a copy of just that size, so that a read beyond it is seen */
	CLEANUP_FREE uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		out_of_memory();
	if (len)
		memcpy(copy, p, len);
	now = copy;
	now_len = len;
	alarm(timeout);
	LLVMFuzzerTestOneInput(copy, len);
	alarm(0);
	now = NULL;
}

/* ---- inputs ---- */

static void
add_file(const char *path)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	size_t len = 0;
	char *bytes = io_read_file(path, LIMIT, &len, &err);

	if (!bytes) {
		fprintf(stderr, "%s\n", err.message);
		exit(2);
	}
	ARRAY_GROW(inputs, input_count);
	inputs[input_count++] = (struct input){ xstrdup(path), (uint8_t *)bytes, len };
}

static void
add(const char *path)
{
	DIR *d = opendir(path);

	if (!d) {
		add_file(path);
		return;
	}
	for (const struct dirent *e = readdir(d); e; e = readdir(d)) {
		CLEANUP_FREE char *child = xasprintf("%s/%s", path, e->d_name);

		if (*e->d_name != '.')
			add(child);
	}
	closedir(d);
}

static int
by_path(const void *a, const void *b)
{
	return strcmp(((const struct input *)a)->path, ((const struct input *)b)->path);
}

/* ---- mutations ---- */

static size_t
roll(struct fuzz_dice *d, size_t sides)
{
	return sides ? fuzz_dice_roll(d, (uint32_t)sides) : 0;
}

/* Half of the places are near the beginning, where formats keep what matters. */
static size_t
place(struct fuzz_dice *d, size_t len)
{
	return roll(d, roll(d, 2) && len > 600 ? 600 : len);
}

static size_t
insert(uint8_t *p, size_t len, size_t at, const uint8_t *from, size_t n)
{
	if (n > max_len - len)
		n = max_len - len;
	memmove(p + at + n, p + at, len - at);
	memcpy(p + at, from, n);
	return len + n;
}

static size_t
mutate_once(struct fuzz_dice *d, uint8_t *p, size_t len)
{
	static const uint32_t nasty[] = {
		0,	1,	2,	    0x7f,	0x80,	    0xff,	0x100,	   0x7fff,
		0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff8, 0x7ffffff8
	};
	const struct input *other = &inputs[roll(d, input_count)];
	size_t at = place(d, len), n = 1 + roll(d, len - at < 64 ? len - at : 64), from;

	if (!len)
		return insert(p, 0, 0, (const uint8_t *)"\0", 1);
	switch (roll(d, 10)) {
	case 0:
		p[at] ^= (uint8_t)(1u << roll(d, 8));
		return len;
	case 1:
		p[at] = (uint8_t)roll(d, 256);
		return len;
	case 2:
	case 3: {
		uint8_t word[4];
		size_t width = roll(d, 2) ? 4 : 2;

		put_u32(word, nasty[roll(d, ARRAY_SIZE(nasty))]);
		at -= roll(d, 4) ? at % width : 0;
		memcpy(p + at, word, len - at < width ? len - at : width);
		return len;
	}
	case 4: /* a little more or less */
		p[at] = (uint8_t)(p[at] + roll(d, 33) - 16);
		return len;
	case 5: /* taken out */
		memmove(p + at, p + at + n, len - at - n);
		return len - n;
	case 6: /* twice */
		return insert(p, len, at, (const uint8_t *)memcpy((uint8_t[64]){ 0 }, p + at, n),
			      n);
	case 7: /* over another place */
		from = place(d, len);
		memmove(p + at, p + from,
			len - (at > from ? at : from) < n ? len - (at > from ? at : from) : n);
		return len;
	case 8: /* from another input */
		from = place(d, other->len);
		n = other->len - from < n ? other->len - from : n;
		if (roll(d, 2))
			return insert(p, len, at, other->p + from, n);
		memcpy(p + at, other->p + from, len - at < n ? len - at : n);
		return len;
	default: /* the end of it is missing */
		return roll(d, 8) ? len : at;
	}
}

static void
mutate(uint64_t number)
{
	uint64_t start[2] = { seed, number };
	struct fuzz_dice d = fuzz_dice_from((const uint8_t *)start, sizeof start);
	const struct input *in = &inputs[roll(&d, input_count)];
	CLEANUP_FREE uint8_t *p = xmalloc(max_len + 1);
	size_t len = in->len < max_len ? in->len : max_len;

	memcpy(p, in->p, len);
	for (size_t i = 1 + roll(&d, 1 + roll(&d, 12)); i; i--)
		len = mutate_once(&d, p, len);
	run(p, len);
}

/* ---- the command line ---- */

static bool
option(const char *argument, const char *name, uint64_t *ret)
{
	size_t n = strlen(name);
	char *end;

	if (strncmp(argument, name, n) != 0)
		return false;
	*ret = strtoull(argument + n, &end, 0);
	if (*end || !argument[n]) {
		fprintf(stderr, "'%s' needs a number\n", argument);
		exit(2);
	}
	return true;
}

int __attribute__((weak)) LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

int
main(int argc, char **argv)
{
	uint64_t length = max_len, seconds = timeout;
	time_t began = time(NULL);

	for (int i = 1; i < argc; i++)
		if (!option(argv[i], "-mutations=", &mutations) &&
		    !option(argv[i], "-seed=", &seed) && !option(argv[i], "-max_len=", &length) &&
		    !option(argv[i], "-timeout=", &seconds))
			add(argv[i]);
	max_len = (size_t)length;
	timeout = (unsigned)seconds;
	if (!input_count) {
		fprintf(stderr,
			"usage: %s [-mutations=N] [-seed=N] [-max_len=N] [-timeout=SECONDS] "
			"FILE|FOLDER ...\n",
			argv[0]);
		return 2;
	}
	catch_deaths(argv[0]);
	LLVMFuzzerInitialize(&argc, &argv);
	qsort(inputs, input_count, sizeof *inputs, by_path);
	for (size_t i = 0; i < input_count; i++)
		run(inputs[i].p, inputs[i].len);
	for (uint64_t i = 0; i < mutations; i++)
		mutate(i);
	printf("%s: %zu inputs, %llu mutations (seed %llu), %ld seconds\n", argv[0], input_count,
	       (unsigned long long)mutations, (unsigned long long)seed, (long)(time(NULL) - began));
	for (size_t i = 0; i < input_count; i++) {
		free(inputs[i].path);
		free(inputs[i].p);
	}
	free(inputs);
	return 0;
}
