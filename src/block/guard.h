/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What keeps a volume safe while a commit is half done: something that must be written before all else, and the dirty flag around a
 * commit, set and flushed before anything else is written, cleared behind the last of it.
 *
 * If the rescue host dies in the middle and its journal is lost, the volume then says of itself that it must be checked,
 * and Windows does so before it uses it.
 */
#ifndef RESPREP_BLOCK_GUARD_H
#define RESPREP_BLOCK_GUARD_H

#include <stddef.h>
#include <stdint.h>

struct block;
struct changes;
struct error;

#define GUARD_PLACES 2

/*
 * Puts phases before those of `c` that set `mask` in the byte at each of the `count` `places` (at most
 * GUARD_PLACES, from the start of the target), one after the other, keeps it set through all phases, and adds last ones that clear
 * it where it is to be clear, in the opposite order: the first place has it whenever another one has it.  Bytes before come from `target`, the whole device as it is.  Places that `c` sets anyway get no
 * last phase; where the bit is set already nothing is added.
 * ERR_INTERNAL for images that are borrowed, because they are changed.
 */
int changes_guard(struct changes *c, struct block *target, const uint64_t *places, size_t count,
		  uint8_t mask, struct error *err);

/*
 * What `c` makes in the end of `len` bytes at `offset`, of the file `path` or with NULL of the target, in a phase of its own before all
 * others.  They lie inside one record of each phase that changes them, and are whole sectors of a target.  ERR_INTERNAL when
 * `c` does not change them, and for images that are borrowed.
 */
int changes_first(struct changes *c, const char *path, uint64_t offset, uint32_t len,
		  struct error *err);

#endif
