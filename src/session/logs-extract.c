/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Copies of files from a volume, which may have been made by an attacker: names are made harmless here, and the keeper
 * sees that nothing leaves the output folder.
 */
#include <string.h>
#include <sys/stat.h>

#include "keeper/keeper.h"
#include "session/logs.h"
#include "session/session.h"
#include "session/target.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/filetime.h"
#include "util/interrupt.h"
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

/* The path below the output folder; the caller's. */
static char *
safe_path(const char *path)
{
	struct text out = TEXT_INIT;

	for (const char *p = path + strspn(path, "/"); *p; p += strspn(p, "/")) {
		size_t n = strcspn(p, "/");
		CLEANUP_FREE char *name = safe_name(p, n);

		text_addf(&out, "%s%s", out.len ? "/" : "", name);
		p += n;
	}
	return text_steal(&out);
}

static int
copy_bytes(struct keeper *k, struct volume_file *in, uint8_t digest[SHA256_SIZE], struct error *err)
{
	CLEANUP_FREE uint8_t *buf = xmalloc(CHUNK);
	struct sha256 *sum = sha256_new();
	uint64_t at = 0;
	size_t n = 1;
	int got = 0;

	while (at < volume_file_size(in) && n > 0 && got == 0) {
		got = volume_file_read(in, buf, CHUNK, at, &n, err);
		if (got == 0)
			got = keeper_folder_data(k, buf, n, err);
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
copy_file(struct session *s, const struct log_file *f, uint8_t digest[SHA256_SIZE],
	  struct error *err)
{
	struct keeper *k = session_keeper(s);
	CLEANUP_VOLUME_FILE struct volume_file *in = NULL;
	CLEANUP_FREE char *path = safe_path(f->path);
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_nsec = UTIME_OMIT } };
	int got;

	in = volume_file_open(windows_volume(session_windows(s)), f->path, err);
	if (!in || keeper_folder_file(k, path, err) < 0)
		return -1;
	got = copy_bytes(k, in, digest, err);
	if (f->modified) {
		times[0] = filetime_to_timespec(f->accessed);
		times[1] = filetime_to_timespec(f->modified);
	}
	if (got < 0) {
		CLEANUP_ERROR struct error ignored = ERROR_INIT;

		keeper_folder_end(k, times, false, &ignored);
		return error_prefix(err, "%s", f->path);
	}
	return keeper_folder_end(k, times, true, err);
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
write_manifest(struct keeper *k, const char *text, struct error *err)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_nsec = UTIME_OMIT } };

	if (keeper_folder_file(k, "MANIFEST.json", err) < 0 ||
	    keeper_folder_data(k, text, strlen(text), err) < 0)
		return -1;
	return keeper_folder_end(k, times, true, err);
}

int
logs_extract(struct session *s, const struct log_files *files, struct error *err)
{
	CLEANUP_JS struct js *o = js_object();
	CLEANUP_FREE char *text = NULL;
	struct js *list = js_array();

	js_set_uint(o, "schema_version", 1);
	js_set_text(o, "target", session_target(s)->hold.path);
	set_time(o, "extracted", filetime_now());
	js_set(o, "files", list);
	if (keeper_folder_begin(session_keeper(s), err) < 0)
		return -1;
	for (size_t i = 0; i < files->count; i++) {
		uint8_t digest[SHA256_SIZE];

		if (copy_file(s, &files->list[i], digest, err) < 0)
			return -1;
		js_append(list, manifest_entry(&files->list[i], digest));
	}
	text = js_print(o, true);
	return write_manifest(session_keeper(s), text, err);
}
