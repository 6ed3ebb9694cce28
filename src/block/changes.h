/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a repair changes, as the parsing side hands it to the committing side: bytes before and
 * after, with their place, in ordered phases; and what identifies the target.
 *
 * This is all that crosses the seam between the two.  The committing side (journal.c, commit.c)
 * knows nothing of NTFS, hives or XML; it checks that every record lies where it may.
 */
#ifndef RESPREP_BLOCK_CHANGES_H
#define RESPREP_BLOCK_CHANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/sha256.h"

struct error;
struct spool;

enum record_kind {
	RECORD_SECTORS = 1, /* `offset` from the start of the target; whole sectors */
	RECORD_FILE = 2,    /* `offset` in the file `path` below the target directory */
};

struct record {
	enum record_kind kind;
	uint32_t phase; /* 0, 1, …: never lower than that of the record before it */
	char *path; /* RECORD_FILE: as the host spells it, relative, "/" between; else NULL; owned */
	uint64_t offset; /* bytes */
	/*
	 * RECORD_SECTORS: both lengths are equal.  RECORD_FILE: they differ only in a record that
	 * reaches the end of the file and changes its size; then the file ends behind it, before
	 * and after: size_before == offset + before_len, size_after == offset + after_len.
	 */
	uint32_t before_len, after_len; /* bytes, at most RECORD_MAX */
	/* The images: owned; or both NULL, and they lie in the list's spool, one behind the other.  changes_image() gives either. */
	uint8_t *before, *after;
	uint64_t at; /* in the spool */
};

#define RECORD_MAX (1u << 20)

/* Bytes that any use of the volume changes: compared before an undo or a recovery. */
struct watch {
	uint64_t offset; /* from the start of the target */
	uint32_t len;
	uint8_t sha256[SHA256_SIZE]; /* of the bytes as they are once the changes are applied */
};

enum target_kind { TARGET_DEVICE = 1, TARGET_DIRECTORY = 2 };

/* Who the target is, by its bytes; names of devices change from host to host. */
struct target_identity {
	enum target_kind kind;
	uint64_t device_size; /* bytes of the disk, image or bare partition; 0 for a directory */
	uint32_t sector_size;
	uint8_t table_id[16]; /* GPT disk GUID, or MBR signature in the first 4; zeros without a table */
	uint64_t partition_offset, partition_len; /* bytes; 0 and device_size for a bare volume */
	uint64_t ntfs_serial; /* offset 0x48 of the boot sector; 0 when unknown */
};

struct changes {
	struct target_identity identity;
	struct record *records;
	size_t record_count;
	struct watch *watches;
	size_t watch_count;
	bool borrowed; /* the records' bytes are somebody else's */
	struct spool *
		spool; /* where changes_add() puts images aside; not owned; NULL: they stay in memory */
	char *manifest; /* JSON: the changes in words and values, for people and undo --by-value; owned; may be NULL */
};

#define CHANGES_INIT \
	{            \
		0    \
	}

/* Appends a record; copies path and images, these into `c->spool` if there is one.  RECORD_FILE needs `path`. */
void changes_add(struct changes *c, enum record_kind kind, uint32_t phase, const char *path,
		 uint64_t offset, const void *before, uint32_t before_len, const void *after,
		 uint32_t after_len);
/* The same without a copy of the images, which must outlive `c`; all records of one list are added in one way. */
void changes_add_borrowed(struct changes *c, enum record_kind kind, uint32_t phase,
			  const char *path, uint64_t offset, const void *before,
			  uint32_t before_len, const void *after, uint32_t after_len);
/* Appends a record whose images lie in `c->spool` already, at `at`. */
void changes_add_spooled(struct changes *c, enum record_kind kind, uint32_t phase, const char *path,
			 uint64_t offset, uint64_t at, uint32_t before_len, uint32_t after_len);
/* Moves all records of `from`, which has no other spool, behind those of `c`. */
void changes_move_records(struct changes *c, struct changes *from);

/* Room for any image. */
uint8_t *changes_buffer(void);
/*
 * `len` bytes of a record's image before or after, from `in` on: where they are, or read into `buf`, which has room for them.
 * NULL only when they cannot be read.
 */
const uint8_t *changes_image(const struct changes *c, const struct record *r, bool after,
			     uint32_t in, uint32_t len, void *buf, struct error *err);
/* The same with both images whole, which can then be changed: from now on they are in memory. */
int changes_load(const struct changes *c, struct record *r, struct error *err);

void changes_add_watch(struct changes *c, uint64_t offset, uint32_t len,
		       const uint8_t sha256[SHA256_SIZE]);

/* Distinct 512-byte sectors in all records (RECORD_SECTORS; those of files count nothing). */
uint64_t changes_sectors(const struct changes *c);

/*
 * ERR_INTERNAL unless every record is well formed and in its place: phases ordered, RECORD_SECTORS whole
 * sectors inside the partition, no two records of one phase overlap, file paths relative without "..".
 */
int changes_check(const struct changes *c, struct error *err);

void changes_clear(struct changes *c);
#define CLEANUP_CHANGES __attribute__((cleanup(changes_clear)))

#endif
