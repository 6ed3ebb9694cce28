/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which attached disks and partitions hold a Windows. */
#ifndef RESPREP_SESSION_SCAN_H
#define RESPREP_SESSION_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

struct scan_entry {
	char *disk, *serial, *model; /* serial, model: NULL unknown */
	uint64_t disk_size;
	int partition;				  /* 0: the whole disk is the volume */
	uint64_t size;				  /* of the partition, bytes */
	char *root, *product, *build, *host_name; /* NULL unknown */
	char *problem; /* it cannot be used as it is: mounted, encrypted, …; then the rest may be missing */
};
struct scan {
	struct scan_entry *list;
	size_t count;
	size_t disks; /* looked at */
	bool require_sandbox;
	char *missing; /* what of the sandbox this kernel lacks, a clause; or NULL */
};

/*
 * Only reads; mounted disks are never opened beyond that knowledge.  Disks without a Windows are left out unless
 * something hinders a look.  ERR_UNSUPPORTED with `require_sandbox` where this kernel cannot lock the reading process in.
 */
int scan_run(struct scan *ret, bool require_sandbox, struct error *err);
void scan_clear(struct scan *s);
#define CLEANUP_SCAN __attribute__((cleanup(scan_clear)))

#endif
