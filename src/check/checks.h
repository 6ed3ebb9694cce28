/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The checks' own tables, declared for their definitions. */
#ifndef RESPREP_CHECK_CHECKS_H
#define RESPREP_CHECK_CHECKS_H

#include "check/check.h"

#define CHECK(name) extern const struct check check_##name;
#include "check/list.h"
#undef CHECK

#endif
