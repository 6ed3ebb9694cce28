/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hive-driver HIVE OUT COMMAND …: one edit of a hive file, written to OUT as the volume would get it.
 *
 *      set-u32 KEY NAME NUMBER    set-text KEY NAME TEXT    delete-value KEY NAME
 *      set-bytes KEY NAME LENGTH  delete-key KEY            create-key KEY            check
 *      many-keys KEY COUNT        many-keys-gone KEY COUNT: the same, deleted again
 *      many-values KEY COUNT      COUNT subkeys with 20 values of some 200 bytes each
 *      mutate ROUNDS              reads the hive with random bytes in it (fixed seed); only crashes count
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registry/hive.h"
#include "registry/regfile.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/io.h"
#include "util/utf16.h"

#define LIMIT (1u << 30)
#define NOW   UINT64_C(130464960000000000) /* 2014-06-05 */

static int
put(void *ctx, const void *buf, size_t len, uint64_t offset, struct error *err)
{
	FILE *f = ctx;

	if (fseek(f, (long)offset, SEEK_SET) < 0 || fwrite(buf, 1, len, f) != len)
		return error_set(err, ERR_IO, "cannot write");
	return 0;
}

static int
write_out(struct hive *h, const char *path, const char *bytes, size_t len, struct error *err)
{
	FILE *f = fopen(path, "wb");
	int got;

	if (!f || fwrite(bytes, 1, len, f) != len)
		return error_set(err, ERR_IO, "cannot write '%s'", path);
	got = hive_check(h, err);
	for (int phase = 0; got == 0 && phase < HIVE_WRITE_PHASES; phase++)
		got = hive_write_back(h, (enum hive_write_phase)phase, put, f, err);
	return fclose(f) == 0 ? got : -1;
}

static int
set_bytes(struct hive *h, char **argv, struct error *err)
{
	uint32_t len = (uint32_t)strtoul(argv[3], NULL, 0);
	CLEANUP_FREE uint8_t *data = xmalloc(len);

	for (uint32_t i = 0; i < len; i++)
		data[i] = (uint8_t)(i % 253);
	return hive_put_value(h, argv[1], argv[2], REG_TYPE_BINARY, data, len, NOW, err);
}

static int
many_keys(struct hive *h, char **argv, bool gone, struct error *err)
{
	unsigned long count = strtoul(argv[2], NULL, 0);

	for (unsigned long i = 0; i < 2 * count; i++) {
		CLEANUP_FREE char *path = xasprintf("%s\\many %05lu", argv[1], i * 7919 % count);

		if (i < count ? hive_create_key(h, path, NOW, err) < 0 :
		    gone      ? hive_delete_key(h, path, NOW, err) < 0 :
				false)
			return -1;
	}
	return 0;
}

static int
many_values(struct hive *h, char **argv, struct error *err)
{
	unsigned long count = strtoul(argv[2], NULL, 0);
	uint8_t data[256];

	for (unsigned long i = 0; i < count; i++) {
		CLEANUP_FREE char *path = xasprintf("%s\\many %lu\\key %lu", argv[1], i / 500, i);

		if (hive_create_key(h, path, NOW, err) < 0)
			return -1;
		for (unsigned v = 0; v < 20; v++) {
			CLEANUP_FREE char *name = xasprintf("value %u", v);

			memset(data, (int)(i + v), sizeof data);
			if (hive_put_value(h, path, name, REG_TYPE_BINARY, data, 180 + v, NOW,
					   err) < 0)
				return -1;
		}
	}
	return 0;
}

static int
edit(struct hive *h, int argc, char **argv, struct error *err)
{
	const char *what = argv[0];

	if (strcmp(what, "check") == 0)
		return hive_check(h, err);
	if (strcmp(what, "delete-key") == 0 && argc == 2)
		return hive_delete_key(h, argv[1], NOW, err);
	if (strcmp(what, "create-key") == 0 && argc == 2)
		return hive_create_key(h, argv[1], NOW, err);
	if (strcmp(what, "set-bytes") == 0 && argc == 4)
		return set_bytes(h, argv, err);
	if (strcmp(what, "many-values") == 0 && argc == 3)
		return many_values(h, argv, err);
	if (strncmp(what, "many-keys", 9) == 0 && argc == 3)
		return many_keys(h, argv, strcmp(what, "many-keys-gone") == 0, err);
	if (strcmp(what, "delete-value") == 0 && argc == 3)
		return hive_delete_value(h, argv[1], argv[2], NOW, err);
	if (strcmp(what, "set-u32") == 0 && argc == 4)
		return hive_put_u32(h, argv[1], argv[2], (uint32_t)strtoul(argv[3], NULL, 0), NOW,
				    err);
	if (strcmp(what, "set-text") == 0 && argc == 4) {
		size_t bytes;
		CLEANUP_FREE uint8_t *wide = utf16_from_text(argv[3], &bytes);

		wide[bytes] = wide[bytes + 1] = 0; /* there is room for a terminator */
		return hive_put_value(h, argv[1], argv[2], REG_TYPE_SZ, wide, (uint32_t)bytes + 2,
				      NOW, err);
	}
	return error_set(err, ERR_USAGE, "unknown command '%s'", what);
}

/* Everything that reading can do, over damaged bytes. */
static int
drop(void *ctx, const char *text, size_t n, struct error *err)
{
	(void)ctx;
	(void)text;
	(void)n;
	(void)err;
	return 0;
}

static void
mutate(const char *bytes, size_t len, unsigned rounds)
{
	unsigned sound = 0, opened = 0;
	uint32_t seed = 1;

	for (unsigned round = 0; round < rounds; round++) {
		CLEANUP_FREE char *odd = xmemdup(bytes, len);
		CLEANUP_ERROR struct error err = ERROR_INIT, err2 = ERROR_INIT;
		const struct regfile_sink nowhere = { drop, NULL };
		size_t left_out;
		struct hive *h;

		for (int k = 0; k < 1 + (int)(round % 8); k++) {
			size_t at;

			seed = seed * 1664525 + 1013904223;
			at = (round % 16 ? 4096 : 0) + (seed >> 4) % (len - 4096);
			odd[at] = seed & 1 ? (char)(seed >> 24) :
					     (char)(odd[at] ^ (1 << (seed >> 28) % 8));
		}
		h = hive_open_memory("odd", odd, len, &err);
		if (!h)
			continue;
		opened++;
		regfile_export(&nowhere, h, "HKEY_LOCAL_MACHINE\\odd", "", &left_out, &err);
		sound += hive_check(h, &err2) == 0;
		hive_close(h);
	}
	printf("%u rounds: %u opened, %u sound\n", rounds, opened, sound);
}

int
main(int argc, char **argv)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_HIVE struct hive *h = NULL;
	CLEANUP_FREE char *bytes = NULL;
	size_t len;

	if (argc < 4) {
		fprintf(stderr, "usage: hive-driver HIVE OUT COMMAND ...\n");
		return 2;
	}
	bytes = io_read_file(argv[1], LIMIT, &len, &err);
	if (bytes && strcmp(argv[3], "mutate") == 0 && argc == 5) {
		mutate(bytes, len, (unsigned)strtoul(argv[4], NULL, 10));
		return 0;
	}
	h = bytes ? hive_open_memory("HIVE", bytes, len, &err) : NULL;
	if (!h || edit(h, argc - 3, argv + 3, &err) < 0 ||
	    write_out(h, argv[2], bytes, len, &err) < 0) {
		fprintf(stderr, "hive-driver: %s\n", err.message);
		return 1;
	}
	return 0;
}
