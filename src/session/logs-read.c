/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Records of the files that were listed, with UTC beside local time, without what stands twice, without secrets.
 *
 * setuperr.log is the errors of setupact.log once more (Microsoft: "Windows Setup log files and event logs"); which of its lines are there is
 * remembered as numbers, of a limited count.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "logs/mark.h"
#include "session/logs.h"
#include "session/logs-console.h"
#include "session/session-private.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/code-page.h"
#include "util/error.h"
#include "util/secrets.h"
#include "util/text.h"
#include "util/utf16.h"
#include "volume/volume.h"
#include "windows/time-zone.h"

#define REMEMBERED_MAX (1u << 20) /* lines of setupact.log; a power of two */

/* Numbers of lines, in a table with room for twice as many; 0 is free. */
struct remembered {
	uint64_t *list;
	size_t count, cap;
};

struct logs_reader {
	struct session *session;
	struct logs_filter filter;
	struct time_zone zone;
	bool have_zone;
	unsigned ansi;
	struct remembered seen;
	uint64_t merged;
};

struct logs_reader *
logs_reader_new(struct session *s, const struct logs_filter *filter)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	struct logs_reader *r = xzalloc(sizeof *r);

	r->session = s;
	r->filter = *filter;
	if (s->windows) {
		r->have_zone = time_zone_read(s->windows, &r->zone, &ignored) == 0;
		r->ansi = windows_ansi_page(s->windows);
	}
	if (r->have_zone && filter->since_local)
		r->filter.since = time_zone_to_utc(&r->zone, filter->since);
	if (r->have_zone && filter->until_local)
		r->filter.until = time_zone_to_utc(&r->zone, filter->until);
	return r;
}

void
logs_reader_free(struct logs_reader *r)
{
	if (!r)
		return;
	time_zone_clear(&r->zone);
	free(r->seen.list);
	free(r);
}

void
logs_reader_freep(struct logs_reader **r)
{
	logs_reader_free(*r);
}

const char *
logs_reader_zone(const struct logs_reader *r)
{
	return r->zone.name;
}

bool
logs_reader_has_zone(const struct logs_reader *r)
{
	return r->have_zone;
}

const struct logs_filter *
logs_reader_filter(const struct logs_reader *r)
{
	return &r->filter;
}

uint64_t
logs_reader_merged(const struct logs_reader *r)
{
	return r->merged;
}

/* Of the folder and the first line, time and all.  FNV-1a: who makes two lines of one number loses one of his own. */
static uint64_t
number_of(const char *path, const struct log_record *r)
{
	const char *slash = strrchr(path, '/');
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (const char *p = path; p < slash; p++)
		h = (h ^ (uint8_t)*p) * UINT64_C(0x100000001b3);
	for (const char *p = r->text; *p; p++)
		h = (h ^ (uint8_t)*p) * UINT64_C(0x100000001b3);
	return h ? h : 1;
}

/* Where the number is, or would be. */
static size_t
slot_of(const struct remembered *s, uint64_t number)
{
	size_t i = (size_t)number & (s->cap - 1);

	while (s->list[i] && s->list[i] != number) /* ends: half of it is free */
		i = (i + 1) & (s->cap - 1);
	return i;
}

static void
remember(struct remembered *s, uint64_t number)
{
	if (s->count >= REMEMBERED_MAX)
		return;
	if (s->count * 2 >= s->cap) {
		struct remembered more = { .cap = s->cap ? s->cap * 2 : 1024 };

		more.list = xcalloc(more.cap, sizeof *more.list);
		for (size_t i = 0; i < s->cap; i++)
			if (s->list[i])
				more.list[slot_of(&more, s->list[i])] = s->list[i];
		more.count = s->count;
		free(s->list);
		*s = more;
	}
	if (!s->list[slot_of(s, number)]) {
		s->list[slot_of(s, number)] = number;
		s->count++;
	}
}

/* Whether the record of a setuperr.log was in the setupact.log beside it. */
static bool
is_again(struct logs_reader *reader, const struct log_file *f, const struct log_record *r)
{
	const char *slash = strrchr(f->path, '/'), *name = slash ? slash + 1 : f->path;

	if (f->kind != LOG_KIND_PANTHER || !slash || r->level < LOG_LEVEL_ERROR)
		return false;
	if (name_starts_with(name, "setupact"))
		remember(&reader->seen, number_of(f->path, r));
	else if (name_starts_with(name, "setuperr") && reader->seen.cap)
		return reader->seen.list[slot_of(&reader->seen, number_of(f->path, r))] != 0;
	return false;
}

struct reading {
	struct logs_reader *reader;
	const struct log_file *file;
	logs_fn *fn;
	void *ctx;
	uint64_t when; /* of the last record that had a time; 0: none had */
};

static uint64_t
utc_of(const struct logs_reader *reader, const struct log_record *r, bool *assumed)
{
	*assumed = r->zone == LOG_ZONE_LOCAL;
	if (r->zone != LOG_ZONE_LOCAL)
		return r->zone == LOG_ZONE_UTC ? r->stamp : 0;
	return reader->have_zone ? time_zone_to_utc(&reader->zone, r->stamp) : 0;
}

/*
 * Without a zone local times are compared as they are: better than nothing, and the reader is told.  A record without a time was written after
 * the one before it.
 */
static uint64_t
when_is(struct reading *reading, const struct log_record *r, uint64_t utc)
{
	if (utc || r->stamp)
		reading->when = utc ? utc : r->stamp;
	return reading->when;
}

static bool
is_in_time(const struct logs_filter *f, uint64_t when)
{
	if (f->since && (!when || when < f->since))
		return false;
	return !f->until || (when && when <= f->until);
}

/* A literal may be there and the rest of the signature not; and of what explains and what succeeded nobody asked. */
static bool
tells_failure(const struct known_hits *hits)
{
	for (size_t i = 0; i < hits->count; i++)
		if (hits->list[i].known->what == KNOWN_FAILURE)
			return true;
	return false;
}

static int
take(void *ctx, const struct log_record *r, struct error *err)
{
	struct reading *reading = ctx;
	struct logs_reader *reader = reading->reader;
	CLEANUP_FREE char *masked = NULL;
	struct log_record copy = *r;
	CLEANUP_KNOWN_HITS struct known_hits hits = { 0 };
	struct logs_record shown = { .r = &copy, .hits = reader->filter.known ? &hits : NULL };
	uint64_t when;
	size_t count;

	shown.utc = utc_of(reader, r, &shown.assumed);
	when = when_is(reading, r, shown.utc);
	if (reader->filter.known)
		known_match(reader->filter.known, r, &hits);
	if (reader->filter.known && r->level < reader->filter.least && !tells_failure(&hits))
		return 0;
	if (is_again(reader, reading->file, r)) {
		reader->merged++;
		return 0;
	}
	if (!is_in_time(&reader->filter, when))
		return 0;
	if (!reader->filter.with_secrets) {
		masked = secrets_mask(r->message, &count);
		copy.message = masked;
	}
	/* of what is shown: a search behind the mask would guess the secret letter by letter */
	if (reader->filter.grep && !name_find(copy.message, reader->filter.grep))
		return 0;
	return reading->fn(reading->ctx, reading->file, &shown, err);
}

static int
read_volume(void *ctx, void *buf, size_t len, uint64_t offset, size_t *ret_len, struct error *err)
{
	return volume_file_read(ctx, buf, len, offset, ret_len, err);
}

static uint64_t
find_hole(void *ctx, uint64_t offset)
{
	return volume_file_hole(ctx, offset);
}

struct memory {
	const char *text;
	size_t len;
};

static int
read_memory(void *ctx, void *buf, size_t len, uint64_t offset, size_t *ret_len, struct error *err)
{
	const struct memory *m = ctx;

	(void)err;
	*ret_len = offset >= m->len ? 0 : len < m->len - offset ? len : m->len - (size_t)offset;
	memcpy(buf, m->text + offset, *ret_len);
	return 0;
}

/* The text in a file that is JSON of the EC2 API, or NULL. */
static char *
console_text(const struct log_source *source, struct error *problem)
{
	CLEANUP_FREE uint8_t *p = NULL;
	size_t done = 0, n = 1;

	if (source->size > CONSOLE_LIMIT)
		return NULL;
	p = xmalloc((size_t)source->size);
	while (done < source->size && n) {
		if (source->read(source->ctx, p + done, (size_t)source->size - done, done, &n,
				 problem) < 0)
			return NULL;
		done += n;
	}
	return logs_console_text(p, done);
}

static void
note_info(struct log_file *f, const struct log_info *info)
{
	CLEANUP_TEXT struct text note = TEXT_INIT;

	if (info->hole)
		text_addf(&note,
			  "%" PRIu64 " bytes are zeros, the first at byte %" PRIu64
			  ": lines are lost there, as when Windows goes down while it writes",
			  info->hole, info->hole_offset);
	if (info->damaged)
		text_addf(&note,
			  "%s%" PRIu64 " events, or pieces of 64 KiB with events, are damaged",
			  note.len ? "; " : "", info->damaged);
	if (info->cut)
		text_addf(&note, "%sa record is longer than 64 KiB and was cut",
			  note.len ? "; " : "");
	free(f->note);
	f->note = note.len ? text_steal(&note) : NULL;
}

static int
read_source(struct reading *reading, struct log_file *f, struct log_source *source,
	    struct error *problem)
{
	CLEANUP_FREE char *console = f->kind == LOG_KIND_CONSOLE ? console_text(source, problem) :
								   NULL;
	struct memory memory = { console, console ? strlen(console) : 0 };
	const struct logs_reader *reader = reading->reader;
	struct log_mark_finder finder = { .kind = f->kind };
	/* marks among events are known by number, not by what a finder sees */
	bool all = reader->filter.marks && f->kind == LOG_KIND_EVENTS;
	const struct log_options o = { .least = all ? LOG_LEVEL_NONE : reader->filter.least,
				       .pages = session_code_pages(reader->session),
				       .ansi = reader->ansi,
				       .find = reader->filter.marks ? log_mark_find :
					       reader->filter.known ? known_find :
								      NULL,
				       .find_ctx = reader->filter.marks ? (void *)&finder :
									  reader->filter.known };
	struct log_info info;
	int got;

	if (problem->code != ERR_NONE)
		return -1;
	if (console) {
		source->read = read_memory;
		source->ctx = &memory;
		source->size = memory.len;
		source->hole = NULL;
	}
	got = log_records(source, f->kind, &o, take, reading, &info, problem);
	if (got == 0)
		note_info(f, &info);
	return got;
}

/* A file's trouble is its own; the host's, and an interruption, are everybody's. */
static int
end_reading(struct log_file *f, struct error *problem, struct error *err)
{
	if (problem->code == ERR_NONE)
		return 0;
	if (!logs_error_is_local(problem)) {
		error_move(err, problem);
		return -1;
	}
	f->problem = xstrdup(problem->message);
	return 0;
}

int
logs_read(struct logs_reader *reader, struct log_file *f, logs_fn *fn, void *ctx, struct error *err)
{
	CLEANUP_ERROR struct error problem = ERROR_INIT;
	CLEANUP_VOLUME_FILE struct volume_file *file = NULL;
	struct reading reading = { reader, f, fn, ctx, 0 };
	struct memory memory = { f->host_text, (size_t)f->size };
	struct log_source source = { .path = f->path, .place = f->place, .size = f->size };

	if (f->problem || f->kind == LOG_KIND_COUNT)
		return 0;
	if (f->host_text) {
		source.read = read_memory;
		source.ctx = &memory;
		read_source(&reading, f, &source, &problem);
		return end_reading(f, &problem, err);
	}
	file = volume_file_open(reader->session->target.volume, f->path, &problem);
	if (file) {
		source.read = read_volume;
		source.ctx = file;
		source.size = volume_file_size(file);
		source.hole = find_hole;
		read_source(&reading, f, &source, &problem);
	}
	return end_reading(f, &problem, err);
}

/* ---- runs ---- */

/* Of "/sent/Windows/Panther/UnattendGC/setupact.log" "/sent/Windows": the folder of one Windows; of a log that lies anywhere its own folder. */
static char *
machine_of(const struct log_file *f)
{
	static const char *const below[] = { "/System32/Sysprep/Panther", "/Sysprep/Panther",
					     "/Panther/UnattendGC", "/UnattendGC", "/Panther" };
	CLEANUP_FREE char *folder = xstrndup(f->path, (size_t)(strrchr(f->path, '/') - f->path));

	for (size_t i = 0; f->place != LOG_PLACE_OTHER && i < ARRAY_SIZE(below); i++)
		if (name_ends_with(folder, below[i]))
			return xstrndup(folder, strlen(folder) - strlen(below[i]));
	return steal(&folder);
}

/* In the order in which their runs are told; NULL: a log of which they are not. */
static char *
machine_of_runs(const struct log_file *f)
{
	const char *slash = strrchr(f->path, '/');
	bool runs = f->kind == LOG_KIND_PANTHER && slash && !f->problem && !f->host_text &&
		    (name_equal(slash + 1, "setupact.log") ||
		     name_equal(slash + 1, "setuperr.log"));

	return runs && (f->place == LOG_PLACE_SYSPREP || f->place == LOG_PLACE_UNATTENDGC ||
			f->place == LOG_PLACE_PANTHER || f->place == LOG_PLACE_OTHER) ?
		       machine_of(f) :
		       NULL;
}

static int
read_runs(struct logs_reader *reader, const struct log_file *f, struct cascade *c,
	  struct error *err)
{
	CLEANUP_ERROR struct error problem = ERROR_INIT;
	CLEANUP_VOLUME_FILE struct volume_file *file =
		volume_file_open(reader->session->target.volume, f->path, &problem);
	const struct log_options o = { .least = LOG_LEVEL_ERROR,
				       .find = cascade_find,
				       .find_ctx = c,
				       .pages = session_code_pages(reader->session),
				       .ansi = reader->ansi };
	struct log_source source = { .read = read_volume,
				     .ctx = file,
				     .hole = find_hole,
				     .path = f->path,
				     .place = f->place };

	if (file) {
		source.size = volume_file_size(file);
		log_records(&source, LOG_KIND_PANTHER, &o, cascade_take, c, NULL, &problem);
	}
	if (problem.code == ERR_NONE || logs_error_is_local(&problem))
		return 0;
	error_move(err, &problem);
	return -1;
}

/* One log of a machine, and the setuperr.log beside it; "setupact" or, where that is not there or says nothing, "setuperr" alone. */
static int
read_place(struct logs_reader *reader, const struct log_files *files, char *const *machines,
	   const char *machine, enum log_place place, struct cascade *c, struct error *err)
{
	static const char *const pair[] = { "/setupact.log", "/setuperr.log" };

	cascade_source(c);
	for (size_t n = 0; n < ARRAY_SIZE(pair); n++) {
		if (n && cascade_got(c))
			cascade_second(c);
		for (size_t i = 0; i < files->count; i++)
			if (machines[i] && files->list[i].place == place &&
			    strcmp(machines[i], machine) == 0 &&
			    name_ends_with(files->list[i].path, pair[n]) &&
			    read_runs(reader, &files->list[i], c, err) < 0)
				return -1;
	}
	return 0;
}

int
logs_runs(struct logs_reader *r, struct known *known, const struct log_files *files,
	  logs_runs_fn *fn, void *ctx, struct error *err)
{
	static const enum log_place places[] = { LOG_PLACE_SYSPREP, LOG_PLACE_UNATTENDGC,
						 LOG_PLACE_PANTHER, LOG_PLACE_OTHER };
	char **machines = xcalloc(files->count ? files->count : 1, sizeof *machines);
	int got = 0;

	for (size_t i = 0; i < files->count; i++)
		machines[i] = machine_of_runs(&files->list[i]);
	for (size_t i = 0; i < files->count && got == 0; i++) {
		CLEANUP_CASCADE struct cascade *c = NULL;
		bool again = !machines[i];

		for (size_t k = 0; k < i && !again; k++)
			again = machines[k] && strcmp(machines[k], machines[i]) == 0;
		if (again)
			continue;
		c = cascade_new(known);
		for (size_t k = 0; k < ARRAY_SIZE(places) && got == 0; k++)
			got = read_place(r, files, machines, machines[i], places[k], c, err);
		cascade_judge(c);
		if (got == 0)
			fn(ctx, machines[i], c);
	}
	for (size_t i = 0; i < files->count; i++)
		free(machines[i]);
	free(machines);
	return got;
}
