/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Moments that no log has: when registry keys were written last, and when files were made or written.  A key's time is that of its last
 * change, whatever that was.
 */
#include <stdlib.h>
#include <string.h>

#include "check/subject.h"
#include "registry/hive.h"
#include "session/session-private.h"
#include "session/timeline-private.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "volume/volume.h"

/* In SYSTEM; "*" stands for the control set of the next boot. */
static const struct {
	const char *key, *words;
} system_keys[] = {
	{ "Setup", "Setup's state was written" },
	{ "Setup\\Status\\SysprepStatus", "Sysprep's state was written" },
	{ "Setup\\Status\\UnattendPasses", "the state of the passes was written" },
	{ "Setup\\Status\\ChildCompletion", "the state of Setup's programs was written" },
	{ "*\\Services\\Ec2Config", "the service of EC2Config was changed" },
	{ "*\\Services\\Amazon EC2Launch", "the service of EC2Launch v2 was changed" },
	{ "*\\Services\\AmazonSSMAgent", "the service of the SSM agent was changed" },
	{ "*\\Services\\TermService", "the service of Remote Desktop was changed" },
	{ "*\\Services\\AppXSvc", "the service of AppX was changed" },
	{ "*\\Control\\Terminal Server", "the switch of Remote Desktop was written" },
	{ "*\\Control\\TimeZoneInformation", "the time zone was set" },
	{ "*\\Control\\ComputerName\\ComputerName", "the computer's name was set" },
};

static const struct {
	const char *key, *words;
} software_keys[] = {
	{ "Microsoft\\Windows\\CurrentVersion\\Setup\\State", "ImageState was written" },
};

static const struct {
	const char *path, *words; /* below the Windows folder, or with '/' of the volume */
	bool created;		  /* when it was made, else when it was written */
} files[] = {
	{ "System32/Sysprep/Sysprep_succeeded.tag", "Sysprep had succeeded", true },
	{ "Setup/State/State.ini", "State.ini was written", false },
	{ "Panther/unattend.xml", "the answer file of Setup was written", false },
	{ "WinSxS/pending.xml", "servicing has left work for the next boot", false },
	{ "System32/config/SYSTEM", "the SYSTEM hive was written: Windows ran", false },
	{ "MEMORY.DMP", "Windows crashed", false },
	{ "/hiberfil.sys", "hiberfil.sys was written", false },
};

static void
add(struct moments *to, enum moment_source source, uint64_t time, char *path, char *text)
{
	struct moment *m;

	if (!time) {
		free(path);
		free(text);
		return;
	}
	m = moments_add(to);
	m->source = source;
	m->utc = time;
	m->has_time = true;
	m->path = path;
	m->text = text;
}

static void
add_key(struct session *s, enum windows_hive which, const char *key, const char *words,
	struct moments *to)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	struct hive *h = windows_hive(s->windows, which, &ignored);
	uint64_t time;
	hive_key k;

	if (h && hive_find_path(h, key, &k, &ignored) == 0 &&
	    hive_key_time(h, k, &time, &ignored) == 0)
		add(to, MOMENT_KEY, time,
		    xasprintf("%s\\%s", windows_hive_name(s->windows, which), key), xstrdup(words));
}

static void
add_keys(struct session *s, struct moments *to)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	const struct control_sets *sets = subject_control_sets(s->subject, &ignored);

	for (size_t i = 0; i < ARRAY_SIZE(system_keys); i++) {
		CLEANUP_FREE char *key = NULL;

		if (*system_keys[i].key != '*')
			key = xstrdup(system_keys[i].key);
		else if (sets)
			key = xasprintf("%s%s", sets->write[0], system_keys[i].key + 1);
		if (key)
			add_key(s, HIVE_SYSTEM, key, system_keys[i].words, to);
	}
	for (size_t i = 0; i < ARRAY_SIZE(software_keys); i++)
		add_key(s, HIVE_SOFTWARE, software_keys[i].key, software_keys[i].words, to);
}

static void
add_files(struct session *s, struct moments *to)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		CLEANUP_ERROR struct error ignored = ERROR_INIT;
		char *path = *files[i].path == '/' ? xstrdup(files[i].path) :
						     windows_path(s->windows, files[i].path);
		struct file_stat st = { 0 };

		if (volume_stat(s->target.volume, path, &st, &ignored) < 0)
			st.created = st.modified = 0;
		add(to, MOMENT_FILE, files[i].created ? st.created : st.modified, path,
		    xstrdup(files[i].words));
	}
}

static void
add_profiles(struct session *s, struct moments *to)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	const struct profiles *p = subject_profiles(s->subject, &ignored);

	for (size_t i = 0; p && i < p->count; i++) {
		const struct profile *one = &p->list[i];
		bool gone = one->dir == PROFILE_DIR_GONE;

		if (one->kind == PROFILE_SYSTEM || one->kind == PROFILE_VIRTUAL)
			continue;
		add(to, MOMENT_KEY, one->last_write,
		    xasprintf("SOFTWARE\\" PROFILE_LIST_KEY "\\%s", one->sid),
		    xasprintf("the entry of the profile %s was written%s",
			      one->path ? one->path : "(without a path)",
			      gone ? "; its folder is gone" : ""));
		if (gone && one->last_write)
			to->list[to->count - 1].level = LOG_LEVEL_WARNING;
	}
}

static int
by_time(const void *a, const void *b)
{
	const struct moment *x = a, *y = b;
	int order = x->utc < y->utc ? -1 : x->utc > y->utc;

	return order ? order : strcmp(x->path, y->path);
}

void
timeline_add_state(struct session *s, struct moments *to)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	const struct windows_version *v = subject_version(s->subject, &ignored);

	if (v && v->installed)
		add(to, MOMENT_KEY, v->installed,
		    xstrdup("SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"),
		    xstrdup("Windows was installed, or set up from an image (InstallDate)"));
	add_keys(s, to);
	add_profiles(s, to);
	add_files(s, to);
	if (to->count)
		qsort(to->list, to->count, sizeof *to->list, by_time);
}
