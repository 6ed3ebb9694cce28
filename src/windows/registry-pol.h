/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Registry.pol: what a group policy object sets ([MS-GPREG], "Registry Policy File Format"). */
#ifndef RESPREP_WINDOWS_REGISTRY_POL_H
#define RESPREP_WINDOWS_REGISTRY_POL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the file sets `value` of `key` ("Software\\Policies\\…") to anything but a REG_DWORD 0.  A damaged file sets what stands before the damage. */
bool registry_pol_sets(const uint8_t *p, size_t len, const char *key, const char *value);

#endif
