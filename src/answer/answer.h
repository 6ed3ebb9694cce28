/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An answer file as its settings: pass, component, path and value of each, in the order of the file.
 *
 * A setting's path is "OOBE/HideEULAPage"; where an element stands several times beside others of its name it has its
 * number, "RunSynchronous/RunSynchronousCommand[2]/Path".  Such names are what people type.
 */
#ifndef RESPREP_ANSWER_ANSWER_H
#define RESPREP_ANSWER_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "answer/known.h"

struct error;
struct xml;

#define ANSWER_NAMESPACE "urn:schemas-microsoft-com:unattend"
#define ANSWER_WCM	 "http://schemas.microsoft.com/WMIConfig/2002/State"
/* What Windows leaves where a password stood (seen in consumed copies). */
#define ANSWER_DELETED "*SENSITIVE*DATA*DELETED*"
/* Larger than any answer file. */
#define ANSWER_SIZE_LIMIT (4u << 20)

/* <component> in <settings pass="…">. */
struct answer_component {
	size_t element;
	size_t settings; /* the element around it */
	char *pass_text; /* as written; "" without */
	bool pass_known;
	enum pass pass;			     /* when it is known */
	bool processed;			     /* wasPassProcessed="true" */
	char *name;			     /* "" without */
	char *architecture;		     /* "amd64", …; "" without */
	const struct known_component *known; /* NULL: not known here */
};

/* Whether a Windows of that architecture reads it; of NULL, which is not known, all are. */
bool answer_is_read(const struct answer_component *c, const char *architecture);

struct answer_setting {
	size_t element;
	size_t component;   /* its number */
	char *path, *plain; /* with and without numbers */
	char *value;	    /* trimmed */
	int line, column;
	bool secret; /* a password, a product key, or a command that names a password */
	const struct known_setting *known;
};

struct answer {
	struct xml *xml;
	struct answer_component *components;
	size_t component_count;
	struct answer_setting *settings;
	size_t setting_count;
};

/*
 * Parses.  ERR_CORRUPT with line and column; ERR_UNSUPPORTED: a DOCTYPE; ERR_LIMIT: more bytes, elements or depth than any answer file has.
 * A document that is no answer file is read all the same and has no components.
 */
int answer_open(const void *p, size_t n, struct answer *ret, struct error *err);
void answer_clear(struct answer *a);
#define CLEANUP_ANSWER __attribute__((cleanup(answer_clear)))

/* Whether the element is NAME of the answer file's namespace, or of none (which Windows would not take). */
bool answer_is(const struct xml *x, size_t element, const char *name);

/* "specialize/Microsoft-Windows-Shell-Setup/CopyProfile"; the caller's. */
char *answer_name(const struct answer *a, const struct answer_setting *s);

/* The value, or "(hidden)" of a secret that is one; the caller's. */
char *answer_shown(const struct answer_setting *s, bool secrets);

/* Whether such a path names something to be hidden. */
bool answer_is_secret(const char *plain);
/* The same without product keys, which are not passwords. */
bool answer_is_password(const char *plain);

#endif
