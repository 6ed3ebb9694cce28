/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Notes for us, on standard error, and only when RESPREP_DEBUG asks for them: a list of folders
 * ("block,volume") or "all".  Users are told things by cli/, nothing below it speaks to them.
 */
#ifndef RESPREP_UTIL_LOG_H
#define RESPREP_UTIL_LOG_H

/* log_debug("volume", "mounted with flags %x", flags) */
void log_debug(const char *folder, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
