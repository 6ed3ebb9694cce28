/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The changes of a repair as JSON, and as .reg files and originals beside the journal. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "block/journal-dir.h"
#include "registry/hive.h"
#include "registry/regfile.h"
#include "session/manifest.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/io.h"
#include "util/json.h"
#include "util/text.h"
#include "util/utf16.h"
#include "windows/windows.h"

#define PIECE	   (1u << 20)
#define TEXT_PIECE (128u << 10)
#define BEFORE	   "before.reg"
#define AFTER	   "after.reg"

static const char *const kinds[] = { [CHANGE_VALUE] = "value",
				     [CHANGE_KEY_DELETED] = "key-deleted",
				     [CHANGE_KEY_CREATED] = "key-created",
				     [CHANGE_FILE] = "file",
				     [CHANGE_HIVE] = "hive",
				     [CHANGE_VOLUME] = "volume" };

static void
set_bytes(struct js *o, const char *key, bool there, uint32_t type, const uint8_t *p, size_t n)
{
	CLEANUP_FREE char *hex = NULL;
	struct js *v;

	if (!there)
		return;
	hex = text_hex(p, n);
	v = js_object();
	js_set_uint(v, "type", type);
	js_set_text(v, "hex", hex);
	js_set(o, key, v);
}

static struct js *
write_change(const struct change *c)
{
	struct js *o = js_object();

	js_set_text(o, "kind", kinds[c->kind]);
	if (c->hive) {
		js_set_text(o, "hive", c->hive);
		if (c->key)
			js_set_text(o, "key", c->key);
	}
	if (c->kind == CHANGE_VALUE)
		js_set_text(o, "name", c->name);
	if (c->path)
		js_set_text(o, "path", c->path);
	set_bytes(o, "before", c->had, c->type_before, c->before, c->len_before);
	set_bytes(o, "after", c->has, c->type_after, c->after, c->len_after);
	js_set_bool(o, "nested", c->nested);
	if (!c->nested) /* of many only what they hold */
		js_set_text(o, "words", c->words);
	return o;
}

static int
write_text(struct text *t, size_t least, const struct manifest_text *to, struct error *err)
{
	int got;

	if (t->len <= least)
		return 0;
	got = to->write(to->ctx, t->ptr, t->len, err);
	t->len = 0;
	return got;
}

/* One change after the other: all of them as one tree of JSON take several times what the text does. */
int
manifest_write(const struct manifest *m, const struct change_list *l,
	       const struct manifest_text *to, struct error *err)
{
	CLEANUP_JS struct js *o = js_object();
	CLEANUP_FREE char *head = NULL;
	CLEANUP_TEXT struct text out = TEXT_INIT;
	CLEANUP_CHANGE_READER struct change_reader r = { 0 };
	const struct change *c;
	const char *between = "";
	int got;

	js_set_uint(o, "version", 1);
	js_set_text(o, "command", m->command);
	js_set_text(o, "root", m->root);
	js_set_text(o, "product", m->product);
	js_set_text(o, "host_name", m->host_name);
	head = js_print(o, false);
	text_add_n(&out, head, strlen(head) - 1); /* without its closing brace */
	text_add(&out, ", \"changes\": [");
	change_reader_begin(&r, l);
	while ((got = change_next(&r, &c, err)) > 0) {
		CLEANUP_JS struct js *v = write_change(c);
		CLEANUP_FREE char *text = js_print(v, false);

		text_add(&out, between);
		text_add(&out, text);
		between = ", ";
		if (write_text(&out, TEXT_PIECE, to, err) < 0)
			return -1;
	}
	text_add(&out, "]}");
	return got < 0 ? -1 : write_text(&out, 0, to, err);
}

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
read_bytes(const struct js *v, bool *there, uint32_t *type, uint8_t **ret, size_t *ret_len,
	   struct error *err)
{
	const char *hex;
	size_t n;

	*there = v != NULL;
	if (!v)
		return 0;
	hex = js_get_text(v, "hex");
	if (!hex || strlen(hex) % 2)
		return error_set(err, ERR_CORRUPT,
				 "the journal's list of changes has no data where it should");
	n = strlen(hex) / 2;
	*type = (uint32_t)js_get_uint(v, "type");
	*ret = xmalloc(n);
	*ret_len = n;
	for (size_t i = 0; i < n; i++) {
		int hi = hex_digit(hex[2 * i]), lo = hex_digit(hex[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return error_set(err, ERR_CORRUPT,
					 "the journal's list of changes has a broken number");
		(*ret)[i] = (uint8_t)(hi << 4 | lo);
	}
	return 0;
}

static int
read_change(const struct js *o, struct change_list *l, struct error *err)
{
	const char *kind = js_get_text(o, "kind");
	struct change *c;
	size_t k;

	for (k = 0; k < ARRAY_SIZE(kinds); k++)
		if (kind && strcmp(kind, kinds[k]) == 0)
			break;
	if (k == ARRAY_SIZE(kinds))
		return error_set(err, ERR_UNSUPPORTED,
				 "the journal lists a kind of change that this version does not "
				 "know");
	c = change_list_add(l, (enum change_kind)k, NULL);
	c->hive = xstrdup(js_get_text(o, "hive"));
	c->key = xstrdup(js_get_text(o, "key"));
	c->name = xstrdup(js_get_text(o, "name"));
	c->path = xstrdup(js_get_text(o, "path"));
	c->words = xstrdup(js_get_text(o, "words"));
	c->nested = js_get_bool(o, "nested");
	if ((c->kind >= CHANGE_FILE ? !c->path : !c->hive || !c->key) ||
	    (c->kind == CHANGE_VALUE && !c->name))
		return error_set(err, ERR_CORRUPT, "the journal's list of changes lacks a name");
	if (read_bytes(js_get(o, "before"), &c->had, &c->type_before, &c->before, &c->len_before,
		       err) < 0)
		return -1;
	return read_bytes(js_get(o, "after"), &c->has, &c->type_after, &c->after, &c->len_after,
			  err);
}

int
manifest_read(const char *text, struct manifest *ret, struct error *err)
{
	CLEANUP_JS struct js *o = NULL;
	const struct js *changes;

	*ret = (struct manifest){ 0 };
	if (!*text)
		return error_set(err, ERR_CORRUPT, "the journal has no list of changes");
	o = js_parse(text, strlen(text), err);
	if (!o)
		return error_prefix(err, "the journal's list of changes");
	ret->command = xstrdup(js_get_text(o, "command"));
	ret->root = xstrdup(js_get_text(o, "root"));
	ret->product = xstrdup(js_get_text(o, "product"));
	ret->host_name = xstrdup(js_get_text(o, "host_name"));
	changes = js_get(o, "changes");
	for (size_t i = 0; i < js_count(changes); i++)
		if (read_change(js_at(changes, i), &ret->changes, err) < 0) {
			manifest_clear(ret);
			return -1;
		}
	return 0;
}

void
manifest_clear(struct manifest *m)
{
	free(m->command);
	free(m->root);
	free(m->product);
	free(m->host_name);
	change_list_clear(&m->changes);
	*m = (struct manifest){ 0 };
}

/* One side of all registry changes as .reg text: importing it gives that side. */
static void
add_reg(struct text *out, const struct change *c, bool after)
{
	CLEANUP_FREE char *prefix = windows_reg_prefix(c->hive);
	CLEANUP_FREE char *key = xasprintf("%s%s%s", prefix, *c->key ? "\\" : "", c->key);
	bool there = after ? c->has : c->had;
	struct hive_value v = { .name = c->name,
				.type = after ? c->type_after : c->type_before,
				.data = after ? c->after : c->before,
				.len = (uint32_t)(after ? c->len_after : c->len_before) };

	switch (c->kind) {
	case CHANGE_VALUE:
		if (c->nested && !there)
			return; /* the key's own deletion stands there already */
		regfile_key(out, key);
		if (there)
			regfile_value(out, &v);
		else
			regfile_delete_value(out, c->name);
		return;
	case CHANGE_KEY_DELETED:
	case CHANGE_KEY_CREATED:
		if (after == (c->kind == CHANGE_KEY_CREATED))
			regfile_key(out, key);
		else if (!c->nested)
			regfile_delete_key(out, key);
		return;
	case CHANGE_FILE:
	case CHANGE_HIVE:
	case CHANGE_VOLUME:
		return;
	}
}

/* A .reg file, handed on in pieces. */
struct reg_file {
	const struct manifest_sink *to;
	const char *name;
	uint64_t at;
	struct text text; /* not handed on yet */
};

static int
hand_on(struct reg_file *f, struct error *err)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t len;
	int got;

	bytes = f->at ? utf16_from_text(text_str(&f->text), &len) :
			regfile_encode(text_str(&f->text), &len);
	got = f->to->write(f->to->ctx, f->name, f->at, bytes, len, err);
	f->at += len;
	text_clear(&f->text);
	return got;
}

static int
write_reg(const struct manifest_sink *to, const char *name, const struct change_list *l, bool after,
	  struct error *err)
{
	struct reg_file f = { .to = to, .name = name, .text = TEXT_INIT };
	CLEANUP_CHANGE_READER struct change_reader r = { 0 };
	const struct change *c;
	int got;

	regfile_begin(&f.text);
	change_reader_begin(&r, l);
	while ((got = change_next(&r, &c, err)) > 0) {
		if (c->key)
			add_reg(&f.text, c, after);
		if (f.text.len > PIECE && hand_on(&f, err) < 0)
			break;
	}
	got = got ? -1 : 0;
	if (got == 0 && (f.text.len || !f.at))
		got = hand_on(&f, err);
	text_clear(&f.text);
	return got;
}

/* The files whose originals are written, and the names that are taken. */
struct originals {
	char **paths, **names;
	size_t count, name_count;
};

static void
take_name(struct originals *o, char *name)
{
	ARRAY_GROW(o->names, o->name_count);
	o->names[o->name_count++] = name;
}

static void
originals_clear(struct originals *o)
{
	for (size_t i = 0; i < o->count; i++)
		free(o->paths[i]);
	for (size_t i = 0; i < o->name_count; i++)
		free(o->names[i]);
	free(o->paths);
	free(o->names);
}

static bool
is_taken(const struct originals *o, const char *name)
{
	for (size_t i = 0; i < o->name_count; i++)
		if (name_equal(o->names[i], name))
			return true;
	return false;
}

#define NAME_LIMIT 255u /* bytes of a name, on every file system that a host has */
#define END_LIMIT  16u	/* what is longer is no ".xml" */

/* "a_long_name.xml" as "a_long~2.xml": no longer than a name can be, and with no half of a character. */
static char *
numbered_name(const char *name, unsigned number)
{
	const char *end = strrchr(name, '.');
	CLEANUP_FREE char *mark = xasprintf("~%u", number);
	size_t stem, most;

	if (!end || end == name || strlen(end) > END_LIMIT)
		end = "";
	stem = strlen(name) - strlen(end);
	most = NAME_LIMIT - strlen(mark) - strlen(end);
	if (stem > most)
		for (stem = most; stem && ((unsigned char)name[stem] & 0xc0) == 0x80;)
			stem--;
	return xasprintf("%.*s%s%s", (int)stem, name, mark, end);
}

/* "/Program Files/x/y.xml" as a name in one folder: "Program Files_x_y.xml", with a number where that is taken or too long. */
static const char *
original_name(struct originals *o, const char *path)
{
	CLEANUP_FREE char *plain = text_escape(*path == '/' ? path + 1 : path, false);
	char *name;

	for (char *c = plain; *c; c++)
		if (*c == '/' || *c == '\\' || (c == plain && *c == '.'))
			*c = '_'; /* at the beginning, too: nothing is hidden */
	name = xstrdup(plain);
	/* ends because only so many are taken */
	for (unsigned number = 2; strlen(name) > NAME_LIMIT || is_taken(o, name); number++) {
		free(name);
		name = numbered_name(plain, number);
	}
	take_name(o, name);
	return name;
}

/* Of a file that several findings change, what it held before the first of them is the original. */
static int
write_original(struct originals *o, const struct change *c, const struct manifest_sink *to,
	       struct error *err)
{
	for (size_t i = 0; i < o->count; i++)
		if (name_equal(o->paths[i], c->path))
			return 0;
	ARRAY_GROW(o->paths, o->count);
	o->paths[o->count++] = xstrdup(c->path);
	return to->write(to->ctx, original_name(o, c->path), 0, c->before, c->len_before, err);
}

/* 1 when something of a hive is in the list, 0 when not. */
static int
has_registry(const struct change_list *l, struct error *err)
{
	CLEANUP_CHANGE_READER struct change_reader r = { 0 };
	const struct change *c;
	int got;

	change_reader_begin(&r, l);
	while ((got = change_next(&r, &c, err)) > 0)
		if (c->key)
			break;
	return got;
}

int
manifest_list_files(const struct change_list *l, const struct manifest_sink *to, struct error *err)
{
	__attribute__((cleanup(originals_clear))) struct originals written = { 0 };
	CLEANUP_CHANGE_READER struct change_reader r = { 0 };
	const struct change *c;
	int got = has_registry(l, err);

	if (got < 0 || (got && (write_reg(to, BEFORE, l, false, err) < 0 ||
				write_reg(to, AFTER, l, true, err) < 0)))
		return -1;
	take_name(&written, xstrdup(BEFORE));
	take_name(&written, xstrdup(AFTER));
	change_reader_begin(&r, l);
	while ((got = change_next(&r, &c, err)) > 0)
		if (c->kind == CHANGE_FILE && write_original(&written, c, to, err) < 0)
			return -1;
	return got;
}

static int
write_into(void *ctx, const char *name, uint64_t at, const void *p, size_t n, struct error *err)
{
	return io_write_piece(*(const int *)ctx, name, at, p, n, err);
}

int
manifest_write_files(const struct journal *j, struct error *err)
{
	CLEANUP_MANIFEST struct manifest m = { 0 };
	CLEANUP_FREE char *folder = journal_files_folder(j->base);
	CLEANUP_FREE char *text = NULL;
	CLEANUP_FD int dirfd = -1;

	if (mkdir(folder, 0700) < 0)
		return errno == EEXIST ?
			       0 :
			       error_sys(err, errno, "cannot make the folder '%s'", folder);
	dirfd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0)
		return error_sys(err, errno, "cannot open the folder '%s'", folder);
	{
		const struct manifest_sink to = { write_into, &dirfd };

		text = journal_manifest(j, err);
		return !text || manifest_read(text, &m, err) < 0 ?
			       -1 :
			       manifest_list_files(&m.changes, &to, err);
	}
}
