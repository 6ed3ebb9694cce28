/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One pass of masking, for secrets*.c. */
#ifndef RESPREP_UTIL_SECRETS_PRIVATE_H
#define RESPREP_UTIL_SECRETS_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

#include "util/text.h"

/* Names of YAML's anchors whose values are secrets. */
struct anchors {
	char **list;
	size_t count;
	bool all;
};

struct mask {
	const char *p; /* where we are */
	struct text out;
	size_t count;
	struct anchors *anchors;
	const char *unpiped[2]; /* a text in ' or in " that begins before here is not piped on */
};

bool mask_is_name_char(char c);
bool mask_is_word(const char *s, size_t n, const char *word);
/* Whether a key of this name holds a secret. */
bool mask_is_secret_name(const char *s, size_t n);

/* The next `n` bytes as they are. */
void mask_copy(struct mask *m, size_t n);
/* The next `n` bytes are a secret. */
void mask_hide(struct mask *m, size_t n);

/* Of an anchor's or alias' name. */
size_t mask_anchor_length(const char *s);
/* Whether the anchor of this name is a secret. */
bool mask_is_anchor(const struct anchors *a, const char *s, size_t n);

/* At '<': a tag is copied; of an element that is a secret, by its name or by an attribute that names one, what is in it is hidden. */
void mask_element(struct mask *m);

#endif
