/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A copy-on-write layer over any block device.  Every write lands here; nothing below is touched.
 *
 * Written data is put aside in 4 KiB pages with a dirty bit for each 512-byte sector.  What counts as
 * changed are the sectors whose bytes differ from the device below, so a rewrite with the same
 * bytes changes nothing.
 *
 * Order: overlay_barrier() ends a phase.  A sector that changes in several phases is in the list
 * of each, with the image it had at the end of that phase, so that the commit can write phase after
 * phase with a flush between.
 */
#ifndef RESPREP_BLOCK_OVERLAY_H
#define RESPREP_BLOCK_OVERLAY_H

#include <stdint.h>

struct block;
struct changes;
struct error;
struct spool;

/* An overlay over `lower`, which must outlive it.  block_close() forgets all changes. */
struct block *overlay_new(struct block *lower);

/* What is written from now on must reach the disk after what was written so far. */
int overlay_barrier(struct block *overlay, struct error *err);

/*
 * Appends a RECORD_SECTORS record per run of changed sectors to `out`, phase by phase, in disk
 * order, with images before (of the phase before, or of the device) and after.  Whole sectors of the
 * device's sector size.  `offset` is added to every place: where the partition begins on the target.
 */
int overlay_changes(struct block *overlay, uint64_t offset, struct changes *out, struct error *err);

/*
 * From now on a page can be written of which not all can be read below: the rest of it is zeros.  Only for what is read and
 * never committed: its images before would be wrong.
 */
void overlay_fill_missing(struct block *overlay);

/* Pages and images of records are put aside in `spool`, which must outlive it and the lists of changes; said before the first write. */
void overlay_put_aside(struct block *overlay, struct spool *spool);

/* Calls `fn` with each page (of 4 KiB, by number) that was ever written, as it is now; stops at -1. */
int overlay_each_page(struct block *overlay,
		      int (*fn)(void *ctx, uint64_t page, const uint8_t *data, struct error *err),
		      void *ctx, struct error *err);

/* Phases that are over: the number of the one in which what is written now goes. */
uint32_t overlay_phase(const struct block *overlay);

/*
 * A second overlay, over what is below `overlay`, that shows what that one showed when its phase `phase` began; written to by itself.  NULL: an
 * image could not be read.
 */
struct block *overlay_as_of(struct block *overlay, uint32_t phase, struct error *err);

/* Forgets every change and every barrier. */
void overlay_reset(struct block *overlay);

#endif
