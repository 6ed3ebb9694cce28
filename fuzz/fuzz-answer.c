/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Answer files: every element asked for everything, the settings that checks ask for found, and one edit of each: the
 * result is well-formed, says the new value, and is otherwise the same bytes.  Then the file as settings: linted, some of them
 * set, one made that is not there, and the passwords taken out; each result is read again and holds what it should.
 */
#include <stdlib.h>
#include <string.h>

#include "answer/hidden.h"
#include "answer/lint.h"
#include "answer/scrub.h"
#include "answer/set.h"
#include "answer/spec.h"
#include "answer/unattend.h"
#include "answer/xml.h"
#include "fuzz/fuzz.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"

#define ELEMENTS 64 /* looked at one by one */
#define SHELL	 "Microsoft-Windows-Shell-Setup"

/* All but the content of the place is as it was; an empty element has gained an end tag. */
static void
rest_is_same(const uint8_t *old, size_t old_len, const uint8_t *new, size_t new_len, size_t place)
{
	size_t head = 0, tail = 0;

	while (head < old_len && head < new_len && old[head] == new[head])
		head++;
	while (tail < old_len - head && tail < new_len - head &&
	       old[old_len - 1 - tail] == new[new_len - 1 - tail])
		tail++;
	/* what was replaced, and of "<a />" up to the slash, its blanks and the angle bracket */
	FUZZ_ASSERT(old_len - head - tail <= place + 8);
}

static void
replace_one(struct xml *x, const struct unattend_setting *s, const uint8_t *data, size_t size)
{
	CLEANUP_ERROR struct error err = ERROR_INIT, again = ERROR_INIT;
	struct unattend_settings one = { (struct unattend_setting *)(uintptr_t)s, 1 };
	CLEANUP_FREE uint8_t *edited = NULL;
	CLEANUP_XML struct xml *y = NULL;
	struct xml_place place = { 0 };
	size_t len = 0;

	FUZZ_ASSERT(s->place.offset <= size && s->place.len <= size - s->place.offset);
	edited = unattend_replace(x, &one, "false", &len, &err);
	FUZZ_ASSERT(!edited == (err.code != ERR_NONE));
	if (!edited)
		return;
	y = xml_open(edited, len, &again);
	FUZZ_ASSERT(y && xml_count(y) == xml_count(x));
	FUZZ_ASSERT(xml_place_of(y, s->element, &place, &again) == 0);
	FUZZ_ASSERT(strcmp(place.text, "false") == 0);
	xml_place_clear(&place);
	rest_is_same(data, size, edited, len, s->place.len);
}

static void
query(struct xml *x, const uint8_t *data, size_t size)
{
	static const struct {
		const char *pass, *component, *setting;
	} asked[] = { { "specialize", SHELL, "CopyProfile" },
		      { "oobeSystem", SHELL, "TimeZone" },
		      { "generalize", "Microsoft-Windows-PnpSysprep",
			"PersistAllDeviceInstalls" } };

	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		CLEANUP_UNATTEND_SETTINGS struct unattend_settings s = { 0 };
		CLEANUP_ERROR struct error err = ERROR_INIT;
		CLEANUP_FREE uint8_t *edited = NULL;
		size_t len;

		fuzz_expect(unattend_find(x, asked[i].pass, asked[i].component, asked[i].setting,
					  &s, &err),
			    &err);
		for (size_t k = 0; k < s.count; k++) {
			unattend_bool(s.list[k].place.text);
			if (k < 4)
				replace_one(x, &s.list[k], data, size);
		}
		if (s.count > 1) {
			edited = unattend_replace(x, &s, "true", &len, &err);
			fuzz_expect(edited ? 0 : -1, &err);
		}
	}
}

/* ---- as settings ---- */

static const struct answer_set_options unchecked = { .unchecked = true, .architecture = "amd64" };
/* where what stands for another architecture is made for this one */
static const struct answer_set_options checked = { .architecture = "amd64" };

/* The value of the setting in the edited file. */
static void
holds(const uint8_t *p, size_t n, const struct answer_spec *spec, size_t settings)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_ANSWER struct answer a = { 0 };
	bool found = false;

	FUZZ_ASSERT(answer_open(p, n, &a, &err) == 0);
	/* a new command has its Order, too */
	FUZZ_ASSERT(a.setting_count >= settings && a.setting_count <= settings + 2);
	for (size_t i = 0; i < a.setting_count && !found; i++)
		found = strcmp(a.settings[i].plain, spec->plain) == 0 &&
			(strcmp(a.settings[i].value, spec->value) == 0 ||
			 /* beside PlainText false */
			 (answer_is_password(spec->plain) && spec->count > 1 &&
			  hidden_is(a.settings[i].value, spec->steps[spec->count - 2].name)));
	FUZZ_ASSERT(found);
}

static void
set_one(const uint8_t *data, size_t size, const char *what, const struct answer_set_options *o,
	size_t settings)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_ANSWER_SPEC struct answer_spec spec = { 0 };
	CLEANUP_ANSWER_SET_RESULT struct answer_set_result done = { 0 };
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t len;

	if (answer_spec_parse(what, &spec, &err) < 0)
		return;
	bytes = answer_set(data, size, &spec, o, &done, &len, &err);
	fuzz_expect(bytes ? 0 : -1, &err);
	/* a promise of ours that did not hold is a bug whatever the file is */
	FUZZ_ASSERT(err.code != ERR_INTERNAL);
	if (bytes)
		holds(bytes, len, &spec, settings);
}

static void
scrub(const struct answer *a)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_ANSWER_SECRETS struct answer_secrets secrets = { 0 };
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t len;

	answer_secret_commands(a);
	answer_secrets_find(a, &secrets);
	if (!secrets.count)
		return;
	bytes = answer_scrub(a, &secrets, &len, &err);
	fuzz_expect(bytes ? 0 : -1, &err);
	FUZZ_ASSERT(err.code != ERR_INTERNAL);
}

static void
as_settings(const uint8_t *data, size_t size)
{
	static const char *const made[] = {
		"specialize/Microsoft-Windows-Shell-Setup/CopyProfile=a <&> b",
		"oobeSystem/Microsoft-Windows-Shell-Setup/OOBE/ProtectYourPC=\xc3\xbc",
		"generalize/Microsoft-Windows-Deployment/RunSynchronous/RunSynchronousCommand[1]/Path=",
		"specialize/Networking-MPSSVC-Svc/FirewallGroups/FirewallGroup[RDP]/Active=true",
		"specialize/Microsoft-Windows-Shell-Setup/CopyProfile=false",
		"specialize/Microsoft-Windows-Deployment/RunSynchronous/RunSynchronousCommand[1]/Path=x",
		"oobeSystem/Microsoft-Windows-Shell-Setup/AutoLogon/Password/Value=x",
	};
	static const struct lint_context context = { .architecture = "amd64", .build = 9600 };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_ANSWER struct answer a = { 0 };
	CLEANUP_LINT_PROBLEMS struct lint_problems problems = { 0 };

	lint_file(data, size, &context, &problems);
	if (answer_open(data, size, &a, &err) < 0) {
		FUZZ_ASSERT(problems.count == 1);
		return;
	}
	for (size_t i = 0; i < a.setting_count && i < 4; i++) {
		CLEANUP_FREE char *name = answer_name(&a, &a.settings[i]);
		CLEANUP_FREE char *what = xasprintf("%s=\xe2\x82\xac ]]>", name);

		set_one(data, size, what, &unchecked, a.setting_count);
	}
	for (size_t i = 0; i < ARRAY_SIZE(made); i++) {
		set_one(data, size, made[i], &unchecked, a.setting_count);
		set_one(data, size, made[i], &checked, a.setting_count);
	}
	scrub(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_XML struct xml *x = xml_open(data, size, &err);

	fuzz_expect(x ? 0 : -1, &err);
	if (!x)
		return 0;
	for (size_t i = 0; i < xml_count(x) && i < ELEMENTS; i++) {
		struct unattend_setting s = { .element = i };

		FUZZ_ASSERT(xml_name(x, i) && xml_namespace(x, i));
		FUZZ_ASSERT(i ? xml_parent(x, i) < i : xml_parent(x, i) == SIZE_MAX);
		free(xml_attribute(x, i, "pass"));
		free(xml_attribute(x, i, "name"));
		if (xml_place_of(x, i, &s.place, &err) == 0 && i < 8)
			replace_one(x, &s, data, size);
		xml_place_clear(&s.place);
		error_clear(&err);
	}
	query(x, data, size);
	as_settings(data, size);
	return 0;
}
