/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a run found and changed, as data.  The writers (text.c, json.c) turn it into words; nobody
 * else prints findings.
 */
#ifndef RESPREP_REPORT_REPORT_H
#define RESPREP_REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct spool;

enum severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR, SEVERITY_CRITICAL };
const char *severity_text(enum severity s); /* "note", "warning", "error", "critical" */
bool severity_parse(const char *text, enum severity *ret);

/* Of a repair.  RISK_NONE: there is no repair for this finding. */
enum risk { RISK_NONE, RISK_SAFE, RISK_CAREFUL, RISK_LAST_RESORT };
const char *risk_text(enum risk r); /* "none", "safe", "careful", "last-resort" */
bool risk_parse(const char *text, enum risk *ret);

/* Where a finding was seen: a registry value or key, or a line of a file. */
struct evidence {
	char *hive, *key, *value,
		*data; /* "SYSTEM", "ControlSet001\\Control\\…", "fDenyTSConnections", "1 (REG_DWORD)" */
	uint64_t last_write;   /* FILETIME of the key; 0 unknown */
	char *path;	       /* on the volume, as stored */
	uint64_t line, offset; /* 0: the file as a whole */
	char *text;	       /* the line, or a word on the evidence */
};

struct finding {
	const char *check;   /* the check's id; static */
	const char *problem; /* the problem's code; static */
	enum severity severity;
	enum risk risk;
	bool alternative; /* a second cure of a cause that another finding cures: repaired only with --only */
	bool asked_only; /* of a check that runs only when it is asked for */
	bool by_name;	 /* repaired only when named with its subject: --only ID:SUBJECT */
	char *subject; /* what tells two findings of one problem apart ("S-1-5-21-…"); NULL when there is only one */
	char *title; /* one line */
	struct evidence *evidence;
	size_t evidence_count;
	char *cause;   /* why it is so and what follows; sentences */
	char *repair;  /* what the repair changes, in words; NULL without */
	char *refused; /* why a repair that exists in general is refused here; NULL when it is not */
	char *explains; /* "sysprep-copyprofile-failed": the finding that this one explains; or NULL */
};

struct findings {
	struct finding *list;
	size_t count;
};

/* A new finding at the end; borrowed.  `title` is formatted; the caller fills the rest with finding_*(). */
struct finding *findings_add(struct findings *f, const char *check, const char *problem,
			     enum severity s, enum risk r, const char *subject, const char *fmt,
			     ...) __attribute__((format(printf, 7, 8)));
void finding_cause(struct finding *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void finding_repair(struct finding *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void finding_refused(struct finding *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Evidence; every text is copied, NULL where it does not apply.  Passwords in the text of a line are masked, as in titles. */
void finding_registry(struct finding *f, const char *hive, const char *key, const char *value,
		      const char *data, uint64_t last_write);
void finding_line(struct finding *f, const char *path, uint64_t line, uint64_t offset,
		  const char *text);
/* "ID" or "ID:SUBJECT", as --only takes it; the caller's. */
char *finding_name(const struct finding *f);
bool finding_same(const struct finding *a,
		  const struct finding *b); /* check, problem and subject */
const struct finding *findings_find_same(const struct findings *list,
					 const struct finding *f); /* NULL: none; borrowed */
void findings_clear(struct findings *f);
#define CLEANUP_FINDINGS __attribute__((cleanup(findings_clear)))

/* One thing that a repair changed. */
enum change_kind {
	CHANGE_VALUE,
	CHANGE_KEY_DELETED,
	CHANGE_KEY_CREATED,
	CHANGE_FILE,
	CHANGE_HIVE,
	CHANGE_VOLUME
};

struct change {
	enum change_kind kind;
	const char *check; /* whose repair; static or NULL */
	/* registry: hive "SYSTEM", key from its root, value name (CHANGE_VALUE) */
	char *hive, *key, *name;
	bool had, has; /* the value was there before, is there after */
	uint32_t type_before, type_after;
	uint8_t *before, *after; /* value data, or file content */
	size_t len_before, len_after;
	bool nested; /* goes with a CHANGE_KEY_DELETED or _CREATED of a parent key: counted with it in text */
	char *path; /* CHANGE_FILE, CHANGE_HIVE (a hive replaced as a whole), CHANGE_VOLUME (the state of the volume itself): on the volume */
	char *words; /* one line for people: "fDenyTSConnections: 1 → 0" */
};
/* Changes in their order.  There can be more of them than of what they are about, so all but the last are put aside. */
struct change_list {
	size_t count;
	struct spool *spool; /* where; owned; NULL: in memory, made when it is needed */
	struct change last;
	char *made_hive,
		*made_key; /* of the last one that is not nested, if it is a CHANGE_KEY_CREATED; owned */
};
/* A new one at the end, to be filled in until the next is added; borrowed. */
struct change *change_list_add(struct change_list *l, enum change_kind kind, const char *check);
/* CHANGE_VOLUME; takes `words`. */
void change_list_add_volume(struct change_list *l, const char *path, char *words);
/* Says whether the last one, whose hive and key are there, goes with one before it. */
void change_list_nest(struct change_list *l, bool nested);
void change_list_clear(struct change_list *l);

/* The changes of a list, one after the other; nothing may be added meanwhile. */
struct change_reader {
	const struct change_list *list;
	size_t done;
	uint64_t at; /* in the spool: what lies behind the buffer */
	uint8_t *buffer;
	size_t have, used, room;
	struct change change;
};
void change_reader_begin(struct change_reader *r, const struct change_list *l);
/* Another one, which goes on where `from` is. */
void change_reader_fork(struct change_reader *r, const struct change_reader *from);
/* 1 and the next one, which is there until the next call; 0 at the end; -1. */
int change_next(struct change_reader *r, const struct change **ret, struct error *err);
void change_reader_clear(struct change_reader *r);
#define CLEANUP_CHANGE_READER __attribute__((cleanup(change_reader_clear)))

/* "REG_DWORD 0x00000001 (1)", "REG_SZ \"text\"", …; long data is shortened; the caller's */
char *change_data_text(bool there, uint32_t type, const uint8_t *data, size_t len);
/* The same of a CHANGE_VALUE, before or after; what is a password by its place is masked: it is in the journal only. */
char *change_side_text(const struct change *c, bool after);

/* The target and what runs on it, for the head of a report. */
struct report_volume {
	const char *kind;  /* "disk", "image", "directory" */
	char *description; /* "GPT, partition 2, NTFS, 16.0 GiB" */
	int partition;	   /* 0: bare volume or directory */
	uint64_t offset, size;
	char *serial; /* NTFS serial, hexadecimal */
	char *label;
	char **states; /* "clean", "log-unclean", "hibernated", "dirty", "mftmirr-differs", "truncated", "read-only", "in-use", "mounted" */
	size_t state_count;
};
/* A launch agent, or what is left of one. */
struct report_agent {
	const char *kind;     /* "ec2launch-v1"; static */
	const char *name;     /* "EC2Launch v1"; static */
	bool installed, fits; /* fits: is one for this Windows */
	char *version, *version_from, *folder, *service;
	char *start;	/* of the service, in words; NULL when it has none */
	char *last_run; /* time of the last line of its log; NULL unknown */
	char *state;	/* NULL: nothing to say */
	char *answer_file, *log;
	char **settings;
	size_t setting_count;
};
struct report_installation {
	char *root; /* "/Windows" */
	char *product, *build, *edition, *host_name, *time_zone;
	char *setup;	   /* sentence on Setup's state */
	char *setup_phase; /* "deployed", … */
	char *control_set; /* "ControlSet001" */
	char *agent; /* of those that are installed: "EC2Config 4.9.2218, service disabled"; or NULL */
	struct report_agent *agents; /* also what is left of agents that are gone */
	size_t agent_count;
	char *dirty_hives;    /* whose logs do not help: "SYSTEM, SOFTWARE"; or NULL */
	char *replayed_hives; /* "SYSTEM: 24 log entries replayed"; or NULL */
	uint64_t installed;
};
/* --read-only-proof: SHA-256 of the whole target, hexadecimal; owned. */
struct report_proof {
	char *target;  /* NULL: not asked for */
	char *before;  /* NULL: not known */
	char *after;   /* NULL: not known */
	char *problem; /* why it is not known afterwards; or NULL */
	bool told;     /* another process, which knows better, prints it */
};
void report_proof_clear(struct report_proof *p);

/* Whether an image may be made of the volume (--group image). */
enum image_verdict { IMAGE_NOT_ASKED, IMAGE_READY, IMAGE_NOT_READY, IMAGE_NOT_KNOWN };
struct report_image {
	enum image_verdict verdict;
	char *text;	/* "ready: …", "not ready: …", "not known: …"; NULL: not asked */
	char **reasons; /* titles of the findings that hinder it, the gravest first */
	size_t reason_count;
};
void report_image_clear(struct report_image *v);

struct report_stats {
	uint64_t reads, read_bytes, distinct_blocks, writes, written_bytes, sectors_written;
};

struct report {
	const char *command;
	char *target;
	int named_partition; /* --partition, for the commands that are shown; 0 without */
	struct report_volume volume;
	bool have_volume;
	struct report_installation installation;
	bool have_installation;
	struct findings findings; /* as they are now (after a repair: what is left) */
	struct findings repaired; /* found before, gone after */
	struct change_list changes;
	struct report_image image;
	char **warnings; /* sentences said before anything else: stale view, volatile journal folder */
	size_t warning_count;
	size_t warnings_said; /* of them; the rest is said at the end */
	char **skipped;	      /* "check ID could not run: …" */
	size_t skipped_count;
	char *journal;		  /* path, or NULL */
	uint64_t sectors_planned; /* that a commit writes */
	struct report_stats stats;
	struct report_proof proof, proof_other; /* of a second target: registry diff */
};
/* A new agent at the end; borrowed. */
struct report_agent *report_agent_add(struct report *r, const char *kind, const char *name);
void report_warn(struct report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void report_skip(struct report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void report_clear(struct report *r);

#endif
