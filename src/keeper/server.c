/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The keeper's side: what the worker asks for is checked against what this run may do, and against the
 * target itself; then it is done.  Nothing here knows NTFS, XML or hives.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "block/commit-target.h"
#include "block/hold.h"
#include "block/journal-dir.h"
#include "block/journal.h"
#include "block/partition.h"
#include "block/tool-delta.h"
#include "keeper/keeper-private.h"
#include "keeper/request.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/interrupt.h"
#include "util/io.h"

#define RESULT_PIECE (256u << 10)

static void
unfinished(struct server *s, struct message *q, struct message *a)
{
	CLEANUP_ERROR struct error none = ERROR_INIT;
	CLEANUP_JOURNAL_UNFINISHED struct journal_unfinished found = { 0 };
	struct target_identity id;
	const struct hold *h;

	message_get(q, &id, sizeof id);
	h = message_get_u64(q) ? s->second : s->hold;
	if (!q->bad && h)
		found = journal_anywhere_unfinished(s->options.journal_dir, &id, h->path);
	message_put_error(a, &none);
	message_put_text(a, found.path);
	message_put_text(a, found.problem);
	message_put_text(a, found.elsewhere);
	message_put_u64(a, found.is_folder);
}

/* The partition of the changes is one of the target's. */
static int
check_place(const struct server *s, const struct target_identity *id, struct error *err)
{
	bool known = s->hold->kind == HOLD_DIRECTORY;

	if (!s->options.may_commit)
		return error_set(err, ERR_REFUSED, "this command does not write to its target");
	if ((s->hold->kind == HOLD_DIRECTORY) != (id->kind == TARGET_DIRECTORY))
		return error_set(err, ERR_REFUSED, "these are changes of another kind of target");
	for (size_t i = 0; !known && i < s->partitions->count; i++)
		known = id->device_size == s->hold->size &&
			s->partitions->list[i].offset == id->partition_offset &&
			s->partitions->list[i].len == id->partition_len &&
			s->partitions->list[i].present == id->partition_len;
	if (!known)
		return error_set(err, ERR_REFUSED,
				 "bytes %" PRIu64 " to %" PRIu64 " are no partition of the target",
				 id->partition_offset, id->partition_offset + id->partition_len);
	return 0;
}

/* A folder that was made for a commit of which nothing came. */
static void
drop_folder(struct server *s)
{
	if (s->made_dir)
		rmdir(s->made_dir);
	free(steal(&s->made_dir));
}

static void
drop_journal(struct server *s)
{
	journal_drop(steal(&s->writing));
	drop_folder(s);
	s->begun = false;
}

/*
 * Who the target is, and whether an earlier commit to it waits, is what this process finds: the journal has to be right, and the worker may not
 * have asked.
 */
static int
check_history(const struct server *s, const struct target_identity *id, struct error *err)
{
	const struct journal like = { .changes = { .identity = *id } };
	CLEANUP_JOURNAL_UNFINISHED struct journal_unfinished found = { 0 };
	CLEANUP_FREE char *advice = NULL;

	if (commit_check_identity(s->hold, &like, err) < 0)
		return -1;
	found = journal_anywhere_unfinished(s->options.journal_dir, id, s->hold->path);
	if (!found.path)
		return 0;
	advice = journal_unfinished_advice(&found, s->hold->path);
	return error_set(err, ERR_REFUSED,
			 "an earlier commit to this target was interrupted; first %s", advice);
}

/* The user says yes to what this process knows that it will write, whatever the other one has shown: 1, 0, or -1. */
static int
ask_user(const struct server *s, const struct changes *c, struct error *err)
{
	uint64_t sectors = changes_sectors(c);
	CLEANUP_FREE char *question =
		s->hold->kind == HOLD_DIRECTORY ?
			xasprintf("Write these changes (%zu places of files) to '%s'?",
				  c->record_count, s->hold->path) :
			xasprintf("Write these changes (%" PRIu64 " sectors) to '%s'?", sectors,
				  s->hold->path);

	return s->options.confirm ? s->options.confirm(question, err) : 1;
}

static int
begin_journal(struct server *s, struct message *q, struct error *err)
{
	drop_journal(s);
	message_get(q, &s->id, sizeof s->id);
	if (q->bad)
		return error_set(err, ERR_INTERNAL, "a question that cannot be read");
	if (check_place(s, &s->id, err) < 0)
		return -1;
	if (s->hold->kind == HOLD_DIRECTORY)
		s->id.ntfs_serial = hold_folder_serial(s->hold);
	if (s->asked)
		return error_set(err, ERR_REFUSED, "this command commits once");
	s->asked = true;
	if (check_history(s, &s->id, err) < 0)
		return -1;
	s->begun = true;
	return 0;
}

static int
open_journal(struct server *s, struct error *err)
{
	CLEANUP_FREE char *path = commit_target_path(s->hold);
	CLEANUP_FREE char *dir = journal_dir_for(s->options.journal_dir, s->hold, &s->warning, err);

	if (dir && access(dir, F_OK) < 0)
		s->made_dir = xstrdup(dir);
	s->writing = dir ? journal_begin(dir, path, &s->id, err) : NULL;
	return s->writing ? 0 : -1;
}

/* Each piece is looked at by itself, before anything is done with it; and the whole of them at the end. */
static int
add_to_journal(struct server *s, struct message *q, struct error *err)
{
	CLEANUP_CHANGES struct changes c = CHANGES_INIT;

	if (!s->begun)
		return error_set(err, ERR_REFUSED, "no journal has begun");
	if (request_get_changes(q, &c, err) < 0)
		return -1;
	c.identity = s->id;
	if (changes_check(&c, err) < 0 || interrupt_check(err) < 0 ||
	    (!s->writing && open_journal(s, err) < 0))
		return -1;
	return journal_add(s->writing, &c, err);
}

static void
answer_journal(struct server *s, bool begin, struct message *q, struct message *a)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;

	if ((begin ? begin_journal(s, q, &err) : add_to_journal(s, q, &err)) < 0)
		drop_journal(s);
	message_put_error(a, &err);
}

static int
commit(struct server *s, struct keeper_commit *r, struct error *err)
{
	CLEANUP_JOURNAL struct journal j = { 0 };
	CLEANUP_COMMIT_TARGET struct commit_target *seen = NULL;
	const struct changes *c;
	int got;

	if (!s->writing)
		return error_set(err, ERR_REFUSED, "no journal has begun");
	c = journal_so_far(s->writing, err);
	/* the question may wait for hours, and nobody else is hindered then from writing to what is no disk */
	if (c && changes_check(c, err) == 0)
		seen = commit_target_open(s->hold, c, false, err);
	got = seen ? ask_user(s, c, err) : -1;
	r->declined = got == 0;
	r->warning = steal(&s->warning);
	if (got <= 0) {
		drop_journal(s);
		return got;
	}
	s->begun = false;
	got = commit_journal(s->hold, steal(&s->writing), seen, &j, &r->committed, &r->stats, err);
	s->committed |= r->committed;
	s->finished = got == 0;
	if (r->committed)
		free(steal(&s->made_dir));
	drop_folder(s);
	if (r->committed) {
		r->journal = xstrdup(j.path);
		free(s->journal);
		s->journal = xstrdup(j.base);
	}
	return got;
}

static void
answer_commit(struct server *s, struct message *a)
{
	CLEANUP_KEEPER_COMMIT struct keeper_commit r = { 0 };
	CLEANUP_ERROR struct error err = ERROR_INIT;

	commit(s, &r, &err);
	message_put_error(a, &err);
	message_put_u64(a, r.declined);
	message_put_u64(a, r.committed);
	message_put_text(a, r.journal);
	message_put_text(a, r.warning);
	message_put(a, &r.stats, sizeof r.stats);
}

/* A name in one folder: no path, nothing hidden. */
static bool
is_plain_name(const char *name)
{
	return name && *name && *name != '.' && !strchr(name, '/') && strlen(name) < 256;
}

static int
write_beside(struct server *s, const char *name, uint64_t at, const void *p, size_t n,
	     struct error *err)
{
	CLEANUP_FREE char *folder = s->journal ? journal_files_folder(s->journal) : NULL;
	CLEANUP_FD int dirfd = -1;

	if (!folder)
		return error_set(err, ERR_REFUSED, "there is no journal to write beside");
	if (!is_plain_name(name))
		return error_set(err, ERR_REFUSED,
				 "a name beside the journal that is not written to this host");
	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return error_sys(err, errno, "cannot make the folder '%s'", folder);
	dirfd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dirfd < 0)
		return error_sys(err, errno, "cannot open the folder '%s'", folder);
	return io_write_piece(dirfd, name, at, p, n, err);
}

/* What is written must not land on the target: looking is not touching.  The folder may not be there yet. */
static int
check_not_on_target(const struct server *s, const char *folder, struct error *err)
{
	int on = hold_contains(s->hold, folder, err);

	if (on == 0 && s->second)
		on = hold_contains(s->second, folder, err);
	if (on > 0)
		return error_set(err, ERR_REFUSED,
				 "'%s' lies on the target, which is only read; name another place",
				 folder);
	return on;
}

static void
answer_beside(struct server *s, bool more, struct message *q, struct message *a)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE char *name = message_get_text(q);
	uint64_t at = more ? message_get_u64(q) : 0;
	size_t n;
	const uint8_t *p = message_get_bytes(q, &n);

	if (q->bad)
		error_set(&err, ERR_INTERNAL, "a question that cannot be read");
	else
		write_beside(s, name, at, p, n, &err);
	message_put_error(a, &err);
}

/* The one file. */
static int
begin_file(struct server *s, struct error *err)
{
	const char *path = s->options.out_file;
	const char *slash = path ? strrchr(path, '/') : NULL;
	CLEANUP_FREE char *folder = NULL;

	if (!path)
		return error_set(err, ERR_REFUSED, "this command writes no file");
	folder = slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
	if (check_not_on_target(s, folder, err) < 0)
		return -1;
	return output_begin_file(&s->output, path, err);
}

static int
fill_folder(struct server *s, enum request what, struct message *q, struct error *err)
{
	CLEANUP_FREE char *path = NULL;
	struct timespec times[2];
	const uint8_t *p;
	uint64_t hole;
	size_t n;
	bool keep;

	switch (what) {
	case ASK_FILE_BEGIN:
		return begin_file(s, err);
	case ASK_FOLDER_BEGIN:
		if (!s->options.out_folder || s->output.root >= 0)
			return error_set(err, ERR_REFUSED, "this command fills no folder");
		if (check_not_on_target(s, s->options.out_folder, err) < 0)
			return -1;
		return output_begin(&s->output, s->options.out_folder, err);
	case ASK_FOLDER_FILE:
		path = message_get_text(q);
		return path ? output_file(&s->output, path, err) :
			      error_set(err, ERR_INTERNAL, "a file without a name");
	case ASK_FOLDER_DATA:
		hole = message_get_u64(q);
		p = message_get_bytes(q, &n);
		return output_data(&s->output, hole ? NULL : p, hole ? hole : n, err);
	default:
		keep = message_get_u64(q) != 0;
		message_get(q, times, sizeof times);
		return output_end(&s->output, times, keep, err);
	}
}

static void
answer_folder(struct server *s, enum request what, struct message *q, struct message *a)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;

	fill_folder(s, what, q, &err);
	message_put_error(a, &err);
}

static void
drop_pages(struct server *s)
{
	if (s->pages.open)
		close(s->pages.fd);
	s->pages = (struct tool_pages){ 0 };
}

/* A piece goes behind those of its job: the first one begins anew, and none goes to what a tool has had. */
static int
add_pages(struct server *s, bool first, const void *p, size_t n, struct error *err)
{
	struct tool_pages *g = &s->pages;

	if (first) {
		drop_pages(s);
		g->fd = keeper_scratch_file(&s->options, s->hold, s->second);
		if (g->fd < 0)
			g->fd = memfd_create("pages", MFD_CLOEXEC);
		g->open = g->fd >= 0;
	}
	if (!g->open || g->used || n > TOOL_FILE_MAX - g->len)
		return error_set(err, ERR_INTERNAL, "pages that cannot be taken");
	if (io_pwrite_full(g->fd, p, n, g->len) < 0) {
		int why = errno;
		CLEANUP_FREE char *dir = journal_dir_named(s->options.journal_dir);

		return error_sys(
			err, why,
			"cannot put aside what a tool will work on (in '%s', or else where temporary "
			"files lie; --journal-dir names another folder)",
			dir);
	}
	g->len += n;
	return 0;
}

/* Pages of the worker's overlay, as a tool will find them: all of them or none. */
static void
answer_pages(struct server *s, struct message *q, struct message *a)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	bool first = message_get_u64(q) != 0;
	size_t n;
	const uint8_t *p = message_get_bytes(q, &n);

	if (q->bad)
		error_set(&err, ERR_INTERNAL, "pages that cannot be taken");
	if (q->bad || add_pages(s, first, p, n, &err) < 0)
		drop_pages(s);
	message_put_error(a, &err);
}

static void
answer_tool(struct server *s, struct message *q, struct message *a)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	uint64_t tool = message_get_u64(q);
	struct tool_result *r = xzalloc(sizeof *r);
	size_t boot_len;
	const uint8_t *boot = message_get_bytes(q, &boot_len);

	if (q->bad || tool >= TOOL_COUNT || s->hold->kind == HOLD_DIRECTORY || !s->pages.open ||
	    s->pages.used)
		error_set(&err, ERR_INTERNAL, "a question that cannot be read");
	else
		tool_run_on((enum tool)tool, s->hold->fd, s->pages.fd, boot, boot_len, r, &err);
	s->pages.used = s->pages.open;
	message_put_error(a, &err);
	message_put(a, r, sizeof *r);
	free(r);
}

/* A piece of what the tool left; nothing behind its end. */
static void
answer_result(struct server *s, struct message *q, struct message *a)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE uint8_t *piece = xmalloc(RESULT_PIECE);
	uint64_t at = message_get_u64(q);
	ssize_t n = s->pages.used ? io_pread_full(s->pages.fd, piece, RESULT_PIECE, at) : -1;

	if (n < 0)
		error_set(&err, ERR_IO, "what the tool left cannot be read");
	message_put_error(a, &err);
	message_put_bytes(a, piece, n < 0 ? 0 : (size_t)n);
}

static void
answer_proof(struct server *s, struct message *q, struct message *a)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	bool second = message_get_u64(q) != 0;
	struct keeper_proof *p = &s->options.proofs[second];
	const struct hold *h = second ? s->second : s->hold;

	if (!s->options.proof || q->bad || !h)
		error_set(&err, ERR_REFUSED, "this command proves nothing");
	else
		p->have_after = proof_hash(h, s->options.proof_progress, p->after, &err) == 0;
	message_put_error(a, &err);
	message_put(a, p->after, sizeof p->after);
}

/* False for a question that nobody asks. */
static bool
answer(struct server *s, struct message *q, struct message *a)
{
	uint64_t what = message_get_u64(q);

	switch (what) {
	case ASK_UNFINISHED:
		unfinished(s, q, a);
		return true;
	case ASK_COMMIT:
		answer_commit(s, a);
		return true;
	case ASK_JOURNAL:
	case ASK_JOURNAL_ADD:
		answer_journal(s, what == ASK_JOURNAL, q, a);
		return true;
	case ASK_WRITE_BESIDE:
	case ASK_APPEND_BESIDE:
		answer_beside(s, what == ASK_APPEND_BESIDE, q, a);
		return true;
	case ASK_TOOL_PAGES:
		answer_pages(s, q, a);
		return true;
	case ASK_TOOL:
		answer_tool(s, q, a);
		return true;
	case ASK_TOOL_RESULT:
		answer_result(s, q, a);
		return true;
	case ASK_PROOF:
		answer_proof(s, q, a);
		return true;
	case ASK_FILE_BEGIN:
	case ASK_FOLDER_BEGIN:
	case ASK_FOLDER_FILE:
	case ASK_FOLDER_DATA:
	case ASK_FOLDER_END:
		answer_folder(s, (enum request)what, q, a);
		return true;
	default:
		return false;
	}
}

/* A signal that was meant for the program reaches both; one that was sent to this process alone is passed on. */
static void
pass_on(void *ctx)
{
	struct server *s = ctx;

	if (interrupt_pending() && !s->told)
		kill(s->worker, SIGTERM);
	s->told = interrupt_pending();
}

static void
serve(struct server *s)
{
	CLEANUP_MESSAGE struct message q = { 0 };

	while (channel_receive(s->fd, &q, pass_on, s)) {
		CLEANUP_MESSAGE struct message a = { 0 };

		if (!answer(s, &q, &a))
			return;
		/* before the answer, so that the worker knows what this process has noted while it was at work */
		pass_on(s);
		if (!channel_send(s->fd, &a))
			return;
	}
}

void
server_run(struct server *s)
{
	serve(s);
	/* a commit that was begun and never ended: nothing of it has happened */
	drop_journal(s);
	drop_pages(s);
	free(s->warning);
	s->warning = NULL;
}
