/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which of several texts a text is nearest to.
 *
 * Texts are sets of words: names (with their dots and underscores) in small letters, and numbers of three digits or more, by their
 * value, an HRESULT of a Win32 error as that error.  A word is worth 1/n where n of the texts have it, a number twice and a name four
 * times that; nearness is the worth of what two texts share over that of the one that is
 * asked for and a quarter of what only the other has (Tversky's index), words that no text has left out: 0 nothing, 1 the same.  Texts that share no name
 * and no code above 0xff are not near.
 */
#ifndef RESPREP_LOGS_NEARNESS_H
#define RESPREP_LOGS_NEARNESS_H

#include <stddef.h>

struct nearness;

struct nearness *nearness_new(void);
void nearness_free(struct nearness *n); /* NULL is fine */

/* One more piece of text number `which`, from 0 on. */
void nearness_add(struct nearness *n, size_t which, const char *text);

/* The number of the nearest one; -1 when none shares a word.  `*ret_shared`, the caller's, has the words, but for those that
 * most texts have: "appxsysprep.dll, 0x422". */
long nearness_find(const struct nearness *n, const char *text, double *ret_nearness,
		   char **ret_shared);

#endif
