/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two trees (tsearch): the paths that are taken, compared as Windows compares names; and the volume's folders with where each has gone.
 * An attacker may have made a folder of a million names that all become one: the number that was tried last is kept with that one.
 */
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "session/safe-names.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/file-name.h"
#include "util/text.h"
#include "util/utf16.h"

struct taken {
	char *path;	 /* on the host */
	unsigned number; /* the highest that was given to a name like it */
};

struct folder {
	char *from; /* where its parent has gone, and its name on the volume */
	char *to;   /* on the host */
};

struct safe_names {
	void *taken, *folders;
};

static int
by_path(const void *a, const void *b)
{
	const struct taken *x = a, *y = b;

	return name_compare(x->path, y->path);
}

static int
by_origin(const void *a, const void *b)
{
	const struct folder *x = a, *y = b;

	return strcmp(x->from, y->from);
}

static void
free_taken(void *p)
{
	struct taken *t = p;

	free(t->path);
	free(t);
}

static void
free_folder(void *p)
{
	struct folder *f = p;

	free(f->from);
	free(f->to);
	free(f);
}

struct safe_names *
safe_names_new(void)
{
	return xzalloc(sizeof(struct safe_names));
}

void
safe_names_free(struct safe_names *s)
{
	if (!s)
		return;
	tdestroy(s->taken, free_taken);
	tdestroy(s->folders, free_folder);
	free(s);
}

void
safe_names_freep(struct safe_names **s)
{
	safe_names_free(*s);
}

/* Adds what is not there yet; *ret_new says whether it was not.  `key` is freed when it was. */
static void *
put(void **tree, void *key, int (*compare)(const void *, const void *), void (*forget)(void *),
    bool *ret_new)
{
	void **node = tsearch(key, tree, compare);

	if (!node)
		out_of_memory();
	*ret_new = *node == key;
	if (!*ret_new)
		forget(key);
	return *node;
}

static struct taken *
take(struct safe_names *s, const char *path, bool *ret_new)
{
	struct taken *t = xzalloc(sizeof *t);

	t->path = xstrdup(path);
	t->number = 1;
	return put(&s->taken, t, by_path, free_taken, ret_new);
}

void
safe_names_reserve(struct safe_names *s, const char *name)
{
	bool is_new;

	take(s, name, &is_new);
}

static char *
join(const char *folder, const char *name)
{
	return *folder ? xasprintf("%s/%s", folder, name) : xstrdup(name);
}

/* A path in the host's folder that nobody has, for `n` bytes of `name`; the caller's. */
static char *
unused(struct safe_names *s, const char *folder, const char *name, size_t n)
{
	CLEANUP_FREE char *plain = file_name_plain(name, n);
	char *path = join(folder, plain);
	bool is_new;
	struct taken *first = take(s, path, &is_new);

	/* stops because each number gives another name, and only finitely many are taken */
	while (!is_new) {
		CLEANUP_FREE char *numbered = file_name_numbered(plain, ++first->number);

		free(path);
		path = join(folder, numbered);
		take(s, path, &is_new);
	}
	return path;
}

/* Where the volume's folder `name`, in what has gone to `parent`, has gone or goes now; borrowed. */
static const char *
folder_for(struct safe_names *s, const char *parent, const char *name, size_t n)
{
	struct folder *f = xzalloc(sizeof *f);
	bool is_new;

	f->from = xasprintf("%s/%.*s", parent, (int)n, name);
	f = put(&s->folders, f, by_origin, free_folder, &is_new);
	if (is_new)
		f->to = unused(s, parent, name, n);
	return f->to;
}

char *
safe_names_file(struct safe_names *s, const char *path)
{
	const char *folder = "", *name = path + strspn(path, "/");

	for (;;) {
		size_t n = strcspn(name, "/");
		const char *next = name + n + strspn(name + n, "/");

		if (!*next)
			return unused(s, folder, name, n);
		folder = folder_for(s, folder, name, n);
		name = next;
	}
}
