/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer files on a volume; see answer-files.h. */
#include <stdlib.h>
#include <string.h>

#include "answer/answer.h"
#include "ec2/answer-files.h"
#include "registry/hive.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "volume/volume.h"
#include "windows/drive-letters.h"
#include "windows/setup-state.h"
#include "windows/windows.h"

#define CURRENT_VERSION "Microsoft\\Windows NT\\CurrentVersion"

static const struct {
	const char *path;
	bool in_windows; /* below the Windows folder, else from the root */
	enum answer_place place;
} places[] = {
	{ "Panther/Unattend/Unattend.xml", true, ANSWER_PANTHER_UNATTEND },
	{ "Panther/Unattend/Autounattend.xml", true, ANSWER_PANTHER_UNATTEND },
	{ "Panther/Unattend.xml", true, ANSWER_CACHED },
	{ "Panther/Autounattend.xml", true, ANSWER_CACHED },
	{ "System32/Sysprep/Unattend.xml", true, ANSWER_SYSPREP },
	{ "/Unattend.xml", false, ANSWER_ROOT },
	{ "/Autounattend.xml", false, ANSWER_ROOT },
	/* AWS: "Troubleshoot Sysprep" names the three */
	{ "/Program Files/Amazon/Ec2ConfigService/sysprep2008.xml", false, ANSWER_EC2CONFIG },
	{ "/Program Files/Amazon/Ec2ConfigSetup/sysprep2008.xml", false, ANSWER_EC2CONFIG },
	{ "/ProgramData/Amazon/EC2-Windows/Launch/Sysprep/Unattend.xml", false, ANSWER_EC2LAUNCH },
	{ "/ProgramData/Amazon/EC2Launch/sysprep/unattend.xml", false, ANSWER_EC2LAUNCH_V2 },
	{ "Panther/unattend-original.xml", true, ANSWER_COPY },
	{ "System32/Sysprep/Panther/unattend.xml", true, ANSWER_COPY },
	{ "/sysprep/sysprep.xml", false, ANSWER_COPY },
};

static const struct {
	const char *name, *text;
} place_words[] = {
	[ANSWER_NAMED] = { "named", "named by SYSTEM\\Setup\\UnattendFile" },
	[ANSWER_PANTHER_UNATTEND] = { "panther-unattend", "Windows looks in Panther\\Unattend" },
	[ANSWER_CACHED] = { "cached", "Setup's own copy, which it marks as it goes" },
	[ANSWER_SYSPREP] = { "sysprep", "Windows looks beside sysprep.exe" },
	[ANSWER_ROOT] = { "root", "Windows looks in the root of its drive" },
	[ANSWER_EC2CONFIG] = { "ec2config", "EC2Config gives it to Sysprep" },
	[ANSWER_EC2LAUNCH] = { "ec2launch", "EC2Launch v1 gives it to Sysprep" },
	[ANSWER_EC2LAUNCH_V2] = { "ec2launch-v2", "EC2Launch v2 gives it to Sysprep" },
	[ANSWER_COPY] = { "copy", "a copy that is left; Windows does not look there" },
};

const char *
answer_place_text(enum answer_place p)
{
	return place_words[p].text;
}

const char *
answer_place_name(enum answer_place p)
{
	return place_words[p].name;
}

bool
answer_place_is_agent(enum answer_place p)
{
	return p == ANSWER_EC2CONFIG || p == ANSWER_EC2LAUNCH || p == ANSWER_EC2LAUNCH_V2;
}

const char *
answer_pass_state_text(uint32_t state)
{
	switch (state) {
	case UINT32_MAX:
		return "no record";
	case 0:
		return "not run";
	case 1:
		return "begun and not finished";
	case 9:
		return "processed with an answer file";
	case 2:
		return "finished";
	default:
		return "in a state that is not known";
	}
}

/* ---- paths ---- */

/* Where SOFTWARE does not say, Windows is on C:. */
char *
answer_volume_path(struct windows *w, const char *text)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	struct hive *software = windows_hive(w, HIVE_SOFTWARE, &ignored);
	CLEANUP_FREE char *root =
		software ? hive_get_text(software, CURRENT_VERSION, "SystemRoot", &ignored) : NULL;
	char *path = NULL, letter = 'C', its;

	if (root && root[0] && root[1] == ':')
		letter = (char)(root[0] & ~0x20);
	drive_letter_map(text, letter, root ? root : "C:\\Windows", &its, &path);
	return path;
}

char *
answer_file_path(struct windows *w, const char *text, struct error *err)
{
	CLEANUP_FREE char *mapped = NULL;

	if (*text == '/')
		return xstrdup(text);
	if (*text != '%' && !strchr(text, '\\') && !(*text && text[1] == ':'))
		return xasprintf("/%s", text);
	mapped = answer_volume_path(w, text);
	if (!mapped)
		error_set(err, ERR_USAGE, "'%s' does not lie on this volume", text);
	return steal(&mapped);
}

/* ---- the list ---- */

static int
look_into(struct windows *w, struct answer_file *f, struct error *err)
{
	CLEANUP_ANSWER struct answer a = { 0 };
	unsigned open = 0;
	size_t len;
	CLEANUP_FREE uint8_t *bytes = volume_read_file(windows_volume(w), f->path,
						       ANSWER_SIZE_LIMIT, &len, err);

	if (!bytes || answer_open(bytes, len, &a, err) < 0) {
		if (err->code == ERR_INTERRUPTED)
			return -1;
		f->problem = xstrdup(err->message);
		error_clear(err);
		return 0;
	}
	for (size_t i = 0; i < a.component_count; i++) {
		const struct answer_component *c = &a.components[i];

		if (!c->pass_known)
			continue;
		f->passes |= 1u << c->pass;
		if (!c->processed)
			open |= 1u << c->pass;
	}
	/* a pass may have several <settings>, and one that is not marked is still to be read */
	f->processed = f->passes & ~open;
	return 0;
}

static bool
listed(const struct answer_files *l, const char *real)
{
	for (size_t i = 0; i < l->count; i++)
		if (name_equal(l->list[i].path, real))
			return true;
	return false;
}

/* A file that is there, whatever it holds. */
static int
add_file(struct windows *w, const char *path, enum answer_place place, struct answer_files *l,
	 struct error *err)
{
	struct volume *v = windows_volume(w);
	struct answer_file f = { .place = place };
	struct file_stat st;

	if (volume_stat(v, path, &st, err) < 0) {
		if (err->code == ERR_NOT_FOUND) {
			error_clear(err);
			return 0;
		}
		if (err->code == ERR_INTERRUPTED)
			return -1;
		/* a folder on its way is a junction, say: shown, not followed */
		f.path = xstrdup(path);
		f.problem = xstrdup(err->message);
		error_clear(err);
	} else {
		f.path = volume_real_path(v, path, err);
		if (!f.path)
			return -1;
		if (listed(l, f.path)) {
			free(f.path);
			return 0;
		}
		f.size = st.size;
		f.modified = st.modified;
		if (look_into(w, &f, err) < 0) {
			free(f.path);
			return -1;
		}
	}
	ARRAY_GROW(l->list, l->count);
	l->list[l->count++] = f;
	return 0;
}

static int
add_named(struct windows *w, struct answer_files *l, struct error *err)
{
	CLEANUP_ERROR struct error problem = ERROR_INIT;
	struct hive *system = windows_hive(w, HIVE_SYSTEM, &problem);
	CLEANUP_FREE char *named =
		system ? hive_get_text(system, "Setup", "UnattendFile", &problem) : NULL;
	CLEANUP_FREE char *path = NULL;

	if (problem.code == ERR_INTERRUPTED)
		return error_set(err, problem.code, "%s", problem.message);
	/* the other places do not need the hive */
	l->unsure = !named && problem.code != ERR_NOT_FOUND;
	if (l->unsure)
		l->elsewhere = xasprintf("whether SYSTEM\\Setup\\UnattendFile names a file is not "
					 "known: %s",
					 problem.message);
	if (!named || !*named)
		return 0;
	path = answer_volume_path(w, named);
	if (path && volume_exists(windows_volume(w), path))
		return add_file(w, path, ANSWER_NAMED, l, err);
	/* of this volume it is known that it is not there; a removable drive may hold it at the next boot */
	l->unsure = !path;
	l->elsewhere = xasprintf("SYSTEM\\Setup\\UnattendFile names '%s', which is not on this "
				 "volume",
				 named);
	return 0;
}

static void
number_ranks(struct answer_files *l)
{
	int rank = 0;

	for (size_t i = 0; i < l->count; i++)
		if (l->list[i].place < ANSWER_EC2CONFIG)
			l->list[i].rank = ++rank;
}

/* ---- which file a pass uses ---- */

static void
read_states(struct windows *w, struct answer_files *l)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct hive *system = windows_hive(w, HIVE_SYSTEM, &err);

	for (int p = 0; p < PASS_COUNT; p++) {
		l->passes[p].state = UINT32_MAX;
		if (system && hive_get_u32(system, "Setup\\Status\\UnattendPasses",
					   pass_name((enum pass)p), &l->passes[p].state, &err) < 0)
			l->passes[p].state = UINT32_MAX;
		error_clear(&err);
	}
}

/* By Setup's own state; the numbers below UnattendPasses decide nothing, because their meaning is not documented. */
static enum answer_due
due(const struct setup_state *setup, enum pass p)
{
	bool audit = setup && setup->image_state && name_ends_with(setup->image_state, "AUDIT");

	if (p < PASS_GENERALIZE)
		return DUE_NO;
	switch (setup ? setup->phase : SETUP_UNKNOWN) {
	case SETUP_DEPLOYED:
	case SETUP_GENERALIZE_ABORTED:
		return DUE_NO;
	case SETUP_SEALED:
	case SETUP_SPECIALIZE:
		if (p == PASS_AUDIT_SYSTEM || p == PASS_AUDIT_USER)
			return audit ? DUE_YES : DUE_NO;
		return p == PASS_SPECIALIZE || p == PASS_OOBE_SYSTEM ? DUE_YES : DUE_NO;
	case SETUP_OOBE:
		return p == PASS_OOBE_SYSTEM ? DUE_YES : DUE_NO;
	case SETUP_AUDIT:
		return p == PASS_AUDIT_SYSTEM || p == PASS_AUDIT_USER ? DUE_YES :
		       p == PASS_OOBE_SYSTEM			      ? DUE_UNKNOWN :
									DUE_NO;
	default:
		return DUE_UNKNOWN;
	}
}

static void
choose(struct answer_files *l, const struct setup_state *setup)
{
	for (int p = 0; p < PASS_COUNT; p++) {
		struct answer_pass *to = &l->passes[p];
		unsigned bit = 1u << p;

		to->uses = to->agents = SIZE_MAX;
		to->due = due(setup, (enum pass)p);
		for (size_t i = 0; i < l->count && p >= PASS_GENERALIZE; i++) {
			const struct answer_file *f = &l->list[i];

			if (!(f->passes & bit & ~f->processed))
				continue;
			if (f->rank && to->uses == SIZE_MAX)
				to->uses = i;
			if (answer_place_is_agent(f->place) && to->agents == SIZE_MAX)
				to->agents = i;
		}
	}
}

int
answer_files_read(struct windows *w, const struct setup_state *setup, struct answer_files *ret,
		  struct error *err)
{
	*ret = (struct answer_files){ 0 };
	if (add_named(w, ret, err) < 0)
		goto failed;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		CLEANUP_FREE char *path = places[i].in_windows ? windows_path(w, places[i].path) :
								 xstrdup(places[i].path);

		if (add_file(w, path, places[i].place, ret, err) < 0)
			goto failed;
	}
	number_ranks(ret);
	read_states(w, ret);
	choose(ret, setup);
	return 0;
failed:
	answer_files_clear(ret);
	return -1;
}

bool
answer_file_needed(const struct answer_files *l, size_t i, enum pass p)
{
	const struct answer_pass *pass = &l->passes[p];
	const struct answer_file *f = &l->list[i];

	if (p < PASS_GENERALIZE || !(f->passes & 1u << p) || f->processed & 1u << p)
		return false;
	if (answer_place_is_agent(f->place))
		return true;
	return pass->due != DUE_NO && pass->uses == i;
}

void
answer_files_clear(struct answer_files *f)
{
	for (size_t i = 0; i < f->count; i++) {
		free(f->list[i].path);
		free(f->list[i].problem);
	}
	free(f->list);
	free(f->elsewhere);
	*f = (struct answer_files){ 0 };
}
