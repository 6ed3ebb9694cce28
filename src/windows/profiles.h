/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ProfileList: who has a profile, and whether it is there.
 */
#ifndef RESPREP_WINDOWS_PROFILES_H
#define RESPREP_WINDOWS_PROFILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct disk_place;
struct error;
struct windows;

enum profile_kind {
	PROFILE_SYSTEM,	 /* S-1-5-18, -19, -20 */
	PROFILE_VIRTUAL, /* S-1-5-80, -82, -83, -90, … : service, IIS application pool, virtual machine, window manager accounts */
	PROFILE_USER,	 /* S-1-5-21-…, S-1-12-1-… */
	PROFILE_BAK,	 /* "<SID>.bak" and its pair: left to a later version */
	PROFILE_OTHER,	 /* not a SID that we know */
};

enum profile_dir {
	PROFILE_DIR_PRESENT,
	PROFILE_DIR_GONE, /* every parent was read as a plain folder, and the name is not there */
	PROFILE_DIR_UNKNOWN,	  /* a reparse point, a read error, no \Users: `why` says which */
	PROFILE_DIR_OTHER_LETTER, /* on another drive letter, or no letter */
};

struct profile {
	char *sid;	   /* the key's name */
	char *path;	   /* ProfileImagePath as stored; NULL when absent */
	char *volume_path; /* on this volume; NULL when on another letter */
	enum profile_kind kind;
	enum profile_dir dir;
	char *why;    /* for UNKNOWN; owned */
	bool has_bak; /* a "<SID>.bak" exists beside it */
	int in_sam;   /* 1 yes, 0 no, -1 unknown (domain account, SAM unreadable) */
	char *guid;   /* "Guid" value: key under ProfileGuid; NULL when absent */
	uint64_t last_write, last_load; /* FILETIMEs; 0 unknown */
	bool is_builtin_administrator;	/* …-500 */
};

struct profiles {
	struct profile *list;
	size_t count;
	size_t users, users_stale; /* PROFILE_USER entries, and those with PROFILE_DIR_GONE */
	bool mostly_stale; /* more than half of the user entries: the volume is probably not what it seems */
	char letter; /* of this volume, 0 unknown */
	const char *letter_source;
	char *machine_sid; /* from SAM, NULL unknown */
};
int profiles_read(struct windows *w, const struct disk_place *place, struct profiles *ret,
		  struct error *err);
void profiles_clear(struct profiles *p);
#define CLEANUP_PROFILES __attribute__((cleanup(profiles_clear)))

#define PROFILE_LIST_KEY "Microsoft\\Windows NT\\CurrentVersion\\ProfileList"
#define PROFILE_GUID_KEY "Microsoft\\Windows NT\\CurrentVersion\\ProfileGuid"

#endif
