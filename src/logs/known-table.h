/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two halves of the table of known failures; known_entry() puts them together. */
#ifndef RESPREP_LOGS_KNOWN_TABLE_H
#define RESPREP_LOGS_KNOWN_TABLE_H

#include "logs/known.h"

/* The words with which a provider's failure begins, in every form of Sysprep's log. */
#define PROVIDER "failure occurred while executing"

#define KNOWN_SYSPREP_COUNT 32
extern const struct known_failure known_sysprep[KNOWN_SYSPREP_COUNT];
extern const struct known_failure known_setup[KNOWN_COUNT - KNOWN_SYSPREP_COUNT];

/* What cascade.c wants to see besides: searched with the literals of the signatures, where runs are told.  At most 32. */
extern const char *const known_marks[];
extern const size_t known_mark_count;

/* What most entries say of where they count. */
#define IN_PANTHER    (1u << LOG_KIND_PANTHER)
#define AT_SYSPREP    (1u << LOG_PLACE_SYSPREP | 1u << LOG_PLACE_SYSPREP_IE)
#define AT_PANTHER    (1u << LOG_PLACE_PANTHER)
#define AT_UNATTENDGC (1u << LOG_PLACE_UNATTENDGC)
#define AT_SPECIALIZE (AT_PANTHER | AT_UNATTENDGC)
#define AT_UPGRADE    (1u << LOG_PLACE_UPGRADE | 1u << LOG_PLACE_ROLLBACK)
#define AT_ANY	      (~0u)

#endif
