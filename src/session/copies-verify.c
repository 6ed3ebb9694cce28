/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether a folder is still what its MANIFEST.json says.  The folder may come from anybody: its manifest is read as bytes that may lie,
 * every path in it is opened beneath the folder, and links are named, not followed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "session/copies.h"
#include "util/alloc.h"
#include "util/beneath.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/interrupt.h"
#include "util/io.h"
#include "util/json.h"
#include "util/sandbox.h"
#include "util/text.h"

#define MANIFEST_LIMIT (256u << 20)
#define CHUNK	       (1u << 20)
#define DEPTH	       256 /* folders within folders; one open descriptor each */

const char *
copies_trouble_text(enum copies_trouble t)
{
	switch (t) {
	case COPIES_CHANGED:
		return "changed";
	case COPIES_MISSING:
		return "missing";
	case COPIES_UNLISTED:
		return "unlisted";
	case COPIES_NO_FILE:
		return "no-file";
	case COPIES_OUTSIDE:
		return "outside";
	case COPIES_UNREADABLE:
		return "unreadable";
	}
	return "?";
}

static void
add_problem(struct copies_verdict *v, const char *file, enum copies_trouble t, char *detail)
{
	ARRAY_GROW(v->list, v->count);
	v->list[v->count++] = (struct copies_problem){ xstrdup(file), t, detail };
	v->unreadable += t == COPIES_UNREADABLE;
}

void
copies_verdict_clear(struct copies_verdict *v)
{
	for (size_t i = 0; i < v->count; i++) {
		free(v->list[i].file);
		free(v->list[i].detail);
	}
	free(v->list);
	*v = (struct copies_verdict){ 0 };
}

struct verify {
	int root;
	void *listed; /* a tree of paths of copies that the manifest has */
	void *left;   /* a tree of paths on the volume of which it has no copy */
	uint8_t *buf; /* CHUNK bytes */
	struct copies_verdict *verdict;
};

static int
by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static bool
is_listed(const struct verify *v, const char *path)
{
	return tfind(path, &v->listed, by_text) != NULL;
}

/* False when it is in the tree already. */
static bool
list(void **tree, const char *path)
{
	char *key = xstrdup(path);
	void **node = tsearch(key, tree, by_text);

	if (!node)
		out_of_memory();
	if (*node == key)
		return true;
	free(key);
	return false;
}

/* The whole file through the hash; its length in *ret_len. */
static int
hash_file(struct verify *v, int fd, uint8_t digest[SHA256_SIZE], uint64_t *ret_len,
	  struct error *err)
{
	struct sha256 *sum = sha256_new();
	uint64_t at = 0;
	ssize_t n = 1;
	int got = 0;

	while (n > 0 && got == 0) {
		n = io_pread_full(fd, v->buf, CHUNK, at);
		if (n < 0)
			got = error_sys(err, errno, "cannot read it");
		else
			sha256_add(sum, v->buf, (size_t)n);
		at += n > 0 ? (uint64_t)n : 0;
		if (got == 0)
			got = interrupt_check(err);
	}
	sha256_done(sum, digest);
	*ret_len = at;
	v->verdict->bytes += at;
	return got;
}

/* A path that the kernel refuses to open beneath the folder. */
static void
cannot_open(struct verify *v, const char *path, int e)
{
	enum copies_trouble t = e == ENOENT		   ? COPIES_MISSING :
				e == EXDEV		   ? COPIES_OUTSIDE :
				e == ELOOP || e == ENOTDIR ? COPIES_NO_FILE :
							     COPIES_UNREADABLE;

	add_problem(v->verdict, path, t, t == COPIES_UNREADABLE ? xstrdup(strerror(e)) : NULL);
}

static int
check_content(struct verify *v, const struct js *entry, const char *path, int fd, struct error *err)
{
	CLEANUP_ERROR struct error problem = ERROR_INIT;
	const char *want = js_get_text(entry, "sha256");
	uint64_t size = js_get_uint(entry, "size"), len;
	uint8_t digest[SHA256_SIZE];
	CLEANUP_FREE char *hex = NULL;

	if (hash_file(v, fd, digest, &len, &problem) < 0) {
		if (problem.code == ERR_INTERRUPTED) {
			error_move(err, &problem);
			return -1;
		}
		add_problem(v->verdict, path, COPIES_UNREADABLE, xstrdup(problem.message));
		return 0;
	}
	hex = text_hex(digest, SHA256_SIZE);
	if (len != size)
		add_problem(v->verdict, path, COPIES_CHANGED,
			    xasprintf("%" PRIu64 " bytes, not %" PRIu64, len, size));
	else if (!want || strcmp(want, hex) != 0)
		add_problem(v->verdict, path, COPIES_CHANGED, xasprintf("its SHA-256 is %s", hex));
	return 0;
}

static int
check_entry(struct verify *v, const struct js *entry, struct error *err)
{
	const char *path = js_get_text(entry, "file"), *name = js_get_text(entry, "path");
	CLEANUP_FD int fd = -1;
	struct stat st;

	if (!name)
		return error_set(err, ERR_CORRUPT, "an entry of 'files' has no path");
	if ((path || js_get(entry, "size")) && !js_has_uint(entry, "size"))
		return error_set(err, ERR_CORRUPT, "the size of '%s' is no number of bytes", name);
	if (!path) {
		if (!js_get_text(entry, "problem"))
			return error_set(err, ERR_CORRUPT,
					 "an entry of 'files' has neither a copy nor a problem");
		v->verdict->not_copied++;
		if (!list(&v->left, name))
			add_problem(v->verdict, name, COPIES_CHANGED,
				    xstrdup("it is listed twice"));
		return 0;
	}
	v->verdict->files++;
	if (!list(&v->listed, path)) {
		add_problem(v->verdict, path, COPIES_CHANGED, xstrdup("it is listed twice"));
		return 0;
	}
	fd = beneath_open(v->root, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0);
	if (fd < 0) {
		cannot_open(v, path, errno);
		return 0;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		add_problem(v->verdict, path, COPIES_NO_FILE, NULL);
		return 0;
	}
	return check_content(v, entry, path, fd, err);
}

static int look_for_others(struct verify *v, int fd, const char *prefix, int depth,
			   struct error *err);

static int
look_into(struct verify *v, int parent, const char *name, const char *path, int depth,
	  struct error *err)
{
	CLEANUP_FD int fd = depth < DEPTH ? beneath_open(parent, name,
							 O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0) :
					    -1;

	if (fd < 0) {
		add_problem(v->verdict, path, COPIES_UNREADABLE,
			    xstrdup(depth < DEPTH ? strerror(errno) : "nested too deep"));
		return 0;
	}
	return look_for_others(v, fd, path, depth + 1, err);
}

static int
look_at(struct verify *v, int parent, const char *name, const char *prefix, int depth,
	struct error *err)
{
	CLEANUP_FREE char *path = xasprintf("%s%s%s", prefix, *prefix ? "/" : "", name);
	struct stat st;

	if (strcmp(path, COPIES_MANIFEST) == 0)
		return 0;
	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		add_problem(v->verdict, path, COPIES_UNREADABLE, xstrdup(strerror(errno)));
	else if (S_ISDIR(st.st_mode))
		return look_into(v, parent, name, path, depth, err);
	else if (!is_listed(v, path))
		add_problem(v->verdict, path, COPIES_UNLISTED,
			    xstrdup(S_ISREG(st.st_mode) ? NULL :
				    S_ISLNK(st.st_mode) ? "a symbolic link" :
							  "no plain file"));
	return 0;
}

/* What is there and not listed.  Stops at DEPTH. */
static int
look_for_others(struct verify *v, int fd, const char *prefix, int depth, struct error *err)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0), got = 0;
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);

	if (!dir) {
		if (copy >= 0)
			close(copy);
		return error_sys(err, errno, "cannot list '%s'", prefix);
	}
	errno = 0;
	for (const struct dirent *e = readdir(dir); e && got == 0; e = readdir(dir)) {
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			got = look_at(v, fd, e->d_name, prefix, depth, err);
		if (got == 0)
			got = interrupt_check(err);
		errno = 0;
	}
	if (got == 0 && errno)
		got = error_sys(err, errno, "cannot list '%s'", prefix);
	closedir(dir);
	return got;
}

static char *
read_manifest(const struct verify *v, struct error *err)
{
	CLEANUP_FD int fd = beneath_open(v->root, COPIES_MANIFEST,
					 O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0);
	struct stat st;
	ssize_t n;
	char *text;

	if (fd < 0 && errno == ENOENT) {
		error_set(err, ERR_NOT_FOUND,
			  "there is no " COPIES_MANIFEST
			  ": it is no folder of copies, or the copying was not finished");
		return NULL;
	}
	if (fd < 0 || fstat(fd, &st) < 0) {
		error_sys(err, errno, "cannot open " COPIES_MANIFEST);
		return NULL;
	}
	if (!S_ISREG(st.st_mode)) {
		error_set(err, ERR_UNSUPPORTED, COPIES_MANIFEST " is no plain file");
		return NULL;
	}
	text = checked_alloc((uint64_t)st.st_size + 1, MANIFEST_LIMIT, COPIES_MANIFEST, err);
	if (!text)
		return NULL;
	n = io_pread_full(fd, text, (size_t)st.st_size, 0);
	if (n != st.st_size) {
		error_sys(err, n < 0 ? errno : EIO, "cannot read " COPIES_MANIFEST);
		free(text);
		return NULL;
	}
	text[n] = '\0';
	sha256_of(text, (size_t)n, v->verdict->manifest_sha256);
	return text;
}

static int
compare(struct verify *v, struct error *err)
{
	CLEANUP_FREE char *text = read_manifest(v, err);
	CLEANUP_JS struct js *o = text ? js_parse(text, strlen(text), err) : NULL;
	const struct js *files;

	if (!text)
		return -1;
	if (!o)
		return error_prefix(err, COPIES_MANIFEST);
	files = js_get(o, "files");
	if (js_get_uint(o, "schema_version") != 1 || !js_is_array(files))
		return error_set(err, ERR_CORRUPT,
				 COPIES_MANIFEST " is none of copies that this version knows");
	for (size_t i = 0; i < js_count(files); i++)
		if (check_entry(v, js_at(files, i), err) < 0)
			return error_prefix(err, COPIES_MANIFEST);
	return look_for_others(v, v->root, "", 0, err);
}

int
copies_verify(const char *folder, struct copies_verdict *ret, struct error *err)
{
	CLEANUP_FREE uint8_t *buf = xmalloc(CHUNK);
	CLEANUP_FD int root = io_open_dir(folder, err);
	struct verify v = { .root = root, .buf = buf, .verdict = ret };
	int got;

	*ret = (struct copies_verdict){ 0 };
	if (root < 0)
		return -1;
	ret->unlocked = sandbox_enter(&root, 1, NULL, 0);
	got = compare(&v, err);
	tdestroy(v.listed, free);
	tdestroy(v.left, free);
	return got < 0 ? error_prefix(err, "%s", folder) : 0;
}
