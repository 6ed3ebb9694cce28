/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Facts that decide whether Sysprep can run, as several checks ask for them: services, pending work of Windows' servicing, providers of other
 * programs; and whether the cause that a log tells of still stands.
 */
#ifndef RESPREP_CHECK_SYSPREP_FACTS_H
#define RESPREP_CHECK_SYSPREP_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "logs/cascade.h"
#include "report/report.h"

struct error;
struct subject;

/* A service without which a provider of Sysprep's fails. */
struct sysprep_service {
	const char *name;
	uint32_t start;	 /* as Windows installs it */
	bool delayed;	 /* DelayedAutostart goes with it */
	unsigned known;	 /* number of the known failure */
	bool repairable; /* false: it may be off on purpose, or its part is not certain */
	const char *why; /* "deploys Store apps" */
};
extern const struct sysprep_service sysprep_services[];
extern const size_t sysprep_service_count;
#define SERVICE_DISABLED 4u
#define SERVICE_ABSENT	 UINT32_MAX

/* Start in the control set of the next boot; SERVICE_ABSENT without service or value.  `*ret_key`, the caller's, is its key. */
int sysprep_service_start(struct subject *s, const char *name, uint32_t *ret, char **ret_key,
			  struct error *err);

/* What waits for the next start: a registry key or value that is there, or a file. */
struct sysprep_pending {
	const char *hive, *key, *value; /* NULL for a file; `key` owned when `own_key` */
	char *own_key, *path, *data;
	const char *what; /* "updates wait for a restart" */
};
struct sysprep_pendings {
	struct sysprep_pending *list;
	size_t count;
	uint32_t active_scenario; /* of the reserved storage; UINT32_MAX: not told */
};
int sysprep_pending_read(struct subject *s, struct sysprep_pendings *ret, struct error *err);
void sysprep_pendings_clear(struct sysprep_pendings *p);
#define CLEANUP_SYSPREP_PENDINGS __attribute__((cleanup(sysprep_pendings_clear)))
#define RESERVES_KEY		 "Microsoft\\Windows\\CurrentVersion\\ReserveManager"

/* A provider that another program has registered: "dll,function" in SysPrepExternal. */
enum provider_dll { PROVIDER_DLL_THERE, PROVIDER_DLL_GONE, PROVIDER_DLL_UNKNOWN };
struct sysprep_provider {
	char *key, *name, *data; /* key from the root of SOFTWARE, value, as it stands */
	char *dll;		 /* as `data` names it */
	char *path;		 /* where it would be on this volume; NULL: not on it */
	enum provider_dll state;
	uint64_t time;
};
struct sysprep_providers {
	struct sysprep_provider *list;
	size_t count;
};
int sysprep_providers_read(struct subject *s, struct sysprep_providers *ret, struct error *err);
void sysprep_providers_clear(struct sysprep_providers *p);
#define CLEANUP_SYSPREP_PROVIDERS __attribute__((cleanup(sysprep_providers_clear)))

/* The value of SOFTWARE that a line says Sysprep may not delete. */
struct sysprep_blocked {
	char *key, *name, *data; /* key from the root of SOFTWARE; NULL: the line names none */
	bool there;
	uint64_t time;
};
/* Of the event; of the newest Sysprep's failure. */
int sysprep_blocked_of(struct subject *s, const struct cascade_event *e,
		       struct sysprep_blocked *ret, struct error *err);
int sysprep_blocked_read(struct subject *s, struct sysprep_blocked *ret, struct error *err);
void sysprep_blocked_clear(struct sysprep_blocked *b);
#define CLEANUP_SYSPREP_BLOCKED __attribute__((cleanup(sysprep_blocked_clear)))

/* Whether what made a run fail is still there. */
enum sysprep_cause { CAUSE_UNKNOWN, CAUSE_STANDS, CAUSE_GONE };
/* `*ret_why`, the caller's: "AppXSvc is disabled"; NULL when it is not known. */
int sysprep_cause_read(struct subject *s, const struct cascade_event *e, enum sysprep_cause *ret,
		       char **ret_why, struct error *err);

/* The run of a phase that failed (or stands still), has not been got over, and is of this machine; NULL: there is none. */
int sysprep_failed_run(struct subject *s, enum log_phase phase, const struct cascade_run **ret,
		       struct error *err);
/* Whether such a run's cause is the known failure of that number. */
int sysprep_failed_by(struct subject *s, unsigned number, bool *ret, struct error *err);

#endif
