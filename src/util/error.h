/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What went wrong, as a value: one code to decide by, one sentence to read.
 *
 * A function that can fail returns 0 or -1 (or a pointer or NULL) and takes a `struct error *` last,
 * never NULL.  It fills it exactly once; callers on the way up may add a prefix, which keeps the
 * code.  A problem found in Windows is not an error but a finding (report/report.h).
 */
#ifndef RESPREP_UTIL_ERROR_H
#define RESPREP_UTIL_ERROR_H

enum error_code {
	ERR_NONE = 0,
	ERR_IO,		 /* the operating system refused or failed a read or write */
	ERR_NOT_FOUND,	 /* no such file, key, value, partition: often a fine answer */
	ERR_EXISTS,	 /* it is there already */
	ERR_ACCESS,	 /* no permission, or a read-only target */
	ERR_BUSY,	 /* mounted, locked, or held by somebody else */
	ERR_CORRUPT,	 /* the bytes are not what the format demands */
	ERR_UNSUPPORTED, /* sound, but we cannot do it */
	ERR_UNCLEAN,	 /* hibernated, unclean $LogFile, dirty flag, dirty hive */
	ERR_REFUSED,	 /* we will not, for the reason in the message */
	ERR_LIMIT,	 /* larger or deeper than we are willing to follow */
	ERR_NO_SPACE,	 /* the disk that was to hold it is full */
	ERR_INTERRUPTED, /* the user pressed Ctrl-C, or SIGTERM came */
	ERR_USAGE,	 /* the command line is wrong */
	ERR_INTERNAL,	 /* a promise of ours did not hold */
};

struct error {
	enum error_code code;
	int sys_errno; /* the errno behind it, or 0 */
	char *message; /* owned; NULL only without an error; shown as one line, whatever names are in it */
	char *lines; /* what is shown below it, in lines of the program's own making, names in them escaped; owned; or NULL */
};

#define ERROR_INIT                                \
	{                                         \
		ERR_NONE, 0, (char *)0, (char *)0 \
	}

/* Fills `err`, which must be empty, and returns -1, so that a failing path is one line. */
int error_set(struct error *err, enum error_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * The same with ": " and the text of errno `sys_errno` behind it.  The code follows from it
 * (ENOENT: ERR_NOT_FOUND, EACCES, EPERM, EROFS: ERR_ACCESS, EBUSY: ERR_BUSY, ENOSPC, EDQUOT:
 * ERR_NO_SPACE, EEXIST: ERR_EXISTS, EINTR: ERR_INTERRUPTED, else ERR_IO).
 */
int error_sys(struct error *err, int sys_errno, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "TEXT: " in front of the message, keeps the code, returns -1. */
int error_prefix(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The message and what is shown below it, unescaped; the caller's. */
char *error_text(const struct error *err);

/* Moves `from` to the empty `to`; `from` is empty afterwards. */
void error_move(struct error *to, struct error *from);

/* "not-found", "corrupt", …: the code's name, for JSON. */
const char *error_code_name(enum error_code code);

/* Forgets the error; `err` is empty again. */
void error_clear(struct error *err);

#define CLEANUP_ERROR __attribute__((cleanup(error_clear)))

#endif
