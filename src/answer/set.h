/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One setting of an answer file set: the bytes of its value change, or, where it is not there, it is made, with the
 * elements around it that are missing too, as the file is written.
 */
#ifndef RESPREP_ANSWER_SET_H
#define RESPREP_ANSWER_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct answer_spec;
struct error;

struct answer_set_options {
	bool unchecked; /* also what the table of settings does not know or would not take */
	const char
		*architecture; /* of the installation, for a component that is made; NULL unknown */
};

struct answer_set_result {
	bool changed; /* else it was so already */
	bool made;    /* it was not there before */
	bool read; /* a component that has it is of the installation's architecture; true when that is not known */
	bool replaced;	/* with `made_for`: what stood there changed, too */
	bool processed; /* its pass is marked as processed */
	bool secret;	/* the value that was there, or the new one */
	char *before;	/* NULL when it was made */
	char *made_for; /* the installation's architecture, when it stood in components of others only, and was made for it; or NULL */
	char *first; /* "specialize/…/RunSynchronousCommand[3]/Order=3", "…/PlainText=true", which was made with it; or NULL */
};
void answer_set_result_clear(struct answer_set_result *r);
#define CLEANUP_ANSWER_SET_RESULT __attribute__((cleanup(answer_set_result_clear)))

/*
 * The file with the setting set; the caller's.  A setting that stands in components of several architectures is set in each, and made for the
 * installation's when that is none of them (not with `unchecked`).  The result is read again and compared: all other settings are as they were.
 *
 * A password's Value is encoded where PlainText beside it is false, unless it is so already (hidden.h).
 *
 * A new member of a list of commands or partitions gets the next <Order> of its list, too, unless that is what is set; a password's Value that
 * is made where no PlainText is gets one, true.
 *
 * ERR_USAGE: the table knows no such setting, pass or value, or it stands several times and the name does not say which; ERR_REFUSED: it stands
 * twice where it can stand once, or PlainText is false beside some of its places only; errors of answer_open().
 */
uint8_t *answer_set(const void *p, size_t n, const struct answer_spec *spec,
		    const struct answer_set_options *o, struct answer_set_result *result,
		    size_t *ret_len, struct error *err);

#endif
