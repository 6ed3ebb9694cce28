/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages between worker and keeper: an array of bytes, built field by field and read back in the same order.  Both are the same
 * program on the same host, so numbers go as they are; but nothing is believed of a length.
 */
#ifndef RESPREP_KEEPER_CHANNEL_H
#define RESPREP_KEEPER_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

struct message {
	uint8_t *data; /* owned */
	size_t len, room;
	size_t at; /* read so far */
	bool bad;  /* something was asked for that is not there */
};
void message_clear(struct message *m);
#define CLEANUP_MESSAGE __attribute__((cleanup(message_clear)))

void message_reserve(struct message *m, size_t n); /* room for `n` more bytes */
void message_put(struct message *m, const void *p, size_t n);
void message_put_u64(struct message *m, uint64_t v);
void message_put_bytes(struct message *m, const void *p, size_t n); /* with their length */
void message_put_text(struct message *m, const char *s);	    /* NULL stays NULL */
void message_put_error(struct message *m, const struct error *err);

/* Zeros, and m->bad, when the message ends too early. */
void message_get(struct message *m, void *p, size_t n);
uint64_t message_get_u64(struct message *m);
/* Inside the message; NULL when it is bad. */
const uint8_t *message_get_bytes(struct message *m, size_t *ret_len);
char *message_get_text(struct message *m); /* the caller's; NULL stays NULL */
/* -1 with the error that was put, or 0 when there was none. */
int message_get_error(struct message *m, struct error *err);

/* Sends a whole message; false when the other side is gone.  Signals do not stop it. */
bool channel_send(int fd, const struct message *m);

/*
 * Receives one; false at the end or for one that is longer than anybody sends.  `on_signal` (or NULL) is called when a signal
 * came while it waited.
 */
bool channel_receive(int fd, struct message *m, void (*on_signal)(void *ctx), void *ctx);

#endif
