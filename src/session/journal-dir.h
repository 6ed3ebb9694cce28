/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folder for journals, for commands that list what is in it. */
#ifndef RESPREP_SESSION_JOURNAL_DIR_H
#define RESPREP_SESSION_JOURNAL_DIR_H

#include "block/journal-dir.h"

#endif
