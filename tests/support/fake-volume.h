/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A volume and hives in memory, for the unit tests of what stands on them: any name can be made a junction or one
 * that cannot be read.  Folders are there by being named in a path.
 */
#ifndef TESTS_FAKE_VOLUME_H
#define TESTS_FAKE_VOLUME_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "volume/volume.h"

struct volume *fake_volume_new(void); /* freed by volume_close() */
void fake_volume_folder(struct volume *v, const char *path);
void fake_volume_file(struct volume *v, const char *path, const void *p, size_t len); /* copies */
void fake_volume_text(struct volume *v, const char *path, const char *text);
void fake_volume_junction(struct volume *v, const char *path);
void fake_volume_error(struct volume *v, const char *path, enum error_code code);
/* What the file holds now; borrowed. */
const uint8_t *fake_volume_bytes(struct volume *v, const char *path, size_t *ret_len);

/* `name` NULL: the key alone.  `text` NULL: `number`; with `len`: its bytes as they are.  Names are ASCII. */
struct fake_value {
	const char *key, *name;
	uint32_t type;
	const char *text;
	uint32_t number;
	size_t len;
};
/* A clean hive with these values: one bin of 64 KiB; the caller's. */
uint8_t *fake_hive(const struct fake_value *v, size_t count, size_t *ret_len);

#endif
