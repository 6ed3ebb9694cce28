/* SPDX-License-Identifier: GPL-3.0-or-later */
/* registry get, export and replay. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/registry.h"
#include "registry/hive.h"
#include "registry/regfile.h"
#include "session/registry.h"
#include "session/session.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/filetime.h"
#include "util/json.h"
#include "util/text.h"
#include "util/utf16.h"
#include "windows/registry-path.h"

#define PIECE (256u << 10)

/* ---- get ---- */

static char *
full_path(struct session *s, const struct registry_path *p)
{
	CLEANUP_FREE char *prefix =
		windows_reg_prefix(windows_hive_name(session_windows(s), p->hive));

	return xasprintf("%s%s%s", prefix, *p->keys[0] ? "\\" : "", p->keys[0]);
}

static const char *
type_text(uint32_t type, char buffer[24])
{
	if (reg_type_text(type))
		return reg_type_text(type);
	snprintf(buffer, 24, "REG_TYPE_0x%" PRIx32, type);
	return buffer;
}

static struct js *
value_json(const struct hive_value *v)
{
	CLEANUP_FREE char *text = reg_data_text(v->type, v->data, v->len);
	CLEANUP_FREE char *hex = text_hex(v->data, v->len);
	struct js *o = js_object();
	char buffer[24];

	js_set_text(o, "name", v->name);
	js_set_text(o, "type", type_text(v->type, buffer));
	js_set_text(o, "data", text);
	js_set_text(o, "hex", hex);
	if (v->tombstone)
		js_set_bool(o, "tombstone", true);
	return o;
}

static void
print_value(const struct hive_value *v)
{
	CLEANUP_FREE char *name = text_escape(*v->name ? v->name : "(default)", false);
	CLEANUP_FREE char *data = change_data_text(true, v->type, v->data, v->len);
	CLEANUP_FREE char *safe = text_escape(data, false);

	printf("  %s = %s\n", name, v->tombstone ? "(tombstone of a layered hive)" : safe);
}

static int
get_value(struct registry_run *r, struct hive *h, hive_key key, const char *path, const char *name,
	  struct error *err)
{
	CLEANUP_HIVE_VALUE struct hive_value v = { 0 };
	CLEANUP_FREE char *text = NULL;
	CLEANUP_FREE char *safe = NULL;

	if (hive_value(h, key, name, &v, err) < 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		error_clear(err);
		return error_set(err, ERR_NOT_FOUND, "'%s' has no value '%s'", path,
				 *name ? name : "(default)");
	}
	r->answer_name = "value";
	r->answer = value_json(&v);
	text = reg_data_text(v.type, v.data, v.len);
	safe = text_escape(text, true);
	if (!r->common.json) {
		registry_print_notes(r, true);
		puts(safe);
	}
	return EXIT_DONE;
}

static int
list_subkeys(struct registry_run *r, struct hive *h, hive_key key, struct js *names,
	     struct error *err)
{
	CLEANUP_FREE hive_key *keys = NULL;
	size_t count;

	if (hive_subkeys(h, key, &keys, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		CLEANUP_FREE char *name = hive_key_name(h, keys[i], err);
		CLEANUP_FREE char *safe = name ? text_escape(name, false) : NULL;

		if (!name)
			return -1;
		js_append(names, js_text(name));
		if (!r->common.json)
			printf("  %s\\\n", safe);
	}
	return 0;
}

static int
get_key(struct registry_run *r, struct hive *h, hive_key key, const char *path, struct error *err)
{
	CLEANUP_FREE char *safe = text_escape(path, false);
	CLEANUP_FREE char *when = NULL, *class = NULL;
	struct js *o = js_object(), *list = js_array(), *names = js_array();
	struct hive_value *values = NULL;
	size_t count = 0;
	uint64_t time;

	r->answer_name = "key";
	r->answer = o;
	js_set_text(o, "path", path);
	js_set(o, "values", list);
	js_set(o, "subkeys", names);
	if (hive_key_time(h, key, &time, err) < 0)
		return -1;
	class = hive_key_class(h, key, err);
	if (!class)
		return -1;
	when = filetime_text(time);
	js_set_text(o, "last_write", when);
	js_set_text(o, "class", class);
	if (hive_values(h, key, &values, &count, err) < 0)
		return -1;
	if (!r->common.json) {
		CLEANUP_FREE char *safe_class = text_escape(class, false);

		registry_print_notes(r, false);
		printf("[%s]\n; last written %s%s%s\n", safe, when, *class ? ", class " : "",
		       safe_class);
	}
	for (size_t i = 0; i < count; i++) {
		js_append(list, value_json(&values[i]));
		if (!r->common.json)
			print_value(&values[i]);
	}
	hive_values_free(values, count);
	return list_subkeys(r, h, key, names, err) < 0 ? -1 : EXIT_DONE;
}

int
registry_get(struct registry_run *r, struct error *err)
{
	CLEANUP_SESSION struct session *s = NULL;
	CLEANUP_REGISTRY_PATH struct registry_path p = { 0 };
	CLEANUP_FREE char *path = NULL;
	const char *name = registry_value_name(r->words[1]);
	struct hive *h;
	hive_key key;
	int code;

	if (registry_open(r, false, &s, err) < 0 || registry_resolve(s, r->words[0], &p, err) < 0)
		return -1;
	h = windows_hive(session_windows(s), p.hive, err);
	if (!h || hive_find_path(h, p.keys[0], &key, err) < 0)
		return -1;
	session_describe_hives(s);
	path = full_path(s, &p);
	code = name ? get_value(r, h, key, path, name, err) : get_key(r, h, key, path, err);
	registry_note_losses(r, s);
	return code;
}

/* ---- export ---- */

struct export
{
	struct registry_run *r;
	struct session *s;
	struct text text; /* of --json: a member of one object */
	bool begun;	  /* the file has its mark */
};

/* Names of keys are the volume's: a terminal would do what they say. */
static int
to_terminal(const char *text, size_t n, struct error *err)
{
	CLEANUP_FREE char *lines = xstrndup(text, n);
	CLEANUP_FREE char *safe = NULL;
	size_t kept = 0;

	/* the line ends of a .reg file stay line ends */
	for (const char *p = lines; *p; p++)
		if (p[0] != '\r' || p[1] != '\n')
			lines[kept++] = *p;
	lines[kept] = '\0';
	safe = text_escape(lines, true);
	return fputs(safe, stdout) < 0 ? error_set(err, ERR_IO, "cannot write to standard output") :
					 0;
}

static int
to_stdout(void *ctx, const char *text, size_t n, struct error *err)
{
	const struct export *x = ctx;

	if (x->r->terminal)
		return to_terminal(text, n, err);
	return fwrite(text, 1, n, stdout) == n ?
		       0 :
		       error_set(err, ERR_IO, "cannot write to standard output");
}

static int
to_text(void *ctx, const char *text, size_t n, struct error *err)
{
	struct export *x = ctx;

	(void)err;
	text_add_n(&x->text, text, n);
	return 0;
}

/* As regedit writes it, in UTF-16. */
static int
to_file(void *ctx, const char *text, size_t n, struct error *err)
{
	struct export *x = ctx;
	CLEANUP_FREE char *piece = xstrndup(text, n);
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t len;

	bytes = x->begun ? utf16_from_text(piece, &len) : regfile_encode(piece, &len);
	x->begun = true;
	if (x->r->common.json)
		to_text(x, text, n, err);
	return registry_write_out(x->r, x->s, bytes, len, err);
}

/* Where it goes: piece by piece to standard output or into a file, or whole into a JSON member. */
static int
export_to(struct registry_run *r, struct session *s, struct hive *h, const struct registry_path *p,
	  struct error *err)
{
	CLEANUP_FREE char *prefix =
		windows_reg_prefix(windows_hive_name(session_windows(s), p->hive));
	struct export x = { .r = r, .s = s, .text = TEXT_INIT };
	bool file = r->out && strcmp(r->out, "-") != 0;
	const struct regfile_sink to = { file		? to_file :
					 r->common.json ? to_text :
							  to_stdout,
					 &x };
	size_t left_out;
	int got = regfile_export(&to, h, prefix, p->keys[0], &left_out, err);

	got = registry_end_out(r, s, got, err);
	if (got == 0 && left_out)
		report_warn(
			r->report,
			"left out: %zu keys or values whose names no .reg file can hold (a NUL, a line end)",
			left_out);
	if (got == 0 && r->common.json) {
		r->answer_name = "reg";
		r->answer = js_text(text_str(&x.text));
	}
	text_clear(&x.text);
	return got;
}

int
registry_export(struct registry_run *r, struct error *err)
{
	CLEANUP_SESSION struct session *s = NULL;
	CLEANUP_REGISTRY_PATH struct registry_path p = { 0 };
	struct hive *h;

	if (registry_open(r, false, &s, err) < 0)
		return -1;
	if (!r->words[0] && session_hive_file(s) == HIVE_NONE)
		return error_set(err, ERR_USAGE, "name a key to export (HKLM\\SYSTEM\\…)");
	if (registry_resolve(s, r->words[0] ? r->words[0] : "", &p, err) < 0)
		return -1;
	h = windows_hive(session_windows(s), p.hive, err);
	if (!h)
		return -1;
	session_describe_hives(s);
	registry_print_notes(r, true);
	if (export_to(r, s, h, &p, err) < 0)
		return -1;
	registry_note_losses(r, s);
	return EXIT_DONE;
}

/* ---- replay ---- */

struct replay {
	struct registry_run *r;
	struct session *s;
	uint64_t at;
};

/* The hive comes in its order; in pieces, because each has to go to another process. */
static int
to_out(void *ctx, const void *buf, size_t len, uint64_t offset, struct error *err)
{
	struct replay *x = ctx;
	const uint8_t *p = buf;

	if (offset != x->at)
		return error_set(err, ERR_INTERNAL, "a hive that is not written in its order");
	for (size_t n; len; p += n, len -= n) {
		n = len < PIECE ? len : PIECE;
		if (registry_write_out(x->r, x->s, p, n, err) < 0)
			return -1;
		x->at += n;
	}
	return 0;
}

/* The hive that is meant: a name like SYSTEM, or a path; of a single file that one. */
int
registry_which(struct session *s, const char *word, enum windows_hive *ret, struct error *err)
{
	CLEANUP_REGISTRY_PATH struct registry_path p = { 0 };
	CLEANUP_ERROR struct error ignored = ERROR_INIT;

	*ret = session_hive_file(s);
	if (*ret != HIVE_NONE)
		return 0;
	if (!word)
		return error_set(err, ERR_USAGE, "name the hive: SYSTEM, SOFTWARE, HKU\\<SID> …");
	if (windows_hive_by_name(session_windows(s), word, ret, &ignored) == 0)
		return 0;
	if (!strchr(word, '\\'))
		return error_set(err, ERR_USAGE,
				 "there is no hive '%s' (SYSTEM, SOFTWARE, SAM, HKU\\<SID> …)",
				 word);
	if (registry_resolve(s, word, &p, err) < 0)
		return -1;
	*ret = p.hive;
	return 0;
}

int
registry_replay(struct registry_run *r, struct error *err)
{
	CLEANUP_SESSION struct session *s = NULL;
	struct replay x = { .r = r };
	enum windows_hive which = HIVE_NONE;
	struct hive *h;

	if (!r->out)
		return error_set(err, ERR_USAGE,
				 "name the file to write with --out FILE; the target is only read");
	if (registry_open(r, false, &s, err) < 0 || registry_which(s, r->words[0], &which, err) < 0)
		return -1;
	h = windows_hive(session_windows(s), which, err);
	if (!h || hive_check(h, err) < 0)
		return -1;
	session_describe_hives(s);
	x.s = s;
	if (registry_end_out(r, s, hive_write_recovered(h, to_out, &x, err), err) < 0)
		return -1;
	if (!r->common.json && strcmp(r->out, "-") != 0)
		printf("%s written: %s\n", r->out,
		       r->report->installation.replayed_hives ?
			       r->report->installation.replayed_hives :
			       "the hive was clean, and is as it was");
	return EXIT_DONE;
}
