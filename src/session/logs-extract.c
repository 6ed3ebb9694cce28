/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Copies of files from a volume, which may have been made by an attacker: every name is checked and
 * every open is relative to the output folder, without following links, and never over a file that is there.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "session/logs.h"
#include "session/session.h"
#include "session/target.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/filetime.h"
#include "util/interrupt.h"
#include "util/io.h"
#include "util/json.h"
#include "util/sha256.h"
#include "util/text.h"
#include "volume/volume.h"
#include "windows/windows.h"

#define CHUNK (1u << 20)

/* One name of a path as it may stand on the rescue host: no "/", no ".", "..", no control characters. */
static char *
safe_name(const char *name, size_t n)
{
	CLEANUP_FREE char *raw = xstrndup(name, n);
	char *safe = text_escape(raw, false);

	for (char *c = safe; *c; c++)
		if (*c == '/' || *c == '\\')
			*c = '_';
	if (strcmp(safe, ".") == 0 || strcmp(safe, "..") == 0 || !*safe) {
		free(safe);
		return xstrdup("_");
	}
	return safe;
}

/* Makes and opens the folders of `path` below `root`; the name of the file itself in `*ret_name`. */
static int
open_parent(int root, const char *path, char **ret_name, struct error *err)
{
	CLEANUP_FD int at = dup(root);
	const char *p = path + strspn(path, "/");

	for (;;) {
		size_t n = strcspn(p, "/");
		CLEANUP_FREE char *name = safe_name(p, n);
		int next;

		if (at < 0)
			return error_sys(err, errno, "cannot open a folder for '%s'", path);
		p += n + strspn(p + n, "/");
		if (!*p) {
			*ret_name = steal(&name);
			return steal_fd(&at);
		}
		if (mkdirat(at, name, 0700) < 0 && errno != EEXIST)
			return error_sys(err, errno, "cannot make the folder '%s'", name);
		next = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(at);
		at = next;
	}
}

static int
copy_bytes(struct volume_file *in, int out, uint8_t digest[SHA256_SIZE], struct error *err)
{
	CLEANUP_FREE uint8_t *buf = xmalloc(CHUNK);
	struct sha256 *sum = sha256_new();
	uint64_t at = 0;
	size_t n = 1;
	int got = 0;

	while (at < volume_file_size(in) && n > 0 && got == 0) {
		got = volume_file_read(in, buf, CHUNK, at, &n, err);
		if (got == 0 && io_write_full(out, buf, n) < 0)
			got = error_sys(err, errno, "cannot write the copy");
		if (got == 0)
			got = interrupt_check(err);
		if (got == 0)
			sha256_add(sum, buf, n);
		at += n;
	}
	sha256_done(sum, digest);
	return got;
}

static int
copy_file(struct session *s, const struct log_file *f, int root, uint8_t digest[SHA256_SIZE],
	  struct error *err)
{
	CLEANUP_VOLUME_FILE struct volume_file *in = NULL;
	CLEANUP_FREE char *name = NULL;
	CLEANUP_FD int parent = -1;
	CLEANUP_FD int out = -1;
	struct timespec times[2];

	in = volume_file_open(windows_volume(session_windows(s)), f->path, err);
	if (!in)
		return -1;
	parent = open_parent(root, f->path, &name, err);
	if (parent < 0)
		return -1;
	out = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0)
		return error_sys(err, errno, "cannot make the copy of '%s'", f->path);
	if (copy_bytes(in, out, digest, err) < 0) {
		unlinkat(parent, name, 0);
		return error_prefix(err, "%s", f->path);
	}
	times[0] = filetime_to_timespec(f->accessed);
	times[1] = filetime_to_timespec(f->modified);
	if (f->modified)
		futimens(out,
			 times); /* a host file system without such times still has the manifest */
	return 0;
}

static void
set_time(struct js *o, const char *key, uint64_t filetime)
{
	CLEANUP_FREE char *text = filetime ? filetime_text(filetime) : NULL;

	js_set_text(o, key, text);
}

static struct js *
manifest_entry(const struct log_file *f, const uint8_t digest[SHA256_SIZE])
{
	CLEANUP_FREE char *hex = text_hex(digest, SHA256_SIZE);
	struct js *o = js_object();

	js_set_text(o, "path", f->path);
	js_set_uint(o, "size", f->size);
	set_time(o, "created", f->created);
	set_time(o, "modified", f->modified);
	set_time(o, "changed", f->changed);
	set_time(o, "accessed", f->accessed);
	js_set_uint(o, "mft_record", f->record & ((UINT64_C(1) << 48) - 1));
	js_set_uint(o, "mft_sequence", f->record >> 48);
	js_set_text(o, "sha256", hex);
	return o;
}

static int
open_output(const char *dir, struct error *err)
{
	CLEANUP_FD int fd = -1;
	DIR *d;
	int entries = 0;

	if (io_make_dirs(dir, err) < 0)
		return -1;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(dup(fd));
	if (!d)
		return error_sys(err, errno, "cannot open the folder '%s'", dir);
	for (const struct dirent *e = readdir(d); e; e = readdir(d))
		entries += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(d);
	if (entries)
		return error_set(err, ERR_EXISTS, "the folder '%s' is not empty; name a new one",
				 dir);
	return steal_fd(&fd);
}

int
logs_extract(struct session *s, const struct log_files *files, const char *dir, struct error *err)
{
	CLEANUP_FD int root = open_output(dir, err);
	CLEANUP_JS struct js *o = js_object();
	CLEANUP_FREE char *text = NULL;
	struct js *list = js_array();

	js_set_uint(o, "schema_version", 1);
	js_set_text(o, "target", session_target(s)->hold.path);
	set_time(o, "extracted", filetime_now());
	js_set(o, "files", list);
	if (root < 0)
		return -1;
	for (size_t i = 0; i < files->count; i++) {
		uint8_t digest[SHA256_SIZE];

		if (copy_file(s, &files->list[i], root, digest, err) < 0)
			return -1;
		js_append(list, manifest_entry(&files->list[i], digest));
	}
	text = js_print(o, true);
	return io_write_new(root, "MANIFEST.json", text, strlen(text), err);
}
