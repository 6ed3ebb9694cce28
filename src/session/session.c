/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One run over one target.  This file opens, diagnoses and commits; plan.c repairs in the overlay
 * and holds the gate.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "check/check.h"
#include "check/edit.h"
#include "check/subject.h"
#include "keeper/keeper.h"
#include "registry/hive.h"
#include "session/copies.h"
#include "session/logs.h"
#include "session/manifest.h"
#include "session/readiness.h"
#include "session/session-private.h"
#include "session/volume-state.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/code-page.h"
#include "util/error.h"
#include "util/interrupt.h"
#include "util/sandbox.h"
#include "util/spool.h"
#include "util/text.h"
#include "volume/volume.h"

/* Whether `name` ("ID" or "ID:SUBJECT") speaks of the check. */
static bool
names_check(const char *name, const char *id)
{
	size_t n = strlen(id);

	return strncmp(name, id, n) == 0 && (name[n] == '\0' || name[n] == ':');
}

static int
check_selection(const struct session_options *o, struct error *err)
{
	for (const char *const *p = o->only; p && *p; p++) {
		CLEANUP_FREE char *id = xstrndup(*p, strcspn(*p, ":"));

		if (!check_find(id))
			return error_set(err, ERR_USAGE,
					 "there is no check '%s'; 'resprep list-checks' lists them",
					 id);
	}
	for (const char *const *p = o->groups; p && *p; p++) {
		if (!check_group_exists(*p))
			return error_set(err, ERR_USAGE,
					 "there is no group '%s'; 'resprep list-checks' lists them",
					 *p);
	}
	return 0;
}

static bool
selected(const struct session_options *o, const struct check *c)
{
	if (!o->only && !o->groups)
		return !c->asked_only;
	for (const char *const *p = o->only; p && *p; p++)
		if (names_check(*p, c->id))
			return true;
	for (const char *const *p = o->groups; p && *p; p++)
		if (check_in_group(c, *p))
			return true;
	return false;
}

static void
warn_of_state(struct session *s)
{
	const char *dirty = s->report->installation.dirty_hives;

	volume_state_warn(&s->target, &s->options, s->report);
	if (dirty)
		report_warn(
			s->report,
			s->options.accept_dirty ?
				"%s: not unloaded cleanly (dirty), and the transaction logs do not help: "
				"accepted as it is; what stood only in the logs is lost once it is edited" :
				"%s: not unloaded cleanly (dirty), and the transaction logs do not help: the newest "
				"changes may be missing in this view; repairs of it are refused "
				"(--accept-dirty-hive)",
			dirty);
}

void
session_warn_of_losses(struct session *s)
{
	for (size_t i = 0; s->windows && i < windows_hive_count(s->windows); i++) {
		const struct hive *h = windows_opened(s->windows, (enum windows_hive)i);
		const struct hive_problems *p = h ? hive_losses(h) : NULL;

		if (p && p->errors)
			report_warn(s->report,
				    "%s is damaged: what could be read is shown; lost: %s%s",
				    hive_name(h), p->list[0].text,
				    p->errors > 1 ? ", and more" : "");
	}
}

static int
refuse_unfinished(struct session *s, struct error *err)
{
	CLEANUP_JOURNAL_UNFINISHED struct journal_unfinished found =
		keeper_unfinished(s->keeper, &s->target.identity, s->second);
	CLEANUP_FREE char *advice = NULL;
	CLEANUP_FREE char *path = found.path ? text_shell(found.path) : NULL;
	CLEANUP_FREE char *target = text_shell(s->options.target);

	if (!path)
		return 0;
	advice = journal_unfinished_advice(&found, s->options.target);
	if (found.problem && s->options.exclusive)
		return error_set(
			err, ERR_REFUSED,
			"an earlier commit, which may have been to this target, was interrupted, and its journal cannot "
			"be used: %s.  Do not start Windows from this target.  What can be done says: resprep recover %s %s.  "
			"A journal that is not of this target is moved to another folder",
			found.problem, path, target);
	if (found.problem) {
		report_warn(
			s->report,
			"an earlier commit, which may have been to this target, was interrupted, and its journal cannot "
			"be used (%s): what you see may be half old, half new, and repair refuses; what can be done "
			"says: resprep recover %s %s",
			found.problem, path, target);
		return 0;
	}
	if (s->options.exclusive)
		return error_set(err, ERR_REFUSED,
				 "an earlier commit to this target was interrupted; first %s",
				 advice);
	report_warn(
		s->report,
		"an earlier commit to this target was interrupted: what you see may be half old, half "
		"new; %s",
		advice);
	return 0;
}

void
session_close_windows(struct session *s)
{
	subject_free(s->subject);
	s->subject = NULL;
	windows_close(s->windows);
	s->windows = NULL;
}

int
session_reopen_windows(struct session *s, struct error *err)
{
	CLEANUP_FREE char *path = NULL;

	session_close_windows(s);
	s->hive_file = HIVE_NONE;
	if (!s->target.hold.file && !s->target.root)
		return 0; /* a folder of logs */
	if (s->target.hold.file) {
		path = xasprintf("/%s", s->target.hold.file);
		s->windows = windows_open_file(s->target.volume, path, &s->hive_file, err);
	} else {
		s->windows = windows_open(s->target.volume, s->target.root, err);
	}
	if (!s->windows)
		return -1;
	windows_set_code_pages(s->windows, s->code_pages);
	if (s->options.accept_dirty)
		windows_accept_dirty(s->windows);
	s->subject = subject_new(s->windows, s->target.have_place ? &s->target.place : NULL,
				 &s->report->changes);
	return 0;
}

static int
read_all(struct session *s, struct error *err)
{
	if (!s->options.target)
		return 0;
	if (target_find_windows(&s->target, s->options.partition, err) < 0)
		return -1;
	if (refuse_unfinished(s, err) < 0)
		return -1;
	target_describe(&s->target, s->report);
	if (session_reopen_windows(s, err) < 0)
		return -1;
	if (!s->windows)
		return 0;
	if (!s->target.hold.file)
		session_describe_windows(s);
	session_describe_hives(s);
	if (s->target.root_count > 1)
		report_warn(s->report, "%zu folders in the root hold a Windows; this is about %s",
			    s->target.root_count, s->target.root);
	warn_of_state(s);
	return 0;
}

/* Opened and held; nothing of what the volume holds is read yet. */
static int
hold(const struct session_options *o, struct report *r, struct session **ret, struct error *err)
{
	CLEANUP_SESSION struct session *s = xzalloc(sizeof *s);

	s->options = *o;
	s->report = r;
	s->target.hold.fd = -1;
	/* iconv opens files, which nobody may later */
	s->code_pages = code_pages_open();
	r->target = o->target ? xstrdup(o->target) : NULL;
	r->named_partition = o->partition;
	if (o->exclusive && !o->edits)
		return error_set(err, ERR_INTERNAL, "a commit without edits");
	if (check_selection(o, err) < 0 ||
	    (o->target && target_open(&s->target, o->target, o->exclusive, err) < 0))
		return -1;
	s->target.any_folder = o->logs;
	if (s->target.hold.file && !o->hive_file) {
		CLEANUP_FREE char *quoted = text_shell(o->target);

		return error_set(err, ERR_UNSUPPORTED,
				 "'%s' is a single registry hive: use 'resprep registry %s …'",
				 o->target, quoted);
	}
	*ret = steal(&s);
	return 0;
}

/* The SHA-256 of the target as text in *ret, by the process that may ask for it or do it. */
static int
prove(struct session *s, char **ret, struct error *err)
{
	uint8_t digest[SHA256_SIZE];
	int got = s->keeper ? keeper_proof(s->keeper, s->second, digest, err) :
			      proof_hash(&s->target.hold, s->options.proof_progress, digest, err);

	if (got == 0)
		*ret = text_hex(digest, sizeof digest);
	return got;
}

static int
prove_before(struct session *s, struct error *err)
{
	struct report_proof *p = &s->report->proof;

	if (!s->options.proof)
		return 0;
	p->target = xstrdup(s->options.target);
	if (proof_hash(&s->target.hold, s->options.proof_progress, s->before, err) < 0)
		return -1;
	p->before = text_hex(s->before, sizeof s->before);
	return 0;
}

static struct keeper_proof
proof_of(const struct session *s)
{
	struct keeper_proof p = { .name = s->options.target };

	memcpy(p.before, s->before, sizeof p.before);
	return p;
}

/* Whatever became of the run: it is about what it did to the target. */
static void
prove_after(struct session *s)
{
	CLEANUP_ERROR struct error problem = ERROR_INIT;
	struct report_proof *p = &s->report->proof;

	if (p->before && !p->after && prove(s, &p->after, &problem) < 0)
		p->problem = xstrdup(problem.message);
}

/* From here on this is the worker. */
static int
lock_in(struct session *s, struct session *more, struct error *err)
{
	const struct session_options *o = &s->options;
	struct keeper_options options = {
		.may_commit = o->exclusive,
		.confirm = o->confirm,
		.edits = o->edits,
		.in_file = o->in_file,
		.require_sandbox = o->require_sandbox,
		.journal_dir = o->journal_dir,
		.out_file = o->out_file,
		.out_folder = o->out_folder,
		.out_limits = { o->out_max_size, logs_total(o->out_max_size), COPIES_MANIFEST },
		.proof = o->proof,
		.tell_proof = o->tell_proof,
		.proof_progress = o->proof_progress
	};
	const char *missing = NULL;

	/* nothing of the volume has been read yet */
	if (prove_before(s, err) < 0 || (more && prove_before(more, err) < 0))
		return -1;
	options.proofs[0] = proof_of(s);
	if (more)
		options.proofs[1] = proof_of(more);

	if (keeper_start(&s->target.hold, &s->target.partitions, more ? &more->target.hold : NULL,
			 &options, &s->keeper, &missing, err) < 0)
		return -1;
	s->target.keeper = s->keeper;
	if (options.edits) {
		s->target.spool = spool_new(keeper_scratch(s->keeper));
		s->report->changes.spool = spool_new(keeper_scratch(s->keeper));
	}
	s->report->proof.told = true;
	if (more)
		more->report->proof.told = true;
	if (missing && missing != sandbox_instrumented)
		report_warn(s->report, "the volume is read without a full sandbox: %s", missing);
	return 0;
}

int
session_open(const struct session_options *o, struct report *r, struct session **ret,
	     struct error *err)
{
	CLEANUP_SESSION struct session *s = NULL;

	if (hold(o, r, &s, err) < 0 || lock_in(s, NULL, err) < 0 || read_all(s, err) < 0)
		return -1;
	*ret = steal(&s);
	return 0;
}

int
session_open_two(const struct session_options *o, struct report *r, struct session **ret,
		 const struct session_options *o2, struct report *r2, struct session **ret2,
		 struct error *err)
{
	CLEANUP_SESSION struct session *s = NULL;
	CLEANUP_SESSION struct session *s2 = NULL;

	if (hold(o, r, &s, err) < 0)
		return -1;
	if (hold(o2, r2, &s2, err) < 0)
		return -1;
	if (lock_in(s, s2, err) < 0)
		return -1;
	s2->target.keeper = s2->keeper = s->keeper;
	s2->second = true;
	if (read_all(s, err) < 0)
		return -1;
	if (read_all(s2, err) < 0)
		return error_prefix(err, "%s", o2->target);
	*ret = steal(&s);
	*ret2 = steal(&s2);
	return 0;
}

void
session_close(struct session *s)
{
	if (!s)
		return;
	target_stats(&s->target, s->report);
	session_close_windows(s);
	changes_clear(&s->changes);
	findings_clear(&s->aside);
	free(s->command);
	if (s->options.proof)
		prove_after(s);
	target_close(&s->target);
	if (!s->second)
		keeper_free(s->keeper);
	code_pages_free(s->code_pages);
	free(s);
}

void
session_closep(struct session **s)
{
	session_close(*s);
}

int
session_run_checks(struct session *s, struct findings *into, struct error *err)
{
	for (size_t i = 0; i < check_table_size; i++) {
		const struct check *c = check_table[i];
		CLEANUP_ERROR struct error problem = ERROR_INIT;
		size_t before = into->count;

		if (s->options.no_checks || !selected(&s->options, c))
			continue;
		if (interrupt_check(err) < 0)
			return -1;
		if (c->diagnose(s->subject, into, &problem) == 0) {
			for (size_t k = before; k < into->count; k++) {
				into->list[k].asked_only = c->asked_only;
				edit_refuse_unwritable_hives(s->subject, &into->list[k], c->edits);
			}
			readiness_weigh(&s->options, c, into, before);
			continue;
		}
		if (problem.code == ERR_INTERRUPTED) {
			error_move(err, &problem);
			return -1;
		}
		report_skip(s->report, "%s could not run: %s", c->id, problem.message);
	}
	return 0;
}

int
session_diagnose(struct session *s, struct error *err)
{
	int got = session_run_checks(s, &s->report->findings, err);

	session_warn_of_losses(s);
	if (got < 0)
		return -1;
	session_set_aside(s, &s->report->findings);
	readiness_tell(&s->options, s->report);
	return session_check_names(s, err);
}

size_t
session_problems(const struct session *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->report->findings.count; i++)
		if (s->report->findings.list[i].severity >= s->options.fail_on &&
		    s->report->findings.list[i].severity > SEVERITY_NOTE)
			n++;
	return n;
}

struct target *
session_target(struct session *s)
{
	return &s->target;
}

struct windows *
session_windows(struct session *s)
{
	return s->windows;
}

enum windows_hive
session_hive_file(const struct session *s)
{
	return s->hive_file;
}

struct subject *
session_subject(struct session *s)
{
	return s->subject;
}

static int
write_beside(void *ctx, const char *name, uint64_t at, const void *p, size_t n, struct error *err)
{
	return keeper_write_beside(ctx, name, at, p, n, err);
}

static int
write_manifest(void *ctx, const char *text, size_t n, struct error *err)
{
	return keeper_commit_manifest(ctx, text, n, err);
}

/* The list of changes goes into the journal piece by piece: nobody ever has the whole text. */
static int
begin_commit(struct session *s, struct error *err)
{
	const struct report_installation *i = &s->report->installation;
	const struct manifest_text to = { write_manifest, s->keeper };
	/* all borrowed: nothing is cleared */
	const struct manifest m = { .command = s->command,
				    .root = i->root,
				    .product = i->product,
				    .host_name = i->host_name };

	return keeper_commit_begin(s->keeper, &s->changes.identity, err) < 0 ?
		       -1 :
		       manifest_write(&m, &s->report->changes, &to, err);
}

int
session_commit(struct session *s, struct error *err)
{
	CLEANUP_KEEPER_COMMIT struct keeper_commit done = { 0 };
	CLEANUP_ERROR struct error problem = ERROR_INIT;
	const struct manifest_sink beside = { write_beside, s->keeper };
	int got;

	/* the parsing side is done: nothing of the volume stays open while its bytes change */
	session_close_windows(s);
	target_unmount(&s->target, &problem);
	error_clear(&problem);
	if (begin_commit(s, err) < 0)
		return -1;
	got = keeper_commit(s->keeper, &s->changes, &done, err);
	s->report->stats.writes += done.stats.writes;
	s->report->stats.written_bytes += done.stats.written_bytes;
	s->report->stats.sectors_written += done.stats.sectors;
	if (done.warning)
		report_warn(s->report, "%s", done.warning);
	if (done.committed)
		s->report->journal = xstrdup(done.journal);
	if (got < 0)
		return -1;
	if (done.declined)
		return 1;
	if (manifest_list_files(&s->report->changes, &beside, &problem) < 0)
		report_warn(
			s->report,
			"the repair is done, but the copies beside its journal could not be written: %s",
			problem.message);
	return 0;
}

struct keeper *
session_keeper(struct session *s)
{
	return s->keeper;
}

struct code_pages *
session_code_pages(struct session *s)
{
	return s->code_pages;
}

int
session_write_out(struct session *s, const void *p, size_t n, struct error *err)
{
	if (!s->out_begun && keeper_file_begin(s->keeper, err) < 0)
		return -1;
	s->out_begun = true;
	return keeper_folder_data(s->keeper, p, n, err);
}

int
session_end_out(struct session *s, bool keep, struct error *err)
{
	static const struct timespec now[2] = { { .tv_nsec = UTIME_OMIT },
						{ .tv_nsec = UTIME_OMIT } };

	return keeper_folder_end(s->keeper, now, keep, err);
}
