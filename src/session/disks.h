/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disks that are attached to this machine (Linux: /sys/block). */
#ifndef RESPREP_SESSION_DISKS_H
#define RESPREP_SESSION_DISKS_H

#include <stddef.h>
#include <stdint.h>

struct error;

struct disk {
	char *path;   /* "/dev/nvme1n1" */
	char *serial; /* as the device says; an EBS volume's as "vol-0123…"; NULL unknown */
	char *model;  /* NULL unknown */
	uint64_t size;
};
struct disks {
	struct disk *list;
	size_t count;
};

/* Leaves out RAM disks, optical and floppy drives, and empty devices; sorted by path. */
int disks_list(struct disks *ret, struct error *err);
void disks_clear(struct disks *d);
#define CLEANUP_DISKS __attribute__((cleanup(disks_clear)))

#endif
