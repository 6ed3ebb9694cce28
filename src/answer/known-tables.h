/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables behind known.c. */
#ifndef RESPREP_ANSWER_KNOWN_TABLES_H
#define RESPREP_ANSWER_KNOWN_TABLES_H

#include "answer/known.h"

extern const struct known_component known_shell[], known_other[];
extern const size_t known_shell_size, known_other_size;

#endif
