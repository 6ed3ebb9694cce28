/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A Windows installation on a volume: found, described, and its system hives opened on demand.
 * Hives are written back together by windows_write_back(), in the phases of enum hive_write_phase.
 */
#ifndef RESPREP_WINDOWS_WINDOWS_H
#define RESPREP_WINDOWS_WINDOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/sha256.h"

struct code_pages;
struct error;
struct hive;
struct volume;
struct windows;

/* The hives that every installation has a place for; windows_add_hive() gives further numbers. */
enum windows_hive {
	HIVE_SYSTEM,
	HIVE_SOFTWARE,
	HIVE_SAM,
	HIVE_SECURITY,
	HIVE_DEFAULT,
	HIVE_COMPONENTS,
	HIVE_BCD,
	HIVE_COUNT,
	HIVE_NONE = INT16_MAX, /* no hive: far above all numbers */
};

/*
 * Folders in the root that hold System32/config/SYSTEM ("/Windows"), sorted; the caller frees with windows_roots_free().
 * An empty list is no error; a root that cannot be read is.
 */
int windows_find(struct volume *v, char ***ret, size_t *ret_count, struct error *err);
void windows_roots_free(char **roots, size_t count);

/* `v` must outlive it.  Opens no hive yet. */
struct windows *windows_open(struct volume *v, const char *root, struct error *err);
void windows_close(struct windows *w);
void windows_closep(struct windows **w);
#define CLEANUP_WINDOWS __attribute__((cleanup(windows_closep)))

/* The same Windows with the copies of its hives in System32\config\RegBack; they are read as they are, without logs. */
struct windows *windows_open_backup(struct windows *w);

struct volume *windows_volume(struct windows *w);
const char *windows_root(const struct windows *w); /* "/Windows" */

/* A path below the Windows folder: windows_path(w, "Panther/UnattendGC/setupact.log"); the caller's. */
char *windows_path(const struct windows *w, const char *below);

/*
 * A single hive file at `path` of `v`, without a Windows around it.  What it is follows from the name in its base block, else from its own; the
 * number under which it answers is in `*ret`.
 */
struct windows *windows_open_file(struct volume *v, const char *path, enum windows_hive *ret,
				  struct error *err);

/* Opened at the first call, with its transaction logs; borrowed.  Errors are remembered and given again. */
struct hive *windows_hive(struct windows *w, enum windows_hive which, struct error *err);
/* "SYSTEM"; of a user "HKU\S-1-5-21-…"; of another file its name.  Borrowed. */
const char *windows_hive_name(const struct windows *w, enum windows_hive which);
/* Of those below HIVE_COUNT the name that Windows gives them, whatever this target has. */
const char *windows_fixed_name(enum windows_hive which);
/* On the volume; NULL when this target has no such hive.  Borrowed. */
const char *windows_hive_path(const struct windows *w, enum windows_hive which);
/* How many hives are known now; numbers are below it.  Those that were not opened are NULL in windows_opened(). */
size_t windows_hive_count(const struct windows *w);
struct hive *windows_opened(const struct windows *w, enum windows_hive which);
/* "HKEY_LOCAL_MACHINE\SYSTEM", "HKEY_USERS\S-1-5-21-…", for a name that windows_hive_name() gives; the caller's. */
char *windows_reg_prefix(const char *hive_name);

/* A further hive at `path` on the volume; the same number when it is known already. */
enum windows_hive windows_add_hive(struct windows *w, const char *name, const char *path);
/* The hive of a user: NTUSER.DAT, or UsrClass.dat for "<SID>_Classes".  ERR_NOT_FOUND names what is missing. */
int windows_user_hive(struct windows *w, const char *sid, enum windows_hive *ret,
		      struct error *err);
/* The hive of that name, as windows_hive_name() gives it. */
int windows_hive_by_name(struct windows *w, const char *name, enum windows_hive *ret,
			 struct error *err);

/* Dirty hives are edited although their logs do not help, if they are sound. */
void windows_accept_dirty(struct windows *w);

/* Of the hives that were opened, dirty ones whose logs do not help: "SYSTEM, SOFTWARE"; NULL when none; the caller's. */
char *windows_dirty_hives(struct windows *w);
/* Those whose logs were replayed: "SYSTEM: 24 log entries replayed"; NULL when none; the caller's. */
char *windows_replayed_hives(struct windows *w);

/* What was written: to be read again once the volume is mounted afresh. */
struct written_hive {
	char *name, *path;
	char *new_log; /* on the volume: a transaction log that had to be made; NULL without */
	uint64_t size; /* of the image; the digest is that of its bins */
	uint8_t sha256[SHA256_SIZE];
};
struct written_hives {
	struct written_hive *list;
	size_t count;
};
void written_hives_clear(struct written_hives *l);
#define CLEANUP_WRITTEN_HIVES __attribute__((cleanup(written_hives_clear)))

/*
 * Checks every changed hive (hive_check) and writes them into the volume, phase by phase (enum hive_write_phase); *ret is the caller's.
 * ERR_UNSUPPORTED where an edit needs a transaction log that is not there and cannot be made (a mounted folder), and where it is
 * not known which format this Windows reads.  A single hive file, which no Windows starts from, is written without one then.
 */
int windows_write_back(struct windows *w, struct written_hives *ret, struct error *err);
/* Each of them is there, clean, sound, and holds what was written. */
int windows_verify_written(struct windows *w, const struct written_hives *list, struct error *err);

/* Control sets: names like "ControlSet001".  `write_count` sets that exist of Select\Default and, when it differs, Current: at least one. */
struct control_sets {
	uint32_t current, dflt, failed, last_known_good; /* SYSTEM\Select; 0 when absent */
	char *write[2]; /* names of the sets that a repair writes; owned */
	size_t write_count;
	char **others; /* names of further sets that exist; owned */
	size_t other_count;
	char *problem; /* "Select\Current names ControlSet003, which does not exist", or NULL; owned */
};
int windows_control_sets(struct windows *w, struct control_sets *ret, struct error *err);

/*
 * ProductOptions\ProductType of the control set that the next boot uses: "WinNT", "ServerNT", "LanmanNT" (a domain controller); and its key.  NULL in
 * *ret when there is none, or no text.  Both the caller's.
 */
int windows_product_type(struct windows *w, char **ret, char **ret_key, struct error *err);
void control_sets_clear(struct control_sets *c);
#define CLEANUP_CONTROL_SETS __attribute__((cleanup(control_sets_clear)))

/* What it is.  Absent things are NULL or 0; only a SOFTWARE hive that cannot be read is an error. */
struct windows_version {
	char *product; /* ProductName: "Windows Server 2012 R2 Standard" */
	char *build;   /* CurrentBuild: "9600" */
	char *edition; /* EditionID */
	char *architecture; /* "amd64", "x86", "arm64" from the environment or PE of ntoskrnl; NULL unknown */
	char *host_name; /* control set: Control\ComputerName\ComputerName, else Tcpip\Parameters\Hostname */
	char *time_zone;    /* TimeZoneKeyName */
	char *system_root;  /* as SOFTWARE says: "C:\Windows" */
	uint64_t installed; /* FILETIME from InstallDate; 0 unknown */
	bool domain_joined; /* Tcpip\Parameters Domain not empty, or Netlogon/LSA says so; false when unknown */
};
char *windows_host_name(struct windows *w); /* NULL unknown; the caller's */
int windows_version(struct windows *w, struct windows_version *ret, struct error *err);
uint32_t windows_build(struct windows *w); /* CurrentBuild as a number: 9600; 0 unknown */
void windows_version_clear(struct windows_version *v);
#define CLEANUP_WINDOWS_VERSION __attribute__((cleanup(windows_version_clear)))

/* Its ANSI code page, from Nls\CodePage; 0 when the SYSTEM hive does not tell. */
unsigned windows_ansi_page(struct windows *w);

/* The host's knowledge of code pages, opened while files could be; must outlive it.  NULL, as at first: Windows-1252 alone. */
void windows_set_code_pages(struct windows *w, const struct code_pages *pages);
const struct code_pages *windows_code_pages(const struct windows *w);

#endif
