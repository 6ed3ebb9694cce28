/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing MANIFEST.json. */
#include <inttypes.h>
#include <string.h>

#include "report/report.h"
#include "session/copies.h"
#include "session/logs.h"
#include "session/session.h"
#include "session/target.h"
#include "util/cleanup.h"
#include "util/filetime.h"
#include "util/json.h"
#include "util/text.h"

#define RECORD_MASK ((UINT64_C(1) << 48) - 1)

static void
set_time(struct js *o, const char *key, uint64_t filetime)
{
	CLEANUP_FREE char *text = filetime ? filetime_text(filetime) : NULL;

	js_set_text(o, key, text);
}

static void
set_hex(struct js *o, const char *key, const void *p, size_t n)
{
	CLEANUP_FREE char *hex = p ? text_hex(p, n) : NULL;

	js_set_text(o, key, hex);
}

static struct js *
target_json(struct session *s, const struct report *r)
{
	const struct target_identity *id = &session_target(s)->identity;
	bool device = id->kind == TARGET_DEVICE;
	struct js *o = js_object();

	js_set_text(o, "path", r->target);
	js_set_text(o, "kind", r->volume.kind);
	js_set_text(o, "description", r->volume.description);
	js_set_uint(o, "size", id->device_size);
	set_hex(o, "table_id", device ? id->table_id : NULL, sizeof id->table_id);
	js_set_uint(o, "partition", (uint64_t)r->volume.partition);
	js_set_uint(o, "offset", id->partition_offset);
	js_set_uint(o, "length", id->partition_len);
	js_set_text(o, "serial", r->volume.serial);
	js_set_text(o, "label", r->volume.label);
	if (r->proof.before)
		js_set_text(o, "sha256", r->proof.before);
	return o;
}

static struct js *
states_json(const struct report *r)
{
	struct js *a = js_array();

	for (size_t i = 0; i < r->volume.state_count; i++)
		js_append(a, js_text(r->volume.states[i]));
	return a;
}

static struct js *
installation_json(const struct report *r)
{
	const struct report_installation *i = &r->installation;
	struct js *o = js_object();

	js_set_text(o, "root", i->root);
	js_set_text(o, "product", i->product);
	js_set_text(o, "build", i->build);
	js_set_text(o, "host_name", i->host_name);
	return o;
}

static struct js *
words_json(const char *const *words)
{
	struct js *a = js_array();

	for (; words && *words; words++)
		js_append(a, js_text(*words));
	return a;
}

static struct js *
file_json(const struct log_file *f, bool ntfs)
{
	bool known = ntfs && f->record;
	struct js *o = js_object();

	js_set_text(o, "path", f->path);
	/* JSON has no spelling for all names that NTFS has */
	if (!text_is_utf8(f->path, strlen(f->path)))
		set_hex(o, "path_wtf8", f->path, strlen(f->path));
	js_set_text(o, "file", f->copy);
	js_set_uint(o, "size", f->copy ? f->copy_size : f->size);
	set_hex(o, "sha256", f->copy ? f->sha256 : NULL, SHA256_SIZE);
	js_set(o, "mft_record", known ? js_uint(f->record & RECORD_MASK) : js_null());
	js_set(o, "mft_sequence", known ? js_uint(f->record >> 48) : js_null());
	set_time(o, "created", f->created);
	set_time(o, "modified", f->modified);
	set_time(o, "changed", f->changed);
	set_time(o, "accessed", f->accessed);
	js_set_text(o, "problem", f->problem);
	if (f->masked) {
		js_set_uint(o, "masked", f->masked);
		js_set_uint(o, "original_size", f->size);
	}
	return o;
}

char *
copies_manifest(struct session *s, const struct log_files *files, const struct logs_copy *job)
{
	CLEANUP_JS struct js *o = js_object();
	const struct report *r = job->report;
	bool ntfs = session_target(s)->identity.kind == TARGET_DEVICE;
	struct js *list = js_array();

	js_set_uint(o, "schema_version", 1);
	js_set_text(o, "program", PACKAGE_NAME " " PACKAGE_VERSION);
	js_set(o, "command_line", words_json(job->argv));
	set_time(o, "extracted", filetime_now());
	js_set(o, "target", target_json(s, r));
	js_set(o, "volume_state", states_json(r));
	js_set(o, "installation", installation_json(r));
	js_set_uint(o, "max_size", job->max_size);
	for (size_t i = 0; i < files->count; i++)
		if (!files->list[i].host_text)
			js_append(list, file_json(&files->list[i], ntfs));
	js_set(o, "files", list);
	return js_print(o, true);
}
