/* SPDX-License-Identifier: GPL-3.0-or-later */
/* registry diff: what is different between a key here and the same key in another target. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/registry.h"
#include "registry/hive.h"
#include "session/registry.h"
#include "session/session.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/interrupt.h"
#include "util/json.h"
#include "util/text.h"
#include "util/utf16.h"
#include "windows/registry-path.h"

#define DEPTH 512

struct diff {
	struct registry_run *run;
	struct hive *here, *there;
	size_t count;
};

/* One difference: a line with '-' for what only is here, '+' for what only is there. */
static void
tell(struct diff *d, char sign, const char *key, const struct hive_value *v)
{
	CLEANUP_FREE char *data = v ? change_data_text(true, v->type, v->data, v->len) :
				      xstrdup("");
	CLEANUP_FREE char *line = v ? xasprintf("[%s] %s = %s", key,
						*v->name ? v->name : "(default)", data) :
				      xasprintf("[%s]", key);
	CLEANUP_FREE char *safe = text_escape(line, false);
	struct js *o = js_object();

	js_set_text(o, "side", sign == '-' ? "target" : "other");
	js_set_text(o, "key", key);
	js_set_text(o, "name", v ? v->name : NULL);
	js_set_text(o, "data", v ? data : NULL);
	js_append(d->run->answer, o);
	if (!d->run->common.json)
		printf("%c %s\n", sign, safe);
	d->count++;
}

/* ---- values ---- */

static bool
same_data(const struct hive_value *a, const struct hive_value *b)
{
	return a->type == b->type && a->len == b->len &&
	       (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static int
by_name(const void *a, const void *b)
{
	const struct hive_value *x = a, *y = b;

	return name_compare(x->name, y->name);
}

struct value_list {
	struct hive_value *list;
	size_t count;
};

static int
read_values(struct hive *h, hive_key key, struct value_list *ret, struct error *err)
{
	if (hive_values(h, key, &ret->list, &ret->count, err) < 0)
		return -1;
	if (ret->count)
		qsort(ret->list, ret->count, sizeof *ret->list, by_name);
	return 0;
}

static void
compare_values(struct diff *d, const char *path, const struct value_list *a,
	       const struct value_list *b)
{
	size_t i = 0, k = 0;

	while (i < a->count || k < b->count) {
		int order = i == a->count ? 1 :
			    k == b->count ? -1 :
					    by_name(&a->list[i], &b->list[k]);

		if (order == 0 && same_data(&a->list[i], &b->list[k])) {
			i++;
			k++;
			continue;
		}
		if (order <= 0)
			tell(d, '-', path, &a->list[i++]);
		if (order >= 0)
			tell(d, '+', path, &b->list[k++]);
	}
}

/* ---- keys ---- */

struct named_key {
	char *name;
	hive_key key;
};

struct key_list {
	struct named_key *list;
	size_t count;
};

static void
key_list_clear(struct key_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->list[i].name);
	free(l->list);
	*l = (struct key_list){ 0 };
}
#define CLEANUP_KEY_LIST __attribute__((cleanup(key_list_clear)))

static int
by_key_name(const void *a, const void *b)
{
	const struct named_key *x = a, *y = b;

	return name_compare(x->name, y->name);
}

static int
read_keys(struct hive *h, hive_key key, struct key_list *ret, struct error *err)
{
	CLEANUP_FREE hive_key *keys = NULL;
	size_t count;

	if (hive_subkeys(h, key, &keys, &count, err) < 0)
		return -1;
	ret->list = xcalloc(count ? count : 1, sizeof *ret->list);
	for (size_t i = 0; i < count; i++) {
		char *name = hive_key_name(h, keys[i], err);

		if (!name)
			return -1;
		ret->list[ret->count++] = (struct named_key){ name, keys[i] };
	}
	if (count)
		qsort(ret->list, count, sizeof *ret->list, by_key_name);
	return 0;
}

static int compare_keys(struct diff *d, const char *path, hive_key a, hive_key b, int depth,
			struct error *err);

static int
compare_subkeys(struct diff *d, const char *path, hive_key a, hive_key b, int depth,
		struct error *err)
{
	CLEANUP_KEY_LIST struct key_list x = { 0 }, y = { 0 };
	size_t i = 0, k = 0;

	if (read_keys(d->here, a, &x, err) < 0 || read_keys(d->there, b, &y, err) < 0)
		return -1;
	while (i < x.count || k < y.count) {
		int order = i == x.count ? 1 :
			    k == y.count ? -1 :
					   by_key_name(&x.list[i], &y.list[k]);
		CLEANUP_FREE char *below = xasprintf("%s\\%s", path,
						     order <= 0 ? x.list[i].name : y.list[k].name);

		if (order < 0)
			tell(d, '-', below, NULL);
		else if (order > 0)
			tell(d, '+', below, NULL);
		else if (compare_keys(d, below, x.list[i].key, y.list[k].key, depth + 1, err) < 0)
			return -1;
		i += order <= 0;
		k += order >= 0;
	}
	return 0;
}

static int
compare_keys(struct diff *d, const char *path, hive_key a, hive_key b, int depth, struct error *err)
{
	struct value_list x = { 0 }, y = { 0 };
	int got;

	if (interrupt_check(err) < 0)
		return -1;
	if (depth > DEPTH)
		return error_set(err, ERR_LIMIT, "%s: keys are nested too deep", path);
	got = read_values(d->here, a, &x, err);
	if (got == 0)
		got = read_values(d->there, b, &y, err);
	if (got == 0)
		compare_values(d, path, &x, &y);
	hive_values_free(x.list, x.count);
	hive_values_free(y.list, y.count);
	return got < 0 ? -1 : compare_subkeys(d, path, a, b, depth, err);
}

/* ---- the two sides ---- */

struct side {
	struct session *session;
	struct registry_path path;
	struct hive *hive;
	hive_key key;
};

static int
find_side(struct side *s, const char *key, struct error *err)
{
	if (!key && session_hive_file(s->session) == HIVE_NONE)
		return error_set(err, ERR_USAGE, "name the key to compare (HKLM\\SYSTEM\\…)");
	if (registry_resolve(s->session, key ? key : "", &s->path, err) < 0)
		return -1;
	s->hive = windows_hive(session_windows(s->session), s->path.hive, err);
	if (!s->hive)
		return -1;
	session_describe_hives(s->session);
	return hive_find_path(s->hive, s->path.keys[0], &s->key, err);
}

static void
close_side(struct side *s)
{
	registry_path_clear(&s->path);
	session_close(s->session);
}

static int
compare(struct registry_run *r, struct side *a, struct side *b, struct error *err)
{
	CLEANUP_FREE char *prefix =
		windows_reg_prefix(windows_hive_name(session_windows(a->session), a->path.hive));
	const char *key = a->path.keys[0];
	CLEANUP_FREE char *path = xasprintf("%s%s%s", prefix, *key ? "\\" : "", key);
	struct diff d = { .run = r, .here = a->hive, .there = b->hive };

	registry_print_notes(r, true);
	if (compare_keys(&d, path, a->key, b->key, 0, err) < 0)
		return -1;
	registry_note_losses(r, a->session);
	registry_note_losses(r, b->session);
	if (!d.count)
		run_print(&r->common, "No difference.\n");
	return EXIT_DONE;
}

int
registry_diff(struct registry_run *r, struct error *err)
{
	struct report other = { .command = "registry" };
	struct registry_run second = { .common = { .proof = r->common.proof },
				       .target = r->words[0],
				       .report = &other };
	struct side a = { 0 }, b = { 0 };
	int code = -1;

	r->answer_name = "differences";
	r->answer = js_array();
	if (registry_open_two(r, &second, &a.session, &b.session, err) == 0 &&
	    find_side(&a, r->words[1], err) == 0) {
		code = find_side(&b, r->words[1], err);
		if (code < 0)
			error_prefix(err, "%s", r->words[0]);
		else
			code = compare(r, &a, &b, err);
	}
	close_side(&b);
	close_side(&a);
	r->report->proof_other = other.proof;
	other.proof = (struct report_proof){ 0 };
	report_clear(&other);
	return code;
}
