/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names for new files on the rescue host that come from a hostile volume.  What is made here names one plain file in one folder, on
 * Linux and wherever the folder is carried later, Windows included, and can be read by people without being misled.
 */
#ifndef RESPREP_UTIL_FILE_NAME_H
#define RESPREP_UTIL_FILE_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes that a name may have on Linux. */
#define FILE_NAME_MOST 255u

/*
 * `n` bytes of `name` made harmless; the caller's.  "_" takes the place of: each control character, separator and character that Windows
 * does not allow (also ":", which would name a stream), what is invisible or turns the reading direction, bytes that are no UTF-8, dots
 * and blanks at the end.  It goes before the name of a DOS device (CON, LPT1.log).  A name that is too long loses bytes before its extension.
 */
char *file_name_plain(const char *name, size_t n);

/* Whether the name is its own harmless form. */
bool file_name_is_plain(const char *name, size_t n);

/* A harmless name with a number before its extension: "setupact~2.log"; the caller's. */
char *file_name_numbered(const char *plain, unsigned number);

#endif
