/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Copies of files from a volume, which may have been made by an attacker.  Names are made harmless here, and the keeper
 * takes no others; sizes are capped; holes stay holes, so a file of terabytes that stores nothing fills no disk.  What the volume does not give
 * becomes the problem of one file; what this host does not take ends the whole.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "keeper/keeper.h"
#include "session/bundle.h"
#include "session/copies.h"
#include "session/copies-sink.h"
#include "session/logs.h"
#include "session/safe-names.h"
#include "session/session.h"
#include "session/target.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/filetime.h"
#include "util/interrupt.h"
#include "util/secrets.h"
#include "util/sha256.h"
#include "util/text.h"
#include "util/utf16.h"
#include "volume/volume.h"

#define CHUNK	   (1u << 20)
#define MASK_LIMIT (16u << 20) /* answer files and settings are far smaller */
#define PIECE	   (64u << 10) /* the least hole: what Windows makes of a sparse file */

/* Names of the host that may be taken by what no tree of ours knows: other forms of one letter on some file systems. */
#define TRIES 100

struct copy {
	struct session *session;
	struct copies_sink *sink;
	struct logs_copy *job;
	struct safe_names *names;
	uint8_t *buf, *zeros; /* CHUNK bytes each */
	struct sha256 *sum;
	uint64_t at;
};

/* `n` zeros, hashed as what they are and written as nothing. */
static int
add_hole(struct copy *c, uint64_t n, struct error *err)
{
	if (c->sink->ops->hole(c->sink, n, err) < 0)
		return -1;
	for (uint64_t done = 0; done < n;) {
		size_t part = n - done < CHUNK ? (size_t)(n - done) : CHUNK;

		if (interrupt_check(err) < 0)
			return -1;
		sha256_add(c->sum, c->zeros, part);
		done += part;
	}
	c->at += n;
	return 0;
}

/* The chunk, with its pieces of zeros as holes: compressed files have them too. */
static int
add_chunk(struct copy *c, size_t n, struct error *err)
{
	for (size_t from = 0, to; from < n; from = to) {
		bool zeros = false;

		for (to = from; to < n; to += PIECE < n - to ? PIECE : n - to) {
			bool z = n - to >= PIECE && memcmp(c->buf + to, c->zeros, PIECE) == 0;

			if (to > from && z != zeros)
				break;
			zeros = z;
		}
		if (zeros && add_hole(c, to - from, err) < 0)
			return -1;
		if (zeros)
			continue;
		if (c->sink->ops->data(c->sink, c->buf + from, to - from, err) < 0)
			return -1;
		sha256_add(c->sum, c->buf + from, to - from);
		c->at += to - from;
	}
	return 0;
}

/* -1 with `problem` when the volume, with `err` when the host does not go on. */
static int
copy_bytes(struct copy *c, struct volume_file *in, struct error *problem, struct error *err)
{
	uint64_t size = volume_file_size(in);

	while (c->at < size) {
		uint64_t hole = volume_file_hole(in, c->at);
		size_t n = 0;

		if (interrupt_check(err) < 0)
			return -1;
		if (hole >= PIECE || (hole && hole == size - c->at)) {
			if (add_hole(c, hole, err) < 0)
				return -1;
			continue;
		}
		if (volume_file_read(in, c->buf, CHUNK, c->at, &n, problem) < 0)
			return -1;
		if (n == 0)
			return error_set(problem, ERR_CORRUPT,
					 "ends at byte %" PRIu64 " of %" PRIu64, c->at, size);
		if (add_chunk(c, n, err) < 0)
			return -1;
	}
	return 0;
}

static void
times_of(const struct log_file *f, struct timespec ret[2])
{
	ret[0] = ret[1] = (struct timespec){ .tv_nsec = UTIME_OMIT };
	if (f->modified) {
		ret[0] = filetime_to_timespec(f->accessed);
		ret[1] = filetime_to_timespec(f->modified);
	}
}

/* A new file of `size` bytes in the output, under a name that nobody has. */
static int
begin_file(struct copy *c, struct log_file *f, uint64_t size, struct error *err)
{
	struct timespec times[2];

	times_of(f, times);
	for (int i = 0; i < TRIES; i++) {
		error_clear(err);
		free(f->copy);
		f->copy = safe_names_file(c->names, f->path);
		if (c->sink->ops->begin(c->sink, f->copy, size, times, err) == 0)
			return 0;
		if (err->code != ERR_EXISTS)
			break;
	}
	return -1;
}

static int
end_file(struct copy *c, const struct log_file *f, bool keep, struct error *err)
{
	struct timespec times[2];

	times_of(f, times);
	return c->sink->ops->end(c->sink, times, keep, err);
}

/* Reads it once to its end, where a copy that is begun cannot be taken back. */
static int
try_file(struct copy *c, struct volume_file *in, struct error *problem, struct error *err)
{
	CLEANUP_COPIES_SINK struct copies_sink *none = copies_sink_none();
	struct copy once = *c;
	uint8_t ignored[SHA256_SIZE];
	int got;

	if (!c->sink->ops->whole_only)
		return 0;
	once.sink = none;
	once.at = 0;
	once.sum = sha256_new();
	got = copy_bytes(&once, in, problem, err);
	sha256_done(once.sum, ignored);
	return got;
}

/* The file has no copy, for the reason that is given. */
static int
give_up(struct log_file *f, struct error *problem, struct error *err)
{
	if (!logs_error_is_local(problem) && !f->too_large && !f->kept_back) {
		error_move(err, problem);
		return -1;
	}
	free(f->copy);
	f->copy = NULL;
	f->problem = xstrdup(problem->message);
	return 0;
}

uint64_t
logs_total(uint64_t max_size)
{
	return max_size > UINT64_MAX / LOGS_TOTAL ? UINT64_MAX : max_size * LOGS_TOTAL;
}

static int
check_size(const struct copy *c, struct log_file *f, uint64_t size, struct error *problem)
{
	uint64_t most = c->job->max_size, all = logs_total(most);

	f->too_large = true;
	if (size > most)
		return error_set(problem, ERR_LIMIT,
				 "has %" PRIu64 " bytes; more than %" PRIu64
				 " are not copied (--max-size)",
				 size, most);
	if (size > all - c->job->bytes)
		return error_set(problem, ERR_LIMIT,
				 "has %" PRIu64
				 " bytes; with the files before it that is more than %d times "
				 "--max-size",
				 size, LOGS_TOTAL);
	f->too_large = false;
	return 0;
}

/* Control characters are in no text, but for those that end, indent and separate its lines and pages. */
static bool
is_text(const uint8_t *p, size_t n)
{
	size_t mark;

	if (utf16_sniff(p, n, &mark) != UTF16_NONE)
		return true;
	for (size_t i = 0; i < n; i++)
		if (p[i] < ' ' && !memchr("\t\n\f\r\x1a\x1b", p[i], 6))
			return false;
	return true;
}

/* A text that is not copied as it is; *ret is NULL when there is nothing in it to mask.  The file's own trouble is a problem. */
static int
mask(const struct copy *c, struct log_file *f, struct volume_file *in, uint8_t **ret,
     size_t *ret_len, struct error *problem)
{
	CLEANUP_FREE uint8_t *text = NULL;
	size_t len = (size_t)f->size, done = 0, n = 1;

	*ret = NULL;
	if (c->job->with_secrets || (f->secret != SECRET_MASKED && f->secret != SECRET_SNIFFED))
		return 0;
	if (f->size > MASK_LIMIT) {
		f->kept_back = true;
		return error_set(
			problem, ERR_REFUSED,
			"is too large to be searched for passwords; --with-secrets copies it as it is");
	}
	text = xmalloc(len);
	while (done < len && n) {
		if (volume_file_read(in, text + done, len - done, done, &n, problem) < 0)
			return -1;
		done += n;
	}
	if (done < len)
		return error_set(problem, ERR_CORRUPT, "ends at byte %zu of %zu", done, len);
	if (interrupt_check(problem) < 0)
		return -1;
	if (f->secret == SECRET_SNIFFED && !is_text(text, done)) {
		f->kept_back = true;
		return error_set(
			problem, ERR_REFUSED,
			"is no text, in which passwords could be found; --with-secrets copies it");
	}
	*ret = secrets_mask_file(text, done, ret_len, &f->masked);
	if (!f->masked) {
		free(*ret);
		*ret = NULL;
	}
	return 0;
}

static int
add_text(struct copy *c, const uint8_t *text, size_t len, struct error *err)
{
	sha256_add(c->sum, text, len);
	c->at = len;
	for (size_t n; len; text += n, len -= n) {
		n = len < CHUNK ? len : CHUNK;
		if (c->sink->ops->data(c->sink, text, n, err) < 0)
			return -1;
	}
	return 0;
}

/* Secrets as a whole stay where they are. */
static int
keep_back(const struct copy *c, struct log_file *f, struct error *problem)
{
	if (c->job->with_secrets || f->secret != SECRET_WHOLE)
		return 0;
	f->kept_back = true;
	return error_set(problem, ERR_REFUSED,
			 "can hold passwords and is left out; --with-secrets copies it");
}

/* A hive cannot be masked and stay what it is; who passes it on must know. */
static void
note_hive(const struct copy *c, struct log_file *f)
{
	const char *name = strrchr(f->path, '/');

	if (c->job->with_secrets || f->note || !f->group || strcmp(f->group, "registry") != 0 ||
	    !name || !name_starts_with(name + 1, "SOFTWARE"))
		return;
	f->note = xstrdup(
		"is copied as it is, with the passwords that may be in it (Winlogon's DefaultPassword)");
}

/* A copy that cannot be completed.  In an archive it stays, with zeros for the rest, so that is the archive's end. */
static int
take_back(struct copy *c, struct log_file *f, struct error *problem, struct error *err)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;

	end_file(c, f, false, &ignored);
	if (err->code == ERR_NONE && !c->sink->ops->whole_only)
		return give_up(f, problem, err);
	if (err->code == ERR_NONE)
		error_move(err, problem);
	return error_prefix(err, "%s", f->path);
}

static int
copy_file(struct copy *c, struct log_file *f, struct error *err)
{
	CLEANUP_FREE uint8_t *text = NULL;
	size_t len = 0;
	CLEANUP_ERROR struct error problem = ERROR_INIT;
	CLEANUP_VOLUME_FILE struct volume_file *in = NULL;
	int got;

	if (keep_back(c, f, &problem) < 0)
		return give_up(f, &problem, err);
	in = volume_file_open(session_target(c->session)->volume, f->path, &problem);
	if (!in)
		return give_up(f, &problem, err);
	f->size = volume_file_size(in);
	/* what is masked may be longer than it was */
	if (check_size(c, f, f->size, &problem) < 0 || mask(c, f, in, &text, &len, &problem) < 0 ||
	    (text && check_size(c, f, len, &problem) < 0))
		return give_up(f, &problem, err);
	if (!text && try_file(c, in, &problem, err) < 0)
		return err->code != ERR_NONE ? -1 : give_up(f, &problem, err);
	if (begin_file(c, f, text ? len : f->size, err) < 0)
		return -1;
	c->at = 0;
	c->sum = sha256_new();
	got = text ? add_text(c, text, len, err) : copy_bytes(c, in, &problem, err);
	sha256_done(c->sum, f->sha256);
	if (got < 0)
		return take_back(c, f, &problem, err);
	note_hive(c, f);
	f->copy_size = c->at;
	if (end_file(c, f, true, err) < 0)
		return -1;
	c->job->bytes += c->at;
	c->job->copied++;
	return 0;
}

static int
write_manifest(struct copies_sink *sink, const char *text, struct error *err)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_nsec = UTIME_OMIT } };
	CLEANUP_ERROR struct error ignored = ERROR_INIT;

	if (sink->ops->begin(sink, COPIES_MANIFEST, strlen(text), times, err) < 0)
		return -1;
	if (sink->ops->data(sink, text, strlen(text), err) < 0) {
		sink->ops->end(sink, times, false, &ignored);
		return -1;
	}
	return sink->ops->end(sink, times, true, err) < 0 ? -1 : sink->ops->finish(sink, err);
}

/* An error in the middle: what is there by then is said. */
static int
stopped(const struct logs_copy *job, struct error *err)
{
	CLEANUP_FREE char *why = err->message;

	if (bundle_format_of(job->folder) != BUNDLE_NONE) {
		err->message =
			xasprintf("%s; nothing was written to the target, and no archive is left",
				  err->code == ERR_INTERRUPTED ? "interrupted" : why);
		return -1;
	}
	err->message = xasprintf(
		"%s; nothing was written to the target; %zu copies are left in '%s', without a "
		"MANIFEST.json, because the copying was not finished",
		err->code == ERR_INTERRUPTED ? "interrupted" : why, job->copied, job->folder);
	return -1;
}

int
logs_extract(struct session *s, struct log_files *files, struct logs_copy *job, struct error *err)
{
	CLEANUP_SAFE_NAMES struct safe_names *names = safe_names_new();
	CLEANUP_FREE uint8_t *buf = xmalloc(CHUNK);
	CLEANUP_FREE uint8_t *zeros = xzalloc(CHUNK);
	CLEANUP_FREE char *text = NULL;
	CLEANUP_COPIES_SINK struct copies_sink *sink = copies_sink_new(session_keeper(s),
								       job->folder, err);
	struct copy c = { s, sink, job, names, buf, zeros, NULL, 0 };

	if (!sink)
		return -1;
	safe_names_reserve(names, COPIES_MANIFEST);
	for (size_t i = 0; i < files->count; i++)
		if (!files->list[i].problem && !files->list[i].host_text &&
		    copy_file(&c, &files->list[i], err) < 0)
			return stopped(job, err);
	text = copies_manifest(s, files, job);
	sha256_of(text, strlen(text), job->manifest_sha256);
	return write_manifest(sink, text, err) < 0 ? stopped(job, err) : 0;
}
