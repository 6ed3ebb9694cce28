/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Known failures of Sysprep and Setup: a table of what logs and dialogs say, what it means, and what to do, and a
 * matcher that knows them all in one pass.
 *
 * A signature counts only in the logs, places and components that its entry names, and a failure not in a line that is mere information unless
 * Windows writes it so; a log that lies anywhere (somebody sent it) counts as
 * any place.  A hit says that the words are there: whether they still matter is cascade.h's and the checks' question.
 */
#ifndef RESPREP_LOGS_KNOWN_H
#define RESPREP_LOGS_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "logs/kind.h"

struct error;
struct known;
struct log_record;

enum known_class {
	KNOWN_FAILURE, /* it stops a phase, or makes it do less than it should */
	KNOWN_HINT,    /* no failure by itself: it explains one that is there, or tells a success */
	KNOWN_BENIGN,  /* an error's words in runs that succeed: never blamed */
};

/* How sure the entry is. */
enum known_evidence {
	KNOWN_CONFIRMED, /* the words have been seen in a published log or in Microsoft's documentation */
	KNOWN_PRACTICE, /* of Microsoft's articles or the field's practice; the exact words are not confirmed */
	KNOWN_UNCERTAIN, /* told as such, and never acted on */
};

/* Phases, as bits. */
#define KNOWN_VALIDATE	 (1u << 0) /* Sysprep before it touches anything */
#define KNOWN_GENERALIZE (1u << 1)
#define KNOWN_CLEANUP	 (1u << 2)
#define KNOWN_SPECIALIZE (1u << 3)
#define KNOWN_OOBE	 (1u << 4)
#define KNOWN_AUDIT	 (1u << 5)
#define KNOWN_BOOT	 (1u << 6)
#define KNOWN_UPGRADE	 (1u << 7)
#define KNOWN_SERVICING	 (1u << 8)  /* offlineServicing */
#define KNOWN_BEFORE	 (1u << 9)  /* what stands before Sysprep is started */
#define KNOWN_AFTER	 (1u << 10) /* what shows on machines made of the image */
#define KNOWN_SYSPREP	 (KNOWN_VALIDATE | KNOWN_GENERALIZE | KNOWN_CLEANUP)

#define KNOWN_SIGNATURES 6

struct known_signature {
	const char *
		literal; /* part of every match, in any case of letters; NULL behind the last one */
	const char *pattern; /* must match too (util/pattern.h); NULL: the literal is enough */
	const char *
		components; /* those in which it counts, where they are fewer than its entry's; NULL: no fewer */
	bool dialog; /* words of a message box: not searched in logs */
	bool last;   /* counts when the run's log ends with it: what it begins did not come back */
	bool info;   /* Windows writes it as information; of others an Info line is no failure */
	bool tail; /* what follows from another failure: the cause only if nothing stands before it */
};

struct known_failure {
	unsigned number; /* in the knowledge base */
	const char *id;	 /* "appx-user" */
	enum known_class what;
	enum known_evidence evidence;
	unsigned phases;
	unsigned kinds;		/* 1u << LOG_KIND_…; 0: no log tells it */
	unsigned places;	/* 1u << LOG_PLACE_… */
	const char *components; /* those in which it counts, with blanks between; NULL: any */
	unsigned refines; /* the number of a more general entry that this one takes the place of, or 0 */
	struct known_signature signatures[KNOWN_SIGNATURES];
	const char *cause; /* sentences */
	const char *check; /* the check that looks at its cause on the volume, or NULL */
	const char *steps; /* what to do; sentences */
	const char *
		kin; /* words by which an unknown error is near to it, besides its signatures; or NULL */
};

#define KNOWN_COUNT 72
const struct known_failure *known_entry(size_t i); /* from 0 to KNOWN_COUNT - 1: number i + 1 */
const struct known_failure *known_by_id(const char *id);  /* NULL when unknown */
bool known_is_copyprofile(const struct known_failure *f); /* a failure of CopyProfile's */
const char *known_evidence_text(enum known_evidence e);	  /* "confirmed", "known", "uncertain" */
char *known_phases_text(unsigned phases);		  /* "validate, generalize"; the caller's */

/* A name that stood in the line: "package" is "Microsoft.Copilot_1.25.0_x64__8wekyb3d8bbwe". */
struct known_name {
	const char *what; /* borrowed from the matcher */
	char *text;
};

struct known_hit {
	const struct known_failure *known;
	const struct known_signature *signature;
	struct known_name *names;
	size_t name_count;
};
struct known_hits {
	struct known_hit *list;
	size_t count;
	uint32_t marks; /* bits: the words of cascade.c that the record has */
};
void known_hits_clear(struct known_hits *h);
#define CLEANUP_KNOWN_HITS __attribute__((cleanup(known_hits_clear)))
/* `general`, of the line before, becomes what `special` says, with the names of both: of a pair of lines that tell one thing.  `special` loses its hits. */
void known_hits_refine(struct known_hits *general, struct known_hits *special);
const char *known_hit_name(const struct known_hit *h,
			   const char *what); /* NULL without; borrowed */

/* All signatures, compiled.  One matcher is used by one thread. */
struct known *known_new(struct error *err);
void known_free(struct known *k);
void known_freep(struct known **k);
#define CLEANUP_KNOWN __attribute__((cleanup(known_freep)))

/*
 * What the record says that is known, at most once for each entry; an entry that another refines is left out beside it, and its names
 * are the other's.  `*ret` is the caller's.
 * Returns their number.
 */
size_t known_match(struct known *k, const struct log_record *r, struct known_hits *ret);

/* The same for words of which nobody knows where they stood, those of dialogs too. */
size_t known_match_text(struct known *k, const char *text, struct known_hits *ret);

/* The first place in `n` bytes where a signature may begin, or NULL; fast.  A log_find (read.h): `known` is a struct known. */
const char *known_find(void *known, const char *p, size_t n);
/* The same, and where words of cascade.c stand. */
const char *known_find_marks(const struct known *k, const char *p, size_t n);

/*
 * The failure that an unknown error is nearest to (nearness.h: by the names and codes that it shares with the signatures), or NULL
 * when none is near.  `*ret_shared`, the caller's, says what they share: "appxsysprep.dll, 0x422".
 */
const struct known_failure *known_nearest(struct known *k, const char *message, char **ret_shared);

#endif
