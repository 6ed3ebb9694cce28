/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The worker's side: each question is one message there and one back. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "keeper/keeper-private.h"
#include "keeper/request.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"

/* Sends `q` and waits for the answer, which begins with an error or none. */
static int
ask(struct keeper *k, struct message *q, struct message *answer, struct error *err)
{
	bool sent = channel_send(k->fd, q);

	message_clear(q); /* it can be large, and the answer can take long */
	if (!sent || !channel_receive(k->fd, answer, NULL, NULL))
		return error_set(err, ERR_INTERNAL, "the process that keeps the target is gone");
	return message_get_error(answer, err);
}

void
keeper_free(struct keeper *k)
{
	if (!k)
		return;
	while (k->scratch_count)
		close(keeper_scratch(k));
	close(k->fd);
	free(k);
}

struct journal_unfinished
keeper_unfinished(struct keeper *k, const struct target_identity *id, bool second)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	CLEANUP_MESSAGE struct message q = { 0 };
	CLEANUP_MESSAGE struct message a = { 0 };
	struct journal_unfinished found = { 0 };

	message_put_u64(&q, ASK_UNFINISHED);
	message_put(&q, id, sizeof *id);
	message_put_u64(&q, second);
	if (ask(k, &q, &a, &ignored) < 0)
		return found;
	found.path = message_get_text(&a);
	found.problem = message_get_text(&a);
	found.elsewhere = message_get_text(&a);
	found.is_folder = message_get_u64(&a) != 0;
	return found;
}

int
keeper_commit_begin(struct keeper *k, const struct target_identity *id, struct error *err)
{
	CLEANUP_MESSAGE struct message q = { 0 };
	CLEANUP_MESSAGE struct message a = { 0 };

	message_put_u64(&q, ASK_JOURNAL);
	message_put(&q, id, sizeof *id);
	k->begun = ask(k, &q, &a, err) == 0;
	return k->begun ? 0 : -1;
}

/* A piece of what is changed into the journal. */
static int
add_piece(struct keeper *k, const struct changes *c, size_t from, size_t to, struct error *err)
{
	CLEANUP_MESSAGE struct message q = { 0 };
	CLEANUP_MESSAGE struct message a = { 0 };

	message_put_u64(&q, ASK_JOURNAL_ADD);
	if (request_put_changes(&q, c, from, to, err) == 0 && ask(k, &q, &a, err) == 0)
		return 0;
	k->begun = false;
	return -1;
}

int
keeper_commit_manifest(struct keeper *k, const char *text, size_t n, struct error *err)
{
	CLEANUP_CHANGES struct changes c = { .manifest = xstrndup(text, n) };

	return add_piece(k, &c, 0, 0, err);
}

static int
add_all(struct keeper *k, const struct changes *c, struct error *err)
{
	size_t from = 0;

	do {
		size_t to = request_piece(c, from);

		if (add_piece(k, c, from, to, err) < 0)
			return -1;
		from = to;
	} while (from < c->record_count);
	return 0;
}

int
keeper_commit(struct keeper *k, struct changes *c, struct keeper_commit *ret, struct error *err)
{
	CLEANUP_MESSAGE struct message q = { 0 };
	CLEANUP_MESSAGE struct message a = { 0 };
	int got = k->begun ? 0 : keeper_commit_begin(k, &c->identity, err);

	*ret = (struct keeper_commit){ 0 };
	if (got == 0)
		got = add_all(k, c, err);
	changes_clear(c);
	if (got < 0)
		return -1;
	k->begun = false;
	message_put_u64(&q, ASK_COMMIT);
	got = ask(k, &q, &a, err);
	ret->declined = message_get_u64(&a) != 0;
	ret->committed = message_get_u64(&a) != 0;
	ret->journal = message_get_text(&a);
	ret->warning = message_get_text(&a);
	message_get(&a, &ret->stats, sizeof ret->stats);
	return got;
}

void
keeper_commit_clear(struct keeper_commit *c)
{
	free(c->journal);
	free(c->warning);
	*c = (struct keeper_commit){ 0 };
}

int
keeper_write_beside(struct keeper *k, const char *name, uint64_t at, const void *p, size_t n,
		    struct error *err)
{
	CLEANUP_MESSAGE struct message q = { 0 };
	CLEANUP_MESSAGE struct message a = { 0 };

	message_put_u64(&q, at ? ASK_APPEND_BESIDE : ASK_WRITE_BESIDE);
	message_put_text(&q, name);
	if (at)
		message_put_u64(&q, at);
	message_put_bytes(&q, p, n);
	return ask(k, &q, &a, err);
}

int
keeper_proof(struct keeper *k, bool second, uint8_t digest[SHA256_SIZE], struct error *err)
{
	CLEANUP_MESSAGE struct message q = { 0 };
	CLEANUP_MESSAGE struct message a = { 0 };

	message_put_u64(&q, ASK_PROOF);
	message_put_u64(&q, second);
	if (ask(k, &q, &a, err) < 0)
		return -1;
	message_get(&a, digest, SHA256_SIZE);
	return 0;
}

int
keeper_file_begin(struct keeper *k, struct error *err)
{
	CLEANUP_MESSAGE struct message q = { 0 };
	CLEANUP_MESSAGE struct message a = { 0 };

	message_put_u64(&q, ASK_FILE_BEGIN);
	return ask(k, &q, &a, err);
}

int
keeper_folder_begin(struct keeper *k, struct error *err)
{
	CLEANUP_MESSAGE struct message q = { 0 };
	CLEANUP_MESSAGE struct message a = { 0 };

	message_put_u64(&q, ASK_FOLDER_BEGIN);
	return ask(k, &q, &a, err);
}

int
keeper_folder_file(struct keeper *k, const char *path, struct error *err)
{
	CLEANUP_MESSAGE struct message q = { 0 };
	CLEANUP_MESSAGE struct message a = { 0 };

	message_put_u64(&q, ASK_FOLDER_FILE);
	message_put_text(&q, path);
	return ask(k, &q, &a, err);
}

/* Bytes, or a hole. */
static int
more_data(struct keeper *k, uint64_t hole, const void *p, size_t n, struct error *err)
{
	CLEANUP_MESSAGE struct message q = { 0 };
	CLEANUP_MESSAGE struct message a = { 0 };

	message_put_u64(&q, ASK_FOLDER_DATA);
	message_put_u64(&q, hole);
	message_put_bytes(&q, p, n);
	return ask(k, &q, &a, err);
}

int
keeper_folder_data(struct keeper *k, const void *p, size_t n, struct error *err)
{
	return more_data(k, 0, p, n, err);
}

int
keeper_folder_hole(struct keeper *k, uint64_t n, struct error *err)
{
	return n ? more_data(k, n, "", 0, err) : 0;
}

int
keeper_folder_end(struct keeper *k, const struct timespec times[2], bool keep, struct error *err)
{
	CLEANUP_MESSAGE struct message q = { 0 };
	CLEANUP_MESSAGE struct message a = { 0 };

	message_put_u64(&q, ASK_FOLDER_END);
	message_put_u64(&q, keep);
	message_put(&q, times, 2 * sizeof *times);
	return ask(k, &q, &a, err);
}

/* Pages on their way to the keeper. */
struct sending {
	struct keeper *k;
	bool begun;
};

static int
send_pages(void *ctx, const void *p, size_t n, struct error *err)
{
	struct sending *to = ctx;
	CLEANUP_MESSAGE struct message q = { 0 };
	CLEANUP_MESSAGE struct message a = { 0 };

	message_put_u64(&q, ASK_TOOL_PAGES);
	message_put_u64(&q, !to->begun);
	message_put_bytes(&q, p, n);
	to->begun = true;
	return ask(to->k, &q, &a, err);
}

/* What the tool left, which is not much more than what it was given or has changed. */
static int
fetch_pages(struct keeper *k, struct tool_job *job, struct error *err)
{
	for (;;) {
		CLEANUP_MESSAGE struct message q = { 0 };
		CLEANUP_MESSAGE struct message a = { 0 };
		const uint8_t *p;
		size_t n;

		message_put_u64(&q, ASK_TOOL_RESULT);
		message_put_u64(&q, job->len);
		if (ask(k, &q, &a, err) < 0)
			return -1;
		p = message_get_bytes(&a, &n);
		if (!n)
			return 0;
		job->pages = xrealloc(job->pages, job->len + n, 1);
		memcpy(job->pages + job->len, p, n);
		job->len += n;
	}
}

int
keeper_tool(struct keeper *k, enum tool tool, struct block *overlay, uint64_t offset,
	    uint64_t present, struct tool_job *job, struct tool_result *ret, struct error *err)
{
	CLEANUP_MESSAGE struct message q = { 0 };
	CLEANUP_MESSAGE struct message a = { 0 };
	CLEANUP_FREE uint8_t *boot = NULL;
	struct sending to = { .k = k };
	size_t boot_len;

	if (tool_job_each(overlay, offset, present, send_pages, &to, err) < 0)
		return -1;
	boot = tool_job_boot(overlay, &boot_len, err);
	if (!boot)
		return -1;
	message_put_u64(&q, ASK_TOOL);
	message_put_u64(&q, tool);
	message_put_bytes(&q, boot, boot_len);
	if (ask(k, &q, &a, err) < 0)
		return -1;
	message_get(&a, ret, sizeof *ret);
	ret->output[sizeof ret->output - 1] = '\0';
	ret->missing[sizeof ret->missing - 1] = '\0';
	if (a.bad)
		return error_set(err, ERR_INTERNAL, "an answer that cannot be read");
	return job && ret->found ? fetch_pages(k, job, err) : 0;
}
