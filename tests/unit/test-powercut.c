/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Commit, undo and recovery on a host that dies or fails at each call (tests/support/crash-host.h): whatever was
 * interrupted, and however often, the target ends old or new, and the journal's name says which.
 *
 * RESPREP_CRASH_STEP=N takes every N-th call.  RESPREP_ROUNDS=N is how many power cuts there are at each call, and how many
 * second crashes for each first one.  Seeds are counted from 1, so every run is the same; a failure names its own.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "block/commit.h"
#include "block/hold.h"
#include "block/journal.h"
#include "session/undo.h"
#include "tests/support/crash-host.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/io.h"

#define FILES	   3 /* of a folder; an image is one */
#define FILE_MAX   32768u
#define PHASES	   4		     /* of either target */
#define IMAGE_SIZE (48u * 512 + 100) /* the last sector is short */
#define PARTITION  1024u

struct content {
	uint8_t bytes[FILE_MAX];
	size_t len;
};

struct target_file {
	char *path;
	const char *name; /* of its records; NULL: the image */
	struct content old, new;
	struct content stages[PHASES + 1]; /* when so many phases are complete */
};

struct world {
	const char *name;
	char *root, *target, *journals;
	struct target_file files[FILES];
	size_t file_count;
	struct changes changes;
};

/* All that a crash leaves: the files of the target, and the journal if there is one. */
struct snapshot {
	struct content files[FILES];
	bool has_folder;
	char *journal; /* path */
	char *bytes;
	size_t len;
};

enum operation { COMMIT, UNDO, RECOVER, ROLL_BACK };
static const char *const operation_names[] = { "commit", "undo", "recover", "recover --roll-back" };

static unsigned
number_of(const char *variable, unsigned otherwise)
{
	const char *text = getenv(variable);
	unsigned long n = text ? strtoul(text, NULL, 10) : 0;

	return n ? (unsigned)n : otherwise;
}

/* ---- the target ---- */

/* In place: a file that is emptied first would be flushed by the kernel each time. */
static void
write_whole(const char *path, const void *p, size_t n)
{
	CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || io_pwrite_full(fd, p, n, 0) < 0 || ftruncate(fd, (off_t)n) < 0)
		fail_msg("cannot write %s", path);
}

static void
read_whole(const char *path, struct content *ret)
{
	FILE *f = fopen(path, "rb");

	if (!f)
		fail_msg("cannot read %s", path);
	ret->len = fread(ret->bytes, 1, sizeof ret->bytes, f);
	fclose(f);
}

static bool
same(const struct content *a, const struct content *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

static struct target_file *
add_file(struct world *w, const char *name, size_t len)
{
	struct target_file *f = &w->files[w->file_count++];

	f->name = name;
	f->path = name ? xasprintf("%s/%s", w->target, name) : xstrdup(w->target);
	f->old.len = len;
	for (size_t i = 0; i < len; i++)
		f->old.bytes[i] = (uint8_t)(i * 7 + i / 512 * 13 + w->file_count + 1);
	f->new = f->old;
	for (size_t i = 0; i <= PHASES; i++)
		f->stages[i] = f->old;
	return f;
}

/* Bytes at `offset` become `after`; the file then ends behind them where one of the two sides is longer. */
static void
put(struct world *w, struct target_file *f, uint32_t phase, size_t offset, size_t before_len,
    const uint8_t *after, size_t after_len)
{
	changes_add(&w->changes, f->name ? RECORD_FILE : RECORD_SECTORS, phase, f->name, offset,
		    f->new.bytes + offset, (uint32_t)before_len, after, (uint32_t)after_len);
	memcpy(f->new.bytes + offset, after, after_len);
	if (before_len != after_len)
		f->new.len = offset + after_len;
	for (size_t i = phase + 1; i <= PHASES; i++)
		f->stages[i] = f->new;
}

static void
change(struct world *w, struct target_file *f, uint32_t phase, size_t offset, size_t len, int mask)
{
	uint8_t after[FILE_MAX];

	for (size_t i = 0; i < len; i++)
		after[i] = f->new.bytes[offset + i] ^ (uint8_t)mask;
	put(w, f, phase, offset, len, after, len);
}

static void
grow(struct world *w, struct target_file *f, uint32_t phase, size_t len)
{
	uint8_t after[FILE_MAX];

	memset(after, 'a' + (int)phase, len);
	put(w, f, phase, f->new.len, 0, after, len);
}

static void
shrink(struct world *w, struct target_file *f, uint32_t phase, size_t len)
{
	put(w, f, phase, len, f->new.len - len, f->new.bytes, 0);
}

static struct world *
new_world(const char *name)
{
	struct world *w = xzalloc(sizeof *w);
	char dir[] = "powercut-XXXXXX";

	assert_non_null(mkdtemp(dir));
	w->name = name;
	w->root = realpath(dir, NULL);
	assert_non_null(w->root);
	w->target = xasprintf("%s/%s", w->root, name);
	w->journals = xasprintf("%s/journals", w->root);
	w->changes.manifest = xstrdup("{}");
	return w;
}

/* An image as a repair changes it: the dirty flag set first and cleared last, and a sector that is written twice. */
static int
set_up_image(void **state)
{
	struct world *w = new_world("image");
	struct target_file *f = add_file(w, NULL, IMAGE_SIZE);
	struct target_identity *id = &w->changes.identity;
	uint8_t digest[SHA256_SIZE];

	*id = (struct target_identity){ .kind = TARGET_DEVICE,
					.device_size = IMAGE_SIZE,
					.sector_size = 512,
					.partition_offset = PARTITION,
					.partition_len = IMAGE_SIZE - PARTITION };
	memcpy(id->table_id, f->old.bytes + 440, 4);
	memcpy(&id->ntfs_serial, f->old.bytes + PARTITION + 0x48, 8);
	change(w, f, 0, 10240, 512, 1);
	change(w, f, 1, 2048, 2048, 0x55); /* four sectors, and their neighbour */
	change(w, f, 1, 4096, 512, 0xff);
	change(w, f, 1, 20480, 1024, 0x0f);
	change(w, f, 2, 2560, 1024, 0x33); /* two of the four */
	change(w, f, 2, IMAGE_SIZE - 100, 100, 0x3c);
	change(w, f, 3, 10240, 512, 1);
	sha256_of(f->old.bytes + 15000, 100, digest);
	changes_add_watch(&w->changes, 15000, 100, digest);
	*state = w;
	return 0;
}

/* A folder as a repair changes it: hives in place with their base blocks last, one grows, a text becomes shorter. */
static int
set_up_folder(void **state)
{
	struct world *w = new_world("folder");
	struct target_file *hive = add_file(w, "SYSTEM", 6000);
	struct target_file *grown = add_file(w, "config/SOFTWARE", 2100);
	struct target_file *text = add_file(w, "config/sysprep.xml", 5000);
	CLEANUP_FREE char *config = xasprintf("%s/config", w->target);

	assert_int_equal(mkdir(w->target, 0700), 0);
	assert_int_equal(mkdir(config, 0700), 0);
	w->changes.identity = (struct target_identity){ .kind = TARGET_DIRECTORY,
							.sector_size = 512 };
	change(w, hive, 0, 0, 512, 1);
	change(w, hive, 0, 1300, 1500, 0x55);
	change(w, hive, 0, 5990, 10, 0x0f);
	change(w, grown, 0, 700, 30, 0x33);
	grow(w, grown, 0, 3000);
	change(w, text, 0, 100, 1000, 0x3c);
	shrink(w, text, 0, 1200);
	grow(w, grown, 1, 3000); /* more than one record holds, if records were this short */
	grow(w, grown, 2, 1700);
	change(w, hive, 3, 0, 512, 3);
	change(w, grown, 3, 0, 512, 0x81);
	*state = w;
	return 0;
}

/* The state of the only journal, JOURNAL_TMP also when there is none; its path in `*ret_path` (the caller's). */
static enum journal_state
find_journal(const struct world *w, char **ret_path)
{
	static const char *const suffixes[] = { ".tmp", ".journal", ".applied", ".undoing",
						".undone" };
	enum journal_state state = JOURNAL_TMP;
	DIR *dir = opendir(w->journals);

	*ret_path = NULL;
	for (const struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
		if (e->d_name[0] == '.')
			continue;
		assert_null(*ret_path);
		*ret_path = xasprintf("%s/%s", w->journals, e->d_name);
		while (strcmp(strrchr(e->d_name, '.'), suffixes[state]) != 0)
			assert_true(++state < ARRAY_SIZE(suffixes));
	}
	if (dir)
		closedir(dir);
	return state;
}

static void
clear_journals(const struct world *w)
{
	CLEANUP_FREE char *journal = NULL;

	find_journal(w, &journal);
	if (journal)
		unlink(journal);
	rmdir(w->journals);
}

static int
tear_down(void **state)
{
	struct world *w = *state;
	CLEANUP_FREE char *config = xasprintf("%s/config", w->target);

	clear_journals(w);
	for (size_t i = 0; i < w->file_count; i++) {
		unlink(w->files[i].path);
		free(w->files[i].path);
	}
	rmdir(config);
	rmdir(w->target);
	rmdir(w->root);
	changes_clear(&w->changes);
	free(w->root);
	free(w->target);
	free(w->journals);
	free(w);
	return 0;
}

/* ---- what is there ---- */

static void
save(const struct world *w, struct snapshot *s)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;

	for (size_t i = 0; i < w->file_count; i++)
		read_whole(w->files[i].path, &s->files[i]);
	s->has_folder = access(w->journals, F_OK) == 0;
	find_journal(w, &s->journal);
	s->bytes = s->journal ? io_read_file(s->journal, 1 << 20, &s->len, &err) : NULL;
}

/* What is there is used again: making and removing files is most of the time of this test. */
static void
restore(const struct world *w, const struct snapshot *s)
{
	CLEANUP_FREE char *journal = NULL;

	for (size_t i = 0; i < w->file_count; i++)
		write_whole(w->files[i].path, s->files[i].bytes, s->files[i].len);
	find_journal(w, &journal);
	if (!s->journal)
		clear_journals(w);
	else if (journal)
		assert_int_equal(rename(journal, s->journal), 0);
	if (s->has_folder)
		mkdir(w->journals, 0700);
	if (s->journal)
		write_whole(s->journal, s->bytes, s->len);
}

static void
forget(struct snapshot *s)
{
	free(s->journal);
	free(s->bytes);
}
#define CLEANUP_SNAPSHOT __attribute__((cleanup(forget)))

enum side { OLD, NEW, MIXED };
static const char *const side_names[] = { "old", "new", "mixed" };

static enum side
look(const struct world *w)
{
	bool is_old = true, is_new = true;

	for (size_t i = 0; i < w->file_count; i++) {
		struct content now;

		read_whole(w->files[i].path, &now);
		is_old = is_old && same(&now, &w->files[i].old);
		is_new = is_new && same(&now, &w->files[i].new);
	}
	return is_old ? OLD : is_new ? NEW : MIXED;
}

/* Whether each sector of a file is one of two; what only one of them has may be lost, which reads as zeros. */
static bool
is_between(const struct content *now, const struct content *a, const struct content *b)
{
	static const uint8_t zeros[512];
	size_t least = a->len < b->len ? a->len : b->len;

	if (now->len < least || now->len > a->len + b->len - least)
		return false;
	for (size_t at = 0; at < now->len; at += 512) {
		size_t n = now->len - at < 512 ? now->len - at : 512;
		size_t both = at > least ? 0 : least - at < n ? least - at : n;
		const uint8_t *p = now->bytes + at;

		if (memcmp(p, a->bytes + at, n) != 0 && memcmp(p, b->bytes + at, n) != 0 &&
		    ((memcmp(p, a->bytes + at, both) != 0 && memcmp(p, b->bytes + at, both) != 0) ||
		     memcmp(p + both, zeros, n - both) != 0))
			return false;
	}
	return true;
}

/* On the medium a later phase never exists without the ones before it: all but one are complete, or not begun. */
static bool
is_in_order(const struct world *w)
{
	for (size_t phase = 0; phase < PHASES; phase++) {
		bool fits = true;

		for (size_t i = 0; i < w->file_count; i++) {
			const struct target_file *f = &w->files[i];
			struct content now;

			read_whole(f->path, &now);
			fits = fits && is_between(&now, &f->stages[phase], &f->stages[phase + 1]);
		}
		if (fits)
			return true;
	}
	return false;
}

/* ---- what is done ---- */

static int
run_commit(const struct world *w, bool *committed, struct error *err)
{
	CLEANUP_HOLD struct hold h = { .fd = -1 };
	CLEANUP_JOURNAL struct journal j = { 0 };
	struct commit_stats stats = { 0 };

	if (hold_open(&h, w->target, true, err) < 0)
		return -1;
	return commit_run(&h, &w->changes, w->journals, &j, committed, &stats, err);
}

/* As `resprep undo` and `resprep recover` do; nothing when there is nothing to recover. */
static int
run_with_journal(const struct world *w, enum operation what, const char *journal, struct error *err)
{
	CLEANUP_UNDO struct undo u = { .hold.fd = -1 };
	struct commit_stats stats = { 0 };
	int discarded;

	if (!journal)
		return 0;
	if (what != UNDO) {
		discarded = undo_discard(journal, w->journals, err);
		if (discarded)
			return discarded < 0 ? -1 : 0;
	}
	if (undo_open(&u, journal, w->target, w->journals, err) < 0)
		return -1;
	if (what == UNDO)
		return commit_undo(&u.hold, &u.journal, &stats, err);
	if (u.journal.state == JOURNAL_APPLIED || u.journal.state == JOURNAL_UNDONE)
		return 0;
	return commit_recover(&u.hold, &u.journal, what == ROLL_BACK, &stats, err);
}

static int
run(const struct world *w, enum operation what, const char *journal, bool *committed,
    struct error *err)
{
	*committed = false;
	return what == COMMIT ? run_commit(w, committed, err) :
				run_with_journal(w, what, journal, err);
}

static struct host_calls
run_undisturbed(const struct world *w, enum operation what, const char *journal, const char *story)
{
	static const struct host_plan undisturbed = { .event = HOST_RUNS };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	bool unused;

	host_begin(w->root, &undisturbed);
	if (run(w, what, journal, &unused, &err) < 0)
		fail_msg("%s, then %s: %s", story, operation_names[what], err.message);
	return host_end(false);
}

/* Runs it on a host that dies: false.  True when it came to its end before that. */
static bool
run_doomed(const struct world *w, enum operation what, const struct host_plan *plan)
{
	CLEANUP_FREE char *journal = NULL;
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct host_calls calls;
	bool committed;
	int got;

	find_journal(w, &journal);
	host_begin(w->root, plan);
	got = run(w, what, journal, &committed, &err);
	calls = host_end(plan->event == HOST_POWER_CUT);
	if ((got < 0) != calls.died)
		fail_msg("%s: %s (call %u, seed %llu)", operation_names[what],
			 err.message ? err.message : "did not notice that it was dead", plan->at,
			 (unsigned long long)plan->seed);
	return !calls.died;
}

/* ---- crashes ---- */

struct count {
	unsigned runs, ended[3];
};

/* Which side a recovery ends on, from what it finds. */
static enum side
wanted(enum journal_state state, enum operation way)
{
	return state == JOURNAL_APPLIED || (state == JOURNAL_PENDING && way == RECOVER) ? NEW : OLD;
}

/*
 * A journal that is not pending, and not being undone, tells what is on the target.  Only one that never reached its commit
 * point may be torn.
 */
static bool
agrees(const char *path, enum journal_state state, enum side side)
{
	CLEANUP_JOURNAL struct journal j = { 0 };
	CLEANUP_ERROR struct error err = ERROR_INIT;

	if (path && state != JOURNAL_TMP && journal_read(path, &j, &err) < 0)
		fail_msg("%s", err.message);
	if (state == JOURNAL_PENDING || state == JOURNAL_UNDOING)
		return true;
	return side == (state == JOURNAL_APPLIED ? NEW : OLD);
}

/* The last recovery, which nothing disturbs. */
static void
settle(const struct world *w, enum operation way, const char *story, struct count *c)
{
	CLEANUP_FREE char *journal = NULL;
	CLEANUP_FREE char *last = NULL;
	enum journal_state state = find_journal(w, &journal);
	enum journal_state end;
	enum side side = look(w);

	if (!agrees(journal, state, side))
		fail_msg("%s: the target is %s, its journal %s", story, side_names[side],
			 journal ? journal_state_text(state) : "not there");
	run_undisturbed(w, way, journal, story);
	side = look(w);
	end = find_journal(w, &last);
	c->runs++;
	c->ended[side]++;
	if (side != wanted(state, way) || !agrees(last, end, side) ||
	    (last && end != (side == NEW ? JOURNAL_APPLIED : JOURNAL_UNDONE)))
		fail_msg("%s, then %s of a %s journal: ended %s, %s", story, operation_names[way],
			 journal_state_text(state), side_names[side], last ? last : "no journal");
}

/* Runs it undisturbed from `start`, and counts its calls. */
static struct host_calls
count_calls(const struct world *w, enum operation what, const struct snapshot *start)
{
	CLEANUP_FREE char *journal = NULL;
	struct host_calls calls;

	restore(w, start);
	find_journal(w, &journal);
	calls = run_undisturbed(w, what, journal, "nothing");
	/* far fewer would mean that calls go past us */
	assert_true(calls.changing > 10 && calls.all > 2 * calls.changing);
	return calls;
}

/* What each operation starts from: the old target; the new one, applied; and a commit that was interrupted in the middle. */
struct starts {
	struct snapshot at[4];
};

static void
forget_starts(struct starts *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(s->at); i++)
		forget(&s->at[i]);
	free(s);
}

static struct starts *
prepare(const struct world *w)
{
	struct starts *s = xzalloc(sizeof *s);
	struct host_plan plan = { .event = HOST_KILLED };

	for (size_t i = 0; i < w->file_count; i++)
		s->at[COMMIT].files[i] = w->files[i].old;
	plan.at = count_calls(w, COMMIT, &s->at[COMMIT]).changing - 5;
	assert_int_equal(look(w), NEW);
	save(w, &s->at[UNDO]);
	restore(w, &s->at[COMMIT]);
	assert_false(run_doomed(w, COMMIT, &plan));
	assert_int_equal(look(w), MIXED);
	save(w, &s->at[RECOVER]);
	save(w, &s->at[ROLL_BACK]);
	return s;
}

static const enum host_event deaths[] = { HOST_KILLED, HOST_KILLED_INSIDE, HOST_POWER_CUT };
static const char *const death_names[] = { [HOST_KILLED] = "killed before",
					   [HOST_KILLED_INSIDE] = "killed in",
					   [HOST_POWER_CUT] = "power cut before" };

struct enumeration {
	const struct world *w;
	unsigned rounds, recovery_calls;
	uint64_t seed, dice;
	unsigned second; /* second crashes so far: they walk through the calls of the recovery */
	struct count count;
};

static char *
tell(enum operation what, const struct host_plan *p)
{
	return xasprintf("%s %s call %u (seed %llu)", operation_names[what], death_names[p->event],
			 p->at, (unsigned long long)p->seed);
}

/* A recovery that dies as well, and another one. */
static void
crash_again(struct enumeration *e, const char *story)
{
	struct host_plan plan = { .event = deaths[host_random(&e->dice, ARRAY_SIZE(deaths))],
				  .at = 1 + e->second++ % (e->recovery_calls + 1),
				  .seed = ++e->seed };
	enum operation first = host_random(&e->dice, 2) ? RECOVER : ROLL_BACK;
	enum operation last = host_random(&e->dice, 2) ? RECOVER : ROLL_BACK;
	CLEANUP_FREE char *more = tell(first, &plan);
	CLEANUP_FREE char *both = xasprintf("%s, then %s", story, more);

	run_doomed(e->w, first, &plan);
	settle(e->w, last, both, &e->count);
}

/* True when the operation came to its end before the call at which it was to die. */
static bool
crash(struct enumeration *e, enum operation what, const struct snapshot *start,
      const struct host_plan *plan)
{
	CLEANUP_FREE char *story = tell(what, plan);
	CLEANUP_SNAPSHOT struct snapshot crashed = { 0 };
	bool done;

	restore(e->w, start);
	done = run_doomed(e->w, what, plan);
	save(e->w, &crashed);
	if (!is_in_order(e->w))
		fail_msg("%s: a phase was begun before the one before it was complete", story);
	settle(e->w, RECOVER, story, &e->count);
	if (!crashed.journal)
		return done; /* there is no recovery that could crash */
	restore(e->w, &crashed);
	settle(e->w, ROLL_BACK, story, &e->count);
	for (unsigned i = 0; i < e->rounds; i++) {
		restore(e->w, &crashed);
		crash_again(e, story);
	}
	return done;
}

static void
crash_everywhere(const struct world *w, enum operation what, const struct starts *starts)
{
	struct enumeration e = { .w = w, .rounds = number_of("RESPREP_ROUNDS", 6) };
	unsigned step = number_of("RESPREP_CRASH_STEP", 1), calls;

	e.recovery_calls = count_calls(w, ROLL_BACK, &starts->at[ROLL_BACK]).changing;
	calls = count_calls(w, what, &starts->at[what]).changing;
	/* the last one is the power cut behind the last call */
	for (unsigned at = 1; at <= calls + 1; at += step) {
		struct host_plan plan = { .at = at };
		bool done = false;

		for (unsigned i = 0; i < 2 + e.rounds; i++) {
			plan.event = deaths[i < 2 ? i : 2];
			plan.seed = ++e.seed;
			done = crash(&e, what, &starts->at[what], &plan);
			assert_int_equal(done, at > calls);
		}
	}
	print_message("%s: %s with %u changing calls: %u runs: %u old, %u new, %u mixed\n", w->name,
		      operation_names[what], calls, e.count.runs, e.count.ended[OLD],
		      e.count.ended[NEW], e.count.ended[MIXED]);
}

static void
a_power_cut_ends_old_or_new(void **state)
{
	const struct world *w = *state;
	struct starts *starts = prepare(w);

	crash_everywhere(w, COMMIT, starts);
	crash_everywhere(w, UNDO, starts);
	forget_starts(starts);
}

/* ---- failures ---- */

struct fault {
	const char *name;
	enum host_event event;
	int error;
	enum { NOWHERE, AT_TARGET, AT_JOURNAL } where;
};

static const struct fault faults[] = {
	{ "EIO", HOST_FAILS, EIO, NOWHERE },
	{ "ENOSPC", HOST_FAILS, ENOSPC, NOWHERE },
	{ "EINTR", HOST_FAILS, EINTR, NOWHERE },
	{ "ENOSYS", HOST_FAILS, ENOSYS, NOWHERE }, /* for openat2 */
	{ "less than asked for", HOST_IS_SHORT, 0, NOWHERE },
	{ "a flush that loses something", HOST_LOSES, 0, NOWHERE },
	{ "target gone", HOST_DISK_GONE, ENODEV, AT_TARGET },
	{ "target full", HOST_DISK_FULL, 0, AT_TARGET },
	{ "journal's disk gone", HOST_DISK_GONE, EIO, AT_JOURNAL },
	{ "journal's disk full", HOST_DISK_FULL, 0, AT_JOURNAL },
};

/* Right after a failure: what was said, and what was touched. */
static void
check_failure(const struct world *w, enum operation what, const struct fault *f, bool committed,
	      const struct error *err, const char *story)
{
	CLEANUP_FREE char *journal = NULL;
	enum journal_state state = find_journal(w, &journal);
	enum side side = look(w);

	if (!err->message || !*err->message || err->code == ERR_INTERNAL)
		fail_msg("%s failed with '%s'", story, err->message ? err->message : "");
	if (what != COMMIT)
		return;
	if (committed && (!journal || !strstr(err->message, "resprep recover")))
		fail_msg("%s did not ask for a recovery: %s", story, err->message);
	/* an unreachable journal cannot be removed */
	if (!committed && (side != OLD || (journal && f->where != AT_JOURNAL)))
		fail_msg("%s did not reach its commit point, but left a target that is %s, and %s",
			 story, side_names[side], journal ? journal_state_text(state) : "nothing");
}

/* The side on which an operation ends that succeeds. */
static enum side
success(enum operation what)
{
	return what == COMMIT || what == RECOVER ? NEW : OLD;
}

/* One failure, then a recovery; with `cut` the power goes between the two. */
static void
fail_once(const struct world *w, enum operation what, const struct snapshot *start,
	  const struct fault *f, const struct host_plan *plan, bool cut, struct count *c)
{
	CLEANUP_FREE char *story = xasprintf("%s with %s at call %u (seed %llu)%s",
					     operation_names[what], f->name, plan->at,
					     (unsigned long long)plan->seed,
					     cut ? ", then a power cut" : "");
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE char *journal = NULL;
	bool committed;
	int got;

	restore(w, start);
	find_journal(w, &journal);
	host_begin(w->root, plan);
	got = run(w, what, journal, &committed, &err);
	host_end(cut);
	if (got < 0 && !cut)
		check_failure(w, what, f, committed, &err, story);
	if (got == 0 && look(w) != success(what))
		fail_msg("%s succeeded, but the target is %s", story, side_names[look(w)]);
	settle(w, (plan->at + cut) % 2 ? RECOVER : ROLL_BACK, story, c);
}

static void
fail_everywhere(const struct world *w, enum operation what, const struct starts *starts)
{
	const struct snapshot *start = &starts->at[what];
	unsigned calls = count_calls(w, what, start).all;
	struct count c = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		const struct fault *f = &faults[i];
		struct host_plan plan = { .event = f->event, .error = f->error };

		plan.where = f->where == AT_TARGET ? w->target : w->journals;
		for (plan.at = 1; plan.at <= calls; plan.at += number_of("RESPREP_CRASH_STEP", 1)) {
			plan.seed = plan.at;
			fail_once(w, what, start, f, &plan, false, &c);
			fail_once(w, what, start, f, &plan, true, &c);
		}
	}
	print_message(
		"%s: %s with %u calls, each failing in %zu ways: %u runs: %u old, %u new, %u mixed\n",
		w->name, operation_names[what], calls, ARRAY_SIZE(faults), c.runs, c.ended[OLD],
		c.ended[NEW], c.ended[MIXED]);
}

static void
a_failing_call_ends_old_or_new(void **state)
{
	const struct world *w = *state;
	struct starts *starts = prepare(w);

	for (enum operation what = COMMIT; what <= ROLL_BACK; what++)
		fail_everywhere(w, what, starts);
	forget_starts(starts);
}

/* ---- somebody else ---- */

/* A byte for this place that is in none of its images, and no zero either. */
static uint8_t
foreign(const struct target_file *f, size_t at)
{
	for (uint8_t byte = 1;; byte++) {
		bool known = byte == f->old.bytes[at];

		for (size_t i = 0; i <= PHASES; i++)
			known = known || byte == f->stages[i].bytes[at];
		if (!known)
			return byte;
	}
}

static bool
is_in_a_record(const struct world *w, const struct target_file *f, size_t at)
{
	for (size_t i = 0; i < w->changes.record_count; i++) {
		const struct record *r = &w->changes.records[i];
		size_t n = r->before_len > r->after_len ? r->before_len : r->after_len;

		if ((!f->name || strcmp(r->path, f->name) == 0) && at >= r->offset &&
		    at < r->offset + n)
			return true;
	}
	return false;
}

static void
a_foreign_byte_stops_a_recovery(void **state)
{
	const struct world *w = *state;
	struct starts *starts = prepare(w);
	const struct snapshot *start = &starts->at[RECOVER];
	unsigned places = 0;

	for (size_t i = 0; i < w->file_count; i++)
		for (size_t at = 0; at < start->files[i].len; at += 31) {
			CLEANUP_ERROR struct error err = ERROR_INIT;
			struct content strange = start->files[i], now;
			enum operation way = at % 2 ? RECOVER : ROLL_BACK;
			bool unused;

			if (!is_in_a_record(w, &w->files[i], at))
				continue;
			restore(w, start);
			strange.bytes[at] = foreign(&w->files[i], at);
			write_whole(w->files[i].path, strange.bytes, strange.len);
			assert_int_equal(run(w, way, start->journal, &unused, &err), -1);
			assert_int_equal(err.code, ERR_REFUSED);
			read_whole(w->files[i].path, &now);
			assert_true(same(&now, &strange));
			places++;
		}
	assert_true(places > 100);
	forget_starts(starts);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_power_cut_ends_old_or_new, set_up_image,
						tear_down),
		{ "a_power_cut_ends_old_or_new_in_a_folder", a_power_cut_ends_old_or_new,
		  set_up_folder, tear_down, NULL },
		cmocka_unit_test_setup_teardown(a_failing_call_ends_old_or_new, set_up_image,
						tear_down),
		{ "a_failing_call_ends_old_or_new_in_a_folder", a_failing_call_ends_old_or_new,
		  set_up_folder, tear_down, NULL },
		cmocka_unit_test_setup_teardown(a_foreign_byte_stops_a_recovery, set_up_image,
						tear_down),
		{ "a_foreign_byte_stops_a_recovery_of_a_folder", a_foreign_byte_stops_a_recovery,
		  set_up_folder, tear_down, NULL },
	};

	return cmocka_run_group_tests_name("powercut", tests, NULL, NULL);
}
