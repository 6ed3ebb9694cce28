/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ntfsrecover and ntfsresize -i on the overlay.
 *
 * A volume that was not dismounted has changes that stand only in $LogFile.  Windows, at its next mount, redoes those
 * that were committed and undoes the others; ntfsrecover does the same.  What it writes becomes part of the overlay: so
 * diagnosis sees the volume as Windows will, and a repair commits replay and edits together.  The log's restart pages,
 * which say that the log is clean, come in a phase of their own behind the rest: until then Windows would replay the
 * same log again, with the same end.
 */
#include <stdlib.h>
#include <string.h>

#include "block/block.h"
#include "block/overlay.h"
#include "block/tool.h"
#include "keeper/keeper.h"
#include "session/target.h"
#include "session/volume-tools.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "volume/volume.h"

#define PLACES \
	3 /* of those that are watched: $LogFile's restart pages and the record of $Volume, which close the log */

/* Runs a tool over the volume of `t`, as `overlay` shows it; with `job` what it left comes back there. */
static int
run(struct target *t, struct block *overlay, enum tool tool, struct tool_job *job,
    struct tool_result *r, struct error *err)
{
	CLEANUP_TOOL_JOB struct tool_job own = { 0 };
	uint64_t offset = t->partition->offset, present = t->partition->present;

	if (t->keeper)
		return keeper_tool(t->keeper, tool, overlay, offset, present, job, r, err);
	job = job ? job : &own;
	return tool_job_new(overlay, offset, present, job, err) < 0 ?
		       -1 :
		       tool_run(tool, t->hold.fd, job, r, err);
}

/* The line that tells why: the first that says ERROR, else the last that says anything; NULL without.  The caller's. */
static char *
telling_line(const char *output)
{
	CLEANUP_FREE char *best = NULL;
	size_t n;

	for (const char *p = output; *p; p += n + (p[n] != '\0')) {
		const char *line = p + strspn(p, "* \t\r");

		n = strcspn(p, "\n");
		if (line >= p + n)
			continue;
		free(best);
		best = xstrndup(line, (size_t)(p + n - line));
		if (strncmp(best, "ERROR", 5) == 0)
			break;
	}
	return steal(&best);
}

/* "TOOL: " and that line; the caller's. */
static char *
last_words(const char *tool, const char *output)
{
	CLEANUP_FREE char *line = telling_line(output);

	return line ? xasprintf("%s: %s", tool, line) :
		      xasprintf("%s gave up without a word", tool);
}

static void
failed(struct target *t, char *problem)
{
	free(t->replay.problem);
	t->replay = (struct log_replay){ .outcome = LOG_FAILED, .problem = problem };
}

/* Whether the tool did its work; else t->replay says what was in the way. */
static bool
judge(struct target *t, const struct tool_result *r)
{
	static const char played[] = "Syncing successful after playing ";
	const char *done = strstr(r->output, played);

	if (!r->found)
		failed(t, xstrdup(r->missing));
	else if (r->timed_out)
		failed(t, xstrdup("ntfsrecover came to no end"));
	else if (r->exit_code != 0 || !done)
		failed(t, r->exit_code < 0 ? xstrdup("ntfsrecover was stopped by a signal") :
					     last_words("ntfsrecover", r->output));
	else if (!r->opened)
		failed(t, xstrdup("ntfsrecover did not work on the overlay"));
	else
		t->replay.actions = (unsigned)strtoul(done + strlen(played), NULL, 10);
	return t->replay.outcome != LOG_FAILED;
}

static int
apply(struct target *t, const struct tool_job *job, const struct tool_place *places, size_t count,
      struct error *err)
{
	if (tool_job_apply(job, t->overlay, places, count, false, err) < 0 ||
	    overlay_barrier(t->overlay, err) < 0 ||
	    tool_job_apply(job, t->overlay, places, count, true, err) < 0)
		return -1;
	return overlay_barrier(t->overlay, err);
}

int
volume_tools_replay(struct target *t, struct error *err)
{
	bool second = volume_state(t->volume)->log_major >= 2;
	struct extent extents[PLACES];
	struct tool_place places[PLACES];
	size_t count = volume_watch_places(t->volume, extents, PLACES);
	CLEANUP_ERROR struct error problem = ERROR_INIT;
	CLEANUP_TOOL_JOB struct tool_job job = { 0 };
	struct tool_result *r = xzalloc(sizeof *r);
	bool good;

	for (size_t i = 0; i < count; i++)
		places[i] = (struct tool_place){ extents[i].offset, extents[i].len };
	if (run(t, t->overlay, second ? TOOL_RECOVER_2 : TOOL_RECOVER, &job, r, &problem) < 0) {
		free(r);
		if (problem.code == ERR_INTERRUPTED) {
			error_move(err, &problem);
			return -1;
		}
		failed(t, xstrdup(problem.message));
		return 0;
	}
	good = judge(t, r);
	free(r);
	if (!good)
		return 0;
	if (target_unmount(t, err) < 0)
		return -1;
	if (apply(t, &job, places, count, &problem) == 0 && target_remount(t, &problem) == 0 &&
	    !t->volume->state.log_unclean) {
		t->replay.outcome = LOG_REPLAYED;
		t->replay.phases = overlay_phase(t->overlay);
		t->volume->state.log_unclean = true; /* as it was found */
		return 0;
	}
	/* back to the volume as it lies there */
	failed(t, problem.message ?
			  xasprintf("what ntfsrecover left is not sound: %s", problem.message) :
			  xstrdup("ntfsrecover left the log unclean"));
	error_clear(&problem);
	if (target_unmount(t, err) < 0)
		return -1;
	overlay_reset(t->overlay);
	return target_remount(t, err);
}

int
volume_tools_account(struct target *t, struct block *overlay, enum account *ret, char **ret_problem,
		     struct error *err)
{
	struct tool_result *r = xzalloc(sizeof *r);
	int got = run(t, overlay, TOOL_ACCOUNT, NULL, r, err);

	*ret = ACCOUNT_UNKNOWN;
	*ret_problem = NULL;
	if (got < 0)
		;
	else if (!r->found)
		*ret_problem = xstrdup(r->missing);
	else if (r->timed_out)
		*ret_problem = xstrdup("ntfsresize came to no end");
	else if (!r->opened)
		*ret_problem = xstrdup("ntfsresize did not work on the overlay");
	else if (r->exit_code < 0)
		*ret_problem = xstrdup("ntfsresize was stopped by a signal");
	else if (r->exit_code == 0)
		*ret = ACCOUNT_SOUND;
	else
		*ret = ACCOUNT_AMISS;
	if (*ret == ACCOUNT_AMISS)
		*ret_problem = last_words("ntfsresize", r->output);
	free(r);
	return got;
}

struct block *
volume_tools_before(struct target *t, struct error *err)
{
	return overlay_as_of(t->overlay, t->replay.phases, err);
}

int
volume_tools_space_changed(struct target *t, struct block *before, bool *ret, struct error *err)
{
	CLEANUP_VOLUME struct volume *v = volume_ntfs_open(before, err);
	bool same = true;

	if (!v || volume_same_space(t->volume, v, &same, err) < 0)
		return -1;
	*ret = !same;
	return 0;
}
