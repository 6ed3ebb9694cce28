/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Passwords in answer files.  Microsoft: "Windows Setup Automation Overview" (where answer files are looked for, wasPassProcessed, and
 * that Setup writes *SENSITIVE*DATA*DELETED* in their place), "Unattended Windows Setup Reference" (AdministratorPassword, Password,
 * MachinePassword; PlainText false is not encryption).
 */
#include <stdlib.h>
#include <string.h>

#include "answer/xml.h"
#include "check/image-answers.h"
#include "check/subject.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "volume/volume.h"

#define ANSWER_LIMIT (4u << 20)
#define DELETED	     "*SENSITIVE*DATA*DELETED*"

/* Below the Windows folder, in the order in which Setup looks; the last one is a copy for people. */
static const char *const below_windows[] = {
	"Panther/Unattend/unattend.xml",
	"Panther/Unattend/autounattend.xml",
	"Panther/unattend.xml",
	"System32/Sysprep/unattend.xml",
	"System32/Sysprep/Panther/unattend.xml",
	"Panther/unattend-original.xml",
};
static const char *const in_root[] = { "/unattend.xml", "/autounattend.xml" };

struct finder {
	struct subject *s;
	struct answer_secrets *list;
	size_t count;
};

/* Whether the name is that of a password, and not of a question about one (PasswordNeverExpires). */
static bool
is_password(const char *name)
{
	return name_ends_with(name, "Password");
}

/* settings above the element, or SIZE_MAX. */
static size_t
settings_of(const struct xml *x, size_t i)
{
	/* a parent comes before its children: the numbers only fall */
	for (i = xml_parent(x, i); i != SIZE_MAX && i != 0; i = xml_parent(x, i))
		if (strcmp(xml_name(x, i), "settings") == 0)
			return i;
	return SIZE_MAX;
}

/* The name under which the element holds a password: its own, or its parent's for "<Password><Value>"; NULL: it holds none. */
static const char *
secret_name(const struct xml *x, size_t i)
{
	size_t parent = xml_parent(x, i);

	if (is_password(xml_name(x, i)))
		return xml_name(x, i);
	if (parent != SIZE_MAX && strcmp(xml_name(x, i), "Value") == 0 &&
	    is_password(xml_name(x, parent)))
		return xml_name(x, parent);
	return NULL;
}

static void
add_secret(struct answer_secrets *a, size_t i, const char *name, int line)
{
	size_t settings = settings_of(a->xml, i);
	CLEANUP_FREE char *done = NULL;
	struct answer_secret *new;

	ARRAY_GROW(a->list, a->count);
	new = &a->list[a->count++];
	*new = (struct answer_secret){ .element = i, .line = line, .name = xstrdup(name) };
	if (settings == SIZE_MAX)
		return;
	new->pass = xml_attribute(a->xml, settings, "pass");
	done = xml_attribute(a->xml, settings, "wasPassProcessed");
	new->done = done &&name_equal(done, "true");
}

static void
find_secrets(struct answer_secrets *a)
{
	for (size_t i = 0; i < xml_count(a->xml); i++) {
		CLEANUP_ERROR struct error ignored = ERROR_INIT;
		const char *name = secret_name(a->xml, i);
		struct xml_place place = { 0 };

		/* one that holds elements is named for its Value */
		if (!name || xml_place_of(a->xml, i, &place, &ignored) < 0)
			continue;
		if (place.text && *place.text && !name_find(place.text, DELETED))
			add_secret(a, i, name, place.line);
		xml_place_clear(&place);
	}
}

static bool
is_known(const struct finder *f, const char *path)
{
	for (size_t i = 0; i < f->count; i++)
		if (name_equal(f->list[i].path, path))
			return true;
	return false;
}

static void
clear_one(struct answer_secrets *a)
{
	free(a->path);
	free(a->problem);
	xml_close(a->xml);
	for (size_t i = 0; i < a->count; i++) {
		free(a->list[i].name);
		free(a->list[i].pass);
	}
	free(a->list);
	*a = (struct answer_secrets){ 0 };
}

/* A file that is not there is fine; one that cannot be read is told. */
static int
look(struct finder *f, const char *path, bool unused, struct error *err)
{
	struct answer_secrets a = { .unused = unused };
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t len;

	a.path = volume_real_path(subject_volume(f->s), path, err);
	if (a.path && is_known(f, a.path)) {
		clear_one(&a);
		return 0;
	}
	if (a.path)
		bytes = volume_read_file(subject_volume(f->s), a.path, ANSWER_LIMIT, &len, err);
	if (bytes)
		a.xml = xml_open(bytes, len, err);
	if (err->code == ERR_INTERRUPTED) {
		clear_one(&a);
		return -1;
	}
	if (err->code == ERR_NOT_FOUND) {
		error_clear(err);
		clear_one(&a);
		return 0;
	}
	if (!a.xml)
		a.problem = xstrdup(err->message);
	else if (xml_has_doctype(a.xml))
		a.problem = xstrdup("it has a DOCTYPE");
	else
		find_secrets(&a);
	error_clear(err);
	if (!a.path)
		a.path = xstrdup(path);
	if (!a.count && !a.problem) {
		clear_one(&a);
		return 0;
	}
	ARRAY_GROW(f->list, f->count);
	f->list[f->count++] = a;
	return 0;
}

static int
look_everywhere(struct finder *f, struct error *err)
{
	const struct agents *agents = subject_agents(f->s, err);

	if (!agents)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(below_windows); i++) {
		CLEANUP_FREE char *path = windows_path(subject_windows(f->s), below_windows[i]);

		if (look(f, path, i + 1 == ARRAY_SIZE(below_windows), err) < 0)
			return -1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(in_root); i++)
		if (look(f, in_root[i], false, err) < 0)
			return -1;
	for (size_t k = 0; k < AGENT_KINDS; k++)
		if (agents->list[k].answer_file &&
		    look(f, agents->list[k].answer_file, false, err) < 0)
			return -1;
	return 0;
}

int
answer_secrets_read(struct subject *s, struct answer_secrets **ret, size_t *ret_count,
		    struct error *err)
{
	struct finder f = { .s = s };

	*ret = NULL;
	*ret_count = 0;
	if (look_everywhere(&f, err) < 0) {
		answer_secrets_free(f.list, f.count);
		return -1;
	}
	*ret = f.list;
	*ret_count = f.count;
	return 0;
}

void
answer_secrets_free(struct answer_secrets *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		clear_one(&list[i]);
	free(list);
}

char *
answer_secrets_needed(const struct answer_secrets *a)
{
	if (a->unused)
		return NULL;
	for (size_t i = 0; i < a->count; i++) {
		const struct answer_secret *n = &a->list[i];

		if (!n->done)
			return xasprintf(
				"the pass %s of this file has not been processed and needs %s",
				n->pass ? n->pass : "?", n->name);
	}
	return NULL;
}
