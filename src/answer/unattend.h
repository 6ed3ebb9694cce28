/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Answer files (unattend.xml): passes, components, settings.  Edits change the bytes of one value
 * and nothing else.  Microsoft: "Unattended Windows Setup Reference".
 */
#ifndef RESPREP_ANSWER_UNATTEND_H
#define RESPREP_ANSWER_UNATTEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "answer/xml.h"

struct error;

struct unattend_setting {
	size_t element;	    /* its position in the document */
	char *architecture; /* processorArchitecture of the component; owned */
	struct xml_place place;
};
struct unattend_settings {
	struct unattend_setting *list;
	size_t count;
};
void unattend_settings_clear(struct unattend_settings *s);
#define CLEANUP_UNATTEND_SETTINGS __attribute__((cleanup(unattend_settings_clear)))

/*
 * All elements `setting` directly below components named `component` in `<settings pass="PASS">`, in the order of the file (one per
 * architecture); elements in comments do not count.  An empty list is no error.
 * ERR_UNSUPPORTED: the file has a DOCTYPE.
 */
int unattend_find(struct xml *x, const char *pass, const char *component, const char *setting,
		  struct unattend_settings *ret, struct error *err);

/*
 * The file with the content of each place in `s` replaced by `value` in the file's encoding, every other byte as it was; the result is parsed again and
 * must say so.  The caller's.
 */
uint8_t *unattend_replace(struct xml *x, const struct unattend_settings *s, const char *value,
			  size_t *ret_len, struct error *err);

/* Microsoft-Windows-Shell-Setup takes "true"/"false" in any case, also "1"/"0" (xsd:boolean). -1 when it is neither. */
int unattend_bool(const char *text);

#endif
