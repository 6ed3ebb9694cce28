/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looks at every attached disk for a Windows, read-only, never at a mounted one. */
#include "keeper/keeper.h"
#include "session/disks.h"
#include "session/scan.h"
#include "session/target.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/interrupt.h"
#include "windows/windows.h"

static struct scan_entry *
add_entry(struct scan *s, const struct disk *d)
{
	struct scan_entry *e;

	ARRAY_GROW(s->list, s->count);
	e = &s->list[s->count++];
	*e = (struct scan_entry){ .disk = xstrdup(d->path),
				  .serial = xstrdup(d->serial),
				  .model = xstrdup(d->model),
				  .disk_size = d->size };
	return e;
}

/* What Windows it is, as far as its hives tell. */
static void
describe(struct target *t, struct message *m)
{
	CLEANUP_ERROR struct error problem = ERROR_INIT;
	CLEANUP_WINDOWS struct windows *w = windows_open(t->volume, t->root, &problem);
	CLEANUP_WINDOWS_VERSION struct windows_version v = { 0 };

	if (w)
		windows_version(w, &v, &problem);
	message_put_text(m, t->root);
	message_put_text(m, v.product);
	message_put_text(m, v.build);
	message_put_text(m, v.host_name);
}

struct look {
	struct target *target;
	const struct partition *partition;
};

/* In a process of its own: the volume may be an attacker's. */
static void
look(void *ctx, struct message *m)
{
	const struct look *l = ctx;
	CLEANUP_ERROR struct error problem = ERROR_INIT;
	int got = target_find_windows(l->target, l->partition->number, &problem);

	message_put_error(m, &problem);
	if (got == 0)
		describe(l->target, m);
}

static void
look_at_partition(struct scan *s, const struct disk *d, struct target *t, const struct partition *p)
{
	CLEANUP_ERROR struct error problem = ERROR_INIT;
	CLEANUP_MESSAGE struct message m = { 0 };
	CLEANUP_FREE char *missing = NULL; /* said already */
	struct look l = { t, p };
	struct scan_entry *e;

	if (keeper_look(t->hold.fd, look, &l, s->require_sandbox, &m, &missing, &problem) == 0)
		message_get_error(&m, &problem);
	if (problem.code != ERR_NONE &&
	    (problem.code == ERR_NOT_FOUND || p->type == PARTITION_OTHER))
		return;
	e = add_entry(s, d);
	e->partition = p->number;
	e->size = p->len;
	if (problem.code != ERR_NONE) {
		e->problem = xstrdup(problem.message);
		return;
	}
	e->root = message_get_text(&m);
	e->product = message_get_text(&m);
	e->build = message_get_text(&m);
	e->host_name = message_get_text(&m);
}

static void
look_at_disk(struct scan *s, const struct disk *d)
{
	CLEANUP_ERROR struct error problem = ERROR_INIT;
	CLEANUP_TARGET struct target t = { .hold.fd = -1 };

	s->disks++;
	if (target_open(&t, d->path, false, &problem) < 0) {
		if (problem.code == ERR_ACCESS)
			add_entry(s, d)->problem = xstrdup(problem.message);
		return;
	}
	t.as_found = true;
	if (t.hold.in_use) {
		add_entry(s, d)->problem = xstrdup("mounted or in use; not looked at");
		return;
	}
	for (size_t i = 0; i < t.partitions.count; i++)
		look_at_partition(s, d, &t, &t.partitions.list[i]);
}

static void
nothing(void *ctx, struct message *m)
{
	(void)ctx;
	(void)m;
}

int
scan_run(struct scan *ret, bool require_sandbox, struct error *err)
{
	CLEANUP_DISKS struct disks disks = { 0 };
	CLEANUP_MESSAGE struct message m = { 0 };

	*ret = (struct scan){ .require_sandbox = require_sandbox };
	/* said once, and refused before any disk is touched */
	if (keeper_look(-1, nothing, NULL, require_sandbox, &m, &ret->missing, err) < 0)
		return -1;
	if (disks_list(&disks, err) < 0)
		return -1;
	for (size_t i = 0; i < disks.count; i++) {
		if (interrupt_check(err) < 0)
			return -1;
		look_at_disk(ret, &disks.list[i]);
	}
	return 0;
}

void
scan_clear(struct scan *s)
{
	for (size_t i = 0; i < s->count; i++) {
		struct scan_entry *e = &s->list[i];

		free(e->disk);
		free(e->serial);
		free(e->model);
		free(e->root);
		free(e->product);
		free(e->build);
		free(e->host_name);
		free(e->problem);
	}
	free(s->list);
	free(s->missing);
	*s = (struct scan){ 0 };
}
