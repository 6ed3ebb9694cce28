/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two processes out of one: the fork, the worker's lock, and the end. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "block/hold.h"
#include "block/journal-dir.h"
#include "keeper/keeper-private.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/fds.h"
#include "util/sandbox.h"
#include "util/spool.h"
#include "util/text.h"

/* How the worker ended, when it did not end by itself. */
static int
bad_end(const struct server *s, int status, struct error *err)
{
	int by = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	CLEANUP_FREE char *how =
		by == SIGSYS ? xstrdup("tried something that it may not do, and was stopped") :
			       xasprintf("was ended by signal %d (%s)", by, strsignal(by));

	if (s->committed && !s->finished) {
		CLEANUP_FREE char *journal = text_shell(s->journal);

		return error_set(
			err, ERR_INTERNAL,
			"the process that reads the volume %s; the change is half written: run "
			"'resprep recover %s'",
			how, journal);
	}
	if (s->finished)
		return error_set(
			err, ERR_INTERNAL,
			"the process that reads the volume %s; the change was written before, with "
			"the journal '%s.applied'",
			how, s->journal);
	/* one file gets its name when it is whole; of a folder the last files, and the list of all, may be missing */
	if (s->output.whole && s->output.single)
		return error_set(
			err, ERR_INTERNAL,
			"the process that reads the volume %s; nothing was written to the target, and the file '%s' is complete",
			how, s->options.out_file);
	if (s->output.whole)
		return error_set(
			err, ERR_INTERNAL,
			"the process that reads the volume %s; nothing was written to the target, but what was made "
			"before is left in '%s', and not finished",
			how, s->options.out_folder);
	return error_set(err, ERR_INTERNAL,
			 "the process that reads the volume %s; nothing was written", how);
}

#define NOT_PROVEN 8 /* the exit code for "could not, or refused" */

/*
 * Whatever the worker says: this process knows what the target was and what it is.  The exit code, which is `code` when that is
 * the same.
 */
static int
tell_proofs(struct server *s, int code)
{
	const struct hold *targets[] = { s->hold, s->second };

	for (size_t i = 0; s->options.proof && i < ARRAY_SIZE(targets); i++) {
		CLEANUP_ERROR struct error problem = ERROR_INIT;
		struct keeper_proof *p = &s->options.proofs[i];

		if (!targets[i] || !p->name)
			continue;
		if (!p->have_after)
			p->have_after = proof_hash(targets[i], s->options.proof_progress, p->after,
						   &problem) == 0;
		if (s->options.tell_proof)
			s->options.tell_proof(p->name, p->before, p->have_after ? p->after : NULL);
		if (code < NOT_PROVEN &&
		    (!p->have_after || memcmp(p->before, p->after, SHA256_SIZE) != 0))
			code = NOT_PROVEN;
	}
	return code;
}

/* Serves; returns only with a bad end. */
static int
keep(struct server *s, struct error *err)
{
	int status = 0;

	server_run(s);
	output_clear(&s->output);
	close(s->fd);
	while (waitpid(s->worker, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status))
		_exit(tell_proofs(s, WEXITSTATUS(status)));
	bad_end(s, status, err);
	free(s->journal);
	return -1;
}

/*
 * The claim on a target (a lock, O_EXCL) goes with its open file, not with a descriptor, so the worker gets a file of its own: when
 * the keeper is killed, the target is free at once, though the worker may take a moment to follow.
 */
static void
let_go(const struct hold *h)
{
	CLEANUP_FREE char *path = xasprintf("/proc/self/fd/%d", h->fd);
	CLEANUP_FD int own = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	/* without /proc it stays as it is */
	if (own >= 0)
		dup3(own, h->fd, O_CLOEXEC);
}

/* A temporary file in `folder`, unless that is on a target. */
static int
scratch_in(const char *folder, const struct hold *h, const struct hold *more)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;

	if (!folder || hold_contains(h, folder, &ignored) != 0 ||
	    (more && hold_contains(more, folder, &ignored) != 0))
		return -1;
	return spool_file(folder);
}

/* Where journals lie there should be room; else where temporary files that may be large belong. */
int
keeper_scratch_file(const struct keeper_options *o, const struct hold *h, const struct hold *more)
{
	CLEANUP_FREE char *journals = journal_dir_named(o->journal_dir);
	const char *folders[] = { journals, getenv("TMPDIR"), "/var/tmp", "/tmp" };
	int fd = -1;

	for (size_t i = 0; fd < 0 && i < ARRAY_SIZE(folders); i++)
		fd = scratch_in(folders[i], h, more);
	return fd;
}

int
keeper_scratch(struct keeper *k)
{
	return k->scratch_count ? k->scratch[--k->scratch_count] : -1;
}

static int
not_locked_in(const char *missing, struct error *err)
{
	return error_set(err, ERR_UNSUPPORTED,
			 "the process that reads the volume cannot be locked in: %s", missing);
}

static int
work(int fd, const struct hold *h, const struct hold *more, const struct keeper_options *o,
     struct keeper **ret, const char **ret_missing, struct error *err)
{
	const int keep_open[] = { fd, h->fd, more ? more->fd : -1, o->in_file };
	int folders[2];
	size_t count = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	let_go(h);
	if (more)
		let_go(more);
	/* what whoever started us left open is no business of a process that a volume may take over */
	fds_close_others(keep_open, ARRAY_SIZE(keep_open));
	if (h->kind == HOLD_DIRECTORY)
		folders[count++] = h->fd;
	if (more && more->kind == HOLD_DIRECTORY)
		folders[count++] = more->fd;
	*ret = xzalloc(sizeof **ret);
	(*ret)->fd = fd;
	for (size_t i = 0; o->edits && i < SCRATCH_FILES; i++) {
		int file = keeper_scratch_file(o, h, more);

		if (file >= 0)
			(*ret)->scratch[(*ret)->scratch_count++] = file;
	}
	*ret_missing = sandbox_enter(folders, count, (*ret)->scratch, (*ret)->scratch_count);
	return *ret_missing && o->require_sandbox ? not_locked_in(*ret_missing, err) : 0;
}

/* A process at the other end of a socket pair: in both 0, with *ret_fd this one's end and *ret_child 0 in the child. */
static int
split(int *ret_fd, pid_t *ret_child, struct error *err)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return error_sys(err, errno, "cannot make a socket pair");
	/* nothing that waits in a buffer is printed twice */
	fflush(NULL);
	*ret_child = fork();
	if (*ret_child < 0) {
		close(ends[0]);
		close(ends[1]);
		return error_sys(err, errno, "cannot start a process");
	}
	close(ends[*ret_child ? 1 : 0]);
	*ret_fd = ends[*ret_child ? 0 : 1];
	return 0;
}

int
keeper_start(struct hold *h, const struct partitions *p, const struct hold *more,
	     const struct keeper_options *o, struct keeper **ret, const char **ret_missing,
	     struct error *err)
{
	struct server s = {
		.hold = h, .second = more, .partitions = p, .options = *o, .output = OUTPUT_INIT
	};

	s.output.limits = o->out_limits;

	if (split(&s.fd, &s.worker, err) < 0)
		return -1;
	return s.worker ? keep(&s, err) : work(s.fd, h, more, o, ret, ret_missing, err);
}

/* In the process that looks: an error or none, what is missing, then what `fn` says. */
static void
look(int fd, int target, void (*fn)(void *ctx, struct message *answer), void *ctx,
     bool require_sandbox)
{
	CLEANUP_ERROR struct error problem = ERROR_INIT;
	struct message answer = { 0 };
	const int keep_open[] = { fd, target };
	const char *missing;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fds_close_others(keep_open, ARRAY_SIZE(keep_open));
	missing = sandbox_enter(NULL, 0, NULL, 0);
	if (missing && require_sandbox)
		not_locked_in(missing, &problem);
	message_put_error(&answer, &problem);
	message_put_text(&answer, missing == sandbox_instrumented ? NULL : missing);
	if (problem.code == ERR_NONE)
		fn(ctx, &answer);
	_exit(channel_send(fd, &answer) ? 0 : 1);
}

int
keeper_look(int fd, void (*fn)(void *ctx, struct message *answer), void *ctx, bool require_sandbox,
	    struct message *ret, char **ret_missing, struct error *err)
{
	struct server s = { .output = OUTPUT_INIT };
	int status = 0;
	bool answered;

	*ret_missing = NULL;
	if (split(&s.fd, &s.worker, err) < 0)
		return -1;
	if (!s.worker)
		look(s.fd, fd, fn, ctx, require_sandbox);
	answered = channel_receive(s.fd, ret, NULL, NULL);
	close(s.fd);
	while (waitpid(s.worker, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		return bad_end(&s, status, err);
	if (!answered)
		return error_set(err, ERR_INTERNAL,
				 "the process that reads the volume gave no answer");
	if (message_get_error(ret, err) < 0)
		return -1;
	*ret_missing = message_get_text(ret);
	return 0;
}
