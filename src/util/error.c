/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors as values; see error.h. */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"

static void set(struct error *err, enum error_code code, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));

static void
set(struct error *err, enum error_code code, const char *fmt, va_list ap)
{
	/* a second error would hide the first, which is the cause */
	assert(err->code == ERR_NONE);
	err->code = code;
	err->message = xvasprintf(fmt, ap);
}

int
error_set(struct error *err, enum error_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(err, code, fmt, ap);
	va_end(ap);
	return -1;
}

static enum error_code
code_of(int sys_errno)
{
	switch (sys_errno) {
	case ENOENT:
	case ENOTDIR:
		return ERR_NOT_FOUND;
	case EACCES:
	case EPERM:
	case EROFS:
		return ERR_ACCESS;
	case EBUSY:
	case ETXTBSY:
		return ERR_BUSY;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return ERR_NO_SPACE;
	case EEXIST:
		return ERR_EXISTS;
	case EINTR:
		return ERR_INTERRUPTED;
	default:
		return ERR_IO;
	}
}

int
error_sys(struct error *err, int sys_errno, const char *fmt, ...)
{
	CLEANUP_FREE char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	error_set(err, code_of(sys_errno), "%s: %s", text, strerror(sys_errno));
	err->sys_errno = sys_errno;
	return -1;
}

int
error_prefix(struct error *err, const char *fmt, ...)
{
	CLEANUP_FREE char *prefix = NULL;
	CLEANUP_FREE char *old = err->message;
	va_list ap;

	va_start(ap, fmt);
	prefix = xvasprintf(fmt, ap);
	va_end(ap);
	err->message = xasprintf("%s: %s", prefix, old ? old : "unknown error");
	return -1;
}

char *
error_text(const struct error *err)
{
	const char *message = err->message ? err->message : "unknown error";

	return err->lines ? xasprintf("%s\n%s", message, err->lines) : xstrdup(message);
}

void
error_move(struct error *to, struct error *from)
{
	assert(to->code == ERR_NONE);
	*to = *from;
	*from = (struct error)ERROR_INIT;
}

const char *
error_code_name(enum error_code code)
{
	static const char *const names[] = { [ERR_NONE] = "none",
					     [ERR_IO] = "io",
					     [ERR_NOT_FOUND] = "not-found",
					     [ERR_EXISTS] = "exists",
					     [ERR_ACCESS] = "access",
					     [ERR_BUSY] = "busy",
					     [ERR_CORRUPT] = "corrupt",
					     [ERR_UNSUPPORTED] = "unsupported",
					     [ERR_UNCLEAN] = "unclean",
					     [ERR_REFUSED] = "refused",
					     [ERR_LIMIT] = "limit",
					     [ERR_NO_SPACE] = "no-space",
					     [ERR_INTERRUPTED] = "interrupted",
					     [ERR_USAGE] = "usage",
					     [ERR_INTERNAL] = "internal" };

	return names[code];
}

void
error_clear(struct error *err)
{
	free(err->message);
	free(err->lines);
	*err = (struct error)ERROR_INIT;
}
