/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which letter this volume has when its Windows runs: the one that SYSTEM\MountedDevices gives to this
 * partition, else the one in SOFTWARE's SystemRoot (a clone's disk matches nothing in MountedDevices).
 */
#ifndef RESPREP_WINDOWS_DRIVE_LETTERS_H
#define RESPREP_WINDOWS_DRIVE_LETTERS_H

#include <stdint.h>

struct error;
struct windows;

/* What MountedDevices compares: MBR "signature + offset", GPT "DMIO:ID:" + partition GUID. */
struct disk_place {
	uint32_t mbr_signature;	    /* 0: none */
	uint64_t offset;	    /* bytes */
	uint8_t partition_guid[16]; /* as stored on disk; zeros: none */
};

/* 'C', or 0 when neither source tells.  `place` may be NULL (directory target). `*ret_source`: "MountedDevices" or "SystemRoot". */
int drive_letter_of_volume(struct windows *w, const struct disk_place *place, char *ret,
			   const char **ret_source, struct error *err);

/*
 * A Windows path as a volume path: "C:\Users\x", "%SystemDrive%\Users\x", "%SystemRoot%\…", "\??\C:\…" to "/Users/x".  `*ret_letter` is its letter ('C'), or 0
 * when it has none (relative, UNC): then, or when the letter is not `letter`, `*ret` is NULL.  The caller's.
 */
void drive_letter_map(const char *path, char letter, const char *system_root, char *ret_letter,
		      char **ret);

#endif
