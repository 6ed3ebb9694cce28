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

/* Programs whose arguments mean something of their own. */
enum mask_tool {
	MASK_TOOL_NONE,
	MASK_TOOL_P,	/* "-p PASSWORD" */
	MASK_TOOL_CODE, /* "-code SECRET", "CODE=SECRET" */
	MASK_TOOL_ITEM, /* "Set-ItemProperty KEY NAME VALUE" */
};

struct mask {
	const char *p; /* where we are */
	struct text out;
	size_t count;
	struct anchors *anchors;
	const char *unpiped[2]; /* a text in ' or in " that begins before here is not piped on */

	/* of the command in which we are (secrets-command.c) */
	const char *command_end;
	const char *named_end; /* up to here the next value is a secret's: "/v DefaultPassword" */
	const char *ahead;     /* where the next value's name stands */
	bool ahead_is_secret;
	const char *tool_end; /* up to here the tool counts */
	enum mask_tool tool;
};

bool mask_is_name_char(char c);
bool mask_is_word(const char *s, size_t n, const char *word);
/* Whether a key of this name holds a secret. */
bool mask_is_secret_name(const char *s, size_t n);
/* "DBPASS", "admin_pass": it is one where a value is assigned to it. */
bool mask_is_pass_name(const char *s, size_t n);
/* The same, or "pass", "pw", "secret", which are names of secrets only where they are a script's variables. */
bool mask_is_variable_name(const char *s, size_t n);
/* What such a name has as its value in answer files and logs: "specialize", a number of a pass. */
bool mask_is_pass_value(const char *s);

/* The next `n` bytes as they are. */
void mask_copy(struct mask *m, size_t n);
/* The next `n` bytes are a secret. */
void mask_hide(struct mask *m, size_t n);

/* Of an anchor's or alias' name. */
size_t mask_anchor_length(const char *s);
/* Whether the anchor of this name is a secret. */
bool mask_is_anchor(const struct anchors *a, const char *s, size_t n);

/* A quote, also as XML and JSON spell it inside of a text: its length, or 0. */
size_t mask_quote_at(const char *s);
/* Up to the same quote again, with backslashes before quotes that belong to the text. */
size_t mask_quoted_length(const char *s, const char *quote, size_t quote_len);
/* At a quote: what is in it is hidden; the closing one, too, is copied. */
void mask_quoted(struct mask *m);
/* Behind a key: the value, in quotes or up to what ends it. */
void mask_value(struct mask *m, const char *ends);

/* Behind a word that is no secret's name, with the character before it: what it and what follows it say of a secret. */
void mask_command(struct mask *m, const char *name, size_t n, char before);
/* Behind the name of a secret that no value follows at once: the value may come as an argument. */
void mask_command_name(struct mask *m);

/* The quoted arguments of a call: SetPassword("x"), Invoke("SetPassword", "x"). */
void mask_arguments(struct mask *m);

/* At '<': a tag is copied; of an element that is a secret, by its name or by an attribute that names one, what is in it is hidden. */
void mask_element(struct mask *m);

#endif
