/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages over a socket pair. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "keeper/channel.h"
#include "util/alloc.h"
#include "util/error.h"

#define LONGEST (UINT64_C(4) << 30) /* a commit of the largest hives, several times */
#define NOTHING UINT64_MAX

void
message_clear(struct message *m)
{
	free(m->data);
	*m = (struct message){ 0 };
}

void
message_reserve(struct message *m, size_t n)
{
	if (m->len + n <= m->room)
		return;
	m->room = m->len + n;
	m->data = xrealloc(m->data, m->room, 1);
}

void
message_put(struct message *m, const void *p, size_t n)
{
	if (m->len + n > m->room) {
		m->room = (m->len + n) * 2;
		m->data = xrealloc(m->data, m->room, 1);
	}
	if (n)
		memcpy(m->data + m->len, p, n);
	m->len += n;
}

void
message_put_u64(struct message *m, uint64_t v)
{
	message_put(m, &v, sizeof v);
}

void
message_put_bytes(struct message *m, const void *p, size_t n)
{
	message_put_u64(m, n);
	message_put(m, p, n);
}

void
message_put_text(struct message *m, const char *s)
{
	if (s)
		message_put_bytes(m, s, strlen(s));
	else
		message_put_u64(m, NOTHING);
}

void
message_put_error(struct message *m, const struct error *err)
{
	message_put_u64(m, (uint64_t)err->code);
	message_put_text(m, err->message);
}

void
message_get(struct message *m, void *p, size_t n)
{
	if (n > m->len - m->at || m->bad) {
		memset(p, 0, n);
		m->bad = true;
		return;
	}
	memcpy(p, m->data + m->at, n);
	m->at += n;
}

uint64_t
message_get_u64(struct message *m)
{
	uint64_t v;

	message_get(m, &v, sizeof v);
	return v;
}

/* `n` bytes of the message, or NULL. */
static const uint8_t *
take(struct message *m, uint64_t n)
{
	const uint8_t *p = m->data + m->at;

	if (m->bad || n > m->len - m->at) {
		m->bad = true;
		return NULL;
	}
	m->at += (size_t)n;
	return p;
}

const uint8_t *
message_get_bytes(struct message *m, size_t *ret_len)
{
	uint64_t n = message_get_u64(m);
	const uint8_t *p = take(m, n);

	*ret_len = p ? (size_t)n : 0;
	return p;
}

char *
message_get_text(struct message *m)
{
	uint64_t n = message_get_u64(m);
	const uint8_t *p;

	if (n == NOTHING)
		return NULL;
	p = take(m, n);
	return p ? xstrndup((const char *)p, (size_t)n) : NULL;
}

int
message_get_error(struct message *m, struct error *err)
{
	uint64_t code = message_get_u64(m);
	char *text = message_get_text(m);

	if (m->bad || (code != ERR_NONE && !text) || code > ERR_INTERNAL) {
		free(text);
		return error_set(err, ERR_INTERNAL, "an answer that cannot be read");
	}
	if (code == ERR_NONE) {
		free(text);
		return 0;
	}
	err->code = (enum error_code)code;
	err->message = text;
	return -1;
}

bool
channel_send(int fd, const struct message *m)
{
	uint64_t len = m->len;
	const uint8_t *parts[] = { (const uint8_t *)&len, m->data };
	const size_t sizes[] = { sizeof len, m->len };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		for (size_t at = 0; at < sizes[i];) {
			ssize_t n = send(fd, parts[i] + at, sizes[i] - at, MSG_NOSIGNAL);

			if (n < 0 && errno == EINTR)
				continue;
			if (n <= 0)
				return false;
			at += (size_t)n;
		}
	return true;
}

static bool
receive(int fd, void *p, size_t len, void (*on_signal)(void *ctx), void *ctx)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = recv(fd, (uint8_t *)p + at, len - at, 0);

		if (n < 0 && errno == EINTR) {
			if (on_signal)
				on_signal(ctx);
			continue;
		}
		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

bool
channel_receive(int fd, struct message *m, void (*on_signal)(void *ctx), void *ctx)
{
	uint64_t len;

	message_clear(m);
	if (!receive(fd, &len, sizeof len, on_signal, ctx) || len > LONGEST)
		return false;
	m->data = malloc((size_t)len + 1);
	if (!m->data)
		return false;
	m->len = m->room = (size_t)len;
	return receive(fd, m->data, (size_t)len, on_signal, ctx);
}
