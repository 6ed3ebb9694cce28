/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Passwords beside <PlainText>false</PlainText>: Base64 of UTF-16 of the password and, right behind it, the name of the element that holds it
 * ("Password", "AdministratorPassword").  Windows System Image Manager writes them so, and it hides nothing.
 */
#ifndef RESPREP_ANSWER_HIDDEN_H
#define RESPREP_ANSWER_HIDDEN_H

#include <stdbool.h>

/* The caller's. */
char *hidden_encode(const char *password, const char *element);

/* Whether it is a password of that element, so written. */
bool hidden_is(const char *value, const char *element);

#endif
