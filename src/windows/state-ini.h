/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * \Windows\Setup\State\State.ini, the copy of ImageState that programs read which wait for Sysprep:
 *
 *      [State]
 *      ImageState="IMAGE_STATE_COMPLETE"
 *
 * Read as Windows reads .ini files (Microsoft: GetPrivateProfileString): any case, blanks around name and value, quotes or none, UTF-16 or
 * 8 bit.
 */
#ifndef RESPREP_WINDOWS_STATE_INI_H
#define RESPREP_WINDOWS_STATE_INI_H

#include <stddef.h>
#include <stdint.h>

#include "answer/encoded.h"

struct error;

struct state_ini {
	struct encoded file;
	size_t start, end; /* of the value in file.text, without blanks and quotes */
};

/* ERR_CORRUPT: no text, or no ImageState in [State]. */
int state_ini_open(struct state_ini *ini, const void *p, size_t n, struct error *err);
void state_ini_clear(struct state_ini *ini);
#define CLEANUP_STATE_INI __attribute__((cleanup(state_ini_clear)))

char *state_ini_value(const struct state_ini *ini); /* the caller's */
/* The file with another value, and every other byte as it was; the caller's. */
uint8_t *state_ini_replace(const struct state_ini *ini, const char *value, size_t *ret_len,
			   struct error *err);

#endif
