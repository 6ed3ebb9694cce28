/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Error codes of a file.  Who asks opens it; a process that is locked in reads it and sends back numbers, which are
 * all that comes out of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keeper/keeper.h"
#include "logs/record.h"
#include "session/explain.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/interrupt.h"
#include "util/io.h"

#define NO_END (UINT64_C(1) << 62) /* of a pipe: it ends where it ends */

int
explain_open(const char *path, struct error *err)
{
	CLEANUP_FD int fd = strcmp(path, "-") == 0 ?
				    fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) :
				    open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	int flags;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_sys(err, errno, "it cannot be opened");
	if (strcmp(path, "-") == 0)
		return steal_fd(&fd);
	if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
		return error_set(err, ERR_UNSUPPORTED, "it is a folder or a device");
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
		return error_sys(err, errno, "it cannot be opened");
	return steal_fd(&fd);
}

struct stream {
	int fd;
	bool seeks; /* a plain file of `size` bytes */
	uint64_t size;
	uint64_t at;  /* of a pipe: read so far */
	uint8_t last; /* of it, because log_lines() may ask for the last byte again */
};

static int
read_pipe(struct stream *s, uint8_t *p, size_t len, size_t *ret_len, struct error *err)
{
	ssize_t n;

	do {
		if (interrupt_check(err) < 0)
			return -1;
		n = read(s->fd, p, len);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_sys(err, errno, "cannot read it");
	if (n)
		s->last = p[n - 1];
	s->at += (uint64_t)n;
	*ret_len = (size_t)n;
	return 0;
}

static int
read_stream(void *ctx, void *buf, size_t len, uint64_t offset, size_t *ret_len, struct error *err)
{
	struct stream *s = ctx;
	uint8_t *p = buf;
	ssize_t n;

	if (s->seeks) {
		n = io_pread_full(s->fd, buf, len, offset);
		if (n < 0)
			return error_sys(err, errno, "cannot read it");
		*ret_len = (size_t)n;
		return 0;
	}
	if (offset == s->at)
		return read_pipe(s, p, len, ret_len, err);
	if (offset + 1 != s->at)
		return error_set(err, ERR_INTERNAL, "a pipe was read out of order");
	*p = s->last;
	*ret_len = 1;
	return 0;
}

/* A file of holes has no end in sight; a pipe has none. */
static uint64_t
find_hole(void *ctx, uint64_t offset)
{
	const struct stream *s = ctx;
	off_t data;

	if (!s->seeks || offset >= s->size)
		return 0;
	data = lseek(s->fd, (off_t)offset, SEEK_DATA);
	if (data < 0 && errno == ENXIO) /* nothing but holes to the end */
		return s->size - offset;
	return data > (off_t)offset ? (uint64_t)data - offset : 0;
}

static void
put_list(struct message *m, const struct code_list *l)
{
	message_put_u64(m, l->lines);
	message_put_u64(m, l->left_out);
	message_put_u64(m, l->count);
	for (size_t i = 0; i < l->count; i++)
		message_put(m, &l->list[i], sizeof l->list[i]);
}

static int
get_list(struct message *m, struct code_list *l, struct error *err)
{
	l->lines = message_get_u64(m);
	l->left_out = message_get_u64(m);
	l->count = message_get_u64(m);
	if (l->count > CODE_LIST_MOST)
		m->bad = true;
	if (m->bad) {
		l->count = 0;
		return error_set(err, ERR_INTERNAL, "the process that reads it gave no answer");
	}
	l->list = xcalloc(CODE_LIST_MOST, sizeof *l->list);
	for (size_t i = 0; i < l->count; i++) {
		message_get(m, &l->list[i], sizeof l->list[i]);
		if (l->list[i].line_count > CODE_LIST_LINES)
			m->bad = true;
	}
	return m->bad ? error_set(err, ERR_INTERNAL, "the process that reads it gave no answer") :
			0;
}

/* In a process of its own. */
static void
look(void *ctx, struct message *m)
{
	CLEANUP_ERROR struct error problem = ERROR_INIT;
	CLEANUP_CODE_LIST struct code_list list = { 0 };
	struct stream *s = ctx;
	struct log_source source = { .read = read_stream,
				     .ctx = s,
				     .size = s->seeks ? s->size : NO_END,
				     .hole = find_hole };

	code_list_read(&source, &list, &problem);
	message_put_error(m, &problem);
	put_list(m, &list);
}

int
explain_file(int fd, bool require_sandbox, struct code_list *ret, char **ret_missing,
	     struct error *err)
{
	CLEANUP_MESSAGE struct message m = { 0 };
	struct stream s = { .fd = fd };
	struct stat st;

	*ret = (struct code_list){ 0 };
	*ret_missing = NULL;
	if (fstat(fd, &st) < 0)
		return error_sys(err, errno, "cannot read it");
	s.seeks = S_ISREG(st.st_mode);
	s.size = (uint64_t)st.st_size;
	if (keeper_look(fd, look, &s, require_sandbox, &m, ret_missing, err) < 0 ||
	    message_get_error(&m, err) < 0)
		return -1;
	return get_list(&m, ret, err);
}
