/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Setup's state, edited; see image-state.h. */
#include <stdlib.h>
#include <string.h>

#include "check/edit.h"
#include "check/image-state.h"
#include "check/subject.h"
#include "registry/hive.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "volume/volume.h"
#include "windows/state-ini.h"

#define COMPLETE "IMAGE_STATE_COMPLETE"
#define NAME	 "ImageState"
#define PASSES	 "Setup\\Status\\UnattendPasses"

static int
write_value(struct subject *s, const char *check, const char *key, const char *now,
	    struct error *err)
{
	CLEANUP_FREE uint8_t *data = NULL;
	size_t len;

	if (!now || name_equal(now, COMPLETE))
		return 0;
	data = utf16_from_text(COMPLETE, &len);
	data = xrealloc(data, len + 2, 1);
	memset(data + len, 0, 2);
	return edit_set_value(s, check, HIVE_SOFTWARE, key, NAME, REG_TYPE_SZ, data,
			      (uint32_t)len + 2, err);
}

/* Its value and nothing else. */
static int
write_ini(struct subject *s, const char *check, const char *now, struct error *err)
{
	CLEANUP_FREE char *path = windows_path(subject_windows(s), SETUP_STATE_INI);
	CLEANUP_STATE_INI struct state_ini ini = { 0 };
	CLEANUP_FREE uint8_t *bytes = NULL, *new = NULL;
	size_t len, new_len;

	if (!now || name_equal(now, COMPLETE))
		return 0;
	bytes = volume_read_file(subject_volume(s), path, SETUP_STATE_INI_LIMIT, &len, err);
	if (!bytes)
		return -1;
	if (state_ini_open(&ini, bytes, len, err) < 0)
		return error_prefix(err, "%s", path);
	new = state_ini_replace(&ini, COMPLETE, &new_len, err);
	return new ? edit_replace_file(s, check, path, new, new_len, err) : -1;
}

int
image_state_complete(struct subject *s, const char *check, struct error *err)
{
	const struct setup_state *setup = subject_setup(s, err);
	CLEANUP_FREE char *state = NULL, *servicing = NULL, *ini = NULL;

	if (!setup)
		return -1;
	/* all of them, or none */
	if (setup->ini_problem)
		return error_set(err, ERR_UNSUPPORTED, "/Windows/" SETUP_STATE_INI ": %s",
				 setup->ini_problem);
	/* an edit makes the subject forget what it has read */
	state = xstrdup(setup->image_state);
	servicing = xstrdup(setup->image_state_servicing);
	ini = xstrdup(setup->image_state_ini);
	if (write_value(s, check, SETUP_STATE_KEY, state, err) < 0 ||
	    write_value(s, check, SETUP_SERVICING_KEY, servicing, err) < 0)
		return -1;
	return write_ini(s, check, ini, err);
}

/* A number that is there and is not `v` becomes it. */
static int
change_number(struct subject *s, const char *check, const char *key, const char *name, uint32_t v,
	      struct error *err)
{
	struct hive *h = windows_hive(subject_windows(s), HIVE_SYSTEM, err);
	uint32_t now;

	if (!h)
		return -1;
	if (hive_get_u32(h, key, name, &now, err) < 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		error_clear(err);
		return 0;
	}
	return now == v ? 0 : edit_set_u32(s, check, HIVE_SYSTEM, key, name, v, err);
}

/* A pass that was begun: 1 becomes 0. */
static int
close_pass(struct subject *s, const char *check, const char *pass, struct error *err)
{
	struct hive *h = windows_hive(subject_windows(s), HIVE_SYSTEM, err);
	uint32_t now;

	if (!h)
		return -1;
	if (hive_get_u32(h, PASSES, pass, &now, err) < 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		error_clear(err);
		return 0;
	}
	return now == 1 ? edit_set_u32(s, check, HIVE_SYSTEM, PASSES, pass, 0, err) : 0;
}

int
setup_retry_generalize(struct subject *s, const char *check, struct error *err)
{
	if (change_number(s, check, "Setup\\Status\\SysprepStatus", "GeneralizationState", 7, err) <
	    0)
		return -1;
	return change_number(s, check, "Setup\\Status\\SysprepStatus", "CleanupState", 2, err);
}

int
setup_leave(struct subject *s, const char *check, struct error *err)
{
	static const struct {
		const char *key, *name;
		uint32_t v;
	} numbers[] = {
		{ "Setup", "SetupType", 0 },
		{ "Setup", "SystemSetupInProgress", 0 },
		{ "Setup", "OOBEInProgress", 0 },
		{ "Setup", "SetupPhase", 0 },
		{ "Setup\\Status\\ChildCompletion", "setup.exe", 3 },
	};
	static const char *const passes[] = { "specialize", "oobeSystem", "auditSystem",
					      "auditUser" };

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (change_number(s, check, numbers[i].key, numbers[i].name, numbers[i].v, err) < 0)
			return -1;
	for (size_t i = 0; i < ARRAY_SIZE(passes); i++)
		if (close_pass(s, check, passes[i], err) < 0)
			return -1;
	if (edit_set_value(s, check, HIVE_SYSTEM, "Setup", "CmdLine", REG_TYPE_SZ, "\0", 2, err) <
		    0 ||
	    setup_retry_generalize(s, check, err) < 0)
		return -1;
	return image_state_complete(s, check, err);
}

void
image_state_evidence(struct finding *f, const struct setup_state *s)
{
	finding_registry(f, "SOFTWARE", SETUP_STATE_KEY, NAME,
			 s->image_state ? s->image_state : "absent", 0);
	if (s->image_state_servicing)
		finding_registry(f, "SOFTWARE", SETUP_SERVICING_KEY, NAME, s->image_state_servicing,
				 0);
	if (s->image_state_ini)
		finding_line(f, "/Windows/" SETUP_STATE_INI, 0, 0, s->image_state_ini);
	for (const char *p = s->passes_begun; p && *p; p += strspn(p, ", ")) {
		size_t n = strcspn(p, ",");
		CLEANUP_FREE char *name = xstrndup(p, n);

		finding_registry(f, "SYSTEM", PASSES, name, "1 (REG_DWORD)", 0);
		p += n;
	}
}
