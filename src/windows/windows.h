/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A Windows installation on a volume: found, described, and its system hives opened on demand.
 * Hives are written back together by windows_write_back(): all data, a barrier, all base blocks.
 */
#ifndef RESPREP_WINDOWS_WINDOWS_H
#define RESPREP_WINDOWS_WINDOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct hive;
struct volume;
struct windows;

enum windows_hive { HIVE_SYSTEM, HIVE_SOFTWARE, HIVE_SAM, HIVE_COUNT };

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

struct volume *windows_volume(struct windows *w);
const char *windows_root(const struct windows *w); /* "/Windows" */

/* A path below the Windows folder: windows_path(w, "Panther/UnattendGC/setupact.log"); the caller's. */
char *windows_path(const struct windows *w, const char *below);

/* Opened at the first call; borrowed.  Errors are remembered and given again. */
struct hive *windows_hive(struct windows *w, enum windows_hive which, struct error *err);
const char *windows_hive_name(enum windows_hive which);	      /* "SYSTEM" */
const char *windows_hive_reg_prefix(enum windows_hive which); /* "HKEY_LOCAL_MACHINE\\SYSTEM" */
char *windows_hive_path(const struct windows *w,
			enum windows_hive which); /* on the volume; the caller's */

/* Dirty hives that were opened: names in `ret` as "SYSTEM, SOFTWARE", NULL when none; the caller's. */
char *windows_dirty_hives(struct windows *w);

/* Checks every changed hive (hive_check), writes data, barrier, base blocks into the volume. */
int windows_write_back(struct windows *w, struct error *err);

/* Control sets: names like "ControlSet001".  `count` sets that exist of Select\Default and, when it differs, Current. */
struct control_sets {
	uint32_t current, dflt, failed, last_known_good; /* SYSTEM\Select; 0 when absent */
	char *write[2]; /* names of the sets that a repair writes; owned */
	size_t write_count;
	char **others; /* names of further sets that exist; owned */
	size_t other_count;
	char *problem; /* "Select\Current names ControlSet003, which does not exist", or NULL; owned */
};
int windows_control_sets(struct windows *w, struct control_sets *ret, struct error *err);
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
int windows_version(struct windows *w, struct windows_version *ret, struct error *err);
void windows_version_clear(struct windows_version *v);
#define CLEANUP_WINDOWS_VERSION __attribute__((cleanup(windows_version_clear)))

#endif
