/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Emergency Management Services in the boot configuration data, for starts by BIOS: the hive \Boot\BCD of the system partition, which is this volume on
 * old images only.  Microsoft: "BcdOSLoaderElementTypes" (BcdOSLoaderBoolean_EmsEnabled, 0x260000b0), "BcdLibraryElementTypes"
 * (BcdLibraryBoolean_EmsEnabled, 0x16000020), "BCD system store settings" ({bootmgr}, {emssettings}).
 */
#ifndef RESPREP_WINDOWS_BOOT_DATA_H
#define RESPREP_WINDOWS_BOOT_DATA_H

#include <stdbool.h>

struct error;
struct windows;

#define BOOT_DATA_PATH "/Boot/BCD"

struct boot_ems {
	bool ems;     /* of a system that can be started: SAC holds the port while Windows runs */
	bool bootems; /* of the boot manager or of such a system */
};

/*
 * ERR_NOT_FOUND: the volume has no such hive.  ERR_CORRUPT, also for one whose last changes stand in its log only.  {emssettings} does not count: it says
 * how, not whether.
 */
int boot_ems_read(struct windows *w, struct boot_ems *ret, struct error *err);

#endif
