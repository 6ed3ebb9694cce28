/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hive: everything read, checked, and if it is sound edited at random and written; what was written is as clean, and holds the
 * same, as what was in memory.
 *
 * The checksum of the base block would keep most mutations from ever being edited: a wrong one is read once as it is and
 * once made right.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/hive-walk.h"
#include "registry/hive-private.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"

#define EDITS 12

static void
write_back(struct hive *h, const uint8_t *data, size_t size)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct hive_bytes file = { xmemdup(data, size), size };
	CLEANUP_FREE char *before = hive_walk_text(h);
	CLEANUP_FREE char *after = NULL;
	CLEANUP_HIVE struct hive *again = NULL;

	for (int phase = 0; phase < HIVE_WRITE_PHASES; phase++)
		FUZZ_ASSERT(hive_write_back(h, (enum hive_write_phase)phase, hive_bytes_write,
					    &file, &err) == 0);
	again = hive_open_memory("AGAIN", file.p, file.len, &err);
	FUZZ_ASSERT(again && hive_state(again)->clean);
	FUZZ_ASSERT(hive_walk_sound(again));
	after = hive_walk_text(again);
	FUZZ_ASSERT(!before == !after && (!before || strcmp(before, after) == 0));
	free(file.p);
}

static void
one_hive(const uint8_t *data, size_t size)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct fuzz_dice dice = fuzz_dice_from(data, size);
	struct hive *h = hive_open_memory("FUZZ", data, size, &err);

	fuzz_expect(h ? 0 : -1, &err);
	if (!h)
		return;
	hive_walk(h);
	if (hive_walk_sound(h)) {
		FUZZ_ASSERT(hive_losses(h)->errors == 0);
		if (fuzz_dice_roll(&dice, 2))
			hive_accept_dirty(h);
		hive_walk_edit(h, &dice, EDITS);
		if (hive_changed(h) && hive_walk_sound(h))
			write_back(h, data, size);
	}
	hive_close(h);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	one_hive(data, size);
	if (size >= HIVE_BASE && hive_checksum(data) != get_u32(data + 508)) {
		CLEANUP_FREE uint8_t *mended = xmemdup(data, size);

		put_u32(mended + 508, hive_checksum(mended));
		one_hive(mended, size);
	}
	return 0;
}
