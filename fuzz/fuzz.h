/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the fuzz targets share: the entry that each defines, numbers drawn from the input, and promises whose breach is a
 * find like a crash.
 */
#ifndef RESPREP_FUZZ_FUZZ_H
#define RESPREP_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

/* Each fuzz-NAME.c defines it; libFuzzer or standalone.c calls it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Called once before; only fuzz-ntfs.c has something to do. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Prints what did not hold and aborts. */
#define FUZZ_ASSERT(condition, ...)                                                  \
	do {                                                                         \
		if (!(condition))                                                    \
			fuzz_broken(__FILE__, __LINE__, #condition, "" __VA_ARGS__); \
	} while (0)
void fuzz_broken(const char *file, int line, const char *what, const char *more)
	__attribute__((noreturn));

/* Numbers that depend on every byte of the input, so that a find repeats. */
struct fuzz_dice {
	uint64_t state;
};
struct fuzz_dice fuzz_dice_from(const uint8_t *data, size_t size);
uint32_t fuzz_dice_roll(struct fuzz_dice *d, uint32_t sides); /* 0 to sides - 1 */

/* An error that must be there after -1, and not otherwise; forgotten. */
void fuzz_expect(int got, struct error *err);

/* The one memory file of this process, with just these bytes; `*ret_path` names it. */
int fuzz_file(const uint8_t *data, size_t size, const char **ret_path);

#endif
