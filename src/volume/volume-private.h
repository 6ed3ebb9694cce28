/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Helpers of the kinds of volumes. */
#ifndef RESPREP_VOLUME_VOLUME_PRIVATE_H
#define RESPREP_VOLUME_VOLUME_PRIVATE_H

#include "volume/volume.h"

/* The security of a file and its place in its folder are Windows' business: only there a copy is what the file was. */
#define WAY_OUT_LINKS                                                                                  \
	"to make it a file of its own, attach the volume to a Windows machine, copy it there, delete " \
	"this name of it and give it to the copy"

void dir_list_add(struct dir_list *l, const char *name, enum file_type type);

/* The next name of a path and its length; moves `*path` behind it; NULL at the end. */
const char *path_next(const char **path, size_t *len);

/* ERR_UNSUPPORTED that names the kind of reparse point and, when known, its target. */
int refuse_reparse(const char *path, uint32_t tag, const char *target, struct error *err);

#endif
