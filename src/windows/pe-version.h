/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file version of a program (Microsoft: "PE Format", ".rsrc"; VS_VERSIONINFO and VS_FIXEDFILEINFO). */
#ifndef RESPREP_WINDOWS_PE_VERSION_H
#define RESPREP_WINDOWS_PE_VERSION_H

struct error;
struct volume;

/*
 * FileVersion of the program at `path`: "4.9.2218.0"; the caller's.  ERR_NOT_FOUND when there is no such file; ERR_CORRUPT when it is no
 * program, or one without a version.
 */
char *pe_version(struct volume *v, const char *path, struct error *err);

#endif
