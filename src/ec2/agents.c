/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All agents, what fits which Windows, and what else shows that a Windows has run on EC2. */
#include <stdlib.h>
#include <string.h>

#include "ec2/agents-private.h"
#include "registry/hive.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "volume/volume.h"
#include "windows/pe-version.h"
#include "windows/windows.h"

static const struct {
	const char *name, *word;
	unsigned first, last; /* builds that it is for */
	void (*find)(struct windows *w, struct agent *a);
} kinds[AGENT_KINDS] = {
	{ "EC2Config", "ec2config", 0, 9600, agent_find_ec2config },
	{ "EC2Launch v1", "ec2launch-v1", 14393, 17763, agent_find_ec2launch },
	{ "EC2Launch v2", "ec2launch-v2", 9200, UINT32_MAX, agent_find_ec2launch2 },
};

static const char *const uninstall[] = {
	"Microsoft\\Windows\\CurrentVersion\\Uninstall",
	"Wow6432Node\\Microsoft\\Windows\\CurrentVersion\\Uninstall"
};

const char *
agent_name(enum agent_kind kind)
{
	return kinds[kind].name;
}

const char *
agent_word(enum agent_kind kind)
{
	return kinds[kind].word;
}

/* 0 when it is no number */
static unsigned long
build_number(const char *build)
{
	return build && *build >= '0' && *build <= '9' ? strtoul(build, NULL, 10) : 0;
}

bool
agent_fits(enum agent_kind kind, const char *build)
{
	unsigned long n = build_number(build);

	return !n || (n >= kinds[kind].first && n <= kinds[kind].last);
}

enum agent_kind
agent_for(const char *build)
{
	unsigned long n = build_number(build);

	if (!n)
		return AGENT_KINDS;
	return n <= 9600 ? AGENT_EC2CONFIG : n <= 17763 ? AGENT_EC2LAUNCH : AGENT_EC2LAUNCH2;
}

/* ---- for the single agents ---- */

char *
agent_path(struct volume *v, const char *folder, const char *name)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	CLEANUP_FREE char *path = folder ? xasprintf("%s/%s", folder, name) : NULL;

	return path ? volume_real_path(v, path, &ignored) : NULL;
}

char *
agent_first_path(struct volume *v, const char *folder, const char *const *names, size_t count)
{
	char *path = NULL;

	for (size_t i = 0; !path && i < count; i++)
		path = agent_path(v, folder, names[i]);
	return path;
}

void
agent_add_settings(struct agent *a, struct volume *v, const char *folder, const char *const *names,
		   size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *path = agent_path(v, folder, names[i]);

		if (!path)
			continue;
		ARRAY_GROW(a->settings, a->setting_count);
		a->settings[a->setting_count++] = path;
	}
}

/* DisplayVersion of the entry with that DisplayName below the key `path`. */
static bool
version_below(struct hive *h, const char *path, const char *display_name, struct agent *a)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	CLEANUP_FREE hive_key *keys = NULL;
	size_t count;
	hive_key list;

	if (hive_find_path(h, path, &list, &ignored) < 0 ||
	    hive_subkeys(h, list, &keys, &count, &ignored) < 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		CLEANUP_ERROR struct error absent = ERROR_INIT;
		CLEANUP_HIVE_VALUE struct hive_value name = { 0 };
		CLEANUP_HIVE_VALUE struct hive_value version = { 0 };
		CLEANUP_FREE char *text = NULL;
		CLEANUP_FREE char *key = NULL;

		if (hive_value(h, keys[i], "DisplayName", &name, &absent) < 0)
			continue;
		text = hive_value_text(&name);
		if (!text || !name_equal(text, display_name) ||
		    hive_value(h, keys[i], "DisplayVersion", &version, &absent) < 0)
			continue;
		key = hive_key_name(h, keys[i], &absent);
		a->version = hive_value_text(&version);
		if (!a->version)
			continue;
		a->version_from = xasprintf("SOFTWARE\\%s\\%s", path, key ? key : "?");
		return true;
	}
	return false;
}

void
agent_uninstall_version(struct windows *w, const char *display_name, struct agent *a)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	struct hive *software = windows_hive(w, HIVE_SOFTWARE, &ignored);

	for (size_t i = 0; software && i < ARRAY_SIZE(uninstall); i++)
		if (version_below(software, uninstall[i], display_name, a))
			return;
}

void
agent_program_version(struct windows *w, struct agent *a)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;

	if (a->version || !a->program)
		return;
	a->version = pe_version(windows_volume(w), a->program, &ignored);
	if (a->version)
		a->version_from = xstrdup(a->program);
}

void
agent_find_service(struct windows *w, const char *const *names, size_t count, struct agent *a)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	CLEANUP_CONTROL_SETS struct control_sets sets = { 0 };
	struct hive *h = windows_hive(w, HIVE_SYSTEM, &ignored);

	if (!h || windows_control_sets(w, &sets, &ignored) < 0)
		return;
	for (size_t i = 0; i < count && !a->service; i++) {
		CLEANUP_ERROR struct error absent = ERROR_INIT;
		CLEANUP_FREE char *path = xasprintf("%s\\Services\\%s", sets.write[0], names[i]);
		hive_key key;

		if (hive_find_path(h, path, &key, &absent) < 0)
			continue;
		a->service = xstrdup(names[i]);
		a->service_key = xstrdup(path);
		if (hive_get_u32(h, path, "Start", &a->start, &absent) < 0)
			a->start = AGENT_NO_SERVICE;
	}
}

/* ---- other signs of EC2 ---- */

static void
add_evidence(struct agents *a, const char *clause)
{
	ARRAY_GROW(a->evidence, a->evidence_count);
	a->evidence[a->evidence_count++] = xstrdup(clause);
}

static bool
has_key(struct hive *h, const char *path)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	hive_key key;

	return hive_find_path(h, path, &key, &ignored) == 0;
}

/*
 * Not the SSM agent, which runs on premises too, and not plain Xen drivers.  AWS: "AWS NVMe drivers", "Paravirtual drivers for Windows
 * instances", "Troubleshoot Windows activation" (the address of its KMS).
 */
static void
find_evidence(struct windows *w, struct agents *a)
{
	static const char *const keys[] = { "Amazon\\MachineImage", "Amazon\\PVDriver" };
	static const char *const services[] = { "AWSNVMe", "ena", "AWSLiteAgent" };
	CLEANUP_ERROR struct error e1 = ERROR_INIT, e2 = ERROR_INIT, e3 = ERROR_INIT;
	CLEANUP_CONTROL_SETS struct control_sets sets = { 0 };
	struct hive *software = windows_hive(w, HIVE_SOFTWARE, &e1);
	struct hive *system = windows_hive(w, HIVE_SYSTEM, &e2);
	CLEANUP_FREE char *kms = NULL;

	for (size_t i = 0; software && i < ARRAY_SIZE(keys); i++) {
		CLEANUP_FREE char *clause = xasprintf("SOFTWARE\\%s is there", keys[i]);

		if (has_key(software, keys[i]))
			add_evidence(a, clause);
	}
	if (software)
		kms = hive_get_text(
			software,
			"Microsoft\\Windows NT\\CurrentVersion\\SoftwareProtectionPlatform",
			"KeyManagementServiceName", &e3);
	if (kms && name_starts_with(kms, "169.254.169.25"))
		add_evidence(a, "Windows is activated by AWS' server 169.254.169.25x");
	error_clear(&e3);
	if (!system || windows_control_sets(w, &sets, &e3) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		CLEANUP_FREE char *path = xasprintf("%s\\Services\\%s", sets.write[0], services[i]);
		CLEANUP_FREE char *clause = xasprintf("the driver or service %s is installed",
						      services[i]);

		if (has_key(system, path))
			add_evidence(a, clause);
	}
}

int
agents_read(struct windows *w, struct agents *ret, struct error *err)
{
	(void)err;
	*ret = (struct agents){ 0 };
	for (int i = 0; i < AGENT_KINDS; i++) {
		struct agent *a = &ret->list[i];

		a->start = AGENT_NO_SERVICE;
		kinds[i].find(w, a);
		a->installed = a->program || a->service;
		ret->installed += a->installed;
		if (a->log)
			agent_last_run(windows_volume(w), a);
	}
	find_evidence(w, ret);
	return 0;
}

static void
free_texts(char **list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(list[i]);
	free(list);
}

void
agent_clear(struct agent *a)
{
	free(a->folder);
	free(a->data);
	free(a->program);
	free(a->version);
	free(a->version_from);
	free(a->service);
	free(a->service_key);
	free(a->answer_file);
	free(a->log);
	free(a->last_run);
	free(a->state);
	free_texts(a->settings, a->setting_count);
	*a = (struct agent){ .start = AGENT_NO_SERVICE };
}

void
agents_clear(struct agents *a)
{
	for (int i = 0; i < AGENT_KINDS; i++)
		agent_clear(&a->list[i]);
	free_texts(a->evidence, a->evidence_count);
	*a = (struct agents){ 0 };
}
